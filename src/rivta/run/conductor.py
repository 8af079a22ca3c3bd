"""The conductor: the only place that knows the order of things in a case.

Preconditions, then for every step: fill in the message, refuse what must not be sent, send, check, capture. A step that
deviates, or gets no reply, ends the case, since the next step would ask about a state that was never reached.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from rivta import identity, message, placeholder
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
    Send,
    Step,
    Text,
    Value,
    Verdict,
)
from rivta.placeholder import Scope
from rivta.run.stage import Ran, Stage
from rivta.transport.clock import utc_now

_SWEDEN = ZoneInfo("Europe/Stockholm")


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
        exchanges=tuple(exchange for each in ran for exchange in each.exchanges),
        started=started,
        elapsed_ms=(time.perf_counter() - clock) * 1000,
        source=case.source,
        reason=reason,
    )


class _NotSent(Refused):
    """A message that we will not send, and what to do about it, in both languages."""

    def __init__(self, what: Text, todo: Text) -> None:
        super().__init__(what.en, todo=todo.en)
        self.text = Text(f"{what.sv}\n  → {todo.sv}", str(self))


_ONLY_TEST_PERSONS = Text(
    "använd en publicerad testperson, eller ange numret under test-identities om det är en testpersons",
    "use a published test person, or declare the identity under test-identities if it is one",
)


def _no_endpoint(contract: str, environment: Environment) -> _NotSent:
    named = environment.endpoints
    return _NotSent(
        Text(f"miljön anger ingen endpoint för {contract}", f"the environment names no endpoint for {contract}"),
        Text(
            f"angivna: {', '.join(sorted(named))}" if named else "lägg till den under endpoints:",
            did_you_mean(contract, named) or "add it under endpoints:",
        ),
    )


Outcome = tuple[Verdict, Text | None, list[Ran]]


def _not_run(case: Case, stage: Stage) -> Outcome | None:
    """Why the case does not run at all, if it does not."""
    reason = _other_role(case, stage)
    if reason:
        return Verdict.NOT_APPLICABLE, reason, []
    declared = stage.environment.not_applicable
    for needed in case.requires:
        if needed in declared:
            return Verdict.NOT_APPLICABLE, Text.same(f"{needed}: {declared[needed]}"), []
    for precondition in (stage.suite.domain.preconditions[needed] for needed in case.requires):
        missing = [name for name in precondition.data if not _has(stage.environment.test_data, name)]
        if missing:
            return Verdict.NOT_PROVEN, _lacking(precondition.text, missing), []
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
            ran.append(_run_step(_sendable(step), case, stage, (captured, fixed), number))
            captured |= ran[-1].captured
            if not ran[-1].goes_on:
                break
    except _NotSent as refused:
        return max(Verdict.BLOCKED, _verdict(ran)), refused.text, ran
    except RivtaError as ours:
        return max(Verdict.ERROR, _verdict(ran)), Text.same(str(ours)), ran
    return _verdict(ran), _cut_short(case, ran), ran


def _sendable(step: Step) -> Send:
    if isinstance(step, Send):
        return step
    raise RivtaError("a step that is not sent cannot be played yet")


def _verdict(ran: list[Ran]) -> Verdict:
    return Verdict.of(check.verdict for each in ran for check in each.checks)


def _cut_short(case: Case, ran: list[Ran]) -> Text | None:
    left = len(case.steps) - len(ran)
    if not left:
        return None
    replied = all(each.problem is None for each in ran[-1].exchanges)
    why = Text("avvek", "deviated") if replied else Text("inte fick något svar", "got no reply")
    return Text(
        f"{left} steg kördes inte, eftersom steg {len(ran)} {why.sv}.",
        f"{left} step{' was' if left == 1 else 's were'} not run, since step {len(ran)} {why.en}.",
    )


def _fixed_data(stage: Stage) -> dict[str, Value]:
    """The names that a template always knows; the same for all steps of a case."""
    now = datetime.now(_SWEDEN)
    return {
        "unique": uuid4().hex[:12],
        "run": {"id": stage.run},
        "now": {"timestamp": now.strftime("%Y%m%d%H%M%S"), "date": now.strftime("%Y%m%d")},
    }


def _run_step(step: Send, case: Case, stage: Stage, known: tuple[Mapping[str, Value], ...], number: int) -> Ran:
    endpoint = stage.environment.endpoints.get(step.contract)
    if endpoint is None:
        raise _no_endpoint(step.contract, stage.environment)
    scope = _scope(step, endpoint, stage, known)
    contract = stage.suite.domain.contracts[step.contract]
    expectations = tuple(_filled(each, scope) for each in step.expect)
    exchange = _send(step, contract, endpoint, stage, scope)
    if exchange.problem is not None:
        return Ran(number, (exchange,), (_no_reply(exchange, case, stage, step, number),))
    seen = Seen(exchange, contract, stage.suite.namespaces, fault_allowed=expects_fault(expectations))
    checks = [
        evaluate(each, seen, verifies=each.verifies, exchange=number) for each in _every_case(step, contract, stage)
    ]
    checks += [evaluate(each, seen, verifies=each.verifies or case.verifies, exchange=number) for each in expectations]
    captured, lacking = _captured(step, seen, case, number)
    return Ran(number, (exchange,), (*checks, *lacking), captured)


def _scope(step: Send, endpoint: Endpoint, stage: Stage, known: tuple[Mapping[str, Value], ...]) -> Scope:
    layers = (*known, step.data, stage.environment.test_data, stage.suite.data)
    to = step.to if step.to is not None else endpoint.logical_address
    address = Scope(layers).resolve(to)
    return Scope(({"logical-address": address}, *layers))


def _send(step: Send, contract: Contract, endpoint: Endpoint, stage: Stage, scope: Scope) -> Exchange:
    template = step.template.read_text(encoding="utf-8")
    address = scope.lookup("logical-address")
    body = message.compose(template, scope, address, str(step.template))
    own = {name: scope.resolve(value) for name, value in step.headers.items()}
    headers = message.http_headers(contract, stage.environment, correlation=str(uuid4()))
    headers = message.with_headers(headers, own)
    # Looked for in the text, since not every encoding that a message may be sent in shows its digits.
    _only_test_identities(placeholder.fill(template, scope, path=str(step.template)), stage.environment)
    _only_test_identities_beside(headers, address, stage.environment)
    return stage.peer.send(endpoint.url, headers, body, contract.name)


def _only_test_identities(text: str, environment: Environment) -> None:
    lines = [1 + text.count("\n", 0, found.start) for found in _strangers(text, environment)]
    if lines:
        where = ", ".join(map(str, dict.fromkeys(lines)))
        raise _NotSent(
            Text(
                f"skickades inte: på rad {where} nämner meddelandet någon som inte är en testperson",
                f"not sent: on line {where} the message names someone who is no test person",
            ),
            _ONLY_TEST_PERSONS,
        )


def _only_test_identities_beside(headers: Headers, address: str, environment: Environment) -> None:
    """The same of what is sent beside the message itself."""
    for name, value in (("LogicalAddress", address), *headers):
        if _strangers(value, environment):
            raise _NotSent(
                Text(
                    f"skickades inte: {name} nämner någon som inte är en testperson",
                    f"not sent: {name} names someone who is no test person",
                ),
                _ONLY_TEST_PERSONS,
            )


def _strangers(text: str, environment: Environment) -> list[identity.Identity]:
    return [found for found in identity.find(text) if not identity.is_test(found.value, environment.test_identities)]


def _filled(expectation: Expectation, scope: Scope) -> Expectation:
    return replace(expectation, args={name: _resolved(value, scope) for name, value in expectation.args.items()})


def _resolved(value: object, scope: Scope) -> object:
    if isinstance(value, str):
        return scope.resolve(value)
    if isinstance(value, Expectation):
        return _filled(value, scope)
    return tuple(_resolved(part, scope) for part in value) if isinstance(value, tuple) else value


def _every_case(step: Send, contract: Contract, stage: Stage) -> list[Expectation]:
    """The checks that nobody has to write, each with the requirement that it proves."""
    wanted = {kind: id_ for kind, id_ in stage.suite.domain.every_case.items() if kind not in step.off}
    args: dict[str, dict[str, object]] = {"max_ms": {"limit": contract.max_ms}}
    return [Expectation(kind, args.get(kind, {}), step.source, (id_,)) for kind, id_ in wanted.items()]


def _no_reply(exchange: Exchange, case: Case, stage: Stage, step: Send, number: int) -> CheckResult:
    """The one verdict of an exchange without a readable reply, by whose fault it was."""
    problem = exchange.problem
    assert problem is not None  # noqa: S101 - asked for only when there is one
    verdict = {Blame.SYSTEM: Verdict.FAILED, Blame.ENVIRONMENT: Verdict.BLOCKED, Blame.OURS: Verdict.ERROR}[
        problem.blame
    ]
    soap = stage.suite.domain.every_case.get("soap")
    unwritten = (soap,) if soap and "soap" not in step.off else ()
    own = (id_ for each in step.expect for id_ in each.verifies)
    return CheckResult(
        kind="reply",
        verdict=verdict,
        verifies=tuple(dict.fromkeys((*case.verifies, *own, *unwritten))),
        expected="HTTP",
        actual=problem.kind,
        findings=(Finding(problem.text, expected="HTTP", actual=problem.kind),),
        source=step.source,
        exchange=number,
    )


def _captured(step: Send, seen: Seen, case: Case, number: int) -> tuple[dict[str, str], list[CheckResult]]:
    """What later steps build on, and a finding for each value that the answer should have held and does not."""
    captured: dict[str, str] = {}
    lacking: list[CheckResult] = []
    for name, path in step.capture.items():
        try:
            captured[name] = _literal(_one_value(seen, path))
        except Unreadable as missing:
            text = Text(
                f"“{name}” kan inte hämtas ur svaret: {missing.what}",
                f"“{name}” cannot be taken from the reply: {missing.what}",
            )
            finding = Finding(text, location=path, expected="1 ×")
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


def _one_value(seen: Seen, path: str) -> str:
    value = message.capture(seen.envelope.root, path, seen.namespaces)
    if not value.strip():  # such as string(…) of what is not there
        raise Unreadable(f"{path} finds no text in the message")
    return value


def _literal(value: str) -> str:
    """What a system says is never a placeholder."""
    return value.replace("${", "$${")
