"""How the simulated service gives its persons: a record for each identity, with what the profile has; and how many are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker

from rivta.contract.message import open_envelope, wrap
from rivta.simulator import Acting, Action, Done, Draft, IncomingMessage, Outcome, RecordStore, Result, filled

__all__ = ["ACTIONS", "decide"]

_CORE: Final = "urn:riv:strategicresourcemanagement:persons:person:5"
_RESPONDER: Final = "urn:riv:strategicresourcemanagement:persons:person:GetPersonsForProfileResponder:5"
_C: Final = {"c": _CORE}
_R: Final = ElementMaker(namespace=_RESPONDER, nsmap={"r": _RESPONDER, "c": _CORE})
_IDENTITY: Final = f"{{{_CORE}}}requestedPersonalIdentity"
_TRUE: Final = ("true", "1")
_AT_ONCE: Final = "500"


def decide(message: IncomingMessage, _store: RecordStore) -> Outcome:
    """A record for each identity that is asked for."""
    refused = message.refused(message.facts) or message.flaws.refusal(message.payload, message.facts)
    return refused or Result(beside=tuple(_records(message)))


def _records(message: IncomingMessage) -> Iterator[etree._Element]:
    follows = message.payload.findtext("{*}ignoreReferredIdentity", "").strip() not in _TRUE
    for asked in message.payload.iterfind("{*}personId"):
        identity = deepcopy(asked)
        identity.tag = _IDENTITY
        person = _known(asked)
        if person is None and message.flaws.skip("one-for-each"):
            continue
        given = [] if person is None else [_shown(message, person, follows=follows)]
        yield _R.requestedPersonRecord(identity, *given)


def _shown(message: IncomingMessage, person: etree._Element, *, follows: bool) -> etree._Element:
    """What is given of a person: of the main identity where links count, and no more than the profile has."""
    main = _main(person)
    if main is not None and (not message.flaws.skip("links") if follows else message.flaws.skip("own-identity")):
        person = main
    profile, wanted = message.payload.findtext("{*}profile", "P1").strip(), deepcopy(person)
    if _is_protected(message, person):
        profile = "P1"
    least: Any = message.reference.data["profiles"]
    for path, first in least.items():
        *above, name = (f"c:{step}" for step in path.split("/"))
        for parent in wanted.findall("/".join(above), _C) if above else [wanted]:
            for element in parent.findall(name, _C):
                if int(profile[1:]) < int(first[1:]) and not message.flaws.skip(f"beyond-{profile}"):
                    parent.remove(element)
    return wanted


def _is_protected(message: IncomingMessage, person: etree._Element) -> bool:
    """Whether a mark says so; each is overlooked by a fault of its own."""
    marks = [mark for mark in ("protectedPersonIndicator", "protectedPopulationRecord") if _says(person, mark)]
    return bool(marks) and not all(message.flaws.skip(mark) for mark in marks)


def _says(person: etree._Element, mark: str) -> bool:
    return person.findtext(f"c:{mark}", "", _C) in _TRUE


def _main(person: etree._Element) -> etree._Element | None:
    link = "c:linkedIdentity[c:primaryIdentity='true']/c:referredPersonalIdentity"
    return next((_known(each) for each in person.iterfind(link, _C)), None)


def _known(identity: etree._Element) -> etree._Element | None:
    wanted = _named(identity)
    return next((each for each in _persons() if _named(each[0]) == wanted), None)


def _named(identity: etree._Element) -> tuple[str, str]:
    return identity.findtext("c:root", "", _C).strip(), identity.findtext("c:extension", "", _C).strip()


@cache
def _persons() -> etree._Element:
    return etree.parse(Path(__file__).with_name("persons.xml")).getroot()


def _fetch_many(acting: Acting) -> Done:
    """So many persons, in calls of as many as one may have."""
    persons = range(int(acting.order.says("persons") or _AT_ONCE))
    most = int(acting.context.flaws.setting("at-once") or _AT_ONCE)
    shares = [persons[start : start + most] for start in persons[::most]]
    drafts = [acting.flawed(_asking_for(acting, share)) for share in shares]
    return Done("done", "; ".join(note for draft in drafts for note in acting.deliver(draft)))


def _asking_for(acting: Acting, share: range) -> Draft:
    sent = acting.context.reference.actions["fetch-person"]
    contract = acting.context.contracts[sent.contract]
    written = filled(sent.template, {**sent.data, "root": "1.2.752.74.9.1"})
    payload = open_envelope(wrap(written, sent.to, contract.header).encode()).payload
    assert payload is not None  # noqa: S101 - our own template
    (first,) = payload.iterfind("{*}personId")
    for number in share:
        person = deepcopy(first)
        person[1].text = f"R-{number}"
        first.addprevious(person)
    payload.remove(first)
    return Draft(contract, sent.to, sent.sender, payload, party=sent.to)


ACTIONS: Final = {"fetch-many": Action("person-consumer", _fetch_many, ("GetPersonsForProfile",))}
