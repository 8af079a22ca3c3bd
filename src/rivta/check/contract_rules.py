"""Checks against the contract's own files: the schema and the Schematron rules."""

from typing import Literal

from rivta.check.kinds import Observation, Seen, kind, not_applicable
from rivta.contract import Complaint, schemas
from rivta.contract.rules import RuleOutcome, rules_of
from rivta.model.run import Finding
from rivta.model.words import Direction, Text

_FAULTS_ARE_FREE = Text(
    "Ett SOAP Fault omfattas inte av kontraktets schema och regler.",
    "A SOAP Fault is outside the contract's schema and rules.",
)

Which = Literal["request", "response"]


@kind
def schema(seen: Seen, *, of: Which | None = None) -> Observation:
    """The message follows the contract's XML schema: libxml2 and xmlschema must both accept it.

    Each of the two lets some mistakes through that the other finds; where they disagree the report says so. Runs in every
    case, on the system's message: its reply, or the call that we received; `of` names the other of the two. A SOAP Fault
    is outside the schema. Source: the contract's XSD.
    """
    direction = Direction(of) if of else seen.direction
    if seen.envelope_of(direction).fault is not None:
        return not_applicable(_FAULTS_ARE_FREE)
    verdict = schemas(seen.contract).verdict(seen.body_of(direction))
    findings = tuple(_of_complaint(complaint, direction) for complaint in verdict.complaints)
    expected = f"XSD {seen.contract.name} {seen.contract.version}"
    actual = f"≠ XSD ({len(findings)})" if findings else "libxml2: OK, xmlschema: OK"
    return Observation(expected, actual, findings, note=verdict.disagreement)


def _of_complaint(complaint: Complaint, direction: Direction) -> Finding:
    reason = f" (xmlschema: {complaint.explanation})" if complaint.explanation else ""
    return Finding(
        Text(f"{complaint.text.sv}{reason}", f"{complaint.text.en}{reason}"),
        direction=direction,
        location=complaint.path,
        line=complaint.line,
        actual=complaint.value,
        rule="RIV-TA BP" if complaint.by == "contract" else f"XSD ({complaint.by})",
    )


@kind
def rules(seen: Seen, *, of: Which | None = None) -> Observation:
    """The message follows the contract's Schematron rules for its direction.

    Runs in every case, on the system's message: its reply, or the call that we received; `of` names the other of the two.
    A rule that breaks down is an error of ours, never the system's deviation. A SOAP Fault is outside the rules. Source:
    the contract's Schematron files.
    """
    direction = Direction(of) if of else seen.direction
    envelope = seen.envelope_of(direction)
    if envelope.fault is not None:
        return not_applicable(_FAULTS_ARE_FREE)
    path = seen.contract.rules.get(direction)
    if path is None:
        return not_applicable(Text("Kontraktet har inga regler för detta.", "The contract has no rules for this."))
    outcomes = rules_of(seen.contract, direction).run(envelope.root)
    findings = tuple(_of_outcome(outcome, direction) for outcome in outcomes if outcome.kind == "failed")
    broken = [outcome for outcome in outcomes if outcome.kind == "error"]
    if broken and not findings:
        raise RuntimeError(_words_of(broken[0]))
    actual = ", ".join(dict.fromkeys(finding.rule for finding in findings)) or "OK"
    return Observation(path.name, actual, findings, note=_not_evaluated(broken))


def _not_evaluated(broken: list[RuleOutcome]) -> Text | None:
    """What is said beside a deviation that was found: a rule of ours broke as well, and proves nothing."""
    if not broken:
        return None
    words = _words_of(broken[0])
    return Text(
        f"Dessutom gick {len(broken)} regler inte att pröva: {words}",
        f"Besides, {len(broken)} rules could not be tried: {words}",
    )


def _words_of(outcome: RuleOutcome) -> str:
    return f"the rule {outcome.rule} could not be evaluated at {outcome.location}: {outcome.message}"


def _of_outcome(outcome: RuleOutcome, direction: Direction) -> Finding:
    return Finding(
        Text(outcome.diagnostics.get("sv", outcome.message), outcome.message),
        direction=direction,
        location=outcome.location,
        line=outcome.line,
        expected=outcome.test,
        rule=outcome.rule,
    )
