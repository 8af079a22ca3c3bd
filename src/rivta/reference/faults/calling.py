"""Faults of a system that calls in the wrong form: SOAP, headers, encoding, schema. They show in every message it sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from rivta.model.words import Text
from rivta.reference.compose import NAMESPACES, C
from rivta.reference.faults.fault import Fault
from rivta.reference.letter import Draft, Letter
from rivta.reference.reply import CORE

_LATIN_1 = "ISO-8859-1"
_ORIGINAL_CONSUMER = "x-rivta-original-serviceconsumer-hsaid"
_UNITS = "*/c:requestOrganisation | */c:confirmingOrganisation | */c:respondingOrganisation"


def _posting(name: str, requirement: str, posts: Callable[[Letter], Letter], sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), posts=posts)


def _drafting(name: str, requirement: str, drafts: Callable[[Draft], Draft], sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), drafts=drafts)


def _header(name: str, value: str) -> Callable[[Letter], Letter]:
    def posts(letter: Letter) -> Letter:
        headers = tuple((key, value if key == name else old) for key, old in letter.headers)
        return replace(letter, headers=headers)

    return posts


def _without_quotes(letter: Letter) -> Letter:
    headers = tuple((name, value.strip('"') if name == "SOAPAction" else value) for name, value in letter.headers)
    return replace(letter, headers=headers)


def _consumer_twice(letter: Letter) -> Letter:
    return replace(letter, headers=(*letter.headers, (_ORIGINAL_CONSUMER, "SE2321000012-ANNAN")))


def _in_latin_1(letter: Letter) -> Letter:
    return replace(letter, body=letter.body.decode().encode(_LATIN_1, "xmlcharrefreplace"))


def _recipient_first(draft: Draft) -> Draft:
    """The recipient moved to before the author."""
    for author in draft.payload.iterfind("*/c:author", NAMESPACES):
        recipient = author.getnext()
        if recipient is not None and recipient.tag == f"{{{CORE}}}recipient":
            author.addprevious(recipient)
    return draft


def _empty_location(draft: Draft) -> Draft:
    found = draft.payload.xpath(_UNITS, namespaces=NAMESPACES)
    for unit in found if isinstance(found, list) else []:
        if isinstance(unit, etree._Element):
            _put_location(unit)
    return draft


def _put_location(unit: etree._Element) -> None:
    for earlier in unit.findall("c:careUnitLocation", NAMESPACES):
        unit.remove(earlier)
    known = [child for child in unit if etree.QName(child).namespace == CORE]
    known[-1].addnext(C("careUnitLocation"))


CALLING: tuple[Fault, ...] = (
    _posting(
        "calls-as-soap12",
        "SENT-SOAP",
        _header("Content-Type", "application/soap+xml; charset=UTF-8"),
        "Anrop sänds med SOAP 1.2:s Content-Type.",
        "Calls are sent with the Content-Type of SOAP 1.2.",
    ),
    _drafting(
        "sends-elements-out-of-order",
        "SENT-SCHEMA",
        _recipient_first,
        "Mottagaren står före författaren i det som sänds.",
        "The recipient stands before the author in what is sent.",
    ),
    _drafting(
        "sends-empty-elements",
        "SENT-RULES",
        _empty_location,
        "Enhetens plats sänds som ett tomt element.",
        "The unit's location is sent as an empty element.",
    ),
    _posting(
        "calls-with-wrong-charset",
        "SENT-ENCODING",
        _header("Content-Type", f"text/xml; charset={_LATIN_1}"),
        "HTTP-huvudet i anropet anger en annan teckenkodning än meddelandet har.",
        "The call's HTTP header names another encoding than the message has.",
    ),
    _posting(
        "calls-in-latin1-called-utf8",
        "SENT-ENCODING",
        _in_latin_1,
        "Anropet är i Latin-1 men kallar sig UTF-8.",
        "The call is in Latin-1 but calls itself UTF-8.",
    ),
    _posting(
        "calls-without-soapaction",
        "SENT-SOAPACTION",
        _header("SOAPAction", '""'),
        "SOAPAction är tom i anropet.",
        "SOAPAction is empty in the call.",
    ),
    _posting(
        "calls-with-unquoted-soapaction",
        "SENT-SOAPACTION",
        _without_quotes,
        "SOAPAction sänds utan citattecken.",
        "SOAPAction is sent without quotes.",
    ),
    _posting(
        "calls-with-foreign-soapaction",
        "SENT-SOAPACTION",
        _header("SOAPAction", '"urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:1:ProcessRequest"'),
        "SOAPAction är en annan huvudversions.",
        "SOAPAction is that of another major version.",
    ),
    _drafting(
        "calls-wrong-logical-address",
        "GEN-ADDRESS-CONSUMER",
        lambda draft: replace(draft, address=draft.sender),
        "Den logiska adressen är den egna enheten i stället för den mottagande.",
        "The logical address is its own unit instead of the receiving one.",
    ),
    _drafting(
        "calls-without-logical-address",
        "GEN-ADDRESS-CONSUMER",
        lambda draft: replace(draft, address=""),
        "Anropet saknar logisk adress.",
        "The call has no logical address.",
    ),
    _posting(
        "names-original-consumer-twice",
        "SENT-HEADERS",
        _consumer_twice,
        "Den ursprungliga konsumenten anges två gånger, olika.",
        "The original consumer is named twice, differently.",
    ),
)
