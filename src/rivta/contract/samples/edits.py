"""A change made in a message: the message with one thing in it as it should not be, or as it may be too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Final

from lxml import etree

from rivta.model.errors import UsageError
from rivta.model.steps import Edit
from rivta.text import xml

_XSI_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def edited(body: bytes, edits: Iterable[Edit]) -> bytes:
    """The message with these changes, in UTF-8. UsageError where something to change is not in it."""
    root = xml.parse(body)
    apply(root, edits)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def apply(root: etree._Element, edits: Iterable[Edit]) -> None:
    """The same in a tree."""
    for edit in edits:
        element = root if edit.at == "." else root.find(edit.at)
        if element is None:
            raise UsageError(f"nothing in the message stands at {edit.at}")
        _DONE[edit.do](element, edit)


def _text(element: etree._Element, edit: Edit) -> None:
    if edit.attribute:
        element.set(edit.attribute, edit.value)
        return
    del element[:]
    element.text = edit.value


def _length(element: etree._Element, edit: Edit) -> None:
    own = (element.get(edit.attribute) if edit.attribute else element.text) or "n"
    length = int(edit.value)
    _text(element, Edit("text", edit.at, own[:length].ljust(length, own[-1]), edit.attribute))


def _remove(element: etree._Element, edit: Edit) -> None:
    if edit.attribute:
        element.attrib.pop(edit.attribute, None)
    elif (parent := element.getparent()) is not None:
        parent.remove(element)


def _repeat(element: etree._Element, edit: Edit) -> None:
    for _ in range(int(edit.value)):
        element.addnext(deepcopy(element))


def _swap(element: etree._Element, _edit: Edit) -> None:
    if (other := next(element.itersiblings("*"), None)) is not None:
        other.addnext(element)


def _rename(element: etree._Element, edit: Edit) -> None:
    element.tag = edit.value


def _nil(element: etree._Element, _edit: Edit) -> None:
    del element[:]
    element.text = None
    element.set(_XSI_NIL, "true")


def _put(element: etree._Element, edit: Edit) -> None:
    element.insert(edit.before, etree.fromstring(edit.value))


_DONE: Mapping[str, Callable[[etree._Element, Edit], None]] = {
    "text": _text,
    "length": _length,
    "remove": _remove,
    "repeat": _repeat,
    "swap": _swap,
    "rename": _rename,
    "nil": _nil,
    "put": _put,
}
