"""Errors for people: where it is (file, line, column, caret), what is wrong, what to do about it.

RivtaError          anything we report in a sentence instead of a traceback
├── UsageError      the words of a command, a suite, a domain or an environment are off; nothing was sent
│   ├── Mistakes    several of them at once
│   └── NotInstalled    a domain's schemas lie in a release package that this user does not have
├── Unreadable      bytes that came from a system and cannot be read; the system's fault unless we sent them
├── Unwritable      what is to be kept cannot be: the disk is full, a folder is gone or not ours to write
└── Refused         we will not send this: an identity that is not a test identity
"""

import errno
import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from rivta.model.words import Source, Text

EXHAUSTED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EROFS})
"""What the computer says when it has no more room or no more files: the environment's doing, wherever it shows."""
_MOST_NAMES = 24
"""How many known names are listed: nobody reads three hundred."""


class RivtaError(Exception):
    """An error with a place, a sentence, and a remedy. `str()` is the full text that people see."""

    def __init__(self, what: str, *, source: Source | None = None, todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.source = source
        self.todo = todo

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterable[str]:
        yield f"{self.source}: {self.what}" if self.source else self.what
        if self.source and self.source.text.strip():
            yield f"    {self.source.text.rstrip()}"
            yield "    " + caret(self.source)
        if self.todo:
            yield f"  → {self.todo}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.source, self.todo)


def _rebuild(kind: type[RivtaError], what: Any, source: Source | None, todo: str) -> RivtaError:
    return kind(what, source=source, todo=todo)


class UsageError(RivtaError):
    """Something a person wrote is off. Found before anything is sent."""


class Mistakes(UsageError):
    """Everything that is wrong with one file, so that an author does not fix them one run at a time."""

    def __init__(self, mistakes: Sequence[UsageError]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)

    def __reduce__(self) -> tuple[object, ...]:
        return Mistakes, (self.mistakes,)


class NotInstalled(UsageError):
    """A domain's schemas come from a release package that is not in the contract store: nothing is wrong with the domain."""


class Unreadable(RivtaError):
    """Bytes that cannot be read as what they should be, and why in both languages. Line and column, where known, are in `source`."""

    def __init__(self, what: Text | str, *, source: Source | None = None, todo: str = "") -> None:
        self.text = Text.same(what) if isinstance(what, str) else what
        super().__init__(self.text.en, source=source, todo=todo)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.text, self.source, self.todo)


class Unwritable(RivtaError):
    """What is to be kept cannot be written. That is the environment's doing, whatever was tested."""


def hindrance(error: BaseException | None) -> str:
    """What is to be told of an error that is this computer's doing, with no more room or no more files; empty for any other."""
    if isinstance(error, Unwritable):
        return str(error)
    if isinstance(error, RivtaError) and hindrance(error.__cause__):
        return str(error)
    # Told in other words than the system's: no file of anybody's, but one of Python's own, for which no folder has room.
    is_nameless = (
        isinstance(error, FileNotFoundError)
        and error.filename is None
        and error.strerror not in (None, os.strerror(errno.ENOENT))
    )
    if isinstance(error, OSError) and (error.errno in EXHAUSTED or is_nameless):
        return f"{error.filename or 'this computer'}: {error.strerror}"
    return ""


class Refused(RivtaError):
    """A message that we will not send."""


def caret(source: Source) -> str:
    """White space up to the column, keeping tabs, then a caret."""
    before = source.text[: source.column - 1]
    return "".join("\t" if letter == "\t" else " " for letter in before) + "^"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt word: the nearest known one, else the list of what is known; empty if nothing is."""
    candidates = sorted(known)
    near = get_close_matches(word, candidates, n=1, cutoff=0.6)
    if near:
        return f"did you mean “{near[0]}”?"
    more = f" and {len(candidates) - _MOST_NAMES} more" if len(candidates) > _MOST_NAMES else ""
    return f"known here: {', '.join(candidates[:_MOST_NAMES])}{more}" if candidates else ""
