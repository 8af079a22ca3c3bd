"""A worker of `rivta load` against Locust's own FastHttpUser: calls for each second of the generator's CPU, with the same checks.

Both ask a server in another process that answers at once with the same bytes; both look at every answer by `calling.Work`. The floor is
FastHttpUser. Each side is a process of its own, they take turns, and the ratio is that of the medians.
"""

import os
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import tell
from rivta.model.clock import SYSTEM
from rivta.model.exchange import Exchange, Message
from rivta.model.words import Headers

ROUNDS, SECONDS, USERS = 7, 3.0, 10
_TESTS = Path(__file__).parents[1] / "tests"


class Answering(socketserver.StreamRequestHandler):
    """Answers every request of a kept connection with the same bytes."""

    answer = b""
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while (line := self.rfile.readline()) not in (b"", b"\r\n"):
            length = 0
            while (line := self.rfile.readline()) not in (b"", b"\r\n"):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            self.wfile.write(self.answer)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A generator that has measured enough hangs up on what is under way."""


def serve() -> None:
    """What the tiny domain's system answers a question for loans, at any address, until it is killed."""
    sys.path.insert(0, str(_TESTS))
    import tiny_world  # noqa: PLC0415 - of the server's process alone
    from rivta.contract import message  # noqa: PLC0415 - likewise
    from rivta.simulator import Simulator  # noqa: PLC0415 - likewise

    folder = tiny_world.SUITES / tiny_world.NAME / "GetLoans" / "messages" / "question.xml"
    contract = tiny_world.domain().contracts["GetLoans"]
    text = (
        folder.read_text(encoding="utf-8").replace("${borrower.id}", "201212121212").replace("${question.more|raw}", "")
    )
    with Simulator(tiny_world.simulated()) as system:
        body = message.wrap(text, "SE2321000016-LIB1", contract.header).encode()
        reply = system.answer((("Content-Type", "text/xml; charset=UTF-8"),), body)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-Length: {len(reply.body)}\r\n\r\n"
    Answering.answer = head.encode() + reply.body
    with Server(("127.0.0.1", 0), Answering) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


def generate(side: str, port: int) -> None:
    """Let users call for a while, and print how many answers there were for each second of CPU."""
    import locust  # noqa: F401, PLC0415 - first, since it changes the standard library

    sys.path.insert(0, str(_TESTS))
    import tiny_world  # noqa: PLC0415 - of this process alone
    from rivta import suite  # noqa: PLC0415 - likewise
    from rivta.check import vocabulary  # noqa: PLC0415 - likewise
    from rivta.run.load.calling import Work  # noqa: PLC0415 - likewise
    from rivta.run.load.playing import loads_of  # noqa: PLC0415 - likewise
    from rivta.run.stage import Stage  # noqa: PLC0415 - likewise
    from rivta.transport.http import HttpTransport  # noqa: PLC0415 - likewise
    from rivta.transport.wire import COARSE  # noqa: PLC0415 - likewise

    with tempfile.TemporaryDirectory() as folder:
        settings = tiny_world.environment_at(f"http://127.0.0.1:{port}", Path(folder) / "environment.yaml")
    path = tiny_world.SUITES / tiny_world.NAME / "GetLoans" / "producer.yaml"
    read = suite.read(path, tiny_world.domain(), vocabulary(), settings.test_data)
    load = next(each.load for each in loads_of([read]) if each.load.case.id == "L.2")
    fast = Fast() if side == "fast" else None
    with closing(HttpTransport(settings, looks=COARSE)) as transport:
        print(_rate(Work(load, Stage(read, settings, fast or transport, "bench")), fast, port))


class Fast:
    """Locust's own client in the place of our transport: what it answers, as the exchange that the checks look at."""

    def __init__(self) -> None:
        self.own = threading.local()
        """What belongs to one user: Locust has made it local to that."""

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        began = SYSTEM.monotonic()
        answer = self.own.client.post(url, data=body, headers=dict(headers))
        took = (SYSTEM.monotonic() - began) * 1000
        received = Message(tuple(answer.headers.items()), answer.content)
        return Exchange(contract, url, Message(headers, body), received, answer.status_code, "", took)


def _rate(work: Any, fast: Fast | None, port: int) -> float:
    """Answers for each second of CPU, of users of the one kind or of the other."""
    from locust import FastHttpUser, User, task  # noqa: PLC0415 - as said
    from locust.env import Environment  # noqa: PLC0415 - as said

    answered = 0
    kind: Any = FastHttpUser if fast else User

    class Caller(kind):  # type: ignore[misc]
        host = f"http://127.0.0.1:{port}"

        def on_start(self) -> None:
            if fast:
                fast.own.client = self.client

        @task
        def ask(self) -> None:
            nonlocal answered
            outcome = work.call(0)
            answered += not (outcome.lost or outcome.hindered or outcome.wrong)

    runner = Environment(user_classes=[Caller]).create_local_runner()
    runner.start(USERS, USERS)
    SYSTEM.sleep(0.5)
    before, used = answered, _cpu()
    SYSTEM.sleep(SECONDS)
    rate = (answered - before) / (_cpu() - used)
    runner.quit()
    return rate


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


@contextmanager
def _server() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-m", "benchmarks.bench_load", "serve"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def main() -> None:
    """Each side in turn, and the ratio."""
    rates: dict[str, list[float]] = {"ours": [], "fast": []}
    with _server() as port:
        for _ in range(ROUNDS):
            for side, found in rates.items():
                command = [sys.executable, "-m", "benchmarks.bench_load", side, str(port)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found.append(float(done.stdout))
    tell("load", rates["ours"], rates["fast"])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case [side, port]:
            generate(side, int(port))
        case _:
            main()
