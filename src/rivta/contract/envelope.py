"""The SOAP 1.1 envelope: what its own schema and prose, and WS-I Basic Profile 1.1, demand around what a message carries.

One function for both directions, over a message that has been parsed: the calls of a system and its answers, Faults among them.
"""

from collections.abc import Collection, Iterator
from copy import deepcopy
from functools import partial
from itertools import chain

from lxml import etree

from rivta.contract.wording import Complaint, about

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE, HEADER, BODY, FAULT = (f"{{{SOAP}}}{name}" for name in ("Envelope", "Header", "Body", "Fault"))
_ENCODING_STYLE, _MUST_UNDERSTAND, _ACTOR = (
    f"{{{SOAP}}}{name}" for name in ("encodingStyle", "mustUnderstand", "actor")
)
_OF_SOAP = (_ENCODING_STYLE, _MUST_UNDERSTAND, _ACTOR)
"""The attributes that SOAP 1.1 allows on every header block, whatever the block's own schema says."""
_about = partial(about, "soap")
_NEXT = "http://schemas.xmlsoap.org/soap/actor/next"


def complaints(root: etree._Element, understood: Collection[str] = ()) -> list[Complaint]:
    """What is wrong with an envelope itself; nothing of what it carries, and nothing where the root is no envelope.

    `understood` are the header blocks, `{namespace}local`, that the receiver knows: the contract's own for a call, none for an
    answer.
    """
    if root.tag != ENVELOPE:
        return []
    return [
        *(_about(each, "processing-instruction", name=_target(each)) for each in _instructions(root)),
        *_children(root),
        *_attributes(root),
        *_blocks(root),
        *_stray_text(root),
        *(_about(each, "not-understood", name=_local(each)) for each in not_understood(root, understood)),
    ]


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


def _instructions(root: etree._Element) -> Iterator[etree._Element]:
    """Processing instructions: before the envelope, in it, and after it."""
    before, after = (root.itersiblings(etree.ProcessingInstruction, preceding=each) for each in (True, False))
    return chain(before, root.iter(etree.ProcessingInstruction), after)


def _target(instruction: etree._Element) -> str:
    return str(getattr(instruction, "target", ""))


def _children(root: etree._Element) -> Iterator[Complaint]:
    """An optional Header, a Body, and nothing else (SOAP 1.1 section 4; WS-I R1011)."""
    has_header = has_body = False
    for child in root.iterchildren("*"):
        if child.tag == HEADER:
            if has_header or has_body:
                yield _about(child, "second-header" if has_header else "header-after-body")
            has_header = True
        elif child.tag == BODY:
            if has_body:
                yield _about(child, "second-body")
            has_body = True
        else:
            yield _about(child, "after-body" if has_body else "before-body", name=_local(child))


def _attributes(root: etree._Element) -> Iterator[Complaint]:
    """No attributes without a namespace on Envelope and Header, and encodingStyle on no element of SOAP's (WS-I R1005)."""
    bodies = list(root.iterchildren(BODY))
    for part in (
        root,
        *root.iterchildren(HEADER),
        *bodies,
        *(each for body in bodies for each in body.iterchildren(FAULT)),
    ):
        if not part.attrib:
            continue
        name = _local(part)
        if _ENCODING_STYLE in part.attrib:
            yield _about(part, "encoding-style", attribute="@soapenv:encodingStyle", name=name)
        if part.tag in (ENVELOPE, HEADER):
            for each in map(str, part.attrib):
                if not each.startswith("{"):
                    yield _about(part, "unqualified-attribute", attribute=f"@{each}", name=name)


def _blocks(root: etree._Element) -> Iterator[Complaint]:
    """Each header block has a namespace, and mustUnderstand is 0 or 1 (SOAP 1.1 sections 4.2 and 4.2.3, WS-I R1013)."""
    for block in _header_blocks(root):
        if etree.QName(block).namespace is None:
            yield _about(block, "unqualified-block", name=_local(block))
        if block.get(_MUST_UNDERSTAND, "0").strip() not in ("0", "1"):
            yield _about(block, "must-understand-value", attribute="@soapenv:mustUnderstand", name=_local(block))


def _stray_text(root: etree._Element) -> Iterator[Complaint]:
    """Text that stands straight in the Envelope, its Header or its Body, where SOAP 1.1 has elements only."""
    for part in (root, *root.iterchildren(HEADER, BODY)):
        if _is_written(part.text) or any(_is_written(child.tail) for child in part):
            yield _about(part, "stray-text", name=_local(part))


def _is_written(written: str | None) -> bool:
    return written is not None and not written.isspace()


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
