"""Forty producers that each do one thing wrong, as miniatures without a socket: what they answer, as bytes, headers and status.

A miniature is made of the answer of a sound system, so that what is wrong with it is all that is wrong.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import tiny_world
from rivta.model.exchange import Exchange, Message, Problem
from rivta.model.run import CaseResult
from rivta.model.words import Headers
from rivta.run import Stage, run_case
from rivta.transport import problems, tls

CASE = "RegisterLoan@2/1.1"
XML = "text/xml; charset=UTF-8"
PLACE = "library.example:443"


@dataclass(frozen=True)
class Answer:
    """What a producer answers; a problem where nothing comes."""

    body: bytes = b""
    status: int = 200
    content_type: str = XML
    headers: Headers = ()
    problem: Problem | None = None


@dataclass(frozen=True)
class Peer:
    """The way to it."""

    answer: Answer

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        request, answer = Message(headers, body), self.answer
        if answer.problem is not None:
            return Exchange(contract, url, request, None, None, "2026-09-01T10:00:00Z", 3.0, problem=answer.problem)
        typed = (("Content-Type", answer.content_type),) if answer.content_type else ()
        response = Message((*typed, *answer.headers), answer.body)
        return Exchange(contract, url, request, response, answer.status, "2026-09-01T10:00:00Z", 3.0)


@cache
def _sound() -> bytes:
    response = tiny_world.play(CASE).exchanges[0].response
    assert response is not None
    return response.body.replace(b"><", b">\n<")


def played(producer: str) -> CaseResult:
    """The case as it ends with this producer."""
    matrix = tiny_world.matrix()
    case, suite = next(matrix.cases[key] for key in matrix.cases if matrix.shown(key) == CASE)
    settings = replace(matrix.bench.settings, adapter=None, listening=None)
    return run_case(case, Stage(suite, settings, Peer(PRODUCERS[producer]()), "in-process"))


def _edited(*edits: tuple[str, str], **more: object) -> Answer:
    text = _sound().decode()
    for old, new in edits:
        assert old in text, f"{old} is not in the sound answer: {text}"
        text = text.replace(old, new)
    return replace(Answer(text.encode()), **more)  # type: ignore[arg-type]


def _page(title: str, status: int = 200) -> Answer:
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(page.encode(), status, "text/html")


def _mtom() -> Answer:
    part = b'--uuid:1\r\nContent-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\n\r\n'
    return Answer(part + _sound() + b"\r\n--uuid:1--\r\n", 200, 'multipart/related; type="application/xop+xml"')


def _fault(code: str, text: str, status: int = 500) -> Answer:
    said = f"<soapenv:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></soapenv:Fault>"
    envelope = f'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>{said}</soapenv:Body></soapenv:Envelope>'
    return Answer(envelope.encode(), status)


def _nothing(problem: Problem) -> Answer:
    return Answer(problem=problem)


ROOT = "urn:riv:tiny:library:loan:RegisterLoanResponder:2"
TYPES = "urn:riv:tiny:library:loan:2"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

PRODUCERS: Mapping[str, Callable[[], Answer]] = MappingProxyType(
    {
        # It cannot be reached
        "nobody listens": lambda: _nothing(problems.no_connection(PLACE, ConnectionRefusedError(), 5)),
        "no such host": lambda: _nothing(problems.no_connection(PLACE, socket.gaierror(), 5)),
        "no way there": lambda: _nothing(problems.no_connection(PLACE, OSError(113, "No route to host"), 5)),
        "a handshake that fails": lambda: _nothing(tls.handshake_problem(OSError("bad handshake (_ssl.c:1006)"))),
        "plain HTTP where TLS is spoken": lambda: _nothing(problems.speaks_tls()),
        # It says nothing, or half of it
        "no answer in time": lambda: _nothing(problems.timeout(30)),
        "a connection that is closed": lambda: _nothing(problems.no_answer()),
        "half an answer": lambda: _nothing(problems.cut_short(120, 950)),
        "no HTTP": lambda: _nothing(problems.no_http("SSH-2.0-OpenSSH_9.6")),
        "headers without end": lambda: _nothing(problems.bad_head("got more than 100 headers")),
        # Something else answers
        "nothing at the path": lambda: _page("404 Not Found", 404),
        "a gateway without its system": lambda: _page("502 Bad Gateway", 502),
        "a login page": lambda: _page("Log in"),
        "a redirect": lambda: Answer(b"", 302, "", (("Location", "https://library.example/login"),)),
        "the platform": lambda: _fault("soapenv:Server", "VP007 Tjänstekonsumenten är inte behörig"),
        # What comes is no XML
        "JSON": lambda: Answer(b'{"resultCode": "OK"}', 200, "application/json"),
        "JSON that says that it is XML": lambda: Answer(b'{"resultCode": "OK"}'),
        "an error page": lambda: _page("500 Internal Server Error", 500),
        "MTOM": _mtom,
        "gzip": lambda: Answer(gzip.compress(_sound(), mtime=0), headers=(("Content-Encoding", "gzip"),)),
        "plain text": lambda: Answer(b"java.lang.NullPointerException: loan is null\n", 500, "text/plain"),
        "an empty body": Answer,
        "nothing but a line break": lambda: Answer(b"\r\n", 200, ""),
        # XML that is not well-formed
        "a line break before the declaration": lambda: Answer(b"\n" + _sound()),
        "a message that is cut short": lambda: Answer(_sound()[:-60]),
        "a bare ampersand": lambda: _edited((">OK<", ">R&D<")),
        "a prefix that nobody declared": lambda: _edited((f' xmlns:core="{TYPES}"', "")),
        "an entity of HTML": lambda: _edited((">OK<", ">OK&nbsp;<")),
        "Latin-1 that says UTF-8": lambda: Answer(_sound().replace(b">OK<", b">Sm\xf6r<")),
        # XML that is no SOAP 1.1
        "SOAP 1.2": lambda: _edited((SOAP, "http://www.w3.org/2003/05/soap-envelope")),
        "an envelope in another namespace": lambda: _edited((SOAP, "urn:example:envelope")),
        "a bare body": lambda: Answer(_sound().partition(b"<soapenv:Body>")[2].partition(b"</soapenv:Body>")[0]),
        "an empty Body": lambda: Answer(_sound().partition(b"<soapenv:Body>")[0] + b"<soapenv:Body/></soapenv:Envelope>"),
        # SOAP that is not the contract's
        "another version's namespace": lambda: _edited((ROOT, ROOT.replace(":2", ":1"))),
        "types in another namespace": lambda: _edited((f'xmlns:core="{TYPES}"', f'xmlns:core="{TYPES[:-1]}1"')),
        "types without a namespace": lambda: _edited(("<core:resultCode>", "<resultCode>"), ("</core:resultCode>", "</resultCode>")),
        "the request sent back": lambda: _edited(("RegisterLoanResponse", "RegisterLoan")),
        "another result": lambda: _edited((">OK<", ">Success<")),
        "an element that is unknown": lambda: _edited(("</core:resultCode>", "</core:resultCode><core:status>1</core:status>")),
        "a Fault for a right message": lambda: _fault("soapenv:Server", "java.lang.NullPointerException"),
        "an answer that is XML by another name": lambda: _edited(content_type="application/xml"),
    }
)  # fmt: skip
