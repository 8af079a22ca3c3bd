"""The table of docs/faults.md: what kinds of faults the suites were tried with, how many were caught, and why not the others.

The mutants' figures are those of the last run of `make mutants` that was written down: `make mutants WRITE=benchmarks/mutants.yaml`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bad_answers import CLASSES, NOT_REFUSED
from reference_system import FAULTS
from rivta.simulator import Fault

MUTANTS = Path(__file__).parents[1] / "benchmarks" / "mutants.yaml"
_KINDS = {
    "answer": "answers another result or Fault than it decided on",
    "response": "answers with an element changed, moved, doubled or gone",
    "http": "answers with another status, header, bytes, or too late",
    "message": "sends a message with something changed, moved, doubled or gone",
    "call": "sends it with another header, address, bytes, or not at all",
    "memory": "remembers something else, or nothing",
    "refusal": "refuses what is sound",
    "patience": "sends again too soon or too often",
}


@dataclass(frozen=True)
class Row:
    """A class of faults. Of what is not observable nobody can say that it should be caught."""

    what: str
    tried: int
    observable: int
    caught: int
    why_not: Iterable[str] = ()

    def __str__(self) -> str:
        return f"| {self.what} | {self.tried} | {self.observable} | {self.caught} | {'; '.join(self.why_not)} |\n"


def table() -> str:
    """All of it, with its head."""
    rows = [*_named(), *_mutants(), *_on_the_wire()]
    head = "| class | tried | observable | caught | not caught, because |\n|---|---|---|---|---|\n"
    return head + "".join(map(str, rows))


def _named() -> Iterator[Row]:
    """The named faults, each of which a test demands to be caught."""
    for what, number in Counter(map(_place, FAULTS.values())).items():
        yield Row(f"named: {what}", number, number, number)


def _place(fault: Fault) -> str:
    if fault.drafts or fault.keeps_back or fault.posts or any(each.startswith("send-") for each in fault.skips):
        return "sends what is wrong, or not what it should"
    if fault.patience or fault.repeats or fault.shuns:
        return "sends again when it should not, or too soon"
    if fault.hides:
        return "does not show its user what came"
    if fault.turns_away or fault.refuses:
        return "refuses what is sound"
    if fault.skips or fault.settings:
        return "accepts what should be refused"
    return "answers what is wrong, in content or in form"


def _mutants() -> Iterator[Row]:
    for told in _written():
        for kind, figures in told["kinds"].items():
            why_not = Counter(figures["survivors"].values())
            yield Row(
                f"random ({told['domain']}): {_KINDS[kind]}",
                figures["tried"],
                figures["observable"],
                figures["caught"],
                [f"{number} × {why}" for why, number in why_not.items()],
            )


def _written() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(MUTANTS.read_text(encoding="utf-8")))


def _on_the_wire() -> Iterator[Row]:
    for group, changes in CLASSES.items():
        why_not = [
            f"{name}: {NOT_REFUSED[f'{group}: {name}']}" for name in changes if f"{group}: {name}" in NOT_REFUSED
        ]
        yield Row(f"bad answers on the wire: {group}", len(changes), len(changes), len(changes) - len(why_not), why_not)
