"""The vendor's answers, each placed at the field of the form that it answers.

An answer finds its field by its id, whatever the case, punctuation and accents: a question of the skeletons under
`suites/forms` (asked once for all contracts), the test case that a form cites, or a question's own first words; the
section's number before them tells apart what a form asks twice:

    sla-availability        tf-5-1        2-2-1-ovrig-kommentar        tjansteproducentens-informationsmappning
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rivta.declaration.answers import WORDS
from rivta.declaration.form.filling import confirms
from rivta.model.declaration import Answer, Answers, FilledForm, FilledQuestion
from rivta.model.words import Text
from rivta.report.word.fields import QUESTIONS, WordField, WordForm, without
from rivta.text.catalogue import text

_BREAKS = re.compile(r"[\W_]+")


def plain(said: str) -> str:
    """Text as names are compared: letters without accents and digits, in lower case, everything else a space."""
    letters = unicodedata.normalize("NFKD", said.casefold())
    return _BREAKS.sub(" ", "".join(each for each in letters if not unicodedata.combining(each))).strip()


def said_of_vendor(known: Mapping[str, str], field: WordField) -> str:
    """What facts about the vendor say to a field that asks for them; empty for others."""
    ways = QUESTIONS["vendor"].get(plain(field.question), ())
    return next(filter(None, (" ".join(filter(None, map(known.get, keys))) for keys in ways)), "")


class PlacedAnswers:
    """The answers by the field that they belong to, and those that belong to none, with the reason."""

    def __init__(self, form: WordForm, answers: Answers | None, filled: Iterable[FilledForm] = ()) -> None:
        self._answers: dict[int, Answer] = {}
        self._questions: dict[int, FilledQuestion] = {}
        self._vendor = answers.vendor if answers else {}
        self.unplaced: list[tuple[str, Text]] = []
        index, given = _Index(form.fields), answers.answers if answers else {}
        asked = [question for each in filled for _, questions in each.sections for question in questions]
        self._asked_elsewhere = {each.question.id for each in asked}
        citing = Counter(each.question.tf for each in asked)
        left = [
            each.question.id
            for each in asked
            if not self._take_question(each, index, is_only=citing[each.question.tf] == 1)
        ]
        for id_ in (*left, *(id_ for id_ in given if id_ not in self._asked_elsewhere)):
            if id_ in given:
                self._take_answer(id_, given[id_], index)

    def answer(self, field: WordField) -> Answer | None:
        """What the vendor answers in a field, or says of itself there."""
        own, asked = self._answers.get(field.position), self._questions.get(field.position)
        said = said_of_vendor(self._vendor, field) if field.kind in {"label", "text", "column"} else ""
        return own or (asked and asked.answer) or (Answer(field.name, said) if said else None)

    def question(self, field: WordField) -> FilledQuestion | None:
        return self._questions.get(field.position)

    def confirms(self, run: str) -> bool:
        """Whether a named person stands behind the proposals of just this run."""
        return confirms(self._vendor, run)

    def _take_question(self, filled: FilledQuestion, index: _Index, *, is_only: bool) -> bool:
        """Whether exactly one field stands for the question: by the test case if each side cites it once, else by words."""
        cited = index.common([plain(each if "TF" in each else f"TF {each}") for each in filled.question.tf])
        named = index.named(filled.question.text.sv)
        found = [field for field in cited if field in named] or (cited if is_only else [])
        wants_tick = filled.question.answer == "yes-no"
        if len(found) != 1 or found[0].owner != "vendor" or (found[0].kind == "yes-no") != wants_tick:
            return False
        self._questions.setdefault(found[0].position, filled)
        return True

    def _take_answer(self, id_: str, answer: Answer, index: _Index) -> None:
        shared, found = index.of_skeleton(id_), index.named(id_) or index.starting(id_)
        for field in shared:
            self._place(id_, answer, field)
        if shared:
            return
        if len(found) > 1:
            places = ", ".join(dict.fromkeys(field.section for field in found))
            self.unplaced.append((id_, text("word", "several", n=len(found), places=places)))
        elif found:
            self._place(id_, answer, found[0])
        else:
            is_known = id_ in QUESTIONS["skeleton"].values() or id_ in self._asked_elsewhere
            self.unplaced.append((id_, text("word", "not_here" if is_known else "nowhere")))

    def _place(self, id_: str, answer: Answer, field: WordField) -> None:
        value = WORDS.get("-".join(answer.value.casefold().split()), answer.value)
        if field.owner == "reviewer":
            self.unplaced.append((id_, text("word", "reviewers")))
        elif field.kind == "yes-no" and value not in {*WORDS.values(), ""}:
            self.unplaced.append((id_, text("word", "not_yes_no")))
        else:
            self._answers[field.position] = replace(answer, value=value) if field.kind == "yes-no" else answer


class _Index:
    """A form's fields by every name that they go by."""

    def __init__(self, fields: Iterable[WordField]) -> None:
        self._fields = [(field, *_names(field)) for field in fields]
        """Each field with the names that are its question's own, and with all that it goes by."""
        asking = [each for each in self._fields if each[0].kind not in {"deviations", "comment"}]
        self._by_skeleton = [(field, frozenset(_skeletons(names))) for field, _, names in asking]

    def of_skeleton(self, id_: str) -> list[WordField]:
        """The fields that ask what a question of our skeletons asks."""
        return [field for field, ids in self._by_skeleton if id_ in ids]

    def named(self, name: str) -> list[WordField]:
        return self.common([plain(name)])

    def starting(self, name: str) -> list[WordField]:
        """The fields whose own question begins so; what is about another question does not count."""
        start = plain(name) + " "
        return [field for field, own, _ in self._fields if any(each.startswith(start) for each in own)]

    def common(self, names: Iterable[str]) -> list[WordField]:
        """The fields that go by all of the names; by none of no names."""
        wanted = {*names}
        return [field for field, _, known in self._fields if wanted and wanted <= known]


def _skeletons(names: Iterable[str]) -> Iterator[str]:
    yield from (id_ for name in names for pattern, id_ in QUESTIONS["skeleton"].items() if re.search(pattern, name))


def _names(field: WordField) -> tuple[frozenset[str], frozenset[str]]:
    """The names that are the question's own, and all."""
    own = frozenset(_called(field, [field.question, without(field.question)]))
    led = _called(field, [f"{field.lead} {field.question}"] if field.lead else [])
    return own, own.union(led, map(plain, field.references))


def _called(field: WordField, questions: Iterable[str]) -> Iterator[str]:
    for question in questions:
        yield from map(plain, (question, f"{field.section} {question}", f"{field.heading} {question}"))
