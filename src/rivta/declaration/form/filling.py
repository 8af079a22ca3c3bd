"""A form set against a run and the vendor's answers: each question with what both say, and how the two stand to each other.

An automatic answer is a proposal until a human confirms it: question by question, or all that need no look of their own at
once (`confirmed-run` and `confirmed-by` in the vendor's file). An answer that departs from the evidence is kept beside it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from rivta.declaration.answers import value_in_words
from rivta.declaration.form.part import RunPart, part_of
from rivta.declaration.form.proposal import propose
from rivta.model.declaration import (
    Answer,
    Answers,
    Declaration,
    FilledForm,
    FilledQuestion,
    Form,
    Proposal,
    Question,
    Section,
)
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Source, Text
from rivta.text.catalogue import text

State = Literal["proposed", "confirmed", "changed", "answered", "missing", "contradictory"]


def fill(form: Form, declaration: Declaration | None = None, answers: Answers | None = None) -> FilledForm:
    """The form, filled in. Without a declaration nothing is proposed; without answers nothing is confirmed."""
    part = part_of(form, declaration) if declaration else None
    wholesale = part is not None and answers is not None and confirms(answers.vendor, part.run.header.run)
    return FilledForm(
        form,
        tuple(
            (section, tuple(_filled(question, part, answers, wholesale=wholesale) for question in section.questions))
            for section in form.sections
        ),
    )


def bad_value(question: Question) -> str:
    """The answer that needs words: no, or yes where the question asks for something to be admitted."""
    return "yes" if question.disclosure else "no"


def confirms(vendor: Mapping[str, str], run: str) -> bool:
    """Whether a named person stands behind the proposals of just this run, by what the vendor says of itself."""
    return bool(vendor.get("confirmed-by")) and vendor.get("confirmed-run") == run


def _filled(question: Question, part: RunPart | None, answers: Answers | None, *, wholesale: bool) -> FilledQuestion:
    filled = _held(question, part, answers, wholesale=wholesale)
    if answers is None or filled.state != "confirmed":
        return filled
    return replace(filled, confirmed_by=answers.vendor.get("signer" if filled.answer else "confirmed-by", ""))


def _held(question: Question, part: RunPart | None, answers: Answers | None, *, wholesale: bool) -> FilledQuestion:
    said = propose(question, part) if part else None
    proposal = said if isinstance(said, Proposal) else None
    answer = _answer(question, proposal, answers, known=part is not None)
    why = said if isinstance(said, Text) else _registered(question, proposal, part)
    if answer is None:
        return FilledQuestion(question, proposal, None, _unanswered(question, proposal, wholesale), why)
    departs = proposal is not None and not same(answer.value, proposal.value)
    # What the run shows, and has been registered and explained, needs no words of the answer's own.
    is_told = proposal is not None and bool(why) and not departs
    trouble = (
        (_unexplained_change(proposal, answer) if proposal and departs else None)
        or (None if is_told else _unexplained_value(question, proposal, answer))
        or _nameless(question, answer, departs=departs, is_in_place=part is not None and proposal is None)
    )
    if trouble:
        return FilledQuestion(question, proposal, answer, "contradictory", trouble)
    state: State = "changed" if departs else "confirmed" if proposal else "answered"
    return FilledQuestion(question, proposal, answer, state, why)


def _registered(question: Question, proposal: Proposal | None, part: RunPart | None) -> Text | None:
    """The known deviations that a bad answer comes from, when it comes from nothing else: their rationale is its words."""
    if proposal is None or part is None or proposal.value != bad_value(question) or question.answer != "yes-no":
        return None
    known = part.known()
    if not proposal.because or any(key not in known for key in proposal.because):
        return None
    told = dict.fromkeys(f"{each.id} ({each.rationale})" for key in proposal.because for each in known[key])
    return text("declaration", "known_deviation", listed="; ".join(told))


def _answer(question: Question, proposal: Proposal | None, answers: Answers | None, *, known: bool) -> Answer | None:
    """What the vendor says: in an answer of its own, or as one of the facts about itself. A confirmation without a value
    says what the evidence says; when no run is looked at, it stands for whatever that is.
    """
    if answers is None:
        return None
    own = answers.answers.get(question.id)
    if own and own.confirmed and not own.value and proposal:
        own = replace(own, value=proposal.value)
    if own and (own.value or (own.confirmed and not known)):
        return own
    fact = answers.vendor.get(question.fact, "") if question.origin == "vendor" and question.fact else ""
    return Answer(question.id, fact, source=answers.places.get(question.fact)) if fact else None


def _unanswered(question: Question, proposal: Proposal | None, wholesale: bool) -> State:
    if proposal is None:
        return "answered" if question.optional else "missing"
    is_plain = not question.confirm and not (question.answer == "yes-no" and proposal.value == bad_value(question))
    return "confirmed" if wholesale and is_plain else "proposed"


def same(one: str, other: str) -> bool:
    """Whether two answers say the same, whatever their case and white space."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _unexplained_change(proposal: Proposal, answer: Answer) -> Text | None:
    if answer.reason:
        return None
    said, shown = value_in_words(answer.value), value_in_words(proposal.value)
    return text("declaration", "unexplained_change", said=said, shown=shown, because=_because(proposal))


def _because(proposal: Proposal) -> str:
    return f" ({', '.join(proposal.because[:5])})" if proposal.because else ""


def _unexplained_value(question: Question, proposal: Proposal | None, answer: Answer) -> Text | None:
    if question.answer != "yes-no" or answer.comment or answer.reason:
        return None
    if answer.value == bad_value(question):
        return text("declaration", "unexplained_value", said=value_in_words(answer.value))
    is_shown = proposal is not None and proposal.value == answer.value
    if answer.value == "not-applicable" and not is_shown:
        return text("declaration", "unexplained_not_applicable")
    return None


def _nameless(question: Question, answer: Answer, *, departs: bool, is_in_place: bool) -> Text | None:
    """A human's word needs a name: where a look was asked for, where it stands against the evidence or in its place."""
    is_needed = question.confirm or departs or (is_in_place and question.origin in ("cases", "coverage"))
    return text("declaration", "nameless") if is_needed and not answer.by else None


@frozen
class Shortcoming:
    """One question that is not done. Its place is the answer's, else that of the answers."""

    kind: Literal["missing", "contradictory"]
    question: str
    mistake: UsageError


def is_asked(filled: FilledQuestion) -> bool:
    """Whether the vendor must write something: a human must look, only the vendor knows, or the evidence does not suffice.

    Evidence does not suffice when it proposes nothing (and says why), or proposes what needs words that no known deviation
    gives.
    """
    question, proposal = filled.question, filled.proposal
    if question.confirm:
        return True
    if proposal is None:
        return question.origin == "vendor" or filled.why is not None
    is_bad = question.answer == "yes-no" and proposal.value == bad_value(question)
    return is_bad and filled.why is None


def asked(filled: FilledForm) -> tuple[tuple[Section, FilledQuestion], ...]:
    return tuple((section, each) for section, questions in filled.sections for each in questions if is_asked(each))


def shortcomings(forms: Iterable[FilledForm], answers: Answers, run: str = "") -> tuple[Shortcoming, ...]:
    """Everything that is missing or contradictory, a question once however many forms ask it, in the forms' order.

    `run` is the name of the run that the forms were filled in from.
    """
    asked = (filled for form in forms for _, questions in form.sections for filled in questions)
    found: dict[str, Shortcoming] = {}
    for shortcoming in filter(None, (_of(filled, answers) for filled in asked)):
        found.setdefault(shortcoming.question, shortcoming)
    return (*found.values(), *_wholesale(answers, run))


def _of(filled: FilledQuestion, answers: Answers) -> Shortcoming | None:
    question, source = filled.question, _place(filled.question, answers)
    if filled.state == "contradictory" and filled.why:
        mistake = UsageError(f"{question.id}: {filled.why.en}", source=source, todo=_todo(filled.why.en, question))
        return Shortcoming("contradictory", question.id, mistake)
    may_be_blank = question.optional and filled.proposal is None
    if filled.answer or may_be_blank or filled.state == "confirmed" or not is_asked(filled):
        return None
    return Shortcoming("missing", question.id, UsageError(_lack(filled), source=source, todo=_wanted(filled)))


def _wholesale(answers: Answers, run: str) -> Iterator[Shortcoming]:
    """A confirmation of all proposals needs a name, and holds for the run that was looked at."""
    confirmed, name = answers.vendor.get("confirmed-run", ""), answers.vendor.get("confirmed-by", "")
    what, todo = "", ""
    if confirmed and not name:
        what = f"confirmed-run: nobody stands behind the proposals of run {confirmed}"
        todo = "write a name under confirmed-by, or clear confirmed-run"
    elif confirmed and run and confirmed != run:
        what = f"confirmed-run: the proposals of run {confirmed} were confirmed; this is run {run}"
        todo = f"look through the proposals of this run, and write confirmed-run: {run}"
    if what:
        mistake = UsageError(what, source=answers.places.get("confirmed-run"), todo=todo)
        yield Shortcoming("contradictory", "confirmed-run", mistake)


def _place(question: Question, answers: Answers) -> Source:
    own = answers.answers.get(question.id)
    if own and own.source:
        return own.source
    fact = answers.places.get(question.fact) if question.origin == "vendor" else None
    return fact or answers.places.get("answers") or Source(str(answers.path))


def _lack(filled: FilledQuestion) -> str:
    text = filled.question.text.en.rstrip(".?")
    if filled.proposal is None:
        why = f". {filled.why.en}" if filled.why and filled.question.origin != "vendor" else ""
        return f"{filled.question.id}: no answer to “{text}”{why}"
    shown = f"{filled.proposal.value}{_because(filled.proposal)}"
    return f"{filled.question.id}: nobody has looked at “{text}”; the evidence says {shown}"


def _wanted(filled: FilledQuestion) -> str:
    question = filled.question
    if question.origin == "vendor" and question.fact:
        return f"write it under vendor: {question.fact}"
    kinds = {"yes-no": "yes, no or not-applicable", "date": "a date, YYYY-MM-DD", "number": "a number"}
    value = kinds.get(question.answer, "the answer")
    if filled.proposal is None:
        needs_name = question.confirm or question.origin in ("cases", "coverage")
        return f"write value: {value}" + (", and by: the name of who says so" if needs_name else "")
    if question.answer == "yes-no" and filled.proposal.value == bad_value(question):
        return f"write value: {filled.proposal.value} and a comment that says why, or another value and a reason"
    return "write confirmed: yes and by: a name, or another value, a reason and a name"


def _todo(why: str, question: Question) -> str:
    if "name" in why:
        return "write by: the name of who says so"
    if "reason" in why:
        return "write reason: why the answer differs, and by: a name; or answer as the evidence shows"
    return f"write comment: what {'it' if question.disclosure else 'the deviation'} is, or why"


def counts(form: Form) -> Mapping[str, int]:
    """How many questions a form has by the origin of the answer, and how many a human must look at."""
    questions = [each for section in form.sections for each in section.questions]
    origins = Counter(str(each.origin) for each in questions)
    found = {name: origins[name] for name in ("cases", "coverage", "run", "vendor")}
    return found | {"confirm": sum(each.confirm for each in questions), "all": len(questions)}
