"""Faults of a system that turns sound messages away before it reads them: for their bytes, their headers, their form, their size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.words import Headers, Text
from rivta.simulator.faults.fault import Fault
from rivta.simulator.reference import Reference
from rivta.simulator.reply import SOAP
from rivta.text.xml import parse, prolog_encoding

_LARGE_BYTES = 5_000_000
_CHARSET = re.compile(r"charset=[\"']?([\w.-]+)", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BEYOND_LATIN = "\u0370"


def reception(reference: Reference) -> Iterator[Fault]:
    """All of them."""
    yield _turns_away(
        "refuses-other-scripts",
        _other_scripts,
        "Text i andra skriftsystem än det latinska tas inte emot.",
        "Text in other scripts than Latin is not accepted.",
    )
    yield _turns_away(
        "refuses-cdata",
        lambda _, body: b"<![CDATA[" in body,
        "CDATA-avsnitt tas inte emot.",
        "CDATA sections are not accepted.",
    )
    yield _turns_away(
        "requires-own-prefixes",
        lambda _, body: b"soapenv:Envelope" not in body,
        "Bara det egna prefixet för SOAP känns igen.",
        "Only its own prefix for SOAP is recognised.",
    )
    yield _turns_away(
        "requires-xml-declaration",
        lambda _, body: not body.removeprefix(_BYTE_ORDER_MARK).startswith(b"<?xml"),
        "Ett meddelande utan XML-deklaration tas inte emot.",
        "A message without an XML declaration is not accepted.",
    )
    yield _turns_away(
        "refuses-charset-conflict",
        _charsets_disagree,
        "Ett meddelande vars teckenkodningar går isär tas inte emot.",
        "A message whose declared encodings differ is not accepted.",
    )
    yield _turns_away(
        "refuses-byte-order-mark",
        lambda _, body: body.startswith(_BYTE_ORDER_MARK),
        "Byteordningsmarkering tas inte emot.",
        "A byte order mark is not accepted.",
    )
    actions = {contract.soap_action for contract in reference.domain.contracts.values()}
    yield _turns_away(
        "requires-soapaction",
        lambda headers, _: (_header(headers, "soapaction") or "").strip('"') not in actions,
        "SOAPAction måste vara kontraktets eget.",
        "SOAPAction must be the contract's own.",
    )
    yield _turns_away(
        "refuses-acting-on-behalf",
        lambda headers, _: _header(headers, "x-rivta-acting-on-behalf-of-hsaid") is not None,
        "HTTP-huvudet om uppdragsgivande part tas inte emot.",
        "The HTTP header for the party acted for is not accepted.",
    )
    yield _turns_away(
        "refuses-unknown-soap-header",
        _more_soap_headers,
        "Okända SOAP-huvuden tas inte emot.",
        "Unknown SOAP headers are not accepted.",
    )
    for contract in reference.domain.contracts.values():
        noun = reference.noun(contract)
        yield _turns_away(
            f"refuses-large-{reference.code(contract)}",
            _too_large_for(contract),
            f"{noun.sv[:1].upper()}{noun.sv[1:]} över 5 MB tas inte emot.",
            f"A {noun.en} over 5 MB is not accepted.",
        )


def _turns_away(name: str, turns_away: Callable[[Headers, bytes], bool], sv: str, en: str) -> Fault:
    return Fault(name, Text(sv, en), turns_away=turns_away)


def _too_large_for(contract: Contract) -> Callable[[Headers, bytes], bool]:
    namespace = contract.namespace.encode()
    return lambda _, body: len(body) > _LARGE_BYTES and namespace in body[:_LARGE_BYTES]


def _header(headers: Headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _more_soap_headers(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (only the envelope counts)
    try:
        return len(parse(body).findall(f"{{{SOAP}}}Header/*")) > 1
    except Unreadable:
        return False


def _charsets_disagree(headers: Headers, body: bytes) -> bool:
    charset = _CHARSET.search(_header(headers, "content-type") or "")
    prolog = prolog_encoding(body)
    return charset is not None and prolog is not None and charset[1].lower() != prolog.lower()


def _other_scripts(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (only the letters count)
    return any(
        letter >= _BEYOND_LATIN and letter.isalpha() for letter in body[:_LARGE_BYTES].decode("utf-8", "replace")
    )
