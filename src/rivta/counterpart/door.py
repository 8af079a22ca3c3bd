"""The door: every connection that is made to us, and what became of those on which no call ever came.

We accept connections ourselves, for a server that does it hides a failed handshake: nobody is told of it, and the tester
would only see that no call comes.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final, Literal

from rivta.counterpart import handshake
from rivta.model.words import Text

_HANDSHAKE_SECONDS: Final = 20.0
_REMEMBERED: Final = 256
_OUT_OF_FILES: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BREATH_SECONDS: Final = 1.0
_LOG = logging.getLogger("rivta.counterpart")

Kind = Literal["tls", "plain-on-tls", "tls-on-plain", "malformed", "silent", "cut-short", "http"]


@dataclass(frozen=True, slots=True)
class Knock:
    """A connection on which no call came. `number` counts connections from 1, `text` says what came instead."""

    number: int
    kind: Kind
    text: Text


class DoorBook:
    """What is known of the connections made to us. Written on the server's thread, read on any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made = 0
        self._open: set[int] = set()
        self._knocks: deque[Knock] = deque(maxlen=_REMEMBERED)

    def opened(self) -> int:
        """Somebody connected. The number of the connection."""
        with self._lock:
            self._made += 1
            self._open.add(self._made)
            return self._made

    def called(self, number: int) -> None:
        """A whole call came on it."""
        with self._lock:
            self._open.discard(number)

    def note(self, number: int, kind: Kind, text: Text) -> None:
        """Something else came on it."""
        with self._lock:
            self._open.discard(number)
            self._knocks.append(Knock(number, kind, text))

    def closed(self, number: int, kind: Kind, text: Text) -> None:
        """It ended. If nothing is known of it yet, this is what there is to say."""
        with self._lock:
            if number in self._open:
                self._open.discard(number)
                self._knocks.append(Knock(number, kind, text))

    @property
    def made(self) -> int:
        """How many connections were made to us."""
        with self._lock:
            return self._made

    def since(self, number: int) -> tuple[list[Knock], int]:
        """What came on later connections than that one, oldest first, and how many of those are open without a word yet."""
        with self._lock:
            knocks = [knock for knock in self._knocks if knock.number > number]
            return knocks, sum(1 for each in self._open if each > number)


class Door:
    """Accepts connections on one socket, makes the handshake on each, and gives them to a protocol."""

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext | None,
        protocol: Callable[[int], asyncio.Protocol],
        book: DoorBook,
    ) -> None:
        self._listener = listener
        self._context = context
        self._protocol = protocol
        self._book = book
        self._greeting: set[asyncio.Task[None]] = set()
        self._breath: asyncio.TimerHandle | None = None

    async def attend(self) -> None:
        """Accept until cancelled. Whoever was accepted is greeted: a cancelled wait for the next one loses nobody."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listener, self._welcome)
        try:
            await loop.create_future()
        finally:
            if self._breath:
                self._breath.cancel()
            loop.remove_reader(self._listener)

    def _welcome(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in _OUT_OF_FILES:
                # The connection stays in the queue, and asking again at once would be a busy loop.
                _LOG.warning("cannot accept a connection: %s", errno.errorcode.get(error.errno or 0, "?"))
                loop.remove_reader(self._listener)
                self._breath = loop.call_later(_BREATH_SECONDS, loop.add_reader, self._listener, self._welcome)
            return
        task = loop.create_task(self._greet(connection, self._book.opened()))
        self._greeting.add(task)
        task.add_done_callback(lambda task: self._greeted(task, connection))

    def _greeted(self, task: asyncio.Task[None], connection: socket.socket) -> None:
        self._greeting.discard(task)
        if task.cancelled():
            connection.close()

    async def close(self) -> None:
        """Give up handshakes that are under way."""
        tasks = [*self._greeting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self, connection: socket.socket, number: int) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seconds = _HANDSHAKE_SECONDS if self._context else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._protocol(number), connection, ssl=self._context, ssl_handshake_timeout=seconds
            )
        except OSError as error:  # an SSLError is one, and so is a timeout
            self._book.note(number, *handshake.trouble(error))
            connection.close()
