"""Load cases played in this process, on a clock on which time passes only where somebody waits: no socket, and no Locust.

The users take turns, while the system is told that all of them are under way. So a fault that shows only under load shows here too.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from in_process import Bench, Peer
from rivta.model.case import Suite
from rivta.model.load import Course
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.run import Stage
from rivta.run.load.calling import Work
from rivta.run.load.playing import LoadTally, Planned, loads_of, play
from rivta.simulator import Simulator
from simulated_clock import SimulatedClock

FACTOR, _SHORT = 10.0, 300.0
_CALLS = 3
"""How many of the users' calls are made in each stretch."""


@dataclass(frozen=True)
class Users:
    """Brings the users of a load to a simulated system."""

    system: Simulator

    def __call__(self, planned: Planned, work: Work, tally: LoadTally, course: Course) -> float:
        work.warm()
        for number, each in enumerate(course.slices()):
            users = course.users_at(each.begins + each.seconds * 0.999) or 0
            tally.look(each.begins, users, each.seconds / 10, each.seconds)
            with ExitStack() as others:
                for _ in range(users - 1):
                    others.enter_context(self.system.call())
                for turn in range(min(users, _CALLS)):
                    place = tally.begin(each.begins)
                    with self.system.call():
                        tally.end(place, work.call(number + turn))
                    tally.over()
                if planned.load.probe is not None:
                    tally.probe(tally.begin(each.begins), *work.probe())
                    tally.over()
        return course.seconds


def played(planned: Planned, bench: Bench, faults: Sequence[str] = (), factor: float = FACTOR) -> CaseResult:
    """A load case, against a fresh system with these faults."""
    clock = SimulatedClock()
    with closing(clock), Simulator(bench.simulated, faults, records=bench.records, clock=clock) as system:
        stage = Stage(planned.suite, bench.settings, Peer(system, clock, 3600.0, []), "in-process", clock=clock)
        return play(planned, stage, factor, lambda: 1, Users(system))


def red(suites: Sequence[Suite], bench: Bench, faults: Sequence[str] = ()) -> set[str]:
    """The load cases that deviate on a system with these faults."""
    results = [played(each, bench, faults, _SHORT) for each in loads_of(suites)]
    assert not [each.reason for each in results if each.verdict not in (Verdict.PASSED, Verdict.FAILED)]
    return {each.case for each in results if each.verdict is Verdict.FAILED}
