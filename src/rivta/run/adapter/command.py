"""A program as an adapter: run for each order without a shell, the order on stdin, its answer on stdout.

What it says on stderr is kept, shortened, where it fails. It may leave work in the background when it ends; when its time
is up, it and everything that it started are killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rivta.run.adapter.orders import LIMIT_BYTES, AdapterTrouble

_KILL_SECONDS = 5.0
"""How long a killed program may take to be gone."""
_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments, run in a folder; `seconds` is how long it may take."""

    command: tuple[str, ...]
    folder: Path
    seconds: float

    def give(self, order: bytes) -> bytes:
        """What the program wrote for an order. Raises `AdapterTrouble`, with what it said, when it failed.

        Files stand where pipes could: whatever it leaves in the background may keep them open.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(order)
            given.seek(0)
            code = self._run(given, out, err)
            if code is None or code != 0:
                what = f"no answer in {self.seconds:g} s" if code is None else _ended(code)
                raise AdapterTrouble(": ".join(filter(None, (what, _last_words(err)))))
            return _read(out)

    def _run(self, given: IO[bytes], out: IO[bytes], err: IO[bytes]) -> int | None:
        """The exit code; None if the program had to be killed."""
        try:
            process = subprocess.Popen(  # noqa: S603 - the person who runs us wrote the command, and no shell reads it
                self.command, stdin=given, stdout=out, stderr=err, cwd=self.folder, start_new_session=True
            )
        except (OSError, ValueError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else str(problem)
            raise AdapterTrouble(f"{Path(self.command[0]).name} cannot be run: {why}") from problem
        try:
            return process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program with everything that it started, which is why it was given a session of its own."""
    with suppress(ProcessLookupError, PermissionError):  # it ended just now
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait(_KILL_SECONDS)


def _ended(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"ended by signal {-code}"


def _last_words(err: IO[bytes]) -> str:
    """The last lines of what was said: where it went wrong, and not how it came there."""
    start = max(err.seek(0, os.SEEK_END) - LIMIT_BYTES, 0)
    err.seek(start)
    lines = err.read().decode("utf-8", "replace").splitlines()[1 if start else 0 :]
    return " ".join([line.strip() for line in lines if line.strip()][-_LAST_LINES:])


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(LIMIT_BYTES + 1)
