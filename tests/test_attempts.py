"""A case that was played again in an attempt's place: both are told, the later one counts, whatever is made of the run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import report_sample as sample
from rivta import evidence
from rivta.declaration import proven
from rivta.declaration.dossier import Dossier
from rivta.model.declaration import Declaration
from rivta.model.run import CaseResult, Papers, Superseding
from rivta.model.words import Verdict
from rivta.report import attestation, data, failures, html, pdf, tables

WRONG = next(each for each in sample.results() if each.verdict is Verdict.FAILED and each.checks)
RIGHT = next(each for each in sample.results() if each.verdict is Verdict.PASSED)
AGAIN = replace(
    WRONG,
    verdict=Verdict.PASSED,
    checks=tuple(replace(each, verdict=Verdict.PASSED, findings=()) for each in WRONG.checks),
    supersedes=Superseding(1, "Karin Provare", "Fel patient var uppe"),
)


def declared(*results: CaseResult) -> Declaration:
    return proven.of(replace(sample.run(), results=results, strays=()))


def states(declaration: Declaration) -> set[Verdict]:
    """What the requirements of the case that went wrong came to."""
    ids = {id_ for check in WRONG.checks for id_ in check.verifies}
    return {row.verdict for rows in declaration.rows.values() for row in rows if row.requirement.id in ids}


def test_the_later_attempt_counts_and_the_earlier_does_not() -> None:
    both, one = declared(WRONG, AGAIN), declared(replace(AGAIN, supersedes=None))
    assert both.run.counted == (AGAIN,)
    assert both.run.cases == (AGAIN,)
    assert states(both) == states(one)
    assert Verdict.FAILED not in states(both)
    assert [*failures.of(both)] == []
    assert data.build(both)["outcome"] == "conforms"


def test_without_a_word_of_it_both_count() -> None:
    assert Verdict.FAILED in states(declared(WRONG, replace(AGAIN, supersedes=None)))


@pytest.mark.parametrize("attempt", [0, -1, 2, 3, 99])
def test_an_attempt_supersedes_none_but_an_earlier_one(attempt: int) -> None:
    changed = replace(AGAIN, supersedes=Superseding(attempt, "Karin", "x"))
    assert declared(WRONG, changed).run.counted == (WRONG, changed)


def test_of_many_attempts_only_the_last_counts() -> None:
    third = replace(AGAIN, supersedes=Superseding(2, "Karin", "igen"))
    assert declared(WRONG, RIGHT, AGAIN, third).run.counted == (RIGHT, third)


def test_no_figure_is_made_of_what_does_not_count() -> None:
    both, one = declared(WRONG, AGAIN), declared(replace(AGAIN, supersedes=None))
    told, alone = data.build(both), data.build(one)
    assert [each["counts"] for each in told["cases"]] == [False, True]
    assert [told[part] for part in ("coverage", "figures", "outcome", "deviations")] == [
        alone[part] for part in ("coverage", "figures", "outcome", "deviations")
    ]
    assert tables.coverage(both) == tables.coverage(one)
    assert attestation.predicate(Dossier(both, Papers()))["failedTests"] == []


def test_the_table_of_cases_says_what_does_not_count() -> None:
    _, first, second = tables.log(declared(WRONG, AGAIN)).decode("utf-8-sig").splitlines()
    assert "Räknas inte: ersatt av försök 2. Karin Provare: Fel patient var uppe" in first
    assert "Ersätter försök 1, som inte räknas." in second


def test_the_first_words_say_how_many_attempts_do_not_count() -> None:
    assert "Försök som gjordes om och inte räknas: 1." in html.render(declared(WRONG, AGAIN), "sv").decode()
    assert "gjordes om" not in html.render(declared(WRONG, replace(AGAIN, supersedes=None)), "sv").decode()


def test_the_report_tells_both() -> None:
    text = html.render(declared(WRONG, AGAIN), "sv").decode()
    assert "Räknas inte: ersatt av försök 2. Karin Provare: Fel patient var uppe" in text
    assert "Ersätter försök 1, som inte räknas. Karin Provare: Fel patient var uppe" in text
    told = [
        (each["attempt"], each["verdict"], each["supersedes"]) for each in data.build(declared(WRONG, AGAIN))["cases"]
    ]
    why = {"attempt": 1, "by": "Karin Provare", "reason": "Fel patient var uppe"}
    assert told == [(1, "failed", None), (2, "passed", why)]


def test_a_requirement_leads_to_the_attempt_that_counts() -> None:
    text = html.render(declared(WRONG, AGAIN), "sv").decode()
    table = text.partition('id="requirements"')[2].partition("</section>")[0]
    assert f'<a href="#case-{AGAIN.case}-2">{AGAIN.key}</a>' in table
    assert f'<a href="#case-{AGAIN.case}">' not in table


def test_the_printed_report_does_too() -> None:
    assert pdf.render(declared(WRONG, AGAIN), "sv").startswith(b"%PDF")


def test_evidence_keeps_it() -> None:
    line = evidence.line_of(AGAIN, lambda _: "")
    assert evidence.from_line(json.loads(json.dumps(line))).supersedes == AGAIN.supersedes
    del line["supersedes"]
    assert evidence.from_line(line).supersedes is None, "older evidence has none"
