"""A message with something about it changed: texts in it, one thing as it should not be, or the whole written in another way.

Made from the message itself, so that what holds of every contract can be tried with one message of each.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Final

from lxml import etree

from rivta.contract.envelope import BODY, HEADER
from rivta.model.errors import UsageError
from rivta.model.steps import Edit, Writing
from rivta.model.words import Source
from rivta.text import xml

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_MARK: Final = "\ue000"
"""A letter of nobody's, in the place of the one that is written as a reference."""
_COMMENT: Final = " a comment "


def changed(
    body: bytes, texts: Mapping[str, str], left_out: Iterable[str], namespaces: Mapping[str, str], source: Source
) -> bytes:
    """The message with other texts where XPaths lead, and without what others find. UsageError if one finds nothing."""
    root = xml.parse(body)
    for path in (*texts, *left_out):
        for element, attribute in places_of(path, root, namespaces, source):
            _edit(element, Edit("text" if path in texts else "remove", path, texts.get(path, ""), attribute))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def places_of(
    path: str, root: etree._Element, namespaces: Mapping[str, str], source: Source
) -> list[tuple[etree._Element, str]]:
    """What an XPath finds in a message: elements, or attributes of elements. UsageError if it finds nothing."""
    found = root.xpath(path, namespaces=dict(namespaces))
    if not isinstance(found, list) or not found:
        raise UsageError(f"nothing in the message stands at {path}", source=source)
    return [
        (node, "") if isinstance(node, etree._Element) else (node.getparent(), str(node.attrname)) for node in found
    ]


# One thing changed, as samples have it


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
        _edit(element, edit)


def _edit(element: etree._Element, edit: Edit) -> None:
    match edit.do:
        case "text":
            _put_text(element, edit.attribute, edit.value)
        case "length":
            own, length = (element.get(edit.attribute) if edit.attribute else element.text) or "n", int(edit.value)
            _put_text(element, edit.attribute, own[:length].ljust(length, own[-1]))
        case "remove":
            _remove(element, edit.attribute)
        case "repeat":
            for _ in range(int(edit.value)):
                element.addnext(deepcopy(element))
        case "swap" if (other := next(element.itersiblings("*"), None)) is not None:
            other.addnext(element)
        case "rename":
            element.tag = edit.value
        case "nil":
            _put_text(element, "", None)
            element.set(f"{_XSI}nil", "true")
        case "put":
            element.insert(edit.before, etree.fromstring(edit.value))


def _put_text(element: etree._Element, attribute: str, text: str | None) -> None:
    """In an attribute, or in the place of all that the element holds."""
    if attribute:
        element.set(attribute, text or "")
    else:
        del element[:]
        element.text = text


def _remove(element: etree._Element, attribute: str) -> None:
    if attribute:
        element.attrib.pop(attribute, None)
    elif (parent := element.getparent()) is not None:
        parent.remove(element)


# The same written in another way: the same to whoever reads XML, with one thing about it that matters, or no XML any more


def written(body: bytes, writing: Writing) -> bytes:
    """The message as it is to be written. UsageError where it has not what is to be written in another way."""
    root = xml.parse(body)
    _put_header(root, writing.header)
    _in_another_namespace(root, writing.namespace)
    if writing.prefixes:
        root = _with_defaults(root)
    reference = _in_other_forms(root) if writing.forms else ""
    text = etree.tostring(root, encoding="unicode").replace(_MARK, reference)
    if writing.doctype:
        text = f"<!DOCTYPE {root.prefix + ':' if root.prefix else ''}{etree.QName(root).localname}>\n{text}"
    if writing.cut:
        text = text[: text.rstrip().rindex("</")]
    return _encoded(text, writing)


def _encoded(text: str, writing: Writing) -> bytes:
    said = writing.prolog or writing.encoding
    prolog = "" if said == "none" else f'<?xml version="1.0" encoding="{said}"?>\n'
    try:
        content = (prolog + text).encode(writing.encoding)
    except UnicodeEncodeError as error:
        raise UsageError(f"the message cannot be written in {writing.encoding}: {error.object[error.start]}") from error
    return b"\xef\xbb\xbf" + content if writing.byte_order_mark else content


def _put_header(root: etree._Element, header: str) -> None:
    """An element into the SOAP header, which is made where there is none."""
    if not header:
        return
    place = root.find(HEADER)
    if place is None:
        place = etree.Element(HEADER)
        root.insert(0, place)
    place.append(etree.fromstring(header))


def _in_another_namespace(root: etree._Element, namespace: str) -> None:
    """The element that the message carries, under the same name in another namespace."""
    if namespace:
        carried = next(root.find(BODY).iterchildren("*"))  # type: ignore[union-attr]  # only whole envelopes are sent
        carried.tag = f"{{{namespace}}}{etree.QName(carried).localname}"


def _with_defaults(element: etree._Element) -> etree._Element:
    """The same element with each namespace as the default one where it begins. Attributes, and what an xsi:type needs, keep theirs."""
    space = etree.QName(element).namespace
    of_attributes = {etree.QName(name).namespace for name in element.attrib}
    of_type = element.get(f"{_XSI}type", "").rpartition(":")[0]
    prefixes = {key: uri for key, uri in element.nsmap.items() if key and (key == of_type or uri in of_attributes)}
    default: dict[str | None, str] = {None: space} if space and space not in prefixes.values() else {}
    made = etree.Element(element.tag, nsmap=default | prefixes)
    made.text = element.text
    for name, value in element.attrib.items():
        made.set(name, value)
    for child in element:
        copy = _with_defaults(child) if isinstance(child.tag, str) else deepcopy(child)
        copy.tail = child.tail
        made.append(copy)
    return made


def _in_other_forms(root: etree._Element) -> str:
    """A comment beside an element, a text as CDATA, and the first letter of a text as a character reference; that reference."""
    texts = [each for each in root.iter(etree.Element) if not len(each) and (each.text or "").strip()]
    if not texts:
        raise UsageError("the message has no text that could be written as CDATA")
    first, last = texts[0], texts[-1]
    last.addprevious(etree.Comment(_COMMENT))
    letter = str(last.text)[0]
    if first is not last:
        first.text = etree.CDATA(str(first.text))
    last.text = _MARK + str(last.text)[1:]
    return f"&#x{ord(letter):x};"
