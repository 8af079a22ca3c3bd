"""What became of a form: what was filled in, what is only proposed, what was left and why. For people and for programs."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

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


_SHOWN = 100
"""Characters of a name or text on one line."""


def as_text(report: FillReport, lang: Lang = "sv") -> str:
    """The report as lines for a terminal: the counts first, then everything that somebody must look at."""
    return "\n".join(_lines(report, lang))


def as_json(report: FillReport, lang: Lang = "sv") -> dict[str, object]:
    return {each.name: _plain(getattr(report, each.name), lang) for each in fields(report)}


def _plain(value: object, lang: Lang) -> object:
    if isinstance(value, Text):
        return value.in_(lang)
    if isinstance(value, tuple):
        return [_plain(each, lang) for each in value]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name), lang) for each in fields(value)}
    return value


def _lines(report: FillReport, lang: Lang) -> Iterator[str]:
    yield f"{report.form}" + (f" · {report.run}" if report.run else "")
    for name in ("filled", "proposed", "kept", "left", "reviewer"):
        yield f"  {len(getattr(report, name)):4} {words('word', lang)[f'head_{name}']}"
    yield from _listed("proposed", (f"{each.name} → {each.text}" for each in report.proposed), lang)
    yield from _listed("left", (f"{each.name}: {each.why.in_(lang)}" for each in report.left), lang)
    yield from _listed("unplaced", (f"{each.name}: {each.why.in_(lang)}" for each in report.unplaced), lang)
    cited = (f"{each.reference}: {'; '.join(each.questions)}" for each in report.unresolved)
    yield from _listed("unresolved", cited, lang)
    yield from _listed("remarks", (each.in_(lang) for each in report.remarks), lang)


def _listed(name: str, lines: Iterable[str], lang: Lang) -> Iterator[str]:
    shown = [" ".join(line.split()) for line in lines]
    if shown:
        yield f"\n{words('word', lang)[f'head_{name}']}"
    for line in shown:
        yield "  " + (line if len(line) <= 2 * _SHOWN else line[: 2 * _SHOWN - 1] + "…")
