"""What came out: requirements, cases and response times of two runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from statistics import median

from rivta.declaration import proven
from rivta.declaration.comparison.changes import CaseChange, PartChange, RequirementChange, TimeShift
from rivta.declaration.comparison.parts import contracts_of, suite_name
from rivta.model.declaration import RequirementRow
from rivta.model.run import CaseResult, PlannedCase, Run
from rivta.model.words import Verdict


def requirements(old: Run, new: Run) -> Iterator[RequirementChange]:
    """Requirements that changed, in the order of the domains' own lists."""
    before, after = _rows(old), _rows(new)
    for domain, id_ in dict.fromkeys((*before, *after)):
        was, now = before.get((domain, id_)), after.get((domain, id_))
        row = now or was
        if row is None:
            continue
        is_reworded = was is not None and now is not None and was.requirement.text != now.requirement.text
        verdicts = was.verdict if was else None, now.verdict if now else None
        if verdicts[0] is not verdicts[1] or is_reworded:
            yield RequirementChange(domain, id_, row.requirement.text, *verdicts, is_reworded)


def _rows(run: Run) -> dict[tuple[str, str], RequirementRow]:
    rows = proven.of(run).rows
    return {(domain, row.requirement.id): row for domain, each in rows.items() for row in each}


def cases(old: Run, new: Run, parts: Iterable[PartChange]) -> Iterator[CaseChange]:
    """Cases that changed, in the order of the old run, then of the new."""
    before, after = _outcomes(old), _outcomes(new)
    suites = {part.name for part in parts if part.kind == "suite"}
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        case, _ = now or was or (None, None)
        verdicts = was[1] if was else None, now[1] if now else None
        if case is not None and verdicts[0] is not verdicts[1]:
            yield CaseChange(key, case.title, case.contract, *verdicts, suite_name(case.suite) in suites)


def _outcomes(run: Run) -> dict[str, tuple[CaseResult | PlannedCase, Verdict]]:
    """Each case with its verdict; of two with one key the worse. One that was planned and not run is not proven."""
    found: dict[str, tuple[CaseResult | PlannedCase, Verdict]] = {}
    for result in run.results:
        if result.key not in found or found[result.key][1] < result.verdict:
            found[result.key] = (result, result.verdict)
    left = {case.key: (case, Verdict.NOT_PROVEN) for case in proven.not_run(run)}
    return {**left, **found}


def by_contract(run: Run) -> Mapping[tuple[str, str], Verdict]:
    """What each requirement came to in each contract: a declaration is about one contract."""
    found: dict[tuple[str, str], Verdict] = {}
    for result in run.results:
        for id_, verdict in _spoken(result):
            pair = (result.contract, id_)
            found[pair] = max(verdict, found.get(pair, verdict))
    return found


def _spoken(result: CaseResult) -> Iterator[tuple[str, Verdict]]:
    """What a case says of requirements; one that never came to a check speaks for all that it set out to verify."""
    for check in result.checks:
        yield from ((id_, check.verdict) for id_ in check.verifies)
    if not result.checks or result.verdict is not Verdict.of(check.verdict for check in result.checks):
        checked = {id_ for check in result.checks for id_ in check.verifies}
        yield from ((id_, result.verdict) for id_ in result.verifies if id_ not in checked)


def times(old: Run, new: Run) -> Iterator[TimeShift]:
    """How response times moved, for each contract that answered in both runs."""
    for contract in contracts_of(new):
        before, after = proven.replies(old, contract), proven.replies(new, contract)
        if before and after:
            yield TimeShift(
                contract, median(before), median(after), proven.p95(before), proven.p95(after), len(before), len(after)
            )
