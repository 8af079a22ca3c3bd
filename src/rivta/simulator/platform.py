"""The national platform in front of a system: it looks up who answers for a logical address, whether the caller may ask, and passes the
call on, or answers with an error of its own (VP001 to VP016).

Source: the platform's list of errors and its headers; RIV-TA Basic Profile 3.1, rules #8, #23, #28.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

from lxml import etree

from rivta.contract.envelope import BODY, HEADER
from rivta.contract.message import CORRELATION, ORIGINAL_CONSUMER, PROLOG
from rivta.contract.platform import NAME, about_call, fault
from rivta.model.clock import SYSTEM, Clock
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.simulator.written import FORM
from rivta.text.xml import parse
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.tree import Entry
from rivta.transport.incoming import Reply

Profile = Literal["rivtabp20", "rivtabp21"]
_ADDRESSES: Final[Mapping[str, Profile]] = {
    "{urn:riv:itintegration:registry:1}LogicalAddress": "rivtabp21",
    "{http://www.w3.org/2005/08/addressing}To": "rivtabp20",
}
"""Where each profile has the logical address, by which the platform knows the profile."""
_HISTORY: Final = "x-rivta-routing-history"
_TOOK: Final = "x-skltp-prt"
_OF_THE_PLATFORM: Final = "x-vp-"
_TYPE: Final = ("Content-Type", "text/xml;charset=UTF-8")
_FORBIDDEN: Final = 403


@frozen
class Route:
    """Who answers for a logical address (in whatever case), in one contract, by identity, or in all; none without a `url`."""

    address: str = ""
    contract: str = ""
    profile: Profile | Literal[""] = ""
    has_url: bool = True

    def leads(self, address: str, contract: str) -> bool:
        return self.address.upper() in ("", address.upper()) and self.contract in ("", contract)


@frozen
class Permission:
    """Who may ask a logical address, all of them without one, by one contract or by all."""

    sender: str
    address: str = ""
    contract: str = ""

    def allows(self, sender: str, address: str, contract: str) -> bool:
        is_there = self.address.upper() in ("", address.upper()) and self.contract in ("", contract)
        return is_there and self.sender.upper() == sender.upper()


@frozen
class RoutingCatalogue:
    """What the platform knows (tjänsteadresseringskatalogen). Without permissions everybody may ask.

    `may_name` are those that may say on whose behalf they call; None is everybody. `broken` is an error that it has with itself.
    """

    name: str = NAME
    routes: tuple[Route, ...] = (Route(),)
    permissions: tuple[Permission, ...] | None = None
    may_name: frozenset[str] | None = None
    seconds: float = 30.0
    wants_tls: bool = False
    broken: Literal["", "VP008", "VP012"] = ""


Answers = Callable[[Headers, bytes], Reply]
"""The system behind it."""


@frozen
class _RoutedCall:
    """What the platform sees of a call."""

    contract: str
    namespace: str
    address: str
    profile: Profile | Literal[""]
    sender: str

    def about(self, *, sender: bool = False) -> str:
        return about_call(self.namespace, self.address, self.sender if sender else "")


@dataclass(frozen=True)
class Platform:
    """A platform with one system behind it. `contracts` are those that the system answers."""

    answers: Answers
    contracts: Contracts[Contract]
    catalogue: RoutingCatalogue = field(default_factory=RoutingCatalogue)
    clock: Clock = SYSTEM

    def answer(self, headers: Headers, body: bytes, caller: str | None) -> Reply:
        """The system's answer, or the platform's own. `caller` is the HSA-id in the client certificate, None where there was no TLS."""
        given = {name.lower(): value for name, value in headers}
        correlation = given.get(CORRELATION) or str(uuid4())
        came = self._looked_at(given, body, caller)
        refused = (came, "") if isinstance(came, str) else self._refusal(came, given, caller)
        if refused:
            return self._own(*refused, correlation)
        assert isinstance(came, _RoutedCall)  # noqa: S101 - else it was refused
        began = self.clock.monotonic()
        reply = self.answers(self._passed_on(headers, given, came, correlation), body)
        took = self.clock.monotonic() - began + reply.delay_seconds
        return self._passed_back(reply, came, correlation, took)

    def _looked_at(self, given: Mapping[str, str], body: bytes, caller: str | None) -> _RoutedCall | str:
        """The call; the platform's error where it cannot be made out."""
        try:
            root = parse(body)
        except Unreadable:
            return "VP015"
        payload = next(iter(root.findall(f"{BODY}/*")), None)
        if payload is None:
            return "VP015"
        namespace = etree.QName(payload).namespace or ""
        known = next((each for each in self.contracts.values() if each.namespace == namespace), None)
        address, profile = _address(root, known)
        contract = str(known.id) if known else namespace
        sender = caller if caller is not None else given.get("x-vp-sender-id") or given.get(ORIGINAL_CONSUMER) or NAME
        return _RoutedCall(contract, namespace, address, profile, sender)

    def _refusal(self, call: _RoutedCall, given: Mapping[str, str], caller: str | None) -> tuple[str, str] | None:
        """The error that the platform answers with, and what it says the call was about; in the order in which it looks."""
        known, about = self.catalogue, call.about()
        routes = [each for each in known.routes if each.leads(call.address, call.contract)]
        fitting = [each for each in routes if each.profile in ("", call.profile)]
        names_another = given.get(ORIGINAL_CONSUMER, call.sender) != call.sender
        looks = {
            "VP011": known.wants_tls and caller is None,
            "VP002": caller == "",
            "VP001": not call.profile and call.address != "",
            "VP003": not call.address,
            "VP008": known.broken == "VP008",
            "VP012": known.broken == "VP012",
            "VP013": known.may_name is not None and names_another and call.sender not in known.may_name,
            "VP014": known.name in given.get(_HISTORY, "").split("#"),
            "VP004": not routes,
            "VP005": not fitting,
            "VP006": len(fitting) > 1,
            "VP007": not self._may(call),
            "VP010": not all(each.has_url for each in fitting),
        }
        code = next((each for each, holds in looks.items() if holds), None)
        return (code, call.about(sender=True) if code == "VP007" else about) if code else None

    def _may(self, call: _RoutedCall) -> bool:
        given = self.catalogue.permissions
        return given is None or any(each.allows(call.sender, call.address, call.contract) for each in given)

    def _passed_on(self, headers: Headers, given: Mapping[str, str], call: _RoutedCall, correlation: str) -> Headers:
        """The headers as the system gets them: without those that are the platform's alone, with those that it sets."""
        ours = {
            _HISTORY: "#".join(filter(None, (given.get(_HISTORY), self.catalogue.name))),
            CORRELATION: correlation,
            ORIGINAL_CONSUMER: given.get(ORIGINAL_CONSUMER) or call.sender,
        }
        replaced = (*ours, "content-type", "user-agent")
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() not in replaced and not name.lower().startswith(_OF_THE_PLATFORM)
        ]
        return (*kept, _TYPE, ("User-Agent", f"SKLTP VP/4 ({self.catalogue.name})"), *ours.items())

    def _passed_back(self, reply: Reply, call: _RoutedCall, correlation: str, took: float) -> Reply:
        """The system's own message, its Faults with status 500; what is no SOAP, or too late, becomes the platform's error."""
        if reply.status == _FORBIDDEN:
            return self._own("VP016", call.about(), correlation)
        if took > self.catalogue.seconds:
            return self._own("VP009", call.about(), correlation, delay_seconds=self.catalogue.seconds)
        try:
            is_soap = parse(reply.body).find(BODY) is not None
        except Unreadable:
            is_soap = False
        if not is_soap:
            return self._own("VP009", call.about(), correlation)
        beside = (CORRELATION, _TOOK, "soapaction")
        headers = tuple(header for header in reply.headers if header[0].lower() not in beside)
        more = ((CORRELATION, correlation), (_TOOK, str(round(took * 1000))))
        return Reply(reply.status, (*headers, *more), reply.body, reply.delay_seconds)

    def _own(self, code: str, about: str, correlation: str, delay_seconds: float = 0.0) -> Reply:
        headers = (_TYPE, (CORRELATION, correlation))
        return Reply(500, headers, (PROLOG + fault(code, about, self.catalogue.name)).encode(), delay_seconds)


def _address(root: etree._Element, contract: Contract | None) -> tuple[str, Profile | Literal[""]]:
    """The logical address, and the profile that has it where it stands; none for a place that no profile has."""
    own: Profile = "rivtabp20" if contract and contract.path.endswith("rivtabp20") else "rivtabp21"
    places = {**_ADDRESSES, **({contract.header: own} if contract and contract.header else {})}
    for element in root.findall(f"{HEADER}/*"):
        if element.tag in places or etree.QName(element).localname == "LogicalAddress":
            return "".join(element.itertext()).strip(), places.get(str(element.tag), "")
    return "", ""


# The catalogue as a file


def read(path: Path, contracts: Contracts[Contract]) -> RoutingCatalogue:
    """The catalogue that a file describes. UsageError, or Mistakes, for what is wrong with it."""
    entry = grammar.load(compose.read(path), FORM["platform"])
    usual = RoutingCatalogue()
    routes = tuple(
        Route(each.get("address", ""), _contract(each, contracts), each.get("profile", ""), each.get("url") != "no")
        for each in entry.get("routes", ())
    )
    permissions = tuple(
        Permission(each["sender"], each.get("address", ""), _contract(each, contracts))
        for each in entry.get("permissions", ())
    )
    return RoutingCatalogue(
        name=entry.get("name", NAME),
        routes=routes if "routes" in entry else usual.routes,
        permissions=permissions if "permissions" in entry else None,
        may_name=frozenset(entry["may-name-consumers"]) if "may-name-consumers" in entry else None,
        seconds=entry.get("timeout", usual.seconds),
        wants_tls=entry.get("tls") == "wanted",
        broken=entry.get("broken", ""),
    )


def _contract(entry: Entry, contracts: Contracts[Contract]) -> str:
    word = entry.get("contract", "")
    return str(contracts.find(word, entry.source_of("contract")).id) if word else ""
