"""What the report draws: the symbols of the verdicts, one mark a requirement, response times against the limit.

Plain SVG without style attributes, since a content policy may block those: shapes carry the meaning, colour repeats it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil, floor, log10

from markupsafe import Markup

from rivta.report.voice import State

_MARK, _STEP, _A_ROW = 15, 20, 14
_CHART_SIZE = (280, 92)
_LEFT, _RIGHT, _TOP, _BASE = 20, 260, 18, 70
_BINS_A_DECADE = 8
_LEAST_MS = 0.1
_UNITS = {-2: "0.01 ms", -1: "0.1 ms", 0: "1 ms", 1: "10 ms", 2: "100 ms", 3: "1 s", 4: "10 s", 5: "100 s", 6: "1000 s"}
"""Powers of ten in ms, as the axis names them."""

SYMBOLS = Markup("""<svg class="symbols" width="0" height="0" aria-hidden="true" focusable="false">
<symbol id="s-passed" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="currentColor"/>
<path class="cut" d="M4.6 8.3l2.4 2.4 4.5-5" fill="none" stroke="#fff" stroke-width="1.8"/></symbol>
<symbol id="s-failed" viewBox="0 0 16 16"><path d="M8 0l8 8-8 8-8-8z" fill="currentColor"/>
<path class="cut" d="M5.7 5.7l4.6 4.6m0-4.6l-4.6 4.6" fill="none" stroke="#fff" stroke-width="1.8"/></symbol>
<symbol id="s-not-proven" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/></symbol>
<symbol id="s-not-tested" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"
 stroke-dasharray="2.4 2.3"/></symbol>
<symbol id="s-not-applicable" viewBox="0 0 16 16"><path d="M2 8h12" fill="none" stroke="currentColor" stroke-width="2.4"/></symbol>
<symbol id="s-blocked" viewBox="0 0 16 16"><path d="M8 1l7.5 13.5H.5z" fill="currentColor"/>
<path class="cut" d="M8 5.6v4.2m0 1.4v1.7" fill="none" stroke="#fff" stroke-width="1.7"/></symbol>
<symbol id="s-error" viewBox="0 0 16 16"><path d="M1 1h14v14H1z" fill="currentColor"/>
<path class="cut" d="M8 3.6v5.4m0 1.6v1.8" fill="none" stroke="#fff" stroke-width="1.8"/></symbol>
<symbol id="s-manual" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/>
<path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/></symbol>
<symbol id="s-confirmed" viewBox="0 0 16 16"><path d="M1.5 1.5h13v13h-13z" fill="currentColor"/>
<path class="cut" d="M4.4 8.3l2.5 2.5 4.8-5.3" fill="none" stroke="#fff" stroke-width="1.8"/></symbol>
<symbol id="s-proposed" viewBox="0 0 16 16"><path d="M2 2h12v12H2z" fill="none" stroke="currentColor" stroke-width="1.8"
 stroke-dasharray="3 2.2"/><path d="M4.9 8.2l2.2 2.2 4-4.6" fill="none" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="s-answered" viewBox="0 0 16 16"><path d="M2 2h12v12H2zM4.8 6h6.4M4.8 10h6.4" fill="none" stroke="currentColor"
 stroke-width="1.8"/></symbol>
<symbol id="s-blank" viewBox="0 0 16 16"><path d="M2 2h12v12H2z" fill="none" stroke="currentColor" stroke-width="1.4"
 stroke-dasharray="2 2"/></symbol>
<symbol id="s-missing" viewBox="0 0 16 16"><path d="M2 2h12v12H2z" fill="none" stroke="currentColor" stroke-width="2.4"/></symbol>
<symbol id="s-changed" viewBox="0 0 16 16"><path d="M2 2h12v12H2zM4.6 6.2h6.8M4.6 9.8h6.8M10.4 3.6l-4.8 8.8" fill="none"
 stroke="currentColor" stroke-width="1.6"/></symbol>
<symbol id="s-contradictory" viewBox="0 0 16 16"><path d="M0 8l5-5v3h6V3l5 5-5 5v-3H5v3z" fill="currentColor"/></symbol>
</svg>""")
"""The verdicts' shapes, once a report; `use` shows them in the colour of the text around."""


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many of something came to one state."""

    state: State
    count: int


def tallies(found: Iterable[State], order: Sequence[State]) -> tuple[StateCount, ...]:
    """How many of each state there are, in that order; states that did not occur are left out."""
    counted = Counter(found)
    return tuple(StateCount(state, counted[state]) for state in order if counted[state])


def marks(counted: Sequence[StateCount], anchor: str, title: str, description: str) -> Markup:
    """One mark for each thing counted, row by row, in the order of the tallies."""
    placed = count()
    uses = [
        f'<use href="#s-{tally.state.key}" class="s-{tally.state.key}" x="{place % _A_ROW * _STEP}" y="{place // _A_ROW * _STEP}"'
        f' width="{_MARK}" height="{_MARK}"/>'
        for tally in counted
        for place in (next(placed) for _ in range(tally.count))
    ]
    rows = -(-len(uses) // _A_ROW)
    width, height = _A_ROW * _STEP, max(rows, 1) * _STEP
    return figure("marks", anchor, (title, description), (width, height), "\n".join(uses))


def distribution(milliseconds: Sequence[float], limit: float, anchor: str, words: tuple[str, str, str]) -> Markup:
    """How many replies took how long, on a logarithmic scale, against the limit. `words`: title, description, the limit's label."""
    title, description, label = words
    axis = _Axis.over(milliseconds, limit)
    bins = Counter(axis.bin(value) for value in milliseconds)
    tallest = max(bins.values(), default=1)
    at = axis.x(limit)
    parts = [
        *(_bar(axis, place, number / tallest) for place, number in sorted(bins.items())),
        f'<path class="axis" d="M{_LEFT} {_BASE}H{_RIGHT}" stroke="#666"/>',
        *(_tick(axis.x(10**power), _UNITS[power]) for power in range(axis.first, axis.last + 1)),
        f'<path class="limit" d="M{at:.1f} {_TOP - 4}V{_BASE}" stroke="#000" stroke-width="1.5" stroke-dasharray="4 3"/>',
        Markup('<text x="{}" y="10" font-size="12" text-anchor="{}">{}</text>').format(
            f"{at:.1f}",
            "end" if at > (_LEFT + _RIGHT) / 2 else "start",
            label,
        ),
    ]
    return figure("times", anchor, (title, description), _CHART_SIZE, "\n".join(parts))


def _bar(axis: "_Axis", place: int, share: float) -> str:
    height = max((_BASE - _TOP) * share, 2)
    left, right = axis.edge(place), axis.edge(place + 1)
    return (
        f'<rect class="{"within" if place < 0 else "over"}" x="{left + 0.5:.1f}" y="{_BASE - height:.1f}"'
        f' width="{max(right - left - 1, 1):.1f}" height="{height:.1f}"/>'
    )


def _tick(x: float, label: str) -> str:
    return (
        f'<path class="axis" d="M{x:.1f} {_BASE}v4" stroke="#666"/>'
        f'<text class="tick" x="{x:.1f}" y="{_BASE + 17}" font-size="12" text-anchor="middle">{label}</text>'
    )


@dataclass(frozen=True, slots=True)
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


def figure(kind: str, anchor: str, words: tuple[str, str], size: tuple[int, int], content: str) -> Markup:
    """A drawing with its title and description. `content` is SVG whose texts are escaped."""
    title, description = words
    width, height = size
    frame = Markup(
        '<svg class="{kind}" role="img" aria-labelledby="{anchor}-t {anchor}-d" viewBox="0 0 {width} {height}" width="{width}"'
        ' height="{height}"><title id="{anchor}-t">{title}</title><desc id="{anchor}-d">{description}</desc>\n{content}\n</svg>',
    )
    # The content is our own numbers, state keys and escaped labels.
    return frame.format(
        kind=kind,
        anchor=anchor,
        width=width,
        height=height,
        title=title,
        description=description,
        content=Markup(content),  # noqa: S704
    )
