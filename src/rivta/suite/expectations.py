"""What may stand in a suite, a scenario and a table, `form.yaml` with the checks that there are; and what a step expects by them, with
their expressions and the earlier steps that they look back at.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from rivta.model.domain import Contract
from rivta.model.frozen import frozen
from rivta.model.steps import Expectation, Step, WithoutContract
from rivta.suite.meaning import Meaning, check_pattern, check_wishes, check_xpath
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import Field, Forms, ListOf, MapOf, Named, Record, Shape, Variant
from rivta.text.yaml.shape import WHOLE, YES_OR_NO, OneOf, String
from rivta.text.yaml.tree import Entry, YamlScalar, scalars
from rivta.text.yaml.values import ANSWER, DATA

Kind = Literal["suite", "scenario", "table"]
Form = Literal["text", "whole", "yes/no", "expectations", "texts", "wholes", "texts, named or not"]
"""What a key below a check takes."""
_TEXTS = ListOf(String(), some=True)
_SHAPES: Mapping[Form, Shape[object]] = {
    "text": String(blank=True),
    "whole": WHOLE,
    "yes/no": YES_OR_NO,
    "texts": _TEXTS,
    "wholes": ListOf(WHOLE, some=True),
    "texts, named or not": Forms(_TEXTS, MapOf(String(), some=True)),
}


@frozen
class Parameter:
    """One key below a check. The `first` one may be written alone: `result: OK` is `result: {code: OK}`.

    `words` are the only ones that its text may be, where not any will do.
    """

    name: str
    shape: Form
    required: bool = False
    first: bool = False
    doc: str = ""
    words: tuple[str, ...] = ()


@frozen
class CheckKind:
    """One kind of check: its name is the key in a suite, `doc` its entry in the manual.

    `of` says which messages of the system it can judge: its replies, its calls, or both.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...] = ()
    of: Literal["any", "replies", "calls"] = "any"


def shape_of(kind: Kind, vocabulary: Mapping[str, CheckKind]) -> Shape[Any]:
    """The whole file, with the checks that its expectations may name."""
    return form(tuple(vocabulary.values()))[kind]


@lru_cache(maxsize=8)
def form(checks: tuple[CheckKind, ...] = ()) -> FormFile:
    """All that may stand in such files."""
    return FormFile(
        Path(__file__).with_name("form.yaml"),
        answer=Named("answer", lambda: ANSWER),
        data=DATA,
        expectation=_expectation(checks),
    )


def _expectation(checks: tuple[CheckKind, ...]) -> Named:
    """One expectation: a kind of check, what it wants, and perhaps the requirements that it alone proves."""
    narrowed = Field(ListOf(String()), "the requirements that this expectation proves, in place of the case’s")

    this = Named("expectation", lambda: whole)
    records = {
        kind.name: Record(
            "expectation", {kind.name: Field(_arguments(kind, this), _sentence(kind.doc)), "verifies": narrowed}
        )
        for kind in checks
    }
    whole = Variant("expectation", records)
    return this


def _sentence(doc: str) -> str:
    return " ".join(doc.split("\n\n", maxsplit=1)[0].split())


def _arguments(kind: CheckKind, expectation: Named) -> Shape[object]:
    fields = {one.name: Field(_value(one, expectation), one.doc, required=one.required) for one in kind.parameters}
    first = next((one.name for one in kind.parameters if one.first), "")
    return Record(f"{kind.name} check", fields, short=first)


def _value(parameter: Parameter, expectation: Named) -> Shape[object]:
    if parameter.words:
        return OneOf(dict.fromkeys(parameter.words, ""))
    if parameter.shape == "expectations":
        return ListOf(Forms(ListOf(expectation, some=True), expectation), some=True)
    return _SHAPES[parameter.shape]


# What stands under `expect`

Message = Literal["replies", "calls"]
EXPRESSIONS = ("path", "paths", "but", "unit")
"""The parameters of checks, whichever they are, that hold XPath expressions."""
_OTHERS = {"replies": "calls", "calls": "replies"}


@frozen
class Expectations:
    """Reads what stands under `expect`, with the checks and the prefixes that a file may use."""

    meaning: Meaning
    vocabulary: Mapping[str, CheckKind]
    namespaces: Mapping[str, str]

    def of(self, entry: Entry, message: Message, before: tuple[Step, ...]) -> tuple[Expectation, ...]:
        """The expectations of a step on the system's message: a reply, or a call that it makes."""
        return tuple(self._one(one, message, before) for one in entry.get("expect", []))

    def check_results(self, entry: Entry, contract: str) -> None:
        """A result that is expected must be one that the contract has, in its words."""
        known = self.meaning.known(contract)
        for one in _everywhere(entry.get("expect", [])):
            if known and isinstance(result := one.get("result"), Entry):
                self._check_result(result, known)

    def _check_result(self, result: Entry, contract: Contract) -> None:
        grammar = contract.result
        if grammar is None:
            what = f"the responses of {contract.name} have no result"
            self.meaning.found.say(what, result.source, "expect fault, or what they do hold")
            return
        for key, known in (("code", grammar.codes), ("error", grammar.errors)):
            if known and key in result and "$" not in result[key]:
                self.meaning.check_known(result[key], known, f"{key} of a result", result.source_of(key))

    def check_paths(self, entry: Entry, keyed: str = "change") -> None:
        """What is changed in a message, or left out, must be expressions."""
        keys = [key for key, _ in entry[keyed].nodes.values()] if keyed in entry else []
        left_out = scalars(entry.node_of("leave-out")) if "leave-out" in entry else ()
        again = entry.get("for-each", {})
        until = [again.node_of("until")] if "until" in again else []
        for node in (*keys, *left_out, *until):
            if isinstance(node, YamlScalar):
                check_xpath(node, self.namespaces, self.meaning.found)

    def captures(self, entry: Entry) -> dict[str, str]:
        for node in scalars(entry.node_of("capture")) if "capture" in entry else ():
            check_xpath(node, self.namespaces, self.meaning.found)
        return dict(entry.get("capture", {}))

    def _one(self, entry: Entry, message: Message, before: tuple[Step, ...]) -> Expectation:
        kind = next(key for key in entry if key in self.vocabulary)
        written: Entry = entry[kind]
        self._check_message(self.vocabulary[kind], entry, message)
        self._check_expressions(self.vocabulary[kind], written)
        self._check_since(written, before)
        named = {each.name for each in self.vocabulary[kind].parameters if each.shape == "texts, named or not"}
        args = {
            name: dict(value) if name in named and isinstance(value, Entry) else self._argument(value, message, before)
            for name, value in written.items()
        }
        return Expectation(kind, args, entry.key_source(kind), self.meaning.requirements(entry))

    def _check_message(self, kind: CheckKind, entry: Entry, message: Message) -> None:
        if kind.of not in ("any", message):
            what = (
                f"the check {kind.name} judges {kind.of} of the system, and here its {_OTHERS[kind.of]} are looked at"
            )
            todo = "let it stand where a message is sent" if kind.of == "replies" else "let it stand under receive"
            self.meaning.found.say(what, entry.key_source(kind.name), todo)

    def _check_expressions(self, kind: CheckKind, written: Entry) -> None:
        compares = any(one.name == "equals" for one in kind.parameters)
        for name in (one for one in EXPRESSIONS if one in written):
            for node in scalars(written.node_of(name)):
                given = check_xpath(node, self.namespaces, self.meaning.found)
                if compares:
                    check_wishes(node, given, written.keys(), self.meaning.found)
        for node in scalars(written.node_of("matches")) if "matches" in written else ():
            check_pattern(node, self.meaning.found)

    def _check_since(self, written: Entry, before: tuple[Step, ...]) -> None:
        """An earlier step that is looked back at, counted from 1, must be one, and have a message."""
        if not isinstance(since := written.get("since"), int):
            return
        told = [str(number) for number, step in enumerate(before, start=1) if not isinstance(step, WithoutContract)]
        if str(since) not in told:
            what = f"step {since} is no earlier step with a message"
            todo = f"steps with one: {', '.join(told)}" if told else "this is the first step with one"
            self.meaning.found.say(what, written.source_of("since"), todo)

    def _argument(self, value: object, message: Message, before: tuple[Step, ...]) -> object:
        """A parameter's value; expectations, and lists of them, become tuples of the same form."""
        match value:
            case Entry():
                return self._one(value, message, before)
            case list() if any(isinstance(one, Entry | list) for one in value):
                return tuple(self._argument(one, message, before) for one in value)
        return value


def _everywhere(expected: Iterable[object]) -> Iterator[Entry]:
    """Each expectation, and those that an expectation is made of."""
    for one in expected:
        if isinstance(one, Entry):
            yield one
            yield from _everywhere(one.values())
        elif isinstance(one, list):
            yield from _everywhere(one)
