"""The filled form as the report shows it: each question with what is answered, what the evidence shows, and who says so."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rivta.model.declaration import FilledForm, FilledQuestion, Question, Section
from rivta.model.run import Run
from rivta.report.anchors import Anchors
from rivta.report.bodies import Link
from rivta.report.drawing import Tally, tallies
from rivta.report.requirements import Requirements
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
class Open:
    """A question that is not done, as the list of what remains shows it."""

    link: Link
    number: str
    state: State


@dataclass(frozen=True, slots=True)
class FormView:
    """The form. `left` are the questions that keep it from being handed in."""

    title: str
    version: str
    counts: tuple[Tally, ...]
    total: str
    left: tuple[Open, ...]
    left_shown: int
    left_more: str
    sections: tuple[SectionView, ...]
    result_number: str


@dataclass(frozen=True, slots=True)
class Attested:
    """A human's word in the form, with the name behind it."""

    question: Link
    value: str
    comment: str
    by: str
    state: State


class Questions:
    """Builds the form part of the view."""

    def __init__(  # noqa: PLR0917 - the parts of the report that a form leads to
        self,
        filled: FilledForm,
        run: Run,
        requirements: Requirements,
        voice: Voice,
        anchors: Anchors,
        strays: Mapping[str, Link],
    ) -> None:
        self._filled = filled
        self._run = run.header.run
        self._requirements = requirements
        self._anchors = anchors
        self._links = requirements.links()
        self._strays = strays
        self._verdicts = {result.key: result.verdict for result in run.results}
        self._voice = voice
        self._states = {state.key: state for state in voice.answer_states}
        # Forms of several roles are shown as one, where a number or an id may stand twice.
        every = (one for _, questions in filled.sections for one in questions)
        self._places = {id(one): anchors.of("q", place, one.question.id) for place, one in enumerate(every)}

    def view(self) -> FormView:
        """The whole form."""
        sections = tuple(self._section(*each) for each in enumerate(self._filled.sections))
        questions = [question for section in sections for question in section.questions]
        left = sorted(
            (
                Open(Link(f"#{question.anchor}", question.text), section.number, question.state)
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

    def fact(self, name: str) -> str:
        """What the form says of the vendor under that name: the answer, else what the run proposes, else nothing."""
        for _, questions in self._filled.sections:
            for filled in questions:
                if filled.question.origin == "vendor" and filled.question.fact == name:
                    return filled.answer.value if filled.answer else filled.proposal.value if filled.proposal else ""
        return ""

    def attested(self) -> tuple[Attested, ...]:
        """What named people answer for where no case decides, or beside what it decides."""
        return tuple(self._attested())

    def _attested(self) -> Iterator[Attested]:
        for _, questions in self._filled.sections:
            for filled in questions:
                answer, question = filled.answer, filled.question
                if answer and answer.by:
                    link = Link(f"#{self._places[id(filled)]}", self._voice.text(question.text))
                    value = self._value(question, answer.value)
                    yield Attested(link, value, answer.reason or answer.comment, answer.by, self._states[filled.state])

    def _result_number(self) -> str:
        """The reviewer's part follows the last chapter of the form."""
        numbers = (_CHAPTER.search(section.number) for section, _ in self._filled.sections)
        return str(max((int(found[0]) for found in numbers if found), default=0) + 1)

    def _section(self, place: int, part: tuple[Section, tuple[FilledQuestion, ...]]) -> SectionView:
        section, questions = part
        return SectionView(
            anchor=self._anchors.of("form", place, section.number),
            number=section.number,
            title=self._voice.text(section.title),
            questions=tuple(self._question(each) for each in questions),
        )

    def _question(self, filled: FilledQuestion) -> QuestionView:
        question, answer, proposal = filled.question, filled.answer, filled.proposal
        differs = answer is not None and proposal is not None and answer.value != proposal.value
        value = answer.value if answer else proposal.value if proposal else ""
        return QuestionView(
            anchor=self._places[id(filled)],
            text=self._voice.text(question.text),
            help=self._voice.text(question.help) if question.help else "",
            references=", ".join(f"TF {each}" for each in question.tf),
            state=self._state(filled),
            value=self._value(question, value),
            is_proposal=filled.state == "proposed",
            must_be_read=question.confirm and filled.state == "proposed",
            shown=self._value(question, proposal.value) if differs and proposal else "",
            why=self._voice.text(filled.why) if filled.why and filled.state != "answered" else "",
            comment=answer.comment if answer else "",
            reason=answer.reason if answer else "",
            by=answer.by if answer else "",
            backed_by=self._voice.say("backed_by_n", n=len(proposal.because)) if proposal else "",
            backing=tuple(self._backing(each) for each in proposal.because) if proposal else (),
            requirements=tuple(self._links.get(each) or Link("", each) for each in question.requirements),
        )

    def _state(self, filled: FilledQuestion) -> State:
        is_blank = filled.state == "answered" and filled.answer is None
        return self._states["blank" if is_blank else filled.state]

    def _value(self, question: Question, value: str) -> str:
        if value == _EMPTY_LIST:
            return self._voice.words["no_cases"]
        return self._voice.words[_VALUES[value]] if question.answer == "yes-no" and value in _VALUES else value

    def _backing(self, because: str) -> Backing:
        if because == self._run:
            return Backing(Link("#basis", self._voice.words["this_run"]), None)
        verdict = self._verdicts.get(because)
        if verdict is None:
            return Backing(self._strays.get(because) or Link("", because), None)
        return Backing(self._requirements.case_link(because), self._voice.state(verdict))
