"""What people say: the filled form, each question with what is answered, what the evidence shows, and who says so; and
every verdict that is a person's word.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from rivta.declaration.answers import value_in_words
from rivta.declaration.form.figures import NONE
from rivta.declaration.proven import MANUAL, weighed
from rivta.model.declaration import Answer, FilledForm, FilledQuestion, Question, Section
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.report.layout import ReportLink, View, tallies
from rivta.report.material import Material, asked
from rivta.report.voice import State, Voice

_CHAPTER = re.compile(r"\d+")
_LEFT_SHOWN = 10
"""So many of the questions that remain are listed at once, contradictory ones first."""
_LOOSE = ("contradictory", "missing")
"""Answers that keep the form from being handed in."""


def part(material: Material) -> View | None:
    """The whole form, if the run has one."""
    return _FormPart(material.declaration.form, material).view() if material.declaration.form else None


def judged(material: Material) -> View | None:
    """What humans judged, if anything: every manual verdict of the run, and what named people answer for in the form."""
    verdicts = [view for result in material.run.counted for view in _verdicts(result, material)]
    attested = [*_attested(material)]
    return {"judged": verdicts, "attested": attested} if verdicts or attested else None


def _verdicts(result: CaseResult, material: Material) -> Iterator[View]:
    """A case, or each check of it, that waits for a human or was judged by one: what was asked and answered, and by whom."""
    voice = material.voice
    own: View = {"case": material.places.link(result), "title": voice.text(result.title), "answer": "", "by": ""}
    checks = [check for check in result.checks if check.kind == MANUAL or check.verdict is Verdict.MANUAL]
    for check in checks:
        told: View = {"state": voice.state(weighed(check)), "by": check.by}
        if check.kind == MANUAL:
            said = voice.text(check.note) if check.note else ""
            yield own | told | {"what": asked(check, voice), "answer": voice.answer(check), "said": said}
        else:
            yield own | told | {"what": voice.check(check.kind), "said": material.note(check) or check.actual}
    if result.verdict is Verdict.MANUAL and not checks:
        yield own | {"state": voice.state(Verdict.MANUAL), "what": "", "said": material.why(result)}


def fact(form: FilledForm | None, name: str) -> str:
    """What the form says of the vendor under that name: the answer, else what the run proposes, else nothing."""
    asked = (each for each in questions_of(form) if (each.question.origin, each.question.fact) == ("vendor", name))
    said = next((each.answer or each.proposal for each in asked), None)
    return said.value if said else ""


def questions_of(form: FilledForm | None) -> Iterator[FilledQuestion]:
    yield from (each for _, questions in (form.sections if form else ()) for each in questions)


def _attested(material: Material) -> Iterator[View]:
    """What named people answer for where no case decides, or beside what it decides."""
    for filled in questions_of(material.declaration.form):
        answer, question = filled.answer, filled.question
        if answer and answer.by:
            yield {
                "question": ReportLink(f"#{material.places.question(filled)}", material.voice.text(question.text)),
                "value": _value(question, answer.value, material.voice),
                "comment": answer.reason or answer.comment,
                "by": answer.by,
                "state": material.voice.answer_state(filled.state),
            }


def _value(question: Question, value: str, voice: Voice) -> str:
    if value == NONE:
        return voice.words["no_cases"]
    return voice.text(value_in_words(value)).capitalize() if question.answer == "yes-no" else value


@frozen
class Backing:
    """What a proposal rests on, and what that came to."""

    link: ReportLink
    state: State | None = None

    def __html__(self) -> str:
        return f"{self.state.symbol} {self.link.__html__()}" if self.state else self.link.__html__()


class _FormPart:
    def __init__(self, filled: FilledForm, material: Material) -> None:
        self._filled = filled
        self._material = material
        self._places = material.places
        self._voice = material.voice
        self._backing = cache(self._backed)

    def view(self) -> View:
        """The whole form. `left` are the questions that keep it from being handed in."""
        form, states = self._filled.form, [_state(each, self._voice) for each in questions_of(self._filled)]
        left = [*self._left()]
        # The reviewer's part follows the last chapter of the form.
        numbers = (_CHAPTER.search(section.number) for section, _ in self._filled.sections)
        return {
            **self._voice.told(form, "title", "version"),
            "counts": tallies(states, self._voice.answer_states),
            "total": self._voice.say("form_questions", n=self._voice.number(len(states))),
            "left": left,
            "left_shown": _LEFT_SHOWN,
            "left_more": self._voice.say("form_left_more", n=len(left) - _LEFT_SHOWN),
            "sections": [self._section(place, *each) for place, each in enumerate(self._filled.sections)],
            "result_number": str(max((int(found[0]) for found in numbers if found), default=0) + 1),
        }

    def _left(self) -> Iterator[View]:
        asked = [(section, each) for section, questions in self._filled.sections for each in questions]
        for section, filled in (pair for loose in _LOOSE for pair in asked if pair[1].state == loose):
            link = ReportLink(f"#{self._places.question(filled)}", self._voice.text(filled.question.text))
            yield {"link": link, "number": section.number, "state": _state(filled, self._voice)}

    def _section(self, place: int, section: Section, questions: Iterable[FilledQuestion]) -> View:
        return {
            **self._voice.told(section, "number", "title"),
            "anchor": self._places.anchors.of("form", place, section.number),
            "questions": [*map(self._question, questions)],
        }

    def _question(self, filled: FilledQuestion) -> View:
        """One question. `value` is the vendor's answer, or the proposal while there is none; `shown` is what the evidence
        shows where the two differ.
        """
        question, answer, proposal, voice = filled.question, filled.answer, filled.proposal, self._voice
        said, because = answer or proposal, proposal.because if proposal else ()
        differs = answer and proposal and answer.value != proposal.value
        return {
            **voice.told(question, "text", "help"),
            **voice.told(answer or Answer("", ""), "comment", "reason"),
            "by": filled.by or (voice.words["nobody"] if filled.state == "confirmed" else ""),
            "anchor": self._places.question(filled),
            "references": ", ".join(f"TF {each}" for each in question.tf),
            "state": _state(filled, voice),
            "value": _value(question, said.value if said else "", voice),
            "is_proposal": filled.state == "proposed",
            "must_be_read": question.confirm and filled.state == "proposed",
            "shown": _value(question, proposal.value, voice) if proposal and differs else "",
            "why": voice.text(filled.why) if filled.why and filled.state != "answered" else "",
            "backed_by": voice.say("backed_by_n", n=len(because)) if proposal else "",
            "backing": [*map(self._backing, because)],
            "attempts": self._attempts(because),
            "requirements": self._places.links(question.requirements),
        }

    def _attempts(self, because: Sequence[str]) -> str:
        """That what is shown rests on one attempt of several, by the cases that were tried again."""
        tried = self._material.attempts
        again = ", ".join(f"{key} ({tried[key]})" for key in because if tried[key] > 1)
        return self._voice.say("one_of_several", cases=again) if again else ""

    def _backed(self, because: str) -> Backing:
        """A case behind a proposal, with what it came to. No state: a figure of the run."""
        if because == self._material.run.header.run:
            return Backing(ReportLink("#basis", self._voice.words["this_run"]))
        result = self._material.by_key.get(because)
        if result is None:
            return Backing(self._places.stray(because) or ReportLink("", because))
        return Backing(self._places.link(result), self._voice.state(result.verdict))


def _state(filled: FilledQuestion, voice: Voice) -> State:
    return voice.answer_state("blank" if filled.state == "answered" and filled.answer is None else filled.state)
