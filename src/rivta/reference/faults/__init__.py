"""Every named fault of the reference system, and the sum of those that a system was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rivta.errors import UsageError, did_you_mean
from rivta.model import Headers
from rivta.reference.demands import Demand
from rivta.reference.faults.answering import ANSWERING
from rivta.reference.faults.course import COURSE
from rivta.reference.faults.door import DOOR
from rivta.reference.faults.fault import Fault
from rivta.reference.faults.lenient import LENIENT
from rivta.reference.faults.narrow import NARROW
from rivta.reference.faults.wire import WIRE
from rivta.reference.reply import Outcome, Reply

__all__ = ["FAULTS", "Fault", "Flaws"]

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in (*LENIENT, *DOOR, *NARROW, *COURSE, *ANSWERING, *WIRE)}


@dataclass(frozen=True, slots=True)
class Flaws:
    """The faults of one system, together. Of none, everything passes through as it is."""

    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> Flaws:
        """The faults of those names. Raises UsageError for a name that there is none of."""
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            if name not in FAULTS:
                raise UsageError(f"there is no fault called “{name}”", todo=did_you_mean(name, FAULTS))
        return cls(tuple(FAULTS[name] for name in wanted))

    @property
    def demands(self) -> tuple[Demand, ...]:
        """What is demanded too much."""
        return tuple(demand for fault in self.faults for demand in fault.demands)

    def turn_away(self, headers: Headers, body: bytes) -> bool:
        """Whether the message is called invalid before it is read."""
        return any(fault.turns_away(headers, body) for fault in self.faults)

    def overlook(self, demand: str) -> bool:
        """Whether the demand of that name is not made."""
        return any(demand in fault.overlooks for fault in self.faults)

    def answer(self, outcome: Outcome, body: bytes) -> Outcome:
        """The outcome as these faults make it. `body` is the message that it answers."""
        for fault in self.faults:
            outcome = fault.answers(outcome, body)
        return outcome

    def write(self, text: str) -> str:
        """The envelope as these faults make it."""
        for fault in self.faults:
            text = fault.writes(text)
        return text

    def send(self, reply: Reply, outcome: Outcome) -> Reply:
        """The HTTP answer as these faults make it."""
        for fault in self.faults:
            reply = fault.sends(reply, outcome)
        return reply
