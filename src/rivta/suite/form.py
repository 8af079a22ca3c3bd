"""The form of a suite and of a scenario: which keys there are, what stands under them, what they mean.

A suite is the cases of one contract. A scenario is one case of several steps between two parties, each step with its
own contract. Both are read and published as JSON Schema from what is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rivta.suite.vocabulary import CheckKind, Parameter
from rivta.yamltext.grammar import (
    AnyData,
    Bilingual,
    Field,
    Forms,
    ListOf,
    MapOf,
    Named,
    OneOf,
    Record,
    Shape,
    Shorthand,
    Text,
    Variant,
    Whole,
    YesNo,
)
from rivta.yamltext.shape import BARE

Kind = Literal["suite", "scenario"]

_ID = Text(r"[^\s\[\]:/]+", "an id without blanks, colons, slashes and brackets", also=BARE)
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_IDS = ListOf(Text())
_DATA = MapOf(AnyData(), r"[^\s.${}|]+", "a name without dots, blanks and braces")


def shape_of(kind: Kind, vocabulary: Mapping[str, CheckKind]) -> Record:
    """The whole file, with the checks that its expectations may name."""
    step = {
        "send": Field(Text(), "the message template, relative to this file’s folder", required=True),
        "with": Field(_DATA, "test data of this step, over the environment’s and the file’s own"),
        "to": Field(Text(), "the logical address; without it the endpoint’s"),
        "headers": Field(
            MapOf(Text(r"[^\r\n]*", blank=True, also=BARE), _HEADER_NAME, "a header name"),
            "HTTP headers, added or replaced",
        ),
        "without": Field(MapOf(Text()), "checks of every case that do not run here, each with the reason"),
        "expect": Field(ListOf(_expectation(vocabulary)), "what the answer must show, beyond the checks of every case"),
    }
    return _suite(step) if kind == "suite" else _scenario(step)


def _suite(step: Mapping[str, Field]) -> Record:
    own = Field(Text(), "the contract called, when it is not the suite’s")
    steps = Record("step", {**step, **_capture(), "contract": own})
    case = Variant(
        "case",
        {
            "send": Record(
                "case", {"id": Field(_ID, "its name, unique in the file", required=True), **_common(), **step}
            ),
            "steps": Record(
                "case",
                {"id": Field(_ID, "its name, unique in the file", required=True), **_common(), "steps": _steps(steps)},
            ),
        },
    )
    return Record(
        "suite",
        {
            "contract": Field(Text(), "the service contract under test", required=True),
            "role": Field(OneOf({"producer": "the system answers, we call it"}), "the system’s part", required=True),
            "title": Field(Bilingual(), "what the suite is about", required=True),
            **_shared(),
            "cases": Field(ListOf(case, some=True), "the test cases, run in this order", required=True),
        },
        doc="The test cases of one service contract",
    )


def _scenario(step: Mapping[str, Field]) -> Record:
    own = Field(Text(), "the contract called", required=True)
    steps = Record("step", {"contract": own, **step, **_capture()})
    return Record(
        "scenario",
        {
            "scenario": Field(_ID, "its id", required=True),
            "domain": Field(Text(), "the service domain that it belongs to", required=True),
            "party": Field(Text(), "the role of the system under test", required=True),
            **_common(),
            **_shared(),
            "steps": _steps(steps),
        },
        doc="One test case of several steps between two parties",
    )


def _common() -> dict[str, Field]:
    return {
        "title": Field(Bilingual(), "what the case shows, in a sentence", required=True),
        "verifies": Field(_IDS, "the requirements that its expectations prove"),
        "requires": Field(_IDS, "what must be in the system first"),
        "markers": Field(
            ListOf(Text(r"[A-Za-z_][A-Za-z0-9_]*", "a word of letters, digits and _", also=({"type": "boolean"},))),
            "words to select cases by",
        ),
    }


def _shared() -> dict[str, Field]:
    prefix = r"[A-Za-z_][A-Za-z0-9_.-]*"
    return {
        "namespaces": Field(
            MapOf(Text(), prefix, "an XML prefix"), "prefixes for XPath; soapenv, itr and the domain’s are always there"
        ),
        "data": Field(_DATA, "test data that the environment may replace"),
    }


def _capture() -> dict[str, Field]:
    name = r"[A-Za-z0-9_-]+"
    return {
        "capture": Field(
            MapOf(Text(), name, "a name of letters, digits, - and _"),
            "names for later steps, each an XPath into the answer",
        )
    }


def _steps(step: Record) -> Field:
    return Field(ListOf(step, some=True), "the messages to send, in order", required=True)


def _expectation(vocabulary: Mapping[str, CheckKind]) -> Named:
    """One expectation: a kind of check, what it wants, and perhaps the requirements that it alone proves."""
    narrowed = Field(_IDS, "the requirements that this expectation proves, in place of the case’s")

    this = Named("expectation", lambda: whole)
    records = {
        kind.name: Record(
            "expectation", {kind.name: Field(_arguments(kind, this), _sentence(kind.doc)), "verifies": narrowed}
        )
        for kind in vocabulary.values()
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
    match parameter.shape:
        case "text":
            return Text(blank=True)
        case "whole":
            return Whole()
        case "yes/no":
            return YesNo()
        case "expectations":
            return ListOf(Forms(ListOf(expectation, some=True), expectation), some=True)
        case "any":
            return AnyData()
