"""What holds of every SOAP Fault, whatever the case is about, and when a Fault is a refusal of what was sent.

Source: SOAP 1.1 sections 4.4 and 6.2; WS-I Basic Profile 1.1 (R1000 to R1004, R1126); RIV-TA Basic Profile 3.1, section 3.1.
"""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from html import unescape

from lxml import etree

from rivta.check.kinds import NOTHING, SILENT, Observation, Seen, compared, kind
from rivta.contract.envelope import BODY, FAULT, SOAP
from rivta.model.errors import Unreadable
from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.text import identity
from rivta.text.catalogue import text
from rivta.text.xml import decoded

CODES = ("Client", "Server", "MustUnderstand", "VersionMismatch")
_PLACE = "/soapenv:Envelope/soapenv:Body/soapenv:Fault"
_PARTS = ("faultcode", "faultstring", "faultactor", "detail")
_CRASH = re.compile(
    r"NullPointer|NullReference|ClassCast|IndexOutOf|OutOfMemory|StackOverflow|IllegalState|SQLException|ORA-\d{5}"
    r"|\bat [\w.$]+\([\w.]+:\d+\)|\.cs:line \d+|Traceback \(most recent|\b(?:Key|Type|Attribute|Index)Error\b"
    r"|Segmentation fault|undefined is not|Cannot read propert"
)
"""What a program says when it has broken, and not when it has judged what it was given."""
_ID = r"(?:id|nr|no|nummer|number|ref|referens)"
_LOG_ID = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b"
    rf"|\b(?:(?:logg?|trace|correlation|korrelations?)[-_ ]?{_ID}?|(?:error|fel|ärende|incident|message|request)[-_ ]?{_ID})"
    r"[\s:=#“\"-]+(?=[\w.-]*\d)[\w.-]+",
    re.IGNORECASE,
)
_NAMED = re.compile(r"log|trace|correlation|id$", re.IGNORECASE)
"""What an element in the detail is called that holds a log id."""
_SHORTEST = 4
_QUOTED = 20
"""Characters of a longer text that are enough to know it by: a Fault may quote its beginning."""


@frozen
class _Code:
    """A faultcode: its namespace, None for an unqualified one, its generic part (`Client` of `Client.Validation`), and as written."""

    namespace: str | None
    generic: str
    written: str

    is_declared: bool = True
    """Whether its prefix, where it has one, is declared: else it is the name of nothing."""

    @property
    def is_own(self) -> bool:
        """Whether it is the system's own, in whose meaning the contract description has the say."""
        return self.namespace != SOAP and bool(self.namespace)


def _element(seen: Seen) -> etree._Element | None:
    """The Fault of the system's message; None where it is none, or cannot be read: other checks tell that."""
    try:
        opened = seen.envelope
    except Unreadable:
        return None
    return None if opened.fault is None else next(opened.root.iterfind(f"{BODY}/{FAULT}"), None)


def _of_fault(check: Callable[[Seen, etree._Element], Observation]) -> Callable[[Seen], Observation]:
    """Make a function a kind of check of a SOAP Fault, which is handed to it; of any other message it has nothing to tell."""

    @kind
    @wraps(check)
    def judged(seen: Seen) -> Observation:
        fault = _element(seen)
        return SILENT if fault is None else check(seen, fault)

    return judged


def _code(fault: etree._Element) -> _Code:
    element = next(fault.iterchildren("{*}faultcode"), None)
    written = "".join(element.itertext()).strip() if element is not None else ""
    prefix, _, local = written.rpartition(":")
    namespace = element.nsmap.get(prefix or None) if element is not None else None
    return _Code(namespace, local.partition(".")[0], written, is_declared=not prefix or namespace is not None)


def _said(fault: etree._Element) -> str:
    """Everything that it says to people."""
    return " ".join(part.strip() for part in fault.itertext(etree.Element) if part.strip())


def generic_code(seen: Seen) -> str:
    """The generic part of a Fault's code: `Client` of `soapenv:Client.Validation`. Source: SOAP 1.1 section 4.4.1."""
    fault = _element(seen)
    return _code(fault).generic if fault is not None else ""


def no_refusal(seen: Seen) -> Text | None:
    """Why a Fault does not show that what was sent was refused for what it is; None where it does.

    A system that breaks on a message has not judged it, whatever it answers.
    """
    fault = _element(seen)
    if fault is None:
        return None
    code, crash = _code(fault), _CRASH.search(_said(fault))
    if seen.exchange.status != 500:
        why = f"HTTP {seen.exchange.status}"
    elif crash:
        why = crash[0]
    elif not code.is_own and code.generic != "Client":
        why = code.written or NOTHING
    else:
        return None
    return text("check", "refused_technically", why=why)


@_of_fault
def fault_status(seen: Seen, _: etree._Element) -> Observation:
    """A SOAP Fault travels with HTTP status 500. Says nothing where there is no Fault.

    Source: SOAP 1.1 section 6.2; WS-I Basic Profile 1.1 R1126.
    """
    if seen.exchange.inbound:
        return SILENT
    wrong = None if seen.exchange.status == 500 else text("check", "fault_status")
    return compared(seen, "HTTP 500", f"HTTP {seen.exchange.status}", wrong, "HTTP status")


@_of_fault
def fault_form(seen: Seen, fault: etree._Element) -> Observation:
    """A SOAP Fault holds faultcode, faultstring and perhaps faultactor and detail: unqualified, in that order, and nothing else.

    Source: SOAP 1.1 section 4.4 and its schema; WS-I Basic Profile 1.1 R1000 and R1001.
    """
    names = [str(child.tag) for child in fault.iterchildren(etree.Element)]
    holds = names == [part for part in _PARTS if part in names] and names[:2] == [*_PARTS[:2]]
    wrong = None if holds else text("check", "fault_form")
    expected = "faultcode, faultstring, faultactor?, detail?"
    return compared(seen, expected, ", ".join(names) or NOTHING, wrong, f"{_PLACE}/*")


@_of_fault
def fault_code(seen: Seen, fault: etree._Element) -> Observation:
    """A SOAP Fault has one of SOAP 1.1's four codes, and Client where the case sent what is wrong by itself.

    MustUnderstand answers a header that had to be understood, VersionMismatch an envelope in another namespace than SOAP 1.1's.
    Its prefix is declared. A finer code behind a dot (`Client.Validation`) is as good. A code in a namespace of the system's own is remarked on: the
    contract description must say what it means. Source: SOAP 1.1 section 4.4.1; RIV-TA Basic Profile 3.1, section 3.1.
    """
    code, allowed = _code(fault), _allowed(seen)
    expected = " | ".join(allowed)
    if code.is_own:
        return Observation(expected, code.written, note=text("check", "own_code", code=code.written))
    wrong = None if code.generic in allowed and code.is_declared else text("check", "fault_code")
    return compared(seen, expected, code.written or NOTHING, wrong, f"{_PLACE}/faultcode")


def _allowed(seen: Seen) -> tuple[str, ...]:
    """The codes that may be right: each says what was wrong, and what was sent may have had nothing of that kind."""
    if seen.exchange.inbound:
        return CODES
    sent = seen.exchange.request.body
    can_be = {
        "Server": not seen.fault_allowed,
        "MustUnderstand": b"mustUnderstand" in sent,
        "VersionMismatch": SOAP.encode() not in sent,
    }
    return tuple(each for each in CODES if can_be.get(each, True))


@_of_fault
def fault_log_id(seen: Seen, fault: etree._Element) -> Observation:
    """A SOAP Fault names a log id to search for: a UUID, a token of letters and digits, or what is called an id and has a digit.

    Source: RIV-TA Basic Profile 3.1, section 3.1.
    """
    found = _log_id(fault)
    return compared(seen, "log id", found or NOTHING, None if found else text("check", "fault_log_id"), _PLACE)


def _log_id(fault: etree._Element) -> str:
    for element in fault.iterdescendants(etree.Element):
        own = (element.text or "").strip()
        if _NAMED.search(etree.QName(element).localname) and re.search(r"\d", own) and not identity.find(own):
            return own
    found = _LOG_ID.search(_said(fault))
    return found[0] if found else ""


@_of_fault
def fault_privacy(seen: Seen, fault: etree._Element) -> Observation:
    """A SOAP Fault names no person: no identity in any spelling, and no name, address or free text of the message it answers.

    Which elements hold such is the domain's to say (`personal`). Source: RIV-TA Basic Profile 3.1, section 3.1.
    """
    said = _said(fault)
    sent = identity.find(decoded(seen.exchange.request.body)) if not seen.exchange.inbound else []
    known = [one.value for one in sent if identity.names(said, one.value)]
    found = [*(one.value for one in identity.find(said)), *known, *_repeated(seen, said)]
    expected = f"0 × {', '.join(('id', *seen.personal[:2]))}"
    wrong = text("check", "fault_privacy") if found else None
    return compared(seen, expected, ", ".join(dict.fromkeys(found)) or "0 ×", wrong, _PLACE)


def _repeated(seen: Seen, said: str) -> Iterator[str]:
    """Texts about a person in our message that the Fault says again, whole or by their beginning."""
    message = _plain(said)
    for written in _texts_of_persons(seen):
        known = _plain(written)
        end = r"(?!\w)" if len(known) <= _QUOTED else ""
        if len(known) >= _SHORTEST and re.search(rf"(?<!\w){re.escape(known[:_QUOTED])}{end}", message):
            yield written[:_QUOTED]


def _plain(said: str) -> str:
    return " ".join(said.casefold().split())


def _texts_of_persons(seen: Seen) -> Iterator[str]:
    """They are looked for as text, since a case may have sent what is no XML."""
    if not seen.personal or seen.exchange.inbound:
        return
    names = "|".join(map(re.escape, seen.personal))
    told = decoded(seen.exchange.request.body)
    for found in re.finditer(rf"<(?:[\w.-]+:)?(?:{names})(?:\s[^<>]*)?>([^<]+)<", told):
        yield unescape(found[1]).strip()
