"""Scenarios over several domains, played on the simulators of all of them as one system: sound, and with faults between them and within."""

from __future__ import annotations

from pathlib import Path

import pytest

import across_world
from fault_matrix import Matrix
from rivta import cli, contract, suite
from rivta.check import vocabulary
from rivta.model.errors import NotInstalled
from rivta.model.words import Verdict
from rivta.text import places
from thorough import THOROUGH

READING = "ehr.accesscontrol/AssertCareEngagement@1"
"""The contract that the scenarios of reading begin with."""


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    if not across_world.has_material():
        pytest.skip("the release packages of its domains are not at hand (../shared/contracts)")
    return across_world.matrix()


def test_no_scenario_is_red_on_the_sound_system_and_each_requirement_is_proven(matrix: Matrix) -> None:
    assert {key: sound.verdict.name for key, sound in matrix.sound.items() if sound.verdict is not Verdict.PASSED} == {}
    assert {id_ for sound in matrix.sound.values() for id_ in sound.proven} >= matrix.domain.requirements.keys()


def test_what_is_done_wrongly_between_the_domains_turns_exactly_those_red_in_which_it_shows(matrix: Matrix) -> None:
    expected = {
        "reads-first": {"blocked-is-not-read", "unengaged-reads-nothing", "without-consent-reads-nothing"},
        "does-not-assert-engagement": {
            "blocked-is-not-read",
            "read-in-order",
            "unengaged-reads-nothing",
            "without-consent-reads-nothing",
        },
        "does-not-check-blocks": {"blocked-is-not-read", "read-in-order", "without-consent-reads-nothing"},
        "does-not-check-consent": {"read-in-order", "without-consent-reads-nothing"},
        "does-not-log-reading": {"read-in-order"},
        "never-reads": {"read-in-order"},
        "reads-without-engagement": {"unengaged-reads-nothing"},
        "reads-what-is-blocked": {"blocked-is-not-read"},
        "reads-without-consent": {"without-consent-reads-nothing"},
        "keeps-nothing-written": {"written-then-found"},
        "tells-no-index": {"written-then-found"},
        "registers-no-certificate": {"certificate-from-draft-to-recipient"},
        "sends-no-certificate": {"certificate-from-draft-to-recipient"},
        "forwards-no-certificate": {"certificate-from-draft-to-recipient"},
        "tells-no-care-unit": {"certificate-from-draft-to-recipient"},
    }
    assert matrix.faults.keys() == expected.keys()
    played = {fault: set(matrix.cases) if THOROUGH else matrix.touched(fault) for fault in matrix.faults}
    assert {fault: matrix.red(fault, played[fault]) for fault in matrix.faults} == expected
    for fault, keys in expected.items():
        assert keys <= matrix.verify(fault), fault


@pytest.mark.parametrize(
    ("fault", "scenario"),
    [
        ("informationsecurity.auditing.log/logs-another-patient", "read-in-order"),
        ("clinicalprocess.activity.request/calls-wrong-logical-address", "referred-to-whom-was-found"),
        ("itintegration.engagementindex/calls-wrong-logical-address", "booked-indexed-and-invited"),
        ("itintegration.engagementindex/categorizes-wrongly", "booked-indexed-and-invited"),
        ("infrastructure.eservicesupply.patientportal/writes-to-another", "booked-indexed-and-invited"),
        ("infrastructure.eservicesupply.patientportal/leaves-the-link-out", "invited-to-a-digital-meeting"),
        ("crm.scheduling/error-without-errorcode", ""),
        ("itintegration.engagementindex/categorizes-wrongly", "written-then-found"),
        ("itintegration.engagementindex/does-not-remove", ""),
        ("clinicalprocess.healthcond.description/GD-empties", "written-then-found"),
        ("clinicalprocess.healthcond.description/GD-mixes-patients", "written-then-found"),
        ("clinicalprocess.healthcond.description/GD-ignores-address", "written-then-found"),
        ("clinicalprocess.healthcond.certificate/calls-about-something-else", "certificate-from-draft-to-recipient"),
        ("clinicalprocess.healthcond.certificate/gives-no-id", "certificate-from-draft-to-recipient"),
        ("clinicalprocess.healthcond.certificate/forgets-the-own-reference", "certificate-from-draft-to-recipient"),
        ("clinicalprocess.healthcond.certificate/registers-twice", ""),
    ],
)
def test_what_a_part_does_wrongly_is_seen_where_it_leads_astray(fault: str, scenario: str, matrix: Matrix) -> None:
    """Without a scenario: what is harmless between the domains turns nothing red."""
    keys = {scenario} if scenario else set(matrix.cases)
    assert matrix.red(fault, keys) == ({scenario} if scenario else set())


def test_without_a_package_it_is_told_which_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path))
    domain = contract.read_domain(places.suites() / across_world.NAME)
    others = [contract.read_domain(places.suites() / "ehr.accesscontrol")]
    with pytest.raises(NotInstalled, match=r"ehr\.accesscontrol 1\.0 is not installed"):
        suite.read(
            places.scenarios() / across_world.NAME / "read-in-order.yaml", domain, vocabulary(), {}, lambda: others
        )
    assert cli.main(["demo", "--domain", across_world.NAME, "--report", str(tmp_path / "run")]) == 4
    assert "rivta contracts add PACKAGE.zip" in capsys.readouterr().err
