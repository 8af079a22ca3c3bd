"""The codec of evidence lines: what fits, what does not, and what a newer or older writer left."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given

import strategies
from rivta.evidence.codec import Misfit, decode, encode
from rivta.model.run import CaseResult, RunHeader
from rivta.model.words import Direction, Verdict


class Colour(Enum):
    RED = 1


@dataclass(frozen=True)
class Inner:
    word: str


@dataclass(frozen=True)
class Everything:
    whole: int
    real: float
    yes: bool
    colour: Colour
    place: Path
    lang: Literal["sv", "en"]
    body: bytes
    pairs: tuple[tuple[str, int], ...]
    by_direction: Mapping[Direction, Inner]
    inner: Inner | None
    late: str = "as it was before"
    many: Mapping[str, int] = field(default_factory=dict)


VALUE = Everything(
    whole=1,
    real=2.0,
    yes=True,
    colour=Colour.RED,
    place=Path("a/b.xml"),
    lang="sv",
    body=b"\xff",
    pairs=(("a", 1),),
    by_direction={Direction.REQUEST: Inner("x")},
    inner=None,
)
PLAIN = {
    "whole": 1,
    "real": 2.0,
    "yes": True,
    "colour": "RED",
    "place": "a/b.xml",
    "lang": "sv",
    "body": "ff",
    "pairs": [["a", 1]],
    "by_direction": {"request": {"word": "x"}},
    "inner": None,
    "late": "as it was before",
    "many": {},
}


def test_every_kind_of_field_has_a_plain_form() -> None:
    assert encode(VALUE, bytes.hex) == PLAIN
    assert decode(Everything, PLAIN, bytes.fromhex) == VALUE


def test_a_missing_field_takes_its_default_and_an_unknown_one_is_ignored() -> None:
    older = {name: value for name, value in PLAIN.items() if name not in ("late", "many")}
    assert decode(Everything, older | {"mood": "fine"}, bytes.fromhex) == VALUE


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("whole", True, "whole: should be a whole number"),
        ("whole", 1.5, "whole: should be a whole number"),
        ("real", "2", "real: should be a number"),
        ("yes", 1, "yes: should be true or false"),
        ("colour", "BLUE", "colour: should be one of RED"),
        ("colour", ["RED"], "colour: should be one of RED"),
        ("place", None, "place: should be a text"),
        ("lang", "no", "lang: should be one of sv, en"),
        ("body", 5, "body: should be a text"),
        ("pairs", "ab", "pairs: should be a list"),
        ("pairs", [["a", 1], ["b"]], "pairs[1]: should be a list of 2"),
        ("pairs", [["a", 1], ["b", "c"]], "pairs[1][1]: should be a whole number"),
        ("by_direction", [], "by_direction: should be an object"),
        ("by_direction", {"up": {}}, "by_direction[a key]: should be one of request, response"),
        ("by_direction", {"request": {}}, "by_direction[a value].word: is missing"),
        ("inner", {"word": 7}, "inner.word: should be a text"),
        ("inner", 7, "inner: should be an object"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place(name: str, value: object, told: str) -> None:
    with pytest.raises(Misfit) as caught:
        decode(Everything, PLAIN | {name: value}, bytes.fromhex)
    assert str(caught.value) == told


def test_a_field_without_default_must_be_there() -> None:
    with pytest.raises(Misfit, match=r"^inner: is missing$"):
        decode(Everything, {name: value for name, value in PLAIN.items() if name != "inner"}, bytes.fromhex)


def test_a_whole_number_is_a_number() -> None:
    read = decode(Everything, PLAIN | {"real": 3}, bytes.fromhex)
    assert (read.real, type(read.real)) == (3.0, float)


@dataclass(frozen=True)
class Torn:
    either: int | str


@dataclass(frozen=True)
class Loose:
    several: list[int]


@dataclass(frozen=True)
class Foreign:
    number: complex


@pytest.mark.parametrize("kind", [Torn, Loose, Foreign])
def test_a_type_that_has_no_plain_form_is_our_mistake_and_says_so(kind: type) -> None:
    with pytest.raises(TypeError, match="evidence"):
        decode(kind, {}, bytes.fromhex)


def test_verdicts_and_directions_are_words() -> None:
    assert [decode(Verdict, verdict.name, bytes.fromhex) for verdict in Verdict] == list(Verdict)
    assert decode(Direction, "response", bytes.fromhex) is Direction.RESPONSE


@given(strategies.results)
def test_any_result_survives_as_json(result: CaseResult) -> None:
    assert decode(CaseResult, json.loads(json.dumps(encode(result, bytes.hex))), bytes.fromhex) == result


@given(strategies.run_headers)
def test_any_header_survives_as_json(header: RunHeader) -> None:
    assert decode(RunHeader, json.loads(json.dumps(encode(header, bytes.hex))), bytes.fromhex) == header
