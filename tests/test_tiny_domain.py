"""A second domain is a folder of data: everything that the program does for the first, it does for this one too.

The domain of `tests/domains` has what the first has not: a contract in two major versions, three kinds of SOAP header, a result
that says errorId, a contract without any result. No line of Python is its own.
"""

import re

import pytest

import tiny_world
from fault_matrix import ONLY_OVER_TLS, proves
from rivta import cli
from rivta.model.words import Verdict
from tiny_world import ENVIRONMENT, HERE, NAME, SUITES, domain, simulated


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command prints, once it has ended with this code."""
    assert cli.main(list(words)) == code
    return capsys.readouterr().out


# The folder


def test_it_has_no_python() -> None:
    assert [path for path in HERE.rglob("*") if path.suffix == ".py"] == []


def test_lint_finds_nothing_and_every_requirement_has_a_case_or_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "lint", "--suites", str(SUITES), "--env", str(ENVIRONMENT))
    assert "NO CASE AND NO REASON" not in shown
    assert re.search(rf"{NAME}: \d+ cases, \d+ of \d+ requirements proven by cases, 1 with a reason why not", shown)
    assert "RegisterLoan@1/1.1" in shown
    assert "RegisterLoan@2/1.1" in shown
    assert "GetLoans/1.1" in shown, "whose name is one contract's alone"


def test_its_contracts_are_told_apart() -> None:
    assert {str(each.id) for each in domain().contracts.values()} == {
        f"{NAME}/RegisterLoan@1",
        f"{NAME}/RegisterLoan@2",
        f"{NAME}/GetLoans@1",
    }


def test_headers_and_results_are_those_of_the_schemas() -> None:
    old, new, reading = (domain().contracts[name] for name in ("RegisterLoan@1", "RegisterLoan@2", "GetLoans"))
    assert old.header == "{http://www.w3.org/2005/08/addressing}To"
    assert new.header == "{urn:riv:itintegration:registry:1}LogicalAddress"
    assert reading.header == "{urn:riv:infrastructure:itintegration:registry:2}LogicalAddress"
    assert old.result
    assert new.result
    assert (old.result.error, old.result.sub) == ("errorId", "")
    assert (new.result.error, new.result.sub) == ("errorCode", "subCode")
    assert reading.result is None


def test_its_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "reference", "--domain", str(SUITES / NAME), "--list-faults")
    listed = {line.split()[0]: line for line in shown.splitlines()}
    assert "(breaks R1-S-title)" in listed["ignores-R1-S-title"], "made from its rules"
    assert "(breaks GL-SHOWN)" in listed["hides-loans"], "its own"
    assert "(breaks GEN-SOAP)" in listed["html-error-page"], "any system's"


# The cases, against the domain's own system


@pytest.mark.parametrize("key", tiny_world.cases())
def test_a_case_passes(key: str) -> None:
    result = tiny_world.bench().play(*tiny_world.cases()[key])
    told = [f"{check.kind}: {finding}" for check in result.checks for finding in check.findings]
    assert result.verdict is Verdict.PASSED, (told, result.reason)


@pytest.mark.parametrize("fault", simulated().faults)
def test_a_fault_turns_exactly_the_cases_red_that_verify_what_it_breaks(fault: str) -> None:
    """Where it changes nothing it cannot be seen: of the cases that verify what it breaks, those count in which it does."""
    touched = {key for key, faults in tiny_world.touched().items() if fault in faults}
    wanted = tiny_world.verify(fault) & touched
    assert wanted or not simulated().faults[fault].breaks, "no case shows it"
    red = tiny_world.red(fault, touched)
    assert red == wanted, f"missed: {sorted(wanted - red)}; false alarms: {sorted(red - wanted)}"


def test_every_proven_requirement_has_a_fault() -> None:
    proven = {id_ for case, each in tiny_world.cases().values() for id_ in proves(case, each)}
    broken = {id_ for fault in simulated().faults.values() for id_ in fault.breaks}
    assert sorted(proven - broken - ONLY_OVER_TLS) == []
