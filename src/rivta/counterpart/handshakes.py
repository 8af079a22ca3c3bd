"""A port of its own for one handshake that is tried: another certificate, or another version of TLS, than the counterpart has. What comes through
it is a call like any other, kept and answered; what does not is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition
from typing import TYPE_CHECKING

from rivta.counterpart import listener
from rivta.counterpart.handler import Handler
from rivta.model.clock import written
from rivta.model.environment import Listening, Offer
from rivta.model.exchange import Call, Exchange, Message, Problem
from rivta.model.words import Blame, Text
from rivta.text.catalogue import text
from rivta.transport import problems, server, tls
from rivta.transport.callers import Connections, Kind
from rivta.transport.connection import offered_at
from rivta.transport.handshake import served

if TYPE_CHECKING:
    from rivta.counterpart.counterpart import Counterpart

_BROKEN_OFF = problems.said_words("UNEXPECTED_EOF", "caller")
_REFUSED: tuple[Kind, ...] = ("tls", "silent", "cut-short")
"""What a caller does that will not have us: it says so, or leaves without a call."""


class HandshakePort(Connections):
    """The connections to one port, and the calls that came on them. `url` is what its addresses begin with."""

    def __init__(self, counterpart: Counterpart, url: str) -> None:
        super().__init__()
        self.url = url
        self.rests = False
        self._is_greeted = False
        self._counterpart = counterpart
        self._changed = Condition()
        self._calls: deque[int] = deque()

    @property
    def time_factor(self) -> float:
        return self._counterpart.time_factor

    @property
    def addresses(self) -> Mapping[str, str]:
        """Contract, by identity → the URL where it can be called here."""
        return {
            name: self.url + url.removeprefix(self._counterpart.url)
            for name, url in self._counterpart.addresses.items()
        }

    def came(self, number: int) -> None:
        self._calls.append(number)
        self._tell()

    def note(self, number: int, kind: Kind, said: Text | None = None) -> None:
        if not self._is_greeted and said == _BROKEN_OFF:
            return  # who spoke no TLS has not seen what is offered: a firewall that looks, or somebody who tries the port
        super().note(number, kind, said)
        self._tell()

    def greeted(self, *_: object) -> None:
        self._is_greeted = True

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def take(self, seconds: float, until: float | None = None) -> Call | None:  # noqa: ARG002 - a waiter's signature
        """What came first: a call, or a connection without one, whose problem is the caller's where it will not have us. None in time."""
        clock = self._counterpart.clock
        with self._changed:
            clock.wait_for(self._changed, lambda: bool(self._calls or self.since(0)[0]), seconds)
        if self._calls:
            return _as_call(self._counterpart.taken(self._calls.popleft()))
        without_call, _ = self.since(0)
        if not without_call:
            return None
        first = without_call[0]
        blame = Blame.SYSTEM if first.kind in _REFUSED else Blame.ENVIRONMENT
        problem = Problem("tls", first.text, blame)
        nothing, at = Message((), b""), written(clock.now())
        return _as_call(Exchange("", self.url, nothing, None, None, at, 0.0, problem=problem, inbound=True))

    def state(self) -> tuple[Text | None, int]:
        """That nothing has reached the port, or that somebody has and says nothing."""
        key = "still_open" if self.made else "nothing"
        return text("counterpart", key, url=self.url), self.made

    def unclear(self, since: float) -> int:  # noqa: ARG002 - a waiter's signature
        """None: whatever comes is what is tried."""
        return 0


def _as_call(exchange: Exchange) -> Call:
    return Call(exchange, "", {}, 0.0, 0.0, 0)


@contextmanager
def opened(counterpart: Counterpart, listening: Listening, offer: Offer) -> Iterator[HandshakePort]:
    """The port, until the block ends. OSError or ValueError for files that cannot be used, UsageError for a port that cannot be had."""
    files = replace(offer.files, ca=listening.tls.ca, crl=None)
    context = served(replace(offer, files=files))
    with listener.bound(replace(listening, port=listening.offers[offer.called])) as bound:
        port = HandshakePort(counterpart, offered_at(listening, bound.getsockname()[1]))
        context.sni_callback = port.greeted
        exchanges = listener.Exchanges(Handler(*counterpart.handling, came=port.came), counterpart, port, port.url, 0.0)
        with server.serving(bound, context, exchanges, port, tls.own(files, is_server=True, whatever=True)):
            yield port
