"""What somebody who looks at the system sees: answered from what it has really stored, unless a fault hides it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from rivta.reference.desk import Office
from rivta.reference.order import Order, Reading
from rivta.reference.store import ANSWER, CONFIRMATION, WARNING

REFERRAL: Final = "referral"


def shows_referral(office: Office, order: Order) -> Reading:
    """Whether the referral is shown, for that patient if one is named."""
    sides = ("remissmottagare", "remittent")
    found = next((one for side in sides if (one := office.store.find(side, order.says("requestId")))), None)
    if found is None or office.flaws.hides(REFERRAL):
        return Reading("no", "Remissen visas inte.")
    patient = order.says("patient")
    if patient and patient != found.fixed.get("patient.personId.extension"):
        return Reading("no", "Remissen visas för en annan person.")
    return Reading("yes")


def _shows(what: str, missing: str) -> Callable[[Office, Order], Reading]:
    def shows(office: Office, order: Order) -> Reading:
        kinds = office.store.shown(order.says("requestId"), what)
        wanted = order.says("kind")
        is_there = wanted in kinds if wanted else bool(kinds)
        return Reading("yes") if is_there and not office.flaws.hides(what) else Reading("no", missing)

    return shows


QUESTIONS: Final[Mapping[str, Callable[[Office, Order], Reading]]] = {
    "shows-referral": shows_referral,
    "shows-confirmation": _shows(CONFIRMATION, "Beskedet visas inte."),
    "shows-answer": _shows(ANSWER, "Svaret visas inte."),
    "warned-user": _shows(WARNING, "Ingen felsignal har getts."),
}
"""Every question, by the name that an adapter asks it by. `with`: requestId; kind (KOM, SSV …) and patient narrow it."""


def ask(office: Office, order: Order) -> Reading:
    """The answer to a question about what the system shows."""
    question = QUESTIONS.get(order.action)
    return question(office, order) if question else Reading("unknown", f"Frågan {order.action!r} är okänd här.")
