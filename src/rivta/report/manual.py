"""What a human judged or is to judge: cases that no machine decides, each with what is said of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from rivta.model import CaseResult, Verdict
from rivta.report.bodies import Link
from rivta.report.requirements import Requirements
from rivta.report.states import State
from rivta.report.voice import Voice


@dataclass(frozen=True, slots=True)
class ManualView:
    """One case, or one check of it, that waits for a human or was judged by one."""

    case: Link
    title: str
    what: str
    state: State
    said: str


def manual(results: tuple[CaseResult, ...], requirements: Requirements, voice: Voice) -> tuple[ManualView, ...]:
    """Every manual verdict of a run."""
    return tuple(view for result in results for view in _of(result, requirements, voice))


def _of(result: CaseResult, requirements: Requirements, voice: Voice) -> Iterator[ManualView]:
    link, title, state = requirements.link(result), voice.text(result.title), voice.state(Verdict.MANUAL)
    checks = [check for check in result.checks if check.verdict is Verdict.MANUAL]
    for check in checks:
        said = requirements.words_of(check) or check.actual
        yield ManualView(link, title, voice.check(check.kind), state, said)
    if result.verdict is Verdict.MANUAL and not checks:
        yield ManualView(link, title, "", state, requirements.why(result))
