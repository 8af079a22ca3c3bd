"""The suites of the connection itself, on real handshakes: sound on a sound system, and each named fault turns exactly its cases red."""

import json
import os
import socket
import ssl
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast
from urllib.parse import urlsplit

import pytest

import tiny_world
from certificates import demo
from in_process import Way
from loopback import free_ports
from page_world import until
from rivta import contract, environment, evidence, page, simulator, suite
from rivta.check import vocabulary
from rivta.counterpart import listen
from rivta.model.case import Suite
from rivta.model.environment import OFFERS, Adapter, Listening, Offer, TlsFiles
from rivta.model.errors import UsageError
from rivta.model.exchange import Said
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.page import start, views
from rivta.page.messages import Messages
from rivta.page.play import Awaiting, Editing, ManualPlay, PlayState
from rivta.page.programme import Playable
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.run import Stage, replay_case, run_case
from rivta.run.adapter import AdapterActor, Notes
from rivta.run.delivering import AdapterTrouble
from rivta.run.handshaking import behind
from rivta.simulator import Simulator, serve
from rivta.simulator.outgoing import Client
from rivta.simulator.post import Post
from rivta.suite.expectations import form
from rivta.text import places
from rivta.text.yaml.grammar import OneOf, Record
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
            with closing(HttpTransport(settings)) as transport:
                yield Stage(
                    *(read("consumer"), settings, transport, "run", counterpart, actor),
                    handshakes=transport,
                    handshake_ports=counterpart,
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


@contextmanager
def at_the_page(stage: Stage, folder: Path, case: str) -> Iterator[tuple[page.PlayService, ManualPlay]]:
    """A case of the stage's suite, begun at the page."""
    playable = Playable(case, stage.suite, next(each for each in stage.suite.cases if each.id == case), "any")
    programme = page.programme.Programme({case: playable}, (stage.suite.domain,))
    assert isinstance(stage.handshakes, HttpTransport)
    with listen(tiny_world.domain(), stage.environment.listening or Listening(), folder) as other:
        setup = page.Setup(stage.environment, programme, other, stage.handshakes, FOLDER, "en", stage.actor)
        record = page.RunRecord(folder, stage.environment, programme, "run-1")
        with page.opened(setup, record) as service:
            yield service, service.begin(playable, {}, "Karin")


def shown(play: ManualPlay, service: page.PlayService) -> View:
    voice = Voice("en", "page")
    messages = Messages(voice, str, play.playable.suite.domain)
    step: View = views.view(play, service, voice, messages, "Karin")["steps"][0]
    return step


@pytest.mark.parametrize("faults", [(), ("accepts-expired",)])
def test_at_the_page_the_system_is_shown_a_bad_certificate_and_then_a_good_one(
    tmp_path: Path, faults: tuple[str, ...]
) -> None:
    with called_by(*faults) as stage, at_the_page(stage, tmp_path, "1.2") as (service, play):
        told: list[str] = []
        for _ in range(2 - len(faults)):
            until(
                play,
                lambda state: (
                    isinstance(state.moment, Awaiting)
                    and state.moment.waiting is not None
                    and _told(state) not in ("", *told)
                ),
            )
            told.append(_told(play.state))
            assert shown(play, service)["told"]["text"] == told[-1]
            wanted = dict(shown(play, service)["told"]["expected"]).values()
            is_again = len(told) == 2
            assert ("a valid certificate for tests" in wanted) is ("accepted" in wanted) is is_again
            service.let_adapter_act(play, 0)
        until(play, lambda state: state.is_over)
        assert play.state.result
        assert play.state.result.verdict is (Verdict.FAILED if faults else Verdict.PASSED), play.state.result
        problems = [each.problem.text for each in play.state.exchanges if each.problem]
        assert len(problems) == 1 - len(faults)
        for seen in problems:  # the certificate was to be expired: nobody is to give a new one
            assert "servercertifikat" in seen.sv
            assert ("Give" in seen.en, "Ange" in seen.sv, ". " in seen.en) == (False, False, False)
    assert all("https://127.0.0.1:" in each for each in told)
    assert [each.startswith("The same once more") for each in told] == [False, True][: len(told)]


def _told(state: PlayState) -> str:
    assert isinstance(state.moment, Awaiting)
    return state.moment.doing.text.en if state.moment.doing else ""


@pytest.mark.parametrize(
    ("answer", "verdict", "why"),
    [
        (None, Verdict.BLOCKED, "The adapter did not work (call): its answer is no HTTP"),
        ("refused", Verdict.BLOCKED, "The system says that it does not do this (call)"),
        ("unsupported", Verdict.NOT_PROVEN, "The adapter knows no such action (call)"),
    ],
)
def test_nobody_waits_for_a_system_that_was_not_made_to_call(answer: str | None, verdict: Verdict, why: str) -> None:
    class Broken:
        def give(self, order: bytes) -> bytes:  # noqa: ARG002 - the protocol's signature
            if answer is None:
                raise AdapterTrouble("its answer is no HTTP")
            return json.dumps({"outcome": answer}).encode()

    with called_by() as stage:
        settings = replace(stage.environment, within=0.1)
        made = replace(stage, environment=settings, actor=AdapterActor(Broken(), Notes()))
        result = run_case(stage.suite.cases[0], made)
    assert result.verdict is verdict
    assert result.reason
    assert result.reason.en.startswith(why)


def test_at_the_page_we_connect_when_the_tester_says_so(tmp_path: Path) -> None:
    with played_on() as stage, at_the_page(stage, tmp_path, "1.1") as (service, play):
        until(play, lambda state: isinstance(state.moment, Editing))
        now = shown(play, service)["now"]
        assert (now["verb"], now["targets"]) == ("connect", [each.url for each in behind(stage.environment)])
        play.say(0, {})
        until(play, lambda state: state.is_over)
        assert play.state.result
        assert play.state.result.verdict is Verdict.PASSED


def test_a_handshake_that_a_tester_gives_up_is_theirs_to_say_also_in_a_replay(tmp_path: Path) -> None:
    with called_by() as stage, at_the_page(stage, tmp_path, "1.2") as (_, play):
        until(play, lambda state: isinstance(state.moment, Awaiting) and state.moment.waiting is not None)
        play.give_up(0, Said("not-applicable", "Karin", "It calls one address only."))
        until(play, lambda state: state.is_over)
        result = play.state.result
        assert result
        assert result.verdict is Verdict.NOT_APPLICABLE
    (again,) = replay_case(play.playable.case, stage.suite, stage.environment, evidence.read(tmp_path))
    assert again.verdict is Verdict.NOT_APPLICABLE


def test_the_page_says_beforehand_where_each_certificate_is_shown(tmp_path: Path) -> None:
    with called_by() as stage:
        assert stage.environment.listening
        fixed = replace(stage.environment.listening, first_offer=20_000)
        settled = replace(stage, environment=replace(stage.environment, listening=fixed), actor=None)
        with at_the_page(settled, tmp_path, "1.1") as (service, _):
            told = start.start(service, Voice("en", "page"), "any", "Karin", start.CaseSearch())["addresses"]
    assert told == [
        ("our own certificate", "https://127.0.0.1:20000"),
        ("a valid certificate for tests", "https://127.0.0.1:20001"),
    ]


def test_who_only_knocks_has_refused_nothing(tmp_path: Path) -> None:
    listening = Listening(tls=files("server"))
    with (
        listen(tiny_world.domain(), listening, tmp_path) as counterpart,
        counterpart.handshake_port(Offer(files("expired"), "expired")) as port,
    ):
        socket.create_connection(("localhost", urlsplit(port.url).port or 0)).close()
        with (
            socket.create_connection(("localhost", urlsplit(port.url).port or 0)) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context(cafile=demo() / "ca.pem").wrap_socket(plain, server_hostname="localhost")
        call = port.take(10)
    assert call
    assert call.exchange.problem
    assert "expired" in call.exchange.problem.text.en


def test_what_is_offered_has_a_port_of_its_own_where_the_environment_fixes_it(tmp_path: Path) -> None:
    first = free_ports(len(OFFERS))
    listening = Listening(tls=files("server"), url="https://gateway.example/rivta", first_offer=first)
    with (
        listen(tiny_world.domain(), listening, tmp_path) as counterpart,
        counterpart.handshake_port(Offer(files("expired"), "expired")) as port,
        counterpart.handshake_port(Offer(files("server"), "own", "1.1")) as older,
    ):
        assert port.url == f"https://gateway.example:{first + OFFERS.index('expired')}"
        assert older.url == f"https://gateway.example:{first + OFFERS.index('TLS 1.1')}"
        with (
            pytest.raises(UsageError, match="cannot listen"),
            counterpart.handshake_port(Offer(files("server"), "expired")),
        ):
            pass
    shown = cast("OneOf", cast("Record", form()["connection"]).fields["certificate"].shape)
    assert shown.words.keys() - {"none"} <= set(OFFERS)


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
