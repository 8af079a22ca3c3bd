"""The post: sends letters, and sends them again as the system's patience says, until they are delivered or given up.

A resend is never early: the time is counted on the monotonic clock from when the answer had been read. What waits or is under
way ends when the post is closed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock, Timer
from typing import Final

from rivta.reference.client import Client
from rivta.reference.hearing import Heard
from rivta.reference.letter import Letter
from rivta.reference.patience import MINUTE, Patience

_LOG = logging.getLogger("rivta.reference")
_WORKERS: Final = 64
"""As many calls at once; each that gets no answer keeps one of them as long as it is waited for."""

Then = Callable[[], Sequence[str]]
"""What follows when a letter has been delivered; what came of that, in words."""


def nothing() -> Sequence[str]:
    """Nothing follows."""
    return ()


@dataclass(frozen=True, slots=True)
class Errand:
    """A letter on its way. `factor` is by how much the system's time is compressed, `times` how often it was sent again.

    `failed` is told of each attempt that did not deliver it, `given_up` when no more will be made.
    """

    letter: Letter
    patience: Patience
    factor: float
    repeat: Callable[[Letter], Letter]
    failed: Callable[[Heard], None]
    given_up: Callable[[Heard], None]
    delivered: Then = nothing
    times: int = 0

    def again(self, delivered: bool) -> Errand:
        """The next attempt with the same letter. What follows on its delivery follows once."""
        then = nothing if delivered else self.delivered
        return replace(self, letter=self.repeat(self.letter), times=self.times + 1, delivered=then)


class Post:
    """Sends from many threads at once; first attempts are made while the sender waits."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = Lock()
        self._timers: set[Timer] = set()
        self._closed = False
        # Schemas are compiled once a thread, so a few lasting threads read the answers.
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="rivta-reference-post")

    def send(self, errand: Errand) -> Sequence[str]:
        """Make the first attempt, and what follows at once when it succeeds. What came of each, in words."""
        return self._workers.submit(self._attempt, errand).result()

    def close(self) -> None:
        """Give up everything that waits or is under way."""
        with self._lock:
            self._closed = True
            timers = tuple(self._timers)
        for timer in timers:
            timer.cancel()
            timer.join()
        self._client.hang_up()
        self._workers.shutdown()

    def _attempt(self, errand: Errand) -> Sequence[str]:
        heard = self._client.call(errand.letter, errand.patience.read_seconds)
        answered = time.monotonic()
        _LOG.info("sent %s: %s", errand.letter.kind, heard)
        resends = errand.patience.resends(heard.kind)
        goes_on = errand.times < resends.most
        if goes_on:
            self._wait(errand.again(heard.delivered), answered + resends.seconds / errand.factor)
        if heard.delivered:
            return (str(heard), *errand.delivered())
        errand.failed(heard)
        if not goes_on:
            errand.given_up(heard)
        return (f"{heard}, {_what_next(goes_on, resends.seconds)}",)

    def _wait(self, errand: Errand, due: float) -> None:
        timer = Timer(max(0.0, due - time.monotonic()), lambda: self._when_due(timer, errand, due))
        with self._lock:
            if self._closed:
                return
            self._timers.add(timer)
            timer.start()

    def _when_due(self, timer: Timer, errand: Errand, due: float) -> None:
        while (left := due - time.monotonic()) > 0:  # a timer may wake a little early
            time.sleep(left)
        with self._lock:
            self._timers.discard(timer)
            if not self._closed:
                self._workers.submit(self._attempt, errand).add_done_callback(_tell)


def _tell(attempt: Future[Sequence[str]]) -> None:
    """An attempt that nobody waits for says in the log what broke in us."""
    if not attempt.cancelled() and (error := attempt.exception()) is not None:
        _LOG.error("a resend broke: %s", type(error).__name__)


def _what_next(goes_on: bool, seconds: float) -> str:
    return f"will resend in {seconds / MINUTE:g} min" if goes_on else "given up"
