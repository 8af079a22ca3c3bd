"""`rivta diff`: what changed from one run to another, what got worse, and what has to be declared again."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from rivta import evidence
from rivta.declaration import comparison
from rivta.declaration.comparison import (
    CaseChange,
    Comparison,
    Direction,
    ProcessStep,
    RequirementChange,
    RunName,
    TimeShift,
)
from rivta.model.errors import RivtaError
from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.report import archive
from rivta.report.changes import DIRECTIONS, short
from rivta.report.voice import Voice
from rivta.text.catalogue import words

SAME, WORSE, INCOMPARABLE = 0, 1, 2
_Row = tuple[str, Text, str, CaseChange | RequirementChange]
"""A change by its name, with what it is about and the key of a remark."""


def run(args: argparse.Namespace) -> int:
    """Print the comparison and say by the exit code whether something got worse."""
    try:
        with archive.opened(_place(args.old)) as old, archive.opened(_place(args.new)) as new:
            found = comparison.of(evidence.read(old), evidence.read(new))
    except RivtaError as problem:
        print(problem, file=sys.stderr)
        return INCOMPARABLE
    told = json.dumps(as_data(found), indent=1, ensure_ascii=False) if args.json else ""
    print(told or "\n".join(_InWords(Voice(args.lang)).lines(found)))
    return WORSE if found.got_worse else SAME


def _place(name: str) -> Path:
    """Where the run behind a name lies. A report lies beside the evidence that it was made from."""
    place = Path(name)
    is_report = place.suffix != ".zip" and place.name != evidence.FILE and (place.parent / evidence.FILE).is_file()
    return place.parent if place.is_file() and is_report else place


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


@frozen
class _InWords:
    """The comparison in a terminal, in the words of the report."""

    voice: Voice

    def lines(self, found: Comparison) -> Iterator[str]:
        report, own = self.voice.words, words("cli", self.voice.lang)
        yield f"{own['diff_old']}  {self._run(found.old)}"
        yield f"{own['diff_new']}  {self._run(found.new)}"
        for way in DIRECTIONS:
            yield from _section(report[f"changes_{way}"], self._verdicts(found, way))
        parts = (f"{report[f'part_{each.kind}']} {each.name}".rstrip() for each in found.parts)
        told = (f"{name}: {_change(each.old, each.new)}" for name, each in zip(parts, found.parts, strict=True))
        yield from _section(report["changes_parts"], told)
        yield from _section(report["changes_times"], map(self._time, found.times))
        yield from _section(report["changes_again"], (line for each in found.again for line in self._again(each)))
        yield from [f"  {own['diff_source_system']}"] if found.again else ()
        yield ""
        yield own["diff_worse" if found.got_worse else "diff_same"]

    def _run(self, name: RunName) -> str:
        own = words("cli", self.voice.lang)
        flaws = (("diff_not_whole", not name.is_whole), ("diff_edited", name.is_edited))
        told = "".join(f", {own[flaw]}" for flaw, is_so in flaws if is_so)
        return f"{name.run}  {self.voice.time(name.started)}  {name.system.product} {name.system.version}{told}"

    def _verdicts(self, found: Comparison, way: Direction) -> Iterator[str]:
        changes = [each for each in (*_requirements(found), *_cases(found)) if each[3].direction == way]
        rows = [(name, self._went(change), self.voice.text(text), note) for name, text, note, change in changes]
        first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
        for name, went, text, note in rows:
            added = f" ({self.voice.words[note]})" if note else ""
            yield f"{name:<{first}}  {went:<{second}}  {text}{added}".rstrip()

    def _went(self, change: CaseChange | RequirementChange) -> str:
        verdicts = dict.fromkeys(each for each in (change.old, change.new) if each is not None)
        return " → ".join(self.voice.state(each).word for each in verdicts)

    def _time(self, shift: TimeShift) -> str:
        ms, said = self.voice.ms, self.voice.words
        middle = f"{said['column_median']} {ms(shift.old_median)} → {ms(shift.new_median)}"
        return f"{shift.contract}: {middle}, {said['column_p95']} {ms(shift.old_p95)} → {ms(shift.new_p95)}"

    def _again(self, each: ProcessStep) -> Iterator[str]:
        yield f"{each.contract}: {self.voice.words[f'changes_{each.step}']}"
        yield from (f"  {self.voice.text(reason)}" for reason in each.reasons)


def _requirements(found: Comparison) -> Iterator[_Row]:
    for each in found.requirements:
        yield each.id, each.text, "changes_reworded" if each.is_reworded else "", each


def _cases(found: Comparison) -> Iterator[_Row]:
    """A changed suite may be why a case came to something else: the system may be the same."""
    for each in found.cases:
        yield each.key, each.title, "changes_new_suite" if each.has_new_suite and each.old is not None else "", each


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield from ("", heading, *(f"  {line}" for line in told))


def _change(old: str, new: str) -> str:
    return f"{short(old) or '–'} → {short(new) or '–'}"
