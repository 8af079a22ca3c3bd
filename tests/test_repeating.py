"""A step that is sent several times: the periods of a time filter, and the pages of an answer in pieces; recorded and replayed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from lxml import etree

import tiny_world
from rivta import environment, suite
from rivta.check import vocabulary
from rivta.contract.message import open_envelope
from rivta.contract.records import RecordQuery, asked, is_asked_for, records_in
from rivta.model.case import Suite
from rivta.model.domain import Contract
from rivta.model.errors import Mistakes, UsageError
from rivta.model.exchange import Exchange, Message
from rivta.model.records import More, Records
from rivta.model.run import CaseResult
from rivta.model.words import Headers, Verdict
from rivta.run import Stage, run_case
from rivta.run.replay import replay_case
from simulated_clock import SimulatedClock
from stage_world import Onlooker
from test_replay import recorded

LOANS = "urn:riv:tiny:library:loan:GetLoansResponder:1"
RECORDS = Records(
    path="loan",
    id="loanId",
    patient="borrowerId/@extension",
    unit="branchId",
    times=("lentDate",),
    filters={"patient": "borrowerId/@extension", "unit": "branchId", "start": "period/from", "end": "period/to"},
    more=More("more", "reference"),
)
TEMPLATE = f"""\
<g:GetLoans xmlns:g="{LOANS}">
  <g:borrowerId root="1.2.752.129.2.1.3.1" extension="191212121212"/><g:branchId>B1</g:branchId>
  <g:period><g:from>${{interval.start-iso}}</g:from><g:to>${{interval.end-iso}}</g:to></g:period>
  <g:reference>${{page.reference}}</g:reference>
</g:GetLoans>
"""
SUITE = """\
contract: GetLoans
role: producer
title: Loans
data: {interval: {start-iso: "", end-iso: ""}, page: {reference: ""}}
cases:
  - id: "1"
    title: A case
    steps:
%s
"""
WHOLE = """\
      - {send: messages/asked.xml, filters: [patient], without: {schema: tiny, soap: tiny}, expect: [records: 3]}
"""
REPEATED = (
    WHOLE
    + """\
      - {send: messages/asked.xml, filters: [patient, start, end], for-each: %s, without: {schema: tiny}, expect: [time_filter: 1]}
"""
)
PAGES = """\
      - {send: messages/asked.xml, filters: [patient, more], for-each: %s, without: {schema: tiny}, expect: [paging: {}]}
"""
DAYS = {"1": "2026-09-01", "2": "2026-09-01", "3": "2026-09-20"}
Fault = Callable[[RecordQuery], RecordQuery]


@dataclass
class Library:
    """Answers by the request's filters, as `wrong` understands them; in pages of `page` loans. `asked` is what it was asked."""

    contract: Contract
    wrong: Fault = lambda asked: asked
    page: int = 10
    days: Mapping[str, str] = field(default_factory=lambda: DAYS)
    asked: Sequence[RecordQuery] = ()

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        request = open_envelope(body).payload
        assert request is not None
        wanted = asked(request, RECORDS)
        self.asked = (*self.asked, wanted)
        held = records_in(answer(self.days), RECORDS)
        fits = [each for each in held if is_asked_for(each, RECORDS, self.wrong(wanted))]
        at = int(wanted.reference or 0)
        given = {
            each.findtext("{*}loanId") or "": each.findtext("{*}lentDate") or "" for each in fits[at : at + self.page]
        }
        more = str(at + self.page) if at + self.page < len(fits) else ""
        response = Message((("Content-Type", "text/xml; charset=utf-8"),), enveloped(answer(given, more)))
        return Exchange(contract, url, Message(headers, body), response, 200, "2026-11-21T10:00:00.000Z", 1.0)


def answer(days: Mapping[str, str], more: str = "") -> etree._Element:
    loans = "".join(
        f'<g:loan><g:loanId>{id_}</g:loanId><g:borrowerId root="1" extension="191212121212"/><g:branchId>B1</g:branchId>'
        f"<g:lentDate>{day}</g:lentDate></g:loan>"
        for id_, day in days.items()
    )
    tail = f"<g:more>{more}</g:more>" if more else ""
    return etree.fromstring(f'<g:GetLoansResponse xmlns:g="{LOANS}">{loans}{tail}</g:GetLoansResponse>')


def enveloped(payload: etree._Element) -> bytes:
    return (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        + etree.tostring(payload)
        + b"</s:Body></s:Envelope>"
    )


def read(steps: str, folder: Path) -> Suite:
    domain = tiny_world.domain()
    loans = replace(domain.contracts["GetLoans"], records=RECORDS)
    known = type(domain.contracts)(loans if each.id == loans.id else each for each in domain.contracts.values())
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, folder / "domain")
    path = folder / "domain" / "GetLoans" / "producer.yaml"
    path.write_text(SUITE % steps, encoding="utf-8")
    (path.parent / "messages" / "asked.xml").write_text(TEMPLATE, encoding="utf-8")
    return suite.read(
        path, replace(domain, contracts=known, every_case={"soap": "GEN-SOAP", "schema": "GEN-SCHEMA"}), vocabulary()
    )


def played(steps: str, folder: Path, library: Library, seed: int = 1) -> CaseResult:
    here = read(steps, folder)
    return run_case(here.cases[0], Stage(here, environment.read(tiny_world.ENVIRONMENT), library, "run-1", seed=seed))


@pytest.fixture
def library() -> Library:
    return Library(tiny_world.domain().contracts["GetLoans"])


def periods(library: Library) -> list[tuple[str, str]]:
    return [(each.start, each.end) for each in library.asked]


def test_each_date_is_asked_for_once(tmp_path: Path, library: Library) -> None:
    result = played(REPEATED % "date", tmp_path, library)
    assert result.verdict is Verdict.PASSED, result
    assert periods(library) == [("", ""), ("2026-09-01", "2026-09-01"), ("2026-09-20", "2026-09-20")]
    assert [each.step for each in result.exchanges] == [0, 1, 1]
    judged = [check for check in result.checks if check.kind == "time_filter"]
    assert [check.exchange for check in judged] == [1, 2]
    assert [check.actual for check in judged] == ["1, 2", "3"]


def test_periods_are_drawn_by_the_seed_that_is_told(tmp_path: Path, library: Library) -> None:
    result = played(REPEATED % "{value: interval, number: 5}", tmp_path / "1", library, seed=7)
    assert result.verdict is Verdict.PASSED, result
    assert result.fixed["seed"] == "7"
    assert any(check.note and "by seed 7" in check.note.en for check in result.checks)
    assert len(library.asked) == 6
    assert all("2026-09-01" <= start <= end <= "2026-09-20" for start, end in periods(library)[1:])
    same, other = replace(library, asked=()), replace(library, asked=())
    played(REPEATED % "{value: interval, number: 5}", tmp_path / "2", same, seed=7)
    played(REPEATED % "{value: interval, number: 5}", tmp_path / "3", other, seed=8)
    assert periods(same) == periods(library) != periods(other)


@pytest.mark.parametrize("value", ["date", "{value: interval, number: 5}"])
def test_periods_that_all_records_lie_in_prove_no_filter(value: str, tmp_path: Path, library: Library) -> None:
    """A system that looks at no period answers the same."""
    of_one_day = replace(library, days=dict.fromkeys(DAYS, "2026-09-01"))
    for number, each in enumerate((of_one_day, replace(of_one_day, wrong=WRONG["no filter"][1]))):
        assert played(REPEATED % value, tmp_path / str(number), each).verdict is Verdict.NOT_PROVEN


def test_one_period_that_keeps_a_record_out_is_enough(tmp_path: Path, library: Library) -> None:
    of_two_days = replace(library, days={**DAYS, "3": "2026-09-02"})
    result = played(REPEATED % "{value: interval, number: 30}", tmp_path, of_two_days)
    judged = [check for check in result.checks if check.kind == "time_filter"]
    assert {check.actual for check in judged} >= {"1, 2, 3", "1, 2"}
    assert {check.verdict for check in judged} == {Verdict.PASSED}
    assert any(check.note and "keeps others out" in check.note.en for check in judged)


def test_a_period_before_all_dates_is_empty(tmp_path: Path, library: Library) -> None:
    result = played(REPEATED % "before", tmp_path, library)
    assert result.verdict is Verdict.PASSED, result
    assert periods(library)[1:] == [("2026-08-17", "2026-08-31")]


WRONG: dict[str, tuple[str, Fault]] = {
    "no filter": ("date", lambda asked: replace(asked, start="", end="")),
    "the last day left out": ("date", lambda asked: replace(asked, end=min(asked.end, "2026-09-19"))),
    "no filter, before all": ("before", lambda asked: replace(asked, start="", end="")),
}  # fmt: skip


@pytest.mark.parametrize("which", WRONG)
def test_a_filter_that_is_wrong_is_found(which: str, tmp_path: Path, library: Library) -> None:
    value, wrong = WRONG[which]
    assert played(REPEATED % value, tmp_path, replace(library, wrong=wrong)).verdict is Verdict.FAILED


def test_an_answer_without_dates_leaves_the_filter_open(tmp_path: Path, library: Library) -> None:
    nobody = replace(library, wrong=lambda _: RecordQuery({"patient": ("nobody",)}))
    result = played((REPEATED % "date").replace("records: 3", "records: {exactly: 0}"), tmp_path, nobody)
    assert result.verdict is Verdict.NOT_PROVEN
    assert result.reason is not None
    assert "no record with a date" in result.reason.en


def test_pages_are_asked_for_until_there_is_no_more(tmp_path: Path, library: Library) -> None:
    result = played(PAGES % "page", tmp_path, replace(library, page=1))
    assert result.verdict is Verdict.PASSED, result
    assert len(result.exchanges) == 3
    assert b"<g:reference>2</g:reference>" in result.exchanges[2].request.body
    assert b"reference" not in result.exchanges[0].request.body, "the first page is asked for without"


def test_pages_that_do_not_end_prove_nothing(tmp_path: Path, library: Library) -> None:
    result = played(PAGES % "{value: page, number: 2}", tmp_path, replace(library, page=1))
    assert result.verdict is Verdict.NOT_PROVEN


ATTEMPTS = """\
      - {send: messages/asked.xml, without: {schema: tiny}, for-each: {value: attempt, until: 'count(//*[local-name()="loan"]) = 3', number: %d, apart: 2 s}, capture: {last: "string((//*[local-name()='loan'])[3]/*[1])"}}
"""


@dataclass
class Late(Library):
    """A library that has one loan more each time that it is asked."""

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        exchange = Library.send(self, url, headers, body, contract)
        days = dict([*DAYS.items()][: len(self.asked)])
        answered = Message((("Content-Type", "text/xml; charset=utf-8"),), enveloped(answer(days)))
        return replace(exchange, response=answered)


def attempted(number: int, folder: Path, library: Library) -> tuple[CaseResult, Suite, float]:
    here, clock = read(ATTEMPTS % number, folder), SimulatedClock()
    stage = Stage(here, environment.read(tiny_world.ENVIRONMENT), library, "run-1", clock=clock)
    return run_case(here.cases[0], stage), here, clock.monotonic()


def test_a_message_is_sent_until_its_answer_is_as_it_is_to_be(tmp_path: Path, library: Library) -> None:
    result, here, passed = attempted(9, tmp_path, Late(library.contract))
    assert result.verdict is Verdict.PASSED, [each for each in result.checks if each.verdict is not Verdict.PASSED]
    assert (len(result.exchanges), passed) == (3, 4.0)
    told = next(each.note for each in result.checks if each.kind == "for-each")
    assert told is not None
    assert told.en == "Sent 3 times, until the answer was as it was to be."
    (again,) = replay_case(here.cases[0], here, environment.read(tiny_world.ENVIRONMENT), recorded(result))
    assert (again.verdict, len(again.exchanges)) == (Verdict.PASSED, 3)


def test_who_waits_for_the_next_attempt_is_told_each_second(tmp_path: Path, library: Library) -> None:
    here, looks_on = read(ATTEMPTS % 9, tmp_path), Onlooker()
    stage = Stage(
        here, environment.read(tiny_world.ENVIRONMENT), Late(library.contract), "run-1", clock=SimulatedClock()
    )
    run_case(here.cases[0], replace(stage, audience=looks_on))
    told = [(dict(each.wanted.when), each.seconds, each.within) for _, each in looks_on.waited]
    assert told == [({"attempt": n}, seconds, 2.0) for n in "23" for seconds in (0.0, 1.0)]


def test_attempts_that_do_not_end_prove_nothing(tmp_path: Path, library: Library) -> None:
    result, _, _ = attempted(2, tmp_path, Late(library.contract))
    assert result.verdict is Verdict.FAILED, "what is to be captured is not there"
    told = next(each for each in result.checks if each.kind == "for-each")
    assert (told.verdict, len(result.exchanges)) == (Verdict.NOT_PROVEN, 2)


REFUSED = {
    "attempts without an end": ((REPEATED % "attempt"), "attempts go on until an answer is as it is to be"),
    "an end of what ends by itself": ((REPEATED % "{value: page, until: //a}"), "attempts go on until"),
    "an end that is no expression": ((REPEATED % "{value: attempt, until: '//['}"), "XPath"),
    "a filter that the contract does not have": (
        WHOLE.replace("[patient]", "[patient, unti]"),
        "unknown filter “unti”",
    ),
    "an answer that comes later": ((REPEATED % "{value: date, of: 2}"), "step 2 is no earlier step"),
    "a value that there is not": ((REPEATED % "dates"), "date"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_a_mistake_is_told(which: str, tmp_path: Path) -> None:
    steps, told = REFUSED[which]
    with pytest.raises((UsageError, Mistakes), match=told):
        read(steps, tmp_path)
