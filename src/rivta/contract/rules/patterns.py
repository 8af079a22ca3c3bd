"""The nouns of a rule file: patterns, rules, checks and the wording of their messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from rivta.contract.rules.contexts import Alternative
from rivta.contract.rules.expression import Expression, Language


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
        return self._search(" or ".join(check.breach for check in self.quick))

    @cached_property
    def breaches(self) -> tuple[etree.XPath, ...]:
        """Finds the nodes that break a check, for each of the quick ones."""
        return tuple(self._search(check.breach) for check in self.quick)

    @cached_property
    def everything(self) -> tuple[tuple[Alternative, etree.XPath], ...]:
        """Finds the candidates of each path of the context."""
        return tuple((alternative, self.language.xpath(alternative.path)) for alternative in self.context)

    def _search(self, condition: str) -> etree.XPath:
        return self.language.xpath(" | ".join(f"{alternative.path}[{condition}]" for alternative in self.context))


@dataclass(frozen=True, eq=False)
class Pattern:
    """Rules of which the first that matches a node is the one that counts."""

    id: str
    rules: tuple[Rule, ...]
