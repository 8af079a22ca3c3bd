"""How the system writes its messages, from templates and from what it knows, sends them, and remembers that it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lxml import etree

from rivta.model.words import Value
from rivta.simulator import Acting, Done, Draft, NotDone, RecordStore, filled
from rivta.text.xml import parse

from .demands import why_not
from .referral import (
    CONFIRMATION,
    NAMESPACES,
    OUTCOME,
    PERSONNUMMER,
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

CONTRACT_OF: Final = {
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
class Writing:
    """One order in this domain's words: the referral that it is about, and the ways to send something about it."""

    acting: Acting

    @property
    def store(self) -> RecordStore:
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
        flaws = self.acting.context.flaws
        why = why_not(kind, referral, flaws.skip)
        if why and not flaws.overstep(self.latest(referral), {"kind": kind, **referral.values}):
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
        contract, now = CONTRACT_OF[kind], self.acting.stamp()
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
        wanted = self.says("attachment-size")
        size = int(wanted) if wanted.isdecimal() else 0
        content = "QUJD" * (size // 4) or self.acting.told("attachments", media_type)
        if media_type and (not content or not number.isdecimal() or int(number) > 9):
            raise NotDone("Bilagan kan inte bifogas: formatet är inte tillåtet, eller bilagorna är för många.")
        shown = media_type.rpartition("/")[2].upper()
        for each in range(1, int(number) + 1 if media_type else 1):
            values: dict[str, Value] = {"id": ident, "number": str(each), "media-type": media_type, "shown": shown}
            payload[0].append(_template("attachment", {**values, "content": content}))
        if size > self.acting.context.reference.limit_bytes and not self.acting.context.flaws.skip("send-size"):
            raise NotDone("Bilagorna ryms inte i ett meddelande.")
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
        contract = self.acting.context.contracts[CONTRACT_OF[kind]]
        topic = f"NR {address}" if kind == "NR" else f"{contract.name} {request_id}"
        earlier = self.store.get("sent", topic) or ""
        known = find(self.store, self.acting.role, request_id)
        values = {
            "earlier": earlier,
            "further": is_further,
            "about": [] if about is None else [about],
            **(known.values if known else {}),
        }
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
            moved = next_status(draft.kind, known.status)
            save(self.store, replace(known, status=moved, course=(*known.course, draft.kind)))


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
        course=(*start.course, kind),
    )


def _root(number: str) -> str:
    """The kind of an identity: a day of birth over 60 tells a samordningsnummer from a personnummer."""
    day = number[6:8]
    return SAMORDNINGSNUMMER if day.isdecimal() and int(day) > 60 else PERSONNUMMER


def _template(name: str, values: Mapping[str, Value]) -> etree._Element:
    return parse(filled(Path(__file__).with_name("messages") / f"{name}.xml", values).encode())
