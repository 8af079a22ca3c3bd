"""Two runs held against each other: what changed, what got worse, and what has to be declared again."""

from collections.abc import Set as AbstractSet

from rivta.declaration import proven
from rivta.declaration.comparison.changes import (
    CaseChange,
    Comparison,
    Direction,
    PartChange,
    ProcessStep,
    RequirementChange,
    RunName,
    TimeShift,
)
from rivta.declaration.comparison.differences import again, cases, contracts_of, parts, requirements, tested, times
from rivta.evidence import seal
from rivta.model.errors import UsageError
from rivta.model.run import Run


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
    is_whole = run.footer is not None and not run.damage and not proven.not_run(run)
    return RunName(run.header.run, run.header.started, run.header.system, is_whole, seal.is_edited(run.folder))
