"""Whether a load case's limits were kept, by what was measured alone: a replay gives the same verdicts.

Whose fault it was comes first here too. Calls that did not reach the system prove nothing of it; and where the generator of load had
used up its own processor, that answers are late is not told of the system.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import floor

from rivta.check.kinds import NOTHING
from rivta.model.load import Course, Limit, LimitKind, Measured, Slice, percentile
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

KINDS: Mapping[LimitKind, str] = {
    "within": "load_time",
    "answered": "load_answered",
    "right": "load_right",
    "unmixed": "load_unmixed",
    "available": "load_available",
}
"""The kind of check that each kind of limit is, as the report names it."""
SATURATED = 0.9
"""The share of a core from which on a generator may be what is slow: it has one, and needs some of it to look at the clock."""
_ENOUGH = 0.9
"""The share of the users that must have been there, in that share of the stretches."""
_OF_TIME: tuple[LimitKind, ...] = ("within", "answered", "available")
"""What a generator that is late could be the cause of."""


def judged(
    measured: Measured, verifies: tuple[str, ...], examples: Mapping[str, int] | None = None
) -> tuple[CheckResult, ...]:
    """A result for each limit. `verifies` is what one proves that does not say it; `examples` are exchanges by what they show."""
    return tuple(_judged(each, measured, verifies, examples or {}) for each in measured.limits)


def _judged(limit: Limit, measured: Measured, verifies: tuple[str, ...], examples: Mapping[str, int]) -> CheckResult:
    slices = measured.of(limit)
    where = f" [{', '.join(map(str, limit.stages))}/{len(measured.stages)}]" if limit.stages else ""
    result = CheckResult(
        kind=KINDS[limit.kind],
        verdict=Verdict.PASSED,
        verifies=limit.verifies or verifies,
        expected=f"{_wanted(limit)}{where}",
        actual=_seen(limit, measured, slices),
        source=limit.source,
        exchange=examples.get(limit.kind, 0),
    )
    if not _holds(limit, measured, slices):
        return _broken(result, limit, measured, slices)
    verdict, note = _unproven(limit, measured, slices)
    if verdict is Verdict.BLOCKED:
        hindered = Finding(text("check", "load_hindered", kinds=_summed(each.hindered for each in slices)))
        return replace(result, verdict=verdict, findings=(hindered,), exchange=examples.get("hindered", 0))
    return replace(result, verdict=verdict, note=note or _told(measured, slices))


def _broken(result: CheckResult, limit: Limit, measured: Measured, slices: Iterable[Slice]) -> CheckResult:
    """What is not as it should be, and whose that is: the system's, unless it was so only while we could not keep up."""
    calm = [each for each in slices if each.busy < SATURATED]
    finding = Finding(
        text(
            "check",
            f"broken_{limit.kind}",
            kinds=_summed(each.lost if limit.kind == "answered" else each.wrong for each in slices),
        ),
        expected=result.expected,
        actual=result.actual,
    )
    if limit.kind in _OF_TIME and _holds(limit, measured, calm):
        return replace(result, verdict=Verdict.BLOCKED, findings=(finding,), note=text("check", "load_saturated"))
    return replace(result, verdict=Verdict.FAILED, findings=(finding,), note=_told(measured, slices))


def _unproven(limit: Limit, measured: Measured, slices: tuple[Slice, ...]) -> tuple[Verdict, Text | None]:
    """Why what holds of all that was seen is not proven by it; passed where it is."""
    last = slices[-1]
    if measured.broke:
        return Verdict.ERROR, text("check", "load_broke", what=measured.broke)
    if any(each.hindered for each in slices):
        return Verdict.BLOCKED, None
    if measured.lasted < last.begins + last.seconds:
        return Verdict.NOT_PROVEN, text(
            "check", "load_cut", lasted=f"{measured.lasted:.3g} s", seconds=f"{measured.seconds:.3g} s"
        )
    if not _counted(limit, measured, slices)[1]:
        return Verdict.NOT_PROVEN, text("check", "load_nothing")
    if lacking := _lacking_users(measured, slices):
        return Verdict.NOT_PROVEN, lacking
    return Verdict.PASSED, None


def _lacking_users(measured: Measured, slices: tuple[Slice, ...]) -> Text | None:
    """What is to be said where more than a few stretches had fewer users than they should, as when a worker was lost."""
    course = Course(measured.stages, measured.factor)
    wanted = [course.least_users(each.begins, each.begins + each.seconds) for each in slices]
    short = [(each.users, users) for each, users in zip(slices, wanted, strict=True) if each.users < users * _ENOUGH]
    if len(short) <= len(slices) * (1 - _ENOUGH):
        return None
    reached, users = min(short)
    return text("check", "load_users", reached=reached, users=users)


def _counted(limit: Limit, measured: Measured, slices: Iterable[Slice]) -> tuple[int, int]:
    """How many are not as they should be, and of how many."""
    slices = tuple(slices)
    answered = sum(each.answered for each in slices)
    match limit.kind:
        case "within":
            place = measured.timed.index(limit)
            return sum(each.over[place] for each in slices if each.over), answered
        case "answered":
            lost = sum(sum(each.lost.values()) for each in slices)
            return lost, answered + lost
        case "right":
            return sum(each.not_right for each in slices), answered
        case "unmixed":
            return sum(each.mixed for each in slices), sum(each.whose for each in slices)
        case "available":
            probes = sum(each.probes for each in slices)
            return probes - sum(each.available for each in slices), probes


def _holds(limit: Limit, measured: Measured, slices: Iterable[Slice]) -> bool:
    bad, total = _counted(limit, measured, slices)
    return bad <= total * (100 - limit.share) / 100 + 1e-9


def _wanted(limit: Limit) -> str:
    return f"≥ {limit.share:g} %" + (f" ≤ {limit.ms:g} ms" if limit.kind == "within" else "")


def _seen(limit: Limit, measured: Measured, slices: tuple[Slice, ...]) -> str:
    bad, total = _counted(limit, measured, slices)
    if not total:
        return NOTHING
    share = floor((total - bad) / total * 100_000) / 1000  # rounded down: 100 % means all
    took = percentile(slices, limit.share) if limit.kind == "within" else None
    if took and _holds(limit, measured, slices):
        took = min(took, limit.ms)  # its bucket may end beyond
    return f"{share:g} % ({total - bad} / {total})" + (f", p{limit.share:g} = {_plain(took)} ms" if took else "")


def _plain(ms: float) -> str:
    """Four digits, and never a power of ten."""
    return f"{ms:.4g}" if ms < 10_000 else f"{ms:.0f}"


def _summed(counts: Iterable[Mapping[str, int]]) -> str:
    """What was wrong, each with how often."""
    total = Counter[str]()
    for each in counts:
        total.update(each)
    return ", ".join(f"{count} × {kind}" for kind, count in sorted(total.items())) or NOTHING


def _told(measured: Measured, slices: Iterable[Slice]) -> Text | None:
    """What a reader has to know beside the figures: that time was shortened, that the generator was at its end."""
    said = [text("check", "load_shortened", factor=f"{measured.factor:g}")] if measured.factor != 1 else []
    if any(each.busy >= SATURATED for each in slices):
        said.append(text("check", "load_busy"))
    return Text.joined(said) if said else None
