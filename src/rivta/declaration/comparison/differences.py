"""What differs between two runs: what they were made of, what came out (requirements, cases and response times), and what has to
be declared again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from statistics import median

from rivta.declaration import proven
from rivta.declaration.comparison.changes import (
    CaseChange,
    PartChange,
    PartKind,
    ProcessStep,
    RequirementChange,
    TimeShift,
)
from rivta.model.declaration import RequirementRow
from rivta.model.domain import ContractFacts
from rivta.model.run import CaseResult, PlannedCase, Run
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

_ENDPOINT = "endpoint "
"""How an environment's facts name where a contract is answered."""


# What a run was made of: the system, the connection, contracts and suites, and the tool


def parts(old: Run, new: Run) -> Iterator[PartChange]:
    """Every part that is another one now: of the system, of what it was tested against, of what it was tested with."""
    for kind, named in _PARTS.items():
        before, after = named(old), named(new)
        for name in dict.fromkeys((*before, *after)):
            was, now = before.get(name, ""), after.get(name, "")
            if was != now:
                yield PartChange(kind, name, was, now)


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
    for result in run.counted:
        if result.key not in found or found[result.key][1] < result.verdict:
            found[result.key] = (result, result.verdict)
    left = {case.key: (case, Verdict.NOT_PROVEN) for case in proven.not_run(run)}
    return {**left, **found}


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
