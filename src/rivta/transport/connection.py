"""One connection to a system: opened, asked, kept for the next question; where a request goes, and how it is written on the wire."""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import TypeGuard
from urllib.parse import urlsplit

from rivta.model.clock import Clock, written
from rivta.model.environment import Listening, Proxy
from rivta.model.exchange import Message, Problem, Shown, Tls
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.text.xml import LIMIT_BYTES
from rivta.transport import problems, tls
from rivta.transport.problems import Trouble
from rivta.transport.wire import FINE, Head, Looks, Wire, read_head

_CHUNK = 65536
_KEPT_OF_TOO_LARGE = 1024 * 1024
_TLS_ALERT = "\x15\x03"
_SWITCHING = 101
_WITHOUT_BODY = (_SWITCHING, 204, 304)


@frozen
class HttpReply:
    """What came of one request. `response` may be there beside a problem: then it is as much of it as came."""

    started: str
    elapsed_ms: float
    status: int | None = None
    response: Message | None = None
    problem: Problem | None = None
    keeps: bool = False
    """Whether the connection can take another request."""


class Connection:
    """A connection, with its handshake behind it. One thread at a time asks, and whoever takes it closes it."""

    def __init__(self, connected: socket.socket, facts: Tls | None, clock: Clock, looks: Looks = FINE) -> None:
        self.socket = connected
        self._wire = Wire(connected, clock, looks)
        self._clock = clock
        self.tls = facts

    def close(self) -> None:
        self._wire.close()

    def hang_up(self) -> None:
        """End it from another thread: whoever waits on it for an answer sees its end."""
        with suppress(OSError):  # it may have closed already
            # Not TLS's own, which leaves the reader without its connection.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a later connection may go on with, once something was read."""
        return self.socket.session if isinstance(self.socket, ssl.SSLSocket) else None

    def is_stale(self) -> bool:
        """Whether the system has closed it since the last answer."""
        return self._wire.is_stale()

    @property
    def was_silent(self) -> bool:
        """Whether not one byte came back since the last request."""
        return not self._wire.received

    def ask(self, request: bytes, seconds: float) -> HttpReply:
        """Send the request's bytes and read the answer, both within so many seconds. Trouble is told in the answer."""
        started = written(self._clock.now())
        self._wire.start(seconds)
        reading = _ReplyReader(self._wire)
        problem = self._trouble_of(request, reading, seconds)
        keeps = problem is None and reading.is_kept_alive
        # Whatever a busy machine takes off our stopwatch: an answer that was not there in time has taken that time.
        took = max(self._wire.took, seconds) if problem and problem.kind == "timeout" else self._wire.took
        return HttpReply(started, took * 1000, reading.status, reading.message(), problem, keeps)

    def _trouble_of(self, request: bytes, reading: _ReplyReader, seconds: float) -> Problem | None:
        try:
            self._wire.send(request)
            return reading.read()
        except TimeoutError:
            return problems.timeout(seconds)
        except http.client.BadStatusLine as error:
            # RemoteDisconnected is a bad status line, too: none at all.
            return self._no_status(error)
        except http.client.HTTPException as error:
            return problems.bad_head(str(error))
        except ssl.SSLError as error:
            return tls.handshake_problem(error)
        except OSError:
            return reading.broken_off()

    @staticmethod
    def _no_status(error: http.client.BadStatusLine) -> Problem:
        if isinstance(error, http.client.RemoteDisconnected):
            return problems.no_answer()
        line = str(error.args[0])
        return problems.speaks_tls() if line.startswith(_TLS_ALERT) else problems.no_http(line)


class _ReplyReader:
    """An answer as it comes in, so that what came is not lost with the connection."""

    def __init__(self, wire: Wire) -> None:
        self._answer = wire.reader()
        self._body = bytearray()
        self._head: Head | None = None
        self._expected: int | None = None

    def read(self) -> Problem | None:
        self._head = head = self._last_head()
        self._expected = _length(head)
        try:
            for part in self._chunks() if head.is_chunked else self._sized(self._expected):
                self._body += part
                if len(self._body) > LIMIT_BYTES:
                    del self._body[_KEPT_OF_TOO_LARGE:]
                    return problems.too_large(_KEPT_OF_TOO_LARGE)
        except EOFError:
            return self.broken_off()
        return None

    def _last_head(self) -> Head:
        """Interim answers (1xx) are no answer, however many come; 101 is one, to what nobody asked for (RFC 9110, 15.2)."""
        while True:
            head = read_head(self._answer)
            if not 100 <= head.status < 200 or head.status == _SWITCHING:
                return head

    def _sized(self, size: int | None) -> Iterator[bytes]:
        """So many bytes, or all that come; as they come, for a larger read that breaks off would lose what it had."""
        left = LIMIT_BYTES + 1 if size is None else size
        while left:
            part = self._answer.read1(min(left, _CHUNK))
            if not part and size is not None:
                raise EOFError
            if not part:
                return
            left -= len(part)
            yield part

    def _chunks(self) -> Iterator[bytes]:
        # Not by http.client, which throws away a chunk that breaks off, and takes a size that is none for an end.
        while size := self._chunk_size():
            yield from self._sized(size)
            self._line()
        while self._line().strip():
            pass  # trailers say nothing that SOAP asks for

    def _chunk_size(self) -> int:
        line = self._line()
        try:
            return int(line.partition(b";")[0], 16)
        except ValueError as error:
            raise http.client.HTTPException(problems.ODD_CHUNK) from error

    def _line(self) -> bytes:
        line = self._answer.readline(_CHUNK)
        if not line.endswith(b"\n"):
            raise EOFError
        return line

    def broken_off(self) -> Problem:
        if self._head is None:
            return problems.no_answer()
        return problems.cut_short(len(self._body), self._expected)

    @property
    def is_kept_alive(self) -> bool:
        """Whether it can take another request: it is left open, and it is known where the answer ends."""
        head = self._head
        return head is not None and head.keeps and (head.is_chunked or self._expected is not None)

    @property
    def status(self) -> int | None:
        return self._head.status if self._head else None

    def message(self) -> Message | None:
        return None if self._head is None else Message(self._head.headers, bytes(self._body))


def _length(head: Head) -> int | None:
    """The body's, None where nothing says it. Said twice it is still one (RFC 9110, 8.6); several are no HTTP."""
    if head.is_chunked or head.status in _WITHOUT_BODY:
        return None if head.is_chunked else 0
    told = head.every("content-length")
    values = {value.strip() for value in told.split(",")}
    if values == {""}:
        return None
    value = values.pop()
    if values or not (value.isascii() and value.isdigit()):
        raise http.client.HTTPException(f"Content-Length: {told}")
    return int(value)


@frozen
class Way:
    """How a system is reached: over TLS if there is a context, through a proxy if there is one, each step within so many seconds.

    `ours` is what our certificate in the context says, `server_name` the host that the other one is for, where that is not the URL's.
    """

    context: ssl.SSLContext | None
    ours: Shown | None
    server_name: str
    proxy: Proxy | None
    seconds: float
    looks: Looks = FINE
    session: ssl.SSLSession | None = None
    """That of an earlier connection, to be gone on with."""


def connect(target: Target, way: Way, clock: Clock) -> Connection:
    """A new connection. Trouble, if none comes about."""
    plain = (
        _through(way.proxy, target, way.seconds) if is_for(way.proxy, target.host) else _reached(target, way.seconds)
    )
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if way.context is None:
        return Connection(plain, None, clock, way.looks)
    try:
        secured = way.context.wrap_socket(plain, server_hostname=way.server_name or target.host, session=way.session)
    except OSError as error:
        plain.close()
        raise Trouble(tls.handshake_problem(error)) from error
    return Connection(secured, tls.facts_of(secured, way.ours, we_call=True), clock, way.looks)


def _reached(target: Target, seconds: float) -> socket.socket:
    try:
        return socket.create_connection((target.host, target.port), seconds)
    except OSError as error:
        raise Trouble(problems.no_connection(target.place, error, seconds)) from error
    except UnicodeError as error:  # a host name that no name server could have
        raise Trouble(problems.bad_url(target.host, str(error))) from error


def is_for(proxy: Proxy | None, host: str) -> TypeGuard[Proxy]:
    """Whether a host is called through the proxy."""
    if proxy is None:
        return False
    beside = [_host_of(each) for each in proxy.beside]
    return not any(each in ("", host) or host.endswith(f".{each}") for each in beside)


def _host_of(written: str) -> str:
    """A host that is called without the proxy, as people write it: `host`, `.host`, `*.host`, `host:443`, `[::1]`. Empty for all, `*`."""
    host = written.lower().removeprefix("*").removeprefix(".")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _through(proxy: Proxy, target: Target, seconds: float) -> socket.socket:
    """A tunnel by CONNECT (RFC 9110, 9.3.6). What the proxy says against it is the environment's."""
    tunnel = http.client.HTTPConnection(proxy.host, proxy.port, timeout=seconds)
    shown = f"{proxy.name}:{proxy.password}".encode()
    headers = {"Proxy-Authorization": f"Basic {base64.b64encode(shown).decode()}"} if proxy.name else {}
    tunnel.set_tunnel(bracketed(target.host), target.port, headers)
    try:
        tunnel.connect()
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        tunnel.close()
        place, said = f"{bracketed(proxy.host)}:{proxy.port}", _TUNNEL.match(str(error))
        gone = problems.no_proxy(place, error, seconds)
        raise Trouble(problems.proxy_says(place, said[1], knows_us=bool(proxy.name)) if said else gone) from error
    assert tunnel.sock is not None  # noqa: S101 - it is connected
    return tunnel.sock


_TUNNEL = re.compile(r"Tunnel connection failed: (.*)")
"""What http.client says of an answer to CONNECT that is no success."""


ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not bound to
"""The hosts by which all addresses of this computer are meant."""


def offered_at(listening: Listening, port: int) -> str:
    """How the system reaches one of our ports beside the counterpart's: by the host that it reaches that by."""
    named = urlsplit(listening.url).hostname if listening.url else ""
    host = named or ("localhost" if listening.host in ANYWHERE else listening.host)
    return f"https://{bracketed(host)}:{port}"


def bracketed(host: str) -> str:
    """A host as a URL has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


# Where a request goes, and how it is written on the wire


_PORTS = {"http": 80, "https": 443}
_ODD_IN_URL = re.compile(r"[^\x21-\x7e]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_ODD_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@frozen
class Target:
    """An endpoint, taken apart. `host_header` is the URL's host and port as they are written there."""

    scheme: str
    host: str
    port: int
    path: str
    host_header: str

    @property
    def peer(self) -> tuple[str, str, int]:
        """What a connection can be shared by."""
        return self.scheme, self.host, self.port

    @property
    def place(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


def target_of(url: str) -> Target:
    """The URL taken apart. Trouble for one that cannot be called."""
    if odd := _ODD_IN_URL.search(url):
        raise Trouble(problems.bad_url(url, f"U+{ord(odd[0]):04X}"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Trouble(problems.bad_url(url, str(error))) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Trouble(problems.bad_url(url, "http://… | https://…"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host_header = parts.netloc.rpartition("@")[2]
    return Target(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path, host_header)


def completed(headers: Headers, target: Target, body: bytes) -> Headers:
    """The headers with Host before and Content-Length after them, unless they are given: wrong ones can be sent on purpose."""
    given = {name.lower() for name, _ in headers}
    before = () if "host" in given else (("Host", target.host_header),)
    after = () if "content-length" in given else (("Content-Length", str(len(body))),)
    return (*before, *headers, *after)


def head(target: Target, headers: Headers, method: str = "POST") -> bytes:
    """The request line and the headers. Trouble for a header that would break out of its line."""
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or _ODD_IN_VALUE.search(value):
            raise Trouble(problems.bad_header(name))
    lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8")
