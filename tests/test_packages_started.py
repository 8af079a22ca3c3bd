"""A domain folder begun from an installed package: it is read, linted, and played against its own simulator as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from in_process import Bench
from rivta import contract, environment, simulator, suite
from rivta.check import vocabulary
from rivta.cli import main
from rivta.contract.packages.installing import install
from rivta.contract.packages.starting import start
from rivta.contract.packages.store import Store
from rivta.model.errors import UsageError
from rivta.model.words import Verdict

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "domains" / "suites" / "tiny.library.loan"
SHARED = ROOT.parent / "shared" / "contracts"
PUBLISHED = ("clinicalprocess.healthcond.description", "ehr.accesscontrol", "itintegration.registry", "crm.scheduling")
"""A reading domain, one by WS-Addressing or not, one with two majors of each contract, one with states."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path / "store"))
    return Store()


def begun(package: Path, store: Store, tmp_path: Path) -> Path:
    installed = install(package, store, version="1.0").installed
    start(installed, tmp_path / "suites")
    return tmp_path / "suites" / installed.domain


def verdicts(folder: Path, part: str) -> dict[str, Verdict]:
    """What each case comes to against the domain's own simulator, sound."""
    domain = contract.read_domain(folder, vocabulary())
    bench = Bench(simulator.read(domain), environment.read(folder / "environment.yaml"))
    suites = [suite.read(path, domain, vocabulary()) for path in sorted(folder.glob(f"*/{part}.yaml"))]
    return {f"{case.contract} {case.id}": bench.play(case, read).verdict for read in suites for case in read.cases}


def test_the_tiny_domain_is_begun_from_its_schemas_alone(store: Store, tmp_path: Path) -> None:
    package = tmp_path / "loans"
    shutil.copytree(TINY / "schemas", package / "schemas")
    folder = begun(package, store, tmp_path)
    assert sorted(each.name for each in folder.iterdir()) == [
        "GetLoans", "RegisterLoan.1", "RegisterLoan.2", "domain.yaml", "environment.yaml",
    ]  # fmt: skip
    domain = contract.read_domain(folder)
    assert [domain.contracts.shown(each) for each in domain.contracts] == [
        "GetLoans",
        "RegisterLoan@1",
        "RegisterLoan@2",
    ]
    assert domain.requirements["RegisterLoan.2-answers"].text.en == "A valid call of RegisterLoan 2.0 is answered."
    assert set(verdicts(folder, "producer").values()) == {Verdict.PASSED}
    message = (folder / "GetLoans" / "messages" / "request.xml").read_text(encoding="utf-8")
    assert '<r:borrowerId root="a" extension="a"/>' in message, "nothing says that a borrower is a person"


def test_a_folder_that_is_there_is_left_alone(store: Store, tmp_path: Path) -> None:
    package = tmp_path / "loans"
    shutil.copytree(TINY / "schemas", package / "schemas")
    folder = begun(package, store, tmp_path)
    (folder / "domain.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        start(store.find(folder.name), tmp_path / "suites")
    assert (folder / "domain.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)")
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_package_is_begun_with_and_played(
    name: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = begun(SHARED / name, store, tmp_path)
    assert main(["lint", "--suites", str(folder.parent)]) == 0
    assert "-answers" in capsys.readouterr().out
    played = verdicts(folder, "producer")
    assert set(played.values()) == {Verdict.PASSED}, played
    assert len(played) == len(store.find(folder.name).contracts)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)")
def test_a_test_person_stands_where_the_names_ask_for_one(store: Store, tmp_path: Path) -> None:
    folder = begun(SHARED / PUBLISHED[0], store, tmp_path)
    message = (folder / "GetDiagnosis" / "messages" / "request.xml").read_text(encoding="utf-8")
    assert "<core:id>${patient.id}</core:id>\n    <core:type>1.2.752.129.2.1.3.1</core:type>" in message
