"""The HTTP transport against real sockets: what is sent is what was given, and all trouble is told, none raised."""

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from threading import Barrier, Event, Thread

import pytest

import miniatures
from miniatures import ANSWER, Miniature, System, environment
from rivta.model.clock import SYSTEM
from rivta.model.exchange import Exchange
from rivta.model.words import Blame, Headers
from rivta.transport.http import HttpTransport
from rivta.transport.wire import Stopwatch, Wire
from simulated_clock import SimulatedClock

HEADERS: Headers = (("Content-Type", "text/xml; charset=UTF-8"), ("SOAPAction", '"urn:ask"'), ("X-Extra", "Å"))
BODY = "<a>\r\n åäö </a>".encode()


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport(environment())
    yield made
    made.close()


def ask(system: Miniature, read: float = 5, body: bytes = BODY) -> Exchange:
    with closing(HttpTransport(environment(read=read))) as transport:
        return transport.send(system.url, HEADERS, body, "ProcessRequest")


def test_a_sound_call(transport: HttpTransport) -> None:
    with miniatures.speaks_plain() as system:
        exchange = transport.send(system.url, HEADERS, BODY, "ProcessRequest")
    place = system.url.split("/")[2]
    assert exchange.problem is None
    assert (exchange.status, exchange.contract, exchange.url, exchange.tls) == (200, "ProcessRequest", system.url, None)
    assert exchange.response
    assert exchange.response.body == ANSWER
    assert exchange.response.headers == (
        ("Content-Type", "text/xml; charset=UTF-8"),
        ("Content-Length", str(len(ANSWER))),
    )
    assert exchange.request.headers == (("Host", place), *HEADERS, ("Content-Length", str(len(BODY))))
    assert exchange.started.endswith("Z")
    assert exchange.elapsed_ms > 0
    lines = [
        f"POST {miniatures.PATH} HTTP/1.1",
        *(f"{name}: {value}" for name, value in exchange.request.headers),
        "",
        "",
    ]
    assert system.heard == ["\r\n".join(lines).encode() + BODY]


def test_the_bytes_of_a_body_are_never_altered(transport: HttpTransport) -> None:
    body = bytes(range(256)) * 40_000
    with miniatures.speaks_plain() as system:
        assert transport.send(system.url, HEADERS, body, "c").problem is None
    assert system.heard[0].partition(b"\r\n\r\n")[2] == body


def test_headers_that_are_wrong_on_purpose_go_out_as_they_are(transport: HttpTransport) -> None:
    headers = (("content-LENGTH", "3"), ("HOST", "elsewhere"), ("Connection", "close"))
    with miniatures.speaks_plain() as system:
        exchange = transport.send(system.url, headers, b"abc", "c")
    assert exchange.request.headers == headers
    assert system.heard[0].startswith(
        b"POST " + miniatures.PATH.encode() + b" HTTP/1.1\r\ncontent-LENGTH: 3\r\nHOST: elsewhere\r\n"
    )


def test_a_connection_is_kept(transport: HttpTransport) -> None:
    with miniatures.speaks_plain() as system:
        for _ in range(5):
            assert transport.send(system.url, HEADERS, BODY, "c").status == 200
        assert system.connections == 1
        other = Thread(target=lambda: transport.send(system.url, HEADERS, BODY, "c"))
        other.start()
        other.join()
        assert (system.connections, len(system.heard)) == (1, 6)
        transport.close()
        assert transport.send(system.url, HEADERS, BODY, "c").status == 200
        assert system.connections == 2


def test_who_asks_at_the_same_time_has_a_connection_of_its_own_and_every_one_is_hung_up() -> None:
    both, hung_up = Barrier(2), Barrier(3)

    def answers_when_two_have_asked(connection: socket.socket, system: miniatures.Miniature) -> None:
        while system.read_request(connection):
            both.wait(10)
            connection.sendall(miniatures.reply())
        hung_up.wait(10)

    statuses: list[int | None] = []
    with (
        closing(HttpTransport(environment())) as transport,
        miniatures.listening(answers_when_two_have_asked) as system,
    ):
        for _ in range(2):
            asking = [
                Thread(target=lambda: statuses.append(transport.send(system.url, HEADERS, BODY, "c").status))
                for _ in range(2)
            ]
            for thread in asking:
                thread.start()
            for thread in asking:
                thread.join()
        assert (statuses, system.connections, hung_up.n_waiting) == ([200] * 4, 2, 0)
        transport.close()
        hung_up.wait(10)


def test_connections_to_different_systems_are_kept_apart(transport: HttpTransport) -> None:
    with miniatures.speaks_plain() as one, miniatures.speaks_plain() as other:
        for system in (one, other, one, other):
            assert transport.send(system.url, HEADERS, BODY, "c").status == 200
        assert (one.connections, other.connections) == (1, 1)


@pytest.mark.parametrize("flaw", [miniatures.closes_idle_connections, miniatures.closes_when_spoken_to_again])
def test_a_kept_connection_that_was_closed_is_opened_again(
    flaw: Callable[[], System], transport: HttpTransport
) -> None:
    with flaw() as system:
        for _ in range(4):
            exchange = transport.send(system.url, HEADERS, BODY, "c")
            assert (exchange.status, exchange.problem) == (200, None)
        assert len(system.heard) == 4


def test_a_request_on_a_new_connection_is_never_sent_twice(transport: HttpTransport) -> None:
    with miniatures.closes_silently() as system:
        assert transport.send(system.url, HEADERS, BODY, "c").problem
        assert len(system.heard) == 1


@pytest.mark.parametrize(
    ("flaw", "kind", "blame", "words"),
    [
        (miniatures.refuses, "refused", Blame.ENVIRONMENT, "tar inte emot anslutningar"),
        (miniatures.closes_silently, "reset", Blame.SYSTEM, "utan att svara"),
        (miniatures.resets_at_once, "reset", Blame.SYSTEM, "utan att svara"),
        (miniatures.answers_garbage, "malformed", Blame.SYSTEM, "hello this is not HTTP"),
        (miniatures.answers_endless_headers, "malformed", Blame.SYSTEM, "fler huvuden, eller längre"),
        (miniatures.never_answers, "timeout", Blame.SYSTEM, "inom 0.3 s"),
    ],
)
def test_no_answer_says_why_and_whose_fault_it_is(
    flaw: Callable[[], System], kind: str, blame: Blame, words: str
) -> None:
    with flaw() as system:
        exchange = ask(system, read=0.3)
    assert exchange.problem
    assert (exchange.problem.kind, exchange.problem.blame) == (kind, blame)
    assert words in exchange.problem.text.sv
    assert exchange.problem.text.en != exchange.problem.text.sv
    assert (exchange.response, exchange.request.body) == (None, BODY)


@pytest.mark.parametrize(
    ("flaw", "kept"),
    [
        (miniatures.truncates_body, ANSWER[:-40]),
        (miniatures.resets_midway, ANSWER[:-40]),
        (miniatures.truncates_chunks, b"<soapenv:"),
        (miniatures.truncates_chunk_sizes, b"<soap"),
    ],
)
def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came(flaw: Callable[[], System], kept: bytes) -> None:
    with flaw() as system:
        exchange = ask(system)
    assert exchange.problem
    assert (exchange.problem.kind, exchange.problem.blame) == ("reset", Blame.SYSTEM)
    assert str(len(kept)) in exchange.problem.text.en
    assert exchange.status == 200
    assert exchange.response
    assert exchange.response.body == kept


def test_chunks_that_cannot_be_counted_are_no_http() -> None:
    with miniatures.answers_odd_chunks() as system:
        exchange = ask(system)
    assert exchange.problem
    assert (exchange.problem.kind, exchange.status) == ("malformed", 200)
    assert "a size that is none" in exchange.problem.text.en


def test_a_slow_drip_ends_at_the_deadline() -> None:
    with miniatures.drips_slowly(every_seconds=0.002) as system:
        exchange = ask(system, read=0.5)
    assert exchange.problem
    assert exchange.problem.kind == "timeout"
    assert exchange.elapsed_ms >= 500
    assert exchange.response
    assert exchange.response.body.startswith(b"<?xml")


@pytest.mark.parametrize("flaw", [miniatures.never_shakes_hands, miniatures.sips_slowly])
def test_a_request_that_is_not_taken_ends_at_the_deadline(flaw: Callable[[], System]) -> None:
    with flaw() as system:
        exchange = ask(system, read=0.3, body=bytes(20_000_000))
    assert exchange.problem
    assert exchange.problem.kind == "timeout"


def test_a_system_that_talks_first_is_listened_to() -> None:
    with miniatures.answers_before_it_is_asked() as system:
        exchange = ask(system, body=bytes(20_000_000))
    assert exchange.problem is None
    assert exchange.response
    assert len(exchange.response.body) > 10_000_000


@pytest.mark.parametrize("is_late", [False, True])
def test_a_second_answer_is_nobodys(is_late: bool, transport: HttpTransport) -> None:
    """It is not taken for the answer to what is asked next, whether it came with the first or after it."""
    heard, said = Event(), Event()

    def says_all_twice(connection: socket.socket, system: miniatures.Miniature) -> None:
        while system.read_request(connection):
            own = miniatures.reply(b"%d" % len(system.heard))
            connection.sendall(own if is_late else own + own)
            if is_late:
                heard.wait(10)
                connection.sendall(own)
            said.set()

    with miniatures.listening(says_all_twice) as system:
        for number in (b"1", b"2"):
            exchange = transport.send(system.url, HEADERS, BODY, "c")
            assert exchange.response is not None
            assert exchange.response.body == number
            heard.set()
            assert said.wait(10)


@pytest.mark.parametrize("flaw", [miniatures.refuses_large_requests, miniatures.refuses_large_requests_and_lingers])
@pytest.mark.parametrize("size", [1000, 10_000_000])
def test_an_answer_before_the_request_is_over_is_heard(flaw: Callable[[], System], size: int) -> None:
    with flaw() as system:
        exchange = ask(system, body=bytes(size))
    assert exchange.problem is None
    assert exchange.status == 413
    assert exchange.response
    assert exchange.response.body == b"too large"


@pytest.mark.parametrize(
    ("flaw", "status", "body"),
    [
        (miniatures.answers_empty_200, 200, b""),
        (miniatures.redirects, 302, b""),
        (miniatures.gzips_unasked, 200, gzip.compress(ANSWER, mtime=0)),
        (miniatures.answers_in_chunks, 200, ANSWER),
        (miniatures.answers_until_it_closes, 200, ANSWER),
    ],
)
def test_an_answer_is_kept_as_it_came(flaw: Callable[[], System], status: int, body: bytes) -> None:
    with flaw() as system:
        exchange = ask(system)
        assert exchange.problem is None
        assert (exchange.status, len(system.heard)) == (status, 1)
    assert exchange.response
    assert exchange.response.body == body


def interim(*statuses: str) -> bytes:
    return b"".join(f"HTTP/1.1 {status}\r\nLink: </a>\r\n\r\n".encode() for status in statuses)


@pytest.mark.parametrize(
    "before",
    [("100 Continue",), ("103 Early Hints",), ("102 Processing", "100 Continue", "103 Early Hints", "199 Odd")],
)
def test_an_interim_answer_is_no_answer(before: tuple[str, ...]) -> None:
    with miniatures.answering(interim(*before) + miniatures.reply(ANSWER)) as system:
        transport = HttpTransport(environment())
        first, second = (transport.send(system.url, HEADERS, BODY, "c") for _ in range(2))
        transport.close()
        assert system.connections == 1
    for exchange in (first, second):
        assert (exchange.status, exchange.problem) == (200, None)
        assert exchange.response
        assert exchange.response.body == ANSWER
        assert exchange.response.header("Link") is None


def test_interim_answers_alone_are_no_answer() -> None:
    with miniatures.answering_once(interim("103 Early Hints")) as system:
        exchange = ask(system)
    assert exchange.problem
    assert exchange.problem.kind == "reset"
    assert exchange.status is None


def test_switching_protocols_is_the_answer() -> None:
    with miniatures.answering_once(interim("101 Switching Protocols")) as system:
        assert ask(system).status == 101


@pytest.mark.parametrize(
    ("told", "is_one"),
    [
        ("5, 5", True),
        ("5,5 ,5", True),
        ("5\r\nContent-Length: 5", True),
        ("5, 6", False),
        ("0\r\nContent-Length: 5", False),
        ("5\r\nContent-Length: 50", False),
        ("-5", False),
        ("+5", False),
        ("5x", False),
    ],
)
def test_a_length_that_is_said_twice_is_one_and_two_are_no_http(told: str, is_one: bool) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {told}\r\n\r\n<ok/>".encode()
    with miniatures.answering(answer) as system:
        exchange = ask(system, read=2)
    if is_one:
        assert (exchange.status, exchange.problem) == (200, None)
        assert exchange.response
        assert exchange.response.body == b"<ok/>"
    else:
        assert exchange.problem
        assert (exchange.problem.kind, exchange.problem.blame) == ("malformed", Blame.SYSTEM)
        assert "Content-Length" in exchange.problem.text.en


class Busy:
    """A machine on which our process stands still now and then: its time goes by in between."""

    def __init__(self) -> None:
        self.lost = 0.0

    def now(self) -> datetime:
        return SYSTEM.now()

    def monotonic(self) -> float:
        return SYSTEM.monotonic() + self.lost


def test_what_we_are_late_is_not_the_systems_time() -> None:
    clock, (ours, theirs) = Busy(), socket.socketpair()
    wire = Wire(ours, clock)  # type: ignore[arg-type]  # all that it asks a clock for
    with closing(theirs), closing(ours):
        wire.start(1000)
        wire.send(b"a question")
        for _ in range(3):
            clock.lost += 100  # in which nobody runs us; what is late is we
            theirs.sendall(b"an answer")
            assert wire.receive_into(memoryview(bytearray(9))) == 9
            assert wire.took < 50
        assert wire.took >= 0


def test_what_the_system_takes_is_its_time() -> None:
    clock = SimulatedClock()
    watch = Stopwatch(clock)
    for _ in range(4):
        assert watch.look() <= 0.05
        clock.sleep(0.5)  # in which we looked, and nothing came
    watch.look()
    assert watch.seconds == pytest.approx(2, abs=0.05)
    clock.sleep(0.01)
    assert watch.seconds == pytest.approx(2.01)
    clock.sleep(60)  # in which what had come lay there
    assert watch.seconds == pytest.approx(2.02, abs=0.05)


def test_an_answer_that_came_in_time_is_heard_however_late_we_look() -> None:
    clock, (ours, theirs) = Busy(), socket.socketpair()
    wire = Wire(ours, clock)  # type: ignore[arg-type]  # all that it asks a clock for
    with closing(theirs), closing(ours):
        wire.start(5)
        wire.send(b"a question")
        theirs.sendall(b"an answer")
        clock.lost += 60
        assert wire.receive_into(memoryview(bytearray(9))) == 9
        with pytest.raises(TimeoutError):
            wire.receive_into(memoryview(bytearray(9)))


def test_an_error_page_is_an_answer() -> None:
    with miniatures.answers_html_error_page() as system:
        exchange = ask(system)
    assert (exchange.status, exchange.problem) == (500, None)
    assert exchange.response
    assert exchange.response.header("content-type") == "text/html"


def test_10_mb_both_ways() -> None:
    with miniatures.answers_10_mb() as system:
        exchange = ask(system, body=bytes(10_000_000), read=20)
        assert len(system.heard[0]) > 10_000_000
    assert exchange.problem is None
    assert exchange.response
    assert 10_000_000 < len(exchange.response.body) <= 10 * 1024 * 1024


def test_what_is_larger_than_is_read_is_cut_and_said() -> None:
    with miniatures.answers_60_mb() as system:
        exchange = ask(system, read=20)
    assert exchange.problem
    assert (exchange.problem.kind, exchange.problem.blame) == ("too-large", Blame.SYSTEM)
    assert exchange.response
    assert len(exchange.response.body) == 1024 * 1024


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://nosuchhost.invalid/x", "dns"),
        ("http://255.255.255.255:9/x", "unreachable"),
        ("ftp://127.0.0.1/x", "url"),
        ("127.0.0.1:80/x", "url"),
        ("http:///x", "url"),
        ("http://127.0.0.1:99999/x", "url"),
        ("http://127.0.0.1:port/x", "url"),
        ("http://[::1/x", "url"),
        ("http://127.0.0.1/a b", "url"),
        ("http://127.0.0.1/å", "url"),
        ("http://127.0.0.1/x\r\nEvil: 1", "url"),
        (f"http://{'a' * 70}.example/x", "url"),
        ("", "url"),
    ],
)
def test_a_url_that_leads_nowhere_is_the_environments_fault(url: str, kind: str, transport: HttpTransport) -> None:
    exchange = transport.send(url, HEADERS, BODY, "c")
    assert exchange.problem
    assert (exchange.problem.kind, exchange.problem.blame) == (kind, Blame.ENVIRONMENT)


@pytest.mark.parametrize("header", [("X-Evil", "a\r\nX-More: b"), ("X Evil", "a"), ("", "a"), ("X-Evil:", "a")])
def test_a_header_that_breaks_out_of_its_line_is_not_sent(header: tuple[str, str], transport: HttpTransport) -> None:
    with miniatures.speaks_plain() as system:
        exchange = transport.send(system.url, (header,), BODY, "c")
        assert system.heard == []
    assert exchange.problem
    assert exchange.problem.kind == "header"


def test_a_connection_that_never_comes_about_is_given_up() -> None:
    # A listener whose queue is full takes no more: its host drops what knocks.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        transport = HttpTransport(environment(connect=0.3))
        exchange = transport.send(f"http://127.0.0.1:{full.getsockname()[1]}/", HEADERS, BODY, "c")
        for one in waiting:
            one.close()
    assert exchange.problem
    assert (exchange.problem.kind, exchange.problem.blame) == ("connect-timeout", Blame.ENVIRONMENT)


def test_the_transport_works_on_after_every_flaw(transport: HttpTransport) -> None:
    flaws = [miniatures.closes_silently, miniatures.truncates_body, miniatures.answers_garbage, miniatures.refuses]
    with miniatures.speaks_plain() as sound:
        for flaw in flaws:
            with flaw() as system:
                assert transport.send(system.url, HEADERS, BODY, "c").problem
            assert transport.send(sound.url, HEADERS, BODY, "c").problem is None
        assert sound.connections == 1
