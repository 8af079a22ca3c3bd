"""How the simulated catalogue chooses what it offers, and how a system asks at the addresses that it was told.

What a question chooses by has a name by which a named fault overlooks it, where that alone decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree

from rivta.contract.message import open_envelope, wrap
from rivta.simulator import Acting, Action, Done, Draft, IncomingMessage, Outcome, RecordStore, Result, filled

__all__ = ["ACTIONS", "decide"]

_CORE: Final = "urn:riv:supportprocess:serviceprovisioning:healthcareoffering:3"
_C: Final = {"c": _CORE}
_OFFERINGS: Final = "GetCareServiceOfferings"
_TRUE: Final = ("true", "1")
_INDIVIDUAL: Final = "257513009"


def decide(message: IncomingMessage, _store: RecordStore) -> Outcome:
    """The care services that a question is about, with the descriptions that it is about."""
    refused = message.refused(message.facts) or message.flaws.refusal(message.payload, message.facts)
    if refused is not None or message.contract.name != _OFFERINGS:
        return refused or Result()
    given = [_described(message, each) for each in _services() if _is_met(message, dict(_holds(message.payload, each)))]
    return Result(beside=tuple(given))


def _is_met(message: IncomingMessage, holds: Mapping[str, bool]) -> bool:
    unmet = [name for name, met in holds.items() if not met]
    return not unmet or (len(unmet) == 1 and message.flaws.skip(unmet[0]))


def _holds(asked: etree._Element, service: etree._Element) -> Iterator[tuple[str, bool]]:
    """What a question chooses by, and whether a care service has it."""
    for name, path in _IDS.items():
        if wanted := _pairs(asked, f"{{*}}{name}", "root", "extension"):
            yield name, bool(wanted & _pairs(service, path, "root", "extension"))
    for name, path in _CODES.items():
        if wanted := _pairs(asked, name, "code", "codeSystem"):
            found = _pairs(service, path, "code", "codeSystem")
            yield name.replace("{*}", ""), bool(wanted & found) or (not found and "gender" in path)
    for name, chosen in _OTHERS.items():
        met = chosen(asked, service)
        if met is not None:
            yield name, met


_IDS: Final = {
    "careServiceId": "c:careServiceId",
    "providingOrganization/{*}providingOrganizationId": "c:providingOrganization/c:id",
    "performingOrganizationId": "c:performingOrganization/c:id",
}
_CODES: Final = {
    "{*}typeOfCareService": "c:typeOfCareService",
    "{*}typeOfBusiness": "c:performingOrganization/c:typeOfBusiness",
    "{*}providingOrganization/{*}management": "c:providingOrganization/c:management",
    "{*}targetGroupGender": "c:targetGroup/c:gender",
    "{*}location/{*}county": "c:location/c:geographicalLocation/c:county",
}


def _pairs(at: etree._Element, path: str, *parts: str) -> set[tuple[str, ...]]:
    found = at.iterfind(path, _C)
    return {tuple(each.findtext(f"c:{part}", "", _C) for part in parts) for each in found}


def _public(asked: etree._Element, service: etree._Element) -> bool | None:
    wanted = asked.findtext("{*}providingOrganization/c:publicProvider", namespaces=_C)
    return (
        None if wanted not in _TRUE else service.findtext("c:providingOrganization/c:publicProvider", "", _C) in _TRUE
    )


def _age(asked: etree._Element, service: etree._Element) -> bool | None:
    wanted = asked.findtext("{*}targetGroupAge")
    ages = [(each.findtext("c:start", "0", _C), each.findtext("c:end", "999", _C)) for each in _ages(service)]
    return None if wanted is None else not ages or any(int(start) <= int(wanted) <= int(end) for start, end in ages)


def _ages(service: etree._Element) -> Iterator[etree._Element]:
    return service.iterfind("c:targetGroup/c:age", _C)


def _attribute(asked: etree._Element, service: etree._Element) -> bool | None:
    wanted = asked.find("{*}targetGroupAttribute")
    if wanted is None:
        return None
    return any(_said(each) == _said(wanted) for each in service.iterfind("c:targetGroup/c:targetGroupAttribute", _C))


def _said(element: etree._Element) -> list[str]:
    return [str(text).strip() for text in element.itertext() if str(text).strip()]


def _place(asked: etree._Element, service: etree._Element) -> bool | None:
    wanted = asked.findtext("{*}typeOfPlace/c:typeOfPlaceEnum", "ALL", _C)
    kinds = {etree.QName(each).localname == "virtualLocation" for each in service.iterfind("c:location/*", _C)}
    return None if wanted == "ALL" else (wanted == "VIRTUAL") in kinds


def _circle(asked: etree._Element, service: etree._Element) -> bool | None:
    circle = asked.find("{*}location/c:geographicalLocation", _C)
    if circle is None:
        return None
    north, east, radius = _metres(circle, "*/c:north"), _metres(circle, "*/c:east"), _metres(circle, "c:radius")
    points = service.iterfind("c:location/c:physicalLocation/c:geographicalCoordinates", _C)
    return any(
        (_metres(each, "c:north") - north) ** 2 + (_metres(each, "c:east") - east) ** 2 <= radius**2 for each in points
    )


def _metres(at: etree._Element, path: str) -> int:
    return int(at.findtext(path, "0", _C))


def _terms(asked: etree._Element, service: etree._Element) -> bool | None:
    terms = [(each.text or "").lower() for each in asked.iterfind("{*}searchTerm")]
    text = " ".join(_said(service)).lower()
    return all(term in text for term in terms) if terms else None


_OTHERS: Final[Mapping[str, Callable[[etree._Element, etree._Element], bool | None]]] = {
    "publicProvider": _public,
    "targetGroupAge": _age,
    "targetGroupAttribute": _attribute,
    "typeOfPlace": _place,
    "circle": _circle,
    "searchTerm": _terms,
}


def _described(message: IncomingMessage, service: etree._Element) -> etree._Element:
    """A care service with the descriptions in the language and for the role that are asked for."""
    given = deepcopy(service)
    for name, path, usual in (
        ("actorLanguage", "c:language/c:code", "swe"),
        ("actorRole", "c:role/c:code", _INDIVIDUAL),
    ):
        wanted = message.payload.findtext(f"{{*}}{name}/c:code", namespaces=_C)
        if wanted is not None and not message.flaws.skip(name):
            _keep_only(given, path, wanted, usual)
    return given


def _keep_only(service: etree._Element, path: str, wanted: str, usual: str) -> None:
    texts = service.findall("c:description", _C)
    kept = wanted if any(each.findtext(path, "", _C) == wanted for each in texts) else usual
    for each in texts:
        if each.findtext(path, "", _C) != kept:
            service.remove(each)


@cache
def _services() -> etree._Element:
    return etree.parse(Path(__file__).with_name("services.xml"), etree.XMLParser(remove_comments=True)).getroot()


def _fetch(acting: Acting) -> Done:
    """Ask which catalogues there are, and each of them for all that it offers."""
    told: list[str] = []

    def read(answered: Any) -> None:
        payload = answered.envelope.payload if answered.envelope is not None else None
        if payload is not None:
            told.extend(each.text for each in payload.iter("{*}logicalAddress"))

    notes = [*acting.deliver(acting.flawed(_draft(acting, "ask-catalogues", "")), read=read)]
    addresses = ["SE2321000016-UTB1"] if len(told) > 1 and acting.context.flaws.skip("each-address") else told
    for address in addresses:
        notes += acting.deliver(acting.flawed(_draft(acting, "ask-offerings", address)))
    return Done("done", "; ".join(notes))


def _draft(acting: Acting, action: str, address: str) -> Draft:
    sent = acting.context.reference.actions[action]
    contract, to = acting.context.contracts[sent.contract], address or sent.to
    payload = open_envelope(wrap(filled(sent.template, sent.data), to, contract.header).encode()).payload
    assert payload is not None  # noqa: S101 - our own template
    return Draft(contract, to, sent.sender, payload, party=to)


ACTIONS: Final = {"fetch-offerings": Action("offering-user", _fetch, ("GetOfferingCatalogues", _OFFERINGS))}
