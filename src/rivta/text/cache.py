"""What the next run need not find out again: files in the user's own folder of caches, named by all that their content follows from.

What is kept may be gone at any time, and is found out again then. A file that was cut short or damaged is none, nor is anything in a
folder that somebody else could have written into.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from rivta.text import places

_WRITABLE_BY_OTHERS = 0o022
_PROGRAM = Path(__file__).resolve().parent.parent


def key_of(kind: str, *parts: object) -> str:
    """The name of what follows from these, and from the program's own reading of contracts and texts."""
    return sha256(repr((_program(), kind, parts)).encode("utf-8", "backslashreplace")).hexdigest()


@cache
def _program() -> str:
    """A digest of the modules that judge messages: the same version may not be the same program where it is worked on."""
    digest = sha256()
    for path in _modules():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _modules() -> Iterable[Path]:
    return sorted(path for room in ("contract", "model", "text") for path in (_PROGRAM / room).rglob("*.py"))


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
        with NamedTemporaryFile(dir=folder, delete=False) as draft:
            draft.write(_digest(key, content) + b"\n" + content)
        Path(draft.name).replace(folder / key)


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
