"""What the next run need not find out again: files in the user's own folder of caches, named by all that their content follows from.

What is kept may be gone at any time, and is found out again then. A file that was cut short or damaged is none, nor is anything in a
folder that somebody else could have written into.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml
from lxml import etree

from rivta.model.frozen import frozen
from rivta.text import places

_WRITABLE_BY_OTHERS = 0o022
_ROOT = re.compile(r"/|[A-Za-z]:[\\/]")
"""How the path of a file begins that may lie anywhere."""
_PROGRAM = Path(__file__).resolve().parent.parent
_FORM = "form.yaml"
"""What a file says of what may stand in others: as much of the program as its modules."""
_MOST_FILES = 1_000
"""Of one kind that are kept: more than all that is shipped comes to, and a folder that is looked through in no time."""
_MOST_BYTES = 50_000_000
"""That are looked through to see whether something is as it was: more would take longer than to read what counts."""


def key_of(kind: str, *parts: object) -> str:
    """The name of what follows from these, and from the program's own reading of contracts and texts."""
    return sha256(repr((_program(), kind, parts)).encode("utf-8", "backslashreplace")).hexdigest()


@cache
def _program() -> str:
    """A digest of the modules that judge messages: the same version may not be the same program where it is worked on."""
    digest = sha256()
    rooms = (_PROGRAM / room for room in ("contract", "model", "text"))
    for path in sorted(path for room in rooms for kind in ("*.py", _FORM) for path in room.rglob(kind)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def kept(kind: str, key: str) -> bytes | None:
    """What was kept by that name; None where there is nothing that can be relied on."""
    try:
        folder = _folder(kind)
        if not _is_ours_alone(folder):
            return None
        digest, _, content = (folder / key).read_bytes().partition(b"\n")
    except (OSError, RuntimeError):  # there is no such file, or nobody's home
        return None
    return content if digest == _digest(key, content) else None


def keep(kind: str, key: str, content: bytes) -> None:
    """Keep it, as a whole or not at all; where that cannot be done it is found out again the next time."""
    with suppress(OSError, RuntimeError):
        folder = _folder(kind)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _thin_out(folder)
        with NamedTemporaryFile(dir=folder, delete=False) as draft:
            draft.write(_digest(key, content) + b"\n" + content)
        Path(draft.name).replace(folder / key)


@cache
def _thin_out(folder: Path) -> None:
    """Once a process: throw away what was kept longest ago, where it has become much."""
    files = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
    for each in files[:-_MOST_FILES]:
        each.unlink(missing_ok=True)


def _folder(kind: str) -> Path:
    return places.cache() / kind


def _is_ours_alone(folder: Path) -> bool:
    """Whether nobody else can have put anything there. Where users have no numbers the system keeps their folders apart."""
    if not hasattr(os, "getuid"):
        return True
    told = folder.stat()
    return told.st_uid == os.getuid() and not told.st_mode & _WRITABLE_BY_OTHERS


def _digest(key: str, content: bytes) -> bytes:
    return sha256(key.encode() + content).hexdigest().encode()


# What was read: our own values, found again as long as the files that they were read from are the same


@frozen
class Inputs:
    """What something is read from: whole folders, and a key for what lies in them, what they are called and how the program reads them."""

    folders: tuple[Path, ...]
    key: str

    @classmethod
    def of(cls, folders: Iterable[Path], *said: object) -> Inputs | None:
        """What these folders, those that there are, hold now, and what else decides. None where that cannot be told in a short time."""
        there = tuple(dict.fromkeys(folder.absolute() for folder in folders if folder.is_dir()))
        here = Path.cwd()  # people are told of a file by where they stand, if it lies below
        shown = [here if here.is_relative_to(each) or each.is_relative_to(here) else each for each in there]
        try:
            parts = (_reader(), [*map(str, there)], [*map(str, shown)], [*map(_tree, there)], said)
        except (OSError, RecursionError):
            return None
        return cls(there, sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest())

    def beside(self, folder: Path, *said: object) -> Inputs | None:
        """The same, and what lies in this folder, and what decides besides."""
        more = Inputs.of(() if self.hold(str(folder)) else (folder,), self.key, *said)
        return more and Inputs((*self.folders, *more.folders), more.key)

    def hold(self, path: str) -> bool:
        """Whether what lies there is seen when it changes."""
        return any(Path(os.path.normpath(path)).is_relative_to(folder) for folder in self.folders)


def read_before(kind: str, inputs: Inputs, known: Mapping[str, object] | None = None) -> Any:
    """What was read of the very same; None where nothing was. `known` are the values that it was kept without."""
    content = kept(kind, inputs.key)
    try:
        return None if content is None else _Unpickler(io.BytesIO(content), known or {}).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, LookupError, TypeError, ValueError):
        return None


def keep_read(kind: str, inputs: Inputs, value: object, known: Mapping[str, object] | None = None) -> None:
    """Keep what was read, without the values that are known anyway. What names a file elsewhere is not kept: nobody would see it change."""
    written = io.BytesIO()
    with suppress(_Elsewhere, pickle.PicklingError, AttributeError, TypeError, RecursionError):
        _Pickler(written, inputs, known or {}).dump(value)
        keep(kind, inputs.key, written.getvalue())


class _Elsewhere(Exception):
    """A file lies where nobody looks whether it has changed."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, inputs: Inputs, known: Mapping[str, object]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._inputs, self._known = inputs, {id(value): name for name, value in known.items()}
        self._looked_at: set[str] = set()

    def persistent_id(self, obj: Any) -> str | None:
        path = str(obj) if isinstance(obj, Path) else obj
        if type(path) is str and _ROOT.match(path) and path not in self._looked_at:
            if Path(path).is_file() and not self._inputs.hold(path):
                raise _Elsewhere
            self._looked_at.add(path)
        return self._known.get(id(obj))


class _Unpickler(pickle.Unpickler):
    """Makes nothing but the program's own values and paths, whatever a file asks for."""

    def __init__(self, file: io.BytesIO, known: Mapping[str, object]) -> None:
        super().__init__(file)
        self._known = known

    def persistent_load(self, pid: Any) -> Any:
        return self._known[pid]

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] not in ("rivta", "pathlib"):
            raise pickle.UnpicklingError
        found = super().find_class(module, name)
        if not isinstance(found, type):
            raise pickle.UnpicklingError
        return found


def _tree(folder: Path) -> str:
    """SHA-256 over the names and the contents of all files below a folder. OSError for a link to a folder, and for more than is looked through."""
    digest, size = sha256(), 0
    for path in (each.path for each in _files(str(folder))):
        with open(path, "rb") as file:  # noqa: PTH123 - to make a Path of each takes as long as to read it
            content = file.read()
        size += len(content)
        if size > _MOST_BYTES:
            raise OSError
        digest.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return digest.hexdigest()


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_file():
                yield entry
            elif entry.is_symlink():
                raise OSError
            elif entry.is_dir():
                yield from _files(entry.path)


@cache
def _reader() -> str:
    """What reads: this Python, these libraries, and our modules, as Python itself tells whether one has changed: by time and size."""
    ours = [each.stat() for each in _files(str(_PROGRAM)) if each.name.endswith((".py", _FORM))]
    versions = (sys.version, yaml.__version__, etree.LXML_VERSION)
    return sha256(repr((versions, [(each.st_mtime_ns, each.st_size) for each in ours])).encode()).hexdigest()
