"""A case while it is played: what has been done so far, and what later steps build on."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, cast

from rivta.check import Attempts, Seen, evaluate, is_late, of_every_received
from rivta.contract import message
from rivta.model.case import Case
from rivta.model.domain import Contract, Domain
from rivta.model.errors import Unreadable
from rivta.model.exchange import Call, Exchange
from rivta.model.run import CheckResult, Finding, Stray
from rivta.model.steps import Behaviour, Expectation, Matcher, Receive, Send, Step, Watch
from rivta.model.words import Source, Text, Value, Verdict
from rivta.run import filling
from rivta.run.filling import literal, only_test_persons
from rivta.run.stage import Counterpart, Ran, Stage, Waiter, lacks_the_message
from rivta.text.catalogue import text
from rivta.text.placeholder import Scope

_SEEN_LATE = 0.1
"""Seconds after a caller hung up that a busy machine may see it."""
Sends = Callable[[Send, tuple[Exchange, ...]], Ran]
"""Sends one message of a step, after those exchanges of it, and says what came of it."""


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
    attempts: dict[str, Attempts] = field(default_factory=dict)
    """With the latest message of each contract."""
    ahead: dict[int, Waiter] = field(default_factory=dict)
    """Waiters of steps whose turn has not come, by the step's number."""

    def __post_init__(self) -> None:
        self.since = self.stirred = self.stage.clock.monotonic()

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

    def stirs(self, *, by_message: bool = False) -> None:
        """The system is about to be given reason to call us."""
        self.stirred, self.stirred_by_message, self.is_done = self.stage.clock.monotonic(), by_message, False

    def took(self, call: Call, step: Receive | Watch) -> None:
        """A call was taken: what comes after it answers something else."""
        given = self.answered[step.contract] = _given(call, step.answer)
        before = self.attempts.get(step.contract, Attempts(given))
        is_again = isinstance(step, Watch)
        self.attempts[step.contract] = replace(before, calls=(*before.calls, call)) if is_again else Attempts(given)
        self.stirred_by_message = False


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


# What the system's messages are held against, and what later steps take from them. A call that was received becomes an exchange
# of its case, or a stray when no case asked for it; either way it goes through the checks of every received message.


def received(call: Call, step: Receive | Watch, play: Play, earlier: tuple[Exchange, ...]) -> Seen:
    """What the checks see of a call, whose exchange is marked with its step. `earlier` are the exchanges of the case before it."""
    return Seen(
        play.placed(call.exchange),
        play.contract(step.contract),
        play.stage.suite.namespaces,
        earlier=earlier,
        recipient=play.stage.suite.domain_of(step.contract).said("recipient", call.facts),
    )


def checks_of(seen: Seen, step: Receive | Watch, play: Play, scope: Scope) -> tuple[CheckResult, ...]:
    """The checks of every received message, then what the step expects of it."""
    always = of_every_received(seen, play.stage.suite.unwritten(step), source=step.source)
    proven = (step.verifies if isinstance(step, Watch) else ()) or play.case.verifies
    expected = (filling.expectation(one, scope) for one in step.expect)
    return (*always, *(evaluate(each, seen, verifies=each.verifies or proven) for each in expected))


def stray(call: Call, domains: Iterable[Domain], reason: Text) -> Stray:
    """The call with what the checks say of it. Without a contract of these domains there is nothing to hold it against, unless
    it is a SOAP Fault, which is held against what holds of every Fault.
    """
    exchange, domains = call.exchange, tuple(domains)
    domain = domain_of(exchange.contract, domains)
    home = (
        (domain, domain.contracts[exchange.contract], domain.every_received) if domain else _of_a_fault(call, domains)
    )
    if home is None:
        return Stray(exchange, exchange.contract, call.address, (), reason)
    domain, contract, kinds = home
    seen = Seen(exchange, contract, domain.namespaces, recipient=domain.said("recipient", call.facts))
    checks = of_every_received(seen, kinds, source=Source(str(domain.folder / "domain.yaml")))
    return Stray(exchange, exchange.contract, call.address, checks, reason)


_OF_A_CONTRACT = ("schema", "rules", "soapaction", "addressing")
"""What a Fault is not held against: it is of no contract."""


def _of_a_fault(call: Call, domains: tuple[Domain, ...]) -> tuple[Domain, Contract, Mapping[str, str]] | None:
    """What a SOAP Fault that was sent as a call is held against: what holds of every Fault, and of all that is received.

    Where several contracts are at hand it is taken for one of that to whose address it came.
    """
    at_hand = [(domain, each) for domain in domains for each in domain.contracts.values()]
    if not at_hand or not _is_fault(call.exchange.request.body):
        return None
    domain, contract = next((each for each in at_hand if call.exchange.url.endswith(each[1].path)), at_hand[0])
    always = {kind: id_ for kind, id_ in domain.every_case.items() if kind.startswith("fault_")}
    received = {kind: id_ for kind, id_ in domain.every_received.items() if kind not in _OF_A_CONTRACT}
    return domain, contract, {**received, **always}


def _is_fault(body: bytes) -> bool:
    try:
        return message.open_envelope(body).fault is not None
    except Unreadable:
        return False


def domain_of(contract: str, domains: Iterable[Domain]) -> Domain | None:
    return next((domain for domain in domains if contract in domain.contracts), None)


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
