"""How the simulated certificate services decide: what becomes of a certificate, who is shown which of its statuses, and what a dialogue
and the events of a certificate come to.

What must hold has a name by which a named fault overlooks it, where that alone decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from rivta.simulator import Context, Display, IncomingMessage, Order, Outcome, RecordStore, Result, shows

from .certificate import CARE, Certificate, Kept, T, entry, first_at
from .showing import get, list_for_care, list_for_citizen, list_with_events
from .sickness import list_sick_leaves
from .writing import ACTIONS

__all__ = ["ACTIONS", "QUESTIONS", "decide"]


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """What a valid message is answered, and what is remembered of it."""
    facts = message.facts
    refused = message.refused(facts) or message.flaws.refusal(message.payload, facts)
    identity = message.contract.id
    handle = _DECIDE.get(f"{identity.name}@{identity.major}")
    if refused or handle is None:
        return refused or Result()
    kept = Kept.of(message, store)
    outcome = handle(message, kept)
    kept.keep()
    return outcome


# What becomes of a certificate


def _register(message: IncomingMessage, kept: Kept) -> Outcome:
    made = entry(first_at(message.payload, "intyg"))
    if any(each["id"] == made["id"] for each in kept.certificates) and not message.flaws.skip("once"):
        return Result("INFO", message="Intyget är redan registrerat.")
    kept.certificates.append(made)
    return Result()


def _of_certificate(
    do: Callable[[IncomingMessage, Kept, Certificate], Outcome],
) -> Callable[[IncomingMessage, Kept], Outcome]:
    """Decides of a certificate that must be known, and be the patient's."""

    def decided(message: IncomingMessage, kept: Kept) -> Outcome:
        wanted, person = (
            message.says("intygs-id/extension"),
            message.says("patientPerson-id/extension"),
        )
        found = next((each for each in kept.certificates if each["id"] == wanted), None)
        if found is None:
            is_overlooked = message.code in ("MC", "MR") and message.flaws.skip("known-certificate")
            return Result() if is_overlooked else Result.error("APPLICATION_ERROR", "Intyget är okänt.")
        if person not in ("", found["patient"]) and not message.flaws.skip("same-person"):
            return Result.error("VALIDATION_ERROR", "Intyget gäller en annan person.")
        return do(message, kept, found)

    return decided


def _revoke(message: IncomingMessage, kept: Kept, found: Certificate) -> Outcome:
    if any(code == "CANCEL" for _, code, _ in found["statuses"]):
        return Result("INFO", message="Intyget är redan makulerat.")
    if not message.flaws.skip("marked"):
        found["statuses"].append([CARE, "CANCEL", _now(message)])
    if message.flaws.skip("stays"):
        kept.certificates.remove(found)
    return Result()


def _send(message: IncomingMessage, _kept: Kept, found: Certificate) -> Outcome:
    recipient = message.says("mottagare/code")
    if any((to, code) == (recipient, "SENTTO") for to, code, _ in found["statuses"]):
        return Result("INFO", message="Intyget är redan skickat dit.")
    found["statuses"].append([recipient, "SENTTO", _now(message)])
    return Result()


def _set_status(message: IncomingMessage, _kept: Kept, found: Certificate) -> Outcome:
    found["statuses"].append([message.says("part/code"), message.says("status/code"), message.says("tidpunkt")])
    return Result()


def _now(message: IncomingMessage) -> str:
    return f"{message.received:%Y-%m-%dT%H:%M:%S}"


def _create_draft(message: IncomingMessage, kept: Kept) -> Outcome:
    ident = str(uuid4())
    kept.store.put("draft", ident, {"ref": message.says("intyg/ref")})
    unit = message.says("intyg/skapadAv/enhet/enhets-id/extension")
    return Result(before=(message.element("intygs-id", T.root(unit), T.extension(ident)),))


# The dialogue, and what a care system is told


def _ask_or_answer(message: IncomingMessage, kept: Kept, _found: Certificate | None = None) -> Outcome:
    answered = message.says("svarPa/meddelande-id")
    if answered:
        question = kept.questions.setdefault(answered, {"subject": "", "reference": ""})
        if question.get("answered") and not message.flaws.skip("answered-once"):
            return Result.error("APPLICATION_ERROR", "Frågan är redan besvarad.")
        question["answered"] = "yes"
        return Result()
    names = {"subject": "amne/code", "reference": "referens-id", "certificate": "intygs-id/extension"}
    kept.questions[message.says("meddelande-id")] = {name: message.says(path) for name, path in names.items()}
    return Result()


def _take_event(message: IncomingMessage, kept: Kept) -> Outcome:
    event = [
        message.says("handelse/tidpunkt"),
        message.says("handelse/handelsekod/code"),
        message.says("mottagnaFragor/totalt"),
    ]
    told = kept.events.setdefault(message.says("intyg/intygs-id/extension"), [])
    if event not in told or message.flaws.skip("event-once"):
        told.append(event)
    return Result()


def _of_events(
    name: str, is_so: Callable[[list[list[str]], Order, Context], bool]
) -> Callable[[Context, Order], Display]:
    """Whether the care system shows that of the certificate."""

    def shown(context: Context, order: Order) -> Display:
        known: Any = context.store.get("kept", "") or {"events": {}}
        told = known["events"].get(order.says("certificate"), [])
        return Display("yes") if told and is_so(told, order, context) else Display("no", f"{name} visas inte.")

    return shown


def _latest(told: list[list[str]], context: Context) -> list[str]:
    """The event that is the latest by its own time, not by when it came."""
    return told[-1] if context.flaws.skip("own-time") else max(told)


QUESTIONS: Final = {
    "opens-certificate": shows("CreateDraftCertificate", "Länken öppnar inte intyget.", "certificate"),
    "shows-state": _of_events("Läget", lambda told, order, context: _latest(told, context)[1] == order.says("event")),
    "shows-event-once": _of_events(
        "Händelsen", lambda told, order, _: [one[1] for one in told].count(order.says("event")) == 1
    ),
    "shows-questions": _of_events(
        "Antalet frågor",
        lambda told, order, context: (
            not context.flaws.hide("questions") and _latest(told, context)[2] == order.says("number")
        ),
    ),
}
_DECIDE: Final[Mapping[str, Callable[[IncomingMessage, Kept], Outcome]]] = {
    "RegisterCertificate@3": _register,
    "RevokeCertificate@2": _of_certificate(_revoke),
    "SendCertificateToRecipient@2": _of_certificate(_send),
    "SetCertificateStatus@2": _of_certificate(_set_status),
    "GetCertificate@2": _of_certificate(get),
    "ListCertificatesForCare@3": list_for_care,
    "ListCertificatesForCitizen@4": list_for_citizen,
    "ListCertificatesForCareWithQA@3": list_with_events,
    "ListSickLeavesForCare@1": list_sick_leaves,
    "CreateDraftCertificate@3": _create_draft,
    "SendMessageToCare@2": _of_certificate(_ask_or_answer),
    "SendMessageToRecipient@2": _of_certificate(_ask_or_answer),
    "CertificateStatusUpdateForCare@3": _take_event,
}
