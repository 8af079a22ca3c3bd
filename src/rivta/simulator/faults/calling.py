"""Faults of a system that calls in the wrong form: SOAP, headers, encoding. They show in every message it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rivta.model.words import Text
from rivta.simulator.faults.fault import Fault
from rivta.simulator.faults.wire import other_major
from rivta.simulator.outgoing import Draft, Outgoing

_LATIN_1 = "ISO-8859-1"
_ORIGINAL_CONSUMER = "x-rivta-original-serviceconsumer-hsaid"


def calling() -> Iterator[Fault]:
    """All of them."""
    yield _posting(
        "calls-as-soap12",
        "soap",
        _header("Content-Type", lambda _: "application/soap+xml; charset=UTF-8"),
        "Anrop sänds med SOAP 1.2:s Content-Type.",
        "Calls are sent with the Content-Type of SOAP 1.2.",
    )
    yield _posting(
        "calls-with-wrong-charset",
        "encoding",
        _header("Content-Type", lambda _: f"text/xml; charset={_LATIN_1}"),
        "HTTP-huvudet i anropet anger en annan teckenkodning än meddelandet har.",
        "The call's HTTP header names another encoding than the message has.",
    )
    yield _posting(
        "calls-in-latin1-called-utf8",
        "encoding",
        lambda request: replace(request, body=request.body.decode().encode(_LATIN_1, "xmlcharrefreplace")),
        "Anropet är i Latin-1 men kallar sig UTF-8.",
        "The call is in Latin-1 but calls itself UTF-8.",
    )
    yield _posting(
        "calls-without-soapaction",
        "soapaction",
        _header("SOAPAction", lambda _: '""'),
        "SOAPAction är tom i anropet.",
        "SOAPAction is empty in the call.",
    )
    yield _posting(
        "calls-with-unquoted-soapaction",
        "soapaction",
        _header("SOAPAction", lambda value: value.strip('"')),
        "SOAPAction sänds utan citattecken.",
        "SOAPAction is sent without quotes.",
    )
    yield _posting(
        "calls-with-foreign-soapaction",
        "soapaction",
        lambda request: _header("SOAPAction", lambda _: f'"{_foreign(request.contract.soap_action)}"')(request),
        "SOAPAction är en annan huvudversions.",
        "SOAPAction is that of another major version.",
    )
    yield _drafting(
        "calls-wrong-logical-address",
        lambda draft: replace(draft, address=draft.sender),
        "Den logiska adressen är den egna enheten i stället för den mottagande.",
        "The logical address is its own unit instead of the receiving one.",
    )
    yield _drafting(
        "calls-without-logical-address",
        lambda draft: replace(draft, address=""),
        "Anropet saknar logisk adress.",
        "The call has no logical address.",
    )
    yield _posting(
        "names-original-consumer-twice",
        "headers",
        lambda request: replace(request, headers=(*request.headers, (_ORIGINAL_CONSUMER, "SE2321000012-ANNAN"))),
        "Den ursprungliga konsumenten anges två gånger, olika.",
        "The original consumer is named twice, differently.",
    )


def _posting(name: str, shown_by: str, posts: Callable[[Outgoing], Outgoing], sv: str, en: str) -> Fault:
    return Fault(name, Text(sv, en), shown_by=shown_by, posts=posts)


def _drafting(name: str, drafts: Callable[[Draft], Draft], sv: str, en: str) -> Fault:
    return Fault(name, Text(sv, en), shown_by="addressing", drafts=drafts)


def _header(name: str, change: Callable[[str], str]) -> Callable[[Outgoing], Outgoing]:
    def posts(request: Outgoing) -> Outgoing:
        headers = tuple((key, change(value) if key == name else value) for key, value in request.headers)
        return replace(request, headers=headers)

    return posts


def _foreign(action: str) -> str:
    """The action of another major version: `…Responder:2:Name` → `…Responder:1:Name`."""
    namespace, _, operation = action.rpartition(":")
    return f"{other_major(namespace)}:{operation}"
