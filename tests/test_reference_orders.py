"""How the reference system is told what to do and asked what it shows: the adapter protocol at `/act`, and the command."""

from __future__ import annotations

import json
import re
import ssl
import sys
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from certificates import certificates
from reference_messages import HEADERS, LILLTOLVAN, TOLVAN, confirmation, outcome, referral
from reference_party import Keyboard, Party, party, post_json
from reference_system import simulated, started
from rivta.model.domain import Domain
from rivta.model.environment import TlsFiles
from rivta.simulator import Server, Simulator, serve
from rivta.simulator.server import ACT_LIMIT_BYTES
from test_reference import domain  # noqa: F401 (a fixture)
from test_reference_calls import OPEN, keyboard, other, system  # noqa: F401 (fixtures)


def test_what_the_user_sees(system: Simulator, keyboard: Keyboard) -> None:  # noqa: F811 (the fixtures)
    def sees(question: str, **data: str) -> str:
        return keyboard.ask(question, requestId=OPEN, **data)

    assert (sees("shows-confirmation"), sees("shows-answer"), sees("warned-user")) == ("no", "no", "no")
    system.answer(HEADERS, confirmation(OPEN, "KOM"))
    assert (sees("shows-confirmation"), sees("shows-confirmation", kind="KOM")) == ("yes", "yes")
    assert sees("shows-confirmation", kind="BEK") == "no"
    system.answer(HEADERS, outcome(OPEN, "PSV"))
    assert (sees("shows-answer", kind="PSV"), sees("shows-answer", kind="SSV")) == ("yes", "no")
    assert keyboard.ask("shows-referral", requestId="a#1") == "no"
    system.answer(HEADERS, referral("a#1"))
    assert keyboard.ask("shows-referral", requestId="a#1") == "yes"
    assert keyboard.ask("shows-referral", requestId="a#1", patient=TOLVAN) == "yes"
    assert keyboard.ask("shows-referral", requestId="a#1", patient=LILLTOLVAN) == "no"
    assert keyboard.ask("shows-the-door", requestId="a#1") == "unknown"
    assert keyboard.post({"action": "shows-referral", "question": True})["by"] == "rivta reference"


def test_unknown_actions_and_those_of_other_roles_are_unsupported(domain: Domain, other: Party) -> None:  # noqa: F811 (the fixtures)
    with started(roles=["remittent"], domain=domain) as sending, serve(sending) as server:
        keyboard = Keyboard(server, other)
        assert keyboard.act("send-pigeon")["outcome"] == "unsupported"
        assert keyboard.act("confirm")["outcome"] == "unsupported"
        assert keyboard.act("send-referral")["outcome"] == "done"
    assert len(simulated().behaviour.actions) == 9


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"{", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"\xff", "JSON"),
        (b"[]", "object"),
        (b"{}", "action"),
        (b'{"action": 1}', "action"),
        (b'{"action": "confirm", "version": 2}', "version"),
        (b'{"action": "confirm", "with": []}', ""),
        (b'{"action": "confirm", "with": [1]}', "with"),
        (b'{"action": "confirm", "counterpart": {"time-factor": 0}}', "time-factor"),
        (b'{"action": "confirm", "counterpart": {"time-factor": NaN}}', "time-factor"),
        (b'{"action": "confirm", "counterpart": {"time-factor": true}}', "time-factor"),
        (b'{"action": "confirm", "counterpart": {"addresses": {"ProcessRequest": "file:///x"}}}', "ProcessRequest"),
        (b'{"action": "confirm", "counterpart": {"addresses": {"ProcessRequest": "http://[x"}}}', "ProcessRequest"),
        (b'{"action": "send-referral"}', "ProcessRequest"),
    ],
)
def test_an_order_that_cannot_be_understood_is_told(keyboard: Keyboard, body: bytes, complaint: str) -> None:  # noqa: F811 (the fixtures)
    status, answer = post_json(keyboard.server, body)
    assert status == 400
    assert complaint in answer["error"]


def test_only_json_of_bounded_size_from_this_machine_is_an_order(keyboard: Keyboard) -> None:  # noqa: F811 (the fixtures)
    assert isinstance(keyboard.server, Server)
    assert post_json(keyboard.server, b"{}", "text/plain")[0] == 415
    assert post_json(keyboard.server, b'"' + b"x" * ACT_LIMIT_BYTES + b'"')[0] == 413
    for method, host, status in (("GET", "localhost", 404), ("POST", "evil.example", 403), ("POST", "localhost", 400)):
        connection = HTTPConnection(keyboard.server.host, keyboard.server.port, timeout=60)
        connection.request(method, "/act", b"{}", {"Content-Type": "application/json", "Host": host})
        assert connection.getresponse().status == status
        connection.close()
    assert keyboard.server.act_url == f"{keyboard.server.url}/act"


def test_identities_are_in_no_log(keyboard: Keyboard, caplog: pytest.LogCaptureFixture) -> None:  # noqa: F811 (the fixtures)
    with caplog.at_level("DEBUG"):
        keyboard.request_id(text="Hemligt")
        post_json(keyboard.server, json.dumps({"action": "confirm", "with": {"requestId": TOLVAN}}).encode())
    assert not re.search(f"{TOLVAN}|Tolvan|Hemligt", caplog.text)
    assert "sent NR: OK" in caplog.text


def test_it_shows_its_certificate_where_it_calls_over_tls(domain: Domain, system: Simulator) -> None:  # noqa: F811 (the fixtures)
    made = certificates()
    demanding: ssl.SSLContext = made.server.server_context(client_ca=made.ca)
    shown = TlsFiles(ca=made.ca, certificate=made.client.certificate, key=made.client.key)
    with party(domain, demanding) as far:
        with serve(system, calling=shown) as server:
            assert Keyboard(server, far).act("send-referral")["note"] == "OK"
        with serve(system, calling=TlsFiles(ca=made.ca)) as server:
            assert Keyboard(server, far).act("send-referral")["note"] != "OK"
        with serve(system) as server:
            note = Keyboard(server, far).act("send-referral")["note"]
            assert note == "no connection, will resend in 5 min"
    assert len(far.got) == 1


def test_a_fault_keeps_its_certificate_back(domain: Domain) -> None:  # noqa: F811 (the fixtures)
    made = certificates()
    shown = TlsFiles(ca=made.ca, certificate=made.client.certificate, key=made.client.key)
    with (
        party(domain, made.server.server_context(client_ca=made.ca)) as far,
        started(faults=("calls-without-certificate",)) as faulty,
        serve(faulty, calling=shown) as server,
    ):
        assert Keyboard(server, far).act("send-referral")["note"] != "OK"
    assert far.got == []


def test_the_command_calls_over_tls_as_it_is_told(domain: Domain) -> None:  # noqa: F811 (the fixtures)
    made = certificates()
    shown = ("--client-ca", str(made.ca), "--client-certificate", str(made.client.certificate))
    words = (*shown, "--client-key", str(made.client.key), "--listen", "127.0.0.1:0", "--role", "remittent")
    with (
        party(domain, made.server.server_context(client_ca=made.ca)) as far,
        Popen([Path(sys.executable).with_name("rivta"), "reference", *words], stdout=PIPE, text=True) as command,
    ):
        assert command.stdout is not None
        found = [re.search(r"http://(127\.0\.0\.1):(\d+)", command.stdout.readline()) for _ in range(2)]
        assert found[1]
        server = Server(found[1][1], int(found[1][2]), "http")
        assert Keyboard(server, far).act("send-referral")["note"] == "OK"
        command.terminate()
        assert command.wait(60) == 0
