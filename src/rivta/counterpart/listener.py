"""The listener: a port on which systems call the counterpart, served by an event loop in a thread of its own, so that whoever
tests may wait without holding up whoever calls.

Connections are accepted here by hand, for a server that does it hides a failed handshake: nobody is told of it, and the tester
would only see that no call comes. What comes on them is read by `Connection`, handled by `Handler`, and answered by `Exchanges`.
"""

import asyncio
import errno
import logging
import os
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import Any, Final
from weakref import WeakSet

from rivta.counterpart import diagnosis
from rivta.counterpart.composing import HttpAnswer, Published, fault, refusal
from rivta.counterpart.connection import Answering, CallerConnection, IncomingRequest, handshake_trouble
from rivta.counterpart.diagnosis import Connections
from rivta.counterpart.handler import Handler, Request, Response
from rivta.model.clock import Clock
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.environment import Listening
from rivta.model.errors import Unwritable, UsageError
from rivta.model.exchange import Message, Shown
from rivta.text.catalogue import text

LARGE_BYTES: Final = 1024 * 1024
"""Larger bodies are handled beside the loop: ten megabytes take it fifty milliseconds."""
_WORKERS: Final = 2
_HANDSHAKE_SECONDS: Final = 20.0
_BACKLOG: Final = 512
_OUT_OF_FILES: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BREATH_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 1.0
"""How long answers that are being written have when we stop."""
_LOG = logging.getLogger("rivta.counterpart")


class Exchanges:
    """What is asked on connections, and what is said back. `limit` is the most that a body may have, in bytes; `silence` is for
    how many seconds a caller gets no answer who is to get none.
    """

    def __init__(
        self,
        handler: Handler,
        contracts: Contracts[Contract],
        connections: Connections,
        clock: Clock,
        *,
        base: str,
        limit: int,
        silence: float,
    ) -> None:
        self._handler = handler
        self._published = Published(contracts, base)
        self._connections = connections
        self.clock = clock
        self._pool = ThreadPoolExecutor(_WORKERS, "rivta-counterpart")
        self._base = base
        self.limit = limit
        self._silence = silence

    def answer(self, asked: IncomingRequest, connection: CallerConnection) -> None:
        """One request, whatever it is: at once, unless it is large or its answer is to take its time."""
        with self._told(connection):
            if not asked.method:
                connection.say(HttpAnswer(asked.refused, b"", ()), keeps=False)
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


@contextmanager
def bound(listening: Listening) -> Iterator[socket.socket]:
    """A socket that listens where the environment says. UsageError if it cannot."""
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    place = f"{listening.host}:{listening.port}"
    try:
        listener = socket.create_server((listening.host, listening.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise UsageError(
            f"the counterpart cannot listen on {place}: {os.strerror(error.errno) if error.errno else error}",
            todo="name another host or port under counterpart: listen: (port 0 is any free one)",
        ) from error
    with listener:
        listener.setblocking(False)
        yield listener


@contextmanager
def serving(
    listener: socket.socket,
    context: ssl.SSLContext | None,
    exchanges: Exchanges,
    connections: Connections,
    ours: Shown | None,
) -> Iterator[None]:
    """Answer whoever connects, until the block ends; callers are attended to when it begins. `ours` is what our certificate says."""
    attending: Future[Callable[[], Any]] = Future()
    serve = partial(_serve, listener, context, exchanges, connections, ours, attending)
    thread = Thread(target=_lived, args=(serve, attending), name="rivta-counterpart", daemon=True)
    thread.start()
    hang_up = attending.result()
    try:
        yield
    finally:
        hang_up()
        thread.join()
        exchanges.close()


def _lived(serve: Callable[[], Coroutine[Any, Any, None]], attending: Future[Callable[[], Any]]) -> None:
    try:
        asyncio.run(serve())
    except BaseException as error:
        if not attending.done():
            attending.set_exception(error)
        raise


async def _serve(  # noqa: PLR0917 - what `serving` was given
    listener: socket.socket,
    context: ssl.SSLContext | None,
    answering: Answering,
    connections: Connections,
    ours: Shown | None,
    attended: Future[Callable[[], Any]],
) -> None:
    """Answer until the function that `attended` is given is called. The socket is closed then."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_told)
    made = WeakSet[CallerConnection]()

    def connection(number: int) -> CallerConnection:
        made.add(each := CallerConnection(number, connections, answering, ours))
        return each

    accepting = _Accepting(listener, context, connection, connections)
    attending = loop.create_task(accepting.attend())
    attended.set_result(lambda: loop.call_soon_threadsafe(attending.cancel))
    try:
        await attending
    except asyncio.CancelledError:
        _LOG.debug("told to stop")
    finally:
        listener.close()
        await accepting.close()
        left = [*made]
        for each in left:
            each.release()
        answers = [each.task for each in left if each.task is not None]
        if answers:
            await asyncio.wait(answers, timeout=_GRACE_SECONDS)
        for each in left:
            each.close()
            each.abort()
        await asyncio.sleep(0)


class _Accepting:
    """Accepts connections on one socket, makes the handshake on each, and gives them to a protocol."""

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext | None,
        protocol: Callable[[int], asyncio.Protocol],
        connections: Connections,
    ) -> None:
        self._listener = listener
        self._context = context
        self._protocol = protocol
        self._connections = connections
        self._begun: set[asyncio.Task[None]] = set()
        self._breath: asyncio.TimerHandle | None = None

    async def attend(self) -> None:
        """Accept until cancelled. Whoever was accepted is let in: a cancelled wait for the next one loses nobody."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listener, self._accept)
        try:
            await loop.create_future()
        finally:
            if self._breath:
                self._breath.cancel()
            loop.remove_reader(self._listener)

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            accepted, _ = self._listener.accept()
        except OSError as error:
            if error.errno in _OUT_OF_FILES:
                # The connection stays in the queue, and asking again at once would be a busy loop.
                _LOG.warning("cannot accept a connection: %s", errno.errorcode.get(error.errno or 0, "?"))
                loop.remove_reader(self._listener)
                self._breath = loop.call_later(_BREATH_SECONDS, loop.add_reader, self._listener, self._accept)
            return
        task = loop.create_task(self._let_in(accepted, self._connections.opened()))
        self._begun.add(task)
        task.add_done_callback(lambda task: self._let_in_or_left(task, accepted))

    def _let_in_or_left(self, task: asyncio.Task[None], accepted: socket.socket) -> None:
        self._begun.discard(task)
        if task.cancelled():
            accepted.close()

    async def close(self) -> None:
        tasks = [*self._begun]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _let_in(self, accepted: socket.socket, number: int) -> None:
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        seconds = _HANDSHAKE_SECONDS if self._context else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._protocol(number), accepted, ssl=self._context, ssl_handshake_timeout=seconds
            )
        except OSError as error:  # an SSLError is one, and so is a timeout
            self._connections.note(number, *handshake_trouble(error))
            accepted.close()


def _told(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Not the exception's own words: they may repeat what came.
    _LOG.info("connection trouble: %s", type(context.get("exception")).__name__)
