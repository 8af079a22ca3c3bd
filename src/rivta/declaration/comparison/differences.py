"""What differs between two runs: what they were made of, and what came out: requirements, cases and response times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from statistics import median

from rivta.declaration import proven
from rivta.declaration.comparison.changes import CaseChange, PartChange, PartKind, RequirementChange, TimeShift
from rivta.model.declaration import RequirementRow
from rivta.model.domain import ContractFacts, DomainFacts
from rivta.model.run import CaseResult, PlannedCase, Run
from rivta.model.words import Verdict

_ENDPOINT = "endpoint "
"""How an environment's facts name where a contract is answered."""


# What a run was made of: the system, the connection, contracts and suites, and the tool


def parts(old: Run, new: Run) -> Iterator[PartChange]:
    """Every part that is another one now: of the system, of what it was tested against, of what it was tested with."""
    before, after = old.header, new.header
    yield from _changed("organisation", {"": before.system.organisation}, {"": after.system.organisation})
    yield from _changed("product", {"": before.system.product}, {"": after.system.product})
    yield from _changed("version", {"": before.system.version}, {"": after.system.version})
    yield from _changed("roles", {"": ", ".join(before.roles)}, {"": ", ".join(after.roles)})
    yield from _changed("connection", _endpoints(old), _endpoints(new))
    yield from _changed("domain", _versions(before.domains), _versions(after.domains))
    contracts = contracts_of(old), contracts_of(new)
    versions, digests = (
        [{name: pick(each) for name, each in run.items()} for run in contracts] for pick in (_version, _digest)
    )
    yield from _changed("contract", *versions)
    yield from _changed("schema", *digests)
    yield from _changed("rules", _rules(old), _rules(new))
    yield from _changed("suite", _suites(old), _suites(new))
    yield from _changed(
        "tool", {"rivta": before.rivta, "Python": before.python}, {"rivta": after.rivta, "Python": after.python}
    )


def _version(contract: ContractFacts) -> str:
    return contract.version


def _digest(contract: ContractFacts) -> str:
    return contract.digest


def _changed(kind: PartKind, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[PartChange]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            yield PartChange(kind, name, before, after)


def _endpoints(run: Run) -> dict[str, str]:
    facts = run.header.environment
    return {name.removeprefix(_ENDPOINT): place for name, place in facts.items() if name.startswith(_ENDPOINT)}


def _versions(domains: Iterable[DomainFacts]) -> dict[str, str]:
    return {domain.name: domain.version for domain in domains}


def _rules(run: Run) -> dict[str, str]:
    return {file: digest for contract in contracts_of(run).values() for file, digest in contract.rules.items()}


def _suites(run: Run) -> dict[str, str]:
    return {suite_name(path): digest for path, digest in run.header.suites.items()}


def suite_name(path: str) -> str:
    """A suite's file and folder: two runs may have the same suites in different places."""
    return "/".join(PurePath(path.replace("\\", "/")).parts[-2:])


def contracts_of(run: Run) -> dict[str, ContractFacts]:
    return {contract.word: contract for domain in run.header.domains for contract in domain.contracts}


# What came out


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
    yield from ((id_, result.verdict) for id_ in proven.unchecked(result))


def times(old: Run, new: Run) -> Iterator[TimeShift]:
    """How response times moved, for each contract that answered in both runs."""
    for contract in contracts_of(new):
        before, after = proven.replies(old, contract), proven.replies(new, contract)
        if before and after:
            yield TimeShift(
                contract, median(before), median(after), proven.p95(before), proven.p95(after), len(before), len(after)
            )
