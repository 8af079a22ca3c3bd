"""How the simulated register of licences keeps who has asked to follow whom, and how a system asks only for what is newer."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker

from rivta.contract.message import open_envelope, wrap
from rivta.simulator import Acting, Action, Done, Draft, IncomingMessage, Outcome, RecordStore, Result, filled

__all__ = ["ACTIONS", "decide"]

_BASE: Final = "urn:riv:infrastructure:directory:authorizationmanagement"
_H: Final = ElementMaker(namespace=f"{_BASE}:GetHospCredentialsForPersonResponder:1")
_C: Final = ElementMaker(namespace=f"{_BASE}:2.3", nsmap={"c3": f"{_BASE}:2.3"})
_IDENTITY: Final = ElementMaker(namespace=f"{_BASE}:2.1", nsmap={"c1": f"{_BASE}:2.1"})
_FOLLOWED: Final = "followed"
_PERSONNUMMER: Final = "1.2.752.129.2.1.3.1"


def decide(message: IncomingMessage, store: RecordStore) -> Outcome:
    """Who follows a person is remembered; a person's licence is given for as long as anybody does."""
    refused = message.refused(message.facts) or message.flaws.refusal(message.payload, message.facts)
    if refused is not None:
        return refused
    if message.contract.name == "HandleHospCertificationPerson":
        _mark(message, store)
    return (
        Result(beside=_licences(message, store)) if message.contract.name == "GetHospCredentialsForPerson" else Result()
    )


def _mark(message: IncomingMessage, store: RecordStore) -> None:
    person, who = str(message.facts["licensed"]), message.consumer
    marks: list[str] = [each for each in _marks(store, person) if each != who]
    if message.payload.findtext("{*}operation") == "add":
        marks.append(who)
    elif marks and message.flaws.skip("own-mark"):
        marks = []
    elif not marks and message.flaws.skip("last-mark"):
        marks = [who]
    store.put(_FOLLOWED, person, marks)


def _marks(store: RecordStore, person: str) -> list[str]:
    marks: Any = store.get(_FOLLOWED, person)
    return marks or []


def _licences(message: IncomingMessage, store: RecordStore) -> tuple[etree._Element, ...]:
    person = str(message.facts["licensed"])
    named = _H.personalIdentityNumber(_IDENTITY.root(_PERSONNUMMER), _IDENTITY.extension(person))
    if not _marks(store, person):
        return (named,)
    code, name = _C.healthCareProfessionalLicenceCode("LK"), _C.healthCareProfessionalLicenceName("Läkare")
    return named, _H.healthCareProfessionalLicence(code, name)


def _refresh(acting: Acting) -> Done:
    """Ask when the register was updated, and for the person only where that is later than what is known."""
    latest = ""

    def read(answered: Any) -> None:
        nonlocal latest
        latest = answered.envelope.payload.findtext("{*}lastUpdate") if answered.envelope is not None else ""

    store = acting.context.store
    notes = [*acting.deliver(acting.flawed(_draft(acting, "ask-latest-update")), read=read)]
    known: Any = store.get("known", "latest") or ""
    if latest > known or acting.context.flaws.skip("only-newer"):
        store.put("known", "latest", latest)
        notes += acting.deliver(acting.flawed(_draft(acting, "ask-licences")))
    return Done("done", "; ".join(notes))


def _draft(acting: Acting, action: str) -> Draft:
    sent = acting.context.reference.actions[action]
    contract = acting.context.contracts[sent.contract]
    written = filled(sent.template, {**sent.data, **acting.order.data})
    payload = open_envelope(wrap(written, sent.to, contract.header).encode()).payload
    assert payload is not None  # noqa: S101 - our own template
    return Draft(contract, sent.to, sent.sender, payload, party=sent.to)


ACTIONS: Final = {
    "refresh-licences": Action("credential-user", _refresh, ("GetHospLastUpdate", "GetHospCredentialsForPerson"))
}
