"""What the counterpart says back: each behaviour as an HTTP answer.

Texts hold nothing of the message that was received but places in it and names of rules, so no personal data can leak through
an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4
from xml.sax.saxutils import escape

from rivta.contract.message import CLOSING, opening, wrap
from rivta.counterpart import platform
from rivta.counterpart.composing import Composer
from rivta.model.case import Behaviour
from rivta.model.words import Headers

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XML = "text/xml; charset=UTF-8"
_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head>"
    "<body><h1>Internal Server Error</h1></body></html>\n"
)
UNHEARD = ("silence", "reset")
"""The behaviours that say nothing back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `headers` are those that come with the body; the connection adds its own."""

    status: int
    body: bytes = field(repr=False)
    headers: Headers = (("Content-Type", _XML),)


def answer_to(behaviour: Behaviour, composer: Composer | None, about: str, call: Mapping[str, str]) -> Answer:
    """The answer of a behaviour that gives one. What the contract's responses cannot say is said by a fault; `composer` is
    None where the contract is none of ours. `about` says what the call was about, as the platform puts it, `call` what it is
    known by.
    """
    kind = behaviour.kind
    if kind == "html":
        return Answer(500, _PAGE.encode(), (("Content-Type", "text/html; charset=UTF-8"),))
    if kind == "platform":
        return _xml(500, platform.fault(behaviour.code or "VP009", about))
    if kind == "fault" or composer is None or not composer.can_say(behaviour):
        return fault(behaviour.code or "Server", behaviour.text or "Ett tekniskt fel har uppstått.")
    text = wrap(composer.composed(behaviour, call), "", "")
    return Answer(200, (text[: -len(CLOSING)] if kind == "invalid-xml" else text).encode())


def fault(code: str, text: str) -> Answer:
    """A SOAP 1.1 Fault with a log id of its own. `code` is `Client` or `Server`."""
    said = (
        f"<soapenv:Fault><faultcode>soapenv:{escape(code)}</faultcode><faultstring>{escape(text)}</faultstring>"
        f"<detail><logId>{uuid4()}</logId></detail></soapenv:Fault>"
    )
    return _xml(500, f"{opening()}{said}{CLOSING}")


def _xml(status: int, text: str) -> Answer:
    return Answer(status, (PROLOG + text).encode())
