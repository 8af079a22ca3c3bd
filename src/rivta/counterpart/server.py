"""The server: an event loop in a thread of its own, so that whoever tests may wait without holding up whoever calls."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any

from aiohttp import web

from rivta.counterpart.connection import Connection, Handler
from rivta.counterpart.door import Door, DoorBook

_LOG = logging.getLogger("rivta.counterpart")
_GRACE_SECONDS = 1.0
"""How long answers that are being written have when we stop."""


class Server(Thread):
    """Answers on a listening socket from `start` until `stop`. The socket is closed then."""

    def __init__(
        self, listener: socket.socket, context: ssl.SSLContext | None, handler: Handler, book: DoorBook
    ) -> None:
        super().__init__(name="rivta-counterpart", daemon=True)
        self._listener = listener
        self._context = context
        self._handler = handler
        self._book = book
        self._attending: Future[Callable[[], Any]] = Future()

    def run(self) -> None:
        """The thread's life."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if not self._attending.done():
                self._attending.set_exception(error)
            raise

    def begin(self) -> None:
        """Start, and return when callers are attended to."""
        self.start()
        self._attending.result()

    def stop(self) -> None:
        """Hang up and end."""
        self._attending.result()()
        self.join()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_told)
        manager = web.Server(self._handler)
        door = Door(self._listener, self._context, lambda number: Connection(manager, number, self._book), self._book)
        attending = loop.create_task(door.attend())
        self._attending.set_result(lambda: loop.call_soon_threadsafe(attending.cancel))
        try:
            await attending
        except asyncio.CancelledError:
            _LOG.debug("told to stop")
        finally:
            self._listener.close()
            await door.close()
            for connection in manager.connections:
                if isinstance(connection, Connection):
                    connection.release()
            await manager.shutdown(_GRACE_SECONDS)


def _told(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Not the exception's own words: they may repeat what came.
    _LOG.info("connection trouble: %s", type(context.get("exception")).__name__)
