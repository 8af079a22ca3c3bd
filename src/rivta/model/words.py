"""The words that every other noun is made of: verdicts, levels, texts in two languages, places in a file.

Times are UTC in ISO 8601, durations are milliseconds, sizes are bytes. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import Annotated, Literal

from rivta.model.frozen import frozen

Lang = Literal["sv", "en"]


Moment = Annotated[str, "ISO 8601"]
"""A time in UTC, as evidence writes it; empty where there was none."""
Headers = tuple[tuple[str, str], ...]


def header_in(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The value of the first header of that name, whatever its case, or None."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


Value = str | int | bool | None | list["Value"] | dict[str, "Value"]
"""Test data as it was written: text, nested mappings and lists. Text may still hold `${…}` placeholders."""


class Verdict(IntEnum):
    """What a check, a case or a requirement came to. The order is the roll-up rule: a parent takes the worst child.

    A deviation that was seen stays a deviation whatever else went wrong, so FAILED is the last.
    """

    NOT_APPLICABLE = 0
    """Does not concern this system, with a reason and a name behind it."""
    PASSED = 1
    MANUAL = 2
    """Waits for, or was given by, a human."""
    NOT_PROVEN = 3
    """Nothing was checked, so nothing is known. Never a pass."""
    BLOCKED = 4
    """The environment stood in the way: no connection, no certificate, refused before it was sent."""
    ERROR = 5
    """Our own fault: a check or a rule broke. The requirement is not proven."""
    FAILED = 6
    """The system deviates: a finding, or a reply that cannot be read."""

    @classmethod
    def of(cls, children: Iterable[Verdict]) -> Verdict:
        """The worst of the children; of none, NOT_PROVEN."""
        return max(children, default=cls.NOT_PROVEN)


class Level(StrEnum):
    """How binding a requirement is."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Direction(StrEnum):
    """Which of an exchange's two messages is meant."""

    REQUEST = "request"
    RESPONSE = "response"


class Blame(StrEnum):
    """Whose fault a missing or unreadable reply is."""

    SYSTEM = "system"
    ENVIRONMENT = "environment"
    OURS = "ours"


@frozen
class Source:
    """Where something was written: a file, a line and column counted from 1, and the line's text for a caret."""

    path: str
    line: int = 1
    column: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@frozen
class Text:
    """What people read, in the report's two languages."""

    sv: str
    en: str

    @classmethod
    def same(cls, text: str) -> Text:
        """Text that reads the same in both languages: a name, a value, a library's own words."""
        return cls(text, text)

    @classmethod
    def joined(cls, parts: Iterable[Text], between: str = " ") -> Text:
        """Several texts as one."""
        said = tuple(parts)
        return cls(between.join(each.sv for each in said), between.join(each.en for each in said))

    def in_(self, lang: Lang) -> str:
        return self.sv if lang == "sv" else self.en
