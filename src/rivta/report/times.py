"""Times: how long the system took to answer, and by how much time was compressed.

Rules over time are held against a clock that may go faster than the real one, so that is told where it counts.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from statistics import median

from markupsafe import Markup

from rivta.declaration import proven
from rivta.model.domain import ContractFacts
from rivta.model.frozen import frozen
from rivta.model.run import Run, RunHeader
from rivta.report.layout import View, figure
from rivta.report.voice import Voice

SETTING = "time factor"
"""The header's name for it."""
_OVER_TIME = frozenset({"resends"})
_EXAMPLE_SECONDS = 300
"""The interval that the profile demands between calls made again: five minutes."""
_CHART_SIZE = (280, 92)
_LEFT, _RIGHT, _TOP, _BASE = 24, 260, 18, 70
_BINS_A_DECADE = 8
_LEAST_MS = 0.1
_POWERS = (-2, 6)
"""The least and the greatest power of ten in ms that an axis reaches to."""
_NAME_WIDTH = 48
"""How far apart the names of powers stand at least, in the drawing's units."""


def times(run: Run, contracts: Sequence[ContractFacts], voice: Voice) -> Iterator[View]:
    """The response times, drawn and in words, of every contract that any reply of the system came from."""
    for number, contract in enumerate(contracts, 1):
        took = proven.replies(run, contract.word)
        if took:
            anchor = f"times-{number}"
            text = voice.say(
                "times_desc",
                n=voice.number(len(took)),
                median=voice.ms(median(took)),
                p95=voice.ms(proven.p95(took)),
                longest=voice.ms(max(took)),
                limit=voice.ms(contract.max_ms),
                over=voice.number(sum(each > contract.max_ms for each in took)),
            )
            title = voice.say("times_title", contract=contract.word)
            label = voice.say("limit", limit=voice.ms(contract.max_ms))
            drawn = distribution(took, contract.max_ms, anchor, (title, text, label), voice)
            yield {"heading": contract.word, "drawing": drawn, "text": text}


def factor_of(header: RunHeader) -> float:
    """By how much time was compressed; 1 in a run where nothing could call us."""
    try:
        factor = float(header.environment.get(SETTING, "1"))
    except ValueError:
        return 1.0
    return factor if factor > 0 else 1.0


def is_told_by(kind: str) -> bool:
    """Whether a kind of check is about time in the system's own clock."""
    return kind in _OVER_TIME


def compression(run: Run, voice: Voice) -> tuple[str, str] | None:
    """A heading and what is to be known, where rules over time were tested with a clock that was not the real one."""
    factor = factor_of(run.header)
    checks = (check for result in run.counted for check in result.checks)
    if factor == 1 or not any(is_told_by(check.kind) for check in checks):
        return None
    values = {
        "factor": written(factor, voice),
        "minutes": voice.duration(_EXAMPLE_SECONDS),
        "here": voice.duration(_EXAMPLE_SECONDS / factor),
    }
    return voice.say("compressed_heading", **values), voice.say("compressed", **values)


def written(factor: float, voice: Voice) -> str:
    return voice.number(factor, 0 if factor.is_integer() else 2)


# How they are drawn


def along(value: float, first: int, last: int) -> float:
    """Where a value lies on a logarithmic axis from 10^first to 10^last: from 0 to 1."""
    return min(max((log10(max(value, 10.0**first)) - first) / (last - first), 0), 1)


def power_of_ten(power: int, voice: Voice) -> str:
    """A power of ten in ms, as an axis names it."""
    number, unit = (10 ** (power - 3), "s") if power >= 3 else (10**power, "ms")
    return f"{voice.number(number, max(-power, 0))}\N{NO-BREAK SPACE}{unit}"


def distribution(
    milliseconds: Sequence[float], limit: float, anchor: str, words: tuple[str, str, str], voice: Voice
) -> Markup:
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
        ticks=[(axis.x(10**power), axis.name(power, voice)) for power in range(axis.first, axis.last + 1)],
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
        least, most = _POWERS
        return cls(max(first, least), min(last, most), limit)

    def x(self, value: float) -> float:
        return _LEFT + along(value, self.first, self.last) * (_RIGHT - _LEFT)

    def name(self, power: int, voice: Voice) -> str:
        """What stands at a power of ten: nothing at some of so many that their names would run into each other."""
        every = ceil(_NAME_WIDTH * (self.last - self.first) / (_RIGHT - _LEFT))
        return "" if (power - self.first) % every else power_of_ten(power, voice)

    def bin(self, value: float) -> int:
        """Which bin a value is in; below 0 is within the limit, and the limit itself is within."""
        return ceil(log10(max(value, _LEAST_MS) / self.limit) * _BINS_A_DECADE) - 1

    def edge(self, place: int) -> float:
        return self.x(self.limit * 10 ** (place / _BINS_A_DECADE))
