"""What a rule file is made of: expressions, the contexts of rules, rules and patterns with their checks and the wording of their messages.

An XPath expression is answered by lxml where XPath 1 and 2 agree and by elementpath everywhere else.

The context of a rule is an XSLT pattern, which matches nodes of a message. It looks like a path and reads from right to left: `a/b` matches
every `b` in an `a`, however deep the `a` stands. So a pattern that does not begin at the document is looked for everywhere. Predicates that
lxml must not answer are left out of its search, which can only find too much, and elementpath then looks at each candidate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NoReturn

from lxml import etree

from rivta.contract.rules.subset import NAME, Typed, translate
from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source

if TYPE_CHECKING:
    from rivta.contract.rules.xpath2 import Slow

LIMIT_SECONDS = 5.0
"""How long one rule may take on one message where lxml cannot answer it. Published rules take milliseconds."""
_ALONGSIDE = ("..", "parent::", "following-sibling::", "preceding-sibling::")
_OPERATORS = (",", "|", "=", "<", ">", "+", " and ", " or ")
_STEP = re.compile(
    r"(?:\"[^\"]*\"|'[^']*')|(//|\.\.|(?:descendant|ancestor)(?:-or-self)?::|(?:following|preceding)(?:-sibling)?::|parent::|[\[\]()|,=<>+]| and | or )"
)
_BOUND = re.compile(r"\$([\w.\-:]+)\s+(?:in|satisfies|as)\b")


@dataclass(frozen=True)
class Language:
    """What a rule file's expressions are written in: its prefixes, and XPath 1 (binding `xslt`) or 2 (`xslt2`)."""

    prefixes: Mapping[str, str]
    version: Literal[1, 2]

    def translated(self, text: str, *, predicate: bool = False) -> Typed | None:
        """The text in XPath 1, typed, or None where lxml must not answer it."""
        return translate(text, self.prefixes, version=self.version, predicate=predicate)

    def xpath(self, text: str) -> etree.XPath:
        """A translated text, ready to run."""
        return etree.XPath(text, namespaces=dict(self.prefixes))


@dataclass(frozen=True, eq=False)
class Let:
    """A named value, and the names that were known where it was declared."""

    name: str
    value: Expression
    of_node: bool
    """Declared in a rule, so that its value is another for each node; else the document's."""


Names = Mapping[str, Let]
"""The lets that an expression may use, by name."""


class RuleLimit:
    """How long a rule may take on one message, in seconds."""

    def __init__(self, clock: Clock = SYSTEM, seconds: float = LIMIT_SECONDS) -> None:
        self.seconds = seconds
        self._clock = clock
        self.is_over = False
        self._ends = 0.0
        self.begin()

    def begin(self) -> None:
        """The next rule."""
        self._ends = self._clock.monotonic() + self.seconds

    def demand(self) -> None:
        """TookTooLong when the time is over, which ends all further rules too."""
        if self.is_over or self._clock.monotonic() > self._ends:
            self.exceed()

    def exceed(self) -> NoReturn:
        """The time is known to be over."""
        self.is_over = True
        raise TookTooLong(f"the rule takes longer than {self.seconds:g} s on this message")


class DynamicError(Exception):
    """An expression that has no value on this message: XPath's dynamic error, in its own words."""


class TookTooLong(DynamicError):
    """A rule that would go on for nobody knows how long."""


class Expression:
    """An expression as it was written, where, and with which names in reach.

    UsageError, with the line, for one that is no XPath, or uses a prefix, a function or a name that nobody declared.
    """

    def __init__(self, text: str, source: Source, language: Language, names: Names) -> None:
        self.text = text
        self.source = source
        self.language = language
        self.names = names
        self.quick = language.translated(text)
        if self.quick is None:
            own = set(_BOUND.findall(self.text))
            for name in sorted(self.slow.variables - self.names.keys() - own):
                todo = did_you_mean(name, self.names)
                raise UsageError(f"nothing is named ${name} here", source=self.source, todo=todo)

    @cached_property
    def slow(self) -> Slow:
        """The expression as elementpath has it."""
        from rivta.contract.rules.xpath2 import Slow  # noqa: PLC0415  elementpath takes 0.2 s to import

        return Slow(self.text, self.source, self.language)

    @cached_property
    def quick_boolean(self) -> etree.XPath | None:
        """The effective boolean value, for lxml to tell."""
        return self.language.xpath(f"boolean({self.quick.text})") if self.quick else None

    @cached_property
    def quick_string(self) -> etree.XPath | None:
        """The value, a text or a number, for lxml to fill in; None if it is not surely one."""
        quick = self.quick
        if quick is None or not (quick.kind in ("string", "number", "boolean") or quick.single):
            return None
        return self.language.xpath(quick.text if quick.kind == "number" else f"string({quick.text})")


def sweeps(path: str) -> tuple[int, int]:
    """How often one question in XPath 1 goes through a message at worst, one time within another: through all of it, and through the
    siblings of a node. `count(//a)` is (1, 0), `//a[//b[../c]]` is (2, 1).
    """
    worst, outer, here = (0, 0), list[tuple[int, int]](), (0, 0)
    for word in filter(None, _STEP.findall(path)):
        base = outer[-1] if outer else (0, 0)
        if word in "[(":
            outer.append(here)
        elif word in "])":
            here = outer.pop() if outer else here
        elif word in _OPERATORS:
            here = base
        elif word in _ALONGSIDE:
            here = (here[0], base[1] + 1)
        else:
            here = (base[0] + 1, here[1])
        worst = (max(worst[0], here[0]), max(worst[1], here[1]))
    return worst


# The context of a rule

_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|\(:|//|[\[\]()|/]|[^\"'\[\]()|/]+")
_TEST = re.compile(
    rf"(?P<axis>@|child::|attribute::)?(?P<name>\*|(?:(?P<prefix>{NAME}):)?(?:\*|{NAME})|(?:node|text|comment|processing-instruction)\(\))"
)
_POSITION = re.compile(r"\b(?:position|last)\s*\(")


@frozen
class Alternative:
    """One of the paths of a pattern."""

    path: str
    """XPath 1 that finds every node it matches, and if there is a `check` perhaps more."""
    elements: frozenset[str]
    """Names, in Clark notation, without which a message has no match."""
    check: Expression | None
    """Asked of each candidate, where XPath 1 could not be asked everything. A breakdown there is no match: XSLT 2.0, 5.5.4."""


@frozen
class _Step:
    separator: str
    axis: str
    name: str
    predicates: tuple[str, ...]


def read_context(text: str, source: Source, language: Language, names: Names) -> tuple[Alternative, ...]:
    """The paths of a rule's context. UsageError, with the line, for what is no XSLT pattern or cannot be run here."""
    context = _Context(text, source, language, names)
    return tuple(context.alternative([word for word in words if word]) for words in context.paths())


@dataclass(frozen=True)
class _Context:
    text: str
    source: Source
    language: Language
    names: Names

    def _mistake(self, what: str, todo: str = "") -> UsageError:
        return UsageError(f"the rule's context “{self.text}” {what}", source=self.source, todo=todo)

    def paths(self) -> Iterator[list[str]]:
        """The words of each path: separators, tests, and predicates whole, with their brackets."""
        path: list[str] = []
        depth = 0
        for word in _WORD.findall(self.text):
            if word == "(:":
                raise self._mistake("has a comment, which is not read here")
            if depth == 0 and word == "|":
                yield path
                path = []
                continue
            opens_deeper = depth > 0 or word in "()"
            depth += (word == "[") - (word == "]")
            if path and opens_deeper:
                path[-1] += word
            else:
                path.append(word.strip() if depth == 0 else word)
        if depth:
            raise self._mistake("has a bracket without its other half")
        yield path

    def alternative(self, words: list[str]) -> Alternative:
        steps, prefixes = self._steps(words), self.language.prefixes
        for step in steps:
            prefix, colon, _ = step.name.partition(":")
            if colon and prefix not in prefixes:
                todo = did_you_mean(prefix, prefixes)
                raise UsageError(f"nobody declares the prefix {prefix} of “{self.text}”", source=self.source, todo=todo)
        predicates = [predicate for step in steps for predicate in step.predicates]
        is_slow = any(self._quick(predicate) is None for predicate in predicates)
        if is_slow and any(_POSITION.search(predicate) for predicate in predicates):
            raise self._mistake("counts positions beside XPath 2, which is not run here")
        names = (step.name for step in steps if step.axis == "" and "*" not in step.name and "(" not in step.name)
        return Alternative(
            path=self._forwards(steps, counts=not is_slow),
            elements=frozenset(self._clark(name) for name in names),
            check=Expression(self._backwards(steps), self.source, self.language, self.names) if is_slow else None,
        )

    def _steps(self, words: list[str]) -> list[_Step]:
        steps: list[_Step] = []
        separator = ""
        for word in words:
            test = _TEST.fullmatch(word)
            if word in ("/", "//") and not separator:
                separator = word
            elif word.startswith("[") and steps and not separator:
                steps[-1] = replace(steps[-1], predicates=(*steps[-1].predicates, word[1:-1]))
            elif test and (not steps or separator):
                axis = "@" if test["axis"] in ("@", "attribute::") else ""
                steps.append(_Step(separator, axis, test["name"], ()))
                separator = ""
            else:
                steps.clear()
                break
        if not steps or separator:
            todo = "an XSLT pattern is wanted, such as a/b, //a[@b='c'] or a/@b"
            raise self._mistake("is no path of elements and attributes", todo)
        return steps

    def _quick(self, predicate: str) -> Typed | None:
        return self.language.translated(predicate, predicate=True)

    def _clark(self, name: str) -> str:
        prefix, colon, local = name.rpartition(":")
        return f"{{{self.language.prefixes[prefix]}}}{local}" if colon else name

    def _forwards(self, steps: list[_Step], *, counts: bool) -> str:
        """XPath 1 over the whole document, without the predicates that XPath 1 must not be asked; without `counts`, without positions."""
        path = "" if steps[0].separator else "//"
        for step in steps:
            path += step.separator + step.axis + step.name
            for quick in map(self._quick, step.predicates):
                path += f"[{quick.text}]" if quick and (counts or quick.kind != "number") else ""
        return path

    def _backwards(self, steps: list[_Step]) -> str:
        """The pattern as a question to a candidate: self, then its parents and ancestors, each with its predicates.

        The candidate's own name was lxml's to check, and `self::` would not take an attribute's.
        """
        path = "self::node()" + self._bracketed(steps[-1])
        for step, after in zip(reversed(steps[:-1]), reversed(steps[1:]), strict=True):
            axis = "ancestor" if after.separator == "//" else "parent"
            path += f"/{axis}::{step.name}" + self._bracketed(step)
        return path

    def _bracketed(self, step: _Step) -> str:
        """A step's predicates. One that may be a number is a position, to be counted among the nodes that the step finds there."""
        bracketed = ""
        for predicate in step.predicates:
            condition = f"({predicate})"
            if self._may_count(predicate):
                place = f"count(preceding-sibling::{step.name}{bracketed}) + 1"
                is_number = " or ".join(f"{condition} instance of xs:{each}" for each in ("decimal", "double", "float"))
                condition = f"if ({is_number}) then {condition} = {place} else {condition}"
            bracketed += f"[{condition}]"
        return bracketed

    def _may_count(self, predicate: str) -> bool:
        quick = self._quick(predicate)
        if quick is not None:
            return quick.kind == "number"
        # Whether what lxml must not answer may be a number: UsageError for what is no XPath.
        if not Expression(predicate, self.source, self.language, self.names).slow.may_be_number:
            return False
        if self.language.version == 1:
            what = f"the predicate [{predicate}] may be a position, which is not run here with the binding xslt"
            raise UsageError(what, source=self.source, todo="compare it with something, or say queryBinding=xslt2")
        return True


# Rules, and what they say


class NameOfNode:
    """`name` in a message: the name of the node, with the prefix that the message gives it."""


Wording = tuple[str | NameOfNode | Expression, ...]
"""A message in pieces, to be put together at a node. An expression stands for its value as text."""


@dataclass(frozen=True, eq=False)
class Check:
    """An `assert` or, if `is_report`, a `report`: what must or must not be true of every node that its rule is for."""

    id: str
    test: Expression
    is_report: bool
    wording: Wording
    diagnostics: Mapping[str, Wording]

    @property
    def breach(self) -> str:
        """XPath 1 that is true of a node that breaks it. Only where the test has a translation."""
        assert self.test.quick is not None  # noqa: S101  asked of quick checks only
        return f"{'boolean' if self.is_report else 'not'}({self.test.quick.text})"


@dataclass(frozen=True, eq=False)
class Rule:
    """Checks on the nodes that a context matches and no earlier rule of the pattern does."""

    context: tuple[Alternative, ...]
    checks: tuple[Check, ...]
    language: Language

    @cached_property
    def quick(self) -> tuple[Check, ...]:
        """The checks that lxml answers for the whole message at once."""
        is_searchable = all(alternative.check is None for alternative in self.context)
        return tuple(check for check in self.checks if is_searchable and check.test.quick is not None)

    @cached_property
    def slow(self) -> tuple[Check, ...]:
        """The checks that are put to one node at a time."""
        return tuple(check for check in self.checks if check not in self.quick)

    @cached_property
    def any_breach(self) -> etree.XPath:
        """Finds the nodes that break any of the quick checks."""
        return self.language.xpath(" | ".join(self.any_breach_at))

    @property
    def any_breach_at(self) -> list[str]:
        """The same as text, a path for each of the context's."""
        return self._paths(" or ".join(check.breach for check in self.quick))

    @cached_property
    def breaches(self) -> tuple[etree.XPath, ...]:
        """Finds the nodes that break a check, for each of the quick ones."""
        return tuple(self.language.xpath(" | ".join(self._paths(check.breach))) for check in self.quick)

    @cached_property
    def everything(self) -> tuple[tuple[Alternative, etree.XPath], ...]:
        """Finds the candidates of each path of the context."""
        return tuple((alternative, self.language.xpath(alternative.path)) for alternative in self.context)

    def _paths(self, condition: str) -> list[str]:
        return [f"{alternative.path}[{condition}]" for alternative in self.context]


@dataclass(frozen=True, eq=False)
class Pattern:
    """Rules of which the first that matches a node is the one that counts."""

    id: str
    rules: tuple[Rule, ...]
