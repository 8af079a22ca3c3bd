"""Message bodies by their content: appended to one file a process, for to create a file costs more than all else of an exchange.

    messages/<part>.bodies      a record a body: `<sha256> <size in bytes>`, a line break, the body as it was on the wire, a line break
    messages/<sha256>.xml       a body in a file of its own, as older runs have it, and an archive that was unpacked

The records are their own index: whoever looks for a body goes through a file once, from one to the next, and later only through
what has come since. A record that was cut short was never told of; one that is not as it was written shows.
"""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

from rivta.evidence.disk import write, writing
from rivta.evidence.redaction import clean_body, hiding
from rivta.text import files

FOLDER = "messages"
OWN = "run"
"""The part of the process that writes a run; each pytest-xdist worker has one by its own name."""
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEAD = re.compile(rb"([0-9a-f]{64}) (0|[1-9][0-9]{0,10})\n")
_LONGEST_HEAD = 77
_MOST_TRIED = 100
"""How many heads are tried where a file was damaged."""
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_AHEAD = 64 * 1024
_WRITING = Lock()
"""A body is appended by one thread of this process at a time, whichever of its folders and parts it is for."""


class BodyPlace(NamedTuple):
    """Where a body lies: in which part, from which byte on, and how many bytes it has."""

    part: str
    start: int
    size: int


class RunBodies:
    """The bodies in a run's folder. Any number may be open on it, in any number of processes, as long as each process has its own `part`.

    `secrets` of the environment are taken out of what is kept. May be used from several threads.
    """

    def __init__(self, folder: Path, secrets: tuple[str, ...] = (), part: str = OWN) -> None:
        self._folder = folder
        self._hide = hiding(secrets) if any(secrets) else None
        self._part = f"{folder}/{FOLDER}/{part}{files.BODIES}"
        self._known: set[bytes] = set()
        """The names in the own part, as bytes, up to where it ended when it was last looked at."""
        self._end = 0
        self._places: dict[str, BodyPlace] = {}
        self._again: list[tuple[str, BodyPlace]] = []
        self._scans: dict[str, Scan] = {}
        self._has_looked = False
        self._block: tuple[str, int, bytes] = ("", 0, b"")
        """What was read last: of which part, from which byte on."""

    def keep(self, body: bytes) -> str:
        """Keep a body and return the name that it is found by. Whoever has been given it finds the whole body. Unwritable where that cannot be."""
        if self._hide is not None:
            body = clean_body(body, self._hide)
        name = sha256(body).hexdigest()
        with _WRITING, writing(self._folder):
            file = self._opened()
            try:
                self._append(file, name.encode(), body)
            finally:
                os.close(file)
        return name

    def _opened(self) -> int:
        try:
            return os.open(self._part, _FLAGS, 0o666)
        except FileNotFoundError:  # the first body of the run; its folder is made by whoever opens it, and never again
            (self._folder / FOLDER).mkdir(exist_ok=True)
            return os.open(self._part, _FLAGS, 0o666)

    def _append(self, file: int, name: bytes, body: bytes) -> None:
        end = os.fstat(file).st_size
        if end != self._end:
            self._catch_up(file, end)
        if name in self._known:
            return
        record = b"%s %d\n%s\n" % (name, len(body), body)
        try:
            written = os.write(file, record)
            while written < len(record):
                written += os.write(file, record[written:])
        except OSError:
            os.ftruncate(file, end)
            raise
        self._known.add(name)
        self._end = end + len(record)

    def _catch_up(self, file: int, end: int) -> None:
        """What others of this process have kept since is known too."""
        if end < self._end:  # it is another file by now
            self._known.clear()
            self._end = 0
        with open(file, "rb", closefd=False) as part:
            self._known.update(name for name, _, _ in Scan(part, self._end, end))
        self._end = end

    def find(self, name: str) -> tuple[bytes, str]:
        """A kept body, and what is wrong with it in words, empty if nothing is. A body that is gone reads as empty."""
        if not _NAME.fullmatch(name):  # whoever wrote the line must not choose the path that we open
            return b"", "a body is named by something that is not a SHA-256"
        try:
            body = self.read(name)
        except FileNotFoundError:
            return b"", f"{FOLDER}/{name}.xml is missing"
        except OSError as error:
            return b"", f"{FOLDER}/{name}.xml cannot be read: {error.strerror}"
        changed = f"{FOLDER}/{name}.xml does not have the SHA-256 it is named by: it was changed after it was written"
        return body, "" if sha256(body).hexdigest() == name else changed

    def read(self, name: str) -> bytes:
        """The bytes that lie there by that name, whatever they are. OSError, FileNotFoundError among them."""
        if name not in self._places and not (self._has_looked and path_of(self._folder, name).is_file()):
            self._look()
        place = self._places.get(name)
        return files.contents(path_of(self._folder, name)) if place is None else self._contents(place)

    def _contents(self, place: BodyPlace) -> bytes:
        """What lies there. More is read than that, for whoever reads a run asks for one body after the other."""
        if place.size > _AHEAD:
            return _read(self._folder, place)
        part, start, block = self._block
        at = place.start - start
        if part != place.part or not 0 <= at <= len(block) - place.size:
            at, block = 0, _read(self._folder, place._replace(size=_AHEAD))
            self._block = place.part, place.start, block
        return block[at : at + place.size]

    def names(self) -> Iterator[str]:
        """The names of all that is there; nothing of what a person put beside it."""
        self._look()
        yield from self._places
        yield from (path.stem for path in self._alone() if path.stem not in self._places)

    def _alone(self) -> Iterator[Path]:
        return (path for path in (self._folder / FOLDER).glob("*.xml") if _NAME.fullmatch(path.stem))

    def _look(self) -> None:
        """Go through what has come since. Of two records of the same name the first one counts."""
        self._has_looked = True
        with _WRITING:
            for path in _parts(self._folder):
                before = self._scans.get(path.name)
                with files.opened(path) as file:
                    scan = Scan(file, before.end if before else 0, os.fstat(file.fileno()).st_size)
                    scan.is_damaged = bool(before and before.is_damaged)
                    for name, start, size in scan:
                        place = BodyPlace(path.name, start, size)
                        if self._places.setdefault(name.decode(), place) != place:
                            self._again.append((name.decode(), place))
                self._scans[path.name] = scan

    def damage(self) -> Iterator[str]:
        """Each file of records that is not as it was written, in words. What is wrong with a body that somebody names, `find` tells."""
        self._look()
        changed = {place.part for name, place in self._again if sha256(_read(self._folder, place)).hexdigest() != name}
        for path in self._alone():
            if path.stem in self._places and sha256(files.contents(path)).hexdigest() != path.stem:
                yield f"{FOLDER}/{path.name} was changed after it was written"
        for part, scan in self._scans.items():
            if scan.is_damaged or part in changed:
                yield f"{FOLDER}/{part} was changed after it was written"
            elif scan.end < scan.size:
                yield f"{FOLDER}/{part} is cut short"


def mend(folder: Path) -> None:
    """Cut off what a process that was killed had begun to keep, and never told of. Nobody else may be writing there."""
    with _WRITING, writing(folder):
        for path in _parts(folder):
            with files.opened(path) as file:
                scan = Scan(file, 0, os.fstat(file.fileno()).st_size)
                for _ in scan:
                    pass
            if scan.end < scan.size and not scan.is_damaged:
                os.truncate(path, scan.end)


def _parts(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob(f"*{files.BODIES}"))


class Scan:
    """The records of a file from `start` on, each as its name, where its body begins and how long that is.

    `end` is where the last whole one ends, of `size` bytes. `is_damaged`: not all that lies before it is records.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self.size = size
        self.end = start
        self.is_damaged = False

    def __iter__(self) -> Iterator[tuple[bytes, int, int]]:
        at = self.end
        while at < self.size and (found := self._here(at) or self._further_on(at)):
            begin, name, start, length = found
            self.is_damaged |= begin != at
            yield name, start, length
            at = self.end = start + length + 1

    def _here(self, at: int) -> tuple[int, bytes, int, int] | None:
        """The record that begins here, if a whole one does."""
        found = _HEAD.match(self._at(at, _LONGEST_HEAD))
        start = at + found.end() if found else 0
        return (at, found[1], start, int(found[2])) if found and self._at(start + int(found[2]), 1) == b"\n" else None

    def _further_on(self, at: int) -> tuple[int, bytes, int, int] | None:
        """The next record whose body is what it says, where something else stands between; a message may look like a record."""
        piece = self._at(at, files.MOST_IN_ONE)
        for found in islice(_HEAD.finditer(piece), _MOST_TRIED):
            start, end = found.end(), found.end() + int(found[2])
            if piece[end : end + 1] == b"\n" and sha256(piece[start:end]).hexdigest().encode() == found[1]:
                return at + found.start(), found[1], at + start, end - start
        return None

    def _at(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)


def _read(folder: Path, place: BodyPlace) -> bytes:
    if place.size > files.MOST_IN_ONE:
        raise OSError(0, f"it is larger than {files.MOST_IN_ONE} bytes")
    with files.opened(folder / FOLDER / place.part) as file:
        file.seek(place.start)
        return file.read(place.size)


def path_of(folder: Path, name: str) -> Path:
    """Where a body lies that has a file of its own."""
    return folder / FOLDER / f"{name}.xml"


def own_file(folder: Path, body: bytes) -> Path:
    """A file that holds a body alone, for another program to read."""
    path = path_of(folder, sha256(body).hexdigest())
    if not path.is_file():
        write(path, body)
    return path


def clear(folder: Path) -> None:
    """Take away all bodies; nothing that a person put beside them."""
    for path in (folder / FOLDER).glob("*"):
        if path.suffix == files.BODIES or _NAME.fullmatch(path.stem):
            path.unlink()
