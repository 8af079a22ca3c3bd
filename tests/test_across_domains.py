"""A scenario over two domains, played on the simulators of both as one system: one updates the index, the other answers for the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

import shipped_world
from in_process import Bench, Heard, Peer
from rivta import suite
from rivta.check import vocabulary
from rivta.counterpart import Counterpart
from rivta.model.case import Case, Suite
from rivta.model.words import Value, Verdict
from rivta.run import Stage
from rivta.simulator import Simulated, Simulator
from rivta.simulator.post import Post
from rivta.text import places
from simulated_clock import SimulatedClock

INDEX, HISTORY = "itintegration.engagementindex", "clinicalprocess.healthcond.description"


@dataclass(frozen=True)
class Both(Bench):
    """One system of two domains: what it is told to do the first does, what it is asked the second answers, with these faults."""

    answering: Simulated | None = None
    flaws: Sequence[str] = ()

    def _stage(
        self, suite: Suite, system: Simulator, counterpart: Counterpart, post: Post, heard: list[Heard]
    ) -> Stage:
        stage = super()._stage(suite, system, counterpart, post, heard)
        assert isinstance(stage.peer, Peer)
        assert isinstance(system.clock, SimulatedClock)
        assert self.answering is not None
        return replace(
            stage, peer=replace(stage.peer, system=Simulator(self.answering, self.flaws, clock=system.clock))
        )


@pytest.fixture(scope="module")
def played() -> tuple[Both, Case, Suite]:
    if not (shipped_world.has_material(INDEX) and shipped_world.has_material(HISTORY)):
        pytest.skip("the release packages of both domains are not at hand (../shared/contracts)")
    index, history = (shipped_world.matrix(each).bench for each in (INDEX, HISTORY))
    endpoints = {**index.settings.endpoints, **history.settings.endpoints}
    data: dict[str, Value] = {**index.settings.test_data, "patients": {"written": "191212121212"}}
    settings = replace(index.settings, endpoints=endpoints, test_data=data)
    path = places.scenarios() / "across-domains" / "written-then-found.yaml"
    read = suite.read(path, index.simulated.domain, vocabulary(), data, lambda: (history.simulated.domain,))
    bench = Both(index.simulated, settings, listening=index.listening, answering=history.simulated)
    return bench, read.cases[0], read


def test_what_is_written_is_found_by_who_follows_the_index(played: tuple[Both, Case, Suite]) -> None:
    bench, case, read = played
    result = bench.play(case, read)
    assert result.verdict is Verdict.PASSED, result
    assert len(result.exchanges) == 2


@pytest.mark.parametrize("fault", ["categorizes-wrongly", "does-not-remove", "calls-wrong-logical-address"])
def test_an_index_that_is_told_wrongly_is_seen_where_it_leads_astray(
    fault: str, played: tuple[Both, Case, Suite]
) -> None:
    bench, case, read = played
    harmless = fault == "does-not-remove"
    assert (bench.play(case, read, (fault,)).verdict is Verdict.PASSED) == harmless


@pytest.mark.parametrize("fault", ["GD-empties", "GD-mixes-patients", "GD-ignores-address"])
def test_a_source_system_that_does_not_have_what_it_told_of_is_red(
    fault: str, played: tuple[Both, Case, Suite]
) -> None:
    bench, case, read = played
    assert replace(bench, flaws=(fault,)).play(case, read).verdict is Verdict.FAILED
