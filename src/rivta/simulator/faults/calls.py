"""What a system does with the calls that it gets and makes, where a fault needs code: turned away unread, or sent in another form."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from lxml import etree

from rivta.contract.envelope import HEADER
from rivta.contract.message import ACTING_FOR, ORIGINAL_CONSUMER, PROLOG
from rivta.model.domain import Contract, Domain
from rivta.model.errors import Unreadable
from rivta.model.words import Headers, header_in
from rivta.simulator.edit import PayloadEdit, XPath
from rivta.simulator.outgoing import Outgoing
from rivta.text.xml import NAMESPACES, charset_of, parse, prolog_encoding

LATIN_1: Final = "ISO-8859-1"
_LARGE_BYTES: Final = 5_000_000
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BEYOND_LATIN = re.compile("[\u0370-\U0010ffff]")
_MAY_BE_BEYOND_LATIN = re.compile(rb"[\xcd-\xff]")
"""What each of them begins with in UTF-8, or what is none."""
_MAJOR = re.compile(r"(.*:)(\d+)$")
_HEADER = re.compile(r"<soapenv:Header\b[^>/]*>")
_DEMAND: Final = '<x:trace xmlns:x="urn:example:header:1" soapenv:mustUnderstand="1">spår</x:trace>'
_IN_SINGLE: Final = re.compile(rb"<\w[^<>]*=\s*'")
_USUAL: Final = {"Content-Type", "SOAPAction"}
Posts = Callable[[Outgoing], Outgoing]


def turned_away(domain: Domain) -> Iterator[tuple[str, Callable[[Headers, bytes], bool]]]:
    """Which calls are called invalid before they are read: for their bytes, their headers, their form."""
    actions = {contract.soap_action for contract in domain.contracts.values()}
    yield "refuses-other-scripts", _has_other_scripts
    yield "refuses-cdata", lambda _, body: b"<![CDATA[" in body
    yield "refuses-single-quotes", lambda _, body: _IN_SINGLE.search(body, 0, _LARGE_BYTES) is not None
    yield "requires-own-prefixes", lambda _, body: b"soapenv:Envelope" not in body
    yield "requires-xml-declaration", lambda _, body: not body.removeprefix(_BYTE_ORDER_MARK).startswith(b"<?xml")
    yield "refuses-charset-conflict", _charsets_disagree
    yield "refuses-byte-order-mark", lambda _, body: body.startswith(_BYTE_ORDER_MARK)
    yield "requires-soapaction", lambda headers, _: (header_in(headers, "soapaction") or "").strip('"') not in actions
    yield ("refuses-acting-on-behalf", lambda headers, _: header_in(headers, ACTING_FOR) is not None)
    yield "requires-header-names-as-written", lambda headers, _: not {name for name, _ in headers} >= _USUAL
    yield "requires-content-type-as-written", lambda headers, _: not _is_as_written(header_in(headers, "content-type"))
    yield "refuses-unknown-soap-header", _has_more_soap_headers
    yield "refuses-soap-header-marked-0", lambda _, body: b':mustUnderstand="0"' in body[:_LARGE_BYTES]
    yield "refuses-soap-header-for-another", lambda _, body: b':actor="' in body[:_LARGE_BYTES]
    yield "refuses-large-{code}", lambda _, body: len(body) > _LARGE_BYTES


def too_large_for(contract: Contract) -> Callable[[Headers, bytes], bool]:
    """Whether a call by that contract is larger than a system likes that wrongly has a limit of its own."""
    namespace = contract.namespace.encode()
    return lambda _, body: len(body) > _LARGE_BYTES and namespace in body[:_LARGE_BYTES]


def sent(domain: Domain) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a call is made into before it is sent, or sent again."""
    yield "calls-as-soap12", _posts("Content-Type", lambda _: "application/soap+xml; charset=UTF-8")
    yield "calls-with-wrong-charset", _posts("Content-Type", lambda _: f"text/xml; charset={LATIN_1}")
    yield "calls-in-latin1-called-utf8", _rewritten(lambda text: text.encode(LATIN_1, "xmlcharrefreplace"))
    yield "calls-without-soapaction", _posts("SOAPAction", lambda _: '""')
    yield "calls-with-unquoted-soapaction", _posts("SOAPAction", lambda value: value.strip('"'))
    yield "calls-with-foreign-soapaction", _posts("SOAPAction", _of_another_major)
    yield "calls-wrong-logical-address", {"drafts": lambda draft: replace(draft, address=draft.sender)}
    yield "calls-without-logical-address", {"drafts": lambda draft: replace(draft, address="")}
    yield "calls-demand-understanding", _rewritten(lambda text: demanding(text).encode())
    yield (
        "names-original-consumer-twice",
        _headed(lambda headers: (*headers, (ORIGINAL_CONSUMER, "SE2321000012-ANNAN"))),
    )
    yield "hides-whom-it-acts-for", _headed(lambda headers: tuple(each for each in headers if each[0] != ACTING_FOR))
    yield "calls-without-certificate", {"posts": lambda request: replace(request, shows_certificate=False)}
    if path := domain.fact("message-id"):
        yield "resends-as-a-new-message", {"repeats": _renamed(XPath(path, {**NAMESPACES, **domain.namespaces}))}


def other_major(namespace: str) -> str:
    """The namespace of another major version: the one before, of the first the second."""
    found = _MAJOR.fullmatch(namespace)
    number = int(found[2]) if found else 0
    return f"{found[1]}{number - 1 if number > 1 else number + 1}" if found else f"{namespace}:2"


def _is_as_written(content_type: str | None) -> bool:
    return content_type is not None and content_type.startswith("text/xml") and '"' not in content_type


def _has_more_soap_headers(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (only the envelope counts)
    try:
        return len(parse(body).findall(f"{HEADER}/*")) > 1
    except Unreadable:
        return False


def _charsets_disagree(headers: Headers, body: bytes) -> bool:
    charset, prolog = charset_of(header_in(headers, "content-type")), prolog_encoding(body)
    return charset is not None and prolog is not None and charset.lower() != prolog.lower()


def _has_other_scripts(headers: Headers, body: bytes) -> bool:  # noqa: ARG001 (only the letters count)
    known = body[:_LARGE_BYTES]
    if not _MAY_BE_BEYOND_LATIN.search(known):
        return False
    return any(letter.isalpha() for letter in _BEYOND_LATIN.findall(known.decode("utf-8", "replace")))


def _headed(change: Callable[[Headers], Headers]) -> Mapping[str, Posts]:
    return {"posts": lambda request: replace(request, headers=change(request.headers))}


def _posts(name: str, change: Callable[[str], str]) -> Mapping[str, Posts]:
    return _headed(lambda headers: tuple((key, change(said) if key == name else said) for key, said in headers))


def _rewritten(change: Callable[[str], bytes]) -> Mapping[str, Posts]:
    return {"posts": lambda request: replace(request, body=change(request.body.decode()))}


def demanding(envelope: str) -> str:
    """The envelope with one more header block, which nobody knows and the receiver must understand."""
    start = _HEADER.search(envelope)
    if start:
        return f"{envelope[: start.end()]}{_DEMAND}{envelope[start.end() :]}"
    return envelope.replace("<soapenv:Body", f"<soapenv:Header>{_DEMAND}</soapenv:Header><soapenv:Body", 1)


def _of_another_major(action: str) -> str:
    """The action of another major version: `…Responder:2:Name` → `…Responder:1:Name`."""
    namespace, _, operation = action.strip('"').rpartition(":")
    return f'"{other_major(namespace)}:{operation}"'


def _renamed(own_id: XPath) -> Posts:
    """The message under a new id of its own; what stands before its `#`, an organisation, stays."""
    renaming = PayloadEdit("set", own_id, by=XPath("concat(substring-before($old, '#'), $mark, $new-id)"))

    def repeats(request: Outgoing) -> Outgoing:
        root = etree.fromstring(request.body)
        mark = "#" if "#" in own_id.as_text(root, {}) else ""
        renaming.apply(root, {"new-id": str(uuid4()), "mark": mark})
        return replace(request, body=(PROLOG + etree.tostring(root, encoding="unicode")).encode())

    return repeats
