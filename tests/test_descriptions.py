"""Contract descriptions in Word: what binds somebody, held against the schema, and taken up by requirements or not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import tiny_world
from description_world import FIELDS, LOANS, chapter, described, spanning, table
from rivta import contract
from rivta.cli import main
from rivta.contract.declarations import outline
from rivta.contract.packages.description import Candidate, Messages, candidates
from rivta.contract.packages.installing import install
from rivta.contract.packages.store import PackageStore
from rivta.model.errors import UsageError
from rivta.model.words import Level
from wordform_world import docx, packed, paragraph

MESSAGES: Messages = {
    each.name: outline(each) for each in contract.read_domain(tiny_world.SUITES / tiny_world.NAME).contracts.values()
}


def read(folder: Path, body: bytes | None = None, messages: Messages = MESSAGES) -> tuple[Candidate, ...]:
    path = folder / "TKB_tiny_library_loan.docx"
    path.write_bytes(described() if body is None else body)
    return candidates(path, messages)


def told(found: tuple[Candidate, ...]) -> list[tuple[str, str, str]]:
    return [(each.section, each.level.value, each.text) for each in found]


def test_every_sentence_that_binds_somebody_is_a_candidate_with_its_section(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert told(found)[:5] == [
        ("1", "should", "Katalogen bör svara fort, t.ex. Inom en sekund."),
        ("1", "may", "Katalogen kan stängas."),
        ("2.1", "must", "Katalogen ska: svara med alla lån"),
        ("2.1", "must", "Katalogen ska: utelämna återlämnade lån"),
        ("2.1", "must", "Ett lån får under inga omständigheter visas för någon annan."),
    ]
    assert {(each.document, each.version) for each in found} == {("TKB", "2.0.1")}
    assert [each.contract for each in found[:3]] == ["", "", "GetLoans"]
    assert found[2].heading == "GetLoans"


def test_a_table_of_fields_is_held_against_the_schema(tmp_path: Path) -> None:
    assert [(each.field, each.text, each.schema, each.is_carried) for each in read(tmp_path) if each.field] == [
        ("GetLoans/borrowerId", "borrowerId är obligatoriskt.", "", True),
        ("GetLoans/borrowerId/root", "Ska vara lånekortens OID.", "", False),
        ("GetLoans/lentFrom", "lentFrom 1..1", "the schema says 0..1", False),
        ("GetLoansResponse/loan/title", "Om titel saknas ska verkets namn anges.", "", False),
        ("GetLoansResponse/loan/shelf", "loan/shelf 0..1", "the schema has no such element", False),
        ("loan/loanId", "Samma lån bara en gång.", "", False),
    ]


def test_a_rule_binds_whatever_its_words_and_a_table_of_versions_does_not(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert [(each.rule, each.level, each.field) for each in found if each.rule] == [
        ("Unika lån", Level.MUST, "loan/loanId")
    ]
    assert not any("heta lån" in each.text for each in found)


def test_fields_without_a_message_are_those_of_the_type_in_the_heading(tmp_path: Path) -> None:
    body = described(chapter("LoanType") + table(FIELDS, ("title", "string", "Ska anges.\nSka vara läsbar.", "0..1")))
    assert [(each.field, each.text) for each in read(tmp_path, body)] == [("LoanType/title", "Ska vara läsbar.")]


def test_other_tables_are_text_and_a_number_that_is_typed_counts(tmp_path: Path) -> None:
    body = docx(paragraph("4.2 Krav", style="Rubrik1"), spanning("Systemet måste logga.", 3), opening="")
    assert told(read(tmp_path, body)) == [("4.2", "must", "Systemet måste logga.")]


def test_an_id_is_of_the_words_alone_whatever_is_known_of_the_schema(tmp_path: Path) -> None:
    ids = {each.id for each in read(tmp_path)}
    assert all(len(id_.split()) == 3 and len(id_.split()[2]) == 6 for id_ in ids)
    blind = [each for each in read(tmp_path, messages={}) if not each.schema]
    assert {each.text: each.fingerprint for each in blind if not each.field} == {
        each.text: each.fingerprint for each in read(tmp_path) if not each.field
    }
    assert {each.fingerprint for each in read(tmp_path, messages={"GetLoans": ()})} < {id_.split()[2] for id_ in ids}
    changed = read(tmp_path, described(LOANS.replace("alla lån", "alla öppna lån")))
    assert len(ids - {each.id for each in changed}) == 1


def long_cell(size: int) -> bytes:
    return described(chapter("Krav") + table(FIELDS, ("a", "b", "ska " * size, "1" * size)) + paragraph("får " * size))


def test_text_that_is_made_to_take_time_takes_none_and_a_novel_is_no_statement(tmp_path: Path) -> None:
    assert read(tmp_path, long_cell(50_000)) == ()


# --- in a domain -----------------------------------------------------------------------------------------------------


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """The tiny domain with its description beside it."""
    shutil.copytree(tiny_world.SUITES, tmp_path / "suites")
    folder = tmp_path / "suites" / tiny_world.NAME
    (folder / "docs").mkdir()
    (folder / "docs" / "TKB_tiny.docx").write_bytes(described())
    return tmp_path / "suites"


def linted(suites: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    code = main(["lint", "--suites", str(suites), *words])
    shown = capsys.readouterr()
    return code, [*shown.out.splitlines(), *shown.err.splitlines()]


def cite(suites: Path, cited: str, more: str = "") -> None:
    path = suites / tiny_world.NAME / "domain.yaml"
    text = path.read_text(encoding="utf-8")
    old = "  - id: GEN-RULES\n"
    assert old in text
    text = text.replace(old, f"  - id: GEN-RULES\n    cites: [{cited}]\n")
    path.write_text(text.replace("personal:", f"{more}personal:", 1), encoding="utf-8")


def test_lint_shows_what_no_requirement_has_taken_up_what_the_schema_does_not_carry_first(
    suites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = candidates(suites / tiny_world.NAME / "docs" / "TKB_tiny.docx", MESSAGES)
    by_text = {each.text: each for each in found}
    taken, aside = by_text["Om titel saknas ska verkets namn anges."], by_text["Ska vara lånekortens OID."]
    cite(suites, taken.id, f"set-aside: {{{aside.id}: The form asks it., TKB 1: An introduction.}}\n")
    code, lines = linted(suites, capsys, "--statements")
    start = lines.index("TKB 2.0.1: 11 statements bind somebody, 7 of them no requirement has taken up")
    assert code == 0
    assert lines[start + 1] == "3 of those are rules of fields that the schema does not carry"
    assert [line.split(None, 4)[4] for line in lines[start + 2 : start + 9]] == [
        "GetLoans/lentFrom: lentFrom 1..1 (the schema says 0..1)",
        "GetLoansResponse/loan/shelf: loan/shelf 0..1 (the schema has no such element)",
        "Unika lån: loan/loanId: Samma lån bara en gång.",
        "Katalogen ska: svara med alla lån",
        "Katalogen ska: utelämna återlämnade lån",
        "Ett lån får under inga omständigheter visas för någon annan.",
        "GetLoans/borrowerId: borrowerId är obligatoriskt.",
    ]
    assert not any(each.text in line for line in lines[start:] for each in (taken, aside))


def test_a_citation_of_what_is_not_there_is_a_mistake_with_its_place(
    suites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cite(suites, "TKB 2.1 000000")
    code, lines = linted(suites, capsys)
    assert code == 4
    (line,) = (line for line in lines if "cites" in line and "domain.yaml" in line)
    assert "the contract description (2.0.1) has no statement TKB 2.1 000000, which GEN-RULES cites" in line
    assert any(line.startswith("  → that section has TKB 2.1 ") for line in lines)


def test_a_description_that_cannot_be_read_is_told_and_stops_nothing(
    suites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trap = packed({"word/document.xml": b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'})
    (suites / tiny_world.NAME / "docs" / "TKB_tiny.docx").write_bytes(trap)
    code, lines = linted(suites, capsys)
    assert code == 0
    assert any("document type" in line for line in lines)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (described(), "note: 11 statements bind somebody; rivta lint lists those that no requirement cites"),
        (b"PK\x03\x04 cut short", "warning: not a Word document"),
        (packed({"word/document.xml": b"<a/>", "../evil": b"x"}), "leads out of the package"),
        (packed({"word/document.xml": bytes(range(256)) * 45_000}), "unpacks to more"),
        (packed({"word/document.xml": b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'}), "document type"),
    ],
)
def test_a_package_is_installed_with_its_description_and_told_of_it(body: bytes, said: str, tmp_path: Path) -> None:
    package = tmp_path / "loans_2.0.1"
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME / "schemas", package / "schemas")
    (package / "docs").mkdir()
    (package / "docs" / "TKB_tiny.docx").write_bytes(body)
    findings = [str(each) for each in install(package, PackageStore(tmp_path / "store")).findings]
    assert len(findings) == 1
    assert said in findings[0]
    assert findings[0].startswith("docs/TKB_tiny.docx: ")


def test_another_document_of_a_package_is_no_description(tmp_path: Path) -> None:
    path = tmp_path / "TKB_tiny.docx"
    path.write_bytes(b"")
    with pytest.raises(UsageError, match="not a Word document"):
        candidates(path, {})
