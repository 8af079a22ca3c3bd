"""The other party of a reference system that calls: a small server that keeps what it gets and answers as it is told."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from rivta.contract.message import PROLOG
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Contract, Domain
from rivta.model.words import Headers
from rivta.simulator import Post, Result, Server, Simulator, SoapFault
from rivta.simulator.answered import BROKEN, TIMEOUT, Answered, read_answer
from rivta.simulator.order import read_order
from rivta.simulator.outgoing import Outgoing
from rivta.simulator.reply import write

Answering = Callable[["Got"], "Say"]


@dataclass(frozen=True)
class Say:
    """An HTTP answer. `seconds` pass before it; `status` 0 breaks the connection instead."""

    status: int
    body: bytes
    seconds: float = 0.0


@dataclass(frozen=True)
class Got:
    """A call: when it was there and when its answer had been written (monotonic), and what it held."""

    contract: str
    headers: Headers
    body: bytes
    came: float
    number: int
    answered: list[float] = field(default_factory=list)


def ok(contract: Contract, result: Result | SoapFault = Result()) -> Say:  # noqa: B008 (frozen)
    return Say(500 if isinstance(result, SoapFault) else 200, (PROLOG + write(result, contract)).encode())


@dataclass
class Party:
    """The other party. `answering` is how it answers, OK to begin with."""

    domain: Domain
    url: str = ""
    got: list[Got] = field(default_factory=list)
    changed: Condition = field(default_factory=Condition)
    answering: Answering | None = None
    clock: Clock = SYSTEM

    @property
    def addresses(self) -> Mapping[str, str]:
        return {name: f"{self.url}/{name}" for name in self.domain.contracts}

    def take(self, contract: str, headers: Headers, body: bytes) -> tuple[Got, Say]:
        with self.changed:
            got = Got(self.domain.contracts[contract].name, headers, body, self.clock.monotonic(), len(self.got))
            self.got.append(got)
            self.changed.notify_all()
        return got, self.answering(got) if self.answering else ok(self.domain.contracts[contract])

    def wait_for(self, count: int, seconds: float = 10) -> list[Got]:
        with self.changed:
            assert self.clock.wait_for(self.changed, lambda: len(self.got) >= count, seconds), (
                f"only {len(self.got)} calls came"
            )
            return list(self.got)

    def nothing_more(self, seconds: float) -> bool:
        """Whether nothing came during that time."""
        with self.changed:
            before = len(self.got)
            return not self.clock.wait_for(self.changed, lambda: len(self.got) > before, seconds)


@contextmanager
def party(domain: Domain, tls: ssl.SSLContext | None = None) -> Iterator[Party]:
    """A party that listens until the block ends."""
    other = Party(domain)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got, say = other.take(self.path.strip("/"), tuple(self.headers.items()), body)
            other.clock.sleep(say.seconds)
            if not say.status:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(say.status)
            self.send_header("Content-Length", str(len(say.body)))
            self.end_headers()
            got.answered.append(other.clock.monotonic())
            self.wfile.write(say.body)

        def log_message(self, *_: object) -> None:
            return

    class Listener(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            return  # the caller gave up

    with Listener(("127.0.0.1", 0), Handler) as listener:
        if tls:
            listener.socket = tls.wrap_socket(listener.socket, server_side=True)
        other.url = f"{'https' if tls else 'http'}://127.0.0.1:{listener.server_address[1]}"
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield other
        finally:
            listener.shutdown()
            thread.join()


@dataclass(frozen=True)
class Direct:
    """A way to call that party without a socket. No time passes but on its clock."""

    other: Party

    def call(self, request: Outgoing, read_seconds: float) -> Answered:
        clock, name = self.other.clock, request.url.rpartition("/")[2]
        got, say = self.other.take(name, request.headers, request.body)
        if say.seconds > read_seconds:
            clock.sleep(read_seconds)
            return Answered(TIMEOUT)
        clock.sleep(say.seconds)
        if not say.status:
            return Answered(BROKEN)
        got.answered.append(clock.monotonic())
        return read_answer(say.status, say.body, request.contract)

    def hang_up(self) -> None:
        return

    def close(self) -> None:
        return


@dataclass(frozen=True)
class Inside:
    """A system that is told what to do without a socket."""

    system: Simulator
    post: Post


@dataclass(frozen=True)
class Keyboard:
    """Who tells a running system what to do, as an adapter would."""

    server: Server | Inside
    other: Party
    factor: float = 600

    def act(self, action: str, **data: object) -> dict[str, Any]:
        return self.post({"action": action, "with": _dashed(data)})

    def ask(self, action: str, **data: object) -> str:
        return str(self.post({"action": action, "with": _dashed(data), "question": True})["answer"])

    def request_id(self, **data: object) -> str:
        """A referral sent, or the one named in `data`, and its id."""
        answer = self.post({"action": "send-referral", "with": _dashed(data)})
        assert answer["outcome"] == "done", answer
        return str(answer["data"]["requestId"])

    def post(self, order: Mapping[str, object]) -> dict[str, Any]:
        counterpart = {"time-factor": self.factor, "addresses": self.other.addresses}
        status, answer = post_json(
            self.server, json.dumps({"version": 1, "counterpart": counterpart, **order}).encode()
        )
        assert status == 200, answer
        return answer


def post_json(
    server: Server | Inside, body: bytes, content_type: str = "application/json"
) -> tuple[int, dict[str, Any]]:
    if isinstance(server, Inside):
        return 200, json.loads(server.system.act(read_order(body), server.post).as_json())
    connection = HTTPConnection(server.host, server.port, timeout=30)
    try:
        connection.request("POST", "/act", body, {"Content-Type": content_type})
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else {}
    finally:
        connection.close()


def _dashed(data: Mapping[str, object]) -> Mapping[str, object]:
    return {name.replace("_", "-").rstrip("-"): value for name, value in data.items()}
