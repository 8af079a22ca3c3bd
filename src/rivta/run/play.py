"""A case while it is played: what has been done so far, and what later steps build on."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import cast

from rivta.model.case import Case, Expectation, Matcher
from rivta.model.domain import Contract
from rivta.model.exchange import Call, Exchange
from rivta.model.run import CheckResult
from rivta.model.words import Value
from rivta.run.filling import only_test_persons
from rivta.run.stage import Counterpart, Ran, Stage, Waiter, lacks_the_message
from rivta.text.placeholder import Scope

_SEEN_LATE = 0.1
"""Seconds after a caller hung up that a busy machine may see it."""


@dataclass(slots=True)
class Play:
    """One case under way.

    `waiters` holds open, until the case ends, every waiter that was opened in it. `since` is when the case began, and
    `stirred` when the system was last given reason to call us, by a message or by somebody, in monotonic seconds.
    `answered` is when we last answered a call of each contract. `is_done`: whoever last made the system act said that it did.
    """

    case: Case
    stage: Stage
    fixed: Mapping[str, str]
    waiters: ExitStack
    ran: list[Ran] = field(default_factory=list)
    since: float = field(init=False)
    stirred: float = field(init=False)
    stirred_by_message: bool = False
    is_done: bool = False
    answered: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.since = self.stirred = self.stage.clock.monotonic()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange so far."""
        return tuple(exchange for ran in self.ran for exchange in ran.exchanges)

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """Every check so far."""
        return tuple(check for ran in self.ran for check in ran.checks)

    @property
    def was_called(self) -> bool:
        """Whether the system has called us in this case."""
        return any(exchange.inbound and not lacks_the_message(exchange) for exchange in self.exchanges)

    def scope(self, *own: Mapping[str, Value]) -> Scope:
        """What a step's placeholders mean: what was captured and fixed, the step's own data, the environment's, the suite's."""
        captured: dict[str, Value] = {name: value for ran in self.ran for name, value in ran.captured.items()}
        fixed = cast("Mapping[str, Value]", self.fixed)
        return Scope((captured, fixed, *own, self.stage.environment.test_data, self.stage.suite.data))

    def contract(self, identity: str) -> Contract:
        """The contract that a step names."""
        return self.stage.suite.contract(identity)

    def in_words(self, wanted: Matcher) -> Matcher:
        """The call that is waited for, its contract by the word that people use."""
        return replace(wanted, contract=self.stage.suite.called(wanted.contract))

    def counterpart(self) -> Counterpart:
        """The other party; a case that needs one is not played without."""
        assert self.stage.counterpart is not None  # noqa: S101 - the conductor saw to it
        return self.stage.counterpart

    def wait(self, matcher: Matcher) -> Waiter:
        """A waiter for this call, open until the case ends."""
        if matcher.answer.template is not None:
            only_test_persons(matcher.answer.text, self.stage.environment)
        return self.waiters.enter_context(self.counterpart().wait(matcher))

    def stirs(self, *, by_message: bool = False) -> None:
        """The system is about to be given reason to call us."""
        self.stirred, self.stirred_by_message, self.is_done = self.stage.clock.monotonic(), by_message, False

    def took(self, call: Call, contract: str) -> None:
        """A call was taken: what comes after it answers something else."""
        self.answered[contract] = _given(call)
        self.stirred_by_message = False


def _given(call: Call) -> float:
    """When the caller had its answer at the earliest. Where it got none it gave up, a little before we saw that it had."""
    return call.answered if call.exchange.response is not None else max(call.arrived, call.answered - _SEEN_LATE)


def placed(exchange: Exchange, number: int) -> Exchange:
    """The exchange, marked with the step that it belongs to."""
    return replace(exchange, step=number)


def verified(play: Play, own: tuple[Expectation, ...], *more: str) -> tuple[str, ...]:
    """What a step proves, or leaves open: what its case verifies, what its expectations do, and what goes unwritten."""
    return tuple(dict.fromkeys((*play.case.verifies, *(id_ for each in own for id_ in each.verifies), *more)))
