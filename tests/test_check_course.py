"""What must stay the same from one message of a case to the next, and what must go up by one."""

from dataclasses import replace
from typing import Any

import pytest

from reference_messages import referral
from reference_system import domain as remiss
from rivta.check import Seen, evaluate
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult
from rivta.model.steps import Expectation
from rivta.model.words import Direction, Source, Verdict

DOMAIN = remiss()
CONTRACT = DOMAIN.contracts["ProcessRequest"]
NAMESPACES = {"c": "urn:riv:clinicalprocess:activity:request:2"}
HERE = Source("consumer.yaml", 3, 5)
VERSION = "//c:versionNumber"
FORWARDING = [VERSION, "//c:versionTimeStamp", "//c:reasonForVersion/c:typeOfReason/@code", "//c:recipient"]


def exchange(body: bytes, *, step: int = 0, inbound: bool = True) -> Exchange:
    message = Message((("Content-Type", "text/xml"),), body)
    return Exchange(
        "ProcessRequest", "http://x/", message, message, 200, "2026-11-21T10:00:00Z", 1, None, None, inbound, step
    )


def verdict(name: str, body: bytes, *earlier: Exchange, inbound: bool = True, **args: object) -> CheckResult:
    what = Seen(exchange(body, step=len(earlier), inbound=inbound), CONTRACT, NAMESPACES, earlier=earlier)
    return evaluate(Expectation(name, args, HERE), what, verifies=("BR-1",))


FIRST = referral("a#1")
SECOND = referral("a#1", version="2", reason="AR")


def test_the_same_message_is_unchanged_whatever_its_layout() -> None:
    other = FIRST.replace(b"><", b">\n  <").replace(b"xmlns:c=", b"xmlns:other=").replace(b"c:", b"other:")
    assert b"<other:requestId" in other
    result = verdict("unchanged", other, exchange(FIRST), since=1)
    assert result.verdict is Verdict.PASSED, result
    assert result.actual == "= #1"


@pytest.mark.parametrize(("now", "verdict_"), [("QUJD " * 20, Verdict.PASSED), ("QUJE " * 20, Verdict.FAILED)])
def test_base64_is_what_it_says_in_whatever_lines(now: str, verdict_: Verdict) -> None:
    first, second = (
        FIRST.replace(b"</c:request>", b"<c:a>%b</c:a></c:request>" % said.encode()) for said in ("QUJD" * 20, now)
    )
    assert first != FIRST
    assert verdict("unchanged", second, exchange(first), since=1).verdict is verdict_


def test_all_that_was_changed_is_told_by_place() -> None:
    result = verdict("unchanged", SECOND, exchange(FIRST), since=1)
    assert result.verdict is Verdict.FAILED
    changed = {(each.location.rpartition("/")[2], each.expected, each.actual) for each in result.findings}
    assert {("versionNumber", "1", "2"), ("@code", "NR", "AR")} <= changed
    assert all(each.line and each.direction is Direction.REQUEST for each in result.findings)


def test_parts_may_be_left_out_elements_and_attributes_alike() -> None:
    assert verdict("unchanged", SECOND, exchange(FIRST), since=1, but=FORWARDING).verdict is Verdict.PASSED
    named = {"version": VERSION, "reason": "//c:typeOfReason"}
    assert verdict("unchanged", SECOND, exchange(FIRST), since=1, but=named).verdict is Verdict.PASSED


def test_what_was_added_or_taken_away_is_a_change() -> None:
    added = FIRST.replace(b"<c:patient>", b"<c:patient><c:name/>", 1)
    assert added != FIRST
    gone = verdict("unchanged", FIRST, exchange(added), since=1)
    assert gone.verdict is Verdict.FAILED
    assert verdict("unchanged", added, exchange(FIRST), since=1).verdict is Verdict.FAILED
    assert "–" in {each.actual for each in gone.findings} | {each.expected for each in gone.findings}


def test_named_parts_are_compared_alone() -> None:
    paths = {
        "requestId": "//c:requestId/@extension",
        "patient": "//c:patient/c:personId",
        "payment": "//c:paymentCommitment",
    }
    assert verdict("unchanged", SECOND, exchange(FIRST), since=1, paths=paths).verdict is Verdict.PASSED
    other = SECOND.replace(b'extension="a#1"', b'extension="a#9"', 1)
    result = verdict("unchanged", other, exchange(FIRST), since=1, paths=paths)
    (finding,) = result.findings
    assert (finding.message.en, finding.expected, finding.actual) == ("requestId was changed.", "a#1", "a#9")
    assert verdict("unchanged", other, exchange(FIRST), since=1, paths=[*paths.values()]).verdict is Verdict.FAILED


def test_the_latest_message_of_the_step_is_meant_sent_or_received() -> None:
    earlier = (exchange(SECOND), exchange(FIRST, inbound=False), exchange(SECOND, step=1))
    assert verdict("unchanged", FIRST, *earlier, since=1).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"since": 3}, "step 3 has no message"),
        ({"since": 1, "paths": ["//c:nothing"]}, "none of the paths"),
        ({"since": 1, "but": ["//x:prefix"]}, "namespace"),
    ],
)
def test_a_mistake_in_the_suite_is_no_deviation(args: dict[str, Any], words: str) -> None:
    result = verdict("unchanged", FIRST, exchange(FIRST), **args)
    assert result.verdict is Verdict.ERROR
    assert result.note is not None
    assert words in result.note.en


def test_an_earlier_message_that_cannot_be_read_is_not_blamed_on_this_one() -> None:
    assert verdict("unchanged", FIRST, exchange(b"no XML"), since=1).verdict is Verdict.ERROR


def test_a_version_goes_up_by_one() -> None:
    result = verdict("next_version", SECOND, exchange(FIRST), since=1, path=VERSION)
    assert (result.verdict, result.expected, result.actual) == (Verdict.PASSED, "#1: 1 + 1", "2")
    zeros = SECOND.replace(b">2</c:versionNumber>", b">002</c:versionNumber>")
    assert zeros != SECOND
    assert verdict("next_version", zeros, exchange(FIRST), since=1, path=VERSION).verdict is Verdict.PASSED


@pytest.mark.parametrize("number", [b"1", b"3", b"", b"two", b"-2", b"2.0", b"9" * 5000, "٢".encode()])
def test_another_number_is_found(number: bytes) -> None:
    body = SECOND.replace(b">2</c:versionNumber>", b">" + number + b"</c:versionNumber>")
    result = verdict("next_version", body, exchange(FIRST), since=1, path=VERSION)
    assert result.verdict is Verdict.FAILED
    assert result.findings[0].expected == "2"


def test_an_earlier_message_without_a_number_is_the_suites_mistake() -> None:
    assert verdict("next_version", SECOND, exchange(FIRST), since=1, path="//c:none").verdict is Verdict.ERROR


@pytest.mark.parametrize(
    ("name", "args"), [("unchanged", {"since": 1}), ("next_version", {"since": 1, "path": VERSION})]
)
def test_replies_are_not_compared(name: str, args: dict[str, Any]) -> None:
    assert verdict(name, FIRST, exchange(FIRST), inbound=False, **args).verdict is Verdict.NOT_APPLICABLE


def test_a_fault_as_a_call_has_nothing_to_compare() -> None:
    fault = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        b"<faultcode>s:Server</faultcode><faultstring>x</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    assert verdict("unchanged", fault, exchange(FIRST), since=1).verdict is Verdict.FAILED
    assert replace(exchange(fault), step=1).step == 1
