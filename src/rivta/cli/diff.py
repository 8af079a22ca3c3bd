"""`rivta diff`: what changed from one run to another, what got worse, and what has to be declared again."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from rivta import evidence
from rivta.declaration import comparison
from rivta.declaration.comparison import (
    Again,
    CaseChange,
    Comparison,
    Direction,
    PartChange,
    RequirementChange,
    RunName,
    TimeShift,
)
from rivta.model.errors import RivtaError
from rivta.model.run import Run

SAME, WORSE, INCOMPARABLE = 0, 1, 2
_DIGEST = 64
_SHOWN_DIGEST = 12
_HEADINGS: dict[Direction, str] = {
    "worse": "Worse",
    "added": "Only in the new run",
    "better": "Better",
    "unclear": "Changed, neither better nor worse",
    "removed": "Only in the old run",
}
_PARTS = {
    "organisation": "organisation",
    "product": "product",
    "version": "product version",
    "roles": "roles",
    "connection": "connection point of",
    "domain": "version of",
    "contract": "version of",
    "schema": "schemas of",
    "rules": "rules",
    "suite": "suite",
    "tool": "version of",
}
_STEPS = {
    "notice": "send a notice of change; the object may have to be verified again",
    "declare": "send an updated declaration that refers to the one before",
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "old", metavar="OLD", help="the earlier run: its folder, its evidence.jsonl or a report in its folder"
    )
    parser.add_argument("new", metavar="NEW", help="the later run")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.epilog = (
        "Ends with 0 when nothing got worse, with 1 when something did, with 2 when the runs cannot be compared."
    )


def run(args: argparse.Namespace) -> int:
    """Print the comparison and say by the exit code whether something got worse."""
    try:
        found = comparison.of(_read(args.old), _read(args.new))
    except RivtaError as problem:
        print(problem, file=sys.stderr)
        return INCOMPARABLE
    lines = [json.dumps(as_data(found), indent=1, ensure_ascii=False)] if args.json else as_text(found)
    for line in lines:
        print(line)
    return WORSE if found.got_worse else SAME


def _read(name: str) -> Run:
    """The run behind a name. A report lies beside the evidence that it was made from."""
    place = Path(name)
    is_report = place.is_file() and place.name != evidence.FILE and (place.parent / evidence.FILE).is_file()
    return evidence.read(place.parent if is_report else place)


def as_data(found: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON; verdicts in words, texts in both languages."""
    data: dict[str, Any] = _plain(found)
    return {"format": "rivta-comparison", "version": 1, "got_worse": found.got_worse, **data}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name.lower().replace("_", "-")
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if dataclasses.is_dataclass(value):
        named = {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        return named | ({"direction": value.direction} if isinstance(value, CaseChange | RequirementChange) else {})
    return value


def as_text(found: Comparison) -> Iterator[str]:
    yield f"old  {_named(found.old)}"
    yield f"new  {_named(found.new)}"
    for way, heading in _HEADINGS.items():
        yield from _section(heading, _verdicts(found, way))
    yield from _section("What else is another", map(_part, found.parts))
    yield from _section("Response times: median, 95th percentile", map(_time, found.times))
    yield from _section("To be declared again", (line for each in found.again for line in _again(each)))
    if found.again:
        yield "  A run cannot see the source system: if that is another, send a notice of change too."
    yield ""
    yield _conclusion(found)


def _named(name: RunName) -> str:
    whole = "" if name.is_whole else ", not whole"
    return f"{name.run}  {name.started[:16].replace('T', ' ')} UTC  {name.system.product} {name.system.version}{whole}"


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield from ("", heading, *(f"  {line}" for line in told))


def _verdicts(found: Comparison, way: Direction) -> Iterator[str]:
    requirements = [each for each in found.requirements if each.direction == way]
    cases = [each for each in found.cases if each.direction == way]
    rows = [(each.id, _change(each), _requirement_note(each)) for each in requirements]
    rows += [(each.key, _change(each), _case_note(each)) for each in cases]
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for name, change, note in rows:
        yield f"{name:<{first}}  {change:<{second}}  {note}".rstrip()


def _change(change: CaseChange | RequirementChange) -> str:
    verdicts = dict.fromkeys(each for each in (change.old, change.new) if each is not None)
    return " → ".join(each.name.lower().replace("_", " ") for each in verdicts)


def _requirement_note(change: RequirementChange) -> str:
    return f"{change.text.en}{' (reworded)' if change.is_reworded else ''}"


def _case_note(change: CaseChange) -> str:
    """A changed suite may be why: the system may be the same."""
    return f"{change.title.en}{' (its suite changed too)' if change.has_new_suite and change.old is not None else ''}"


def _part(part: PartChange) -> str:
    name = f"{_PARTS[part.kind]} {part.name}".rstrip()
    return f"{name}: {_short(part.old)} → {_short(part.new)}"


def _short(value: str) -> str:
    is_digest = len(value) == _DIGEST and not value.strip("0123456789abcdef")
    return value[:_SHOWN_DIGEST] if is_digest else value or "none"


def _time(shift: TimeShift) -> str:
    return (
        f"{shift.contract}: {_ms(shift.old_median)} → {_ms(shift.new_median)}, {_ms(shift.old_p95)} → {_ms(shift.new_p95)}"
        f" ({shift.old_replies} and {shift.new_replies} replies)"
    )


def _ms(value: float) -> str:
    return f"{value:.{1 if value < 10 else 0}f} ms"


def _again(each: Again) -> Sequence[str]:
    return (f"{each.contract}: {_STEPS[each.step]}", *(f"  {reason.en}" for reason in each.reasons))


def _conclusion(found: Comparison) -> str:
    worse = [each for each in found.requirements if each.direction == "worse"]
    cases = [each for each in found.cases if each.direction == "worse"]
    if worse or cases:
        return f"{_count(len(worse), 'requirement')} and {_count(len(cases), 'case')} got worse."
    return "Something new deviates." if found.got_worse else "Nothing got worse."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number or 'no'} {what}s"
