"""Where the system calls us: whether we can listen there, hear ourselves, and be reached; and whether an adapter is there.

First what is told of a thing that was tried.
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import Literal
from urllib.parse import urlsplit

from rivta.model.domain import Contract
from rivta.model.environment import Environment, Listening
from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.run.adapter import context_for
from rivta.text.catalogue import text
from rivta.transport import tls
from rivta.transport.connection import Target, bracketed, offered_at, target_of
from rivta.transport.openssl import in_words
from rivta.transport.problems import Trouble

State = Literal["ok", "told", "failed"]
PATIENCE_SECONDS = 5.0
"""How long a question is waited for. A system that needs longer is told, and the cases wait as long as they may."""
_REFUSES_WITHIN = 0.5
"""Seconds that an adapter may take after a handshake to say that it does not take our certificate."""


@frozen
class Tried:
    """What was tried, what came of it, and what to do about it. What `failed` stops a run; what is `told` does not."""

    what: str
    state: State
    said: Text


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
