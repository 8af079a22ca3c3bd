"""The conductor: the only place that knows the order of things in a case.

Preconditions, then for every step: fill in the message, refuse what must not be sent, send, check, capture. A step whose
own expectations are not met ends the case, since the next step would ask about a state that was never reached.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from rivta import identity, message
from rivta.check import Seen, evaluate, expects_fault
from rivta.errors import Refused, RivtaError, Unreadable, did_you_mean
from rivta.model import (
    Blame,
    Case,
    CaseResult,
    CheckResult,
    Contract,
    Endpoint,
    Environment,
    Exchange,
    Expectation,
    Finding,
    Headers,
    Step,
    Suite,
    Text,
    Value,
    Verdict,
)
from rivta.placeholder import Scope
from rivta.xmltext import decoded

_SWEDEN = ZoneInfo("Europe/Stockholm")


class Peer(Protocol):
    """How the system under test is reached: a transport."""

    def send(self, url: str, headers: Headers, body: bytes, contract: str) -> Exchange:
        """One call. Trouble on the way is told in the exchange, never raised."""
        ...


@dataclass(frozen=True, slots=True)
class Ran:
    """What a step came to, and what it captured for the steps after it."""

    exchange: Exchange
    checks: tuple[CheckResult, ...]
    captured: Mapping[str, Value]

    @property
    def goes_on(self) -> bool:
        """Whether the next step has the state that it builds on."""
        return self.exchange.problem is None and all(check.verdict is not Verdict.FAILED for check in self.checks)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a case is played: the suite it stands in, the environment, the way to the system, the run's name."""

    suite: Suite
    environment: Environment
    peer: Peer
    run: str


def run_case(case: Case, stage: Stage) -> CaseResult:
    """Run one case against the system under test. Never raises for what the system or its environment does."""
    started, clock = utc_now(), time.perf_counter()
    outcome = _not_run(case, stage) or _play(case, stage)
    verdict, reason, ran = outcome
    return CaseResult(
        case=case.id,
        title=case.title,
        domain=stage.suite.domain.name,
        contract=case.contract,
        role=case.role,
        suite=str(stage.suite.path),
        verdict=verdict,
        verifies=case.verifies,
        checks=tuple(check for each in ran for check in each.checks),
        exchanges=tuple(each.exchange for each in ran),
        started=started,
        elapsed_ms=(time.perf_counter() - clock) * 1000,
        source=case.source,
        reason=reason,
    )


Outcome = tuple[Verdict, Text | None, list[Ran]]


def _not_run(case: Case, stage: Stage) -> Outcome | None:
    """Why the case does not run at all, if it does not."""
    reason = _other_role(case, stage)
    if reason:
        return Verdict.NOT_APPLICABLE, reason, []
    for needed in case.requires:
        declared = stage.environment.not_applicable.get(needed)
        if declared:
            return Verdict.NOT_APPLICABLE, Text.same(f"{needed}: {declared}"), []
        missing = [
            name
            for name in stage.suite.domain.preconditions[needed].data
            if not _has(stage.environment.test_data, name)
        ]
        if missing:
            return Verdict.NOT_PROVEN, _lacking(stage.suite.domain.preconditions[needed].text, missing), []
    return None


def _other_role(case: Case, stage: Stage) -> Text | None:
    domain, mine = stage.suite.domain, stage.environment.roles
    if stage.suite.party:
        fits = stage.suite.party in mine
    else:
        fits = any(case.contract in domain.roles[role].produces for role in mine if role in domain.roles)
    if fits:
        return None
    played = ", ".join(mine)
    return Text(
        f"Systemet provas som {played}, som inte tar emot detta.",
        f"The system is tested as {played}, which does not receive this.",
    )


def _has(data: Mapping[str, Value], dotted: str) -> bool:
    found: Value = dict(data)
    for part in dotted.split("."):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return found not in (None, "")


def _lacking(needs: Text, missing: list[str]) -> Text:
    names = ", ".join(missing)
    return Text(
        f"Kräver: {needs.sv} Saknas i miljöns test-data: {names}.",
        f"Requires: {needs.en} Missing in the environment's test-data: {names}.",
    )


def _play(case: Case, stage: Stage) -> Outcome:
    ran: list[Ran] = []
    captured: dict[str, Value] = {}
    fixed = _fixed_data(stage)
    try:
        for number, step in enumerate(case.steps):
            ran.append(_run_step(step, case, stage, (captured, fixed), number))
            captured |= ran[-1].captured
            if not ran[-1].goes_on:
                break
    except Refused as refused:
        return max(Verdict.BLOCKED, _verdict(ran)), Text.same(str(refused)), ran
    except RivtaError as ours:
        return max(Verdict.ERROR, _verdict(ran)), Text.same(str(ours)), ran
    return _verdict(ran), _cut_short(case, ran), ran


def _verdict(ran: list[Ran]) -> Verdict:
    return Verdict.of(check.verdict for each in ran for check in each.checks)


def _cut_short(case: Case, ran: list[Ran]) -> Text | None:
    left = len(case.steps) - len(ran)
    if not left:
        return None
    return Text(
        f"{left} steg kördes inte, eftersom steg {len(ran)} avvek.",
        f"{left} steps were not run, since step {len(ran)} deviated.",
    )


def _fixed_data(stage: Stage) -> dict[str, Value]:
    """The names that a template always knows; the same for all steps of a case."""
    now = datetime.now(_SWEDEN)
    return {
        "unique": uuid4().hex[:12],
        "run": {"id": stage.run},
        "now": {"timestamp": now.strftime("%Y%m%d%H%M%S"), "date": now.strftime("%Y%m%d")},
    }


def _run_step(step: Step, case: Case, stage: Stage, known: tuple[Mapping[str, Value], ...], number: int) -> Ran:
    endpoint = stage.environment.endpoints.get(step.contract)
    if endpoint is None:
        what = f"the environment names no endpoint for {step.contract}"
        raise Refused(what, todo=did_you_mean(step.contract, stage.environment.endpoints) or "add it under endpoints:")
    scope = _scope(step, endpoint, stage, known)
    contract = stage.suite.domain.contracts[step.contract]
    exchange = _send(step, contract, endpoint, stage, scope)
    expectations = tuple(_filled(each, scope) for each in step.expect)
    if exchange.problem is not None:
        return Ran(exchange, (_no_reply(exchange, case, stage, step, number),), {})
    seen = Seen(exchange, contract, stage.suite.namespaces, fault_allowed=expects_fault(expectations))
    checks = [
        evaluate(each, seen, verifies=each.verifies, exchange=number) for each in _every_case(step, contract, stage)
    ]
    checks += [evaluate(each, seen, verifies=each.verifies or case.verifies, exchange=number) for each in expectations]
    captured, lacking = _captured(step, seen, case, number)
    return Ran(exchange, (*checks, *lacking), captured)


def _scope(step: Step, endpoint: Endpoint, stage: Stage, known: tuple[Mapping[str, Value], ...]) -> Scope:
    layers = (*known, step.data, stage.environment.test_data, stage.suite.data)
    to = step.to if step.to is not None else endpoint.logical_address
    address = Scope(layers).resolve(to)
    return Scope(({"logical-address": address}, *layers))


def _send(step: Step, contract: Contract, endpoint: Endpoint, stage: Stage, scope: Scope) -> Exchange:
    template = step.template.read_text(encoding="utf-8")
    address = scope.lookup("logical-address")
    body = message.compose(template, scope, address, str(step.template))
    _only_test_identities(body, stage.environment)
    headers = message.http_headers(contract, stage.environment, correlation=str(uuid4()))
    own = {name: scope.resolve(value) for name, value in step.headers.items()}
    return stage.peer.send(endpoint.url, message.with_headers(headers, own), body, contract.name)


def _only_test_identities(body: bytes, environment: Environment) -> None:
    text = decoded(body)
    lines = [
        1 + text.count("\n", 0, found.start)
        for found in identity.find(text)
        if not identity.is_test(found.value, environment.test_identities)
    ]
    if lines:
        where = ", ".join(map(str, dict.fromkeys(lines)))
        raise Refused(
            f"not sent: on line {where} the message names someone who is no test person",
            todo="use a published test person, or declare the identity under test-identities if it is one",
        )


def _filled(expectation: Expectation, scope: Scope) -> Expectation:
    return replace(expectation, args={name: _resolved(value, scope) for name, value in expectation.args.items()})


def _resolved(value: object, scope: Scope) -> object:
    if isinstance(value, str):
        return scope.resolve(value)
    if isinstance(value, Expectation):
        return _filled(value, scope)
    return tuple(_resolved(part, scope) for part in value) if isinstance(value, tuple) else value


def _every_case(step: Step, contract: Contract, stage: Stage) -> list[Expectation]:
    """The checks that nobody has to write, each with the requirement that it proves."""
    wanted = {kind: id_ for kind, id_ in stage.suite.domain.every_case.items() if kind not in step.off}
    args: dict[str, dict[str, object]] = {"max_ms": {"limit": contract.max_ms}}
    return [Expectation(kind, args.get(kind, {}), step.source, (id_,)) for kind, id_ in wanted.items()]


def _no_reply(exchange: Exchange, case: Case, stage: Stage, step: Step, number: int) -> CheckResult:
    """The one verdict of an exchange without a readable reply, by whose fault it was."""
    problem = exchange.problem
    assert problem is not None  # noqa: S101 - asked for only when there is one
    verdict = {Blame.SYSTEM: Verdict.FAILED, Blame.ENVIRONMENT: Verdict.BLOCKED, Blame.OURS: Verdict.ERROR}[
        problem.blame
    ]
    soap = stage.suite.domain.every_case.get("soap")
    proves = (*case.verifies, *([soap] if soap and "soap" not in step.off else []))
    return CheckResult(
        kind="reply",
        verdict=verdict,
        verifies=proves,
        expected="a reply",
        actual=problem.kind,
        findings=(Finding(problem.text, expected="a reply", actual=problem.kind),),
        source=step.source,
        exchange=number,
    )


def _captured(step: Step, seen: Seen, case: Case, number: int) -> tuple[dict[str, Value], list[CheckResult]]:
    """What later steps build on, and a finding for each value that the answer should have held and does not."""
    captured: dict[str, Value] = {}
    lacking: list[CheckResult] = []
    for name, path in step.capture.items():
        try:
            captured[name] = message.capture(seen.envelope.root, path, seen.namespaces)
        except Unreadable as missing:
            text = Text(
                f"“{name}” kan inte hämtas ur svaret: {missing.what}",
                f"“{name}” cannot be taken from the reply: {missing.what}",
            )
            finding = Finding(text, location=path, expected="one value")
            lacking.append(
                CheckResult(
                    "capture",
                    Verdict.FAILED,
                    case.verifies,
                    path,
                    missing.what,
                    (finding,),
                    source=step.source,
                    exchange=number,
                )
            )
    return captured, lacking


def utc_now() -> str:
    """The time now, in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
