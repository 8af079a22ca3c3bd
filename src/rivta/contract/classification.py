"""What a set of messages exercised of their contracts: which elements, which kinds of identity, which codes.

Each contract is told in up to four parts: the calls that we made and their answers, the calls that the system made and ours.
A message counts if it could be read and holds what the contract has in that direction; whether it was valid is not asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from rivta.contract import schema
from rivta.contract.declarations import CODES
from rivta.contract.envelope import ENVELOPE
from rivta.model.domain import ContractFacts, ElementFacts
from rivta.model.errors import Unreadable
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.words import Direction
from rivta.text import identity, xml

Kind = Literal["personnummer", "samordningsnummer", "reservid", "other"]
_OIDS: Mapping[str, Kind] = {
    "1.2.752.129.2.1.3.1": "personnummer",
    "1.2.752.129.2.1.3.3": "samordningsnummer",
    "1.2.752.74.9.1": "reservid",
}
_PERSONAL = re.compile(r"(person|patient|subjectOfCare)Id", re.IGNORECASE)
_ROOTS = ("root", "type")
"""What the parts that name the kind of an identity are called in the national contracts: an attribute, or an element of its own."""
_MOST_FOREIGN = 500
_MOST_VALUES = 50
_LONGEST_VALUE = 64
KINDS: tuple[Kind, ...] = ("personnummer", "samordningsnummer", "reservid", "other")
"""Kinds of identity, in the order in which they are told."""


@frozen
class SeenElement:
    """An element or attribute and in how many messages it was.

    `element` is None where the schema's list has none in that place: an extension, or a message that breaks the schema.
    `values` are the codes that were seen, each with in how many messages, if the element holds codes.
    """

    path: str
    element: ElementFacts | None
    messages: int
    values: tuple[tuple[str, int], ...] = ()

    @property
    def is_optional(self) -> bool:
        """Whether a message may be without it, though what it stands in is there."""
        return self.element is not None and self.element.least == 0

    @property
    def is_attribute(self) -> bool:
        return "/@" in self.path


@frozen
class Exercised:
    """What the messages of one contract, in one direction, exercised.

    `inbound`: in the calls that the system made to us, not in those that we made. `elements` are the schema's, in its order,
    seen or not, each parent before what is in it; those that the schema has not are among them, in their place. `identities`
    are kinds of identity with in how many messages each was.
    """

    contract: str
    inbound: bool
    direction: Direction
    messages: int
    elements: tuple[SeenElement, ...]
    identities: tuple[tuple[Kind, int], ...]

    @property
    def is_by_system(self) -> bool:
        """Whether the messages are the system's own, and not ours."""
        return self.inbound == (self.direction is Direction.REQUEST)

    @property
    def optional(self) -> tuple[SeenElement, ...]:
        """What a message may be without."""
        return tuple(each for each in self.elements if each.is_optional)

    @property
    def codes(self) -> tuple[SeenElement, ...]:
        """The fields that hold codes and were seen."""
        return tuple(each for each in self.elements if each.values)


def classify(exchanges: Iterable[Exchange], contracts: Iterable[ContractFacts]) -> tuple[Exercised, ...]:
    """What the messages of these exchanges exercised, contract by contract; of what there was no message, nothing.

    `ContractFacts.elements` says what there is; where it is empty, only what was seen is told.
    """
    known = {contract.word: contract for contract in contracts}
    tallies: dict[tuple[str, bool, Direction], MessageTally] = {}
    for exchange in exchanges:
        sides = zip(Direction, (exchange.request, exchange.response), strict=True) if exchange.contract in known else ()
        for direction, said in sides:
            if said is not None and (carried := _carried(said.body)) is not None:
                _take(carried, (exchange.contract, exchange.inbound, direction), known[exchange.contract], tallies)
    every = ((name, inbound, direction) for name in known for inbound in (False, True) for direction in Direction)
    return tuple(_exercised(key, tallies[key]) for key in every if key in tallies)


def _carried(body: bytes) -> etree._Element | None:
    """What a message carries; None where it cannot be read."""
    try:
        root = xml.parse(body)
    except Unreadable:
        return None
    carried = schema.carried_by(root) if root.tag == ENVELOPE else None
    return None if schema.is_fault(carried) else carried


def _take(
    carried: etree._Element,
    key: tuple[str, bool, Direction],
    contract: ContractFacts,
    tallies: dict[tuple[str, bool, Direction], MessageTally],
) -> None:
    root = etree.QName(carried).localname
    if key not in tallies and root == _root(contract, key[2], root):
        tallies[key] = MessageTally(root, contract.elements)
    if key in tallies and tallies[key].root.name == root:
        tallies[key].add(carried)


def _root(contract: ContractFacts, direction: Direction, otherwise: str) -> str:
    """The root element of the contract's messages in a direction, if the evidence knows it."""
    roots = [each.path for each in contract.elements if "/" not in each.path]
    return roots[direction is Direction.RESPONSE] if len(roots) == len(Direction) else otherwise


def _exercised(key: tuple[str, bool, Direction], tally: MessageTally) -> Exercised:
    contract, inbound, direction = key
    elements = tuple(
        SeenElement(
            path, node.facts, node.messages, tuple(sorted(node.values.items(), key=lambda each: (-each[1], each[0])))
        )
        for path, node in _below(tally.root, tally.root.name)
    )
    kinds = tuple((kind, tally.identities[kind]) for kind in KINDS if kind in tally.identities)
    return Exercised(contract, inbound, direction, tally.messages, elements, kinds)


@dataclass(slots=True, eq=False)
class MessageNode:
    """An element or attribute in its place. Its children keep the schema's order; others come where they first stood."""

    name: str
    facts: ElementFacts | None = None
    messages: int = 0
    children: list[MessageNode] = field(default_factory=list)
    named: dict[str, MessageNode] = field(default_factory=dict)
    """The same by the names that messages have them under, namespaces and all."""
    values: Counter[str] = field(default_factory=Counter)
    seen: int = 0
    """The last message that had it, and the values it had there."""
    said: set[str] = field(default_factory=set)
    is_coded: bool = field(init=False)
    """Whether it holds codes, so that its values are worth telling."""
    is_personal: bool = field(init=False)
    """Whether it holds a person's identity."""

    def __post_init__(self) -> None:
        self.is_coded = self.facts.coded if self.facts else self.name.lstrip("@") in CODES
        self.is_personal = bool(_PERSONAL.fullmatch(self.name))


class MessageTally:
    """What the messages with one root element held. `known` are the schema's elements, of which those below other roots are let be."""

    def __init__(self, root: str, known: Iterable[ElementFacts]) -> None:
        self.messages = 0
        self.identities: Counter[Kind] = Counter()
        every = {facts.path: facts for facts in known}
        self.root = MessageNode(root, every.pop(root, None))
        self._foreign = 0
        places = {root: self.root}
        for facts in every.values():
            above, _, name = facts.path.rpartition("/")
            if above in places:
                places[facts.path] = MessageNode(name, facts)
                places[above].children.append(places[facts.path])

    def add(self, carried: etree._Element) -> None:
        self.messages += 1
        kinds: set[Kind] = set()
        self._visit(carried, self.root, kinds)
        self.identities.update(kinds)

    def _visit(self, element: etree._Element, node: MessageNode, kinds: set[Kind]) -> None:
        self._count(node, xml.text_of(element) if node.is_coded else "")
        if node.is_personal:
            kinds.add(_kind(element))
        for name, value in element.attrib.items():
            place = node.named.get(f"@{name}") or self._place(node, f"@{name}", None)
            if place is not None:
                self._count(place, value)
        before = None
        for child in element.iterchildren(etree.Element):
            place = node.named.get(tag := str(child.tag)) or self._place(node, tag, before)
            if place is not None:
                before = place
                self._visit(child, place, kinds)

    def _count(self, node: MessageNode, value: str) -> None:
        if node.seen != self.messages:
            node.seen, node.messages = self.messages, node.messages + 1
            node.said.clear()
        if value and node.is_coded:
            said = identity.beginning(value.strip(), _LONGEST_VALUE)
            is_room = said in node.values or len(node.values) < _MOST_VALUES
            if said and said not in node.said and is_room:
                node.said.add(said)
                node.values[said] += 1

    def _place(self, node: MessageNode, name: str, before: MessageNode | None) -> MessageNode | None:
        """Where a name of a message is counted, in whichever namespace; None when there are more foreign ones than anybody reads."""
        local = f"{name[: name[0] == '@']}{name.removeprefix('@').rpartition('}')[2]}"
        found = next((each for each in node.children if each.name == local), None)
        if found is None:
            if self._foreign >= _MOST_FOREIGN:
                return None
            self._foreign += 1
            found = MessageNode(local)
            node.children.insert(node.children.index(before) + 1 if before else 0, found)
        node.named[name] = found
        return found


def _below(node: MessageNode, path: str) -> Iterator[tuple[str, MessageNode]]:
    """Every element and attribute with its path, each parent before what is in it."""
    yield path, node
    for child in node.children:
        yield from _below(child, f"{path}/{child.name}")


def _kind(element: etree._Element) -> Kind:
    """By the OID that stands beside the number; where there is none, by the number's own form."""
    oids = [element.get(name) or "".join(map(xml.text_of, element.iterchildren(f"{{*}}{name}"))) for name in _ROOTS]
    oid = next(filter(None, (each.strip() for each in oids)), "")
    if oid:
        return _OIDS.get(oid, "other")
    found = identity.find((element.get("extension") or "".join(element.itertext())).strip())
    return found[0].kind if found else "other"
