"""What a set of messages exercised of their contracts: which elements, which kinds of identity, which codes.

Each contract is told in up to four parts: the calls that we made and their answers, the calls that the system made and ours.
A message counts if it could be read and holds what the contract has in that direction; whether it was valid is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from rivta.contract import payload
from rivta.contract.envelope import ENVELOPE
from rivta.contract.tally import Kind, Tally
from rivta.model.domain import ContractFacts, ElementFacts
from rivta.model.errors import Unreadable
from rivta.model.exchange import Exchange
from rivta.model.words import Direction
from rivta.text import xml

KINDS: tuple[Kind, ...] = ("personnummer", "samordningsnummer", "reservid", "other")
"""Kinds of identity, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
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
        """Whether it is an attribute."""
        return "/@" in self.path


@dataclass(frozen=True, slots=True)
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
    tallies: dict[tuple[str, bool, Direction], Tally] = {}
    for exchange in exchanges:
        if exchange.contract in known:
            for direction, carried in _messages(exchange):
                _take(carried, (exchange.contract, exchange.inbound, direction), known[exchange.contract], tallies)
    every = ((name, inbound, direction) for name in known for inbound in (False, True) for direction in Direction)
    return tuple(_exercised(key, tallies[key]) for key in every if key in tallies)


def _messages(exchange: Exchange) -> Iterator[tuple[Direction, etree._Element]]:
    """What the two messages carry, as far as they can be read."""
    bodies = [(Direction.REQUEST, exchange.request.body)]
    if exchange.response is not None:
        bodies.append((Direction.RESPONSE, exchange.response.body))
    for direction, body in bodies:
        carried = _carried(body)
        if carried is not None:
            yield direction, carried


def _carried(body: bytes) -> etree._Element | None:
    try:
        root = xml.parse(body)
    except Unreadable:
        return None
    carried = payload.of(root) if root.tag == ENVELOPE else None
    return None if payload.is_fault(carried) else carried


def _take(
    carried: etree._Element,
    key: tuple[str, bool, Direction],
    contract: ContractFacts,
    tallies: dict[tuple[str, bool, Direction], Tally],
) -> None:
    root = etree.QName(carried).localname
    if key not in tallies and root == _root(contract, key[2], root):
        tallies[key] = Tally(root, contract.elements)
    if key in tallies and tallies[key].root == root:
        tallies[key].add(carried)


def _root(contract: ContractFacts, direction: Direction, otherwise: str) -> str:
    """The root element of the contract's messages in a direction, if the evidence knows it."""
    roots = [each.path for each in contract.elements if "/" not in each.path]
    return roots[direction is Direction.RESPONSE] if len(roots) == len(Direction) else otherwise


def _exercised(key: tuple[str, bool, Direction], tally: Tally) -> Exercised:
    contract, inbound, direction = key
    elements = tuple(
        SeenElement(path, node.facts, node.messages, tuple(sorted(node.values.items(), key=_most_first)))
        for path, node in tally.nodes()
    )
    kinds = tuple((kind, tally.identities[kind]) for kind in KINDS if kind in tally.identities)
    return Exercised(contract, inbound, direction, tally.messages, elements, kinds)


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    value, count = counted
    return -count, value
