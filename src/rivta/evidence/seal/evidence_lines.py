"""The evidence, and the journal of received calls, as bytes on disk: their lines, what each is of, and which messages it names.

The room `evidence` gives meaning to the lines; here only their bytes count, and nothing that is wrong with one raises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rivta.evidence.seal.chain import Entry, file_sha
from rivta.evidence.seal.place import EVIDENCE

_KEY = re.compile(rb'"mask_key":"([^"\\]*)"')
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Line:
    """One line of the evidence, or of another file, its number counted from 1, with its line ending."""

    number: int
    raw: bytes
    file: str = EVIDENCE

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the line says; nothing if it is not a JSON object."""
        try:
            data = json.loads(self.raw)
        except (ValueError, RecursionError):
            return {}
        return data if type(data) is dict else {}

    @property
    def name(self) -> str:
        """The key of its case, or `header`, `stray`, `footer`; `unreadable` if it says neither.

        Of a call that was received: which one, and what the line says became of it.
        """
        kind = self.data.get("kind")
        if self.file != EVIDENCE:
            return f"{kind} {self.data.get('number')}" if kind else "unreadable"
        if kind == "case":
            return f"{self.data.get('contract')}/{self.data.get('case')}"
        return kind if kind in ("header", "stray", "footer") else "unreadable"

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its bytes, the key that masks identities taken for zeros: an archive leaves the key out."""
        return file_sha(without_key(self.raw) if (self.file, self.number) == (EVIDENCE, 1) else self.raw)

    @property
    def messages(self) -> tuple[str, ...]:
        """The SHA-256 of every message that the line names, in order."""
        return tuple(dict.fromkeys(_bodies(self.data)))


def lines_of(raw: bytes, file: str = EVIDENCE) -> tuple[Line, ...]:
    """The lines of an evidence file, or of another. A last one without an ending counts."""
    return tuple(Line(number, line, file) for number, line in enumerate(_LINE.findall(raw), 1))


def entry_of(line: Line) -> Entry:
    """A line's entry in the manifest."""
    return Entry("line" if line.file == EVIDENCE else "received", line.name, line.digest, len(line.raw))


def key_of(header: bytes) -> bytes | None:
    """The key that masks identities, as the header spells it; None if it spells none or several."""
    found: list[bytes] = _KEY.findall(header)
    return found[0] if len(found) == 1 else None


def without_key(header: bytes) -> bytes:
    """The header with zeros where the key stands. Nothing else changes, not even its length."""
    key = key_of(header)
    return header if key is None else header.replace(b'"mask_key":"' + key, b'"mask_key":"' + b"0" * len(key))


def _bodies(data: object) -> Iterator[str]:
    """Every `body` in the order in which it stands; without recursion, for a file may nest as deep as it likes."""
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        name, value = waiting.pop()
        if type(value) is dict:
            waiting += reversed(value.items())
        elif type(value) is list:
            waiting += [(name, each) for each in reversed(value)]
        elif name == "body" and type(value) is str and _DIGEST.fullmatch(value):
            yield value
