"""A step in which a handshake is tried: we connect to the system, or it is made to connect to us.

We connect to each of its addresses, host and port, and ask what no contract has: an empty Body. The system refuses us by TLS, or by a status
of HTTP that says that we may not (403; RIV-TA Basic Profile 3.1, rule #28). A refusal shows something only where the same connection with what is wrong
mended is accepted: its twin, tried right after it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

from rivta.contract.message import CLOSING, ORIGINAL_CONSUMER, open_envelope, opening, with_headers
from rivta.model.environment import Endpoint, Environment, Offer, TlsFiles
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Call, Exchange, Message, Problem
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Behaviour, Doing, Handshake, Matcher
from rivta.model.words import Blame, Headers, Text, Verdict
from rivta.run import acting, filling
from rivta.run.filling import Ended
from rivta.run.play import Play
from rivta.run.receiving import Wait, longest
from rivta.run.stage import GivenUp, HandshakePort, Ran
from rivta.text.catalogue import text
from rivta.transport.connection import target_of
from rivta.transport.problems import Trouble

KIND = "handshake"
"""The kind of check that says what came of it."""
_MAY_NOT = (400, 401, 403, 495, 496)
"""What servers say instead of an answer to who shows no certificate, or a wrong one; 495 and 496 are nginx's own."""
_PATH = re.compile(r"/\d+/rivtabp2\d/?$")
_HEADER = "{urn:riv:itintegration:registry:1}LogicalAddress"
_WITHOUT_AUTHORITY = ("own", "none", "wrong-ca")
"""What is tried beside our own certificate; what else is bad is so beside the good one of the same authority."""
Came = Literal["accepted", "refused", "trouble"]


Tries = Callable[[Offer], Exchange]
"""One connection with what is offered, and what came of it."""


def handshake(step: Handshake, play: Play) -> Ran:
    try:
        return _connect(step, play) if step.do is None else _called(step, step.do, play)
    except GivenUp as given_up:
        return Ran(play.number, (), (acting.given_up(given_up.said, step, play),))


def _called(step: Handshake, told: Doing, play: Play) -> Ran:
    exchanges, check = _tried(partial(_let_in, step, told, play), step, play, len(play.exchanges))
    return Ran(play.number, exchanges, (check,))


def _connect(step: Handshake, play: Play) -> Ran:
    """We connect to each address, once whoever plays lets us."""
    endpoints, actor = behind(play.stage.environment), play.stage.actor
    if not endpoints or play.stage.handshakes is None:
        raise Ended(Verdict.NOT_PROVEN, text("run", "no_tls"))
    if actor is not None and actor.edit(step, play.number, {}) is None:
        raise Ended(Verdict.NOT_PROVEN, text("run", "given_up", step=play.number + 1))
    ran = Ran(play.number)
    for endpoint in endpoints:
        tries = partial(_exchange, endpoint, play)
        exchanges, check = _tried(tries, step, play, len(play.exchanges) + len(ran.exchanges))
        ran = ran.and_then(check, exchanges=exchanges)
    return ran


def behind(environment: Environment) -> list[Endpoint]:
    """The first endpoint behind each host and port that is called by TLS."""
    endpoints: dict[object, Endpoint] = {}
    for endpoint in environment.endpoints.values():
        try:
            target = target_of(endpoint.url)
        except Trouble:
            continue
        if target.scheme == "https":
            endpoints.setdefault(target.peer, endpoint)
    return list(endpoints.values())


def _tried(tries: Tries, step: Handshake, play: Play, at: int) -> tuple[tuple[Exchange, ...], CheckResult]:
    environment = play.stage.environment
    offer = _offer(step, environment)
    first = tries(offer)
    came, twin = came_of(first), None
    if step.outcome == "refused" and came == "refused":
        first = replace(first, problem=first.problem and _seen(first.problem))
        twin = tries(_good(step, environment))
    elif step.shows == "chain" and came == "trouble":
        twin = tries(replace(offer, trusts="besides"))
    exchanges = (first,) if twin is None else (first, twin)
    return exchanges, judged(step, first, twin, play, at)


def _seen(problem: Problem) -> Problem:
    """Of a refusal that was wanted what was seen, which is the first sentence; what to do about it nobody is to do."""
    first = (problem.text.in_(lang).partition(". ") for lang in ("sv", "en"))
    return replace(problem, text=Text(*(f"{seen}." if rest else seen for seen, _, rest in first)))


def _offer(step: Handshake, environment: Environment) -> Offer:
    files = shown(step.certificate, _own(step, environment), environment)
    trusts: Literal["named", "roots"] = "roots" if step.shows == "chain" else "named"
    return Offer(files, step.certificate, step.version, trusts, resumes=step.shows == "session")


def _good(step: Handshake, environment: Environment) -> Offer:
    """What is offered with nothing wrong in it."""
    is_own = step.certificate in _WITHOUT_AUTHORITY
    name = "own" if is_own else "client" if step.do is None else "server"
    return Offer(shown(name, _own(step, environment), environment), name)


def _own(step: Handshake, environment: Environment) -> TlsFiles:
    """Our files: as who calls, or as who is called."""
    if step.do is None:
        return environment.tls
    listening = environment.listening
    if listening is None or listening.tls.certificate is None:
        raise Ended(Verdict.NOT_PROVEN, text("run", "no_serving_tls"))
    return listening.tls


def shown(name: str, own: TlsFiles, environment: Environment) -> TlsFiles:
    """Our files with the certificate of that name: our own, none, or one that was made for tests."""
    if name == "own":
        return own
    bare = replace(own, certificate=None, key=None, password=None)
    if name == "none":
        return bare
    if environment.test_certificates is None:
        raise Ended(Verdict.NOT_PROVEN, text("run", "no_test_certificates"))
    folder = environment.test_certificates
    return replace(bare, certificate=folder / f"{name}.pem", key=folder / f"{name}.key")


def _let_in(step: Handshake, told: Doing, play: Play, offer: Offer) -> Exchange:
    """The system is made to connect to a port of its own, and we see what it does there."""
    ports = play.stage.handshake_ports
    if ports is None or play.stage.actor is None:
        raise Ended(Verdict.NOT_PROVEN, text("run", "no_counterpart"))
    try:
        with ports.handshake_port(offer) as port:
            doing = filling.doing(told, play.scope({"url": port.url}))
            if offer != _offer(step, play.stage.environment):
                doing = replace(doing, text=text("run", "same_again", told=doing.text))
            call = _connection(step, doing, play, port, offer)
    except UsageError as trouble:
        raise Ended(Verdict.BLOCKED, Text.same(str(trouble))) from trouble
    except (OSError, ValueError) as error:
        raise Ended(Verdict.BLOCKED, text("transport", "not_offered", reason=error)) from error
    return play.placed(replace(call.exchange, contract=play.case.contract))


def _connection(step: Handshake, doing: Doing, play: Play, port: HandshakePort, offer: Offer) -> Call:
    """What the system does at the port when it is told to connect. Ends the case where it does not."""
    acted = acting.ordered(doing, play, port)
    why_not = acting.why_not(acted, doing)
    when = {"url": port.url, "offer": offer.called}
    wanted = Matcher(play.case.contract, when, Behaviour(), play.stage.clock.monotonic())
    wait = Wait(play, wanted, port, longest(step, play.stage, is_done=acted.outcome == "done"))
    call = wait.next_at_once() if why_not else wait.next()
    if call is None and why_not:
        raise Ended(Verdict.NOT_PROVEN if acted.outcome == "unsupported" else Verdict.BLOCKED, why_not)
    if call is None:
        raise Ended(Verdict.BLOCKED, text("run", "nobody_connected", url=port.url, note=acted.note or acted.outcome))
    return call


def _exchange(endpoint: Endpoint, play: Play, offer: Offer) -> Exchange:
    """The connection, on which nothing is asked that any system could register."""
    body = opening(endpoint.logical_address, _HEADER) + CLOSING
    settings = play.stage.environment
    headers: Headers = (("Content-Type", "text/xml; charset=UTF-8"), ("SOAPAction", '""'))
    if settings.original_consumer:
        headers = (*headers, (ORIGINAL_CONSUMER, settings.original_consumer))
    assert play.stage.handshakes is not None  # noqa: S101 - the step saw to it
    exchange = play.stage.handshakes.handshake(
        endpoint.url, with_headers(headers, settings.headers), body.encode(), offer
    )
    return play.placed(replace(exchange, contract=play.case.contract))


def came_of(exchange: Exchange) -> Came:
    """What came of a connection: an answer, that we may not ask, or something that is neither's doing."""
    problem = exchange.problem
    if exchange.status is not None:
        return "refused" if exchange.status in _MAY_NOT and not _is_soap(exchange.response) else "accepted"
    return "refused" if problem and problem.kind == "tls" and problem.blame is Blame.SYSTEM else "trouble"


def _is_soap(message: Message | None) -> bool:
    try:
        return message is not None and open_envelope(message.body).root is not None
    except Unreadable:
        return False


def judged(step: Handshake, first: Exchange, twin: Exchange | None, play: Play, at: int) -> CheckResult:
    """What came of it, held against what was to; `twin` is what came of the same with nothing wrong in it."""
    came, result = came_of(first), _result(step, play, at)
    told = replace(result, actual=_told(first))
    if step.shows == "chain" and came == "trouble" and twin is not None and came_of(twin) == "accepted":
        return _failed(told, text("run", "no_chain", issuer=twin.tls.peer_issuer if twin.tls else ""))
    if came == "trouble" or (came == "refused" and step.outcome == "accepted"):
        blocked = first.problem.text if first.problem else text("run", "may_not", status=first.status)
        is_ours = first.problem is not None and first.problem.blame is Blame.OURS
        return replace(told, verdict=Verdict.NOT_PROVEN if is_ours else Verdict.BLOCKED, note=blocked)
    if step.outcome == "refused":
        return _refusal(told, came, twin)
    lacks = next(_lacking(step, first), None)
    return _failed(told, lacks) if lacks else replace(told, verdict=Verdict.PASSED)


def _refusal(told: CheckResult, came: Came, twin: Exchange | None) -> CheckResult:
    if came == "accepted":
        return _failed(told, text("run", "not_refused"))
    if twin is None or came_of(twin) != "accepted":
        return replace(told, verdict=Verdict.NOT_PROVEN, note=text("run", "good_refused", why=_why(twin)))
    return replace(told, verdict=Verdict.PASSED)


def _why(twin: Exchange | None) -> Text:
    if twin is None or twin.problem is None:
        return Text.same(f"HTTP {twin.status}" if twin else "–")
    return twin.problem.text


def _lacking(step: Handshake, exchange: Exchange) -> Iterator[Text]:
    """What is not to be seen of a connection that came about."""
    subject = exchange.tls.peer_subject if exchange.tls else ""
    lacks: Mapping[str, bool] = {
        "session": not (exchange.tls and exchange.tls.resumed),
        "path": not (_is_soap(exchange.response) and _PATH.search(exchange.url)),
        "hsa-id": "SERIALNUMBER=" not in subject,
    }
    if lacks.get(step.shows):
        yield text("run", f"no_{step.shows.replace('-', '_')}", url=exchange.url, subject=subject)


def _told(exchange: Exchange) -> str:
    """What came, in signs that both languages read alike."""
    version = exchange.tls.version if exchange.tls else "TLS"
    if exchange.status is not None:
        return f"{version}, HTTP {exchange.status}"
    return f"{version}: {exchange.problem.kind if exchange.problem else '–'}"


def _result(step: Handshake, play: Play, at: int) -> CheckResult:
    wanted = [step.outcome, step.certificate, f"TLS {step.version}" if step.version else "", step.shows]
    verifies = step.verifies or play.case.verifies
    return play.check(KIND, Verdict.PASSED, verifies, step, at, expected=", ".join(filter(None, wanted)))


def _failed(told: CheckResult, why: Text) -> CheckResult:
    finding = Finding(why, expected=told.expected, actual=told.actual)
    return replace(told, verdict=Verdict.FAILED, findings=(finding,))
