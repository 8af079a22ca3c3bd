"""CPU of reading a run of a thousand cases and of masking ten megabytes, each beside a floor that is measured in the same run.

The floor of reading is to load every line as JSON and to hash every body, that of masking one search for twelve digits.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from benchmarks.figures import tell
from report_sample import large
from rivta import evidence
from rivta.model.run import Run
from sealed_run import write_run

ROUNDS = 7
ATTACHMENT = b"<bilaga>" + b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3ODkw" * 230_000 + b"</bilaga>"


def cpu_seconds(action: Callable[[], object]) -> list[float]:
    """Of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        action()
        rounds.append(time.process_time() - begun)
    return rounds


def floor_of_reading(folder: Path) -> None:
    """Every line as data, every byte of the bodies hashed."""
    for line in (folder / evidence.FILE).read_text(encoding="utf-8").splitlines():
        json.loads(line)
    for body in (folder / "messages").iterdir():
        sha256(body.read_bytes()).digest()  # one file, or a few, of all of them


def with_attachment(run: Run) -> Run:
    """The run's first case alone, answered with ten megabytes."""
    first = next(each for each in run.results if each.exchanges and each.exchanges[0].response)
    exchange = first.exchanges[0]
    assert exchange.response is not None
    exchange = replace(exchange, response=replace(exchange.response, body=ATTACHMENT))
    return replace(run, results=(replace(first, exchanges=(exchange,)),), strays=())


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as place:
        folder = write_run(Path(place) / "run", large(1000, 10_000).run)
        took = cpu_seconds(lambda: evidence.read(folder))
        tell("reading", took, cpu_seconds(lambda: floor_of_reading(folder)))
        small = with_attachment(evidence.read(folder))
    took = cpu_seconds(lambda: evidence.masked(small))
    tell("masking", took, cpu_seconds(lambda: re.findall(rb"(?<!\d)\d{12}(?!\d)", ATTACHMENT)))


if __name__ == "__main__":
    main()
