"""One connection of the reference system's server: a contract's address, its WSDL, and `/act` for a test runner's adapter.

`/act` is for programs on this machine: callers from elsewhere are refused, and so is all that a web page could post unasked.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from rivta.model.words import Headers
from rivta.simulator.order import Misunderstood
from rivta.simulator.reply import Reply
from rivta.transport.tls import name_of

if TYPE_CHECKING:
    from rivta.simulator.server import Listener

LIMIT_BYTES: Final = 50 * 1024 * 1024
"""The largest body that is read at all; the contract's own limit is judged, and answered, by the system."""
ACT_LIMIT_BYTES: Final = 1024 * 1024
"""The largest order that is read."""
ACT: Final = "/act"
PATIENCE_SECONDS: Final = 30.0
_DRAIN_SECONDS: Final = 1.0
_JSON: Headers = (("Content-Type", "application/json"),)
_HSA_ID = re.compile(r"SERIALNUMBER=([^,]+)")
"""Where the platform reads who calls."""
_LOG = logging.getLogger("rivta.simulator")


class SimulatorHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "rivta-reference"
    sys_version = ""
    timeout = PATIENCE_SECONDS
    disable_nagle_algorithm = True

    @property
    def _host(self) -> Listener:
        return cast("Listener", self.server)  # the library knows only its own kind of server here

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        if self._host.objects(self.connection):
            self._refuse(403)
            return
        if path != ACT and path not in self._host.contracts:
            self._refuse(404)
            return
        try:
            if path == ACT:
                self._demand_own_json()
            body = read_body(self.headers, self.rfile, self._limit())
        except Rejected as rejected:
            self._refuse(rejected.status)
            self._drain()
            return
        self._act(body) if path == ACT else self._answer(body)

    def _answer(self, body: bytes) -> None:
        with self._host.call():
            path = urlsplit(self.path).path
            reply = self._host.answer(tuple(self.headers.items()), body, path, self._caller())
            self._host.stopping.wait(reply.delay_seconds)
            if reply.status:
                self._send(reply)
            else:
                self.close_connection = True

    def _caller(self) -> str | None:
        if not isinstance(self.connection, ssl.SSLSocket):
            return None
        said = name_of((self.connection.getpeercert() or {}).get("subject"))
        found = _HSA_ID.search(said)
        return found[1] if found else ""

    def _act(self, body: bytes) -> None:
        try:
            self._send(Reply(200, _JSON, self._host.act(body)))
        except Misunderstood as misunderstood:
            self._send(Reply(400, _JSON, json.dumps({"error": str(misunderstood)}, ensure_ascii=False).encode()))

    def _demand_own_json(self) -> None:
        """A page in a browser cannot post JSON to another site unasked; another machine has no business here.

        Nor has a site that lets its own name lead here: the one who means this machine says so.
        """
        named = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        if not _is_here(self.client_address[0]) or not (named == "localhost" or _is_here(named)):
            raise Rejected(403)
        if self.headers.get_content_type() != "application/json":
            raise Rejected(415)

    def _limit(self) -> int:
        return ACT_LIMIT_BYTES if urlsplit(self.path).path == ACT else LIMIT_BYTES

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        contract = self._host.contracts.get(address.path)
        if contract is None:
            self._refuse(404)
        elif address.query.lower() != "wsdl":
            self._refuse(405)
        else:
            self._send(Reply(200, (("Content-Type", "text/xml; charset=UTF-8"),), contract.wsdl.read_bytes()))

    def handle_expect_100(self) -> bool:
        """Say no before the body is sent when it is too large, else tell the client to go on."""
        try:
            length_of(self.headers, self._limit())
        except Rejected as rejected:
            self._refuse(rejected.status)
            return False
        return super().handle_expect_100()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        _LOG.info(format, *args)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _refuse(self, status: int) -> None:
        """An HTTP error without a body. The connection ends, since what follows on it may be the body that was not read."""
        self.close_connection = True
        self._send(Reply(status, (("Connection", "close"),), b""))

    def _drain(self) -> None:
        """Take in what the client is still sending: a socket that is closed on unread bytes loses the answer as well."""
        self.connection.settimeout(_DRAIN_SECONDS)
        left = 2 * LIMIT_BYTES
        while left > 0 and (taken := self.rfile.read1(LINE_BYTES)):
            left -= len(taken)


def _is_here(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


# Reading a request's body: a declared length or chunks, never more than a limit, nothing that could be read in two ways


LINE_BYTES: Final = 65536


class Rejected(Exception):
    """A request that HTTP itself refuses: the status to say."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body(headers: Message, stream: BufferedIOBase, limit: int) -> bytes:
    """The whole body. Raises Rejected."""
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Rejected(415)
    coding = headers.get("Transfer-Encoding")
    if coding is None:
        return _exactly(stream, length_of(headers, limit))
    if coding.strip().lower() != "chunked":
        raise Rejected(501)
    if "Content-Length" in headers:  # two lengths are how requests are smuggled
        raise Rejected(400)
    return b"".join(_chunks(stream, limit))


def length_of(headers: Message, limit: int) -> int:
    """The declared length; 0 for a chunked body, whose length nobody knows yet. Raises Rejected."""
    lengths = headers.get_all("Content-Length", [])
    if not lengths and "Transfer-Encoding" in headers:
        return 0
    if not lengths:
        raise Rejected(411)
    if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
        raise Rejected(400)
    return _within(limit, int(lengths[0]))


def _chunks(stream: BufferedIOBase, limit: int) -> Iterator[bytes]:
    total = 0
    while size := _chunk_size(stream):
        total = _within(limit, total + size)
        yield _exactly(stream, size)
        if _line(stream).strip():
            raise Rejected(400)
    while _line(stream).strip():  # trailers say nothing that we use
        continue


def _chunk_size(stream: BufferedIOBase) -> int:
    text = _line(stream).partition(b";")[0].strip()
    if not _is_hexadecimal(text):
        raise Rejected(400)
    return int(text, 16)


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(LINE_BYTES)
    if not line.endswith(b"\n"):
        raise Rejected(400)
    return line


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    body = stream.read(size)
    if len(body) != size:
        raise Rejected(400)
    return body


def _within(limit: int, size: int) -> int:
    if size > limit:
        raise Rejected(413)
    return size


def _is_hexadecimal(text: bytes) -> bool:
    return bool(text) and len(text) <= 8 and all(letter in b"0123456789abcdefABCDEF" for letter in text)
