"""What is tried, in which order: our files, where the system answers, where it calls us, the disk."""

import errno
import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from rivta.model.case import Case
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Contract, Domain, contracts_of
from rivta.model.environment import Environment, Listening
from rivta.model.steps import Explore, Send, WithoutContract
from rivta.model.words import Text
from rivta.run.conductor import not_played
from rivta.run.delivering import context_for
from rivta.run.preflight import endpoints
from rivta.run.preflight.endpoints import PATIENCE_SECONDS, State, Tried
from rivta.run.stage import Stage
from rivta.text.catalogue import text
from rivta.transport import tls
from rivta.transport.connection import Target, bracketed, offered_at, target_of
from rivta.transport.problems import Trouble, in_words

_TLS, _SERVING = "tls", "counterpart: tls"
_LITTLE_BYTES, _NONE_BYTES = 1 << 30, 1 << 26
"""Free space that is told of, and that no run should begin with: a message may have 50 MB."""


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
    yield from endpoints.tried(environment, calls, clock, usable=_TLS not in unusable)
    yield from endpoints.apis_tried(environment, apis, clock)
    if environment.cooperation is not None:
        yield from endpoints.registrations(environment.cooperation, environment, calls)
    contracts = [*received]
    if environment.listening and environment.listening.first_offer:
        yield from offers(environment.listening)
    if contracts and environment.listening and _SERVING not in unusable:
        yield from listener(environment, environment.listening, contracts[0])
        yield from adapter_tried(environment)
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


def not_given(environment: Environment, domains: Iterable[Domain]) -> Iterator[Tried]:
    """What the tested roles need and the environment does not have, and the endpoints that none of them answers."""
    known = contracts_of(here := [each for each in domains if not each.lacks])
    roles = [domain.roles[name] for domain in here for name in environment.roles if name in domain.roles]
    given = {str(known[word].id): word for word in environment.endpoints if word in known}
    for role in roles:
        if lacking := [known.shown(each) for each in role.produces if each not in given]:
            yield Tried(role.name, "told", text("preflight", "no_endpoint", contracts=", ".join(lacking)))
        if role.consumes and environment.listening is None:
            yield Tried(role.name, "told", text("preflight", "no_counterpart"))
    if {*environment.roles} <= {
        role.name for role in roles if role.produces or role.consumes
    }:  # others try the connection to any
        answered = {each for role in roles for each in role.produces}
        for word in (word for identity, word in given.items() if identity not in answered):
            said = text("preflight", "not_asked", roles=", ".join(environment.roles))
            yield Tried(word, "told", said)


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


# This computer


def _space(folder: Path, free: Callable[[Path], int]) -> Tried:
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        key = "space_forbidden" if there.is_dir() else "space_no_folder"
        return Tried("disk", "failed", text("preflight", key, folder=there))
    left = free(there)
    state: State = "ok" if left >= _LITTLE_BYTES else "told" if left >= _NONE_BYTES else "failed"
    return Tried("disk", state, text("preflight", f"space_{state}", mb=f"{left >> 20:,}", folder=there))


# Where the system calls us: whether we can listen there, hear ourselves, and be reached; and whether an adapter is there


_REFUSES_WITHIN = 0.5
"""Seconds that an adapter may take after a handshake to say that it does not take our certificate."""


def offers(listening: Listening) -> Iterator[Tried]:
    """The ports on which handshakes are tried, where they are fixed: each must be to be had."""
    where = "counterpart: handshake-ports"
    opened = [_opened(listening, port, where) for port in listening.offers.values()]
    failed = [each for each in opened if isinstance(each, Tried)]
    for server in (each for each in opened if isinstance(each, socket.socket)):
        server.close()
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


def listener(environment: Environment, listening: Listening, contract: Contract) -> Iterator[Tried]:
    what, place = "counterpart", f"{listening.host}:{listening.port}"
    server = _opened(listening, listening.port, "counterpart: listen")
    if isinstance(server, Tried):
        yield server
        return
    with server:
        port = int(server.getsockname()[1])
        yield from (_called(host, port, server, listening) for host in _addresses(listening.host))
    yield from _name(listening)
    scheme = "https" if listening.tls.certificate else "http"
    base = listening.url or f"{scheme}://{bracketed(next(_addresses(listening.host)))}:{listening.port}"
    is_near = not listening.url and _is_loopback(listening.host)
    systems = [urlsplit(each.url).hostname or "" for each in environment.endpoints.values()]
    if is_near and any(not _is_loopback(each) for each in systems):
        yield Tried(what, "told", text("preflight", "loopback", place=place))
    key = "open" if listening.url or listening.port else "open_any"
    yield Tried(what, "ok", text("preflight", key, url=f"{base}{contract.path}?wsdl"))


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


def _called(host: str, port: int, server: socket.socket, listening: Listening) -> Tried:
    """A call of our own, with a handshake where there is to be one."""
    context = tls.server_context(listening.tls) if listening.tls.certificate else None
    answering = Thread(target=_answer, args=(server, context))
    answering.start()
    try:
        with socket.create_connection((host, port), PATIENCE_SECONDS) as plain:
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


def _answer(server: socket.socket, context: ssl.SSLContext | None) -> None:
    server.settimeout(PATIENCE_SECONDS)
    try:
        caller, _ = server.accept()
        with caller:
            caller.settimeout(PATIENCE_SECONDS)
            if context:
                context.wrap_socket(caller, server_side=True).close()
    except OSError:
        return  # the caller, who is the other half of this, tells it


def _name(listening: Listening) -> Iterator[Tried]:
    """Whether those who call us by the URL that they are told will take our certificate for ours."""
    host = urlsplit(listening.url).hostname
    if host and listening.url.startswith("https:") and listening.tls.certificate:
        yield from (Tried("counterpart", "failed", each) for each in tls.other_name(listening.tls, host))


def adapter_tried(environment: Environment) -> Iterator[Tried]:
    adapter = environment.adapter
    if adapter is None or not adapter.url:
        return
    target = target_of(adapter.url)
    try:
        socket.create_connection((target.host, target.port), environment.connect_seconds).close()
    except (OSError, UnicodeError) as error:
        yield Tried("adapter", "failed", text("preflight", "no_adapter", place=target.place, why=_why(error)))
        return
    if target.scheme == "https" and (why := _no_handshake(target, environment)):
        yield Tried("adapter", "failed", text("preflight", "adapter_tls", place=target.place, why=why))
        return
    yield Tried("adapter", "ok", text("preflight", "connected", place=target.place))


def _no_handshake(target: Target, environment: Environment) -> Text | None:
    """Why the adapter could be given no order by TLS; None if it could. With TLS 1.3 it refuses a certificate only after the handshake."""
    try:
        with (
            socket.create_connection((target.host, target.port), environment.connect_seconds) as plain,
            context_for(environment.tls).wrap_socket(plain, server_hostname=target.host) as there,
            suppress(TimeoutError),
        ):
            there.settimeout(_REFUSES_WITHIN)
            there.recv(1)
    except Trouble as trouble:
        return trouble.problem.text
    except OSError as error:
        return in_words(error, "server")
    return None


def _why(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
