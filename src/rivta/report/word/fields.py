"""What a form is made of: sections, and in them fields, each with who fills it in and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from rivta.report import layout
from rivta.report.word.package import Package
from rivta.report.word.paragraphs import Paragraph

Kind = Literal["yes-no", "choices", "short", "label", "deviations", "comment", "text", "column"]
"""What is filled in.

- `yes-no`: `[] Ja [] Nej` · `choices`: several boxes, each with its word · `short`: a figure in brackets
- `label`: what follows `Organisation:` and the like · `deviations`, `comment`: the same, where a section ends
- `text`: an empty box under a heading · `column`: a ruled line under a word, such as date and name
"""
Owner = Literal["vendor", "reviewer"]
QUESTIONS: Mapping[str, Any] = yaml.safe_load(layout.packaged("word/questions.yaml"))
"""What answers which question of the published forms: what the vendor's file says, a figure of the run, a question of ours."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters `first` up to `end` of a paragraph's text. Empty when they are equal."""

    paragraph: Paragraph
    first: int
    end: int

    @property
    def text(self) -> str:
        """What stands there."""
        return self.paragraph.text[self.first : self.end]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class WordSection:
    """A heading that has fields under it."""

    number: str
    title: str
    fields: tuple[WordField, ...]


@dataclass(frozen=True, slots=True)
class WordForm:
    """A published form as it was read: for which contract and side, and what it asks.

    `role` is `producer` (TP) or `consumer` (TK). `orphans` are questions that have no place for an answer.
    """

    package: Package
    domain: str
    contract: str
    version: str
    role: Literal["producer", "consumer"]
    sections: tuple[WordSection, ...]
    orphans: tuple[str, ...]

    @property
    def fields(self) -> tuple[WordField, ...]:
        """Every field in order."""
        return tuple(field for section in self.sections for field in section.fields)

    @property
    def title(self) -> str:
        """Which form it is, in a word: `TP GetDiagnosis 2.0`."""
        return f"{'TP' if self.role == 'producer' else 'TK'} {self.contract} {self.version}"
