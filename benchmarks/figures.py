"""A figure beside its floor and its aim: printed, and put into the table of docs/performance.md.

What a figure is of, its floor, its aim and why that is not reached stand in `figures.yaml`; a benchmark only measures.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import yaml

NAMED: dict[str, dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "figures.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)
KEPT = Path(__file__).parent / "figures.jsonl"
"""What was measured last, a line each: the page is drawn from it, so that one figure can be measured anew without the others."""
BEGINS, ENDS = "<!-- figures -->", "<!-- /figures -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """The medians of so many rounds of what was measured and of its floor, in the same unit, on that day."""

    key: str
    value: float
    floor: float
    rounds: int
    day: str

    @property
    def ratio(self) -> float:
        return self.value / self.floor

    @property
    def is_reached(self) -> bool | None:
        """Whether it is within its aim; None where there is none."""
        said = NAMED[self.key]
        if "most" not in said and "least" not in said:
            return None
        judged = self.ratio if said.get("of") == "ratio" else self.value
        return bool(judged <= said["most"] if "most" in said else judged >= said["least"])

    @property
    def aim(self) -> str:
        said = NAMED[self.key]
        bound = (
            f"at most {said['most']:g}" if "most" in said else f"at least {said['least']:g}" if "least" in said else ""
        )
        return f"{bound} {'of the floor' if said.get('of') == 'ratio' else said['unit']}" if bound else "–"


def tell(key: str, values: Sequence[float], floors: Sequence[float]) -> None:
    """Print a figure, and keep it for the page."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    figure, said = Figure(key, median(values), median(floors), len(values), day), NAMED[key]
    print(
        f"{said['what']}: {_told(figure.value)} {said['unit']}, floor {_told(figure.floor)} ({said['floor']}), ratio "
        f"{figure.ratio:.2f} (aim: {figure.aim}); rounds {[round(each, 3) for each in values]}",
        flush=True,
    )
    known = {each.key: each for each in kept()} | {key: figure}
    KEPT.write_text(
        "".join(f"{json.dumps(asdict(known[each]))}\n" for each in NAMED if each in known), encoding="utf-8"
    )


def kept() -> list[Figure]:
    """What was measured last of each figure, in the order of their names."""
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    return [Figure(**json.loads(line)) for line in lines]


def table(figures: Sequence[Figure]) -> Iterator[str]:
    """The figures for the manual, and below them why those that miss their aim do."""
    yield "| what | measured | its floor | | ratio | aim | reached | rounds | on |"
    yield "| --- | ---: | --- | ---: | ---: | --- | --- | ---: | --- |"
    for each in figures:
        said, reached = NAMED[each.key], {True: "yes", False: "no", None: "–"}[each.is_reached]
        measured = f"{_told(each.value)} {said['unit']} | {said['floor']} | {_told(each.floor)} | {each.ratio:.2f}"
        yield f"| {said['what']} | {measured} | {each.aim} | {reached} | {each.rounds} | {each.day} |"
    yield ""
    for each in figures:
        if each.is_reached is False:
            yield f"- **{NAMED[each.key]['what']}**: {NAMED[each.key]['why']}."


def redrawn(page: str, figures: Sequence[Figure]) -> str:
    """The page with these figures."""
    before, _, rest = page.partition(BEGINS)
    drawn = "\n".join(table(figures))
    return f"{before}{BEGINS}\n{drawn}\n{ENDS}{rest.partition(ENDS)[2]}"


def _told(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.2f}"
