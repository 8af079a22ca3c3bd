"""What the system's messages are held against, and what later steps take from them.

A call that was received becomes an exchange of its case, or a stray when no case asked for it; either way it goes through the
checks of every received message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rivta.check import Seen, evaluate, of_every_received
from rivta.contract import message
from rivta.model.case import Receive, Watch
from rivta.model.domain import Domain
from rivta.model.errors import Unreadable
from rivta.model.exchange import Call, Exchange
from rivta.model.run import CheckResult, Finding, Stray
from rivta.model.words import Source, Text, Verdict
from rivta.run import filling
from rivta.run.filling import literal
from rivta.run.play import Play, placed
from rivta.text.catalogue import text
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
        recipient=play.stage.suite.domain_of(step.contract).said("recipient", call.facts),
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
            play.stage.suite.unwritten(step),
            source=step.source,
            exchange=one.at,
            step=number,
        ),
        *(
            evaluate(each, one.seen, verifies=each.verifies or own or play.case.verifies, exchange=one.at, step=number)
            for each in expected
        ),
    )


def stray(call: Call, domains: Iterable[Domain], reason: Text, *, is_checked: bool = True) -> Stray:
    """The call with what the checks say of it. Without a contract of these domains there is nothing to hold it against."""
    domain = domain_of(call.exchange.contract, domains)
    contract = domain.contracts[call.exchange.contract] if domain else None
    if domain is None or contract is None or not is_checked:
        return Stray(call.exchange, call.exchange.contract, call.address, (), reason)
    seen = Seen(call.exchange, contract, domain.namespaces, recipient=domain.said("recipient", call.facts))
    source = Source(str(domain.folder / "domain.yaml"))
    checks = of_every_received(seen, domain.every_received, source=source)
    return Stray(call.exchange, call.exchange.contract, call.address, checks, reason)


def domain_of(contract: str, domains: Iterable[Domain]) -> Domain | None:
    """The domain that has a contract; None if no domain has it."""
    return next((domain for domain in domains if contract in domain.contracts), None)


def captured(
    paths: Mapping[str, str], seen: Seen, lacking: CheckResult
) -> tuple[dict[str, str], tuple[CheckResult, ...]]:
    """The values by name, and `lacking` as a finding for each that the system's message should have held and does not."""
    values: dict[str, str] = {}
    missing: list[CheckResult] = []
    for name, path in paths.items():
        try:
            values[name] = literal(_one_value(seen, path))
        except Unreadable as trouble:
            missing.append(_missing(name, path, trouble, seen, lacking))
    return values, tuple(missing)


def check_of_capture(verifies: tuple[str, ...], source: Source, exchange: int, step: int) -> CheckResult:
    """What a value that is not there comes to; which value it is, `captured` says."""
    return CheckResult("capture", Verdict.FAILED, verifies, source=source, exchange=exchange, step=step)


def _missing(name: str, path: str, trouble: Unreadable, seen: Seen, lacking: CheckResult) -> CheckResult:
    it = text("run", "the_call" if seen.exchange.inbound else "the_reply")
    told = text("run", "not_captured", name=name, message=it, trouble=trouble.what)
    finding = Finding(told, seen.direction, location=path, expected="1 ×")
    return CheckResult(
        lacking.kind,
        lacking.verdict,
        lacking.verifies,
        path,
        trouble.what,
        (finding,),
        source=lacking.source,
        exchange=lacking.exchange,
        step=lacking.step,
    )


def _one_value(seen: Seen, path: str) -> str:
    value = message.capture(seen.envelope.root, path, seen.namespaces)
    if not value.strip():  # such as string(…) of what is not there
        raise Unreadable(f"{path} finds no text in the message")
    return value
