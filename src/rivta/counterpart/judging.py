"""A message that was received: whose it is, what it is known by, and whether it holds.

The contract is that of the body's root element, by namespace, and the address that of the SOAP header, as on the national
platform; SOAPAction decides nothing. The verdict here is lxml's and the rules' alone, since it is given before the answer;
what is put on record is judged again by both validators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from threading import local
from typing import Literal, get_args

from lxml import etree

from rivta import contract as contracts
from rivta.contract.envelope import not_understood
from rivta.contract.giving import archives
from rivta.contract.message import Envelope, counted_in_characters, open_envelope
from rivta.contract.platform import about_call
from rivta.contract.rules import rules_of
from rivta.counterpart.composing import Composer
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain
from rivta.model.errors import Unreadable, UsageError
from rivta.model.frozen import frozen
from rivta.model.steps import Behaviour
from rivta.model.words import Direction, Text
from rivta.text.xml import NAMESPACES

Standing = Literal["valid", "invalid", "unrouted", "unreadable", "refused"]
"""What was made of a message; `rivta.evidence.journal.KeptCall` says what each means."""
_BETWEEN = "\u241f"
"""What stands between the facts when they are asked for at once: the symbol for a unit separator."""
A_FAULT = Text.same("a SOAP Fault, where a request is wanted")
"""What is wrong with a Fault that is sent as a call: it can be read, and is none."""
_NO_TROUBLE = Text.same("")
_SHOWN = 5
"""How many complaints an answer lists."""


@frozen
class Judged:
    """What is known of a message. `contract` is an identity, empty where it is none of ours; `namespace` is that of the body's element.

    `forced` is the answer that it must have, whatever anyone wished: it is invalid, or the platform would never have let it
    through to us. `trouble` says in a few words why it is unreadable. `message_id` tells the message from every other, where
    the domain has a fact for that.
    """

    contract: str
    namespace: str
    address: str
    facts: Mapping[str, str]
    standing: Standing
    forced: Behaviour | None = None
    trouble: Text = _NO_TROUBLE
    message_id: str = ""

    @property
    def about(self) -> str:
        """What the call was about, as the platform puts it; of what cannot be read, why."""
        return self.trouble.en or about_call(self.namespace, self.address)


def standing_of(word: str) -> Standing:
    return next((each for each in get_args(Standing) if each == word), "unreadable")


class ContractCatalogue:
    """The contracts that we answer for. Each thread compiles the schema of one when it is first called by it.

    UsageError if a fact's XPath cannot be used. `addresses` are the logical addresses that we answer for, none means any.
    """

    def __init__(self, domains: Iterable[Domain], addresses: Iterable[str] = ()) -> None:
        domains = tuple(domains)
        for domain in domains:
            _facts_of(domain)
        self._homes = {each.namespace: (domain, each) for domain in domains for each in domain.contracts.values()}
        self._headers = tuple({each.header for _, each in self._homes.values()})
        self._addresses = frozenset(address.lower() for address in addresses)
        self._mine = local()
        """What each thread has compiled, by namespace: a schema's error log must not be shared."""
        held = {name: each for domain in domains for name, each in archives(domain).items()}
        self.composers = {str(each.id): Composer(each, held.get(str(each.id))) for _, each in self._homes.values()}

    @property
    def contracts(self) -> Contracts[Contract]:
        return Contracts(each for _, each in self._homes.values())

    def judge(self, body: bytes) -> Judged:
        try:
            envelope = open_envelope(body)
        except Unreadable as error:
            return _unreadable(counted_in_characters(body) or error.text)
        if envelope.payload is None:
            return _unreadable(A_FAULT)
        return self._judge(envelope)

    def _judge(self, envelope: Envelope) -> Judged:
        namespace = envelope.payload_name[1:].partition("}")[0] if envelope.payload_name.startswith("{") else ""
        home = self._homes.get(namespace)
        if home is None:
            said = filter(None, ((envelope.address(each) or "").strip() for each in self._headers))
            return Judged("", namespace, next(said, ""), {}, "unrouted", _platform("VP004"))
        header = home[1].header
        address = (envelope.address(header) or "").strip()
        compiled = self._compiled(*home)
        facts = compiled.facts(envelope.root)
        message_id = home[0].said("message-id", facts)
        judged = Judged(compiled.name, namespace, address, facts, "valid", message_id=message_id)
        if unknown := not_understood(envelope.root, (header,)):
            return replace(judged, standing="invalid", forced=_misunderstood(unknown))
        if not address and header:
            return replace(judged, standing="unrouted", forced=_platform("VP003"))
        if self._addresses and address and address.lower() not in self._addresses:
            return replace(judged, standing="unrouted", forced=_platform("VP004"))
        complaints = compiled.complaints(envelope.root, envelope.payload_name)
        if complaints:
            return replace(judged, standing="invalid", forced=_refusal(complaints, home[1]))
        return judged

    def _compiled(self, domain: Domain, contract: Contract) -> _Judge:
        mine: dict[str, _Judge] = vars(self._mine)
        found = mine.get(contract.namespace)
        if found is None:
            found = mine[contract.namespace] = _Judge(domain, contract)
        return found


class _Judge:
    """One contract, ready to judge messages in one thread."""

    def __init__(self, domain: Domain, contract: Contract) -> None:
        self.name = str(contract.id)
        self._root = f"{{{contract.namespace}}}{contract.request_root}"
        self._schemas = contracts.schemas(contract)
        self._contract = contract
        depends = any(each.when for each in contract.rules.get(Direction.REQUEST, ()))
        self._rules = None if depends else rules_of(contract, Direction.REQUEST)
        self._names = tuple(domain.facts)
        self._one_by_one = _facts_of(domain)
        # All facts by one expression: a question to lxml costs more than its answer.
        parts = "".join(f"string({path}), '{_BETWEEN}', " for path in domain.facts.values())
        expression = f"concat({parts}'')" if parts else "''"
        self._at_once = etree.XPath(expression, namespaces={**NAMESPACES, **domain.namespaces}, smart_strings=False)

    def facts(self, root: etree._Element) -> dict[str, str]:
        """What the message is known by; what it lacks is left out."""
        texts = self._at_once(root).split(_BETWEEN)[:-1]
        if len(texts) != len(self._names):  # the message has the sign itself
            texts = [find(root) for find in self._one_by_one]
        return {name: said for name, text in zip(self._names, texts, strict=True) if (said := text.strip())}

    def complaints(self, root: etree._Element, payload: str) -> list[str]:
        """Places that break the schema, and rules that are broken; never what stands there."""
        if payload != self._root:
            return [f"{payload} is not {self._root}"]
        amiss = [complaint.path for complaint in self._schemas.first(root)]
        rules = self._rules or rules_of(self._contract, Direction.REQUEST, root)
        return amiss or [f"{each.rule} {each.location}" for each in rules.run(root) if each.kind == "failed"]


def _facts_of(domain: Domain) -> tuple[Callable[[etree._Element], str], ...]:
    return tuple(_text_at(path, domain) for path in domain.facts.values())


def _text_at(path: str, domain: Domain) -> Callable[[etree._Element], str]:
    prefixes = {**NAMESPACES, **domain.namespaces}
    try:
        return etree.XPath(f"string({path})", namespaces=prefixes, smart_strings=False)
    except etree.XPathError as error:
        raise UsageError(
            f"{domain.name}: the fact {path} cannot be used: {error}", todo=f"prefixes: {', '.join(prefixes)}"
        ) from error


def _unreadable(trouble: Text) -> Judged:
    return Judged("", "", "", {}, "unreadable", _platform("VP015"), trouble)


def _misunderstood(blocks: list[etree._Element]) -> Behaviour:
    """SOAP 1.1 section 4.4.1: a header block that must be understood, and is not, is answered by a Fault of that code."""
    names = ", ".join(etree.QName(each).localname for each in blocks)
    return Behaviour("fault", code="MustUnderstand", text=f"Ett obligatoriskt headerblock är okänt här: {names}")


def _platform(code: str) -> Behaviour:
    return Behaviour("platform", code=code)


def _refusal(complaints: list[str], contract: Contract) -> Behaviour:
    more = f" (+{len(complaints) - _SHOWN})" if len(complaints) > _SHOWN else ""
    text = f"Meddelandet är inte giltigt: {'; '.join(islice(complaints, _SHOWN))}{more}"
    error = contract.result.invalid or contract.result.refused if contract.result else ""
    return Behaviour("error", error=error, code="Client", text=text)
