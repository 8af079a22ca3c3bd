"""What a human judged or is to judge: cases that no machine decides, each with what is said of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from rivta.declaration import MANUAL, weighed
from rivta.model import CaseResult, Verdict
from rivta.report.bodies import Link
from rivta.report.requirements import Requirements
from rivta.report.states import State
from rivta.report.voice import Voice


@dataclass(frozen=True, slots=True)
class ManualView:
    """One case, or one check of it, that waits for a human or was judged by one: what was asked, what was answered, by whom."""

    case: Link
    title: str
    what: str
    state: State
    answer: str
    said: str
    by: str


def manual(results: tuple[CaseResult, ...], requirements: Requirements, voice: Voice) -> tuple[ManualView, ...]:
    """Every manual verdict of a run."""
    return tuple(view for result in results for view in _of(result, requirements, voice))


def _of(result: CaseResult, requirements: Requirements, voice: Voice) -> Iterator[ManualView]:
    link, title = requirements.link(result), voice.text(result.title)
    checks = [check for check in result.checks if check.kind == MANUAL or check.verdict is Verdict.MANUAL]
    for check in checks:
        said = requirements.words_of(check) or check.actual
        answer = voice.answer(check) if check.kind == MANUAL else ""
        what = voice.say("step_n", n=check.step + 1) if check.kind == MANUAL else voice.check(check.kind)
        yield ManualView(link, title, what, voice.state(weighed(check)), answer, said, check.by)
    if result.verdict is Verdict.MANUAL and not checks:
        yield ManualView(link, title, "", voice.state(Verdict.MANUAL), "", requirements.why(result), "")
