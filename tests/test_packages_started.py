"""A domain folder begun from an installed package: it is read, linted, and played against its own simulator as it is."""

from __future__ import annotations

import errno
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from begun_world import matrix
from rivta import contract, environment, page, suite
from rivta.check import vocabulary
from rivta.cli import main
from rivta.contract.packages import starting
from rivta.contract.packages.installing import install
from rivta.contract.packages.starting import start
from rivta.contract.packages.store import PackageStore
from rivta.declaration import dossier
from rivta.declaration.dossier import Papers
from rivta.model.errors import UsageError
from rivta.model.records import Records
from rivta.model.words import Lang, Verdict
from rivta.report.html import render
from test_constant_systems import of_run
from thorough import part

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "domains" / "suites" / "tiny.library.loan"
SHARED = ROOT.parent / "shared" / "contracts"
PUBLISHED = ("clinicalprocess.healthcond.description", "ehr.accesscontrol", "itintegration.registry")
"""A reading domain, one contract in two profiles, two contracts in two major versions each."""

WSDLS = Counter(folder for each in SHARED.rglob("*.wsdl") for folder in each.parents if (folder / "schemas").is_dir())
ROOTS = sorted(WSDLS, key=lambda root: (WSDLS[root], root))
"""Every published package at hand, the small ones first."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackageStore:
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path / "store"))
    return PackageStore()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """The folder of a published package that was begun with, once for all who only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RIVTA_CONTRACTS", str(tmp_path_factory.mktemp("store")))
        yield cache(lambda name: begun(SHARED / name, PackageStore(), tmp_path_factory.mktemp(name)))


@pytest.fixture
def loans(store: PackageStore, tmp_path: Path) -> Path:
    """The tiny domain, begun anew from its schemas alone."""
    shutil.copytree(TINY / "schemas", tmp_path / "loans" / "schemas")
    return begun(tmp_path / "loans", store, tmp_path)


def begun(package: Path, store: PackageStore, tmp_path: Path) -> Path:
    installed = install(package, store, version="1.0").installed
    start(installed, tmp_path / "suites")
    return tmp_path / "suites" / installed.domain


def test_the_tiny_domain_is_begun_from_its_schemas_alone(loans: Path) -> None:
    assert sorted(each.name for each in loans.iterdir()) == [
        "GetLoans", "RegisterLoan.1", "RegisterLoan.2", "domain.yaml", "environment.yaml", "reference",
    ]  # fmt: skip
    domain = contract.read_domain(loans)
    assert [domain.contracts.shown(each) for each in domain.contracts] == [
        "GetLoans",
        "RegisterLoan@1",
        "RegisterLoan@2",
    ]
    assert domain.requirements["RegisterLoan.2-answers"].text.en == "A valid call of RegisterLoan 2.0 is answered."
    message = (loans / "GetLoans" / "messages" / "request.xml").read_text(encoding="utf-8")
    assert '<r:borrowerId root="a" extension="a"/>' in message, "nothing says that a borrower is a person"


def test_a_sound_system_passes_all_that_was_begun_and_each_general_fault_turns_its_own_cases_red(loans: Path) -> None:
    """In both roles, without a line that a person wrote: each fault is played on cases in which it changes something."""
    tried = matrix(loans)
    assert {sound.verdict for sound in tried.sound.values()} == {Verdict.PASSED}
    assert len(tried.cases) == 3 * (1 + 15 + 8) + 2 + 3 * (1 + 10 + 3), "its own, the general ones, the samples"
    faults = [name for name in tried.faults if tried.faults[name].breaks and tried.touched(name)]
    wrong = {
        name: (sorted(wanted - red), sorted(red - wanted))
        for name in faults
        for played in [tried.played(name)]
        for wanted, red in [(tried.verify(name) & played, tried.red(name, played))]
        if wanted != red
    }
    assert wrong == {}, "fault: cases that miss it, false alarms"
    assert len(faults) > 45
    assert {"takes-invalid-answer-for-done", "does-not-tell-of-failed-call", "stops-at-a-technical-error"} <= set(
        faults
    )


def test_a_person_gives_the_wrong_answers_at_the_page_too(loans: Path) -> None:
    matrix(loans)  # which writes an environment of both roles
    settings = environment.read(loans / "both-roles.yaml")
    read = page.programme.read(settings, loans.parent, loans / "scenarios")
    wrong = [each for each in read.of("consumer") if each.case.id.startswith("G.3.")]
    assert len(wrong) == 3 * 3
    tried = read.choice.tried([(each.suite, each.case) for each in read.playables.values()])
    assert tried is not None
    assert tried.tried == len(wrong)


def test_a_folder_that_is_there_is_left_alone(loans: Path, store: PackageStore, tmp_path: Path) -> None:
    (loans / "domain.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        start(store.find(loans.name), tmp_path / "suites")
    assert (loans / "domain.yaml").read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_written_whole_is_not_begun(
    store: PackageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(TINY / "schemas", tmp_path / "loans" / "schemas")
    installed = install(tmp_path / "loans", store, version="1.0").installed
    whole = starting.write_file

    def full(path: Path, body: bytes) -> None:
        if path.name == "reference.yaml":
            raise OSError(errno.ENOSPC, "no space left")
        whole(path, body)

    monkeypatch.setattr(starting, "write_file", full)
    with pytest.raises(OSError, match="no space left"):
        start(installed, tmp_path / "suites")
    assert not (tmp_path / "suites" / installed.domain).exists()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)")
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_package_is_begun_with_and_played(
    name: str, published: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = published(name)
    assert main(["lint", "--suites", str(folder.parent)]) == 0
    assert "-answers" in capsys.readouterr().out
    played = {key: sound.verdict for key, sound in matrix(folder).sound.items()}
    assert set(played.values()) == {Verdict.PASSED}, played
    names = [each.partition(" ")[0] for each in PackageStore().find(folder.name).contracts]
    assert len(played) == 38 * len(names) + sum(names.count(each) > 1 for each in names), (
        "one more beside another major"
    )


@pytest.mark.parametrize("root", part(ROOTS, 12), ids=lambda root: str(root.relative_to(SHARED)))
def test_the_declaration_of_any_domain_is_drawn_up_by_the_general_skeletons(
    root: Path, store: PackageStore, tmp_path: Path
) -> None:
    tried = matrix(begun(root, store, tmp_path))
    first = [key for key in tried.cases if key.endswith("/1.1")][:2]
    cases = [(suite_, case) for case, suite_ in (tried.cases[key] for key in first)]
    run = of_run(tried, cases, [tried.bench.play(case, suite_) for suite_, case in cases])
    drawn_up = dossier.draw_up(run, Papers(), tmp_path / "suites").declaration
    assert drawn_up.form is not None
    assert sum(len(questions) for _, questions in drawn_up.form.sections) > 80, "what both skeletons ask"
    languages: tuple[Lang, ...] = ("sv", "en")
    for lang in languages:
        told = etree.HTML(render(drawn_up, lang)).xpath("string()")
        assert all(each.name in told for each in tried.domain.contracts.values())
        assert tried.domain.name in told


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)")
def test_a_test_person_stands_where_the_names_ask_for_one(published: Callable[[str], Path]) -> None:
    folder = published(PUBLISHED[0])
    message = (folder / "GetDiagnosis" / "messages" / "request.xml").read_text(encoding="utf-8")
    assert "<core:id>${patient}</core:id>\n    <core:type>1.2.752.129.2.1.3.1</core:type>" in message


def _as_patients(schemas: Path) -> None:
    """Borrowers called patients, and a period that loans are asked for in."""
    for path in schemas.rglob("*.xsd"):
        text = path.read_text(encoding="utf-8").replace("borrowerId", "patientId").replace('"lentFrom"', '"fromDate"')
        path.write_text(text.replace('"lentDate"', '"lentTime"'), encoding="utf-8")


def test_what_a_reading_contract_gives_back_is_written_as_far_as_the_names_tell(
    store: PackageStore, tmp_path: Path
) -> None:
    shutil.copytree(TINY / "schemas", tmp_path / "loans" / "schemas")
    _as_patients(tmp_path / "loans" / "schemas")
    domain = contract.read_domain(begun(tmp_path / "loans", store, tmp_path))
    records = domain.contracts.find("GetLoans").records
    assert records == Records(
        path="loan",
        id="loanId",
        patient="patientId/@extension",
        patient_type="patientId/@root",
        times=("lentTime",),
        filters={"patient": "patientId/@extension", "start": "fromDate"},
    )
    assert domain.contracts.find("RegisterLoan@2").records is None


def test_what_its_names_do_not_tell_is_left_to_a_person(loans: Path) -> None:
    written = (loans / "domain.yaml").read_text(encoding="utf-8")
    assert "    # records: {path: loan, id: loanId} # confirm: " in written
    assert contract.read_domain(loans).contracts.find("GetLoans").records is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published contracts are not at hand (../shared/contracts)")
def test_the_published_reading_contracts_are_read_so(published: Callable[[str], Path]) -> None:
    folder = published(PUBLISHED[0])
    records = contract.read_domain(folder).contracts.find("GetDiagnosis").records
    assert records is not None
    assert (records.path, records.id, records.patient_type) == (
        "diagnosis",
        "diagnosisHeader/documentId",
        "diagnosisHeader/patientId/type",
    )
    assert records.times == ("diagnosisBody/diagnosisTime",), "the package's rules forbid documentTime"
    assert {*records.filters} == {"patient", "unit", "source", "contact", "start", "end"}
    written = (folder / "domain.yaml").read_text(encoding="utf-8")
    assert "    # Records that are made so break rules (“" in written
    assert "    #   path: alertInformation\n" in written


GENERAL = "general: # what every producer is tried with"
WRONG = {
    "a case that there is not": (GENERAL, 'general:\n  leave-out: {G.99: "Never."} #', "there is no general case G.99"),
    "what a case needs": (
        "  refused:",
        "  # refused:",
        "the general cases need “refused”, and the suite does not say it",
    ),
}


@pytest.mark.parametrize("which", WRONG)
def test_what_the_general_cases_need_is_told_at_its_place(which: str, loans: Path) -> None:
    old, new, told = WRONG[which]
    path = loans / "GetLoans" / "producer.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(told)) as caught:
        suite.read(path, contract.read_domain(loans), vocabulary())
    assert caught.value.source is not None
    assert caught.value.source.path.endswith("GetLoans/producer.yaml")


def test_a_general_case_can_be_left_out_with_its_reason_or_called_otherwise(loans: Path) -> None:
    path = loans / "GetLoans" / "producer.yaml"
    text = path.read_text(encoding="utf-8").replace(
        GENERAL, 'general:\n  leave-out: {G.12: "The gateway refuses it."}\n  called: {G.13: G.100} #'
    )
    path.write_text(text, encoding="utf-8")
    read = suite.read(path, contract.read_domain(loans), vocabulary())
    assert not {"G.12", "G.13"} & {each.id for each in read.cases}
    assert "G.100" in [each.id for each in read.cases]
    assert len(read.cases) == 15
