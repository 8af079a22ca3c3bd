"""The Schematron interpreter, one feature at a time."""

import gc
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from growth import SQUARE, growth
from rivta.contract.rules import RuleOutcome, RuleSet, compile_rules, ids_of, rules_of
from rivta.contract.rules.patterns import sweeps
from rivta.contract.rules.runaway import runs_away
from rivta.model.clock import SystemClock
from rivta.model.domain import RuleFile
from rivta.model.errors import UsageError
from rivta.model.words import Direction
from suite_world import ASK, DOMAIN

PROLOG = (
    '<iso:schema xmlns:iso="http://purl.oclc.org/dsdl/schematron" xmlns="http://purl.oclc.org/dsdl/schematron" '
    'queryBinding="{}"><ns prefix="p" uri="urn:p"/>\n'
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "rules.sch"


def compiled(path: Path, body: str, *, binding: str = "xslt2") -> RuleSet:
    path.write_text(PROLOG.format(binding) + body + "</iso:schema>", encoding="utf-8")
    return compile_rules(path)


def pattern(context: str, checks: str, *, more: str = "") -> str:
    return f'<pattern id="P">{more}<rule context="{context}">{checks}</rule></pattern>'


def run(rules: RuleSet, message: str) -> list[RuleOutcome]:
    return rules.run(etree.fromstring(message))


def places(rules: RuleSet, message: str) -> list[str]:
    return [outcome.location for outcome in run(rules, message)]


def test_a_message_is_held_against_the_files_that_are_for_it(tmp_path: Path) -> None:
    for name in ("every", "one", "two"):
        compiled(tmp_path / name, pattern("a", f"<assert test='false()' id='A'>{name}</assert>"))
    prefixes = (("p", "urn:p"),)
    files = (
        RuleFile(tmp_path / "every"),
        RuleFile(tmp_path / "one", "/a/p:kind = 1", "R-1", prefixes),
        RuleFile(tmp_path / "two", "/a/p:kind = 2", "R-2", prefixes),
    )
    contract = replace(DOMAIN.contracts[ASK], rules={Direction.REQUEST: files})

    def told(kind: str) -> list[tuple[str, str]]:
        root = etree.fromstring(f"<a xmlns:p='urn:p'><p:kind>{kind}</p:kind></a>")
        return [(each.rule, each.message) for each in rules_of(contract, Direction.REQUEST, root).run(root)]

    assert [told(kind) for kind in "123"] == [
        [("A", "every"), ("R-1:A", "one")],
        [("A", "every"), ("R-2:A", "two")],
        [("A", "every")],
    ]
    assert len(rules_of(contract, Direction.REQUEST).patterns) == 3
    assert [ids_of(file) for file in files] == [("A",), ("R-1",), ("R-2",)]


# ── contexts ──


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("b", ["/a/b[1]", "/a/b[2]", "/a/c/b"]),
        ("c/b", ["/a/c/b"]),
        ("a//b", ["/a/b[1]", "/a/b[2]", "/a/c/b"]),
        ("//b", ["/a/b[1]", "/a/b[2]", "/a/c/b"]),
        ("/a/b", ["/a/b[1]", "/a/b[2]"]),
        ("/b", []),
        ("/a", ["/a"]),
        ("a/b[1]", ["/a/b[1]"]),
        ("b[@x='1']", ["/a/b[2]"]),
        ("b[@x='1'] | c", ["/a/b[2]", "/a/c"]),
        ("a/*[not(self::c)]", ["/a/b[1]", "/a/b[2]"]),
        ("b/@x", ["/a/b[2]/@x", "/a/c/b/@x"]),
        ("c/b/@*", ["/a/c/b/@x"]),
        ("c/child::b/attribute::x", ["/a/c/b/@x"]),
        ("b/text()", ["/a/b[1]/text()"]),
        ("b[@x=('1', '3')]", ["/a/b[2]"]),
        ("b[matches(@x, '^[12]$')]", ["/a/b[2]", "/a/c/b"]),
        ("c[matches(., '')]/b", ["/a/c/b"]),
        ("a[matches(@no, '^$')]//b[number(@x) ge 2]", ["/a/c/b"]),
        ("b/@x[matches(., '2')]", ["/a/c/b/@x"]),
        ("b[@x = 2]", ["/a/c/b"]),
        ("c[b = '|]' or b[@x='2']]", ["/a/c"]),
        (" b [ @x = '1' ] ", ["/a/b[2]"]),
        ("comment()", ["/a/comment()"]),
    ],
)
def test_a_context_matches_wherever_it_fits(written: Path, context: str, expected: list[str]) -> None:
    rules = compiled(written, pattern(context, '<assert test="false()">x</assert>'))
    assert places(rules, '<a>t<!--c--><b>y</b><b x="1"/><c><b x="2"/></c></a>') == expected
    slow = compiled(written, pattern(context, "<assert test=\"matches('x', 'y')\">x</assert>"))
    assert places(slow, '<a>t<!--c--><b>y</b><b x="1"/><c><b x="2"/></c></a>') == expected


POSITIONS = {
    "b[count(../c)]": ["/a/b[1]"],
    "b[last()]": ["/a/b[3]", "/a/c/b"],
    "b[1 + 1]": ["/a/b[2]"],
    "b[@x][2 - 1]": ["/a/b[2]", "/a/c/b"],
    "b[number(@n)]": ["/a/b[1]", "/a/b[2]", "/a/b[3]", "/a/c/b"],
    "b[@n cast as xs:integer]": ["/a/b[1]", "/a/b[2]", "/a/b[3]", "/a/c/b"],
    "b[number(@x)][1]": [],
    "b[matches(@n, '[23]')][1]": ["/a/b[2]"],
    "b[matches(@n, '[23]')][count(../c) + 1]": ["/a/b[3]"],
    "b[$two]": ["/a/b[2]"],
    "b[$word]": ["/a/b[1]", "/a/b[2]", "/a/b[3]", "/a/c/b"],
    "b[if (@x) then 1 else 2]": ["/a/c/b"],
    "b[max(../b/@n)]": ["/a/b[3]", "/a/c/b"],
    "b[1.0]": ["/a/b[1]", "/a/c/b"],
    "b[1 to 1]": ["/a/b[1]", "/a/c/b"],
    "b[@n/number()]": ["/a/b[1]", "/a/b[2]", "/a/b[3]", "/a/c/b"],
    "b[matches(@n, '1')] | b[number(@n) = 1]": ["/a/b[1]", "/a/c/b"],
    "b | //b[matches(@n, '1')] | a/b": ["/a/b[1]", "/a/b[2]", "/a/b[3]", "/a/c/b"],
    "b/@n[matches(., '1')] | @n[. = 1]": ["/a/b[1]/@n", "/a/c/b/@n"],
    "comment()": ["/a/comment()", "/a/b[1]/comment()"],
    "b/comment()[matches(., 'in')]": ["/a/b[1]/comment()"],
    "processing-instruction()": ["/a/processing-instruction()"],
    "a/node()": ["/a/comment()", "/a/b[1]", "/a/processing-instruction()", "/a/b[2]", "/a/c", "/a/b[3]", "/a/text()"],
    "* | comment()": ["/a", "/a/comment()", "/a/b[1]", "/a/b[1]/comment()", "/a/b[2]", "/a/c", "/a/c/b", "/a/c/b/d[1]", "/a/c/b/d[2]", "/a/b[3]"],
}  # fmt: skip
"""Contexts with numbers, with several paths to one node, and of other nodes than elements: which nodes SaxonC has them match."""
POSITIONED = (
    '<a n="2"><!--c--><b n="1">y<!--in-->z</b><?pi x?><b x="1" n="2"/><c><b x="2" n="1"><d/><d/></b></c><b n="3"/>t</a>'
)
LETS = """<let name="two" value="2"/><let name="word" value="'x'"/>"""


@pytest.mark.parametrize("test", ["false()", "matches('x', 'y')"])
@pytest.mark.parametrize("context", POSITIONS)
def test_a_number_in_a_context_is_a_position_and_a_node_is_told_once(written: Path, context: str, test: str) -> None:
    rules = compiled(written, LETS + pattern(context, f'<assert test="{test}"><value-of select="."/></assert>'))
    outcomes = run(rules, POSITIONED)
    assert [each.kind for each in outcomes] == ["failed"] * len(outcomes)
    assert sorted(each.location for each in outcomes) == sorted(POSITIONS[context])


def test_a_comment_is_told_with_its_text(written: Path) -> None:
    rules = compiled(
        written,
        pattern(
            "comment() | processing-instruction()", '<assert test="false()"><name/>: <value-of select="."/></assert>'
        ),
    )
    assert [each.message for each in run(rules, POSITIONED)] == [": c", ": in", "pi: x"]


def test_a_position_is_not_guessed_in_xpath_1(written: Path) -> None:
    with pytest.raises(UsageError, match=r"the predicate \[number\(@n\)\] may be a position"):
        compiled(written, pattern("b[number(@n)]", '<assert test="false()">x</assert>'), binding="xslt")
    rules = compiled(written, pattern("b[number(@n) = 1]", '<assert test="false()">x</assert>'), binding="xslt")
    assert places(rules, POSITIONED) == ["/a/b[1]", "/a/c/b"]


NUMBERS = {
    "string-length(b)": ("1234567", "1234567"),
    "string-length(b) * 2": ("2469134", "2469134"),
    "count(*)": ("2", "2"),
    "number('x')": ("NaN", "NaN"),
    "number(c)": ("1.5", "1.5"),
    "number('1234567')": ("1.234567E6", "1234567"),
    "number('0.0000001')": ("1.0E-7", "0.0000001"),
    "sum(c)": ("1.5", "1.5"),
    "-1 div number('0')": ("-INF", "-Infinity"),
}


@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_is_told_as_xpath_tells_it(written: Path, value: str) -> None:
    message = f"<a><b>{'x' * 1_234_567}</b><c>1<!-- -->.5</c></a>"
    told = []
    for binding in ("xslt2", "xslt"):
        rules = compiled(
            written, pattern("a", f'<assert test="false()"><value-of select="{value}"/></assert>'), binding=binding
        )
        told += [each.message for each in run(rules, message)]
    assert tuple(told) == NUMBERS[value]


def test_a_context_that_breaks_down_at_a_node_does_not_match_it(written: Path) -> None:
    rules = compiled(written, pattern("b[xs:integer(@x) = 1]", '<assert test="false()">x</assert>'))
    assert places(rules, '<a><b x="one"/><b x="1"/></a>') == ["/a/b[2]"]


def test_a_prefix_is_the_rule_files_own(written: Path) -> None:
    rules = compiled(written, pattern("p:b", '<assert test="@x"><name/></assert>'))
    [outcome] = run(rules, '<a><b/><q:b xmlns:q="urn:p"/></a>')
    assert (outcome.location, outcome.message) == ("/a/q:b", "q:b")


@pytest.mark.parametrize("first", ["b[@x]", "b[matches(@x, '.')]"])
@pytest.mark.parametrize("test", ["false()", "matches('x', 'y')"])
def test_the_first_rule_of_a_pattern_that_matches_is_the_one_that_counts(written: Path, first: str, test: str) -> None:
    rules = compiled(
        written,
        f'<pattern id="P"><rule context="{first}"><assert test="{test}">first</assert></rule>'
        f'<rule context="b"><assert test="{test}">second</assert></rule></pattern>'
        f'<pattern id="Q"><rule context="b"><assert test="{test}">other</assert></rule></pattern>',
    )
    outcomes = run(rules, '<a><b x="1"/><b/></a>')
    assert [(each.message, each.location) for each in outcomes] == [
        ("first", "/a/b[1]"),
        ("second", "/a/b[2]"),
        ("other", "/a/b[1]"),
        ("other", "/a/b[2]"),
    ]


def test_the_first_rule_counts_for_attributes_too(written: Path) -> None:
    rules = compiled(
        written,
        '<pattern id="P"><rule context="b/@x"><assert test="true()"/></rule>'
        '<rule context="@*"><assert test="false()"><name/> is <value-of select="."/></assert></rule></pattern>',
    )
    [outcome] = run(rules, '<a><b x="1" y="2"/></a>')
    assert (outcome.location, outcome.message) == ("/a/b/@y", "y is 2")


def test_a_text_can_be_a_context_wherever_it_stands(written: Path) -> None:
    rules = compiled(
        written, pattern("a/text()", "<assert test=\"matches(., '^x')\"><name/><value-of select='.'/></assert>")
    )
    outcomes = run(rules, "<r><a>x<b>no</b>y<!--c-->z</a>no</r>")
    assert [(each.message, each.location) for each in outcomes] == [("y", "/r/a/text()"), ("z", "/r/a/text()")]


def test_a_rule_without_checks_claims_its_nodes(written: Path) -> None:
    rules = compiled(
        written, '<pattern><rule context="b"/><rule context="*"><assert test="false()">x</assert></rule></pattern>'
    )
    assert places(rules, "<a><b/></a>") == ["/a"]


# ── checks ──


@pytest.mark.parametrize("test", ["@x", "matches(@x, '.')"])
def test_an_assert_wants_truth_and_a_report_tells_of_it(written: Path, test: str) -> None:
    checks = f'<assert test="{test}">assert</assert><report test="{test}">report</report>'
    rules = compiled(written, pattern("b", checks))
    assert [(each.message, each.location) for each in run(rules, '<a><b x="1"/><b/></a>')] == [
        ("assert", "/a/b[2]"),
        ("report", "/a/b[1]"),
    ]


@pytest.mark.parametrize("test", ["count(*)", "string-length(@x)", "''", "0", "@x", "(@no, @x)", "string(@no)"])
def test_a_test_is_true_as_xpath_has_it(written: Path, test: str) -> None:
    """A number in the place of a condition is no position."""
    root = '<a x="1"><b/><b/></a>'
    truth = bool(run(compiled(written, pattern("a", f'<report test="{test}">x</report>')), root))
    assert bool(run(compiled(written, pattern("a", f'<assert test="{test}">x</assert>')), root)) is not truth
    assert truth is (test in ("count(*)", "string-length(@x)", "@x", "(@no, @x)"))


def test_what_cannot_be_evaluated_is_an_outcome_of_its_own(written: Path) -> None:
    checks = "<assert id='E' test=\"b eq 'x'\">never said</assert><assert test='c'>c is missing</assert>"
    error, failed = sorted(
        run(compiled(written, pattern("a", checks)), "<r>\n<a><b/><b/></a></r>"), key=lambda each: each.kind
    )
    assert (error.kind, error.rule, error.location, error.line) == ("error", "E", "/r/a", 2)
    assert "XPTY0004" in error.message
    assert "never said" not in error.message
    assert (failed.kind, failed.message) == ("failed", "c is missing")


def test_one_node_that_breaks_a_check_down_does_not_hide_another(written: Path) -> None:
    rules = compiled(written, pattern("b", '<assert test=". &lt; 15">too much</assert>'))
    outcomes = run(rules, "<a><b>X Y</b><b>20</b><b>1</b></a>")
    assert [(each.kind, each.location) for each in outcomes] == [("error", "/a/b[1]"), ("failed", "/a/b[2]")]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [(("A", "R", "P"), "A"), ((None, "R", "P"), "R"), ((None, None, "P"), "P"), ((None, None, None), "")],
)
def test_a_rule_goes_by_the_nearest_id(written: Path, ids: tuple[str | None, ...], expected: str) -> None:
    check, rule, own = (f'id="{each}"' if each else "" for each in ids)
    body = f'<pattern {own}><rule {rule} context="a"><assert {check} test="false()">x</assert></rule></pattern>'
    [outcome] = run(compiled(written, body), "<a/>")
    assert outcome.rule == expected


def test_ids_with_spaces_and_both_ways_to_prefix_are_taken_as_they_come(written: Path) -> None:
    body = '<iso:pattern id="No empty elements"><rule context="b"><iso:assert test=".=1">x</iso:assert></rule></iso:pattern>'
    [outcome] = run(compiled(written, body), "<a><b>2</b></a>")
    assert outcome.rule == outcome.pattern == "No empty elements"


# ── words ──


def test_a_message_has_its_values_filled_in(written: Path) -> None:
    words = (
        "The <emph>element</emph> <name/> in <name path='..'/> is <value-of select='.'/>,\n  not "
        "<value-of select=\"('1', '2')\"/>; it has <value-of select='count(@*)'/> attributes, <value-of select='@x[1]'/>."
    )
    [outcome] = run(
        compiled(written, pattern("b", f"<assert test='false()'>{words}</assert>")), '<a><b x="y">0</b></a>'
    )
    assert outcome.message == "The element b in a is 0, not 1 2; it has 1 attributes, y."


def test_a_value_that_cannot_be_told_leaves_the_failure_standing(written: Path) -> None:
    body = pattern("a", "<assert test='false()'>is <value-of select='xs:date(.)'/></assert>")
    [outcome] = run(compiled(written, body), "<a>x</a>")
    assert outcome.kind == "failed"
    assert outcome.message.startswith("is [")


def test_diagnostics_come_by_language(written: Path) -> None:
    body = pattern("a", "<assert test='false()' diagnostics='d1 d2 d3'>in English</assert>") + (
        '<diagnostics><diagnostic id="d1" xml:lang="sv">på <value-of select="name()"/></diagnostic>'
        '<diagnostic id="d2" xml:lang="sv">svenska</diagnostic><diagnostic id="d3">unsaid</diagnostic></diagnostics>'
    )
    [outcome] = run(compiled(written, body), "<a/>")
    assert outcome.diagnostics == {"sv": "på a svenska", "": "unsaid"}


# ── names ──


def test_a_let_is_the_documents_or_the_nodes(written: Path) -> None:
    body = '<let name="all" value="count(//b)"/>' + pattern(
        "b",
        '<let name="mine" value="@x"/><let name="both" value="concat($mine, $all, $first)"/>'
        "<assert test=\"$both = '131'\"><value-of select='$both'/></assert>",
        more='<let name="first" value="(//b)[1]/@x"/>',
    )
    outcomes = run(compiled(written, body), '<a><b x="1"/><b x="2"/><b x="3"/></a>')
    assert [each.message for each in outcomes] == ["231", "331"]


def test_a_check_sees_the_let_above_it(written: Path) -> None:
    checks = '<let name="x" value="\'1\'"/><assert test="$x = \'1\'">a</assert><let name="x" value="\'2\'"/><assert test="$x = \'1\'">b</assert>'
    assert [each.message for each in run(compiled(written, pattern("a", checks)), "<a/>")] == ["b"]


def test_a_let_that_is_not_asked_for_cannot_break_down(written: Path) -> None:
    checks = '<let name="day" value="xs:date(.)"/><assert test="not(@x) or $day le current-date()">x</assert>'
    rules = compiled(written, pattern("b", checks))
    assert [each.kind for each in run(rules, '<a><b>x</b><b x="1">x</b><b x="1">2020-02-02</b></a>')] == ["error"]


def test_a_bound_name_is_no_let(written: Path) -> None:
    test = "every $each in * satisfies (some $other in $each/* satisfies $other = $limit)"
    rules = compiled(written, pattern("a", f'<let name="limit" value="\'1\'"/><assert test="{test}">x</assert>'))
    assert places(rules, "<a><b><c>1</c></b></a>") == []
    assert places(rules, "<a><b><c>2</c></b></a>") == ["/a"]


# ── what is written once and used often ──


def test_an_abstract_pattern_is_filled_in_text_and_all(written: Path) -> None:
    body = (
        '<pattern abstract="true" id="any"><rule context="$path"><assert test="$wanted">$path lacks $wanted, $wantedness $5'
        '</assert></rule><rule context="$path/c"><assert test="false()"><value-of select="name($parent)"/></assert></rule></pattern>'
        '<pattern id="one" is-a="any"><param name="path" value="b"/><param name="wanted" value="@x"/>'
        '<param name="path" value="nothing"/><param name="parent" value=".."/></pattern>'
    )
    outcomes = run(compiled(written, body), "<a><b><c/></b></a>")
    assert [(each.rule, each.message) for each in outcomes] == [("one", "b lacks @x, $wantedness $5"), ("one", "b")]


def test_an_abstract_rule_is_extended_with_its_lets_and_from_any_pattern(written: Path) -> None:
    body = (
        '<pattern id="P"><rule context="b"><extends rule="outer"/><assert test="$x = \'2\'">own</assert></rule></pattern>'
        '<pattern id="Q"><rule abstract="true" id="outer"><extends rule="inner"/><assert test="@y">outer</assert></rule>'
        '<rule abstract="true" id="inner"><let name="x" value="@x"/><assert test="$x = \'3\'">inner</assert></rule></pattern>'
    )
    outcomes = run(compiled(written, body), '<a><b x="1"/></a>')
    assert sorted(each.message for each in outcomes) == ["inner", "outer", "own"]
    assert {each.pattern for each in outcomes} == {"P"}


# ── XPath 1 and 2 ──


def test_the_binding_xslt_is_xpath_1(written: Path) -> None:
    first_of_two = pattern("a", "<assert test=\"normalize-space(b) = 'x'\">x</assert>")
    message = "<a><b>x</b><b>y</b></a>"
    assert run(compiled(written, first_of_two, binding="xslt"), message) == []
    assert [each.kind for each in run(compiled(written, first_of_two), message)] == ["error"]
    with pytest.raises(UsageError, match="matches"):
        compiled(written, pattern("a", "<assert test=\"matches(b, 'x')\">x</assert>"), binding="xslt")


@pytest.mark.parametrize(
    ("test", "message", "holds"),
    [
        (". castable as xs:decimal", "<a>12<!-- -->x</a>", False),
        ("matches(., '^12$')", "<a>1<?pi?>2</a>", True),
        ("matches(normalize-space(.), '^1 2 3$')", "<a><b><c>1</c> 2</b> 3</a>", True),
        ("matches(normalize-space(b), '^1 2$')", "<a><b><c>1</c> 2</b> 3</a>", True),
    ],
)
def test_text_is_read_whole_and_in_order(written: Path, test: str, message: str, holds: bool) -> None:
    assert (run(compiled(written, pattern("a", f'<assert test="{test}">x</assert>')), message) == []) is holds


def test_collation_is_by_code_points_whatever_the_locale(written: Path) -> None:
    rules = compiled(
        written, pattern("a", "<assert test=\"'a' lt 'å' and 'B' lt 'a' and count(distinct-values(b)) = 2\">x</assert>")
    )
    assert run(rules, "<a><b>o</b><b>ö</b><b>o</b></a>") == []


@pytest.mark.parametrize(
    ("values", "distinct"),
    [
        ("b", "o, 1, 01, "),
        ("b/string()", "o, 1, 01, "),
        ("(b, 'o', 'x')", "o, 1, 01, , x"),
        ("(1, 1.0, 2)", "1, 2"),
        ("(number('x'), number('y'))", "NaN"),
        ("()", ""),
    ],
)
def test_values_are_distinct_by_their_types(written: Path, values: str, distinct: str) -> None:
    test = f"string-join(for $one in distinct-values({values}) return string($one), ', ') = '{distinct}'"
    rules = compiled(written, pattern("a", f'<assert test="{test}">x</assert>'))
    assert run(rules, "<a><b>o</b><b>1</b><b>01</b><b>o</b><b/></a>") == []


# ── mistakes ──

MISTAKES = {
    "no XML": ("<schema", 1, "not readable as XML"),
    "no Schematron": ("<stylesheet/>", 1, "not the root of an ISO Schematron file"),
    "old namespace": ('<schema xmlns="http://www.ascc.net/xml/schematron"/>', 1, "not the root"),
    "binding": (PROLOG.format("xquery") + "</iso:schema>", 1, "query binding “xquery”"),
    "misspelt element": (PROLOG.format("xslt2") + "<patern/></iso:schema>", 2, "did you mean “pattern”"),
    "include": (PROLOG.format("xslt2") + '<include href="x"/></iso:schema>', 2, "include in schema"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_file_that_is_not_understood_is_refused(written: Path, name: str) -> None:
    text, line, words = MISTAKES[name]
    written.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        compile_rules(written)
    assert words in str(caught.value)
    assert caught.value.source is not None
    assert (caught.value.source.path, caught.value.source.line) == (str(written), line)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (pattern("a", "<assert>x</assert>"), "assert lacks test"),
        ('<pattern><rule><assert test="a">x</assert></rule></pattern>', "rule lacks context"),
        (pattern("a", '<assert test="a +">x</assert>'), "no XPath"),
        (pattern("a", '<assert test="count(a">x</assert>'), "no XPath"),
        (pattern("a", '<assert test="q:b">x</assert>'), "prefix 'q'"),
        (pattern("a", '<assert test="frobnicate(.)">x</assert>'), "frobnicate"),
        (pattern("a", '<assert test="$limit">x</assert>', more='<let name="limits" value="1"/>'), "did you mean “limits”"),
        (pattern("a", '<assert test="a">x <value-of select=")"/></assert>'), "no XPath"),
        (pattern("a", '<assert test="a" diagnostics="d">x</assert>'), "no diagnostic is called “d”"),
        (pattern("a", '<extends rule="r"/>'), "no abstract rule is called “r”"),
        ('<pattern><rule abstract="true" id="r"><extends rule="r"/></rule><rule context="a"><extends rule="r"/></rule></pattern>', "extends itself"),
        ('<pattern is-a="x"/>', "no abstract pattern is called “x”"),
        ('<pattern abstract="true" id="x"/><pattern is-a="x"><param name="y"/></pattern>', "param lacks value"),
        (pattern("count(a)", '<assert test="a">x</assert>'), "no path of elements"),
        (pattern("a/..", '<assert test="a">x</assert>'), "no path of elements"),
        (pattern("a b", '<assert test="a">x</assert>'), "no path of elements"),
        (pattern("a |", '<assert test="a">x</assert>'), "no path of elements"),
        (pattern("a///b", '<assert test="a">x</assert>'), "no path of elements"),
        (pattern("/", '<assert test="a">x</assert>'), "no path of elements"),
        (pattern("a[b", '<assert test="a">x</assert>'), "bracket"),
        (pattern("a(: b :)", '<assert test="a">x</assert>'), "comment"),
        (pattern("ppp:a", '<assert test="a">x</assert>'), "the prefix ppp"),
        (pattern("a[matches(b, 'c')][last()]", '<assert test="a">x</assert>'), "positions beside XPath 2"),
        (pattern("a[foo(b)]", '<assert test="a">x</assert>'), "foo"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_told_with_its_line(written: Path, body: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        compiled(written, "\n" + body)
    assert words in str(caught.value)
    assert caught.value.source is not None
    assert caught.value.source.line == 3
    assert body in caught.value.source.text


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        compile_rules(tmp_path / "none.sch")


@pytest.mark.parametrize("binding", ["XSLT2", "Xslt"])
def test_a_binding_is_the_same_in_any_case(written: Path, binding: str) -> None:
    rules = compiled(written, pattern("b", '<assert test="@x">x</assert>'), binding=binding)
    assert places(rules, "<a><b/></a>") == ["/a/b"]


XSL = 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'


def test_xsls_value_of_is_filled_in_and_the_rest_of_it_refused(written: Path) -> None:
    check = '<assert test="false()">n: <xsl:{} ' + XSL + ' select="@n"/></assert>'
    [outcome] = run(compiled(written, pattern("a", check.format("value-of"))), '<a n="1"/>')
    assert outcome.message == "n: 1"
    with pytest.raises(UsageError, match="xsl:copy-of in assert is not run here"):
        compiled(written, pattern("a", check.format("copy-of")))


def test_a_document_type_in_a_rule_file_is_told_as_such(written: Path) -> None:
    written.write_text("<!DOCTYPE schema>" + PROLOG.format("xslt2") + "</iso:schema>", encoding="utf-8")
    with pytest.raises(UsageError, match="not readable as XML: a file with a document type declaration"):
        compile_rules(written)


def test_what_other_namespaces_say_is_left_alone(written: Path) -> None:
    body = (
        pattern("a", '<x:note xmlns:x="urn:x"><x:asert/></x:note><!-- c --><assert test="b">x</assert>')
        + "<title>t</title>"
    )
    assert len(run(compiled(written, body), "<a/>")) == 1


# ── many nodes, many messages ──


@pytest.mark.parametrize("test", ["@y", "matches(., '^x$')"])
def test_of_very_many_breaches_the_first_are_told_and_the_rest_is_counted(written: Path, test: str) -> None:
    rules = compiled(written, f'<pattern id="P"><rule context="b"><assert test="{test}">no</assert></rule></pattern>')
    outcomes, more = rules.examine(etree.fromstring("<a>" + "<b/>" * 250 + "</a>"))
    assert (len(outcomes), more) == (100, 150)
    assert growth(lambda size: rules.run(etree.fromstring("<a>" + "<b/>" * size + "</a>")), 400) < SQUARE


def test_nodes_that_python_forgets_are_not_mistaken_for_others(written: Path) -> None:
    body = (
        '<pattern id="P"><rule context="b[@x]"><assert test="matches(., \'.\')">1</assert></rule>'
        '<rule context="b"><assert test="matches(., \'.\')">2</assert></rule></pattern>'
    )
    rules = compiled(written, body)
    message = "<a>" + '<b x="1"/><b/>' * 500 + "</a>"
    for _ in range(3):
        outcomes, _ = rules.examine(etree.fromstring(message), most=1000)
        gc.collect()
        assert [each.message for each in outcomes] == ["1"] * 500 + ["2"] * 500
        assert len({each.location for each in outcomes}) == 1000


@given(st.lists(st.sampled_from(["", " ", "x", "\u00a0"]), max_size=6))
def test_whole_message_and_single_node_answers_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("rules") / "rules.sch"
    fast = compiled(path, pattern("b", '<assert test="normalize-space(.)">x</assert>'))
    slow = compiled(path, pattern("b", "<assert test=\"matches(., '[^ ]') or normalize-space(.)\">x</assert>"))
    message = "<a>" + "".join(f"<b>{text}</b>" for text in texts) + "</a>"
    assert places(fast, message) == places(slow, message)


def test_elementpath_is_imported_when_a_rule_needs_it(written: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from rivta.contract.rules import compile_rules; compile_rules(Path(sys.argv[1]))\n"
        "sys.exit('elementpath' in sys.modules)"
    )
    for test, needed in (("exists(b) and c = ('1', '2')", False), ("matches(b, 'x')", True)):
        compiled(written, pattern("a[b]", f'<assert test="{test}">x</assert>'))
        assert subprocess.run([sys.executable, "-c", script, written], check=False).returncode == needed


# ── rules that never end ──


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^x([a-z]+)*y$", "(a|aa)+$", "(x+x+)+y", r"^(\d+\s?)*$", "^((ab)*|c?)*$"]
)
def test_a_pattern_that_runs_away_is_refused_with_its_line(written: Path, pattern: str) -> None:
    body = f'<pattern id="P"><rule context="b">\n<assert test="matches(., \'{pattern}\')">no</assert></rule></pattern>'
    with pytest.raises(UsageError, match="would run away") as refused:
        compiled(written, body)
    assert refused.value.source is not None
    assert refused.value.source.line == 3


@pytest.mark.parametrize("pattern", ["^[a-z]+$", "^([0-9]+,)*[0-9]+$", r"^\s*(\S+\s+)*\S+$", "^([A-Z]|[0-9])+$", "a(b"])
def test_a_pattern_that_ends_is_none_that_runs_away(pattern: str) -> None:
    assert runs_away(pattern) == ""


def test_a_rule_that_takes_too_long_is_ended_and_told(written: Path) -> None:
    body = (
        '<pattern id="P"><rule context="a"><assert id="slow" test="count(for $x in //*, $y in //*, $z in //* return 1) = 0">no'
        "</assert></rule></pattern>"
        '<pattern id="Q"><rule context="a"><assert id="quick" test="@x">no</assert></rule></pattern>'
    )
    rules = replace(compiled(written, body), clock=Hurried())
    outcomes = run(rules, "<a>" + "<b/>" * 1000 + "</a>")
    assert [(each.rule, each.kind) for each in outcomes] == [("slow", "error"), ("quick", "failed")]
    assert "takes longer than 5 s" in outcomes[0].message


@pytest.mark.parametrize(
    ("context", "test", "message"),
    [
        pytest.param(
            "b", "count(//b[//b]) = 3", "<b/>" * 20_000, id="a question that goes through all of it at each place"
        ),
        pytest.param(
            "b[../b[../b[. = '1']]]", "c", "<b/>" * 20_000, id="a context that goes through siblings of siblings"
        ),
        pytest.param("b", "matches(., $endless)", "<b>" + "a" * 40 + "!</b>", id="a pattern with a name"),
        pytest.param(
            "b",
            "matches(., ' *,? *,? +$')",
            "<b>" + " " * 20_000 + "!</b>",
            id="a pattern that tries long texts in many ways",
        ),
    ],
)
def test_what_nobody_could_end_is_not_begun(written: Path, context: str, test: str, message: str) -> None:
    let = '<let name="endless" value="\'^(a+)+$\'"/>'
    body = f'{let}<pattern id="P"><rule context="{context}"><assert test="{test}">no</assert></rule></pattern>'
    rules = replace(compiled(written, body), clock=Hurried(), limit=0.5)
    outcomes = run(rules, f"<a>{message}</a>")
    assert "takes longer than 0.5 s" in outcomes[-1].message


@pytest.mark.parametrize(
    ("path", "times"),
    [
        ("a/b[c = '//x']", (0, 0)),
        ("count(//a)", (1, 0)),
        ("//a[b]//c = //d", (1, 0)),
        ("//a[//b[../c]]", (2, 1)),
        ("//a[not(following-sibling::b[preceding-sibling::c])]", (1, 2)),
    ],
)
def test_how_often_a_question_goes_through_a_message(path: str, times: tuple[int, int]) -> None:
    assert sweeps(path) == times


class Hurried(SystemClock):
    """A second passes each time that somebody looks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds
