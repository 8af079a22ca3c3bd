"""A call that was received, as the case and the evidence know it."""

from __future__ import annotations

from dataclasses import dataclass

from rivta.check import Seen, evaluate, of_every_received
from rivta.model.case import Receive, Watch
from rivta.model.exchange import Call, Exchange
from rivta.model.run import CheckResult
from rivta.run import filling
from rivta.run.play import Play, placed
from rivta.text.placeholder import Scope


@dataclass(frozen=True, slots=True)
class Received:
    """One call of a step: its exchange, what the checks see of it, and its number among the case's exchanges."""

    exchange: Exchange
    seen: Seen
    at: int


def received(call: Call, step: Receive | Watch, number: int, play: Play, earlier: tuple[Exchange, ...]) -> Received:
    """The call, marked with its step. `earlier` are the exchanges of the case before it."""
    exchange = placed(call.exchange, number)
    seen = Seen(
        exchange,
        play.contract(step.contract),
        play.stage.suite.namespaces,
        earlier=earlier,
        recipient=play.stage.suite.domain.said("recipient", call.facts),
    )
    return Received(exchange, seen, len(earlier))


def checks_of(one: Received, step: Receive | Watch, play: Play, scope: Scope) -> tuple[CheckResult, ...]:
    """The checks of every received message, then what the step expects of it."""
    number = one.exchange.step
    expected = (filling.expectation(each, scope) for each in step.expect)
    own = step.verifies if isinstance(step, Watch) else ()
    return (
        *of_every_received(
            one.seen,
            play.stage.suite.domain.every_received,
            source=step.source,
            off=step.off,
            exchange=one.at,
            step=number,
        ),
        *(
            evaluate(each, one.seen, verifies=each.verifies or own or play.case.verifies, exchange=one.at, step=number)
            for each in expected
        ),
    )
