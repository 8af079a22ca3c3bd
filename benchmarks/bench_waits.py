"""How long a consumer run takes where time is not compressed, in the system's own minutes: every case that is called by the simulated system, on a
clock on which no time passes. The floor is the longest watch.

    python -m benchmarks waits

The same each time, so one round is enough.
"""

from dataclasses import replace

from benchmarks.figures import tell
from reference_system import matrix
from rivta.model.case import Case, Suite
from rivta.model.environment import Listening
from rivta.model.words import Value, Verdict
from rivta.run import waits_for_calls
from rivta.run.overlap import watches

OVERLAP = Listening().overlap
PERSONS = [f"22121212A{letter}{number}C" for letter in "BCDE" for number in range(10)]
"""As many test persons as there are cases that need one, by form; nobody has such a number."""


def minutes(cases: list[tuple[Case, Suite]], most: int) -> float:
    """How long it takes on a sound system; what is not green then would not be worth measuring."""
    spare: tuple[Value, ...] = tuple({"id": each, "root": "1.2.752.74.9.1"} for each in PERSONS)
    bench = matrix().bench
    settings = replace(bench.settings, test_identities=bench.settings.test_identities.union(PERSONS))
    bench = replace(bench, settings=settings, listening=Listening(time_factor=1.0, spare={"patient": spare}))
    results, seconds = bench.together(cases, most)
    red = [attempt.key for each in results for attempt in each if attempt.verdict is not Verdict.PASSED]
    assert not red, red
    return seconds / 60


def main() -> None:
    """The suites, then the scenarios too, one after the other and overlapping."""
    every = {key: pair for key, pair in matrix().cases.items() if waits_for_calls(pair[0])}
    longest = max(watches(case) for case, _ in every.values()) / 60
    suites = [pair for key, pair in every.items() if "/consumer/" in key]
    for name, cases in (("waits", suites), ("waits-scenarios", [*every.values()])):
        tell(f"{name}-alone", [minutes(cases, 1)], [longest])
        tell(name, [minutes(cases, OVERLAP)], [longest])


if __name__ == "__main__":
    main()
