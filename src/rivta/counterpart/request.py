"""A request as the counterpart knows it, whoever carried it to us: over a connection, or from within this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rivta.model.clock import Clock, written
from rivta.model.exchange import Message, Tls
from rivta.model.words import Headers


def _somebody() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Request:
    """A POST that came: `started` is when, as evidence writes it, and `arrived` the same in monotonic seconds.

    `keeps`: another request may come on the same connection. `is_there` says whether somebody is there to get an answer still.
    """

    url: str
    message: Message = field(repr=False)
    started: str
    arrived: float
    tls: Tls | None = None
    keeps: bool = True
    is_there: Callable[[], bool] = field(default=_somebody, repr=False)

    @property
    def body(self) -> bytes:
        """What was posted, as it was on the wire."""
        return self.message.body


def request_now(url: str, headers: Headers, body: bytes, clock: Clock) -> Request:
    """A request of this moment that comes over no connection."""
    return Request(url, Message(headers, body), written(clock.now()), clock.monotonic())
