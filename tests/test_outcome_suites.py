"""The domain of what examinations came to, played on its own simulator: sound, and with each fault that its contracts' records give it.

`make test` plays GetReferralOutcome; RIVTA_FAULTS=all plays every contract, and every case that a fault touches.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fault_matrix import Matrix
from in_process import Bench
from rivta import contract, environment, simulator, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.contract.packages.installing import install
from rivta.contract.packages.store import Store
from rivta.model.case import Ask
from rivta.model.words import Verdict
from rivta.text import places
from test_reading_suites import ALL, FAULTS, LOAD, PUBLISHED

NAME = "clinicalprocess.healthcond.actoutcome"
CONTRACTS = {
    "GetReferralOutcome": "GRO",
    "GetLaboratoryOrderOutcome": "GLOO",
    "GetImagingOutcome": "GIO",
    "GetMaternityMedicalHistory": "GMMH",
}
PLAYED = [*CONTRACTS] if ALL else ["GetReferralOutcome"]
WHOLE = ("GetReferralOutcome",)
"""The contracts of which every published number is a case; of the others those that say what is in a record are still to be written."""

pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)"
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    store = Store(tmp_path_factory.mktemp("store"))
    install(PUBLISHED / NAME, store, version="4.2.2")
    domain = contract.read_domain(places.suites() / NAME, vocabulary(), store)
    return Bench(simulator.read(domain), environment.read(Path(__file__).parent / "outcomes.yaml"))


@pytest.fixture(scope="module")
def matrix(bench: Bench) -> Matrix:
    """The cases of the contracts that are played."""
    whole = Matrix(bench, places.suites() / "none")
    played = {key: pair for key, pair in whole.cases.items() if whole.shown(key).partition("/")[0] in PLAYED}
    whole.__dict__["cases"] = played
    return whole


def test_every_case_passes_on_a_sound_system_but_what_a_person_has_to_see(matrix: Matrix) -> None:
    asked = {key for key, (case, _) in matrix.cases.items() if any(isinstance(step, Ask) for step in case.steps)}
    others = {key: sound.verdict for key, sound in matrix.sound.items() if sound.verdict is not Verdict.PASSED}
    assert {matrix.shown(key): verdict for key, verdict in others.items() if key not in asked} == {}
    assert set(others.values()) == {Verdict.MANUAL}


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_numbers_of_the_published_suite_are_cases(name: str, bench: Bench) -> None:
    domain = bench.simulated.domain
    read = suite.read(domain.folder / name / "producer.yaml", domain, vocabulary())
    refuse_undeclared(read)
    data = (PUBLISHED / NAME / "test-suite" / name / "data.xml").read_text(encoding="utf-8")
    lacking = set(re.findall(r'<testcase id="([\d.]+) ', data)) - {case.id for case in read.cases}
    assert {each for each in lacking if name in WHOLE or not each.startswith(("5.", "8."))} <= LOAD
    assert all(read.proves(case) for case in read.cases)


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("fault", [*FAULTS, "hides-technical-errors"])
def test_a_fault_turns_exactly_the_cases_red_that_prove_what_it_breaks(fault: str, name: str, matrix: Matrix) -> None:
    named = fault if fault in matrix.faults else f"{CONTRACTS[name]}-{fault}"
    if named not in matrix.faults and fault.endswith("contact"):
        pytest.skip(f"{name} has no care contact")
    touched = {key for key in matrix.touched(named) if matrix.shown(key).startswith(name)}
    proving = matrix.verify(named) & touched
    assert proving, "a case would have shown it"
    tried = touched if ALL else {*sorted(proving)[:1], *sorted(touched - proving)[:1]}
    assert matrix.red(named, tried) == proving & tried
