"""Waiting for a call, and telling who looks on what is waited for and what is likely wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rivta.model.case import Behaviour, Matcher
from rivta.model.exchange import Call
from rivta.model.words import Text
from rivta.run import filling
from rivta.run.play import Play
from rivta.run.stage import Exhausted, Waiter, Waiting
from rivta.text.placeholder import Scope

TELLS_EVERY = 1.0
"""Seconds between two words to the audience while we wait."""
SILENT_FOR = 10.0
"""Seconds without the call until it is said what is likely wrong: a system may well take some to send."""


@dataclass(slots=True)
class Patience:
    """How long we wait for calls of one kind, from now, and whether anything more can come.

    `looked` is for how many seconds a recording looked, where it is one that we wait for.
    """

    play: Play
    step: int
    wanted: Matcher
    waiter: Waiter
    within: float
    began: float = field(init=False)
    is_over: bool = False
    looked: float | None = None

    def __post_init__(self) -> None:
        self.began = self.play.stage.clock.monotonic()

    @property
    def seconds(self) -> float:
        """How long we have waited."""
        return self.play.stage.clock.monotonic() - self.began

    def next(self, *, diagnoses: bool = True) -> Call | None:
        """The next call, None when none came in time. Tells the audience, which may give the waiting up."""
        while not self.is_over:
            self._tell(diagnoses=diagnoses)
            left = self.within - self.seconds
            try:
                call = self.waiter.take(max(0.0, min(TELLS_EVERY, left)))
            except Exhausted as end:
                self.is_over, self.looked = True, end.looked
                return None
            if call is not None:
                return call
            self.is_over = left <= TELLS_EVERY and self.seconds >= self.within
        return None

    def next_at_once(self) -> Call | None:
        """The call if it has come already."""
        try:
            return self.waiter.take(0)
        except Exhausted:
            return None

    def _tell(self, *, diagnoses: bool) -> None:
        if self.play.stage.audience is None:
            return
        diagnosis, connections = self.waiter.state()
        is_late = diagnoses and self.seconds >= SILENT_FOR
        waiting = Waiting(self.wanted, self.seconds, self.within, diagnosis if is_late else None, connections)
        self.play.stage.audience.waits(self.play.case, self.step, waiting)


def wanted(
    contract: str, when: Mapping[str, str], answer: Behaviour, scope: Scope, *, since: float, repeatedly: bool = False
) -> Matcher:
    """The call that a step waits for, filled in."""
    return Matcher(contract, filling.texts(when, scope), filling.behaviour(answer, scope), since, repeatedly)


def described(call: Matcher) -> str:
    """The call in values and signs, as a report in either language shows it: `RegisterLoan kind=NEW`."""
    return " ".join((call.contract, *(f"{name}={value}" for name, value in call.when.items())))


def spoken(seconds: float) -> Text:
    """A time as people say it: seconds up to two minutes, then minutes."""
    number = f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
    return Text(number.replace(".", ","), number)
