"""What the system does when it is told to: as remittent sends referrals and new versions, as remissmottagare says what becomes
of those it has received.

`with` names, all optional but requestId where a referral is meant:

    send-referral       patient, patient-root, recipient, from, requestId, text, optional, attachment, attachments
    complete-referral   requestId
    change-referral     requestId
    confirm, ask-completion, reject, cancel     requestId, text
    forward             requestId, to, text
    answer              requestId, kind (DSV, PSV, SSV), text, attachment, attachments
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from rivta.simulator import Acting, Action, Done, Draft, NotDone, Store
from rivta.text.xml import parse

from . import version, writing
from .demands import why_not
from .enclosure import FORMATS
from .fuller import filled_out
from .referral import (
    CONFIRMATION,
    OUTCOME,
    RECIPIENT,
    REMITTENT,
    REQUEST,
    Incoming,
    Referral,
    Status,
    find,
    keep,
    kept,
    next_status,
    read,
    save,
)

_TOLVAN: Final = "191212121212"
_CONTRACT_OF: Final = {
    **dict.fromkeys(("NR", "AR", "AB", "VR"), REQUEST),
    **dict.fromkeys(("BEK", "KOM", "VID", "AVB", "AVV"), CONFIRMATION),
    **dict.fromkeys(("DSV", "PSV", "SSV"), OUTCOME),
}
"""The contract that a message of each kind goes by."""
_ID_OF: Final = {
    REQUEST: "c:request/c:requestId",
    CONFIRMATION: "c:requestConfirmation/c:requestConfirmationId",
    OUTCOME: "c:requestOutcome/c:requestOutcomeId",
}
"""Where a message's own id stands, by contract."""


@dataclass(frozen=True, slots=True)
class _Writing:
    """One order in this domain's words: the referral that it is about, and the ways to send something about it."""

    acting: Acting

    @property
    def store(self) -> Store:
        return self.acting.context.store

    def says(self, name: str, default: str = "") -> str:
        return self.acting.order.says(name, default)

    def referral(self) -> Referral:
        """The referral that the order is about. Raises NotDone when there is none of that id."""
        request_id = self.says("requestId")
        found = find(self.store, self.acting.role, request_id)
        if found is None:
            raise NotDone("Remissen är okänd i systemet." if request_id else "Ange vilken remiss som avses: requestId.")
        return found

    def allow(self, kind: str, referral: Referral) -> None:
        """Raises NotDone when the contract forbids that kind of message now."""
        if why := why_not(kind, referral, self.acting.context.flaws.skip):
            raise NotDone(why)

    def latest(self, referral: Referral) -> etree._Element:
        """The referral in its latest version; one that is only known of is written out from what is known."""
        found = kept(self.store, referral.side, referral.request_id)
        return parse(found.encode()) if found else self._written_out(referral)

    def _written_out(self, referral: Referral) -> etree._Element:
        fixed = referral.fixed
        payload = writing.referral(
            self.acting.context.contracts[REQUEST],
            referral.request_id,
            writing.Patient.of(fixed["patient.personId.extension"], fixed.get("patient.personId.root", "")),
            time=self.now(),
            sender=fixed["requestOrganisation.careUnitId"],
            recipient=referral.recipient,
            written=fixed.get("author.date", ""),
        )
        return writing.numbered(payload, referral.version)

    def now(self) -> str:
        """The time in Sweden, as the contract writes it: YYYYMMDDhhmmss."""
        return self.acting.context.sweden().strftime("%Y%m%d%H%M%S")

    def unit(self, role: str, number: int = 0) -> str:
        """The HSA-id of one of our units in a role."""
        return self.acting.context.reference.units_of(role)[number].hsa_id

    def new_id(self, role: str) -> str:
        """An id of a message: the organisation's HSA-id and a number of its own."""
        organisations = self.acting.context.reference.organisations
        return f"{organisations[0 if role == REMITTENT else -1]}#{self.acting.new_id()}"

    def attachments(self) -> tuple[str, ...]:
        """The media types of what is to be attached. Raises NotDone for a format that the contract does not allow."""
        number = self.says("attachments", "1")
        media_type = self.says("attachment", "text/plain" if "attachments" in self.acting.order.data else "")
        if media_type and (media_type not in FORMATS or not number.isdecimal() or int(number) > 9):
            raise NotDone("Bilagan kan inte bifogas: formatet är inte tillåtet, eller bilagorna är för många.")
        return (media_type,) * int(number) if media_type else ()

    def draft(
        self,
        kind: str,
        request_id: str,
        address: str,
        sender: str,
        payload: etree._Element,
        *,
        about: etree._Element | None = None,
        is_further: bool = False,
    ) -> Draft:
        """A message of a kind. `about` is the referral in its latest version, `is_further` an answer after the final one."""
        contract = self.acting.context.contracts[_CONTRACT_OF[kind]]
        topic = f"NR {address}" if kind == "NR" else f"{contract.name} {request_id}"
        earlier = self.store.get("sent", topic) or ""
        values = {"earlier": earlier, "further": is_further, "about": [] if about is None else [about]}
        party = address if contract.name == REQUEST else request_id
        flawed = self.acting.flawed(Draft(contract, address, sender, payload, kind, request_id, party, values))
        party = flawed.address if contract.name == REQUEST else flawed.party
        about_id = _own_id(flawed) if contract.name == REQUEST else request_id
        return replace(flawed, about=about_id, party=party)

    def send(self, draft: Draft, known: Referral | None) -> Done:
        """Send a message, and remember that it was sent. What came of the first attempt stands in the note.

        Raises NotDone when the referral is no longer as it was known: somebody else has just acted on it, or was heard of it.
        """
        with self.store.transaction():
            if known and find(self.store, self.acting.role, known.request_id) != known:
                raise NotDone("Det har just hänt något med remissen. Försök igen.")
            self.remember(draft, known)
        return self.done(draft, self.acting.deliver(draft))

    def forward(self, draft: Draft, known: Referral, then: Callable[[], Sequence[str]]) -> Done:
        """Send a forwarded referral; only when it has been delivered is it remembered, and `then` follows."""

        def delivered() -> Sequence[str]:
            with self.store.transaction():
                self.remember(draft, known)
            return then()

        return self.done(draft, self.acting.deliver(draft, delivered))

    def done(self, draft: Draft, notes: Sequence[str]) -> Done:
        return Done("done", "; ".join(notes), {"requestId": draft.about} if draft.about else {})

    def remember(self, draft: Draft, known: Referral | None) -> None:
        contract = draft.contract.name
        topic = f"NR {draft.address}" if draft.kind == "NR" else f"{contract} {draft.about}"
        self.store.put("sent", topic, _own_id(draft))
        if contract == REQUEST:
            said = read(REQUEST, draft.payload)
            save(self.store, _amended(known, said, draft.kind, self.acting.role))
            keep(self.store, self.acting.role, said)
        elif known is not None:
            is_answer = contract == OUTCOME
            moved = next_status(draft.kind, known.status)
            save(self.store, replace(known, status=moved, outcomes=known.outcomes + is_answer))


def _own_id(draft: Draft) -> str:
    found = draft.payload.find(_ID_OF[draft.contract.name], writing.NAMESPACES)
    return "" if found is None else found.get("extension", "")


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


def send_referral(here: _Writing) -> Done:
    """A new referral (NR)."""
    sender, recipient = here.says("from", here.unit(REMITTENT)), here.says("recipient", here.unit(RECIPIENT))
    request_id = here.says("requestId") or here.new_id(REMITTENT)
    if find(here.store, REMITTENT, request_id):
        raise NotDone("En remiss med detta remiss-id är redan sänd.")
    payload = writing.referral(
        here.acting.context.contracts[REQUEST],
        request_id,
        writing.Patient.of(here.says("patient", _TOLVAN), here.says("patient-root")),
        time=here.now(),
        sender=sender,
        recipient=recipient,
        attachments=here.attachments(),
        text=here.says("text"),
    )
    if here.says("optional").lower() in {"yes", "true", "1"}:
        filled_out(payload, here.now())
    return here.send(here.draft("NR", request_id, recipient, sender, payload), None)


def complete_referral(here: _Writing) -> Done:
    """A completion (AR) of a referral that was sent."""
    return _amend(here, "AR", version.completed)


def change_referral(here: _Writing) -> Done:
    """A change of payment responsibility (AB) for a referral that was sent."""
    return _amend(here, "AB", version.charged)


def forward(here: _Writing) -> Done:
    """A referral that was received goes on to another unit (VR), and the remittent is told (VID) when it has got there."""
    known = here.referral()
    here.allow("VR", known)
    before, to = here.latest(known), here.says("to", here.unit(RECIPIENT, 1))
    if to.upper() == known.recipient.upper():
        raise NotDone("Remissen finns redan hos den enheten.")
    number = known.version + 1
    payload = version.forwarded(before, number, known.recipient, to, here.now())
    draft = here.draft("VR", known.request_id, to, known.recipient, payload, about=before)

    def tell() -> Sequence[str]:
        return (here.send(_word(here, "VID", known, before, number=number, to=to), None).note,)

    return here.forward(draft, known, tell)


def answer(here: _Writing) -> Done:
    """An answer (DSV, PSV, SSV) to a referral that was received."""
    kind = here.says("kind", "SSV")
    if _CONTRACT_OF.get(kind) != OUTCOME:
        raise NotDone("Ett svar är DSV, PSV eller SSV.")
    known = here.referral()
    here.allow(kind, known)
    about = here.latest(known)
    payload = writing.outcome(
        here.acting.context.contracts[OUTCOME],
        kind,
        about,
        here.new_id(RECIPIENT),
        time=here.now(),
        version=known.version,
        sender=known.recipient,
        attachments=here.attachments(),
        text=here.says("text"),
    )
    unit = writing.referring_unit(about)
    final = known.status is Status.ANSWERED
    draft = here.draft(kind, known.request_id, unit, known.recipient, payload, about=about, is_further=final)
    return here.send(draft, known)


def _amend(here: _Writing, kind: str, write: Callable[[etree._Element, int, str, str], etree._Element]) -> Done:
    known = here.referral()
    here.allow(kind, known)
    before = here.latest(known)
    payload = write(before, known.version + 1, known.recipient, here.now())
    sender = known.fixed["requestOrganisation.careUnitId"]
    draft = here.draft(kind, known.request_id, known.recipient, sender, payload, about=before)
    return here.send(draft, known)


def _confirm(kind: str) -> Callable[[_Writing], Done]:
    def confirm(here: _Writing) -> Done:
        known = here.referral()
        here.allow(kind, known)
        draft = _word(here, kind, known, here.latest(known), number=known.version)
        return here.send(draft, known)

    return confirm


def _word(here: _Writing, kind: str, known: Referral, about: etree._Element, *, number: int, to: str = "") -> Draft:
    payload = writing.confirmation(
        here.acting.context.contracts[CONFIRMATION],
        kind,
        about,
        here.new_id(RECIPIENT),
        time=here.now(),
        version=number,
        sender=known.recipient,
        forwarded_to=to,
        text=here.says("text"),
    )
    return here.draft(kind, known.request_id, writing.referring_unit(about), known.recipient, payload, about=about)


def _action(role: str, do: Callable[[_Writing], Done], *calls: str) -> Action:
    return Action(role, lambda acting: do(_Writing(acting)), calls)


ACTIONS: Final[Mapping[str, Action]] = {
    "send-referral": _action(REMITTENT, send_referral, REQUEST),
    "complete-referral": _action(REMITTENT, complete_referral, REQUEST),
    "change-referral": _action(REMITTENT, change_referral, REQUEST),
    "confirm": _action(RECIPIENT, _confirm("BEK"), CONFIRMATION),
    "ask-completion": _action(RECIPIENT, _confirm("KOM"), CONFIRMATION),
    "reject": _action(RECIPIENT, _confirm("AVV"), CONFIRMATION),
    "cancel": _action(RECIPIENT, _confirm("AVB"), CONFIRMATION),
    "forward": _action(RECIPIENT, forward, REQUEST, CONFIRMATION),
    "answer": _action(RECIPIENT, answer, OUTCOME),
}
"""Every action, by the name that an adapter calls it by."""
