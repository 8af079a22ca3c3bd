"""Who answered: what is told by something in front of the system is not the system's answer, and proves nothing of it.

That is the national platform's own Fault (VP001 to VP016), a gateway that does not reach the system, a page made for people, a
refusal of the address or the caller, a redirect. A SOAP message of any status is the system's own, and so is its own error
page with status 500. Source: RIV-TA Basic Profile 3.1 rule #28; the national platform's list of errors.
"""

import re

from rivta.check.seen import Seen
from rivta.model.errors import Unreadable
from rivta.model.exchange import Problem
from rivta.model.words import Blame, Text
from rivta.text.catalogue import text
from rivta.text.xml import decoded

PLATFORM = re.compile(r"\bVP0(?:0[1-9]|1[0-6])\b")
"""A code of the national platform's own."""
_GATEWAY = (502, 503, 504)
_ADDRESS_OR_CALLER = (401, 403, 404, 405, 407, 415, 421, 511)
_INTERNAL = 500
_PAGE = re.compile(r"\s*(?:\ufeff|<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_LOOKED_AT = 4000
"""Characters of a page that are looked at for what it is."""
_SHOWN = 300


def not_the_system(seen: Seen, place: str) -> Problem | None:
    """Why the answer is somebody else's; None where it is the system's own.

    `place` says where the URL that was called is written, for the text: that may be what is wrong.
    """
    fault = _fault_text(seen)
    if fault is not None:
        said = PLATFORM.search(fault)
        return _told("platform", seen, place, code=said[0], said=fault[:_SHOWN]) if said else None
    status = seen.exchange.status or 0
    if status in _GATEWAY:
        return _told("gateway", seen, place)
    if 300 <= status < 400:
        return _told("redirected", seen, place, to=seen.response.header("Location") or "?")
    if status in _ADDRESS_OR_CALLER:
        return _told("turned-away", seen, place)
    return _told("page", seen, place) if _is_page(seen) and status != _INTERNAL else None


def _fault_text(seen: Seen) -> str | None:
    """What a Fault says; empty for a SOAP message that is none, None for what is no SOAP message."""
    try:
        fault = seen.envelope.fault
    except Unreadable:
        return None
    return f"{fault.code} {fault.text} {fault.detail}".strip() if fault else ""


def _is_page(seen: Seen) -> bool:
    return bool(_PAGE.match(_beginning(seen)))


def _beginning(seen: Seen) -> str:
    return decoded(seen.response.body[:_LOOKED_AT])


def _told(kind: str, seen: Seen, place: str, **values: str) -> Problem:
    told = text("check", kind, status=seen.exchange.status, who=_who(seen), url=seen.exchange.url, **values)
    advice = text("check", "address", place=place)
    return Problem(kind, Text(f"{told.sv} {advice.sv}", f"{told.en} {advice.en}"), Blame.ENVIRONMENT)


def _who(seen: Seen) -> str:
    """What the answer says of who gave it: the headers that name a server or a proxy, and a page's title."""
    named = [f"{name}: {value}" for name in ("Server", "Via") if (value := seen.response.header(name))]
    title = _TITLE.search(_beginning(seen)) if _is_page(seen) else None
    said = ", ".join((*named, *([f"“{title[1][:_SHOWN]}”"] if title else [])))
    return f" ({said})" if said else ""
