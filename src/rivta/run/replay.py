"""A recorded run played again: the same messages, the same answers from people, every check made anew.

Nothing is sent and nothing is waited for. The case is played by the conductor as ever; what differs is who
stands on the stage: a peer, a counterpart and an actor who each say what the evidence has of them, in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from rivta import evidence
from rivta.contract import message
from rivta.model.case import Case, Suite
from rivta.model.clock import Unhurried
from rivta.model.domain import Domain
from rivta.model.environment import Environment, Offer
from rivta.model.errors import RivtaError
from rivta.model.exchange import Acted, Call, Exchange, Said
from rivta.model.run import CaseResult, CheckResult, Run, RunHeader, Stray
from rivta.model.steps import Ask, Difference, Doing, Handshake, Matcher, Receive, Send, Watch, differences
from rivta.model.words import Headers, Text, Value, Verdict
from rivta.run import acting
from rivta.run.conductor import run_case
from rivta.run.filling import Ended
from rivta.run.stage import Begun, Exhausted, GivenUp, Party, Stage, lacks_the_message
from rivta.run.strays import domain_of, stray
from rivta.text.catalogue import text

FACTOR = "time factor"
"""The name, in a run's header, of the fact by how much time was compressed."""


def as_replayed(header: RunHeader, recording: Run) -> RunHeader:
    """The header of a run that plays another again: what the system was reached by is the recorded run's."""
    told = recording.header
    return replace(
        header,
        system=told.system,
        environment=told.environment,
        test_identities=tuple(sorted({*header.test_identities, *told.test_identities})),
    )


def attempts(case: Case, suite: Suite, recording: Run) -> tuple[CaseResult, ...]:
    """Every time that the recording played the case, in order: the same id in the file of the same name, for the same contract."""
    contracts = recording.header.contracts
    likely = (each for each in recording.results if each.case == case.id and each.suite.endswith(suite.path.name))
    found = (evidence.by_identity(each, contracts) for each in likely)
    return tuple(each for each in found if each.contract == case.contract)


def factor(recording: Run) -> float:
    try:
        return float(recording.header.environment.get(FACTOR, "1"))
    except ValueError:
        return 1.0


_ROUNDED = 0.001
"""Seconds by which the time of a recorded call may be too early: the evidence tells it to the millisecond."""
_ANSWERS: Mapping[Verdict, Literal["yes", "no", "not-applicable"]] = {
    Verdict.PASSED: "yes",
    Verdict.FAILED: "no",
    Verdict.NOT_APPLICABLE: "not-applicable",
}


def replay_case(case: Case, suite: Suite, environment: Environment, recording: Run) -> tuple[CaseResult, ...]:
    """The case as it was recorded, each attempt, its checks evaluated anew. What the recording lacks is not proven."""
    recorded = attempts(case, suite, recording) or (None,)
    return tuple(_replayed(each, case, suite, environment, recording) for each in recorded)


def _replayed(
    recorded: CaseResult | None, case: Case, suite: Suite, environment: Environment, recording: Run
) -> CaseResult:
    players = _Players(case, suite.domains, recorded, factor(recording))
    stage = Stage(
        suite,
        environment,
        peer=players,
        run=recording.header.run,
        counterpart=players,
        actor=players,
        handshakes=players,
        handshake_ports=players,
        begun=Begun(recorded.fixed if recorded else {}),
        clock=Unhurried(),
    )
    result = run_case(case, stage)
    if recorded is not None:
        result = replace(result, supersedes=recorded.supersedes, beside=recorded.beside)
    # What the recorded run itself could not play is told as it told it: its environment was another.
    if recorded is None or recorded.exchanges or result.verdict is not Verdict.NOT_PROVEN:
        return result
    return replace(result, reason=recorded.reason or result.reason)


def replay_strays(recording: Run, domains: Iterable[Domain]) -> tuple[Stray, ...]:
    """The calls that no case asked for then, held against the checks anew."""
    domains, contracts = tuple(domains), recording.header.contracts
    return tuple(_again(evidence.by_identity(each, contracts), domains) for each in recording.strays)


def _again(recorded: Stray, domains: tuple[Domain, ...]) -> Stray:
    if recorded.contract and domain_of(recorded.contract, domains) is None:
        return recorded
    call = replace(_call(recorded.exchange, domains), address=recorded.address)
    return stray(call, domains, recorded.reason)


class _Players:
    """Everybody who took part, as the evidence tells of them. Each step is theirs in the order in which the conductor comes to it."""

    def __init__(self, case: Case, domains: tuple[Domain, ...], result: CaseResult | None, time_factor: float) -> None:
        self.time_factor = time_factor
        self._case, self._domains = case, domains
        self._checks = result.checks if result else ()
        exchanges = result.exchanges if result else ()
        self._inbound = tuple(each for each in exchanges if each.inbound)
        self._replies = [each for each in exchanges if not each.inbound]
        self._through = list(self._inbound)
        self._waited = self._steps(Receive, Watch)
        self._asked = self._steps(Ask)
        self._calls: list[Call] = []
        self._now = self._sent = 0

    def _steps(self, *kinds: type) -> deque[int]:
        return deque(number for number, step in enumerate(self._case.steps) if isinstance(step, kinds))

    def check(self, kind: str, step: int) -> CheckResult | None:
        """The check of this kind that a step came to then."""
        return next((check for check in self._checks if (check.kind, check.step) == (kind, step)), None)

    def _demand_played(self, step: int) -> None:
        """Ends the case where the recording did not come as far as this step."""
        if not any(check.step == step for check in self._checks):
            raise _lacking()

    @property
    def addresses(self) -> Mapping[str, str]:
        return {exchange.contract: exchange.url for exchange in self._inbound}

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        """The next exchange that there was in this step: its own, then its twin's."""
        for reply in self._replies:
            if (reply.step, reply.contract) == (self._sent, contract):
                self._replies.remove(reply)
                return reply
        in_the_way = self.check("reply", self._sent)
        if in_the_way is not None and in_the_way.findings:  # it was not tried then
            raise Ended(in_the_way.verdict, in_the_way.findings[0].message)
        raise _lacking()

    def handshake(self, url: str, headers: Headers, body: bytes, offer: Offer) -> Exchange:  # noqa: ARG002 - a peer's signature
        if not self._replies:
            raise _lacking()
        return self._replies.pop(0)

    @contextmanager
    def handshake_port(self, offer: Offer) -> Iterator[_HandshakePort]:  # noqa: ARG002 - it shows what was offered then
        given_up = (self.check(acting.MANUAL, step) for step in self._steps(Handshake))
        yield _HandshakePort(self._through, next(filter(None, given_up), None))

    @contextmanager
    def wait(self, matcher: Matcher) -> Iterator[_Calls]:
        """The calls that came in this step, and those that came before it and were not what the step then waited for."""
        self._now = self._waited.popleft()
        self._demand_played(self._now)
        here = (each for each in self._inbound if each.step == self._now and not lacks_the_message(each))
        self._calls += [_call(each, self._domains) for each in here]
        yield _Calls(self, self._now, matcher, self._calls)

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:  # noqa: ARG002 - an actor's signature
        hindered = self.check(acting.ACT, self._now)
        call = self.check("call", self._now)
        if hindered is not None:
            note = hindered.note.en if hindered.note else ""
            match hindered.actual:
                case "refused" | "trouble" as outcome:
                    return Acted(outcome, note)
                case "unsupported" as outcome:
                    return Acted(outcome, note.partition(f"({hindered.expected}): ")[2])
            return Acted("by-hand", note)
        is_sure = call is not None and call.verdict not in (Verdict.FAILED, Verdict.NOT_PROVEN)
        return Acted("by-hand" if is_sure else "done")

    def ask(self, question: Ask, case: Case) -> Said | None:  # noqa: ARG002 - an actor's signature
        step = self._asked.popleft()
        self._demand_played(step)
        check = self.check(acting.MANUAL, step)
        given = self.check(acting.LINK, step)
        said = _said(check) if check and check.verdict in _ANSWERS else None
        return said and replace(said, link=given.actual if given else "")

    def edit(self, step: Send | Handshake, number: int, data: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002 - an actor's signature
        """What was sent is what was recorded, whatever the data were, unless somebody said why it was not to be."""
        self._sent = number
        if (given_up := self.check(acting.MANUAL, number)) is not None:
            raise GivenUp(_said(given_up))
        return data


class _HandshakePort:
    """A port of ours as the evidence has it. Takes what came from `left`; then whoever gave it up says so again."""

    url = ""
    time_factor = 1.0
    addresses: Mapping[str, str] = MappingProxyType({})

    def __init__(self, left: list[Exchange], given_up: CheckResult | None) -> None:
        self.rests = False
        self._left = left
        self._given_up = given_up

    def take(self, seconds: float, until: float | None = None) -> Call:  # noqa: ARG002 - a waiter's signature
        if self._left:
            return Call(self._left.pop(0), "", {}, 0.0, 0.0, 0)
        if self._given_up is not None:
            raise GivenUp(_said(self._given_up))
        raise Exhausted

    def state(self) -> tuple[None, int]:
        return None, 0

    def unclear(self, since: float) -> int:  # noqa: ARG002 - a waiter's signature
        return 0


class _Calls:
    """The calls of one step, as the evidence has them, held against what the step waits for now. Takes them from `left`."""

    def __init__(self, told: _Players, step: int, matcher: Matcher, left: list[Call]) -> None:
        self.rests = False
        self._told = told
        self._step = step
        self._matcher = matcher
        self._left = left

    def take(self, seconds: float, until: float | None = None) -> Call:  # noqa: ARG002 - a waiter's signature
        """The next call that fits; then whatever ended the waiting."""
        for call in self._left:
            if self._matcher.contract == call.exchange.contract and not self._differences(call):
                self._left.remove(call)
                return call
        given_up = self._told.check(acting.MANUAL, self._step)
        if given_up is not None:
            raise GivenUp(_said(given_up))
        raise Exhausted(self._looked())

    def _differences(self, call: Call) -> list[Difference]:
        return differences(self._matcher.when, call.address, call.facts)

    def state(self) -> tuple[Text | None, int]:
        """What was said to be wrong then; of a call that came and is not the one waited for now, what tells it apart."""
        for call in self._left:
            return text(
                "run", "recorded_call", call=call.exchange.contract, differences=_told(self._differences(call))
            ), 0
        check = self._told.check("call", self._step)
        has_diagnosis = check is not None and check.note is not None and bool(check.findings)
        return check.findings[0].message if check and has_diagnosis else None, 0

    def unclear(self, since: float) -> int:  # noqa: ARG002 - a waiter's signature
        """None that is told: a watch that such calls left open proved nothing then."""
        return 0

    def _looked(self) -> float | None:
        """A watch that was cut short proved nothing then, and does not now."""
        check = self._told.check("resends", self._step)
        return 0.0 if check and check.verdict is Verdict.NOT_PROVEN else None


def _told(found: list[Difference]) -> Text:
    told = (text("run", "recorded_fact", name=name, wanted=wanted, seen=seen or "–") for name, wanted, seen in found)
    return Text.joined(told, "; ")


def _call(exchange: Exchange, domains: Iterable[Domain]) -> Call:
    """The call as the counterpart would tell it. Rounding makes the time between an answer and a call longer, never shorter."""
    at = datetime.fromisoformat(exchange.started).timestamp()
    address, facts = _known_by(exchange, domain_of(exchange.contract, domains))
    return Call(exchange, address, facts, at + _ROUNDED, at + exchange.elapsed_ms / 1000, 0)


def _known_by(exchange: Exchange, domain: Domain | None) -> tuple[str, dict[str, str]]:
    """The address, and what the domain knows the message by, as far as it can be read."""
    try:
        envelope = message.open_envelope(exchange.request.body)
    except RivtaError:
        return "", {}
    if domain is None:
        return "", {}
    address = envelope.address(domain.contracts[exchange.contract].header) or ""
    texts = {
        name: message.capture(envelope.root, f"string({path})", domain.namespaces).strip()
        for name, path in domain.facts.items()
    }
    return address.strip(), {name: text for name, text in texts.items() if text}


def _said(check: CheckResult) -> Said:
    """What a person said. A “no” that was as it should be stands as a pass, and was a “no” all the same."""
    answer = "no" if check.actual == "no" else _ANSWERS.get(check.verdict, "no")
    return Said(answer, check.by, check.note.en if check.note else "")


def _lacking() -> Ended:
    return Ended(Verdict.NOT_PROVEN, text("run", "not_recorded"))
