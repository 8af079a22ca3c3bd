"""Placeholders: what is filled in comes out of a parser as it went in, and what cannot be is said with its place."""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from rivta.model.errors import UsageError
from rivta.model.words import Value
from rivta.text.placeholder import LIMIT_CHARACTERS, Placeholder, Scope, fill, find

names = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
xml_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda letter: letter >= " " or letter in "\t\n\r"
    )
)


def refusal(template: str, *layers: dict[str, Value]) -> UsageError:
    with pytest.raises(UsageError) as caught:
        fill(template, Scope(layers), path="messages/new.xml")
    return caught.value


@given(xml_text)
def test_a_value_comes_out_of_the_parser_as_it_went_in(value: str) -> None:
    filled = fill("<a b=\"${it}\" c='${it}'>${it}</a>", Scope([{"it": value.replace("$", "$$")}]), path="t")
    root = etree.fromstring(filled.encode())
    assert [root.get("b"), root.get("c"), root.text or ""] == [value.replace("$", "$$")] * 3


@given(xml_text.filter(lambda text: "${" not in text))
def test_raw_goes_in_as_it_is(value: str) -> None:
    assert fill("<a>${it|raw}</a>", Scope([{"it": value}]), path="t") == f"<a>{value}</a>"


@given(xml_text.filter(lambda text: "${" not in text))
def test_a_template_without_placeholders_is_not_touched(template: str) -> None:
    assert fill(template, Scope([]), path="t") == template


def test_a_doubled_dollar_is_a_literal_placeholder() -> None:
    scope = Scope([{"a": "1", "b": "$${a}"}])
    assert fill("$${a} ${a} ${b}", scope, path="t") == "${a} 1 ${a}"


def test_text_that_is_no_xml_is_resolved_without_escaping() -> None:
    scope = Scope([{"unit": "A&B"}])
    assert scope.resolve("<${unit}> $${unit}") == "<A&B> ${unit}"
    with pytest.raises(UsageError, match="nothing is called “unti”"):
        scope.resolve("${unti}")


def test_find_tells_name_form_and_place() -> None:
    assert find("x ${a.b} $${no} ${c|raw}") == [Placeholder("a.b", False, 2, 8), Placeholder("c", True, 16, 24)]


@given(names, st.lists(st.one_of(st.none(), st.integers(0, 99)), min_size=1, max_size=5))
def test_the_first_layer_that_has_a_name_wins(name: str, values: list[int | None]) -> None:
    layers: list[dict[str, Value]] = [{} if value is None else {"deep": {name: str(value)}} for value in values]
    present = [value for value in values if value is not None]
    scope = Scope(layers)
    if present:
        assert scope.lookup(f"deep.{name}") == str(present[0])
    else:
        with pytest.raises(UsageError):
            scope.lookup(f"deep.{name}")


def test_layers_complete_each_other_below_the_first_dot() -> None:
    scope = Scope([{"patient": {"id": "1"}}, {"patient": {"id": "2", "name": "Tolvan"}}])
    assert (scope.lookup("patient.id"), scope.lookup("patient.name")) == ("1", "Tolvan")
    assert scope.known() == {"patient.id", "patient.name"}


def test_a_name_may_be_written_with_its_dots_as_one_key() -> None:
    assert Scope([{"run.id": "r1"}]).lookup("run.id") == "r1"


def test_values_are_text_as_xml_writes_it() -> None:
    scope = Scope([{"yes": True, "no": False, "number": 4, "nothing": None, "inner": "${number}/${yes}"}])
    assert [scope.lookup(name) for name in ("yes", "no", "number", "nothing", "inner")] == [
        "true",
        "false",
        "4",
        "",
        "4/true",
    ]


@given(st.lists(names, min_size=1, max_size=6, unique=True))
def test_every_cycle_is_found(ring: list[str]) -> None:
    layer: dict[str, Value] = {name: f"x${{{ring[(place + 1) % len(ring)]}}}" for place, name in enumerate(ring)}
    with pytest.raises(UsageError, match="leads back to itself"):
        Scope([layer]).lookup(ring[0])


def test_a_long_chain_ends_in_a_sentence_and_not_in_a_recursion() -> None:
    layer: dict[str, Value] = {f"n{number}": f"${{n{number + 1}}}" for number in range(5000)}
    with pytest.raises(UsageError, match="more than 50 other names"):
        Scope([layer]).lookup("n0")


def test_data_that_doubles_itself_stops_at_the_limit() -> None:
    layer: dict[str, Value] = {f"n{number}": f"${{n{number + 1}}}${{n{number + 1}}}" for number in range(40)}
    layer["n40"] = "ha"
    with pytest.raises(UsageError, match=str(LIMIT_CHARACTERS)):
        Scope([layer]).lookup("n0")
    assert Scope([{**layer, "n40": ""}]).lookup("n0") == ""


def test_repeated_text() -> None:
    scope = Scope([{"big": {"repeat": "QUJD", "times": "3"}, "unit": "ab", "more": {"repeat": "${unit}", "times": 2}}])
    assert (scope.lookup("big"), scope.lookup("more")) == ("QUJDQUJDQUJD", "abab")
    assert scope.known() == {"big", "unit", "more"}


def test_repeated_text_may_say_which_time_it_is() -> None:
    scope = Scope([{"ids": {"repeat": "<id>R-{number}</id>", "times": "3"}}])
    assert scope.lookup("ids") == "<id>R-1</id><id>R-2</id><id>R-3</id>"


@pytest.mark.parametrize("times", ["three", "-1", "1.5", "99999999"])
def test_text_cannot_be_repeated_like_that(times: str) -> None:
    assert "“big”" in str(refusal("${big}", {"big": {"repeat": "QUJD", "times": times}}))


def test_the_content_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "bilaga.txt"
    file.write_text("å ${not.a.placeholder} <b/>", encoding="utf-8")
    scope = Scope([{"text": {"file": str(file)}, "coded": {"file": str(file), "as": "base64"}}])
    assert scope.lookup("text") == file.read_text(encoding="utf-8")
    assert scope.lookup("coded") == b64encode(file.read_bytes()).decode()


@pytest.mark.parametrize("value", [{"file": "/nowhere/x"}, {"file": __file__, "as": "gif"}])
def test_a_file_that_cannot_be_had(value: dict[str, Value]) -> None:
    assert refusal("<a>\n ${bilaga}</a>", {"bilaga": value}).source is not None


def test_an_unknown_name_says_where_and_what_was_meant() -> None:
    error = refusal("<a>\n  <b>${patient.personnumer}</b>", {"patient": {"personnummer": "1"}})
    assert str(error).splitlines() == [
        "messages/new.xml:2:6: nothing is called “patient.personnumer”",
        "      <b>${patient.personnumer}</b>",
        "         ^",
        "  → did you mean “patient.personnummer”?",
    ]


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("<a>${name</a>", "a placeholder is not closed"),
        ("<a>${patient name}</a>", "“patient name” is no placeholder name"),
        ("<a>${name|rwa}</a>", "“name|rwa” is no placeholder name"),
        ("<a>${}</a>", "“” is no placeholder name"),
        ("<a>${name..first}</a>", "“name..first” is no placeholder name"),
    ],
)
def test_a_misspelt_placeholder_is_never_sent(template: str, what: str) -> None:
    error = refusal(template, {"name": "x"})
    assert error.what == what
    assert error.source
    assert error.source.column == 4


def test_a_branch_is_no_value() -> None:
    error = refusal("${patient}", {"patient": {"id": "1", "names": ["a"]}})
    assert (error.what, error.todo) == ("“patient” is not a single value", "name one of patient.id")
    assert refusal("${names}", {"names": ["a"]}).what == "“names” is not a single value"


def test_what_no_xml_can_hold_goes_in_only_as_it_is() -> None:
    assert "U+0001" in str(refusal("${odd}", {"odd": "a\x01"}))
    assert fill("${odd|raw}", Scope([{"odd": "a\x01"}]), path="t") == "a\x01"
