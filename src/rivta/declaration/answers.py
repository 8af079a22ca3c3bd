"""The vendor's file: who declares, and what they answer. An empty place is an answer not yet given, never a mistake.

It is kept free of personal identities. `draft` writes one.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rivta.model.declaration import Answer, Answers, Form, Question
from rivta.model.errors import Refused, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source, Text
from rivta.text import identity
from rivta.text.catalogue import text
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import Found, Shape
from rivta.text.yaml.shape import Json, cited
from rivta.text.yaml.tree import Entry, Node, YamlScalar

CONFIRMATION = ("confirmed-run", "confirmed-by")
"""The vendor's facts that no form asks for: with them every proposal of a run that needs no answer of its own is confirmed."""
WORDS: Mapping[str, str] = {
    "yes": "yes",
    "ja": "yes",
    "true": "yes",
    "no": "no",
    "nej": "no",
    "false": "no",
    "not-applicable": "not-applicable",
    "ej-tillämpligt": "not-applicable",
}
"""What a yes-no question may be answered with, in either language."""
_NUMBER = re.compile(r"[0-9]+(?:[ \u00a0][0-9]{3})*(?:[.,][0-9]+)?")
_TEST_PERSON = "take it out; if it is a test person, declare it under test-identities in the environment of the run"


@frozen
class _OrNothing:
    """A shape, or a place where nothing is written yet."""

    shape: Shape[Any]

    def load(self, node: Node, found: Found) -> Any:
        return None if isinstance(node, YamlScalar) and node.nothing else self.shape.load(node, found)

    def schema(self, defs: Json) -> Json:
        return {"anyOf": [{"type": "null"}, self.shape.schema(defs)]}


_FORM = FormFile(Path(__file__).with_suffix(".yaml"), {"maybe": _OrNothing})
"""What may stand in a vendor's file: which keys there are, what stands under them, what they mean."""


def read(path: Path, forms: Iterable[Form] = (), *, test_identities: Collection[str] = ()) -> Answers:
    """The answers that a file holds. With forms, what is answered must be asked there, and in the way it is answered.

    UsageError, or Mistakes with all of them, for what is wrong. Refused if a number that names a person stands anywhere in
    it, in its comments or its name: the file is attached, archived and read by many. The published test persons and
    `test_identities` are let be. That error names the file and the line, never the number.
    """
    _refuse_identities_in(path, test_identities)  # before it is read, so that no mistake in it can repeat a number
    tree = compose.read(path)
    entry = grammar.load(tree, _FORM["file"])
    reader = _AnswersReader(list(forms))
    answers = reader.answers(path, entry)
    grammar.settle(reader.found)
    for written, source in _written(answers):
        if identity.strangers(written, test_identities):
            raise _refusal(source or Source(compose.shown_as(path)))
    return answers


def value_in_words(value: str) -> Text:
    """A yes-no answer as people say it; any other answer says itself."""
    if value in WORDS.values():
        return text("declaration", f"value_{value.replace('-', '_')}")
    return Text.same(value)


def json_schema() -> dict[str, Any]:
    """The form of a vendor's file as JSON Schema (draft 2020-12), for editors. Which questions there are is beyond it."""
    return grammar.json_schema(_FORM["file"], "A vendor’s file of pytest-rivta")


class _AnswersReader:
    """Turns a loaded file into answers; mistakes go into `found`."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self.found = Found()
        self._questions = {each.id: each for form in forms for part in form.sections for each in part.questions}

    def answers(self, path: Path, entry: Entry) -> Answers:
        vendor, written = entry.get("vendor"), entry.get("answers")
        if vendor is not None:
            self._check_facts(vendor)
        places = {name: vendor.key_source(name) for name in vendor} if vendor else {}
        places |= {name: entry.key_source(name) for name in ("domain", "roles", "answers") if name in entry}
        facts = {name: (value or "").strip() for name, value in vendor.items()} if vendor else {}
        return Answers(
            path=path,
            vendor={name: value for name, value in facts.items() if value},
            answers={id_: self._answer(id_, written) for id_ in written} if written else {},
            domain=entry["domain"],
            roles=tuple(entry["roles"]),
            places=places,
        )

    def _check_facts(self, vendor: Entry) -> None:
        asked = [each for each in self._questions.values() if each.origin == "vendor" and each.fact]
        known = {*CONFIRMATION, *(each.fact for each in asked)}
        for name in vendor if self._questions else ():
            if name not in known:
                self.found.say(f"no form asks for “{name}”", vendor.key_source(name), did_you_mean(name, known))
        for question in asked:
            if question.fact in vendor:
                self._settled(question, vendor[question.fact] or "", vendor.node_of(question.fact))

    def _answer(self, id_: str, written: Entry) -> Answer:
        question = self._questions.get(id_)
        if self._questions and question is None:
            source, todo = written.key_source(id_), did_you_mean(id_, self._questions)
            self.found.say(f"no form asks “{id_}”", source, todo)
        entry: Entry | Mapping[str, Any] = written[id_] or {}
        value = (entry.get("value") or "").strip()
        if question and value and isinstance(entry, Entry):
            value = self._settled(question, value, entry.node_of("value"))
        texts = {name: (entry.get(name) or "").strip() for name in ("comment", "by", "reason")}
        return Answer(id_, value, confirmed=bool(entry.get("confirmed")), source=written.key_source(id_), **texts)

    def _settled(self, question: Question, value: str, node: Node) -> str:
        """The value in one spelling; a mistake if it is no answer to the question."""
        settled, wanted = _as(question, value) if value else (value, "")
        if settled is None:
            what = f"{cited(value)} does not answer “{question.id}”; {wanted} is wanted"
            self.found.say(what, node.source, f"it asks: {question.text.en}")
        return settled or value


def _as(question: Question, value: str) -> tuple[str | None, str]:
    """The value in one spelling, or None, and what is wanted."""
    match question.answer:
        case "yes-no":
            return WORDS.get("-".join(value.casefold().split())), "yes, no or not-applicable"
        case "number":
            return (value if _NUMBER.fullmatch(value) else None), "a number"
        case "date":
            return _date(value), "a date, YYYY-MM-DD,"
        case "choice":
            known = {spelling.casefold(): each.en for each in question.choices for spelling in (each.sv, each.en)}
            return known.get(value.casefold()), f"one of {', '.join(each.en for each in question.choices)}"
    return value, "text"


def _date(value: str) -> str | None:
    try:
        return date.fromisoformat(value).isoformat() if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        return None


# No person's number in what people write


def _refuse_identities_in(path: Path, test_identities: Collection[str]) -> None:
    if identity.strangers(path.name, test_identities):
        raise Refused(f"the name of a file in {path.parent} holds a person’s number", todo="rename the file")
    if not path.is_file():
        return
    with path.open("rb") as file:
        text = file.read(compose.LIMIT_BYTES).decode("utf-8", errors="replace")
    for line, written in enumerate(text.splitlines(), start=1):
        if identity.strangers(written, test_identities):
            raise _refusal(Source(compose.shown_as(path), line))


def _written(answers: Answers) -> Iterator[tuple[str, Source | None]]:
    """Every text as it was meant: what an escape spells out stands on no line."""
    for name, value in answers.vendor.items():
        yield value, answers.places.get(name)
    for answer in answers.answers.values():
        texts = (answer.value, answer.comment, answer.by, answer.reason)
        yield from ((text, answer.source) for text in texts)


def _refusal(place: Source) -> Refused:
    # Without the line's text: it would show the number under the caret.
    what = "a person’s number stands here; it is not a test person’s"
    return Refused(what, source=Source(place.path, place.line), todo=_TEST_PERSON)
