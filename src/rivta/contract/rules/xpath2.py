"""XPath 2 by elementpath: what lxml cannot answer, or must not.

Kept out of the way until a rule needs it: elementpath takes 0.2 s to import, and a message's tree in its terms takes
longer to make than most rules take to run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from math import isfinite
from typing import Any, cast

import elementpath
from elementpath.datatypes import UntypedAtomic
from elementpath.xpath_nodes import EtreeElementNode, XPathNode
from lxml import etree

from rivta.contract.rules.patterns import DynamicError, Language, RuleLimit
from rivta.contract.rules.ruleset import Node
from rivta.contract.rules.runaway import ends, may_take_long, runs_away
from rivta.model.errors import UsageError
from rivta.model.words import Source
from rivta.text.xml import value_of

_CODEPOINTS = "http://www.w3.org/2005/xpath-functions/collation/codepoint"
"""Always named: elementpath's own choice follows the process locale, and deadlocks after some libraries have set that."""

_FAILURES = (elementpath.ElementPathError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What elementpath raises on values that an expression cannot take: its own errors, and Python's where it misses one."""


_LOOKS_EACH = 64
"""After how many nodes the clock is looked at."""
_OF_PATTERNS = ("matches", "replace", "tokenize")
"""The functions that take a regular expression."""
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">=", "eq", "ne", "lt", "le", "gt", "ge", "is", "<<", ">>"})
_QUESTIONS = frozenset(
    {"not", "boolean", "exists", "empty", "matches", "contains", "starts-with", "ends-with", "deep-equal"}
)
_CONDITIONS = (
    _COMPARISONS | _QUESTIONS | {"and", "or", "some", "every", "instance", "castable", "true", "false", "@", "(name)"}
)
"""What stands at the top of an expression that is surely no number: a comparison, a question, a name."""


@contextlib.contextmanager
def _dynamic() -> Iterator[None]:
    try:
        yield
    except DynamicError:
        raise
    except _FAILURES as error:
        raise DynamicError(" ".join(str(error).split())) from error


class Slow:
    """A parsed expression. UsageError, with the line, for one that is no XPath."""

    def __init__(self, text: str, source: Source, language: Language) -> None:
        self._version = language.version
        try:
            self._token: Any = _parser(language).parse(text)
        except _FAILURES as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"“{text}” is no XPath that can be run here: {reason}", source=source) from error
        for pattern in _patterns_in(self._token):
            if part := runs_away(pattern):
                what = f"the pattern “{pattern}” would run away on a text that does not fit: “{part}” can be read in too many ways"
                raise UsageError(what, source=source, todo="repeat once what is repeated twice: a+ for (a+)+")
        self.variables = frozenset(str(token.value) for token in self._token.iter("$"))
        self.may_be_number = self._token.symbol not in _CONDITIONS

    def is_true(self, context: elementpath.XPathContext) -> bool:
        """The effective boolean value. DynamicError where there is none."""
        with _dynamic():
            return bool(self._token.boolean_value(self._token.select(context)))

    def string(self, context: elementpath.XPathContext) -> str:
        """The values as text, a space between, as `xsl:value-of` has them."""
        with _dynamic():
            return " ".join(self._told(item) for item in self._token.select(context))

    def _told(self, item: Any) -> str:
        """An item as text. elementpath (5.1) writes large and small doubles otherwise than the two versions of XPath do."""
        if isinstance(item, float) and self._version == 1:
            return value_of(item)
        if not isinstance(item, float) or not isfinite(item) or not item or 1e-6 <= abs(item) < 1e6:
            return str(self._token.string_value(item))
        mantissa, _, exponent = f"{Decimal(repr(item)).normalize():E}".partition("E")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"

    def values(self, context: elementpath.XPathContext) -> list[Any]:
        """The value as elementpath's own sequence."""
        with _dynamic():
            return list(self._token.select(context))


def _patterns_in(token: Any) -> Iterator[str]:
    """The regular expressions that stand in an expression as they are."""
    for call in token.iter(*_OF_PATTERNS):
        if len(call) > 1 and call[1].symbol == "(string)":
            yield str(call[1].value)


def _parser(language: Language) -> elementpath.XPath1Parser:
    prefixes = dict(language.prefixes)
    if language.version == 1:
        return elementpath.XPath1Parser(namespaces=prefixes)
    return _Parser(namespaces=prefixes, default_collation=_CODEPOINTS)


class _Parser(elementpath.XPath2Parser):
    """XPath 2, whose regular expressions are tried first where they may go on for long."""


def _in_time(known: Any) -> Any:
    """A function of regular expressions that raises TookTooLong instead of going on for nobody knows how long."""

    def evaluate(self: Any, context: Any = None) -> Any:
        at = self.context or context
        if at is not None:
            text, pattern = self.get_argument(at, cls=str) or "", self.get_argument(at, 1, cls=str) or ""
            limit: RuleLimit = at.variables.limit
            if runs_away(pattern) or (may_take_long(pattern, text) and not ends(pattern, [text], limit.seconds)):
                limit.exceed()
        return known.evaluate(self, context)

    return type(known.__name__, (known,), {"evaluate": evaluate})


_Parser.symbol_table.update({name: _in_time(_Parser.symbol_table[name]) for name in _OF_PATTERNS})


def _by_lookup(known: Any) -> Any:
    """`distinct-values` that looks each text up, where elementpath (5.1) holds it against all before it."""

    def select(self: Any, context: Any = None) -> Iterator[Any]:
        values = list(self[0].atomization(context))
        if len(self) == 1 and {*map(type, values)} <= {str, UntypedAtomic}:
            yield from dict.fromkeys(values)
        else:
            yield from known.select(self, context)

    return type(known.__name__, (known,), {"select": select})


_Parser.symbol_table["distinct-values"] = _by_lookup(_Parser.symbol_table["distinct-values"])


class _Lazy(dict[str, Any]):
    """Variables that are worked out when an expression asks for them: one that is not asked for cannot break down.

    They know the rule's time limit too, since they are all of ours that goes wherever an evaluation goes.
    """

    def __init__(self, value_of: Callable[[str], Any], limit: RuleLimit) -> None:
        super().__init__()
        self._value_of = value_of
        self.limit = limit

    def __missing__(self, name: str) -> Any:
        self[name] = value = self._value_of(name)
        return value

    def copy(self) -> _Lazy:
        """A copy that is as lazy: elementpath copies before it binds the name of a `for`."""
        other = _Lazy(self._value_of, self.limit)
        other.update(self)
        return other


_STRING = etree.XPath("string()")


class _Whole(EtreeElementNode):
    """An element with content of several pieces, whose text libxml2 puts together.

    elementpath (5.1) ends a text at a comment, so that `12<!-- -->x` would pass for a number, and takes the text after an
    element before the text in it.
    """

    __slots__ = ()

    @property
    def string_value(self) -> str:
        element: Any = self.value
        return str(_STRING(element))

    @property
    def compat_string_value(self) -> str:
        return self.string_value

    @property
    def iter_typed_values(self) -> Iterator[UntypedAtomic]:
        yield UntypedAtomic(self.string_value)


class _InTime(elementpath.XPathContext):
    """A place of evaluation that looks at the clock wherever an evaluation may go on for long."""

    def _limited(self, found: Iterator[Any]) -> Iterator[Any]:
        limit: RuleLimit = cast("_Lazy", self.variables).limit
        for number, item in enumerate(found):
            if not number % _LOOKS_EACH:
                limit.demand()
            yield item

    def inner_focus_select(self, token: Any, predicate: bool = False) -> Iterator[Any]:
        return self._limited(super().inner_focus_select(token, predicate))

    def iter_product(self, selectors: Any, varnames: Any = None) -> Iterator[Any]:
        return self._limited(super().iter_product(selectors, varnames))

    def iter_descendants(self, axis: str | None = None) -> Iterator[Any]:
        return self._limited(super().iter_descendants(axis))

    def iter_children_or_self(self) -> Iterator[Any]:
        return self._limited(super().iter_children_or_self())


class Tree:
    """A message as elementpath sees it."""

    def __init__(self, root: etree._Element) -> None:
        document: Any = root.getroottree()
        tree: Any = elementpath.get_node_tree(document)
        self._tree = tree
        for element, node in tree.elements.items():
            if len(element):
                node.__class__ = _Whole

    def context(self, node: Node | None, value_of: Callable[[str], Any], limit: RuleLimit) -> elementpath.XPathContext:
        """Where an expression is to be evaluated: at a node, or at the document for None. `value_of` knows the names."""
        context = _InTime(self._tree, item=None if node is None else self._wrapped(node))
        context.variables = _Lazy(value_of, limit)
        return context

    def _wrapped(self, node: Node) -> XPathNode:
        if isinstance(node, etree._Element):
            found: XPathNode = self._tree.elements[node]
            return found
        owner = self._tree.elements[node.getparent()]
        if not node.is_attribute:
            # The text node that lxml found: the first child of its parent, or the one after it.
            siblings = owner.children if node.is_text else owner.parent.children
            text: XPathNode = siblings[0 if node.is_text else siblings.index(owner) + 1]
            return text
        attributes: Iterator[XPathNode] = (each for each in owner.attributes if each.name == node.attrname)
        return next(attributes)
