"""The form of a suite, of a scenario and of a table: which keys there are, what stands under them, what they mean.

A suite is the cases of one contract, or of what a role has to show without any. A scenario is one case of several steps between two parties, each step with its
own contract. A table is the cases of each kind of message in each state. All are read and published as JSON Schema from what is written here and in `stepform`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from rivta.suite import load, stepform
from rivta.suite.stepform import IDS, CheckKind
from rivta.text.yaml.grammar import (
    AnyData,
    Bilingual,
    Duration,
    Field,
    ListOf,
    MapOf,
    OneOf,
    Record,
    String,
    Variant,
    Whole,
)
from rivta.text.yaml.shape import BARE
from rivta.text.yaml.values import DATA

Kind = Literal["suite", "scenario", "table"]

_ID = String(r"[^\s\[\]:/]+", "an id without blanks, colons, slashes and brackets", also=BARE)
_WORD, _A_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]*", "a word of letters, digits, _, . and -"
_ROLES = {"producer": "the system answers, we call it", "consumer": "the system calls, we answer it"}


def shape_of(kind: Kind, vocabulary: Mapping[str, CheckKind]) -> Record | Variant:
    """The whole file, with the checks that its expectations may name."""
    expectation = stepform.expectation(vocabulary)
    steps = {
        "send": {**stepform.send(expectation), **stepform.capture("answer")},
        "receive": stepform.receive(expectation),
        "watch": stepform.watch(expectation),
    }
    match kind:
        case "suite":
            return _suite(steps, stepform.send(expectation))
        case "scenario":
            return _scenario(steps)
        case "table":
            return _table(steps, stepform.send(expectation))


def _suite(steps: Mapping[str, Mapping[str, Field]], send: Mapping[str, Field]) -> Variant:
    return Variant("suite", {"contract": _of_contract(steps, send), "party": _of_party(steps)})


def _about() -> dict[str, Field]:
    return {
        "role": Field(OneOf(_ROLES), "the system’s part", required=True),
        "title": Field(Bilingual(), "what the suite is about", required=True),
        **_shared(),
    }


def _of_party(steps: Mapping[str, Mapping[str, Field]]) -> Record:
    """What no contract demands: a step that calls says whose, a question needs none."""
    case = {"id": Field(_ID, "its name, unique in the file", required=True), **_common()}
    called = Field(String(), "the contract called", required=True)
    cases = Variant(
        "case",
        {
            "ask": Record("case", {**case, **stepform.ask()}),
            "handshake": Record("case", {**case, **stepform.handshake()}),
            "explore": Record("case", {**case, **stepform.explore()}),
            "steps": Record("case", {**case, "steps": _steps(steps, called)}),
        },
    )
    return Record(
        "suite",
        {
            "party": Field(
                String(), "the role of the system under test, where no contract says what is tested", required=True
            ),
            **_about(),
            "cases": Field(ListOf(cases, some=True), "the test cases, run in this order", required=True),
        },
        doc="The test cases of what is demanded of a role without a service contract",
    )


def _of_contract(steps: Mapping[str, Mapping[str, Field]], send: Mapping[str, Field]) -> Record:
    case = {"id": Field(_ID, "its name, unique in the file", required=True), **_common()}
    own = Field(String(), "the contract called, when it is not the suite’s")
    cases = Variant(
        "case",
        {
            "send": Record("case", {**case, **send}),
            "receive": Record("case", {**case, **steps["receive"]}),
            "steps": Record("case", {**case, "steps": _steps(steps, own)}),
        },
    )
    return Record(
        "suite",
        {
            "contract": Field(String(), "the service contract under test", required=True),
            **_about(),
            "general": Field(
                _general(steps, send), "what the cases of the general part, which the domain builds on, leave open"
            ),
            "cases": Field(ListOf(cases, some=True), "the test cases, run in this order", required=True),
            "samples": Field(
                ListOf(_samples(send, _steps(steps, own))),
                "messages made by schema and rules, each in a case of its own",
            ),
            "load": Field(load.shape(_ID, _common()), "what many users send at a time: played by rivta load"),
        },
        doc="The test cases of one service contract",
    )


def _general(steps: Mapping[str, Mapping[str, Field]], send: Mapping[str, Field]) -> Record:
    expect = send["expect"]
    return Record(
        "general part’s cases",
        {
            "send": replace(send["send"], required=False),
            "question": replace(
                send["send"], required=False, doc="the message of a reading contract that asks by all that there is"
            ),
            "accepted": replace(expect, doc="what the answer to a message that is accepted shows"),
            "refused": replace(expect, doc="what the answer to one that is refused shows"),
            "either": replace(expect, doc="what shows that it was answered in one way or the other"),
            "receive": replace(steps["receive"]["receive"], required=False),
            "do": steps["receive"]["do"],
            "leave-out": Field(MapOf(String()), "general cases that are not played here, by id, each with the reason"),
            "called": Field(MapOf(_ID), "general cases that have another id here, by theirs"),
            "places": Field(MapOf(AnyData()), "what else the general cases leave open, by name"),
        },
    )


_OF = {
    "schema": "one thing that the schema forbids or allows at each place",
    "rules": "for each Schematron assert what breaks it alone, and values that it names",
}

_OF_ANSWERS = {"answers": "the contract’s response with one thing in it that its schema forbids"}


def _samples(send: Mapping[str, Field], steps: Field) -> Variant:
    """Messages that we send, or wrong answers that we give."""
    base = {key: send[key] for key in ("send", "with", "to", "headers", "without")}
    answered = {
        key: replace(field, required=True) for key, field in (("expect", send["expect"]), ("verifies", _VERIFIES))
    }
    common = {
        "id": Field(_ID, "the beginning of the cases’ ids", required=True),
        **{key: field for key, field in _common().items() if key != "verifies"},
        "number": Field(Whole(positive=True), "how many a run tries; --all-samples tries all", required=True),
        "every": Field(IDS, "kinds, or rules by id, of which a run always tries all"),
    }
    ours = {
        **common,
        "of": Field(OneOf(_OF), "what they are made from", required=True),
        **base,
        "accepted": Field(Record("answer", answered), "what is expected where the message is right", required=True),
        "refused": Field(Record("answer", answered), "what is expected where it is not", required=True),
        "but": Field(
            MapOf(String()),
            "places, by XPath, whose value the business judges, each with the reason: only what is wrong is tried there",
        ),
    }
    theirs = {
        **common,
        "of": Field(OneOf(_OF_ANSWERS), "what they are made from", required=True),
        "verifies": _VERIFIES,
        "steps": replace(steps, doc="one case; what it answers by breaks-schema is one of them in each"),
    }
    name, doc = "declaration of samples", "Changes made in a valid message, one at a time"
    return Variant(name, {"send": Record(name, ours, doc), "steps": Record(name, theirs, doc)})


def _scenario(steps: Mapping[str, Mapping[str, Field]]) -> Record:
    own = Field(String(), "the contract called", required=True)
    return Record(
        "scenario",
        {
            "scenario": Field(_ID, "its id", required=True),
            **_between(),
            **_common(),
            **_shared(),
            "steps": _steps(steps, own),
        },
        doc="One test case of several steps between two parties",
    )


def _table(steps: Mapping[str, Mapping[str, Field]], send: Mapping[str, Field]) -> Record:
    own = Field(String(), "the contract called", required=True)
    common = {key: field for key, field in _common().items() if key != "verifies"}
    kinds, states = (MapOf(each, _WORD, _A_WORD, some=True) for each in (_kind(send, steps, own), _state(steps, own)))
    return Record(
        "table",
        {
            "table": Field(_ID, "its name, best that of the file", required=True),
            **_between(),
            **common,
            **_shared(),
            "kinds": Field(kinds, "the kinds of message, its rows", required=True),
            "states": Field(states, "the states, its columns", required=True),
            "answers": Field(
                MapOf(_answer(send), some=True), "what is answered or sent, by a name for each reason", required=True
            ),
            "cells": Field(MapOf(MapOf(String())), "for each kind and state the name of the answer", required=True),
        },
        doc="Kinds of message by states: a test case for each pair",
    )


def _kind(send: Mapping[str, Field], steps: Mapping[str, Mapping[str, Field]], contract: Field) -> Variant:
    """What we send, or what the system is made to send, and what it sends after that."""
    text = Field(Bilingual(), "what people call it; with the state’s text it begins a sentence", required=True)
    ours = {key: field for key, field in send.items() if key != "expect"}
    theirs = {
        "receive": steps["receive"]["receive"],
        "do": replace(steps["receive"]["do"], required=True),
        "then": replace(_steps(steps, contract, required=False), doc="what follows where it is sent"),
    }
    return Variant(
        "kind",
        {
            "send": Record("kind", {"text": text, "contract": contract, **ours}),
            "receive": Record("kind", {"text": text, "contract": contract, **theirs}),
        },
    )


def _state(steps: Mapping[str, Mapping[str, Field]], contract: Field) -> Record:
    return Record(
        "state",
        {
            "text": Field(Bilingual(), "what people call it, to go on with after a kind’s text", required=True),
            "after": Field(String(), "the state that it is reached from; the beginning without it"),
            "steps": _steps(steps, contract, required=False),
            "with": Field(DATA, "test data that the kinds’ messages may use"),
        },
    )


def _answer(send: Mapping[str, Field]) -> Variant:
    why = {
        "verifies": Field(IDS, "the requirements that it proves", required=True),
        "source": Field(String(), "document and section", required=True),
        "derived": Field(Bilingual(), "how it follows, where it does not stand in the source itself"),
    }
    text = Field(Bilingual(), "what it is, to end the sentence with", required=True)
    expect = replace(send["expect"], required=True, doc="what the answer, or the message that is sent, must show")
    never = Field(Duration(), "that it is not sent: for how long we look, in the system’s own time", required=True)
    untried = {"untried": Field(Bilingual(), "why no case tries this", required=True)}
    return Variant(
        "answer",
        {
            "expect": Record("answer", {"text": text, "expect": expect, **why}),
            "never": Record("answer", {"text": text, "never": never, **why}),
            "untried": Record("answer", untried),
        },
    )


def _between() -> dict[str, Field]:
    return {
        "domain": Field(String(), "the service domain that it belongs to", required=True),
        "party": Field(String(), "the role of the system under test", required=True),
    }


def _steps(steps: Mapping[str, Mapping[str, Field]], contract: Field, *, required: bool = True) -> Field:
    """The steps of a case. A question is put to people, so it has no contract."""
    calls = {key: Record("step", {"contract": contract, **fields}) for key, fields in steps.items()}
    others = {"ask": stepform.ask(), "explore": stepform.explore()}
    step = Variant("step", {**calls, **{key: Record("step", fields) for key, fields in others.items()}})
    return Field(ListOf(step, some=True), "what is sent, received, watched and asked, in order", required)


_VERIFIES = Field(IDS, "the requirements that its expectations prove")


def _common() -> dict[str, Field]:
    return {
        "title": Field(Bilingual(), "what the case shows, in a sentence", required=True),
        "verifies": _VERIFIES,
        "requires": Field(IDS, "what must be in the system first"),
        "markers": Field(
            ListOf(String(r"[A-Za-z_][A-Za-z0-9_]*", "a word of letters, digits and _", also=({"type": "boolean"},))),
            "words to select cases by",
        ),
    }


def _shared() -> dict[str, Field]:
    prefix = r"[A-Za-z_][A-Za-z0-9_.-]*"
    return {
        "namespaces": Field(
            MapOf(String(), prefix, "an XML prefix"),
            "prefixes for XPath; soapenv, itr and the domain’s are always there",
        ),
        "data": Field(DATA, "test data that the environment may replace"),
    }
