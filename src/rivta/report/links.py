"""What a view is, and places in the report: links to them, and names that are unique, safe in an `id`, and readable, so that a link can be cited."""

import re
from dataclasses import dataclass
from typing import Any

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80

View = dict[str, Any]
"""A part of the report as templates read it: by name texts, numbers, states, links, drawings, views. Other formats do not."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the report, and the words that lead there."""

    href: str
    words: str


class Anchors:
    """Hands out one name a key. Two keys that read alike get different names."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[object, ...], str] = {}
        self._taken: set[str] = set()

    def of(self, kind: str, *key: object) -> str:
        """The name of the place that `kind` and `key` stand for; the same one every time. The last part of the key shows."""
        full = (kind, *key)
        if full not in self._by_key:
            wanted = f"{kind}-{_UNSAFE.sub('-', str(key[-1])).strip('-')[:_LONGEST]}"
            name, count = wanted, 1
            while name in self._taken:
                count += 1
                name = f"{wanted}-{count}"
            self._taken.add(name)
            self._by_key[full] = name
        return self._by_key[full]
