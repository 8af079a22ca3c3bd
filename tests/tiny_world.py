"""The small domain of `tests/domains`: where it lies, its system, its cases, and what each of them proves."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from fault_matrix import RED, proves
from in_process import Bench
from rivta import contract, environment, simulator, suite
from rivta.check import vocabulary
from rivta.model.case import Case, Suite
from rivta.model.domain import Domain
from rivta.model.environment import Environment
from rivta.simulator import Server, Simulator

NAME = "tiny.library.loan"
HERE = Path(__file__).parent / "domains"
SUITES, SCENARIOS = HERE / "suites", HERE / "scenarios"
ENVIRONMENT = HERE / "environment.yaml"
_WRITTEN = "http://127.0.0.1:8020"


@cache
def domain() -> Domain:
    return contract.read_domain(SUITES / NAME, vocabulary())


@cache
def simulated() -> simulator.Simulated:
    return simulator.read(domain())


@cache
def bench() -> Bench:
    return Bench(simulated(), environment.read(ENVIRONMENT))


def files() -> list[Path]:
    """The suites and the scenario."""
    suites = [path for part in ("producer", "consumer") for path in sorted((SUITES / NAME).glob(f"*/{part}.yaml"))]
    return [*suites, *sorted((SCENARIOS / NAME).glob("*.yaml"))]


@cache
def cases() -> dict[str, tuple[Case, Suite]]:
    """Every case, by what it is called in a run."""
    data = environment.read(ENVIRONMENT).test_data
    read = [suite.read(path, domain(), vocabulary(), data) for path in files()]
    return {_key(case, each): (case, each) for each in read for case in each.cases}


def _key(case: Case, each: Suite) -> str:
    file = each.path.stem
    middle = "" if file in {"producer", case.id} else f"{file}/"
    return f"{domain().contracts.shown(case.contract)}/{middle}{case.id}"


@cache
def touched() -> dict[str, frozenset[str]]:
    """For each case the faults that would have changed something, had the sound system had them."""
    return {key: bench().observed(*pair, observing=True)[1].touched for key, pair in cases().items()}


def verify(fault: str) -> set[str]:
    """The cases that verify what the fault breaks."""
    broken = set(simulated().faults[fault].breaks)
    return {key for key, (case, each) in cases().items() if broken & proves(case, each)}


def red(fault: str, only: set[str]) -> set[str]:
    """The cases of these keys that turn red on a system with that fault."""
    return {key for key in only if bench().play(*cases()[key], (fault,)).verdict in RED}


@contextmanager
def system(*faults: str) -> Iterator[Server]:
    """The domain's own system, on a port of its own."""
    with Simulator(simulated(), faults) as made, simulator.serve(made) as server:
        yield server


def environment_at(url: str, path: Path) -> Environment:
    """The domain's environment, written where it says that the system listens now."""
    path.write_text(ENVIRONMENT.read_text(encoding="utf-8").replace(_WRITTEN, url.rstrip("/")), encoding="utf-8")
    return environment.read(path)
