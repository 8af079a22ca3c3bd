"""What time it is, waiting, and names that nothing else has: handed in to whoever needs it, so that a test can play an hour in a
millisecond, and the same hour twice.

Nothing else in `src` reads a clock of the machine or waits by it; `tests/test_layers.py` says so.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")
"""Where the times in messages are told: RIV-TA writes them without a zone."""


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Never call, if it has not been called yet."""


class Clock(Protocol):
    """The time, and everything that waits for it to pass. All spans are seconds."""

    def now(self) -> datetime:
        """The date and time, in UTC: to tell and to write down, never to measure by."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back: to measure by."""

    def sleep(self, seconds: float) -> None:
        """Come back when so much time has passed; at once for zero and less."""

    def timer(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Have something called later, beside whatever goes on then; `timer(0, …)` is how to start something beside."""

    def wait_for(self, condition: threading.Condition, holds: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until something holds, at most so long (None: for ever); whether it does. The condition is held by the caller."""

    def new_id(self) -> UUID:
        """An identifier that nothing else has, whenever it was made."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:  # a sleeper may be woken a little early
            time.sleep(left)

    def timer(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = threading.Timer(max(0.0, seconds), call)
        timer.daemon = True
        timer.start()
        return timer

    def wait_for(self, condition: threading.Condition, holds: Callable[[], bool], seconds: float | None) -> bool:
        return condition.wait_for(holds, seconds)

    def new_id(self) -> UUID:
        return uuid4()


class Unhurried(SystemClock):
    """The same for what is only looked at again, such as attempts whose answers are known: nobody sleeps."""

    def sleep(self, seconds: float) -> None:
        pass


SYSTEM = SystemClock()
"""The clock of whoever is not told of another: only where a program begins, and as what a parameter is when nobody gives it."""


def written(moment: datetime) -> str:
    """A moment as evidence writes it: ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
