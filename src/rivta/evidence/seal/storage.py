"""Where a run lies: a folder, or anything else that hands out files by name, such as an archive."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from rivta.model.errors import UsageError

EVIDENCE = "evidence.jsonl"
"""The evidence's file, as the room evidence writes it."""
RECEIVED = "received.jsonl"
"""The file of the calls that the counterpart received, in a run that had one."""
_MESSAGE = re.compile(r"messages/[^/]+", re.ASCII)


class Storage(Protocol):
    """Files by name, with forward slashes. Only the run's own level and `messages/` are looked at."""

    def names(self) -> tuple[str, ...]:
        """Every file, sorted."""

    def read(self, name: str) -> bytes:
        """One file's bytes. KeyError if there is none of that name."""


class Folder:
    """A run in a folder. Files whose names begin with a point are nobody's evidence: drafts, and what file managers leave."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> tuple[str, ...]:
        """The files of the folder and of its `messages/`."""
        found = [*self.path.glob("*"), *(self.path / "messages").glob("*")]
        files = (each for each in found if each.is_file() and not each.name.startswith("."))
        return tuple(sorted(each.relative_to(self.path).as_posix() for each in files))

    def read(self, name: str) -> bytes:
        """One file's bytes."""
        if name.startswith(".") or "\\" in name or ("/" in name and not _MESSAGE.fullmatch(name)):
            raise KeyError(name)  # a manifest that somebody wrote must not choose the path that we open
        try:
            return (self.path / name).read_bytes()
        except (OSError, ValueError) as error:
            raise KeyError(name) from error


class Files:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def names(self) -> tuple[str, ...]:
        """Every file, sorted."""
        return tuple(sorted(self._files))

    def read(self, name: str) -> bytes:
        """One file's bytes."""
        return self._files[name]


def run_folder(path: Path) -> Folder:
    """The folder of a run, given it or its evidence file. UsageError if there is no evidence in it."""
    folder = path.parent if path.is_file() else path
    if not (folder / EVIDENCE).is_file():
        what = f"{folder} holds no {EVIDENCE}" if folder.is_dir() else f"{folder} does not exist"
        raise UsageError(what, todo="name the folder that a run wrote")
    return Folder(folder)
