"""The page on a port, in a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from aiohttp import web

from rivta.model.frozen import frozen
from rivta.page.application import Application
from rivta.page.guard import KEY, is_loopback
from rivta.page.plays import PlayService

_PATIENCE_SECONDS = 2.0
Stop = Callable[[], object]


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
    began: Future[tuple[int, Stop]] = Future()
    listening = _listen(application, (host, port), tls, began)
    thread = threading.Thread(target=asyncio.run, args=(listening,), name="rivta-page")
    thread.start()
    try:
        bound, stop = began.result()
        try:
            url = f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{bound}/"
            yield PageListener(url, f"{url}?{KEY}={service.key}")
        finally:
            stop()
    finally:
        thread.join()


async def _listen(
    application: Application, place: tuple[str, int], tls: ssl.SSLContext | None, began: Future[tuple[int, Stop]]
) -> None:
    """Show the page until told to stop; everything in a loop and a thread that nobody else uses."""
    runner = web.AppRunner(application.on_aiohttp(), access_log=None, shutdown_timeout=_PATIENCE_SECONDS)
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    try:
        await runner.setup()
        await web.TCPSite(runner, *place, ssl_context=tls).start()
    except OSError as error:
        await runner.cleanup()
        began.set_exception(error)
        return
    began.set_result((runner.addresses[0][1], lambda: loop.call_soon_threadsafe(stopping.set)))
    await stopping.wait()
    server = runner.server
    application.hang_up()
    await runner.cleanup()
    if server is not None:  # a visitor who was let in meanwhile is shown out too
        await asyncio.sleep(0)
        await server.shutdown(0)
