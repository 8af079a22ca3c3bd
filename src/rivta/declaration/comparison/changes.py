"""What can differ between two runs. Verdicts are `None` where a run does not have the case or requirement."""

from typing import Literal

from rivta.model.environment import System
from rivta.model.frozen import frozen
from rivta.model.words import Text, Verdict

Direction = Literal["worse", "better", "unclear", "added", "removed"]
PartKind = Literal[
    "organisation",
    "product",
    "version",
    "roles",
    "connection",
    "domain",
    "contract",
    "schema",
    "rules",
    "suite",
    "tool",
]
Step = Literal["notice", "declare"]
_SETTLED = (Verdict.PASSED, Verdict.NOT_APPLICABLE, Verdict.MANUAL)


def direction(old: Verdict | None, new: Verdict | None) -> Direction:
    """Which way a verdict went. `unclear`: a deviation is no longer seen, but nothing shows that the requirement is met."""
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if new > old and new not in _SETTLED:
        return "worse"
    return "better" if new < old and new in _SETTLED and old not in _SETTLED else "unclear"


@frozen
class RunName:
    """Which run it is. `is_whole` is false when it was cut short or its evidence is damaged. `is_edited`: it was changed since it ended."""

    run: str
    started: str
    system: System
    is_whole: bool
    is_edited: bool = False


@frozen
class CaseChange:
    """A case that came to something else, or that only one of the runs has. `has_new_suite`: its file changed as well."""

    key: str
    title: Text
    contract: str
    old: Verdict | None
    new: Verdict | None
    has_new_suite: bool

    @property
    def direction(self) -> Direction:
        return direction(self.old, self.new)


@frozen
class RequirementChange:
    """A requirement that came to something else, that was reworded, or that only one of the runs has."""

    domain: str
    id: str
    text: Text
    old: Verdict | None
    new: Verdict | None
    is_reworded: bool

    @property
    def direction(self) -> Direction:
        """Which way it went; `unclear` when only its words changed."""
        return direction(self.old, self.new)


@frozen
class PartChange:
    """A part that is another one now; `name` says which, such as a contract. Empty `old` or `new`: it was not there."""

    kind: PartKind
    name: str
    old: str
    new: str


@frozen
class TimeShift:
    """A contract's response times in ms, with the number of replies behind them."""

    contract: str
    old_median: float
    new_median: float
    old_p95: float
    new_p95: float
    old_replies: int
    new_replies: int


@frozen
class ProcessStep:
    """What the process asks for, for one contract, and why: a notice of change, or a declaration."""

    contract: str
    step: Step
    reasons: tuple[Text, ...]


@frozen
class Comparison:
    old: RunName
    new: RunName
    parts: tuple[PartChange, ...]
    requirements: tuple[RequirementChange, ...]
    cases: tuple[CaseChange, ...]
    times: tuple[TimeShift, ...]
    again: tuple[ProcessStep, ...]

    @property
    def got_worse(self) -> bool:
        """Whether a requirement or a case is worse, or is new and deviates. Response times alone decide nothing."""
        changes: list[CaseChange | RequirementChange] = [*self.requirements, *self.cases]
        return any(
            each.direction == "worse" or (each.direction == "added" and each.new is Verdict.FAILED) for each in changes
        )
