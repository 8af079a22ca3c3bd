"""How the simulated booking system keeps its calendar, and how a service books there.

What must hold of a timeslot or a booking has a name by which a named fault overlooks it, where that alone decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from lxml import etree
from lxml.builder import ElementMaker

from rivta.simulator import IncomingMessage, Outcome, RecordStore, Result

from .booking import ACTIONS

__all__ = ["ACTIONS", "decide"]

_BASE: Final = "urn:riv:crm:scheduling"
_T: Final = ElementMaker(namespace=f"{_BASE}:1", nsmap={"t": f"{_BASE}:1"})
_EXTENDED: Final = ElementMaker(namespace=f"{_BASE}:1.1", nsmap={"t1": f"{_BASE}:1.1"})
_NAMES: Final = {"SE2321000016-P001": ("Prov", "Provsson"), "SE2321000016-P002": ("Test", "Testsson")}
_FACILITIES: Final = ("SE2321000016-E001", "SE2321000016-E002")
_TAKEN: Final = "Tiden är redan bokad."
_PURPOSE: Final = "<article><title>Hälsosamtal</title><para>Välkommen.</para></article>"

Slot = dict[str, str]
Calendar = dict[str, Any]


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """What a valid message is answered, and what becomes of the calendar."""
    refused = message.refused(message.facts) or message.flaws.refusal(message.payload, message.facts)
    if refused is not None:
        return refused
    calendar: Calendar = store.get("calendar", "") or {"bookings": _from_before(message), "kept": []}
    outcome = _DECIDE[message.contract.name](message, calendar)
    store.put("calendar", "", calendar)
    return outcome


def _from_before(message: IncomingMessage) -> list[Slot]:
    written: Any = message.reference.data["bookings"]
    return [
        {
            **each,
            **(_times(message.received, int(each["day"]), 8) if "day" in each else _NO_TIME),
            "performer": "SE2321000016-P001",
        }
        for each in written
    ]


_NO_TIME: Final = {"start": "", "end": ""}


def _times(today: datetime, day: int, hour: int) -> Slot:
    start = (today + timedelta(days=day)).replace(hour=hour, minute=0, second=0)
    return {"start": f"{start:%Y%m%d%H%M%S}", "end": f"{start + timedelta(minutes=30):%Y%m%d%H%M%S}"}


def _slots(message: IncomingMessage) -> Iterator[Slot]:
    """Every timeslot that there is, taken or not."""
    days: Any = message.reference.data["days"]
    for day in days:
        for hour, performer in zip(range(8, 12), (*_NAMES, *_NAMES), strict=True):
            kind = str(hour % 2 + 1)
            for facility in _FACILITIES:
                times = _times(message.received, int(day), hour)
                yield {**times, "facility": facility, "performer": performer, "time": f"T{kind}", "care": f"C{kind}"}


def _free(message: IncomingMessage, calendar: Calendar) -> list[Slot]:
    first, last = message.says("startDateInclusive"), message.says("endDateInclusive")
    return [
        each
        for each in _slots(message)
        if message.meets(
            {
                "facility": each["facility"] == message.says("healthcare_facility"),
                "to-come": each["start"] > f"{message.received:%Y%m%d%H%M%S}",
                "period": first <= each["start"][:8] <= last,
                "performer": message.says("performer") in ("", each["performer"]),
                "time-type": message.says("timeTypeID") in ("", each["time"]),
                "care-type": message.says("careTypeID") in ("", each["care"]),
                "free": not _is_taken(each, calendar),
            },
        )
    ]


def _is_taken(slot: Slot, calendar: Calendar) -> bool:
    held = [*(each for each in calendar["bookings"] if "cancelled" not in each), *calendar["kept"]]
    return any(_place(each) == _place(slot) for each in held)


def _place(slot: Slot) -> tuple[str, str, str]:
    return slot["facility"], slot["performer"], slot["start"]


# Reading


def _dates(message: IncomingMessage, calendar: Calendar) -> Outcome:
    days = sorted(
        {(each["facility"], each["start"][:8]) for each in _free(message, calendar)}, key=lambda each: each[1]
    )
    own = ElementMaker(namespace=message.contract.namespace)
    found = (
        message.element("performerAvailabilityByDate", own.healthcare_facility(facility), own.date(day))
        for facility, day in days
    )
    return Result(beside=tuple(found))


def _timeslots(message: IncomingMessage, calendar: Calendar) -> Outcome:
    free = sorted(_free(message, calendar), key=lambda each: each["start"])
    return Result(beside=tuple(_detail(message, each) for each in free))


def _detail(message: IncomingMessage, slot: Slot) -> etree._Element:
    times = (_T.startTimeInclusive(slot["start"]), _T.endTimeExclusive(slot["end"])) if slot["start"] else ()
    who = (_T.performer(slot["performer"]),) if slot["start"] else ()
    name = (_T.performerName(" ".join(_NAMES[slot["performer"]])),) if slot["start"] else ()
    types = (_T.timeTypeID(slot["time"]), _T.careTypeID(slot["care"])) if "time" in slot else ()
    own, purpose, allowed = _of_a_booking(slot) if "id" in slot else ((), (), ())
    facility = _T.healthcare_facility(slot["facility"])
    return message.element("timeslotDetail", *times, facility, *who, *own, *purpose, *name, *types, *allowed)


def _of_a_booking(booking: Slot) -> tuple[tuple[etree._Element, ...], ...]:
    is_open = booking["invitation"] == "open"
    own = (_T.bookingId(booking["id"]), _T.subject_of_care(booking["resident"]))
    may = (
        _T.cancel_booking_allowed(str(not is_open).lower()),
        _T.rebooking_allowed(str(not is_open).lower()),
        _T.message_allowed("false"),
    )
    marked = (_EXTENDED.isInvitation("true"),) if booking["invitation"] else ()
    return own, (_T.purpose(_PURPOSE),) if booking["invitation"] else (), (*may, *marked)


def _schedule(message: IncomingMessage, calendar: Calendar) -> Outcome:
    found = [
        each
        for each in calendar["bookings"]
        if message.meets(
            {
                "resident": each["resident"] == message.says("subject_of_care"),
                "facility": each["facility"] == message.says("healthcare_facility"),
                "timed": bool(each["start"]),
                "standing": "cancelled" not in each,
            },
        )
    ]
    return Result(beside=tuple(_detail(message, each) for each in found))


def _details(message: IncomingMessage, calendar: Calendar) -> Outcome:
    found = _booking(calendar, message.says("bookingId"))
    if found is None:
        return Result.error("APPLICATION_ERROR", "Bokningen finns inte.")
    return Result(beside=(_detail(message, found),))


def _booking(calendar: Calendar, wanted: str) -> Slot | None:
    return next((each for each in calendar["bookings"] if each["id"] == wanted), None)


def _listed(name: str, *entries: tuple[tuple[str, str], ...]) -> Callable[[IncomingMessage, Calendar], Outcome]:
    def list_them(message: IncomingMessage, _calendar: Calendar) -> Outcome:
        return Result(beside=tuple(message.element(name, *(_T(part, text) for part, text in each)) for each in entries))

    return list_them


# Changing


def _requested(message: IncomingMessage) -> Slot:
    path = "{*}requestedTimeslot/{*}"
    names = {"start": "startTimeInclusive", "end": "endTimeExclusive", "facility": "healthcare_facility"}
    more = {"performer": "performer", "id": "bookingId", "resident": "subject_of_care"}
    return {key: message.payload.findtext(f"{path}{name}") or "" for key, name in {**names, **more}.items()}


def _make(message: IncomingMessage, calendar: Calendar) -> Outcome:
    wanted = _requested(message)
    known = _booking(calendar, wanted["id"]) if wanted["id"] else None
    if known is not None and known["start"] and not message.flaws.skip("invitation-once"):
        return Result.error("ERROR", "Kallelsen är redan bokad.")
    if refused := _why_not(message, calendar, wanted):
        return refused
    booking = {**wanted, "id": wanted["id"] or f"B-{uuid4()}", "invitation": ""}
    calendar["bookings"] = [each for each in calendar["bookings"] if each is not known]
    if not message.flaws.skip("remembers"):
        calendar["bookings"].append(booking)
    made = message.element("bookingId")
    made.text = booking["id"]
    return Result(before=(made,))


def _why_not(message: IncomingMessage, calendar: Calendar, wanted: Slot) -> Outcome | None:
    """Why a timeslot cannot be had: there is none, or it is taken."""
    is_there = any(_place(each) == _place(wanted) for each in _slots(message))
    if not is_there or (_is_taken(wanted, calendar) and not message.flaws.skip(f"{message.code}-taken")):
        return Result.error("ERROR", _TAKEN)
    return None


def _update(message: IncomingMessage, calendar: Calendar) -> Outcome:
    wanted = _requested(message)
    known = _booking(calendar, wanted["id"])
    if known is None:
        return Result.error("ERROR", "Bokningen finns inte.")
    if known["invitation"] == "open" and not message.flaws.skip("timed-alone"):
        return Result.error("ERROR", "Kallelsen har ingen tid att boka om.")
    if refused := _why_not(message, calendar, wanted):
        if message.flaws.skip("keeps-the-old"):
            known["start"] = wanted["start"]
        return refused
    if message.flaws.skip("frees-the-old"):
        calendar["kept"].append({key: known[key] for key in ("facility", "performer", "start")})
    is_invitation = known["invitation"] and message.flaws.skip("becomes-a-booking")
    known.update(wanted, invitation=known["invitation"] if is_invitation else "")
    return Result()


def _cancel(message: IncomingMessage, calendar: Calendar) -> Outcome:
    known = _booking(calendar, message.says("bookingId"))
    if known is None or ("cancelled" in known and not message.flaws.skip("cancelled-once")):
        return Result.error("ERROR", "Bokningen finns inte.")
    if "cancelled" not in known and message.flaws.skip("frees-what-is-cancelled"):
        calendar["kept"].append({key: known[key] for key in ("facility", "performer", "start")})
    known["cancelled"] = "yes"
    return Result()


_DECIDE: Final[Mapping[str, Callable[[IncomingMessage, Calendar], Outcome]]] = {
    "GetAvailableDates": _dates,
    "GetAvailableTimeslots": _timeslots,
    "GetSubjectOfCareSchedule": _schedule,
    "GetBookingDetails": _details,
    "MakeBooking": _make,
    "UpdateBooking": _update,
    "CancelBooking": _cancel,
    "GetAllTimeTypes": _listed(
        "ListOfTimeTypes", *((("timeTypeName", f"Tidstyp {kind}"), ("timeTypeId", f"T{kind}")) for kind in (1, 2))
    ),
    "GetAllCareTypes": _listed(
        "careTypes", *((("careTypeName", f"Vårdtyp {kind}"), ("careTypeId", f"C{kind}")) for kind in (1, 2))
    ),
    "GetAllPerformers": _listed(
        "performerInfos",
        *((("perfomer", who), ("firstName", first), ("lastName", last)) for who, (first, last) in _NAMES.items()),
    ),
    "GetAllHealthcareFacilities": _listed(
        "healthcareFacilityInfos", *((("healthcare_facility", each),) for each in _FACILITIES)
    ),
}
