"""A zip or a folder from a stranger as a list of files: nothing is read, or written anywhere, before each name has been looked at.

What is refused is refused with the entry's name: a way out of the folder (`..`, an absolute or UNC path, a drive), a link or
anything that is no regular file, two names that one disk or another holds for the same, and whatever would unpack to more than
a person would ever send.
"""

import lzma
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath

from rivta.model.errors import UsageError
from rivta.model.frozen import frozen

BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile lets out of a file that is damaged or packed in a way that it does not know."""
_ENCRYPTED = 0x1
_LONGEST = 240
"""Characters of a whole name: more than any published package has, and less than any file system takes."""
_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}


@frozen
class Limits:
    """How much an archive may hold. Sizes are in bytes, and are those that the entries declare and are then held to.

    `ratio` is how much smaller than itself an entry may be packed; an entry below `small` may be packed as small as it likes.
    `depth` is the number of folders within each other.
    """

    entries: int = 5_000
    entry: int = 50 * 1024 * 1024
    total: int = 400 * 1024 * 1024
    ratio: int = 200
    small: int = 1024 * 1024
    depth: int = 20


@frozen
class ArchiveEntry:
    """One file: its name within the archive, its size in bytes, and how to read it. Reading may raise what BROKEN lists."""

    name: PurePosixPath
    size: int
    read: Callable[[], bytes]


@contextmanager
def opened(path: Path, limits: Limits = Limits(), body: bytes | None = None) -> Iterator[tuple[ArchiveEntry, ...]]:  # noqa: B008 - it never changes
    """The files of a folder or of a zip, by name; they can be read until the block ends. UsageError for a trap or a broken zip.

    `body` are the zip's bytes where they were read already.
    """
    if body is None and path.is_dir():
        yield _checked(path, _in_folder(path, limits), limits)
        return
    if body is None and path.exists() and not path.is_file():
        raise UsageError(f"{path} cannot be read: it is no ordinary file")
    try:
        with zipfile.ZipFile(path if body is None else BytesIO(body)) as archive:
            yield _checked(path, _in_zip(path, archive, limits), limits)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except BROKEN as error:
        raise UsageError(f"{path} is not readable as a zip: {error}") from error


def _in_zip(path: Path, archive: zipfile.ZipFile, limits: Limits) -> Iterator[ArchiveEntry]:
    for member in archive.infolist():
        if member.is_dir() and not member.file_size:
            _named(path, member.filename.replace("\\", "/").rstrip("/"), limits)
            continue
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _refused(path, member.filename, "it is a link, or no regular file")
        if member.flag_bits & _ENCRYPTED:
            raise _refused(path, member.filename, "it is encrypted", "pack it again without a password")
        if member.file_size > limits.small and member.file_size > limits.ratio * max(1, member.compress_size):
            raise _refused(path, member.filename, f"it unpacks to more than {limits.ratio} times its size")
        name = member.filename.replace("\\", "/")
        yield ArchiveEntry(_named(path, name, limits), member.file_size, lambda one=member: archive.read(one))  # type: ignore[misc]  # the loop's own member


def _in_folder(path: Path, limits: Limits) -> Iterator[ArchiveEntry]:
    for folder, folders, files in os.walk(path):
        folders.sort()
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        for file in sorted(here / name for name in (*files, *links)):
            inside = file.relative_to(path).as_posix()
            found = file.lstat()
            if not stat.S_ISREG(found.st_mode):
                raise _refused(path, inside, "it is a link, or no regular file")
            yield ArchiveEntry(_named(path, inside, limits), found.st_size, file.read_bytes)


def _checked(path: Path, entries: Iterable[ArchiveEntry], limits: Limits) -> tuple[ArchiveEntry, ...]:
    """All entries, if together they are no trap."""
    kept: list[ArchiveEntry] = []
    names = _EntryNames(path)
    total = 0
    for entry in entries:
        total += entry.size
        if entry.size > limits.entry:
            raise _refused(path, str(entry.name), f"it is larger than {limits.entry} bytes")
        if len(kept) >= limits.entries or total > limits.total:
            raise _refused(path, str(entry.name), "with it there is more than any package holds")
        names.add(entry.name)
        kept.append(entry)
    return tuple(kept)


class _EntryNames:
    """The names so far, as the least exact disk would hold them: without case, in one normal form."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def add(self, name: PurePosixPath) -> None:
        for folder in map(str, name.parents[:-1]):
            first = self._folders.setdefault(_on_disk(folder), folder)
            if folder != first:
                raise _refused(self._path, str(name), f"some disks cannot tell its folder from {first}")
            if _on_disk(folder) in self._files:
                raise _refused(self._path, str(name), f"{folder} is a file")
        key = _on_disk(str(name))
        if key in self._files:
            raise _refused(self._path, str(name), f"some disks cannot tell it from {self._files[key]}")
        if key in self._folders:
            raise _refused(self._path, str(name), "it is a folder too")
        self._files[key] = str(name)


def _on_disk(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _named(path: Path, name: str, limits: Limits) -> PurePosixPath:
    """The name, if it stays within the folder that it is unpacked to, on every system."""
    parts = name.split("/")
    if name.startswith("/") or _DRIVE.match(name):
        raise _refused(path, name, "its name is an absolute path")
    if any(part in ("", ".", "..") for part in parts):
        raise _refused(path, name, "its name leads out of the package, or nowhere")
    if any(not letter.isprintable() or letter in '<>:"|?*' for letter in name) or len(name) > _LONGEST:
        raise _refused(path, name, "no disk takes that name")
    if any(part.endswith((" ", ".")) or part.partition(".")[0].upper() in _DEVICES for part in parts):
        raise _refused(path, name, "Windows takes that name for another")
    if len(parts) > limits.depth:
        raise _refused(path, name, f"it lies more than {limits.depth} folders deep")
    return PurePosixPath(name)


def _refused(path: Path, entry: str, why: str, todo: str = "") -> UsageError:
    shown = "".join(letter if letter.isprintable() else "?" for letter in entry)
    return UsageError(f"{path} is not opened: {shown}: {why}", todo=todo)
