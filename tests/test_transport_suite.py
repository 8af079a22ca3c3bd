"""The suites of the connection itself, on real handshakes: sound on a sound system, and each named fault turns exactly its cases red."""

import os
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import tiny_world
from certificates import demo
from in_process import Way
from rivta import contract, environment, simulator, suite
from rivta.check import vocabulary
from rivta.counterpart import listen
from rivta.model.case import Suite
from rivta.model.environment import Adapter, Listening, TlsFiles
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.run import Stage, run_case
from rivta.run.adapter import AdapterActor
from rivta.run.adapter.orders import Notes
from rivta.simulator import Simulator, serve
from rivta.simulator.client import Client
from rivta.simulator.post import Post
from rivta.text import places
from rivta.transport.http import HttpTransport
from thorough import part

PAGE = Path(__file__).parent.parent / "docs" / "transport.md"
END = "-----END CERTIFICATE-----"
FOLDER = places.suites() / "riv.platform"


def files(name: str) -> TlsFiles:
    folder = demo()
    return TlsFiles(folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem", folder / "revoked-list.pem")


@cache
def authorities() -> Path:
    """The root and the authority below it, as who tests has them."""
    whole = demo() / "authorities.pem"
    below = (demo() / "client.pem").read_text().partition(END)[2]
    whole.write_text(below + (demo() / "ca.pem").read_text())
    return whole


@cache
def read(part: str) -> Suite:
    return suite.read(FOLDER / "transport" / f"{part}.yaml", contract.read_domain(FOLDER), vocabulary())


FAULTS = {name: fault for name, fault in simulator.read(contract.read_domain(FOLDER)).faults.items() if fault.breaks}


@contextmanager
def played_on(*faults: str) -> Iterator[Stage]:
    """A stage with a system of the tiny domain that is called by TLS."""
    with Simulator(tiny_world.simulated(), faults) as system, serve(system, tls=files("server")) as server:
        settings = environment.read(tiny_world.ENVIRONMENT)
        endpoints = {
            name: replace(each, url=each.url.replace("http://127.0.0.1:8020", server.url))
            for name, each in settings.endpoints.items()
        }
        settings = replace(
            settings,
            roles=("transport-producer",),
            endpoints=endpoints,
            tls=replace(files("client"), ca=authorities(), crl=None),
            test_certificates=demo(),
        )
        with closing(HttpTransport(settings)) as transport:
            yield Stage(read("producer"), settings, transport, "run", handshakes=transport)


@contextmanager
def called_by(*faults: str) -> Iterator[Stage]:
    """A stage with a system of the tiny domain that calls by TLS, and a counterpart for it."""
    listening = Listening(tls=replace(files("server"), ca=authorities(), crl=None), time_factor=600)
    settings = replace(
        environment.read(tiny_world.ENVIRONMENT),
        roles=("transport-consumer",),
        listening=listening,
        test_certificates=demo(),
        adapter=Adapter(url="http://system/act", settles=5.0),
    )
    with (
        TemporaryDirectory() as folder,
        listen(tiny_world.domain(), listening, Path(folder)) as counterpart,
        Simulator(tiny_world.simulated(), faults) as system,
    ):
        client = Client(files("client"), system.passes)
        post = Post(client, system.clock)
        actor = AdapterActor(Way(system, post, []), Notes())
        try:
            yield Stage(
                read("consumer"), settings, HttpTransport(settings), "run", counterpart, actor, doors=counterpart
            )
        finally:
            post.close()


def verdicts(stage: Stage, broken: Collection[str] = ()) -> dict[str, CaseResult]:
    """What each case came to that proves one of these, and some of the others."""
    own = [case for case in stage.suite.cases if not broken or set(case.verifies) & set(broken)]
    others = [case for case in stage.suite.cases if case not in own]
    return {case.id: run_case(case, stage) for case in (*own, *part(others, 4))}


def red(results: dict[str, CaseResult]) -> set[str]:
    return {id_ for id_, result in results.items() if result.verdict is not Verdict.PASSED}


@cache
def sound(part_: str) -> dict[str, CaseResult]:
    with (played_on if part_ == "producer" else called_by)() as stage:
        return verdicts(stage)


def test_a_sound_consumer_passes() -> None:
    results = sound("consumer")
    assert {
        id_: (each.verdict.name, each.reason, each.checks) for id_, each in results.items() if id_ in red(results)
    } == {}


@pytest.mark.parametrize(
    "fault", [name for name, each in FAULTS.items() if any(id_.startswith("TC-") for id_ in each.breaks)]
)
def test_a_fault_of_a_system_that_calls_turns_exactly_its_cases_red(fault: str) -> None:
    breaks = FAULTS[fault].breaks
    with called_by(fault) as stage:
        results = verdicts(stage, breaks)
    broken = {case.id for case in stage.suite.cases if set(case.verifies) & set(breaks)}
    assert {id_ for id_, each in results.items() if each.verdict is Verdict.FAILED} == broken
    assert red(results) == broken


def test_a_sound_producer_passes_and_the_manual_shows_how() -> None:
    results = sound("producer")
    assert {id_: (each.verdict.name, each.checks) for id_, each in results.items() if id_ in red(results)} == {}
    head, _, _ = PAGE.read_text(encoding="utf-8").partition("| case |")
    page = f"{head}{table([*results.values(), *sound('consumer').values()])}"
    if os.environ.get("RIVTA_GOLDEN") == "write":
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "say: RIVTA_GOLDEN=write pytest tests/test_transport_suite.py"


def table(results: list[CaseResult]) -> str:
    rows = (row(result) for result in sorted(results, key=lambda each: (each.role != "producer", each.case)))
    return f"| case | | it came to | the fault that turns it red |\n|---|---|---|---|\n{''.join(rows)}"


def row(result: CaseResult) -> str:
    faults = ", ".join(f"`{name}`" for name, each in FAULTS.items() if set(each.breaks) & set(result.verifies))
    came = {"tls": "refused in the handshake"}
    (check,) = result.checks
    _, _, how = check.actual.replace(":", ",").partition(", ")
    return f"| {result.role} {result.case} | {result.title.en} | {came.get(how, how)} | {faults} |\n"


@pytest.mark.parametrize(
    "fault", [name for name, each in FAULTS.items() if any(id_.startswith("TP-") for id_ in each.breaks)]
)
def test_a_fault_turns_exactly_its_cases_red(fault: str) -> None:
    breaks = FAULTS[fault].breaks
    with played_on(fault) as stage:
        results = verdicts(stage, breaks)
    broken = {case.id for case in stage.suite.cases if set(case.verifies) & set(breaks)}
    assert {id_ for id_, each in results.items() if each.verdict is Verdict.FAILED} == broken
    assert red(results) == broken
