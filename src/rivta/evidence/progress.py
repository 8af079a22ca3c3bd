"""How far plays have come: a journal beside the evidence, so that what a person began by hand goes on after a restart.

    reports/<run>/plays.jsonl    a line when a play is opened, begins, is paused or taken over, for each step that it came through, end

A case is evidence when it is over; until then this is all there is of it. Lines are redacted as evidence is, bodies lie in
`messages/`. A line that cannot be read is passed over: a play then starts again from the last step that can.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Self

from rivta.evidence.bodies import RunBodies
from rivta.evidence.codec import Misfit, decode, encode
from rivta.evidence.disk import Lines, compact, parsed_object, writing
from rivta.evidence.redaction import Redaction
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, CheckResult, Note, RunHeader, Superseding
from rivta.model.words import Moment
from rivta.text import files

FILE = "plays.jsonl"
VERSION = 1


@frozen
class Opened:
    """A play was opened: of which case of which suite, by whom. `again` is the play that it repeats, `data` is what the tester
    chose by dotted name.
    """

    play: str
    suite: str
    case: str
    started: Moment
    again: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    supersedes: Superseding | None = None


@frozen
class Fixed:
    """Its case has begun, with these values fixed for it."""

    play: str
    fixed: Mapping[str, str]


@frozen
class Came:
    """It came through a step, counted from 0, with what that captured for the steps after it."""

    play: str
    step: int
    exchanges: tuple[Exchange, ...]
    checks: tuple[CheckResult, ...]
    captured: Mapping[str, str] = field(default_factory=dict)


@frozen
class Handed:
    """Who plays it from now on, and whether it is paused."""

    play: str
    by: str
    is_paused: bool = False


@frozen
class PlayEnded:
    """Its case is over. The same result is, or is to be, a line of the evidence."""

    play: str
    result: CaseResult


@frozen
class Given:
    """Test data that somebody gave while the run went on, by dotted name: it holds for every play from then on."""

    by: str
    data: Mapping[str, str]


@frozen
class Noted:
    """A person has something to say of it: a line of the evidence once its case is over. The note's attempt is not known yet."""

    play: str
    note: Note


PlayEvent = Given | Opened | Fixed | Came | Handed | Noted | PlayEnded
_KINDS: Mapping[str, type[PlayEvent]] = {
    "given": Given,
    "opened": Opened,
    "fixed": Fixed,
    "came": Came,
    "handed": Handed,
    "noted": Noted,
    "ended": PlayEnded,
}
_WORDS = {kind: word for word, kind in _KINDS.items()}


@frozen
class PlayBegun:
    """A play as the journal knows it. `result` is None while it is not over."""

    opened: Opened
    fixed: Mapping[str, str] | None = None
    came: tuple[Came, ...] = ()
    result: CaseResult | None = None
    handed: Handed | None = None
    notes: tuple[Note, ...] = ()


class PlayJournal:
    """The journal of one run's plays, read when it is opened. May be written from several threads."""

    def __init__(self, folder: Path, header: RunHeader, secrets: tuple[str, ...] = ()) -> None:
        self._redaction = Redaction(header, secrets)
        self._store = RunBodies(folder, secrets).keep
        self.plays: Mapping[str, PlayBegun] = _gathered(_entries(folder))
        """The plays that were there when the journal was opened, by name, the oldest first."""
        with writing(folder / FILE):
            self._lines = Lines(folder / FILE)
        self._lines.end_last()

    def note(self, entry: PlayEvent) -> None:
        """One line, handed to the operating system at once."""
        line = {"kind": _WORDS[type(entry)], "version": VERSION, **encode(entry, self._store)}
        self._lines.append(compact(self._redaction.line(line)[0]) + b"\n")

    def close(self) -> None:
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def given(folder: Path) -> dict[str, str]:
    """All test data that a run was given while it went on."""
    every: dict[str, str] = {}
    for entry in _entries(folder):
        every |= entry.data if isinstance(entry, Given) else {}
    return every


def _entries(folder: Path) -> Iterator[PlayEvent]:
    try:
        raw = files.contents(folder / FILE)
    except FileNotFoundError:
        return
    bodies = RunBodies(folder)
    yield from filter(None, (_entry(piece, bodies) for piece in raw.split(b"\n")))


def _entry(piece: bytes, bodies: RunBodies) -> PlayEvent | None:
    line = parsed_object(piece)
    kind = _KINDS.get(str(line.get("kind"))) if line.get("version") == VERSION else None
    try:
        return decode(kind, line, lambda name: _body(bodies, name)) if kind else None
    except Misfit:
        return None


def _body(bodies: RunBodies, name: str) -> bytes:
    body, trouble = bodies.find(name)
    if trouble:  # a step without its messages proves nothing: play it again
        raise Misfit(trouble)
    return body


def _gathered(entries: Iterator[PlayEvent]) -> dict[str, PlayBegun]:
    plays: dict[str, PlayBegun] = {}
    for entry in entries:
        if isinstance(entry, Opened):
            plays.setdefault(entry.play, PlayBegun(entry))
        elif not isinstance(entry, Given) and (known := plays.get(entry.play)) is not None:
            plays[entry.play] = _taken(known, entry)
    return plays


def _taken(known: PlayBegun, entry: Fixed | Came | Handed | Noted | PlayEnded) -> PlayBegun:
    if isinstance(entry, Fixed):
        return replace(known, fixed=entry.fixed) if known.fixed is None else known
    if isinstance(entry, Noted):
        return replace(known, notes=(*known.notes, entry.note))
    if isinstance(entry, Handed):
        return replace(known, handed=entry)
    if isinstance(entry, PlayEnded):
        return replace(known, result=entry.result)
    is_next = entry.step == len(known.came)  # after a gap nothing is known of where the case stands
    return replace(known, came=(*known.came, entry)) if is_next else known
