"""Each kind of check on a reply that it accepts and on replies that it does not; and whose fault a broken check is."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import test_check_received
import test_check_records
from counterpart_world import referral
from growth import SQUARE
from reference_system import domain as remiss
from rivta import check
from rivta.check import KINDS, Seen, evaluate, expects_fault, vocabulary
from rivta.check.kinds import kind
from rivta.model.domain import RuleFile
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Expectation
from rivta.model.words import Direction, Source, Text, Verdict

DOMAIN = remiss()
CONTRACT = DOMAIN.contracts["ProcessRequest"]
NAMESPACES = {"core": "urn:riv:clinicalprocess:activity:request:2"}
HERE = Source("suite.yaml", 3, 5, "  - result: OK")


def reply(result: str = "<c:resultCode>OK</c:resultCode>", root: str = "ProcessRequestResponse") -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>\n'
        f'<r:{root} xmlns:r="{CONTRACT.namespace}" xmlns:c="{NAMESPACES["core"]}"><r:result>{result}</r:result></r:{root}>\n'
        "</s:Body></s:Envelope>"
    ).encode()


def enveloped(payload: str) -> bytes:
    return f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{payload}</s:Body></s:Envelope>'.encode()


def fault(text: str = "log-1: technical error", code: str = "s:Server") -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring></s:Fault></s:Body></s:Envelope>"
    ).encode()


ERROR = "<c:resultCode>ERROR</c:resultCode><c:errorCode>APPLICATION_ERROR</c:errorCode><c:subCode>PR002</c:subCode><c:message>Nej</c:message>"


def seen(
    body: bytes = b"",
    *,
    status: int = 200,
    content_type: str = "text/xml; charset=utf-8",
    ms: float = 10.0,
    fault_allowed: bool = False,
    headers: tuple[tuple[str, str], ...] = (),
) -> Seen:
    response = Message((("Content-Type", content_type), *headers), body or reply())
    request = Message((), reply(root="ProcessRequest"))
    exchange = Exchange("ProcessRequest", "http://here/", request, response, status, "2026-11-21T10:00:00.000Z", ms)
    return Seen(exchange, CONTRACT, NAMESPACES, fault_allowed=fault_allowed)


def verdict(name: str, what: Seen, /, **args: object) -> CheckResult:
    return evaluate(Expectation(name, args, HERE), what, verifies=("GEN-SOAP",))


INFO = "<c:resultCode>INFO</c:resultCode>"

PASSES: dict[str, Callable[[], CheckResult]] = {
    "soap": lambda: verdict("soap", seen()),
    "soap, with a fault that the case counts on": lambda: verdict(
        "soap", seen(fault(), status=500, fault_allowed=True)
    ),
    "result": lambda: verdict("result", seen(), code="OK"),
    "result INFO where OK is expected": lambda: verdict("result", seen(reply(INFO)), code="OK"),
    "result with codes": lambda: verdict(
        "result", seen(reply(ERROR)), code="ERROR", error="APPLICATION_ERROR", sub="PR002"
    ),
    "fault": lambda: verdict("fault", seen(fault(), status=500), code="Server", contains="log-1", status=500),
    "max_ms": lambda: verdict("max_ms", seen(ms=2000.0), limit=2000),
    "schema": lambda: verdict("schema", seen()),
    "rules": lambda: verdict("rules", seen()),
    "xpath exists": lambda: verdict("xpath", seen(), path="//core:resultCode"),
    "xpath equals": lambda: verdict("xpath", seen(), path="//core:resultCode", equals="OK"),
    "xpath matches": lambda: verdict("xpath", seen(), path="//core:resultCode", matches="O."),
    "xpath count": lambda: verdict("xpath", seen(), path="//core:resultCode", count=1),
    "xpath absent": lambda: verdict("xpath", seen(), path="//core:logId", absent=True),
    "xpath on a large number": lambda: verdict(
        "xpath", seen(), path="string-length(//core:resultCode) + 1234565", equals="1234567"
    ),
    "xpath on no number": lambda: verdict("xpath", seen(), path="number(//core:resultCode)", equals="NaN"),
    "xpath on a number": lambda: verdict("xpath", seen(), path="count(//core:resultCode)", equals="1"),
    "xpath on a truth": lambda: verdict("xpath", seen(), path="boolean(//core:resultCode)", equals="true"),
    "xpath, a truth alone": lambda: verdict("xpath", seen(), path="count(//core:resultCode) = 1"),
    "xpath, a truth that exists": lambda: verdict("xpath", seen(), path="count(//core:resultCode) = 1", exists=True),
    "xpath, a truth to be false": lambda: verdict("xpath", seen(), path="//core:resultCode = 'X'", equals="false"),
    "xpath, a truth to be absent": lambda: verdict("xpath", seen(), path="//core:resultCode = 'X'", absent=True),
    "contains": lambda: verdict("contains", seen(reply(ERROR)), text="Nej"),
    "contains, in an attribute": lambda: verdict("contains", seen(b'<a b="x &amp; y"/>'), text="x & y"),
    "contains, in capitals": lambda: verdict("contains", seen(reply(ERROR)), text="NEJ", any_case=True),
    "http_status": lambda: verdict("http_status", seen(status=404), codes=[200, 404]),
    "http_status absent": lambda: verdict("http_status", seen(), codes=[404], absent=True),
    "contains absent": lambda: verdict("contains", seen(), text="191212121212", absent=True),
    "header": lambda: verdict("header", seen(headers=(("X-A", "b"),)), name="x-a", equals="b"),
    "header matches": lambda: verdict("header", seen(headers=(("X-A", "b1"),)), name="X-A", matches=r"b\d"),
    "header absent": lambda: verdict("header", seen(), name="X-A", exists=False),
    "encoding": lambda: verdict("encoding", seen()),
    "encoding undeclared": lambda: verdict("encoding", seen(content_type="text/xml")),
    "encoding UTF-16": lambda: verdict(
        "encoding",
        seen('<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"), content_type="text/xml; charset=UTF-16"),
    ),
    "one_of": lambda: verdict(
        "one_of", seen(reply(ERROR)), expectations=(expect("result", code="OK"), expect("result", code="ERROR"))
    ),
    "one_of with a group": lambda: verdict(
        "one_of",
        seen(reply(ERROR)),
        expectations=(expect("fault"), (expect("result", code="ERROR"), expect("contains", text="Nej"))),
    ),
}

FAILS: dict[str, tuple[Callable[[], CheckResult], str]] = {
    "soap: a fault": (lambda: verdict("soap", seen(fault(), status=500)), "SOAP Fault"),
    "soap: another root": (lambda: verdict("soap", seen(reply(root="Other"))), "wrong element"),
    "soap: HTTP 202": (lambda: verdict("soap", seen(status=202)), "HTTP status 200"),
    "soap: content type": (lambda: verdict("soap", seen(content_type="text/html")), "text/xml"),
    "soap: no XML": (lambda: verdict("soap", seen(b"<html><p>oops</html>")), "cannot be read"),
    "soap: a length in characters": (
        lambda: verdict("soap", seen((whole := reply(ERROR.replace("Nej", "Nej, å och ö")))[: len(whole.decode())])),
        "Content-Length counts characters, not bytes",
    ),
    "soap: no envelope": (lambda: verdict("soap", seen(b"<a/>")), "cannot be read"),
    "result: another code": (lambda: verdict("result", seen(reply(ERROR)), code="OK"), "resultCode"),
    "result: a second one says otherwise": (
        lambda: verdict(
            "result", seen(reply(f"<c:resultCode>OK</c:resultCode></r:result><r:result>{ERROR}")), code="OK"
        ),
        "holds 2 result codes",
    ),
    "result: OK where INFO is expected": (lambda: verdict("result", seen(), code="INFO"), "resultCode"),
    "result: another subCode": (lambda: verdict("result", seen(reply(ERROR)), code="ERROR", sub="PR001"), "subCode"),
    "result: another errorCode": (
        lambda: verdict("result", seen(reply(ERROR)), code="ERROR", error="VALIDATION_ERROR"),
        "errorCode",
    ),
    "result: a fault": (lambda: verdict("result", seen(fault()), code="OK"), "no result element"),
    "fault: a result": (lambda: verdict("fault", seen()), "no SOAP Fault"),
    "fault: status 200": (lambda: verdict("fault", seen(fault()), status=500), "HTTP status"),
    "fault: another code": (lambda: verdict("fault", seen(fault()), code="Client"), "faultcode"),
    "fault: another text": (lambda: verdict("fault", seen(fault()), contains="VP004"), "faultstring"),
    "max_ms: slower": (lambda: verdict("max_ms", seen(ms=2000.5), limit=2000), "longer"),
    "schema: an unknown code": (lambda: verdict("schema", seen(reply("<c:resultCode>YES</c:resultCode>"))), "YES"),
    "rules: an empty element": (
        lambda: verdict("rules", seen(reply("<c:resultCode>OK</c:resultCode><c:message/>"))),
        "empty",
    ),
    "xpath: not equal": (lambda: verdict("xpath", seen(), path="//core:resultCode", equals="INFO"), "did not give"),
    "soap: two content types": (
        lambda: verdict("soap", seen(headers=(("content-type", "application/xml"),))),
        "text/xml",
    ),
    "encoding: not compressed as it says": (
        lambda: verdict("encoding", seen(headers=(("Content-Encoding", "gzip"),))),
        "not compressed",
    ),
    "xpath: nothing": (lambda: verdict("xpath", seen(), path="//core:subCode"), "did not give"),
    "xpath: nothing equals": (lambda: verdict("xpath", seen(), path="//core:subCode", equals=""), "did not give"),
    "xpath: no match": (lambda: verdict("xpath", seen(), path="//core:resultCode", matches="O"), "did not give"),
    "xpath: another count": (lambda: verdict("xpath", seen(), path="//core:resultCode", count=2), "did not give"),
    "xpath: not absent": (lambda: verdict("xpath", seen(), path="//core:resultCode", absent=True), "did not give"),
    "xpath: false": (lambda: verdict("xpath", seen(), path="count(//core:resultCode) > 30"), "did not give"),
    "xpath: false()": (lambda: verdict("xpath", seen(), path="false()", exists=True), "did not give"),
    "xpath: true where it is to be absent": (
        lambda: verdict("xpath", seen(), path="//core:resultCode = 'OK'", absent=True),
        "did not give",
    ),
    "xpath: true where it is not to exist": (
        lambda: verdict("xpath", seen(), path="//core:resultCode = 'OK'", exists=False),
        "did not give",
    ),
    "xpath: another number": (
        lambda: verdict("xpath", seen(), path="count(//core:resultCode)", equals="99"),
        "did not give",
    ),
    "contains: missing": (lambda: verdict("contains", seen(), text="Nej"), "lacks"),
    "contains: forbidden in any case": (
        lambda: verdict("contains", seen(reply(ERROR)), text="NEJ", absent=True, any_case=True),
        "must not",
    ),
    "header: like what it equals, and not what it matches": (
        lambda: verdict("header", seen(headers=(("X-A", "b"),)), name="X-A", equals="b", matches="c"),
        "header",
    ),
    "header: there, and not to be": (
        lambda: verdict("header", seen(headers=(("X-A", "b"),)), name="X-A", equals="b", exists=False),
        "header",
    ),
    "encoding: none, where it is to be another than UTF-8": (
        lambda: verdict("encoding", seen(b"<a/>", content_type="text/xml"), name="utf-16"),
        "No encoding",
    ),
    "xpath: in a fault that is to lack it": (
        lambda: verdict("xpath", seen(fault(), status=500), path="//faultstring", absent=True),
        "did not give",
    ),
    "xpath: in a result that is no error": (
        lambda: verdict("xpath", seen(reply(ERROR.replace(">ERROR<", ">OK<"))), path="//core:subCode", absent=True),
        "did not give",
    ),
    "http_status: another": (lambda: verdict("http_status", seen(), codes=[404]), "not an expected one"),
    "http_status: a forbidden one": (
        lambda: verdict("http_status", seen(), codes=[200], absent=True),
        "not an expected",
    ),
    "contains: forbidden": (lambda: verdict("contains", seen(reply(ERROR)), text="Nej", absent=True), "must not"),
    "header: missing": (lambda: verdict("header", seen(), name="X-A"), "header"),
    "header: another value": (
        lambda: verdict("header", seen(headers=(("X-A", "c"),)), name="X-A", equals="b"),
        "header",
    ),
    "encoding: not allowed": (
        lambda: verdict("encoding", seen(content_type="text/xml; charset=iso-8859-1")),
        "not allowed",
    ),
    "encoding: prolog and header disagree": (
        lambda: verdict("encoding", seen(b'<?xml version="1.0" encoding="utf-16"?><a/>')),
        "disagree",
    ),
    "encoding: other bytes than declared": (
        lambda: verdict("encoding", seen("<a>å</a>".encode("latin-1"))),
        "not utf-8",
    ),
    "encoding: another than named": (lambda: verdict("encoding", seen(), name="utf-16"), "not allowed"),
    "one_of: neither": (
        lambda: verdict("one_of", seen(), expectations=(expect("fault"), expect("result", code="ERROR"))),
        "None of the answers",
    ),
}


def expect(name: str, /, **args: object) -> Expectation:
    return Expectation(name, args, HERE)


@pytest.mark.parametrize("play", PASSES.values(), ids=PASSES.keys())
def test_a_check_accepts(play: Callable[[], CheckResult]) -> None:
    result = play()
    assert result.verdict is Verdict.PASSED, result
    assert result.expected
    assert result.actual, "what was seen is kept when it passes too"


@pytest.mark.parametrize(("play", "words"), FAILS.values(), ids=FAILS.keys())
def test_a_check_finds(play: Callable[[], CheckResult], words: str) -> None:
    result = play()
    assert result.verdict is Verdict.FAILED, result
    assert any(words in f"{finding.message.en} {finding.actual}" for finding in result.findings), result.findings
    assert all(finding.message.sv for finding in result.findings)


def test_every_kind_is_shown_to_accept_and_to_find() -> None:
    # test_check_course.py has the first two, test_check_faults.py the rest.
    elsewhere = {
        "unchanged",
        "next_version",
        "error_codes",
        "sub_codes",
        "todo",
        *(name for name in KINDS if name.startswith("fault_")),
    }
    others = (test_check_received, test_check_records)
    passing = {*PASSES, *elsewhere, *(title for each in others for title in each.PASSES)}
    failing = {*FAILS, *elsewhere, *(title for each in others for title in each.FAILS)}
    for name in KINDS:
        assert any(title.split(",")[0].split()[0] == name for title in passing), f"{name} is never seen to pass"
        assert any(title.split(":")[0] == name for title in failing), f"{name} is never seen to fail"


LACKING: list[dict[str, object]] = [
    {"path": "//core:subCode", "absent": True},
    {"path": "//core:subCode", "exists": False},
    {"path": "//core:subCode", "count": 0},
    {"path": "not(//core:subCode)"},
    {"path": "boolean(//core:subCode)", "absent": True},
    {"path": "count(//core:subCode)", "equals": "0"},
    {"path": "string(//core:subCode)", "equals": ""},
]
"""Ways to ask that something is not there."""


@pytest.mark.parametrize("body", [fault(), enveloped('<other xmlns="urn:other"/>')])
def test_what_is_no_answer_of_the_contracts_shows_nothing_by_what_it_lacks(body: bytes) -> None:
    for asked in LACKING:
        assert verdict("xpath", seen(body), **asked).verdict is Verdict.NOT_APPLICABLE, asked
    assert verdict("contains", seen(body), text="Nisse", absent=True).verdict is Verdict.NOT_APPLICABLE
    assert verdict("contains", seen(b"no XML"), text="Nisse", absent=True).verdict is Verdict.NOT_APPLICABLE


def test_an_answer_shows_what_it_lacks_however_that_is_asked() -> None:
    for asked in LACKING:
        of_text = {**asked, "path": str(asked["path"]).replace("core:subCode", "core:attachment")}
        assert verdict("xpath", seen(), **of_text).verdict is Verdict.PASSED, asked
    assert verdict("contains", seen(), text="Nisse", absent=True).verdict is Verdict.PASSED
    counted_on = seen(fault(), status=500, fault_allowed=True)
    assert verdict("contains", counted_on, text="Nisse", absent=True).verdict is Verdict.PASSED


@pytest.mark.parametrize("name", ["contains", "special_characters"])
def test_an_empty_text_is_none_to_look_for(name: str) -> None:
    assert verdict(name, seen(), text="").verdict is Verdict.ERROR


@pytest.mark.parametrize("name", ["schema", "rules"])
def test_a_fault_is_outside_schema_and_rules(name: str) -> None:
    assert verdict(name, seen(fault(), status=500)).verdict is Verdict.NOT_APPLICABLE


def test_the_request_can_be_checked_too() -> None:
    result = verdict("schema", seen(), of="request")
    assert result.verdict is Verdict.FAILED
    assert all(finding.direction == "request" for finding in result.findings)


def test_info_is_told_where_ok_was_expected() -> None:
    note = PASSES["result INFO where OK is expected"]().note
    assert note is not None
    assert "INFO" in note.en


def test_one_of_tells_which_answer_was_seen() -> None:
    assert "ERROR" in PASSES["one_of"]().actual


def test_a_check_that_breaks_is_our_error_and_not_their_failure() -> None:
    @kind
    def breaks(seen: Seen, *, text: str = "") -> check.Observation:
        raise ZeroDivisionError(text)

    try:
        result = verdict("breaks", seen())
    finally:
        del KINDS["breaks"]
    assert result.verdict is Verdict.ERROR
    assert result.note is not None
    assert "our fault" in result.note.en


@pytest.mark.parametrize("wish", [{}, {"exists": True}, {"absent": True}, {"count": 1}])
@pytest.mark.parametrize("path", ["count(//core:nothing)", "'text'"])
def test_what_is_always_there_cannot_be_judged_by_whether_it_is(path: str, wish: dict[str, object]) -> None:
    result = verdict("xpath", seen(), path=path, **wish)
    assert result.verdict is Verdict.ERROR
    assert result.note is not None
    assert "to be mended in the suite" in result.note.en
    assert verdict("xpath", seen(), path="false()", count=1).verdict is Verdict.ERROR


def test_a_rule_that_breaks_is_the_suites_and_nobody_elses(tmp_path: Path) -> None:
    broken = tmp_path / "rules.sch"
    broken.write_text(
        '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><pattern><rule context="/*">'
        "<assert test=\"xs:integer('x') = 1\">never</assert></rule></pattern></schema>",
    )
    one = replace(CONTRACT, rules={Direction.RESPONSE: (RuleFile(broken),)})
    result = evaluate(expect("rules"), Seen(seen().exchange, one, NAMESPACES), verifies=())
    assert result.verdict is Verdict.ERROR, result
    assert result.note is not None
    assert "to be mended in the suite" in result.note.en
    assert "our fault" not in result.note.en


def test_of_very_many_findings_the_first_are_told_and_the_rest_is_counted() -> None:
    @kind
    def finds(seen: Seen, *, text: str = "") -> check.Observation:
        found = tuple(Finding(Text.same(str(number)), Direction.RESPONSE) for number in range(150))
        return check.Observation("", "", found, more=7)

    try:
        result = verdict("finds", seen())
    finally:
        del KINDS["finds"]
    assert len(result.findings) == check.MOST_FINDINGS
    assert result.note is not None
    assert result.note.en.startswith("57 more findings")


@pytest.mark.parametrize(
    "children",
    [
        "<x/>" * 10_000,
        "<core:x/>" * 10_000,
        "x<y/>" * 10_000,
        "<core:questionFormulation/>" * 4000,
        "<!--x-->" * 10_000,
        "<a>" * 500 + "</a>" * 500,
    ],
)
def test_a_large_message_costs_no_more_than_its_size(children: str) -> None:
    """What was wrong in the square of the children took ten seconds for 10,000 of them; in proportion it takes less than one."""
    seconds = []
    for size in (len(children) // 10, len(children)):
        body = referral().replace(b"</core:request>", _wrapped(children, size) + b"</core:request>")
        message = Message((("Content-Type", "text/xml"),), body)
        looked = Seen(Exchange(CONTRACT.name, "", message, message, 200, "", 0.0, inbound=True), CONTRACT, NAMESPACES)
        began = time.process_time()
        results = [evaluate(expect(name), looked, verifies=()) for name in ("schema", "rules")]
        seconds.append(time.process_time() - began)
        assert all(len(result.findings) <= check.MOST_FINDINGS for result in results)
    assert seconds[1] < max(2.0, SQUARE * seconds[0])


def _wrapped(children: str, size: int) -> bytes:
    """So much of it, well-formed: what nests is taken whole."""
    piece = (
        children
        if children.startswith("<a>")
        else children[: children.index(">") + 1] * (size // (children.index(">") + 1))
    )
    return piece.encode()


def test_a_fault_is_expected_wherever_it_stands() -> None:
    assert expects_fault((expect("fault"),))
    assert expects_fault((expect("one_of", expectations=(expect("result", code="OK"), (expect("fault"),))),))
    assert not expects_fault((expect("result", code="OK"),))


def test_the_vocabulary_tells_what_a_suite_may_say() -> None:
    words = vocabulary()
    assert set(words) == set(KINDS)
    xpath = {parameter.name: parameter for parameter in words["xpath"].parameters}
    assert (xpath["path"].shape, xpath["path"].first, xpath["path"].required) == ("text", True, True)
    assert (xpath["count"].shape, xpath["count"].first, xpath["count"].required) == ("whole", False, False)
    assert xpath["absent"].shape == "yes/no"
    assert words["one_of"].parameters[0].shape == "expectations"
    assert all(described.doc for described in words.values())
