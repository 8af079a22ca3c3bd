"""The reference system on real sockets: HTTP/1.1 with keep-alive, plain or over TLS with client certificates.

Bound to loopback unless told otherwise. Bodies are capped and never logged; a connection that says nothing is closed.
"""

from __future__ import annotations

import logging
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final
from urllib.parse import urlsplit

from rivta.model import Contract, Headers
from rivta.reference.reply import Reply
from rivta.reference.system import ReferenceSystem

LIMIT_BYTES: Final = 50 * 1024 * 1024
"""The largest body that is read at all; the contract's own limit is judged, and answered, by the system."""
_PATIENCE_SECONDS: Final = 30.0
_DRAIN_SECONDS: Final = 1.0
_WORKERS: Final = 4
_LINE_BYTES: Final = 65536
_LOG = logging.getLogger("rivta.reference")


@dataclass(frozen=True, slots=True)
class ServerTls:
    """PEM files of a TLS server. With `ca` given, a client must show a certificate that one of those authorities signed."""

    certificate: Path
    key: Path | None = None
    ca: Path | None = None
    password: str | None = field(default=None, repr=False)

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or later, as the national platform asks."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key, self.password)
        if self.ca:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens, and the address of each contract."""

    host: str
    port: int
    scheme: str

    @property
    def url(self) -> str:
        """The root, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def url_of(self, contract: Contract) -> str:
        """Where one contract is answered."""
        return self.url + path_of(contract)


def path_of(contract: Contract) -> str:
    """Contract, major version and profile, as the profile's rule 19 recommends."""
    return f"/{contract.name}/{contract.version.partition('.')[0]}/rivtabp21"


@contextmanager
def serve(
    system: ReferenceSystem, host: str = "127.0.0.1", port: int = 0, tls: ServerTls | None = None
) -> Iterator[Server]:
    """Answer on a port (0: any free one) until the block ends. Open connections are then closed.

    Raises OSError when the port is taken or a PEM file cannot be read.
    """
    context = tls.context() if tls else None
    with _Listener(system, host, port, context) as listener:
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, name="rivta-reference")
        thread.start()
        try:
            yield Server(host, int(listener.server_address[1]), "https" if tls else "http")
        finally:
            listener.stopping.set()
            listener.shutdown()
            thread.join()
            listener.hang_up()


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, system: ReferenceSystem, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.stopping = Event()
        self.contracts: Mapping[str, Contract] = {path_of(contract): contract for contract in system.contracts}
        self._system = system
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        # Schemas are compiled once a thread, so validation is done by a few lasting threads, not one for each connection.
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="rivta-reference")
        super().__init__((host, port), _Handler)

    def answer(self, headers: Headers, body: bytes) -> Reply:
        return self._workers.submit(self._system.answer, headers, body).result()

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """One connection, in its own thread. The handshake is made here, so that a silent client holds up nobody else."""
        plain = request if isinstance(request, socket.socket) else request[1]
        if self._tls is None:
            with self._registered(plain):
                super().finish_request(plain, client_address)
            return
        plain.settimeout(_PATIENCE_SECONDS)
        with (
            self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as secured,
            self._registered(secured),
        ):
            secured.do_handshake()
            super().finish_request(secured, client_address)

    @contextmanager
    def _registered(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(connection)
        if self.stopping.is_set():
            _shut(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 (the library's signature)
        _LOG.info("connection lost: %s", type(sys.exception()).__name__)

    def hang_up(self) -> None:
        """Close what is open, so that nobody waits for a client that keeps its connection."""
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def server_close(self) -> None:
        super().server_close()
        self._workers.shutdown()


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        _LOG.debug("the client had already closed")


class _Rejected(Exception):
    """A request that HTTP itself refuses: the status to say."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "rivta-reference"
    sys_version = ""
    timeout = _PATIENCE_SECONDS
    disable_nagle_algorithm = True
    server: _Listener

    def do_POST(self) -> None:
        if urlsplit(self.path).path not in self.server.contracts:
            self._refuse(404)
            return
        try:
            body = self._body()
        except _Rejected as rejected:
            self._refuse(rejected.status)
            self._drain()
            return
        reply = self.server.answer(tuple(self.headers.items()), body)
        self.server.stopping.wait(reply.delay_seconds)
        self._send(reply)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        contract = self.server.contracts.get(address.path)
        if contract is None:
            self._refuse(404)
        elif address.query.lower() != "wsdl":
            self._refuse(405)
        else:
            self._send(Reply(200, (("Content-Type", "text/xml; charset=UTF-8"),), contract.wsdl.read_bytes()))

    def handle_expect_100(self) -> bool:
        """Say no before the body is sent when it is too large, else tell the client to go on."""
        try:
            self._length()
        except _Rejected as rejected:
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
        while left > 0 and (taken := self.rfile.read1(_LINE_BYTES)):
            left -= len(taken)

    def _body(self) -> bytes:
        if self.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _Rejected(415)
        coding = self.headers.get("Transfer-Encoding")
        if coding is None:
            return self._exactly(self._length())
        if coding.strip().lower() != "chunked":
            raise _Rejected(501)
        if "Content-Length" in self.headers:  # two lengths are how requests are smuggled
            raise _Rejected(400)
        return b"".join(self._chunks())

    def _length(self) -> int:
        """The declared length; 0 for a chunked body, whose length nobody knows yet."""
        lengths = self.headers.get_all("Content-Length", [])
        if not lengths and "Transfer-Encoding" in self.headers:
            return 0
        if not lengths:
            raise _Rejected(411)
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            raise _Rejected(400)
        return _within_limit(int(lengths[0]))

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while size := self._chunk_size():
            total = _within_limit(total + size)
            yield self._exactly(size)
            if self._line().strip():
                raise _Rejected(400)
        while self._line().strip():  # trailers say nothing that we use
            continue

    def _chunk_size(self) -> int:
        text = self._line().partition(b";")[0].strip()
        if not _is_hexadecimal(text):
            raise _Rejected(400)
        return int(text, 16)

    def _line(self) -> bytes:
        line = self.rfile.readline(_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise _Rejected(400)
        return line

    def _exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) != size:
            raise _Rejected(400)
        return body


def _within_limit(size: int) -> int:
    if size > LIMIT_BYTES:
        raise _Rejected(413)
    return size


def _is_hexadecimal(text: bytes) -> bool:
    return bool(text) and len(text) <= 8 and all(letter in b"0123456789abcdefABCDEF" for letter in text)
