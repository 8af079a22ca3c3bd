"""The sixteen published forms: read, filled in, and opened by LibreOffice. They are not ours to ship; absent, these skip."""

import argparse
import io
import re
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from rivta.cli import declaration as command
from rivta.cli.arguments import commands, declare
from rivta.declaration import form as forms
from rivta.model.declaration import Answer
from rivta.model.errors import UsageError
from rivta.model.run import Run
from rivta.report.word import Filled, WordForm, fill, read_form
from rivta.report.word.fields import QUESTIONS
from rivta.text import places
from rivta.text.word.paragraphs import Paragraph, changed, read_paragraphs
from thorough import part
from wordform_world import FORMS, VENDOR, answers, member, run_for

PATHS = sorted(FORMS.glob("SjD_*.docx")) if FORMS.is_dir() else []
pytestmark = pytest.mark.skipif(not PATHS, reason=f"the published forms are not at {FORMS}")
every_form = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
some_forms = pytest.mark.parametrize("path", part(PATHS, 2), ids=lambda path: path.stem)

FIELDS = {
    "TK Update 1.0": (64, 31),
    "TK GetAlertInformation 2.0": (36, 11),
    "TK GetCareDocumentation 3.0": (38, 12),
    "TK GetDiagnosis 2.0": (36, 11),
    "TK GetFunctionalStatus 2.0": (36, 11),
    "TK GetImagingOutcome 1.0": (36, 11),
    "TK GetLaboratoryOrderOutcome 4.2": (38, 12),
    "TK GetReferralOutcome 3.2": (36, 11),
    "TP GetAlertInformation 2.0": (149, 87),
    "TP GetCareDocumentation 3.0": (133, 79),
    "TP GetDiagnosis 2.0": (125, 71),
    "TP GetFunctionalStatus 2.0": (129, 76),
    "TP GetImagingOutcome 1.0": (117, 63),
    "TP GetLaboratoryOrderOutcome 4.2": (167, 99),
    "TP GetMaternityMedicalHistory 2.0": (145, 95),
    "TP GetReferralOutcome 3.2": (115, 61),
}
"""The vendor's fields, and how many of them are Ja/Nej, counted by hand from the paragraphs of each form."""
FAILED = ("TF 5.1", "EI_TF 2.2")
UNKNOWN = ("TF 1.1.3", "TF 1.2.5")


@cache
def published(path: Path) -> WordForm:
    return read_form(path)


@cache
def filled_in(path: Path) -> tuple[Filled, Run]:
    form = published(path)
    given: dict[str, Answer | str] = dict.fromkeys(QUESTIONS["skeleton"].values(), "yes")
    run = run_for(form, FAILED, UNKNOWN)
    return fill(form, run, answers(VENDOR, {**given, "tf-7-2": Answer("tf-7-2", "nej", comment="Går inte")})), run


def test_all_sixteen_are_here() -> None:
    assert sorted(published(path).title for path in PATHS) == sorted(FIELDS)


@every_form
def test_every_field_is_found(path: Path) -> None:
    form = published(path)
    vendors = [field for field in form.fields if field.owner == "vendor"]
    assert (len(vendors), sum(field.kind == "yes-no" for field in vendors)) == FIELDS[form.title]
    assert not [field for field in form.fields if field.value or not field.question]
    assert [field.question for field in form.fields if field.owner == "reviewer"] == [
        "Resultat",
        "Avvikelser",
        "Datum",
        "Namn",
    ]


@every_form
def test_every_box_belongs_to_a_field(path: Path) -> None:
    form = published(path)
    paragraphs = [each for each in read_paragraphs(form.package.document, "x") if each.bordered]
    boxes = sum(len(field.boxes) or (field.kind == "short") for field in form.fields)
    assert boxes == sum(each.text.count("[") for each in paragraphs)


@every_form
def test_headings_have_the_numbers_of_the_table_of_contents(path: Path) -> None:
    form = published(path)
    rows = [each.text for each in read_paragraphs(form.package.document, "x") if each.style.startswith("Innehll")]
    numbers = {(row.split("\t")[0].rstrip("."), row.split("\t")[1].casefold()) for row in rows if row.count("\t") == 2}
    stale = [
        each.title for each in form.sections if (each.number, " ".join(each.title.casefold().split())) not in numbers
    ]
    assert len(stale) == (9 if form.title == "TP GetAlertInformation 2.0" else 0)  # whose table is of GetActivities 1.3


@every_form
def test_test_references_are_all_read(path: Path) -> None:
    form = published(path)
    text = "".join(each.text for each in read_paragraphs(form.package.document, "x") if each.bordered)
    ends = {f"{kind or ''}TF {case}" for kind, case in re.findall(r"(EI_)?TF (\d[\d.]*\d)\)", text)}
    orphans = {f"TF {case}" for orphan in form.orphans for case in re.findall(r"TF (\d[\d.]*)", orphan)}
    assert ends - orphans <= {reference for field in form.fields for reference in field.references}


def test_known_defects_are_told() -> None:
    by_title = {form.title: form for form in map(published, PATHS)}
    assert "TF 1.10" in by_title["TP GetReferralOutcome 3.2"].orphans[0]
    cited = {
        reference for field in by_title["TP GetMaternityMedicalHistory 2.0"].fields for reference in field.references
    }
    assert "TF 1.2.5" in cited
    assert "TF 8.1" not in cited
    report = fill(form := by_title["TP GetMaternityMedicalHistory 2.0"], run_for(form, unknown=["TF 1.2.5"])).report
    assert [each.reference for each in report.unresolved] == ["TF 1.2.5"]


@some_forms
def test_filling_in_writes_what_it_says_and_nothing_else(path: Path) -> None:
    form = published(path)
    filled, run = filled_in(path)
    report = filled.report
    before, after = form.package.document, member(filled.body)
    assert changed(before, []) == before, "byte for byte, but for what is filled in"
    old, new = read_paragraphs(before, "x"), read_paragraphs(after, "x")
    differs = [place for place, (a, b) in enumerate(zip(old, new, strict=True)) if _raw(a) != _raw(b)]
    places = {field.place.paragraph.number for field in form.fields if field.owner == "vendor"}
    assert set(differs) <= places
    for place in differs:
        old[place].element.clear()
        new[place].element.clear()
    assert etree.tostring(old[0].element.getroottree()) == etree.tostring(new[0].element.getroottree())
    again = read_form(filled.body)
    assert {field.position for field in again.fields if field.value} == {
        each.position for each in (*report.filled, *report.proposed)
    }
    assert fill(again, run, answers(VENDOR)).body == filled.body


def _raw(paragraph: Paragraph) -> bytes:
    return etree.tostring(paragraph.element)


@some_forms
def test_the_package_around_the_document_is_kept(path: Path) -> None:
    filled, _ = filled_in(path)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(io.BytesIO(filled.body)) as new:
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert (before.filename, before.date_time, before.compress_type) == (
                after.filename,
                after.date_time,
                after.compress_type,
            )
            assert before.filename == "word/document.xml" or old.read(before) == new.read(after)


@some_forms
def test_ticks_stand_where_the_evidence_says(path: Path) -> None:
    form = published(path)
    filled, _ = filled_in(path)
    read = {field.position: field.value for field in read_form(filled.body).fields}
    for field in form.fields:
        answered = field.references == ("TF 7.2",)
        if field.kind != "yes-no" or not field.references or answered or "omständigheter" in field.question:
            continue
        if set(field.references) & set(UNKNOWN):
            assert read[field.position] == ""
        else:
            assert read[field.position] == ("no" if set(field.references) & set(FAILED) else "yes"), field.name


@some_forms
def test_nothing_is_filled_in_without_a_source(path: Path) -> None:
    form = published(path)
    filled = fill(form)
    assert filled.body == path.read_bytes()
    assert not filled.report.filled


def test_what_is_asked_once_serves_the_forms() -> None:
    """Each pattern meets a question of some form, and each id is one that the skeletons ask."""
    everything = [published(path) for path in PATHS]
    skeletons = [forms.read(places.suites() / "forms" / f"{role}.yaml", role=role) for role in ("producer", "consumer")]
    asked = {question.id for each in skeletons for section in each.sections for question in section.questions}
    assert set(QUESTIONS["skeleton"].values()) <= asked
    served = {name for form in everything for name in _served(form)}
    assert served == set(QUESTIONS["skeleton"].values())
    questions = [field.question for form in everything for field in form.fields]
    for pattern in QUESTIONS["figures"]:
        assert any(re.search(pattern, question, re.IGNORECASE) for question in questions), pattern


def _served(form: WordForm) -> set[str]:
    report = fill(form, None, answers({}, dict.fromkeys(QUESTIONS["skeleton"].values(), "yes"))).report
    return set(QUESTIONS["skeleton"].values()) - {each.name for each in report.unplaced}


@pytest.mark.skipif(not shutil.which("soffice"), reason="no LibreOffice here: apt-get install libreoffice-writer")
@pytest.mark.skipif(not shutil.which("pdftotext"), reason="no pdftotext here: apt-get install poppler-utils")
def test_libreoffice_opens_and_shows_them(tmp_path: Path) -> None:
    names = ("SjD_TP_GetDiagnosis_2.0", "SjD_TK_EI_Update_1.0")
    for name in names:
        (tmp_path / f"{name}.docx").write_bytes(filled_in(FORMS / f"{name}.docx")[0].body)
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={profile}", "--convert-to", "pdf", *tmp_path.glob("*.docx")],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=120,
    )
    for name in names:
        _is_shown(FORMS / f"{name}.docx", tmp_path / f"{name}.pdf")


def _is_shown(path: Path, pdf: Path) -> None:
    filled, _ = filled_in(path)
    shown = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True).stdout.decode()
    text = " ".join(shown.split())
    assert "Organisation: Testregionen & Co <AB>" in text
    assert "Anna Ansvarig" in text
    written = {each.position: each for each in (*filled.report.filled, *filled.report.proposed)}
    boxes = {field.position for field in published(path).fields if field.kind == "yes-no"}
    assert text.count("[x]") == len(boxes & set(written))
    assert text.count("(förslag") >= len([each for each in filled.report.proposed if each.position in boxes])


def test_the_command_writes_and_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    declare(parser, commands()["declaration"]["commands"]["fill"])
    said = tmp_path / "declaration.yaml"
    said.write_text(
        "domain: d\nroles: [r]\nvendor: {organisation: Regionen}\nanswers: {approved-true: yes, okand: ja}\n"
    )
    out = tmp_path / "out.docx"
    words = [str(FORMS / "SjD_TP_GetDiagnosis_2.0.docx"), "-o", str(out), "--answers", str(said)]
    assert command.fill(parser.parse_args([*words, "--json"])) == 0
    listed = capsys.readouterr().out
    assert '"Organisation: ' not in listed
    assert '"okand"' in listed
    values = {field.name: field.value for field in read_form(out).fields if field.value}
    assert values["2.1.1 Organisation"] == "Regionen"
    assert values["2.3.3 Svar kan levereras med flaggan approvedForPatient = True (TF 4.1)"] == "yes"
    with pytest.raises(UsageError, match="written over"):
        command.fill(parser.parse_args([str(out), "-o", str(out)]))
