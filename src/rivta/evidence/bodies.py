"""Message bodies as files named by their content: the same bytes are kept once, and a changed byte shows."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

FOLDER = "messages"
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)


def keep(folder: Path, body: bytes) -> str:
    """Keep a body in a run's folder and return its SHA-256 in hex. Any number of threads and processes may do so at once.

    The file appears whole or not at all: it is written under another name in the same folder and then renamed.
    """
    name = sha256(body).hexdigest()
    # Paths as text: the counterpart keeps thousands of bodies a second, and a Path costs as much as the file.
    place = f"{folder}/{FOLDER}/{name}.xml"
    if not os.path.exists(place):  # noqa: PTH110
        draft = f"{folder}/{FOLDER}/.{name}.{os.getpid()}.{threading.get_ident()}"
        try:
            _write(draft, body)
        except FileNotFoundError:  # the first body of the run
            (folder / FOLDER).mkdir(parents=True, exist_ok=True)
            _write(draft, body)
        os.replace(draft, place)  # noqa: PTH105
    return name


def _write(place: str, body: bytes) -> None:
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        left = memoryview(body)
        while left:  # a disk that runs full takes a part first, and says so the next time
            left = left[os.write(file, left) :]
    finally:
        os.close(file)


def find(folder: Path, name: str) -> tuple[bytes, str]:
    """A kept body, and what is wrong with it in words, empty if nothing is. A body that is gone reads as empty."""
    if not _NAME.fullmatch(name):  # whoever wrote the line must not choose the path that we open
        return b"", "a body is named by something that is not a SHA-256"
    try:
        body = path_of(folder, name).read_bytes()
    except FileNotFoundError:
        return b"", f"{FOLDER}/{name}.xml is missing"
    except OSError as error:
        return b"", f"{FOLDER}/{name}.xml cannot be read: {error.strerror}"
    if sha256(body).hexdigest() != name:
        return (
            body,
            f"{FOLDER}/{name}.xml does not have the SHA-256 it is named by: it was changed after it was written",
        )
    return body, ""


def path_of(folder: Path, name: str) -> Path:
    """Where the body of that name lies."""
    return folder / FOLDER / f"{name}.xml"


def kept(folder: Path) -> Iterator[Path]:
    """The files that `keep` made; nothing that a person put beside them."""
    return (path for path in (folder / FOLDER).glob("*.xml") if _NAME.fullmatch(path.stem))
