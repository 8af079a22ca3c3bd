"""Patterns, rules and checks at work on a message.

Of every rule, lxml is asked at once for the nodes that break it: one question to the whole message instead of one a node.
Only where there are some, or where lxml must not be asked, are nodes looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from lxml import etree

from rivta.contract.rules.examination import Examination, Node, line_of, location_of, name_of
from rivta.contract.rules.expression import Breakdown, Expression
from rivta.contract.rules.patterns import Check, Pattern, Rule, Wording


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One check that a message breaks (`failed`), or that has no value on it (`error`), at one node.

    `rule` is the assert's id, else its rule's, else its pattern's. `message` and `diagnostics` (by language) have their
    values filled in. `test` is the XPath as the author wrote it. `location` and `line` name the node.
    """

    rule: str
    kind: Literal["failed", "error"]
    location: str
    line: int | None
    message: str
    diagnostics: dict[str, str] = field(default_factory=dict)
    test: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class RuleSet:
    """The rules of one file, ready to be run on any number of messages."""

    patterns: tuple[Pattern, ...]

    def run(self, root: etree._Element) -> list[RuleOutcome]:
        """Everything in a message that breaks a rule, pattern by pattern. `root` is the root of the whole envelope."""
        if self._any_breach is not None and not self._any_breach(root):
            return []
        examination = Examination(root)
        names = examination.names
        outcomes: list[RuleOutcome] = []
        for pattern, needs in self._needs:
            for (
                need
            ) in needs:  # not any(…): most patterns have nothing to do, and a generator each costs more than the rest
                if need <= names:
                    outcomes += _of_pattern(pattern, examination)
                    break
        return outcomes

    @cached_property
    def _any_breach(self) -> etree.XPath | None:
        """Whether a message breaks any rule at all, by one question; None where lxml cannot answer it for every rule."""
        rules = [rule for pattern in self.patterns for rule in pattern.rules]
        prefixes = {tuple(sorted(rule.language.prefixes.items())) for rule in rules}
        if len(prefixes) != 1 or any(rule.slow or not rule.quick for rule in rules):
            return None
        return rules[0].language.xpath(f"boolean({' | '.join(rule.any_breach.path for rule in rules)})")

    @cached_property
    def _needs(self) -> tuple[tuple[Pattern, tuple[frozenset[str], ...]], ...]:
        """Each pattern with the sets of elements of which a message must have one whole set for any rule to have work."""
        return tuple(
            (pattern, tuple({each.elements for rule in pattern.rules for each in rule.context}))
            for pattern in self.patterns
        )


def _of_pattern(pattern: Pattern, examination: Examination) -> list[RuleOutcome]:
    outcomes: list[RuleOutcome] = []
    earlier: list[Rule] = []
    for rule in pattern.rules:
        if not examination.may_match(rule):
            continue
        # Mostly lxml finds nothing in the whole message, and then one question was enough.
        if rule.quick and rule.any_breach(examination.root):
            broken = _quick(rule, earlier, examination)
            outcomes += [_failed(pattern, check, node, examination) for check, node in broken]
        if rule.slow:
            outcomes += _slow(pattern, rule, earlier, examination)
        earlier.append(rule)
    return outcomes


def _quick(rule: Rule, earlier: Sequence[Rule], examination: Examination) -> Iterator[tuple[Check, Node]]:
    """What lxml finds in the whole message."""
    for check, search in zip(rule.quick, rule.breaches, strict=True):
        for node in examination.unclaimed(search(examination.root), earlier):
            yield check, node


def _slow(pattern: Pattern, rule: Rule, earlier: Sequence[Rule], examination: Examination) -> Iterator[RuleOutcome]:
    nodes = examination.unclaimed(examination.matched(rule), earlier)
    for check in rule.slow:
        for node in nodes:
            try:
                holds = examination.is_true(check.test, node)
            except Breakdown as error:
                yield _outcome(pattern, check, node, f"cannot be evaluated here: {error}")
                continue
            if holds == check.is_report:
                yield _failed(pattern, check, node, examination)


def _failed(pattern: Pattern, check: Check, node: Node, examination: Examination) -> RuleOutcome:
    diagnostics = {lang: _filled(wording, node, examination) for lang, wording in check.diagnostics.items()}
    outcome = _outcome(pattern, check, node, _filled(check.wording, node, examination))
    return replace(outcome, kind="failed", diagnostics=diagnostics)


def _outcome(pattern: Pattern, check: Check, node: Node, message: str) -> RuleOutcome:
    place = location_of(node)
    return RuleOutcome(check.id, "error", place, line_of(node), message, test=check.test.text, pattern=pattern.id)


def _filled(wording: Wording, node: Node, examination: Examination) -> str:
    return " ".join("".join(_piece(piece, node, examination) for piece in wording).split())


def _piece(piece: str | Expression | object, node: Node, examination: Examination) -> str:
    if isinstance(piece, str):
        return piece
    if not isinstance(piece, Expression):
        return name_of(node)
    try:
        return examination.string(piece, node)
    except Breakdown as error:
        return f"[{error}]"  # the check has failed all the same; only its words are incomplete
