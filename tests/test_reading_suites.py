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

from fault_matrix import RED, Matrix
from in_process import Bench
from rivta import contract, environment, simulator, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.contract.packages.installing import install
from rivta.contract.packages.store import Store
from rivta.model.case import Ask
from rivta.model.words import Value, Verdict
from rivta.text import places

HERE = Path(__file__).parent
PUBLISHED = HERE.parents[1] / "shared" / "contracts"
NAME = "clinicalprocess.healthcond.description"
CONTRACTS = {
    "GetDiagnosis": "GD",
    "GetAlertInformation": "GAI",
    "GetCareDocumentation": "GCD",
    "GetFunctionalStatus": "GFS",
}
ALL = os.environ.get("RIVTA_FAULTS") == "all"
PLAYED = [*CONTRACTS] if ALL else ["GetDiagnosis"]
LOAD = {"6.2"}
"""What is of load alone, which is measured by itself."""

pytestmark = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(tmp_path_factory.mktemp("store"))
    install(PUBLISHED / NAME, made, version="3.0.5")
    return made


@pytest.fixture(scope="module")
def bench(store: Store) -> Bench:
    return bench_of(places.suites() / NAME, store)


def bench_of(folder: Path, store: Store) -> Bench:
    domain = contract.read_domain(folder, vocabulary(), store)
    return Bench(simulator.read(domain), environment.read(HERE / "reading.yaml"))


@pytest.fixture(scope="module")
def matrix(bench: Bench) -> Matrix:
    """The cases of the contracts that are played."""
    whole = Matrix(bench, HERE / "no-scenarios")
    played = {key: pair for key, pair in whole.cases.items() if whole.shown(key).partition("/")[0] in PLAYED}
    whole.__dict__["cases"] = played
    return whole


def test_every_case_passes_on_a_sound_system_but_what_a_person_has_to_see(matrix: Matrix) -> None:
    seen = {matrix.shown(key): sound.verdict for key, sound in matrix.sound.items()}
    asked = {
        matrix.shown(key)
        for key, (case, _) in matrix.cases.items()
        if any(isinstance(step, Ask) for step in case.steps)
    }
    others = {key for key, verdict in seen.items() if verdict is not Verdict.PASSED}
    assert others - asked <= {"GetCareDocumentation/5.18"}, "pages are tried below"
    assert {seen[key] for key in others & asked} == {Verdict.MANUAL}


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_number_of_the_published_suite_is_a_case(name: str, bench: Bench) -> None:
    domain = bench.simulated.domain
    read = suite.read(domain.folder / name / "producer.yaml", domain, vocabulary())
    refuse_undeclared(read)
    data = (PUBLISHED / NAME / "test-suite" / name / "data.xml").read_text(encoding="utf-8")
    published = set(re.findall(r'<testcase id="([\d.]+) ', data))
    assert len(published) > 30
    assert published - {case.id for case in read.cases} == LOAD
    assert all(read.proves(case) for case in read.cases)


FAULTS = (
    *(f"{how}-{name}" for how in ("ignores", "inverts") for name in ("patient", "unit", "source", "contact", "period")),
    *("starts-late", "starts-early", "ends-early", "ends-late", "mixes-patients", "faults-on-unknown", "empties"),
    *("loses-the-last", "repeats-an-id", "differs-by-consumer", "gives-what-is-withheld", "ignores-address"),
    *("hides-unapproved", "approves-all"),
)


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


def test_each_fault_of_records_is_tried_or_breaks_nothing(bench: Bench) -> None:
    made = {
        name
        for name, fault in bench.simulated.faults.items()
        if name.startswith("GD-") and fault.gives and fault.breaks
    }
    assert made <= {f"GD-{each}" for each in FAULTS}


def test_an_answer_in_pieces_is_asked_for_to_its_end(store: Store, tmp_path: Path) -> None:
    """Here an answer of GetCareDocumentation holds five notes, and the system that forgets to say that there are more is found."""
    shutil.copytree(places.suites() / NAME, tmp_path / NAME)
    held = tmp_path / NAME / "records.yaml"
    text = held.read_text(encoding="utf-8")
    held.write_text(
        text.replace("  GetCareDocumentation:\n", "  GetCareDocumentation:\n    most: 5\n", 1), encoding="utf-8"
    )
    small = bench_of(tmp_path / NAME, store)
    data: dict[str, Value] = {
        **small.settings.test_data,
        "patients": {"with-more": "191212121212", "with-records": "191212121212"},
    }
    read = suite.read(
        tmp_path / NAME / "GetCareDocumentation" / "producer.yaml", small.simulated.domain, vocabulary(), data
    )
    case = next(each for each in read.cases if each.id == "5.18")
    small = replace(small, settings=replace(small.settings, test_data=data))
    sound = small.play(case, read)
    assert sound.verdict is Verdict.PASSED, sound
    assert len(sound.exchanges) > 2
    assert small.play(case, read, ("GCD-forgets-more",)).verdict in (*RED, Verdict.NOT_PROVEN)
