"""What a run proves, requirement by requirement, and in a word."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from rivta import evidence
from rivta.declaration import proven
from rivta.model.declaration import Declaration, RequirementRow
from rivta.model.domain import ContractFacts, DomainFacts, Requirement
from rivta.model.environment import System
from rivta.model.run import CaseResult, CheckResult, PlannedCase, Run, RunHeader
from rivta.model.words import Level, Source, Text, Verdict

PASSED, FAILED, BLOCKED, ERROR = Verdict.PASSED, Verdict.FAILED, Verdict.BLOCKED, Verdict.ERROR
NOT_PROVEN, NOT_APPLICABLE, MANUAL = Verdict.NOT_PROVEN, Verdict.NOT_APPLICABLE, Verdict.MANUAL
REMISS, OTHER = "clinicalprocess.activity.request", "clinicalprocess.other"


def requirement(id_: str, level: Level = Level.MUST, *, not_tested: Text | None = None) -> Requirement:
    return Requirement(id_, Text.same(id_), level, "TKB 5", not_tested)


def domain(*requirements: Requirement, name: str = REMISS, contract: str = "ProcessRequest") -> DomainFacts:
    facts = ContractFacts(name, contract, "2.2", Text.same(contract), "restatement", "0" * 64, "x", 2000)
    return DomainFacts(name, "2.2", Text.same(name), (facts,), requirements)


def check(verdict: Verdict, *verifies: str) -> CheckResult:
    return CheckResult("result", verdict, verifies)


def case(
    id_: str,
    *checks: CheckResult,
    verifies: Sequence[str] = ("BR-1",),
    verdict: Verdict | None = None,
    of: str = REMISS,
    contract: str = "ProcessRequest",
) -> CaseResult:
    own = Verdict.of(each.verdict for each in checks) if verdict is None else verdict
    suite, source = f"suites/{of}/{contract}/producer.yaml", Source("producer.yaml")
    return CaseResult(
        id_, Text.same(id_), of, contract, "producer", suite, own, tuple(verifies), checks, (), "", 0.0, source
    )


def planned(id_: str, *verifies: str, of: str = REMISS, contract: str = "ProcessRequest") -> PlannedCase:
    suite = f"suites/{of}/{contract}/producer.yaml"
    return PlannedCase(id_, Text.same(id_), contract, "producer", suite, verifies)


def declared(domains: Sequence[DomainFacts], *results: CaseResult, plan: Sequence[PlannedCase] = ()) -> Declaration:
    system = System("Region Exempel", "Remissa", "1.0")
    header = RunHeader("run", "", "0.1.0", "3.11", system, (), {}, tuple(domains), {}, tuple(plan), (), "key")
    return proven.of(Run(Path(), header, results, None))


def only_row(*results: CaseResult, plan: Sequence[PlannedCase] = ()) -> RequirementRow:
    (row,) = declared([domain(requirement("BR-1"))], *results, plan=plan).rows[REMISS]
    return row


def test_a_requirement_takes_the_worst_check_that_names_it() -> None:
    first = case("1.1", check(PASSED, "BR-1"), check(FAILED, "BR-2"))
    second = case("1.2", check(PASSED, "BR-1"), check(PASSED, "BR-1", "BR-2"))
    rows = declared([domain(requirement("BR-1"), requirement("BR-2"))], first, second).rows[REMISS]
    assert [(row.requirement.id, row.verdict) for row in rows] == [("BR-1", PASSED), ("BR-2", FAILED)]
    assert rows[0].checks == ((first, first.checks[0]), (second, second.checks[0]), (second, second.checks[1]))
    assert rows[0].cases == ("ProcessRequest/1.1", "ProcessRequest/1.2")


def test_a_requirement_that_nothing_speaks_of_is_not_proven() -> None:
    assert only_row() == RequirementRow(requirement("BR-1"), NOT_PROVEN, (), ())


def test_a_requirement_that_cannot_be_tested_keeps_its_reason() -> None:
    untestable = requirement("BR-6", not_tested=Text("kräver insyn", "needs a look inside"))
    (row,) = declared([domain(untestable)]).rows[REMISS]
    assert (row.verdict, row.requirement.not_tested) == (NOT_PROVEN, Text("kräver insyn", "needs a look inside"))


@pytest.mark.parametrize("verdict", [NOT_APPLICABLE, NOT_PROVEN, BLOCKED, ERROR, FAILED, MANUAL])
def test_a_case_without_checks_counts_with_its_own_verdict(verdict: Verdict) -> None:
    row = only_row(case("1.1", verdict=verdict))
    assert (row.verdict, row.cases, row.checks) == (verdict, ("ProcessRequest/1.1",), ())


def test_not_applicable_is_forgotten_where_another_case_proves() -> None:
    assert only_row(case("1.1", verdict=NOT_APPLICABLE), case("1.2", check(PASSED, "BR-1"))).verdict is PASSED
    assert only_row(case("1.1", verdict=NOT_PROVEN), case("1.2", check(PASSED, "BR-1"))).verdict is NOT_PROVEN


def test_a_case_that_was_blocked_on_its_way_counts_for_what_it_did_not_come_to() -> None:
    stopped = case("1.1", check(PASSED, "GEN-SOAP"), verifies=("GEN-SOAP", "BR-1"), verdict=BLOCKED)
    rows = declared([domain(requirement("GEN-SOAP"), requirement("BR-1"))], stopped).rows[REMISS]
    assert [row.verdict for row in rows] == [PASSED, BLOCKED]


def test_a_case_that_failed_elsewhere_says_nothing_of_what_it_did_not_check() -> None:
    elsewhere = case("1.1", check(FAILED, "GEN-SOAP"))
    assert only_row(elsewhere).verdict is NOT_PROVEN
    assert only_row(elsewhere, case("1.2", check(PASSED, "BR-1"))).verdict is PASSED


def test_a_check_counts_for_what_its_case_did_not_set_out_to_verify() -> None:
    row = only_row(case("1.1", check(PASSED, "BR-1"), verifies=()))
    assert (row.verdict, row.cases) == (PASSED, ("ProcessRequest/1.1",))


def test_a_planned_case_without_a_result_leaves_its_requirements_unproven() -> None:
    plan = [planned("1.1", "BR-1"), planned("1.2", "BR-1")]
    row = only_row(case("1.1", check(PASSED, "BR-1")), plan=plan)
    assert (row.verdict, row.cases) == (NOT_PROVEN, ("ProcessRequest/1.1", "ProcessRequest/1.2"))
    assert only_row(*(case(each.case, check(PASSED, "BR-1")) for each in plan), plan=plan).verdict is PASSED
    assert only_row(case("1.1", check(FAILED, "BR-1")), plan=plan).verdict is FAILED


def test_what_was_not_run_is_told_by_suite_and_case() -> None:
    plan = [planned("1.1"), planned("1.2"), planned("1.1", contract="ProcessRequestOutcome")]
    run = declared([domain()], case("1.1"), plan=plan).run
    assert proven.not_run(run) == (plan[1], plan[2])


def test_domains_do_not_mix_although_requirement_ids_repeat() -> None:
    domains = [
        domain(requirement("GEN-SOAP"), name=REMISS),
        domain(requirement("GEN-SOAP"), name=OTHER, contract="GetOther"),
    ]
    failed = case("1.1", check(FAILED, "GEN-SOAP"), verifies=())
    passed = case("1.1", check(PASSED, "GEN-SOAP"), verifies=(), of=OTHER, contract="GetOther")
    rows = declared(domains, failed, passed).rows
    assert {name: [row.verdict for row in each] for name, each in rows.items()} == {REMISS: [FAILED], OTHER: [PASSED]}
    cut_short = declared(domains, passed, plan=[planned("9", "GEN-SOAP")]).rows
    assert [cut_short[name][0].cases for name in (REMISS, OTHER)] == [("ProcessRequest/9",), ("GetOther/1.1",)]


@pytest.mark.parametrize(
    ("suite", "id_", "key"),
    [
        ("suites/d/ProcessRequest/producer.yaml", "1.2", "ProcessRequest/1.2"),
        ("suites/d/ProcessRequest/consumer.yaml", "1.2", "ProcessRequest/consumer/1.2"),
        ("scenarios/d/forwarded.yaml", "forwarded", "ProcessRequest/forwarded"),
        ("scenarios/d/forwarded.yaml", "2", "ProcessRequest/forwarded/2"),
    ],
)
def test_a_case_has_a_readable_name(suite: str, id_: str, key: str) -> None:
    plan = PlannedCase(id_, Text.same(""), "ProcessRequest", "producer", suite, ())
    assert plan.key == key


def test_requirements_are_counted_by_verdict() -> None:
    requirements = (requirement("A"), requirement("B"), requirement("C", Level.SHOULD))
    declared_ = declared([domain(*requirements)], case("1", check(PASSED, "A", "C"), check(FAILED, "B")))
    assert proven.counts(declared_) == {PASSED: 2, FAILED: 1}


Word = Literal["conforms", "deviates", "environment", "error", "nothing"]


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        ([], "nothing"),
        ([NOT_APPLICABLE], "nothing"),
        ([NOT_PROVEN, MANUAL], "nothing"),
        ([PASSED], "conforms"),
        ([PASSED, NOT_PROVEN, NOT_APPLICABLE, MANUAL], "conforms"),
        ([PASSED, FAILED], "deviates"),
        ([FAILED, BLOCKED], "environment"),
        ([FAILED, BLOCKED, ERROR], "error"),
    ],
)
def test_a_run_in_a_word(verdicts: list[Verdict], word: Word) -> None:
    assert proven.outcome(case("1", verdict=verdict) for verdict in verdicts) == word


@given(st.lists(strategies.results, max_size=4))
def test_a_run_conforms_only_if_something_passed_and_nothing_is_red(results: list[CaseResult]) -> None:
    conforms = proven.outcome(results) == "conforms"
    verdicts = {result.verdict for result in results}
    assert conforms == (PASSED in verdicts and max(verdicts) < BLOCKED)


@given(strategies.runs())
def test_any_run_can_be_declared_and_masking_changes_no_verdict(run: Run) -> None:
    rows = proven.of(run).rows
    assert {name: [row.requirement for row in each] for name, each in rows.items()} == {
        each.name: [*each.requirements] for each in run.header.domains
    }
    for row in (row for each in rows.values() for row in each):
        assert row.verdict >= Verdict.of(check.verdict for _, check in row.checks) or not row.checks
        assert all(row.requirement.id in check.verifies for _, check in row.checks)
    masked = proven.of(evidence.masked(run)).rows
    assert {name: [row.verdict for row in each] for name, each in masked.items()} == {
        name: [row.verdict for row in each] for name, each in rows.items()
    }
