"""What a check looks at, and what it says it saw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rivta.errors import Unreadable
from rivta.message import Envelope, ResultFacts, open_envelope, result_of
from rivta.model import Contract, Direction, Exchange, Finding, Message, Text

NOTHING = "–"
"""What is shown where there is nothing."""


@dataclass(frozen=True)
class Seen:
    """One exchange, read at most once however many checks look at it.

    `namespaces` are the suite's XPath prefixes. `fault_allowed` tells the `soap` check that the case counts on a SOAP
    Fault, or accepts one.
    """

    exchange: Exchange
    contract: Contract
    namespaces: Mapping[str, str]
    fault_allowed: bool = False

    @property
    def response(self) -> Message:
        """The reply. Without one there is nothing to check, and the conductor does not ask."""
        if self.exchange.response is None:
            raise Unreadable("there is no reply")
        return self.exchange.response

    @cached_property
    def envelope(self) -> Envelope:
        """The reply as a SOAP envelope. Raises `Unreadable` when it is none."""
        return open_envelope(self.response.body)

    @cached_property
    def request_envelope(self) -> Envelope:
        """What we sent, as a SOAP envelope. Raises `Unreadable`: a case may send what is none on purpose."""
        return open_envelope(self.exchange.request.body)

    def envelope_of(self, direction: Direction) -> Envelope:
        """The envelope of the request or of the response."""
        return self.envelope if direction is Direction.RESPONSE else self.request_envelope

    def body_of(self, direction: Direction) -> bytes:
        """The raw bytes of the request or of the response."""
        return self.response.body if direction is Direction.RESPONSE else self.exchange.request.body

    @cached_property
    def result(self) -> ResultFacts | None:
        """The `result` element of the reply, or None where there is none (a SOAP Fault has none)."""
        return result_of(self.envelope)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a check saw: what was expected, what there was, and what is wrong with it. No findings is a pass.

    `expected` and `actual` are values and signs, no sentences: they read the same in a Swedish and in an English report.
    `NOTHING` stands where there is none.
    `applies` is False where the check has nothing to say about this exchange; `note` then says why.
    """

    expected: str
    actual: str
    findings: tuple[Finding, ...] = ()
    note: Text | None = None
    applies: bool = field(default=True)


def not_applicable(why: Text) -> Observation:
    """The check does not concern this exchange."""
    return Observation("", "", note=why, applies=False)
