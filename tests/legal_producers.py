"""Two producers that are right in ways of their own, and that nobody may accuse: a sound simulator's answers, rewritten.

`modern`   default namespaces, a byte order mark, no prolog, CDATA, INFO for OK, SOAP headers, elements where a schema has a
           wildcard; on a socket its answers come in chunks
`veteran`  `TEXT/XML` without charset, character references, `standalone='no'`, an empty detail, Faults for everything that is
           invalid; on a socket it speaks HTTP/1.0

In process they are faults that are none: what a sound system says, said otherwise.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from xml.sax.saxutils import quoteattr

from lxml import etree

from miniatures import Miniature, listening
from rivta.contract import schemas
from rivta.contract.envelope import SOAP
from rivta.model.domain import Domain
from rivta.model.words import Headers, Text
from rivta.simulator import Draft, Fault, Outcome, Reply, Result, Simulator, SoapFault
from rivta.simulator.outgoing import Outgoing
from rivta.simulator.reply import VALIDATION_ERROR

_VENDOR = "urn:vendor.example:platform:7"
_PROLOG = "<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n"
_WORDS = re.compile(r"[^\x00-\x7f]|(?<=>)[A-Za-z]")
"""What the veteran writes as references: all that is not ASCII, and the first letter of each text."""

_wildcards: dict[tuple[str, ...], bool] = {}
"""Whether a schema has a wildcard last in an element, by the names from the response to the element."""


def modern(domain: Domain) -> Fault:
    """The first of them, as a fault of a domain's simulator."""
    return Fault("modern", Text.same("modern"), answers=_info_for_ok, sends=lambda reply, _: _modern(reply, domain))


def veteran(_domain: Domain) -> Fault:
    """The second."""
    return Fault("veteran", Text.same("veteran"), answers=_fault_for_invalid, sends=lambda reply, _: _veteran(reply))


def _info_for_ok(outcome: Outcome, _body: bytes) -> Outcome:
    is_ok = isinstance(outcome, Result) and outcome.code == "OK"
    return replace(outcome, code="INFO", message="Mottaget, åäö.") if is_ok and isinstance(outcome, Result) else outcome


def _fault_for_invalid(outcome: Outcome, _body: bytes) -> Outcome:
    is_invalid = isinstance(outcome, Result) and outcome.error_code == VALIDATION_ERROR
    return SoapFault("Client", "Ogiltigt meddelande, å.", outcome.log_id) if is_invalid else outcome


def _modern(reply: Reply, domain: Domain) -> Reply:
    root = etree.fromstring(reply.body)
    _with_vendors_elements(root, domain)
    header = etree.Element(f"{{{SOAP}}}Header")
    trace = etree.SubElement(header, f"{{{_VENDOR}}}trace", {f"{{{SOAP}}}mustUnderstand": "0"})
    trace.text = "9f0c"
    root.insert(0, header)
    text = "".join(_by_default(root, ""))
    headers = (("content-type", 'text/xml;charset="utf-8"'), ("X-Vendor", "7"), *reply.headers[1:])
    return replace(reply, body=b"\xef\xbb\xbf" + text.encode(), headers=headers)


def _with_vendors_elements(root: etree._Element, domain: Domain) -> None:
    """An element of the vendor's own last in each element whose schema has a wildcard there; never beside a text, which no type has."""
    payload = root[0][0]
    contract = next((one for one in domain.contracts.values() if one.namespace == etree.QName(payload).namespace), None)
    holders = (each for each in payload.iter("*") if len(each) or not (each.text or "").strip())
    for each in list(holders) if contract else ():
        added = etree.SubElement(each, f"{{{_VENDOR}}}extension")
        added.text = "7"
        place = (*(str(one.tag) for one in reversed([*each.iterancestors()])), str(each.tag))
        if place not in _wildcards:
            _wildcards[place] = contract is not None and not schemas(contract).first(root)
        if not _wildcards[place]:
            each.remove(added)


def _by_default(element: etree._Element, outer: str) -> Iterator[str]:
    """The element without a prefix but for its attributes and for the name of a fault; its texts as CDATA."""
    name = etree.QName(element)
    own = f" xmlns={quoteattr(name.namespace or '')}" if (name.namespace or "") != outer else ""
    own += f' xmlns:s="{SOAP}"' if element.tag == f"{{{SOAP}}}Envelope" else ""
    marks = ((etree.QName(key), str(value)) for key, value in element.attrib.items())
    said = "".join(f" {'s:' if each.namespace else ''}{each.localname}={quoteattr(value)}" for each, value in marks)
    text = (element.text or "").replace("soapenv:", "s:")
    inside = "".join(part for child in element for part in _by_default(child, name.namespace or ""))
    yield f"<{name.localname}{own}{said}>{f'<![CDATA[{text}]]>' if text.strip() else ''}{inside}</{name.localname}>"


def _veteran(reply: Reply) -> Reply:
    root = etree.fromstring(reply.body)
    for fault in root.iter(f"{{{SOAP}}}Fault"):
        said, detail = fault.find("faultstring"), fault.find("detail")
        if said is not None and detail is not None:
            said.text = f"{said.text} logId: {''.join(map(str, detail.itertext())).strip()}"
            detail.clear()
    return replace(
        reply,
        body=(_PROLOG + _in_references(root)).encode("ascii"),
        headers=(("Content-Type", "TEXT/XML"), *reply.headers[1:]),
    )


def _in_references(root: etree._Element) -> str:
    return _WORDS.sub(lambda found: f"&#{ord(found[0])};", etree.tostring(root, encoding="unicode"))


# Callers that are as right


def modern_caller() -> Fault:
    """One that writes what it sends as the first of them does."""

    def posts(sound: Outgoing) -> Outgoing:
        text = "".join(_by_default(etree.fromstring(sound.body), ""))
        headers = tuple(
            (name.lower(), 'text/xml;charset="utf-8"' if name == "Content-Type" else value)
            for name, value in sound.headers
        )
        return replace(sound, body=b"\xef\xbb\xbf" + text.encode(), headers=headers)

    return Fault("modern-caller", Text.same("modern caller"), posts=posts)


def veteran_caller() -> Fault:
    """One that writes as the second does, with the line ends of another system."""

    def posts(sound: Outgoing) -> Outgoing:
        text = _in_references(etree.fromstring(sound.body)).replace("\n", "\r\n")
        headers = tuple((name, "TEXT/XML" if name == "Content-Type" else value) for name, value in sound.headers)
        return replace(sound, body=(_PROLOG + text).encode("ascii"), headers=headers)

    return Fault("veteran-caller", Text.same("veteran caller"), posts=posts)


def wrapping_caller() -> Fault:
    """One that writes what is attached in short lines, as base64 may be."""

    def drafts(sound: Draft) -> Draft:
        for value in sound.payload.iterfind("*/{*}attachment/{*}value"):
            bare = "".join((value.text or "").split())
            parts = (bare[at : at + 9] for at in range(0, len(bare), 9))
            value.text = "".join(f"\r\n   {part}" for part in parts)
        return sound

    return Fault("wrapping-caller", Text.same("wrapping caller"), drafts=drafts)


def speaks_in_chunks(system: Simulator) -> AbstractContextManager[Miniature]:
    """The modern one on a socket: HTTP/1.1, its answers in chunks of odd sizes with an extension and a trailer."""

    def answer(reply: Reply) -> bytes:
        sizes, body, chunks = (1, 7, 300, 10_000_000), reply.body, []
        for size in sizes:
            part, body = body[:size], body[size:]
            chunks.append(b"%X;vendor=7\r\n%b\r\n" % (len(part), part) if part else b"")
        head = (f"HTTP/1.1 {reply.status} ", *(f"{name}: {value}" for name, value in reply.headers))
        return (
            "\r\n".join([*head, "Transfer-Encoding: chunked", "", ""]).encode()
            + b"".join(chunks)
            + b"0\r\nX-Sum: 7\r\n\r\n"
        )

    return _on_a_socket(system, answer, keeps=True)


def speaks_http_1_0(system: Simulator) -> AbstractContextManager[Miniature]:
    """The veteran on a socket: HTTP/1.0, no length, the answer ends with the connection."""

    def answer(reply: Reply) -> bytes:
        head = (f"HTTP/1.0 {reply.status} OK", *(f"{name}: {value}" for name, value in reply.headers))
        return "\r\n".join([*head, "", ""]).encode() + reply.body

    return _on_a_socket(system, answer, keeps=False)


def _on_a_socket(
    system: Simulator, answer: Callable[[Reply], bytes], *, keeps: bool
) -> AbstractContextManager[Miniature]:
    def behave(connection: socket.socket, miniature: Miniature) -> None:
        while request := miniature.read_request(connection):
            connection.sendall(answer(system.answer(*_read(request))))
            if not keeps:
                return

    return listening(behave)


def _read(request: bytes) -> tuple[Headers, bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return tuple((name, value.strip()) for name, _, value in lines), body
