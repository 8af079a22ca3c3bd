"""Conditions and edits as data: XPath 1.0 over a message's payload, in which `$name` is something that is known about it.

An expression may use the prefixes of `domain.yaml`, `re:` for regular expressions (EXSLT), and `$old` in an edit for what is
changed. A name that nobody knows of is empty text.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import field
from typing import Final, TypeAlias

from lxml import etree

from rivta.model.frozen import frozen

Value: TypeAlias = "str | float | bool | list[etree._Element]"
Values: TypeAlias = Mapping[str, Value]
REGULAR: Final = "http://exslt.org/regular-expressions"
OPERATIONS: Final = ("set", "remove", "move", "insert", "append", "duplicate", "rename")
"""What an edit can do, as `faults.yaml` names it."""
FILLER: Final = "." * 10_000
"""`$filler`: as much text as an edit may want to make something too long."""
_NAMES = re.compile(r"\$([A-Za-z_][\w.-]*)")


@frozen
class XPath:
    """An XPath 1.0 expression. Raises etree.XPathSyntaxError when it is none."""

    text: str
    namespaces: Mapping[str, str] = field(default_factory=dict, repr=False)
    _compiled: etree.XPath = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        namespaces = {"re": REGULAR, **self.namespaces}
        object.__setattr__(self, "_compiled", etree.XPath(self.text, namespaces=namespaces, smart_strings=True))
        object.__setattr__(self, "_names", frozenset(_NAMES.findall(self.text)))

    def holds(self, at: etree._Element, values: Values) -> bool:
        """Whether it is true, or finds anything that is."""
        return bool(self._found(at, values))

    def as_text(self, at: etree._Element, values: Values) -> str:
        """What it says, as text; whole numbers without a decimal point."""
        found = self._found(at, values)
        if isinstance(found, list):
            return "".join(_text(each) for each in found[:1])
        return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)

    def nodes(self, at: etree._Element, values: Values) -> list[object]:
        found = self._found(at, values)
        return list(found) if isinstance(found, list) else []

    def texts(self, at: etree._Element, values: Values) -> Iterator[str]:
        return (_text(node) for node in self.nodes(at, values))

    def elements(self, at: etree._Element, values: Values) -> Iterator[etree._Element]:
        return (node for node in self.nodes(at, values) if isinstance(node, etree._Element))

    def _found(self, at: etree._Element, values: Values) -> object:
        known = {"filler": FILLER, **values}
        return self._compiled(at, **{name: known.get(name, "") for name in self._names})


def without_names(expression: str) -> str:
    """The expression with something that is never found in the place of each `$name`, so that it can be tried."""
    return _NAMES.sub("(/..)", expression)


def _text(node: object) -> str:
    return "".join(str(part) for part in node.itertext()) if isinstance(node, etree._Element) else str(node)


def fragment(xml: str, namespaces: Mapping[str, str]) -> etree._Element:
    """The element that is written there, with those prefixes. Raises etree.XMLSyntaxError."""
    declared = " ".join(f'xmlns:{prefix}="{namespace}"' for prefix, namespace in namespaces.items())
    element: etree._Element = etree.fromstring(f"<edit {declared}>{xml}</edit>")[0]
    return element


@frozen
class PayloadEdit:
    """One change of a payload, wherever `path` finds something.

    set         its value becomes the constant `to`, or what `by` says (with `$old`)
    remove      it is not there
    move        it stands before what `by` finds from it
    insert      the XML in `to` stands after it
    append      the XML in `to` is its last child; with `by` the elements that this finds are copied into that
    duplicate   it is there twice
    rename      it has the name `to`, in its own namespace
    """

    what: str
    path: XPath
    to: str = ""
    by: XPath | None = None

    def apply(self, payload: etree._Element, values: Values) -> None:
        for node in self.path.nodes(payload, values):
            if self.what == "set":
                self._set(payload, node, values)
            elif isinstance(node, etree._Element):
                self._change(payload, node, values)

    def _set(self, payload: etree._Element, node: object, values: Values) -> None:
        old = (node.text or "") if isinstance(node, etree._Element) else str(node)
        new = self.by.as_text(payload, {**values, "old": old}) if self.by else self.to
        if isinstance(node, etree._Element):
            for child in list(node):
                node.remove(child)
            node.text = new
        elif (parent := getattr(node, "getparent", lambda: None)()) is not None:
            parent.set(str(getattr(node, "attrname", "")), new)

    def _change(self, payload: etree._Element, node: etree._Element, values: Values) -> None:
        match self.what, node.getparent():
            case "remove", parent if parent is not None:
                parent.remove(node)
            case "move", _ if self.by:
                for target in list(self.by.elements(node, values)):
                    target.addprevious(node)
            case "insert", _:
                node.addnext(fragment(self.to, self.path.namespaces))
            case "append", _:
                new = fragment(self.to, self.path.namespaces)
                for copied in list(self.by.elements(payload, values)) if self.by else ():
                    new.append(deepcopy(copied))
                node.append(new)
            case "duplicate", _:
                node.addnext(deepcopy(node))
            case "rename", _:
                node.tag = etree.QName(etree.QName(node).namespace, self.to).text
