"""What holds of every SOAP Fault, and when one is a refusal: each on a Fault that is as it should be, and on those that are not."""

import pytest

from rivta.check import Seen, evaluate
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult
from rivta.model.steps import Expectation
from rivta.model.words import Source, Verdict
from test_check import CONTRACT, ERROR, INFO, NAMESPACES, reply

HERE = Source("suite.yaml")
LOG_ID = "<detail><logId>6f1c1c1e-0d0c-4d5e-8a58-0c8f6a7b1f2d</logId></detail>"
SENT = "<p:name>Tolvan Tolvansson</p:name><streetName1>Storgatan 1</streetName1><question>Ont i knät sedan i våras.</question>"
PERSON = "191212121212"


def seen(
    code: str = "s:Client",
    text: str = "Meddelandet är ogiltigt.",
    detail: str = LOG_ID,
    status: int = 500,
    parts: str = "",
    *,
    allowed: bool = True,
) -> Seen:
    parts = parts or f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring>{detail}"
    return answered(f"<s:Fault>{parts}</s:Fault>", status, allowed=allowed)


def answered(body: str, status: int = 500, *, allowed: bool = True) -> Seen:
    envelope = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
    return exchanged(envelope.encode(), status, allowed=allowed)


def exchanged(body: bytes, status: int, *, allowed: bool = True) -> Seen:
    request = Message((), f'<x:r xmlns:x="x"><id extension="{PERSON}"/>{SENT}'.encode())
    response = Message((("Content-Type", "text/xml"),), body)
    exchange = Exchange("c", "http://here/", request, response, status, "2026-11-21T10:00:00.000Z", 1.0)
    personal = ("name", "streetName1", "question")
    return Seen(exchange, CONTRACT, NAMESPACES, fault_allowed=allowed, personal=personal)


def judged(kind: str, what: Seen, **args: object) -> CheckResult:
    return evaluate(Expectation(kind, args, HERE), what, verifies=())


EVERY = ("fault_status", "fault_form", "fault_code", "fault_log_id", "fault_privacy")
OWN = '<faultcode xmlns:v="urn:vendor">v:Refused.Late</faultcode><faultstring>Nej</faultstring>' + LOG_ID


@pytest.mark.parametrize(
    "fault",
    [
        seen(),
        seen(code="s:Client.Validation"),
        seen(code="s:VersionMismatch"),
        seen(code="s:Server", allowed=False),
        seen(parts=OWN),
        seen(parts="<faultcode>s:Client</faultcode><faultstring>logg-id 4711</faultstring><faultactor>me</faultactor><detail/>"),
        seen(detail="<detail><e:error xmlns:e='e'><e:log>A-17</e:log></e:error></detail>"),
        seen(text="Log id: 1f2e3d4c", detail=""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", EVERY)
def test_a_sound_fault_passes(kind: str, fault: Seen) -> None:
    assert judged(kind, fault).verdict is Verdict.PASSED


Q = "<s:faultcode>s:Client</s:faultcode><s:faultstring>x</s:faultstring>" + LOG_ID
BROKEN = {
    "status 200": ("fault_status", seen(status=200)),
    "status 400": ("fault_status", seen(status=400)),
    "qualified parts": ("fault_form", seen(parts=Q)),
    "parts in another order": ("fault_form", seen(parts="<faultstring>x</faultstring><faultcode>s:Client</faultcode>" + LOG_ID)),
    "no faultstring": ("fault_form", seen(parts="<faultcode>s:Client</faultcode>" + LOG_ID)),
    "no faultcode": ("fault_form", seen(parts="<faultstring>x</faultstring>" + LOG_ID)),
    "two faultstrings": ("fault_form", seen(parts="<faultcode>s:Client</faultcode><faultstring/><faultstring/>" + LOG_ID)),
    "a part of its own": ("fault_form", seen(detail=LOG_ID + "<v:more xmlns:v='v'/>")),
    "SOAP 1.2's parts": ("fault_form", seen(parts="<s:Code><s:Value>s:Sender</s:Value></s:Code>" + LOG_ID)),
    "Server for what we sent": ("fault_code", seen(code="s:Server")),
    "Server, more finely": ("fault_code", seen(code="s:Server.Down")),
    "a code that SOAP has not": ("fault_code", seen(code="s:Sender", allowed=False)),
    "a header that nobody sent": ("fault_code", seen(code="s:MustUnderstand")),
    "a code whose prefix is not declared": ("fault_code", seen(code="soap:Client")),
    "no code": ("fault_code", seen(code="")),
    "no log id": ("fault_log_id", seen(detail="")),
    "a word that begins like one": ("fault_log_id", seen(text="Ologiskt meddelande", detail="")),
    "an element for one, with none in it": ("fault_log_id", seen(detail="<detail><logId>okänt</logId></detail>")),
    "a date for one": ("fault_log_id", seen(text="Fel 2026", detail="<detail>2026-11-29</detail>")),
    "the identity": ("fault_privacy", seen(text=f"Okänd: {PERSON}")),
    "the identity, spelt out": ("fault_privacy", seen(text="Okänd: 1912&#8211;12&#8211;12&#160;1212")),
    "the identity in ten bare digits": ("fault_privacy", seen(text="Okänd: 1212121212")),
    "the identity behind letters and digits": ("fault_privacy", seen(detail=f"<detail>A1B{PERSON}</detail>")),
    "somebody else's identity": ("fault_privacy", seen(text="Menade du 201212121212?")),
    "the name": ("fault_privacy", seen(text="TOLVAN  tolvansson finns inte")),
    "the address": ("fault_privacy", seen(detail="<detail>Storgatan 1 okänd, log 17a</detail>")),
    "the free text by its beginning": ("fault_privacy", seen(text="ont i knät sedan i vå… är för långt")),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_that_is_not_sound_is_found_by_its_check_alone(name: str) -> None:
    kind, fault = BROKEN[name]
    assert judged(kind, fault).verdict is Verdict.FAILED
    others = {other for other in EVERY if other != kind and judged(other, fault).verdict is not Verdict.PASSED}
    # Where the code cannot be read at all, its place is off too.
    assert others <= ({"fault_code"} if kind == "fault_form" else set())


@pytest.mark.parametrize("what", [exchanged(reply(), 200), exchanged(b"junk", 500)])
@pytest.mark.parametrize("kind", EVERY)
def test_where_there_is_no_fault_nothing_is_said(kind: str, what: Seen) -> None:
    result = judged(kind, what)
    assert (result.verdict, result.note) == (Verdict.NOT_APPLICABLE, None)


def test_a_code_of_its_own_is_remarked_on() -> None:
    note = judged("fault_code", seen(parts=OWN)).note
    assert note is not None
    assert "namespace of its own" in note.en


REFUSALS = [seen(), seen(code="s:Client.Validation"), seen(parts=OWN)]
BREAKDOWNS = {
    "Server": seen(code="s:Server"),
    "Server: java.lang.NullPointerException": seen(code="s:Server", text="java.lang.NullPointerException"),
    "Client, and a stack": seen(detail="<detail>at se.x.Parser.read(Parser.java:12) log 1</detail>"),
    "Client, and a null pointer": seen(text="NullPointerException"),
    "status 200": seen(status=200),
    "no code": seen(code=""),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_refusal_is_a_refusal(fault: Seen) -> None:
    assert judged("fault", fault).verdict is Verdict.PASSED
    assert judged("one_of", fault, expectations=EITHER).verdict is Verdict.PASSED


EITHER = (
    Expectation("result", {"code": "ERROR", "error": "VALIDATION_ERROR"}, HERE),
    Expectation("fault", {}, HERE),
)


@pytest.mark.parametrize("name", BREAKDOWNS)
def test_a_breakdown_is_no_refusal_and_no_deviation_either(name: str) -> None:
    for result in (judged("fault", BREAKDOWNS[name]), judged("one_of", BREAKDOWNS[name], expectations=EITHER)):
        assert result.verdict is Verdict.NOT_PROVEN
        assert result.note is not None
        assert result.note.en.startswith("Refused technically")


def test_a_finer_code_is_the_code_that_a_case_asks_for() -> None:
    assert judged("fault", seen(code="s:Client.Validation"), code="Client").verdict is Verdict.PASSED
    assert judged("fault", seen(code="s:Server"), code="Client").verdict is Verdict.FAILED
    assert judged("fault", seen(code="s:Server"), code="Server").verdict is Verdict.PASSED


# Results


OK_WITH = "<c:resultCode>OK</c:resultCode>{}"
CODED = "<c:resultCode>ERROR</c:resultCode><c:errorCode>{}</c:errorCode><c:subCode>{}</c:subCode>"


@pytest.mark.parametrize(
    ("kind", "result", "verdict"),
    [
        ("error_codes", OK_WITH.format(""), Verdict.PASSED),
        ("error_codes", INFO, Verdict.PASSED),
        ("error_codes", ERROR, Verdict.NOT_APPLICABLE),
        ("error_codes", OK_WITH.format("<c:errorCode>APPLICATION_ERROR</c:errorCode>"), Verdict.FAILED),
        ("error_codes", OK_WITH.format("<c:subCode>PR001</c:subCode>"), Verdict.FAILED),
        ("sub_codes", CODED.format("APPLICATION_ERROR", "PR001"), Verdict.PASSED),
        ("sub_codes", CODED.format("APPLICATION_ERROR", "PR005"), Verdict.FAILED),
        ("sub_codes", CODED.format("APPLICATION_ERROR", "PRC001"), Verdict.FAILED),
        ("sub_codes", CODED.format("VALIDATION_ERROR", "PR001"), Verdict.FAILED),
        ("sub_codes", CODED.format("VALIDATION_ERROR", ""), Verdict.NOT_APPLICABLE),
        ("sub_codes", INFO, Verdict.NOT_APPLICABLE),
    ],
)
def test_codes_stand_where_they_may(kind: str, result: str, verdict: Verdict) -> None:
    told = judged(kind, exchanged(reply(result), 200))
    assert told.verdict is verdict
    assert (told.note is None) or verdict is not Verdict.NOT_APPLICABLE


ABOUT_ERRORS = "//r:result[core:resultCode='ERROR'][not(core:errorCode)]"
ABOUT_TEXT = "//r:result[core:subCode][not(core:message)]"


@pytest.mark.parametrize("path", [ABOUT_ERRORS, ABOUT_TEXT, "//r:result/core:errorCode"])
@pytest.mark.parametrize("what", [exchanged(reply(INFO), 200), seen(), exchanged(reply("").replace(b"<r:result></r:result>", b""), 200)])  # fmt: skip
def test_a_rule_about_errors_says_nothing_without_an_error(path: str, what: Seen) -> None:
    seen_so = Seen(what.exchange, what.contract, {**NAMESPACES, "r": CONTRACT.namespace})
    told = judged("xpath", seen_so, path=path, absent=True)
    assert told.verdict is Verdict.NOT_APPLICABLE
    assert told.note is not None


def test_nothing_is_absent_from_a_result_that_is_not_there() -> None:
    for wish in ({"absent": True}, {"exists": False}, {"count": 0}):
        assert judged("xpath", seen(), path="//core:anything", **wish).verdict is Verdict.NOT_APPLICABLE
        assert judged("xpath", exchanged(reply(), 200), path="//core:anything", **wish).verdict is Verdict.PASSED
    assert judged("xpath", seen(), path="//core:anything", exists=True).verdict is Verdict.FAILED
