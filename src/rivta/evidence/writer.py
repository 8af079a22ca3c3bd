"""Writing evidence: a line a time, handed to the operating system at once, so that a run that is killed keeps all it had."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from rivta.evidence import bodies
from rivta.evidence.bodies import RunBodies
from rivta.evidence.codec import Json, Store, encode
from rivta.evidence.disk import FILE, NOT_PLAYED, Lines, compact, held, parsed_object, writing
from rivta.evidence.redaction import Redaction
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, Change, Note, RunFooter, RunHeader, Stray
from rivta.text import files

VERSION = 1
"""Raised when an older reader would get a line wrong, not when it would merely miss a new field."""
Line = dict[str, Json]
KINDS: Mapping[type, str] = {
    RunHeader: "header",
    CaseResult: "case",
    Stray: "stray",
    Note: "note",
    Change: "change",
    RunFooter: "footer",
}


def line_of(value: RunHeader | CaseResult | Stray | Note | Change | RunFooter, store: Store) -> Line:
    """A line as plain JSON, its bodies handed to `store`: fit to travel from an xdist worker to the controller."""
    return {"kind": KINDS[type(value)], "version": VERSION, **encode(value, store)}


class EvidenceWriter:
    """The one writer of a run's evidence: the header first, then a line a case and a stray call, then the footer.

    Under pytest-xdist the workers keep bodies and send what `line_of` gives; the controller appends it. UsageError if
    the folder holds evidence already, unless told to `replace` it; Unwritable, here or at any line, if it cannot be written, or
    is no longer where it was. With `goes_on`, the header that was read back from the folder, lines are added to what is there.
    """

    def __init__(
        self, folder: Path, *, secrets: tuple[str, ...] = (), replace: bool = False, goes_on: RunHeader | None = None
    ) -> None:
        self.folder = folder
        self._store = RunBodies(folder, secrets).keep
        self._secrets = secrets
        self._redaction = Redaction(goes_on, secrets) if goes_on else None
        self._lines = _reopened(folder) if goes_on else _opened(folder, replace)

    def header(self, header: RunHeader) -> None:
        """The first line. It holds the key by which later lines are masked."""
        self._redaction = Redaction(header, self._secrets)
        self.append(line_of(header, self._store))

    def write(self, value: CaseResult | Stray | Note | Change | RunFooter) -> None:
        """A line more. The footer is the last one."""
        self.append(line_of(value, self._store))

    def append(self, line: Line) -> None:
        """One line, redacted here and nowhere else. `masked` in it lists the tokens of those who were masked in it."""
        if self._redaction is None:
            raise ValueError("the header comes first: it says who may be shown")
        clean, masked = self._redaction.line(line)
        if masked:
            clean["masked"] = [*masked]
        self._lines.demand_place()
        self._lines.append(compact(clean, has_exponents=False) + b"\n")

    def demand_place(self) -> None:
        """Unwritable if the folder was moved or removed, with where what was collected is now."""
        self._lines.demand_place()

    def close(self) -> None:
        """Nothing more will be written. Without a footer the run reads back as cut short."""
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _opened(folder: Path, replace: bool) -> Lines:
    place = folder / FILE
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", todo="name a folder for the run")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if replace:
            _clear(folder)
        try:
            lines = Lines(place, anew=True)
        except FileExistsError as error:
            todo = "name another folder, or move that run away"
            raise UsageError(f"{folder} already holds the evidence of a run", todo=todo) from error
        (folder / NOT_PLAYED).unlink(missing_ok=True)
        return lines


def _reopened(folder: Path) -> Lines:
    """The evidence without its footer, which was not the end after all, and without a line that was cut short."""
    place = folder / FILE
    with writing(place):
        raw = files.contents(place)
        lines = Lines(place)
    bodies.mend(folder)
    whole = raw[: raw.rfind(b"\n") + 1]
    last = whole.rfind(b"\n", 0, -1) + 1
    lines.cut(last if parsed_object(whole[last:]).get("kind") == "footer" else len(whole))
    return lines


def put_in_place(folder: Path, why: str) -> None:
    """Leave a note of why nothing was played in the place of a run, and of whatever run is there. Unwritable if that cannot be."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        (folder / NOT_PLAYED).write_text(why, encoding="utf-8")


def _clear(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)
    bodies.clear(folder)
    shutil.rmtree(folder / _ASIDE, ignore_errors=True)


_ASIDE = ".replaced"
_TELLING = ("declaration*", "*.p7s", "manifest.json", "received.jsonl", FILE, NOT_PLAYED)
"""What tells of a run; its messages by themselves tell nothing."""


def set_aside(folder: Path, why: str) -> bool:
    """Leave a note in place of a run, until another replaces it or `put_back` undoes it. Whether there was a run.

    So whoever stops the other, at whatever moment, finds no result of an older one. UsageError if that run is going on.
    """
    aside = folder / _ASIDE
    there = dict.fromkeys(path for pattern in _TELLING for path in folder.glob(pattern))
    if not there and not aside.exists():
        return False
    with held(folder), writing(folder):
        is_again = (
            aside.exists()
        )  # an earlier one was stopped as early: what it set aside is the run that there was, and the note its own
        aside.mkdir(exist_ok=True)
        for path in there:
            if not is_again or path.name != NOT_PLAYED:
                path.replace(aside / path.name)
        (folder / NOT_PLAYED).write_text(why, encoding="utf-8")
    return True


def put_back(folder: Path) -> None:
    """The run that was set aside is there again, and the note is not. Unwritable if that cannot be."""
    with held(folder), writing(folder):
        (folder / NOT_PLAYED).unlink(missing_ok=True)
        for path in (folder / _ASIDE).iterdir():
            path.rename(folder / path.name)
        (folder / _ASIDE).rmdir()
