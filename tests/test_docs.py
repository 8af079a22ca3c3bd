"""The manual holds to the code: made parts are current, everything is documented, nothing is claimed twice.

RIVTA_GOLDEN=write makes the made parts of the pages, and the published JSON Schemas, anew.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from manual import (
    CHECKS,
    DOCS,
    PLACES,
    ROOT,
    SNIPPETS,
    commands,
    example_of,
    made_anew,
    made_parts,
    options_of,
    pages,
    pytest_options,
    shipped_domain,
    subcommands,
)
from rivta import check
from rivta.cli import COMMANDS
from rivta.cli.schema import KINDS, of
from rivta.model.words import Verdict
from rivta.plugin.record import EXIT
from rivta.suite import steps

WRITE = os.environ.get("RIVTA_GOLDEN") == "write"
INTERRUPTED = 2  # pytest's own
READ_ELSEWHERE = {"deviations.md", "from-soapui.md", "simulator.md"}
"""Pages whose YAML the tests of its room read."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MADE = re.compile(r"<!-- made: .*?<!-- end -->", re.DOTALL)


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, heads and rulers left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    tables = [line for line in lines if not set(line) <= set("|- ")]
    heads = {lines[index - 1] for index, line in enumerate(lines) if set(line) <= set("|- ")}
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in tables if line not in heads]


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_made_parts_are_current(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    anew = made_anew(page)
    if WRITE:
        path.write_text(anew, encoding="utf-8")
    assert anew == path.read_text(encoding="utf-8"), "read the difference; RIVTA_GOLDEN=write takes it over"


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schemas_are_those_of_the_code(kind: str) -> None:
    path = DOCS / "schemas" / f"{kind}.schema.json"
    printed = json.dumps(of(kind), indent=2, ensure_ascii=False) + "\n"
    if WRITE:
        path.write_text(printed, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == printed


def test_every_command_has_its_place_in_the_manual() -> None:
    page = read("commands.md")
    assert made_parts(page) == ["overview", *(f"command {name}" for name in COMMANDS), "pytest"]
    assert [name for name in COMMANDS if f"## rivta {name}\n" not in page] == []


def test_every_option_says_what_it_means() -> None:
    silent = [
        f"rivta {name} {option.option_strings}"
        for name, parser in every_parser()
        for option in options_of(parser)
        if option.option_strings and not option.help
    ]
    assert silent == []
    assert [option.option_strings for option in pytest_options() if not option.help] == []
    assert all(text for parser in commands().values() for text, _ in subcommands(parser).values())


def every_parser() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for name, parser in commands().items():
        yield name, parser
        yield from ((f"{name} {word}", inner) for word, (_, inner) in subcommands(parser).items())


def test_every_kind_of_check_is_explained_by_an_example() -> None:
    assert made_parts(read("checks.md")) == ["checks"]
    for name, kind in check.vocabulary().items():
        assert kind.doc.endswith("."), name
        assert re.search(rf"\b{name}\b", example_of(name)), name


def test_the_exit_codes_are_those_of_the_code() -> None:
    codes = {int(row[0]): row for row in rows(read("exit-codes.md").partition("\n## ")[0])}
    assert codes.keys() == {*EXIT.values(), INTERRUPTED}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = re.search(r"The exit code tells whose turn it is: (.*?)\.", readme, re.DOTALL)
    assert told
    assert {int(code) for code in re.findall(r"\b\d\b", told[1])} == {*EXIT.values()}
    assert "3 comes before 6 before 1 before 5" in read("exit-codes.md")


def test_every_verdict_is_explained() -> None:
    told = [row[0] for row in rows(read("index.md"))]
    assert set(told) >= {verdict.name.lower().replace("_", " ") for verdict in Verdict}


def test_the_names_that_are_always_there_are_those_of_the_code() -> None:
    always = read("suites.md").partition("These names are always there:")[2].partition("\n## ")[0]
    told = [row[0].strip("`") for row in rows(always)]
    nested = {name: value for name, value in steps.OF_CASE.items() if isinstance(value, dict)}
    known = [*(steps.OF_CASE.keys() - nested.keys()), *steps._OF_STEP]
    assert sorted(told) == sorted([*known, *(f"{name}.{inner}" for name, value in nested.items() for inner in value)])


def swedish_order(term: str) -> str:
    return term.lower().translate(str.maketrans("åäö", "{|}"))


def glossary() -> list[str]:
    """The Swedish terms, a row with several of them giving several, codes in brackets left out."""
    return [term for row in rows(read("glossary.md")) for term in re.sub(r" \([^)]*\)", "", row[0]).split(", ")]


def test_the_glossary_has_each_term_once_and_in_order() -> None:
    terms = glossary()
    assert len(terms) == len(set(terms)) > 30
    first = [row[0] for row in rows(read("glossary.md"))]
    assert first == sorted(first, key=swedish_order)
    assert all(len(row) == 3 and all(row) for row in rows(read("glossary.md")))


def italics() -> Iterator[tuple[str, str]]:
    for path in pages():
        text = re.sub(r"`[^`\n]+`", "", BLOCK.sub("", path.read_text(encoding="utf-8")))
        for found in re.finditer(r"(?<![*\w])\*(?!\*)([^*]+)\*(?!\*)", text):
            yield path.name, " ".join(found[1].split())


QUOTING = {"wordform.md"}
"""Pages that quote the headings of a Swedish form in italics."""


@cache
def swedish_words() -> set[str]:
    """What stands in the Swedish texts of the shipped domain and not in the English ones."""
    domain = shipped_domain()
    texts = [domain.title, *(one.text for one in domain.requirements.values())]
    texts += [one.text for one in domain.preconditions.values()]
    swedish = {word.lower() for text in texts for word in text.sv.split()}
    english = {word.lower() for text in texts for word in text.en.split()}
    return swedish - english


def is_swedish(phrase: str) -> bool:
    """Whether a word of it is Swedish."""
    return bool(re.search("[åäö]", phrase)) or not swedish_words().isdisjoint(phrase.lower().split())


def test_swedish_terms_in_italics_stand_in_the_glossary() -> None:
    known = {term.lower() for term in glossary()}
    found = [one for one in italics() if one[0] not in QUOTING and is_swedish(one[1])]
    assert {name for name, _ in found} >= {"README.md", "index.md", "environment.md"}
    assert [one for one in found if one[1].lower() not in known] == []


def test_the_glossary_has_the_words_of_the_shipped_domain() -> None:
    page = read("glossary.md")
    domain = shipped_domain()
    assert {*domain.roles, domain.title.sv} <= set(glossary())
    codes = set()
    for path in domain.folder.glob("*/rules-request.sch"):
        allowed = re.findall(
            r'id="\w+-S-typeOfRe\w+".*?@code = \((.*?)\)"', path.read_text(encoding="utf-8"), re.DOTALL
        )
        codes |= set(re.findall("'([A-Z]+)'", " ".join(allowed)))
    assert len(codes) == 12
    shown = set(re.findall(r"\b[A-ZÅÄÖ]{2,3}\b", " ".join(re.findall(r"\([^)]*\)", page))))
    assert codes <= shown


def test_what_is_shown_is_a_file_or_is_run() -> None:
    """Blocks are commands, which test_docs_examples.py runs, or files, which it reads; no other words are promised to work."""
    for path in pages():
        if path.parent != DOCS:
            continue
        for language, block in BLOCK.findall(MADE.sub("", path.read_text(encoding="utf-8"))):
            is_told = language == "console" or block.startswith('--8<-- "') or path.name in READ_ELSEWHERE
            assert is_told, f"{path.name}: {block[:60]}"


def test_no_snippet_lies_about() -> None:
    shown = {name for path in pages() for name in re.findall(r'^--8<-- "(.+)"$', path.read_text("utf-8"), re.MULTILINE)}
    used = shown | {*PLACES.values(), *CHECKS}
    assert {path.relative_to(SNIPPETS).as_posix() for path in SNIPPETS.rglob("*") if path.is_file()} <= used


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_of_the_front_pages_lead_somewhere(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page) if not link.startswith("https://")]
    named = re.findall(r"`((?:tests|src|docs|examples|suites|benchmarks|scenarios)/[\w./-]+)`", page)
    assert links or named
    assert [link for link in (*links, *named) if not (ROOT / link).exists()] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_the_manual_needs_nothing_from_elsewhere(site: Path) -> None:
    built = sorted(site.rglob("*.html"))
    assert len(built) >= len(list(DOCS.glob("*.md")))
    for path in (*built, *site.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", text), path
        assert not re.search(r"url\([\"']?(?:https?:)?//", text), path


def test_every_snippet_is_shown_whole(site: Path) -> None:
    shown = (site / "suites" / "index.html").read_text(encoding="utf-8")
    assert "--8&lt;--" not in shown
    assert "names for later steps, each an XPath into the answer" in shown
    assert "${forwarding|raw}" in shown
