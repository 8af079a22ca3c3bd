"""One XPath expression of a rule file, answered by lxml where XPath 1 and 2 agree and by elementpath everywhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NoReturn

from lxml import etree

from rivta.contract.rules.subset import Typed, translate
from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError, did_you_mean
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

    def may_be_number(self, text: str, source: Source) -> bool:
        """Whether an expression that lxml must not answer may have a number as its value. UsageError for one that is no XPath."""
        from rivta.contract.rules.xpath2 import Slow  # noqa: PLC0415  as in `Expression.slow`

        return Slow(text, source, self).may_be_number

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
        from rivta.contract.rules.xpath2 import Slow  # noqa: PLC0415  as in `Expression.slow`

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
