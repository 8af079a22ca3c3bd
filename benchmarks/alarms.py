"""False alarms: the whole suite of every domain at hand, again and again, on systems that are sound: `make alarms`.

    PYTHONPATH=tests python -m benchmarks.alarms [--runs N] [--sockets N] [--load N]

A run is every case in process, on a clock of its own; each tenth plays the producer cases on the two odd but legal producers of
tests/legal_producers.py besides. Beside them `rivta run` plays all cases over real sockets, so many times at once, on the real clock.
Busy loops take the machine meanwhile. Whatever is not green is a false alarm.
"""

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from multiprocessing import active_children, get_context
from os import cpu_count
from pathlib import Path

import reference_system
import tiny_world
from fault_matrix import Matrix
from in_process import Bench
from legal_producers import modern, veteran
from rivta.model.steps import Send
from rivta.model.words import Verdict
from rivta.text import places

ODD = {"modern": modern, "veteran": veteran}
_AT_LEAST_SECONDS = 1800
"""How long one run over sockets may take before it is given up."""


def main() -> int:
    given = _options().parse_args()
    began, alarms, cases = time.monotonic(), list[str](), 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us ends what we started too
    with _busy(given.load), _over_sockets(given.sockets) as playing, _workers() as pool:
        runs = [pool.submit(one_run, number) for number in range(given.runs)]
        for done, run in enumerate(as_completed(runs), 1):
            played, red = run.result()
            cases += played
            alarms += red
            seconds = time.monotonic() - began
            print(f"{done:4} of {given.runs}  {seconds:5.0f} s  {cases} cases, {len(alarms)} false alarms", flush=True)
        for number, process in enumerate(playing, 1):
            told, _ = process.communicate(timeout=_AT_LEAST_SECONDS)
            print(f"over sockets {number} of {given.sockets}: {told.strip().splitlines()[-1]}", flush=True)
            alarms += [] if process.returncode == 0 else [f"over sockets {number}:\n{told}"]
    print("\n".join(alarms))
    print(
        f"{given.runs} runs in process, {given.sockets} over sockets, {given.load} busy loops: {len(alarms)} false alarms"
    )
    return 1 if alarms else 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--sockets", type=int, default=4)
    options.add_argument("--load", type=int, default=2, help="busy loops beside the runs")
    return options


def one_run(number: int) -> tuple[int, list[str]]:
    """How many cases were played, and those that were not green."""
    played, red = 0, []
    for matrix in (reference_system.matrix(), tiny_world.matrix()):
        odd = ODD if number % 10 == 0 else ()
        for name, keys in (("", list(matrix.cases)), *((name, _producers(matrix)) for name in odd)):
            bench = _bench(matrix.domain.name, name)
            for key in keys:
                verdict = bench.play(*matrix.cases[key], (name,) if name else ()).verdict
                played += 1
                red += [] if verdict is Verdict.PASSED else [f"run {number}: {key} {name} is {verdict.name}"]
    return played, red


@cache
def _bench(domain: str, odd: str) -> Bench:
    matrix = next(each() for each in (reference_system.matrix, tiny_world.matrix) if each().domain.name == domain)
    if not odd:
        return matrix.bench
    return replace(matrix.bench, simulated=replace(matrix.bench.simulated, faults={odd: ODD[odd](matrix.domain)}))


def _producers(matrix: Matrix) -> list[str]:
    return [key for key, (case, _) in matrix.cases.items() if all(isinstance(step, Send) for step in case.steps)]


@contextmanager
def _workers() -> Iterator[ProcessPoolExecutor]:
    """Processes that play the runs. Those under way are not waited for when we are told to end."""
    pool = ProcessPoolExecutor(cpu_count(), get_context("spawn"))
    try:
        yield pool
    except BaseException:
        for each in active_children():
            each.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    """So many processes that do nothing, as fast as they can."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


@contextmanager
def _over_sockets(count: int) -> Iterator[Sequence[subprocess.Popen[str]]]:
    """So many runs of `rivta run` at once, each against a `rivta reference` of its own."""
    with tempfile.TemporaryDirectory() as folder:
        systems: list[subprocess.Popen[str]] = []
        runs: list[subprocess.Popen[str]] = []
        try:
            for number in range(count):
                own = Path(folder) / str(number)
                shutil.copytree(places.reference(), own)
                systems.append(
                    _started("reference", "--listen", "127.0.0.1:0", "--records", "referrals.yaml", folder=own)
                )
                _aim(own / "environment.yaml", systems[-1])
                runs.append(_started("run", "--env", "environment.yaml", "-q", folder=own))
            yield runs
        finally:
            for process in (*runs, *systems):
                process.kill()
                process.wait()


def _started(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("rivta")), *arguments]
    return subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _aim(environment: Path, system: subprocess.Popen[str]) -> None:
    """Write into the environment at which port the system says that it listens."""
    assert system.stdout is not None
    found = re.search(r"127\.0\.0\.1:(\d+)", system.stdout.readline())
    assert found is not None, "the reference system did not say where it listens"
    text = environment.read_text(encoding="utf-8").replace("127.0.0.1:8020", found[0])
    environment.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
