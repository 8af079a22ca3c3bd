"""A function in the place of a system: for tests, and for a peer that lives in the same process."""

from __future__ import annotations

import time
from collections.abc import Callable

from rivta.model.exchange import Exchange, Message
from rivta.model.words import Headers
from rivta.transport.clock import utc_now


class Loopback:
    """A transport that asks a function: request headers and body in; status, headers and body out."""

    def __init__(self, function: Callable[[Headers, bytes], tuple[int, Headers, bytes]]) -> None:
        self._function = function

    def send(self, url: str, headers: Headers, body: bytes, contract: str) -> Exchange:
        """One call. What the function raises is nobody's answer, and goes through."""
        started, clock = utc_now(), time.perf_counter()
        status, answer_headers, answer = self._function(headers, body)
        elapsed_ms = (time.perf_counter() - clock) * 1000
        response = Message(answer_headers, answer)
        return Exchange(contract, url, Message(headers, body), response, status, started, elapsed_ms)
