"""The form of an environment: which keys there are, what stands under them, what they mean."""

from typing import Any

from rivta.model.environment import OFFERS
from rivta.model.frozen import frozen
from rivta.text.yaml.grammar import (
    AnyData,
    Duration,
    Field,
    Found,
    ListOf,
    MapOf,
    Named,
    Record,
    Shape,
    String,
    Variant,
    Whole,
)
from rivta.text.yaml.shape import BARE, Json, Size
from rivta.text.yaml.tree import Node
from rivta.text.yaml.values import ANSWER


@frozen
class _OrSecret:
    """A shape whose value may come from the process environment. The loader has filled it in; an editor has not."""

    shape: Shape[Any]

    def load(self, node: Node, found: Found) -> Any:
        return self.shape.load(node, found)

    def schema(self, defs: Json) -> Json:
        return {"anyOf": [self.shape.schema(defs), {"type": "string", "pattern": r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}"}]}


def _text(doc: str, pattern: str = "", wanted: str = "text", example: str = "", *, required: bool = False) -> Field:
    text = String(pattern, wanted, example)
    return Field(_OrSecret(text) if pattern else text, doc, required=required)


_DATA_NAME = (r"[^\s.${}|]+", "a name without dots, blanks and braces")
_DATA = MapOf(AnyData(), *_DATA_NAME)
_HEADER = _OrSecret(String(r"[^\r\n]*", "one line of text", blank=True, also=BARE))
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PERSON = r"(?:[0-9]{2})?[0-9]{6}[-+]?[0-9A-Z]{4}"
_PERSON_BARE: tuple[Json, ...] = tuple(
    {"type": "integer", "minimum": 10 ** (digits - 1), "maximum": 10**digits - 1} for digits in (10, 12)
)
_URL = r"https?://[^\s/?#@]+(?:[/?][^\s#]*)?"
_NO_BLANKS = r"\S+"

_SYSTEM = Record(
    "system",
    {
        "organisation": _text("the vendor", required=True),
        "organisation-number": _text("the vendor’s organisationsnummer"),
        "product": _text("the product", required=True),
        "version": _text("the product’s version", required=True),
    },
)
_ENDPOINT = Record(
    "endpoint",
    {
        "url": _text(
            "where the contract is answered",
            _URL,
            "an http or https URL",
            "https://example.org/RegisterLoan/2/rivtabp21",
            required=True,
        ),
        "logical-address": Field(
            _OrSecret(String(_NO_BLANKS, "an HSA-id", "SE2321000016-MOT1", also=BARE)),
            "the HSA-id of the addressed unit",
            required=True,
        ),
    },
)
_API = Record(
    "api",
    {
        "url": _text(
            "what the document’s paths go on from",
            _URL,
            "an http or https URL",
            "https://example.org/library/api/v1",
            required=True,
        ),
        "headers": Field(
            MapOf(_HEADER, _HEADER_NAME, "a header name"), "HTTP headers of every request there, such as a key"
        ),
    },
)
_TLS = Record(
    "tls",
    {
        "certificate": _text("our function certificate, a PEM file with its chain, or a PKCS#12 file (.p12, .pfx)"),
        "key": _text("its private key, a PEM file; without it the certificate’s file holds both"),
        "ca": _text("the authorities that we trust, a PEM file"),
        "server-name": _text("the host that the server’s certificate is for, where url names another (a tunnel)"),
        "crl": _text("what they have revoked, a PEM file of their lists (CRL); without it nobody asks"),
        "password": _text("the key’s password, as ${env:NAME}"),
    },
)
_SERVING = Record(
    "tls",
    {
        "certificate": _text("our server certificate, a PEM file with its chain, or a PKCS#12 file", required=True),
        "key": _text("its private key, a PEM file; without it the certificate’s file holds both"),
        "ca": _text("the authorities of those who call us, a PEM file; with it their certificate is asked for"),
        "crl": _text("what they have revoked, a PEM file of their lists (CRL); without it nobody asks"),
        "password": _text("the key’s password, as ${env:NAME}"),
    },
)
_PAGE = Record(
    "page",
    {
        "tls": Field(
            Record(
                "tls",
                {
                    "certificate": _text("the page’s certificate, a PEM file", required=True),
                    "key": _text("its private key, a PEM file; without it the certificate’s file holds both"),
                    "password": _text("the key’s password, as ${env:NAME}"),
                },
            ),
            "the page’s own certificate: with it the page is opened by https",
            required=True,
        )
    },
    "The page on which a person plays (rivta serve)",
)
_STANDING = Record(
    "standing answer",
    {
        "contract": Field(String(), "the contract called; any without it"),
        "when": Field(
            MapOf(String(), r"[A-Za-z][A-Za-z0-9_-]*", "the name of a fact"),
            "which calls are meant, by facts of the domain or by address; any without it",
        ),
        "answer": Field(Named("answer", lambda: ANSWER), "how we answer", required=True),
    },
)
_COUNTERPART = Record(
    "counterpart",
    {
        "listen": Field(
            _OrSecret(String(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}", "host:port", "127.0.0.1:8443")),
            "where we listen; port 0 is any free one, and without this it is 127.0.0.1:0",
        ),
        "url": _text(
            "how the system reaches us, where that is not host and port",
            _URL,
            "an http or https URL",
            "https://example.org/rivta",
        ),
        "tls": Field(_SERVING, "our certificate, and whose we ask for; without it we speak plain HTTP"),
        "time-factor": Field(
            String(
                r"[1-9][0-9]{0,5}(?:\.[0-9]{1,3})?",
                "a number from 1",
                "600",
                also=({"type": "number", "minimum": 1, "exclusiveMaximum": 1_000_000},),
            ),
            "by how much time is compressed in rules over time: 5 minutes at 600 are half a second; 1 without it",
        ),
        "handshake-ports": Field(
            Whole(positive=True),
            f"the first of the {len(OFFERS)} ports on which handshakes are tried, one for each certificate and version: for a firewall; any free ones without it",
        ),
        "addresses": Field(
            ListOf(_OrSecret(String(_NO_BLANKS, "an HSA-id", "SE2321000012-REM1", also=BARE)), some=True),
            "the logical addresses that we answer for; any without it",
        ),
        "limit": Field(Size(), "the largest message that we take; 15 MB without it"),
        "overlap": Field(
            Whole(positive=True),
            "how many cases may be under way at once, all but one of them watching; 20 without it, 1 for one after the other",
        ),
        "spare": Field(
            MapOf(ListOf(AnyData(), some=True), *_DATA_NAME),
            "what cases that watch at once have in place of test data of that name, each one of its own",
        ),
        "answers": Field(ListOf(_STANDING, some=True), "how calls are answered that no case waits for; OK without it"),
    },
    "Where the system under test calls us, in the other party’s place",
)
_WAITS = {
    "timeout": Field(_OrSecret(Duration()), "how long it may take; 30 s without it"),
    "settle": Field(_OrSecret(Duration()), "how long after it is done a call may still come; 30 s without it"),
}
_ADAPTER = Variant(
    "adapter",
    {
        "url": Record(
            "adapter",
            {
                "url": _text("where JSON is posted to", _URL, "an http or https URL", "http://127.0.0.1:8020/act"),
                **_WAITS,
            },
        ),
        "command": Record(
            "adapter",
            {
                "command": Field(
                    ListOf(String(), some=True),
                    "a program and its arguments, given JSON; relative to this file’s folder",
                ),
                **_WAITS,
            },
        ),
    },
)
_PROXY = Record(
    "proxy",
    {
        "url": _text(
            "where the proxy is",
            _URL.replace("https?", "http"),
            "an http URL",
            "http://proxy.example:3128",
            required=True,
        ),
        "name": _text("who we are to it, as ${env:NAME}"),
        "password": _text("our password there, as ${env:NAME}"),
        "except": Field(
            ListOf(_OrSecret(String(_NO_BLANKS, "a host", "localhost"))),
            "hosts that are called without it, with all below them; without this, those of NO_PROXY in the process environment",
        ),
    },
    "What our calls go through, by CONNECT; nothing without it",
)
_COOPERATION = Record(
    "cooperation",
    {
        "url": _text(
            "where the cooperation API is",
            _URL,
            "an http or https URL",
            "http://api.ntjp.se/coop/api/v1",
            required=True,
        ),
        "connection-point": _text("the platform’s number there; any without it", "[0-9]+", "a number", "3"),
    },
)
_TIMEOUTS = Record(
    "timeouts",
    {
        "connect": Field(_OrSecret(Duration()), "how long to wait for a connection"),
        "read": Field(_OrSecret(Duration()), "how long to wait for an answer"),
        "within": Field(
            _OrSecret(Duration()), "how long to wait for a call of the system’s, in place of what suites say"
        ),
    },
)
SHAPE = Record(
    "environment",
    {
        "system": Field(_SYSTEM, "who is tested", required=True),
        "roles": Field(ListOf(String(), some=True), "the roles that the system plays", required=True),
        "endpoints": Field(
            MapOf(_ENDPOINT, some=True), "where each contract is answered; a system that only calls has none"
        ),
        "apis": Field(
            MapOf(_API, some=True), "where what an OpenAPI document describes is offered, by the name of its domain"
        ),
        "tls": Field(_TLS, "our certificate, and whom we trust"),
        "proxy": Field(_PROXY, "what our calls go through"),
        "timeouts": Field(_TIMEOUTS, "how long we wait"),
        "counterpart": Field(_COUNTERPART, "where the system calls us"),
        "page": Field(_PAGE, "the page on which a person plays"),
        "cooperation": Field(
            _COOPERATION, "who knows which contracts, and of which major version, an address is registered for"
        ),
        "adapter": Field(_ADAPTER, "what makes the system act without a person"),
        "original-consumer": Field(
            _OrSecret(String(_NO_BLANKS, "an HSA-id", "SE2321000012-TEST", also=BARE)),
            "the HSA-id sent as x-rivta-original-serviceconsumer-hsaid",
        ),
        "headers": Field(MapOf(_HEADER, _HEADER_NAME, "a header name"), "HTTP headers of every request"),
        "test-certificates": Field(
            String(),
            "a folder of `rivta certs demo`, whose ca.pem the system trusts for tests: bad certificates that it must refuse",
        ),
        "test-identities": Field(
            ListOf(String(_PERSON, "a test person’s number", "191212121212", also=_PERSON_BARE)),
            "identities that are test persons, beside the published ones; only test persons are ever sent",
        ),
        "test-data": Field(_DATA, "test data of this system, over the suites’ own"),
        "not-applicable": Field(MapOf(String()), "preconditions that this system cannot meet, each with the reason"),
    },
    doc="An environment of pytest-rivta: who is tested, where, with what data",
)
"""The whole file."""
