"""A function in the place of a system: for tests, and for a peer that lives in the same process."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from contextlib import ExitStack

from rivta.model.clock import SYSTEM, Clock, written
from rivta.model.exchange import Exchange, Message
from rivta.model.words import Headers


class Loopback:
    """A transport that asks a function: request headers and body in; status, headers and body out."""

    def __init__(self, function: Callable[[Headers, bytes], tuple[int, Headers, bytes]], clock: Clock = SYSTEM) -> None:
        self._function = function
        self._clock = clock

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        """One call. What the function raises is nobody's answer, and goes through."""
        started, began = written(self._clock.now()), self._clock.monotonic()
        status, answer_headers, answer = self._function(headers, body)
        elapsed_ms = (self._clock.monotonic() - began) * 1000
        response = Message(answer_headers, answer)
        return Exchange(contract, url, Message(headers, body), response, status, started, elapsed_ms)


def free_ports(count: int) -> int:
    """The first of so many that nobody listens on now. Each time others: who asked at the same moment in another process
    does not listen yet. Below those that the machine gives to whoever calls.
    """
    while True:
        first = random.randrange(20000, 32000 - count)  # noqa: S311 - nothing is kept secret by it
        with ExitStack() as opened:
            try:
                for port in range(first, first + count):
                    opened.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
