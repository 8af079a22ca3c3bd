"""A message written in another way: the same to whoever reads XML, with one thing about it that matters, or no XML any more.

Made from the message itself, so that what holds of every contract can be tried with one message of each.
"""

from copy import deepcopy
from typing import Final

from lxml import etree

from rivta.contract.envelope import BODY, HEADER
from rivta.model.errors import UsageError
from rivta.model.steps import Writing
from rivta.text import xml

_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MARK: Final = "\ue000"
"""A letter of nobody's, in the place of the one that is written as a reference."""
_COMMENT: Final = " a comment "


def written(body: bytes, writing: Writing) -> bytes:
    """The message as it is to be written. UsageError where it has not what is to be written in another way."""
    root = xml.parse(body)
    _put_header(root, writing.header)
    _rename(root, writing.namespace)
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


def _rename(root: etree._Element, namespace: str) -> None:
    """The element that the message carries, under the same name in another namespace."""
    if namespace:
        carried = next(root.find(BODY).iterchildren("*"))  # type: ignore[union-attr]  # only whole envelopes are sent
        carried.tag = f"{{{namespace}}}{etree.QName(carried).localname}"


def _with_defaults(element: etree._Element) -> etree._Element:
    """The same element with each namespace as the default one where it begins. Attributes, and what an xsi:type needs, keep theirs."""
    space = etree.QName(element).namespace
    of_attributes = {etree.QName(name).namespace for name in element.attrib}
    of_type = element.get(_TYPE, "").rpartition(":")[0]
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
