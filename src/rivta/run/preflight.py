"""Whether anything but the system could make a run red: tried before the first case, so that a mistake in what surrounds it is told once.

The certificates, each endpoint with one question that no system can take for an order, the port that the system calls us on, the
adapter, the disk. Nothing here judges the system: what may be its own doing is told, and left to the cases.
"""

import errno
import re
import shutil
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Thread
from typing import Literal
from urllib.parse import urlsplit
from uuid import uuid4
from xml.sax.saxutils import quoteattr

from lxml import etree

from rivta.check import PLATFORM, Seen, not_the_system
from rivta.contract.message import CLOSING, http_headers, opening
from rivta.model.case import Case
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Contract
from rivta.model.environment import Cooperation, Endpoint, Environment, Listening
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Exchange, Problem
from rivta.model.steps import Explore, Send, WithoutContract
from rivta.model.words import Blame, Text
from rivta.run.conductor import not_played
from rivta.run.cooperation import majors_of, namespaces_at
from rivta.run.exploring import in_front
from rivta.run.stage import Stage
from rivta.text.catalogue import text
from rivta.text.xml import decoded
from rivta.transport import tls
from rivta.transport.connection import bracketed, offered_at, target_of
from rivta.transport.http import HttpTransport
from rivta.transport.problems import Trouble

State = Literal["ok", "told", "failed"]
_TLS, _SERVING = "tls", "counterpart: tls"


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried, what came of it, and what to do about it. What `failed` stops a run; what is `told` does not."""

    what: str
    state: State
    said: Text


_PATIENCE_SECONDS = 5.0
"""How long a question is waited for. A system that needs longer is told, and the cases wait as long as they may."""
_ODD_SECONDS, _WRONG_SECONDS = 5, 300
"""How far two clocks may be apart before it is told, and before times in messages are refused for it."""
_LITTLE_BYTES, _NONE_BYTES = 1 << 30, 1 << 26
"""Free space that is told of, and that no run should begin with: a message may have 50 MB."""
_LOOKED_AT, _SHOWN = 4000, 200
_NOT_SERVED = re.compile(
    r"not match an operation|unknown (?:method|operation|action)|dispatch method|ContractFilter|ActionNotSupported"
    r"|no endpoint mapping|(?:operation|EPR\) for the operation) not found|HTTP Header SOAPAction|no binding operation",
    re.IGNORECASE,
)
"""What the stacks of SOAP say of a message that nobody there serves: CXF, Metro, Axis, WCF, Spring-WS, ASMX."""
_OF_ADDRESS = re.compile(r"logical ?address|logisk\w* adress|receiver ?id", re.IGNORECASE)


def preflight(
    environment: Environment,
    calls: Mapping[str, Contract],
    received: Iterable[Contract],
    folder: Path,
    *,
    clock: Clock = SYSTEM,
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    apis: Iterable[str] = (),
) -> Iterator[Tried]:
    """Try everything that a run needs. `calls` are the contracts that we call, by what people call them; `received` those that the
    system calls us with; `folder` is where the run is to lie; `apis` are the domains whose OpenAPI document is tried.
    """
    files = [*_certificates(environment, clock)]
    yield from files
    unusable = {each.what for each in files if each.state == "failed"}
    yield from _endpoints(environment, calls, clock, usable=_TLS not in unusable)
    yield from _apis(environment, apis, clock)
    if environment.cooperation is not None:
        yield from _registered(environment.cooperation, environment, calls)
    contracts = [*received]
    if environment.listening and environment.listening.first_offer:
        yield from _offers(environment.listening)
    if contracts and environment.listening and _SERVING not in unusable:
        yield from _listener(environment, environment.listening, contracts[0])
        yield from _adapter(environment)
    yield _space(folder, free)


def needs(cases: Iterable[tuple[Case, Stage]]) -> tuple[dict[str, Contract], tuple[Contract, ...]]:
    """What the cases that will be played call, by what people call it, and what they are to be called with."""
    calls: dict[str, Contract] = {}
    received: dict[str, Contract] = {}
    for case, stage in cases:
        if not_played(case, stage) is None:
            for step in (each for each in case.steps if not isinstance(each, WithoutContract)):
                needed = calls if isinstance(step, Send) else received
                needed[stage.suite.called(step.contract)] = stage.suite.contract(step.contract)
    return calls, tuple(received.values())


def explored(cases: Iterable[tuple[Case, Stage]]) -> tuple[str, ...]:
    """The domains whose OpenAPI document is tried by the cases that will be played."""
    played = (
        stage.suite.domain.name
        for case, stage in cases
        if any(isinstance(step, Explore) for step in case.steps) and not_played(case, stage) is None
    )
    return tuple(dict.fromkeys(played))


# Our certificates


def _certificates(environment: Environment, clock: Clock) -> Iterator[Tried]:
    listening = environment.listening
    for what, files in ((_TLS, environment.tls), (_SERVING, listening.tls if listening else None)):
        if files is None or (files.certificate, files.ca, files.crl) == (None, None, None):
            continue
        wrong = [*tls.amiss(files, is_server=what == _SERVING)]
        doubts = [] if wrong else [*tls.doubtful(files, is_server=what == _SERVING, clock=clock)]
        yield from (Tried(what, "failed", each) for each in wrong)
        yield from (Tried(what, "told", each) for each in doubts)
        if not wrong:
            names = ", ".join(path.name for path in (files.certificate, files.key, files.ca, files.crl) if path)
            yield Tried(what, "ok", text("preflight", "files", names=names))


# Where the system answers


def _endpoints(
    environment: Environment, calls: Mapping[str, Contract], clock: Clock, *, usable: bool
) -> Iterator[Tried]:
    """Each endpoint; behind a door that nobody opens, the first only."""
    behind: dict[tuple[str, str, int], tuple[str, State]] = {}
    known = {each.namespace: word for word, each in calls.items()}
    patient = replace(environment, read_seconds=min(environment.read_seconds, _PATIENCE_SECONDS))
    with closing(HttpTransport(patient, clock)) as peer:
        for word, contract in calls.items():
            endpoint = environment.endpoint(contract.id)
            if endpoint is None or (not usable and endpoint.url.startswith("https:")):
                continue
            door = _door(endpoint.url)
            if door in behind:
                other, state = behind[door]
                yield Tried(word, state, text("preflight", "behind", other=other))
                continue
            exchange = asked(contract, endpoint, environment, peer)
            if exchange.status is None and exchange.problem:
                behind[door] = word, "failed" if exchange.problem.blame is Blame.ENVIRONMENT else "told"
            seen = Seen(exchange, contract, {})
            yield from (Tried(word, state, said) for state, said in _heard(seen, endpoint, known, clock))


def _apis(environment: Environment, names: Iterable[str], clock: Clock) -> Iterator[Tried]:
    """Each service that is no SOAP: whether anything of its own answers where its paths go on from."""
    patient = replace(environment, read_seconds=min(environment.read_seconds, _PATIENCE_SECONDS))
    with closing(HttpTransport(patient, clock)) as peer:
        for name, api in ((name, environment.apis[name]) for name in names if name in environment.apis):
            headers = (*environment.headers.items(), *api.headers.items())
            exchange = peer.send(api.url, headers, b"", name, "GET")
            if problem := in_front(exchange):
                state: State = "failed" if problem.blame is Blame.ENVIRONMENT else "told"
                yield Tried(name, state, with_advice(problem, exchange))
            else:
                yield Tried(name, "ok", _answers(exchange, "HTTP"))
            yield from (Tried(name, state, said) for state, said in _clocks(exchange))


def _registered(api: Cooperation, environment: Environment, calls: Mapping[str, Contract]) -> Iterator[Tried]:
    """Of which major version each contract is registered at the address that is called; each address is asked for once."""
    asked_for: dict[str, frozenset[str]] = {}
    for word, contract in calls.items():
        endpoint = environment.endpoint(contract.id)
        if endpoint is None:
            continue
        address = endpoint.logical_address
        try:
            if address not in asked_for:
                asked_for[address] = namespaces_at(api.url, address, api.point, _PATIENCE_SECONDS)
        except UsageError as trouble:
            yield Tried("cooperation", "told", text("preflight", "not_told", what=trouble.what))
            return
        majors = majors_of(contract, asked_for[address])
        is_there = contract.namespace in asked_for[address]
        state: State = "ok" if is_there else "failed" if majors else "told"
        key = "registered" if is_there else "other_major" if majors else "not_registered"
        told = text("preflight", key, address=address, majors=", ".join(majors), major=contract.id.major)
        yield Tried(word, state, told)


def _door(url: str) -> tuple[str, str, int]:
    try:
        return target_of(url).peer
    except Trouble:
        return ("", url, 0)


def asked(contract: Contract, endpoint: Endpoint, environment: Environment, peer: HttpTransport) -> Exchange:
    """A question without content: there is nothing in it that a system could register, and everything that leads to the service."""
    empty = f"<{contract.request_root.rpartition('}')[2]} xmlns={quoteattr(contract.namespace)}/>"
    body = opening(endpoint.logical_address, contract.header) + empty + CLOSING
    headers = http_headers(contract, environment, correlation=str(uuid4()))
    return peer.send(endpoint.url, headers, body.encode(), str(contract.id))


def _heard(seen: Seen, endpoint: Endpoint, known: Mapping[str, str], clock: Clock) -> Iterator[tuple[State, Text]]:
    exchange, source = seen.exchange, endpoint.source
    place = f"url: ({source.path}:{source.line})" if source else "url:"
    problem = exchange.problem or not_the_system(seen, place)
    if problem is not None:
        is_ours = problem.blame is Blame.ENVIRONMENT
        yield "failed" if is_ours else "told", with_advice(problem, exchange)
    else:
        yield _understood(seen, endpoint, known)
    if exchange.status and exchange.tls and exchange.tls.peer_expires:
        yield from _ends_soon(exchange.tls.peer_expires, clock)
    yield from _clocks(exchange)


def with_advice(problem: Problem, exchange: Exchange) -> Text:
    """What is in the way, with what to do about it, as far as whoever met it does not say that."""
    if problem.blame is Blame.SYSTEM:
        return text("preflight", "system", what=problem.text)
    code = PLATFORM.search(problem.text.en) if problem.kind == "platform" else None
    key = code[0] if code else problem.kind
    if key not in _ADVISED:
        return problem.text
    return text("preflight", f"todo_{key}", what=problem.text, url=exchange.url)


_ADVISED = ("dns", "refused", "connect-timeout", "unreachable", "turned-away", *(f"VP{n:03}" for n in range(1, 17)))
"""The problems that the words of whoever met them say nothing to do about."""


def _understood(seen: Seen, endpoint: Endpoint, known: Mapping[str, str]) -> tuple[State, Text]:
    """What a message of the system's own shows of whether it was the right one to ask. `known` are the contracts by namespace."""
    exchange, contract = seen.exchange, seen.contract
    try:
        payload, fault = seen.envelope.payload, seen.envelope.fault
    except Unreadable:
        return "told", text("preflight", "no_soap", status=exchange.status, url=exchange.url)
    said = f"Fault {fault.code}: {fault.text}"[:_SHOWN].rstrip(".") if fault else "SOAP"
    namespace = "" if payload is None else etree.QName(payload).namespace or ""
    if namespace != contract.namespace and namespace in known:
        return "failed", text("preflight", "other", other=known[namespace], url=exchange.url)
    whole = decoded(seen.response.body[:_LOOKED_AT])
    if fault and _NOT_SERVED.search(whole):
        return "failed", text("preflight", "not_served", said=said, action=contract.soap_action, url=exchange.url)
    if fault and _OF_ADDRESS.search(f"{fault.text} {fault.detail}"):
        return "told", text("preflight", "address", said=said, address=endpoint.logical_address)
    return "ok", _answers(exchange, said)


def _answers(exchange: Exchange, said: str) -> Text:
    shown = exchange.tls
    over = f"{shown.version} {shown.cipher}, {shown.peer_subject}" if shown else "HTTP"
    ms = round(exchange.elapsed_ms)
    return text("preflight", "answers", status=exchange.status, said=said, ms=ms, over=over, url=exchange.url)


def _ends_soon(expires: str, clock: Clock) -> Iterator[tuple[State, Text]]:
    if datetime.fromisoformat(expires) - clock.now() < tls.SOON:
        yield "told", text("preflight", "ends_soon", date=expires[:10])


def _clocks(exchange: Exchange) -> Iterator[tuple[State, Text]]:
    """How far the other computer's clock is from ours, by the answer's Date, which has whole seconds."""
    said = exchange.response.header("Date") if exchange.response else None
    try:
        theirs = parsedate_to_datetime(said or "")
    except ValueError:
        return
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    began = datetime.fromisoformat(exchange.started)
    late = (theirs - began).total_seconds() - exchange.elapsed_ms / 1000
    apart = abs(round(late))
    if apart > _ODD_SECONDS:
        state: State = "failed" if apart > _WRONG_SECONDS else "told"
        way = text("preflight", "ahead" if late > 0 else "behind_us")
        yield state, text("preflight", "clocks", seconds=apart, way=way, theirs=said)


# Where the system calls us


def _offers(listening: Listening) -> Iterator[Tried]:
    """The ports on which handshakes are tried, where they are fixed: each must be to be had."""
    where = "counterpart: handshake-ports"
    opened = [_opened(listening, port, where) for port in listening.offers.values()]
    failed = [each for each in opened if isinstance(each, Tried)]
    for door in (each for each in opened if isinstance(each, socket.socket)):
        door.close()
    yield from failed
    if not failed:
        first, *_, last = listening.offers.values()
        places = ", ".join(f"{port} {name}" for name, port in listening.offers.items())
        url = offered_at(listening, first)
        yield Tried(where, "ok", text("preflight", "offers", url=url, first=first, last=last, places=places))


def _opened(listening: Listening, port: int, where: str) -> socket.socket | Tried:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    place = f"{listening.host}:{port}"
    try:
        return socket.create_server((listening.host, port), family=family)
    except (OSError, UnicodeError) as error:
        key = _WHY_NOT.get(getattr(error, "errno", 0), "no_port")
        said = text("preflight", key, place=place, why=_why(error), where=where)
        return Tried(where.partition(": listen")[0], "failed", said)


def _listener(environment: Environment, listening: Listening, contract: Contract) -> Iterator[Tried]:
    what, place = "counterpart", f"{listening.host}:{listening.port}"
    door = _opened(listening, listening.port, "counterpart: listen")
    if isinstance(door, Tried):
        yield door
        return
    with door:
        port = int(door.getsockname()[1])
        yield from (_called(host, port, door, listening) for host in _addresses(listening.host))
    yield from _name(listening)
    scheme = "https" if listening.tls.certificate else "http"
    base = listening.url or f"{scheme}://{bracketed(next(_addresses(listening.host)))}:{listening.port or '…'}"
    is_near = not listening.url and _is_loopback(listening.host)
    systems = [urlsplit(each.url).hostname or "" for each in environment.endpoints.values()]
    if is_near and any(not _is_loopback(each) for each in systems):
        yield Tried(what, "told", text("preflight", "loopback", place=place))
    yield Tried(what, "ok", text("preflight", "open", url=f"{base}{contract.path}?wsdl"))


_WHY_NOT = {errno.EADDRINUSE: "taken", errno.EADDRNOTAVAIL: "not_ours", errno.EACCES: "not_allowed"}
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 (recognised, not bound to)
_NOBODY = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}  # noqa: S104
"""Addresses of documentation (RFC 5737, RFC 3849): by the way to them one sees which address others see. Nothing is sent."""


def _addresses(host: str) -> Iterator[str]:
    """Every address that somebody may call: this one, or of all that this computer has loopback and the one others see."""
    if host not in _ANYWHERE:
        yield host
        return
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect((_NOBODY[host], 9))
            yield str(way.getsockname()[0])
        except OSError:  # this computer is in no network
            pass
    yield "::1" if ":" in host else "127.0.0.1"


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _called(host: str, port: int, door: socket.socket, listening: Listening) -> Tried:
    """A call of our own, with a handshake where there is to be one."""
    context = tls.server_context(listening.tls) if listening.tls.certificate else None
    answering = Thread(target=_answer, args=(door, context))
    answering.start()
    try:
        with socket.create_connection((host, port), _PATIENCE_SECONDS) as plain:
            if context:
                tls.curious().wrap_socket(plain).close()
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror or type(error).__name__
        return Tried(
            "counterpart", "failed", text("preflight", "not_heard", place=f"{bracketed(host)}:{port}", why=why)
        )
    finally:
        answering.join()
    return Tried("counterpart", "ok", text("preflight", "heard", place=f"{bracketed(host)}:{port}"))


def _answer(door: socket.socket, context: ssl.SSLContext | None) -> None:
    door.settimeout(_PATIENCE_SECONDS)
    try:
        caller, _ = door.accept()
        with caller:
            caller.settimeout(_PATIENCE_SECONDS)
            if context:
                context.wrap_socket(caller, server_side=True).close()
    except OSError:
        return  # the caller, who is the other half of this, tells it


def _name(listening: Listening) -> Iterator[Tried]:
    """Whether those who call us by the URL that they are told will take our certificate for ours."""
    host = urlsplit(listening.url).hostname
    if host and listening.url.startswith("https:") and listening.tls.certificate:
        yield from (Tried("counterpart", "failed", each) for each in tls.other_name(listening.tls, host))


def _adapter(environment: Environment) -> Iterator[Tried]:
    adapter = environment.adapter
    if adapter is None or not adapter.url:
        return
    target = target_of(adapter.url)
    try:
        socket.create_connection((target.host, target.port), environment.connect_seconds).close()
    except (OSError, UnicodeError) as error:
        yield Tried("adapter", "failed", text("preflight", "no_adapter", place=target.place, why=_why(error)))
    else:
        yield Tried("adapter", "ok", text("preflight", "connected", place=target.place))


def _why(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__


# This computer


def _space(folder: Path, free: Callable[[Path], int]) -> Tried:
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    left = free(there)
    state: State = "ok" if left >= _LITTLE_BYTES else "told" if left >= _NONE_BYTES else "failed"
    return Tried("disk", state, text("preflight", f"space_{state}", mb=f"{left >> 20:,}", folder=there))
