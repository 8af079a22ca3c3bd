"""Patterns, rules and checks at work on a message.

Of every rule, lxml is asked at once for the nodes that break it: one question to the whole message instead of one a node.
Only where there are some, or where lxml must not be asked, are nodes looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, cast

from lxml import etree

from rivta.contract.rules.patterns import (
    LIMIT_SECONDS,
    Alternative,
    Check,
    DynamicError,
    Expression,
    Let,
    Pattern,
    Rule,
    RuleLimit,
    TookTooLong,
    Wording,
    sweeps,
)
from rivta.contract.rules.subset import NAME
from rivta.model.clock import SYSTEM, Clock
from rivta.model.frozen import frozen
from rivta.text.xml import path_of, value_of

_AFFORDABLE = 100_000_000
"""Nodes that lxml visits in a second or two."""
_REMEMBERED = 256
_ANYWHERE = re.compile(rf"//((?:{NAME}:)?{NAME})/((?!/).+)", re.DOTALL)
"""A path that begins with one element, wherever that stands, and what follows below it."""
MOST_OUTCOMES = 100
"""Outcomes told of one message: one that is wrong throughout says no more in ten thousand."""


@frozen
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
    clock: Clock = SYSTEM
    limit: float = LIMIT_SECONDS
    _sound: dict[bytes, None] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The messages that were last seen to break nothing, by SHA-256: a call is judged when it comes and when its case is."""

    def run(self, root: etree._Element) -> list[RuleOutcome]:
        """What in a message breaks a rule, pattern by pattern. `root` is the root of the whole envelope."""
        return self.examine(root)[0]

    def examine(self, root: etree._Element, most: int = MOST_OUTCOMES) -> tuple[list[RuleOutcome], int]:
        """The first `most` of what breaks a rule, and how many more there are: those are counted, not told."""
        examination = Examination(root, RuleLimit(self.clock, self.limit), most)
        if self._any_breach is not None and examination.affords(self._any_breach) and not self._any_breach(root):
            return [], 0
        known = sha256(etree.tostring(root)).digest()
        if known in self._sound:
            return [], 0
        names = examination.names
        outcomes: list[RuleOutcome] = []
        for pattern, needs in self._needs:
            # Not any(…): most patterns have nothing to do, and a generator each costs more than the rest.
            for need in needs:
                if need <= names:
                    outcomes += _of_pattern(pattern, examination)
                    break
        if not outcomes and not examination.more:
            self._sound[known] = None
            if len(self._sound) > _REMEMBERED:
                self._sound.pop(next(iter(self._sound)), None)
        return outcomes, examination.more

    @cached_property
    def _any_breach(self) -> etree.XPath | None:
        """Whether a message breaks any rule at all, by one question; None where lxml cannot answer it for every rule."""
        rules = [rule for pattern in self.patterns for rule in pattern.rules]
        prefixes = {tuple(sorted(rule.language.prefixes.items())) for rule in rules}
        if len(prefixes) != 1 or any(rule.slow or not rule.quick for rule in rules):
            return None
        return rules[0].language.xpath(_at_once(path for rule in rules for path in rule.any_breach_at))

    @cached_property
    def _needs(self) -> tuple[tuple[Pattern, tuple[frozenset[str], ...]], ...]:
        """Each pattern with the sets of elements of which a message must have one whole set for any rule to have work."""
        return tuple(
            (pattern, tuple({each.elements for rule in pattern.rules for each in rule.context}))
            for pattern in self.patterns
        )


def _at_once(paths: Iterable[str]) -> str:
    """Whether any of the paths finds something. An element that several of them begin with, wherever it stands, is looked for once."""
    apart, below = list[str](), dict[str, list[str]]()
    for path in paths:
        if begins := _ANYWHERE.fullmatch(path):
            below.setdefault(begins[1], []).append(begins[2])
        else:
            apart.append(path)
    together = [f"//{element}[{' or '.join(rest)}]" for element, rest in below.items()]
    return f"boolean({' | '.join((*apart, *together))})"


def _of_pattern(pattern: Pattern, examination: Examination) -> Iterator[RuleOutcome]:
    earlier: list[Rule] = []
    for rule in pattern.rules:
        if not examination.may_match(rule):
            continue
        try:
            yield from _of_rule(rule, earlier, pattern, examination)
        except TookTooLong as error:  # no node of it could be found in time
            yield _outcome(pattern, rule.checks[0], examination.root, str(error))
        earlier.append(rule)


def _of_rule(rule: Rule, earlier: Sequence[Rule], pattern: Pattern, examination: Examination) -> Iterator[RuleOutcome]:
    examination.limit.begin()
    quick = rule.quick if rule.quick and examination.affords(rule.any_breach) else ()
    # Mostly lxml finds nothing in the whole message, and then one question was enough.
    if quick and rule.any_breach(examination.root):
        for check, search in zip(rule.quick, rule.breaches, strict=True):
            for node in examination.unclaimed(search(examination.root), earlier):
                if examination.tells_one_more():
                    yield _failed(pattern, check, node, examination)
    slow = rule.slow if quick else rule.checks
    if slow and not examination.limit.is_over:
        yield from _slow(pattern, rule, slow, earlier, examination)


def _slow(
    pattern: Pattern, rule: Rule, checks: Sequence[Check], earlier: Sequence[Rule], examination: Examination
) -> Iterator[RuleOutcome]:
    nodes = examination.unclaimed(examination.matched(rule), earlier)
    for check in checks:
        for node in nodes:
            try:
                examination.limit.demand()
                holds = examination.is_true(check.test, node)
            except TookTooLong as error:
                yield _outcome(pattern, check, node, str(error))
                return
            except DynamicError as error:
                if examination.tells_one_more():
                    yield _outcome(pattern, check, node, f"cannot be evaluated here: {error}")
                continue
            if holds == check.is_report and examination.tells_one_more():
                yield _failed(pattern, check, node, examination)


def _failed(pattern: Pattern, check: Check, node: Node, examination: Examination) -> RuleOutcome:
    diagnostics = {lang: _filled(wording, node, examination) for lang, wording in check.diagnostics.items()}
    outcome = _outcome(pattern, check, node, _filled(check.wording, node, examination))
    return replace(outcome, kind="failed", diagnostics=diagnostics)


def _outcome(pattern: Pattern, check: Check, node: Node, message: str) -> RuleOutcome:
    element = node if isinstance(node, etree._Element) else node.getparent()
    line = None if element is None else element.sourceline
    return RuleOutcome(check.id, "error", location_of(node), line, message, test=check.test.text, pattern=pattern.id)


def _filled(wording: Wording, node: Node, examination: Examination) -> str:
    return " ".join("".join(_piece(piece, node, examination) for piece in wording).split())


def _piece(piece: str | Expression | object, node: Node, examination: Examination) -> str:
    if isinstance(piece, str):
        return piece
    if not isinstance(piece, Expression):
        return name_of(node)
    try:
        return examination.string(piece, node)
    except DynamicError as error:
        return f"[{error}]"  # the check has failed all the same; only its words are incomplete


# One message under examination: its nodes, what was found in it so far, and expressions answered at them


Node = etree._Element | etree._ElementUnicodeResult  # noqa: SLF001  lxml's only names for the types


def key_of(node: Node) -> object:
    """Equal for the same node, as long as somebody keeps the node: lxml makes its Python objects anew when nobody does."""
    return node if isinstance(node, etree._Element) else (node.getparent(), node.attrname, node.is_tail)


def location_of(node: Node) -> str:
    """A readable XPath to the node."""
    if isinstance(node, etree._Element):
        return path_of(node)
    parent = node.getparent()
    place = parent.getparent() if node.is_tail and parent is not None else parent
    path = "" if place is None else path_of(place)
    return f"{path}/@{name_of(node)}" if node.is_attribute else f"{path}/text()"


def name_of(node: Node) -> str:
    """The name with the prefix that the message gives it; nothing for a text or a comment."""
    if isinstance(node, etree._Element):
        if _is_element(node):
            return _qualified(etree.QName(node).localname, node.prefix)
        return str(getattr(node, "target", ""))  # a processing instruction's
    if not node.attrname:
        return ""
    name = etree.QName(node.attrname)
    parent = node.getparent()
    known = {} if parent is None else parent.nsmap
    return _qualified(
        name.localname, next((prefix for prefix, uri in known.items() if prefix and uri == name.namespace), None)
    )


def _is_element(node: Node) -> TypeGuard[etree._Element]:
    """Whether lxml can be asked at the node: it takes no comment, instruction, attribute or text as the place of a question."""
    return isinstance(node, etree._Element) and isinstance(node.tag, str)


def _qualified(local: str, prefix: str | None) -> str:
    return f"{prefix}:{local}" if prefix else local


if TYPE_CHECKING:
    from elementpath import XPathContext

    from rivta.contract.rules.xpath2 import Tree


@lru_cache(maxsize=4096)
def _sweeps_of(question: etree.XPath) -> tuple[int, int]:
    return sweeps(question.path)


class Examination:
    """What a run of the rules knows of a message.

    Everything found is kept until the end: lxml makes the Python object of a node anew when nobody holds it, and a node would
    no longer equal itself.
    """

    def __init__(self, root: etree._Element, limit: RuleLimit, most: int = MOST_OUTCOMES) -> None:
        self.root = root
        self.limit = limit
        self._matched: dict[int, list[Node]] = {}
        self._values: dict[tuple[Let, object], Any] = {}
        self._told, self._most = 0, most
        self.more = 0

    def tells_one_more(self) -> bool:
        """Whether there is room for one more to be told; else it is counted. Its place takes as long as it has siblings."""
        is_told = self._told < self._most
        self._told += is_told
        self.more += not is_told
        return is_told

    @cached_property
    def _tree(self) -> Tree:
        from rivta.contract.rules.xpath2 import Tree  # noqa: PLC0415  elementpath takes 0.2 s to import, and a tree of its own to make

        return Tree(self.root)

    @cached_property
    def names(self) -> set[str]:
        """The elements that the message has, by `{namespace}name`."""
        return cast("set[str]", {element.tag for element in self.root.iter("*")})

    def affords(self, question: etree.XPath) -> bool:
        """Whether lxml may be asked this of the message: what it has begun cannot be ended, so it must not go on for long."""
        everywhere, alongside = _sweeps_of(question)
        if everywhere < 2 and not alongside:
            return True
        visits: int = self._size**everywhere * self._widest**alongside
        return visits <= _AFFORDABLE

    @cached_property
    def _size(self) -> int:
        return sum(1 for _ in self.root.iter("*"))

    @cached_property
    def _widest(self) -> int:
        """The most siblings that any element of the message is one of."""
        return max(map(len, self.root.iter("*")), default=0) + 1

    # ── which nodes ──

    def may_match(self, rule: Rule) -> bool:
        """False if the message lacks elements without which the rule has nothing to do."""
        return any(alternative.elements <= self.names for alternative in rule.context)

    def matched(self, rule: Rule) -> list[Node]:
        """The nodes that a rule's context matches, each once however many of its paths do."""
        if id(rule) not in self._matched:
            found: dict[object, Node] = {}
            for alternative, search in rule.everything:
                if not self.affords(search):
                    self.limit.exceed()
                for node in search(self.root):
                    if key_of(node) not in found and self._is_match(alternative, node):
                        found[key_of(node)] = node
            self._matched[id(rule)] = list(found.values())
        return self._matched[id(rule)]

    def _is_match(self, alternative: Alternative, node: Node) -> bool:
        if alternative.check is None:
            return True
        try:
            return self.is_true(alternative.check, node)
        except DynamicError:  # one that took too long matches nothing more, and the rule's first check says so
            return False

    def unclaimed(self, nodes: Iterable[Node], earlier: Sequence[Rule]) -> list[Node]:
        """Those of the nodes that no earlier rule of the pattern matches: the first rule that does is the one that counts."""
        found = list(nodes)
        if not found or not earlier:
            return found
        claimed = {key_of(node) for rule in earlier for node in self.matched(rule)}
        return [node for node in found if key_of(node) not in claimed]

    # ── what is true there ──

    def is_true(self, expression: Expression, node: Node) -> bool:
        """The effective boolean value at a node. DynamicError where there is none."""
        if expression.quick_boolean is not None and _is_element(node) and self.affords(expression.quick_boolean):
            return bool(expression.quick_boolean(node))
        return expression.slow.is_true(self._context(expression, node))

    def string(self, expression: Expression, node: Node) -> str:
        """The value as text at a node. DynamicError where there is none."""
        if expression.quick_string is not None and _is_element(node):
            return value_of(expression.quick_string(node))
        return expression.slow.string(self._context(expression, node))

    def _context(self, expression: Expression, node: Node | None) -> XPathContext:
        return self._tree.context(node, lambda name: self._value(expression.names[name], node), self.limit)

    def _value(self, let: Let, node: Node | None) -> Any:
        """What a let stands for at a node; worked out once a node, or once a message."""
        place = node if let.of_node else None
        key = (let, None if place is None else key_of(place))
        if key not in self._values:
            self._values[key] = let.value.slow.values(self._context(let.value, place))
        return self._values[key]
