"""One message under examination: its nodes, what was found in it so far, and expressions answered at them.

Nodes are as lxml hands them out: elements, and attributes and texts as strings that know their parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from lxml import etree

from rivta.contract.rules.expression import Breakdown, Expression, Let
from rivta.contract.rules.patterns import Alternative, Rule
from rivta.text.xml import path_of, value_of

Node = etree._Element | etree._ElementUnicodeResult  # noqa: SLF001  lxml's only names for the types


def key_of(node: Node) -> object:
    """Equal for the same node, as long as somebody keeps the node: lxml makes its Python objects anew when nobody does."""
    return node if isinstance(node, etree._Element) else (node.getparent(), node.attrname, node.is_tail)


def location_of(node: Node) -> str:
    """A readable XPath to the node."""
    if isinstance(node, etree._Element):
        return path_of(node)
    parent = node.getparent()
    place = parent.getparent() if node.is_tail and parent is not None else parent
    path = "" if place is None else path_of(place)
    return f"{path}/@{name_of(node)}" if node.is_attribute else f"{path}/text()"


def line_of(node: Node) -> int | None:
    """The line, from 1, of the element that is the node or has it."""
    element = node if isinstance(node, etree._Element) else node.getparent()
    return None if element is None else element.sourceline


def name_of(node: Node) -> str:
    """The name with the prefix that the message gives it; nothing for a text or a comment."""
    if isinstance(node, etree._Element):
        if _is_element(node):
            return _qualified(etree.QName(node).localname, node.prefix)
        return str(getattr(node, "target", ""))  # a processing instruction's
    if not node.attrname:
        return ""
    name = etree.QName(node.attrname)
    parent = node.getparent()
    known = {} if parent is None else parent.nsmap
    return _qualified(
        name.localname, next((prefix for prefix, uri in known.items() if prefix and uri == name.namespace), None)
    )


def _is_element(node: Node) -> TypeGuard[etree._Element]:
    """Whether lxml can be asked at the node: it takes no comment, instruction, attribute or text as the place of a question."""
    return isinstance(node, etree._Element) and isinstance(node.tag, str)


def _qualified(local: str, prefix: str | None) -> str:
    return f"{prefix}:{local}" if prefix else local


if TYPE_CHECKING:
    from elementpath import XPathContext

    from rivta.contract.rules.xpath2 import Tree


class Examination:
    """What a run of the rules knows of a message.

    Everything found is kept until the end: lxml makes the Python object of a node anew when nobody holds it, and a node would
    no longer equal itself.
    """

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self._matched: dict[int, list[Node]] = {}
        self._values: dict[tuple[Let, object], Any] = {}

    @cached_property
    def _tree(self) -> Tree:
        from rivta.contract.rules.xpath2 import Tree  # noqa: PLC0415  elementpath takes 0.2 s to import, and a tree of its own to make

        return Tree(self.root)

    @cached_property
    def names(self) -> set[str]:
        """The elements that the message has, by `{namespace}name`."""
        return cast("set[str]", {element.tag for element in self.root.iter("*")})

    # ── which nodes ──

    def may_match(self, rule: Rule) -> bool:
        """False if the message lacks elements without which the rule has nothing to do."""
        return any(alternative.elements <= self.names for alternative in rule.context)

    def matched(self, rule: Rule) -> list[Node]:
        """The nodes that a rule's context matches, each once however many of its paths do."""
        if id(rule) not in self._matched:
            found: dict[object, Node] = {}
            for alternative, search in rule.everything:
                for node in search(self.root):
                    if key_of(node) not in found and self._is_match(alternative, node):
                        found[key_of(node)] = node
            self._matched[id(rule)] = list(found.values())
        return self._matched[id(rule)]

    def _is_match(self, alternative: Alternative, node: Node) -> bool:
        if alternative.check is None:
            return True
        try:
            return self.is_true(alternative.check, node)
        except Breakdown:
            return False

    def unclaimed(self, nodes: Iterable[Node], earlier: Sequence[Rule]) -> list[Node]:
        """Those of the nodes that no earlier rule of the pattern matches: the first rule that does is the one that counts."""
        found = list(nodes)
        if not found or not earlier:
            return found
        claimed = {key_of(node) for rule in earlier for node in self.matched(rule)}
        return [node for node in found if key_of(node) not in claimed]

    # ── what is true there ──

    def is_true(self, expression: Expression, node: Node) -> bool:
        """The effective boolean value at a node. Breakdown where there is none."""
        if expression.quick_boolean is not None and _is_element(node):
            return bool(expression.quick_boolean(node))
        return expression.slow.is_true(self._context(expression, node))

    def string(self, expression: Expression, node: Node) -> str:
        """The value as text at a node. Breakdown where there is none."""
        if expression.quick_string is not None and _is_element(node):
            return value_of(expression.quick_string(node))
        return expression.slow.string(self._context(expression, node))

    def _context(self, expression: Expression, node: Node | None) -> XPathContext:
        return self._tree.context(node, lambda name: self._value(expression.names[name], node))

    def _value(self, let: Let, node: Node | None) -> Any:
        """What a let stands for at a node; worked out once a node, or once a message."""
        place = node if let.of_node else None
        key = (let, None if place is None else key_of(place))
        if key not in self._values:
            self._values[key] = let.value.slow.values(self._context(let.value, place))
        return self._values[key]
