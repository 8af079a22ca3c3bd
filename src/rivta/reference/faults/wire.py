"""Faults of a system that answers in the wrong form: SOAP, schema, encoding, HTTP, time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rivta.model.words import Text
from rivta.reference.faults.fault import Fault
from rivta.reference.reply import CORE, PROLOG, SOAP, Outcome, Reply, Result

_SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
_SLOW_SECONDS = 2.2
"""A little over the contract's two seconds."""
_HTML = '<!DOCTYPE html>\n<html lang="sv"><head><title>Fel</title></head><body><h1>502 Bad Gateway</h1></body></html>'
_LATIN_1 = "ISO-8859-1"
_GREETING = "Hälsningar från Åre vårdcentral."


def _writing(name: str, requirement: str, writes: Callable[[str], str], sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), writes=writes)


def _sending(name: str, requirement: str, sends: Callable[[Reply], Reply], sv: str, en: str) -> Fault:
    return Fault(name, (requirement,), Text(sv, en), sends=lambda reply, _: sends(reply))


def _encoding(name: str, sends: Callable[[Reply], Reply], sv: str, en: str) -> Fault:
    """A fault of encoding, in answers that hold letters which no two encodings write alike."""
    return Fault(name, ("GEN-ENCODING",), Text(sv, en), answers=_with_swedish_text, sends=lambda reply, _: sends(reply))


def _with_swedish_text(outcome: Outcome, body: bytes) -> Outcome:  # noqa: ARG001 (whatever was asked)
    if isinstance(outcome, Result):
        return replace(outcome, message=f"{outcome.message} {_GREETING}".strip())
    return replace(outcome, text=f"{outcome.text} {_GREETING}")


def _in_result(extra: str) -> Callable[[str], str]:
    return lambda text: text.replace("</r:result>", f"{extra}</r:result>")


def _code_last(text: str) -> str:
    """The result's first child moved to its end, with a message there to come before it."""
    start, opening, rest = text.partition("<r:result>")
    code, end, others = rest.partition("</core:resultCode>")
    if not opening:
        return text
    others = others if others.startswith("<core:") else f"<core:message>Mottaget.</core:message>{others}"
    return start + opening + others.replace("</r:result>", f"{code}{end}</r:result>")


def _without_result(text: str) -> str:
    start, opening, rest = text.partition("<r:result>")
    return start + rest.partition("</r:result>")[2] if opening else text


def _with_empty_message(text: str) -> str:
    start, opening, rest = text.partition("<core:message>")
    return start + opening + rest[rest.index("</core:message>") :] if opening else _in_result("<core:message/>")(text)


def _bare(text: str) -> str:
    return (
        text.partition("<soapenv:Body>")[2]
        .rpartition("</soapenv:Body>")[0]
        .replace(":r=", f':soapenv="{SOAP}" xmlns:r=')
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
    return replace(_content_type("text/xml")(reply), body=text.encode(_LATIN_1))


def _declared_utf_8(reply: Reply) -> Reply:
    return replace(reply, body=reply.body.decode().encode(_LATIN_1))


def _html(reply: Reply) -> Reply:
    return replace(_content_type("text/html; charset=UTF-8")(reply), status=502, body=_HTML.encode())


WIRE: tuple[Fault, ...] = (
    _writing(
        "soap12-answer",
        "GEN-SOAP",
        lambda text: text.replace(SOAP, _SOAP_1_2),
        "Svaret är ett SOAP 1.2-meddelande.",
        "The answer is a SOAP 1.2 message.",
    ),
    _writing(
        "answer-without-envelope",
        "GEN-SOAP",
        _bare,
        "Svaret saknar SOAP-kuvert.",
        "The answer has no SOAP envelope.",
    ),
    _sending("html-error-page", "GEN-SOAP", _html, "Svaret är en HTML-sida.", "The answer is an HTML page."),
    _sending(
        "empty-answer",
        "GEN-SOAP",
        lambda reply: replace(reply, body=b""),
        "Svaret är tomt.",
        "The answer is empty.",
    ),
    _sending(
        "truncated-answer",
        "GEN-SOAP",
        lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]),
        "Svaret är avhugget på mitten.",
        "The answer is cut in half.",
    ),
    _writing(
        "response-breaks-schema",
        "GEN-SCHEMA",
        _in_result("<core:errorText>Inget fel</core:errorText>"),
        "Resultatet har ett element som kontraktet inte känner.",
        "The result has an element that the contract does not know.",
    ),
    _writing(
        "response-wrong-order",
        "GEN-SCHEMA",
        _code_last,
        "Resultatets element står i fel ordning.",
        "The result's elements are in the wrong order.",
    ),
    _writing(
        "missing-result",
        "GEN-SCHEMA",
        _without_result,
        "Svaret saknar result.",
        "The answer has no result.",
    ),
    Fault(
        "wrong-namespace",
        ("GEN-SCHEMA",),
        Text(
            "Svaret är i en annan huvudversions namnrymd.",
            "The answer is in another major version's namespace.",
        ),
        writes=lambda text: text.replace("Responder:2", "Responder:1"),
        touches=("GEN-SOAP",),
    ),
    _writing(
        "result-in-wrong-namespace",
        "GEN-SCHEMA",
        lambda text: text.replace(f'xmlns:core="{CORE}"', 'xmlns:core="urn:riv:clinicalprocess:activity:request:1"'),
        "Resultatets element är i fel namnrymd.",
        "The result's elements are in the wrong namespace.",
    ),
    _writing(
        "empty-element-in-response",
        "GEN-RULES",
        _with_empty_message,
        "Svaret har ett tomt element.",
        "The answer has an empty element.",
    ),
    _encoding(
        "wrong-charset-declared",
        _content_type(f"text/xml; charset={_LATIN_1}"),
        "HTTP-huvudet anger en annan teckenkodning än svaret har.",
        "The HTTP header names another encoding than the answer has.",
    ),
    _encoding(
        "prolog-disagrees",
        _prolog_says(_LATIN_1),
        "XML-deklarationen anger en annan teckenkodning än HTTP-huvudet.",
        "The XML declaration names another encoding than the HTTP header.",
    ),
    _encoding(
        "latin1-undeclared",
        _undeclared_latin_1,
        "Svaret är i Latin-1 utan att säga det.",
        "The answer is in Latin-1 without saying so.",
    ),
    _encoding(
        "latin1-declared-utf8",
        _declared_utf_8,
        "Svaret är i Latin-1 men kallar sig UTF-8.",
        "The answer is in Latin-1 but calls itself UTF-8.",
    ),
    _sending(
        "wrong-content-type",
        "GEN-SOAP",
        _content_type("application/soap+xml; charset=UTF-8"),
        "Svarets Content-Type är den för SOAP 1.2.",
        "The answer's Content-Type is that of SOAP 1.2.",
    ),
    _sending(
        "slow-answer",
        "GEN-RESPONSE-TIME",
        lambda reply: replace(reply, delay_seconds=_SLOW_SECONDS),
        "Svaret dröjer mer än två sekunder.",
        "The answer takes more than two seconds.",
    ),
)
