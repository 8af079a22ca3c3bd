"""How the simulated service books: what it asks before, and what it then sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rivta.contract.message import open_envelope, wrap
from rivta.simulator import Acting, Action, Done, Draft, filled

__all__ = ["ACTIONS"]

Found = dict[str, str]
_NOTHING: Final[Mapping[str, str]] = {}
_CHOOSING: Final = 10.0
"""Seconds that somebody takes to choose, in the system's own time."""
_FACILITY: Final = {"facility": "healthcareFacilityInfos/{*}healthcare_facility"}

_SLOT: Final = {"start": "timeslotDetail/{*}startTimeInclusive", "end": "timeslotDetail/{*}endTimeExclusive"}
_DETAILS: Final = {
    "time": "timeslotDetail/{*}startTimeInclusive",
    "invitation": "timeslotDetail/{*}isInvitation",
    "message": "timeslotDetail/{*}message_allowed",
}


def _book(acting: Acting) -> Done:
    """A new booking: a care type where the booking system has such, a timeslot, and the booking."""
    found = _ask(acting, "ask-care-types", {"care": "careTypes/{*}careTypeId"})
    care = found.get("care") or ("C1" if acting.context.flaws.skip("supported-alone") else "")
    typed = f"<s:careTypeID>{care}</s:careTypeID>" if care else ""
    _with_a_slot(acting, lambda slot: _later(acting, "send-booking", slot), {"care-type": typed})
    return Done("done", "")


def _change(acting: Acting) -> Done:
    """Another time: by MakeBooking where there was none yet, at a facility that was given; else by UpdateBooking."""
    known = _ask(acting, "ask-details", _DETAILS)
    is_open = known.get("invitation") in ("true", "1") and not known.get("time")
    if not is_open or acting.context.flaws.skip("open-by-making"):
        _with_a_slot(acting, lambda slot: _later(acting, "send-change", slot))
    else:
        _later(acting, "ask-facilities", wanted=_FACILITY, then=lambda given: _book_invitation(acting, given))
    return Done("done", "")


def _book_invitation(acting: Acting, given: Found) -> None:
    given = {} if acting.context.flaws.skip("given-facility") else given
    named = f"<t:bookingId>{acting.order.says('booking')}</t:bookingId>"
    _with_a_slot(acting, lambda slot: _later(acting, "send-booking", {**slot, **given, "of": named}), given)


def _cancel(acting: Acting) -> Done:
    known = _ask(acting, "ask-details", _DETAILS)
    may = known.get("message") in ("true", "1") or acting.context.flaws.skip("message-allowed")
    _later(acting, "send-cancellation", {"message": "<k:message>Jag kan inte komma.</k:message>" if may else ""})
    return Done("done", "")


def _with_a_slot(acting: Acting, then: Callable[[Found], None], values: Mapping[str, str] = _NOTHING) -> None:
    _later(acting, "ask-timeslots", values, _SLOT, then)


def _ask(acting: Acting, action: str, wanted: Mapping[str, str]) -> Found:
    """What is answered at once, by paths below the response; nothing where there was no such answer."""
    found: Found = {}
    acting.deliver(_draft(acting, action, {}), read=lambda answered: found.update(_read(answered, wanted)))
    return found


def _later(
    acting: Acting,
    action: str,
    values: Mapping[str, str] = _NOTHING,
    wanted: Mapping[str, str] = _NOTHING,
    then: Callable[[Found], None] = lambda _: None,
) -> None:
    """The same when somebody has chosen, and what follows the answer."""
    read: Callable[[Any], None] = lambda answered: then(_read(answered, wanted))  # noqa: E731 - typed where it stands
    acting.deliver(_draft(acting, action, values), read=read, after=_CHOOSING)


def _read(answered: Any, wanted: Mapping[str, str]) -> Found:
    payload = answered.envelope.payload if answered.envelope is not None else None
    if payload is None:
        return {}
    return {name: text for name, path in wanted.items() if (text := payload.findtext(f"{{*}}{path}"))}


def _draft(acting: Acting, action: str, values: Mapping[str, str]) -> Draft:
    sent = acting.context.reference.actions[action]
    contract = acting.context.contracts[sent.contract]
    known = {**sent.data, **acting.order.data, **values}
    to = str(known["facility"])
    payload = open_envelope(wrap(filled(sent.template, known), to, contract.header).encode()).payload
    assert payload is not None  # noqa: S101 - our own template
    return acting.flawed(Draft(contract, to, sent.sender, payload, party=to))


ACTIONS: Final = {
    "book-time": Action("booking-service", _book, ("GetAllCareTypes", "GetAvailableTimeslots", "MakeBooking")),
    "change-booking": Action(
        "booking-service",
        _change,
        ("GetBookingDetails", "GetAllHealthcareFacilities", "GetAvailableTimeslots", "MakeBooking", "UpdateBooking"),
    ),
    "cancel-booking": Action("booking-service", _cancel, ("GetBookingDetails", "CancelBooking")),
}
