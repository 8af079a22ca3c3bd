"""SOAP over HTTP/1.1, with mutual TLS where the URL says https: bytes out unaltered, bytes back as they came.

Redirects are not followed, nothing is decompressed, no proxy is used but the environment's, no header is added but Host and
Content-Length. A connection that the system keeps open takes the next request to it, from whichever thread.
"""

import ssl
import threading
from dataclasses import replace
from functools import cached_property

from rivta.model.clock import SYSTEM, Clock, written
from rivta.model.environment import Environment, Offer
from rivta.model.exchange import Exchange, Message, Shown
from rivta.model.words import Headers
from rivta.transport import problems
from rivta.transport.connection import Connection, HttpReply, Target, Way, completed, connect, head, target_of
from rivta.transport.handshake import tried
from rivta.transport.problems import Trouble
from rivta.transport.tls import context_of, own, speaks_tls
from rivta.transport.wire import FINE, Looks

_CURIOUS_SECONDS = 1.0
_Peer = tuple[str, str, int]


class HttpTransport:
    """The way to the systems of one environment. May be used from several threads; whoever makes one closes it."""

    def __init__(self, environment: Environment, clock: Clock = SYSTEM, looks: Looks = FINE) -> None:
        self._environment = environment
        self._clock = clock
        self._looks = looks
        self._idle: dict[_Peer, list[Connection]] = {}
        self._lock = threading.Lock()

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:
        """Send the body, by POST where nothing else is said. Never raises for the network, the peer or the environment: the exchange's problem says what it was."""
        started, began = written(self._clock.now()), self._clock.monotonic()
        request = Message(headers, body)
        try:
            target = target_of(url)
            request = Message(completed(headers, target, body), body)
            answer, connection = self._ask(target, head(target, request.headers, method) + body)
        except Trouble as trouble:
            ms, met = (self._clock.monotonic() - began) * 1000, trouble.problem
            return Exchange(contract, url, request, None, None, started, ms, problem=met, method=method)
        started, elapsed_ms = answer.started, answer.elapsed_ms
        response, status, tls, problem = answer.response, answer.status, connection.tls, answer.problem
        return Exchange(contract, url, request, response, status, started, elapsed_ms, tls, problem, method=method)

    def handshake(self, url: str, headers: Headers, body: bytes, offer: Offer) -> Exchange:
        """A connection with what is offered, on which this is asked. Never raises, as `send`."""
        return tried(url, Message(headers, body), offer, self._environment, self._clock)

    def close(self) -> None:
        """Hang up every connection that waits for a next request."""
        with self._lock:
            idle = [connection for each in self._idle.values() for connection in each]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _ask(self, target: Target, request: bytes) -> tuple[HttpReply, Connection]:
        kept = self._kept(target)
        connection = kept or self._connect(target)
        answer = self._answer(connection, request)
        if kept and _is_silence(answer, kept):
            # The system closed an idle connection at the moment we spoke: it has seen nothing of the request, or so the
            # silence says. On a new connection the same silence is an answer of its own, and a repeated message might
            # be registered twice, so there we never ask again.
            connection = self._connect(target)
            answer = self._answer(connection, request)
        if target.scheme == "http" and _is_silence(answer, connection):
            answer = self._explained(answer, target)
        if answer.keeps:
            with self._lock:
                self._idle.setdefault(target.peer, []).append(connection)
        return answer, connection

    def _answer(self, connection: Connection, request: bytes) -> HttpReply:
        """What came on the connection, which is closed unless it can take another request."""
        keeps = False
        try:
            answer = connection.ask(request, self._environment.read_seconds)
            keeps = answer.keeps
        finally:
            if not keeps:
                connection.close()
        return answer

    def _kept(self, target: Target) -> Connection | None:
        """A connection to the peer that is still open, taken out of those that wait; those that the system has closed are hung up."""
        while True:
            with self._lock:
                idle = self._idle.get(target.peer)
                connection = idle.pop() if idle else None
            if connection is None or not connection.is_stale():
                return connection
            connection.close()

    def _explained(self, answer: HttpReply, target: Target) -> HttpReply:
        # Many TLS servers hang up on plain HTTP without a word, which would look like the system's fault.
        seconds = min(self._environment.connect_seconds, _CURIOUS_SECONDS)
        return (
            replace(answer, problem=problems.speaks_tls()) if speaks_tls(target.host, target.port, seconds) else answer
        )

    def _connect(self, target: Target) -> Connection:
        context, settings = self._context_for(target), self._environment
        ours = self._ours if context else None
        way = Way(context, ours, settings.tls.server_name, settings.proxy, settings.connect_seconds, self._looks)
        return connect(target, way, self._clock)

    def _context_for(self, target: Target) -> ssl.SSLContext | None:
        if target.scheme != "https":
            return None
        with self._lock:
            return self._context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return context_of(self._environment.tls)

    @cached_property
    def _ours(self) -> Shown | None:
        return own(self._environment.tls, is_server=False)


def _is_silence(answer: HttpReply, connection: Connection) -> bool:
    return answer.problem is not None and answer.problem.kind == "reset" and connection.was_silent
