"""The form of a suite, of a scenario and of a table: `form.yaml`, with the checks that an expectation may name.

A suite is the cases of one contract, or of what a role has to show without any. A scenario is one case of several steps between two parties, each step with its
own contract. A table is the cases of each kind of message in each state.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from rivta.model.frozen import frozen
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import Field, Forms, ListOf, MapOf, Named, Record, Shape, Shorthand, Variant
from rivta.text.yaml.shape import OneOf, String, Whole, YesNo
from rivta.text.yaml.values import ANSWER, DATA

Kind = Literal["suite", "scenario", "table"]


Form = Literal["text", "whole", "yes/no", "expectations", "texts", "wholes", "texts, named or not"]
"""What a key below a check takes."""
_TEXTS = ListOf(String(), some=True)
_SHAPES: Mapping[Form, Shape[object]] = {
    "text": String(blank=True),
    "whole": Whole(),
    "yes/no": YesNo(),
    "texts": _TEXTS,
    "wholes": ListOf(Whole(), some=True),
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
    record = Record(f"{kind.name} check", fields)
    first = next((one.name for one in kind.parameters if one.first), None)
    return Shorthand(record, first) if first else record


def _value(parameter: Parameter, expectation: Named) -> Shape[object]:
    if parameter.words:
        return OneOf(dict.fromkeys(parameter.words, ""))
    if parameter.shape == "expectations":
        return ListOf(Forms(ListOf(expectation, some=True), expectation), some=True)
    return _SHAPES[parameter.shape]
