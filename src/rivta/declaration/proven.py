"""Evidence set against requirements: what a run proves, requirement by requirement.

A requirement takes the worst verdict among the checks that name it. A case that never came to such a check (no
connection, a precondition that was not there, a message that we would not send, cut off before it was its turn) counts
with its own verdict for everything it set out to verify. What rests on a person's yes is manual, not met: a reader is to see
whose word it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import ceil
from typing import Literal

from rivta.check import NOTHING
from rivta.model.declaration import Declaration, RequirementRow
from rivta.model.domain import DomainFacts, Requirement
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, CheckResult, PlannedCase, Run
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

TWIN = "twin"
"""The kind of check that tells whether a refusal has its accepted twin."""
OF_FORM = frozenset(
    {"soap", "schema", "rules", "encoding", "max_ms"}
    | {"fault_status", "fault_form", "fault_code", "fault_log_id", "fault_privacy"}
)
"""Kinds of checks of how an answer is made, whatever it says."""
MANUAL = "manual"
"""The kind of check that is a person's answer to a question."""
Outcome = Literal["conforms", "deviates", "environment", "error", "nothing"]


def of(run: Run) -> Declaration:
    """What the run says of every requirement of its domains. Of a masked run the verdicts are the same."""
    left = not_run(run)
    rows = {}
    for domain in run.header.domains:
        seen: dict[str, _Seen] = defaultdict(_Seen)
        shown = Acceptances.by(run.counted)
        for result in run.counted:
            _take_result(result, seen, domain, shown)
        for case in left:
            for id_ in _own(case.verifies, case, domain):
                seen[id_].cases[case.key] = None
                seen[id_].verdicts.append(Verdict.NOT_PROVEN)
        rows[domain.name] = tuple(seen[requirement.id].row(requirement) for requirement in domain.requirements)
    return Declaration(run, rows)


def _own(ids: Iterable[str], case: CaseResult | PlannedCase, domain: DomainFacts) -> Iterator[str]:
    """The requirements of a domain among those that a case verifies: those of another domain than the case's are `domain/id`."""
    # A case that was planned before there were several domains does not name its own; its contract does.
    is_own = case.domain == domain.name or (
        not case.domain and case.contract in {each.word for each in domain.contracts}
    )
    for id_ in ids:
        if id_.startswith(f"{domain.name}/"):
            yield id_.removeprefix(f"{domain.name}/")
        elif is_own:
            yield id_


def not_run(run: Run) -> tuple[PlannedCase, ...]:
    """The cases that the run set out to do and has no result of: it was cut short, or told to stop."""
    done = {(result.suite, result.case) for result in run.results}
    return tuple(case for case in run.header.planned if (case.suite, case.case) not in done)


def is_whole(run: Run) -> bool:
    """Whether the run ended by itself, all of it can be read, and every case that was planned has a result."""
    return run.footer is not None and not run.damage and not not_run(run)


def counts(declaration: Declaration) -> Mapping[Verdict, int]:
    """How many requirements came to each verdict."""
    return Counter(row.verdict for rows in declaration.rows.values() for row in rows)


def outcome(results: Iterable[CaseResult]) -> Outcome:
    """The run in a word: the first of these that is true.

    - `error`: something of ours broke, so that less was tested than was meant
    - `environment`: a case was blocked, so that less was tested than was meant
    - `deviates`: a case failed
    - `nothing`: no case passed, so nothing was proven
    - `conforms`
    """
    seen = {result.verdict for result in results}
    if Verdict.ERROR in seen:
        return "error"
    if Verdict.BLOCKED in seen:
        return "environment"
    if Verdict.FAILED in seen:
        return "deviates"
    return "conforms" if Verdict.PASSED in seen else "nothing"


class _Seen:
    """What was seen of one requirement: its checks and their weights, the cases that set out to verify it, and their verdicts."""

    def __init__(self) -> None:
        self.checks: list[tuple[CaseResult, CheckResult]] = []
        self.weights: list[Verdict] = []
        self.verdicts: list[Verdict] = []
        self.cases: dict[str, None] = {}
        """The keys in order, each once."""
        self.why: Text | None = None

    def row(self, requirement: Requirement) -> RequirementRow:
        verdict = Verdict.of((*self.weights, *self.verdicts))
        return RequirementRow(
            requirement, verdict, tuple(self.cases), tuple(self.checks), tuple(self.weights), self.why
        )


@frozen
class Acceptances:
    """What a run shows of telling messages apart: a system that says the same to everything says something right now and then.

    `accepted` are the kinds of messages that were accepted, each beside its contract. `alike` are the contracts whose messages were
    all treated alike: some were to be refused, and no refusal had its accepted twin. A twin that was left to another case says
    nothing of that.
    """

    accepted: AbstractSet[tuple[str, str]]
    alike: AbstractSet[str]

    @classmethod
    def by(cls, results: Collection[CaseResult]) -> Acceptances:
        exchanges = (exchange for result in results for exchange in result.exchanges)
        accepted = {(each.contract, each.accepted or NOTHING) for each in exchanges if each.accepted is not None}
        twins = [(result, check) for result in results for check in result.checks if check.kind == TWIN]
        tried = {
            (_contract(*pair), has_twin)
            for pair in twins
            if (has_twin := _has_twin(pair[1], _contract(*pair), accepted)) or not pair[1].expected
        }
        return cls(accepted, {contract for contract, _ in tried if (contract, True) not in tried})

    def moot(self, check: CheckResult, result: CaseResult) -> Text | None:
        """Why a check that passed proves nothing by what the system answered; None where it does, or is of how an answer is made."""
        about = result.exchanges[check.exchange] if check.exchange < len(result.exchanges) else None
        if about is None or about.inbound or check.verdict is not Verdict.PASSED or check.kind in OF_FORM:
            return None
        if about.contract in self.alike:
            return text("declaration", "all_alike")
        twins = (each for each in result.checks if each.kind == TWIN and each.exchange == check.exchange)
        lacks = next((each.expected for each in twins if not _has_twin(each, about.contract, self.accepted)), "")
        return text("declaration", "kind_alike", kind=lacks) if lacks else None


def _contract(result: CaseResult, check: CheckResult) -> str:
    return result.exchanges[check.exchange].contract if check.exchange < len(result.exchanges) else ""


def _has_twin(check: CheckResult, contract: str, accepted: AbstractSet[tuple[str, str]]) -> bool:
    """Whether what a refusal was set against was accepted: in its case, or a message of the kind that is named, anywhere in the run."""
    return check.verdict is Verdict.PASSED or (contract, check.expected) in accepted


def _take_result(result: CaseResult, seen: Mapping[str, _Seen], domain: DomainFacts, shown: Acceptances) -> None:
    key = result.key
    for check in result.checks:
        moot = shown.moot(check, result)
        for id_ in _own(check.verifies, result, domain):
            seen[id_].checks.append((result, check))
            seen[id_].weights.append(Verdict.NOT_PROVEN if moot else weighed(check))
            seen[id_].why = moot or seen[id_].why
            seen[id_].cases[key] = None
    for id_ in _own(result.verifies, result, domain):
        seen[id_].cases[key] = None
    for id_ in _own(unchecked(result), result, domain):
        seen[id_].verdicts.append(result.verdict)


def weighed(check: CheckResult) -> Verdict:
    """What a check counts for: its verdict, but that a person's yes is a manual one."""
    return Verdict.MANUAL if check.kind == MANUAL and check.verdict is Verdict.PASSED else check.verdict


def is_attested(row: RequirementRow) -> bool:
    """Whether a requirement is shown by people's word, each with a name, and whatever else was checked holds."""
    said = [check for _, check in row.checks if weighed(check) is Verdict.MANUAL]
    return row.verdict is Verdict.MANUAL and bool(said) and all(check.by for check in said)


def unchecked(result: CaseResult) -> Iterator[str]:
    """The requirements that the case set out to verify and did not come to, if its verdict is not that of its checks.

    A case that failed in one check says nothing of what its other checks would have proven; a case that was blocked does.
    """
    if result.checks and result.verdict == Verdict.of(check.verdict for check in result.checks):
        return
    checked = {id_ for check in result.checks for id_ in check.verifies}
    yield from (id_ for id_ in result.verifies if id_ not in checked)


def replies(run: Run, contract: str) -> list[float]:
    """How long the system took to answer each of our calls, in ms. How long we took to answer its calls is no time of its.

    The few that a load case keeps are examples, and are not among them.
    """
    exchanges = (exchange for result in run.counted if result.load is None for exchange in result.exchanges)
    answered = (each for each in exchanges if each.response is not None and not each.inbound)
    return [each.elapsed_ms for each in answered if each.contract == contract]


def p95(took: Sequence[float]) -> float:
    """The time that 95 of 100 replies kept: by the nearest rank, as that of a load is, so that no reply took longer than what is said of it."""
    return sorted(took)[ceil(0.95 * len(took)) - 1]
