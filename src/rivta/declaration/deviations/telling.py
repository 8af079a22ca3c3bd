"""What the terminal says of known deviations: which occur, and where the file no longer tells the truth."""

from collections.abc import Iterator

from rivta.declaration.deviations.sorting import case_keys, concerns, uncovered
from rivta.model.declaration import KnownDeviation, SortedDeviations
from rivta.model.environment import System
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.run import Run


def summary(sorted_: SortedDeviations) -> str:
    """One line of counts. Empty when there is nothing to tell."""
    cases = {key for _, keys in sorted_.known for key in keys}
    counts = (
        ("new", len(sorted_.new)),
        ("known", len(cases.difference(sorted_.new))),
        ("gone", len(sorted_.gone)),
        ("overdue", len(sorted_.overdue)),
        ("unmatched", len(sorted_.unmatched)),
    )
    told = [f"{count} {word}" for word, count in counts if count]
    return f"deviations: {', '.join(told)}" if told else ""


def remarks(run: Run, sorted_: SortedDeviations) -> tuple[UsageError, ...]:
    """What is to be corrected in the file, each with its place and a remedy. Not raised: the run stands."""
    return tuple(_remarks(run, sorted_))


def _remarks(run: Run, sorted_: SortedDeviations) -> Iterator[UsageError]:
    yield from _half_known(run, sorted_)
    for each in sorted_.gone:
        what = f"the deviation “{each.id}” no longer occurs: {_named(each)} is met"
        yield UsageError(what, source=each.source, todo="take it out, so that it counts as new if it comes back")
    for each in sorted_.overdue:
        what = f"the deviation “{each.id}” was to be fixed by {each.fix_by}"
        yield UsageError(what, source=each.source, todo="fix it, or agree on a new date")
    for each in sorted_.unmatched:
        yield _unmatched(each, run)


def _half_known(run: Run, sorted_: SortedDeviations) -> Iterator[UsageError]:
    """Cases in which something is known, and something beside it is not."""
    for result in run.results:
        here = [each for each, keys in sorted_.known if result.key in keys]
        lacking = sorted(id_ for id_ in uncovered(result, here) if id_)
        if here and lacking and result.key in sorted_.new:
            what = f"{result.key} deviates from {', '.join(lacking)} as well, which no known deviation names"
            todo = f"if it is the same deviation, name the case too: case: {result.key} and no requirement"
            yield UsageError(what, source=here[0].source, todo=todo)


def _named(deviation: KnownDeviation) -> str:
    return " in ".join(name for name in (deviation.requirement, deviation.case) if name)


def _unmatched(deviation: KnownDeviation, run: Run) -> UsageError:
    system = run.header.system
    if not concerns(deviation, system):
        what = f"the deviation “{deviation.id}” does not concern {system.product} {system.version}"
        return UsageError(what, source=deviation.source, todo=_scoped(deviation, system))
    ids = {requirement.id for domain in run.header.domains for requirement in domain.requirements}
    if deviation.requirement and deviation.requirement not in ids:
        what = f"the deviation “{deviation.id}” names the requirement “{deviation.requirement}”, which the run does not have"
        return UsageError(what, source=deviation.source, todo=_near(deviation.requirement, ids))
    what = f"the deviation “{deviation.id}” names the case “{deviation.case}”, which the run does not have"
    return UsageError(what, source=deviation.source, todo=_near(deviation.case, case_keys(run)))


def _near(name: str, known: set[str]) -> str:
    """The nearest name. A list of hundreds of requirements would help nobody."""
    meant = did_you_mean(name, known)
    return meant if meant.startswith("did") else "see the report for the names"


def _scoped(deviation: KnownDeviation, system: System) -> str:
    """Which part of the scope does not fit."""
    if deviation.products and system.product not in deviation.products:
        return f"its scope is the product {', '.join(deviation.products)}"
    return f"its scope is version {', '.join(deviation.versions)}"
