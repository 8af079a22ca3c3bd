"""The page on a port, in a thread of its own."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from rivta.page.application import Application
from rivta.page.guard import KEY, is_loopback
from rivta.page.service import Service

_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the page is. `way_in` is the address to open: with the key, where it needs one."""

    url: str
    way_in: str


@contextmanager
def serve(service: Service, host: str = "127.0.0.1", port: int = 8030) -> Iterator[Listener]:
    """Show the page until the block ends. Port 0 is any free one. OSError if the port is taken."""
    key = "" if is_loopback(host) else secrets.token_urlsafe(24)
    application = Application(service, key)
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(application.on_aiohttp(), access_log=None, shutdown_timeout=_PATIENCE_SECONDS)
    try:
        bound = loop.run_until_complete(_listening(runner, host, port))
        thread = threading.Thread(target=loop.run_forever, name="rivta-page")
        thread.start()
        try:
            url = f"http://{f'[{host}]' if ':' in host else host}:{bound}/"
            yield Listener(url, f"{url}?{KEY}={key}" if key else url)
        finally:
            loop.call_soon_threadsafe(application.hang_up)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
    finally:
        loop.run_until_complete(runner.cleanup())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _listening(runner: web.AppRunner, host: str, port: int) -> int:
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    number: int = runner.addresses[0][1]
    return number
