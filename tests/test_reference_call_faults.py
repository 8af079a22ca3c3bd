"""Named faults of a system that calls: each changes what it says it changes, in what is sent or shown, and nothing else breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import pytest

from reference_messages import HEADERS, MOT2, MOT3, REM3, confirmation, referral
from reference_party import Direct, Got, Inside, Keyboard, Party, ok
from reference_system import CALLERS, FAULTS, formats, read_referrals, started
from rivta.contract import read_domain, schemas
from rivta.contract.message import open_envelope
from rivta.contract.rules import RuleSet, rules_of
from rivta.model.domain import Domain
from rivta.model.errors import Unreadable
from rivta.model.words import Direction
from rivta.simulator import Post, Result, Simulator, SoapFault
from rivta.text.places import suites
from simulated_clock import SimulatedClock
from test_reference_resends import (
    HTML,
    answered_by,
    breaks_schema,
    error,
    fault,
    gaps,
    plain,
    request_id,
    result,
    running,
)
from thorough import part

FORMATS = formats()
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r'value="2\d{7}(\d{4,6})"')
RECEIVED = "SE2321000012-0001#{}"
IN_TIME = {
    name
    for name in CALLERS
    if name not in {"hides-referral", "hides-confirmation", "hides-answer"}
    and any(
        requirement.startswith(("GEN-RESEND", "GEN-PATIENCE", "GEN-RECOVER", "GEN-WARN"))
        for requirement in FAULTS[name].breaks
    )
}
"""The faults that show in when something is sent, or is not."""
INVALID = {
    "calls-without-logical-address",
    "sends-elements-out-of-order",
    "sends-empty-elements",
    "sends-attachments-as-xop",
}
UNREADABLE = {"calls-in-latin1-called-utf8"}
FORMLESS = INVALID | UNREADABLE


@cache
def domain() -> Domain:
    return read_domain(suites() / "clinicalprocess.activity.request")


@cache
def tour(*faults: str) -> tuple[tuple[Got, ...], tuple[str, ...]]:
    """Everything that the system can be made to do: what came of it, and what it said of itself."""
    clock = SimulatedClock()
    other = Party(domain(), "http://party", clock=clock)
    with started(referrals=read_referrals(), faults=faults, clock=clock) as system:
        told = tuple(walk(system, Keyboard(Inside(system, Post(Direct(other), clock)), other)))
    clock.close()
    return tuple(other.got), told


def walk(system: Simulator, keyboard: Keyboard) -> Iterable[str]:
    yield from refer(keyboard)
    take(system, referral("a#1", text="Först 漢"), referral("a#1", reason="AB", version="2"), referral("a#2"))
    yield from receive(keyboard)
    for number in (1003, 1004, 1006):
        yield do(keyboard, "complete-referral", requestId=RECEIVED.format(number))
    take(system, confirmation(RECEIVED.format(1001)), confirmation(RECEIVED.format(1015), "KOM"))
    for question, number in (("shows-referral", 2003), ("shows-confirmation", 1001)):
        yield keyboard.ask(question, requestId=RECEIVED.format(number))


def refer(keyboard: Keyboard) -> Iterable[str]:
    """As remittent: new referrals of each kind, and new versions."""
    new = keyboard.request_id(optional="yes", attachment="application/pdf", attachments=2, text="Ja 漢 <&>")
    for data in (
        {"patient": "191212721219"},
        {"patient": "22121212AB1C", "patient-root": "1.2.752.74.9.1"},
        {"patient": "991212120001", "patient-root": "1.2.752.97.3.1.3"},
        {"from_": REM3},
        *({"attachment": media_type} for media_type in FORMATS),
    ):
        keyboard.request_id(**data)
    yield do(keyboard, "complete-referral", requestId=new)
    yield do(keyboard, "change-referral", requestId=keyboard.request_id())


def receive(keyboard: Keyboard) -> Iterable[str]:
    """As remissmottagare: all that can be said of a referral, and what must not be."""
    for action in ("ask-completion", "confirm"):
        yield do(keyboard, action, requestId="a#1", text="Ja 漢")
    for kind in ("DSV", "PSV", "SSV", "SSV", "DSV", "PSV"):
        yield do(keyboard, "answer", requestId="a#1", kind=kind, text="Ja 漢", attachments=2)
    for media_type in FORMATS:
        yield do(keyboard, "answer", requestId="a#1", attachment=media_type)
    yield do(keyboard, "forward", requestId="a#2", to=MOT3)
    for number, action in ((2001, "reject"), (2002, "cancel")):
        yield do(keyboard, action, requestId=RECEIVED.format(number))
        yield do(keyboard, "answer", requestId=RECEIVED.format(number))


def do(keyboard: Keyboard, action: str, **data: object) -> str:
    return f"{action} {keyboard.act(action, **data)['outcome']}"


def take(system: Simulator, *bodies: bytes) -> None:
    for body in bodies:
        assert b">OK<" in system.answer(HEADERS, body).body


def levelled(got: Sequence[Got]) -> list[tuple[str, tuple[tuple[str, str], ...], str]]:
    """Calls without what is new in each run: ids numbered as they come, times by their length."""
    seen: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return seen.setdefault(match[0], f"id-{len(seen)}")

    def text(one: Got) -> str:
        return TIME.sub(lambda time: f"time-{len(time[1])}", UUID.sub(named, one.body.decode("latin-1")))

    def headers(one: Got) -> tuple[tuple[str, str], ...]:
        return tuple(header for header in one.headers if header[0] not in {"Host", "Content-Length"})

    return [(one.contract, headers(one), text(one)) for one in got]


@pytest.mark.parametrize("name", [*sorted(FORMLESS), *part(sorted(CALLERS - IN_TIME - FORMLESS), 4)])
def test_a_fault_breaks_no_form_unless_it_is_about_form(name: str) -> None:
    got, _ = tour(name)
    assert got
    if name in FORMLESS:
        assert any(not is_valid(one) for one in got)
        assert len({one.contract for one in got if not is_valid(one)}) == (
            2 if name == "sends-attachments-as-xop" else 3
        )
    else:
        assert [one.number for one in got if not is_valid(one)] == []


def is_valid(one: Got) -> bool:
    contract = domain().contracts[one.contract]
    try:
        root = open_envelope(one.body).root
    except Unreadable:
        return False
    return not schemas(contract).first(root) and not rules(one.contract).run(root)


@cache
def rules(contract: str) -> RuleSet:
    return rules_of(domain().contracts[contract], Direction.REQUEST)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, fault in FAULTS.items()
        # A certificate is shown before any message, which test_reference_orders tries over TLS.
        if any(one.startswith("SENT-") for one in fault.breaks) and "SENT-CERTIFICATE" not in fault.breaks
    ],
)
def test_a_fault_of_form_is_in_every_message(name: str) -> None:
    (clean, _), (faulty, _) = tour(), tour(name)
    pairs = zip(levelled(clean), levelled(faulty), strict=True)
    assert [number for number, (before, after) in enumerate(pairs) if before == after] == []


def test_an_answer_that_is_hidden_is_not_shown() -> None:
    with running(domain(), "hides-answer") as keyboard:
        assert keyboard.ask("shows-answer", requestId=RECEIVED.format(1001)) == "no"


def test_there_is_no_hour_25() -> None:
    got, _ = tour("writes-hour-25")
    times = re.findall(rb'versionTimeStamp value="\d{8}(\d\d)\d{4}"', b"".join(one.body for one in got))
    assert set(times) == {b"25"}


FIVE, ONE = 0.1, 0.02
TOO_EARLY: dict[str, Callable[..., object]] = {
    "resends-fault-too-early": fault("Internt fel"),
    "resends-platform-fault-too-early": fault("VP009 Fel"),
    "resends-unreadable-too-early": breaks_schema,
    "resends-unanswered-too-early": plain(0, b""),
}
AGAIN = {
    "resends-after-validation-error": (error("VALIDATION_ERROR"), 4),
    "takes-info-for-an-error": (result("INFO"), 4),
    "sends-everything-twice": (result("OK"), 2),
}
FOR_EVER = {
    "resends-application-error-for-ever": error("APPLICATION_ERROR"),
    "resends-fault-for-ever": fault("Nere"),
}


@pytest.mark.parametrize("name", TOO_EARLY)
def test_what_is_sent_again_too_early(name: str) -> None:
    with running(domain(), name) as keyboard:
        answered_by(keyboard, TOO_EARLY[name])  # type: ignore[arg-type]  # one of a kind
        keyboard.act("send-referral")
        assert min(gaps(keyboard.other.wait_for(4))) < FIVE


@pytest.mark.parametrize("name", AGAIN)
def test_what_is_sent_again_though_it_should_not_be(name: str) -> None:
    answering, times = AGAIN[name]
    with running(domain(), name) as keyboard:
        answered_by(keyboard, answering)
        keyboard.act("send-referral")
        keyboard.other.wait_for(times)
        assert keyboard.other.nothing_more(2 * FIVE)


@pytest.mark.parametrize("name", FOR_EVER)
def test_what_is_sent_for_ever(name: str) -> None:
    with running(domain(), name) as keyboard:
        answered_by(keyboard, FOR_EVER[name])
        keyboard.act("send-referral")
        keyboard.other.wait_for(9)


def test_an_answer_that_is_not_waited_for() -> None:
    with running(domain(), "gives-up-on-slow-answer") as keyboard:
        answered_by(keyboard, plain(200, HTML, seconds=1.5))
        assert keyboard.act("send-referral")["note"].startswith("no answer in time")
        keyboard.other.wait_for(2)


@pytest.mark.parametrize(
    ("action", "element"),
    [("send-referral", "requestId"), ("confirm", "requestConfirmationId"), ("answer", "requestOutcomeId")],
)
def test_what_is_sent_again_as_something_new(action: str, element: str) -> None:
    with running(domain(), "resends-as-a-new-message") as keyboard:
        answered_by(keyboard, fault("Nere"))
        keyboard.act(action, requestId="" if action == "send-referral" else RECEIVED.format(2003))
        first, second = (one.body for one in keyboard.other.wait_for(2)[:2])
        own = re.compile(f'{element} extension="SE[^"#]*#([^"]*)"'.encode())
        assert own.findall(first) != own.findall(second)
        assert own.sub(b"", first) == own.sub(b"", second)


def test_a_party_that_is_given_up() -> None:
    with running(domain(), "gives-up-a-party-after-a-fault") as keyboard:
        contracts = domain().contracts
        keyboard.other.answering = lambda got: ok(
            contracts[got.contract], Result() if got.number else SoapFault("Server", "Nere", "x")
        )
        keyboard.act("send-referral", recipient=MOT2)
        keyboard.other.wait_for(2)
        assert keyboard.act("send-referral", recipient=MOT2)["outcome"] == "done"
        assert len(keyboard.other.got) == 2, "only the first, sent again"
        keyboard.act("send-referral", recipient=MOT3)
        assert len(keyboard.other.got) == 3


def test_a_user_who_is_not_warned() -> None:
    with running(domain(), "does-not-warn-user") as keyboard:
        answered_by(keyboard, error("VALIDATION_ERROR"))
        keyboard.act("send-referral")
        assert keyboard.ask("warned-user", requestId=request_id(keyboard.other.got[0])) == "no"
