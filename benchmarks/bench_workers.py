"""What two workers gain: a whole `rivta run` of 1,000 producer cases, its report included, by the clock, in one process and with `-n 2`.

Once against a system that answers at once, so that all the time is ours, and once against one that takes 20 ms for it, which is little for a
real one. Both runs of a round stand in a folder of their own.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import answering
from benchmarks.bench_case import environment_at, run_words
from benchmarks.figures import tell
from benchmarks.processes import rivta

COUNT, ROUNDS = 1000, 7
DELAYS = {"workers": 0.0, "workers-slow": 0.02}
"""How long the system takes to answer, in seconds."""


def seconds(url: str, *words: str) -> float:
    """How long the run takes."""
    with TemporaryDirectory() as place:
        environment_at(url, Path(place))
        asked, began = run_words(Path(place), COUNT), time.monotonic()
        rivta([*asked, *words])
        return time.monotonic() - began


def main() -> None:
    """Measure and print."""
    for key, delay in DELAYS.items():
        with answering.system(delay) as url:
            rounds = [(seconds(url), seconds(url, "-n", "2")) for _ in range(ROUNDS)]
        tell(key, [alone for alone, _ in rounds], [two for _, two in rounds])


if __name__ == "__main__":
    main()
