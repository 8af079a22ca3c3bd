"""The reference system on real sockets: HTTP/1.1 with keep-alive, plain or over TLS with client certificates.

Each contract's address, its WSDL, and `/act` for a test runner's adapter: that is for programs on this machine, so callers from elsewhere
are refused, and so is all that a web page could post unasked. Bound to loopback unless told otherwise. Bodies are capped and never logged.
"""

import asyncio
import json
import logging
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from rivta.model.domain import Contract
from rivta.model.environment import TlsFiles
from rivta.model.frozen import frozen
from rivta.simulator.handshake import objections, server_context
from rivta.simulator.order import Misunderstood, read_order
from rivta.simulator.outgoing import Client
from rivta.simulator.platform import Platform
from rivta.simulator.post import Post
from rivta.simulator.reply import CONTENT_TYPE
from rivta.simulator.system import Several, Simulator
from rivta.transport import server
from rivta.transport.callers import Connections
from rivta.transport.connection import bracketed
from rivta.transport.incoming import CallerConnection, IncomingRequest, Reply

LIMIT_BYTES: Final = 50 * 1024 * 1024
"""The largest body that is read at all; the contract's own limit is judged, and answered, by the system."""
ACT_LIMIT_BYTES: Final = 1024 * 1024
"""The largest order that is read."""
ACT: Final = "/act"
_SWIFT: Final = 3600.0
"""A time factor over which an hour is over within a second."""
_WORKERS: Final = 4
"""Schemas are compiled once a thread, so a few lasting ones validate."""
_USERS: Final = 64
"""How many orders may be carried out at a time: each waits for an answer to what it sends."""
_JSON: Final = (("Content-Type", "application/json"),)
_HSA_ID = re.compile(r"SERIALNUMBER=([^,]+)")
"""Where the platform reads who calls."""
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
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"

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
    answering = _SystemAnswering(system, tls or TlsFiles(), post, platform)
    context = server_context(tls, system.passes) if tls else None
    with server.bound(host, port) as listener, server.serving(listener, context, answering, Connections(), None):
        try:
            yield Server(host, int(listener.getsockname()[1]), "https" if tls else "http")
        finally:
            post.close()


class _SystemAnswering:
    """What is asked of the system, or of the platform in front of it, and what is said back."""

    limit = LIMIT_BYTES

    def __init__(self, system: Simulator | Several, files: TlsFiles, post: Post, platform: Platform | None) -> None:
        self.clock = system.clock
        self._system = system
        self._files = files
        self._post = post
        self._platform = platform
        known = () if "no-path" in system.passes else system.contracts
        self._contracts: Mapping[str, Contract] = {contract.path: contract for contract in known}
        self._workers = ThreadPoolExecutor(_WORKERS, "rivta-reference")
        self._users = ThreadPoolExecutor(_USERS, "rivta-reference-user")

    def close(self) -> None:
        self._workers.shutdown()
        self._users.shutdown()

    def answer(self, asked: IncomingRequest, connection: CallerConnection) -> None:
        path = urlsplit(asked.path).path
        _LOG.info("%s %s", asked.method, path)
        if status := asked.refused or self._refusal(asked, path, connection):
            connection.say(Reply(status, (), b""), keeps=False)
        elif asked.method == "GET":
            wsdl = self._contracts[path].wsdl.read_bytes()
            connection.say(Reply(200, (("Content-Type", CONTENT_TYPE),), wsdl), keeps=asked.keeps)
        else:
            connection.spend(self._answer(asked, path, connection))

    def _refusal(self, asked: IncomingRequest, path: str, connection: CallerConnection) -> int:
        """The status by which HTTP itself refuses what is asked; 0 where it does not."""
        if asked.method == "GET":
            return 404 if path not in self._contracts else 405 if urlsplit(asked.path).query.lower() != "wsdl" else 0
        if asked.method != "POST":
            return 501
        if self._objects(connection):
            return 403
        if path == ACT:
            return _not_our_own(asked, connection)
        return 404 if path not in self._contracts else 0 if asked.has_body else 411

    def _objects(self, connection: CallerConnection) -> bool:
        """Whether who has connected may not ask. With a platform in front that is the platform's to say."""
        secured = connection.known("ssl_object")
        if self._platform is not None or secured is None:
            return False
        return bool(objections(secured, self._files, self._system.passes, self.clock.now()))

    async def _answer(self, asked: IncomingRequest, path: str, connection: CallerConnection) -> None:
        run, body = asyncio.get_running_loop().run_in_executor, b"".join(asked.pieces)
        try:
            if path == ACT:
                connection.say(await run(self._users, self._act, body), keeps=asked.keeps)
                return
            with self._system.call():
                reply = await run(self._workers, self._answered, asked, path, body, _caller(connection))
                if reply.delay_seconds:
                    await connection.outlasts(reply.delay_seconds)
                if reply.status:
                    connection.say(reply, keeps=asked.keeps)
                else:
                    connection.close()
        except Exception as error:  # noqa: BLE001 - whatever breaks in us, the caller sees it at once
            _LOG.info("connection lost: %s", type(error).__name__)
            connection.close()

    def _answered(self, asked: IncomingRequest, path: str, body: bytes, caller: str | None) -> Reply:
        if self._platform is not None:
            return self._platform.answer(tuple(asked.headers), body, caller)
        return self._system.answer(tuple(asked.headers), body, path)

    def _act(self, body: bytes) -> Reply:
        """What came of an order."""
        try:
            order = read_order(body)
            if order.factor > _SWIFT:  # a resend may be late for its case then, and no two cases are played at once
                for place in {urlsplit(url)._replace(path="/").geturl() for url in order.addresses.values()}:
                    self._post.turn(order.case, place)
            return Reply(200, _JSON, self._system.act(order, self._post).as_json())
        except Misunderstood as misunderstood:
            return Reply(400, _JSON, json.dumps({"error": str(misunderstood)}, ensure_ascii=False).encode())


def _caller(connection: CallerConnection) -> str | None:
    """The HSA-id in the client certificate, empty where there is none in it, None where there was no TLS."""
    if connection.tls is None:
        return None
    found = _HSA_ID.search(connection.tls.peer_subject)
    return found[1] if found else ""


def _not_our_own(asked: IncomingRequest, connection: CallerConnection) -> int:
    """The status by which an order is refused that is none of this machine's: a page in a browser cannot post JSON to another site unasked.

    Nor has a site that lets its own name lead here: the one who means this machine says so.
    """
    named = urlsplit(f"//{asked.header('host')}").hostname or ""
    if not _is_here(connection.known("peername")[0]) or not (named == "localhost" or _is_here(named)):
        return 403
    if asked.header("content-type").partition(";")[0].strip().lower() != "application/json":
        return 415
    return 413 if asked.size > ACT_LIMIT_BYTES else 0 if asked.has_body else 411


def _is_here(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback
