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
from dataclasses import dataclass
from typing import Final

from lxml import etree

from rivta.reference import compose, version
from rivta.reference.desk import Desk, NotDone, Office
from rivta.reference.fuller import filled_out
from rivta.reference.letter import CONFIRMATION, CONTRACT_OF, OUTCOME, REQUEST, Draft
from rivta.reference.order import Answer, Misunderstood, Order
from rivta.reference.post import Post
from rivta.reference.referral import Referral, Status
from rivta.reference.settings import RECIPIENT, REMITTENT

_TOLVAN: Final = "191212121212"


def send_referral(desk: Desk) -> Answer:
    """A new referral (NR)."""
    order, settings = desk.order, desk.office.settings
    sender = order.says("from", settings.units_of(REMITTENT)[0].hsa_id)
    recipient = order.says("recipient", settings.units_of(RECIPIENT)[0].hsa_id)
    request_id = order.says("requestId") or desk.new_id(settings.organisation_of(REMITTENT))
    if desk.office.store.find(REMITTENT, request_id):
        raise NotDone("En remiss med detta remiss-id är redan sänd.")
    payload = compose.referral(
        desk.office.contracts[REQUEST],
        request_id,
        compose.Patient.of(order.says("patient", _TOLVAN), order.says("patient-root")),
        sender=sender,
        recipient=recipient,
        attachments=desk.attachments(),
        text=order.says("text"),
    )
    if order.says("optional").lower() in {"yes", "true", "1"}:
        filled_out(payload)
    draft = Draft("NR", request_id, recipient, sender, payload, earlier=desk.office.store.last_sent(f"NR {recipient}"))
    return desk.send(draft, None)


def complete_referral(desk: Desk) -> Answer:
    """A completion (AR) of a referral that was sent."""
    return _amend(desk, "AR", version.completed)


def change_referral(desk: Desk) -> Answer:
    """A change of payment responsibility (AB) for a referral that was sent."""
    return _amend(desk, "AB", version.charged)


def forward(desk: Desk) -> Answer:
    """A referral that was received goes on to another unit (VR), and the remittent is told (VID) when it has got there."""
    known = desk.referral()
    desk.allow("VR", known)
    before, to = desk.paper(known), desk.order.says("to", desk.office.settings.units_of(RECIPIENT)[1].hsa_id)
    if to.upper() == known.recipient.upper():
        raise NotDone("Remissen finns redan hos den enheten.")
    number = known.version + 1
    payload = version.forwarded(before, number, known.recipient, to)
    draft = Draft("VR", known.request_id, to, known.recipient, payload, before)

    def tell() -> Sequence[str]:
        return (desk.send(_word(desk, "VID", known, before, number=number, to=to), None).note,)

    return desk.forward(draft, known, tell)


def answer(desk: Desk) -> Answer:
    """An answer (DSV, PSV, SSV) to a referral that was received."""
    kind = desk.order.says("kind", "SSV")
    if CONTRACT_OF.get(kind) != OUTCOME:
        raise NotDone("Ett svar är DSV, PSV eller SSV.")
    known = desk.referral()
    desk.allow(kind, known)
    about, settings = desk.paper(known), desk.office.settings
    payload = compose.outcome(
        desk.office.contracts[OUTCOME],
        kind,
        about,
        desk.new_id(settings.organisation_of(RECIPIENT)),
        version=known.version,
        sender=known.recipient,
        attachments=desk.attachments(),
        text=desk.order.says("text"),
    )
    earlier = desk.office.store.last_sent(f"{OUTCOME} {known.request_id}")
    unit = compose.referring_unit(about)
    final = known.status is Status.ANSWERED
    draft = Draft(kind, known.request_id, unit, known.recipient, payload, about, earlier, final)
    return desk.send(draft, known)


def _amend(desk: Desk, kind: str, write: Callable[[etree._Element, int, str], etree._Element]) -> Answer:
    known = desk.referral()
    desk.allow(kind, known)
    before = desk.paper(known)
    payload = write(before, known.version + 1, known.recipient)
    sender = known.fixed["requestOrganisation.careUnitId"]
    draft = Draft(kind, known.request_id, known.recipient, sender, payload, before)
    return desk.send(draft, known)


def _confirm(kind: str) -> Callable[[Desk], Answer]:
    def confirm(desk: Desk) -> Answer:
        known = desk.referral()
        desk.allow(kind, known)
        draft = _word(desk, kind, known, desk.paper(known), number=known.version)
        return desk.send(draft, known)

    return confirm


def _word(desk: Desk, kind: str, known: Referral, about: etree._Element, *, number: int, to: str = "") -> Draft:
    payload = compose.confirmation(
        desk.office.contracts[CONFIRMATION],
        kind,
        about,
        desk.new_id(desk.office.settings.organisation_of(RECIPIENT)),
        version=number,
        sender=known.recipient,
        forwarded_to=to,
        text=desk.order.says("text"),
    )
    earlier = desk.office.store.last_sent(f"{CONFIRMATION} {known.request_id}")
    return Draft(kind, known.request_id, compose.referring_unit(about), known.recipient, payload, about, earlier)


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the system does in one role, and the contracts that it calls by."""

    side: str
    do: Callable[[Desk], Answer]
    calls: tuple[str, ...]


ACTIONS: Final[Mapping[str, Action]] = {
    "send-referral": Action(REMITTENT, send_referral, (REQUEST,)),
    "complete-referral": Action(REMITTENT, complete_referral, (REQUEST,)),
    "change-referral": Action(REMITTENT, change_referral, (REQUEST,)),
    "confirm": Action(RECIPIENT, _confirm("BEK"), (CONFIRMATION,)),
    "ask-completion": Action(RECIPIENT, _confirm("KOM"), (CONFIRMATION,)),
    "reject": Action(RECIPIENT, _confirm("AVV"), (CONFIRMATION,)),
    "cancel": Action(RECIPIENT, _confirm("AVB"), (CONFIRMATION,)),
    "forward": Action(RECIPIENT, forward, (REQUEST, CONFIRMATION)),
    "answer": Action(RECIPIENT, answer, (OUTCOME,)),
}
"""Every action, by the name that an adapter calls it by."""


def act(office: Office, order: Order, post: Post) -> Answer:
    """Do what was ordered. Returns when the first attempt to send is over. Raises Misunderstood when it cannot be tried."""
    action = ACTIONS.get(order.action)
    if action is None or action.side not in office.roles:
        return Answer("unsupported", f"Systemet har ingen åtgärd {order.action!r}.")
    for contract in action.calls:
        if contract not in order.addresses:
            raise Misunderstood(f"counterpart.addresses has no address of {contract}")
    try:
        return action.do(Desk(office, post, order, action.side))
    except NotDone as refusal:
        return Answer("refused", str(refusal), order.says("requestId"))
