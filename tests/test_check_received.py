"""The checks of a call that we received: what is looked at is the system's request, and what only replies have is left alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reference_messages import referral
from reference_system import domain as remiss
from rivta.check import Seen, evaluate, of_every_received
from rivta.contract.message import ACTING_FOR
from rivta.model.exchange import Exchange, Message, Tls
from rivta.model.run import CheckResult
from rivta.model.steps import Expectation
from rivta.model.words import Direction, Headers, Source, Verdict

DOMAIN = remiss()
CONTRACT = DOMAIN.contracts["ProcessRequest"]
NAMESPACES = {"c": "urn:riv:clinicalprocess:activity:request:2"}
HERE = Source("consumer.yaml", 3, 5)
UNIT = "SE2321000016-MOT1"
ADDRESS = f"<itr:LogicalAddress>{UNIT}</itr:LogicalAddress>"
WSA = "http://www.w3.org/2005/08/addressing"
UNIT_PATH = "//c:recipient/c:organisation/c:careUnitId/@extension"
ACTION = f'"{CONTRACT.soap_action}"'
TLS = Tls(
    "TLSv1.3", "TLS_AES_256_GCM_SHA384", "serialNumber=SE2321000016-REM1", "CN=Test", "2030-01-01T00:00:00Z", True
)


def call(header: str = ADDRESS, inner: str = "", root: str = "ProcessRequest") -> bytes:
    inner = inner or f'<c:recipient><c:organisation><c:careUnitId extension="{UNIT}"/></c:organisation></c:recipient>'
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:itr="urn:riv:itintegration:registry:1">'
        f"<s:Header>{header}</s:Header><s:Body>\n"
        f'<r:{root} xmlns:r="{CONTRACT.namespace}" xmlns:c="{NAMESPACES["c"]}"><c:request>{inner}</c:request></r:{root}>'
        "</s:Body></s:Envelope>"
    ).encode()


def seen(
    body: bytes = b"",
    *,
    headers: Headers = (("SOAPAction", ACTION),),
    content_type: str = "text/xml; charset=utf-8",
    tls: Tls | None = None,
    recipient: str = "",
) -> Seen:
    request = Message((("Content-Type", content_type), *headers), body or call())
    answer = Message((("Content-Type", "text/html"),), b"<html/>")  # ours; nothing about it is ever judged
    at = "2026-11-21T10:00:00.000Z"
    exchange = Exchange("ProcessRequest", "http://here/", request, answer, 500, at, 9000.0, tls, inbound=True)
    return Seen(exchange, CONTRACT, NAMESPACES, recipient=recipient)


def addressed_by_to(header: str) -> Seen:
    """A call by a contract of Basic Profile 2.0."""
    return replace(seen(call(header), recipient=UNIT), contract=replace(CONTRACT, header=f"{{{WSA}}}To"))


def later(what: Seen, *, exchange: int, step: int) -> Seen:
    """The same as that exchange of a case, in that step."""
    return replace(what, exchange=replace(what.exchange, step=step), earlier=(what.exchange,) * exchange)


def verdict(name: str, what: Seen, /, **args: object) -> CheckResult:
    return evaluate(Expectation(name, args, HERE), later(what, exchange=2, step=1), verifies=("GEN-SOAP",))


PASSES: dict[str, Callable[[], CheckResult]] = {
    "headers: for whom it is": lambda: verdict(
        "headers", seen(headers=((ACTING_FOR.upper(), "se1-2"),)), acting_for="SE1-2"
    ),
    "soap": lambda: verdict("soap", seen()),
    "encoding": lambda: verdict("encoding", seen()),
    "xpath": lambda: verdict("xpath", seen(), path=UNIT_PATH, equals=UNIT),
    "contains": lambda: verdict("contains", seen(), text=UNIT),
    "header": lambda: verdict("header", seen(), name="soapaction", equals=ACTION),
    "soapaction": lambda: verdict("soapaction", seen()),
    "addressing": lambda: verdict("addressing", seen(), unit=UNIT_PATH),
    "addressing by the domain's fact": lambda: verdict("addressing", seen(recipient=UNIT)),
    "addressing by WS-Addressing": lambda: verdict(
        "addressing", addressed_by_to(f"<w:To xmlns:w='{WSA}'>{UNIT}</w:To>")
    ),
    "addressing in small letters": lambda: verdict("addressing", seen(recipient=UNIT.lower())),
    "addressing of a message that need not say whom it is for": lambda: verdict(
        "addressing", seen(), equals=UNIT.lower()
    ),
    "addressing of a message that names no unit": lambda: verdict("addressing", seen()),
    "headers, none": lambda: verdict("headers", seen()),
    "headers, one": lambda: verdict("headers", seen(headers=(("X-Rivta-Original-ServiceConsumer-HsaId", "SE1-2"),))),
    "client_certificate": lambda: verdict("client_certificate", seen(tls=TLS)),
}

FAILS: dict[str, tuple[Callable[[], CheckResult], str]] = {
    "soap: a response": (lambda: verdict("soap", seen(call(root="ProcessRequestResponse"))), "wrong element"),
    "soap: content type": (lambda: verdict("soap", seen(content_type="application/soap+xml")), "text/xml"),
    "soap: no XML": (lambda: verdict("soap", seen(b"hello")), "The call cannot be read"),
    "schema": (lambda: verdict("schema", seen()), "recipient"),
    "encoding: header and prolog": (
        lambda: verdict("encoding", seen(b'<?xml version="1.0" encoding="utf-16"?><a/>')),
        "disagree",
    ),
    "xpath": (lambda: verdict("xpath", seen(), path="//c:requestId"), "did not give"),
    "contains": (lambda: verdict("contains", seen(), text="Nej"), "The call lacks"),
    "header": (lambda: verdict("header", seen(), name="X-A"), "header"),
    "one_of": (lambda: verdict("one_of", seen(), expectations=(Expectation("result", {"code": "OK"}, HERE),)), "None"),
    "soapaction: missing": (lambda: verdict("soapaction", seen(headers=())), "no SOAPAction"),
    "soapaction: without quotes": (
        lambda: verdict("soapaction", seen(headers=(("SOAPAction", CONTRACT.soap_action),))),
        "double quotes",
    ),
    "soapaction: two": (
        lambda: verdict("soapaction", seen(headers=(("SOAPAction", ACTION), ("soapaction", '"another"')))),
        "not the contract's",
    ),
    "soapaction: another": (lambda: verdict("soapaction", seen(headers=(("SOAPAction", '""'),))), "not the contract's"),
    "addressing: none": (lambda: verdict("addressing", seen(call(header=""))), "missing"),
    "addressing: another namespace": (
        lambda: verdict("addressing", seen(call('<x:LogicalAddress xmlns:x="urn:x">A</x:LogicalAddress>'))),
        "wrong namespace",
    ),
    "addressing: LogicalAddress where the contract says To": (
        lambda: verdict("addressing", addressed_by_to(ADDRESS)),
        "To is missing",
    ),
    "addressing: two": (lambda: verdict("addressing", seen(call(ADDRESS * 2))), "more than one"),
    "addressing: blank": (
        lambda: verdict("addressing", seen(call("<itr:LogicalAddress> </itr:LogicalAddress>"))),
        "no HSA-id",
    ),
    "addressing: another unit": (lambda: verdict("addressing", seen(recipient="SE2321000016-X")), "another unit"),
    "addressing: another than it is to be": (
        lambda: verdict("addressing", seen(), equals="SE2321000016-X"),
        "another unit",
    ),
    "addressing: blank, and nobody says which it is to be": (
        lambda: verdict("addressing", seen(call("<itr:LogicalAddress/>")), unit="//c:nothing/@at-all"),
        "no HSA-id",
    ),
    "headers: two ids": (
        lambda: verdict("headers", seen(headers=(("x-rivta-original-serviceconsumer-hsaid", "SE1-2, SE1-3"),))),
        "one single",
    ),
    "headers: twice": (
        lambda: verdict("headers", seen(headers=(("x-rivta-acting-on-behalf-of-hsaid", "SE1-2"),) * 2)),
        "one single",
    ),
    "headers: not for whom it is": (
        lambda: verdict("headers", seen(headers=((ACTING_FOR, "SE1-2"),)), acting_for="SE1-3"),
        "on whose behalf",
    ),
    "headers: not said for whom": (lambda: verdict("headers", seen(headers=()), acting_for="SE1-3"), "on whose behalf"),
    "client_certificate": (
        lambda: verdict("client_certificate", seen(tls=replace(TLS, peer_subject="", client_certificate=False))),
        "without a client certificate",
    ),
}


@pytest.mark.parametrize("play", PASSES.values(), ids=PASSES.keys())
def test_a_call_is_accepted(play: Callable[[], CheckResult]) -> None:
    result = play()
    assert result.verdict is Verdict.PASSED, result
    assert result.expected
    assert result.actual
    assert (result.exchange, result.step) == (2, 1)


@pytest.mark.parametrize(("play", "words"), FAILS.values(), ids=FAILS.keys())
def test_a_call_that_deviates_is_found(play: Callable[[], CheckResult], words: str) -> None:
    result = play()
    assert result.verdict is Verdict.FAILED, result
    assert any(words in f"{finding.message.en} {finding.actual}" for finding in result.findings), result.findings
    assert all(finding.direction is Direction.REQUEST for finding in result.findings), "it is the request that deviates"
    assert all(finding.message.sv for finding in result.findings)


@pytest.mark.parametrize(
    ("name", "args"), [("result", {"code": "OK"}), ("fault", {}), ("max_ms", {"limit": 1}), ("client_certificate", {})]
)
def test_what_only_replies_or_tls_have_is_not_applicable(name: str, args: dict[str, object]) -> None:
    result = verdict(name, seen(), **args)
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.note is not None


@pytest.mark.parametrize("path", ["//c:nothing/@at-all", "//c:*", UNIT])
def test_a_path_to_no_single_unit_proves_no_address(path: str) -> None:
    """An HSA-id is a path too: to an element of that name."""
    result = verdict("addressing", seen(), unit=path)
    assert result.verdict is Verdict.NOT_PROVEN
    assert result.note is not None
    assert path in result.note.en
    assert verdict("addressing", seen(), unit=UNIT_PATH, equals=UNIT).verdict is Verdict.ERROR


@pytest.mark.parametrize("name", ["soapaction", "addressing", "headers", "client_certificate"])
def test_what_only_calls_have_is_not_applicable_to_a_reply(name: str) -> None:
    what = seen()
    ours = Seen(replace(what.exchange, inbound=False), CONTRACT, NAMESPACES)
    assert verdict(name, ours).verdict is Verdict.NOT_APPLICABLE


def test_a_header_that_the_platform_strips_is_remarked_on() -> None:
    result = verdict("headers", seen(headers=(("x-vp-sender-id", "SE1-2"),)))
    assert result.verdict is Verdict.PASSED
    assert result.note is not None
    assert "x-vp-sender-id" in result.note.en


def test_the_answer_that_we_gave_can_be_looked_at_by_name() -> None:
    assert verdict("schema", seen(), of="response").verdict is Verdict.FAILED


def test_every_received_message_goes_through_the_checks_that_nobody_wrote() -> None:
    kinds = {"soap": "GEN-SOAP", "soapaction": "A", "client_certificate": "C"}
    results = of_every_received(later(seen(), exchange=3, step=2), kinds, source=HERE)
    assert [(each.kind, each.verifies, each.verdict) for each in results] == [
        ("soap", ("GEN-SOAP",), Verdict.PASSED),
        ("soapaction", ("A",), Verdict.PASSED),
        ("client_certificate", ("C",), Verdict.NOT_APPLICABLE),
    ]
    assert all((each.exchange, each.step) == (3, 2) for each in results)


def test_a_whole_valid_referral_passes_schema_and_rules() -> None:
    body = referral()
    assert verdict("schema", seen(body)).verdict is Verdict.PASSED
    assert verdict("rules", seen(body)).verdict is Verdict.PASSED
