"""Test cases as a form cites them: `(TF 1.3)`, `(TF 1.2.1 - 1.2.4)`, `(EI_TF 2.3)`. The only link from a question to a test."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CITED = re.compile(r"\(([^()]*\b(?:EI_)?TF\s*\d[^()]*)\)")
_CASE = r"\d+(?:\.\d+)*"
_ONE = re.compile(rf"(?P<kind>EI_TF|TF)?\s*(?P<first>{_CASE})(?:\s*[-–]\s*(?:(?:EI_)?TF\s*)?(?P<last>{_CASE}))?")
_RANGE = 50
"""More cases than any range in a form has; beyond this a range is a slip."""


def cited(text: str) -> tuple[str, ...]:
    """The test cases that a question cites, in order, ranges written out: `TF 1.2.1`, `TF 1.2.2`, …, `EI_TF 2.3`."""
    found = dict.fromkeys(case for group in _CITED.findall(text) for case in _cases(group))
    return tuple(found)


def without(text: str) -> str:
    """The question without what it cites."""
    return " ".join(_CITED.sub(" ", text).split())


def _cases(group: str) -> Iterator[str]:
    kind = "TF"
    for match in _ONE.finditer(group):
        kind = match["kind"] or kind
        yield from (f"{kind} {case}" for case in _written_out(match["first"], match["last"]))


def _written_out(first: str, last: str | None) -> Iterator[str]:
    yield first
    stem, _, low = first.rpartition(".")
    last_stem, _, high = (last or "").rpartition(".")
    if last and stem == last_stem and int(low) < int(high) <= int(low) + _RANGE:
        yield from (f"{stem}.{number}" for number in range(int(low) + 1, int(high) + 1))
    elif last:
        yield last
