"""Samples that a contract's Schematron rules give: for each assert, at each node that it is about, edits that may break it alone.

The words of the assert itself say where to look: the names in it lead to the elements and attributes to change, its literals to
values on either side. A candidate is only worth something when the rules are asked: see `draw`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice
from typing import Any, Final

from lxml import etree

from rivta.contract.instance import smallest_of
from rivta.contract.rules import RuleSet
from rivta.contract.rules.patterns import Check, Language, Pattern, Rule, RuleLimit
from rivta.contract.rules.ruleset import Examination
from rivta.contract.samples.facets import neighbours
from rivta.contract.samples.schema import Aim, Sample, Spot, sample
from rivta.model.steps import Edit

KINDS: Final = (
    "value", "beyond", "beside", "longer", "shorter", "empty", "blank", "left-out", "without", "with", "more-of", "pair",
)  # fmt: skip
"""By what a message is changed so that it breaks an assert."""
_TEXT: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_STEP: Final = r"(?:\.\.|@?[\w.-]+(?::[\w.-]+)?|@\*)"
_PATH: Final = re.compile(rf"(?<![\w$])/{{0,2}}{_STEP}(?:/{{1,2}}{_STEP})*(?![\w(])")
_QUOTED: Final = r"'[^']*'|\"[^\"]*\""
_COMPARED: Final = re.compile(rf"({_STEP}(?:/{{1,2}}{_STEP})*|\.)\s*(?:!?=|\beq\b|\bne\b)\s*(\([^()]*\)|{_QUOTED})")
_LOOKED_FOR: Final = re.compile(rf"(?:starts-with|ends-with|contains)\([^'\"]*({_QUOTED})()")
_NAME: Final = re.compile(r"(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_NUMBER: Final = re.compile(r"(?<![\w.])\d{1,6}(?![\w.])")
_MOST_PAIRS: Final = 3000


@dataclass(frozen=True)
class RuleSearch:
    """One assert or report, and what could break it in a message. `alone` are the rules that decide which nodes it is about.

    What is compared with what stands elsewhere is tried with that, and with its neighbours: the day before another day.
    """

    check: Check
    language: Language
    alone: RuleSet
    nodes: tuple[Spot, ...]
    """Those that it is about in the message; without any it cannot be broken by a change of a value."""
    every: tuple[Spot, ...]

    @property
    def rule(self) -> str:
        """The id by which people know it."""
        return self.check.id

    def candidates(self) -> Iterator[Sample]:
        """One change each. What the assert itself names may be right there, or break it in combination."""
        for node in self.nodes:
            for leaf in self._leaves(node):
                yield from self._of_leaf(leaf, node)
            yield from self._of_structure(node)

    def pairs(self) -> Iterator[Sample]:
        """Two changes at once, at one node, for an assert that no single one breaks."""
        for node in self.nodes[:1]:
            leaves = (self._of_leaf(leaf, node) for leaf in self._leaves(node))
            single = list(chain(chain.from_iterable(leaves), self._of_structure(node)))
            for first, second in islice(combinations(single, 2), _MOST_PAIRS):
                edits = (*first.edits, *second.edits)
                id_ = f"{first.id}.{second.id.removeprefix(f'{self.rule}.')}"
                yield Sample("pair", first.place, id_, edits, "refused", rule=self.rule, parts=(first, second))

    @property
    def _outside_texts(self) -> str:
        return _TEXT.sub(" ", self.check.test.text)

    @property
    def _names(self) -> set[str]:
        return set(_NAME.findall(self._outside_texts))

    @property
    def _numbers(self) -> list[int]:
        return [int(each) for each in _NUMBER.findall(self._outside_texts)]

    def _literals(self, spot: Spot, node: Spot) -> list[str]:
        """The texts that the assert compares with what stands there; where it compares none, those that it looks for in it."""
        own = (spot.element, spot.attribute)
        compared = [texts for path, texts in _COMPARED.findall(self.check.test.text) if own in self._found(node, path)]
        written = compared or [each for call in _LOOKED_FOR.findall(self.check.test.text) for each in call]
        return list(dict.fromkeys(one or other for text in written for one, other in _TEXT.findall(text)))

    def _leaves(self, node: Spot) -> Iterator[Spot]:
        """What has a text that the assert may look at: the node itself, and what it names, each with its attributes."""
        meant = self._meant(node)
        for spot in self.every:
            yield from (each for each in spot.attributes() if (spot.element, each.attribute) in meant)
            element = spot.element
            if (element, "") in meant and not len(element) and not element.attrib:
                yield spot

    def _meant(self, node: Spot) -> set[tuple[etree._Element, str]]:
        """The elements, and attributes of elements, that the paths in the assert lead to, and the node itself."""
        paths = set(_PATH.findall(self._outside_texts))
        return {(node.element, "")}.union(*(self._found(node, path) for path in paths))

    def _found(self, node: Spot, path: str) -> set[tuple[etree._Element, str]]:
        """What a path finds from a node; nothing where it is a word of XPath 2 that only looks like a path."""
        with suppress(etree.XPathError):
            nodes = node.element.xpath(path, namespaces=dict(self.language.prefixes))
            return {owner for each in nodes if (owner := _owner(each))} if isinstance(nodes, list) else set()
        return set()

    def _of_leaf(self, spot: Spot, node: Spot) -> Iterator[Sample]:
        """Another text there: what the assert names, what lies around it, other values of the schema; none at all."""
        own, literals = spot.value, self._literals(spot, node)
        yield from (self._text("value", spot, text, "either") for text in literals if text != own)
        numbers = [] if "length" in self.check.test.text else self._numbers
        around = (str(number + more) for number in numbers for more in (-1, 0, 1) if number + more >= 0)
        beyond = dict.fromkeys((*_beyond(literals), *around))
        listed = map(str, getattr(spot.type, "enumeration", None) or ())
        others = [each.value for each in self._leaves(node) if each != spot]
        related = (text for each in others for text in (each, *neighbours(each)))
        beside = dict.fromkeys((*_near(literals, own), *neighbours(own), *listed, *related))
        yield from (self._text("beyond", spot, text) for text in beyond if text != own)
        yield from (self._text("beside", spot, text) for text in beside if text not in (own, *literals, *beyond))
        if "length" in self.check.test.text:
            yield from chain.from_iterable(self._lengths(spot, number) for number in self._numbers)
        yield self._sample("empty", spot, Edit("text", spot.at, "", spot.attribute))
        yield self._sample("blank", spot, Edit("text", spot.at, "   ", spot.attribute))
        yield self._sample("left-out", spot, Edit("remove", spot.at, attribute=spot.attribute))

    def _lengths(self, spot: Spot, number: int) -> Iterator[Sample]:
        right = (Edit("length", spot.at, str(number), spot.attribute),)
        for kind, length in (("shorter", str(number - 1)), ("longer", str(number + 1))):
            edit = Edit("length", spot.at, length, spot.attribute)
            yield replace(self._sample(kind, spot, edit, more=length, value=length), right=right)

    def _of_structure(self, node: Spot) -> Iterator[Sample]:
        """Children that the assert names: put in where they lack, taken away where they are, and once more."""
        content = node.declared_type.content if node.declared_type.has_complex_content() else None
        declared = [] if content is None else [each for each in content.iter_elements() if _is_element(each)]
        there = [str(child.tag) for child in node.element.iterchildren("*")]
        for number, each in enumerate(declared):
            if each.local_name not in self._names:
                continue
            if each.name in there:
                path = each.name if node.at == "." else f"{node.at}/{each.name}"
                edits = {"without": Edit("remove", path), "more-of": Edit("repeat", path, "1")}
            else:
                before = sum(1 for tag in there if tag in [one.name for one in declared[:number]])
                edits = {"with": Edit("put", node.at, made, before=before)} if (made := self._made(each)) else {}
            for kind, edit in edits.items():
                yield self._sample(kind, node, edit, more=each.local_name, other=each.local_name)

    def _made(self, declared: Any) -> str:
        """An element as the message has it elsewhere, else the smallest; empty where none is known."""
        known = next((spot.element for spot in self.every if spot.declared is declared), None)
        made = smallest_of(declared) if known is None else known
        return "" if made is None else etree.tostring(made, encoding="unicode", with_tail=False)

    def _text(self, kind: str, spot: Spot, text: str, aim: Aim = "refused") -> Sample:
        return self._sample(kind, spot, Edit("text", spot.at, text, spot.attribute), aim, more=text, value=text)

    def _sample(
        self, kind: str, spot: Spot, edit: Edit, aim: Aim = "refused", *, more: str = "", **said: str
    ) -> Sample:
        made = sample(kind, spot, edit, aim, more=more, **said)
        return replace(made, id=f"{self.rule}.{made.id}", rule=self.rule)


def searches(rules: RuleSet, every: tuple[Spot, ...], message: etree._Element) -> Iterator[RuleSearch]:
    """A search for each assert and report of the rules."""
    examination, by_element = Examination(message, RuleLimit()), {spot.element: spot for spot in every}
    for pattern in rules.patterns:
        for number, rule in enumerate(pattern.rules):
            alone = RuleSet((Pattern(pattern.id, pattern.rules[: number + 1]),))
            nodes = tuple(_owners(rule, pattern.rules[:number], examination, by_element))
            yield from (RuleSearch(check, rule.language, alone, nodes, every) for check in rule.checks)


def _owners(
    rule: Rule, earlier: tuple[Rule, ...], examination: Examination, by_element: dict[etree._Element, Spot]
) -> Iterator[Spot]:
    """The nodes that a rule is about; of an attribute or a text its element."""
    for node in examination.unclaimed(examination.matched(rule), earlier):
        element = node if isinstance(node, etree._Element) else node.getparent()
        if element in by_element:
            yield by_element[element]


def _owner(node: Any) -> tuple[etree._Element, str] | None:
    """The element, or the element and its attribute, that a node is; None for a text or a comment."""
    if isinstance(node, etree._Element):
        return node, ""
    return (node.getparent(), str(node.attrname)) if getattr(node, "is_attribute", False) else None


def _is_element(particle: Any) -> bool:
    return not hasattr(particle, "process_contents")


def _beyond(literals: list[str]) -> Iterator[str]:
    """Of a list of numbers: what lies before the first, in the first gap, after the last, and as far off as can be written."""
    if not literals or not all(each.isascii() and each.isdigit() for each in literals):
        return
    numbers, width = sorted(map(int, literals)), max(map(len, literals))
    first, last = numbers[0], numbers[-1]
    between = next((each for each in range(first, last) if each not in numbers), last + 1)
    tried = dict.fromkeys((first - 1, between, last + 1, last + 2, 10**width - 1))
    yield from (str(each).zfill(width) for each in tried if 0 <= each < 10**width and each not in numbers)


def _near(literals: list[str], own: str) -> Iterator[str]:
    """What differs by a letter from the values that an assert names."""
    for each in literals:
        if each[-1:].isdigit() and not each.isdigit():
            yield f"{each[:-1]}{(int(each[-1]) + 1) % 10}"
    if literals:
        yield from (f"{own}x", f"{literals[-1]}x", own.swapcase())
    if own.isdigit():
        yield f"0{own}"
