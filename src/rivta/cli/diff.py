"""`rivta diff`: what changed from one run to another, what got worse, and what has to be declared again."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import chain
from pathlib import Path
from typing import Any

from rivta import evidence
from rivta.declaration import comparison
from rivta.declaration.comparison import CaseChange, Comparison, RequirementChange, RunName
from rivta.model.errors import RivtaError
from rivta.report import archive, changes
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.text.catalogue import Words, words

SAME, WORSE, INCOMPARABLE = 0, 1, 2


def run(args: argparse.Namespace) -> int:
    """Print the comparison and say by the exit code whether something got worse."""
    try:
        with archive.opened(_place(args.old)) as old, archive.opened(_place(args.new)) as new:
            found = comparison.of(evidence.read(old), evidence.read(new))
    except RivtaError as problem:
        print(problem, file=sys.stderr)
        return INCOMPARABLE
    told = json.dumps(as_data(found), indent=1, ensure_ascii=False) if args.json else ""
    print(told or "\n".join(_in_words(found, Voice(args.lang))))
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


def _in_words(found: Comparison, voice: Voice) -> Iterator[str]:
    """The comparison in a terminal, as the report tells of it."""
    said, own, view = voice.words, words("cli", voice.lang), changes.view(found, voice, str, str)
    yield f"{own['diff_old']}  {_run(found.old, voice)}"
    yield f"{own['diff_new']}  {_run(found.new, voice)}"
    for heading in (said[f"changes_{way}"] for way in changes.DIRECTIONS):
        rows = [row for row in (*view["requirements"], *view["cases"]) if row["direction"] == heading]
        yield from _section(heading, _verdicts(rows))
    parts = (
        (f"{each['kind']} {each['name']}".rstrip(), each["before"] or "–", each["now"] or "–") for each in view["parts"]
    )
    yield from _section(said["changes_parts"], (f"{name}: {before} → {now}" for name, before, now in parts))
    yield from _section(said["changes_times"], (_times(each, said) for each in view["times"]))
    asked = (
        (f"{each['contract']}: {each['step']}", *(f"  {why}" for why in each["reasons"])) for each in view["again"]
    )
    yield from _section(said["changes_again"], chain.from_iterable(asked))
    yield from [f"  {own['diff_source_system']}"] if view["again"] else ()
    yield from ("", own["diff_worse" if found.got_worse else "diff_same"])


def _run(name: RunName, voice: Voice) -> str:
    own = words("cli", voice.lang)
    flaws = (("diff_not_whole", not name.is_whole), ("diff_edited", name.is_edited))
    told = "".join(f", {own[flaw]}" for flaw, is_so in flaws if is_so)
    return f"{name.run}  {voice.time(name.started)}  {name.system.product} {name.system.version}{told}"


def _verdicts(rows: Sequence[View]) -> Iterator[str]:
    """Requirements and cases in columns: its name, what it came to, what it is about."""
    went = [" → ".join(dict.fromkeys(each.word for each in (row["before"], row["now"]) if each)) for row in rows]
    first, second = (max(map(len, column), default=0) for column in ([row["link"] for row in rows], went))
    for row, how in zip(rows, went, strict=True):
        added = f" ({row['note']})" if row["note"] else ""
        yield f"{row['link']:<{first}}  {how:<{second}}  {row['text']}{added}".rstrip()


def _times(row: View, said: Words) -> str:
    told = ((said[f"column_{name}"], *row[name]) for name in ("median", "p95"))
    return f"{row['contract']}: {', '.join(f'{name} {before} → {now}' for name, before, now in told)}"


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield from ("", heading, *(f"  {line}" for line in told))
