"""Words of an adapter's, fit to be kept and shown: short, on one line, without secrets and without people."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

from rivta.text import identity

LIMIT_CHARACTERS = 300
"""The most of a note that is kept."""
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Notes:
    """Cleans what an adapter says. `allowed` are the identities of test persons, who may be named."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    allowed: Collection[str] = ()

    def cleaned(self, text: str) -> str:
        """The text on one line, secrets and real people hidden, cut where it is long."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        line = " ".join("".join(" " if _steers(letter) else letter for letter in self._without_people(text)).split())
        return line if len(line) <= LIMIT_CHARACTERS else line[:LIMIT_CHARACTERS].rstrip() + _HIDDEN

    def _without_people(self, text: str) -> str:
        for one in reversed(identity.find(text)):
            if one.value not in self.allowed:
                text = text[: one.start] + _HIDDEN + text[one.end :]
        return text


def _steers(letter: str) -> bool:
    """Whether a letter says something to a terminal or to a reader's eyes, not to the reader."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
