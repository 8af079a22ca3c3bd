"""Two runs held against each other: what changed, what got worse, and what has to be declared again."""

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
from rivta.declaration.comparison.differences import again, cases, contracts_of, parts, requirements, times
from rivta.evidence import seal
from rivta.model.errors import UsageError
from rivta.model.run import Run


def of(old: Run, new: Run) -> Comparison:
    """What changed from one run to another. UsageError when they have no contract in common."""
    if not contracts_of(old).keys() & contracts_of(new).keys():
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


def _named(run: Run) -> str:
    return ", ".join(contracts_of(run)) or "none"


def _name(run: Run) -> RunName:
    is_whole = run.footer is not None and not run.damage and not proven.not_run(run)
    return RunName(run.header.run, run.header.started, run.header.system, is_whole, seal.is_edited(run.folder))
