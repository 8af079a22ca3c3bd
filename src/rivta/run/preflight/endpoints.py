"""Where the system answers: each endpoint is asked one question without content, each service that is no SOAP whether it is there."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener
from uuid import uuid4
from xml.sax.saxutils import quoteattr

from lxml import etree

from rivta.check import PLATFORM, Seen, not_the_system
from rivta.contract import openapi
from rivta.contract.message import CLOSING, http_headers, opening
from rivta.model.clock import Clock
from rivta.model.domain import Contract
from rivta.model.environment import Cooperation, Endpoint, Environment, Proxy
from rivta.model.errors import Unreadable, UsageError
from rivta.model.exchange import Exchange, Problem
from rivta.model.frozen import frozen
from rivta.model.words import Blame, Text
from rivta.run.exploring import in_front
from rivta.text.catalogue import text
from rivta.text.xml import decoded
from rivta.transport import tls
from rivta.transport.connection import bracketed, is_for, target_of
from rivta.transport.http import HttpTransport
from rivta.transport.problems import Trouble

State = Literal["ok", "told", "failed"]
PATIENCE_SECONDS = 5.0
"""How long a question is waited for. A system that needs longer is told, and the cases wait as long as they may."""
_ODD_SECONDS, _WRONG_SECONDS = 5, 300
"""How far two clocks may be apart before it is told, and before times in messages are refused for it."""
_LOOKED_AT, _SHOWN = 4000, 200
_NOT_SERVED = re.compile(
    r"not match an operation|unknown (?:method|operation|action)|dispatch method|ContractFilter|ActionNotSupported"
    r"|no endpoint mapping|(?:operation|EPR\) for the operation) not found|HTTP Header SOAPAction|no binding operation",
    re.IGNORECASE,
)
"""What the stacks of SOAP say of a message that nobody there serves: CXF, Metro, Axis, WCF, Spring-WS, ASMX."""
_OF_ADDRESS = re.compile(r"logical ?address|logisk\w* adress|receiver ?id", re.IGNORECASE)


@frozen
class Tried:
    """What was tried, what came of it, and what to do about it. What `failed` stops a run; what is `told` does not."""

    what: str
    state: State
    said: Text


def tried(environment: Environment, calls: Mapping[str, Contract], clock: Clock, *, usable: bool) -> Iterator[Tried]:
    """Each endpoint; where nobody answers at a host and port, the first only."""
    behind: dict[tuple[str, str, int], tuple[str, State]] = {}
    known = {each.namespace: word for word, each in calls.items()}
    patient = replace(environment, read_seconds=min(environment.read_seconds, PATIENCE_SECONDS))
    with closing(HttpTransport(patient, clock)) as peer:
        for word, contract in calls.items():
            endpoint = environment.endpoint(contract.id)
            if endpoint is None or (not usable and endpoint.url.startswith("https:")):
                continue
            address = _address_of(endpoint.url)
            if address in behind:
                other, state = behind[address]
                yield Tried(word, state, text("preflight", "behind", other=other))
                continue
            exchange = asked(contract, endpoint, environment, peer)
            if exchange.status is None and exchange.problem:
                behind[address] = word, "failed" if exchange.problem.blame is Blame.ENVIRONMENT else "told"
            seen = Seen(exchange, contract, {})
            yield from (Tried(word, state, said) for state, said in _heard(seen, endpoint, known, clock))


def apis_tried(environment: Environment, names: Iterable[str], clock: Clock) -> Iterator[Tried]:
    """Each service that is no SOAP: whether anything of its own answers where its paths go on from."""
    patient = replace(environment, read_seconds=min(environment.read_seconds, PATIENCE_SECONDS))
    with closing(HttpTransport(patient, clock)) as peer:
        for name, api in ((name, environment.apis[name]) for name in names if name in environment.apis):
            if not openapi.can_be_tried():
                yield Tried(name, "failed", text("preflight", "no_rest"))
                continue
            headers = (*environment.headers.items(), *api.headers.items())
            exchange = peer.send(api.url, headers, b"", name, "GET")
            if problem := in_front(exchange):
                state: State = "failed" if problem.blame is Blame.ENVIRONMENT else "told"
                yield Tried(name, state, with_advice(problem, exchange))
            else:
                yield Tried(name, "ok", _answers(exchange, "HTTP"))
            yield from (Tried(name, state, said) for state, said in _clocks(exchange))


def registrations(api: Cooperation, environment: Environment, calls: Mapping[str, Contract]) -> Iterator[Tried]:
    """Of which major version each contract is registered at the address that is called; each address is asked for once."""
    asked_for: dict[str, frozenset[str]] = {}
    for word, contract in calls.items():
        endpoint = environment.endpoint(contract.id)
        if endpoint is None:
            continue
        address = endpoint.logical_address
        try:
            if address not in asked_for:
                asked_for[address] = namespaces_at(api.url, address, api.point, PATIENCE_SECONDS, environment.proxy)
        except UsageError as trouble:
            yield Tried("cooperation", "told", text("preflight", "not_told", what=trouble.what))
            return
        majors = majors_of(contract, asked_for[address])
        is_there = contract.namespace in asked_for[address]
        state: State = "ok" if is_there else "failed" if majors else "told"
        key = "registered" if is_there else "other_major" if majors else "not_registered"
        told = text("preflight", key, address=address, majors=", ".join(majors), major=contract.id.major)
        yield Tried(word, state, told)


def _address_of(url: str) -> tuple[str, str, int]:
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
    key = code[0] if code else f"{exchange.status}" if problem.kind == "turned-away" else problem.kind
    if key not in _ADVISED:
        return problem.text
    return text("preflight", f"todo_{key}", what=problem.text, url=exchange.url)


_TURNED_AWAY = ("401", "403", "404", "405", "407", "415")
_ADVISED = (
    "gateway",
    "redirected",
    "dns",
    "refused",
    "connect-timeout",
    "unreachable",
    *_TURNED_AWAY,
    *(f"VP{n:03}" for n in range(1, 17)),
)
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


# What the cooperation API has (samverkans-API:et), version 1 or 2: who is registered as a producer at the platform, and of which major version


Registered = frozenset[tuple[str, str]]
"""Logical address, in capitals, and namespace of the contract."""
_LIMIT_BYTES = 50 * 1024 * 1024
_MAJOR = re.compile(r":(\d+)$")
_TODO = "look at --cooperation, or at cooperation: in the environment"


def registered(
    base: str, contracts: Iterable[Contract], point: str, seconds: float, proxy: Proxy | None = None
) -> Registered:
    """Who is registered as a producer of these contracts, at a connection point by its number (empty: at any). UsageError where it does not tell."""
    found: set[tuple[str, str]] = set()
    at = {"connectionPointId": point} if point else {}
    for contract in {str(each.id): each for each in contracts}.values():
        for known in _asked_for(base, "serviceContracts", {"namespace": contract.namespace, **at}, seconds, proxy):
            query = {"serviceContractId": str(known.get("id", "")), "include": "logicalAddress", **at}
            for each in _asked_for(base, "serviceProductions", query, seconds, proxy):
                # The published description spells it with one d.
                address = each.get("logicalAddress") or each.get("logicalAdress") or {}
                found.add(key(str(address.get("logicalAddress", "")), contract))
    return frozenset(found)


def key(address: str, contract: Contract) -> tuple[str, str]:
    return address.upper(), contract.namespace


def _asked_for(
    base: str, what: str, query: dict[str, str], seconds: float, proxy: Proxy | None
) -> list[dict[str, Any]]:
    url = f"{base.rstrip('/')}/{what}?{urlencode(query)}"
    try:
        request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - the reader of words demands http
        with build_opener(_through(proxy, urlsplit(url).hostname or "")).open(request, timeout=seconds) as answer:
            said = json.loads(answer.read(_LIMIT_BYTES))
    except (OSError, ValueError, HTTPException) as trouble:
        why = getattr(trouble, "reason", None) or type(trouble).__name__
        raise UsageError(f"{url}: the cooperation API does not tell ({why})", todo=_TODO) from trouble
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise UsageError(f"{url}: this is no list of what the cooperation API has", todo=_TODO)
    return said


def _through(proxy: Proxy | None, host: str) -> ProxyHandler:
    """The environment's proxy, and never one that the process environment alone names."""
    if not is_for(proxy, host):
        return ProxyHandler({})
    known = f"{quote(proxy.name, '')}:{quote(proxy.password, '')}@" if proxy.name else ""
    place = f"http://{known}{bracketed(proxy.host)}:{proxy.port}"
    return ProxyHandler({"http": place, "https": place})


def namespaces_at(base: str, address: str, point: str, seconds: float, proxy: Proxy | None = None) -> frozenset[str]:
    """The namespaces of the contracts that a logical address is registered to answer. UsageError where it does not tell."""
    at = {"connectionPointId": point} if point else {}
    found: set[str] = set()
    for known in _asked_for(base, "logicalAddresses", {"logicalAdress": address, **at}, seconds, proxy):
        if str(known.get("logicalAddress", "")).upper() == address.upper():
            query = {"logicalAddressId": str(known.get("id", "")), "include": "serviceContract", **at}
            productions = _asked_for(base, "serviceProductions", query, seconds, proxy)
            found |= {str((each.get("serviceContract") or {}).get("namespace", "")) for each in productions}
    return frozenset(found)


def majors_of(contract: Contract, namespaces: Iterable[str]) -> tuple[str, ...]:
    """The major versions of a contract among namespaces that are registered, whichever the contract's own is."""
    name = _MAJOR.sub("", contract.namespace)
    majors = (_MAJOR.search(each) for each in namespaces if _MAJOR.sub("", each) == name)
    return tuple(sorted(each[1] for each in majors if each))
