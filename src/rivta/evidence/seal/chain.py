"""Where a run lies (a folder, or anything else that hands out files by name, such as an archive), and the manifest of it: entries,
the chain over them, and the one way in which it is written down.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol, cast, get_args

from rivta.evidence.bodies import RunBodies
from rivta.evidence.disk import file_of_run
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.text import files

RECEIVED = "received.jsonl"
"""The file of the calls that the counterpart received, in a run that had one."""
SUMS = "SHA256SUMS.txt"
"""The list that an archive carries of its own files, also where it was unpacked."""
_MESSAGE = re.compile(r"messages/[^/]+", re.ASCII)
_DIGEST = re.compile(r"messages/([0-9a-f]{64})\.xml", re.ASCII)
_SHA_256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Storage(Protocol):
    """Files by name, with forward slashes. Only the run's own level and `messages/` are looked at."""

    def names(self) -> tuple[str, ...]:
        """Every file, sorted."""

    def read(self, name: str) -> bytes:
        """One file's bytes. KeyError if there is none of that name."""

    def damage(self) -> Iterator[str]:
        """What is wrong with the files that messages lie in, beside what shows in a message: nothing where each has its own."""
        return iter(())


class Folder(Storage):
    """A run in a folder. Files whose names begin with a point are nobody's evidence: drafts, and what file managers leave."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bodies = RunBodies(path)

    def names(self) -> tuple[str, ...]:
        """The files of the folder, and each message and whatever else lies in its `messages/`."""
        others = (name for name in _files_in(self.path / "messages", "messages/") if not name.endswith(files.BODIES))
        return tuple(sorted({*_files_in(self.path), *others, *map(message_name, self._bodies.names())}))

    def damage(self) -> Iterator[str]:
        return self._bodies.damage()

    def read(self, name: str) -> bytes:
        with self._reading(name) as path:
            found = _DIGEST.fullmatch(name)
            return self._bodies.read(found[1]) if found else files.contents(path)

    def lines(self, name: str) -> Iterator[bytes]:
        """One file's lines, each with its ending, without holding all of them."""
        with self._reading(name) as path:
            yield from files.lines(path)

    @contextmanager
    def _reading(self, name: str) -> Iterator[Path]:
        if name.startswith(".") or "\\" in name or ("/" in name and not _MESSAGE.fullmatch(name)):
            raise KeyError(name)  # a manifest that somebody wrote must not choose the path that we open
        try:
            yield self.path / name
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError) as error:
            raise KeyError(name) from error
        except OSError as error:
            raise UsageError(f"{self.path / name} cannot be read: {error.strerror}") from error


def _files_in(folder: Path, before: str = "") -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            yield from (before + each.name for each in found if each.is_file() and not each.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return


class SealedFiles(Storage):
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._files))

    def read(self, name: str) -> bytes:
        return self._files[name]


def run_folder(path: Path) -> Folder:
    """The folder of a run, given it or its evidence file. UsageError if there is no evidence in it."""
    folder = file_of_run(path).parent
    if path.is_file():
        file_of_run(folder)  # it may be another file than the evidence
    return Folder(folder)


FILE = "manifest.json"
VERSION = 1
Kind = Literal[
    "line", "received", "key", "message", "suite", "rules", "schemas", "answers", "deviations", "environment"
]
"""What an entry is of: a line of the evidence, a line of the journal of received calls, the key that masks identities, a message body, a suite with its
templates, a Schematron file, a contract's schema set, or a file that a person wrote and a report was drawn up with."""
USED: tuple[Kind, ...] = ("answers", "deviations", "environment")
"""The kinds that a report adds to the run's own."""
_KINDS = frozenset(get_args(Kind))
_BEGINNING = sha256(b"rivta manifest 1").hexdigest()


@frozen
class ManifestEntry:
    """One thing that is hashed. `name` is a file's path in the run, or what a line is of; `size` is bytes.

    A suite's and a schema set's hash is over several files, as the evidence's header has it; their size is 0.
    """

    kind: Kind
    name: str
    sha256: str
    size: int


@frozen
class Manifest:
    """Everything that a run used and saw, in order. `head` is the chain's last link and stands for all of it.

    `signed` are the files that a signature is to be of, this one among them: it is said before they are signed, and no link of
    the chain.
    """

    run: str
    entries: tuple[ManifestEntry, ...]
    head: str
    signed: tuple[str, ...] = field(default=(), compare=False)

    @property
    def count(self) -> int:
        return len(self.entries)

    def of_kind(self, kind: Kind) -> tuple[ManifestEntry, ...]:
        return tuple(each for each in self.entries if each.kind == kind)

    @property
    def own(self) -> tuple[ManifestEntry, ...]:
        """The entries of the run itself, without what a report was drawn up with."""
        return tuple(each for each in self.entries if each.kind not in USED)


class NoManifest(ValueError):
    """Bytes that are no manifest. The text says why."""


def chained(run: str, entries: Iterable[ManifestEntry]) -> Manifest:
    """The manifest of these entries, its head computed."""
    listed = tuple(entries)
    return Manifest(run, listed, head_of(run, listed))


def head_of(run: str, entries: Iterable[ManifestEntry]) -> str:
    """The chain's last link: each is the SHA-256 of the link before it and of its entry as it is written down."""
    link = sha256(f"{_BEGINNING}\n{_json(run)}".encode()).hexdigest()
    for entry in entries:
        link = sha256(f"{link}\n{_json(_row(entry))}".encode()).hexdigest()
    return link


def written(manifest: Manifest) -> str:
    """A manifest as text: JSON with an entry a line. The same manifest always reads the same, byte for byte."""
    opening = f'{{"manifest":"rivta","version":{VERSION},"run":{_json(manifest.run)},"entries":['
    rows = ",\n".join(_json(_row(entry)) for entry in manifest.entries)
    signed = f',"signed":{_json(manifest.signed)}' if manifest.signed else ""
    return f'{opening}\n{rows}\n],"count":{manifest.count},"head":"{manifest.head}"{signed}}}\n'


def parse(text: str) -> Manifest:
    """The manifest that `written` wrote. NoManifest if it is none. The head is read, not checked."""
    try:
        data = json.loads(text)
        head = data["head"]
        entries = tuple(_entry(row) for row in data["entries"])
        run, signed = data["run"], data.get("signed", [])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise NoManifest(str(error)) from error
    if data.get("version") != VERSION or type(head) is not str or type(run) is not str:
        raise NoManifest("its version, its run or its head is not one")
    if type(signed) is not list or any(type(each) is not str for each in signed):
        raise NoManifest("what it says of signatures is no list of names")
    return Manifest(run, entries, head, tuple(signed))


def file_sha(data: bytes) -> str:
    return sha256(data).hexdigest()


def _row(entry: ManifestEntry) -> list[str | int]:
    # A message is named by its content, so its name says nothing that its hash does not; a report has thousands of them.
    if entry.name == message_name(entry.sha256):
        return [entry.kind, entry.size, entry.sha256]
    return [entry.kind, entry.name, entry.size, entry.sha256]


def message_name(digest: str) -> str:
    """Where a message with that SHA-256 lies in the run's folder."""
    return f"messages/{digest}.xml"


def _entry(row: list[Any]) -> ManifestEntry:
    match row:
        case [str(kind), *name, int(size), str(digest)] if (
            kind in _KINDS and type(size) is int and _SHA_256.fullmatch(digest) and [*map(type, name)] in ([], [str])
        ):
            return ManifestEntry(cast("Kind", kind), name[0] if name else message_name(digest), digest, size)
    raise ValueError("an entry is none")


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
