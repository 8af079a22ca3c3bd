"""Shapes: what they read, what they refuse, and that their JSON Schema says the same."""

from dataclasses import replace

import jsonschema
import pytest

from rivta.model.errors import Mistakes, UsageError
from rivta.model.words import Text
from rivta.text.yaml.compose import compose
from rivta.text.yaml.grammar import (
    ABOVE_ZERO,
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
    String,
    Variant,
    json_schema,
    load,
)
from rivta.text.yaml.shape import DURATION, WHOLE, YES_OR_NO
from suite_world import as_an_editor_reads

POINT = Record("point", {"x": Field(WHOLE, "across", required=True), "y": Field(WHOLE, "up")}, doc="A point")
TREE: Shape[object] = Named("tree", lambda: ListOf(TREE))
SHAPES: dict[str, Shape[object]] = {
    "text": String(),
    "blank text": String(blank=True),
    "pattern": String("[a-z]+", "a small word", "abc", also=({"type": "boolean"},)),
    "whole": WHOLE,
    "positive": ABOVE_ZERO,
    "yes or no": YES_OR_NO,
    "duration": DURATION,
    "one of": OneOf({"OK": "went well", "ERROR": "did not"}),
    "bilingual": Bilingual(),
    "data": AnyData(),
    "list": ListOf(WHOLE, some=True),
    "map": MapOf(WHOLE, "[a-z]+", "a small name", some=True),
    "record": POINT,
    "shorthand": replace(POINT, short="x"),
    "variant": Variant("shape", {"dot": Record("shape", {"dot": Field(POINT, "where")}), "line": Record("shape", {"line": Field(ListOf(POINT), "from, to"), "wide": Field(WHOLE, "how wide")})}),
    "forms": Forms(ListOf(String()), WHOLE),
    "tree": TREE,
}  # fmt: skip
GOOD = [
    ("text", "no", "no"),
    ("text", "1.10", "1.10"),
    ("text", "'null'", "null"),
    ("text", "|\n  two\n  lines\n", "two\nlines\n"),
    ("blank text", "''", ""),
    ("pattern", "abc", "abc"),
    ("pattern", "true", "true"),
    ("whole", "0", 0),
    ("whole", "'500'", 500),
    ("positive", "1", 1),
    ("yes or no", "yes", True),
    ("yes or no", "true", True),
    ("yes or no", "'no'", False),
    ("yes or no", "FALSE", False),
    ("duration", "5 s", 5.0),
    ("duration", "500 ms", 0.5),
    ("duration", "1.5min", 90.0),
    ("one of", "OK", "OK"),
    ("bilingual", "Hej", Text("Hej", "Hej")),
    ("bilingual", "{sv: Hej, en: Hello}", Text("Hej", "Hello")),
    ("data", "{a: [1, {b-c: x}], å_1: ''}", {"a": ["1", {"b-c": "x"}], "å_1": ""}),
    ("list", "[1, 2]", [1, 2]),
    ("map", "{a: 1}", {"a": 1}),
    ("record", "{x: 1}", {"x": 1}),
    ("shorthand", "7", {"x": 7}),
    ("shorthand", "{x: 1, y: 2}", {"x": 1, "y": 2}),
    ("variant", "{dot: {x: 1}}", {"dot": {"x": 1}}),
    ("variant", "{line: [], wide: 2}", {"line": [], "wide": 2}),
    ("forms", "[a]", ["a"]),
    ("forms", "5", 5),
    ("tree", "[[], [[]]]", [[], [[]]]),
]
BAD = [
    ("text", "[a]", 1, "a list stands here; text is wanted"),
    ("text", "{a: b}", 1, "a map stands here; text is wanted"),
    ("list", "[~]", 1, "nothing stands here; a whole number is wanted"),
    ("text", "''", 1, "empty text stands here"),
    ("pattern", "Abc", 1, "“Abc” stands here; a small word is wanted"),
    ("whole", "-1", 1, "“-1” stands here; a whole number is wanted"),
    ("whole", "1.5", 1, "a whole number is wanted"),
    ("whole", "many", 1, "“many” stands here"),
    ("positive", "0", 1, "“0” stands here; a whole number above zero is wanted"),
    ("yes or no", "perhaps", 1, "yes or no is wanted"),
    ("yes or no", "1", 1, "yes or no is wanted"),
    ("duration", "5", 1, "a time with its unit is wanted"),
    ("duration", "0 s", 1, "a time with its unit is wanted"),
    ("duration", "5 h", 1, "a time with its unit is wanted"),
    ("one of", "OKK", 1, "“OKK” stands here; one of OK, ERROR is wanted"),
    ("bilingual", "{sv: Hej}", 1, "this text lacks “en”"),
    ("bilingual", "{sv: Hej, en: Hello, de: Hallo}", 1, "unknown language “de”"),
    ("bilingual", "[Hej]", 1, "a list stands here"),
    ("data", "{a: ~}", 1, "nothing stands here"),
    ("data", "{a.b: c}", 1, "“a.b” cannot name test data"),
    ("list", "1", 1, "text stands here; a list is wanted"),
    ("list", "[]", 1, "an empty list stands here"),
    ("list", "[a, 1, b]", 2, "“a” stands here"),
    ("map", "[a]", 1, "a list stands here; a map is wanted"),
    ("map", "{}", 1, "an empty map stands here"),
    ("map", "{A: 1}", 1, "“A” stands here; a small name is wanted"),
    ("record", "{y: 1}", 1, "this point lacks “x”"),
    ("record", "{x: 1, z: 1, w: 2}", 2, "unknown key “z”"),
    ("record", "x", 1, "text stands here; a map (point) is wanted"),
    ("shorthand", "[1]", 1, "a list stands here; a whole number is wanted"),
    ("variant", "{}", 1, "this shape lacks dot or line"),
    ("variant", "{dit: {x: 1}}", 1, "unknown key “dit”"),
    ("variant", "{dot: {x: 1}, line: []}", 1, "“line” must not stand beside “dot” in one shape"),
    ("variant", "{dot: {x: 1}, wide: 1}", 1, "unknown key “wide”"),
    ("variant", "dot", 1, "a map (shape) is wanted"),
    ("forms", "x", 1, "a whole number is wanted"),
    ("tree", "[a]", 1, "a list is wanted"),
]


def accepts(shape: Shape[object], written: str) -> bool:
    schema = json_schema(shape, "Title")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).is_valid(as_an_editor_reads(compose(written, "f.yaml")))


def as_plain(value: object) -> object:
    """Entries compare as the maps they are."""
    if hasattr(value, "items"):
        return {key: as_plain(one) for key, one in value.items()}
    return [as_plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "written", "value"), GOOD)
def test_what_is_read(name: str, written: str, value: object) -> None:
    assert as_plain(load(compose(written, "f.yaml"), SHAPES[name])) == value
    assert accepts(SHAPES[name], written)


@pytest.mark.parametrize(("name", "written", "count", "words"), BAD)
def test_what_is_refused(name: str, written: str, count: int, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(compose(written, "f.yaml"), SHAPES[name])
    problems = raised.value.mistakes if isinstance(raised.value, Mistakes) else (raised.value,)
    assert len(problems) == count
    assert words in problems[0].what
    assert problems[0].source is not None
    assert not accepts(SHAPES[name], written)


def test_every_shape_is_tried_both_ways() -> None:
    assert (
        {name for name, *_ in GOOD} == {name for name, *_ in BAD if name != "blank text"} | {"blank text"} == {*SHAPES}
    )


def test_mistakes_come_in_the_order_of_the_file() -> None:
    with pytest.raises(Mistakes) as raised:
        load(compose("y: a\nx: b\nz: c\n", "f.yaml"), POINT)
    assert [problem.source.line for problem in raised.value.mistakes if problem.source] == [1, 2, 3]


def test_a_flood_of_mistakes_is_cut() -> None:
    with pytest.raises(Mistakes) as raised:
        load(compose("[" + "x, " * 150 + "]", "f.yaml"), ListOf(WHOLE))
    assert len(raised.value.mistakes) == 101
    assert raised.value.mistakes[-1].what == "and 50 more mistakes"


def test_near_words_are_suggested() -> None:
    with pytest.raises(UsageError, match="did you mean “OK”") as raised:
        load(compose("OKK", "f.yaml"), SHAPES["one of"])
    assert raised.value.todo == "did you mean “OK”?"


def test_an_entry_knows_its_places() -> None:
    entry = load(compose("a: [x, y]\nb: z", "f.yaml"), MapOf(Forms(ListOf(String()), String())))
    assert (entry.key_source("b").column, entry.source_of("b").column) == (1, 4)
    assert [(value, source.column) for value, source in entry.items_of("a")] == [("x", 5), ("y", 8)]
    assert entry.items_of("b") == entry.items_of("absent") == []


def test_the_schema_explains_itself() -> None:
    schema = json_schema(ListOf(POINT), "Points")
    assert schema["title"] == "Points"
    assert schema["items"]["description"] == "A point"
    assert schema["items"]["properties"]["x"]["description"] == "across"
