"""What a human judged or is to judge: cases that no machine decides, each with what is said of it, and named answers of the form."""

from collections.abc import Iterator
from dataclasses import dataclass

from rivta.declaration.proven import MANUAL, weighed
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.report.exchanges import asked
from rivta.report.form import AttestedView, attested
from rivta.report.links import Link
from rivta.report.material import Material
from rivta.report.voice import State


@dataclass(frozen=True, slots=True)
class JudgedView:
    """One case, or one check of it, that waits for a human or was judged by one: what was asked, what was answered, by whom."""

    case: Link
    title: str
    what: str
    state: State
    answer: str
    said: str
    by: str


@dataclass(frozen=True, slots=True)
class ManualView:
    """Every manual verdict of a run, and what named people answer for in the form."""

    judged: tuple[JudgedView, ...]
    attested: tuple[AttestedView, ...]


def part(material: Material) -> ManualView | None:
    """What humans judged, if anything."""
    judged = tuple(view for result in material.run.results for view in _of(result, material))
    named = tuple(attested(material))
    return ManualView(judged, named) if judged or named else None


def _of(result: CaseResult, material: Material) -> Iterator[JudgedView]:
    voice = material.voice
    link, title = material.places.link(result), voice.text(result.title)
    checks = [check for check in result.checks if check.kind == MANUAL or check.verdict is Verdict.MANUAL]
    for check in checks:
        state = voice.state(weighed(check))
        if check.kind == MANUAL:
            said = voice.text(check.note) if check.note else ""
            yield JudgedView(link, title, asked(check, voice), state, voice.answer(check), said, check.by)
        else:
            said = material.note(check) or check.actual
            yield JudgedView(link, title, voice.check(check.kind), state, "", said, check.by)
    if result.verdict is Verdict.MANUAL and not checks:
        yield JudgedView(link, title, "", voice.state(Verdict.MANUAL), "", material.why(result), "")
