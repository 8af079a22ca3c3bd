"""What a process of Python's costs, whole or until it calls."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

_PREVENTED = "PYTHONDONTWRITEBYTECODE"
"""Set, each process would compile the whole program again, which no installed one does."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds, of the program and of the system for it, and the most memory that it had."""

    cpu: float
    memory_kb: float


def begun(program: str, more: Mapping[str, str] | None = None, where: Path | None = None) -> "subprocess.Popen[bytes]":
    """A process that runs this, where no project's own settings lie."""
    settings = {name: value for name, value in os.environ.items() if name != _PREVENTED}
    words = [sys.executable, "-c", program]
    return subprocess.Popen(
        words, stdout=subprocess.DEVNULL, env={**settings, **(more or {})}, cwd=where or gettempdir()
    )


def ended(process: "subprocess.Popen[bytes]") -> Cost:
    """What it cost until its end."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss)


def measured(program: str, more: Mapping[str, str] | None = None, where: Path | None = None) -> Cost:
    """What a program costs."""
    return ended(begun(program, more, where))


def rivta(words: Sequence[str], more: Mapping[str, str] | None = None, where: Path | None = None) -> Cost:
    """What a command costs."""
    return measured(f"from rivta.cli import main; main({list(words)!r})", more, where)
