"""What still keeps a filled form from being handed in, each with its place in the vendor's file and its remedy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rivta.declaration.form.filling import bad_value
from rivta.model.declaration import Answers, FilledForm, FilledQuestion, Form, Question, Section
from rivta.model.errors import UsageError
from rivta.model.words import Source


@dataclass(frozen=True, slots=True)
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
    found: dict[str, Shortcoming] = {}
    for form in forms:
        for _, questions in form.sections:
            for filled in questions:
                if shortcoming := _of(filled, answers):
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
    because = f" ({', '.join(filled.proposal.because[:5])})" if filled.proposal.because else ""
    return f"{filled.question.id}: nobody has looked at “{text}”; the evidence says {filled.proposal.value}{because}"


def _wanted(filled: FilledQuestion) -> str:
    question = filled.question
    if question.origin == "vendor" and question.fact:
        return f"write it under vendor: {question.fact}"
    kinds = {"yes-no": "yes, no or not-applicable", "date": "a date, YYYY-MM-DD", "number": "a number"}
    value = kinds.get(question.answer, "the answer")
    if filled.proposal is None:
        return f"write value: {value}" + (", and by: the name of who says so" if _needs_name(filled) else "")
    if question.answer == "yes-no" and filled.proposal.value == bad_value(question):
        return f"write value: {filled.proposal.value} and a comment that says why, or another value and a reason"
    return "write confirmed: yes and by: a name, or another value, a reason and a name"


def _needs_name(filled: FilledQuestion) -> bool:
    return filled.question.confirm or filled.question.origin in ("cases", "coverage")


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
