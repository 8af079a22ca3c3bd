"""Two runs held against each other: which way things went, which parts are others, what is to be declared again."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

import report_sample as sample
import strategies
from deviation_world import GENERAL, POSTAL, UNKNOWN, case, key_of, run
from rivta.declaration import comparison
from rivta.declaration.comparison import PartChange, TimeShift
from rivta.declaration.comparison.changes import direction
from rivta.model.domain import ContractFacts
from rivta.model.environment import System
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, Run
from rivta.model.words import Text, Verdict
from thorough import tried

PASSED, FAILED, NOT_PROVEN, BLOCKED = Verdict.PASSED, Verdict.FAILED, Verdict.NOT_PROVEN, Verdict.BLOCKED
GREEN, RED = case("2.1", (PASSED, (POSTAL,))), case("2.1", (FAILED, (POSTAL,)))
OTHER = case("4.1", (PASSED, (UNKNOWN,)))
BOTH = run([GREEN, OTHER])


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        (PASSED, FAILED, "worse"),
        (NOT_PROVEN, FAILED, "worse"),
        (BLOCKED, FAILED, "worse"),
        (PASSED, NOT_PROVEN, "worse"),
        (PASSED, BLOCKED, "worse"),
        (FAILED, PASSED, "better"),
        (BLOCKED, PASSED, "better"),
        (FAILED, Verdict.NOT_APPLICABLE, "better"),
        (FAILED, BLOCKED, "unclear"),
        (FAILED, NOT_PROVEN, "unclear"),
        (PASSED, Verdict.NOT_APPLICABLE, "unclear"),
        (None, FAILED, "added"),
        (PASSED, None, "removed"),
    ],
)
def test_which_way_a_verdict_went(old: Verdict | None, new: Verdict | None, way: str) -> None:
    assert direction(old, new) == way


def test_the_same_run_differs_in_nothing() -> None:
    found = comparison.of(BOTH, BOTH)
    assert (found.parts, found.requirements, found.cases, found.again) == ((), (), (), ())
    assert not found.got_worse


def test_a_new_deviation() -> None:
    found = comparison.of(BOTH, run([RED, OTHER]))
    assert [(each.id, each.old, each.new) for each in found.requirements] == [(POSTAL, PASSED, FAILED)]
    assert [(each.key, each.direction, each.has_new_suite) for each in found.cases] == [(key_of("2.1"), "worse", False)]
    assert found.got_worse
    (again,) = found.again
    assert (again.contract, again.step) == ("ProcessRequest", "declare")
    assert again.reasons == (Text(f"Nya avvikelser: {POSTAL}", f"New deviations: {POSTAL}"),)


def test_a_deviation_that_is_fixed_is_declared_too() -> None:
    found = comparison.of(run([RED, OTHER]), BOTH)
    assert not found.got_worse
    assert [each.reasons[0].en for each in found.again] == [f"Deviations that are fixed: {POSTAL}"]


def test_a_deviation_that_is_only_no_longer_seen_is_not_fixed() -> None:
    found = comparison.of(run([RED, OTHER]), run([case("2.1", verdict=BLOCKED), OTHER]))
    assert [each.direction for each in found.cases] == ["unclear"]
    assert (found.again, found.got_worse) == ((), False)


def test_what_deviates_in_one_contract_is_declared_for_that_one() -> None:
    confirming = replace(GREEN, contract="ProcessRequestConfirmation", case="1.1")
    found = comparison.of(run([GREEN, confirming]), run([RED, confirming]))
    assert [each.contract for each in found.again] == ["ProcessRequest"]


def test_cases_that_only_one_run_has() -> None:
    removed = comparison.of(BOTH, run([GREEN]))
    assert [(each.key, each.direction) for each in removed.cases] == [(key_of("4.1"), "removed")]
    assert removed.got_worse  # nothing shows any more that its requirement is met
    added = comparison.of(run([OTHER]), run([OTHER, RED]))
    assert [(each.key, each.direction) for each in added.cases] == [(key_of("2.1"), "added")]
    assert added.got_worse
    harmless = comparison.of(run([OTHER]), BOTH)
    assert [(each.id, each.direction) for each in harmless.requirements] == [(POSTAL, "better")]
    assert not harmless.got_worse


def test_a_planned_case_that_was_not_run_is_not_proven() -> None:
    found = comparison.of(BOTH, run([GREEN], planned=[OTHER]))
    assert [(each.key, each.old, each.new) for each in found.cases] == [(key_of("4.1"), PASSED, NOT_PROVEN)]
    assert not found.new.is_whole


def test_of_two_cases_with_one_key_the_worse_counts() -> None:
    for twice in ((GREEN, RED), (RED, GREEN)):
        found = comparison.of(run([GREEN]), run(twice))
        assert [(each.old, each.new) for each in found.cases] == [(PASSED, FAILED)]


def with_header(found: Run, **changes: Any) -> Run:
    return replace(found, header=replace(found.header, **changes))


def with_contract(found: Run, **changes: Any) -> Run:
    domain = found.header.domains[0]
    contract: ContractFacts = replace(domain.contracts[0], **changes)
    return with_header(found, domains=(replace(domain, contracts=(contract, *domain.contracts[1:])),))


ENDPOINT = "https://remiss.example.se/ProcessRequest/2/rivtabp21"
PRODUCER = f"{sample.SUITES}/ProcessRequest/producer.yaml"
CHANGED = [
    (
        with_header(BOTH, system=System("Region Exempel", "Journalia Remiss", "4.3.0", "232100-0016")),
        PartChange("version", "", "4.2.1", "4.3.0"),
        "The product has another version: 4.2.1 → 4.3.0",
    ),
    (
        with_header(BOTH, system=System("Region Annan", "Journalia Remiss", "4.2.1")),
        PartChange("organisation", "", "Region Exempel", "Region Annan"),
        "The organisation is another: Region Exempel → Region Annan",
    ),
    (
        with_header(BOTH, system=System("Region Exempel", "Annan", "4.2.1")),
        PartChange("product", "", "Journalia Remiss", "Annan"),
        "The product is another: Journalia Remiss → Annan",
    ),
    (
        with_header(
            BOTH, environment={**BOTH.header.environment, "endpoint ProcessRequest": "https://other.example.se"}
        ),
        PartChange("connection", "ProcessRequest", ENDPOINT, "https://other.example.se"),
        "The connection point is another",
    ),
    (
        with_contract(BOTH, version="2.3"),
        PartChange("contract", "ProcessRequest", "2.2", "2.3"),
        "The contract has another version: 2.2 → 2.3",
    ),
    (with_header(BOTH, roles=("remittent",)), PartChange("roles", "", "remissmottagare", "remittent"), ""),
    (with_contract(BOTH, digest="f" * 64), PartChange("schema", "ProcessRequest", "a" * 64, "f" * 64), ""),
    (with_contract(BOTH, rules={"P/rules.sch": "1" * 64}), PartChange("rules", "P/rules.sch", "", "1" * 64), ""),
    (
        with_header(BOTH, suites={**BOTH.header.suites, PRODUCER: "e" * 64}),
        PartChange("suite", "ProcessRequest/producer.yaml", "c" * 64, "e" * 64),
        "",
    ),
    (with_header(BOTH, rivta="0.2.0"), PartChange("tool", "rivta", "0.1.0", "0.2.0"), ""),
]


@pytest.mark.parametrize(("new", "part", "reason"), CHANGED, ids=[part.kind for _, part, _ in CHANGED])
def test_a_part_that_is_another(new: Run, part: PartChange, reason: str) -> None:
    found = comparison.of(BOTH, new)
    assert found.parts == (part,)
    assert not found.got_worse
    assert [(each.step, each.reasons[0].en) for each in found.again] == ([("notice", reason)] if reason else [])


def test_a_connection_concerns_its_own_contract_and_a_version_all() -> None:
    confirming = replace(GREEN, contract="ProcessRequestConfirmation", case="1.1")
    before = run([GREEN, confirming])
    moved = with_header(before, environment={**before.header.environment, "endpoint ProcessRequest": "x"})
    assert [each.contract for each in comparison.of(before, moved).again] == ["ProcessRequest"]
    newer = with_header(before, system=replace(before.header.system, version="5"))
    wanted = ["ProcessRequest", "ProcessRequestConfirmation"]
    assert [each.contract for each in comparison.of(before, newer).again] == wanted


def test_a_new_version_of_the_domain_is_named_in_the_form() -> None:
    domain = replace(BOTH.header.domains[0], version="2.3")
    (again,) = comparison.of(BOTH, with_header(BOTH, domains=(domain,))).again
    assert (again.step, again.reasons[0].en) == ("declare", "The form names the domain's version: 2.2 → 2.3")


def test_a_contract_that_was_not_tested_before_and_one_that_no_longer_is() -> None:
    confirming = replace(OTHER, contract="ProcessRequestConfirmation", case="1.1")
    added, removed = (
        comparison.of(*runs).again
        for runs in ((BOTH, run([GREEN, OTHER, confirming])), (run([GREEN, OTHER, confirming]), BOTH))
    )
    assert [(each.contract, each.reasons[0].en) for each in added] == [
        ("ProcessRequestConfirmation", "The verification object is new: the contract was not tested before")
    ]
    assert [(each.contract, each.reasons[0].en) for each in removed] == [
        ("ProcessRequestConfirmation", "The contract is no longer tested")
    ]


def test_a_case_whose_suite_changed_says_so_wherever_the_suites_lie() -> None:
    moved = replace(RED, suite=f"/home/someone/{PRODUCER}")
    after = with_header(run([moved, OTHER]), suites={f"/home/someone/{PRODUCER}": "e" * 64})
    changes = {each.key: each for each in comparison.of(BOTH, after).cases}
    assert changes[key_of("2.1")].has_new_suite
    same = with_header(
        run([moved, OTHER]), suites={f"/home/someone/{name}": digest for name, digest in BOTH.header.suites.items()}
    )
    found = comparison.of(BOTH, same)
    assert [each.kind for each in found.parts] == []
    assert not found.cases[0].has_new_suite


def test_a_reworded_requirement() -> None:
    domain = BOTH.header.domains[0]
    reworded = tuple(
        replace(each, text=Text("Ny", "New")) if each.id == GENERAL else each for each in domain.requirements
    )
    found = comparison.of(BOTH, with_header(BOTH, domains=(replace(domain, requirements=reworded),)))
    assert [(each.id, each.is_reworded, each.direction, each.text.en) for each in found.requirements] == [
        (GENERAL, True, "unclear", "New")
    ]
    assert not found.got_worse


def taking(*milliseconds: float) -> Run:
    calls = tuple(sample.exchange(1, b"<a/>", each) for each in milliseconds)
    return run([replace(GREEN, exchanges=calls)])


def test_response_times() -> None:
    found = comparison.of(taking(10, 20, 30), taking(40, 40))
    assert found.times == (TimeShift("ProcessRequest", 20, 40, 30, 40, 3, 2),)
    assert not found.got_worse
    assert comparison.of(taking(10), taking(12)).times[0].new_p95 == 12
    silent: CaseResult = replace(GREEN, exchanges=(sample.exchange(1, None, 5),))
    assert comparison.of(taking(10), run([silent])).times == ()


def test_runs_of_other_contracts_cannot_be_compared() -> None:
    stranger = with_contract(BOTH, name="Other")
    only = replace(stranger.header.domains[0], contracts=stranger.header.domains[0].contracts[:1])
    with pytest.raises(UsageError, match="no contract in common"):
        comparison.of(BOTH, with_header(stranger, domains=(only,)))


@settings(max_examples=tried(60))
@given(strategies.runs(), strategies.runs())
def test_any_two_runs_are_compared_both_ways(old: Run, new: Run) -> None:
    shared = sample.DOMAIN_FACTS
    old, new = (with_header(each, domains=(*each.header.domains, shared)) for each in (old, new))
    there, back = comparison.of(old, new), comparison.of(new, old)
    assert {(each.key, each.old, each.new) for each in there.cases} == {
        (each.key, each.new, each.old) for each in back.cases
    }
    assert {(each.kind, each.name) for each in there.parts} == {(each.kind, each.name) for each in back.parts}
    assert comparison.of(old, old).cases == ()
    assert not comparison.of(old, old).got_worse


def test_a_call_that_we_answered_says_nothing_of_how_fast_the_system_answers() -> None:
    ours = run([inbound(result) for result in (GREEN, OTHER)])
    assert comparison.of(ours, ours).times == ()


def inbound(result: CaseResult) -> CaseResult:
    return replace(result, exchanges=tuple(replace(each, inbound=True) for each in result.exchanges))
