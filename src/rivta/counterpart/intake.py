"""A request as it comes in: when, where to, with which headers, and its body, if we will have it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from aiohttp import http_exceptions, web

from rivta.counterpart.connection import Connection
from rivta.model.words import Headers

_BODY_SECONDS: Final = 60.0
_CORRELATION: Final = "x-skltp-correlation-id"
BROKEN_OFF = (OSError, TimeoutError, web.RequestPayloadError, http_exceptions.HttpProcessingError)
"""What reading a body raises when the rest of it will not come."""


class Refused(Exception):
    """A request that HTTP itself refuses: the status to say."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a request before its body: when it came, in the clock's words and in seconds, and where to."""

    connection: Connection
    headers: Headers
    url: str
    started: str
    arrived: float
    keep: bool
    correlation: str | None

    @property
    def elapsed_ms(self) -> float:
        """Since it came."""
        return round((time.monotonic() - self.arrived) * 1000, 3)


def taken(request: web.BaseRequest, base: str) -> Request:
    """What is known of a request before its body. `base` is the URL that paths stand below."""
    headers = tuple(request.headers.items())
    return Request(
        connection=cast("Connection", request.protocol),
        headers=headers,
        url=base + request.raw_path,
        started=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        arrived=time.monotonic(),
        keep=request.keep_alive,
        correlation=request.headers.get(_CORRELATION),
    )


async def body_of(request: web.BaseRequest, connection: Connection, limit: int) -> bytes:
    """The body as it is on the wire. Refused if it is larger than the limit or compressed; what is in BROKEN_OFF if it does not come."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(415)
    if (request.content_length or 0) > limit:
        raise Refused(413)
    if request.content.is_eof():
        return request.content.read_nowait()
    if request.headers.get("Expect", "").lower() == "100-continue":
        connection.go_on()
    async with asyncio.timeout(_BODY_SECONDS):
        return await _rest(request, limit)


async def _rest(request: web.BaseRequest, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := await request.content.readany():
        size += len(part)
        if size > limit:
            raise Refused(413)
        parts.append(part)
    return b"".join(parts)
