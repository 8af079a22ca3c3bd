"""What a check looks at, and what it says it saw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rivta.contract.message import Envelope, ResultFacts, open_envelope, result_of
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.exchange import Exchange, Message
from rivta.model.run import Finding
from rivta.model.words import Direction, Text

NOTHING = "–"
"""What is shown where there is nothing."""


@dataclass(frozen=True)
class Seen:
    """One exchange, read at most once however many checks look at it.

    What is under test is the system's own message: the reply to what we sent, or the request of a call that we received.
    `namespaces` are the suite's XPath prefixes. `fault_allowed` tells the `soap` check that the case counts on a SOAP
    Fault, or accepts one. `earlier` are the exchanges of the case so far. `recipient` is the unit that the message is for, as
    far as the domain can tell. `personal` are the elements, by local name, that the domain says hold a person's name, address
    or free text.
    """

    exchange: Exchange
    contract: Contract
    namespaces: Mapping[str, str]
    fault_allowed: bool = False
    earlier: tuple[Exchange, ...] = ()
    recipient: str = ""
    personal: tuple[str, ...] = ()

    @property
    def direction(self) -> Direction:
        return Direction.REQUEST if self.exchange.inbound else Direction.RESPONSE

    @property
    def message(self) -> Message:
        """The system's message. Without one there is nothing to check, and the conductor does not ask."""
        return self.exchange.request if self.exchange.inbound else self.response

    @property
    def response(self) -> Message:
        """The reply. Raises `Unreadable` if there is none."""
        if self.exchange.response is None:
            raise Unreadable("there is no reply")
        return self.exchange.response

    @cached_property
    def envelope(self) -> Envelope:
        """The system's message as a SOAP envelope. Raises `Unreadable` when it is none."""
        return open_envelope(self.message.body)

    @cached_property
    def _other_envelope(self) -> Envelope:
        return open_envelope(self.response.body if self.exchange.inbound else self.exchange.request.body)

    def envelope_of(self, direction: Direction) -> Envelope:
        """The envelope of the request or of the response. Raises `Unreadable`: a case may send what is none on purpose."""
        return self.envelope if direction is self.direction else self._other_envelope

    def body_of(self, direction: Direction) -> bytes:
        return self.response.body if direction is Direction.RESPONSE else self.exchange.request.body

    @cached_property
    def result(self) -> ResultFacts | None:
        """The result of the system's message, or None where there is none (a SOAP Fault has none)."""
        return result_of(self.envelope, self.contract.result)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a check saw: what was expected, what there was, and what is wrong with it. No findings is a pass.

    `expected` and `actual` are values and signs, no sentences: they read the same in a Swedish and in an English report.
    `NOTHING` stands where there is none.
    `applies` is False where the check has nothing to say about this exchange; `note` then says why. `proves` is False where
    nothing is wrong with what was seen and nothing is shown by it either; `note` says why.
    """

    expected: str
    actual: str
    findings: tuple[Finding, ...] = ()
    note: Text | None = None
    applies: bool = field(default=True)
    proves: bool = field(default=True)


SILENT = Observation("", "", applies=False)
"""There is nothing here that the check is about, and nothing to tell of that."""


def not_applicable(why: Text) -> Observation:
    """The check does not concern this exchange."""
    return Observation("", "", note=why, applies=False)


OF_REPLIES = Text("Gäller svar, inte mottagna anrop.", "Concerns replies, not calls that were received.")
"""Why a check of how the system answers says nothing about how it calls."""
OF_CALLS = Text("Gäller mottagna anrop, inte svar.", "Concerns calls that were received, not replies.")
"""Why a check of how the system calls says nothing about how it answers."""
