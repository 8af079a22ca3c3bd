"""Where lxml answers instead of elementpath, both must say the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from rivta.contract.rules.patterns import Language, RuleLimit
from rivta.contract.rules.subset import translate
from rivta.contract.rules.xpath2 import Slow, Tree
from rivta.model.clock import SYSTEM
from rivta.model.words import Source
from thorough import tried

PREFIXES = {"p": "urn:p"}

NO_LETS: dict[str, str] = {}

TAKEN = [
    "normalize-space(.)",
    "count(p:a) + count(p:b) = 1",
    "count(../p:a)= 0",
    "not(exists(p:a))",
    ". eq '1'",
    "@id eq 'x' or . eq 'y'",
    "@code = ('NR', 'AR')",
    "text() != ''",
    "string-length(p:a[1]) <= 5",
    "p:a[@id='1.1']/p:b",
    "not(preceding-sibling::*/@id = @id)",
    "local-name(..) = 'x'",
    "//p:a[position() = last()]",
    "starts-with(normalize-space(@id), concat('a', .))",
    "substring(., 1, 4) = translate(@id, 'a', 'b')",
    "(@a = 'VID') = exists(p:b)",
]


@pytest.mark.parametrize("expression", TAKEN)
def test_the_everyday_expressions_are_answered_fast(expression: str) -> None:
    typed = translate(expression, PREFIXES)
    assert typed is not None
    etree.XPath(typed.text, namespaces=PREFIXES)


@pytest.mark.parametrize(
    "expression",
    [
        "normalize-space(p:a)",  # several p:a: the first, or an error
        "string-length(text()) > 0",
        "p:a eq 'x'",
        "concat(p:a, 'x')",
        "number(.) > 1",  # '1e3'
        "@id = 8.1",
        "@id = 8",
        ". = true()",
        "p:a < p:b",
        "'a' < 'b'",
        "1 div 3",
        "(@a eq 'x') = false()",  # the empty sequence equals nothing
        "matches(., 'x')",
        "distinct-values(p:a)",
        "p:a/count(*)",
        "p:a/normalize-space()",
        "if (p:a) then p:b else p:c",
        "$x",
        "(: note :) p:a",
        "'it''s'",
        ".[p:a]",
        "q:a",  # nobody declares q
        "position() = 1",  # of what?
        "p:a = p:b = p:c",
        "p:a +",
        "count(p:a, p:b)",
        "p:a[",
        "namespace::p",
        "p:a/element()",
        "substring('x', 'y')",
        "contains(p:a, 'x')",
        "concat('x')",
        "-1",
        "",
        "p:a | 'x'",
        "count('x')",
        "(p:a)[1]",
        "name(.)[1]",
        "p:a = (1, 2)",
        "p:a < ('x', 'y')",
        "= 1",
        "@1",
        "foo::a",
        "name(p:a)",
        "p:a = ('x', p:b)",
        "'x' + 1",
        "*:a",
    ],
)
def test_what_the_versions_see_differently_is_left_to_elementpath(expression: str) -> None:
    assert translate(expression, PREFIXES) is None


@pytest.mark.parametrize("expression", ["exists(p:a)", "empty(p:a)", ". eq 'x'", ". = ('x', 'y')"])
def test_xpath_1_does_not_know_what_xpath_2_added(expression: str) -> None:
    assert translate(expression, PREFIXES, version=2) is not None
    assert translate(expression, PREFIXES, version=1) is None


# ── any expression of the grammar, on any message ──

names = st.sampled_from(["p:a", "p:b", "*", "@id", "@*", ".", "..", "text()", "node()", "p:a[1]", "self::p:a", "//p:b"])
elements = st.sampled_from(
    ["p:a", "p:b", "*", "..", "p:a[1]", "self::p:a", "//p:b", "descendant::*", "following-sibling::p:a"]
)
"""What a path may go on from: elementpath (5.1) finds `@id/@id`, an attribute of an attribute."""
literals = st.sampled_from(["'x'", "''", "' '", "'1'", "'a b'", "'åäö'"])
numbers = st.sampled_from(["0", "1", "2", "7"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    comparison = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "eq", "ne", "lt", "le", "gt", "ge"])
    one = st.sampled_from(
        [
            "not",
            "boolean",
            "exists",
            "empty",
            "count",
            "string",
            "normalize-space",
            "string-length",
            "name",
            "local-name",
            "namespace-uri",
        ]
    )
    two = st.sampled_from(["contains", "starts-with", "substring-before", "substring-after", "concat", "substring"])
    return st.one_of(
        st.builds("{0[0]} {1} {0[1]}".format, pair, st.sampled_from(["and", "or", "+", "-", "*", "|"])),
        st.builds("{0[0]} {1} {0[1]}".format, pair, comparison),
        st.builds("({})".format, inner),
        st.builds("{}({})".format, one, inner),
        st.builds("{1}({0[0]}, {0[1]})".format, pair, two),
        st.builds("translate({}, {}, {})".format, inner, inner, inner),
        st.builds("{}/{}".format, elements, inner),
        st.builds("{}[{}]".format, elements, inner),
        st.builds("{}[position() = {}]".format, elements, numbers),
        st.builds("{} = ({}, {})".format, inner, literals, literals),
    )


expressions = st.recursive(st.one_of(names, literals, numbers), _grown, max_leaves=6)
texts = st.sampled_from(["", " ", "x", "1", "7", "a b", " x ", "åäö", "1e0"])


@st.composite
def messages(draw: st.DrawFn) -> etree._Element:
    def element(depth: int) -> etree._Element:
        made = etree.Element(draw(st.sampled_from(["{urn:p}a", "{urn:p}b", "c"])), nsmap=PREFIXES)
        if draw(st.booleans()):
            made.set("id", draw(texts))
        made.text = draw(texts)
        for _ in range(draw(st.integers(0, 3)) if depth < 3 else 0):
            child = etree.Comment("x") if draw(st.integers(0, 5)) == 0 else element(depth + 1)
            child.tail = draw(texts)
            made.append(child)
        return made

    # Read anew: a parser joins what the API leaves apart, and leaves out empty texts.
    return etree.fromstring(etree.tostring(element(0)))


@settings(max_examples=tried(400), deadline=None)
@given(expression=expressions, root=messages())
def test_lxml_and_elementpath_agree(expression: str, root: etree._Element) -> None:
    typed = translate(expression, PREFIXES)
    if typed is None:
        return
    slow = Slow(expression, Source("test"), Language(PREFIXES, 2))
    fast = etree.XPath(f"boolean({typed.text})", namespaces=PREFIXES)
    tree = Tree(root)
    for node in root.iter("*"):
        assert fast(node) == slow.is_true(tree.context(node, NO_LETS.__getitem__, RuleLimit(SYSTEM, 60))), (
            expression,
            typed.text,
            etree.tostring(root),
        )
