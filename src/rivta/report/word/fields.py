"""What a form is made of: sections, and in them fields, each with who fills it in and where it stands."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from rivta.declaration.form.part import Side
from rivta.model.frozen import frozen
from rivta.text.catalogue import own
from rivta.text.word.package import WordFile
from rivta.text.word.paragraphs import Paragraph

Kind = Literal["yes-no", "choices", "short", "label", "deviations", "comment", "text", "column"]
"""What is filled in.

- `yes-no`: `[] Ja [] Nej` · `choices`: several boxes, each with its word · `short`: a figure in brackets
- `label`: what follows `Organisation:` and the like · `deviations`, `comment`: the same, where a section ends
- `text`: an empty box under a heading · `column`: a ruled line under a word, such as date and name
"""
Owner = Literal["vendor", "reviewer"]
QUESTIONS: Mapping[str, Any] = own(Path(__file__).with_name("questions.yaml"))
"""What answers which question of the published forms: what the vendor's file says, a figure of the run, a question of ours."""


@frozen
class Stretch:
    """Characters `first` up to `end` of a paragraph's text. Empty when they are equal."""

    paragraph: Paragraph
    first: int
    end: int

    @property
    def text(self) -> str:
        return self.paragraph.text[self.first : self.end]


@frozen
class Box:
    """A box and its word: `inside` is what stands between the brackets, `after` ends the word.

    `blank` is a ruled line to write on, as in `[] Ja, Domänversion ____`.
    """

    word: str
    inside: Stretch
    after: Stretch
    blank: Stretch | None = None

    @property
    def is_ticked(self) -> bool:
        """Whether anything but white space stands in it."""
        return bool(self.inside.text.strip())


@frozen
class WordField:
    """One thing to fill in.

    `position` counts the form's fields from 1. `lead` is text of the same box that stands before the question. `value` is
    what is filled in already: `yes`, `no`, the ticked words, or text; empty where nothing is.
    """

    position: int
    section: str
    heading: str
    kind: Kind
    owner: Owner
    question: str
    references: tuple[str, ...]
    value: str
    place: Stretch
    boxes: tuple[Box, ...] = ()
    lead: str = ""

    @property
    def name(self) -> str:
        """What the field is called in a list: its section's number and its question."""
        return f"{self.section} {self.question}".strip(" :")


@frozen
class WordSection:
    """A heading that has fields under it."""

    number: str
    title: str
    fields: tuple[WordField, ...]


@frozen
class WordForm:
    """A published form as it was read: for which contract and side, and what it asks.

    `role` is `producer` (TP) or `consumer` (TK). `orphans` are questions that have no place for an answer.
    """

    package: WordFile
    domain: str
    contract: str
    version: str
    role: Side
    sections: tuple[WordSection, ...]
    orphans: tuple[str, ...]

    @property
    def fields(self) -> tuple[WordField, ...]:
        return tuple(field for section in self.sections for field in section.fields)

    @property
    def title(self) -> str:
        """Which form it is, in a word: `TP GetDiagnosis 2.0`."""
        return f"{'TP' if self.role == 'producer' else 'TK'} {self.contract} {self.version}"


_YES_NO = re.compile(
    r"\s*\[(?P<yes>[^\[\]]*)\]\s*Ja\b(?:,\s*(?P<what>[^\W_]+)\s+(?P<blank>[^\[\]]*?))?\s*\[(?P<no>[^\[\]]*)\]\s*(?P<last>Nej)\b"
)
_SHORT = re.compile(r"\s*\[(?P<inside>[^\[\]]*)\]\s*")
_CHOICE = re.compile(r"\s*\[(?P<inside>[^\[\]]*)\]\s*(?P<word>[^_\[\]]*[^_\[\]\s])(?P<blank>\s+_{3,})?.*")
_LABEL = re.compile(
    r"\s*(?P<label>Organisation|Organisationsnummer|Ange domänversion|Beskrivning|Om Ja, ange [^:]+"
    r"|Beskrivning av eventuella avvikelser|Övrig kommentar|Kommentar|(?:Godkända |Nya |Kända )?[Aa]vvikelser)\s*:",
)
_HEADS = re.compile(r"\s*(\S[^\t]*?)\s*\t+\s*(\S[^\t]*?)\s*")
_CELL = re.compile(r"[^\t]+")
_RULE = re.compile(r"[\s.…_\-–—]*")

LABELS: Mapping[str, Kind] = {
    "Beskrivning av eventuella avvikelser": "deviations",
    "Övrig kommentar": "comment",
    "Kommentar": "comment",
}
"""What kind of field a label opens, where that is no plain one."""


def lines_of(paragraph: Paragraph) -> Iterator[Stretch]:
    first = 0
    for line in paragraph.text.split("\n"):
        yield Stretch(paragraph, first, first + len(line))
        first += len(line) + 1


def as_yes_no(line: Stretch) -> tuple[Box, Box, str] | None:
    """The line as a question's two boxes, with the word before a ruled line on it (`Domänversion`), if there is one."""
    match = _YES_NO.match(line.text)
    if not match:
        return None
    blank, after = _part(line, match, "blank") if match["what"] else None, _part(line, match, "last")
    yes, no = Box("Ja", _part(line, match, "yes"), after, blank), Box("Nej", _part(line, match, "no"), after)
    return yes, no, match["what"] or ""


def as_short(line: Stretch) -> Stretch | None:
    """What stands between the brackets of a figure to fill in."""
    match = _SHORT.fullmatch(line.text)
    return _part(line, match, "inside") if match else None


def as_choice(line: Stretch) -> Box | None:
    """The line as one of several boxes."""
    match = _CHOICE.fullmatch(line.text)
    if not match:
        return None
    blank = _part(line, match, "blank") if match["blank"] else None
    return Box(match["word"], _part(line, match, "inside"), _part(line, match, "word"), blank)


def as_label(line: Stretch) -> tuple[str, Stretch] | None:
    """The line as a known label, and whatever follows it in the paragraph: no form has another field below a label there."""
    match = _LABEL.match(line.text)
    if not match:
        return None
    rest = Stretch(line.paragraph, line.first + match.end(), len(line.paragraph.text))
    return match["label"], rest


def as_heads(line: Stretch) -> tuple[str, ...]:
    """The words over a ruled line, such as date and name; empty if it is no such line."""
    match = _HEADS.fullmatch(line.text)
    return match.groups() if match else ()


def cells(line: Stretch) -> tuple[Stretch, ...]:
    """The stretches between a line's tabs."""
    return tuple(_part(line, match, 0) for match in _CELL.finditer(line.text))


def written(text: str) -> str:
    """What somebody has written where a ruled line was; nothing if the line is all there is."""
    return "" if _RULE.fullmatch(text) else text.strip()


def _part(line: Stretch, match: re.Match[str], group: str | int) -> Stretch:
    return Stretch(line.paragraph, line.first + match.start(group), line.first + match.end(group))


# The test cases that a question cites

_CITED = re.compile(r"\(([^()]*\b(?:EI_)?TF\s*\d[^()]*)\)")
_CASE = r"\d+(?:\.\d+)*"
_ONE = re.compile(rf"(?P<kind>EI_TF|TF)?\s*(?P<first>{_CASE})(?:\s*[-–]\s*(?:(?:EI_)?TF\s*)?(?P<last>{_CASE}))?")
_RANGE = 50
"""More cases than any range in a form has; beyond this a range is a slip."""


def cited(text: str) -> tuple[str, ...]:
    """The test cases that a question cites, in order, ranges written out: `TF 1.2.1`, `TF 1.2.2`, …, `EI_TF 2.3`."""
    return tuple(dict.fromkeys(case for group in _CITED.findall(text) for case in _cases(group)))


def without(text: str) -> str:
    """The question without what it cites."""
    return " ".join(_CITED.sub(" ", text).split())


def _cases(group: str) -> Iterator[str]:
    kind = "TF"
    for match in _ONE.finditer(group):
        kind = match["kind"] or kind
        yield from (f"{kind} {case}" for case in _written_out(match["first"], match["last"]))


def _written_out(first: str, last: str | None) -> Iterator[str]:
    yield first
    stem, _, low = first.rpartition(".")
    last_stem, _, high = (last or "").rpartition(".")
    if last and stem == last_stem and int(low) < int(high) <= int(low) + _RANGE:
        yield from (f"{stem}.{number}" for number in range(int(low) + 1, int(high) + 1))
    elif last:
        yield last
