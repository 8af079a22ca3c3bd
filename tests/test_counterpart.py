"""The counterpart: calls over real sockets, judged, recorded and answered."""

import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from counterpart_world import (
    ADDRESS,
    CONTRACT,
    PATIENT,
    call,
    counterpart,
    domain,
    in_process,
    invalid_referral,
    referral,
    referrals,
)
from rivta import contract
from rivta.contract.envelope import SOAP
from rivta.counterpart import Counterpart
from rivta.counterpart.handler import request_now
from rivta.model.steps import Behaviour
from rivta.model.words import Verdict
from rivta.run import stray
from simulated_clock import SimulatedClock

ERROR = Behaviour("error", error="APPLICATION_ERROR", sub="PR001")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Counterpart]:
    with counterpart(tmp_path) as one:
        yield one


def test_a_valid_call_is_answered_ok_and_taken(running: Counterpart) -> None:
    body = referral()
    with running.wait(referrals(when={"patient": PATIENT, "kind": "NR"})) as waiter:
        heard = call(running.addresses[CONTRACT], body, {"x-skltp-correlation-id": "one"})
        taken = waiter.take(5)
    assert (heard.status, heard.text("resultCode")) == (200, "OK")
    assert heard.headers["x-skltp-correlation-id"] == "one"
    assert taken is not None
    exchange = taken.exchange
    assert exchange.inbound
    assert exchange.request.body == body
    assert exchange.response is not None
    assert exchange.response.body == heard.body
    assert {name.lower(): value for name, value in exchange.response.headers} == heard.headers
    assert (exchange.contract, taken.address, exchange.status, taken.number) == (CONTRACT, ADDRESS, 200, 1)
    assert exchange.url == running.addresses[CONTRACT]
    assert taken.facts == {"patient": PATIENT, "request-id": "SE2321000012-0001#1", "kind": "NR", "version": "1"}
    assert taken.arrived <= taken.answered <= time.monotonic()
    assert not list(running.unclaimed())


def test_a_header_of_nine_kilobytes_reaches_the_record(running: Counterpart) -> None:
    token = "t" * 9 * 1024
    with running.wait(referrals()) as waiter:
        assert call(running.addresses[CONTRACT], referral(), {"Authorization": token}).status == 200
        taken = waiter.take(5)
    assert taken is not None
    assert taken.exchange.request.header("authorization") == token


def test_the_answer_holds_by_both_validators(running: Counterpart) -> None:
    for name, one in domain().contracts.items():
        answer = running.catalogue.composers[name].composed(Behaviour(), {})
        assert contract.schemas(one).verdict(answer.encode()).valid


# ── what a message is, and how it is answered ──


def test_an_invalid_message_is_refused_whatever_was_wished(running: Counterpart) -> None:
    with running.wait(referrals(Behaviour("silence"))) as waiter:
        heard = call(running.addresses[CONTRACT], invalid_referral())
        taken = waiter.take(5)
    assert (heard.status, heard.text("resultCode"), heard.text("errorCode")) == (200, "ERROR", "VALIDATION_ERROR")
    assert "careResponsibilityRemains" in heard.text("message")
    assert "maybe" not in heard.text("message")
    assert taken is not None


def test_a_broken_rule_is_refused_too(running: Counterpart) -> None:
    heard = call(running.url, referral().replace(b'typeOfRequest code="4"', b'typeOfRequest code="04"'))
    assert heard.text("errorCode") == "VALIDATION_ERROR"
    assert "PR-S-typeOfRequest" in heard.text("message")


@pytest.mark.parametrize(
    ("body", "code", "why"),
    [
        (b"<ProcessRequest>", "VP015", "cut short"),
        (b"", "VP015", "empty"),
        (b"<a/>", "VP015", "no SOAP envelope"),
        (referral(to=""), "VP003", "Logisk adressat"),
        (
            referral().replace(b"ProcessRequestResponder:2", b"ProcessRequestResponder:1"),
            "VP004",
            "ProcessRequestResponder:1",
        ),
    ],
)
def test_what_the_platform_would_not_let_through(running: Counterpart, body: bytes, code: str, why: str) -> None:
    heard = call(running.addresses[CONTRACT], body)
    assert heard.status == 500
    assert heard.text("faultcode") == "SOAP-ENV:Client"
    assert heard.text("faultstring").startswith(f"{code} [rivta] ")
    assert why in heard.body.decode()


_SOUND = "<faultcode>s:Server</faultcode><faultstring>Fel. logId: 4f1c9a22</faultstring>"


@pytest.mark.parametrize(
    ("parts", "broken"),
    [
        (_SOUND, {"soap"}),
        (f"<faultstring>logId: 4f1c9a22</faultstring>{_SOUND}", {"soap", "fault_form"}),
        (_SOUND.replace("Server", "Severe"), {"soap", "fault_code"}),
        (_SOUND.replace("Fel.", f"Fel om {PATIENT[:8]}-{PATIENT[8:]}."), {"soap", "fault_privacy"}),
        (_SOUND.replace("4f1c9a22", "saknas"), {"soap", "fault_log_id"}),
    ],
)
def test_a_fault_that_is_sent_as_a_call_is_judged_as_every_fault_is(
    parts: str, broken: set[str], tmp_path: Path
) -> None:
    envelope = f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault>{parts}</s:Fault></s:Body></s:Envelope>'
    with in_process(tmp_path, SimulatedClock()) as one:
        url, headers = one.addresses[CONTRACT], (("Content-Type", "text/xml; charset=UTF-8"),)
        response = one.handler.handle(request_now(url, headers, envelope.encode(), SimulatedClock()))
        [(call, reason)] = one.unclaimed()
    assert response.answer is not None
    assert b"VP015" in response.answer.body
    assert "A Fault is an answer, never a call" in reason.en
    told = stray(call, [domain()], reason)
    assert {each.kind for each in told.checks if each.verdict is Verdict.FAILED} == broken
    assert {"encoding", "fault_form", "fault_code", "fault_privacy", "fault_log_id"} < {
        each.kind for each in told.checks
    }


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    with counterpart(tmp_path, addresses=(ADDRESS,)) as one, one.wait(referrals()) as waiter:
        assert call(one.url, referral(to=ADDRESS.lower())).status == 200
        assert waiter.take(5) is not None
        heard = call(one.url, referral("2", to="SE2321000016-OTHER"))
        assert heard.text("faultstring").startswith("VP004 ")
        assert waiter.take(0) is None
        [(stray, reason)] = one.unclaimed()
    assert stray.address == "SE2321000016-OTHER"
    assert "SE2321000016-OTHER" in reason.en


def test_soap_action_and_path_decide_nothing(running: Counterpart) -> None:
    with running.wait(referrals()) as waiter:
        assert call(f"{running.url}/anything/at?all", referral(), {"SOAPAction": '"urn:other"'}).status == 200
        taken = waiter.take(5)
    assert taken is not None
    assert taken.exchange.request.header("soapaction") == '"urn:other"'


@pytest.mark.parametrize(
    ("behaviour", "status", "told"),
    [
        (Behaviour("info", text="a < b"), 200, {"resultCode": "INFO", "message": "a < b"}),
        (ERROR, 200, {"resultCode": "ERROR", "errorCode": "APPLICATION_ERROR", "subCode": "PR001"}),
        (Behaviour("fault"), 500, {"faultcode": "soapenv:Server"}),
        (Behaviour("fault", code="Client", text="no"), 500, {"faultcode": "soapenv:Client", "faultstring": "no"}),
        (Behaviour("breaks-schema"), 200, {"resultCode": "PERHAPS"}),
        *(
            (Behaviour("platform", code=f"VP{number:03}"), 500, {"faultstring": f"VP{number:03} [rivta] "})
            for number in range(1, 16)
        ),
    ],
    ids=lambda value: f"{value.kind}{value.code}" if isinstance(value, Behaviour) else "",
)
def test_answers(running: Counterpart, behaviour: Behaviour, status: int, told: dict[str, str]) -> None:
    with running.wait(referrals(behaviour)) as waiter:
        heard = call(running.url, referral())
        assert waiter.take(5) is not None
    assert heard.status == status
    assert {name: heard.text(name)[: len(text)] for name, text in told.items()} == told


def test_a_message_that_answers_has_the_facts_of_the_call_in_it(running: Counterpart) -> None:
    text = '<a xmlns="urn:a" of="${call.patient}">${call.request-id} to ${call.address}, ${call.nothing}</a>'
    with running.wait(referrals(Behaviour("message", text=text))) as waiter:
        heard = call(running.url, referral())
        assert waiter.take(5) is not None
    assert heard.status == 200
    assert f'<a xmlns="urn:a" of="{PATIENT}">SE2321000012-0001#1 to {ADDRESS}, </a>' in heard.body.decode()


def test_an_answer_that_is_no_xml_one_that_is_a_page_and_one_that_is_a_status(running: Counterpart) -> None:
    with running.wait(referrals(Behaviour("invalid-xml"))), pytest.raises(SyntaxError):
        call(running.url, referral()).text("resultCode")
    with running.wait(referrals(Behaviour("html"))):
        heard = call(running.url, referral("2"))
    assert heard.headers["content-type"].startswith("text/html")
    assert heard.status == 500
    with running.wait(referrals(Behaviour("http", code="403"))):
        heard = call(running.url, referral("3"))
    assert (heard.status, heard.body) == (403, b"")


@pytest.mark.parametrize(
    ("behaviour", "name"), [(Behaviour(), "Content-Type"), (Behaviour(header_names="lower"), "content-type")]
)
def test_the_names_of_headers_are_on_the_wire_as_they_are_to_be(
    running: Counterpart, behaviour: Behaviour, name: str
) -> None:
    place = urlsplit(running.url)
    with running.wait(referrals(behaviour)), closing(HTTPConnection(place.hostname or "", place.port)) as connection:
        connection.request("POST", "/ProcessRequest/2/rivtabp21", referral())
        with connection.getresponse() as response:
            names = [each for each, _ in response.getheaders()]
    assert name in names
    assert names.count("content-length" if behaviour.header_names else "Content-Length") == 1


def test_a_slow_answer_is_slow(running: Counterpart) -> None:
    with running.wait(referrals(Behaviour(delay_ms=300))) as waiter:
        begun = time.monotonic()
        assert call(running.url, referral()).status == 200
        assert time.monotonic() - begun >= 0.3
        taken = waiter.take(5)
    assert taken is not None
    assert taken.answered - taken.arrived >= 0.3
    assert taken.exchange.elapsed_ms >= 300


def test_silence_lasts_until_the_caller_gives_up(running: Counterpart) -> None:
    with running.wait(referrals(Behaviour("silence"))) as waiter:
        with pytest.raises(TimeoutError):
            call(running.url, referral(), seconds=0.3)
        taken = waiter.take(5)
    assert taken is not None
    assert taken.exchange.response is None
    assert taken.exchange.problem is not None
    assert taken.exchange.problem.kind == "silence"
    assert taken.answered - taken.arrived >= 0.25


def test_silence_ends_by_itself(tmp_path: Path) -> None:
    with counterpart(tmp_path, silence=0.2) as one, one.wait(referrals(Behaviour("silence"))) as waiter:
        with pytest.raises(ConnectionError):
            call(one.url, referral())
        assert waiter.take(5) is not None


def test_a_reset_is_a_reset(running: Counterpart) -> None:
    with running.wait(referrals(Behaviour("reset"))) as waiter:
        with pytest.raises(ConnectionResetError):
            call(running.url, referral())
        taken = waiter.take(5)
    assert taken is not None
    assert taken.exchange.problem is not None
    assert taken.exchange.problem.kind == "reset"


def test_a_caller_that_does_not_wait_for_its_answer(running: Counterpart) -> None:
    with running.wait(referrals(Behaviour(delay_ms=5000))) as waiter:
        with pytest.raises(TimeoutError):
            call(running.url, referral(), seconds=0.2)
        taken = waiter.take(3)
    assert taken is not None
    assert taken.exchange.problem is not None
    assert (taken.exchange.problem.kind, taken.exchange.response) == ("hung-up", None)


# ── what is seen of it ──


def test_calls_can_be_read_back(running: Counterpart) -> None:
    call(running.url, referral())
    call(running.url, b"<a/>")
    with running.wait(referrals()) as waiter:
        call(running.url, referral("3"))
        assert waiter.take(5) is not None
    entries = list(running.calls())
    assert [(entry.number, entry.standing, entry.claimed) for entry in entries] == [
        (1, "valid", False),
        (2, "unreadable", False),
        (3, "valid", True),
    ]
    assert [entry.number for entry in running.calls(after=2)] == [3]
    assert entries[0].exchange.request.body == b""
    assert running.call(1).exchange.request.body == referral()


def test_a_call_is_on_disk_before_its_answer_comes(tmp_path: Path) -> None:
    clock = SimulatedClock()
    with in_process(tmp_path, clock) as one, one.wait(referrals(Behaviour(delay_ms=50), since=0)):
        response = one.handler.handle(request_now(one.url, (), referral(), clock))
        assert one.call(1).state == "answering"
        clock.sleep(response.delay_seconds)
        one.handler.settle(response, is_heard=True)
        assert (one.call(1).state, one.call(1).exchange.elapsed_ms) == ("answered", 50)


def test_what_was_seen_can_be_asked_for_when_it_is_over(tmp_path: Path) -> None:
    with counterpart(tmp_path) as one:
        call(one.url, referral())
    [(stray, _)] = one.unclaimed()
    assert stray.exchange.request.body == referral()
    assert [entry.number for entry in one.calls()] == [1]


def test_the_wsdl_is_served_with_our_address_and_can_be_followed(running: Counterpart) -> None:
    import zeep  # noqa: PLC0415 - takes 0.3 s

    address = running.addresses[CONTRACT]
    client = zeep.Client(f"{address}?wsdl")  # type: ignore[no-untyped-call]
    [service] = client.wsdl.services.values()
    [port] = service.ports.values()
    assert port.binding_options["address"] == address
    assert urlsplit(address).path == "/ProcessRequest/2/rivtabp21"


@pytest.mark.parametrize(
    "path",
    ["/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/ProcessRequest/2/../../../../etc/passwd", "//etc/passwd"],
)
def test_no_path_from_outside_is_opened(running: Counterpart, path: str) -> None:
    import http.client  # noqa: PLC0415

    connection = http.client.HTTPConnection(urlsplit(running.url).netloc)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 404
    assert "POST" in answer.read().decode()
    connection.close()
