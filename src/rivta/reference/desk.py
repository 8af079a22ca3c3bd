"""Where somebody sits at the system: what an action has at hand to write a message, send it and remember that it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from lxml import etree

from rivta.model.domain import Contract
from rivta.reference import compose
from rivta.reference.conduct import why_not
from rivta.reference.enclosure import FORMATS
from rivta.reference.faults import Flaws
from rivta.reference.hearing import Heard
from rivta.reference.incoming import Incoming, read
from rivta.reference.letter import OUTCOME, REQUEST, Draft, write
from rivta.reference.order import Answer, Order
from rivta.reference.patience import OK, Patience
from rivta.reference.post import Errand, Post, Then, nothing
from rivta.reference.referral import Referral, Status, next_status
from rivta.reference.settings import Settings
from rivta.reference.store import WARNING, Store
from rivta.text.xml import parse


class NotDone(Exception):
    """The system will not, or cannot, do what it was told. The text says why."""


@dataclass(frozen=True, slots=True)
class Office:
    """What all orders share. `shunned` are the parties that a fault no longer sends to."""

    store: Store
    settings: Settings
    flaws: Flaws
    contracts: Mapping[str, Contract]
    roles: frozenset[str]
    shunned: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Desk:
    """One order being carried out in one role."""

    office: Office
    post: Post
    order: Order
    side: str

    def referral(self) -> Referral:
        """The referral that the order is about. Raises NotDone when there is none of that id."""
        request_id = self.order.says("requestId")
        found = self.office.store.find(self.side, request_id)
        if found is None:
            raise NotDone("Remissen är okänd i systemet." if request_id else "Ange vilken remiss som avses: requestId.")
        return found

    def allow(self, kind: str, referral: Referral) -> None:
        """Raises NotDone when the contract forbids that kind of message now."""
        if why := why_not(kind, referral, self.office.flaws.overlook):
            raise NotDone(why)

    def paper(self, referral: Referral) -> etree._Element:
        """The referral in its latest version; one that is only known of is written out from what is known."""
        kept = self.office.store.paper(referral.side, referral.request_id)
        return parse(kept.encode()) if kept else self._written_out(referral)

    def attachments(self) -> tuple[str, ...]:
        """The media types of what is to be attached. Raises NotDone for a format that the contract does not allow."""
        number = self.order.says("attachments", "1")
        media_type = self.order.says("attachment", "text/plain" if "attachments" in self.order.data else "")
        if media_type and (media_type not in FORMATS or not number.isdecimal() or int(number) > 9):
            raise NotDone("Bilagan kan inte bifogas: formatet är inte tillåtet, eller bilagorna är för många.")
        return (media_type,) * int(number) if media_type else ()

    def new_id(self, organisation: str) -> str:
        """An id of a message: the organisation's HSA-id and a number of its own."""
        return f"{organisation}#{uuid4()}"

    def send(self, draft: Draft, known: Referral | None) -> Answer:
        """Send a message, and remember that it was sent. What came of the first attempt stands in the note.

        Raises NotDone when the referral is no longer as it was known: somebody else has just acted on it, or was heard of it.
        """
        draft = self._flawed(draft)
        with self.office.store.transaction():
            if known and self.office.store.find(self.side, known.request_id) != known:
                raise NotDone("Det har just hänt något med remissen. Försök igen.")
            self._remember(draft, known)
        return self._sent(draft, nothing)

    def forward(self, draft: Draft, known: Referral, then: Then) -> Answer:
        """Send a forwarded referral; only when it has been delivered is it remembered, and `then` follows."""
        draft = self._flawed(draft)

        def delivered() -> Sequence[str]:
            with self.office.store.transaction():
                self._remember(draft, known)
            return then()

        return self._sent(draft, delivered)

    def _flawed(self, draft: Draft) -> Draft:
        """The draft as it will be sent; a referral goes by the id that it says."""
        flawed = self.office.flaws.draft(draft)
        return replace(flawed, request_id=flawed.message_id) if flawed.contract == REQUEST else flawed

    def _remember(self, draft: Draft, known: Referral | None) -> None:
        store = self.office.store
        store.note_sent(draft.topic, draft.message_id)
        if draft.contract == REQUEST:
            said = read(REQUEST, draft.payload)
            store.save(_amended(known, said, draft.kind, self.side))
            store.keep(self.side, said.request_id, etree.tostring(draft.payload, encoding="unicode"))
        elif known is not None:
            store.save(_moved(known, draft))

    def _sent(self, draft: Draft, then: Then) -> Answer:
        return Answer("done", "; ".join(self._post(draft, then)), draft.request_id)

    def _post(self, draft: Draft, then: Then) -> Sequence[str]:
        office, contract = self.office, self.office.contracts[draft.contract]
        if draft.party in office.shunned:
            return (OK,)
        if office.flaws.keep_back(draft):
            return (OK, *then())
        letter = office.flaws.post(write(draft, contract, self.side, self.order.addresses[contract.name]))
        return self.post.send(
            Errand(
                letter,
                office.flaws.patience(Patience(office.settings.read_seconds)),
                self.order.factor,
                repeat=office.flaws.repeat,
                failed=lambda heard: self._failed(draft, heard),
                given_up=lambda heard: self._warn(draft, heard),
                delivered=then,
            )
        )

    def _failed(self, draft: Draft, heard: Heard) -> None:
        if heard.technical and self.office.flaws.shuns:
            self.office.shunned.add(draft.party)

    def _warn(self, draft: Draft, heard: Heard) -> None:
        """A felsignal to the user, who has to see to it that the message gets there some other way."""
        self.office.store.show(self.side, draft.request_id, WARNING, heard.kind)

    def _written_out(self, referral: Referral) -> etree._Element:
        fixed = referral.fixed
        payload = compose.referral(
            self.office.contracts[REQUEST],
            referral.request_id,
            compose.Patient.of(fixed["patient.personId.extension"], fixed.get("patient.personId.root", "")),
            sender=fixed["requestOrganisation.careUnitId"],
            recipient=referral.recipient,
            written=fixed.get("author.date", ""),
        )
        return compose.numbered(payload, referral.version)


def _amended(known: Referral | None, said: Incoming, kind: str, side: str) -> Referral:
    status = known.status if known and kind == "AB" else Status.NEW
    start = known or Referral(side, said.request_id, said.version, status, said.recipient, said.fixed)
    return replace(
        start,
        request_id=said.request_id,
        version=said.version,
        status=status,
        recipient=said.recipient,
        fixed=said.fixed,
        content=said.forwardable,
    )


def _moved(known: Referral, draft: Draft) -> Referral:
    is_answer = draft.contract == OUTCOME
    return replace(known, status=next_status(draft.kind, known.status), outcomes=known.outcomes + is_answer)
