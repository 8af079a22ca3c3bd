"""The lines of an evidence file: plain JSON objects that say what they are and in which version of the format."""

from __future__ import annotations

from typing import Literal

from rivta.evidence.codec import Json, Load, Misfit, Store, decode, encode
from rivta.model.run import CaseResult, Change, RunFooter, RunHeader, Stray

FILE = "evidence.jsonl"
VERSION = 1
"""Raised when an older reader would get a line wrong, not when it would merely miss a new field."""

Kind = Literal["header", "case", "stray", "change", "footer"]
Line = dict[str, Json]
_KINDS: dict[type, Kind] = {
    RunHeader: "header",
    CaseResult: "case",
    Stray: "stray",
    Change: "change",
    RunFooter: "footer",
}


def to_line(result: CaseResult, store: Store) -> Line:
    """A result as plain JSON, its bodies handed to `store`: fit to travel from an xdist worker to the controller."""
    return line_of(result, store)


def _left_out(_: str) -> bytes:
    return b""


def from_line(line: Line, load: Load = _left_out) -> CaseResult:
    """The result that `to_line` wrote; without `load` its bodies are empty. Raises `Misfit` if it is no such line."""
    if line.get("kind") != "case":
        raise Misfit("should be case", "kind")
    return decode(CaseResult, line, load)


def line_of(value: RunHeader | CaseResult | Stray | Change | RunFooter, store: Store) -> Line:
    return {"kind": _KINDS[type(value)], "version": VERSION, **encode(value, store)}
