"""Load cases: what they came to against each limit, drawn over time, and told in words and in a table.

The drawing has time along and the response time up, on a logarithmic scale: three percentiles as lines, each limit as a dashed line over the
stages that it is about, the number of users below. Everything in it stands in the table too.
"""

from collections.abc import Iterable, Iterator
from math import ceil, floor, log10

from markupsafe import Markup

from rivta.check.load import SATURATED
from rivta.model.load import Course, Limit, Measured, Slice, percentile
from rivta.model.run import CaseResult, CheckResult
from rivta.report import times
from rivta.report.layout import ReportLink, View, figure
from rivta.report.material import Material
from rivta.report.voice import Voice

_SIZE = (640, 300)
_LEFT, _RIGHT, _TOP, _BASE, _FLOOR = 66, 612, 34, 214, 262
"""In the drawing: the axis of times from top to base, and that of users between base and floor."""
_SHARES = (50, 95, 99)
_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds between two marks of the axis of time, the first of which gives at most seven."""
_MOST_MARKS = 7


def part(material: Material) -> list[View]:
    """Every load case that was played."""
    found = ((each, each.load) for each in material.run.counted if each.load)
    return [_view(f"load-{number}", *played, material) for number, played in enumerate(found, 1)]


def _view(anchor: str, result: CaseResult, measured: Measured, material: Material) -> View:
    voice = material.voice
    described, title = _described(measured, voice), voice.say("load_title", case=result.key)
    return {
        "anchor": anchor,
        "state": voice.state(result.verdict),
        "case": ReportLink(f"#{material.places.case(result)}", f"{result.key} {voice.text(result.title)}"),
        "reason": voice.text(result.reason) if result.reason else "",
        "facts": [*_facts(measured, voice)],
        "limits": [*_limits(result.checks, measured.limits, voice)],
        "drawing": drawn(measured, anchor, (title, described), voice),
        "text": described,
        "rows": [_row(each, voice) for each in measured.slices if each.begins < measured.lasted],
    }


def _facts(measured: Measured, voice: Voice) -> Iterator[tuple[str, str]]:
    words, slices = voice.words, measured.slices
    answered = sum(each.answered for each in slices)
    yield words["load_users"], " → ".join(_users(each.grows_from, each.users) for each in measured.stages)
    yield (
        words["load_lasted"],
        (voice.duration(measured.lasted) if measured.lasted else "–") + _shortened(measured, voice),
    )
    yield words["load_calls"], voice.number(measured.sent)
    yield words["load_rate"], voice.number(measured.rate, 1) if measured.lasted else "–"
    for share in _SHARES:
        yield voice.say("load_percentile", share=share), _ms(percentile(slices, share), voice)
    yield words["load_checked"], f"{voice.number(sum(each.checked for each in slices))} / {voice.number(answered)}"
    yield words["load_workers"], voice.number(measured.workers)
    yield words["load_busy"], f"{voice.number(100 * max((each.busy for each in slices), default=0))} %"
    probes = sum(each.probes for each in slices)
    if probes:
        yield words["load_probes"], f"{sum(each.available for each in slices)} / {probes}"


def _ms(took: float | None, voice: Voice) -> str:
    return voice.ms(took) if took else "–"


def _shortened(measured: Measured, voice: Voice) -> str:
    if measured.factor == 1:
        return ""
    meant = voice.duration(sum(each.seconds for each in measured.stages))
    return " " + voice.say("load_shortened", factor=times.written(measured.factor, voice), meant=meant)


def _limits(checks: Iterable[CheckResult], limits: Iterable[Limit], voice: Voice) -> Iterator[View]:
    for check, limit in zip(checks, limits, strict=False):
        said = (*(one.message for one in check.findings), check.note)
        yield {
            "state": voice.state(check.verdict),
            "what": voice.check(check.kind),
            "expected": check.expected,
            "actual": check.actual,
            "source": limit.reference,
            "note": " ".join(voice.text(each) for each in said if each),
        }


def _described(measured: Measured, voice: Voice) -> str:
    """What the drawing shows, in a sentence for who cannot see it."""
    p50, p95, p99, longest = (_ms(percentile(measured.slices, share), voice) for share in (*_SHARES, 100))
    limits = "; ".join(_limit_label(each, voice) for each in measured.timed) or voice.words["none"]
    return voice.say("load_desc", p50=p50, p95=p95, p99=p99, longest=longest, limits=limits)


def _row(each: Slice, voice: Voice) -> View:
    return {
        "at": voice.duration(each.begins) if each.begins else "0",
        "users": each.users,
        "sent": each.sent,
        "took": [_ms(percentile((each,), share), voice) for share in _SHARES],
        "lost": sum(each.lost.values()),
        "hindered": sum(each.hindered.values()),
        "wrong": each.not_right,
        "mixed": each.mixed,
        "busy": f"{voice.number(100 * each.busy)} %",
    }


def _users(before: int | None, users: int) -> str:
    return str(users) if before is None else f"{before} … {users}"


def _limit_label(limit: Limit, voice: Voice) -> str:
    return voice.say(
        "load_limit",
        share=voice.number(limit.share, 0 if limit.share.is_integer() else 2),
        ms=voice.duration(limit.ms / 1000),
        source=limit.reference,
    )


# The drawing


def drawn(measured: Measured, anchor: str, words: tuple[str, str], voice: Voice) -> Markup:
    """Percentiles over time against each limit on time. `words`: the drawing's title and description."""
    plot = _Plot(measured)
    return figure(
        "load",
        anchor,
        words,
        _SIZE,
        lines=[(f"p{share}", each) for share in _SHARES for each in plot.lines(share)],
        legend=[
            (f"p{share}", _LEFT + 8 + 140 * number, voice.say("load_percentile", share=share))
            for number, share in enumerate(_SHARES)
        ],
        limits=[plot.limit(each, voice) for each in measured.timed],
        powers=[(plot.y(10**power), times.power_of_ten(power, voice)) for power in range(plot.first, plot.last + 1)],
        marks=[(plot.x(at), voice.duration(at) if at else "0") for at in _marks(plot.seconds)],
        borders=[plot.x(at) for at in plot.course.ends[:-1]],
        bars=[*plot.bars()],
        users=(voice.words["load_users"], plot.most),
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        base=_BASE,
        floor=_FLOOR,
    )


def _marks(seconds: float) -> list[float]:
    step = next((each for each in _STEPS if seconds / each <= _MOST_MARKS), seconds / _MOST_MARKS)
    return [float(number * step) for number in range(int(seconds / step) + 1)]


class _Plot:
    """Where a moment, a time and a number of users lie in the drawing."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self.course = Course(measured.stages, measured.factor)
        self.seconds = self.course.seconds
        seen = [took for each in measured.slices for share in _SHARES if (took := percentile((each,), share))]
        values = [*seen, *(each.ms for each in measured.timed)] or [1.0, 1000.0]
        self.first, self.last = floor(log10(min(values))), ceil(log10(max(values)) + 0.01)
        self.most = max(each.most for each in measured.stages)

    def x(self, at: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * min(at / self.seconds, 1)

    def y(self, ms: float) -> float:
        return _BASE - (_BASE - _TOP) * times.along(ms, self.first, self.last)

    def lines(self, share: int) -> Iterator[str]:
        """The points of a percentile's line, in stretches: where nothing was answered it is broken."""
        points: list[str] = []
        for each in self._measured.slices:
            took = percentile((each,), share)
            if took is not None:
                points.append(f"{self.x(each.begins + each.seconds / 2):.1f},{self.y(took):.1f}")
            elif points:
                yield " ".join(points)
                points = []
        if points:
            yield " ".join(points if len(points) > 1 else [*points, points[0]])

    def limit(self, limit: Limit, voice: Voice) -> View:
        """The line of a limit, over the stages that it is about, and what stands at it."""
        begins = (0.0, *self.course.ends[:-1])
        stages = [n for n in range(1, len(self.course.stages) + 1) if limit.concerns(n)]
        return {
            "y": self.y(limit.ms),
            "spans": [(self.x(begins[n - 1]), self.x(self.course.ends[n - 1])) for n in stages],
            "label": _limit_label(limit, voice),
        }

    def bars(self) -> Iterator[View]:
        """The users of each stretch; marked where calls were lost or wrong, where they did not arrive, and where we were at our end."""
        for each in self._measured.slices:
            height = (_FLOOR - _BASE - 18) * each.users / self.most
            left, right = self.x(each.begins), self.x(each.begins + each.seconds)
            yield {"x": left, "width": max(right - left - 0.5, 0.5), "height": height, "kind": _kind(each)}


def _kind(each: Slice) -> str:
    if each.not_right or each.mixed or each.lost:
        return "over"
    return "hindered" if each.hindered or each.busy >= SATURATED else "within"
