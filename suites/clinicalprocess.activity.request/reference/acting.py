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
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lxml import etree

from rivta.model.words import Value
from rivta.simulator import Acting, Action, Done, Draft, NotDone, Store, filled
from rivta.text.xml import parse

from .demands import why_not
from .referral import (
    CONFIRMATION,
    NAMESPACES,
    OUTCOME,
    PERSONNUMMER,
    RECIPIENT,
    REMITTENT,
    REQUEST,
    SAMORDNINGSNUMMER,
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
_TEMPLATES: Final = {REQUEST: "referral", CONFIRMATION: "confirmation", OUTCOME: "outcome"}
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
        return self.message(
            "NR",
            referral.request_id,
            version=str(referral.version),
            patient=fixed["patient.personId.extension"],
            patient_root=fixed.get("patient.personId.root", ""),
            sender=fixed["requestOrganisation.careUnitId"],
            recipient=referral.recipient,
            author_date=fixed.get("author.date", ""),
        )

    def message(self, kind: str, ident: str, **values: str) -> etree._Element:
        """A message written from nothing, by its template. `values` are the placeholders', with _ for -."""
        contract, now = _CONTRACT_OF[kind], self.acting.now()
        known: dict[str, Value] = {
            "id": ident,
            "kind": kind,
            "now": now,
            "text": self.says("text") or self.acting.told("texts", kind),
            **{name.replace("_", "-"): value for name, value in values.items()},
        }
        if contract == REQUEST:
            known["author-date"] = values.get("author_date") or now[:8]
            known["patient-root"] = values.get("patient_root") or _root(values["patient"])
            known["patient-name"] = self.acting.told("names", values["patient"]) or "Test Testsson"
        payload = _template(_TEMPLATES[contract], known)
        return self.acting.edited(payload, "new" if contract == REQUEST else "said")

    def next_version(self, known: Referral, before: etree._Element, edits: str, **values: str) -> etree._Element:
        """The next version of a referral, made from the one before."""
        return self.acting.edited(deepcopy(before), "next", edits, version=str(known.version + 1), **values)

    def enclose(self, payload: etree._Element, ident: str) -> etree._Element:
        """The payload with what is to be attached. Raises NotDone for what the contract does not allow."""
        number = self.says("attachments", "1")
        media_type = self.says("attachment", "text/plain" if "attachments" in self.acting.order.data else "")
        content = self.acting.told("attachments", media_type)
        if media_type and (not content or not number.isdecimal() or int(number) > 9):
            raise NotDone("Bilagan kan inte bifogas: formatet är inte tillåtet, eller bilagorna är för många.")
        shown = media_type.rpartition("/")[2].upper()
        for each in range(1, int(number) + 1 if media_type else 1):
            values: dict[str, Value] = {"id": ident, "number": str(each), "media-type": media_type, "shown": shown}
            payload[0].append(_template("attachment", {**values, "content": content}))
        return payload

    def unit(self, role: str, number: int = 0) -> str:
        """The HSA-id of one of our units in a role."""
        return self.acting.context.reference.units_of(role)[number].hsa_id

    def new_id(self, role: str) -> str:
        """An id of a message: the organisation's HSA-id and a number of its own."""
        organisations = self.acting.context.reference.organisations
        return f"{organisations[0 if role == REMITTENT else -1]}#{self.acting.new_id()}"

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
    found = draft.payload.find(_ID_OF[draft.contract.name], NAMESPACES)
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
    payload = here.message(
        "NR",
        request_id,
        version="1",
        patient=here.says("patient", _TOLVAN),
        patient_root=here.says("patient-root"),
        sender=sender,
        recipient=recipient,
    )
    here.enclose(payload, request_id)
    if here.says("optional").lower() in {"yes", "true", "1"}:
        here.acting.edited(payload, "filled-out", "charged")
    return here.send(here.draft("NR", request_id, recipient, sender, payload), None)


def _amend(kind: str, edits: str) -> Callable[[_Writing], Done]:
    """A completion (AR), or a change of payment responsibility (AB), of a referral that was sent."""

    def amend(here: _Writing) -> Done:
        known = here.referral()
        here.allow(kind, known)
        before = here.latest(known)
        payload = here.next_version(known, before, edits, kind=kind, to=known.recipient)
        sender = known.fixed["requestOrganisation.careUnitId"]
        return here.send(here.draft(kind, known.request_id, known.recipient, sender, payload, about=before), known)

    return amend


def forward(here: _Writing) -> Done:
    """A referral that was received goes on to another unit (VR), and the remittent is told (VID) when it has got there."""
    known = here.referral()
    here.allow("VR", known)
    before, to = here.latest(known), here.says("to", here.unit(RECIPIENT, 1))
    if to.upper() == known.recipient.upper():
        raise NotDone("Remissen finns redan hos den enheten.")
    payload = here.next_version(known, before, "forwarded", kind="VR", to=to, sender=known.recipient)
    draft = here.draft("VR", known.request_id, to, known.recipient, payload, about=before)

    def tell() -> Sequence[str]:
        word = _word(here, "VID", known, before, version=known.version + 1, forwarded_to=to)
        return (here.send(word, None).note,)

    return here.forward(draft, known, tell)


def answer(here: _Writing) -> Done:
    """An answer (DSV, PSV, SSV) to a referral that was received."""
    kind = here.says("kind", "SSV")
    if _CONTRACT_OF.get(kind) != OUTCOME:
        raise NotDone("Ett svar är DSV, PSV eller SSV.")
    return _confirm(kind)(here)


def _confirm(kind: str) -> Callable[[_Writing], Done]:
    """A confirmation, or an answer, of a referral that was received."""

    def confirm(here: _Writing) -> Done:
        known = here.referral()
        here.allow(kind, known)
        return here.send(_word(here, kind, known, here.latest(known), version=known.version), known)

    return confirm


def _word(
    here: _Writing, kind: str, known: Referral, about: etree._Element, *, version: int, forwarded_to: str = ""
) -> Draft:
    """What is said of a referral to the unit that sent it: a confirmation, or an answer with what is attached."""
    ident, unit = here.new_id(RECIPIENT), _said(about, "c:requestOrganisation/c:careUnitId/@extension")
    payload = here.message(
        kind,
        ident,
        version=str(version),
        request_id=_said(about, "c:requestId/@extension"),
        patient=_said(about, "c:patient/c:personId/@extension"),
        patient_root=_said(about, "c:patient/c:personId/@root"),
        patient_name=_said(about, "c:patient/c:name/text()"),
        sender=known.recipient,
        recipient=unit,
        forwarded_to=forwarded_to,
    )
    if _CONTRACT_OF[kind] == OUTCOME:
        here.enclose(payload, ident)
    is_further = known.status is Status.ANSWERED
    return here.draft(kind, known.request_id, unit, known.recipient, payload, about=about, is_further=is_further)


def _said(about: etree._Element, path: str) -> str:
    found = about.xpath(f"c:request/{path}", namespaces=NAMESPACES)
    return str(found[0]) if isinstance(found, list) and found else ""


def _root(number: str) -> str:
    """The kind of an identity: a day of birth over 60 tells a samordningsnummer from a personnummer."""
    day = number[6:8]
    return SAMORDNINGSNUMMER if day.isdecimal() and int(day) > 60 else PERSONNUMMER


def _template(name: str, values: Mapping[str, Value]) -> etree._Element:
    return parse(filled(Path(__file__).with_name("messages") / f"{name}.xml", values).encode())


def _action(role: str, do: Callable[[_Writing], Done], *calls: str) -> Action:
    return Action(role, lambda acting: do(_Writing(acting)), calls)


ACTIONS: Final[Mapping[str, Action]] = {
    "send-referral": _action(REMITTENT, send_referral, REQUEST),
    "complete-referral": _action(REMITTENT, _amend("AR", "completed"), REQUEST),
    "change-referral": _action(REMITTENT, _amend("AB", "charged"), REQUEST),
    "confirm": _action(RECIPIENT, _confirm("BEK"), CONFIRMATION),
    "ask-completion": _action(RECIPIENT, _confirm("KOM"), CONFIRMATION),
    "reject": _action(RECIPIENT, _confirm("AVV"), CONFIRMATION),
    "cancel": _action(RECIPIENT, _confirm("AVB"), CONFIRMATION),
    "forward": _action(RECIPIENT, forward, REQUEST, CONFIRMATION),
    "answer": _action(RECIPIENT, answer, OUTCOME),
}
"""Every action, by the name that an adapter calls it by."""
