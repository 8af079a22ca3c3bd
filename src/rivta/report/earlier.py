"""A comparison with an earlier run, as the report reads it.

`rivta.comparison.of` makes one; it stands beside the report, not below it, so here is only what a report asks of it.
"""

from collections.abc import Sequence
from typing import Protocol

from rivta.model.environment import System
from rivta.model.words import Text, Verdict


class RunName(Protocol):
    """Which run it is, and whether all of it is there."""

    @property
    def run(self) -> str: ...
    @property
    def started(self) -> str: ...
    @property
    def system(self) -> System: ...
    @property
    def is_whole(self) -> bool: ...


class Change(Protocol):
    """Something with a verdict that went some way: worse, better, unclear, added or removed."""

    @property
    def old(self) -> Verdict | None: ...
    @property
    def new(self) -> Verdict | None: ...
    @property
    def direction(self) -> str: ...


class CaseChange(Change, Protocol):
    """A case that came to something else. `has_new_suite`: its file changed as well."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Text: ...
    @property
    def has_new_suite(self) -> bool: ...


class RequirementChange(Change, Protocol):
    """A requirement that came to something else or was reworded."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> Text: ...
    @property
    def is_reworded(self) -> bool: ...


class PartChange(Protocol):
    """A part that is another one now; empty where it was not there."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def old(self) -> str: ...
    @property
    def new(self) -> str: ...


class TimeShift(Protocol):
    """A contract's response times in ms, before and now."""

    @property
    def contract(self) -> str: ...
    @property
    def old_median(self) -> float: ...
    @property
    def new_median(self) -> float: ...
    @property
    def old_p95(self) -> float: ...
    @property
    def new_p95(self) -> float: ...
    @property
    def old_replies(self) -> int: ...
    @property
    def new_replies(self) -> int: ...


class Again(Protocol):
    """What the process asks for, for one contract: `notice` or `declare`, and why."""

    @property
    def contract(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def reasons(self) -> Sequence[Text]: ...


class Earlier(Protocol):
    """Everything that differs between an earlier run and this one."""

    @property
    def old(self) -> RunName: ...
    @property
    def parts(self) -> Sequence[PartChange]: ...
    @property
    def requirements(self) -> Sequence[RequirementChange]: ...
    @property
    def cases(self) -> Sequence[CaseChange]: ...
    @property
    def times(self) -> Sequence[TimeShift]: ...
    @property
    def again(self) -> Sequence[Again]: ...
