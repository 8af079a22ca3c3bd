"""The same ratios by instructions, which no busy machine changes: valgrind counts them, forty times slower than they run.

    python -m benchmarks.exact

What starts a process is taken out by the difference of a longer and a shorter run, as in `bench_case`. Without valgrind nothing is
measured, and that is said.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import answering
from benchmarks.bench_case import environment_at, report_words, run_words
from benchmarks.figures import tell

SHORT, LONG = 10, 40
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--branch-sim=no", "--cachegrind-out-file=/dev/null")
_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")
_FLOOR = "from benchmarks import bench_case as b; b.floor({url!r}, b.contract_read(), {count})"
_COMMAND = "from rivta.cli import main; main({words!r})"


def instructions(program: str) -> int:
    """How many a process of Python's executes."""
    words = [*VALGRIND, sys.executable, "-c", program]
    return counted(subprocess.run(words, check=False, capture_output=True, text=True, env=settings()).stderr)


def settings() -> dict[str, str]:
    """What a process is told whose instructions are to be the same each time."""
    return {**os.environ, "PYTHONHASHSEED": "0", "PYTHONMALLOC": "pymalloc"}


def counted(told: str) -> int:
    """The instructions, of what valgrind told in the end."""
    found = _COUNTED.search(told)
    assert found, told[-2000:]
    return int(found[1].replace(",", ""))


def each(programs: dict[int, str]) -> float:
    """Millions of instructions a case: the difference of the longer and the shorter run."""
    counted = {count: instructions(program) for count, program in programs.items()}
    return (counted[LONG] - counted[SHORT]) / (LONG - SHORT) / 1e6


def main() -> None:
    """Measure and print."""
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: no instructions are counted")
        return
    with answering.system() as url, TemporaryDirectory() as place:
        folder = Path(place)
        environment_at(url, folder)
        counts = (SHORT, LONG)
        floor = each({count: _FLOOR.format(url=url, count=count) for count in counts})
        whole = each({count: _COMMAND.format(words=run_words(folder, count)) for count in counts})
        report = each({count: _COMMAND.format(words=report_words(folder, count)) for count in counts})
    tell("case-exact", [whole - report], [floor])
    tell("end-exact", [report], [floor])


if __name__ == "__main__":
    main()
