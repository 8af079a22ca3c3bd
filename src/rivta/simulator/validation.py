"""What a message must be before its content is considered: SOAP 1.1, for a contract and a unit that we answer for, valid.

The order is that of the national platform and of the published validation mocks: envelope, contract by the body's root
element (never by SOAPAction), logical address, size, schema, rules. What cannot be read or placed is a SOAP Fault; what
is placed but breaks schema or rule is a result that says so. Texts name elements and rules, never values.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TypeVar

from lxml import etree

from rivta.contract import schemas
from rivta.contract.envelope import not_understood
from rivta.contract.message import Envelope, open_envelope, original_consumer
from rivta.contract.rules import RuleOutcome, rules_of
from rivta.contract.validators import is_base64
from rivta.model.clock import SWEDEN, Clock
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.frozen import frozen
from rivta.model.words import Direction, Headers, header_in
from rivta.simulator.edit import Values
from rivta.simulator.faults.fault import Flaws
from rivta.simulator.reference import Reference, Unit
from rivta.simulator.reply import VALIDATION_ERROR, Demand, Outcome, Result, SoapFault, log_id
from rivta.text.xml import charset_of, path_of, prolog_encoding

S = TypeVar("S")
_PROLOG = re.compile(r"\A\s*<\?xml[^>]*\?>")
_NAMED = 5
"""How many broken rules or schema errors one answer names."""


@frozen
class IncomingMessage:
    """A message that has found its contract and its unit. `size` is the whole HTTP body's, in bytes.

    `facts` are what the domain says that a message is known by, with `contract`, `unit` and `consumer`; texts, empty where there is none.
    """

    contract: Contract
    unit: Unit
    envelope: Envelope
    payload: etree._Element
    size: int
    reference: Reference
    flaws: Flaws = field(repr=False)
    received: datetime
    """When it came, in Sweden's time."""
    consumer: str = ""
    """Who first asked, as the HTTP header says; empty where it does not."""

    @property
    def code(self) -> str:
        """The contract's short name, as the names of its faults have it."""
        return self.reference.code(self.contract)

    @property
    def facts(self) -> Values:
        known = self.reference.facts(self.envelope.root)
        identity = self.contract.id
        return {
            **known,
            "contract": identity.name,
            "major": float(identity.major),
            "unit": self.unit.hsa_id,
            "consumer": self.consumer,
        }

    def says(self, path: str) -> str:
        """What stands below the payload, at names of elements with / between; empty where nothing does."""
        return (self.payload.findtext("/".join(f"{{*}}{step}" for step in path.split("/"))) or "").strip()

    def meets(self, holds: Mapping[str, bool]) -> bool:
        """Whether all of this holds, or all but one thing that a named fault overlooks, by the contract's short name and its own."""
        unmet = [name for name, met in holds.items() if not met]
        return not unmet or (len(unmet) == 1 and self.flaws.skip(f"{self.code}-{unmet[0]}"))

    def element(self, name: str, *parts: etree._Element) -> etree._Element:
        """An element of the contract's own namespace."""
        made = etree.Element(f"{{{self.contract.namespace}}}{name}")
        made.extend(parts)
        return made

    def refused(self, facts: Values) -> Outcome | None:
        """Why the message is refused by what `reference.yaml` says, unless a named fault lets it pass."""
        meant = (each for each in self.reference.refuses if each.when.holds(self.payload, facts))
        return next((each.outcome() for each in meant if not self.flaws.skip(each.name)), None)

    def refusal(self, demands: Iterable[Demand[S]], situation: S, kind: str, values: Values) -> Outcome | None:
        """Why the message is refused: by the first demand that is not met, unless a named fault lets it pass, or by a fault."""
        concerning = (demand for demand in demands if not demand.kinds or kind in demand.kinds)
        unmet = (each for each in concerning if not each.met(situation) and not self.flaws.skip(each.name))
        first = next(unmet, None)
        if first is None:
            return self.flaws.refusal(self.payload, values)
        return None if self.flaws.accept(self.payload, values) else first.refusal()


_NO_ADDRESS = ("no-address", "Logisk adressat (LogicalAddress) saknas i meddelandets header.")
_UNKNOWN_ADDRESS = ("unknown-address", "Den logiska adressaten finns inte i detta system.")


def _fault(reason: str, text: str, code: str = "Client") -> SoapFault:
    """A technical error by a word of our own, with a log id of its own."""
    return SoapFault(code, text, log_id(), reason)


def contracts_by_root(contracts: Sequence[Contract]) -> Mapping[str, Contract]:
    return {f"{{{contract.namespace}}}{contract.request_root.rpartition('}')[2]}": contract for contract in contracts}


@frozen
class Reception:
    """Where messages come in: what the system answers for, and the flaws that it was given."""

    contracts: Mapping[str, Contract]
    reference: Reference
    flaws: Flaws
    clock: Clock

    def place(self, headers: Headers, body: bytes) -> IncomingMessage | Outcome:
        """Where the message belongs, or why it is answered before it is read: the technical error that it is."""
        if self.flaws.turn_away(headers, body):
            return _invalid("Meddelandet kan inte läsas", ())
        try:
            envelope = open_envelope(self._decoded(headers, body))
        except Unreadable:
            return _fault("unreadable", "Meddelandet kan inte läsas som ett SOAP 1.1-meddelande.")
        known = {each.header for each in self.contracts.values()}
        if not_understood(envelope.root, known) and not self.flaws.skip("must-understand"):
            return _fault("not-understood", "Ett obligatoriskt headerblock är okänt här.", "MustUnderstand")
        contract = self.contracts.get(envelope.payload_name or "")
        if contract is None or envelope.payload is None:
            return _fault("unknown-contract", "Meddelandets tjänstekontrakt besvaras inte av detta system.")
        address = (envelope.address(contract.header) or "").strip()
        unit = self.reference.unit(address, contract)
        if unit is None:
            return _fault(*(_UNKNOWN_ADDRESS if address else _NO_ADDRESS))
        received = self.clock.now().astimezone(SWEDEN)
        payload, consumer = envelope.payload, original_consumer(headers)
        return IncomingMessage(
            contract, unit, envelope, payload, len(body), self.reference, self.flaws, received, consumer
        )

    def _decoded(self, headers: Headers, body: bytes) -> bytes:
        """The body as its HTTP header declares it, unless a named fault lets the document's own declaration count."""
        declared = _as_declared(headers, body)
        return body if declared is not body and self.flaws.skip("header-charset") else declared

    def verdict(self, message: IncomingMessage) -> Result | None:
        if message.size > self.reference.limit_bytes and not self.flaws.skip(f"size-{message.code}"):
            return Result.error(
                VALIDATION_ERROR, f"Meddelandet är större än {self.reference.limit_bytes / 1024 / 1024:g} MB."
            )
        return self._schema_verdict(message) or self._rules_verdict(message)

    def _schema_verdict(self, message: IncomingMessage) -> Result | None:
        complaints = schemas(message.contract).first(message.envelope.root)
        places = [complaint.path for complaint in complaints]
        places += [path_of(each) for each in self.reference.encoded(message.payload) if not is_base64(each.text or "")]
        if not places or self.flaws.skip(f"schema-{message.code}"):
            return None
        skipped = [outcome.location for outcome in _broken(message) if self.flaws.skip(_known(outcome))]
        places = [place for place in places if place.partition("/@")[0] not in skipped]
        return _invalid("Meddelandet följer inte schemat", places) if places else None

    def _rules_verdict(self, message: IncomingMessage) -> Result | None:
        broken = [outcome for outcome in _broken(message) if not self.flaws.skip(_known(outcome))]
        places = [f"{outcome.rule} ({outcome.location})" for outcome in broken]
        return _invalid("Meddelandet bryter mot reglerna", places) if places else None


def _broken(message: IncomingMessage) -> list[RuleOutcome]:
    root = message.envelope.root
    outcomes = rules_of(message.contract, Direction.REQUEST, root).run(root)
    return [outcome for outcome in outcomes if outcome.kind == "failed"]


def _known(outcome: RuleOutcome) -> str:
    """What a fault calls a rule: the requirement that all of its file are, or its own id."""
    return outcome.rule.partition(":")[0]


def _invalid(what: str, places: Sequence[str]) -> Result:
    return Result.error(VALIDATION_ERROR, ": ".join((what, "; ".join(places[:_NAMED]))) if places else what)


def _as_declared(headers: Headers, body: bytes) -> bytes:
    """The body in UTF-8 where the HTTP header names another encoding than the document does: the header counts (RFC 3023).

    Where the bytes are not in the header's encoding either, the document is believed.
    """
    charset = charset_of(header_in(headers, "content-type"))
    if charset is None or charset.lower() == (prolog_encoding(body) or "utf-8").lower():
        return body
    try:
        return _PROLOG.sub("", body.decode(charset).removeprefix("\ufeff"), count=1).encode()
    except (ValueError, LookupError):
        return body
