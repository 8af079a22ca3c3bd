"""The filled form as the report shows it: each question with what is answered, what the evidence shows, and who says so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rivta.model.declaration import FilledForm, FilledQuestion, Question, Section
from rivta.report.drawing import StateCount, tallies
from rivta.report.links import Link
from rivta.report.material import Material
from rivta.report.voice import State, Voice

_VALUES = {"yes": "yes", "no": "no", "not-applicable": "not_applicable"}
_EMPTY_LIST = "–"
"""What a form says where a list that was asked for is empty."""
_CHAPTER = re.compile(r"\d+")
_LEFT_SHOWN = 10
"""So many of the questions that remain are listed at once, contradictory ones first."""
_LOOSE = ("contradictory", "missing")
"""Answers that keep the form from being handed in."""


@dataclass(frozen=True, slots=True)
class Backing:
    """A case behind a proposal, with what it came to. No state: a figure of the run."""

    link: Link
    state: State | None


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question. `value` is the vendor's answer, or the proposal while there is none; `shown` is what the evidence shows
    where the two differ.
    """

    anchor: str
    text: str
    help: str
    references: str
    state: State
    value: str
    is_proposal: bool
    must_be_read: bool
    shown: str
    why: str
    comment: str
    reason: str
    by: str
    backed_by: str
    backing: tuple[Backing, ...]
    requirements: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A numbered part of the form."""

    anchor: str
    number: str
    title: str
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True, slots=True)
class OpenView:
    """A question that is not done, as the list of what remains shows it."""

    link: Link
    number: str
    state: State


@dataclass(frozen=True, slots=True)
class FormView:
    """The form. `left` are the questions that keep it from being handed in."""

    title: str
    version: str
    counts: tuple[StateCount, ...]
    total: str
    left: tuple[OpenView, ...]
    left_shown: int
    left_more: str
    sections: tuple[SectionView, ...]
    result_number: str


@dataclass(frozen=True, slots=True)
class AttestedView:
    """A human's word in the form, with the name behind it."""

    question: Link
    value: str
    comment: str
    by: str
    state: State


def part(material: Material) -> FormView | None:
    """The whole form, if the run has one."""
    filled = material.declaration.form
    return _Form(filled, material).view() if filled else None


def fact(form: FilledForm | None, name: str) -> str:
    """What the form says of the vendor under that name: the answer, else what the run proposes, else nothing."""
    for filled in questions_of(form):
        if filled.question.origin == "vendor" and filled.question.fact == name:
            return filled.answer.value if filled.answer else filled.proposal.value if filled.proposal else ""
    return ""


def questions_of(form: FilledForm | None) -> Iterator[FilledQuestion]:
    """All questions of a form in order."""
    yield from (each for _, questions in (form.sections if form else ()) for each in questions)


def attested(material: Material) -> Iterator[AttestedView]:
    """What named people answer for where no case decides, or beside what it decides."""
    states = {state.key: state for state in material.voice.answer_states}
    for filled in questions_of(material.declaration.form):
        answer, question = filled.answer, filled.question
        if answer and answer.by:
            link = Link(f"#{material.places.question(filled)}", material.voice.text(question.text))
            value = _value(question, answer.value, material.voice)
            yield AttestedView(link, value, answer.reason or answer.comment, answer.by, states[filled.state])


def _value(question: Question, value: str, voice: Voice) -> str:
    if value == _EMPTY_LIST:
        return voice.words["no_cases"]
    return voice.words[_VALUES[value]] if question.answer == "yes-no" and value in _VALUES else value


class _Form:
    """Makes the view of a form."""

    def __init__(self, filled: FilledForm, material: Material) -> None:
        self._filled = filled
        self._material = material
        self._places = material.places
        self._voice = material.voice
        self._states = {state.key: state for state in material.voice.answer_states}

    def view(self) -> FormView:
        """The whole form."""
        sections = tuple(self._section(*each) for each in enumerate(self._filled.sections))
        questions = [question for section in sections for question in section.questions]
        left = sorted(
            (
                OpenView(Link(f"#{question.anchor}", question.text), section.number, question.state)
                for section in sections
                for question in section.questions
                if question.state.key in _LOOSE
            ),
            key=lambda each: _LOOSE.index(each.state.key),
        )
        return FormView(
            title=self._voice.text(self._filled.form.title),
            version=self._filled.form.version,
            counts=tallies((question.state for question in questions), self._voice.answer_states),
            total=self._voice.say("form_questions", n=self._voice.number(len(questions))),
            left=tuple(left),
            left_shown=_LEFT_SHOWN,
            left_more=self._voice.say("form_left_more", n=len(left) - _LEFT_SHOWN),
            sections=sections,
            result_number=self._result_number(),
        )

    def _result_number(self) -> str:
        """The reviewer's part follows the last chapter of the form."""
        numbers = (_CHAPTER.search(section.number) for section, _ in self._filled.sections)
        return str(max((int(found[0]) for found in numbers if found), default=0) + 1)

    def _section(self, place: int, part: tuple[Section, tuple[FilledQuestion, ...]]) -> SectionView:
        section, questions = part
        return SectionView(
            anchor=self._places.anchors.of("form", place, section.number),
            number=section.number,
            title=self._voice.text(section.title),
            questions=tuple(self._question(each) for each in questions),
        )

    def _question(self, filled: FilledQuestion) -> QuestionView:
        question, answer, proposal = filled.question, filled.answer, filled.proposal
        differs = answer is not None and proposal is not None and answer.value != proposal.value
        value = answer.value if answer else proposal.value if proposal else ""
        return QuestionView(
            anchor=self._places.question(filled),
            text=self._voice.text(question.text),
            help=self._voice.text(question.help) if question.help else "",
            references=", ".join(f"TF {each}" for each in question.tf),
            state=self._state(filled),
            value=_value(question, value, self._voice),
            is_proposal=filled.state == "proposed",
            must_be_read=question.confirm and filled.state == "proposed",
            shown=_value(question, proposal.value, self._voice) if differs and proposal else "",
            why=self._voice.text(filled.why) if filled.why and filled.state != "answered" else "",
            comment=answer.comment if answer else "",
            reason=answer.reason if answer else "",
            by=answer.by if answer else "",
            backed_by=self._voice.say("backed_by_n", n=len(proposal.because)) if proposal else "",
            backing=tuple(self._backing(each) for each in proposal.because) if proposal else (),
            requirements=self._places.links(question.requirements),
        )

    def _state(self, filled: FilledQuestion) -> State:
        is_blank = filled.state == "answered" and filled.answer is None
        return self._states["blank" if is_blank else filled.state]

    def _backing(self, because: str) -> Backing:
        if because == self._material.run.header.run:
            return Backing(Link("#basis", self._voice.words["this_run"]), None)
        result = self._material.by_key.get(because)
        if result is None:
            return Backing(self._places.stray(because) or Link("", because), None)
        return Backing(self._places.link(result), self._voice.state(result.verdict))
