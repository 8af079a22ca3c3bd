"""A step in which we only look: what the system does next, over time."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace

from rivta.check import over_time
from rivta.model.exchange import Acted, Call, Exchange
from rivta.model.run import CheckResult
from rivta.model.steps import Watch
from rivta.model.words import Verdict
from rivta.run import acting
from rivta.run.play import Play
from rivta.run.receiving import Wait, checks_of, received, wanted
from rivta.run.stage import LOOKED, QUIET, GivenUp, Ran
from rivta.text.catalogue import text
from rivta.text.placeholder import Scope


def watch(step: Watch, play: Play) -> Generator[float, float, Ran]:
    """Play the step: every call that fits becomes an exchange of the case, and all together say what was done over time.

    Others may be played meanwhile: see `stage.at_once`.
    """
    return (yield from _Watching(step, play, play.scope(step.data)).ran())


@dataclass(slots=True)
class _Watching:
    step: Watch
    play: Play
    scope: Scope
    calls: list[Call] = field(default_factory=list)
    told: list[Call] = field(default_factory=list)
    """The calls that say what the system does next."""
    unclear: int = 0
    """How many calls came of which nobody can tell whether they do."""
    said: list[CheckResult] = field(default_factory=list)

    @property
    def verifies(self) -> tuple[str, ...]:
        return self.step.verifies or self.play.case.verifies

    @property
    def at(self) -> int:
        """The number in the case of the first call's exchange."""
        return len(self.play.exchanges)

    def ran(self) -> Generator[float, float, Ran]:
        step, since = self.step, self.play.since
        call = wanted(step.contract, step.when, step.answer, self.scope, since=since, repeatedly=True)
        waiter = self.play.wait(call)
        answered = self.play.answered.get(self.step.contract)
        acted = acting.act(self.step.do, self.play, self.scope)
        hindrance = self._hindrance(acted)
        if hindrance is not None:
            return Ran(self.play.number, (), (hindrance,))
        window = self._window(acted)
        if self.step.most == 0:
            yield QUIET
        is_open = self._may_refuse and self.play.stage.is_by_hand  # a person says when they have tried
        wait = Wait(self.play, call, waiter, None if is_open else window)
        looked = yield from self._look(wait, window, answered)
        self.unclear = waiter.unclear(self.play.since if answered is None else answered)
        if self.step.most == 0:
            yield LOOKED
        exchanges, checks = self._received()
        return Ran(self.play.number, exchanges, (*self._seen(answered, looked), *self.said, *checks))

    def _hindrance(self, acted: Acted) -> CheckResult | None:
        """Why nothing can be seen. That the system refuses is what a watch may well be about."""
        if acted.outcome == "refused" and self.step.most == 0:
            return None
        return acting.hindrance(acted, self.step, self.play, self.verifies, self.play.at)

    def _window(self, acted: Acted) -> float:
        """For how many seconds we look. A system's time may be compressed; that of a person who tries something is not."""
        is_person = self.step.do is not None and acted.outcome == "by-hand"
        return self.step.seconds if is_person else self.step.seconds / self.play.counterpart().time_factor

    def _look(self, wait: Wait, window: float, answered: float | None) -> Generator[float, float, float]:
        """Take the calls that come, as long as one more could make a difference. Returns for how many seconds we looked."""
        try:
            while (call := (yield from wait.calls(diagnoses=False))) is not None:
                self.calls.append(call)
                if not self._is_sent_again(call):
                    self.told.append(call)
                self.play.took(call, self.step)
                if any(each.verdict is Verdict.FAILED for each in self._over_time(answered, window)):
                    break
        except GivenUp as given_up:
            self.said.append(self._given_up(given_up))
            return window if self._may_refuse else wait.seconds
        if wait.is_over:
            return (wait.within or window) if wait.looked is None else wait.looked
        return wait.seconds

    def _is_sent_again(self, call: Call) -> bool:
        """Whether the system only sends again, to the byte, what it sent before it was told what to try. That is no attempt at it;
        whether it may be sent again at all is asked by cases of its own.
        """
        sent = (each.request.body for each in self.play.exchanges if each.inbound)
        return self._may_refuse and call.exchange.request.body in sent

    @property
    def _may_refuse(self) -> bool:
        """Whether it is as it should be that the system will not do what it is told here."""
        return self.step.do is not None and self.step.most == 0

    def _given_up(self, given_up: GivenUp) -> CheckResult:
        said = given_up.said
        at = max(self.at + len(self.calls) - 1, 0)
        verifies = self.step.verifies or acting.of_doing(self.step, self.play.case)
        check = acting.manual(said, text("run", "does_not"), verifies, self.step, at, self.play)
        if self._may_refuse and said.answer == "no":  # that the system will not do what it must not is what was wanted
            return replace(check, verdict=Verdict.PASSED, expected=check.actual, findings=())
        return check

    def _seen(self, answered: float | None, looked: float) -> tuple[CheckResult, ...]:
        """What was seen over time; of what does not concern the system no more than a deviation."""
        seen = self._over_time(answered, looked)
        is_left_out = any(each.verdict is Verdict.NOT_APPLICABLE for each in self.said)
        return tuple(each for each in seen if not is_left_out or each.verdict is Verdict.FAILED)

    def _over_time(self, answered: float | None, looked: float) -> tuple[CheckResult, ...]:
        return over_time(
            replace(self.step, contract=self.play.stage.suite.called(self.step.contract)),
            self.told,
            attempts=self.play.attempts.get(self.step.contract),
            answered=answered,
            looked=looked,
            unclear=self.unclear,
            factor=self.play.counterpart().time_factor,
            exchange=self.at + (self.calls.index(self.told[0]) if self.told else 0),
            step=self.play.number,
            verifies=self.verifies,
        )

    def _received(self) -> tuple[tuple[Exchange, ...], tuple[CheckResult, ...]]:
        earlier = self.play.exchanges
        checks: list[CheckResult] = []
        for call in self.calls:
            seen = received(call, self.step, self.play, earlier)
            earlier = (*earlier, seen.exchange)
            checks += checks_of(seen, self.step, self.play, self.scope)
        return earlier[self.at :], tuple(checks)
