"""Random mutants of a domain's reference system, and which of them the suites catch: `make mutants`.

    PYTHONPATH=tests python -m benchmarks.mutants [--domain NAME] [--seed N] [--count N] [--write FILE]

See tests/mutation.py for what is called observable and caught. At least 95 % of what is observable is to be caught, and nothing
may be red on the sound system. Who survives is listed with the reason, from `survivors.yaml`, where one is known.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

import reference_system
import tiny_world
from mutation import USUAL, Fate, Mutation, Played

MATRICES = {reference_system.NAME: reference_system.matrix, tiny_world.NAME: tiny_world.matrix}
WANTED = 0.95
_REASONS = Path(__file__).with_name("survivors.yaml")


def main() -> int:
    given = _options().parse_args()
    mutation = Mutation(MATRICES[given.domain](), given.seed, given.count)
    done: list[Played] = []
    began = time.monotonic()
    print(f"{given.domain}, seed {given.seed}: {given.count} mutants, {len(mutation.matrix.cases)} cases", flush=True)
    for played in mutation.played():
        done.append(played)
        print(f"{len(done):4} of {given.count}  {time.monotonic() - began:4.0f} s  {played}", flush=True)
    figures = _figures(done)
    _tell(done, figures)
    for case, verdict in mutation.alarms.items():
        print(f"FALSE ALARM on the sound system: {case} is {verdict}")
    if given.write:
        given.write.write_text(_written(given, done, len(mutation.alarms)), encoding="utf-8")
    return 0 if figures[Fate.CAUGHT] >= WANTED * _observable(figures) and not mutation.alarms else 1


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--domain", choices=MATRICES, default=reference_system.NAME)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=USUAL)
    options.add_argument("--write", type=Path, help="where the figures are put, for docs/faults.md")
    return options


def _figures(done: Iterable[Played]) -> Counter[Fate]:
    return Counter(one.fate for one in done)


def _observable(figures: Counter[Fate]) -> int:
    return figures[Fate.CAUGHT] + figures[Fate.MISSED]


def _tell(done: Sequence[Played], figures: Counter[Fate]) -> None:
    print(
        "\nWhat does something else that no contract can be about (wording, log ids, what has no name in the domain):"
    )
    for one in done:
        if one.fate is Fate.FREE:
            print(f"  {one.mutant.name}")
    print(
        "\nCaught by a case though nothing changed that is counted here, as when messages are held against each other:"
    )
    for one in done:
        if one.fate is Fate.CAUGHT and not one.shown:
            print(f"  {one.mutant.name}  {one.case}")
    print("\nSurvivors:")
    for one in done:
        if one.fate is Fate.MISSED:
            print(f"  {one.mutant.name}\n    in {one.case}: {one.shown}\n    because: {reason(one.mutant.name)}")
    of = _observable(figures)
    print(
        f"\n{len(done)} mutants: {figures[Fate.UNREACHED]} not reached, {figures[Fate.FREE]} without a visible change, "
        f"{of} observable; {figures[Fate.CAUGHT]} of those caught ({figures[Fate.CAUGHT] / max(1, of):.1%})"
    )


def reason(name: str) -> str:
    """Why a mutant of that name is not caught."""
    known = yaml.safe_load(_REASONS.read_text(encoding="utf-8"))
    return next((each["because"] for each in known if re.search(each["mutant"], name)), "not known yet")


def _written(given: argparse.Namespace, done: Sequence[Played], alarms: int) -> str:
    kinds = {}
    for kind in dict.fromkeys(one.mutant.kind for one in done):
        figures = _figures(one for one in done if one.mutant.kind == kind)
        survivors = [one.mutant.name for one in done if one.mutant.kind == kind and one.fate is Fate.MISSED]
        kinds[kind] = {
            "tried": sum(figures.values()),
            "observable": _observable(figures),
            "caught": figures[Fate.CAUGHT],
            "survivors": {name: reason(name) for name in survivors},
        }
    told = {"domain": given.domain, "seed": given.seed, "alarms": alarms, "kinds": kinds}
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    sys.exit(main())
