"""The nouns of a rule file: patterns, rules with their contexts, checks and the wording of their messages.

The context of a rule: an XSLT pattern, and the nodes of a message that it matches.

A pattern looks like a path and reads from right to left: `a/b` matches every `b` in an `a`, however deep the `a` stands. So a
pattern that does not begin at the document is looked for everywhere. Predicates that lxml must not answer are left out of
its search, which can only find too much, and elementpath then looks at each candidate.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from rivta.contract.rules.expression import Expression, Language, Names
from rivta.contract.rules.subset import NAME, Typed
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source

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
    return tuple(_alternative(words, text, source, language, names) for words in _split(text, source))


def _split(text: str, source: Source) -> Iterator[list[str]]:
    """The words of each path: separators, tests, and predicates whole, with their brackets."""
    path: list[str] = []
    depth = 0
    for word in _WORD.findall(text):
        if word == "(:":
            raise UsageError(f"the rule's context “{text}” has a comment, which is not read here", source=source)
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
        raise UsageError(f"the rule's context “{text}” has a bracket without its other half", source=source)
    yield path


def _alternative(words: list[str], text: str, source: Source, language: Language, names: Names) -> Alternative:
    steps = _steps([word for word in words if word], text, source)
    for step in steps:
        prefix, colon, _ = step.name.partition(":")
        if colon and prefix not in language.prefixes:
            todo = did_you_mean(prefix, language.prefixes)
            raise UsageError(f"nobody declares the prefix {prefix} of “{text}”", source=source, todo=todo)
    predicates = [predicate for step in steps for predicate in step.predicates]
    is_slow = any(_quick(predicate, language) is None for predicate in predicates)
    if is_slow and any(_POSITION.search(predicate) for predicate in predicates):
        raise UsageError(
            f"the rule's context “{text}” counts positions beside XPath 2, which is not run here", source=source
        )
    return Alternative(
        path=_forwards(steps, language, counts=not is_slow),
        elements=frozenset(_clark(step.name, language) for step in steps if step.axis == "" and _is_element(step.name)),
        check=Expression(_backwards(steps, source, language), source, language, names) if is_slow else None,
    )


def _steps(words: list[str], text: str, source: Source) -> list[_Step]:
    steps: list[_Step] = []
    separator = ""
    for word in words:
        test = _TEST.fullmatch(word)
        if word in ("/", "//") and not separator:
            separator = word
        elif word.startswith("[") and steps and not separator:
            last = steps[-1]
            steps[-1] = _Step(last.separator, last.axis, last.name, (*last.predicates, word[1:-1]))
        elif test and (not steps or separator):
            axis = "@" if test["axis"] in ("@", "attribute::") else ""
            steps.append(_Step(separator, axis, test["name"], ()))
            separator = ""
        else:
            raise _no_pattern(text, source)
    if not steps or separator:
        raise _no_pattern(text, source)
    return steps


def _no_pattern(text: str, source: Source) -> UsageError:
    what = f"the rule's context “{text}” is no path of elements and attributes"
    return UsageError(what, source=source, todo="an XSLT pattern is wanted, such as a/b, //a[@b='c'] or a/@b")


def _quick(predicate: str, language: Language) -> Typed | None:
    return language.translated(predicate, predicate=True)


def _is_element(name: str) -> bool:
    return "*" not in name and "(" not in name


def _clark(name: str, language: Language) -> str:
    prefix, colon, local = name.rpartition(":")
    return f"{{{language.prefixes[prefix]}}}{local}" if colon else name


def _forwards(steps: list[_Step], language: Language, *, counts: bool) -> str:
    """XPath 1 over the whole document, without the predicates that XPath 1 must not be asked; without `counts`, without positions."""
    path = "" if steps[0].separator else "//"
    for step in steps:
        path += step.separator + step.axis + step.name
        for predicate in step.predicates:
            quick = _quick(predicate, language)
            path += f"[{quick.text}]" if quick and (counts or quick.kind != "number") else ""
    return path


def _backwards(steps: list[_Step], source: Source, language: Language) -> str:
    """The pattern as a question to a candidate: self, then its parents and ancestors, each with its predicates.

    The candidate's own name was lxml's to check, and `self::` would not take an attribute's.
    """
    path = "self::node()" + _bracketed(steps[-1], source, language)
    for step, after in zip(reversed(steps[:-1]), reversed(steps[1:]), strict=True):
        axis = "ancestor" if after.separator == "//" else "parent"
        path += f"/{axis}::{step.name}" + _bracketed(step, source, language)
    return path


def _bracketed(step: _Step, source: Source, language: Language) -> str:
    """A step's predicates. One that may be a number is a position, to be counted among the nodes that the step finds there."""
    bracketed = ""
    for predicate in step.predicates:
        condition = f"({predicate})"
        if _may_count(predicate, source, language):
            place = f"count(preceding-sibling::{step.name}{bracketed}) + 1"
            is_number = " or ".join(f"{condition} instance of xs:{each}" for each in ("decimal", "double", "float"))
            condition = f"if ({is_number}) then {condition} = {place} else {condition}"
        bracketed += f"[{condition}]"
    return bracketed


def _may_count(predicate: str, source: Source, language: Language) -> bool:
    quick = _quick(predicate, language)
    if quick is not None:
        return quick.kind == "number"
    if not language.may_be_number(predicate, source):
        return False
    if language.version == 1:
        raise UsageError(
            f"the predicate [{predicate}] may be a position, which is not run here with the binding xslt",
            source=source,
            todo="compare it with something, or say queryBinding=xslt2",
        )
    return True


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
    def _searchable(self) -> bool:
        return all(alternative.check is None for alternative in self.context)

    @cached_property
    def quick(self) -> tuple[Check, ...]:
        """The checks that lxml answers for the whole message at once."""
        return tuple(check for check in self.checks if self._searchable and check.test.quick is not None)

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
