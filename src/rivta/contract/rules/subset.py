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
from typing import Literal, cast

from rivta.contract.rules.agreement import (
    OF_ONE,
    Disagree,
    Typed,
    arithmetic,
    general,
    of_strings,
    one_of,
    single_values,
)
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


Sort = Literal["literal", "number", "name", "symbol", "end"]


@frozen
class Token:
    """A word of an expression, and what sort of word it is. The last token of an expression is an empty `end`."""

    sort: Sort
    text: str


def tokens(expression: str) -> list[Token] | None:
    """The words of an expression, or None if it has a word that the subset does not know."""
    found: list[Token] = []
    position = 0
    while match := _TOKEN.match(expression, position):
        sort = cast("Sort", match.lastgroup)  # each alternative of the pattern is named
        found.append(Token(sort, match[sort]))
        if sort == "end":
            return found
        position = match.end()
    return None


def translate(expression: str, prefixes: Collection[str], *, version: int = 2, predicate: bool = False) -> Typed | None:
    """The expression in XPath 1, or None where XPath 1 and the given version might disagree.

    `prefixes` are the declared ones. In a `predicate`, `position()` and `last()` are allowed.
    """
    words = tokens(expression)
    if words is None:
        return None
    try:
        return _Parser(words, prefixes, version, depth=int(predicate)).whole()
    except Disagree:
        return None


_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_VALUE_COMPARISONS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_AXES = {
    "child": False,
    "descendant": False,
    "descendant-or-self": False,
    "following": False,
    "following-sibling": False,
    "preceding": False,
    "preceding-sibling": False,
    "ancestor": False,
    "ancestor-or-self": False,
    "self": True,
    "parent": True,
    "attribute": True,
}
"""Axis → whether it holds at most one node of a name."""
_NODE_TESTS = ("node", "text", "comment", "processing-instruction")


class _Parser:
    """Recursive descent over the tokens, one method a level of precedence."""

    def __init__(self, words: list[Token], prefixes: Collection[str], version: int, depth: int) -> None:
        self.words = words
        self.prefixes = prefixes
        self.version = version
        self.depth = depth
        self.at = 0

    def whole(self) -> Typed:
        value = self._either()
        if self._now().sort != "end":
            raise Disagree
        return value

    # ── words ──

    def _now(self, ahead: int = 0) -> Token:
        return self.words[min(self.at + ahead, len(self.words) - 1)]

    def _sees(self, *texts: str, ahead: int = 0) -> bool:
        token = self._now(ahead)
        return token.sort in ("symbol", "name") and token.text in texts

    def _take(self) -> Token:
        token = self._now()
        self.at += 1
        return token

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
        word = self._now().text if self._now().sort != "literal" else ""
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
        if self.version == 1 or not (self._sees("(") and self._now(1).sort == "literal" and self._sees(",", ahead=2)):
            return []
        choices = []
        while self._sees("(", ","):
            self.at += 1
            if self._now().sort != "literal":
                raise Disagree
            choices.append(self._take().text)
        self._expect(")")
        return choices

    def _sum(self) -> Typed:
        value = self._product()
        while self._sees("+", "-"):
            value = arithmetic(value, self._take().text, self._product())
        return value

    def _product(self) -> Typed:
        value = self._union()
        while self._sees("*"):
            value = arithmetic(value, self._take().text, self._union())
        return value

    def _union(self) -> Typed:
        value = self._operand()
        while self._sees("|"):
            self.at += 1
            other = self._operand()
            if (value.kind, other.kind) != ("nodes", "nodes"):
                raise Disagree
            value = Typed(f"{value.text} | {other.text}", "nodes")
        return value

    # ── operands ──

    def _operand(self) -> Typed:
        token = self._now()
        if token.sort == "literal":
            return Typed(self._take().text, "string")
        if token.sort == "number":
            return Typed(self._take().text, "number")
        if self._sees("("):
            self._expect("(")
            inner = self._either()
            self._expect(")")
            if self._sees("[", "/", "//"):
                raise Disagree
            return Typed(f"({inner.text})", inner.kind, inner.single, inner.certain)
        if token.sort == "name" and self._sees("(", ahead=1) and token.text not in _NODE_TESTS:
            return self._call()
        return self._path()

    def _call(self) -> Typed:
        name = self._take().text
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
        if not arguments and (name in ("true", "false") or (name in ("position", "last") and self.depth)):
            return Typed(f"{name}()", "boolean" if name in ("true", "false") else "number")
        function = OF_ONE.get(name)
        if function is None or self.version < function.since:
            return of_strings(name, arguments)
        if not function.least <= len(arguments) <= 1:
            raise Disagree
        return Typed(f"{function.spelt or name}({''.join(map(function.takes, arguments))})", function.gives)

    # ── paths ──

    def _path(self) -> Typed:
        text = ""
        single = certain = True
        if self._sees("/", "//"):
            text = self._take().text
            single = certain = False
        while True:
            step = self._step()
            text += step.text
            single = single and step.single
            certain = certain and step.certain
            if not self._sees("/", "//"):
                return Typed(text, "nodes", single, certain)
            single = single and self._sees("/")
            text += self._take().text

    def _step(self) -> Typed:
        if self._sees(".", ".."):
            short = self._take().text
            if self._sees("["):  # XPath 1 has no such thing
                raise Disagree
            return Typed(short, "nodes", single=True, certain=short == ".")
        axis = self._axis()
        test = self._node_test()
        single = _AXES[axis] and (axis != "attribute" or test not in ("*", "node()"))
        return self._with_predicates(Typed(f"{axis}::{test}", "nodes", single))

    def _axis(self) -> str:
        if self._sees("@"):
            self.at += 1
            return "attribute"
        if not self._sees("::", ahead=1):
            return "child"
        name = self._take().text
        self._expect("::")
        if name not in _AXES:
            raise Disagree
        return name

    def _node_test(self) -> str:
        if self._sees("*"):
            return self._take().text
        token = self._take()
        if token.sort != "name" or token.text.endswith(":*"):
            raise Disagree
        if self._sees("("):
            self.at += 1
            if token.text not in _NODE_TESTS:
                raise Disagree
            self._expect(")")
            return f"{token.text}()"
        prefix, colon, _ = token.text.partition(":")
        if colon and prefix not in self.prefixes:
            raise Disagree
        return token.text

    def _with_predicates(self, step: Typed) -> Typed:
        while self._sees("["):
            self.at += 1
            self.depth += 1
            inner = self._either()
            self.depth -= 1
            self._expect("]")
            step = Typed(f"{step.text}[{inner.text}]", "nodes", step.single or inner.text.isdigit())
        return step
