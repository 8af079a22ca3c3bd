"""A port on which others call us, served by an event loop in a thread of its own, so that whoever tests may wait without holding up
whoever calls.

Connections are accepted here by hand, for a server that does it hides a failed handshake: nobody is told of it, and the tester
would only see that no call comes. What comes on them is read by `CallerConnection`, and answered by whoever is `Answering`.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any, Final, TypeVar
from weakref import WeakSet

from rivta.model.exchange import Shown
from rivta.transport.callers import Connections, handshake_trouble
from rivta.transport.incoming import Answering, CallerConnection

_HANDSHAKE_SECONDS: Final = 20.0
_BACKLOG: Final = 512
_OUT_OF_FILES: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BREATH_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 1.0
"""How long answers that are being written have when we stop."""
_LOG = logging.getLogger("rivta.transport.server")


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one. OSError if it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listener.setblocking(False)
    return listener


@contextmanager
def serving(
    listener: socket.socket,
    context: ssl.SSLContext | None,
    answering: Answering,
    connections: Connections,
    ours: Shown | None,
) -> Iterator[None]:
    """Answer whoever connects, until the block ends; callers are attended to when it begins. `ours` is what our certificate says."""
    serve = partial(_serve, listener, context, answering, connections, ours)
    try:
        with attended(serve, "rivta-listening"):
            yield
    finally:
        answering.close()


T = TypeVar("T")
Attending = Future[tuple[T, Callable[[], Any]]]
"""Told when a server attends: what others are to know of it, and what ends it, from any thread."""


@contextmanager
def attended(serve: Callable[[Attending[T]], Coroutine[Any, Any, None]], name: str) -> Iterator[T]:
    """Have a server run in an event loop and a thread that nobody else uses, until the block ends. Raises what keeps it from attending."""
    attending: Attending[T] = Future()
    thread = Thread(target=_lived, args=(serve, attending), name=name, daemon=True)
    thread.start()
    known, stop = attending.result()
    try:
        yield known
    finally:
        stop()
        thread.join()


def _lived(serve: Callable[[Attending[T]], Coroutine[Any, Any, None]], attending: Attending[T]) -> None:
    try:
        asyncio.run(serve(attending))
    except BaseException as error:
        if attending.done():
            raise
        attending.set_exception(error)


async def _serve(  # noqa: PLR0917 - what `serving` was given
    listener: socket.socket,
    context: ssl.SSLContext | None,
    answering: Answering,
    connections: Connections,
    ours: Shown | None,
    attending: Attending[None],
) -> None:
    """Answer until what `attending` is told is called. The socket is closed then."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_told)
    made = WeakSet[CallerConnection]()

    def connection(number: int) -> CallerConnection:
        made.add(each := CallerConnection(number, connections, answering, ours))
        return each

    accepting = _Accepting(listener, context, connection, connections)
    accepts = loop.create_task(accepting.attend())
    attending.set_result((None, lambda: loop.call_soon_threadsafe(accepts.cancel)))
    try:
        await accepts
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
