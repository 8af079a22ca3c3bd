"""Answers that no sound producer gives, made of a sound one's: one function each, named for what is wrong, by class.

`sends` of a fault makes them in process; what only a connection can do wrong (resets, silence, odd chunks) is in `miniatures`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from rivta.contract.message import PROLOG
from rivta.model.words import Text
from rivta.simulator import Fault, Outcome, Reply

Change = Callable[[Reply], Reply]
_ENVELOPE = b"http://schemas.xmlsoap.org/soap/envelope/"
_LOGIN = b"<!DOCTYPE html><html><head><title>Logga in</title></head><body><form/></body></html>"
_PLATFORM = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    "<faultstring>VP009 [vp] Fel vid kontakt med tjänsteproducenten.</faultstring></s:Fault></s:Body></s:Envelope>"
).encode()


def _status(status: int, reply: Reply) -> Reply:
    return replace(reply, status=status)


def _type(value: str, reply: Reply) -> Reply:
    others = tuple(each for each in reply.headers if each[0] != "Content-Type")
    return replace(reply, headers=(("Content-Type", value), *others) if value else others)


def _header(name: str, value: str, reply: Reply) -> Reply:
    return replace(reply, headers=(*reply.headers, (name, value)))


def _body(change: Callable[[bytes], bytes], reply: Reply) -> Reply:
    return replace(reply, body=change(reply.body))


def _share(percent: int, reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) * percent // 100])


def _put(pattern: str, new: str, reply: Reply) -> Reply:
    """The text with something else in the place of what a pattern finds first."""
    return replace(reply, body=re.sub(pattern, new, reply.body.decode(), count=1, flags=re.DOTALL).encode())


def _put_all(pattern: str, new: str, reply: Reply) -> Reply:
    return replace(reply, body=re.sub(pattern, new, reply.body.decode(), flags=re.DOTALL).encode())


def _page(status: int, reply: Reply) -> Reply:
    return _type("text/html; charset=UTF-8", replace(reply, status=status, body=_LOGIN))


_RESULT = r"<([\w]+):result>.*</\1:result>"
_CODE = r"(<[\w]+:resultCode>)OK(</[\w]+:resultCode>)"
CLASSES: Mapping[str, Mapping[str, Change]] = {
    "HTTP status": {f"a result with status {each}": partial(_status, each) for each in (201, 202, 204, 302, 400, 401, 404, 500, 502, 503)},
    "HTTP headers": {
        **{
            f"Content-Type {each or 'missing'}": partial(_type, each)
            for each in ("text/html", "application/json", "application/soap+xml", "multipart/related", "text/plain", "")
        },
        "charset of another encoding": partial(_type, "text/xml; charset=UTF-16"),
        "two Content-Types": partial(_header, "Content-Type", "text/html"),
        "gzip that is none": partial(_header, "Content-Encoding", "gzip"),
    },
    "of somebody before the system": {
        "the platform's Fault VP009": lambda reply: replace(reply, status=500, body=_PLATFORM),
        **{f"a page with status {each}": partial(_page, each) for each in (200, 403, 502, 503, 504)},
    },
    "bytes": {
        "nothing": partial(_body, lambda _: b""),
        "a byte order mark alone": partial(_body, lambda _: b"\xef\xbb\xbf"),
        **{f"{each} % of them": partial(_share, each) for each in (10, 50, 90, 99)},
        "twice": partial(_body, lambda body: body * 2),
        "a blank before the prolog": partial(_body, lambda body: b" " + body),
        "a line before the prolog": partial(_body, lambda body: b"OK\n" + body),
        "text after the end": partial(_body, lambda body: body + b"OK"),
        "a NUL within": partial(_body, lambda body: body.replace(b"OK", b"O\x00K")),
        "UTF-16 without a mark": partial(_body, lambda body: body.decode().encode("utf-16-le")),
        "a byte of Latin-1": partial(_body, lambda body: body.replace(b"OK", b"\xe5OK")),
        "a prolog of Latin-1": partial(_body, lambda body: body.replace(PROLOG.encode(), PROLOG.replace("UTF-8", "ISO-8859-1").encode())),
    },
    "XML": {
        "a document type": partial(_put, r"<soapenv:Envelope", "<!DOCTYPE a><soapenv:Envelope"),
        "an entity": partial(_put, _CODE, r"\1&ok;\2"),
        "a prefix that is not declared": partial(_put, r"<soapenv:Body>", "<soapenv:Body><x:y/>"),
        "an end tag of another name": partial(_put, r"</soapenv:Body>", "</soapenv:Bodd>"),
        "an attribute twice": partial(_put, r"<soapenv:Body>", '<soapenv:Body a="1" a="1">'),
        "an ampersand": partial(_put, _CODE, r"\1OK & klart\2"),
    },
    "envelope": {
        "SOAP 1.2": partial(_body, lambda body: body.replace(_ENVELOPE, b"http://www.w3.org/2003/05/soap-envelope")),
        "none": partial(_put, r"<soapenv:Envelope[^>]*><soapenv:Body>(.*)</soapenv:Body></soapenv:Envelope>", r"\1"),
        "no Body": partial(_put, r"<soapenv:Body>.*</soapenv:Body>", ""),
        "an empty Body": partial(_put, r"<soapenv:Body>.*</soapenv:Body>", "<soapenv:Body/>"),
        "two Bodies": partial(_put, r"</soapenv:Body>", "</soapenv:Body><soapenv:Body/>"),
        "Header after Body": partial(_put, r"</soapenv:Body>", "</soapenv:Body><soapenv:Header/>"),
        "an element after Body": partial(_put, r"</soapenv:Body>", '</soapenv:Body><a xmlns="urn:a"/>'),
        "text in it": partial(_put, r"</soapenv:Body>", "</soapenv:Body>OK"),
        "a processing instruction": partial(_put, r"<soapenv:Body>", "<?a b?><soapenv:Body>"),
        "encodingStyle on it": partial(_put, r"<soapenv:Envelope", f'<soapenv:Envelope soapenv:encodingStyle="{_ENVELOPE.decode()}"'),
        "an attribute without namespace": partial(_put, r"<soapenv:Envelope", '<soapenv:Envelope version="1.1"'),
        "a header that must be understood": partial(
            _put, r"<soapenv:Body>", '<soapenv:Header><a xmlns="urn:a" soapenv:mustUnderstand="1"/></soapenv:Header><soapenv:Body>'
        ),
        "two answers in one Body": partial(_put, r"<soapenv:Body>(.*)</soapenv:Body>", r"<soapenv:Body>\1\1</soapenv:Body>"),
    },
    "content": {
        "another major version": partial(_put_all, r'Responder:\d+"', 'Responder:9"'),
        "no result": partial(_put, _RESULT, ""),
        "the result twice": partial(_put, f"({_RESULT.replace('(', '(?P<p>', 1).replace(chr(92) + '1', '(?P=p)')})", r"\1\1"),
        "an unknown element": partial(_put, r"(</[\w]+:result>)", r"<x>1</x>\1"),
        "an unknown result code": partial(_put, _CODE, r"\1PERHAPS\2"),
        "a result code in small letters": partial(_put, _CODE, r"\1ok\2"),
        "an empty result code": partial(_put, _CODE, r"\1\2"),
        "ERROR for OK": partial(_put, _CODE, r"\1ERROR\2"),
        "a code twice": partial(_put, f"({_CODE})", r"\1\1"),
        "a comment for a code": partial(_put, _CODE, r"\1<!--OK-->\2"),
        "nil": partial(_put, r"<([\w]+):result>", r'<\1:result xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">'),
        "an unknown type": partial(
            _put, r"<([\w]+):result>", r'<\1:result xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Nowhere">'
        ),
        "text between elements": partial(_put, r"(</[\w]+:result>)", r"OK\1"),
    },
}  # fmt: skip
NOT_REFUSED: Mapping[str, str] = {}
"""Why some of them are not refused, by class and name."""


def faults() -> dict[str, Fault]:
    """Each of them as a fault, by `class: name`."""
    return {
        f"{group}: {name}": Fault(f"{group}: {name}", Text.same(name), sends=partial(_sent, change))
        for group, changes in CLASSES.items()
        for name, change in changes.items()
    }


def _sent(change: Change, reply: Reply, _outcome: Outcome) -> Reply:
    return change(reply)
