"""What the counterpart says back: each behaviour as an HTTP answer.

Texts hold nothing of the message that was received but places in it and names of rules, so no personal data can leak through
an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4
from xml.sax.saxutils import escape

from rivta.counterpart import platform
from rivta.counterpart.shape import Shape
from rivta.model.case import Behaviour
from rivta.model.words import Headers

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XML = "text/xml; charset=UTF-8"
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head>"
    "<body><h1>Internal Server Error</h1></body></html>\n"
)
_OPENING = f'<soapenv:Envelope xmlns:soapenv="{platform.SOAP}"><soapenv:Body>'
_CLOSING = "</soapenv:Body></soapenv:Envelope>"
_OUT_OF_RANGE = "PERHAPS"
"""A resultCode that no schema knows."""
UNHEARD = ("silence", "reset")
"""The behaviours that say nothing back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `headers` are those that come with the body; the connection adds its own."""

    status: int
    body: bytes = field(repr=False)
    headers: Headers = (("Content-Type", _XML),)


def answer_to(behaviour: Behaviour, shape: Shape | None, about: str) -> Answer:
    """The answer of a behaviour that gives one. `shape` is that of the contract's response; without one, the contract has no
    result to speak by, and all that is left is a fault. `about` says what the call was about, as the platform puts it.
    """
    kind = behaviour.kind
    if kind == "html":
        return Answer(500, _PAGE.encode(), (("Content-Type", "text/html; charset=UTF-8"),))
    if kind == "platform":
        return _xml(500, platform.fault(behaviour.code or "VP009", about))
    if kind == "fault" or shape is None:
        return fault(behaviour.code or "Server", behaviour.text or "Ett tekniskt fel har uppstått.")
    text = _envelope(shape.written(_said(behaviour)))
    return _xml(200, text[: -len(_CLOSING)] if kind == "invalid-xml" else text)


def fault(code: str, text: str) -> Answer:
    """A SOAP 1.1 Fault with a log id of its own. `code` is `Client` or `Server`."""
    said = (
        f"<soapenv:Fault><faultcode>soapenv:{escape(code)}</faultcode><faultstring>{escape(text)}</faultstring>"
        f"<detail><logId>{uuid4()}</logId></detail></soapenv:Fault>"
    )
    return _xml(500, _envelope(said))


def _said(behaviour: Behaviour) -> dict[str, str]:
    if behaviour.kind == "breaks-schema":
        return {"resultcode": _OUT_OF_RANGE}
    if behaviour.kind == "info":
        return {"resultcode": "INFO", "message": behaviour.text or "Mottaget."}
    if behaviour.kind != "error":
        return {"resultcode": "OK", "message": behaviour.text}
    return {
        "resultcode": "ERROR",
        "errorcode": behaviour.error or "APPLICATION_ERROR",
        "logid": str(uuid4()),
        "subcode": behaviour.sub,
        "message": behaviour.text or "Meddelandet kunde inte behandlas.",
    }


def _envelope(content: str) -> str:
    return f"{_OPENING}{content}{_CLOSING}"


def _xml(status: int, text: str) -> Answer:
    return Answer(status, (PROLOG + text).encode())
