"""What a message carries and how it is addressed: the part of a contract that its schema cannot say.

RIV-TA Basic Profile 2.1: exactly one element in the SOAP body, the operation's (rule 7), and a LogicalAddress in the header
of every request (rule 8). A message here is an envelope, or the bare body element that would stand in one.
"""

from __future__ import annotations

from lxml import etree

from rivta.contract.complaint import Complaint, shortened
from rivta.contract.envelope import BODY, ENVELOPE, FAULT, HEADER
from rivta.contract.wsdl import Wsdl
from rivta.text import xml


def of(root: etree._Element) -> etree._Element | None:
    """The element that the message carries: the first one in the SOAP body, or the root itself when that is no envelope."""
    if root.tag != ENVELOPE:
        return root
    body = next(root.iterchildren(BODY), None)
    return None if body is None else next(body.iterchildren("*"), None)


def is_fault(carried: etree._Element | None) -> bool:
    """Whether the message is a SOAP Fault."""
    return carried is not None and carried.tag == FAULT


def is_foreign(carried: etree._Element | None, wsdl: Wsdl) -> bool:
    """Whether the message is none of this contract's, so that its schema has no say."""
    return carried is None or carried.tag not in (wsdl.request_root, wsdl.response_root)


def complaints(root: etree._Element, carried: etree._Element | None, wsdl: Wsdl) -> list[Complaint]:
    """What is wrong with the message around its payload; empty when nothing is."""
    if carried is None:
        return [_without_payload(root)]
    if is_foreign(carried, wsdl):
        return [_foreign(carried, wsdl)]
    found = (_more_than_one(carried), missing_address(root, carried, wsdl))
    return [complaint for complaint in found if complaint is not None]


def missing_address(root: etree._Element, carried: etree._Element, wsdl: Wsdl) -> Complaint | None:
    """A complaint when a request's envelope has no LogicalAddress header (Basic Profile rule 8); None for anything else.

    Its content is the schema's business, and a bare body has no header to look in.
    """
    wanted = wsdl.header_element
    if wanted is None or root.tag != ENVELOPE or carried.tag != wsdl.request_root:
        return None
    header = next(root.iterchildren(HEADER), None)
    if header is not None and next(header.iterchildren(wanted), None) is not None:
        return None
    name = etree.QName(wanted).localname
    return _about(
        root if header is None else header,
        f"{name} saknas i SOAP-huvudet.",
        f"{name} is missing from the SOAP header.",
    )


def _more_than_one(carried: etree._Element) -> Complaint | None:
    body = carried.getparent()
    extra = next(carried.itersiblings("*"), None) if body is not None and body.tag == BODY else None
    if extra is None:
        return None
    return _about(extra, "SOAP-kroppen ska innehålla ett enda element.", "The SOAP body must hold a single element.")


def _without_payload(root: etree._Element) -> Complaint:
    return _about(root, "Meddelandet har inget element i SOAP-kroppen.", "The message has no element in its SOAP body.")


def _foreign(carried: etree._Element, wsdl: Wsdl) -> Complaint:
    request, response = wsdl.request_root, wsdl.response_root
    name = etree.QName(carried).text
    return _about(
        carried,
        f"{name} hör inte till kontraktet. Förväntat: {request} eller {response}.",
        f"{name} is not of this contract. Expected: {request} or {response}.",
    )


def _about(element: etree._Element, swedish: str, english: str) -> Complaint:
    return Complaint(
        shortened(english), xml.path_of(element), element.sourceline, "contract", swedish=shortened(swedish)
    )
