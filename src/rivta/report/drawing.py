"""What the report draws: the symbols of the verdicts, one mark a requirement, response times against the limit.

Plain SVG without style attributes, since a content policy may block those: shapes carry the meaning, colour repeats it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil, floor, log10

from markupsafe import Markup

from rivta.model.frozen import frozen
from rivta.report import layout
from rivta.report.layout import View
from rivta.report.voice import State

_MARK, _STEP, _A_ROW = 15, 20, 14
_CHART_SIZE = (280, 92)
_LEFT, _RIGHT, _TOP, _BASE = 20, 260, 18, 70
_BINS_A_DECADE = 8
_LEAST_MS = 0.1
_UNITS = {-2: "0.01 ms", -1: "0.1 ms", 0: "1 ms", 1: "10 ms", 2: "100 ms", 3: "1 s", 4: "10 s", 5: "100 s", 6: "1000 s"}
"""Powers of ten in ms, as the axis names them."""

SYMBOLS = Markup(layout.packaged("symbols.svg").strip())  # noqa: S704  # our own file
"""The verdicts' shapes, once a report; `use` shows them in the colour of the text around."""


@frozen
class StateCount:
    """How many of something came to one state."""

    state: State
    count: int


def tallies(found: Iterable[State], order: Sequence[State]) -> tuple[StateCount, ...]:
    """How many of each state there are, in that order; states that did not occur are left out."""
    counted = Counter(found)
    return tuple(StateCount(state, counted[state]) for state in order if counted[state])


def figure(kind: str, anchor: str, words: tuple[str, str], size: tuple[int, int], **values: object) -> Markup:
    """A drawing of a kind, with its title and description."""
    title, description = words
    width, height = size
    own = {"kind": kind, "anchor": anchor, "title": title, "description": description, "width": width, "height": height}
    return layout.filled(f"{kind}.svg", **own, **values).rstrip()


def marks(counted: Sequence[StateCount], anchor: str, title: str, description: str) -> Markup:
    """One mark for each thing counted, row by row, in the order of the tallies."""
    keys = [tally.state.key for tally in counted for _ in range(tally.count)]
    places = [(key, n % _A_ROW * _STEP, n // _A_ROW * _STEP) for n, key in enumerate(keys)]
    size = (_A_ROW * _STEP, max(ceil(len(keys) / _A_ROW), 1) * _STEP)
    return figure("marks", anchor, (title, description), size, marks=places, side=_MARK)


def distribution(milliseconds: Sequence[float], limit: float, anchor: str, words: tuple[str, str, str]) -> Markup:
    """How many replies took how long, on a logarithmic scale, against the limit. `words`: title, description, the limit's label."""
    title, description, label = words
    axis = _Axis.over(milliseconds, limit)
    bins = Counter(axis.bin(value) for value in milliseconds)
    tallest = max(bins.values(), default=1)
    return figure(
        "times",
        anchor,
        (title, description),
        _CHART_SIZE,
        bars=[_bar(axis, place, number / tallest) for place, number in sorted(bins.items())],
        ticks=[(axis.x(10**power), _UNITS[power]) for power in range(axis.first, axis.last + 1)],
        limit=axis.x(limit),
        label=label,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        base=_BASE,
    )


def _bar(axis: "_Axis", place: int, share: float) -> View:
    left, right = axis.edge(place), axis.edge(place + 1)
    height = max((_BASE - _TOP) * share, 2)
    kind = "within" if place < 0 else "over"
    return {"kind": kind, "x": left + 0.5, "width": max(right - left - 1, 1), "height": height}


@frozen
class _Axis:
    """A logarithmic axis from 10^first to 10^last ms. Bins are counted from the limit, so that none lies on both sides of it."""

    first: int
    last: int
    limit: float

    @classmethod
    def over(cls, values: Sequence[float], limit: float) -> "_Axis":
        limit = max(limit, _LEAST_MS)
        first = floor(log10(max(min([*values, limit]), _LEAST_MS)) - 1 / _BINS_A_DECADE)
        last = ceil(log10(max([*values, limit])) + 1 / _BINS_A_DECADE)
        return cls(max(first, min(_UNITS)), min(last, max(_UNITS)), limit)

    def x(self, value: float) -> float:
        share = (log10(max(value, _LEAST_MS)) - self.first) / (self.last - self.first)
        return _LEFT + min(max(share, 0), 1) * (_RIGHT - _LEFT)

    def bin(self, value: float) -> int:
        """Which bin a value is in; below 0 is within the limit, and the limit itself is within."""
        return ceil(log10(max(value, _LEAST_MS) / self.limit) * _BINS_A_DECADE) - 1

    def edge(self, place: int) -> float:
        """Where a bin starts."""
        return self.x(self.limit * 10 ** (place / _BINS_A_DECADE))
