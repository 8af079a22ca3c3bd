"""A systematic XML mutator: every operator on every element of a message, in document order, always the same.

About half of all mutants of a valid message are still valid: classify before calling one negative.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
FOREIGN = "urn:example:extension"
Operator = Callable[[etree._Element], bool]
"""Changes the document around one element in place; False where it does not apply."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A message with one change: the operator's name, the element's local name and place, the bytes."""

    name: str
    body: bytes


def mutants(body: bytes, *, every: int = 1) -> Iterator[Mutant]:
    """Each operator on each element of the message; `every` keeps only each n-th, for a test that must be short."""
    return islice(_all(body), 0, None, every)


def _all(body: bytes) -> Iterator[Mutant]:
    original = etree.fromstring(body)
    for position, element in enumerate(original.iter("*")):
        for name, operator in OPERATORS.items():
            root = copy.deepcopy(original)
            target = next(islice(root.iter("*"), position, None))
            if operator(target):
                label = f"{name}:{etree.QName(element).localname}#{position}"
                yield Mutant(label, etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _remove(element: etree._Element) -> bool:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
    return parent is not None


def _duplicate(element: etree._Element) -> bool:
    if element.getparent() is not None:
        element.addnext(copy.deepcopy(element))
    return element.getparent() is not None


def _swap(element: etree._Element) -> bool:
    sibling = next(element.itersiblings("*"), None)
    if sibling is not None:
        sibling.addnext(element)
    return sibling is not None


def _to_the_end(element: etree._Element) -> bool:
    parent = element.getparent()
    if parent is None or element.getnext() is None:
        return False
    parent.append(element)
    return True


def _foreign(local: str) -> etree._Element:
    extension = etree.Element(f"{{{FOREIGN}}}{local}", nsmap={"x": FOREIGN})
    extension.text = "extra"
    return extension


def _extended(element: etree._Element) -> bool:
    element.append(_foreign("added"))
    return True


def _extended_first(element: etree._Element) -> bool:
    element.insert(0, _foreign("added"))
    return True


def _extension_then_again(element: etree._Element) -> bool:
    if element.getparent() is None:
        return False
    again = copy.deepcopy(element)
    element.addnext(_foreign("between"))
    following = element.getnext()
    assert following is not None
    following.addnext(again)
    return True


def _unknown_child(element: etree._Element) -> bool:
    etree.SubElement(element, etree.QName(etree.QName(element).namespace, "unknown"))
    return True


def _renamed(element: etree._Element) -> bool:
    element.tag = f"{{{etree.QName(element).namespace}}}{etree.QName(element).localname}X"
    return True


def _other_namespace(element: etree._Element) -> bool:
    element.tag = f"{{{FOREIGN}}}{etree.QName(element).localname}"
    return True


def _no_namespace(element: etree._Element) -> bool:
    element.tag = etree.QName(element).localname
    return True


def _text(value: str) -> Operator:
    def change(element: etree._Element) -> bool:
        element.text = value
        return True

    return change


def _is_leaf(element: etree._Element) -> bool:
    return len(element) == 0 and bool((element.text or "").strip())


def _padded(element: etree._Element) -> bool:
    if _is_leaf(element):
        element.text = f" {element.text} "
        return True
    return False


def _comment_within(element: etree._Element) -> bool:
    if not _is_leaf(element):
        return False
    text = element.text or ""
    comment = etree.Comment("within")
    element.text = text[:1]
    element.insert(0, comment)
    comment.tail = text[1:]
    return True


def _instruction_before(element: etree._Element) -> bool:
    element.insert(0, etree.ProcessingInstruction("editor", "was here"))
    return True


def _attributes(value: Callable[[str], str | None]) -> Operator:
    """Changes every attribute of the element: to the value given, or away on None."""

    def change(element: etree._Element) -> bool:
        for name, old in list(element.attrib.items()):
            new = value(str(old))
            if new is None:
                del element.attrib[name]
            else:
                element.set(name, new)
        return bool(len(element.attrib)) or value("") is None

    def applies(element: etree._Element) -> bool:
        return bool(len(element.attrib)) and change(element)

    return applies


def _added(name: str, value: str) -> Operator:
    def change(element: etree._Element) -> bool:
        element.set(name, value)
        return True

    return change


OPERATORS: dict[str, Operator] = {
    "remove": _remove,
    "duplicate": _duplicate,
    "swap": _swap,
    "to-the-end": _to_the_end,
    "extended": _extended,
    "extended-first": _extended_first,
    "extension-then-again": _extension_then_again,
    "unknown-child": _unknown_child,
    "renamed": _renamed,
    "other-namespace": _other_namespace,
    "no-namespace": _no_namespace,
    "empty": _text(""),
    "blank": _text("   "),
    "garbage": _text("åäö$"),
    "number": _text("7"),
    "long": _text("x" * 70_000),
    "padded": _padded,
    "comment-within": _comment_within,
    "instruction-before": _instruction_before,
    "attribute-removed": _attributes(lambda _: None),
    "attribute-empty": _attributes(lambda _: ""),
    "attribute-garbage": _attributes(lambda _: "åäö$"),
    "attribute-padded": _attributes(lambda old: f" {old} "),
    "attribute-longer": _attributes(lambda old: old + "0" * 260),
    "attribute-added": _added("extra", "1"),
    "foreign-attribute": _added(f"{{{FOREIGN}}}extra", "1"),
    "nil": _added(f"{{{XSI}}}nil", "true"),
    "typed": _added(f"{{{XSI}}}type", "nowhere:Type"),
}
