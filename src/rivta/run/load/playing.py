"""A load case from its suite to its result: whether it is played at all, what was measured, and what that says of its limits."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from rivta.check.load import judged
from rivta.model.case import Load, Suite
from rivta.model.clock import written
from rivta.model.errors import RivtaError, UsageError
from rivta.model.frozen import frozen
from rivta.model.load import Course, Measured
from rivta.model.run import CaseResult
from rivta.model.words import Text, Verdict
from rivta.run.conductor import not_played
from rivta.run.filling import Ended
from rivta.run.load.calling import Work
from rivta.run.load.tally import LoadTally
from rivta.run.opening import deciding
from rivta.run.stage import Stage

_ALIKE = "let every machine have the same suites, environment and version of rivta"


@frozen
class Planned:
    """A load case and the suite that it stands in."""

    suite: Suite
    load: Load

    @property
    def key(self) -> str:
        """What master and workers call it: contract and id, the same on every machine."""
        return f"{self.load.case.contract}/{self.load.case.id}"


class Generates(Protocol):
    """Who brings the users of one load, counts in the tally, and says for how many seconds it did."""

    def __call__(self, planned: Planned, work: Work, tally: LoadTally, course: Course) -> float: ...


def loads_of(suites: Iterable[Suite]) -> Iterator[Planned]:
    yield from (Planned(suite, load) for suite in suites for load in suite.loads)


def play(planned: Planned, stage: Stage, factor: float, workers: Callable[[], int], generate: Generates) -> CaseResult:
    """Play a load case. Never raises for what the system or its environment does."""
    load, clock = planned.load, stage.clock
    started, began = clock.now(), clock.monotonic()
    result = CaseResult(
        case=load.case.id,
        title=load.case.title,
        domain=stage.suite.domain.name,
        contract=load.case.contract,
        role=load.case.role,
        suite=str(stage.suite.path),
        verdict=Verdict.NOT_PROVEN,
        verifies=load.verified,
        checks=(),
        exchanges=(),
        started=written(started),
        elapsed_ms=0.0,
        source=load.case.source,
    )
    if refused := not_played(load.case, stage):
        return replace(result, verdict=refused[0], reason=refused[1])
    course = Course(load.stages, factor)
    tally = LoadTally(course.slices(), load.timed)
    try:
        lasted = generate(planned, Work(load, stage), tally, course)
    except Ended as ended:
        return replace(result, verdict=ended.verdict, reason=ended.text)
    except UsageError as ours:
        return replace(result, verdict=Verdict.ERROR, reason=Text.same(str(ours)))
    measured = Measured(
        load.stages, load.limits, tally.slices(), factor, workers(), load.share, course.seconds, lasted, tally.broke
    )
    shown = dict(tally.kept())
    places = {reason: place for place, reason in enumerate(shown)}
    result = replace(result, exchanges=tuple(shown.values()), elapsed_ms=(clock.monotonic() - began) * 1000)
    return with_verdict(replace(result, load=measured), load.case.verifies, places)


def with_verdict(result: CaseResult, verifies: tuple[str, ...], examples: dict[str, int] | None = None) -> CaseResult:
    """The result with what its measurement says of its limits. `examples` are exchanges of it by what they show."""
    assert result.load is not None  # noqa: S101 - asked for only where there is one
    checks = judged(result.load, verifies, examples)
    verdict = Verdict.of(each.verdict for each in checks)
    worst = next((each for each in checks if each.verdict is verdict), None)
    why = worst.note or (worst.findings[0].message if worst.findings else None) if worst else None
    return replace(result, checks=checks, verdict=verdict, reason=why if verdict is not Verdict.PASSED else None)


@frozen
class KnownLoads:
    """The load cases that a worker can play."""

    planned: tuple[Planned, ...]
    stage: Callable[[Suite, str, int], Stage]

    def work(self, key: str, facts: Mapping[str, str], run: str, seed: int) -> tuple[Planned, Work]:
        """What the master names. RivtaError where it is not here, or would load another system or in another way than by these `deciding` facts."""
        found = next((each for each in self.planned if each.key == key), None)
        if found is None:
            raise RivtaError(f"a worker does not know the load case {key}", todo=_ALIKE)
        stage = self.stage(found.suite, run, seed)
        here = deciding(stage.environment, found.suite)
        names = [name for name in dict.fromkeys((*facts, *here)) if facts.get(name, "") != here.get(name, "")]
        if names:
            told = (
                f"{name} is {here.get(name) or 'none'} at the worker and {facts.get(name) or 'none'} at who leads"
                for name in names
            )
            what = f"a worker has another environment or suite than who leads the load case {key}"
            raise RivtaError(f"{what}: {'; '.join(told)}", todo=_ALIKE)
        return found, Work(found.load, stage)
