"""One program at a time goes on with a run: two that wrote the same evidence would each undo what the other wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rivta.model.errors import UsageError

FILE = ".held"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The run's folder is ours until the block ends, or this program does, however it ends. UsageError if another has it.

    Where the operating system has no such locks nothing is held.
    """
    try:
        import fcntl  # noqa: PLC0415 - not every operating system has it
    except ImportError:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"{folder} belongs to a run that is going on", todo="stop that one first, or name another folder"
            ) from None
        yield  # the file stays: a lock on a file that is taken away is one that two can have
