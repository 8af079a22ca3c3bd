"""A step in which we call the system: fill in the message, refuse what must not be sent, send, check, capture."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from rivta.check import PLATFORM, Seen, evaluate, expects_fault, is_silent, not_the_system, refuses
from rivta.contract import message, samples
from rivta.contract.editing import changed, written
from rivta.contract.records import asking_by
from rivta.model.domain import Contract
from rivta.model.environment import Endpoint
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Exchange, Problem
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Expectation, Repetition, Send
from rivta.model.words import Blame, Direction, Headers, Text, Value, Verdict
from rivta.run import acting, filling, repeating
from rivta.run.filling import Ended, no_endpoint, only_test_persons, only_test_persons_beside
from rivta.run.play import Play, captured, verified
from rivta.run.stage import GivenUp, Ran, lacks_the_message
from rivta.run.twin import accepted, judged, left_open, shown_by, told, twin_of
from rivta.text import placeholder
from rivta.text.catalogue import text
from rivta.text.files import written_text
from rivta.text.placeholder import Scope
from rivta.text.xml import compiled

VERDICT_BY_BLAME = {Blame.SYSTEM: Verdict.FAILED, Blame.ENVIRONMENT: Verdict.BLOCKED, Blame.OURS: Verdict.ERROR}


def send(step: Send, play: Play) -> Ran:
    """Play the step. Raises `NotSent` for a message that we will not send."""
    contract = play.contract(step.contract)
    called = step.at or step.contract
    endpoint = play.stage.environment.endpoint(play.contract(called).id)
    if endpoint is None:
        raise no_endpoint(play.stage.suite.called(called))
    try:
        step = _looked_over(step, play)
    except GivenUp as given_up:
        return Ran(play.number, (), (acting.given_up(given_up.said, step, play),))
    if step.for_each is not None:
        return _sent_again(step, step.for_each, endpoint, play)
    ran = _sent(step, endpoint, play)
    return _with_twin(ran, step, endpoint, play) if refuses(step.expect, contract) else ran


def _sent_again(step: Send, again: Repetition, endpoint: Endpoint, play: Play) -> Ran:
    """The message with each of its values, until an answer does not come."""
    ran = Ran(play.number, (), ())
    answered: list[Exchange] = []
    for one in repeating.each(step, again, answered, play):
        more = _sent(one, endpoint, play, ran.exchanges)
        answered += more.exchanges
        # What an attempt before the last has not to capture yet is no deviation.
        kept = [each for each in ran.checks if each.kind != "capture" or again.value != "attempt"]
        ran = Ran(play.number, tuple(answered), (*kept, *more.checks), more.captured)
        if not more.goes_on and (not more.exchanges or lacks_the_message(answered[-1])):
            return ran
    return replace(ran, checks=(*ran.checks, repeating.told(step, again, answered, play)))


def _with_twin(ran: Ran, step: Send, endpoint: Endpoint, play: Play) -> Ran:
    """The step with what its twin shows: that the system refuses this message, and not all messages."""
    verdict = Verdict.of(check.verdict for check in ran.checks)
    if verdict is Verdict.FAILED and ran.exchanges[-1].accepted is not None:
        unsent = told(step, play, ran, Verdict.NOT_APPLICABLE, text("run", "twin_unsent"))
        return replace(ran, checks=(*ran.checks, unsent))
    if verdict is not Verdict.PASSED and not _is_refused(step, ran):
        return ran
    kind, other = _kind_of(_seen(ran.exchanges[-1], play), play), twin_of(step, play)
    if other is None:
        return replace(ran, checks=(*ran.checks, _shown_before(step, play, ran, kind)))
    try:
        more = _sent(replace(other, expect=(accepted(step, play),)), endpoint, play, ran.exchanges)
    except Ended as ended:
        return replace(ran, checks=(*ran.checks, told(step, play, ran, Verdict.NOT_PROVEN, ended.text)))
    except UsageError:  # the step's own data are all that fill it in
        return replace(ran, checks=(*ran.checks, left_open(step, play, ran, kind)))
    checks = (*ran.checks, *judged(step, play, ran, more, kind))
    return replace(ran, exchanges=(*ran.exchanges, *more.exchanges), checks=checks)


def _is_refused(step: Send, ran: Ran) -> bool:
    """Whether what is red leaves a refusal: in part as demanded, say the right code with the wrong text; or with what no case has to write.

    A Fault without a log id refuses all the same. What the refusal shows needs its twin then too.
    """
    expected = {each.kind for each in step.expect}
    return any(check.verdict is Verdict.PASSED for check in ran.checks if check.kind in expected)


def _seen(exchange: Exchange, play: Play) -> Seen:
    return Seen(exchange, play.contract(exchange.contract), play.stage.suite.namespaces)


def _kind_of(seen: Seen, play: Play) -> str:
    """What kind of message we sent, as the domain has it; empty where it knows none, or the message cannot be read."""
    path = play.stage.suite.domain_of(seen.exchange.contract).fact("kind")
    try:
        root = seen.envelope_of(Direction.REQUEST).root
    except Unreadable:
        return ""
    return str(compiled(f"string({path})", play.stage.suite.namespaces)(root)).strip() if path else ""


def _accepted(seen: Seen, step: Send, play: Play) -> str | None:
    """The kind of message that the answer says was accepted; None where it says no such thing."""
    grammar = seen.contract.result
    try:
        result = seen.result
    except Unreadable:
        return None
    if grammar is None:
        shown = evaluate(accepted(step, play), seen, verifies=(), exchange=0).verdict is Verdict.PASSED
    else:
        shown = result is not None and result.code in (grammar.ok, grammar.info)
    return _kind_of(seen, play) if shown else None


def _shown_before(step: Send, play: Play, ran: Ran, kind: str) -> CheckResult:
    before = shown_by(step.contract, kind, play)
    if before is None:
        return left_open(step, play, ran, kind)
    return told(step, play, ran, Verdict.PASSED, text("run", "twin_before", step=before + 1))


def _sent(step: Send, endpoint: Endpoint, play: Play, before: tuple[Exchange, ...] = ()) -> Ran:
    """One message, its answer, and what the checks say of it. `before` are the step's exchanges so far."""
    contract, earlier = play.contract(step.contract), (*play.exchanges, *before)
    at, number, case = len(earlier), play.number, f"{play.stage.suite.called(play.case.contract)}/{play.case.id}"
    if hindered := play.stage.hindrances.behind(endpoint.url, case):
        return Ran(number, (), (_not_tried(*hindered, step, play),))
    scope = scope_of(step, endpoint, play)
    expectations = tuple(filling.expectation(each, scope) for each in step.expect)
    exchange = play.placed(_call(step, contract, endpoint, play, scope))
    suite = play.stage.suite
    seen = Seen(
        exchange,
        contract,
        suite.namespaces,
        fault_allowed=expects_fault(expectations),
        earlier=earlier,
        personal=suite.domain_of(step.contract).personal,
    )
    problem = exchange.problem or not_the_system(seen, place_of(endpoint, play), expectations)
    play.stage.hindrances.met(exchange, problem, case)
    if problem is not None:
        check = _no_reply(problem, step, play, at)
        if refuses(expectations, contract) and (why := _refused_before(problem, seen)):
            shown = verified(play, step.expect)  # that an answer is SOAP others may show
            check = replace(check, verdict=Verdict.NOT_PROVEN, verifies=shown, findings=(), note=why)
        return Ran(number, (exchange,), (check,))
    checks = [
        evaluate(each, seen, verifies=each.verifies or play.case.verifies, exchange=at, step=number)
        for each in (*unwritten(step, contract, play), *expectations)
    ]
    exchange = replace(exchange, accepted=_accepted(seen, step, play))
    told = (check for check in checks if not is_silent(check))
    values, lacking = captured(step, seen, play, at)
    return Ran(number, (exchange,), (*told, *lacking), values)


def _looked_over(step: Send, play: Play) -> Send:
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


def _call(step: Send, contract: Contract, endpoint: Endpoint, play: Play, scope: Scope) -> Exchange:
    headers, body = composed(step, contract, play, scope)
    play.stirs(by_message=True)
    return play.stage.peer.send(endpoint.url, headers, body, step.contract)


def composed(step: Send, contract: Contract, play: Play, scope: Scope) -> tuple[Headers, bytes]:
    """What a step sends, by its template and the names that it may use. Raises `NotSent` for what we will not send."""
    environment = play.stage.environment
    template = written_text(step.template)
    address = scope.lookup("logical-address")
    said = placeholder.fill(template, scope, path=str(step.template))
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
    if step.writing:
        body = written(body, step.writing)
    own = filling.texts(step.headers, scope)
    headers = message.http_headers(contract, environment, correlation=str(uuid4()))
    headers = message.with_headers(headers, own)
    # Looked for in the text, since not every encoding that a message may be sent in shows its digits.
    only_test_persons(said, environment)
    only_test_persons_beside(headers, (contract.header.rpartition("}")[2] or "logical-address", address), environment)
    return headers, body


def unwritten(step: Send, contract: Contract, play: Play) -> list[Expectation]:
    """The checks that nobody has to write, each with the requirement that it proves."""
    args: dict[str, dict[str, object]] = {"max_ms": {"limit": contract.max_ms}}
    return [
        Expectation(kind, args.get(kind, {}), step.source, (id_,))
        for kind, id_ in play.stage.suite.unwritten(step).items()
    ]


def place_of(endpoint: Endpoint, play: Play) -> str:
    """Where it is written where the system answers, for people."""
    source = endpoint.source
    return f"url: ({source.path}:{source.line})" if source else f"url: ({play.stage.environment.path})"


def _no_reply(problem: Problem, step: Send, play: Play, at: int) -> CheckResult:
    """The one verdict of an exchange without a reply of the system's, by whose fault that was."""
    soap = play.stage.suite.unwritten(step).get("soap")
    proves = verified(play, step.expect, *((soap,) if soap else ()))
    told = play.check("reply", VERDICT_BY_BLAME[problem.blame], proves, step, at)
    return replace(told, findings=(Finding(problem.text),))


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
    return replace(_no_reply(problem, step, play, play.at), note=text("run", "not_tried", case=case))
