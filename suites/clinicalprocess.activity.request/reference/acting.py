"""What the system does when it is told to: as remittent sends referrals and new versions, as remissmottagare says what becomes
of those it has received.

`with` names, all optional but requestId where a referral is meant:

    send-referral       patient, patient-root, recipient, from, requestId, text, optional, attachment, attachments,
                        attachment-size
    complete-referral   requestId, from
    change-referral     requestId, from
    confirm, ask-completion, reject, cancel     requestId, text
    forward             requestId, to, text
    answer              requestId, kind (DSV, PSV, SSV), text, attachment, attachments
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lxml import etree

from rivta.simulator import Action, Done, Draft, NotDone

from .referral import (
    CONFIRMATION,
    NAMESPACES,
    OUTCOME,
    RECIPIENT,
    REMITTENT,
    REQUEST,
    Referral,
    Status,
    find,
)
from .writing import CONTRACT_OF, Writing

_TOLVAN: Final = "191212121212"


def send_referral(here: Writing) -> Done:
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


def _amend(kind: str, edits: str) -> Callable[[Writing], Done]:
    """A completion (AR), or a change of payment responsibility (AB), of a referral that was sent."""

    def amend(here: Writing) -> Done:
        known, own = here.referral(), here.referral().fixed["requestOrganisation.careUnitId"]
        sender = here.says("from", own)
        here.allow(f"{kind}-other" if sender != own else kind, known)
        before = here.latest(known)
        payload = here.next_version(known, before, edits, kind=kind, to=known.recipient)
        here.acting.edited(payload, "by-another", sender=sender)
        return here.send(here.draft(kind, known.request_id, known.recipient, sender, payload, about=before), known)

    return amend


def forward(here: Writing) -> Done:
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


def answer(here: Writing) -> Done:
    """An answer (DSV, PSV, SSV) to a referral that was received."""
    kind = here.says("kind", "SSV")
    if CONTRACT_OF.get(kind) != OUTCOME:
        raise NotDone("Ett svar är DSV, PSV eller SSV.")
    return _confirm(kind)(here)


def _confirm(kind: str) -> Callable[[Writing], Done]:
    """A confirmation, or an answer, of a referral that was received."""

    def confirm(here: Writing) -> Done:
        known = here.referral()
        here.allow(kind, known)
        return here.send(_word(here, kind, known, here.latest(known), version=known.version), known)

    return confirm


def _word(
    here: Writing, kind: str, known: Referral, about: etree._Element, *, version: int, forwarded_to: str = ""
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
    if CONTRACT_OF[kind] == OUTCOME:
        here.enclose(payload, ident)
    is_further = known.status is Status.ANSWERED
    return here.draft(kind, known.request_id, unit, known.recipient, payload, about=about, is_further=is_further)


def _said(about: etree._Element, path: str) -> str:
    found = about.xpath(f"c:request/{path}", namespaces=NAMESPACES)
    return str(found[0]) if isinstance(found, list) and found else ""


def _action(role: str, do: Callable[[Writing], Done], *calls: str) -> Action:
    return Action(role, lambda acting: do(Writing(acting)), calls)


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
