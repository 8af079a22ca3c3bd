"""The domains of a patient's history, played on their own simulator: sound, and with each fault that the contracts' records give it.

Their schemas come from the release package, so without the published contracts nothing here can be played. `make test` plays GetDiagnosis
and a case that proves, and one that does not, for each fault; RIVTA_FAULTS=all plays every contract, and every case that a fault touches.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fault_matrix import RED, SAMPLES, Matrix
from in_process import Bench
from rivta import contract, environment, simulator, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.contract.packages.installing import install
from rivta.contract.packages.store import Store
from rivta.model.case import Ask
from rivta.model.words import Value, Verdict
from rivta.run.opening import planned_case
from rivta.text import places

HERE = Path(__file__).parent
PUBLISHED = HERE.parents[1] / "shared" / "contracts"
HISTORY, OUTCOMES = "clinicalprocess.healthcond.description", "clinicalprocess.healthcond.actoutcome"
PACKAGES = {HISTORY: "3.0.5", OUTCOMES: "4.2.2"}
CONTRACTS = {
    "GetDiagnosis": ("GD", HISTORY),
    "GetAlertInformation": ("GAI", HISTORY),
    "GetCareDocumentation": ("GCD", HISTORY),
    "GetFunctionalStatus": ("GFS", HISTORY),
    "GetLaboratoryOrderOutcome": ("GLOO", OUTCOMES),
    "GetReferralOutcome": ("GRO", OUTCOMES),
    "GetImagingOutcome": ("GIO", OUTCOMES),
    "GetMaternityMedicalHistory": ("GMMH", OUTCOMES),
}
ALL = os.environ.get("RIVTA_FAULTS") == "all"
PLAYED = [*CONTRACTS] if ALL else ["GetDiagnosis"]
LOAD = {"6.2"}
"""What is of load alone, which is measured by itself."""
OPEN = {
    "GetCareDocumentation/5.18",  # pages are tried below
    *(f"GetLaboratoryOrderOutcome/{each}" for each in ("5.10", "5.25", "5.26")),  # no record here has an element twice
}

pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(tmp_path_factory.mktemp("store"))
    for name, version in PACKAGES.items():
        install(PUBLISHED / name, made, version=version)
    return made


@pytest.fixture(scope="module")
def benches(store: Store) -> dict[str, Bench]:
    return {name: bench_of(places.suites() / name, store) for name in PACKAGES}


def bench_of(folder: Path, store: Store) -> Bench:
    domain = contract.read_domain(folder, vocabulary(), store)
    return Bench(simulator.read(domain), environment.read(HERE / "reading.yaml"))


@pytest.fixture(scope="module")
def matrices(benches: dict[str, Bench]) -> dict[str, Matrix]:
    """The cases of each contract that is played."""
    return {name: matrix_of(name, benches[CONTRACTS[name][1]]) for name in PLAYED}


def matrix_of(name: str, bench: Bench) -> Matrix:
    """The cases that are written for one contract, or in general, without the samples that schemas give unless all is played."""
    matrix, domain = Matrix(bench, HERE / "no-scenarios"), bench.simulated.domain
    data = bench.settings.test_data
    paths = [domain.folder / name / f"{part}.yaml" for part in ("producer", "consumer")]
    read = [suite.read(path, domain, vocabulary(), data) for path in paths]
    if ALL:
        read = [SAMPLES.with_samples(each, bench.settings) for each in read]
    matrix.__dict__["cases"] = {planned_case(each, case).key: (case, each) for each in read for case in each.cases}
    return matrix


@pytest.mark.parametrize("name", PLAYED)
def test_every_case_passes_on_a_sound_system_but_what_a_person_has_to_see(
    name: str, matrices: dict[str, Matrix]
) -> None:
    matrix = matrices[name]
    seen = {matrix.shown(key): sound.verdict for key, sound in matrix.sound.items()}
    asked = {
        matrix.shown(key)
        for key, (case, _) in matrix.cases.items()
        if any(isinstance(step, Ask) for step in case.steps)
    }
    others = {key for key, verdict in seen.items() if verdict is not Verdict.PASSED}
    assert others - asked == {each for each in OPEN if each.startswith(f"{name}/")}
    assert {seen[key] for key in others & asked} == {Verdict.MANUAL}


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_number_of_the_published_suite_is_a_case(name: str, benches: dict[str, Bench]) -> None:
    domain = benches[CONTRACTS[name][1]].simulated.domain
    read = suite.read(domain.folder / name / "producer.yaml", domain, vocabulary())
    refuse_undeclared(read)
    data = (PUBLISHED / domain.name / "test-suite" / name / "data.xml").read_text(encoding="utf-8")
    published = set(re.findall(r'<testcase id="([\d.]+) ', data))
    assert len(published) > 30
    assert published - {case.id for case in read.cases} == LOAD
    assert all(read.proves(case) for case in read.cases)


FAULTS = (
    *(
        f"{how}-{name}"
        for how in ("ignores", "inverts")
        for name in ("patient", "unit", "source", "contact", "period", "provider", "specimen", "referral")
    ),
    *("starts-late", "starts-early", "ends-early", "ends-late", "mixes-patients", "faults-on-unknown", "empties"),
    *(
        "loses-the-last",
        "repeats-an-id",
        "differs-by-consumer",
        "gives-what-is-withheld",
        "ignores-address",
        "overlooks-linked",
    ),
    *("hides-unapproved", "approves-all"),
)


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("fault", [*FAULTS, "hides-technical-errors"])
def test_a_fault_turns_exactly_the_cases_red_that_prove_what_it_breaks(
    fault: str, name: str, matrices: dict[str, Matrix]
) -> None:
    matrix = matrices[name]
    named = fault if fault in matrix.faults else f"{CONTRACTS[name][0]}-{fault}"
    if named not in matrix.faults or not matrix.faults[named].breaks:
        pytest.skip(f"{name} cannot have it, or nothing demands otherwise")
    touched = {key for key in matrix.touched(named) if matrix.shown(key).startswith(name)}
    proving = matrix.verify(named) & touched
    assert proving, "a case would have shown it"
    tried = touched if ALL else {*sorted(proving)[:1], *sorted(touched - proving)[:1]}
    assert matrix.red(named, tried) == proving & tried


@pytest.mark.parametrize("name", CONTRACTS)
def test_each_fault_of_records_is_tried_or_breaks_nothing(name: str, benches: dict[str, Bench]) -> None:
    key, domain = CONTRACTS[name]
    faults = benches[domain].simulated.faults
    made = {each for each, fault in faults.items() if each.startswith(f"{key}-") and fault.gives and fault.breaks}
    assert made <= {f"{key}-{each}" for each in FAULTS}
    assert len(made) > 20


def test_an_answer_in_pieces_is_asked_for_to_its_end(store: Store, tmp_path: Path) -> None:
    """Here an answer of GetCareDocumentation holds five notes, and the system that forgets to say that there are more is found."""
    shutil.copytree(places.suites() / HISTORY, tmp_path / HISTORY)
    held = tmp_path / HISTORY / "records.yaml"
    text = held.read_text(encoding="utf-8")
    held.write_text(
        text.replace("  GetCareDocumentation:\n", "  GetCareDocumentation:\n    most: 5\n", 1), encoding="utf-8"
    )
    small = bench_of(tmp_path / HISTORY, store)
    data: dict[str, Value] = {
        **small.settings.test_data,
        "patients": {"with-more": "191212121212", "with-records": "191212121212"},
    }
    read = suite.read(
        tmp_path / HISTORY / "GetCareDocumentation" / "producer.yaml", small.simulated.domain, vocabulary(), data
    )
    case = next(each for each in read.cases if each.id == "5.18")
    small = replace(small, settings=replace(small.settings, test_data=data))
    sound = small.play(case, read)
    assert sound.verdict is Verdict.PASSED, sound
    assert len(sound.exchanges) > 2
    assert small.play(case, read, ("GCD-forgets-more",)).verdict in (*RED, Verdict.NOT_PROVEN)
