"""Checks of the records of an answer: on tiny answers of a reading contract, each right and wrong in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import tiny_world
from rivta.check import Seen, evaluate
from rivta.model.exchange import Exchange, Message
from rivta.model.records import More, Records
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Expectation
from rivta.model.words import Source, Text, Verdict
from rivta.plugin.steps import of_findings

HERE = Source("suite.yaml", 3, 5, "  - records: 1")
LOANS = "urn:riv:tiny:library:loan:GetLoansResponder:1"
NAMESPACES = {"g": LOANS, "c": "urn:riv:tiny:library:loan:2"}
RECORDS = Records(
    path="loan",
    id="id",
    patient="person/@extension",
    unit="unit",
    source="source",
    approved="approved",
    times=("lent", "signed"),
    filters={"patient": "person/@extension", "unit": "unit", "start": "period/start", "end": "period/end"},
    more=More("more/reference", "reference"),
)


def loan(id_: str, **said: str) -> str:
    told = {"unit": "E1", "source": "SE1", "lent": "20260901", "approved": "true", **said}
    parts = "".join(f"<c:{name}>{value}</c:{name}>" for name, value in told.items() if value != "none")
    return f'<g:loan><c:id>{id_}</c:id><c:person root="1" extension="191212121212"/>{parts}</g:loan>'


def question(start: str = "", end: str = "", unit: str = "") -> bytes:
    asked = f"<g:unit>{unit}</g:unit>" if unit else ""
    asked += f"<g:period><g:start>{start}</g:start><g:end>{end}</g:end></g:period>" if start else ""
    return enveloped(f'<g:GetLoans xmlns:g="{LOANS}"><g:person root="1" extension="191212121212"/>{asked}</g:GetLoans>')


def answer(*loans: str, more: str = "") -> bytes:
    tail = f"<g:more><g:reference>{more}</g:reference></g:more>" if more else ""
    return enveloped(
        f'<g:GetLoansResponse xmlns:g="{LOANS}" xmlns:c="{NAMESPACES["c"]}">{"".join(loans)}{tail}</g:GetLoansResponse>'
    )


def enveloped(body: str, address: str = "SE1") -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<a:LogicalAddress xmlns:a="urn:riv:itintegration:registry:1">{address}</a:LogicalAddress></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


FAULT = enveloped("<s:Fault><faultcode>s:Server</faultcode><faultstring>log-1</faultstring></s:Fault>")


def exchange(body: bytes, request: bytes = b"", step: int = 0) -> Exchange:
    asked, answered = Message((), request or question()), Message((), body)
    return Exchange("GetLoans", "http://here/", asked, answered, 200, "2026-11-21T10:00:00.000Z", 1.0, step=step)


def seen(
    *loans: str, request: bytes = b"", earlier: tuple[Exchange, ...] = (), body: bytes = b"", step: int = 1
) -> Seen:
    contract = replace(
        tiny_world.domain().contracts["GetLoans"],
        records=RECORDS,
        header="{urn:riv:itintegration:registry:1}LogicalAddress",
    )
    return Seen(exchange(body or answer(*loans), request, step), contract, NAMESPACES, earlier=earlier)


def verdict(name: str, what: Seen, /, **args: object) -> CheckResult:
    return evaluate(Expectation(name, args, HERE), what, verifies=("R-1",))


def called(start: str = "", end: str = "", unit: str = "") -> Seen:
    """The same as a call that we received."""
    plain = seen(request=question(start, end, unit))
    return replace(plain, exchange=replace(plain.exchange, inbound=True))


ONE, TWO = loan("1"), loan("2", unit="E2", lent="20260915", signed="20261001103000")
BO = loan("3", unit="E2").replace("191212121212", "201212121212")
ALL = (exchange(answer(ONE, TWO)),)
FIRST_PAGE = (exchange(answer(ONE, more="p2"), step=1),)
"""What an earlier step was answered, and a page before in the same one."""
CV = "<c:title>R&amp;D &lt;åäö&gt;</c:title>"
PDF = "<c:file> JVBE\nRi0x </c:file>"

PASSES: dict[str, Callable[[], CheckResult]] = {
    "records": lambda: verdict("records", seen(ONE)),
    "records, ten and at least nine": lambda: verdict("records", seen(*(loan(f"{n}") for n in range(10))), min=9),
    "records, exactly none": lambda: verdict("records", seen(), exactly=0),
    "any exists": lambda: verdict("any", seen(ONE, TWO), path="c:signed"),
    "any absent": lambda: verdict("any", seen(ONE, TWO), path="c:signed", absent=True),
    "any equals, of a part": lambda: verdict("any", seen(ONE, TWO), part="unit", equals="E2"),
    "any, a truth that is false": lambda: verdict("any", seen(ONE, TWO), path="c:unit = 'E1'", equals="false"),
    "any, a number": lambda: verdict("any", seen(ONE, TWO), **{"path": "count(c:unit)", "in": ["1", "2"]}),
    "any condition": lambda: verdict("any", seen(ONE, TWO), path="c:signed and not(c:unit = 'E1')"),
    "all exist": lambda: verdict("all", seen(ONE, TWO), path="c:lent"),
    "all in": lambda: verdict("all", seen(ONE, TWO), **{"part": "unit", "in": ["E1", "E2"]}),
    "all equal": lambda: verdict("all", seen(ONE, TWO), part="patient", equals="191212121212"),
    "all that say it": lambda: verdict("all", seen(ONE, loan("2", signed="20260902")), path="c:signed", equals="20260902", or_absent=True),
    "all absent": lambda: verdict("all", seen(ONE), path="c:signed", absent=True),
    "filtered": lambda: verdict("filtered", seen(TWO, request=question(unit="E2"))),
    "filtered, beside an earlier answer": lambda: verdict(
        "filtered", seen(TWO, request=question(unit="E2"), earlier=ALL), since=1
    ),
    "time_filter": lambda: verdict("time_filter", seen(ONE, request=question("20260901", "20260901"), earlier=ALL), since=1),
    "time_filter, by another time": lambda: verdict(
        "time_filter", seen(TWO, request=question("20261001", "20261001"), earlier=ALL), since=1
    ),
    "time_filter, before all": lambda: verdict(
        "time_filter", seen(request=question("20260801", "20260815"), earlier=ALL), since=1
    ),
    "time_filter, where there is more": lambda: verdict(
        "time_filter",
        seen(body=answer(ONE, more="p2"), request=question("20260901", "20260930"), earlier=(exchange(answer(ONE, TWO, loan("3", lent="20261101"))),)),
        since=1,
    ),
    "time_filter, where there was more before": lambda: verdict(
        "time_filter",
        seen(TWO, request=question("20260915", "20260915"), earlier=(exchange(answer(ONE, more="p2")),)),
        since=1,
    ),
    "addressed": lambda: verdict("addressed", seen(ONE, TWO)),
    "distinct": lambda: verdict("distinct", seen(ONE, TWO)),
    "filtered, by one filter alone": lambda: verdict("filtered", seen(ONE, request=question("20260801", "20260802")), by=["patient"]),
    "filtered, beside what another filter should have kept out": lambda: verdict(
        "filtered", seen(TWO, BO, request=question(unit="E2"), earlier=ALL), since=1, by=["unit"]
    ),
    "asks": lambda: verdict("asks", called(unit="E2"), by="unit", equals="E2"),
    "asks, whatever it is": lambda: verdict("asks", called("20260901", "20260902"), by="start"),
    "compare fewer": lambda: verdict("compare", seen(ONE, earlier=ALL), since=1, gives="fewer"),
    "compare same-set": lambda: verdict("compare", seen(TWO, loan("1", unit="E9"), earlier=ALL), since=1, gives="same-set"),
    "compare same": lambda: verdict("compare", seen(TWO, ONE, earlier=ALL), since=1, gives="same"),
    "compare same, all but": lambda: verdict(
        "compare", seen(TWO, loan("1", unit="E9"), earlier=ALL), since=1, gives="same", but=["c:unit"]
    ),
    "compare others": lambda: verdict("compare", seen(loan("3"), earlier=ALL), since=1, gives="others"),
    "paging": lambda: verdict("paging", seen(TWO, earlier=FIRST_PAGE)),
    "paging, the first page": lambda: verdict("paging", seen(body=answer(ONE, more="p2"))),
    "special_characters": lambda: verdict("special_characters", seen(CV), text="R&D <åäö>"),
    "base64": lambda: verdict("base64", seen(PDF), path="//c:file", max_bytes=6),
    "base64, in an attribute": lambda: verdict("base64", seen('<c:file a="JVBERi0x"/>'), path="//c:file/@a", max_bytes=6),
    "base64, as a text": lambda: verdict("base64", seen(PDF), path="string(//c:file)", max_bytes=6),
    "docbook": lambda: verdict(
        "docbook", seen("<c:t>&lt;article&gt;&lt;para/&gt;&lt;/article&gt;</c:t><c:t>plain</c:t>"), path="//c:t", elements=["article", "para"]
    ),
}  # fmt: skip

FAILS: dict[str, tuple[Callable[[], CheckResult], str]] = {
    "records: none": (lambda: verdict("records", seen()), "another number"),
    "records: nine and at least ten": (
        lambda: verdict("records", seen(*(loan(f"{n}") for n in range(9))), min=10),
        "another number",
    ),
    "records: one where there is to be none": (lambda: verdict("records", seen(ONE), exactly=0), "another number"),
    "records: a fault where there is to be none": (
        lambda: verdict("records", seen(body=FAULT), exactly=0),
        "holds no records",
    ),
    "records: exactly as many, and too few": (lambda: verdict("records", seen(ONE), exactly=1, min=2), "another number"),
    "records: another contract's answer": (
        lambda: verdict("records", seen(body=FAULT.replace(b"s:Fault", b"s:Other")), exactly=0),
        "no answer of the contract's",
    ),
    "any: one of two wishes": (
        lambda: verdict("any", seen(ONE), **{"part": "unit", "equals": "E1", "in": ["E2"]}),
        "No record",
    ),
    "all: absent, and another value": (
        lambda: verdict("all", seen(ONE), path="c:signed", absent=True, equals="1"),
        "The record 1 is not so",
    ),
    "any: none": (lambda: verdict("any", seen(ONE), path="c:signed"), "No record"),
    "any: blank": (lambda: verdict("any", seen(loan("1", signed=" ")), path="c:signed"), "No record"),
    "any: a truth to be absent": (lambda: verdict("any", seen(ONE), path="c:unit = 'E1'", absent=True), "No record"),
    "any: a truth that is false": (lambda: verdict("any", seen(ONE), path="c:unit = 'E1'", equals="false"), "No record"),
    "any: another number": (lambda: verdict("any", seen(ONE), path="count(c:unit)", equals="9"), "No record"),
    "any: false": (lambda: verdict("any", seen(ONE), path="c:signed and c:unit"), "No record"),
    "all: one without": (lambda: verdict("all", seen(ONE, TWO), path="c:signed"), "The record 1 is not so"),
    "all: another value of those that say it": (
        lambda: verdict("all", seen(ONE, loan("2", signed="20260902")), path="c:signed", equals="1", or_absent=True),
        "The record 2 is not so",
    ),
    "all: another value": (lambda: verdict("all", seen(ONE, TWO), part="unit", equals="E1"), "The record 2 is not so"),
    "filtered: another unit": (lambda: verdict("filtered", seen(ONE, TWO, request=question(unit="E2"))), "record 1 is not"),
    "filtered: one is missing": (
        lambda: verdict("filtered", seen(request=question(unit="E2"), earlier=ALL), since=1),
        "The record 2 was asked for",
    ),
    "time_filter: the day after": (
        lambda: verdict("time_filter", seen(ONE, request=question("20260902", "20260914"), earlier=ALL), since=1),
        "The record 1 is not among",
    ),
    "time_filter: one is missing on its last day": (
        lambda: verdict("time_filter", seen(ONE, request=question("20260901", "20260915"), earlier=ALL), since=1),
        "The record 2 was asked for",
    ),
    "time_filter: one that was not there before": (
        lambda: verdict("time_filter", seen(ONE, loan("3"), request=question("20260901", "20260901"), earlier=ALL), since=1),
        "The record 3 is not among",
    ),
    "distinct: an id twice": (lambda: verdict("distinct", seen(ONE, loan("1"))), "more than once"),
    "distinct: a blank id": (lambda: verdict("distinct", seen(ONE, loan(" "))), "is blank"),
    "asks: another": (lambda: verdict("asks", called(unit="E1"), by="unit", equals="E2"), "does not ask by"),
    "asks: nothing": (lambda: verdict("asks", called(), by="unit"), "does not ask by"),
    "addressed: another source": (lambda: verdict("addressed", seen(loan("1", source="SE2"))), "another source"),
    "compare: not fewer": (lambda: verdict("compare", seen(ONE, TWO, earlier=ALL), since=1, gives="fewer"), "another number"),
    "compare: none where fewer are wanted": (
        lambda: verdict("compare", seen(earlier=ALL), since=1, gives="fewer"),
        "another number",
    ),
    "compare: fewer, and a new one": (
        lambda: verdict("compare", seen(loan("3"), earlier=ALL), since=1, gives="fewer"),
        "The record 3",
    ),
    "compare: not all": (lambda: verdict("compare", seen(ONE, earlier=ALL), since=1, gives="same-set"), "The record 2"),
    "compare: no more than before": (
        lambda: verdict("compare", seen(ONE, TWO, earlier=ALL), since=1, gives="more"),
        "another number",
    ),
    "compare: changed": (
        lambda: verdict("compare", seen(TWO, loan("1", unit="E9"), earlier=ALL), since=1, gives="same"),
        "unit was changed",
    ),
    "compare: one of them twice": (
        lambda: verdict("compare", seen(ONE, TWO, ONE, earlier=ALL), since=1, gives="same"),
        "The record 1 stands there another number of times",
    ),
    "compare: one of them twice before": (
        lambda: verdict("compare", seen(ONE, earlier=(exchange(answer(ONE, ONE)),)), since=1, gives="same"),
        "The record 1 stands there another number of times",
    ),
    "compare: the same where others are wanted": (
        lambda: verdict("compare", seen(ONE, earlier=ALL), since=1, gives="others"),
        "The record 1",
    ),
    "paging: again": (lambda: verdict("paging", seen(ONE, earlier=FIRST_PAGE)), "on a page before"),
    "paging: in a circle": (lambda: verdict("paging", seen(body=answer(TWO, more="p2"), earlier=FIRST_PAGE)), "given already"),
    "paging: an empty page": (lambda: verdict("paging", seen(body=answer(more="p3"), earlier=FIRST_PAGE)), "holds no records"),
    "special_characters: escaped twice": (
        lambda: verdict("special_characters", seen("<c:t>R&amp;amp;D</c:t>"), text="R&D"),
        "escaped twice",
    ),
    "special_characters: misread": (
        lambda: verdict("special_characters", seen("<c:t>Ã¥Ã¤Ã¶</c:t>"), text="åäö"),
        "another encoding",
    ),
    "special_characters: lost": (lambda: verdict("special_characters", seen("<c:t>???</c:t>"), text="åäö"), "letters lost"),
    "special_characters: not there": (lambda: verdict("special_characters", seen(ONE), text="R&D"), "lacks"),
    "base64: stray letters": (lambda: verdict("base64", seen("<c:file>JVBE!Ri0x</c:file>"), path="//c:file"), "no base64"),
    "base64: empty": (lambda: verdict("base64", seen("<c:file/>"), path="//c:file"), "no base64"),
    "base64: too large": (lambda: verdict("base64", seen(PDF), path="//c:file", max_bytes=5), "too large"),
    "base64: nothing": (lambda: verdict("base64", seen(ONE), path="//c:file"), "lacks"),
    "docbook: an element that is not allowed": (
        lambda: verdict("docbook", seen("<c:t>&lt;article&gt;&lt;b/&gt;&lt;/article&gt;</c:t>"), path="//c:t", elements=["article"]),
        "not allowed",
    ),
    "docbook: not well-formed": (
        lambda: verdict("docbook", seen("<c:t>&lt;article&gt;</c:t>"), path="//c:t", elements=["article"]),
        "not well-formed",
    ),
    "docbook: none": (lambda: verdict("docbook", seen("<c:t>plain</c:t>"), path="//c:t", elements=["article"]), "lacks"),
}  # fmt: skip


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
    assert any(words in finding.message.en for finding in result.findings), result.findings


def test_an_answer_that_is_given_whole_shows_nothing_of_pages() -> None:
    result = verdict("paging", seen(ONE))
    assert result.verdict is Verdict.NOT_PROVEN
    assert result.note is not None


def test_where_there_are_no_records_or_none_is_kept_out_nothing_is_shown() -> None:
    assert verdict("any", seen(), path="c:signed", absent=True).verdict is Verdict.NOT_PROVEN
    assert verdict("all", seen(), path="c:lent").verdict is Verdict.NOT_PROVEN
    assert verdict("all", seen(ONE), path="c:signed", equals="1", or_absent=True).verdict is Verdict.NOT_PROVEN
    assert verdict("distinct", seen()).verdict is Verdict.NOT_PROVEN
    everything = seen(ONE, earlier=(exchange(answer(ONE)),), request=question(unit="E1"))
    assert verdict("filtered", everything, since=1, by=["unit"]).verdict is Verdict.NOT_PROVEN
    of_nobody = seen(earlier=ALL, request=question(unit="E9"))
    assert verdict("filtered", of_nobody, since=1).verdict is Verdict.NOT_PROVEN
    assert verdict("filtered", seen(request=question(unit="E1"))).verdict is Verdict.NOT_PROVEN
    assert verdict("addressed", seen()).verdict is Verdict.NOT_PROVEN


@pytest.mark.parametrize("gives", ["same", "same-set", "more", "others"])
def test_beside_an_answer_without_records_nothing_is_shown(gives: str) -> None:
    after_nothing = seen(ONE, earlier=(exchange(answer()),))
    assert verdict("compare", after_nothing, since=1, gives=gives).verdict in (Verdict.NOT_PROVEN, Verdict.FAILED)
    assert verdict("compare", seen(earlier=(exchange(answer()),)), since=1, gives=gives).verdict is not Verdict.PASSED
    within = seen(earlier=(exchange(answer()),), request=question(start="20260101", end="20261231"))
    assert verdict("time_filter", within, since=1).verdict is Verdict.NOT_PROVEN


def test_a_period_that_every_record_lies_in_shows_nothing_but_what_is_missing() -> None:
    whole = question("20260901", "20260930")
    result = verdict("time_filter", seen(ONE, TWO, request=whole, earlier=ALL), since=1)
    assert result.verdict is Verdict.NOT_PROVEN
    assert result.note is not None
    assert "keeps others out" in result.note.en
    assert verdict("time_filter", seen(ONE, request=whole, earlier=ALL), since=1).verdict is Verdict.FAILED


def test_a_period_that_nobody_asked_for_is_the_suites_to_mend() -> None:
    assert verdict("time_filter", seen(ONE, earlier=ALL), since=1).verdict is Verdict.ERROR
    assert verdict("compare", seen(ONE), since=1, gives="same").verdict is Verdict.ERROR
    assert verdict("all", seen(ONE), part="contact", equals="1").verdict is Verdict.ERROR


@pytest.mark.parametrize("name", ["unit", "period", "untit"])
def test_nor_is_a_filter_that_the_request_does_not_have(name: str) -> None:
    assert verdict("filtered", seen(ONE), by=[name]).verdict is Verdict.ERROR


def test_a_source_that_the_domain_does_not_place_is_the_suites_to_mend() -> None:
    without = seen(ONE)
    bare = replace(without.contract, records=replace(RECORDS, source=""))
    assert verdict("addressed", replace(without, contract=bare)).verdict is Verdict.ERROR


def test_a_wish_that_could_not_fail_is_the_suites_to_mend() -> None:
    for kind in ("any", "all"):
        assert verdict(kind, seen(ONE), path="count(c:signed)").verdict is Verdict.ERROR
        assert verdict(kind, seen(ONE), path="string(c:signed)", exists=True).verdict is Verdict.ERROR
    assert verdict("all", seen(ONE), path="c:unit = 'E9'", or_absent=True).verdict is Verdict.ERROR
    assert verdict("any", seen(ONE), path="c:unit", part="id").verdict is Verdict.ERROR
    assert verdict("records", seen(), min=0).verdict is Verdict.ERROR


def test_a_record_that_is_missing_is_told_with_what_was_asked_for_and_its_own_time() -> None:
    asked = seen(request=question("20260901", "20260930"), earlier=ALL)
    (finding, *_) = verdict("time_filter", asked, since=1).findings
    assert (finding.record, finding.expected) == ("1", "20260901–20260930: 1 (20260901)")
    (finding,) = verdict("filtered", seen(TWO, request=question(unit="E1")), by=["unit"]).findings
    assert (finding.record, finding.expected, finding.actual) == ("2", "patient = 191212121212, unit = E1", "2 (E2)")


@pytest.mark.parametrize("between", ["", "\n"])
def test_the_record_that_is_meant_is_shown_and_no_other(between: str) -> None:
    body = answer(*(loan(f"L-{n}", unit=f"E{n}") + between for n in range(9)))
    finding = Finding(Text.same("The record L-7 is not so."), location="g:loan[8]", actual="E7", record="L-7")
    meant = [line.strip() for _, line, is_meant in of_findings(body, [finding], str) if is_meant]
    assert all("L-7" in line or "E7" in line for line in meant)
    assert any("L-7" in line for line in meant)
    absent = replace(finding, record="L-77", location="")
    assert not any(is_meant for _, _, is_meant in of_findings(body, [absent], str))
