"""Two runs held against each other: what changed, what got worse, and what has to be declared again.

What differs is what they were made of, and what came out: requirements, cases and response times.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from statistics import median
from typing import TypeVar

from rivta.declaration import proven
from rivta.declaration.comparison.changes import (
    CaseChange,
    Comparison,
    Direction,
    PartChange,
    PartKind,
    ProcessStep,
    RequirementChange,
    RunName,
    TimeShift,
)
from rivta.evidence import seal
from rivta.model.domain import ContractFacts
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, PlannedCase, Run
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_ENDPOINT = "endpoint "
"""How an environment's facts name where a contract is answered."""


def of(old: Run, new: Run) -> Comparison:
    """What changed from one run to another. UsageError when they have no contract in common."""
    if not _subjects(old) & _subjects(new):
        raise UsageError(
            f"these runs have no contract in common: {_named(old)}; {_named(new)}",
            todo="compare runs of the same domain",
        )
    changed = tuple(parts(old, new))
    return Comparison(
        old=_name(old),
        new=_name(new),
        parts=changed,
        requirements=tuple(requirements(old, new)),
        cases=tuple(cases(old, new, changed)),
        times=tuple(times(old, new)),
        again=tuple(again(old, new, changed)),
    )


def _subjects(run: Run) -> AbstractSet[str]:
    """What a run is about: contracts, and suites that are about none."""
    return contracts_of(run).keys() | _without(run)


def _without(run: Run) -> AbstractSet[str]:
    """The suites that are about no contract, as their cases name them."""
    domains = tuple(f"{domain.name}/" for domain in run.header.domains)
    return {subject for subject in tested(run) if subject.startswith(domains)}


def _named(run: Run) -> str:
    return ", ".join((*contracts_of(run), *sorted(_without(run)))) or "none"


def _name(run: Run) -> RunName:
    header = run.header
    return RunName(header.run, header.started, header.system, proven.is_whole(run), seal.is_edited(run.folder))


def _both(
    before: Mapping[_Key, _Value], after: Mapping[_Key, _Value]
) -> Iterator[tuple[_Key, _Value | None, _Value | None]]:
    """What either run has by its key, before and now, in the order of the old run, then of the new."""
    yield from ((key, before.get(key), after.get(key)) for key in dict.fromkeys((*before, *after)))


# What a run was made of: the system, the connection, contracts and suites, and the tool


def parts(old: Run, new: Run) -> Iterator[PartChange]:
    """Every part that is another one now: of the system, of what it was tested against, of what it was tested with."""
    for kind, named in _PARTS.items():
        for name, was, now in _both(named(old), named(new)):
            if (was or "") != (now or ""):
                yield PartChange(kind, name, was or "", now or "")


_PARTS: Mapping[PartKind, Callable[[Run], Mapping[str, str]]] = {
    "organisation": lambda run: {"": run.header.system.organisation},
    "product": lambda run: {"": run.header.system.product},
    "version": lambda run: {"": run.header.system.version},
    "roles": lambda run: {"": ", ".join(run.header.roles)},
    "connection": lambda run: {
        name.removeprefix(_ENDPOINT): place
        for name, place in run.header.environment.items()
        if name.startswith(_ENDPOINT)
    },
    "domain": lambda run: {domain.name: domain.version for domain in run.header.domains},
    "contract": lambda run: {word: contract.version for word, contract in contracts_of(run).items()},
    "schema": lambda run: {word: contract.digest for word, contract in contracts_of(run).items()},
    "rules": lambda run: {file: digest for each in contracts_of(run).values() for file, digest in each.rules.items()},
    "suite": lambda run: {suite_name(path): digest for path, digest in run.header.suites.items()},
    "tool": lambda run: {"rivta": run.header.rivta, "Python": run.header.python},
}
"""What a run was made of: of each kind, what there is by its name. There is one system, without a name."""


def suite_name(path: str) -> str:
    """A suite's file and folder: two runs may have the same suites in different places."""
    return "/".join(PurePath(path.replace("\\", "/")).parts[-2:])


def contracts_of(run: Run) -> dict[str, ContractFacts]:
    return {contract.word: contract for contract in run.header.contracts.values()}


# What came out


def requirements(old: Run, new: Run) -> Iterator[RequirementChange]:
    """Requirements that changed, in the order of the domains' own lists."""
    for (domain, id_), was, now in _both(_rows(old), _rows(new)):
        (before, old_text), (after, new_text) = was or (None, None), now or (None, None)
        told = new_text or old_text
        is_reworded = bool(old_text and new_text and old_text != new_text)
        if told and (before is not after or is_reworded):
            yield RequirementChange(domain, id_, told, before, after, is_reworded)


def _rows(run: Run) -> dict[tuple[str, str], tuple[Verdict, Text]]:
    """Each requirement by its domain and id: what it came to, and what it says."""
    rows = ((domain, row.requirement, row.verdict) for domain, rows in proven.of(run).rows.items() for row in rows)
    return {(domain, requirement.id): (verdict, requirement.text) for domain, requirement, verdict in rows}


def cases(old: Run, new: Run, parts: Iterable[PartChange]) -> Iterator[CaseChange]:
    """Cases that changed, in the order of the old run, then of the new."""
    suites = {part.name for part in parts if part.kind == "suite"}
    for key, was, now in _both(_outcomes(old), _outcomes(new)):
        (before, old_case), (after, new_case) = was or (None, None), now or (None, None)
        case = new_case or old_case
        if case and before is not after:
            yield CaseChange(key, case.title, case.contract, before, after, suite_name(case.suite) in suites)


def _outcomes(run: Run) -> dict[str, tuple[Verdict, CaseResult | PlannedCase]]:
    """Each case with its verdict; of two with one key the worse. One that was planned and not run is not proven."""
    found: dict[str, tuple[Verdict, CaseResult | PlannedCase]] = {}
    for result in run.counted:
        if result.key not in found or found[result.key][0] < result.verdict:
            found[result.key] = (result.verdict, result)
    return {case.key: (Verdict.NOT_PROVEN, case) for case in proven.not_run(run)} | found


def by_contract(run: Run) -> Mapping[tuple[str, str], Verdict]:
    """What each requirement came to in each contract: a declaration is about one contract."""
    found: dict[tuple[str, str], Verdict] = {}
    for result in run.counted:
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


# What has to be declared again

Verdicts = Mapping[tuple[str, str], Verdict]


def again(old: Run, new: Run, parts: Sequence[PartChange]) -> Iterator[ProcessStep]:
    """What the process asks for now, contract by contract.

    A system is declared a *verification object* at a time (verifieringsobjekt): a connection point, the product that produces
    the service, the source system behind it, and a contract. Whoever changes a part of it sends a notice of change
    (ändringsanmälan) and may have to be verified again; whoever comes to deviate, or no longer does, sends an updated
    declaration that refers to the one before. A run knows three of the four parts: which source system stands behind, it
    cannot see.
    """
    verdicts = by_contract(old), by_contract(new)
    for contract in dict.fromkeys((*tested(old), *tested(new))):
        notice = tuple(_notices(contract, old, new, parts))
        declare = tuple(_declarations(contract, new, parts, verdicts))
        if notice:
            yield ProcessStep(contract, "notice", notice)
        if declare:
            yield ProcessStep(contract, "declare", declare)


def tested(run: Run) -> dict[str, None]:
    """The contracts that a run is about: cases of them were planned or played."""
    planned = [case.contract for case in run.header.planned]
    return dict.fromkeys([*planned, *(result.contract for result in run.counted)])


_OBJECT: tuple[PartKind, ...] = ("organisation", "product", "version", "connection", "contract")
"""The parts of a verification object that a run can see."""


def _notices(contract: str, old: Run, new: Run, parts: Iterable[PartChange]) -> Iterator[Text]:
    if contract not in tested(old):
        yield text("declaration", "object_new")
        return
    if contract not in tested(new):
        yield text("declaration", "object_gone")
        return
    for part in parts:
        if part.kind in _OBJECT and part.name in ("", contract):
            # Two URLs in one sentence say less than none: they stand among the parts.
            change = "" if part.kind == "connection" else f": {_change(part)}"
            yield text("declaration", f"another_{part.kind}", change=change)


def _declarations(
    contract: str, new: Run, parts: Iterable[PartChange], verdicts: tuple[Verdicts, Verdicts]
) -> Iterator[Text]:
    if contract not in tested(new):
        return
    before, after = ({id_: verdict for (name, id_), verdict in each.items() if name == contract} for each in verdicts)
    red = [id_ for id_, verdict in before.items() if verdict is Verdict.FAILED]
    appeared = [id_ for id_, verdict in after.items() if verdict is Verdict.FAILED and id_ not in red]
    fixed = [id_ for id_ in red if after.get(id_) is Verdict.PASSED]
    if appeared:
        yield text("declaration", "appeared", ids=", ".join(appeared))
    if fixed:
        yield text("declaration", "fixed", ids=", ".join(fixed))
    domains = {
        domain.name
        for domain in new.header.domains
        if contract in {each.word for each in domain.contracts} or contract.startswith(f"{domain.name}/")
    }
    for part in parts:
        if part.kind == "domain" and part.name in domains:
            yield text("declaration", "form_version", change=_change(part))


def _change(part: PartChange) -> str:
    return f"{part.old or '–'} → {part.new or '–'}"
