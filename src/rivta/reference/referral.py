"""A referral's life: what is remembered of it, and what a message that was accepted makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rivta.reference.incoming import Incoming
from rivta.reference.settings import RECIPIENT, REMITTENT, Settings, Unit


class Status(StrEnum):
    """How far a referral has come."""

    NEW = "new"
    """Not yet assessed (bedömd) by the recipient."""
    ASKED = "completion-requested"
    """The recipient has asked for a completion (KOM)."""
    ASSESSED = "assessed"
    """Accepted and confirmed (BEK)."""
    ANSWERED = "answered"
    """A final answer (SSV) has been given."""
    REJECTED = "rejected"
    """Avvisad (AVV)."""
    CANCELLED = "cancelled"
    """Avbruten (AVB)."""


CLOSED = frozenset({Status.REJECTED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Referral:
    """What is remembered of a referral. `side` is the role in which we hold it: remittent (sent) or remissmottagare (received).

    `fixed` is what an amendment may not change, `content` the fingerprint of what forwarding may not change (empty where
    unknown), `latest` that of the latest message about it, `outcomes` how many answers it has had.
    """

    side: str
    request_id: str
    version: int
    status: Status
    recipient: str
    fixed: Mapping[str, str]
    content: str = ""
    latest: str = ""
    outcomes: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """A message, the unit it is for, and what is known of its referral."""

    said: Incoming
    unit: Unit
    known: Referral | None
    settings: Settings

    @property
    def status(self) -> Status | None:
        """How far the referral has come, None if it is unknown."""
        return self.known.status if self.known else None

    @property
    def repeated(self) -> bool:
        """Whether this is the latest message about the referral once more."""
        return self.known is not None and self.known.latest == self.said.content


def side_of(contract: str) -> str:
    """The role in which the contract is answered."""
    return RECIPIENT if contract == "ProcessRequest" else REMITTENT


def after(situation: Situation) -> Referral:
    """The referral as the message leaves it."""
    said, known = situation.said, situation.known
    if said.contract == "ProcessRequest":
        status = situation.status if said.kind == "AB" and situation.status else Status.NEW
        return Referral(
            RECIPIENT, said.request_id, said.version, status, said.recipient, said.fixed, said.forwardable, said.content
        )
    if known is None:  # only a system that overlooks PRC002 or PRO002 comes here
        return Referral(REMITTENT, said.request_id, said.version, Status.NEW, said.sender, {}, latest=said.content)
    return replace(
        known,
        status=next_status(said.kind, known.status),
        version=said.version if said.kind == "VID" else known.version,
        recipient=said.forwarded_to if said.kind == "VID" else known.recipient,
        latest=said.content,
        outcomes=known.outcomes + (said.contract == "ProcessRequestOutcome"),
    )


def next_status(kind: str, status: Status) -> Status:
    """How far a referral has come when a message of that kind has been sent or received about it."""
    return _NEXT.get((kind, status), status)


_NEXT: Mapping[tuple[str, Status], Status] = {
    ("BEK", Status.NEW): Status.ASSESSED,
    ("BEK", Status.ASKED): Status.ASSESSED,
    ("KOM", Status.NEW): Status.ASKED,
    ("KOM", Status.ASSESSED): Status.ASKED,
    **{("AVV", status): Status.REJECTED for status in (Status.NEW, Status.ASKED, Status.ASSESSED)},
    **{("AVB", status): Status.CANCELLED for status in (Status.NEW, Status.ASKED, Status.ASSESSED)},
    **{("SSV", status): Status.ANSWERED for status in (Status.NEW, Status.ASKED, Status.ASSESSED)},
}
