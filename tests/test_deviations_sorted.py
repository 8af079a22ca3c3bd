"""A run held against known deviations: what is new, known, gone, overdue, unmatched, and what follows for the exit code."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import report_sample as sample
from deviation_world import GENERAL, POSTAL, UNKNOWN, case, known, run
from rivta.declaration import deviations, proven
from rivta.declaration.deviations import deviates_from
from rivta.model.declaration import KnownDeviation
from rivta.model.errors import Refused
from rivta.model.run import CaseResult, Run
from rivta.model.words import Source, Verdict
from rivta.text.places import reference

PASSED, FAILED, NOT_PROVEN, BLOCKED, ERROR = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.NOT_PROVEN,
    Verdict.BLOCKED,
    Verdict.ERROR,
)
TODAY = date(2026, 9, 1)
"""The day of the sample runs."""
RED = case("2.1", (FAILED, (POSTAL,)), (PASSED, (UNKNOWN,)))
GREEN = case("2.1", (PASSED, (POSTAL,)))
OTHER = case("4.1", (PASSED, (UNKNOWN,)))
KEY = "ProcessRequest/2.1"


def the_day_after(one: Run) -> Run:
    return replace(one, header=replace(one.header, started=one.header.started.replace("2026-09-01", "2026-09-02")))


@pytest.mark.parametrize(
    "deviation",
    [known(requirement=POSTAL), known(case=KEY), known(requirement=POSTAL, case=KEY)],
    ids=["by requirement", "by case", "by both"],
)
def test_a_known_deviation_occurs(deviation: KnownDeviation) -> None:
    found = deviations.sort(run([RED, OTHER]), [deviation])
    assert found.known == ((deviation, (KEY,)),)
    assert (found.new, found.gone, found.overdue, found.unmatched) == ((), (), (), ())
    assert deviations.outcome(run([RED, OTHER]), found) == "conforms"
    assert deviations.outcome(run([RED, OTHER]), found, strict=True) == "conforms"


@pytest.mark.parametrize(
    "deviation",
    [
        known(requirement=UNKNOWN),
        known(case="ProcessRequest/4.1"),
        known(requirement=POSTAL, case="ProcessRequest/4.1"),
    ],
)
def test_another_deviation_excuses_nothing(deviation: KnownDeviation) -> None:
    here = run([RED, OTHER])
    found = deviations.sort(here, [deviation])
    assert found.new == (KEY,)
    assert deviations.outcome(here, found) == "deviates"
    assert deviations.excuse(RED, [deviation], here.header.system, TODAY) == ""


def test_a_case_that_failed_in_several_attempts_stands_once() -> None:
    again = run([RED, RED, OTHER, RED])
    known_once = deviations.sort(again, [known("one", case=KEY)])
    assert [keys for _, keys in known_once.known] == [(KEY,)]
    assert deviations.sort(again, []).new.count(KEY) == 1


def test_every_requirement_of_a_failed_check_must_be_known() -> None:
    both = run([case("2.1", (FAILED, (POSTAL, GENERAL)))])
    one = known("one", requirement=POSTAL)
    found = deviations.sort(both, [one])
    assert found.known == ((one, (KEY,)),)
    assert found.new == (KEY,)
    (remark,) = deviations.remarks(both, found)
    assert remark.what == f"{KEY} deviates from {GENERAL} as well, which no known deviation names"
    assert f"case: {KEY}" in remark.todo
    assert deviations.sort(both, [one, known("two", requirement=GENERAL)]).new == ()


def test_a_check_that_verifies_nothing_is_excused_by_its_case_only() -> None:
    bare = run([case("2.1", (FAILED, ()))])
    assert deviations.sort(bare, [known(requirement=POSTAL)]).new == (KEY,)
    assert deviations.sort(bare, [known(case=KEY)]).new == ()


def test_an_answer_that_cannot_be_read_deviates_from_all_that_was_to_be_verified() -> None:
    unread = case("2.1", verdict=FAILED)
    assert deviates_from(unread) == {POSTAL}
    assert deviations.sort(run([unread]), [known(requirement=POSTAL)]).new == ()
    half = case("2.1", (PASSED, (UNKNOWN,)), (PASSED, (POSTAL,)), verdict=FAILED)
    assert deviates_from(half) == {""}


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"products": ("Journalia Remiss",)}, True),
        ({"products": ("Another", "Journalia Remiss")}, True),
        ({"products": ("Journalia",)}, False),
        ({"versions": ("4.2.1",)}, True),
        ({"versions": ("4.2.*",)}, True),
        ({"versions": ("4.2",)}, False),
        ({"versions": ("5.*", "4.*")}, True),
        ({"products": ("Journalia Remiss",), "versions": ("5.0",)}, False),
    ],
)
def test_scope(changes: dict[str, tuple[str, ...]], fits: bool) -> None:
    here, deviation = run([RED]), known(requirement=POSTAL, **changes)  # type: ignore[arg-type]  # only the scope
    found = deviations.sort(here, [deviation])
    assert (found.new == ()) is fits
    assert (found.unmatched == ()) is fits
    assert bool(deviations.excuse(RED, [deviation], here.header.system, TODAY)) is fits
    if not fits:
        (remark,) = deviations.remarks(here, found)
        assert "does not concern Journalia Remiss 4.2.1" in remark.what


@pytest.mark.parametrize("deviation", [known(requirement=POSTAL), known(case=KEY), known(requirement=POSTAL, case=KEY)])
def test_gone(deviation: KnownDeviation) -> None:
    here = run([GREEN])
    found = deviations.sort(here, [deviation])
    assert found.gone == (deviation,)
    assert deviations.outcome(here, found) == "conforms"
    assert deviations.outcome(here, found, strict=True) == "deviates"
    (remark,) = deviations.remarks(here, found)
    assert "no longer occurs" in remark.what
    assert str(remark).startswith("deviations.yaml:2:5: ")


@pytest.mark.parametrize("verdict", [NOT_PROVEN, BLOCKED, ERROR, Verdict.MANUAL, Verdict.NOT_APPLICABLE])
def test_what_was_not_tested_is_not_gone(verdict: Verdict) -> None:
    here = run([case("2.1", verdict=verdict), OTHER])
    assert deviations.sort(here, [known(requirement=POSTAL)]).gone == ()
    assert deviations.sort(here, [known(case=KEY)]).gone == ()


def test_a_run_that_was_cut_short_says_nothing_of_what_it_did_not_come_to() -> None:
    here = run([OTHER], planned=[GREEN])
    found = deviations.sort(here, [known("a", requirement=POSTAL), known("b", case=KEY)])
    assert (found.known, found.new, found.gone, found.unmatched) == ((), (), (), ())


def test_in_another_case_the_requirement_may_still_be_deviated_from() -> None:
    here = run([RED, case("2.2", (PASSED, (POSTAL,)))])
    deviation = known(requirement=POSTAL, case="ProcessRequest/2.2")
    found = deviations.sort(here, [deviation])
    assert (found.gone, found.new) == ((deviation,), (KEY,))


def test_overdue() -> None:
    deviation = known(requirement=POSTAL, kind="must-fix", fix_by="2026-09-01")
    assert deviations.sort(run([RED, OTHER]), [deviation]).overdue == ()
    here = the_day_after(run([RED, OTHER]))
    found = deviations.sort(here, [deviation])
    assert found.overdue == (deviation,)
    assert found.new == ()
    assert deviations.outcome(here, found) == "conforms"
    assert deviations.outcome(here, found, strict=True) == "deviates"
    assert "was to be fixed by 2026-09-01" in next(deviations.remarks(here, found)).what
    assert deviations.sort(the_day_after(run([GREEN])), [deviation]).overdue == ()  # gone says it all


def test_the_day_is_that_of_the_run() -> None:
    here = run([RED])
    assert here.header.started.startswith(TODAY.isoformat())
    assert deviations.sort(here, [known(requirement=POSTAL, fix_by="2026-08-31")]).overdue != ()
    assert deviations.sort(here, [known(requirement=POSTAL, fix_by="2026-09-01")]).overdue == ()


@pytest.mark.parametrize(
    ("deviation", "what", "todo"),
    [
        (
            known(requirement="PR-S-postalcode"),
            "names the requirement “PR-S-postalcode”",
            "did you mean “PR-S-postalCode”?",
        ),
        (
            known(case="ProcessRequest/2.11"),
            "names the case “ProcessRequest/2.11”",
            "did you mean “ProcessRequest/2.1”?",
        ),
        (known(case="Nothing/9"), "names the case “Nothing/9”", "see the report for the names"),
    ],
)
def test_unmatched(deviation: KnownDeviation, what: str, todo: str) -> None:
    here = run([RED, OTHER])
    found = deviations.sort(here, [deviation, known("right", requirement=POSTAL)])
    assert found.unmatched == (deviation,)
    assert deviations.outcome(here, found) == "conforms"
    assert deviations.outcome(here, found, strict=True) == "deviates"
    (remark,) = deviations.remarks(here, found)
    assert what in remark.what
    assert remark.todo == todo


def test_when_only_some_cases_were_selected_the_others_say_nothing() -> None:
    here = run([GREEN])
    left_out, whole = known("a", case="ProcessRequest/9.9"), known("b", requirement=POSTAL)
    selected = replace(here, header=replace(here.header, selection="2.1"))
    found = deviations.sort(selected, [left_out, whole])
    assert (found.unmatched, found.gone) == ((), ())
    assert deviations.sort(here, [left_out, whole]).unmatched == (left_out,)
    of_another_contract = known("c", case="ProcessRequestConfirmation/1.1")
    assert deviations.sort(here, [of_another_contract]).unmatched == ()


def test_a_stopping_deviation_fails_only_a_strict_run() -> None:
    here, deviation = run([RED, OTHER]), known(requirement=POSTAL, kind="stopping")
    found = deviations.sort(here, [deviation])
    assert found.new == ()
    assert deviations.outcome(here, found) == "conforms"
    assert deviations.outcome(here, found, strict=True) == "deviates"
    assert deviations.excuse(RED, [deviation], here.header.system, TODAY)
    assert deviations.excuse(RED, [deviation], here.header.system, TODAY, strict=True) == ""


def test_in_a_strict_run_an_overdue_deviation_is_no_excuse() -> None:
    here, deviation = run([RED]), known(requirement=POSTAL, fix_by="2026-08-31")
    assert deviations.excuse(RED, [deviation], here.header.system, TODAY)
    assert deviations.excuse(RED, [deviation], here.header.system, TODAY, strict=True) == ""


def test_an_excuse_says_all_that_is_known() -> None:
    deviation = known("D-1", requirement=POSTAL, kind="must-fix", reference="INAV 4711", fix_by="2026-12-31")
    assert deviations.excuse(RED, [deviation], run([RED]).header.system, TODAY) == (
        "known deviation D-1 (must-fix, INAV 4711, to be fixed by 2026-12-31): It may stand."
    )
    assert deviations.excuse(GREEN, [deviation], run([GREEN]).header.system, TODAY) == ""


@pytest.mark.parametrize(
    ("cases", "word"),
    [
        ([RED, OTHER], "conforms"),
        ([RED], "nothing"),
        ([RED, case("3.1", verdict=NOT_PROVEN)], "nothing"),
        ([RED, case("3.1", verdict=BLOCKED)], "environment"),
        ([RED, case("3.1", verdict=BLOCKED), case("3.2", verdict=ERROR)], "error"),
        ([case("3.1", verdict=NOT_PROVEN)], "nothing"),
        ([RED, case("3.1", (FAILED, (UNKNOWN,)))], "deviates"),
    ],
)
def test_the_run_in_a_word(cases: list[CaseResult], word: str) -> None:
    here = run(cases)
    assert deviations.outcome(here, deviations.sort(here, [known(requirement=POSTAL)])) == word


def test_a_summary_counts_each_case_once() -> None:
    here = run([RED, case("4.1", (FAILED, (UNKNOWN,)))])
    overdue = known("a", requirement=POSTAL, fix_by="2026-01-01")
    found = deviations.sort(here, [overdue, known("b", case=KEY), known("c", requirement="X")])
    assert deviations.summary(found) == "deviations: 1 new, 1 known, 1 overdue, 1 unmatched"
    assert deviations.summary(deviations.sort(run([GREEN]), [])) == ""


@pytest.mark.parametrize("field", ["id_", "rationale", "decided_by", "reference"])
def test_a_person_stops_it_without_the_number_being_told(field: str) -> None:
    number = sample.someone()
    text = f"  - id: a # {number}"
    deviation = known(requirement=POSTAL, source=Source("deviations.yaml", 2, 5, text), **{field: f"See {number}."})
    with pytest.raises(Refused) as raised:
        deviations.sort(run([RED]), [deviation])
    assert "names a person by number" in str(raised.value)
    assert str(raised.value).startswith("deviations.yaml:2:5")
    assert number not in str(raised.value)


def test_a_test_person_may_be_named() -> None:
    deviation = known(requirement=POSTAL, rationale="Shows with 191212121212.")
    assert deviations.sort(run([RED]), [deviation]).new == ()


ids = st.sampled_from([GENERAL, POSTAL, UNKNOWN])
checks = st.tuples(st.sampled_from([PASSED, FAILED]), st.lists(ids, max_size=2, unique=True).map(tuple))
cases = st.builds(lambda number, found: case(str(number), *found), st.integers(1, 5), st.lists(checks, max_size=3))
some_cases = st.lists(cases, max_size=5, unique_by=lambda result: result.key)
declared = st.lists(
    st.builds(lambda requirement: known(f"d-{requirement}", requirement=requirement), ids), max_size=3, unique=True
)


@given(some_cases, declared)
def test_known_and_new_are_all_that_failed_and_the_excuse_agrees(
    found: list[CaseResult], some: list[KnownDeviation]
) -> None:
    here = run(found)
    sorted_ = deviations.sort(here, some)
    failed = {result.key for result in found if result.verdict is FAILED}
    seen = {key for _, keys in sorted_.known for key in keys}
    assert failed >= seen | set(sorted_.new)
    excused = {result.key for result in found if deviations.excuse(result, some, here.header.system, TODAY)}
    assert failed - set(sorted_.new) == excused
    assert not sorted_.unmatched
    assert (deviations.outcome(here, sorted_) == "deviates") == bool(sorted_.new)
    assert not {each.id for each in sorted_.gone} & {each.id for each, _ in sorted_.known}


@given(some_cases)
def test_without_known_deviations_the_run_is_as_before(found: list[CaseResult]) -> None:
    here = run(found)
    sorted_ = deviations.sort(here, [])
    assert deviations.outcome(here, sorted_) == proven.outcome(here.results)
    assert set(sorted_.new) == {result.key for result in found if result.verdict is FAILED}


def test_the_shipped_example_names_what_the_suites_have() -> None:
    domain = (reference().parent.parent / "suites/clinicalprocess.activity.request/domain.yaml").read_text(
        encoding="utf-8"
    )
    for each in deviations.read(Path(reference() / "deviations.yaml")):
        assert not each.requirement or f"id: {each.requirement}\n" in domain
