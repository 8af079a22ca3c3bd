"""What a validator has against a message, with its place and in words: the one shape that both validators' errors take."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Text that may be a whole attachment, cut to what a person reads, and never within a person's number."""
    return identity.shortened(text, longest)
