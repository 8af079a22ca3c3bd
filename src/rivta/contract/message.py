"""SOAP 1.1 messages as RIV-TA has them: composed from templates, opened, and asked what they say.

What we send is text with placeholders, filled in and otherwise unaltered, for a tool that rewrites its own XML cannot test
encodings, namespaces or invalid input. Rules cited as BP are those of RIV-TA Basic Profile 2.1.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from xml.sax.saxutils import escape

from lxml import etree

from rivta.contract.envelope import BODY, ENVELOPE, FAULT, HEADER, SOAP
from rivta.model.domain import Contract, ResultGrammar
from rivta.model.environment import Environment
from rivta.model.errors import Unreadable, UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Headers, Source, Text, header_in
from rivta.text import xml
from rivta.text.catalogue import text

ORIGINAL_CONSUMER = "x-rivta-original-serviceconsumer-hsaid"
ACTING_FOR = "x-rivta-acting-on-behalf-of-hsaid"
"""The HTTP header for the system that asks, whoever calls for it (BP rule 23)."""
_ADDRESS = "{urn:riv:itintegration:registry:1}LogicalAddress"
_SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
CORRELATION = "x-skltp-correlation-id"
"""The header by which the platform tells a call from others."""
CLOSING = "</soapenv:Body></soapenv:Envelope>"
# Possessive, so that no text is tried in more than one way.
_START = re.compile(
    r"(?P<prolog>\ufeff?\s*<\?xml\s[^>]*\?>\s*)?(?P<rest>(?:\s++|<\?.*?\?>|<!--.*?-->)*+<(?P<root>[^\s<>/!?]+).*)",
    re.DOTALL,
)
_PROLOG_LENGTH = 400
_MOST_NAMED = 5


@frozen
class FaultFacts:
    """A SOAP 1.1 Fault. `code` is without its prefix (`Client`, `Server`); `detail` is the text in it, without the markup."""

    code: str
    text: str
    detail: str
    actor: str


@frozen
class Envelope:
    """A SOAP 1.1 message, opened. `payload_name` is the `{namespace}name` of what the Body holds, `payload` is it.

    A fault is no payload: `payload` is None then, and `fault` says what it says.
    """

    root: etree._Element
    payload: etree._Element | None
    payload_name: str
    fault: FaultFacts | None

    def header(self, name: str) -> etree._Element | None:
        """The first element of a `{namespace}local` name in the SOAP header, None if there is none."""
        header = next(self.root.iterchildren(HEADER), None)
        return None if header is None or not name else next(header.iterchildren(name), None)

    def address(self, name: str) -> str | None:
        """The logical address, in the header element that its contract names."""
        found = self.header(name)
        return None if found is None else "".join(found.itertext())


@frozen
class ResultFacts:
    """What a response says of how it went. Empty text is what was not said."""

    code: str
    error_code: str
    log_id: str
    sub_code: str
    message: str


def original_consumer(headers: Headers) -> str:
    """The system that asks, as the HTTP header names it; empty if nothing does."""
    return header_in(headers, ORIGINAL_CONSUMER) or ""


def open_envelope(body: bytes) -> Envelope:
    """The message in a body. Unreadable, with its own sentence, for each way in which the body is not one SOAP 1.1 message."""
    root = xml.parse(body)
    _demand_soap_1_1(root)
    bodies = list(root.iterchildren(BODY))
    if len(bodies) != 1:
        raise _unreadable(root, "bodies", n=len(bodies))
    payloads = list(bodies[0].iterchildren(etree.Element))
    if not payloads:
        raise _unreadable(bodies[0], "empty-body")
    if payloads[0].tag == _ADDRESS:
        raise _unreadable(payloads[0], "header-in-body", name=etree.QName(payloads[0]).localname)
    if len(payloads) > 1:
        names = ", ".join(etree.QName(payload).localname for payload in payloads[:_MOST_NAMED])
        names += ", …" if len(payloads) > _MOST_NAMED else ""
        raise _unreadable(payloads[1], "payloads", n=len(payloads), names=names)
    payload = payloads[0]
    fault = _fault(payload) if payload.tag == FAULT else None
    return Envelope(root, None if fault else payload, str(payload.tag), fault)


def counted_in_characters(body: bytes) -> Text | None:
    """What to say of a body that ends as many bytes early as its letters beyond ASCII take more than one; None for any other."""
    lost, last = len(body) - len(body.decode("utf-8", "replace")), body.rfind(b">") + 1
    opened: list[str] = []
    parser = etree.XMLPullParser(events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        parser.feed(body[:last])
        for event, element in parser.read_events():
            if event == "end":
                opened.pop()
            else:
                local = str(element.tag).rpartition("}")[
                    2
                ]  # no QName: it may be none, as a prefix that nobody declares
                opened.append(f"</{element.prefix}:{local}>" if element.prefix else f"</{local}>")
    except etree.XMLSyntaxError:
        return None
    missing = sum(map(len, opened)) - len(body) + last
    return text("contract", "counted-in-characters", lost=lost) if 0 < missing <= lost else None


def _demand_soap_1_1(root: etree._Element) -> None:
    if root.tag == ENVELOPE:
        return
    name = etree.QName(root)
    if name.namespace == _SOAP_1_2:
        raise _unreadable(root, "soap-1.2")
    if name.localname == "Envelope":
        raise _unreadable(root, "other-envelope", namespace=name.namespace or "", soap=SOAP)
    raise _unreadable(root, "no-envelope", name=name.text)


def _unreadable(element: etree._Element, key: str, **values: object) -> Unreadable:
    return Unreadable(text("contract", key, **values), source=Source("message", element.sourceline or 1))


def _fault(element: etree._Element) -> FaultFacts:
    # By local name: some stacks put the children in SOAP's namespace, where SOAP 1.1 section 4.4 has them in none.
    parts = {etree.QName(child).localname: child for child in element.iterchildren(etree.Element)}
    texts = {name: _text(child) for name, child in parts.items()}
    code = texts.get("faultcode", "").rpartition(":")[2]
    return FaultFacts(code, texts.get("faultstring", ""), texts.get("detail", ""), texts.get("faultactor", ""))


def _text(element: etree._Element) -> str:
    """The texts in an element, a blank between those of two elements; a comment within a text parts nothing."""
    if next(element.iter(etree.Comment, etree.ProcessingInstruction), None) is not None:
        element = deepcopy(element)
        etree.strip_tags(element, etree.Comment, etree.ProcessingInstruction)
    return " ".join(text.strip() for text in element.itertext() if text.strip())


def result_of(envelope: Envelope, grammar: ResultGrammar | None) -> ResultFacts | None:
    """The result that a response carries where its contract has it; None if it carries none, or the contract has none."""
    if grammar is None:
        return None
    holder = envelope.payload
    for step in grammar.path:
        holder = None if holder is None else next(holder.iterchildren(f"{{*}}{step}"), None)
    parts = {} if holder is None else {etree.QName(child).localname: _text(child) for child in holder.iterchildren("*")}
    if grammar.code not in parts:
        return None
    return ResultFacts(
        code=parts[grammar.code],
        error_code=parts.get(grammar.error, ""),
        log_id=parts.get(grammar.log, ""),
        sub_code=parts.get(grammar.sub, ""),
        message=parts.get(grammar.text, ""),
    )


def codes_in(envelope: Envelope, grammar: ResultGrammar) -> list[str]:
    """Every code that a response says where its contract has the result: it may hold several results, of which the first is read."""
    holders = [] if envelope.payload is None else [envelope.payload]
    for step in (*grammar.path, grammar.code):
        holders = [child for holder in holders for child in holder.iterchildren(f"{{*}}{step}")]
    return [_text(each) for each in holders]


def capture(root: etree._Element, xpath: str, namespaces: Mapping[str, str]) -> str:
    """The one value that an XPath 1.0 finds in a message, as text.

    Unreadable if it finds nothing, or several: the answer does not hold what the next step needs. UsageError if the
    expression itself is off.
    """
    prefixes = {**xml.NAMESPACES, **namespaces}
    try:
        found = xml.compiled(xpath, prefixes)(root)
    except etree.XPathError as error:
        raise UsageError(
            f"the XPath {xpath} cannot be used: {error}", todo=f"prefixes: {', '.join(prefixes)}"
        ) from error
    if not isinstance(found, list):
        return xml.value_of(found)
    if len(found) != 1:
        raise _unreadable(root, "finds-several" if found else "finds-nothing", xpath=xpath, n=len(found))
    return xml.value_of(found[0])


def wrap(body_xml: str, logical_address: str, header: str) -> str:
    """A bare body in a SOAP 1.1 envelope with its logical address (BP rule 8), each of its lines keeping its number.

    `header` is the `{namespace}local` of the element that the address goes in, empty for none. What is an Envelope already, or does not begin as XML at all, comes back unaltered: it was written so on purpose.
    """
    start = _START.fullmatch(body_xml)
    if start is None or start["root"].rpartition(":")[2] == "Envelope":
        return body_xml
    return f"{start['prolog'] or PROLOG.rstrip()}{opening(logical_address, header)}{start['rest'].rstrip()}{CLOSING}"


def opening(logical_address: str = "", header: str = "") -> str:
    """An envelope's beginning, up to what its Body holds; CLOSING ends it."""
    if not header:
        return f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>'
    name = etree.QName(header)
    prefix = xml.PREFIXES.get(name.namespace or "", "a")
    tag = f"{prefix}:{name.localname}"
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:{prefix}="{name.namespace}">'
        f"<soapenv:Header><{tag}>{escape(logical_address)}</{tag}></soapenv:Header><soapenv:Body>"
    )


def fault(code: str, text: str, log_id: str) -> str:
    """The envelope of a SOAP 1.1 Fault. `code` is without its prefix: `Client`, `Server`."""
    return (
        f"{opening()}<soapenv:Fault><faultcode>soapenv:{escape(code)}</faultcode><faultstring>{escape(text)}</faultstring>"
        f"<detail><logId>{escape(log_id)}</logId></detail></soapenv:Fault>{CLOSING}"
    )


def compose(filled: str, logical_address: str, header: str, path: str) -> bytes:
    """The bytes to send: a template that is filled in, wrapped, in the encoding that its own prolog names, else UTF-8.

    An encoding that nobody knows is sent as UTF-8: the declaration is the test. UsageError, placed in the template at
    `path`, if it holds a letter that its encoding lacks.
    """
    text = wrap(filled, logical_address, header)
    encoding = xml.codec_of(xml.prolog_encoding(text[:_PROLOG_LENGTH].encode("utf-8", "replace")))
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        letter = text[error.start]
        what = f"“{letter}” (U+{ord(letter):04X}) cannot be written in {encoding}, which the message declares"
        raise UsageError(what, source=Source(path)) from error


def http_headers(contract: Contract, environment: Environment, correlation: str) -> Headers:
    """The headers of a call: SOAP 1.1's (SOAPAction quoted), RIV-TA's original consumer, SKLTP's correlation id, the environment's own."""
    headers: Headers = (
        ("Content-Type", "text/xml; charset=UTF-8"),
        ("SOAPAction", f'"{contract.soap_action}"'),
        (ORIGINAL_CONSUMER, environment.original_consumer),
        (CORRELATION, correlation),
    )
    return with_headers(tuple(header for header in headers if header[1]), environment.headers)


def with_headers(headers: Headers, extra: Mapping[str, str]) -> Headers:
    """The headers with others put in: one of the same name, in whatever case, in its place, a new one at the end."""
    given = {name.lower(): (name, value) for name, value in extra.items()}
    kept = tuple(given.pop(name.lower(), (name, value)) for name, value in headers)
    return (*kept, *given.values())
