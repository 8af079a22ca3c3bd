"""Which lines of a message to show beside a finding: those it points at, or those that the step itself changed."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path

from rivta.model.case import Send
from rivta.model.run import Finding
from rivta.model.words import Value
from rivta.text import placeholder
from rivta.text.xml import decoded, pretty

Clean = Callable[[str], str]
Line = tuple[int, str, bool]
"""A line's number, counted from 1, its text, and whether a finding means it."""

_AROUND = 3
_MOST = 12
_WIDTH = 160
_LARGE_BYTES = 1_000_000
_HEAD_BYTES = 4000
# What a system sends goes to a terminal: control characters, which could command it, are shown as what they are, noise.
CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "�")


def of_findings(body: bytes, findings: Collection[Finding], clean: Clean) -> list[Line]:
    """The lines around what the findings point at; how the message begins where they point at nothing.

    `clean` takes out what must not be shown, and does so before a long line is cut: half an identity is one too.
    """
    named = {finding.line for finding in findings if finding.line}
    if len(body) > _LARGE_BYTES and not named:
        return _cut(_numbered(clean(decoded(body[:_HEAD_BYTES])), frozenset()), ())
    if named and body.count(b"\n") >= 2:
        lines = _numbered(clean(decoded(body)), named)
    else:
        lines = _marked_by_name(clean(pretty(body)), findings)
    return _cut(lines, [number for number, _, meant in lines if meant])


def of_step(body: bytes, step: Send, data: Mapping[str, Value], clean: Clean) -> list[Line]:
    """The lines that hold what this step puts in place of the suite's `data`; how the payload begins if none does."""
    lines = _numbered(clean(decoded(body)), frozenset())
    own = _changed_lines(step, data, len(lines))
    if own:
        return [_short(line) for line in lines if line[0] in own][:_MOST]
    payload = next((number for number, text, _ in lines if "Body>" in text), 0)
    return [_short(line) for line in lines[payload : payload + _AROUND]]


def _numbered(text: str, meant: Collection[int | None]) -> list[Line]:
    lines = text.replace("\r\n", "\n").split("\n")
    return [(number, line, number in meant) for number, line in enumerate(lines, start=1)]


def _marked_by_name(text: str, findings: Collection[Finding]) -> list[Line]:
    """Of a message that was laid out anew the line numbers say nothing; the names of elements and attributes do."""
    names = {finding.location.rpartition("/")[2].partition("[")[0].rpartition(":")[2] for finding in findings}
    words = "|".join(re.escape(name.removeprefix("@")) for name in names if name and " " not in name)
    pattern = re.compile(rf"<(?:[\w.-]+:)?(?:{words})[\s/>]|\s(?:{words})=") if words else None
    return [
        (number, line, bool(pattern and pattern.search(line + "\n")))
        for number, line, _ in _numbered(text, frozenset())
    ]


def _cut(lines: list[Line], meant: Collection[int]) -> list[Line]:
    """The surroundings of the first lines that are meant, else the beginning."""
    if not meant:
        return [_short(line) for line in lines[:_MOST]]
    near = {number for one in list(meant)[:3] for number in range(one - _AROUND, one + _AROUND + 1)}
    return [_short(line) for line in islice((line for line in lines if line[0] in near), 2 * _MOST)]


def _short(line: Line) -> Line:
    number, text, meant = line
    shown = text.translate(CONTROLS)
    return number, shown if len(shown) <= _WIDTH else shown[:_WIDTH] + " …", meant


def _changed_lines(step: Send, data: Mapping[str, Value], sent: int) -> set[int]:
    """The numbers of the template's lines with a placeholder that the step gives a value of its own.

    None where a value of several lines has moved the ones after it.
    """
    template = Path(step.template).read_text(encoding="utf-8").replace("\r\n", "\n").split("\n")
    if len(template) - sent not in (0, 1):  # a last line break goes when a bare body is wrapped
        return set()
    changed = _changed_names(step, data)
    return {number for number, line in enumerate(template, start=1) if _uses(line, changed)}


def _changed_names(step: Send, data: Mapping[str, Value]) -> set[str]:
    """What the step's own data name, its address, and all of the suite's data that refer to them."""
    changed = {name for name, _ in _dotted(step.data)} | ({"logical-address"} if step.to else set())
    texts = dict(_dotted(data))
    while more := {name for name, text in texts.items() if name not in changed and _uses(text, changed)}:
        changed |= more
    return changed


def _uses(text: str, names: Collection[str]) -> bool:
    if "${" not in text:
        return False
    return any(_overlaps(one.name, name) for one in placeholder.find(text) for name in names)


def _overlaps(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _dotted(data: Mapping[str, Value], before: str = "") -> Iterator[tuple[str, str]]:
    """Every value by its dotted name, as text."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", str(value)
