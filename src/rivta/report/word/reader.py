"""A published form read into its fields. Shading says who fills a paragraph in, and nothing else is marked in any way."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from rivta.declaration.form.part import Side
from rivta.model.errors import UsageError
from rivta.model.words import Source
from rivta.report.word.fields import (
    LABELS,
    Box,
    Kind,
    Owner,
    Stretch,
    WordField,
    WordForm,
    WordSection,
    as_choice,
    as_heads,
    as_label,
    as_short,
    as_yes_no,
    cells,
    cited,
    lines_of,
    written,
)
from rivta.text.word.package import WordFile, read_package
from rivta.text.word.paragraphs import Numbering, Paragraph, heading_styles, read_paragraphs

SHADES: Final[dict[str, Owner]] = {"DC98B3": "vendor", "9DCBB6": "reviewer"}
"""Plum and teal, as the forms themselves explain them."""
_TEXTUAL: Final[frozenset[Kind]] = frozenset({"label", "deviations", "comment", "text"})
_DOMAIN = re.compile(r"^[ \t]*Tjänstedomän[ \t]+(\S+)", re.MULTILINE)
_CONTRACT = re.compile(r"^[ \t]*Tjänstekontrakt[ \t]+([A-Za-z]\w*)[ \t]+(\d+(?:\.\d+)*)", re.MULTILINE)
_LONGEST = 2_000
"""Characters of a line that is looked at as a field, and of a question. The longest in the published forms has 500."""
_ROLE = re.compile(r"rollen tjänste(producent|konsument)")


def read_form(source: Path | bytes) -> WordForm:
    """A form from its file or its bytes.

    UsageError for what is no Word file, or no self-declaration form: one that names its contract and role, and has fields.
    """
    package = read_package(source)
    paragraphs = read_paragraphs(package.document, package.path)
    sections, orphans = _Gathering(Numbering(heading_styles(package.styles))).of(paragraphs)
    domain, contract, version, role = _subject(paragraphs, package)
    if not sections:
        raise UsageError(
            "it has no fields to fill in: no bordered paragraph is shaded DC98B3 (plum) or 9DCBB6 (teal)",
            source=Source(package.path),
            todo="give the form as it was published",
        )
    return WordForm(package, domain, contract, version, role, sections, orphans)


def _subject(paragraphs: Iterable[Paragraph], package: WordFile) -> tuple[str, str, str, Side]:
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    domain, contract, role = _DOMAIN.search(text), _CONTRACT.search(text), _ROLE.search(text)
    if not contract or not role:
        raise UsageError(
            "it does not say which service contract (Tjänstekontrakt) and which role it is a self-declaration of",
            source=Source(package.path),
            todo="give one of the published forms SjD_TP_… or SjD_TK_…",
        )
    side: Side = "producer" if role[1] == "producent" else "consumer"
    return domain[1] if domain else "", contract[1], contract[2], side


class _Gathering:
    """Paragraphs in order, gathered into sections and fields."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._sections: list[WordSection] = []
        self._orphans: list[str] = []
        self._position = 0
        self._begin("", "")

    def _begin(self, number: str, title: str) -> None:
        self._number, self._title = number, title
        self._fields: list[WordField] = []
        self._pending: list[Stretch] = []
        self._blanks: list[Stretch] = []
        self._heads: tuple[str, ...] = ()
        self._is_choosing = False
        self._asked = ""

    def of(self, paragraphs: Iterable[Paragraph]) -> tuple[tuple[WordSection, ...], tuple[str, ...]]:
        """The sections that have fields, and the questions that have no place for an answer."""
        for paragraph in paragraphs:
            level = self._numbering.level(paragraph)
            if level is not None:
                self._end()
                self._begin(self._numbering.number(paragraph, level), _spaced(paragraph.text))
            elif paragraph.bordered and paragraph.shade in SHADES:
                self._take(paragraph, SHADES[paragraph.shade])
        self._end()
        return tuple(self._sections), tuple(self._orphans)

    def _take(self, paragraph: Paragraph, owner: Owner) -> None:
        if not paragraph.text.strip():
            self._blanks.append(Stretch(paragraph, 0, len(paragraph.text)))
            return
        for line in lines_of(paragraph):
            label = as_label(line)
            if label:  # and the rest of the paragraph is what has been written after it
                self._settle()
                name, rest = label
                kind = LABELS.get(name, "label")
                self._add(kind, owner, name, value=rest.text.strip(), place=rest, lead=self._about(name))
                return
            if line.end - line.first > _LONGEST:
                self._pending.append(line)
            elif line.text.strip():
                self._line(line, owner)

    def _line(self, line: Stretch, owner: Owner) -> None:
        yes_no, inside, choice = as_yes_no(line), as_short(line), as_choice(line)
        if yes_no:
            self._yes_no(*yes_no, owner)
        elif inside:
            self._add("short", owner, self._question(), value=inside.text.strip(), place=inside)
        elif choice:
            self._choice(choice, owner)
        elif self._heads:
            found = cells(line)
            if len(found) == len(self._heads):
                for head, cell in zip(self._heads, found, strict=True):
                    self._add("column", owner, head, value=written(cell.text), place=cell)
            self._heads = ()
        else:
            self._heads = as_heads(line)
            if not self._heads:
                self._pending.append(line)

    def _yes_no(self, yes: Box, no: Box, what: str, owner: Owner) -> None:
        question = self._asked = self._question()
        value = " ".join(word for word, box in (("yes", yes), ("no", no)) if box.is_ticked)
        self._add("yes-no", owner, question, value=value, place=yes.after, boxes=(yes, no))
        if yes.blank:
            self._add("label", owner, what, value=written(yes.blank.text), place=yes.blank)

    def _choice(self, box: Box, owner: Owner) -> None:
        if self._is_choosing:
            last = self._fields[-1]
            boxes = (*last.boxes, box)
            self._fields[-1] = replace(last, boxes=boxes, value=_ticked(boxes))
        else:
            self._add("choices", owner, self._question(), value=_ticked([box]), place=box.inside, boxes=(box,))
        self._is_choosing = True

    def _about(self, label: str) -> str:
        """The question that a label belongs to; the labels that end a section belong to all of it."""
        return self._asked if label == "Kommentar" or label.startswith("Om Ja") else ""

    def _question(self) -> str:
        self._is_choosing = False
        return _spaced(self._pending[-1].text) if self._pending else self._title

    def _add(
        self,
        kind: Kind,
        owner: Owner,
        question: str,
        *,
        value: str,
        place: Stretch,
        boxes: tuple[Box, ...] = (),
        lead: str = "",
    ) -> None:
        self._position += 1
        lead = lead or " ".join(_spaced(line.text) for line in self._pending[:-1])
        self._pending = []
        where = self._position, self._number, self._title
        self._fields.append(WordField(*where, kind, owner, question, cited(question), value, place, boxes, lead))

    def _settle(self) -> None:
        """Lines that no box came after: what somebody wrote below a label, or a question that lost its boxes."""
        self._is_choosing = False
        lines = [line for line in self._pending if line.text.strip()]
        self._pending = []
        if lines and self._fields and self._fields[-1].kind in _TEXTUAL:
            last = self._fields[-1]
            value = "\n".join(filter(None, (last.value, *(line.text for line in lines))))
            self._fields[-1] = replace(last, value=value)
        else:
            self._orphans += [f"{self._number} {_spaced(line.text)}".strip() for line in lines]

    def _end(self) -> None:
        lines, blanks = self._pending, self._blanks
        if not self._fields and (lines or blanks):
            owner = SHADES[(lines or blanks)[0].paragraph.shade]
            place = lines[0] if lines else blanks[0]
            self._pending = []
            value = "\n".join(line.text for line in lines).strip()
            self._add("text", owner, self._title, value=value, place=place)
        self._settle()
        if self._fields:
            self._sections.append(WordSection(self._number, self._title, tuple(self._fields)))


def _ticked(boxes: Iterable[Box]) -> str:
    return ", ".join(box.word for box in boxes if box.is_ticked)


def _spaced(text: str) -> str:
    return " ".join(text[:_LONGEST].split())
