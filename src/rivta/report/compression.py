"""By how much time was compressed in a run: what every rule over time was held against, so it is told where it counts."""

from rivta.model.run import Run, RunHeader
from rivta.report.voice import Voice

SETTING = "time factor"
"""The header's name for it."""
_OVER_TIME = frozenset({"resends"})
_EXAMPLE_SECONDS = 300
"""The interval that the profile demands between calls made again: five minutes."""


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


def told(run: Run, voice: Voice) -> tuple[str, str] | None:
    """A heading and what is to be known, where rules over time were tested with a clock that was not the real one."""
    factor = factor_of(run.header)
    checks = (check for result in run.results for check in result.checks)
    if factor == 1 or not any(is_told_by(check.kind) for check in checks):
        return None
    values = {
        "factor": written(factor, voice),
        "minutes": voice.duration(_EXAMPLE_SECONDS),
        "here": voice.duration(_EXAMPLE_SECONDS / factor),
    }
    return voice.say("compressed_heading", **values), voice.say("compressed", **values)


def written(factor: float, voice: Voice) -> str:
    """The factor as the language writes it."""
    return voice.number(factor, 0 if factor.is_integer() else 2)
