"""When the reference system sends again: after what, how often, how long after, and what it tells its user then."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.client import HTTPException
from itertools import pairwise

import pytest

from reference_party import Direct, Got, Inside, Keyboard, Party, Say, ok, party
from reference_system import read_referrals, started
from rivta.model.clock import SystemClock
from rivta.model.domain import Domain
from rivta.simulator import Result, SoapFault, serve
from rivta.simulator.answered import (
    INVALID,
    MINUTE,
    OUR_FAULT,
    REFUSED,
    RESPELT,
    TECHNICAL,
    TIMEOUT,
    Answered,
    Patience,
    Resends,
    read_answer,
)
from rivta.simulator.outgoing import Client, Outgoing
from rivta.simulator.post import Delivery, Post
from simulated_clock import SimulatedClock
from test_reference import domain  # noqa: F401 (a fixture)
from test_reference_calls import ASSESSED

FACTOR = 3000
"""Five minutes are a tenth of a second."""
FIVE_MINUTES, ONE_MINUTE = 300 / FACTOR, 60 / FACTOR
ORDERS = {"ProcessRequest": "send-referral", "ProcessRequestConfirmation": "confirm", "ProcessRequestOutcome": "answer"}
HTML = b"<!DOCTYPE html><html><body><h1>500</h1></body></html>"


@contextmanager
def running(
    domain: Domain,  # noqa: F811 (the fixture's value)
    *faults: str,
    read_seconds: float = 4.0,
) -> Iterator[Keyboard]:
    """A system that calls without sockets, on a clock of its own: nothing here takes time."""
    clock = SimulatedClock()
    other = Party(domain, "http://party", clock=clock)
    with started(referrals=read_referrals(), faults=faults, read_seconds=read_seconds, clock=clock) as system:
        post = Post(Direct(other), clock)
        yield Keyboard(Inside(system, post), other, FACTOR)
        post.close()
        clock.close()


@contextmanager
def running_on_sockets(
    domain: Domain,  # noqa: F811 (the fixture's value)
    *faults: str,
    read_seconds: float = 4.0,
) -> Iterator[Keyboard]:
    with (
        party(domain) as other,
        started(referrals=read_referrals(), faults=faults, read_seconds=read_seconds) as system,
        serve(system) as server,
    ):
        yield Keyboard(server, other, FACTOR)


def error(code: str, sub_code: str = "") -> Callable[[Got, Party], Say]:
    return lambda got, other: ok(other.domain.contracts[got.contract], Result.error(code, "Nej.", sub_code))


def fault(text: str) -> Callable[[Got, Party], Say]:
    return lambda got, other: ok(other.domain.contracts[got.contract], SoapFault("Server", text, "x"))


def result(code: str) -> Callable[[Got, Party], Say]:
    return lambda got, other: ok(other.domain.contracts[got.contract], Result(code))


def plain(status: int, body: bytes, seconds: float = 0) -> Callable[[Got, Party], Say]:
    return lambda _, __: Say(status, body, seconds)


def breaks_schema(got: Got, other: Party) -> Say:
    say = ok(other.domain.contracts[got.contract])
    return Say(200, say.body.replace(b"</r:result>", b"<r:new>1</r:new></r:result>"))


TECHNICALLY = {
    "SOAP Fault": fault("Internt fel"),
    "VP fault": fault("VP009 [NTJP QA] Fel vid kontakt med tjänsteproducenten."),
    "HTTP error": plain(500, HTML),
    "unreadable answer": plain(200, b"<Envelope"),
    "answer that breaks the schema": breaks_schema,
    "broken connection": plain(0, b""),
}


def answered_by(keyboard: Keyboard, answering: Callable[[Got, Party], Say]) -> None:
    keyboard.other.answering = lambda got: answering(got, keyboard.other)


def send(keyboard: Keyboard, contract: str) -> str:
    answer = keyboard.act(ORDERS[contract], requestId="" if contract == "ProcessRequest" else ASSESSED)
    return str(answer["note"])


def gaps(got: list[Got]) -> list[float]:
    """From each answer to the next call; where there was no answer, from the call."""
    return [round(later.came - (earlier.answered or [earlier.came])[0], 9) for earlier, later in pairwise(got)]


@pytest.mark.parametrize("contract", ORDERS)
@pytest.mark.parametrize("code", ["OK", "INFO"])
def test_what_is_delivered_is_not_sent_again(domain: Domain, contract: str, code: str) -> None:  # noqa: F811 (as above)
    with running(domain) as keyboard:
        answered_by(keyboard, result(code))
        assert send(keyboard, contract) == code
        assert keyboard.other.nothing_more(FIVE_MINUTES * 2)
        assert len(keyboard.other.got) == 1


@pytest.mark.parametrize("contract", ORDERS)
def test_what_is_not_valid_is_not_sent_again_and_the_user_is_warned(domain: Domain, contract: str) -> None:  # noqa: F811
    with running(domain) as keyboard:
        answered_by(keyboard, error("VALIDATION_ERROR"))
        assert send(keyboard, contract) == "VALIDATION_ERROR, given up"
        assert keyboard.other.nothing_more(FIVE_MINUTES * 2)
        (got,) = keyboard.other.got
        assert keyboard.ask("warned-user", requestId=request_id(got)) == "yes"


def request_id(got: Got) -> str:
    found = re.search(rb'requestId extension="([^"]+)"', got.body)
    assert found
    return found[1].decode()


@pytest.mark.parametrize("contract", ORDERS)
def test_what_is_refused_is_sent_three_times_more_and_then_the_user_is_warned(domain: Domain, contract: str) -> None:  # noqa: F811
    with running(domain) as keyboard:
        answered_by(keyboard, error("APPLICATION_ERROR", "PR001"))
        assert send(keyboard, contract) == "APPLICATION_ERROR PR001, will resend in 1 min"
        assert keyboard.ask("warned-user", requestId=request_id(keyboard.other.got[0])) == "yes", "once all is over"
        got = keyboard.other.wait_for(4)
        assert keyboard.other.nothing_more(FIVE_MINUTES)
        assert all(gap >= ONE_MINUTE for gap in gaps(got))
        assert keyboard.ask("warned-user", requestId=request_id(got[0])) == "yes"


def test_whether_the_user_is_warned_is_not_known_before_all_is_over(domain: Domain) -> None:  # noqa: F811 (as above)
    with running(domain) as hurried:
        keyboard = replace(hurried, factor=1)
        answered_by(keyboard, error("APPLICATION_ERROR", "PR001"))
        assert send(keyboard, "ProcessRequest") == "APPLICATION_ERROR PR001, will resend in 1 min"
        assert keyboard.ask("warned-user", requestId=request_id(keyboard.other.got[0])) == "unknown"
        assert keyboard.ask("warned-user", requestId="another") == "no"


@pytest.mark.parametrize("contract", ORDERS)
@pytest.mark.parametrize("kind", TECHNICALLY)
def test_after_a_technical_error_five_minutes_pass(domain: Domain, contract: str, kind: str) -> None:  # noqa: F811 (as above)
    with running(domain) as keyboard:
        answered_by(keyboard, TECHNICALLY[kind])
        assert send(keyboard, contract) == f"{kind}, will resend in 5 min"
        got = keyboard.other.wait_for(4)
        assert keyboard.other.nothing_more(FIVE_MINUTES * 2)
        assert all(gap >= FIVE_MINUTES for gap in gaps(got)), gaps(got)
        assert len({(one.headers, one.body) for one in got}) == 1, "the same message, to the byte"
        assert keyboard.ask("warned-user", requestId=request_id(got[0])) == "yes"


def test_no_answer_is_waited_for_and_then_it_is_sent_again(domain: Domain) -> None:  # noqa: F811 (as above)
    with running(domain, read_seconds=0.3) as keyboard:
        answered_by(keyboard, plain(200, b"", seconds=1.0))
        assert send(keyboard, "ProcessRequest") == "no answer in time, will resend in 6 min"
        got = keyboard.other.wait_for(2)
        assert got[1].came - got[0].came >= 0.3 + FIVE_MINUTES


def test_a_slow_answer_is_waited_for(domain: Domain) -> None:  # noqa: F811 (as above)
    with running(domain) as keyboard:
        keyboard.other.answering = lambda got: Say(200, ok(domain.contracts[got.contract]).body, seconds=2.5)
        assert send(keyboard, "ProcessRequest") == "OK"
        assert len(keyboard.other.got) == 1


def test_nobody_there_is_a_technical_error_too(domain: Domain) -> None:  # noqa: F811 (as above)
    with socket.create_server(("127.0.0.1", 0)) as free, running_on_sockets(domain) as keyboard:
        port = free.getsockname()[1]
        free.close()
        addresses = {"ProcessRequest": f"http://127.0.0.1:{port}/"}
        order = {"action": "send-referral", "counterpart": {"time-factor": FACTOR, "addresses": addresses}}
        assert keyboard.post(order)["note"] == "no connection, will resend in 5 min"


def test_it_recovers(domain: Domain) -> None:  # noqa: F811 (as above)
    with running(domain) as keyboard:
        keyboard.other.answering = lambda got: (fault("Nere") if not got.number else result("OK"))(got, keyboard.other)
        assert send(keyboard, "ProcessRequest").startswith("SOAP Fault")
        assert send(keyboard, "ProcessRequest") == "OK"
        first, _, again = keyboard.other.wait_for(3)
        assert again.body == first.body
        assert keyboard.other.nothing_more(FIVE_MINUTES * 2)
        assert keyboard.ask("warned-user", requestId=request_id(first)) == "no"


def test_stopping_ends_what_waits_and_what_is_under_way(domain: Domain) -> None:  # noqa: F811 (as above)
    with running_on_sockets(domain, read_seconds=30) as keyboard:
        answered_by(keyboard, fault("Nere"))
        send(keyboard, "ProcessRequest")
        keyboard.other.answering = lambda _: Say(200, b"", seconds=1.0)

        def ask_in_vain() -> None:
            with suppress(OSError, HTTPException):
                send(keyboard, "ProcessRequest")

        silent = threading.Thread(target=ask_in_vain)
        silent.start()
        keyboard.other.wait_for(2)
        begun = time.monotonic()
    assert time.monotonic() - begun < 30, "an answer may take as long"
    silent.join()
    assert not [one.name for one in threading.enumerate() if one.name.startswith("rivta-reference")]


def test_a_resend_is_never_early(domain: Domain) -> None:  # noqa: F811 (as above)
    with party(domain) as other:
        other.answering = lambda _: Say(500, HTML)
        post = Post(Client(), SystemClock())
        patience = Patience(after={"HTTP error": Resends(20, MINUTE)})
        request = _request(domain, other)
        given_up = threading.Event()
        delivery = Delivery(
            request,
            patience,
            1200,
            repeat=lambda same: same,
            answered=lambda _, __: None,
            failed=lambda _: None,
            given_up=lambda _: given_up.set(),
        )
        assert list(post.send(delivery)) == ["HTTP error, will resend in 1 min"]
        assert given_up.wait(60)
        assert all(gap >= MINUTE / 1200 for gap in gaps(other.got))
        assert len(other.got) == 21
        post.close()


def _request(domain: Domain, other: Party) -> Outgoing:  # noqa: F811 (as above)
    contract = domain.contracts["ProcessRequest"]
    return Outgoing("NR", "a#1", "remittent", contract, other.addresses[str(contract.id)], (), b"x")


def test_what_an_answer_means(domain: Domain) -> None:  # noqa: F811 (as above)
    contract = domain.contracts["ProcessRequest"]
    sound = ok(contract).body
    assert read_answer(200, sound, contract) == Answered("OK")
    assert read_answer(503, sound, contract).kind == "HTTP error", "an error status is not believed to hold a result"
    assert read_answer(200, sound.replace(b">OK<", b">MAYBE<"), contract) == Answered(INVALID)
    assert read_answer(403, b"", contract) == Answered(REFUSED)
    assert read_answer(200, b"", contract).technical
    assert read_answer(200, ok(contract, Result("ERROR", message="Nej")).body, contract) == Answered(
        "APPLICATION_ERROR"
    )
    assert read_answer(200, ok(domain.contracts["ProcessRequestOutcome"]).body, contract) == Answered(INVALID)
    assert read_answer(500, ok(contract, SoapFault("Client", "Nej", "x")).body, contract) == Answered(OUR_FAULT)
    assert read_answer(200, sound, contract, (("content-type", "text/xml"),)) == Answered(RESPELT)
    assert all(
        Patience().resends(kind) == Resends(3, 300, 3) for kind in set(TECHNICAL) - {TIMEOUT, REFUSED, OUR_FAULT}
    )
    assert [Resends(3, 300, 3).after(times) for times in range(3)] == [300, 900, 2700]
    assert Patience().resends(OUR_FAULT).most == 0
    assert Patience().resends(REFUSED).most == 0
    assert Patience().resends(TIMEOUT).seconds > 300
    assert Patience().read_seconds == 30


def test_what_waits_for_one_case_is_given_up_when_its_tester_begins_another(domain: Domain) -> None:  # noqa: F811 (as above)
    clock = SimulatedClock()
    other = Party(domain, "http://party", clock=clock)
    with started(referrals=read_referrals(), clock=clock) as system:
        post = Post(Direct(other), clock)
        keyboard = Keyboard(Inside(system, post), other, FACTOR)
        answered_by(keyboard, plain(500, HTML))
        post.turn("one", "http://party/")
        send(keyboard, "ProcessRequest")
        calls = []
        for case, place in (("one", "http://party/"), ("two", "http://another/"), ("two", "http://party/")):
            post.turn(case, place)
            clock.sleep(FIVE_MINUTES * 3.5)
            calls.append(len(other.got))
        post.close()
        clock.close()
    assert calls[0] == 2
    assert calls[1] > calls[0]
    assert calls[2] == calls[1], "another case was begun, so no more is sent of this one"
