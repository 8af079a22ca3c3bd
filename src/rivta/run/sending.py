"""A step in which we call the system: fill in the message, refuse what must not be sent, send, check, capture."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from rivta.check import PLATFORM, Seen, evaluate, expects_fault, is_silent, not_the_system, refuses
from rivta.contract import message, samples
from rivta.contract.editing import changed, written
from rivta.contract.records import asking_by
from rivta.model.environment import Endpoint
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Exchange, Problem
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Expectation, Send
from rivta.model.words import Blame, Direction, Headers, Text, Value, Verdict
from rivta.run import acting, filling
from rivta.run.filling import Ended, no_endpoint, only_test_persons, only_test_persons_beside
from rivta.run.play import Play, accepted_kind, captured, verified
from rivta.run.repeating import sent_again
from rivta.run.stage import GivenUp, Ran
from rivta.run.twin import with_twin
from rivta.text import placeholder
from rivta.text.catalogue import text
from rivta.text.files import written_text
from rivta.text.placeholder import Scope

VERDICT_BY_BLAME = {Blame.SYSTEM: Verdict.FAILED, Blame.ENVIRONMENT: Verdict.BLOCKED, Blame.OURS: Verdict.ERROR}


def send(step: Send, play: Play) -> Ran:
    """Play the step. Raises `NotSent` for a message that we will not send."""
    called = step.at or step.contract
    endpoint = play.stage.environment.endpoint(play.contract(called).id)
    if endpoint is None:
        raise no_endpoint(play.stage.suite.called(called))
    try:
        step = _edited(step, play)
    except GivenUp as given_up:
        return Ran(play.number, (), (acting.given_up(given_up.said, step, play),))
    sends = partial(_sent, endpoint, play)
    if step.for_each is not None:
        return sent_again(step, step.for_each, sends, play)
    ran = sends(step, ())
    return with_twin(ran, step, sends, play) if refuses(step.expect, play.contract(step.contract)) else ran


def _sent(endpoint: Endpoint, play: Play, step: Send, before: tuple[Exchange, ...]) -> Ran:
    """One message, its answer, and what the checks say of it. `before` are the step's exchanges so far."""
    case, suite = f"{play.stage.suite.called(play.case.contract)}/{play.case.id}", play.stage.suite
    if hindered := play.stage.hindrances.behind(endpoint.url, case):
        return Ran(play.number, (), (_not_tried(*hindered, step, play),))
    scope = scope_of(step, endpoint, play)
    expectations = tuple(filling.expectation(each, scope) for each in step.expect)
    headers, body = composed(step, play, scope)
    play.prompts(by_message=True)
    seen = Seen(
        play.placed(play.stage.peer.send(endpoint.url, headers, body, step.contract)),
        play.contract(step.contract),
        suite.namespaces,
        fault_allowed=expects_fault(expectations),
        earlier=(*play.exchanges, *before),
        personal=suite.domain_of(step.contract).personal,
    )
    problem = seen.exchange.problem or not_the_system(seen, place_of(endpoint, play), expectations)
    play.stage.hindrances.met(seen.exchange, problem, case)
    if problem is not None:
        return Ran(play.number, (seen.exchange,), (_unanswered(problem, seen, expectations, step, play),))
    return _judged(seen, expectations, step, play)


def _judged(seen: Seen, expectations: tuple[Expectation, ...], step: Send, play: Play) -> Ran:
    """What the checks say of an answer of the system's, those that nobody has to write first."""
    expected = (*unwritten(step, play), *expectations)
    checks = [evaluate(each, seen, verifies=each.verifies or play.case.verifies) for each in expected]
    exchange = replace(seen.exchange, accepted=accepted_kind(seen, step, play))
    values, lacking = captured(step, seen, play)
    return Ran(play.number, (exchange,), (*(each for each in checks if not is_silent(each)), *lacking), values)


def _edited(step: Send, play: Play) -> Send:
    """The step as who acts lets it be sent: a tester may give its data other values, or give the case up."""
    if play.stage.actor is None:
        return step
    shown = _shown(step, play)
    edited = play.stage.actor.edit(step, play.number, shown)
    if edited is None:
        raise Ended(Verdict.NOT_PROVEN, text("run", "given_up", step=play.number + 1))
    changed = {
        name: filling.literal(value) if isinstance(value, str) else value
        for name, value in edited.items()
        if shown.get(name) != value
    }
    return replace(step, data={**step.data, **changed}) if changed else step


def _shown(step: Send, play: Play) -> dict[str, Value]:
    """The step's data as a tester sees it: filled in, where that can be done before the message is."""
    scope, shown = play.scope(step.data), dict(step.data)
    for name, value in step.data.items():
        try:
            shown[name] = scope.resolve(value) if isinstance(value, str) else value
        except UsageError:  # told when the message is filled in, if that value is used at all
            continue
    return shown


def scope_of(step: Send, endpoint: Endpoint, play: Play) -> Scope:
    """What a step's placeholders mean, the address that it goes to among them."""
    scope = play.scope(step.data)
    address: Mapping[str, Value] = {
        "logical-address": scope.resolve(step.to if step.to is not None else endpoint.logical_address)
    }
    return Scope((address, *scope.layers))


def composed(step: Send, play: Play, scope: Scope) -> tuple[Headers, bytes]:
    """What a step sends, by its template and the names that it may use. Raises `NotSent` for what we will not send."""
    environment, contract, address = (
        play.stage.environment,
        play.contract(step.contract),
        scope.lookup("logical-address"),
    )
    said = placeholder.fill(written_text(step.template), scope, path=str(step.template))
    body = message.compose(said, address, contract.header, str(step.template))
    if step.filters is not None and contract.records is not None:
        body = asking_by(body, contract.records, step.filters)
        said = body.decode()
    if step.change or step.leave_out:
        texts = filling.changes(step.change, scope)
        body = changed(body, texts, step.leave_out, play.stage.suite.namespaces, step.source)
        said = body.decode()
    if step.edits:
        body = samples.edited(body, step.edits)
        said = body.decode()
    usual = message.http_headers(contract, environment, correlation=str(uuid4()))
    headers = message.with_headers(usual, filling.texts(step.headers, scope))
    # Looked for in the text, since not every encoding that a message may be sent in shows its digits.
    only_test_persons(said, environment)
    only_test_persons_beside(headers, (contract.header.rpartition("}")[2] or "logical-address", address), environment)
    return headers, written(body, step.writing) if step.writing else body


def unwritten(step: Send, play: Play) -> list[Expectation]:
    """The checks that nobody has to write, each with the requirement that it proves."""
    args: dict[str, dict[str, object]] = {"max_ms": {"limit": play.contract(step.contract).max_ms}}
    return [
        Expectation(kind, args.get(kind, {}), step.source, (id_,))
        for kind, id_ in play.stage.suite.unwritten(step).items()
    ]


def place_of(endpoint: Endpoint, play: Play) -> str:
    """Where it is written where the system answers, for people."""
    source = endpoint.source
    return f"url: ({source.path}:{source.line})" if source else f"url: ({play.stage.environment.path})"


def _no_reply(problem: Problem, step: Send, play: Play, at: int, **told: Any) -> CheckResult:
    """The one verdict of an exchange without a reply of the system's, by whose fault that was."""
    soap = play.stage.suite.unwritten(step).get("soap")
    proves, findings = verified(play, step.expect, *((soap,) if soap else ())), (Finding(problem.text),)
    return play.check("reply", VERDICT_BY_BLAME[problem.blame], proves, step, at, findings=findings, **told)


def _unanswered(
    problem: Problem, seen: Seen, expectations: tuple[Expectation, ...], step: Send, play: Play
) -> CheckResult:
    """The same, but that it is nobody's where what was to be refused was so by the platform, before any system had it."""
    why = _refused_before(problem, seen) if refuses(expectations, seen.contract) else None
    if why is None:
        return _no_reply(problem, step, play, seen.at)
    shown = verified(play, step.expect)  # that an answer is SOAP others may show
    return play.check("reply", Verdict.NOT_PROVEN, shown, step, seen.at, note=why)


def _refused_before(problem: Problem, seen: Seen) -> Text | None:
    """Why it is nobody's verdict that the platform refused a message that reaches no system by that way; None for any other.

    That is one without a logical address (VP003), and one that cannot be read (VP015).
    """
    code = PLATFORM.search(problem.text.en) if problem.kind == "platform" else None
    try:
        lacks = "" if (seen.envelope_of(Direction.REQUEST).address(seen.contract.header) or "").strip() else "VP003"
    except Unreadable:
        lacks = "VP015"
    return text("run", "refused_before", code=lacks) if code and code[0] == lacks else None


def _not_tried(case: str, problem: Problem, step: Send, play: Play) -> CheckResult:
    """The verdict of a message that was not sent, since an earlier case has shown that it does not get there."""
    return _no_reply(problem, step, play, play.at, note=text("run", "not_tried", case=case))
