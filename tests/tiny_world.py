"""The small domain of `tests/domains`: where it lies, its system, its cases, and what each of them proves."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from fault_matrix import Matrix
from in_process import Bench
from rivta import contract, environment, simulator
from rivta.check import vocabulary
from rivta.cli.run import play as run_pytest
from rivta.model.domain import Domain
from rivta.model.environment import Environment
from rivta.model.run import CaseResult
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
def matrix() -> Matrix:
    """Its faults by its cases."""
    return Matrix(Bench(simulated(), environment.read(ENVIRONMENT)), SCENARIOS / NAME)


def play(shown: str) -> CaseResult:
    """A case by the key that people are shown, on a sound system."""
    key = next(key for key in matrix().cases if matrix().shown(key) == shown)
    return matrix().bench.play(*matrix().cases[key])


@contextmanager
def system(*faults: str) -> Iterator[Server]:
    """The domain's own system, on a port of its own."""
    with Simulator(simulated(), faults) as made, simulator.serve(made) as server:
        yield server


def environment_at(url: str, path: Path) -> Environment:
    """The domain's environment, written where it says that the system listens now."""
    path.write_text(ENVIRONMENT.read_text(encoding="utf-8").replace(_WRITTEN, url.rstrip("/")), encoding="utf-8")
    return environment.read(path)


def recorded(folder: Path) -> Path:
    """Every case over real sockets, recorded; the run's folder."""
    with system() as server:
        environment_at(server.url, folder / "environment.yaml")
        options = (
            "--rivta-env",
            folder / "environment.yaml",
            "--rivta-report",
            folder / "run",
            "-p",
            "no:cacheprovider",
            "-q",
        )
        assert run_pytest([str(word) for word in (SUITES, SCENARIOS, *options)]) == 0
    return folder / "run"
