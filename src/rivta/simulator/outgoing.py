"""What the system sends: a draft, which is a message's content, and the request that it becomes, with everything on the wire."""

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import field, replace
from threading import Lock
from typing import Final

from lxml import etree

from rivta.contract.message import ACTING_FOR, CLOSING, ORIGINAL_CONSUMER, PROLOG, opening
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Contract
from rivta.model.environment import TlsFiles
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.simulator.answered import BROKEN, TIMEOUT, UNREACHED, Answered, read_answer
from rivta.simulator.edit import Values
from rivta.simulator.handshake import client_context, objections
from rivta.simulator.reply import CONTENT_TYPE
from rivta.transport.connection import Connection, Target, Way, completed, connect, head, target_of
from rivta.transport.problems import Trouble
from rivta.transport.wire import COARSE

PRINCIPAL = "SE2321000016-0001"
"""The organisation on whose behalf the system calls: it is an agent, as the profile knows them (RIV-TA Basic Profile 3.1, rule #24)."""


@frozen
class Draft:
    """A message that is to be sent. `payload` is the SOAP body's element, nobody else's; `address` the logical address.

    `kind` is the domain's own word for what sort of message it is, `about` the id of what it is about, by which the user asks
    for it. `party` is who is given up when nothing more is sent after a technical error. `values` are what named faults may
    refer to as `$name`: texts, numbers, and other messages as lists of one element.
    """

    contract: Contract
    address: str
    sender: str
    payload: etree._Element = field(repr=False, compare=False)
    kind: str = ""
    about: str = ""
    party: str = ""
    values: Values = field(default_factory=dict, repr=False, compare=False)

    @property
    def told(self) -> Values:
        """All that a condition or an edit may refer to."""
        return {
            **self.values,
            "contract": self.contract.name,
            "major": float(self.contract.id.major),
            "kind": self.kind,
            "address": self.address,
            "sender": self.sender,
        }


@frozen
class Outgoing:
    """A request ready to be sent, and sent again: these bytes, to this URL. `role` is the part in which we send it.

    Without `shows_certificate` the client certificate is kept back where it goes by TLS.
    """

    kind: str
    about: str
    role: str
    contract: Contract
    url: str
    headers: Headers
    body: bytes = field(repr=False)
    values: Values = field(default_factory=dict, repr=False, compare=False)
    shows_certificate: bool = True


def write(draft: Draft, role: str, url: str) -> Outgoing:
    """The draft as a request, in UTF-8, which the HTTP header and the prolog both say."""
    contract = draft.contract
    headers: Headers = (
        ("Content-Type", CONTENT_TYPE),
        ("SOAPAction", f'"{contract.soap_action}"'),
        (ORIGINAL_CONSUMER, draft.sender),
        (ACTING_FOR, PRINCIPAL),
        ("User-Agent", "rivta-reference"),
    )
    said = tuple(header for header in headers if header[1])
    content = etree.tostring(draft.payload, encoding="unicode", with_tail=False)
    body = (
        PROLOG + f"{opening(draft.address, draft.contract.header if draft.address else '')}{content}{CLOSING}"
    ).encode()
    return Outgoing(draft.kind, draft.about, role, contract, url, said, body, draft.told)


# One call over HTTP: POST, one connection each time, TLS where the URL says so


CONNECT_SECONDS: Final = 2.0
_READERS: Final = 4


class Client:
    """Calls, from many threads at once."""

    def __init__(
        self, tls: TlsFiles | None = None, passes: frozenset[str] = frozenset(), clock: Clock = SYSTEM
    ) -> None:
        """`tls` are our files, without any of them those of the machine; `passes` what a named fault lets pass in handshakes."""
        self._tls = tls
        self._passes = passes
        self._clock = clock
        self._context = client_context(tls, passes) if tls else None
        self._bare = client_context(replace(tls, certificate=None), passes) if tls else None
        self._open: set[Connection] = set()
        self._lock = Lock()
        # Schemas are compiled once a thread, so a few lasting threads read the answers.
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="rivta-reference-reader")

    def call(self, request: Outgoing, read_seconds: float) -> Answered:
        """What came of sending the request once. `read_seconds` is how long its answer may take."""
        try:
            target = target_of(request.url)
            headers = completed((*request.headers, ("Connection", "close")), target, request.body)
            with self._connected(target, request) as connection:
                answer = connection.ask(head(target, headers) + request.body, read_seconds)
        except (Trouble, ssl.SSLError):
            return Answered(UNREACHED)
        if answer.problem or answer.status is None or answer.response is None:
            return Answered(TIMEOUT if answer.problem and answer.problem.kind == "timeout" else BROKEN)
        came = answer.response
        return self._readers.submit(read_answer, answer.status, came.body, request.contract, came.headers).result()

    def hang_up(self) -> None:
        with self._lock:
            for connection in self._open:
                connection.hang_up()

    def close(self) -> None:
        """Let go of what reads the answers. Nothing is called after that."""
        self._readers.shutdown()

    @contextmanager
    def _connected(self, target: Target, request: Outgoing) -> Iterator[Connection]:
        way = Way(self._context_for(target, request), None, "", None, CONNECT_SECONDS, COARSE)
        with closing(connect(target, way, self._clock)) as connection:
            self._demand(connection.socket)
            with self._lock:
                self._open.add(connection)
            try:
                yield connection
            finally:
                with self._lock:
                    self._open.discard(connection)

    def _demand(self, connected: socket.socket) -> None:
        """What a named fault lets pass may be more than it means to: whoever shows that is not called."""
        if self._tls and self._passes and isinstance(connected, ssl.SSLSocket):
            found = objections(connected, self._tls, self._passes | {"no-hsa-id"}, self._clock.now())
            if found:
                raise ssl.SSLError(f"the certificate is {', '.join(sorted(found))}")

    def _context_for(self, target: Target, request: Outgoing) -> ssl.SSLContext | None:
        if target.scheme != "https":
            return None
        own = self._context if request.shows_certificate else self._bare
        return own or client_context(TlsFiles(), self._passes)
