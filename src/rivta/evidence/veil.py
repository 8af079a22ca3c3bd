"""Names, addresses and free text taken out of a report, for whoever wants more hidden than identities.

By element: a domain says which of its elements hold such text, and what stood in them is taken out of the messages and out
of every word that repeats it. Lines keep their numbers, so that findings still point at the right ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import unescape

VEILED = "‹masked›"
"""What stands where such a text stood."""

SHORTEST = 4
"""Letters from which a text is looked for elsewhere too: a shorter one would take out half of every word."""

Clean = Callable[[str], str]


class Veil:
    """The elements to veil, and what has been seen in them. `look` at every body first, then `over` hides."""

    def __init__(self, elements: Iterable[str]) -> None:
        names = "|".join(map(re.escape, sorted(elements)))
        # Text, character data sections and comments, but no element: what holds elements holds no text of its own.
        inside = r"(?:[^<]|<!\[CDATA\[.*?\]\]>|<!--.*?-->)+"
        self._element = re.compile(rf"(<(?:[\w.-]+:)?(?:{names})(?:\s[^<>]*)?(?<!/)>)({inside})(?=</)", re.DOTALL)
        self._seen: set[str] = set()

    def look(self, text: str) -> str:
        """Remember what stands in the elements of one body. The text itself comes back as it was."""
        for found in self._element.finditer(text):
            plain = unescape(found[2]).strip()
            self._seen |= {each for each in (found[2].strip(), plain) if len(each) >= SHORTEST}
        return text

    def over(self) -> Clean:
        """What hides all of it: in the elements, and wherever else the same text stands."""
        longest_first = sorted(self._seen, key=len, reverse=True)
        again = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

        def clean(text: str) -> str:
            hidden = self._element.sub(_kept_lines, text)
            return again.sub(VEILED, hidden) if again else hidden

        return clean


def _kept_lines(found: re.Match[str]) -> str:
    return found[1] + VEILED + "\n" * found[2].count("\n")
