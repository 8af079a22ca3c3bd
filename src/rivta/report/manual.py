"""What a human judged or is to judge: cases that no machine decides, each with what is said of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from rivta.declaration.proven import MANUAL, weighed
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.report.bodies import Link
from rivta.report.exchanges import Told
from rivta.report.requirements import Requirements
from rivta.report.voice import State, Voice


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
    link, title, told = requirements.link(result), voice.text(result.title), Told(voice)
    checks = [check for check in result.checks if check.kind == MANUAL or check.verdict is Verdict.MANUAL]
    for check in checks:
        state = voice.state(weighed(check))
        if check.kind == MANUAL:
            said = voice.text(check.note) if check.note else ""
            yield ManualView(link, title, told.asked(check), state, voice.answer(check), said, check.by)
        else:
            said = requirements.words_of(check) or check.actual
            yield ManualView(link, title, voice.check(check.kind), state, "", said, check.by)
    if result.verdict is Verdict.MANUAL and not checks:
        yield ManualView(link, title, "", voice.state(Verdict.MANUAL), "", requirements.why(result), "")
