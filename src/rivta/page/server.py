"""The page on a port, in a thread of its own."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from aiohttp import web

from rivta.model.frozen import frozen
from rivta.page.application import Application
from rivta.page.guard import KEY, is_loopback
from rivta.page.plays import PlayService
from rivta.transport.connection import bracketed
from rivta.transport.server import Attending, attended

_PATIENCE_SECONDS = 2.0


@frozen
class PageListener:
    """Where the page is. `way_in` is the address to open: with the key."""

    url: str
    way_in: str


@contextmanager
def serve(
    service: PlayService, host: str = "127.0.0.1", port: int = 8030, tls: ssl.SSLContext | None = None
) -> Iterator[PageListener]:
    """Show the page until the block ends, by HTTPS with `tls`. Port 0 is any free one. OSError if the port is taken."""
    application = Application(service, is_wide=not is_loopback(host))
    with attended(partial(_listen, application, (host, port), tls), "rivta-page") as bound:
        url = f"http{'s' if tls else ''}://{bracketed(host)}:{bound}/"
        yield PageListener(url, f"{url}?{KEY}={service.key}")


async def _listen(
    application: Application, place: tuple[str, int], tls: ssl.SSLContext | None, attending: Attending[int]
) -> None:
    """Show the page until told to stop. `attending` is told the port."""
    runner = web.AppRunner(application.on_aiohttp(), access_log=None, shutdown_timeout=_PATIENCE_SECONDS)
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    try:
        await runner.setup()
        await web.TCPSite(runner, *place, ssl_context=tls).start()
    except OSError:
        await runner.cleanup()
        raise
    attending.set_result((runner.addresses[0][1], lambda: loop.call_soon_threadsafe(stopping.set)))
    await stopping.wait()
    server = runner.server
    await runner.cleanup()
    if server is not None:  # a visitor who was let in meanwhile is shown out too
        await asyncio.sleep(0)
        await server.shutdown(0)
