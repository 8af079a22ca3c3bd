"""What is asked on the counterpart's port, and what is said back: calls are handled by `Handler`, and what else comes is answered here."""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rivta.counterpart import diagnosis
from rivta.counterpart.composing import Published, fault, refusal
from rivta.counterpart.handler import Handler, Request, Response
from rivta.model.environment import Listening, TlsFiles
from rivta.model.errors import Unwritable, UsageError
from rivta.model.exchange import Message
from rivta.text.catalogue import text
from rivta.transport import server, tls
from rivta.transport.callers import Connections
from rivta.transport.incoming import CallerConnection, IncomingRequest, Reply
from rivta.transport.problems import unusable

if TYPE_CHECKING:
    from rivta.counterpart.counterpart import Counterpart

LARGE_BYTES: Final = 1024 * 1024
"""Larger bodies are handled beside the loop: ten megabytes take it fifty milliseconds."""
_WORKERS: Final = 2
_LOG = logging.getLogger("rivta.counterpart")


class Exchanges:
    """What is asked of a counterpart on some connections to `base`, and what is said back. `silence` is for how many seconds a caller
    gets no answer who is to get none.
    """

    def __init__(
        self,
        handler: Handler,
        counterpart: "Counterpart",
        connections: Connections,
        base: str,
        silence: float,
    ) -> None:
        self._handler = handler
        self._published = Published(counterpart.catalogue.contracts, base)
        self._connections = connections
        self.clock = counterpart.clock
        self._pool = ThreadPoolExecutor(_WORKERS, "rivta-counterpart")
        self._base = base
        self.limit = counterpart.limit
        self._silence = silence

    def answer(self, asked: IncomingRequest, connection: CallerConnection) -> None:
        """One request, whatever it is: at once, unless it is large or its answer is to take its time."""
        with self._told(connection):
            if not asked.method:
                connection.say(Reply(asked.refused, (), b""), keeps=False)
                return
            if asked.method != "POST":
                self._no_call(asked, connection)
                return
            self._connections.called(connection.number)
            request = self._request(asked, connection)
            if asked.refused:
                self._give(self._handler.refuse(request, asked.refused), connection)
            elif asked.size > LARGE_BYTES:
                connection.spend(self._large(request, connection))
            else:
                self._give(self._handler.handle(request), connection)

    def _request(self, asked: IncomingRequest, connection: CallerConnection) -> Request:
        return Request(
            url=self._base + asked.path,
            message=Message(tuple(asked.headers), b"" if asked.refused else b"".join(asked.pieces)),
            started=asked.started,
            arrived=asked.arrived,
            tls=connection.tls,
            keeps=asked.keeps,
            is_there=lambda: connection.is_there,
        )

    async def _large(self, request: Request, connection: CallerConnection) -> None:
        with self._told(connection):
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(self._pool, self._handler.handle, request)
            await self._give_later(response, connection)

    def _give(self, response: Response, connection: CallerConnection) -> None:
        if response.is_settled and response.answer is not None:
            connection.send(response.answer, keeps=response.request.keeps)
        else:
            connection.spend(self._give_later(response, connection))

    async def _give_later(self, response: Response, connection: CallerConnection) -> None:
        with self._told(connection):
            is_there = not response.delay_seconds or await connection.outlasts(response.delay_seconds)
            if response.answer is None:
                await self._say_nothing(response, connection)
                self._handler.settle(response, is_heard=False)
                return
            self._handler.settle(response, is_heard=is_there and connection.is_there)
            connection.send(response.answer, keeps=response.request.keeps)

    async def _say_nothing(self, response: Response, connection: CallerConnection) -> None:
        if response.is_reset:
            connection.reset()
            return
        await connection.outlasts(self._silence)
        connection.close()

    @contextmanager
    def _told(self, connection: CallerConnection) -> Iterator[None]:
        """What goes wrong on our side is answered by a Fault, and told."""
        try:
            yield
        except Unwritable as error:
            _LOG.error("a call cannot be recorded: %s", error.what)
            self._connections.note(connection.number, "http", text("counterpart", "not_recorded"))
            connection.say(fault("Server", "Meddelandet kunde inte sparas."), keeps=False)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not look like the system's
            _LOG.error("a call cannot be handled: %s", type(error).__name__, exc_info=_LOG.isEnabledFor(logging.DEBUG))
            connection.say(fault("Server", "Ett internt fel har uppstått."), keeps=False)

    def close(self) -> None:
        self._pool.shutdown()

    def _no_call(self, asked: IncomingRequest, connection: CallerConnection) -> None:
        """A look at the WSDL and its schemas, or a mistake."""
        answer = self._published.answer(asked.path) if asked.method == "GET" else refusal(405)
        self._connections.note(connection.number, "http", diagnosis.no_post(asked.method))
        connection.say(answer if asked.method != "HEAD" else replace(answer, body=b""), keeps=asked.keeps)


def bound(listening: Listening) -> socket.socket:
    """A socket that listens where the environment says. UsageError if it cannot."""
    try:
        return server.bound(listening.host, listening.port)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise UsageError(
            f"the counterpart cannot listen on {listening.host}:{listening.port}: {why}",
            todo="name another host or port under counterpart: listen: (port 0 is any free one)",
        ) from error


def context_of(files: TlsFiles, whose: str = "counterpart") -> ssl.SSLContext | None:
    """TLS 1.2 or later, as the national platform asks; None without a certificate of ours. UsageError for unusable files.

    A certificate is asked for, not demanded: a caller that shows none gets through, and a check can make that a finding.
    """
    if files.certificate is None:
        return None
    try:
        return tls.server_context(files)
    except (OSError, ValueError) as error:
        what = f"{whose}: tls: {unusable(files, error).en}".removesuffix(".")
        raise UsageError(what, todo=f"look at {whose}: tls: in the environment") from error
