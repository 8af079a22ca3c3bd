"""A load case from its suite to its result: whether it is played at all, what was measured, and what that says of its limits."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rivta.check.load import judged
from rivta.evidence.codec import decode, encode
from rivta.model.case import Load, Suite
from rivta.model.errors import RivtaError, UsageError
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.load import Course, Limit, Measured, Slice, bucket
from rivta.model.run import CaseResult
from rivta.model.words import Text, Verdict
from rivta.run.conductor import case_result, not_played
from rivta.run.filling import Ended
from rivta.run.load.calling import Outcome, Work
from rivta.run.opening import deciding, differing
from rivta.run.stage import Stage

_ALIKE = "let every machine have the same suites, environment and version of rivta"


@frozen
class Planned:
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
    result = case_result(load.case, stage, started, Verdict.NOT_PROVEN, elapsed_ms=0.0)
    result = replace(result, verifies=load.verified)
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
    planned: tuple[Planned, ...]
    stage: Callable[[Suite, str, int], Stage]

    def work(self, key: str, facts: Mapping[str, str], run: str, seed: int) -> tuple[Planned, Work]:
        """What the master names. RivtaError where it is not here, or would load another system or in another way than by these `deciding` facts."""
        found = next((each for each in self.planned if each.key == key), None)
        if found is None:
            raise RivtaError(f"a worker does not know the load case {key}", todo=_ALIKE)
        stage = self.stage(found.suite, run, seed)
        here = deciding(stage.environment, found.suite)
        if names := differing(facts, here):
            told = (
                f"{name} is {here.get(name) or 'none'} at the worker and {facts.get(name) or 'none'} at who leads"
                for name in names
            )
            what = f"a worker has another environment or suite than who leads the load case {key}"
            raise RivtaError(f"{what}: {'; '.join(told)}", todo=_ALIKE)
        return found, Work(found.load, stage)


# What is counted while a load goes on: by the stretch in which a call began, so that an hour takes no more room than a minute.
# A worker's tally is taken and sent now and then; the master's puts those of all workers together.


_COUNTED = ("answered", "not_right", "checked", "whose", "mixed", "probes", "available")
_BY_KIND = ("lost", "hindered", "wrong", "times", "over")
_SLOWEST = "within"
"""What the slowest answer of all is an example of."""


@dataclass(slots=True)
class _Cell:
    """A stretch in the making. `over` is by the place of a limit on time, `times` by bucket, `busy` CPU and wall seconds by generator."""

    counts: Counter[str] = field(default_factory=Counter)
    by_kind: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in _BY_KIND})
    users: dict[str, int] = field(default_factory=dict)
    peak: dict[str, int] = field(default_factory=dict)
    busy: dict[str, tuple[float, float]] = field(default_factory=dict)

    def filled(self, slice_: Slice, timed: int) -> Slice:
        counts: dict[str, Any] = {name: self.counts[name] for name in _COUNTED}
        kinds: dict[str, Any] = {
            name: dict(sorted(self.by_kind[name].items())) for name in ("lost", "hindered", "wrong")
        }
        return replace(
            slice_,
            **counts,
            **kinds,
            users=sum(self.users.values()),
            peak=sum(self.peak.values()),
            over=tuple(self.by_kind["over"][str(place)] for place in range(timed)),
            times=tuple(sorted((int(number), count) for number, count in self.by_kind["times"].items())),
            busy=max((round(cpu / wall, 3) for cpu, wall in self.busy.values() if wall), default=0.0),
        )


class LoadTally:
    """Counts one load case. `slices` are its stretches, `timed` its limits on time. `name` is that of this generator."""

    def __init__(self, slices: tuple[Slice, ...], timed: tuple[Limit, ...], name: str = "") -> None:
        self._slices = slices
        self._begins = [each.begins for each in slices]
        self._timed = timed
        self._name = name
        self._cells: dict[int, _Cell] = {}
        self._under_way = 0
        self.answered = self.hindered = 0
        self.broke = ""
        self.examples: dict[str, Exchange] = {}
        """An exchange for each thing that was not as it should be, and the slowest."""

    def begin(self, at: float) -> int:
        """A call begins, so many seconds after the load did; in which stretch, for its `end`; then it is `over`."""
        place = max(0, bisect_right(self._begins, at) - 1)
        self._under_way += 1
        cell = self._cell(place)
        cell.peak[self._name] = max(cell.peak.get(self._name, 0), self._under_way)
        return place

    def end(self, place: int, outcome: Outcome) -> None:
        cell = self._cell(place)
        if outcome.hindered or outcome.lost:
            self.hindered += bool(outcome.hindered)
            cell.by_kind["hindered" if outcome.hindered else "lost"][outcome.hindered or outcome.lost] += 1
        else:
            self.answered += 1
            self._answer(cell, outcome)
        for reason in outcome.shows:
            self._keep(reason, outcome.exchange)

    def _answer(self, cell: _Cell, outcome: Outcome) -> None:
        took = outcome.exchange.elapsed_ms
        cell.counts.update(answered=1, checked=outcome.checked, whose=outcome.says_whose, mixed=outcome.mixed)
        cell.counts["not_right"] += bool(outcome.wrong)
        cell.by_kind["wrong"].update(outcome.wrong)
        cell.by_kind["times"][str(bucket(took))] += 1
        cell.by_kind["over"].update(str(place) for place, each in enumerate(self._timed) if took > each.ms)
        self._keep(_SLOWEST, outcome.exchange)

    def probe(self, place: int, outcome: Outcome, limit_ms: float) -> None:
        """The answer to a probe, which is in no other count, but that it may not have reached the system."""
        cell = self._cell(place)
        if outcome.hindered:
            cell.by_kind["hindered"][outcome.hindered] += 1
            return
        cell.counts["probes"] += 1
        is_there = not outcome.lost and not outcome.wrong and outcome.exchange.elapsed_ms <= limit_ms
        cell.counts["available"] += is_there
        if not is_there:
            self._keep("available", outcome.exchange)

    def over(self) -> None:
        """A call is no longer under way, whether anything came of it or it was broken off by us."""
        self._under_way -= 1

    def look(self, at: float, users: int, cpu: float, wall: float) -> None:
        """How many users there are, and how much of a core this generator has used in so many seconds until now."""
        cell = self._cell(max(0, bisect_right(self._begins, at) - 1))
        cell.users[self._name] = max(cell.users.get(self._name, 0), users)
        before = cell.busy.get(self._name, (0.0, 0.0))
        cell.busy[self._name] = (before[0] + cpu, before[1] + wall)

    def _cell(self, place: int) -> _Cell:
        return self._cells.setdefault(place, _Cell())

    def _keep(self, reason: str, exchange: Exchange) -> None:
        known = self.examples.get(reason)
        if known is None or (reason == _SLOWEST and exchange.elapsed_ms > known.elapsed_ms):
            self.examples[reason] = exchange

    def slices(self) -> tuple[Slice, ...]:
        return tuple(self._cells.get(n, _Cell()).filled(each, len(self._timed)) for n, each in enumerate(self._slices))

    def taken(self) -> dict[str, Any]:
        """What was counted since it was last taken, as plain data for the master."""
        cells, self._cells = self._cells, {}
        bodies: dict[str, bytes] = {}

        def kept(body: bytes) -> str:
            name = str(len(bodies))
            bodies[name] = body
            return name

        examples = {reason: encode(exchange, kept) for reason, exchange in self.examples.items()}
        self.examples = {}
        told = {str(place): _plain(cell) for place, cell in cells.items()}
        return {"cells": told, "examples": examples, "bodies": bodies, "broke": self.broke}

    def add(self, taken: Mapping[str, Any]) -> None:
        """What another has taken. Users and calls under way are of its own time; all else adds up."""
        for place, told in taken["cells"].items():
            cell = self._cell(int(place))
            cell.counts.update(told["counts"])
            self.answered += told["counts"].get("answered", 0)
            self.hindered += sum(told["by_kind"]["hindered"].values())
            for name, counts in told["by_kind"].items():
                cell.by_kind[name].update(counts)
            for name in ("users", "peak"):
                mine: dict[str, int] = getattr(cell, name)
                mine.update({who: max(mine.get(who, 0), count) for who, count in told[name].items()})
            for who, (cpu, wall) in told["busy"].items():
                before = cell.busy.get(who, (0.0, 0.0))
                cell.busy[who] = (before[0] + cpu, before[1] + wall)
        for reason, written in taken["examples"].items():
            self._keep(reason, decode(Exchange, written, taken["bodies"].__getitem__))
        self.broke = self.broke or taken["broke"]

    def kept(self) -> Iterator[tuple[str, Exchange]]:
        """The examples, in an order that is the same each time."""
        yield from sorted(self.examples.items())


def _plain(cell: _Cell) -> dict[str, Any]:
    return {
        "counts": dict(cell.counts),
        "by_kind": {name: dict(counts) for name, counts in cell.by_kind.items()},
        "users": cell.users,
        "peak": cell.peak,
        "busy": cell.busy,
    }
