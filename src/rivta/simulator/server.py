"""The reference system on real sockets: HTTP/1.1 with keep-alive, plain or over TLS with client certificates.

Bound to loopback unless told otherwise. Bodies are capped and never logged; a connection that says nothing is closed.
"""

import logging
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from http.server import ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Final
from urllib.parse import urlsplit

from rivta.model.domain import Contract
from rivta.model.environment import TlsFiles
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.simulator.handler import ACT, PATIENCE_SECONDS, SimulatorHandler
from rivta.simulator.handshake import objections, server_context
from rivta.simulator.order import read_order
from rivta.simulator.outgoing import Client, shut
from rivta.simulator.platform import Platform
from rivta.simulator.post import Post
from rivta.simulator.reply import Reply
from rivta.simulator.system import Several, Simulator

_SWIFT: Final = 3600.0
"""A time factor over which an hour is over within a second."""
_WORKERS: Final = 4
_LOG = logging.getLogger("rivta.simulator")


@frozen
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

    @property
    def act_url(self) -> str:
        return self.url + ACT


@contextmanager
def serve(
    system: Simulator | Several,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: TlsFiles | None = None,
    calling: TlsFiles | None = None,
    *,
    platform: Platform | None = None,
) -> Iterator[Server]:
    """Answer on a port (0: any free one) until the block ends. Open connections are then closed, and nothing is sent again.

    `calling` is how the system shows itself where it calls by TLS, `platform` what stands in front of it. Raises OSError when the port is taken or a PEM file cannot be read.
    """
    system.prepare()
    post = Post(Client(calling, system.passes, system.clock), system.clock)
    with Listener(system, (host, port), tls, post, platform) as listener:
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, name="rivta-reference")
        thread.start()
        try:
            yield Server(host, int(listener.server_address[1]), "https" if tls else "http")
        finally:
            listener.stopping.set()
            listener.shutdown()
            thread.join()
            listener.post.close()
            listener.hang_up()


class Listener(ThreadingHTTPServer):
    """The server, as its connections know it."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self,
        system: Simulator | Several,
        address: tuple[str, int],
        tls: TlsFiles | None,
        post: Post,
        platform: Platform | None,
    ) -> None:
        self._platform = platform
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.post = post
        self.stopping = Event()
        known = () if "no-path" in system.passes else system.contracts
        self.contracts: Mapping[str, Contract] = {contract.path: contract for contract in known}
        self._system = system
        self._files = tls or TlsFiles()
        self._tls = server_context(tls, system.passes) if tls else None
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        # Schemas are compiled once a thread, so validation is done by a few lasting threads, not one for each connection.
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="rivta-reference")
        super().__init__(address, SimulatorHandler)

    def answer(self, headers: Headers, body: bytes, path: str, caller: str | None) -> Reply:
        """What was posted to that path is answered. `caller` is the HSA-id in the client certificate, empty where there is none in it, None where there was no TLS."""
        if self._platform is not None:
            return self._workers.submit(self._platform.answer, headers, body, caller).result()
        return self._workers.submit(self._system.answer, headers, body, path).result()

    def call(self) -> AbstractContextManager[None]:
        return self._system.call()

    def objects(self, connected: socket.socket) -> bool:
        """Whether who has connected may not ask. With a platform in front that is the platform's to say."""
        if self._platform is not None or not isinstance(connected, ssl.SSLSocket):
            return False
        return bool(objections(connected, self._files, self._system.passes, self._system.clock.now()))

    def act(self, body: bytes) -> bytes:
        """What came of an order. Raises Misunderstood."""
        order = read_order(body)
        if order.factor > _SWIFT:  # a resend may be late for its case then, and no two cases are played at once
            for place in {urlsplit(url)._replace(path="/").geturl() for url in order.addresses.values()}:
                self.post.turn(order.case, place)
        return self._system.act(order, self.post).as_json()

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """One connection, in its own thread. The handshake is made here, so that a silent client holds up nobody else."""
        plain = request if isinstance(request, socket.socket) else request[1]
        if self._tls is None:
            with self._registered(plain):
                super().finish_request(plain, client_address)
            return
        plain.settimeout(PATIENCE_SECONDS)
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
            shut(connection)
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
                shut(connection)

    def server_close(self) -> None:
        super().server_close()
        self._workers.shutdown()
