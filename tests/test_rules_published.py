"""Every Schematron file that is published loads, and finds in the published samples what the table says."""

import json
import sys
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from oracle.messages import mutant, samples
from rivta.contract.rules import compile_rules

SHARED = Path(__file__).parents[1].parent / "shared"
TABLE = Path(__file__).parent / "golden" / "rules-published.json"
"""Rule file → how many patterns and checks it has, and what they find in the contract's samples. Written by this file when run
as a script; the oracle test is what says that the findings are right."""

Row = dict[str, int]


def published() -> dict[str, Path]:
    paths = [
        path for pattern in ("*constraints.xml", "*.sch") for path in sorted((SHARED / "contracts").rglob(pattern))
    ]
    return {path.relative_to(SHARED / "contracts").as_posix(): path for path in paths}


def samples_for(path: Path) -> list[etree._Element]:
    contract = "Update" if "update" in path.name else path.parent.name.removesuffix("Mock")
    return samples(SHARED / "messages" / "responses" / contract)


def row(path: Path) -> Row:
    rules = compile_rules(path)
    outcomes = [outcome for sample in samples_for(path) for outcome in rules.run(sample)]
    return {
        "patterns": len(rules.patterns),
        "checks": sum(len(rule.checks) for pattern in rules.patterns for rule in pattern.rules),
        "samples": len(samples_for(path)),
        "failed": sum(outcome.kind == "failed" for outcome in outcomes),
        "errors": sum(outcome.kind == "error" for outcome in outcomes),
    }


def table() -> dict[str, Row]:
    return dict(json.loads(TABLE.read_text(encoding="utf-8")))


pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the published contracts are not at ../shared")


def test_the_table_has_every_published_file() -> None:
    assert sorted(published()) == sorted(table())
    assert len(table()) == 43


@pytest.mark.parametrize("name", table())
def test_a_published_file_finds_what_the_table_says(name: str) -> None:
    assert row(published()[name]) == table()[name]


@pytest.mark.parametrize("name", [name for name, row in table().items() if row["samples"]])
def test_every_finding_in_a_mutant_can_be_shown(name: str) -> None:
    rules = compile_rules(published()[name])
    chance = Random(name)  # noqa: S311  the same mutants every time
    found = 0
    for sample in samples_for(published()[name]):
        for outcome in rules.run(mutant(sample, chance)):
            assert outcome.location.startswith("/")
            assert outcome.message
            assert outcome.pattern
            assert outcome.rule
            assert outcome.test
            found += 1
    assert found or "Mock" in name or "update" in name, "only rules on requests and on two samples may find nothing"


if __name__ == "__main__":
    rows = {name: row(path) for name, path in published().items()}
    TABLE.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(rows)} files\n")
