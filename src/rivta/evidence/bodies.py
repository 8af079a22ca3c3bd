"""Message bodies as files named by their content: the same bytes are kept once, and a changed byte shows."""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from rivta.evidence.disk import writing
from rivta.text import files

FOLDER = "messages"
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)


def keep(folder: Path, body: bytes) -> str:
    """Keep a body in a run's folder and return its SHA-256 in hex. Any number of threads and processes may do so at once.

    Whoever has been given the name finds the whole body: it is written before its name is told, and a file of another length
    than the body's, which a process left that was killed or is still writing, is put right. Unwritable where that cannot be.
    """
    name = sha256(body).hexdigest()
    # Paths as text, and no look before the leap: the counterpart keeps thousands of bodies a second.
    place = f"{folder}/{FOLDER}/{name}.xml"
    with writing(folder):
        try:
            _write(place, body)
        except FileExistsError:
            if os.stat(place).st_size != len(body):  # noqa: PTH116
                draft = f"{place}.{uuid4().hex}"
                _write(draft, body)
                os.replace(draft, place)  # noqa: PTH105
        except FileNotFoundError:  # the first body of the run; its folder is made by whoever opens it, and never again
            (folder / FOLDER).mkdir(exist_ok=True)
            _write(place, body)
    return name


def _write(place: str, body: bytes) -> None:
    """A new file. Should the disk run full, there is none."""
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        written = os.write(file, body)
        while written < len(body):
            written += os.write(file, body[written:])
    except OSError:
        os.unlink(place)  # noqa: PTH108
        raise
    finally:
        os.close(file)


def find(folder: Path, name: str) -> tuple[bytes, str]:
    """A kept body, and what is wrong with it in words, empty if nothing is. A body that is gone reads as empty."""
    if not _NAME.fullmatch(name):  # whoever wrote the line must not choose the path that we open
        return b"", "a body is named by something that is not a SHA-256"
    try:
        body = files.contents(path_of(folder, name))
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
    return folder / FOLDER / f"{name}.xml"


def kept(folder: Path) -> Iterator[Path]:
    """The files that `keep` made; nothing that a person put beside them."""
    return (path for path in (folder / FOLDER).glob("*.xml") if _NAME.fullmatch(path.stem))
