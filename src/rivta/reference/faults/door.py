"""Faults of a system that turns sound messages away at the door: for their bytes, their headers, their form."""

from __future__ import annotations

import re
from collections.abc import Callable

from rivta.model.errors import Unreadable
from rivta.model.words import Headers, Text
from rivta.reference.faults.fault import CONTRACTS, Fault
from rivta.reference.reply import SOAP
from rivta.text.xml import parse, prolog_encoding

TurnsAway = Callable[[Headers, bytes], bool]

_LARGE_BYTES = 5_000_000
_OWN_ACTION = re.compile(r"urn:riv:clinicalprocess:activity:request:(\w+)Responder:2:\1")
_CHARSET = re.compile(r"charset=[\"']?([\w.-]+)", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BEYOND_LATIN = "\u0370"


def _turns_away(
    name: str, requirement: str, turns_away: TurnsAway, sv: str, en: str, *, touches: tuple[str, ...] = ()
) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), turns_away=turns_away, touches=touches)


def _too_large_for(code: str) -> TurnsAway:
    root = f"{CONTRACTS[code]}Responder:2".encode()
    return lambda _, body: len(body) > _LARGE_BYTES and root in body[:_LARGE_BYTES]


def _header(headers: Headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _foreign_action(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (only the header counts)
    return not _OWN_ACTION.fullmatch((_header(headers, "soapaction") or "").strip('"'))


def _acting_for_somebody(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (only the header counts)
    return _header(headers, "x-rivta-acting-on-behalf-of-hsaid") is not None


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


def _without_prolog(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (only the first bytes count)
    return not body.removeprefix(_BYTE_ORDER_MARK).startswith(b"<?xml")


DOOR: tuple[Fault, ...] = (
    _turns_away(
        "refuses-other-scripts",
        "GEN-CHARACTERS",
        _other_scripts,
        "Text i andra skriftsystem än det latinska tas inte emot.",
        "Text in other scripts than Latin is not accepted.",
    ),
    _turns_away(
        "refuses-cdata",
        "GEN-XML-FORMS",
        lambda _, body: b"<![CDATA[" in body,
        "CDATA-avsnitt tas inte emot.",
        "CDATA sections are not accepted.",
    ),
    _turns_away(
        "requires-own-prefixes",
        "GEN-PREFIXES",
        lambda _, body: b"soapenv:Envelope" not in body,
        "Bara det egna prefixet för SOAP känns igen.",
        "Only its own prefix for SOAP is recognised.",
    ),
    _turns_away(
        "requires-xml-declaration",
        "GEN-PROLOG",
        _without_prolog,
        "Ett meddelande utan XML-deklaration tas inte emot.",
        "A message without an XML declaration is not accepted.",
    ),
    _turns_away(
        "refuses-charset-conflict",
        "GEN-CHARSET-CONFLICT",
        _charsets_disagree,
        "Ett meddelande vars teckenkodningar går isär tas inte emot.",
        "A message whose declared encodings differ is not accepted.",
    ),
    _turns_away(
        "refuses-byte-order-mark",
        "GEN-BOM",
        lambda _, body: body.startswith(_BYTE_ORDER_MARK),
        "Byteordningsmarkering tas inte emot.",
        "A byte order mark is not accepted.",
    ),
    _turns_away(
        "requires-soapaction",
        "GEN-SOAPACTION",
        _foreign_action,
        "SOAPAction måste vara kontraktets eget.",
        "SOAPAction must be the contract's own.",
    ),
    _turns_away(
        "refuses-acting-on-behalf",
        "GEN-HTTP-HEADERS",
        _acting_for_somebody,
        "HTTP-huvudet om uppdragsgivande part tas inte emot.",
        "The HTTP header for the party acted for is not accepted.",
    ),
    _turns_away(
        "refuses-unknown-soap-header",
        "GEN-SOAP-HEADERS",
        _more_soap_headers,
        "Okända SOAP-huvuden tas inte emot.",
        "Unknown SOAP headers are not accepted.",
    ),
    _turns_away(
        "refuses-large-PR",
        "PR-F-maxSize",
        _too_large_for("PR"),
        "En remiss över 5 MB tas inte emot.",
        "A referral over 5 MB is not accepted.",
        touches=("PR-F-attachment-txt",),
    ),
    _turns_away(
        "refuses-large-PRO",
        "PRO-F-maxSize",
        _too_large_for("PRO"),
        "Ett remissvar över 5 MB tas inte emot.",
        "An outcome over 5 MB is not accepted.",
        touches=("PRO-F-attachment-txt",),
    ),
)
