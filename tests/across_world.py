"""The shipped domain of scenarios over several others, its system made of theirs, played in process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import reference_system
import shipped_world
from fault_matrix import Matrix
from in_process import Bench
from rivta import contract, environment, simulator, suite
from rivta.check import vocabulary
from rivta.counterpart.judging import ContractCatalogue
from rivta.model.case import Case, Suite
from rivta.run.opening import planned_case
from rivta.simulator import Part, Several, Simulated
from rivta.text import places
from simulated_clock import SimulatedClock

NAME = "across.domains"


@dataclass(frozen=True)
class SeveralBench(Bench):
    """A bench whose system is made of those of several domains."""

    parts: Sequence[Simulated] = field(default=(), kw_only=True)

    def _system(self, clock: SimulatedClock, faults: Sequence[str], observing: bool) -> Several:  # type: ignore[override]  # what plays need of both is the same
        parts = [Part(each) for each in self.parts]
        return Several(self.simulated, parts, faults, clock=clock, observing=observing)

    @cached_property
    def _catalogue(self) -> ContractCatalogue:
        return ContractCatalogue([each.domain for each in self.parts], self.listening.addresses)


@dataclass(frozen=True)
class SeveralMatrix(Matrix):
    """Faults by scenarios; the steps' contracts are those of the parts."""

    @cached_property
    def cases(self) -> dict[str, tuple[Case, Suite]]:
        assert isinstance(self.bench, SeveralBench)
        domains, data = [each.domain for each in self.bench.parts], self.bench.settings.test_data
        paths = sorted(self.scenarios.glob("*.yaml"))
        read = [suite.read(path, self.domain, vocabulary(), data, lambda: domains) for path in paths]
        return {planned_case(each, case).key.rpartition("/")[2]: (case, each) for each in read for case in each.cases}


@cache
def parts() -> tuple[Simulated, ...]:
    return tuple(
        reference_system.simulated() if name == reference_system.NAME else shipped_world.matrix(name).bench.simulated
        for name in simulated().reference.made_of
    )


@cache
def simulated() -> Simulated:
    return simulator.read(contract.read_domain(places.suites() / NAME, vocabulary()))


def has_material() -> bool:
    """Whether the packages of its parts are at hand."""
    return all(
        shipped_world.has_material(name) for name in simulated().reference.made_of if name != reference_system.NAME
    )


@cache
def matrix() -> Matrix:
    """Its faults by its scenarios."""
    demo = simulated().reference.demo
    assert demo is not None
    settings = environment.read(places.reference() / demo.files["environment"])
    assert settings.listening is not None
    bench = SeveralBench(simulated(), settings, listening=settings.listening, parts=parts())
    return SeveralMatrix(bench, places.scenarios() / NAME)
