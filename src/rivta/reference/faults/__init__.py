"""Every named fault of the reference system, and the sum of those that a system was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Headers
from rivta.reference.demands import Demand
from rivta.reference.faults.answering import ANSWERING
from rivta.reference.faults.calling import CALLING
from rivta.reference.faults.content import CONTENT
from rivta.reference.faults.course import COURSE
from rivta.reference.faults.door import DOOR
from rivta.reference.faults.enclosing import ENCLOSING
from rivta.reference.faults.fault import Fault
from rivta.reference.faults.lenient import LENIENT
from rivta.reference.faults.narrow import NARROW
from rivta.reference.faults.resending import RESENDING
from rivta.reference.faults.sequel import SEQUEL
from rivta.reference.faults.wire import WIRE
from rivta.reference.letter import Draft, Letter
from rivta.reference.patience import Patience
from rivta.reference.reply import Outcome, Reply

__all__ = ["CALLERS", "FAULTS", "Fault", "Flaws"]

_ANSWERING = (*LENIENT, *DOOR, *NARROW, *COURSE, *ANSWERING, *WIRE)
_CALLING = (*CALLING, *RESENDING, *CONTENT, *ENCLOSING, *SEQUEL)
FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in (*_ANSWERING, *_CALLING)}
CALLERS: frozenset[str] = frozenset(fault.name for fault in _CALLING)
"""The faults that show in what the system sends, or shows its user, and not in how it answers."""


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

    @property
    def shuns(self) -> bool:
        """Whether nothing more is sent to who once answered by a technical error."""
        return any(fault.shuns for fault in self.faults)

    def draft(self, draft: Draft) -> Draft:
        """A message's content as these faults make it. The draft that is given is used up."""
        for fault in self.faults:
            draft = fault.drafts(draft)
        return draft

    def keep_back(self, draft: Draft) -> bool:
        """Whether the message is not sent at all."""
        return any(fault.keeps_back(draft) for fault in self.faults)

    def post(self, letter: Letter) -> Letter:
        """The letter as these faults make it."""
        for fault in self.faults:
            letter = fault.posts(letter)
        return letter

    def repeat(self, letter: Letter) -> Letter:
        """The letter as these faults send it again."""
        for fault in self.faults:
            letter = fault.repeats(letter)
        return letter

    def patience(self, patience: Patience) -> Patience:
        """The patience that these faults leave."""
        for fault in self.faults:
            patience = fault.patience(patience)
        return patience

    def hides(self, what: str) -> bool:
        """Whether that is not shown to the user: a referral, a confirmation, an answer, a warning."""
        return any(what in fault.hidden for fault in self.faults)
