"""A clock on which no real time passes: it goes to the next thing that is due as soon as everybody waits.

Each timer's call runs in a thread beside the others, since it may itself sleep and wait as any program does; but only one thread
runs at any time, and the next one is taken in the order of what is due (then of who asked first), so a play is the same every
time, to the identifiers in its messages. The threads last, since each compiles the schemas for itself.
"""

import heapq
import itertools
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

from rivta.model.clock import SystemClock, Timer

_START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_STUCK_SECONDS = 60
"""Of the real clock: how long somebody may wait for a turn before a test is told that it hangs."""


class Stuck(AssertionError):
    """Everybody waits, and nothing is due that could end it."""


class _Closed(BaseException):
    """The play is over, and whoever still waits goes home."""


class _Beside(Thread):
    """A thread for one call after another. Those that have nothing to do are taken first."""

    idle: ClassVar[list["_Beside"]] = []

    def __init__(self) -> None:
        super().__init__(name="beside", daemon=True)
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.start()

    @classmethod
    def run_next(cls, call: Callable[[], None]) -> None:
        beside = cls.idle.pop() if cls.idle else cls()
        beside._calls.put(call)

    def run(self) -> None:
        while True:
            call = self._calls.get()
            call()
            self.idle.append(self)


@dataclass(eq=False)
class _Entry:
    """Something that is due: a call to start, or a thread to wake."""

    due: float
    number: int
    call: Callable[[], None] | None = None
    holds: Callable[[], bool] | None = None
    is_over: bool = False
    turn: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        self.is_over = True

    def __lt__(self, other: "_Entry") -> bool:
        return (self.due, self.number) < (other.due, other.number)


class SimulatedClock:
    """Time that passes only when everybody waits."""

    def __init__(self, start: datetime = _START) -> None:
        self._start, self._passed = start, 0.0
        self._numbers = itertools.count()
        self._ids = itertools.count()
        self._entries: list[_Entry] = []
        self._waiting: list[_Entry] = []
        self._broken: list[BaseException] = []
        self._is_closed = False

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._wait(self._entry(seconds))

    def timer(self, seconds: float, call: Callable[[], None]) -> _Entry:
        return self._entry(max(0.0, seconds), call)

    def wait_for(self, condition: threading.Condition, holds: Callable[[], bool], seconds: float | None) -> bool:
        if holds():
            return True
        if seconds is not None and seconds <= 0:
            return False
        entry = self._entry(math.inf if seconds is None else seconds)
        entry.holds = holds
        self._waiting.append(entry)
        condition.release()
        try:
            self._wait(entry)
        finally:
            condition.acquire()
            self._waiting.remove(entry)
        return holds()

    def new_id(self) -> UUID:
        return uuid5(NAMESPACE_OID, str(next(self._ids)))

    def _entry(self, seconds: float, call: Callable[[], None] | None = None) -> _Entry:
        # A wait ends later than it began, however short it is.
        due = max(self._passed + seconds, math.nextafter(self._passed, math.inf)) if seconds > 0 else self._passed
        entry = _Entry(due, next(self._numbers), call)
        heapq.heappush(self._entries, entry)
        return entry

    def close(self) -> None:
        """Let go of everybody who still waits: a play is over. Nobody uses the clock after that."""
        self._is_closed = True
        for entry in self._entries:
            entry.turn.set()

    def _wait(self, entry: _Entry) -> None:
        self._pass_on()
        if not entry.turn.wait(_STUCK_SECONDS):
            raise Stuck(f"no turn came within {_STUCK_SECONDS} s: something waits by other means than the clock")
        entry.is_over = True
        if self._is_closed:
            raise _Closed
        if self._broken:
            raise self._broken.pop()

    def _pass_on(self) -> None:
        """Whose turn it is: somebody whose wait is over, else what is due next."""
        entry = (
            next((entry for entry in self._waiting if not entry.is_over and entry.holds and entry.holds()), None)
            or self._next_due()
        )
        entry.is_over = True
        if entry.call is None:
            entry.turn.set()
        else:
            _Beside.run_next(partial(self._run, entry.call))

    def _next_due(self) -> _Entry:
        while self._entries and self._entries[0].is_over:
            heapq.heappop(self._entries)
        if not self._entries or self._entries[0].due == math.inf:
            raise Stuck("everybody waits, and nothing is due that could end it")
        entry = heapq.heappop(self._entries)
        self._passed = max(self._passed, entry.due)
        return entry

    def _run(self, call: Callable[[], None]) -> None:
        try:
            call()
        except _Closed:
            return
        except BaseException as error:  # noqa: BLE001 -- it is told in the thread that waits, where a test sees it
            self._broken.append(error)
        try:
            self._pass_on()
        except Stuck as stuck:
            self._broken.append(stuck)
            self._waiting[0].turn.set()


class HurriedClock(SystemClock):
    """The machine's clock, only that time passes faster: where real parts wait for one another, and nobody says when all wait."""

    def __init__(self, factor: int) -> None:
        self._factor, self._began = factor, super().now()

    def now(self) -> datetime:
        return self._began + (super().now() - self._began) * self._factor

    def monotonic(self) -> float:
        return super().monotonic() * self._factor

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / self._factor)

    def timer(self, seconds: float, call: Callable[[], None]) -> Timer:
        return super().timer(seconds / self._factor, call)

    def wait_for(self, condition: threading.Condition, holds: Callable[[], bool], seconds: float | None) -> bool:
        return super().wait_for(condition, holds, None if seconds is None else seconds / self._factor)
