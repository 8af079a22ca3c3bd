"""How the simulator of Elektronisk remiss decides: written against the contract, not against the suites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rivta.simulator import WARNING, Context, Display, IncomingMessage, Order, Outcome, RecordStore, Result, shows
from rivta.text.yaml.grammar import ABOVE_ZERO, Entry, Field, ListOf, OneOf, Record, String

from .acting import ACTIONS
from .demands import DEMANDS, Situation
from .referral import (
    ANSWERS,
    OUTCOME,
    RECIPIENT,
    REMITTENT,
    REQUEST,
    Incoming,
    Referral,
    Status,
    find,
    keep,
    next_status,
    read,
    save,
    side_of,
)

__all__ = ["ACTIONS", "QUESTIONS", "RECORDS", "decide", "remember"]


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """What a valid message is answered. What is repeated is answered once more, and changes nothing."""
    said = read(message.contract.name, message.payload)
    at = Situation(message, said, find(store, side_of(said.contract), said.request_id))
    if at.repeated:
        return Result()
    refused = message.refusal(DEMANDS[said.contract], at, said.kind, at.values)
    if refused is None:
        save(store, _after(said, at.known, takes_number=_takes_number(message, at)))
        _take_in(said, store)
    return refused or Result()


def _takes_number(message: IncomingMessage, at: Situation) -> bool:
    """Whether the referral takes its version number from the message: from a notice of forwarding (VID) alone, without a fault."""
    is_other = at.known is not None and at.said.version != at.known.version
    return at.said.kind == "VID" or (is_other and bool(message.flaws.setting("number-from-any")))


def _after(said: Incoming, known: Referral | None, *, takes_number: bool) -> Referral:
    """The referral as the message leaves it."""
    course = (*(known.course if known else ()), said.kind)
    if said.contract == REQUEST:
        status = known.status if said.kind == "AB" and known else Status.NEW
        return Referral(
            RECIPIENT,
            said.request_id,
            said.version,
            status,
            said.recipient,
            said.fixed,
            said.forwardable,
            said.content,
            course,
        )
    if known is None:  # only a system that overlooks PRC002 or PRO002 comes here
        return Referral(
            REMITTENT, said.request_id, said.version, Status.NEW, said.sender, {}, latest=said.content, course=course
        )
    return replace(
        known,
        status=next_status(said.kind, known.status),
        version=said.version if takes_number else known.version,
        recipient=said.forwarded_to if said.kind == "VID" else known.recipient,
        latest=said.content,
        course=course,
    )


def _take_in(said: Incoming, store: RecordStore) -> None:
    """Keep a referral for its next version, and show the user what has come about one."""
    if said.contract == REQUEST:
        keep(store, RECIPIENT, said)
    else:
        store.show(said.request_id, "answer" if said.contract == OUTCOME else "confirmation", said.kind)


def _shows_referral(context: Context, order: Order) -> Display:
    """Whether the referral is shown, for that patient if one is named."""
    sides = (RECIPIENT, REMITTENT)
    found = next((one for side in sides if (one := find(context.store, side, order.says("requestId")))), None)
    if found is None or context.flaws.hide("referral"):
        return Display("no", "Remissen visas inte.")
    patient = order.says("patient")
    if patient and patient != found.fixed.get("patient.personId.extension"):
        return Display("no", "Remissen visas för en annan person.")
    return Display("yes")


def _warned_owner(context: Context, order: Order) -> Display:
    """Whether the system owner was told of what the user is warned of."""
    if context.store.shown(order.says("requestId"), WARNING) and not context.flaws.hide("alarm"):
        return Display("yes")
    return Display("no", "Ingen felsignal har nått systemägaren.")


def _shows_latest_answer(context: Context, order: Order) -> Display:
    """Whether the answer of that kind is the one that holds: the latest, in the place of those before."""
    found = find(context.store, REMITTENT, order.says("requestId"))
    answers = [kind for kind in found.course if kind in ANSWERS] if found else []
    if answers[-1:] == [order.says("kind")] and not context.flaws.hide("latest-answer"):
        return Display("yes")
    return Display("no", "Det visas inte vilket svar som gäller.")


QUESTIONS: Final = {
    "shows-latest-answer": _shows_latest_answer,
    "warned-owner": _warned_owner,
    "shows-referral": _shows_referral,
    "shows-confirmation": shows("confirmation", "Beskedet visas inte.", "requestId"),
    "shows-answer": shows("answer", "Svaret visas inte.", "requestId"),
    "warned-user": shows("warning", "Ingen felsignal har getts.", "requestId"),
}
"""Every question, by the name that an adapter asks it by. `with`: requestId; kind (KOM, SSV …) and patient narrow it."""

_SIDES: Final = {"sent": REMITTENT, "received": RECIPIENT}
_SIDE: Final = {
    "sent": "sent by this system as remittent; confirmations and outcomes are about it",
    "received": "received by this system as remissmottagare; amendments and forwarding are about it",
}
_STATUS: Final = {
    Status.NEW.value: "not yet assessed",
    Status.ASKED.value: "a completion has been asked for (KOM)",
    Status.ASSESSED.value: "accepted (BEK)",
    Status.ANSWERED.value: "finally answered (SSV)",
    Status.REJECTED.value: "avvisad (AVV)",
    Status.CANCELLED.value: "avbruten (AVB)",
}
RECORDS: Final = ListOf(
    Record(
        "referral",
        {
            "side": Field(OneOf(_SIDE), "whose it is: sent or received by this system", required=True),
            "requestId": Field(String(".*#.*", "a requestId", "SE2321000012-0001#1001"), "its id", required=True),
            "versionNumber": Field(ABOVE_ZERO, "its latest version", required=True),
            "status": Field(OneOf(_STATUS), "how far it has come", required=True),
            "patient": Field(String(), "the patient's identity, without hyphen", required=True),
            "from": Field(String(), "the HSA-id of the referring unit", required=True),
            "to": Field(String(), "the HSA-id of the receiving unit", required=True),
            "authorDate": Field(
                String("[0-9]{8}", "a date", "20260901"), "author.date, which an amendment may not change"
            ),
        },
    )
)
"""The referrals that the system knows before anything is sent: what a suite's preconditions point at."""


def remember(records: Sequence[Entry], store: RecordStore) -> None:
    """Know referrals from before; what a database already holds has moved on and is left alone."""
    for record in records:
        referral = _known(record)
        if find(store, referral.side, referral.request_id) is None:
            save(store, referral)


def _known(entry: Entry) -> Referral:
    fixed = {
        "requestOrganisation.careUnitId": entry["from"],
        "recipient.organisation.careUnitId": entry["to"],
        "patient.personId.extension": entry["patient"],
        **({"author.date": entry["authorDate"]} if "authorDate" in entry else {}),
    }
    side, status = _SIDES[entry["side"]], Status(entry["status"])
    return Referral(side, entry["requestId"], entry["versionNumber"], status, entry["to"], fixed)
