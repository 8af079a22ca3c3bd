"""The SOAP 1.1 envelope: what its own schema and prose, and WS-I Basic Profile 1.1, demand around what a message carries.

One function for both directions, over a message that has been parsed: the calls of a system and its answers, Faults among them.
"""

from collections.abc import Collection, Iterator
from copy import deepcopy
from itertools import chain
from typing import Any

from lxml import etree

from rivta.contract.wording import Complaint, about

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE, HEADER, BODY, FAULT = (f"{{{SOAP}}}{name}" for name in ("Envelope", "Header", "Body", "Fault"))
_ENCODING_STYLE, _MUST_UNDERSTAND, _ACTOR = (
    f"{{{SOAP}}}{name}" for name in ("encodingStyle", "mustUnderstand", "actor")
)
_OF_SOAP = (_ENCODING_STYLE, _MUST_UNDERSTAND, _ACTOR)
"""The attributes that SOAP 1.1 allows on every header block, whatever the block's own schema says."""
_NEXT = "http://schemas.xmlsoap.org/soap/actor/next"
_FORBIDDEN = {
    "processing-instruction": "//processing-instruction()",
    # An optional Header, a Body, and nothing else (SOAP 1.1 section 4; WS-I R1011).
    "second-header": "s:Header[1]/following-sibling::s:Header",
    "header-after-body": "s:Header[1][preceding-sibling::s:Body]",
    "second-body": "s:Body[1]/following-sibling::s:Body",
    "after-body": "s:Body[1]/following-sibling::*[not(self::s:Header or self::s:Body)]",
    "before-body": "s:Body[1]/preceding-sibling::*[not(self::s:Header)] | self::*[not(s:Body)]/*[not(self::s:Header)]",
    # WS-I R1005.
    "encoding-style": "(. | s:Header | s:Body | s:Body/s:Fault)/@s:encodingStyle",
    "unqualified-attribute": "(. | s:Header)/@*[not(namespace-uri())]",
    # SOAP 1.1 sections 4.2 and 4.2.3, WS-I R1013.
    "unqualified-block": "s:Header/*[not(namespace-uri())]",
    "must-understand-value": "s:Header/*/@s:mustUnderstand[normalize-space() != '0' and normalize-space() != '1']",
    # Elements only stand straight in what is SOAP's.
    "stray-text": "(. | s:Header | s:Body)[text()[normalize-space()]]",
}
"""What SOAP forbids in an envelope, as XPath from its root, by the key of our words for it."""
_ANY, *_EACH = (
    etree.XPath(path, namespaces={"s": SOAP})
    for path in (f"boolean({' | '.join(_FORBIDDEN.values())})", *_FORBIDDEN.values())
)


def complaints(root: etree._Element, understood: Collection[str] = ()) -> list[Complaint]:
    """What is wrong with an envelope itself; nothing of what it carries, and nothing where the root is no envelope.

    `understood` are the header blocks, `{namespace}local`, that the receiver knows: the contract's own for a call, none for an
    answer.
    """
    if root.tag != ENVELOPE:
        return []
    # Mostly there is nothing, and then one question was enough.
    found = zip(_FORBIDDEN, _EACH, strict=True) if _ANY(root) else ()
    return [
        *(_complaint(key, node) for key, search in found for node in search(root)),
        *(_complaint("not-understood", each) for each in not_understood(root, understood)),
    ]


def _complaint(key: str, node: Any) -> Complaint:
    """Of an element, an attribute or a processing instruction."""
    if isinstance(node, etree._Element):
        return about("soap", node, key, name=getattr(node, "target", None) or etree.QName(node).localname)
    attribute = node.attrname.replace(f"{{{SOAP}}}", "soapenv:")
    return about("soap", node.getparent(), key, f"@{attribute}", name=etree.QName(node.getparent()).localname)


def not_understood(root: etree._Element, understood: Collection[str]) -> list[etree._Element]:
    """The header blocks that must be understood by whoever receives the message, and are not (SOAP 1.1 section 4.2.3).

    Those meant for somebody else (`actor`) are not among them.
    """
    return [
        block
        for block in _header_blocks(root)
        if (block.get(_MUST_UNDERSTAND) or "").strip() in ("1", "true")
        and block.get(_ACTOR, "").strip() in ("", _NEXT)
        and block.tag not in understood
    ]


def for_schema(root: etree._Element) -> etree._Element:
    """The envelope as a contract's schema knows it: without what SOAP allows on any header block, which no such schema does.

    A copy where there is any of that, else the envelope itself.
    """
    if not any(block.attrib for block in _header_blocks(root)):
        return root
    copy = deepcopy(root.getroottree()).getroot()
    for block in _header_blocks(copy):
        for name in _OF_SOAP:
            block.attrib.pop(name, None)
    return copy


def _header_blocks(root: etree._Element) -> Iterator[etree._Element]:
    return chain.from_iterable(header.iterchildren("*") for header in root.iterchildren(HEADER))
