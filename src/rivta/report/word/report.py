"""What became of a form: what was filled in, what is only proposed, what was left and why. For people and for programs."""

from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any

from rivta.model.frozen import frozen
from rivta.model.words import Lang, Text
from rivta.text.catalogue import words


@frozen
class WrittenField:
    """A field that was written into: its name, the text as it stands there, and the case keys or figures behind it."""

    position: int
    name: str
    text: str
    because: tuple[str, ...] = ()


@frozen
class NotPlaced:
    """Something that was not placed, and why."""

    name: str
    why: Text


@frozen
class Unresolved:
    """A test case that the form cites and no suite of the run has, and the questions that cite it."""

    reference: str
    questions: tuple[str, ...]


@frozen
class FillReport:
    """What became of every field of a form.

    `filled` are the vendor's answers, `proposed` what only the evidence says, `kept` were filled in before, `left` are
    still empty. `unplaced` are answers without a question and questions without a place for an answer. `reviewer` are the
    reviewer's fields, which are never touched.
    """

    form: str
    run: str
    filled: tuple[WrittenField, ...]
    proposed: tuple[WrittenField, ...]
    kept: tuple[str, ...]
    left: tuple[NotPlaced, ...]
    unplaced: tuple[NotPlaced, ...]
    unresolved: tuple[Unresolved, ...]
    reviewer: tuple[str, ...]
    remarks: tuple[Text, ...] = ()


_COUNTED = ("filled", "proposed", "kept", "left", "reviewer")
_LONGEST = 200
"""Characters of a line."""


def as_text(report: FillReport, lang: Lang = "sv") -> str:
    """The report as lines for a terminal: the counts first, then everything that somebody must look at."""
    heads = words("word", lang)
    counts = [f"  {len(getattr(report, name)):4} {heads[f'head_{name}']}" for name in _COUNTED]
    lists = {
        "proposed": [f"{each.name} → {each.text}" for each in report.proposed],
        "left": [f"{each.name}: {each.why.in_(lang)}" for each in report.left],
        "unplaced": [f"{each.name}: {each.why.in_(lang)}" for each in report.unplaced],
        "unresolved": [f"{each.reference}: {'; '.join(each.questions)}" for each in report.unresolved],
        "remarks": [each.in_(lang) for each in report.remarks],
    }
    listed = [(f"\n{heads[f'head_{name}']}", *map(_shown, lines)) for name, lines in lists.items() if lines]
    return "\n".join((f"{report.form}" + (f" · {report.run}" if report.run else ""), *counts, *chain(*listed)))


def _shown(line: str) -> str:
    plain = " ".join(line.split())
    return "  " + (plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…")


def as_json(value: Any, lang: Lang = "sv") -> Any:
    """The report, or a part of it, as JSON knows it."""
    if isinstance(value, Text):
        return value.in_(lang)
    if isinstance(value, tuple):
        return [as_json(each, lang) for each in value]
    if is_dataclass(value):
        return {each.name: as_json(getattr(value, each.name), lang) for each in fields(value)}
    return value
