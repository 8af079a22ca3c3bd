"""How the simulator of the consent service decides: which consents hold, for whom, and what is told of those that do not.

What must hold of a consent has a name by which a named fault overlooks it. It is asked for only where it alone decides, so that a
sound system says exactly where the fault would have shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker

from rivta.model.clock import SWEDEN
from rivta.simulator import IncomingMessage, Outcome, RecordStore, Result

__all__ = ["decide"]

Consent = dict[str, Any]
_C: Final = ElementMaker(
    namespace="urn:riv:informationsecurity:authorization:consent:2",
    nsmap={"c": "urn:riv:informationsecurity:authorization:consent:2"},
)
_AT_ONCE: Final = 2
"""How many consents an answer in parts has."""
_INVALID: Final = "VALIDATION_ERROR"


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """What a valid message is answered, and what is remembered of it."""
    known: Any = store.get("consents", "") or message.reference.data["consents"]
    consents = [{**_EMPTY, **each} for each in known]
    refused = message.refused(message.facts) or message.flaws.refusal(message.payload, message.facts)
    outcome = refused or _DECIDE[message.contract.name](message, consents)
    store.put("consents", "", consents)
    return outcome


_EMPTY: Final = dict.fromkeys(("employee", "start", "end", "cancelled", "deleted"), "")


def _time(text: str) -> datetime:
    """A time without a zone is Sweden's."""
    read = datetime.fromisoformat(text.strip())
    return read if read.tzinfo else read.replace(tzinfo=SWEDEN)


def _now(message: IncomingMessage) -> str:
    return message.received.strftime("%Y-%m-%dT%H:%M:%S")


def _said(message: IncomingMessage, *names: str) -> dict[str, str]:
    """What the message says, by the last part of each name in small letters."""
    paths = {"patient": "{*}patientId/{*}extension"}
    found = {name: message.payload.findtext(paths.get(name, f"{{*}}{name}")) for name in names}
    return {name: (text or "").strip() for name, text in found.items()}


# Registering and ending


def _register(message: IncomingMessage, consents: list[Consent]) -> Outcome:
    said = _said(message, "assertionId", "assertionType", "patient", "careProviderId", "careUnitId")
    more = _said(message, "employeeId", "startDate", "endDate")
    consent = {
        **_EMPTY,
        **dict(zip(("id", "type", "patient", "provider", "unit"), said.values(), strict=True)),
        **dict(zip(("employee", "start", "end"), more.values(), strict=True)),
        "created": _now(message),
    }
    is_there = any(each["id"] == consent["id"] for each in consents)
    if not is_there or message.flaws.skip("registered-once"):
        consents.append(consent)
    return Result()


def _ending(what: str) -> Callable[[IncomingMessage, list[Consent]], Outcome]:
    """What cancels or deletes: once, and for good."""

    def end(message: IncomingMessage, consents: list[Consent]) -> Outcome:
        found = _named(message, consents)
        if found is None:
            return Result.error("NOTFOUND", "Samtycket finns inte.")
        if (found["cancelled"] or found["deleted"]) and not message.flaws.skip(f"{what}-once"):
            return Result.error("INVALIDSTATE", "Samtycket är redan avslutat.")
        found[what] = _now(message)
        return Result()

    return end


def _end_by_patient(message: IncomingMessage, consents: list[Consent]) -> Outcome:
    found, now = _named(message, consents), _now(message)
    when = _said(message, "endDateTime")["endDateTime"] or now
    if found is None:
        return Result.error("NOTFOUND", "Samtycket finns inte.")
    if _time(when) < _time(now) and not message.flaws.skip("not-back-in-time"):
        return Result.error(_INVALID, "Tidpunkten har passerat.")
    if found["end"] and _time(when) > _time(found["end"]) and not message.flaws.skip("not-longer"):
        return Result.error(_INVALID, "Samtycket slutar redan tidigare.")
    if when != now or not message.flaws.skip("ends-at-once"):
        found["end"] = when
    return Result()


def _named(message: IncomingMessage, consents: list[Consent]) -> Consent | None:
    wanted = message.payload.findtext("{*}assertionId")
    return next((each for each in consents if each["id"] == wanted), None)


# What holds


def _holds(consent: Consent, now: str) -> dict[str, bool]:
    """What must hold of a consent for it to be valid now."""
    at = _time(now)
    return {
        "started": not consent["start"] or _time(consent["start"]) <= at,
        "not-run-out": not consent["end"] or _time(consent["end"]) > at,
        "not-cancelled": not consent["cancelled"],
        "not-deleted": not consent["deleted"],
    }


def _check(message: IncomingMessage, consents: list[Consent]) -> Outcome:
    asked = _said(message, "patient")["patient"]
    actor = {
        name: message.payload.findtext(f"{{*}}accessingActor/{{*}}{name}Id")
        for name in ("careProvider", "careUnit", "employee")
    }
    given = [each for each in consents if message.meets(_concerns(each, asked, actor) | _holds(each, _now(message)))]
    is_overlooked = len(given) == 1 and any(message.flaws.skip(name) for name in _aspects(given[0]))
    if not given or is_overlooked:
        return Result(beside=(_C.hasConsent("false"),))
    return Result(beside=(_C.hasConsent("true"), _C.assertionType(given[0]["type"])))


def _concerns(consent: Consent, patient: str, actor: Mapping[str, str | None]) -> dict[str, bool]:
    return {
        "patient": consent["patient"] == patient,
        "provider": consent["provider"] == actor["careProvider"],
        "unit": consent["unit"] == actor["careUnit"],
        "employee": consent["employee"] in ("", actor["employee"]),
    }


def _aspects(consent: Consent) -> Iterator[str]:
    """For what a system might overlook a consent."""
    yield f"has-{consent['type'].lower()}"
    yield "has-no-employee" if not consent["employee"] else "has-employee"
    yield from (["has-no-start"] if not consent["start"] else [])
    yield from (["has-no-end"] if not consent["end"] else [])


# Lists


def _for_patient(message: IncomingMessage, consents: list[Consent]) -> Outcome:
    own = _own(message, consents)
    return Result(
        beside=tuple(_written("pdlAssertions", each) for each in own if message.meets(_holds(each, _now(message))))
    )


def _extended(message: IncomingMessage, consents: list[Consent]) -> Outcome:
    own, now = _own(message, consents), _now(message)
    is_history = _wants_ended(message)
    given = [each for each in own if is_history or message.meets(_holds(each, now))]
    return Result(beside=tuple(_extended_of(each) for each in given))


def _own(message: IncomingMessage, consents: list[Consent]) -> list[Consent]:
    said = _said(message, "careProviderId", "patient")
    provider = said["careProviderId"]
    return [each for each in consents if each["patient"] == said["patient"] and provider in ("", each["provider"])]


def _wants_ended(message: IncomingMessage) -> bool:
    return message.payload.findtext("{*}getCancelledFlag") in ("true", "1")


def _for_provider(message: IncomingMessage, consents: list[Consent]) -> Outcome:
    said, now, skip = _said(message, "careProviderId", "createdOnOrAfter"), _now(message), message.flaws.skip
    since = said["createdOnOrAfter"]
    own = [each for each in consents if each["provider"] == said["careProviderId"] and _holds(each, now)["started"]]
    own = [
        each
        for each in own
        if message.meets(
            {
                "not-run-out": _holds(each, now)["not-run-out"],
                "asked-time": not since or _time(each["created"]) >= _time(since),
            }
        )
    ]
    own = sorted(
        (each for each in own if not (since and each["created"] == since and skip("same-moment"))),
        key=lambda each: _time(each["created"]),
    )
    last = own[_AT_ONCE - 1]["created"] if len(own) > _AT_ONCE else ""
    page = [each for each in own if not last or each["created"] <= last]
    rest = own[len(page) :]
    is_more = bool(rest) and not skip("has-more")
    valid = [each for each in page if not (each["cancelled"] or each["deleted"]) or skip("PC-only-valid")]
    ended = [
        each
        for each in page
        if (each["cancelled"] or each["deleted"]) and (_wants_ended(message) or skip("PC-asked-for"))
    ]
    told = (_C.moreOnOrAfter(rest[0]["created"] if rest else now), _C.hasMore(str(is_more).lower()))
    cancelled = [
        _C.cancelledAssertions(_C.assertionId(each["id"]), _C.cancellationDate(each["cancelled"] or each["deleted"]))
        for each in ended
    ]
    return Result(beside=(*told, *(_written("assertions", each) for each in valid), *cancelled))


def _written(name: str, consent: Consent) -> etree._Element:
    employee = [_C.employeeId(consent["employee"])] if consent["employee"] else []
    end = [_C.endDate(consent["end"])] if consent["end"] else []
    return _C(
        name,
        _C.assertionId(consent["id"]),
        _C.assertionType(consent["type"]),
        _C.scope("NationalLevel"),
        _C.careProviderId(consent["provider"]),
        _C.careUnitId(consent["unit"]),
        *employee,
        _C.startDate(consent["start"] or consent["created"]),
        *end,
        _C.patientId(_C.root("1.2.752.129.2.1.3.1"), _C.extension(consent["patient"])),
    )


def _extended_of(consent: Consent) -> etree._Element:
    ended = {"cancellationInfo": consent["cancelled"], "deletionInfo": consent["deleted"]}
    return _C.pdlAssertions(
        _written("pDLAssertion", consent),
        _action("registrationInfo", consent["created"]),
        *(_action(name, when) for name, when in ended.items() if when),
    )


def _action(name: str, when: str) -> etree._Element:
    who = "SE2321000016-P001"
    return _C(
        name,
        _C.requestDate(when),
        _C.requestedBy(_C.employeeId(who)),
        _C.registrationDate(when),
        _C.registeredBy(_C.employeeId(who)),
    )


_DECIDE: Final[Mapping[str, Callable[[IncomingMessage, list[Consent]], Outcome]]] = {
    "RegisterExtendedConsent": _register,
    "CancelExtendedConsent": _ending("cancelled"),
    "DeleteExtendedConsent": _ending("deleted"),
    "EndConsentByPatient": _end_by_patient,
    "CheckConsent": _check,
    "GetConsentsForPatient": _for_patient,
    "GetExtendedConsentsForPatient": _extended,
    "GetAllExtendedConsentsForPatient": _extended,
    "GetConsentsForCareProvider": _for_provider,
}
