"""A URL as an adapter: each order is posted to it, and its answer is the body of HTTP 200."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rivta.model.clock import SYSTEM, Clock
from rivta.run.adapter.orders import LIMIT_BYTES, AdapterTrouble
from rivta.transport.tls import client_context

_HEADERS = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json", "Connection": "close"}
_OK = 200


@dataclass(frozen=True, slots=True)
class Posting:
    """A URL, which may hold a secret and is never shown; `seconds` is how long all of it may take.

    Over https the authorities of this machine are trusted, and those in `ca`.
    """

    url: str = field(repr=False)
    seconds: float
    ca: Path | None = None
    clock: Clock = SYSTEM

    def give(self, order: bytes) -> bytes:
        """What was answered to an order. Raises `AdapterTrouble` for no connection, no time, and any other status."""
        until = self.clock.monotonic() + self.seconds
        with closing(self._connected()) as connection:
            return self._answer(connection, order, until)

    def _connected(self) -> http.client.HTTPConnection:
        try:
            connection = self._connection()
            connection.connect()
        except OSError as problem:
            raise AdapterTrouble(f"{self._place}: {_unreached(problem, self.seconds)}") from problem
        return connection

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            context = client_context()
            if self.ca is not None:
                context.load_verify_locations(self.ca)
            return http.client.HTTPSConnection(host, parts.port, timeout=self.seconds, context=context)
        return http.client.HTTPConnection(host, parts.port, timeout=self.seconds)

    @property
    def _place(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")

    def _answer(self, connection: http.client.HTTPConnection, order: bytes, until: float) -> bytes:
        """The answer, if all of it comes in time: a peer that sends a byte now and then is cut off as well."""
        late, sock = threading.Event(), connection.sock
        limit = self.clock.timer(until - self.clock.monotonic(), lambda: _cut_off(sock, late))
        try:
            status, body = self._asked(connection, order)
        except (OSError, http.client.HTTPException) as problem:
            in_time = f"{self._place}: no answer in {self.seconds:g} s"
            what = (
                in_time if late.is_set() or isinstance(problem, TimeoutError) else f"{self._place}: {_broken(problem)}"
            )
            raise AdapterTrouble(what) from problem
        finally:
            limit.cancel()
        if late.is_set():
            raise AdapterTrouble(f"{self._place}: no answer in {self.seconds:g} s")
        if status != _OK:
            raise AdapterTrouble(f"{self._place}: HTTP {status}")
        return body

    def _asked(self, connection: http.client.HTTPConnection, order: bytes) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, order, _HEADERS)
        response = connection.getresponse()
        body = response.read(LIMIT_BYTES + 1)
        if response.length and len(body) <= LIMIT_BYTES:
            raise http.client.IncompleteRead(body, response.length)
        return response.status, body


def _cut_off(sock: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        socket.socket.shutdown(
            sock, socket.SHUT_RDWR
        )  # not TLS's own, which takes the connection from under the reader
    except OSError:
        return  # it ended by itself just now


def _unreached(problem: OSError, seconds: float) -> str:
    if isinstance(problem, TimeoutError):
        return f"no connection in {seconds:g} s"
    if isinstance(problem, ConnectionRefusedError):
        return "refuses connections"
    if isinstance(problem, socket.gaierror):
        return "the name cannot be resolved"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({problem.verify_message})"
    if isinstance(problem, ssl.SSLError):
        return "TLS failed"
    return problem.strerror or type(problem).__name__


def _broken(problem: Exception) -> str:
    if isinstance(problem, http.client.RemoteDisconnected | http.client.IncompleteRead | ConnectionError):
        return "the connection ended before the answer did"
    return "its answer is no HTTP"
