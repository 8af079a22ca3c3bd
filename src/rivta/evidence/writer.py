"""Writing evidence: a line a time, handed to the operating system at once, so that a run that is killed keeps all it had."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from rivta.evidence import bodies
from rivta.evidence.reader import FILE, Line, line_of, to_line
from rivta.evidence.redaction import clean_body, hiding, mask_of, redacted
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, Change, RunFooter, RunHeader, Stray
from rivta.text import files

_HELD = ".held"


def store(folder: Path, body: bytes, secrets: tuple[str, ...] = ()) -> str:
    """Keep a body in the run's folder, secrets of the environment taken out, and return the name that finds it again.

    Any number of processes may do so at once. With `functools.partial` this is what `to_line` wants.
    """
    return bodies.keep(folder, clean_body(body, hiding(secrets)))


class Writer:
    """The one writer of a run's evidence: the header first, then a line a case and a stray call, then the footer.

    Under pytest-xdist the workers `store` bodies and send what `to_line` gives; the controller appends it. UsageError if
    the folder holds evidence already, unless told to `replace` it, and if it cannot be written. With `goes_on`, the header
    that was read back from the folder, lines are added to what is there.
    """

    def __init__(
        self, folder: Path, *, secrets: tuple[str, ...] = (), replace: bool = False, goes_on: RunHeader | None = None
    ) -> None:
        self.folder = folder
        self._store = partial(store, folder, secrets=secrets)
        self._hide = hiding(secrets)
        self._header = goes_on
        self._file = _reopen(folder) if goes_on else _open(folder, replace)

    def header(self, header: RunHeader) -> None:
        """The first line. It holds the key by which later lines are masked."""
        self._header = header
        self.append(line_of(header, self._store))

    def case(self, result: CaseResult) -> None:
        self.append(to_line(result, self._store))

    def stray(self, stray: Stray) -> None:
        self.append(line_of(stray, self._store))

    def change(self, change: Change) -> None:
        """The run was taken up again, and something is not as it was."""
        self.append(line_of(change, self._store))

    def footer(self, footer: RunFooter) -> None:
        """The last line: the run ended by itself."""
        self.append(line_of(footer, self._store))

    def append(self, line: Line) -> None:
        """One line, redacted here and nowhere else. `masked` in it lists the tokens of those who were masked in it."""
        if self._header is None:
            raise ValueError("the header comes first: it says who may be shown")
        mask = mask_of(self._header)
        clean: Line = redacted(line, lambda text: mask.text(self._hide(text)), mask.text)
        if mask.found:
            clean["masked"] = [*sorted(mask.found)]
        self._file.write(_bytes(clean) + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """One program at a time goes on with a run: two that wrote the same evidence would each undo what the other wrote.

    The run's folder is ours until the block ends, or this program does, however it ends. UsageError if another has it.

    Where the operating system has no such locks nothing is held.
    """
    try:
        import fcntl  # noqa: PLC0415 - not every operating system has it
    except ImportError:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    files.only_ordinary(folder, folder / bodies.FOLDER)
    with (folder / _HELD).open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"{folder} belongs to a run that is going on", todo="stop that one first, or name another folder"
            ) from None
        yield  # the file stays: a lock on a file that is taken away is one that two can have


def _open(folder: Path, replace: bool) -> BinaryIO:
    place = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if replace:
            _clear(folder)
        return place.open("xb")
    except FileExistsError as error:
        if place.exists():
            raise UsageError(
                f"{folder} already holds the evidence of a run", todo="name another folder, or move that run away"
            ) from error
        raise UsageError(f"{folder} is not a folder", todo="name a folder for the run") from error
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}", todo="name another folder for the run"
        ) from error


def _reopen(folder: Path) -> BinaryIO:
    """The evidence without its footer, which was not the end after all, and without a line that was cut short."""
    place = folder / FILE
    try:
        raw = files.contents(place)
        whole = raw[: raw.rfind(b"\n") + 1]
        last = whole.rfind(b"\n", 0, -1) + 1
        file = place.open("r+b")
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}", todo="name another folder") from error
    file.truncate(last if _is_footer(whole[last:]) else len(whole))
    file.seek(0, os.SEEK_END)
    return file


def _is_footer(piece: bytes) -> bool:
    try:
        line = json.loads(piece)
    except ValueError:
        return False
    return isinstance(line, dict) and line.get("kind") == "footer"


def _clear(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)
    for body in bodies.kept(folder):
        body.unlink()


def _bytes(line: Line) -> bytes:
    try:
        return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate, as in a file name that is no UTF-8: JSON can spell it, UTF-8 cannot
        return json.dumps(line, separators=(",", ":")).encode()
