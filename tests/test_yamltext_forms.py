"""Forms as data: a `form.yaml` describes the very shapes that code could make."""

from pathlib import Path
from typing import get_args

import pytest

from rivta.contract.general import FORM
from rivta.environment import json_schema
from rivta.model.domain import FactRole
from rivta.model.environment import OFFERS
from rivta.model.records import Rule
from rivta.text.yaml import grammar, shape
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.shape import BARE, Shape
from test_yamltext_grammar import SHAPES

WRITTEN = """
blank text: {text: '', blank: yes}
pattern: {text: '[a-z]+', wanted: a small word, example: abc, also: [{type: boolean}]}
whole: whole number
positive: number above zero
one of: {words: {OK: went well, ERROR: did not}}
bilingual: both languages
data: anything
list: some list of whole
map: {map: whole, key: '[a-z]+', wanted: a small name, some: yes}
record: {record: point, doc: A point, keys: {+across: , y: whole | up}}
shorthand: {record: point, short: x, doc: A point, keys: {x!: whole | across, y: whole | up}}
variant:
  variant: shape
  of:
    dot: {record: shape, keys: {dot: record | where}}
    line: {record: shape, keys: {line: 'list of record | from, to', wide: {like: whole, means: how wide}}}
across: {keys: {x!: whole | across}}
forms: {one or several: whole}
bare: {text: '[a-z]+', bare: yes}
another: {like: pattern, example: xyz}
hidden: secret list of positive
"""


def form_of(tmp_path: Path) -> FormFile:
    path = tmp_path / "form.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    return FormFile(path, {"secret": lambda shape: grammar.Forms(shape, shape)})


def test_what_is_written_is_what_code_would_make(tmp_path: Path) -> None:
    form = form_of(tmp_path)
    assert {name: form[name] for name in SHAPES if name not in ("forms", "tree")} == {
        name: shape for name, shape in SHAPES.items() if name not in ("forms", "tree")
    }
    assert form["forms"] == grammar.Forms(grammar.ListOf(shape.WHOLE, some=True), shape.WHOLE)
    assert form["bare"] == grammar.String("[a-z]+", also=BARE)
    assert form["another"] == grammar.String("[a-z]+", "a small word", "xyz", also=({"type": "boolean"},))


def test_a_reader_has_shapes_of_its_own_around_others_and_by_name(tmp_path: Path) -> None:
    hidden: Shape[object] = grammar.ListOf(shape.ABOVE_ZERO)
    assert form_of(tmp_path)["hidden"] == grammar.Forms(hidden, hidden)
    path = tmp_path / "own.yaml"
    path.write_text("answers: list of answer", encoding="utf-8")
    assert FormFile(path, answer=hidden)["answers"] == grammar.ListOf(hidden)


def test_what_nothing_is_called_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="nobody"):
        form_of(tmp_path)["nobody"]


def test_the_words_of_a_form_are_those_of_the_program() -> None:
    assert {*FORM["fact"].fields["role"].shape.words} == {*get_args(FactRole)}  # type: ignore[attr-defined]  # a record
    assert {*FORM["records"].fields["rule"].shape.words} == {*get_args(Rule)}  # type: ignore[attr-defined]  # a record


def test_the_form_of_an_environment_says_how_many_ports_there_are() -> None:
    ports = json_schema()["properties"]["counterpart"]["properties"]["handshake-ports"]
    assert f"the first of the {len(OFFERS)} ports" in ports["description"]
