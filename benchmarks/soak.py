"""A soak: counterpart, page and producer cases in one process for so many minutes, which must not grow: `make soak MINUTES=30`.

    PYTHONPATH=tests python -m benchmarks.soak [--minutes N] [--rate CALLS_A_SECOND]

A caller calls the counterpart, now and then with what is no message; a visitor looks at the page; producer cases of the small domain
are played against a simulated system that runs beside. Memory (RSS), threads and descriptors of the process are noted each
minute. It fails where any of them is higher in the last fifth than it was in the second one, beyond what a garbage collector leaves.
"""

import argparse
import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import tiny_world
from benchmarks.receiving import memory_kb
from rivta import counterpart, evidence, page
from rivta.model.case import Case, Suite
from rivta.model.environment import Environment, Listening
from rivta.model.steps import Send
from rivta.run import Stage, run_case
from rivta.transport.http import HttpTransport

_GROWTH_KB = 4096
_MORE = 3
"""Threads and descriptors that may be open beyond those of before: a connection that is just being made."""


@dataclass(frozen=True)
class Sample:
    """What the process has at a moment; `seconds` since the soak began, `done` is what it has handled by then."""

    seconds: float
    memory_kb: int
    threads: int
    files: int
    done: str

    def told(self) -> str:
        return f"{self.seconds:6.0f} s  {self.memory_kb / 1024:7.1f} MB  {self.threads:3} threads  {self.files:3} descriptors  {self.done}"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--rate", type=float, default=100.0, help="calls a second, as far as the machine can")
    given = options.parse_args()
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder, _simulated() as url:
        for sample in soaked(Path(folder), url, given.minutes * 60, given.rate):
            samples.append(sample)
            print(sample.told(), flush=True)
    grown = list(growth(samples))
    highest = Sample(
        samples[-1].seconds,
        max(each.memory_kb for each in samples),
        max(each.threads for each in samples),
        max(each.files for each in samples),
        "the highest of all",
    )
    print(highest.told(), *grown, "it grows" if grown else "flat", sep="\n")
    return 1 if grown else 0


def growth(samples: list[Sample]) -> Iterator[str]:
    """What is higher in the last fifth than in the second."""
    fifth = max(1, len(samples) // 5)
    before, after = samples[fifth : 2 * fifth] or samples[:1], samples[-fifth:]
    for name, most in (("memory_kb", _GROWTH_KB), ("threads", _MORE), ("files", _MORE)):
        was, is_now = (max(getattr(each, name) for each in part) for part in (before, after))
        if is_now > was + most:
            yield f"{name}: {was} → {is_now}"


def soaked(folder: Path, url: str, seconds: float, rate: float) -> Iterator[Sample]:
    """A sample each minute (each tenth, if there are fewer), after a moment in which everything is imported and compiled."""
    settings = replace(tiny_world.environment_at(url, folder / "environment.yaml"), adapter=None, listening=Listening())
    done: Counter[str] = Counter()
    over = threading.Event()
    with ExitStack() as stack:
        where, visited = stack.enter_context(_served(folder / "run", settings))
        body = _body(settings)
        doings: list[Callable[[], object]] = [
            lambda: _call(where, body, rate, over, done),
            lambda: _visit(visited, over, done),
            lambda: _play(settings, folder / "producer", over, done),
        ]
        for doing in doings:
            thread = threading.Thread(target=doing)
            thread.start()
            stack.callback(thread.join)
        stack.callback(over.set)
        began, pause = time.monotonic(), min(60.0, seconds / 10)
        over.wait(pause / 2)
        while time.monotonic() - began < seconds:
            told = ", ".join(f"{count} {name}" for name, count in sorted(done.items()))
            files = sum(1 for _ in Path("/proc/self/fd").iterdir())
            yield Sample(time.monotonic() - began, memory_kb(), threading.active_count(), files, told)
            over.wait(pause)


@contextmanager
def _served(folder: Path, settings: Environment) -> Iterator[tuple[str, str]]:
    """The counterpart and the page, as `rivta serve` has them: where the one is called, and where the other is."""
    with ExitStack() as stack:
        found = page.programme.read(settings, tiny_world.SUITES, tiny_world.SCENARIOS)
        record = page.RunRecord(folder, settings, found, "soak")
        listening = settings.listening or Listening()
        other = stack.enter_context(counterpart.listen(found.domains, listening, folder, mask=record.mask()))
        setup = page.Setup(settings, found, other, HttpTransport(settings), tiny_world.SUITES)
        service = stack.enter_context(page.opened(setup, record))
        shown = stack.enter_context(page.serve(service, port=0))
        called = next(url for name, url in other.addresses.items() if name.endswith("RegisterLoan@2"))
        yield called, shown.url


def _producer_cases() -> list[tuple[Case, Suite]]:
    return [
        each for each in tiny_world.matrix().cases.values() if all(isinstance(step, Send) for step in each[0].steps)
    ]


def _body(settings: Environment) -> bytes:
    """A message that the small domain's counterpart takes."""
    transport = HttpTransport(settings)
    case, suite = next(each for each in _producer_cases() if each[0].contract.endswith("RegisterLoan@2"))
    return run_case(case, Stage(suite, settings, transport, "soak")).exchanges[0].request.body


def _call(url: str, body: bytes, rate: float, over: threading.Event, done: Counter[str]) -> None:
    """Calls on one connection after another, each twentieth of them no message."""
    place = urlsplit(url)
    headers = {"Content-Type": "text/xml; charset=UTF-8"}
    number = 0
    while not over.is_set():
        connection = http.client.HTTPConnection(place.netloc, timeout=30)
        for _ in range(50):
            number += 1
            sent = body[:200] if number % 20 == 0 else body.replace(b"</", f"<!--{number}--></".encode(), 1)
            connection.request("POST", place.path, sent, headers)
            connection.getresponse().read()
            done["calls"] += 1
            over.wait(1 / rate)
        connection.close()


def _visit(url: str, over: threading.Event, done: Counter[str]) -> None:
    while not over.wait(2):
        for path in ("", "inbox", "inbox/1", "?lang=en", "nothing"):
            try:
                urllib.request.urlopen(url + path, timeout=60).read()  # noqa: S310 - our own page
            except urllib.error.HTTPError as error:
                error.close()
            done["pages"] += 1


def _play(settings: Environment, folder: Path, over: threading.Event, done: Counter[str]) -> None:
    """Producer cases, one after another, each on record."""
    transport = HttpTransport(settings)
    folder.mkdir()
    bodies = evidence.RunBodies(folder)
    while True:
        for case, suite in _producer_cases():
            if over.wait(0.2):
                return
            result = run_case(case, Stage(suite, settings, transport, "soak"))
            evidence.line_of(result, bodies.keep)
            done["cases"] += 1


@contextmanager
def _simulated() -> Iterator[str]:
    """The small domain's system, in a process of its own."""
    program = "import sys, tiny_world\nwith tiny_world.system() as one: print(one.url, flush=True), sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found is not None, "the simulated system did not say where it listens"
            yield found[0]
        finally:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
