"""Faults of a system that answers in the wrong form: SOAP, schema, encoding, HTTP, time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from lxml import etree

from rivta.model.words import Text
from rivta.simulator.faults.fault import Fault
from rivta.simulator.reply import PROLOG, SOAP, Outcome, Reply, Result

_SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
_HTML = '<!DOCTYPE html>\n<html lang="sv"><head><title>Fel</title></head><body><h1>500 Internal Server Error</h1></body></html>'
_LATIN_1 = "ISO-8859-1"
_GREETING = "Hälsningar från Åre vårdcentral."
_MAJOR = re.compile(r"(.*:)(\d+)$")
_TOO_MUCH = 1.1
"""By how much a slow answer takes longer than the contract allows."""


def wire(max_ms: int) -> Iterator[Fault]:
    """All of them, for contracts of which the slowest may take so long (ms)."""
    yield _writing(
        "soap12-answer",
        "soap",
        lambda text: text.replace(SOAP, _SOAP_1_2),
        "Svaret är ett SOAP 1.2-meddelande.",
        "The answer is a SOAP 1.2 message.",
    )
    yield _writing(
        "answer-without-envelope", "soap", _bare, "Svaret saknar SOAP-kuvert.", "The answer has no SOAP envelope."
    )
    yield _sending("html-error-page", "soap", _html, "Svaret är en HTML-sida.", "The answer is an HTML page.")
    yield _sending(
        "empty-answer", "soap", lambda reply: replace(reply, body=b""), "Svaret är tomt.", "The answer is empty."
    )
    yield _sending(
        "truncated-answer",
        "soap",
        lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]),
        "Svaret är avhugget på mitten.",
        "The answer is cut in half.",
    )
    yield _writing(
        "response-breaks-schema",
        "schema",
        _with_unknown,
        "Resultatet har ett element som kontraktet inte känner.",
        "The result has an element that the contract does not know.",
    )
    yield replace(
        _writing(
            "response-wrong-order",
            "schema",
            _first_last,
            "Resultatets element står i fel ordning.",
            "The result's elements are in the wrong order.",
        ),
        answers=_with_message,
    )
    yield _writing("missing-result", "schema", _without_first, "Svaret saknar result.", "The answer has no result.")
    yield _writing(
        "wrong-namespace",
        "schema",
        lambda text: _moved(text, lambda namespace, root: namespace == root),
        "Svaret är i en annan huvudversions namnrymd.",
        "The answer is in another major version's namespace.",
    )
    yield _writing(
        "result-in-wrong-namespace",
        "schema",
        lambda text: _moved(text, lambda namespace, root: namespace != root),
        "Resultatets element är i fel namnrymd.",
        "The result's elements are in the wrong namespace.",
    )
    yield replace(
        _writing(
            "empty-element-in-response",
            "",
            _with_empty_element,
            "Svaret har ett tomt element.",
            "The answer has an empty element.",
        ),
        answers=_with_message,
    )
    yield from _encodings()
    yield _sending(
        "wrong-content-type",
        "soap",
        _content_type("application/soap+xml; charset=UTF-8"),
        "Svarets Content-Type är den för SOAP 1.2.",
        "The answer's Content-Type is that of SOAP 1.2.",
    )
    yield _sending(
        "slow-answer",
        "max_ms",
        lambda reply: replace(reply, delay_seconds=max_ms / 1000 * _TOO_MUCH),
        f"Svaret dröjer mer än {max_ms} ms.",
        f"The answer takes more than {max_ms} ms.",
    )


def _encodings() -> Iterator[Fault]:
    yield _encoding(
        "wrong-charset-declared",
        _content_type(f"text/xml; charset={_LATIN_1}"),
        "HTTP-huvudet anger en annan teckenkodning än svaret har.",
        "The HTTP header names another encoding than the answer has.",
    )
    yield _encoding(
        "prolog-disagrees",
        _prolog_says(_LATIN_1),
        "XML-deklarationen anger en annan teckenkodning än HTTP-huvudet.",
        "The XML declaration names another encoding than the HTTP header.",
    )
    yield _encoding(
        "latin1-undeclared",
        _undeclared_latin_1,
        "Svaret är i Latin-1 utan att säga det.",
        "The answer is in Latin-1 without saying so.",
    )
    yield _encoding(
        "latin1-declared-utf8",
        lambda reply: replace(reply, body=reply.body.decode().encode(_LATIN_1)),
        "Svaret är i Latin-1 men kallar sig UTF-8.",
        "The answer is in Latin-1 but calls itself UTF-8.",
    )


def _writing(name: str, shown_by: str, writes: Callable[[str], str], sv: str, en: str) -> Fault:
    return Fault(name, Text(sv, en), shown_by=shown_by, writes=writes)


def _sending(name: str, shown_by: str, sends: Callable[[Reply], Reply], sv: str, en: str) -> Fault:
    return Fault(name, Text(sv, en), shown_by=shown_by, sends=lambda reply, _: sends(reply))


def _encoding(name: str, sends: Callable[[Reply], Reply], sv: str, en: str) -> Fault:
    """A fault of encoding, in answers that hold letters which no two encodings write alike."""
    changed = _sending(name, "encoding", sends, sv, en)
    return replace(changed, answers=_with_swedish_text)


def _with_swedish_text(outcome: Outcome, body: bytes) -> Outcome:  # noqa: ARG001 (whatever was asked)
    if isinstance(outcome, Result):
        return replace(outcome, message=f"{outcome.message} {_GREETING}".strip())
    return replace(outcome, text=f"{outcome.text} {_GREETING}")


def _with_message(outcome: Outcome, body: bytes) -> Outcome:  # noqa: ARG001 (whatever was asked)
    is_silent = isinstance(outcome, Result) and not outcome.message
    return replace(outcome, message="Mottaget.") if is_silent and isinstance(outcome, Result) else outcome


def _payload(root: etree._Element) -> etree._Element | None:
    """What the Body holds, if it is no fault."""
    payload = root.find(f"{{{SOAP}}}Body/*")
    return None if payload is None or payload.tag == f"{{{SOAP}}}Fault" else payload


def _changed(text: str, change: Callable[[etree._Element], None]) -> str:
    root = etree.fromstring(text)
    payload = _payload(root)
    if payload is None:
        return text
    before = etree.tostring(root, encoding="unicode")
    change(payload)
    after = etree.tostring(root, encoding="unicode")
    return text if after == before else after


def _parts(payload: etree._Element) -> etree._Element:
    """The first element with parts of its own that have none: a result, a record, else the payload itself."""
    holders = (each for each in payload.iter(etree.Element) if len(each) and not any(len(child) for child in each))
    return next(holders, payload)


def _with_unknown(text: str) -> str:
    def change(payload: etree._Element) -> None:
        parts = _parts(payload)
        namespace = etree.QName(parts[-1] if len(parts) else parts).namespace
        etree.SubElement(parts, f"{{{namespace}}}errorText").text = "Inget fel"

    return _changed(text, change)


def _first_last(text: str) -> str:
    def change(payload: etree._Element) -> None:
        parts = _parts(payload)
        if len(parts) > 1:
            parts.append(parts[0])

    return _changed(text, change)


def _without_first(text: str) -> str:
    def change(payload: etree._Element) -> None:
        for child in list(payload)[:1]:
            payload.remove(child)

    return _changed(text, change)


def _with_empty_element(text: str) -> str:
    def change(payload: etree._Element) -> None:
        for last in list(_parts(payload))[-1:]:
            last.text = None

    return _changed(text, change)


def _moved(text: str, is_meant: Callable[[str, str], bool]) -> str:
    """Elements of some namespaces in that of another major version."""
    payload = _payload(etree.fromstring(text))
    if payload is None:
        return text
    root = etree.QName(payload).namespace or ""
    names = {etree.QName(each).namespace or "" for each in payload.iter(etree.Element)}
    for namespace in sorted(name for name in names if is_meant(name, root)):
        text = text.replace(f'"{namespace}"', f'"{other_major(namespace)}"')
    return text


def other_major(namespace: str) -> str:
    """The namespace of another major version: the one before, of the first the second."""
    found = _MAJOR.fullmatch(namespace)
    number = int(found[2]) if found else 0
    return f"{found[1]}{number - 1 if number > 1 else number + 1}" if found else f"{namespace}:2"


def _bare(text: str) -> str:
    inside = text.partition("<soapenv:Body>")[2].rpartition("</soapenv:Body>")[0]
    return (
        inside.replace(" xmlns:", f' xmlns:soapenv="{SOAP}" xmlns:', 1)
        if " xmlns:" in inside
        else inside.replace("<soapenv:Fault>", f'<soapenv:Fault xmlns:soapenv="{SOAP}">', 1)
    )


def _content_type(value: str) -> Callable[[Reply], Reply]:
    def sends(reply: Reply) -> Reply:
        others = tuple(header for header in reply.headers if header[0] != "Content-Type")
        return replace(reply, headers=(("Content-Type", value), *others))

    return sends


def _prolog_says(encoding: str) -> Callable[[Reply], Reply]:
    new = PROLOG.replace("UTF-8", encoding).encode()
    return lambda reply: replace(reply, body=reply.body.replace(PROLOG.encode(), new))


def _undeclared_latin_1(reply: Reply) -> Reply:
    text = reply.body.decode().removeprefix(PROLOG)
    if text.isascii():  # which is the same in both
        return reply
    return replace(_content_type("text/xml")(reply), body=text.encode(_LATIN_1))


def _html(reply: Reply) -> Reply:
    return replace(_content_type("text/html; charset=UTF-8")(reply), status=500, body=_HTML.encode())
