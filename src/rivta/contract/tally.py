"""Counts, over many messages of one kind, in how many each element, attribute, code and kind of identity was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from rivta.contract.declarations import CODES
from rivta.model.domain import ElementFacts
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


@dataclass
class Node:
    """An element or attribute in its place. Its children keep the schema's order; others come where they first stood."""

    name: str
    facts: ElementFacts | None = None
    messages: int = 0
    children: dict[str, Node] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    values: Counter[str] = field(default_factory=Counter)
    seen: int = 0
    """The last message that had it, and the values it had there."""
    said: set[str] = field(default_factory=set)


class Tally:
    """What the messages with one root element held. `known` are the schema's elements, of which those below other roots are let be."""

    def __init__(self, root: str, known: Iterable[ElementFacts]) -> None:
        self.messages = 0
        self.identities: Counter[Kind] = Counter()
        self.root = root
        self._root = Node(root)
        self._names: dict[str, str] = {}
        self._foreign = 0
        places = {root: self._root}
        for facts in known:
            above, _, name = facts.path.rpartition("/")
            if facts.path == root:
                self._root.facts = facts
            elif above in places:
                places[facts.path] = self._insert(places[above], name, len(places[above].order), facts)

    def add(self, carried: etree._Element) -> None:
        """Note one message."""
        self.messages += 1
        kinds: set[Kind] = set()
        self._visit(carried, self._root, kinds)
        self.identities.update(kinds)

    def nodes(self) -> Iterator[tuple[str, Node]]:
        """Every element and attribute with its path, each parent before what is in it."""
        yield from _below(self._root, self._root.name)

    def _visit(self, element: etree._Element, node: Node, kinds: set[Kind]) -> None:
        self._count(node, xml.text_of(element))
        if _PERSONAL.fullmatch(node.name):
            kinds.add(_kind(element))
        for name, value in element.attrib.items():
            place = node.children.get(f"@{self._local(name)}") or self._foreign_child(node, f"@{self._local(name)}", 0)
            if place is not None:
                self._count(place, value)
        where = 0
        for child in element.iterchildren(etree.Element):
            local = self._local(str(child.tag))
            place = node.children.get(local) or self._foreign_child(node, local, where)
            if place is not None:
                where = node.order.index(local) + 1
                self._visit(child, place, kinds)

    def _count(self, node: Node, value: str) -> None:
        if node.seen != self.messages:
            node.seen, node.messages, node.said = self.messages, node.messages + 1, set()
        if value and (node.facts.coded if node.facts else node.name.lstrip("@") in CODES):
            said = value.strip()[:_LONGEST_VALUE]
            is_room = said in node.values or len(node.values) < _MOST_VALUES
            if said and said not in node.said and is_room:
                node.said.add(said)
                node.values[said] += 1

    def _foreign_child(self, node: Node, name: str, where: int) -> Node | None:
        """A place for what the schema has not; None when there are more such than anybody reads."""
        if self._foreign >= _MOST_FOREIGN:
            return None
        self._foreign += 1
        return self._insert(node, name, where, None)

    @staticmethod
    def _insert(node: Node, name: str, where: int, facts: ElementFacts | None) -> Node:
        node.children[name] = Node(name, facts)
        node.order.insert(where, name)
        return node.children[name]

    def _local(self, tag: str) -> str:
        found = self._names.get(tag)
        if found is None:
            found = self._names[tag] = etree.QName(tag).localname
        return found


def _below(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    for name in node.order:
        yield from _below(node.children[name], f"{path}/{name}")


def _kind(element: etree._Element) -> Kind:
    """By the OID that stands beside the number; where there is none, by the number's own form."""
    oids = [element.get(name) or "".join(map(xml.text_of, element.iterchildren(f"{{*}}{name}"))) for name in _ROOTS]
    oid = next(filter(None, (each.strip() for each in oids)), "")
    if oid:
        return _OIDS.get(oid, "other")
    found = identity.find((element.get("extension") or "".join(element.itertext())).strip())
    return found[0].kind if found else "other"
