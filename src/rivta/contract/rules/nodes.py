"""Nodes of a message as lxml hands them out: elements, and attributes and texts as strings that know their parent."""

from lxml import etree

from rivta.text.xml import path_of

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
        return _qualified(etree.QName(node).localname, node.prefix) if isinstance(node.tag, str) else ""
    if not node.attrname:
        return ""
    name = etree.QName(node.attrname)
    parent = node.getparent()
    known = {} if parent is None else parent.nsmap
    return _qualified(
        name.localname, next((prefix for prefix, uri in known.items() if prefix and uri == name.namespace), None)
    )


def _qualified(local: str, prefix: str | None) -> str:
    return f"{prefix}:{local}" if prefix else local
