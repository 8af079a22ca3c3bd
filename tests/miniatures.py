"""Tiny systems on real sockets, each named for its flaw: `with miniatures.resets_midway() as system: … system.url`."""

import gzip
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from certificates import Pair, certificates
from rivta.model import environment as environment_nouns
from rivta.model.environment import Environment, TlsFiles

PATH = "/ProcessRequest/2/rivtabp21"
ANSWER = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<r:ProcessRequestResponse xmlns:r="urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2"><r:result>'
    b'<c:resultCode xmlns:c="urn:riv:clinicalprocess:activity:request:2">OK</c:resultCode>'
    b"</r:result></r:ProcessRequestResponse></soapenv:Body></soapenv:Envelope>"
)
_MB = 1024 * 1024
_TLS_GREETING = b"\x16\x03"


@dataclass
class Miniature:
    """A running tiny system: where it is, and what it has heard."""

    url: str
    heard: list[bytes] = field(default_factory=list)
    """Every request that was read, headers and body, as it came."""
    connections: int = 0
    over: Event = field(default_factory=Event)
    """Set when the test is over: a system that is to do nothing waits for it."""

    def read_request(self, connection: socket.socket) -> bytes:
        """One whole request; empty when the other side has hung up."""
        request = b""
        while b"\r\n\r\n" not in request:
            part = connection.recv(65536)
            if not part:
                return b""
            request += part
            if request.startswith(_TLS_GREETING):  # as web servers do
                connection.sendall(reply(b"", "400 Bad Request", "Connection: close"))
                return b""
        head, _, body = request.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        missing = (int(lengths[0].partition(b":")[2]) if lengths else 0) - len(body)
        parts = [request]
        while missing > 0 and (part := connection.recv(65536)):
            parts.append(part)
            missing -= len(part)
        self.heard.append(b"".join(parts))
        return self.heard[-1]


def environment(tls: TlsFiles | None = None, connect: float = 2, read: float = 5) -> Environment:
    """An environment for calling them: our TLS files and our patience, in seconds."""
    return Environment(
        path=Path("environment.yaml"), system=environment_nouns.System("Organisation", "Product", "1"), roles=(), endpoints={},
        tls=tls or TlsFiles(), connect_seconds=connect, read_seconds=read, original_consumer="", headers={},
        test_identities=frozenset(), test_data={}, not_applicable={},
    )  # fmt: skip


Behaviour = Callable[[socket.socket, Miniature], None]
System = AbstractContextManager[Miniature]


def reply(
    body: bytes = ANSWER, status: str = "200 OK", *headers: str, content_type: str = "text/xml; charset=UTF-8"
) -> bytes:
    """An HTTP answer, whole."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@contextmanager
def listening(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Miniature]:
    """A system that treats each connection as `behave` says, in a thread of its own."""
    door = socket.create_server(("127.0.0.1", 0))
    system = Miniature(f"{'https' if tls else 'http'}://127.0.0.1:{door.getsockname()[1]}{PATH}")
    guests: list[socket.socket] = []
    threads: list[Thread] = []
    lock = Lock()

    def host(guest: socket.socket) -> None:
        # What the other side does to the connection is the test's business.
        with suppress(OSError), guest:
            guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the first answer over TLS waits 40 ms
            secured = tls.wrap_socket(guest, server_side=True, do_handshake_on_connect=False) if tls else guest
            with lock:
                guests.append(secured)
            with secured:
                if system.over.is_set():
                    return
                if isinstance(secured, ssl.SSLSocket):
                    secured.do_handshake()
                behave(secured, system)

    def welcome() -> None:
        with suppress(OSError):
            while True:
                guest, _ = door.accept()
                with lock:
                    system.connections += 1
                    threads.append(Thread(target=host, args=(guest,)))
                    threads[-1].start()

    welcoming = Thread(target=welcome)
    welcoming.start()
    try:
        yield system
    finally:
        system.over.set()
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
        welcoming.join()
        with lock:
            for guest in guests:
                with suppress(OSError):
                    # Not TLS's own shutdown, which would pull the session from under the thread that reads.
                    socket.socket.shutdown(guest, socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> System:
    """A system that gives every request the same answer and keeps the connection."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        while system.read_request(connection):
            connection.sendall(answer)

    return listening(behave, tls)


def answering_once(answer: bytes) -> System:
    """A system that answers one request with these bytes, and hangs up."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        system.read_request(connection)
        connection.sendall(answer)

    return listening(behave)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# No flaw at all.
def speaks_plain() -> System:
    """A sound system without TLS."""
    return answering(reply())


def speaks_tls(pair: Pair | None = None) -> System:
    """A sound system with TLS; its certificate is self-signed unless another is given."""
    return answering(reply(), (pair or certificates().self_signed).server_context())


def demands_client_certificate() -> System:
    """A sound system with mutual TLS: it knows certificates of our test authority only."""
    return answering(reply(), certificates().server.server_context(certificates().ca))


# No way there.
@contextmanager
def refuses() -> Iterator[Miniature]:
    """Nobody listens. The port stays taken, so that nobody else does either."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Miniature(f"http://127.0.0.1:{taken.getsockname()[1]}{PATH}")


# No answer.
def never_answers() -> System:
    """It takes the request and says nothing."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        system.read_request(connection)
        system.over.wait()

    return listening(behave)


def never_shakes_hands() -> System:
    """It accepts the connection and never says a word: a client that begins with TLS waits for its greeting."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        system.over.wait()

    return listening(behave)


def sips_slowly() -> System:
    """It takes the request a little at a time, for ever."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while connection.recv(1000) and not system.over.wait(0.001):
            pass

    return listening(behave)


def drips_slowly(every_seconds: float = 0.02) -> System:
    """It sends its answer a byte at a time, often enough that no single read times out."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        system.read_request(connection)
        answer = reply(ANSWER * 100)
        for place in range(len(answer)):
            connection.sendall(answer[place : place + 1])
            if system.over.wait(every_seconds):
                return

    return listening(behave)


def closes_silently() -> System:
    """It takes the request and closes the connection."""
    return answering_once(b"")


def resets_at_once() -> System:
    """It takes the request and resets the connection."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        system.read_request(connection)
        _reset(connection)

    return listening(behave)


def resets_midway() -> System:
    """It resets the connection in the middle of the body. The part before is sent long enough ahead to be read."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        system.read_request(connection)
        answer = reply()
        connection.sendall(answer[:-40])
        system.over.wait(0.2)
        _reset(connection)

    return listening(behave)


def truncates_body() -> System:
    """It promises more than it sends, then closes."""
    return answering_once(reply()[:-40])


def truncates_chunks() -> System:
    """It closes in the middle of a chunked body."""
    return answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<soap\r\n40\r\nenv:")


def truncates_chunk_sizes() -> System:
    """It closes where the size of the next chunk should stand."""
    return answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<soap\r\n")


# An answer that is not as it should be.
def answers_odd_chunks() -> System:
    """A chunk of a size that is no number."""
    return answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n<soap\r\n0\r\n\r\n")


def alerts_plain_callers() -> System:
    """It speaks TLS, and says so to those who do not, with an alert (unexpected_message), as Java's servers do."""
    return answering_once(b"\x15\x03\x03\x00\x02\x02\x0a")


def answers_garbage() -> System:
    """Not HTTP."""
    return answering_once(b"\x00\x01 hello this is not HTTP\r\n\r\n")


def answers_endless_headers() -> System:
    """More headers than anybody reads."""
    return answering_once(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 500 + b"\r\n")


def answers_empty_200() -> System:
    """Status 200 and nothing."""
    return answering(reply(b""))


def answers_html_error_page() -> System:
    """A web server's own error page."""
    page = b"<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>"
    return answering(reply(page, "500 Internal Server Error", content_type="text/html"))


# An answer that is somebody else's.
def answers_for_the_platform() -> System:
    """The national platform, which does not reach the system."""
    text = b"VP009 [platform] Fel vid kontakt med tj\xc3\xa4nsteproducenten."
    fault = (
        b"<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>" + text + b"</faultstring></soapenv:Fault>"
    )
    before, after = ANSWER.partition(b"<r:")[0], b"</soapenv:Body></soapenv:Envelope>"
    return answering(reply(before + fault + after, "500 Internal Server Error"))


def answers_bad_gateway() -> System:
    """A proxy that does not reach the system."""
    page = b"<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>"
    return answering(reply(page, "502 Bad Gateway", content_type="text/html"))


def answers_login_page() -> System:
    """A gateway that wants a person to log in."""
    page = b"<!DOCTYPE html><html><head><title>Logga in</title></head><body><form></form></body></html>"
    return answering(reply(page, content_type="text/html"))


def answers_not_found() -> System:
    """A server that has nothing at the address."""
    return answering(reply(b"", "404 Not Found"))


def redirects() -> System:
    """It sends the caller elsewhere."""
    return answering(reply(b"", "302 Found", "Location: /elsewhere"))


def gzips_unasked() -> System:
    """It compresses although nobody said that they can read it."""
    return answering(reply(gzip.compress(ANSWER, mtime=0), "200 OK", "Content-Encoding: gzip"))


def answers_in_chunks() -> System:
    """Chunked, as many stacks do; no flaw."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, ANSWER[place : place + 1]) for place in range(len(ANSWER)))
    return answering(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    )


def answers_until_it_closes() -> System:
    """HTTP/1.0: the answer ends with the connection; no flaw."""
    return answering_once(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + ANSWER)


def answers_10_mb() -> System:
    """As large as a contract allows."""
    return answering(reply(_large(10 * _MB)))


def answers_60_mb() -> System:
    """Larger than is read."""
    return answering(reply(_large(60 * _MB)))


def _large(size: int) -> bytes:
    before, after = ANSWER.split(b"OK", 1)
    return before + b"QUJD" * ((size - len(ANSWER)) // 4) + after


def refuses_large_requests() -> System:
    """It answers 413 after the headers and closes with the request unread."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        connection.recv(1024)
        connection.sendall(reply(b"too large", "413 Content Too Large", "Connection: close", content_type="text/plain"))

    return listening(behave)


def refuses_large_requests_and_lingers(tls: ssl.SSLContext | None = None) -> System:
    """It answers 413 after the headers, reads no more and keeps the connection open."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        connection.recv(1024)
        connection.sendall(reply(b"too large", "413 Content Too Large", content_type="text/plain"))
        system.over.wait()

    return listening(behave, tls)


def answers_before_it_is_asked() -> System:
    """It sends 10 MB as soon as it is called, and reads the request afterwards."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        connection.sendall(reply(_large(10 * _MB)))
        system.read_request(connection)

    return listening(behave)


def closes_idle_connections() -> System:
    """It lets the caller believe that the connection is kept, and closes it after each answer."""
    return answering_once(reply())


def closes_when_spoken_to_again() -> System:
    """It answers the first request on each connection, and closes when the second comes."""

    def behave(connection: socket.socket, system: Miniature) -> None:
        system.read_request(connection)
        connection.sendall(reply())
        connection.recv(1)

    return listening(behave)


def billion_laughs() -> System:
    """An entity bomb."""
    entities = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 12))
    return answering(reply(f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e11;</a>'.encode()))


def wrong_encoding() -> System:
    """It declares UTF-8 and sends ISO-8859-1."""
    return answering(reply(ANSWER.replace(b">OK<", ">Åmål<".encode("iso-8859-1"))))


def answers_soap_1_2() -> System:
    """The right words in the wrong version of SOAP."""
    return answering(
        reply(
            ANSWER.replace(b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"),
            content_type="application/soap+xml",
        )
    )
