"""The coverage matrix: each element of the contracts, and in how many of the run's messages it was, if in any.

Of what was never seen only the outermost element is shown, with how much there is in it; JSON and CSV have every one.
"""

from collections.abc import Iterator

from rivta.contract import Exercised, SeenElement, classify
from rivta.model.domain import ElementFacts
from rivta.model.exchange import Exchange
from rivta.model.run import Run
from rivta.model.words import Direction
from rivta.report.layout import View
from rivta.report.material import Material
from rivta.report.voice import Voice

_STEPS = 10
"""How finely a share is drawn."""
_MOST_CODES = 12
"""How many of an element's codes are named."""


def exercised(run: Run) -> tuple[Exercised, ...]:
    """What the run's messages exercised, those that no case asked for among them. What we answered says nothing of the system."""
    contracts = [contract for domain in run.header.domains for contract in domain.contracts]
    told = classify(_exchanges(run), contracts)
    return tuple(each for each in told if each.is_by_system or not each.inbound)


def _exchanges(run: Run) -> Iterator[Exchange]:
    for result in run.counted:
        yield from result.exchanges
    yield from (stray.exchange for stray in run.strays)


def part(material: Material) -> list[View]:
    """The elements of every contract that any message was read of, in each direction."""
    sides: dict[str, list[View]] = {}
    for each in exercised(material.run):
        sides.setdefault(each.contract, []).append(_Side(each, material.voice).view())
    return [{"name": each.word, "sides": sides[each.word]} for each in material.contracts if each.word in sides]


def heading_key(seen: Exercised) -> str:
    """Whose messages these are, as a key of the catalogue."""
    if seen.inbound:
        return "coverage_calls"
    return "coverage_requests" if seen.direction is Direction.REQUEST else "coverage_answers"


def occurs(facts: ElementFacts | None) -> str:
    """How often an element may be there, as contract descriptions write it: `0..1`, `1..*`."""
    return f"{facts.least}..{'*' if facts.most is None else facts.most}" if facts else ""


class _Side:
    """Makes the view of one contract's messages in one direction."""

    def __init__(self, seen: Exercised, voice: Voice) -> None:
        self._seen = seen
        self._voice = voice
        self._inside: dict[str, list[SeenElement]] = {}
        for each in seen.elements[1:]:
            self._inside.setdefault(each.path.rpartition("/")[0], []).append(each)

    def view(self) -> View:
        """The side as it is shown. `identities` are kinds with in how many messages each was."""
        seen, voice = self._seen, self._voice
        return {
            "heading": voice.words[heading_key(seen)],
            "summary": self._summary(),
            "identities": [(voice.words[f"identity_{kind}"], voice.number(count)) for kind, count in seen.identities],
            "elements": self._below(seen.elements[0].path),
        }

    def _summary(self) -> str:
        every = [each for each in self._seen.elements[1:] if not each.is_attribute]
        elements = [each for each in every if each.element] if self._is_known() else every
        optional = [each for each in elements if each.is_optional]
        counted = {"messages": self._seen.messages, "elements": sum(bool(each.messages) for each in elements)}
        if self._is_known():
            counted |= {"all": len(elements), "optional": sum(bool(each.messages) for each in optional)}
            counted |= {"all_optional": len(optional)}
        numbers = {name: self._voice.number(count) for name, count in counted.items()}
        return self._voice.say("coverage_side_of" if "all" in numbers else "coverage_side", **numbers)

    def _below(self, path: str) -> list[View]:
        return [self._element(each) for each in self._inside.get(path, ()) if not _is_plain_attribute(each)]

    def _element(self, seen: SeenElement) -> View:
        """How often an element may be there, in how many messages it was (empty: in none), that as a share from 0 to 10.

        `codes` are those that were seen in it. `remark` says what else is to be known: how much there is in an element that
        was never seen, or that the schema has no such element.
        """
        holders = [seen, *filter(_is_plain_attribute, self._inside.get(seen.path, ()))]
        values = [value for each in holders for value in each.values]
        named = [f"{code} ({self._voice.number(count)})" for code, count in values[:_MOST_CODES]]
        return {
            "name": seen.path.rpartition("/")[2],
            "occurs": occurs(seen.element),
            "count": self._voice.number(seen.messages) if seen.messages else "",
            "share": max(1, _STEPS * seen.messages // self._seen.messages) if seen.messages else 0,
            "codes": ", ".join(named) + (" …" if len(values) > _MOST_CODES else ""),
            "remark": self._remark(seen),
            "inside": self._below(seen.path) if seen.messages else [],
        }

    def _remark(self, seen: SeenElement) -> str:
        if seen.messages:
            return "" if seen.element or not self._is_known() else self._voice.words["coverage_foreign"]
        within = self._size(seen.path)
        return self._voice.say("coverage_within", n=self._voice.number(within)) if within else ""

    def _is_known(self) -> bool:
        return self._seen.elements[0].element is not None

    def _size(self, path: str) -> int:
        own = [each for each in self._inside.get(path, ()) if not each.is_attribute]
        return sum(1 + self._size(each.path) for each in own)


def _is_plain_attribute(seen: SeenElement) -> bool:
    """An attribute that goes without saying: it must be there, or its codes are told with its element."""
    return seen.is_attribute and seen.element is not None and (seen.element.least > 0 or seen.element.coded)
