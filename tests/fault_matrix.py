"""The suites, played against the reference system with a named fault: which cases turn red, and which should."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rivta import contract, environment, places, reference, suite
from rivta.check import vocabulary
from rivta.declaration import case_key
from rivta.model import Case, CaseResult, Domain, Environment, Suite, Verdict
from rivta.run import Stage, run_case
from rivta.transport.http import HttpTransport

NAME = "clinicalprocess.activity.request"
RED = (Verdict.FAILED, Verdict.BLOCKED, Verdict.ERROR)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is read once: the domain, its suites and scenarios, the demo's environment."""

    domain: Domain
    suites: tuple[Suite, ...]


@cache
def world() -> World:
    domain = contract.read_domain(places.suites() / NAME)
    settings = environment.read(places.reference() / "environment.yaml")
    paths = [*sorted(domain.folder.glob("*/producer.yaml")), *sorted((places.scenarios() / NAME).glob("*.yaml"))]
    return World(domain, tuple(suite.read(path, domain, vocabulary(), settings.test_data) for path in paths))


def settings_for(url: str, folder: Path) -> Environment:
    written = (places.reference() / "environment.yaml").read_text(encoding="utf-8")
    path = folder / "environment.yaml"
    path.write_text(written.replace("http://127.0.0.1:8020", url.rstrip("/")), encoding="utf-8")
    return environment.read(path)


def play(faults: tuple[str, ...], folder: Path, *, at_once: int = 1) -> list[CaseResult]:
    """Every case against a fresh reference system with these faults, over real sockets."""
    here = world()
    referrals = reference.read_referrals(places.reference() / "referrals.yaml")
    system = reference.ReferenceSystem(domain=here.domain, faults=faults, referrals=referrals)
    with reference.serve(system) as server, ThreadPoolExecutor(at_once) as threads:
        settings = settings_for(server.url, folder)
        peer = HttpTransport(settings)
        stages = [(case, Stage(each, settings, peer, "fault-matrix")) for each in here.suites for case in each.cases]
        return list(threads.map(lambda pair: run_case(*pair), stages))


def red(results: list[CaseResult]) -> set[str]:
    return {case_key(result) for result in results if result.verdict in RED}


def expected(fault: str) -> set[str]:
    """The cases with a check that proves one of the requirements that the fault breaks."""
    broken = set(reference.FAULTS[fault].breaks)
    return {key for key, case, each in all_cases() if broken & proves(case, each)}


def all_cases() -> list[tuple[str, Case, Suite]]:
    return [(f"{case.contract}/{case.id}", case, each) for each in world().suites for case in each.cases]


def proves(case: Case, each: Suite) -> set[str]:
    """The requirements that a check of the case names: its own, those of its expectations, those of every case."""
    written = {id_ for step in case.steps for expectation in step.expect for id_ in expectation.verifies}
    own = set(case.verifies) if any(not one.verifies for step in case.steps for one in step.expect) else set()
    unwritten = {id_ for step in case.steps for kind, id_ in each.domain.every_case.items() if kind not in step.off}
    return own | written | unwritten
