"""SOAP over HTTP/1.1, with mutual TLS where the URL says https: bytes out unaltered, bytes back as they came.

Redirects are not followed, nothing is decompressed, no proxy is used, no header is added but Host and Content-Length. One
connection a thread and peer is kept alive.
"""

import ssl
import threading
from dataclasses import replace
from functools import cached_property

from rivta.model.clock import SYSTEM, Clock, written
from rivta.model.environment import Environment
from rivta.model.exchange import Exchange, Message
from rivta.model.words import Headers
from rivta.transport import problems
from rivta.transport.connection import Connection, HttpReply, Target, completed, connect, head, target_of
from rivta.transport.problems import Trouble
from rivta.transport.tls import context_of, speaks_tls

_CURIOUS_SECONDS = 1.0


class HttpTransport:
    """The way to the systems of one environment. May be used from several threads."""

    def __init__(self, environment: Environment, clock: Clock = SYSTEM) -> None:
        self._environment = environment
        self._clock = clock
        self._mine = threading.local()
        self._lock = threading.Lock()

    def send(self, url: str, headers: Headers, body: bytes, contract: str) -> Exchange:
        """POST the body. Never raises for the network, the peer or the environment: the exchange's problem says what it was."""
        started, began = written(self._clock.now()), self._clock.monotonic()
        request = Message(headers, body)
        try:
            target = target_of(url)
            request = Message(completed(headers, target, body), body)
            answer, connection = self._ask(target, head(target, request.headers) + body)
        except Trouble as trouble:
            elapsed_ms = (self._clock.monotonic() - began) * 1000
            return Exchange(contract, url, request, None, None, started, elapsed_ms, problem=trouble.problem)
        return Exchange(
            contract=contract,
            url=url,
            request=request,
            response=answer.response,
            status=answer.status,
            started=answer.started,
            elapsed_ms=answer.elapsed_ms,
            tls=connection.tls,
            problem=answer.problem,
        )

    def close(self) -> None:
        """Hang up this thread's connections. Those of other threads end with their threads."""
        for connection in self._kept().values():
            connection.close()
        self._kept().clear()

    def _ask(self, target: Target, request: bytes) -> tuple[HttpReply, Connection]:
        kept = self._kept().pop(target.peer, None)
        if kept and kept.is_stale():
            kept.close()
            kept = None
        connection = kept or self._connect(target)
        answer = connection.ask(request, self._environment.read_seconds)
        if kept and _is_silence(answer, kept):
            # The system closed an idle connection at the moment we spoke: it has seen nothing of the request, or so the
            # silence says. On a new connection the same silence is an answer of its own, and a repeated message might
            # be registered twice, so there we never ask again.
            kept.close()
            connection = self._connect(target)
            answer = connection.ask(request, self._environment.read_seconds)
        if target.scheme == "http" and _is_silence(answer, connection):
            answer = self._explained(answer, target)
        if answer.keeps:
            self._kept()[target.peer] = connection
        else:
            connection.close()
        return answer, connection

    def _explained(self, answer: HttpReply, target: Target) -> HttpReply:
        # Many TLS servers hang up on plain HTTP without a word, which would look like the system's fault.
        seconds = min(self._environment.connect_seconds, _CURIOUS_SECONDS)
        return (
            replace(answer, problem=problems.speaks_tls()) if speaks_tls(target.host, target.port, seconds) else answer
        )

    def _kept(self) -> dict[tuple[str, str, int], Connection]:
        if not hasattr(self._mine, "kept"):
            self._mine.kept = {}
        kept: dict[tuple[str, str, int], Connection] = self._mine.kept
        return kept

    def _connect(self, target: Target) -> Connection:
        context, seconds = self._context_for(target), self._environment.connect_seconds
        return connect(target, self._environment.tls, context, seconds, self._clock)

    def _context_for(self, target: Target) -> ssl.SSLContext | None:
        if target.scheme != "https":
            return None
        with self._lock:
            return self._context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return context_of(self._environment.tls)


def _is_silence(answer: HttpReply, connection: Connection) -> bool:
    return answer.problem is not None and answer.problem.kind == "reset" and connection.was_silent
