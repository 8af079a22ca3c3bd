"""A call as the counterpart remembers it: what it is known by, how it was answered, and no more than that.

The message itself lies on disk, so that ten thousand calls cost no more memory than their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from rivta.counterpart.judging import Standing
from rivta.model.case import Behaviour

MESSAGE_ID = "message-id"
"""The fact that tells one message from another of the same content, where a domain has it."""
ADDRESS = "address"
"""What a `when` calls the logical address, beside the domain's facts."""

Why = Literal["nobody", "repeat", "earlier", "left", "unrouted", "unreadable", "refused"]
"""Why no case took a call: nobody waited for it; it repeats one that was taken; it came before we were started again; a case
waited, and ended without it; the platform would have refused it; it cannot be read; HTTP itself refused it.
"""


class Wanted(Protocol):
    """The call that somebody waits for; `rivta.run` has the one that is used."""

    @property
    def contract(self) -> str:
        """The contract that is called."""
        ...

    @property
    def when(self) -> Mapping[str, str]:
        """What tells the call: `address`, or facts of the domain, each with its text."""
        ...

    @property
    def answer(self) -> Behaviour:
        """How it is to be answered."""
        ...

    @property
    def since(self) -> float:
        """Calls that came after this, by the monotonic clock, and that nobody took, count too."""
        ...

    @property
    def repeatedly(self) -> bool:
        """Every call that fits, not only the first."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that came. `answer` is how it was, or is being, answered; `forced` if the message left no choice.

    `arrived` and `answered` are seconds of the monotonic clock; `answered` is 0 until then. `refers` is the number of the call
    that it repeats, `detail` says in words what is special about it.
    """

    number: int
    contract: str
    namespace: str
    address: str
    facts: Mapping[str, str]
    standing: Standing
    arrived: float
    answer: Behaviour
    forced: bool = False
    answered: float = 0.0
    why: Why = "nobody"
    refers: int = 0
    detail: str = ""

    def repeats(self, other: Arrival) -> bool:
        """Whether this is the same call again: contract, address and facts."""
        return (self.contract, self.address, self.facts) == (other.contract, other.address, other.facts)

    @property
    def likeness(self) -> int | None:
        """The same for every repeat of this message, and for no other. None where nothing in it tells it from others."""
        if not self.facts.get(MESSAGE_ID):
            return None
        return hash((self.contract, self.address, frozenset(self.facts.items())))


def fits(arrival: Arrival, contract: str, when: Mapping[str, str]) -> bool:
    """Whether a call is the one that is meant. No contract means any."""
    if contract and arrival.contract != contract:
        return False
    return not differences(arrival, when)


def differences(arrival: Arrival, when: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What tells a call from the one that is meant: name, wanted and seen. Addresses are alike whatever their case."""
    seen = (
        (name, wanted, arrival.address if name == ADDRESS else arrival.facts.get(name, ""))
        for name, wanted in when.items()
    )
    return [(name, wanted, value) for name, wanted, value in seen if not _alike(name, wanted, value)]


def _alike(name: str, wanted: str, seen: str) -> bool:
    return wanted == seen or (name == ADDRESS and wanted.lower() == seen.lower())
