"""What changed between two versions of a package, element by element, rule by rule, statement by statement, and what that touches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import tiny_world
from description_world import LOANS, described
from rivta.cli import main
from rivta.contract.packages.comparison import PackageChange, changes
from rivta.contract.packages.description import candidates
from rivta.contract.packages.installing import install
from rivta.contract.packages.store import PackageStore

TINY = tiny_world.SUITES / tiny_world.NAME
RULES = """\
<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <ns prefix="g" uri="urn:riv:tiny:library:loan:GetLoansResponder:1"/>
  <pattern id="loans"><rule context="g:loan"><assert id="BR-1" test="g:title">x</assert><assert test="g:branchId">x</assert></rule></pattern>
</schema>"""
GET = "schemas/interactions/GetLoansInteraction/GetLoansResponder_1.0.xsd"


def package(tmp_path: Path, version: str, description: str = LOANS, **edits: tuple[str, str]) -> None:
    """A version of the tiny domain's package, installed: `get` and `rules` are edited in its schema and rules."""
    folder = tmp_path / f"loans_{version}"
    shutil.copytree(TINY / "schemas", folder / "schemas")
    (folder / "docs").mkdir()
    (folder / "docs" / "TKB_tiny.docx").write_bytes(described(description))
    rules = folder / "test-suite" / "GetLoans" / "constraints.xml"
    rules.parent.mkdir(parents=True)
    rules.write_text(RULES, encoding="utf-8")
    for path, (old, new) in ((folder / GET if name == "get" else rules, edit) for name, edit in edits.items()):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    install(folder, PackageStore(), version=version)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path / "store"))


def found() -> list[PackageChange]:
    return changes(PackageStore().find(tiny_world.NAME, "2.0.1"), PackageStore().find(tiny_world.NAME, "2.0.2"))


def rows() -> list[tuple[str, str, str, str, str]]:
    return [(each.what, each.how, each.place, each.old, each.new) for each in found()]


def test_two_versions_that_say_the_same_differ_in_nothing(tmp_path: Path) -> None:
    package(tmp_path, "2.0.1")
    package(tmp_path, "2.0.2", get=("<xs:schema", "<!-- newer --><xs:schema"))
    assert found() == []


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (('name="lentFrom" type="xs:date" minOccurs="0"', 'name="lentFrom" type="xs:date"'),
         ("changed", "GetLoans/lentFrom", "0..1 date", "1..1 date")),
        (('name="lentFrom" type="xs:date"', 'name="lentFrom" type="xs:string"'),
         ("changed", "GetLoans/lentFrom", "0..1 date", "0..1 string")),
    ],
)  # fmt: skip
def test_an_element_that_is_demanded_oftener_or_is_of_another_type_is_told(
    edit: tuple[str, str], told: tuple[str, str, str, str], tmp_path: Path
) -> None:
    package(tmp_path, "2.0.1")
    package(tmp_path, "2.0.2", get=edit)
    assert rows() == [("schema", *told)]


def test_what_came_and_what_went_is_told_once_whatever_is_within(tmp_path: Path) -> None:
    package(tmp_path, "2.0.1")
    package(tmp_path, "2.0.2", get=('name="borrowerId"', 'name="reader"'))
    assert [row[:3] for row in rows() if row[0] == "schema"] == [
        ("schema", "removed", "GetLoans/borrowerId"),
        ("schema", "added", "GetLoans/reader"),
    ]


def test_rules_are_told_apart_by_id_else_by_their_test(tmp_path: Path) -> None:
    package(tmp_path, "2.0.1")
    package(
        tmp_path,
        "2.0.2",
        rules=(
            'test="g:title">x</assert><assert test="g:branchId"',
            'test="g:title != \'\'">x</assert><assert test="g:note"',
        ),
    )
    assert rows() == [
        ("rule", "changed", "GetLoans: g:loan", "g:title", "g:title != ''"),
        ("rule", "changed", "GetLoans: g:loan", "g:branchId", "g:note"),
    ]
    assert found()[0].names == ("BR-1",)


def test_a_statement_is_reworded_or_moved_or_comes_or_goes(tmp_path: Path) -> None:
    newer = (
        LOANS.replace("Katalogen kan stängas.", "Katalogen måste öppnas igen.")
        .replace("under inga omständigheter visas för någon annan", "under inga omständigheter visas för en annan")
        .replace("Samma lån bara en gång", "Samma lån högst en gång")
        .replace("t.ex. Inom en sekund", "t.ex. Inom två sekunder")
    )
    package(tmp_path, "2.0.1")
    package(tmp_path, "2.0.2", newer)
    assert [(row[1], *row[3:]) for row in rows()] == [
        ("changed", "Katalogen bör svara fort, t.ex. Inom en sekund.", "Katalogen bör svara fort, t.ex. Inom två sekunder."),
        ("removed", "Katalogen kan stängas.", ""),
        ("changed", "Ett lån får under inga omständigheter visas för någon annan.", "Ett lån får under inga omständigheter visas för en annan."),
        ("changed", "Samma lån bara en gång.", "Samma lån högst en gång."),
        ("added", "", "Katalogen måste öppnas igen."),
    ]  # fmt: skip


def test_a_statement_in_another_section_has_moved(tmp_path: Path) -> None:
    package(tmp_path, "2.0.1")
    package(tmp_path, "2.0.2", LOANS.replace(">GetLoans<", ">Krav</w:t></w:r></w:p>" + _section("GetLoans")))
    assert {row[1] for row in rows()} == {"moved"}
    assert all(len(each.names) == 2 for each in found())


def _section(title: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="Avsnitt"/></w:pPr><w:r><w:t xml:space="preserve">{title}<'


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """The tiny domain, one requirement of which cites its description, and two versions of its package."""
    newer = LOANS.replace("Samma lån bara en gång", "Samma lån högst en gång")
    package(tmp_path, "2.0.1")
    package(tmp_path, "2.0.2", newer, get=('name="lentFrom" type="xs:date"', 'name="lentFrom" type="xs:string"'))
    shutil.copytree(tiny_world.SUITES, tmp_path / "suites")
    shutil.copytree(tiny_world.SUITES.parent / "scenarios", tmp_path / "scenarios")
    path = tmp_path / "suites" / tiny_world.NAME / "domain.yaml"
    said = candidates(tmp_path / "loans_2.0.1" / "docs" / "TKB_tiny.docx", {})
    cited = next(each.id for each in said if each.text == "Samma lån bara en gång.")
    text = path.read_text(encoding="utf-8")
    assert "  - id: GEN-RULES\n" in text
    path.write_text(text.replace("  - id: GEN-RULES\n", f"  - id: GEN-RULES\n    cites: [{cited}]\n"), encoding="utf-8")
    return tmp_path / "suites"


def diff(suites: Path, *words: str) -> int:
    return main(["contracts", "diff", f"{tiny_world.NAME}@2.0.1", "2.0.2", "--suites", str(suites), *words])


def test_the_table_names_the_requirements_and_cases_that_a_change_touches(
    suites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(suites) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(
        f"{tiny_world.NAME} 2.0.1 → 2.0.2\n\nschemas\n  changed  GetLoans/lentFrom: 0..1 date → 0..1 string\n"
    )
    statement = shown.split("contract description\n")[1]
    assert "requirements GEN-RULES" in statement
    assert "cases GetLoans/1.1" in statement
    assert "2 changes; they touch 1 requirements and" in shown


def test_the_same_as_json(suites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(suites, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["domain"], told["old"], told["new"]) == (tiny_world.NAME, "2.0.1", "2.0.2")
    statement = told["changes"][-1]
    assert (statement["what"], statement["how"], statement["requirements"]) == ("description", "changed", ["GEN-RULES"])
    assert told["changes"][0]["cases"] == ["GetLoans/1.3"], "the one that sends it"


def test_a_package_without_a_domain_folder_says_so(
    suites: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    assert diff(tmp_path / "none") == 0
    assert "no folder of suites has this domain" in capsys.readouterr().out
