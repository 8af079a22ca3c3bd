"""The part of XPath in which version 1 and version 2 give the same answer, and its translation to version 1.

An expression is parsed and typed. It is translated only where the types prove that the two versions agree on a message
without a schema; anything else, also anything misspelt, is None and goes to elementpath. What is left out, and why:

- `number()`, and comparing a node with a number or a boolean: XPath 2 casts the text and raises where it cannot
- a path where one string is wanted, unless it can only ever find one node: XPath 1 takes the first, XPath 2 raises
- `<` and its like on text: XPath 1 compares numbers, XPath 2 letters
- division, fractions, numbers as text: the types are other in XPath 2

What is taken in although XPath 1 does not know it: `exists`, `empty`, `eq` and its like, and `= ('a', 'b')`.
"""

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Literal

from rivta.model.frozen import frozen

NAME = r"[^\W\d][\w.\-]*"
"""An XML name without a colon."""

_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<literal>"[^"]*"|'[^']*')
      | (?P<number>\d+(?![\w.]))
      | (?P<name>{NAME}(?::(?:{NAME}|\*))?(?!:(?!:)))
      | (?P<symbol>::|\.\.|//|!=|<=|>=|[()\[\]@,|=<>+*/.\-])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)


# What an operator or a function may be given so that both versions answer the same. Each function here builds an expression in XPath 1 of
# parts that are in it already, or raises Disagree.

Kind = Literal["nodes", "string", "number", "boolean", "perhaps"]
"""`perhaps` is a boolean that is the empty sequence where an operand is: as a condition the same as false, as a value not."""


@frozen
class Typed:
    """An expression in XPath 1 with what is known of its value. `single`: at most one node; `certain`: exactly one."""

    text: str
    kind: Kind
    single: bool = False
    certain: bool = False


class Disagree(Exception):
    """The expression is outside the subset."""


def _condition(value: Typed) -> str:
    """Anything has an effective boolean value, and the same in both: the subset has no sequences but of nodes."""
    return value.text


def _of_kind(kind: Kind, value: Typed) -> str:
    if value.kind != kind:
        raise Disagree
    return value.text


_nodes, _number = partial(_of_kind, "nodes"), partial(_of_kind, "number")
_text = partial(_of_kind, "string")
"""A text itself, where XPath 2 raises on no node."""


def _node(value: Typed) -> str:
    if not value.single:
        raise Disagree
    return _nodes(value)


def _string(value: Typed) -> str:
    """No node is taken for the empty text."""
    if value.kind != "string" and not (value.kind == "nodes" and value.single):
        raise Disagree
    return value.text


@frozen
class _Function:
    """What a function takes and gives, and its name in XPath 1. What is optional may be left out, the context node among it.

    Those `within` a predicate are asked of the nodes that it chooses from.
    """

    takes: tuple[Callable[[Typed], str], ...]
    gives: Kind
    optional: int = 0
    spelt: str = ""
    since: int = 1
    within: bool = False


_MOST = 20
"""Texts that are put together at once."""
FUNCTIONS = {
    "true": _Function((), "boolean"),
    "false": _Function((), "boolean"),
    "position": _Function((), "number", within=True),
    "last": _Function((), "number", within=True),
    "not": _Function((_condition,), "boolean"),
    "boolean": _Function((_condition,), "boolean"),
    "exists": _Function((_nodes,), "boolean", spelt="boolean", since=2),
    "empty": _Function((_nodes,), "boolean", spelt="not", since=2),
    "count": _Function((_nodes,), "number"),
    "name": _Function((_node,), "string", 1),
    "local-name": _Function((_node,), "string", 1),
    "namespace-uri": _Function((_node,), "string", 1),
    "string": _Function((_string,), "string", 1),
    "normalize-space": _Function((_string,), "string", 1),
    "string-length": _Function((_string,), "number", 1),
    "concat": _Function((_string,) * _MOST, "string", _MOST - 2),
    "contains": _Function((_string, _string), "boolean"),
    "starts-with": _Function((_string, _string), "boolean"),
    "substring-before": _Function((_string, _string), "string"),
    "substring-after": _Function((_string, _string), "string"),
    "translate": _Function((_string, _text, _text), "string"),
    "substring": _Function((_string, _number, _number), "string", 1),
}


def arithmetic(left: Typed, operator: str, right: Typed) -> Typed:
    """`+`, `-` and `*` of whole numbers."""
    return Typed(f"{_number(left)} {operator} {_number(right)}", "number")


def general(left: Typed, operator: str, right: Typed) -> Typed:
    """`=` and its like, on nodes true if any pair is."""
    numbers = left.kind == right.kind == "number"
    booleans = left.kind == right.kind == "boolean"
    texts = {left.kind, right.kind} <= {"nodes", "string"}
    if not (numbers or ((booleans or texts) and operator in ("=", "!="))):
        raise Disagree
    return Typed(f"{left.text} {operator} {right.text}", "boolean")


def one_of(left: Typed, operator: str, choices: list[str]) -> Typed:
    """`=` and `!=` with a sequence of literals: true if any is."""
    if operator not in ("=", "!=") or left.kind not in ("nodes", "string"):
        raise Disagree
    return Typed("(" + " or ".join(f"{left.text} {operator} {choice}" for choice in choices) + ")", "boolean")


def single_values(left: Typed, operator: str, right: Typed) -> Typed:
    """`eq` and its like, on at most one item a side: the empty sequence if one side has none."""
    if left.kind == right.kind == "number":
        return Typed(f"{left.text} {operator} {right.text}", "boolean")
    if operator not in ("=", "!="):
        raise Disagree
    certain = all(side.kind == "string" or side.certain for side in (left, right))
    return Typed(f"{_string(left)} {operator} {_string(right)}", "boolean" if certain else "perhaps")


# The parser


def translate(expression: str, prefixes: Collection[str], *, version: int = 2, predicate: bool = False) -> Typed | None:
    """The expression in XPath 1, or None where XPath 1 and the given version might disagree.

    `prefixes` are the declared ones. In a `predicate`, `position()` and `last()` are allowed.
    """
    try:
        return _Parser(_words(expression), prefixes, version, depth=int(predicate)).whole()
    except Disagree:
        return None


def _words(expression: str) -> list[tuple[str, str]]:
    """The words of an expression, each with what sort of word it is, the last an empty `end`."""
    found: list[tuple[str, str]] = []
    position = 0
    while match := _TOKEN.match(expression, position):
        sort = str(match.lastgroup)  # each alternative of the pattern is named
        found.append((sort, match[sort]))
        if sort == "end":
            return found
        position = match.end()
    raise Disagree


_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_VALUE_COMPARISONS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_OF_ONE_NODE = ("self", "parent", "attribute")
"""The axes that hold at most one node of a name."""
_AXES = (
    *_OF_ONE_NODE, "child", "descendant", "descendant-or-self", "ancestor", "ancestor-or-self", "following", "following-sibling",
    "preceding", "preceding-sibling",
)  # fmt: skip
_NODE_TESTS = ("node", "text", "comment", "processing-instruction")


class _Parser:
    """Recursive descent over the tokens, one method a level of precedence."""

    def __init__(self, words: list[tuple[str, str]], prefixes: Collection[str], version: int, depth: int) -> None:
        self.words = words
        self.prefixes = prefixes
        self.version = version
        self.depth = depth
        self.at = 0

    def whole(self) -> Typed:
        value = self._either()
        if self._sort() != "end":
            raise Disagree
        return value

    # ── words ──

    def _word(self, ahead: int = 0) -> tuple[str, str]:
        return self.words[min(self.at + ahead, len(self.words) - 1)]

    def _sort(self, ahead: int = 0) -> str:
        return self._word(ahead)[0]

    def _sees(self, *texts: str, ahead: int = 0) -> bool:
        sort, text = self._word(ahead)
        return sort in ("symbol", "name") and text in texts

    def _take(self) -> str:
        _, text = self._word()
        self.at += 1
        return text

    def _expect(self, text: str) -> None:
        if not self._sees(text):
            raise Disagree
        self.at += 1

    # ── operators ──

    def _either(self) -> Typed:
        return self._logical("or", lambda: self._logical("and", self._comparison))

    def _logical(self, word: str, operand: Callable[[], Typed]) -> Typed:
        value = operand()
        while self._sees(word):
            self.at += 1
            value = Typed(f"{value.text} {word} {operand().text}", "boolean")
        return value

    def _comparison(self) -> Typed:
        left = self._sum()
        sort, word = self._word()
        if sort == "literal":
            return left
        if word in _COMPARISONS:
            self.at += 1
            choices = self._sequence()
            return one_of(left, word, choices) if choices else general(left, word, self._sum())
        if word in _VALUE_COMPARISONS and self.version > 1:
            self.at += 1
            return single_values(left, _VALUE_COMPARISONS[word], self._sum())
        return left

    def _sequence(self) -> list[str]:
        """The literals of `('a', 'b')`, or nothing if that is not what comes."""
        if self.version == 1 or not (self._sees("(") and self._sort(1) == "literal" and self._sees(",", ahead=2)):
            return []
        choices = []
        while self._sees("(", ","):
            self.at += 1
            if self._sort() != "literal":
                raise Disagree
            choices.append(self._take())
        self._expect(")")
        return choices

    def _sum(self) -> Typed:
        value = self._product()
        while self._sees("+", "-"):
            value = arithmetic(value, self._take(), self._product())
        return value

    def _product(self) -> Typed:
        value = self._union()
        while self._sees("*"):
            value = arithmetic(value, self._take(), self._union())
        return value

    def _union(self) -> Typed:
        value = self._operand()
        while self._sees("|"):
            self.at += 1
            value = Typed(f"{_nodes(value)} | {_nodes(self._operand())}", "nodes")
        return value

    # ── operands ──

    def _operand(self) -> Typed:
        sort, text = self._word()
        if sort in ("literal", "number"):
            return Typed(self._take(), "string" if sort == "literal" else "number")
        if self._sees("("):
            self._expect("(")
            inner = self._either()
            self._expect(")")
            if self._sees("[", "/", "//"):
                raise Disagree
            return Typed(f"({inner.text})", inner.kind, inner.single, inner.certain)
        if sort == "name" and self._sees("(", ahead=1) and text not in _NODE_TESTS:
            return self._call()
        return self._path()

    def _call(self) -> Typed:
        name = self._take()
        self._expect("(")
        arguments: list[Typed] = []
        while not self._sees(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._either())
        self._expect(")")
        if self._sees("[", "/", "//"):
            raise Disagree
        return self._function(name, arguments)

    def _function(self, name: str, arguments: list[Typed]) -> Typed:
        function = FUNCTIONS.get(name)
        if function is None or self.version < function.since or (function.within and not self.depth):
            raise Disagree
        most = len(function.takes)
        if not most - function.optional <= len(arguments) <= most:
            raise Disagree
        given = (take(argument) for take, argument in zip(function.takes, arguments, strict=False))
        return Typed(f"{function.spelt or name}({', '.join(given)})", function.gives)

    # ── paths ──

    def _path(self) -> Typed:
        text = ""
        single = certain = True
        if self._sees("/", "//"):
            text = self._take()
            single = certain = False
        while True:
            step = self._step()
            text += step.text
            single = single and step.single
            certain = certain and step.certain
            if not self._sees("/", "//"):
                return Typed(text, "nodes", single, certain)
            single = single and self._sees("/")
            text += self._take()

    def _step(self) -> Typed:
        if self._sees(".", ".."):
            short = self._take()
            if self._sees("["):  # XPath 1 has no such thing
                raise Disagree
            return Typed(short, "nodes", single=True, certain=short == ".")
        axis = self._axis()
        test = self._node_test()
        single = axis in _OF_ONE_NODE and (axis != "attribute" or test not in ("*", "node()"))
        return self._with_predicates(Typed(f"{axis}::{test}", "nodes", single))

    def _axis(self) -> str:
        if self._sees("@"):
            self.at += 1
            return "attribute"
        if not self._sees("::", ahead=1):
            return "child"
        name = self._take()
        self._expect("::")
        if name not in _AXES:
            raise Disagree
        return name

    def _node_test(self) -> str:
        if self._sees("*"):
            return self._take()
        sort, name = self._sort(), self._take()
        if sort != "name" or name.endswith(":*"):
            raise Disagree
        if self._sees("("):
            self.at += 1
            if name not in _NODE_TESTS:
                raise Disagree
            self._expect(")")
            return f"{name}()"
        prefix, colon, _ = name.partition(":")
        if colon and prefix not in self.prefixes:
            raise Disagree
        return name

    def _with_predicates(self, step: Typed) -> Typed:
        while self._sees("["):
            self.at += 1
            self.depth += 1
            inner = self._either()
            self.depth -= 1
            self._expect("]")
            step = Typed(f"{step.text}[{inner.text}]", "nodes", step.single or inner.text.isdigit())
        return step
