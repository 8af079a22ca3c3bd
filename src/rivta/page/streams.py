"""Telling a reader's page that something changed, as server-sent events."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiohttp import web

from rivta.page.guard import HEADERS
from rivta.page.play import ManualPlay

_BEAT_SECONDS: Final = 3.0
_LOG = logging.getLogger("rivta.page")


class Streams:
    """The readers who are told of changes now."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def of(self, play: ManualPlay, request: web.Request, version: Callable[[], int]) -> web.StreamResponse:
        """The version of a play's page whenever it may have changed, as a sign of life too: nothing of what happened is in it."""
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        end_listening = play.listen(lambda: _from_any_thread(loop, changed))
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in one
        self._tasks.add(task)
        try:
            await _tell(play, response, changed, version)
        except ConnectionResetError:
            _LOG.debug("a reader went away")
        finally:
            end_listening()
            self._tasks.discard(task)
        return response

    def hang_up(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()


async def _tell(
    play: ManualPlay, response: web.StreamResponse, changed: asyncio.Event, version: Callable[[], int]
) -> None:
    is_over = False
    while not is_over:
        changed.clear()
        is_over = play.state.is_over
        await response.write(f"data: {await asyncio.to_thread(version)}\n\n".encode())
        if not is_over:
            await _heard(changed)


async def _heard(changed: asyncio.Event) -> None:
    """Until something changed, or it is time for a sign of life, by which a reader who went away is noticed."""
    try:
        await asyncio.wait_for(changed.wait(), _BEAT_SECONDS)
    except TimeoutError:
        return


def _from_any_thread(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(changed.set)
