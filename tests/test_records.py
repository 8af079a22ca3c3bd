"""`records:` of a contract: what it says, its mistakes, and which records a request asks for."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from rivta import contract
from rivta.contract.records import asked, is_asked_for, is_in_period, records_in, value_at, values_at
from rivta.model.errors import UsageError
from rivta.model.records import Records

TINY = Path(__file__).parent / "domains" / "suites" / "tiny.library.loan"
LOANS = Records(
    path="loan",
    id="loanId",
    patient="borrowerId/@extension",
    unit="branchId",
    times=("lentDate",),
    filters={"patient": "borrowerId/@extension", "start": "lentFrom"},
)
"""As the tiny domain says it."""


def test_a_contract_knows_its_records() -> None:
    domain = contract.read_domain(TINY)
    assert domain.contracts["GetLoans"].records == LOANS
    assert domain.contracts["RegisterLoan@2"].records is None
    assert LOANS.chosen_by == {"patient": "borrowerId/@extension", "unit": "branchId"}


WRONG = {
    "a path that the schema does not have": ("path: loan", "path: lown", "there is no lown in GetLoansResponse", "lown", "did you mean “loan”?"),
    "what does not repeat": ("path: loan", "path: loan/title", "title stands there only once", "loan/title", "once for each record"),
    "a step of a record": ("id: loanId", "id: loanID", "there is no loanID in loan", "loanID", "did you mean “loanId”?"),
    "a step below text": ("id: loanId", "id: loanId/root", "there is no root in loanId", "root", "loanId holds text alone"),
    "an attribute": ("patient: borrowerId/@extension", "patient: borrowerId/@extention", "there is no @extention in borrowerId", "@extention", "“@extension”"),
    "an element that holds no text": ("patient: borrowerId/@extension\n", "patient: borrowerId/@extension\n      more: {reference: loan, asked: lentFrom}\n", "loan holds elements, no text", "loan, asked", "go on to one of them; known here: "),
    "a time": ("times: [lentDate]", "times: [dueDate, lent]", "there is no lent in loan", "lent]", "lentDate"),
    "a filter of the request": ("start: lentFrom", "start: lentTo", "there is no lentTo in GetLoans", "lentTo", "did you mean “lentFrom”?"),
    "a filter on what no record says": ("start: lentFrom", "source: lentFrom", "nothing says where a record has what the filter “source” chooses by", "source: lent", "say source: beside path:"),
    "a filter of an unknown name": ("start: lentFrom", "unitt: lentFrom", "chooses by", "unitt: lent", "did you mean “unit”?; names of your own stand under also:"),
    "a filter on time without times": ("      times: [lentDate]\n", "", "nothing says where a record has what the filter “start” chooses by", "start: lent", "say times:"),
    "ends that the rule does not know": ("times: [lentDate]", "times: [lentDate]\n      ends: [dueDate]", "only rule: fallback knows of ends", "[dueDate]", "say rule: fallback"),
    "an unknown rule": ("times: [lentDate]", "times: [lentDate]\n      rule: spam", "one of any_in_range, span, fallback is wanted", "spam", "did you mean “span”?"),
    "a name that has its place": ("unit: branchId", "also: {unit: branchId}", "a name other than those above is wanted", "unit: branchId}", ""),
}  # fmt: skip


@pytest.mark.parametrize("which", WRONG)
def test_a_mistake_is_shown_with_a_caret_and_a_remedy(which: str, tmp_path: Path) -> None:
    old, new, said, at, remedy = WRONG[which]
    shutil.copytree(TINY, tmp_path / "tiny")
    path = tmp_path / "tiny" / "domain.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("    records:")
    assert old in text[start:]
    path.write_text(text[:start] + text[start:].replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        contract.read_domain(tmp_path / "tiny")
    assert remedy in caught.value.todo
    assert caught.value.source is not None
    assert caught.value.source.text[caught.value.source.column - 1 :].startswith(at)


def parsed(text: str) -> etree._Element:
    return etree.fromstring(text)


def loan(id_: str, person: str, day: str = "2026-09-01", branch: str = "B1") -> str:
    return (
        f"<loan><loanId>{id_}</loanId><borrowerId root='1' extension='{person}'/><branchId> {branch} </branchId>"
        f"<lentDate>{day}</lentDate></loan>"
    )


def test_a_request_gets_what_it_chooses() -> None:
    answer = parsed(f"<a xmlns='urn:a'>{loan('1', 'anna')}{loan('2', 'bo')}{loan('3', 'anna', '2026-09-15', 'B2')}</a>")

    def given(request: str, records: Records = LOANS, besides: tuple[str, ...] = ()) -> list[str]:
        wanted = asked(parsed(f"<q xmlns='urn:q'>{request}</q>"), records)
        return [
            value_at(each, "loanId")
            for each in records_in(answer, records)
            if is_asked_for(each, records, wanted, besides)
        ]

    of_anna = "<borrowerId root='1' extension='anna'/>"
    assert given(of_anna) == ["1", "3"]
    assert given(of_anna, besides=("patient",)) == ["1", "2", "3"]
    assert given(f"{of_anna}<lentFrom>2026-09-02</lentFrom>") == ["3"]
    assert given(f"{of_anna}<lentFrom>2026-09-02</lentFrom>", besides=("period",)) == ["1", "3"]
    by_unit = replace(LOANS, filters={"unit": "at"})
    assert given("<at>B2</at><at>B3</at>", by_unit) == ["3"], "any of those that are named"
    assert given("<at> </at>", by_unit) == ["1", "2", "3"], "a filter without a value"


def test_values_are_the_texts_of_a_path() -> None:
    record = parsed(loan("1", "anna"))
    assert values_at(record, "borrowerId/@extension") == ("anna",)
    assert values_at(record, "branchId") == ("B1",)
    assert values_at(record, "title") == ()
    assert values_at(parsed("<a b='c'/>"), "@b") == ("c",)


ANY = replace(LOANS, times=("first", "second"))
SPAN = replace(ANY, rule="span")
FALLBACK = replace(ANY, rule="fallback", ends=("until", "obsolete"))
BOTH = "<first>20260110120000</first><second>20260120120000</second>"
PERIODS = [
    (ANY, BOTH, "20260110", "20260110", True, "a day holds all of its moments"),
    (ANY, BOTH, "20260111", "20260119", False, "between the two"),
    (SPAN, BOTH, "20260111", "20260119", True, "neither all before nor all after"),
    (ANY, BOTH, "20260120", "20260131", True, "the first day is in the period"),
    (ANY, BOTH, "20260121", "20260131", False, "a day too late"),
    (SPAN, BOTH, "20260121", "20260131", False, "all before"),
    (ANY, BOTH, "20260101", "20260110", True, "the last day is in the period"),
    (SPAN, BOTH, "20260101", "20260109", False, "all after"),
    (ANY, BOTH, "20260120120001", "20260131000000", False, "a second too late"),
    (ANY, BOTH, "2026-01-20T12:00:00", "2026-01-20T12:00:00", True, "however it is written"),
    (ANY, BOTH, "20260120", "", True, "open at its end"),
    (ANY, BOTH, "", "20260109", False, "open at its start"),
    (ANY, "", "20260101", "20261231", False, "without any time"),
    (SPAN, "", "20260101", "20261231", False, "without any time"),
    (ANY, "", "", "", True, "no period is asked for"),
    (FALLBACK, BOTH, "20300101", "20300102", True, "open at its end"),
    (FALLBACK, BOTH, "20260101", "20260109", False, "begins later"),
    (FALLBACK, "<second>20260120</second>", "20260101", "20260119", False, "the second, where the first is not there"),
    (FALLBACK, f"{BOTH}<until>20260301</until>", "20260301", "20260401", True, "ends on the first day"),
    (FALLBACK, f"{BOTH}<until>20260301</until><obsolete>20260215</obsolete>", "20260216", "20260401", False, "the earlier end"),
    (FALLBACK, "<until>20260301</until>", "19000101", "19000102", True, "no start is open"),
]  # fmt: skip


@pytest.mark.parametrize("one", PERIODS, ids=lambda one: f"{one[0].rule} {one[-1]}")
def test_a_record_lies_in_a_period_by_one_of_three_rules(one: tuple[Records, str, str, str, bool, str]) -> None:
    records, times, start, end, is_in, why = one
    assert is_in_period(parsed(f"<loan>{times}</loan>"), records, start, end) is is_in, why
