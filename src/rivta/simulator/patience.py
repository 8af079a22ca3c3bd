"""How long the system waits for an answer, and when it sends again: after what, how many times, how long after.

Source: the contract description, section "Felhantering", and RIV-TA Basic Profile, rule 22: no resend after
VALIDATION_ERROR, a limited number after APPLICATION_ERROR, and after a technical error a limited number, at least five
minutes apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

OK: Final = "OK"
INFO: Final = "INFO"
VALIDATION: Final = "VALIDATION_ERROR"
APPLICATION: Final = "APPLICATION_ERROR"
FAULT: Final = "SOAP Fault"
PLATFORM: Final = "VP fault"
HTTP_ERROR: Final = "HTTP error"
UNREADABLE: Final = "unreadable answer"
INVALID: Final = "answer that breaks the schema"
TIMEOUT: Final = "no answer in time"
BROKEN: Final = "broken connection"
UNREACHED: Final = "no connection"
TECHNICAL: Final = (FAULT, PLATFORM, HTTP_ERROR, UNREADABLE, INVALID, TIMEOUT, BROKEN, UNREACHED)
"""What can come of a call where something technical went wrong, in words that a note can hold."""
EVERY: Final = (OK, INFO, VALIDATION, APPLICATION, *TECHNICAL)
"""All that can come of a call."""
DELIVERED: Final = frozenset({OK, INFO})

MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Resends:
    """At most how many times a message is sent again, and how many seconds after the answer, in the system's own time."""

    most: int
    seconds: float


NEVER: Final = Resends(0, 0.0)


def _usual() -> Mapping[str, Resends]:
    after = {APPLICATION: Resends(3, MINUTE), **dict.fromkeys(TECHNICAL, Resends(3, 5 * MINUTE))}
    # Who gave no answer learns a little later than we that it is no longer waited for, and counts from then.
    return {**after, TIMEOUT: Resends(3, 6 * MINUTE)}


@dataclass(frozen=True, slots=True)
class Patience:
    """`read_seconds` is how long an answer may take, in real time. `after` is what follows each kind of answer."""

    read_seconds: float = 30.0
    after: Mapping[str, Resends] = field(default_factory=_usual)

    def resends(self, heard: str) -> Resends:
        """What follows an answer of that kind; of one that is not named, nothing."""
        return self.after.get(heard, NEVER)
