"""Calls that are validated, recorded and answered a second, and memory, against a floor measured in the same run.

The floor is the same server library with the same message: parse, lxml's schema, the same answer; no rules, no facts, no
evidence. Server and caller are a process each; 16 connections are kept alive; every message is another one. Rounds of the
two take turns, for the machine may be shared; so the ratio is by the calls that a second of each server's CPU is enough for, and what a
clock said of them is printed beside it. Where valgrind is installed the instructions of both servers are counted too, which are the same each time.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from subprocess import PIPE
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks import exact
from benchmarks.figures import tell
from certificates import Certificates, certificates

CALLS, CONNECTIONS, ROUNDS = 2000, 16, 7
WARM_UP = 500
FEW, MANY = 100, 300
LASTING, LASTING_BYTES = 10_000, 10_000
Figures = dict[str, float]
KEYS = {"plain": "counterpart", "mTLS": "counterpart-tls"}


class Served:
    """A server in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.url = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def spent(self) -> tuple[float, float]:
        """What it has in memory now, in MB, and the CPU seconds that it has used."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        memory, cpu = self._line().split()
        return int(memory) / 1024, float(cpu)


@contextmanager
def served(which: str, folder: Path, tls: Certificates | None) -> Iterator[Served]:
    """One of the two servers, for as long as it is needed."""
    files = [str(tls.server.certificate), str(tls.server.key), str(tls.ca)] if tls else []
    words = [sys.executable, "-m", "benchmarks.receiving", which, str(folder), *files]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def load(url: str, calls: int, size: int, tls: Certificates | None) -> Figures:
    """What a caller saw of so many calls."""
    files = [str(tls.ca), str(tls.client.certificate), str(tls.client.key)] if tls else []
    words = [sys.executable, "-m", "benchmarks.calling", url, str(calls), str(CONNECTIONS), str(size), *files]
    told: Figures = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    assert not told["refused"], "every message is valid"
    return told


def compare(name: str, tls: Certificates | None, place: Path) -> None:
    """Both servers, in turns; the medians and their ratio."""
    seen: dict[str, list[Figures]] = {"floor": [], "counterpart": []}
    with served("floor", place, tls) as floor, served("counterpart", place / name, tls) as ours:
        servers = {"floor": floor, "counterpart": ours}
        for server in servers.values():
            load(server.url, WARM_UP, 0, tls)
        for _ in range(ROUNDS):
            for which, server in servers.items():
                begun = server.spent()[1]
                told = load(server.url, CALLS, 0, tls)
                seen[which].append(told | {"cpu": (server.spent()[1] - begun) / CALLS * 1e6})
    rates = {which: median(each["rate"] for each in figures) for which, figures in seen.items()}
    for which, figures in seen.items():
        p50, p99, cpu = (median(each[key] for each in figures) for key in ("p50", "p99", "cpu"))
        spread = [round(each["rate"]) for each in figures]
        print(
            f"{name:<6} {which:<12} {rates[which]:7.0f} calls/s  p50 {p50:5.2f} ms  p99 {p99:5.2f} ms  "
            f"CPU {cpu:4.0f} µs a call  {spread}"
        )
    cpus = {which: [each["cpu"] for each in figures] for which, figures in seen.items()}
    tell(KEYS[name], [1e6 / each for each in cpus["counterpart"]], [1e6 / each for each in cpus["floor"]])


def lasting(place: Path) -> None:
    """Memory before and after many calls that nobody takes."""
    with served("counterpart", place / "lasting", None) as ours:
        load(ours.url, WARM_UP, LASTING_BYTES, None)
        before, _ = ours.spent()
        load(ours.url, LASTING, LASTING_BYTES, None)
        after, _ = ours.spent()
    print(f"memory {before:.0f} MB, after {LASTING} calls of {LASTING_BYTES // 1000} KB {after:.0f} MB")


def by_instructions() -> None:
    """How many each server executes for a call, its start taken out by the difference of more and of fewer calls."""
    least, ours = (
        (_executed(which, MANY) - _executed(which, FEW)) / (MANY - FEW) for which in ("floor", "counterpart")
    )
    tell("counterpart-exact", [1e9 / ours], [1e9 / least])


def _executed(which: str, calls: int) -> int:
    words = [*exact.VALGRIND, sys.executable, "-m", "benchmarks.receiving", which]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen([*words, folder], stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, env=exact.settings()) as it,
    ):
        assert it.stdout is not None
        load(it.stdout.readline().strip(), calls, 0, None)
        return exact.counted(it.communicate()[1])


def main() -> None:
    """Measure and print."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with TemporaryDirectory() as folder:
        compare("plain", None, Path(folder))
        compare("mTLS", certificates(), Path(folder))
        lasting(Path(folder))
    if shutil.which("valgrind"):
        by_instructions()


if __name__ == "__main__":
    main()
