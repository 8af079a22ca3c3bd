"""What a validator has against a message, with its place and in words: the one shape that both validators' errors take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from rivta.model.words import Text
from rivta.text import identity

MOST_COMPLAINTS = 100
"""Complaints kept of one message by one validator: a large message that is wrong throughout says no more in ten thousand."""
LONGEST_VALUE = 100
_LONGEST = 300

By = Literal["lxml", "xmlschema", "contract", "soap"]
"""Who complains: a validator, or ourselves about what no schema can say: of the contract (a missing header, an unknown root), or
of SOAP 1.1."""


WRONG: Mapping[str, tuple[By, re.Pattern[str]]] = {
    "white space around a date": (
        "lxml",
        re.compile(
            r"[^:]*: “(?:\s.*|.*\s)” is not a valid value of the type xs:(?:date|time|duration|g[A-Z])\w*\.", re.DOTALL
        ),
    ),
    "white space around xsi:type": (
        "lxml",
        re.compile(r"The QName value '(?:\s.*|.*\s)' has no corresponding namespace declaration in scope\.", re.DOTALL),
    ),
    "xsi:nil where nothing is declared": ("xmlschema", re.compile(r"element is not nillable\.")),
}
"""Where a validator is known to refuse what XML Schema allows, by what it says then. Unless the other one has something against
the same place too, it is not heard. docs/checks.md tells of each; `tests/test_schema_verdict.py` has a message for each.
"""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that makes a message invalid.

    `path` is a readable XPath to the offending element or attribute, `line` its line in the message, `value` what stood
    there, shortened. `explanation` is the other validator's reason at the same place. `swedish` is empty where the words are
    a library's own.
    """

    message: str
    path: str
    line: int | None
    by: By
    value: str = ""
    explanation: str = ""
    swedish: str = ""

    @property
    def text(self) -> Text:
        """The complaint in both languages."""
        return Text(self.swedish or self.message, self.message)

    @property
    def is_doubtful(self) -> bool:
        """Whether its validator is known to be wrong when it says this, unless the other one agrees."""
        return any(self.by == by and says.fullmatch(self.message) for by, says in WRONG.values())


@dataclass(frozen=True, slots=True)
class SchemaVerdict:
    """The two validators' common verdict: valid only when both accept. `disagreement` gives both sides' reasons."""

    valid: bool
    complaints: tuple[Complaint, ...] = ()
    disagreement: Text | None = None


def agree(ours: list[Complaint], lxml: list[Complaint], xmlschema: list[Complaint]) -> SchemaVerdict:
    """Put together what we, lxml and xmlschema have against one message.

    Where both validators complain of the same place, lxml's complaint stands and takes xmlschema's reason as explanation. What a
    validator is known to be wrong about is left out.
    """
    lxml, xmlschema = _heard(lxml, xmlschema), _heard(xmlschema, lxml)
    disagreement = _disagreement(lxml, xmlschema) if bool(lxml) != bool(xmlschema) else None
    reasons = {complaint.path: complaint.message for complaint in reversed(xmlschema)}
    named = {_element(complaint) for complaint in lxml}
    explained = [replace(each, explanation=reasons.get(_element(each), "")) for each in lxml]
    rest = [complaint for complaint in xmlschema if complaint.path not in named]
    complaints = (*ours, *explained, *rest)
    return SchemaVerdict(not complaints, complaints, disagreement)


def _heard(mine: list[Complaint], others: list[Complaint]) -> list[Complaint]:
    places = {_element(other) for other in others}
    return [each for each in mine if not each.is_doubtful or _element(each) in places]


def _element(complaint: Complaint) -> str:
    """The element complained of: xmlschema names it where lxml names its attribute."""
    return complaint.path.partition("/@")[0]


def _disagreement(lxml: list[Complaint], xmlschema: list[Complaint]) -> Text:
    accepts, rejects = ("xmlschema", "lxml") if lxml else ("lxml", "xmlschema")
    first = (lxml or xmlschema)[0]
    return Text(
        f"Schemavaliderarna är oense. {accepts}: meddelandet är giltigt. {rejects}: {first.text.sv} ({first.path}). "
        "Båda måste godta det.",
        f"The schema validators disagree. {accepts}: the message is valid. {rejects}: {first.text.en} ({first.path}). "
        "Both must accept it.",
    )


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Text that may be a whole attachment, cut to what a person reads, and never within a person's number."""
    return identity.shortened(text, longest)
