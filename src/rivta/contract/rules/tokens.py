"""XPath cut into words, as far as the subset of `subset` needs them."""

import re
from dataclasses import dataclass
from typing import Literal, cast

NAME = r"[^\W\d][\w.\-]*"
"""An XML name without a colon."""

_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<literal>"[^"]*"|'[^']*')
      | (?P<number>\d+(?![\w.]))
      | (?P<name>{NAME}(?::(?:{NAME}|\*))?(?!:(?!:)))
      | (?P<symbol>::|\.\.|//|!=|<=|>=|[()\[\]@,|=<>+*/.\-])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)


Sort = Literal["literal", "number", "name", "symbol", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression, and what sort of word it is. The last token of an expression is an empty `end`."""

    sort: Sort
    text: str


def tokens(expression: str) -> list[Token] | None:
    """The words of an expression, or None if it has a word that the subset does not know."""
    found: list[Token] = []
    position = 0
    while match := _TOKEN.match(expression, position):
        sort = cast("Sort", match.lastgroup)  # each alternative of the pattern is named
        found.append(Token(sort, match[sort]))
        if sort == "end":
            return found
        position = match.end()
    return None
