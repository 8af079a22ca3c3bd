"""Every write of a run goes through here, so that whatever a disk does is one sentence and one exit code.

A disk may be full, a folder not ours to write, no more file be to be had; and a folder may be moved or removed by somebody while
a run writes into it, which no write notices by itself.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import Any
from zipfile import is_zipfile

from rivta.model.errors import Unwritable, UsageError
from rivta.text import files
from rivta.text.files import GONE, writing

try:
    import orjson  # type: ignore[import-not-found, unused-ignore]  # it need not be there
except ImportError:
    _fast = _read_fast = None
else:
    _fast, _read_fast = orjson.dumps, orjson.loads

FILE = "evidence.jsonl"
NOT_PLAYED = "not-played.txt"
"""Stands in a run's folder in place of evidence where nothing was played, and says why."""
_HELD = ".held"
_PIECE = 8192


def write(place: Path, data: bytes | Iterable[bytes]) -> None:
    """A whole file, over any other: whoever looks meanwhile, or after a failure, finds the one that was there before."""
    draft = place.with_name(f".{place.name}.draft")
    with writing(place):
        try:
            with draft.open("wb") as file:
                file.writelines([data] if isinstance(data, bytes) else data)
            draft.replace(place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


class Lines:
    """A file of lines that grows at its end. Each is handed to the operating system at once, whole or not at all.

    With `anew` there must be no such file yet (FileExistsError). May be used from several threads.
    """

    def __init__(self, place: Path, *, anew: bool = False) -> None:
        self.place = place
        self._lock = Lock()
        # Unbuffered: the operating system has a line when the call returns, and closing writes nothing more.
        self._file = place.open("x+b" if anew else "a+b", buffering=0)
        self._end = self._file.seek(0, os.SEEK_END)

    def append(self, line: bytes) -> int:
        """Where the line begins. Unwritable if it is not in the file afterwards, of which nothing remains then."""
        with self._lock, writing(self.place):
            start = self._file.seek(self._end)
            try:
                left = memoryview(line)
                while left:
                    left = left[self._file.write(left) or 0 :]
            except OSError:
                self._file.truncate(start)
                raise
            self._end = start + len(line)
            return start

    def end_last(self) -> None:
        """A line that was cut short must not swallow the next one."""
        if self._end and self.read(self._end - 1) != b"\n":
            self.append(b"\n")

    def cut(self, end: int) -> None:
        """Take away what stands behind `end`."""
        with self._lock, writing(self.place):
            self._file.truncate(end)
            self._end = end

    def read(self, start: int, size: int = -1) -> bytes:
        """What is in it, wherever the file itself is by now. Also when closed, from where it was."""
        with self._lock:
            if self._file.closed:
                with self.place.open("rb") as file:
                    file.seek(start)
                    return file.read(size)
            self._file.seek(start)
            return self._file.read(size)

    def line_at(self, start: int) -> bytes:
        """The line that begins there."""
        line, read = b"", start
        while b"\n" not in line and (more := self.read(read, _PIECE)):
            line, read = line + more, read + len(more)
        return line.partition(b"\n")[0]

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def demand_place(self) -> None:
        """Unwritable if the file is no longer the one by its name. What was collected is kept then, and the error says where."""
        if self._is_at(self.place):
            return
        folder, moved = self.place.parent, self._moved_to()
        where = f"moved to {moved.parent}, and what was collected is there" if moved else self._kept_anew()
        raise Unwritable(f"{folder} was taken away while the run wrote into it: {where}", todo=GONE)

    def _is_at(self, place: Path) -> bool:
        try:
            return os.path.samestat(place.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False

    def _kept_anew(self) -> str:
        folder = _beside(self.place.parent)
        (folder / self.place.name).write_bytes(self.read(0))
        return f"what was collected is kept in {folder}, without the messages, which went with it"

    def _moved_to(self) -> Path | None:
        """Where the file goes by another name; None where it has none any more, or the operating system does not tell."""
        try:
            there = Path(f"/proc/self/fd/{self._file.fileno()}").readlink()
        except OSError:
            return None
        return there if self._is_at(there) else None


def _beside(folder: Path) -> Path:
    prefix = f"{folder.name}-kept-"
    try:
        return Path(mkdtemp(prefix=prefix, dir=folder.parent))
    except OSError:  # the folder above is gone too, or may not be written
        return Path(mkdtemp(prefix=prefix))


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """One program at a time writes into a run's folder: two would each undo what the other wrote.

    The folder is ours until the block ends, or this program does, however it ends. UsageError if another has it.

    Where the operating system has no such locks nothing is held.
    """
    try:
        import fcntl  # noqa: PLC0415 - not every operating system has it
    except ImportError:
        yield
        return
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        files.only_ordinary(folder, folder / "messages")
        file = (folder / _HELD).open("w", encoding="utf-8")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            todo = "stop that one first, or name another folder"
            raise UsageError(f"{folder} belongs to a run that is going on", todo=todo) from None
        yield  # the file stays: a lock on a file that is taken away is one that two can have


def file_of_run(place: Path) -> Path:
    """The evidence of the run whose folder, or whose evidence, this is. UsageError where there is none, or what is no file of a run."""
    file = place if place.is_file() else place / FILE
    files.only_ordinary(place, file.parent / "messages")
    if place.is_file() and is_zipfile(place):
        raise UsageError(f"{place} is a zip", todo="unpack it into a new folder and name that")
    if not file.exists():
        with suppress(FileNotFoundError, NotADirectoryError):
            why = " ".join((place / NOT_PLAYED).read_text(encoding="utf-8", errors="replace").split())
            raise UsageError(f"{place} holds no run, for nothing was played: {why}", todo="mend that, and run again")
        what = f"{place} holds no {FILE}" if place.is_dir() else f"{place} does not exist"
        raise UsageError(what, todo=_runs_near(place))
    return file


def _runs_near(place: Path) -> str:
    """A remedy where a run is not, which names those in this folder or, if it is not there, in the one that it would lie in."""
    around = place if place.is_dir() else place.parent
    runs = sorted(str(file.parent) for file in around.glob("*/evidence.jsonl"))
    return f"runs are in: {', '.join(runs)}" if runs else "name the folder that a run wrote"


# JSON on one line without a blank, the same bytes whichever encoder made them, and read back. orjson makes them ten times as fast where
# it is installed; nothing depends on it.


_EXPONENT = re.compile(rb"[:,\[]-?(?:[0-9][0-9.]*e|0\.0000)")
"""A number, or what may be one, that each encoder spells in another way: one of them with an exponent."""


def compact(value: object, *, has_exponents: bool = True) -> bytes:
    """A dict with text for keys or a list, and whatever of that kind is in it, as UTF-8.

    Of milliseconds and counts none is so small or so large that it is spelt with an exponent: then nobody need look for one, which
    takes ten times as long as all the rest.
    """
    if _fast is not None:
        try:
            made: bytes = _fast(value)
        except TypeError:  # a lone surrogate, a number of more than 64 bits, or more nested than it may be
            return slowly(value)
        if not has_exponents or not _EXPONENT.search(made):
            return made
    return slowly(value)


def parsed(line: bytes) -> Any:
    """What a line says. ValueError or RecursionError where it is no JSON, of which NaN and infinity are none."""
    if _read_fast is not None:
        with suppress(ValueError):  # half a character, spelt as JSON may, is one that only the standard library reads
            return _read_fast(line)
    return json.loads(line, parse_constant=_no_number)


def parsed_object(line: bytes) -> dict[str, Any]:
    """The object that a line is; an empty one where it is none."""
    try:
        value = parsed(line)
    except (ValueError, RecursionError):
        return {}
    return value if type(value) is dict else {}


def _no_number(name: str) -> float:
    raise ValueError(name)


def slowly(value: object) -> bytes:
    """The same by the standard library alone."""
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:  # a lone surrogate, as in a file name that is no UTF-8: JSON can spell it, UTF-8 cannot
        return json.dumps(value, separators=(",", ":")).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""One for all: `json.dumps` makes a new one each time for these separators."""
