"""The counterpart under load and fault: it goes on answering, and what it acknowledged is on disk."""

import gc
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from certificates import certificates
from counterpart_world import ADDRESS, call, calls_kept, counterpart, domain, plug, referral, referrals
from rivta.counterpart import Counterpart, listen
from rivta.counterpart.counterpart import SILENCE_SECONDS
from rivta.evidence.journal import FILE
from rivta.model.environment import Listening, TlsFiles
from rivta.model.errors import UsageError
from rivta.model.steps import Behaviour

SLOW_CLIENTS = 200
LIMIT = 200_000
HEAD = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Counterpart]:
    with counterpart(tmp_path, limit_bytes=LIMIT) as one:
        yield one


def heard_on(connection: socket.socket) -> bytes:
    """Everything that comes until the end."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def open_files() -> int:
    """How many files this process has open; 0 where nothing says."""
    return len(list(Path("/proc/self/fd").glob("*")))


# ── bad HTTP ──


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n\r\n",
        b"POST\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x, x\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nbad header\r\n\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"\x00\xff\xfe" * 100,
    ],
)
def test_malformed_http_harms_nobody(running: Counterpart, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with plug(running.url) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert heard_on(connection)[:12] in (b"", b"HTTP/1.1 400")
    assert call(running.url, referral()).status == 200
    assert "bad header" not in caplog.text
    assert "aaaa" not in caplog.text


@pytest.mark.parametrize("said", ["{0}, {0}", "{0}\r\nContent-Length: {0}", "{0},{0} ,\t{0}"])
@pytest.mark.parametrize("piece", [19, 1_000_000])
def test_a_length_that_is_said_twice_is_one(running: Counterpart, said: str, piece: int) -> None:
    body = referral() + b"<!--\r\nContent-Length: 1, 1\r\n\r\n-->"
    call_of = HEAD + f"Content-Length: {said.format(len(body))}\r\n\r\n".encode() + body
    with plug(running.url) as connection:
        for _ in range(2):
            for start in range(0, len(call_of), piece):
                connection.sendall(call_of[start : start + piece])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    strays = [stray.exchange.request for stray, _ in running.unclaimed()]
    assert [each.body for each in strays] == [body, body]
    length = ", ".join([str(len(body))] * (said.count("{0}")))
    assert [each.header("content-length") for each in strays] == [length, length]


def test_a_length_that_counts_characters_is_told_as_that(running: Counterpart) -> None:
    body = referral().replace("höftsmärta".encode(), "höftsmärta på båda sidor, även på natten".encode())
    with plug(running.url) as connection:
        connection.sendall(HEAD + f"Content-Length: {len(body.decode())}\r\n\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        heard_on(connection)
    [(stray, reason)] = running.unclaimed()
    assert len(stray.exchange.request.body) == len(body.decode())
    assert "Content-Length counts characters, not bytes" in reason.en


@pytest.mark.parametrize("cut", [1, 5])
def test_a_body_that_is_cut_short_otherwise_is_told_as_that(running: Counterpart, cut: int) -> None:
    body = referral().replace("ö".encode(), b"o").replace("ä".encode(), b"a")[:-cut]
    call(running.url, body)
    [(_, reason)] = running.unclaimed()
    assert "cut short" in reason.en or "cannot be read" in reason.en
    assert "characters" not in reason.en


def test_a_call_in_pieces(running: Counterpart) -> None:
    body = referral()
    with plug(running.url) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 700):
            piece = body[start : start + 700]
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert heard_on(connection).startswith(b"HTTP/1.1 200")
    [(stray, _)] = running.unclaimed()
    assert stray.exchange.request.body == body


def test_two_calls_at_once_on_one_connection(running: Counterpart) -> None:
    calls = [
        HEAD + f"Content-Length: {len(body)}\r\n{more}\r\n".encode() + body
        for body, more in ((referral("1"), ""), (referral("2"), "Connection: close\r\n"))
    ]
    with plug(running.url) as connection:
        connection.sendall(b"".join(calls))
        heard = heard_on(connection)
    assert heard.count(b"HTTP/1.1 200") == 2
    assert heard.count(b"Connection: close") == 1
    assert [stray.facts["request-id"][-1] for stray, _ in running.unclaimed()] == ["1", "2"]


@pytest.mark.parametrize("behind", [b"", b"no HTTP\r\n\r\n"])
def test_an_answer_that_takes_its_time_comes_before_what_is_asked_after_it(running: Counterpart, behind: bytes) -> None:
    slow, fast = referral("slow"), referral("fast")
    with plug(running.url) as connection, running.wait(referrals(Behaviour(delay_ms=50))):
        for body in (slow, fast):
            connection.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        connection.sendall(behind)
        answers = b""
        while answers.count(b"HTTP/1.1") < (3 if behind else 2):
            answers += connection.recv(65536)
    assert [each[:3] for each in answers.split(b"HTTP/1.1 ")] == [b"", b"200", b"200", *([b"400"] if behind else [])]
    assert [each.state for each in running.calls()] == ["answered", "answered"]


def test_what_comes_behind_the_last_call_is_not_looked_at(running: Counterpart) -> None:
    body = referral()
    last = HEAD + f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with plug(running.url) as connection, running.wait(referrals(Behaviour(delay_ms=50))):
        connection.sendall(last + last)
        assert heard_on(connection).count(b"HTTP/1.1 200") == 1
    assert len(list(running.calls())) == 1


def test_a_caller_that_would_rather_speak_another_protocol_is_answered_in_this_one(running: Counterpart) -> None:
    body = referral()
    offered = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    with plug(running.url) as connection:
        for _ in range(2):
            connection.sendall(HEAD + offered + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    calls = [stray.exchange.request for stray, _ in running.unclaimed()]
    assert [(each.body, each.header("upgrade")) for each in calls] == [(body, "h2c")] * 2


def test_an_old_client_without_keep_alive(running: Counterpart) -> None:
    body = referral()
    with plug(running.url) as connection:
        connection.sendall(f"POST / HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert heard_on(connection).startswith(b"HTTP/1.1 200")


def test_a_caller_that_asks_before_it_sends(running: Counterpart) -> None:
    body = referral()
    with plug(running.url) as connection:
        connection.sendall(
            HEAD + f"Connection: close\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert heard_on(connection).startswith(b"HTTP/1.1 200")


# ── large ──


def test_a_body_over_the_limit_is_refused_and_told(running: Counterpart) -> None:
    answer = call(running.url, b" " * (LIMIT + 1))
    assert (answer.status, b"larger than" in answer.body) == (413, True)
    with plug(running.url) as connection:  # one that does not say how much will come
        connection.sendall(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + f"{LIMIT + 1:x}\r\n".encode() + b" " * (LIMIT + 1)
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    with plug(running.url) as connection:  # one that asks first
        connection.sendall(HEAD + f"Expect: 100-continue\r\nContent-Length: {LIMIT + 1}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    told = [(stray.exchange.status, reason.en) for stray, reason in running.unclaimed()]
    assert told == [(413, "A call came, but it is larger than the limit (HTTP 413).")] * 3
    with running.wait(referrals(repeatedly=True)) as waiter:
        begun = time.monotonic()
        call(running.url, b" " * (LIMIT + 1))
        assert waiter.unclear(begun) == 1, "it may be a referral"
    assert call(running.url, referral()).status == 200


def test_a_large_body_holds_up_nobody(tmp_path: Path) -> None:
    large = referral().replace(b"</core:text>", b"x" * 5_000_000 + b"</core:text>")
    with counterpart(tmp_path) as one, ThreadPoolExecutor(2) as pool:
        heavy = pool.submit(call, one.url, large)
        assert call(one.url, referral("2")).status == 200
        assert heavy.result().text("errorCode") == "VALIDATION_ERROR"
    assert sorted(len(stray.exchange.request.body) > 5_000_000 for stray, _ in one.unclaimed()) == [False, True]


# ── many ──


def test_slow_clients_do_not_keep_others_waiting(running: Counterpart) -> None:
    body = referral()
    with ExitStack() as open_connections:
        slow = [open_connections.enter_context(plug(running.url)) for _ in range(SLOW_CLIENTS)]
        for connection in slow:
            connection.sendall(HEAD + f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:10])
        assert call(running.url, referral("good")).status == 200, "though the others are not done"
        for connection in slow:
            connection.sendall(body[10:])
        assert all(heard_on(connection).startswith(b"HTTP/1.1 200") for connection in slow)
    assert len(list(running.calls())) == SLOW_CLIENTS + 1


def test_a_thousand_connections_without_tls_to_a_tls_port(tmp_path: Path) -> None:
    made = certificates()
    with counterpart(tmp_path, tls=TlsFiles(made.server.certificate, made.server.key, made.ca)) as one:
        before = open_files()
        with one.wait(referrals()) as waiter:
            for _ in range(1000):
                with plug(one.url) as connection:
                    connection.sendall(HEAD)
            context = ssl.create_default_context(cafile=made.ca)
            assert call(one.url, referral(), context=context).status == 200
            assert waiter.take(5) is not None
            assert waiter.state()[1] == 1001
        assert open_files() <= before + 10


def test_it_goes_on_when_there_are_no_more_files(running: Counterpart) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    body = referral()
    with plug(running.url) as connection:
        connection.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        spare = os.open(os.devnull, os.O_RDONLY)
        os.close(spare)
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
        try:
            # What it brings cannot be put on disk, so it must not be acknowledged.
            connection.sendall(HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\n1")
            assert heard_on(connection).startswith(b"HTTP/1.1 500")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert call(running.url, referral("2")).status == 200
    assert [each.address for each in calls_kept(running.journal.folder)] == [ADDRESS, ADDRESS]


def test_many_threads_wait_while_many_call(running: Counterpart) -> None:
    taken: list[int] = []

    def one_case(number: int) -> None:
        with running.wait(referrals(when={"request-id": f"SE2321000012-0001#{number}"})) as waiter:
            assert call(running.url, referral(str(number))).status == 200
            found = waiter.take(10)
            assert found is not None
            taken.append(found.number)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one_case, range(200)))
    assert sorted(taken) == list(range(1, 201))


# ── stopped ──


def test_it_stops_at_once_though_it_is_silent_to_somebody(tmp_path: Path) -> None:
    with ExitStack() as rest:
        with counterpart(tmp_path) as one:
            rest.enter_context(one.wait(referrals(Behaviour("silence"))))
            body = referral()
            connection = rest.enter_context(plug(one.url))
            connection.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            while not list(one.calls()):
                time.sleep(0.01)
            begun = time.monotonic()
        assert time.monotonic() - begun < SILENCE_SECONDS
        assert heard_on(connection) == b""


def test_a_port_that_is_taken(running: Counterpart, tmp_path: Path) -> None:
    port = int(running.url.rpartition(":")[2])
    with pytest.raises(UsageError, match="cannot listen"), counterpart(tmp_path, port=port):
        pass


def test_a_client_whose_certificate_is_revoked_is_not_let_in(tmp_path: Path) -> None:
    made = certificates()
    files = TlsFiles(made.server.certificate, made.server.key, made.ca, made.crl)
    with counterpart(tmp_path, tls=files) as one:
        for pair, is_let_in in ((made.client, True), (made.revoked, False)):
            context = ssl.create_default_context(cafile=made.ca)
            context.load_cert_chain(pair.certificate, pair.key)
            try:
                assert call(one.url, referral(), context=context).status == 200
            except OSError:
                assert not is_let_in
            else:
                assert is_let_in
    assert "revoked" in one.connections.since(0)[0][-1].text.en


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path / "none.pem", tmp_path / "none.key")
    with pytest.raises(UsageError, match="no such file"), counterpart(tmp_path, tls=files):
        pass


# ── killed ──


@contextmanager
def in_a_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A counterpart in a process of its own, and its URL."""
    with subprocess.Popen([sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_what_was_acknowledged_is_on_disk_when_it_is_killed(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    with in_a_process(tmp_path) as (process, url), ThreadPoolExecutor(4) as pool:

        def caller(name: int) -> None:
            for number in range(10_000):
                try:
                    call(url, referral(f"{name}-{number}"))
                except OSError:
                    return
                acknowledged.add(f"SE2321000012-0001#{name}-{number}")
                if len(acknowledged) == 200:
                    process.send_signal(signal.SIGKILL)

        list(pool.map(caller, range(4)))
    assert len(acknowledged) >= 200
    entries = {entry.facts["request-id"]: entry for entry in calls_kept(tmp_path)}
    assert acknowledged <= entries.keys()
    assert all(name.encode() in entries[name].exchange.request.body for name in acknowledged)


def test_it_goes_on_from_what_it_had(tmp_path: Path) -> None:
    with in_a_process(tmp_path) as (process, url):
        for number in ("1", "2", "3"):
            call(url, referral(number))
        process.send_signal(signal.SIGKILL)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"kind":"received","number":4')
    with listen(domain(), Listening(), tmp_path) as one:
        told = one.call(1).exchange
        one.told_before([replace(told, step=2)])
        with one.wait(referrals(when={"request-id": "SE2321000012-0001#2"}, since=time.monotonic() - 600)) as waiter:
            taken = waiter.take(0)
        assert taken is not None
        assert taken.exchange.request.body == referral("2")
        assert call(one.url, referral("4")).status == 200
        left = [(stray.number, reason.en) for stray, reason in one.unclaimed()]
    assert [number for number, _ in left] == [3, 4]
    assert "started again" in left[0][1]
    assert [json.loads(line).get("number") for line in (tmp_path / FILE).read_text().splitlines()[-2:]] == [2, 4]


if __name__ == "__main__":
    with listen(domain(), Listening(), Path(sys.argv[1])) as other:
        print(other.url, flush=True)  # noqa: T201 - how the test learns the port
        signal.pause()


def test_who_calls_while_it_stops_leaves_nothing_open(tmp_path: Path) -> None:
    for number in range(10):
        over = threading.Event()
        with ExitStack() as stack, counterpart(tmp_path / str(number)) as running:
            host, port = running.url.removeprefix("http://").split(":")
            knocking = threading.Thread(target=_knock_until, args=((host, int(port)), over))
            knocking.start()
            stack.callback(knocking.join)
            stack.callback(over.set)
            call(running.url, referral())
    gc.collect()  # a socket that was left open warns when it is thrown away, and a warning is an error here


def _knock_until(place: tuple[str, int], over: threading.Event) -> None:
    while not over.is_set():
        try:
            socket.create_connection(place, timeout=5).close()
        except OSError:
            return
