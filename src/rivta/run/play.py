"""A case while it is played: what has been done so far, and what later steps build on."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, cast

from rivta.check import Attempts, Seen, evaluate, is_late
from rivta.contract import message
from rivta.model.case import Case
from rivta.model.domain import Contract
from rivta.model.errors import Unreadable
from rivta.model.exchange import Call, Exchange
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Behaviour, Expectation, Matcher, Receive, Send, Step, Watch
from rivta.model.words import Direction, Value, Verdict
from rivta.run.filling import literal, only_test_persons
from rivta.run.stage import Counterpart, Ran, Stage, Waiter, lacks_the_message
from rivta.text.catalogue import text
from rivta.text.placeholder import Scope
from rivta.text.xml import compiled

_SEEN_LATE = 0.1
"""Seconds after a caller hung up that a busy machine may see it."""
Sends = Callable[[Send, tuple[Exchange, ...]], Ran]
"""Sends one message of a step, after those exchanges of it, and says what came of it."""


@dataclass(slots=True)
class Play:
    """One case under way.

    `waiters` holds open, until the case ends, every waiter that was opened in it. `since` is when the case began, and
    `prompted` when the system was last given reason to call us, by a message or by somebody, in monotonic seconds.
    `answered` is when we last answered a call of each contract. `is_done`: whoever last made the system act said that it did.
    """

    case: Case
    stage: Stage
    fixed: Mapping[str, str]
    waiters: ExitStack
    ran: list[Ran] = field(default_factory=list)
    since: float = field(init=False)
    prompted: float = field(init=False)
    prompted_by_message: bool = False
    is_done: bool = False
    answered: dict[str, float] = field(default_factory=dict)
    attempts: dict[str, Attempts] = field(default_factory=dict)
    """With the latest message of each contract."""
    ahead: dict[int, Waiter] = field(default_factory=dict)
    """Waiters of steps whose turn has not come, by the step's number."""

    def __post_init__(self) -> None:
        self.since = self.prompted = self.stage.clock.monotonic()

    @property
    def number(self) -> int:
        """That of the step that is under way, from 0."""
        return len(self.ran)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return tuple(exchange for ran in self.ran for exchange in ran.exchanges)

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        return tuple(check for ran in self.ran for check in ran.checks)

    @property
    def verdict(self) -> Verdict:
        """The worst so far."""
        return Verdict.of(check.verdict for check in self.checks)

    @property
    def was_called(self) -> bool:
        return any(exchange.inbound and not lacks_the_message(exchange) for exchange in self.exchanges)

    def scope(self, *own: Mapping[str, Value]) -> Scope:
        """What a step's placeholders mean: what was captured and fixed, the step's own data, the environment's, the suite's."""
        captured: dict[str, Value] = {name: value for ran in self.ran for name, value in ran.captured.items()}
        fixed = cast("Mapping[str, Value]", self.fixed)
        return Scope((captured, fixed, *own, self.stage.environment.test_data, self.stage.suite.data))

    @property
    def at(self) -> int:
        """The number of the latest exchange, where what is told is of none of its own."""
        return max(len(self.exchanges) - 1, 0)

    def placed(self, exchange: Exchange) -> Exchange:
        return exchange if exchange.step == self.number else replace(exchange, step=self.number)

    def check(
        self, kind: str, verdict: Verdict, verifies: tuple[str, ...], step: Step, exchange: int, **told: Any
    ) -> CheckResult:
        """A check of the step that is under way, and what else there is to tell of it."""
        return CheckResult(kind, verdict, verifies, source=step.source, exchange=exchange, step=self.number, **told)

    def contract(self, identity: str) -> Contract:
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

    def prompts(self, *, by_message: bool = False) -> None:
        """The system is about to be given reason to call us."""
        self.prompted, self.prompted_by_message, self.is_done = self.stage.clock.monotonic(), by_message, False

    def took(self, call: Call, step: Receive | Watch) -> None:
        """A call was taken: what comes after it answers something else."""
        given = self.answered[step.contract] = _given(call, step.answer)
        before = self.attempts.get(step.contract, Attempts(given))
        is_again = isinstance(step, Watch)
        self.attempts[step.contract] = replace(before, calls=(*before.calls, call)) if is_again else Attempts(given)
        self.prompted_by_message = False


def _given(call: Call, meant: Behaviour) -> float:
    """When the caller had its answer at the earliest. Where it got none it gave up, a little before we saw that it had; where ours was late
    it may have given up at any time since it called.
    """
    if is_late(call, meant):
        return call.arrived
    return call.answered if call.exchange.response is not None else max(call.arrived, call.answered - _SEEN_LATE)


def verified(play: Play, own: tuple[Expectation, ...], *more: str) -> tuple[str, ...]:
    """What a step proves, or leaves open: what its case verifies, what its expectations do, and what goes unwritten."""
    return tuple(dict.fromkeys((*play.case.verifies, *(id_ for each in own for id_ in each.verifies), *more)))


# What later steps build on: the values of a message, and the kind of message that was accepted


def captured(step: Send | Receive, seen: Seen, play: Play) -> tuple[dict[str, str], tuple[CheckResult, ...]]:
    """The values that a step captures, by name, and a check for each that the system's message should have held and does not."""
    values: dict[str, str] = {}
    missing: list[CheckResult] = []
    for name, path in step.capture.items():
        try:
            values[name] = literal(_one_value(seen, path))
        except Unreadable as trouble:
            told = {"expected": path, "actual": trouble.what, "findings": (_missing(name, path, trouble, seen),)}
            missing.append(play.check("capture", Verdict.FAILED, play.case.verifies, step, seen.at, **told))
    return values, tuple(missing)


def _missing(name: str, path: str, trouble: Unreadable, seen: Seen) -> Finding:
    it = text("run", "the_call" if seen.exchange.inbound else "the_reply")
    told = text("run", "not_captured", name=name, message=it, trouble=trouble.text)
    return Finding(told, seen.direction, location=path, expected="1 ×")


def _one_value(seen: Seen, path: str) -> str:
    value = message.capture(seen.envelope.root, path, seen.namespaces)
    if not value.strip():  # such as string(…) of what is not there
        raise Unreadable(text("run", "no_text", path=path))
    return value


def accepted(step: Send, play: Play) -> Expectation:
    """What shows that a message was accepted: a result that says so, or a valid answer where there are no results."""
    grammar = play.contract(step.contract).result
    if grammar is None:
        return Expectation("schema", {}, step.source, step.proves)
    return Expectation("result", {"code": grammar.ok}, step.source, step.proves)


def accepted_kind(seen: Seen, step: Send, play: Play) -> str | None:
    """The kind of message that the answer says was accepted, empty where the domain knows no kinds; None where it says no such thing."""
    grammar = seen.contract.result
    try:
        result = seen.result
    except Unreadable:
        return None
    if grammar is None:
        shown = evaluate(accepted(step, play), seen, verifies=()).verdict is Verdict.PASSED
    else:
        shown = result is not None and result.code in (grammar.ok, grammar.info)
    return kind_of(seen, play) if shown else None


def kind_of(seen: Seen, play: Play) -> str:
    """What kind of message we sent, as the domain has it; empty where it knows none, or the message cannot be read."""
    path = play.stage.suite.domain_of(seen.exchange.contract).fact("kind")
    try:
        root = seen.envelope_of(Direction.REQUEST).root
    except Unreadable:
        return ""
    return str(compiled(f"string({path})", play.stage.suite.namespaces)(root)).strip() if path else ""
