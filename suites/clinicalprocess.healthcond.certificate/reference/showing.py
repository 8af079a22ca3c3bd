"""Which certificates somebody is given, and who is shown which of their statuses and events."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from lxml import etree

from rivta.simulator import IncomingMessage, Outcome, Result

from .certificate import CARE, CITIZEN, C, Certificate, Kept, T, first_at

_PARTS: Final = "769bb12b-bd9f-4203-a5cd-fd14f2eb3b80"
_STATUSES: Final = "9871cd17-8755-4ed9-b894-ff3729e775a4"
_EVENTS: Final = "dfd7bbad-dbe5-4a2f-ba25-f7b9b2cc6b14"


def _shown(found: Certificate, part: str, message: IncomingMessage) -> etree._Element:
    """The certificate with the statuses that a part is shown."""
    intyg = deepcopy(etree.fromstring(found["xml"]))
    place = first_at(intyg, "skapadAv")
    for to, code, at in reversed(found["statuses"]):
        if _is_shown(to, code, part, message):
            about = C.part(T.code(to), T.codeSystem(_PARTS))
            place.addnext(C.status(about, C.status(T.code(code), T.codeSystem(_STATUSES)), C.tidpunkt(at)))
    return intyg


def _is_shown(to: str, code: str, part: str, message: IncomingMessage) -> bool:
    """A resident is shown all; care what was revoked and sent; a recipient what was revoked and sent to itself."""
    is_for_care = code in ("CANCEL", "SENTTO")
    if part == CITIZEN:
        return is_for_care or not message.flaws.skip("citizen-sees-all")
    if part == CARE:
        return is_for_care or message.flaws.skip("care-sees-less")
    if code == "SENTTO" and to != part:
        return message.flaws.skip("sent-to-itself")
    return is_for_care or message.flaws.skip("recipient-sees-less")


def get(message: IncomingMessage, _kept: Kept, found: Certificate) -> Outcome:
    shown = _shown(found, message.says("part/code"), message)
    return Result(beside=(message.element("intyg", *shown),))


def list_for_care(message: IncomingMessage, kept: Kept) -> Outcome:
    found = [each for each in kept.certificates if message.meets(_of_care(message, each))]
    return Result(beside=(message.element("intygsLista", *_written(message, found, CARE)),))


def _of_care(message: IncomingMessage, each: Certificate) -> dict[str, bool]:
    said = message.payload
    units = [unit.text for unit in said.iterfind("{*}enhets-id/{*}extension")]
    return {
        "person": each["patient"] == message.says("person-id/extension"),
        "unit": not units or each["unit"] in units,
        "provider": message.says("vardgivar-id/extension") in ("", each["provider"]),
    }


def list_for_citizen(message: IncomingMessage, kept: Kept) -> Outcome:
    said, skip = message.payload, message.flaws.skip
    types = [kind.text for kind in said.iterfind("{*}intygTyp/{*}code")]
    first, last = message.says("fromDatum"), message.says("tomDatum")

    def is_asked_for(each: Certificate) -> bool:
        day, marks = each["signed"][:10], [code for to, code, _ in each["statuses"] if to == CITIZEN]
        holds = {
            "person": each["patient"] == message.says("person-id/extension"),
            "type": not types or each["type"] in types,
            "archived": (marks[-1:] == ["DELETE"]) == (message.says("arkiverade") in ("true", "1")),
            "from": first <= day,
            "to": not last or day <= last,
        }
        return message.meets(holds) and not (day and day in (first, last) and skip("that-day"))

    found = [each for each in kept.certificates if is_asked_for(each)]
    return Result(beside=(message.element("intygsLista", *_written(message, found, message.says("part/code"))),))


def _written(message: IncomingMessage, found: list[Certificate], part: str) -> Iterator[etree._Element]:
    return (message.element("intyg", *_shown(each, part, message)) for each in found)


def list_with_events(message: IncomingMessage, kept: Kept) -> Outcome:
    said = message.payload
    if (
        said.find("{*}enhets-id") is not None
        and said.find("{*}vardgivar-id") is not None
        and not message.flaws.skip("one-of-both")
    ):
        return Result.error("VALIDATION_ERROR", "Ange antingen enhet eller vårdgivare.")
    first, last = message.says("fromTidpunkt"), message.says("tomTidpunkt")
    items = []
    for each in kept.certificates:
        if not message.meets(_of_care(message, each)) or (not each["signed"] and message.flaws.skip("drafts")):
            continue
        events = [
            (code, at)
            for code, at in each["events"]
            if (first <= at[:19] and (not last or at[:19] <= last)) or message.flaws.skip("window")
        ]
        written = [
            C.handelse(C.handelsekod(T.code(code), T.codeSystem(_EVENTS)), C.tidpunkt(at)) for code, at in events
        ]
        none = [C(name, "0") for name in ("totalt", "ejBesvarade", "besvarade", "hanterade")]
        counts = [message.element(name, *deepcopy(none)) for name in ("skickadeFragor", "mottagnaFragor")]
        (intyg,) = _written(message, [each], CARE)
        items.append(message.element("item", intyg, message.element("handelser", *written), *counts))
    return Result(beside=(message.element("list", *items),))
