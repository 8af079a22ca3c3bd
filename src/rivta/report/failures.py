"""What a run shows the system to deviate from, one by one, for the formats that list problems: SARIF and annotations."""

from collections.abc import Iterator
from dataclasses import dataclass

from rivta.model.declaration import Declaration, KnownDeviation, SortedDeviations
from rivta.model.domain import Requirement
from rivta.model.run import CaseResult, CheckResult, Finding
from rivta.model.words import Lang, Source, Text, Verdict
from rivta.report.voice import Voice

_TOLD = 3
"""How many findings of one check are put into words; the report has them all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A requirement that one check of one case shows the system to deviate from.

    No check: the answer could not be read. No requirement: the check verifies none. `known` is the decision on it, if any,
    and `is_overdue` that its date is past.
    """

    result: CaseResult
    check: CheckResult | None
    requirement: Requirement | None
    known: KnownDeviation | None
    is_overdue: bool = False

    @property
    def is_excused(self) -> bool:
        """Whether it was decided that it may stand, and still may."""
        return self.known is not None and self.known.kind != "stopping" and not self.is_overdue

    @property
    def key(self) -> str:
        """The case's key."""
        return self.result.key

    @property
    def source(self) -> Source:
        """The line of YAML that was not met: the expectation, else the case."""
        return self.check.source if self.check and self.check.source else self.result.source

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found."""
        return self.check.findings if self.check else ()


def of(declaration: Declaration, deviations: SortedDeviations | None = None) -> Iterator[Failure]:
    """All failures, in the order of the run."""
    # A requirement's id may stand in several domains, so a case is looked up in its own.
    requirements = {
        (domain.name, requirement.id): requirement
        for domain in declaration.run.header.domains
        for requirement in domain.requirements
    }
    for result in declaration.run.results:
        if result.verdict is Verdict.FAILED:
            for check, id_ in _shown_by(result):
                known = deviations.behind(result.key, id_) if deviations else None
                is_overdue = deviations is not None and known in deviations.overdue
                yield Failure(result, check, requirements.get((result.domain, id_)), known, is_overdue)


def _shown_by(result: CaseResult) -> Iterator[tuple[CheckResult | None, str]]:
    failed = [check for check in result.checks if check.verdict is Verdict.FAILED]
    for check in failed:
        yield from ((check, id_) for id_ in (check.verifies or ("",)))
    if not failed:
        checked = {id_ for check in result.checks for id_ in check.verifies}
        yield from ((None, id_) for id_ in [id_ for id_ in result.verifies if id_ not in checked] or [""])


def sentence(failure: Failure, lang: Lang) -> str:
    """A failure in words: the case, the check, what was expected and what there was."""
    opening = f"{failure.key} {failure.result.title.in_(lang)}"
    if failure.check is None:
        return f"{opening}: {failure.result.reason.in_(lang)}" if failure.result.reason else opening
    lines = [_finding(finding, lang) for finding in failure.findings[:_TOLD]]
    if len(failure.findings) > _TOLD:
        more = len(failure.findings) - _TOLD
        lines.append(f"… och {more} fynd till" if lang == "sv" else f"… and {more} more findings")
    told = lines or [_expected(failure.check.expected, failure.check.actual, lang)]
    return "\n".join((f"{opening}, {Voice(lang).check(failure.check.kind)}:", *told))


def _finding(finding: Finding, lang: Lang) -> str:
    parts = [finding.message.in_(lang), _expected(finding.expected, finding.actual, lang)]
    if finding.rule:
        parts.append(f"[{finding.rule}]")
    if finding.location:
        parts.append(f"({finding.location})")
    return " ".join(part for part in parts if part)


def _expected(expected: str, actual: str, lang: Lang) -> str:
    wanted, got = ("Väntat", "fick") if lang == "sv" else ("Expected", "got")
    if expected and actual:
        return f"{wanted}: {expected}; {got}: {actual}."
    return f"{wanted}: {expected}." if expected else actual


def decision(known: KnownDeviation, lang: Lang) -> str:
    """A known deviation in a sentence."""
    kind = KINDS[known.kind].in_(lang)
    opening = "Känd avvikelse" if lang == "sv" else "Known deviation"
    until = (
        (f", åtgärdas senast {known.fix_by}" if lang == "sv" else f", to be fixed by {known.fix_by}")
        if known.fix_by
        else ""
    )
    reference = f", {known.reference}" if known.reference else ""
    return f"{opening} {known.id} ({kind}{reference}{until}): {known.rationale}"


KINDS = {
    "stopping": Text("stoppande", "stopping"),
    "must-fix": Text("kräver åtgärd", "must be fixed"),
    "approved": Text("godkänd", "approved"),
}
"""The process's classes of deviations, in Swedish and English."""
