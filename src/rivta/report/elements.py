"""Which elements the messages of a run had: by contract and direction, in how many messages each was seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree

from rivta import message
from rivta.errors import Unreadable
from rivta.model import ContractFacts, Direction, Run
from rivta.report.voice import Voice

_STEPS = 10
"""How finely a share is drawn."""


@dataclass(frozen=True, slots=True)
class ElementView:
    """One element: its name, in how many messages it was, and that as a share from 0 to 10."""

    name: str
    count: str
    share: int
    inside: tuple["ElementView", ...]


@dataclass(frozen=True, slots=True)
class CoverageView:
    """What was seen of one contract in one direction."""

    heading: str
    summary: str
    elements: tuple[ElementView, ...]


@dataclass(frozen=True, slots=True)
class ContractCoverage:
    """What was seen of one contract."""

    name: str
    sides: tuple[CoverageView, ...]


@dataclass
class _Node:
    """An element in a place. Its children keep the order in which the messages have them, so the contract's own."""

    name: str
    messages: int = 0
    children: dict[str, "_Node"] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def add(self, elements: Sequence[etree._Element]) -> None:
        """Note one message in which these elements stand in this place."""
        self.messages += 1
        grouped: dict[str, list[etree._Element]] = {}
        for element in elements:
            for child in element.iterchildren(etree.Element):
                grouped.setdefault(etree.QName(child).localname, []).append(child)
        place = 0
        for name, found in grouped.items():
            if name not in self.children:
                self.children[name] = _Node(name)
                self.order.insert(place, name)
            place = self.order.index(name) + 1
            self.children[name].add(found)

    def size(self) -> int:
        """How many different elements there are below."""
        return sum(1 + child.size() for child in self.children.values())


def coverage(run: Run, contracts: Sequence[ContractFacts], voice: Voice) -> tuple[ContractCoverage, ...]:
    """The elements of every contract that any message was read of."""
    roots = _seen(run)
    views = []
    for contract in contracts:
        sides = tuple(
            _side(roots[contract.name, side], side, voice) for side in Direction if (contract.name, side) in roots
        )
        if sides:
            views.append(ContractCoverage(contract.name, sides))
    return tuple(views)


def _seen(run: Run) -> dict[tuple[str, Direction], _Node]:
    roots: dict[tuple[str, Direction], _Node] = {}
    for contract, side, body in _bodies(run):
        payload = _payload(body)
        if payload is not None:
            name = etree.QName(payload).localname
            roots.setdefault((contract, side), _Node(name)).add([payload])
    return roots


def _bodies(run: Run) -> Iterator[tuple[str, Direction, bytes]]:
    for result in run.results:
        for exchange in result.exchanges:
            yield exchange.contract, Direction.REQUEST, exchange.request.body
            if exchange.response is not None:
                yield exchange.contract, Direction.RESPONSE, exchange.response.body


def _payload(body: bytes) -> etree._Element | None:
    try:
        return message.open_envelope(body).payload
    except Unreadable:
        return None


def _side(root: _Node, side: Direction, voice: Voice) -> CoverageView:
    heading = voice.words["request" if side is Direction.REQUEST else "response"]
    summary = voice.say("coverage_side", elements=voice.number(root.size()), messages=voice.number(root.messages))
    return CoverageView(heading, summary, _children(root, root.messages, voice))


def _children(node: _Node, total: int, voice: Voice) -> tuple[ElementView, ...]:
    return tuple(_element(node.children[name], total, voice) for name in node.order)


def _element(node: _Node, total: int, voice: Voice) -> ElementView:
    share = max(1, _STEPS * node.messages // total)
    return ElementView(node.name, voice.number(node.messages), share, _children(node, total, voice))
