"""A text that an XML Schema pattern takes: its first choices, each thing as often as it must be there.

XML Schema's patterns are whole matches without anchors, so that `^` and `$` stand for themselves. Subtracted classes and
character classes by block are not read; a type's other patterns and facets are the caller's to try.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_ESCAPED = {
    "d": "0",
    "w": "a",
    "s": " ",
    "i": "a",
    "c": "a",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "D": "a",
    "W": "-",
    "S": "a",
}
_PROPERTY = re.compile(r"[pP]\{(?P<name>[^}]*)\}")
_BY_PROPERTY = {"L": "a", "Ll": "a", "Lu": "A", "N": "0", "Nd": "0", "Z": " ", "Zs": " ", "P": ".", "S": "+"}
_COUNT = re.compile(r"\{(?P<least>\d+)(?P<open>,(?P<most>\d*))?\}")
_ANY = "a0- .A#"
"""What is tried for any character, and for one that is not of a class."""
_WITHOUT_END = 1_000_000


class NotRead(Exception):
    """The pattern uses what is not read here."""


def example(pattern: str, more: int = 0) -> str:
    """A text that the pattern takes, each repeated part `more` times oftener than it must, where it may. NotRead if none is known."""
    reader = _PatternReader(pattern, more)
    text = reader.branches()
    if reader.at != len(pattern):
        raise NotRead(pattern)
    return text


def bases(type_: Any) -> Iterator[Any]:
    """A simple type of xmlschema's and all that it is derived from, itself first."""
    while type_ is not None:
        yield type_
        type_ = type_.base_type


def examples(type_: Any, more: Iterable[int]) -> Iterator[str]:
    """Texts that each pattern of a type, and of those that it is derived from, takes by itself; none of one that is not read."""
    for base in bases(type_):
        for written in getattr(base, "patterns", None) or ():
            for times in more if hasattr(written, "get") else ():
                with suppress(NotRead):
                    yield example(written.get("value", ""), times)


@dataclass(slots=True)
class _PatternReader:
    """Reads a pattern from the left."""

    pattern: str
    more: int
    at: int = 0

    def branches(self) -> str:
        """Alternatives; the first that is not empty is taken."""
        texts = [self._branch()]
        while self._takes("|"):
            texts.append(self._branch())
        return next(filter(None, texts), "")

    def _branch(self) -> str:
        parts = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self._times(self._atom()))
        return "".join(parts)

    def _times(self, text: str) -> str:
        least, most = 1, 1
        for sign, bounds in (("?", (0, 1)), ("*", (0, _WITHOUT_END)), ("+", (1, _WITHOUT_END))):
            if self._takes(sign):
                least, most = bounds
                return text * min(least + self.more, most)
        if found := _COUNT.match(self.pattern, self.at):
            self.at = found.end()
            least = int(found["least"])
            most = int(found["most"] or _WITHOUT_END) if found["open"] else least
        return text * min(least + self.more, most)

    def _atom(self) -> str:
        letter = self._next()
        if letter == "(":
            text = self.branches()
            if not self._takes(")"):
                raise NotRead(self.pattern)
            return text
        if letter == "[":
            return self._one_of_class()
        if letter == "\\":
            return self._escaped()
        return "a" if letter == "." else letter

    def _escaped(self) -> str:
        if found := _PROPERTY.match(self.pattern, self.at):
            self.at = found.end()
            return _BY_PROPERTY.get(found["name"], "a")
        letter = self._next()
        return _ESCAPED.get(letter, letter)

    def _one_of_class(self) -> str:
        start = self.at - 1
        is_negated = self._takes("^")
        letters = []
        while not self._takes("]"):
            letter = self._next()
            if letter == "[":
                raise NotRead(self.pattern)
            letters.append(self._escaped() if letter == "\\" else letter)
        if not is_negated:
            return letters[0]
        written = re.compile(self.pattern[start : self.at])
        return next((letter for letter in _ANY if written.fullmatch(letter)), "a")

    def _next(self) -> str:
        if self.at >= len(self.pattern):
            raise NotRead(self.pattern)
        self.at += 1
        return self.pattern[self.at - 1]

    def _takes(self, sign: str) -> bool:
        if not self.pattern.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True
