"""A form written into: what goes where the answers go, and nothing else touched.

All that is ever added is text, inside the runs that are there (so that it looks like what it stands beside), or in a run
of its own where a paragraph is empty. A tick is an `x` between the brackets. And what became of the form: what was filled in, what
is only proposed, what was left and why, for people and for programs.
"""

import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any, Final

from rivta.declaration.form.filling import same
from rivta.model.declaration import Answer, Proposal
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, Run
from rivta.model.words import Lang, Text, Verdict
from rivta.report.word.fields import Box, Stretch, WordField, written
from rivta.text.catalogue import words
from rivta.text.word.paragraphs import Paragraph, TextChange

_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""What XML may not carry, what shows nowhere, and what turns the direction of the text around it."""
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_LABELLED = re.compile(r"[^\W\d_][^:\n]*:|[^\t]+\t")
"""A line that could be taken for a label, such as `Kommentar: …`."""
_ONE_LINE = re.compile(r"\s*\n\s*")


def clean(text: str) -> str:
    """Text as a document can carry it: no control characters, one kind of line end, no white space around."""
    lines = _NOT_TEXT.sub("", _LINE_ENDS.sub("\n", text)).replace("\t", " ").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def tick(box: Box) -> tuple[TextChange, ...]:
    """An `x` in a box; nothing where the box is written in a way that takes no text."""
    return _put(box.inside.paragraph, box.inside.first, "x")


def note_after(box: Box, note: str) -> tuple[TextChange, ...]:
    """Words in parentheses after a box's own word."""
    return _put(box.after.paragraph, box.after.end, f" ({note})") if note else ()


def as_written(field: WordField, value: str, note: str) -> str:
    """The text as it goes into a field, its note in parentheses; empty if nothing of the value can be seen there."""
    text = clean(value)
    if field.kind == "text":
        text = harmless(text)
    elif field.kind in {"short", "column"} or _is_within(field):
        text = one_line(text)
    return (f"{text} ({note})" if note else text) if written(text) else ""


def fill_in(field: WordField, text: str) -> tuple[TextChange, ...]:
    """The text where the field takes it; nothing where the form is written in a way that takes no text."""
    place = field.place
    if field.kind == "text":
        return (TextChange(place.paragraph, len(place.paragraph.text), len(place.paragraph.text), text),)
    if field.kind == "short":
        return _put(place.paragraph, place.first, text)
    if field.kind == "column" or _is_within(field):
        return replace(place, text)
    return _put(place.paragraph, place.first, " " + text)


def _is_within(field: WordField) -> bool:
    """Whether more of the form's own text stands after the field in its paragraph."""
    return field.place.end < len(field.place.paragraph.text)


def replace(stretch: Stretch, text: str) -> tuple[TextChange, ...]:
    """The text instead of a ruled line, with the white space before it kept."""
    indent = len(stretch.text) - len(stretch.text.lstrip())
    return _put(stretch.paragraph, stretch.first + indent, text, stretch.end)


def _put(paragraph: Paragraph, first: int, text: str, end: int | None = None) -> tuple[TextChange, ...]:
    """The text at that place of the paragraph, instead of what stands from there to `end`."""
    change = TextChange(paragraph, first, first if end is None else end, text)
    return (change,) if paragraph.takes(change.first, change.end) else ()


def one_line(text: str) -> str:
    """The text on one line, without the brackets and ruled lines that would make a box of it when it is read again."""
    return re.sub(r"_{2,}", "_", _ONE_LINE.sub("; ", text).replace("[", "(").replace("]", ")"))


def harmless(text: str) -> str:
    """Text for a box without a label: no line of it looks like a field when the form is read again."""
    lines = (line.replace("[", "(").replace("]", ")").rstrip(": ") for line in text.split("\n"))
    return "\n".join("– " + line if _LABELLED.match(line) else line for line in lines).strip()


# What goes into each field: the vendor's answer if there is one, else what the evidence proposes, and the words beside it


_WORDS: Final = {"yes": "Ja", "no": "Nej", "not-applicable": "ej tillämpligt"}
_TOLD: Final = 4
"""How many cases a note names before it says how many more there are."""


@frozen
class FieldEntry:
    """What goes into a field: `value` is `yes`, `no` or text; `note` stands in parentheses after it.

    `remark` is a line for the field in which the section tells its deviations or comments.
    """

    field: WordField
    value: str
    note: str
    is_proposed: bool
    because: tuple[str, ...] = ()
    remark: str = ""


def proposed(field: WordField, proposal: Proposal, run: Run, look: bool, failed: Sequence[CaseResult]) -> FieldEntry:
    """The evidence's own answer, marked as no more than that."""
    note = f"{'förslag, ska bedömas' if look else 'förslag'}: {_evidence(proposal, run)}"
    return FieldEntry(field, proposal.value, note, True, proposal.because, _found(field, proposal.value, failed))


def answered(
    field: WordField, answer: Answer, proposal: Proposal | None, run: Run | None, failed: Sequence[CaseResult]
) -> FieldEntry | None:
    """The vendor's answer, beside the evidence if there is any; None if it says nothing."""
    value = answer.value or (proposal.value if answer.confirmed and proposal else "")
    if not value:
        return None
    note = _beside(value, answer, proposal, run) if proposal and run else ""
    remark = _comment(field, value, answer) or _found(field, value, failed)
    if field.kind != "yes-no" and value == "not-applicable":
        value = _WORDS[value].capitalize()
    return FieldEntry(field, value, note, False, proposal.because if proposal else (), remark)


def _beside(value: str, answer: Answer, proposal: Proposal, run: Run) -> str:
    if same(value, proposal.value):
        return f"underlag: {_evidence(proposal, run)}"
    reason = f"; skäl: {answer.reason}" if answer.reason else ""
    shown = _WORDS.get(proposal.value, proposal.value)
    return f"ändrat av leverantören, provningen visar {shown}: {_evidence(proposal, run)}{reason}"


def _comment(field: WordField, value: str, answer: Answer) -> str:
    start = _WORDS[value] if value == "not-applicable" else ""
    said = "; ".join(filter(None, (start, answer.comment, answer.reason)))
    signed = f" ({answer.by})" if answer.by else ""
    return f"{_subject(field)}: {said}{signed}" if field.kind == "yes-no" and said else ""


def _evidence(proposal: Proposal, run: Run) -> str:
    keys = [*dict.fromkeys(each for each in proposal.because if each != run.header.run)]
    more = f" och {len(keys) - _TOLD} till" if len(keys) > _TOLD else ""
    verdict = " underkänt" if proposal.verdict is Verdict.FAILED else ""
    return ", ".join(filter(None, (f"{', '.join(keys[:_TOLD])}{more}{verdict}", f"körning {run.header.run}")))


def _subject(field: WordField) -> str:
    """How a remark names its question: by its test case, which the form cites too, else by its first words."""
    asked = field.question
    return ", ".join(field.references) or (asked if len(asked) <= 60 else asked[:59].rstrip() + "…")


def _found(field: WordField, value: str, failed: Sequence[CaseResult]) -> str:
    """What cases found, where that is behind a no."""
    told = "; ".join(f"{result.key}: {_finding(result)}" for result in failed)
    return f"{_subject(field)} (förslag): {told}" if value == "no" and failed else ""


def _finding(result: CaseResult) -> str:
    messages = [finding.message.sv for check in result.checks for finding in check.findings]
    more = f" och {len(messages) - 1} avvikelser till" if len(messages) > 1 else ""
    return f"{messages[0]}{more}" if messages else (result.reason and result.reason.sv) or result.title.sv


# What became of a form


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
