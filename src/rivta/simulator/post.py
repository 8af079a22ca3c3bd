"""Sends requests, and sends them again as the system's patience says, until they are delivered or given up.

A resend is never early: the time is counted from when the answer had been read. What waits or is under way ends when the
post is closed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from threading import Condition
from typing import Protocol

from rivta.model.clock import Clock, Timer
from rivta.model.frozen import frozen
from rivta.simulator.answered import MINUTE, Answered, Patience
from rivta.simulator.outgoing import Outgoing

_UNDER_WAY_SECONDS = 10.0
_LOG = logging.getLogger("rivta.reference")

Then = Callable[[], Sequence[str]]
"""What follows when a request has been delivered; what came of that, in words."""


class Caller(Protocol):
    """The way out: over HTTP, or straight to somebody in the same process."""

    def call(self, request: Outgoing, read_seconds: float) -> Answered:
        """What came of sending the request once. `read_seconds` is how long its answer may take."""

    def hang_up(self) -> None: ...

    def close(self) -> None: ...


def nothing() -> Sequence[str]:
    """Nothing follows."""
    return ()


@frozen
class Delivery:
    """A request on its way. `factor` is by how much the system's time is compressed, `times` how often it was sent again.

    `answered` is told what came of each attempt and after how many seconds, `failed` of each that did not deliver it,
    `given_up` when no more will be made.
    """

    request: Outgoing
    patience: Patience
    factor: float
    repeat: Callable[[Outgoing], Outgoing]
    answered: Callable[[str, float], None]
    failed: Callable[[Answered], None]
    given_up: Callable[[Answered], None]
    delivered: Then = nothing
    read: Callable[[Answered], None] = lambda _: None
    times: int = 0

    def again(self, delivered: bool) -> Delivery:
        """The next attempt with the same request. What follows on its delivery follows once."""
        then = nothing if delivered else self.delivered
        return replace(self, request=self.repeat(self.request), times=self.times + 1, delivered=then)


class Post:
    """Sends from many threads at once; first attempts are made while the sender waits, later ones when the clock says."""

    def __init__(self, caller: Caller, clock: Clock) -> None:
        self._caller = caller
        self._clock = clock
        self._changed = Condition()
        self._numbers = count()
        self._timers: dict[int, Timer] = {}
        self._to_come: dict[int, Delivery] = {}
        """Each attempt that waits, or is under way since it had waited."""
        self._cases: dict[str, str] = {}
        """The latest case of each tester, by where the system calls it."""
        self._under_way = 0
        self._closed = False

    def send(self, delivery: Delivery, after: float = 0.0) -> Sequence[str]:
        """Make the first attempt, and what follows at once when it succeeds. What came of each, in words.

        With `after` it is made later, so many seconds in the system's own time, and nobody waits for it.
        """
        if not after:
            return self._attempt(delivery)
        self._later(delivery, after / delivery.factor)
        return (f"will be sent in {after:g} s",)

    def ends(self, about: Collection[str], seconds: float) -> bool:
        """Whether nothing about these is to be sent again, at the latest after so long."""
        with self._changed:
            return self._clock.wait_for(self._changed, lambda: not set(about).intersection(self._about()), seconds)

    def _about(self) -> Iterator[str]:
        return (each.request.about for each in self._to_come.values())

    def turn(self, case: str, place: str) -> None:
        """What waits to be sent again there for another case is given up: whoever tests is done with it, and begins on another."""
        with self._changed:
            if self._cases.setdefault(place, case) != case:
                self._cases[place] = case
                self._clock.wait_for(self._changed, lambda: self._is_given_up(place), _UNDER_WAY_SECONDS)

    def _is_given_up(self, place: str) -> bool:
        """Give up what waits to go there. False while something is under way, which may yet have to wait."""
        there = [number for number, each in self._to_come.items() if each.request.url.startswith(place)]
        waiting = [number for number in there if number in self._timers]
        for number in waiting:
            self._timers.pop(number).cancel()
            del self._to_come[number]
        return there == waiting

    def tries_another(self, address: str) -> bool:
        """Whether something is to be sent again to another logical address than this."""
        with self._changed:
            again = (one.request for one in self._to_come.values() if one.times)
            return any(request.values.get("address") != address for request in again)

    def close(self) -> None:
        """Give up everything that waits or is under way."""
        with self._changed:
            self._closed = True
            for timer in self._timers.values():
                timer.cancel()
        self._caller.hang_up()
        with self._changed:
            self._clock.wait_for(self._changed, lambda: not self._under_way, None)
        self._caller.close()

    def _attempt(self, delivery: Delivery) -> Sequence[str]:
        began = self._clock.monotonic()
        answered = self._caller.call(delivery.request, delivery.patience.read_seconds)
        delivery.answered(answered.kind, self._clock.monotonic() - began)
        answered = delivery.patience.heard(answered)
        _LOG.info("sent %s: %s", delivery.request.kind, answered)
        resends = delivery.patience.resends(answered.kind)
        goes_on, wait = delivery.times < resends.most, resends.after(delivery.times)
        if goes_on:
            self._later(delivery.again(answered.delivered), wait / delivery.factor)
        if answered.delivered:
            delivery.read(answered)
            return (str(answered), *delivery.delivered())
        delivery.failed(answered)
        if not goes_on:
            delivery.given_up(answered)
        return (f"{answered}, {f'will resend in {wait / MINUTE:g} min' if goes_on else 'given up'}",)

    def _later(self, delivery: Delivery, seconds: float) -> None:
        due = self._clock.monotonic() + seconds
        with self._changed:
            if not self._closed:
                number = next(self._numbers)
                self._to_come[number] = delivery
                self._timers[number] = self._clock.timer(seconds, partial(self._when_due, number, delivery, due))

    def _when_due(self, number: int, delivery: Delivery, due: float) -> None:
        self._clock.sleep(due - self._clock.monotonic())  # a timer may be a little early
        with self._changed:
            if self._timers.pop(number, None) is None or self._closed:
                return
            self._under_way += 1
        try:
            self._attempt(delivery)
        except Exception as error:  # noqa: BLE001 (nobody waits for this attempt, so the log is told)
            _LOG.error("a resend broke: %s", type(error).__name__)
        finally:
            with self._changed:
                self._under_way -= 1
                del self._to_come[number]
                self._changed.notify_all()
