"""Files that a stranger may have put there: only ordinary ones are opened, and none is read further than it may be long. And every
write: whatever a disk does is one sentence and one exit code.

A pipe would never end, a device neither, and a link leads to what is none of the folder's business. What holds of a zip holds of a
folder.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from rivta.model.errors import Unwritable, UsageError

MOST_FILES = 100_000
MOST_BYTES = 1024 * 1024 * 1024
"""What a run may hold, all files together, in a folder or unpacked from an archive."""
MOST_IN_ONE = 256 * 1024 * 1024
"""What one file of it may hold."""
BODIES = ".bodies"
"""What the files are called that a run's messages are appended to. They are read record by record, and may be of any length."""
_BUFFERED = 65536
FEWEST_OPEN = 64
"""Files and connections at once that a command must be allowed: a run listens, calls, keeps evidence and reads schemas at one time."""
_ROOM = "make room on the disk, or name a folder on another one"
_TODO = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EMFILE: "allow this program more open files (ulimit -n)",
    errno.ENFILE: "the whole computer has too many files open: stop what holds them",
}
GONE = "name another folder, and let nobody move or remove it meanwhile"
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def enough_can_be_opened() -> None:
    """Raise Unwritable where so few files may be opened that something would break off in the middle, each time another thing."""
    opened: list[int] = []
    try:
        opened.append(os.open(os.devnull, os.O_RDONLY))
        opened.extend(os.dup(opened[0]) for _ in range(FEWEST_OPEN - 1))
    except OSError as error:
        what = f"only {len(opened)} more files can be opened here, and {FEWEST_OPEN} are needed: {error.strerror}"
        raise Unwritable(what, todo="allow this program more open files (ulimit -n)") from error
    finally:
        for each in opened:
            os.close(each)


class writing:  # noqa: N801 - said as `with writing(place):`; a generator would cost more than what is written
    """Unwritable, with what to do about it, where the operating system refuses something within the block."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Nothing is done yet."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):
            gone = GONE if isinstance(error, FileNotFoundError) else "name a folder that can be written"
            todo = _TODO.get(error.errno or 0, gone)
            raise Unwritable(f"{self._place} cannot be written: {error.strerror or error}", todo=todo) from error


def write_file(path: Path, data: bytes) -> None:
    """The file, with the folders above it. Unwritable where that cannot be."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file to read from. OSError as ever, and for what is no ordinary file."""
    with open(os.open(path, _FLAGS), "rb", _BUFFERED) as file:  # noqa: PTH123 - a pipe without a writer must not be waited for
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        yield file


def contents(path: Path, most: int = MOST_IN_ONE) -> bytes:
    """A file's bytes. OSError as ever, and for what is no ordinary file or is longer than it may be (bytes)."""
    with opened(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _too_large(path, most)
    return data


def written_text(path: Path) -> str:
    """What a person wrote in a file, read again only when it has changed. OSError and UnicodeDecodeError as ever."""
    found = path.stat()
    return _text_of(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _text_of(path: Path, _changed: int, _size: int) -> str:
    return path.read_text(encoding="utf-8")


def lines(path: Path) -> Iterator[bytes]:
    """A file's lines, one after the other, each with its ending. OSError as for `contents`."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > MOST_IN_ONE:
            raise _too_large(path, MOST_IN_ONE)
        yield from file


def _too_large(path: Path, most: int) -> OSError:
    # EFBIG would say that this computer allows no more.
    return OSError(errno.EOVERFLOW, f"it is larger than {most} bytes", str(path))


def only_ordinary(*folders: Path) -> None:
    """Raise UsageError where a folder that is there holds anything but ordinary files and folders, too many, or too large ones."""
    for place in filter(Path.is_dir, folders):
        with os.scandir(place) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_FILES:
                    raise UsageError(f"{place} holds more than {MOST_FILES} files", todo="that is no run of ours")
                is_file = entry.is_file(follow_symlinks=False)
                is_whole = is_file and not entry.name.endswith(BODIES)
                if is_whole and entry.stat(follow_symlinks=False).st_size > MOST_IN_ONE:
                    raise UsageError(f"{entry.path} is larger than {MOST_IN_ONE} bytes", todo="that is no file of ours")
                if not (is_file or entry.is_dir(follow_symlinks=False)):
                    what = f"{entry.path} is no ordinary file, and a run’s folder holds no others"
                    raise UsageError(what, todo="take it away: it may be a link to elsewhere, or have no end")
