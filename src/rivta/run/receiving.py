"""A step in which the system calls us: wait before it is made to act, let it act, take the call, check, capture.

While we wait, who looks on is told what is waited for and what is likely wrong.
"""

from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rivta.check import Seen, evaluate, of_every_received
from rivta.model.clock import written
from rivta.model.errors import UsageError
from rivta.model.exchange import Acted, Call, Exchange, Message, Problem
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Behaviour, Handshake, Matcher, Receive, Watch
from rivta.model.words import Blame, Direction, Text, Verdict
from rivta.run import acting, filling
from rivta.run.play import Play, captured, verified
from rivta.run.stage import NO_CALL, Audience, Exhausted, GivenUp, Ran, Stage, Waiter, Waiting, at_once
from rivta.text.catalogue import text
from rivta.text.placeholder import Scope

TELLS_EVERY = 1.0
"""Seconds between two words to the audience while we wait."""
SILENT_FOR = 10.0
"""Seconds without a connection until it is said what is likely wrong: a system may well take some to send. What has come is
told of at once."""


@dataclass(slots=True)
class Wait:
    """How long we wait for calls of one kind, from now, and whether anything more can come.

    `looked` is for how many seconds a recording looked, where it is one that we wait for.
    """

    play: Play
    wanted: Matcher
    waiter: Waiter
    within: float | None
    """The longest that it may take, in seconds; None for as long as it takes."""
    began: float = field(init=False)
    started: str = field(init=False)
    """When the waiting began, in UTC."""
    is_over: bool = False
    looked: float | None = None

    def __post_init__(self) -> None:
        clock = self.play.stage.clock
        self.began, self.started = clock.monotonic(), written(clock.now())

    @property
    def seconds(self) -> float:
        return self.play.stage.clock.monotonic() - self.began

    def next(self) -> Call | None:
        """The next call, None when none came in time. Tells the audience, which may give the waiting up."""
        return at_once(self.calls())

    def calls(self, *, diagnoses: bool = True) -> Generator[float, float, Call | None]:
        """The same for whoever has other things to do meanwhile. What came after its time is not its own, however late one looks."""
        while not self.is_over:
            self._tell(diagnoses=diagnoses)
            left = TELLS_EVERY if self.within is None else self.within - self.seconds
            seconds = yield max(0.0, min(TELLS_EVERY, left))
            try:
                call = self.waiter.take(seconds, None if self.within is None else self.began + self.within)
            except Exhausted as end:
                self.is_over, self.looked = True, end.looked
                return None
            if call is not None:
                return call
            self.is_over = self.within is not None and left <= TELLS_EVERY and self.seconds >= self.within
        return None

    def next_at_once(self) -> Call | None:
        try:
            return self.waiter.take(0)
        except Exhausted:
            return None

    def _tell(self, *, diagnoses: bool) -> None:
        audience = self.play.stage.audience
        if audience is None:
            return
        diagnosis, connections = self.waiter.state()
        is_due = diagnoses and self.seconds >= (TELLS_EVERY if connections else SILENT_FOR)
        waiting = Waiting(
            self.play.in_words(self.wanted), self.seconds, self.within, diagnosis if is_due else None, connections
        )
        more = audience.waits(self.play.case, self.play.number, waiting)
        if more and self.within is not None:
            self.within += more
        if audience.is_paused:
            self._rest(audience)

    def _rest(self, audience: Audience) -> None:
        """Wait for the end of a pause, which is no time of the waiting's."""
        before, self.waiter.rests = self.play.stage.clock.monotonic(), True
        try:
            audience.resumed()
        finally:
            self.waiter.rests = False
        self.began += self.play.stage.clock.monotonic() - before


def longest(step: Receive | Handshake, stage: Stage, *, is_done: bool) -> float | None:
    """How long a call may take: once an adapter has said that it is done, no longer than it needs to settle. By hand there is no limit."""
    if stage.is_by_hand:
        return None
    adapter, within = stage.environment.adapter, stage.environment.within or step.within
    return min(within, adapter.settles) if adapter and is_done else within


def wanted(
    contract: str, when: Mapping[str, str], answer: Behaviour, scope: Scope, *, since: float, repeatedly: bool = False
) -> Matcher:
    """The call that a step waits for, filled in."""
    return Matcher(contract, filling.texts(when, scope), filling.behaviour(answer, scope), since, repeatedly)


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


def described(call: Matcher) -> str:
    """The call in values and signs, as a report in either language shows it: `RegisterLoan kind=NEW`."""
    return " ".join((call.contract, *(f"{name}={value}" for name, value in call.when.items())))


def spoken(seconds: float) -> Text:
    """A time as people say it: seconds up to two minutes, then minutes."""
    number = f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
    return Text(number.replace(".", ","), number)


KIND = "call"
"""The kind of check that says whether the call came."""
_DELIVERED = ("ok", "empty", "info", "message")
"""The answers after which nobody sends a message again."""


def receive(step: Receive, play: Play) -> Ran:
    return _Receiving(step, play, play.scope(step.data)).ran()


class _Receiving:
    def __init__(self, step: Receive, play: Play, scope: Scope) -> None:
        self.step = step
        self.play = play
        self.scope = scope
        self.at = len(play.exchanges)
        self.verifies = verified(play, step.expect)
        self.wanted = wanted(step.contract, step.when, step.answer, scope, since=_since(step, play))

    def ran(self) -> Ran:
        waiter = self.play.ahead.pop(self.play.number, None) or self.play.wait(self.wanted)
        if self.step.do is not None:
            self._look_ahead()
        acted = acting.act(self.step.do, self.play, self.scope)
        done = self.play.stage.clock.monotonic()
        # What was done in the step before may make the system call more than once.
        is_done = acted.outcome == "done" or (self.step.do is None and self.play.is_done)
        wait = Wait(self.play, self.wanted, waiter, longest(self.step, self.play.stage, is_done=is_done))
        try:
            call = wait.next_at_once() if self._hindrance(acted) else wait.next()
        except GivenUp as given_up:
            return self._without_call(acting.given_up(given_up.said, self.step, self.play), wait)
        if call is None:
            return self._without_call(self._hindrance(acted) or self._no_call(acted, wait), wait)
        self.play.took(call, self.step)
        seen = received(call, self.step, self.play, self.play.exchanges)
        values, missing = captured(self.step, seen, self.play)
        came = self._came(is_repeat=acted.outcome == "done" and call.arrived > done and self._is_known(call))
        checks = checks_of(seen, self.step, self.play, self.scope)
        return Ran(self.play.number, (seen.exchange,), (came, *checks, *missing), values)

    def _is_known(self, call: Call) -> bool:
        """Whether the case has had the same message before, to the byte, and last gave it an answer after which a system may send it again."""
        known = [each for each in self.play.exchanges[: self.at] if each.request.body == call.exchange.request.body]
        step = self.play.case.steps[known[-1].step] if known else None
        return isinstance(step, Receive | Watch) and step.answer.kind not in _DELIVERED

    def _came(self, *, is_repeat: bool) -> CheckResult:
        """That the call came. One that came when the system had said that it was done, and that says nothing new, may be an earlier one
        that is sent again: then nothing is shown of what it was to do now.
        """
        came = described(self.play.in_words(self.wanted))
        if not is_repeat:
            return self._check(Verdict.PASSED, self.play.case.verifies, came)
        return self._check(Verdict.NOT_PROVEN, self.verifies, came, note=text("run", "may_be_again"))

    def _look_ahead(self) -> None:
        """Wait already for the calls that follow by themselves and are answered in a way of their own: a system that does all at once makes
        them before it is their turn. One more of the same contract has to wait, for nothing tells the two apart.
        """
        seen = {self.step.contract}
        for number, step in list(enumerate(self.play.case.steps))[self.play.number + 1 :]:
            if not isinstance(step, Receive) or step.do is not None or step.contract in seen:
                return
            seen.add(step.contract)
            if step.answer != Behaviour():
                with suppress(UsageError):  # what it is known by is not known yet
                    since, scope = _since(step, self.play), self.play.scope(step.data)
                    meant = wanted(step.contract, step.when, step.answer, scope, since=since)
                    self.play.ahead[number] = self.play.wait(meant)

    def _hindrance(self, acted: Acted) -> CheckResult | None:
        """Why no call can be waited for. One that came all the same counts for more than what was said of it."""
        verifies = acting.of_doing(self.step, self.play.case) if acted.outcome == "refused" else self.verifies
        return acting.hindrance(acted, self.step, self.play, verifies, self.at)

    def _check(self, verdict: Verdict, verifies: tuple[str, ...], actual: str, **told: Any) -> CheckResult:
        expected = described(self.play.in_words(self.wanted))
        return self.play.check(KIND, verdict, verifies, self.step, self.at, expected=expected, actual=actual, **told)

    def _no_call(self, acted: Acted, wait: Wait) -> CheckResult:
        """The system's fault if it says that it called, or has shown that it can reach us; else who knows."""
        has_reached_us = self.step.do is None and self.play.was_called
        verdict = Verdict.FAILED if acted.outcome == "done" or has_reached_us else Verdict.BLOCKED
        diagnosis, _ = wait.waiter.state()
        key = "no_call_though_done" if acted.outcome == "done" else "no_call"
        told = text("run", key, waited=spoken(wait.within or self.step.within))
        expected = described(self.play.in_words(self.wanted))
        finding = Finding(diagnosis or told, Direction.REQUEST, expected=expected, actual=NO_CALL)
        return self._check(verdict, self.verifies, NO_CALL, findings=(finding,), note=told if diagnosis else None)

    def _without_call(self, check: CheckResult, wait: Wait) -> Ran:
        why = check.findings[0].message if check.findings else check.note or Text.same(NO_CALL)
        blame = Blame.SYSTEM if check.verdict is Verdict.FAILED else Blame.ENVIRONMENT
        exchange = Exchange(
            contract=self.step.contract,
            url=self.play.counterpart().addresses.get(self.step.contract, ""),
            request=Message((), b""),
            response=None,
            status=None,
            started=wait.started,
            elapsed_ms=wait.seconds * 1000,
            problem=Problem(NO_CALL, why, blame),
            inbound=True,
            step=self.play.number,
        )
        return Ran(self.play.number, (exchange,), (check,))


def _since(step: Receive, play: Play) -> float:
    """From when on a call may be meant by this step: a system may answer our message before anybody is told to act."""
    is_answer = step.do is None or play.prompted_by_message
    return play.prompted if is_answer else play.stage.clock.monotonic()
