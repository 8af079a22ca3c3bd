"""The reference system over real sockets: HTTP/1.1 as it is spoken, and TLS with certificates of the test's own making."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from certificates import certificates
from reference_messages import HEADERS, TOLVAN, confirmation, referral
from reference_system import started
from rivta.contract import validators
from rivta.model.domain import Contract, Domain
from rivta.model.environment import TlsFiles
from rivta.simulator import Server, serve
from rivta.simulator.server import LIMIT_BYTES
from test_reference import domain  # noqa: F401 (a fixture)


@pytest.fixture
def contract(domain: Domain) -> Contract:  # noqa: F811 (the fixture's value)
    return domain.contracts["ProcessRequest"]


@pytest.fixture
def server(domain: Domain) -> Iterator[Server]:  # noqa: F811 (the fixture's value)
    with started(domain=domain) as system, serve(system) as running:
        yield running


PATH = "/ProcessRequest/2/rivtabp21"


def connect(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.host, server.port, timeout=60)


def post(connection: http.client.HTTPConnection, body: bytes, path: str = PATH) -> tuple[int, bytes]:
    connection.request("POST", path, body, dict(HEADERS))
    response = connection.getresponse()
    return response.status, response.read()


def spoken(server: Server, raw: bytes, *, close: bool = False) -> bytes:
    """What comes back until the server closes the connection, or until a first answer is complete enough to read."""
    with socket.create_connection((server.host, server.port), timeout=60) as raw_socket:
        raw_socket.sendall(raw)
        if close:
            raw_socket.shutdown(socket.SHUT_WR)
        received = b""
        while taken := raw_socket.recv(65536):
            received += taken
        return received


def test_no_caller_waits_for_a_schema_to_be_compiled(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(validators, "_compiled", {})
    told: list[str] = []
    with started(domain=domain) as system:
        system.prepare(told.append)
        with serve(system) as server, closing(connect(server)) as connection:
            monkeypatch.setattr(validators, "_compile", None)
            assert post(connection, referral("SE1#1"))[0] == 200
    assert told == [*(f"the schemas of {each.id.name} are compiled" for each in domain.contracts.values()), ""]


def test_many_messages_on_one_connection(server: Server, contract: Contract) -> None:
    assert server.url + contract.path == f"http://127.0.0.1:{server.port}{PATH}"
    connection = connect(server)
    for number in range(20):
        status, body = post(connection, referral(f"a#{number}"))
        assert status == 200
        assert b">OK<" in body
    assert connection.sock is not None, "the connection is kept"
    connection.close()


def test_sixteen_at_once(server: Server) -> None:
    def one(number: int) -> tuple[int, bool]:
        connection = connect(server)
        status, body = post(connection, referral(f"a#{number}"))
        connection.close()
        return status, b">OK<" in body

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(one, range(160))) == {(200, True)}


def test_a_fault_has_status_500_and_the_connection_goes_on(server: Server) -> None:
    connection = connect(server)
    status, body = post(connection, b"<not xml")
    assert status == 500
    assert b"soapenv:Fault" in body
    assert post(connection, referral())[0] == 200
    connection.close()


def test_a_chunked_body_is_read(server: Server) -> None:
    body, connection = referral(), connect(server)
    chunks = [body[:10], body[10:500], body[500:]]
    connection.request("POST", PATH, iter(chunks), dict(HEADERS), encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 200
    assert b">OK<" in response.read()
    assert post(connection, referral())[0] == 200
    connection.close()


def test_a_client_that_waits_for_100_continue_gets_it(server: Server) -> None:
    body = referral()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((server.host, server.port), timeout=60) as raw:
        raw.sendall(head.encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 100")
        raw.sendall(body)
        assert raw.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {LIMIT_BYTES + 1}\r\n\r\n", 413),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT_BYTES + 1}\r\n\r\n", 413),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{LIMIT_BYTES + 1:x}\r\n", 400),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\n\r\n", 411),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", 400),
        # Without chunked at its end nobody knows where such a body ends (RFC 9112, 6.3).
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 415),
        (f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 400),
        ("POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404),
        ("GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 501),
        ("nonsense\r\n\r\n", 400),
    ],
)
def test_what_http_refuses(server: Server, request_head: str, status: int) -> None:
    answer = spoken(server, request_head.encode(), close=True)
    assert answer.startswith(f"HTTP/1.1 {status}".encode()) or (status == 400 and f"{status}".encode() in answer[:600])


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_the_cap_is_refused_in_words_that_arrive(server: Server, is_chunked: bool) -> None:
    connection, body = connect(server), b" " * (LIMIT_BYTES + 1)
    connection.request("POST", PATH, iter([body]) if is_chunked else body, dict(HEADERS), encode_chunked=is_chunked)
    assert connection.getresponse().status == 413
    connection.close()


def test_the_wsdl_is_served(server: Server, contract: Contract) -> None:
    connection = connect(server)
    connection.request("GET", f"{PATH}?wsdl")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, contract.wsdl.read_bytes())
    connection.close()


def test_any_of_the_contracts_may_come_to_any_of_the_addresses(server: Server) -> None:
    connection = connect(server)
    status, body = post(connection, confirmation())
    assert status == 200
    assert b"PRC002" in body, "the body's root element decides, not the address"
    connection.close()


def test_no_body_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        connection = connect(server)
        post(connection, referral())
        post(connection, referral(postal="1"))
        post(connection, referral()[:-9])
        connection.close()
    assert "POST" in caplog.text
    assert TOLVAN not in caplog.text
    assert "Tolvan" not in caplog.text


def test_a_slow_answer_is_slow_and_stopping_does_not_wait_for_it(domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    with started(domain=domain, faults=["slow-answer"]) as system:
        with serve(system) as running, closing(connect(running)) as connection:
            begun = time.monotonic()
            assert post(connection, referral())[0] == 200
            took = time.monotonic() - begun
            assert took > 2.0
            connection.request("POST", PATH, referral(), dict(HEADERS))
            begun = time.monotonic()
        assert time.monotonic() - begun < took, "it is stopped sooner than it would have answered"


def test_stopping_closes_idle_connections(domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    with started(domain=domain) as system:
        with serve(system) as running:
            connection = connect(running)
            assert post(connection, referral())[0] == 200
        assert connection.sock is not None
        assert connection.sock.recv(1) == b"", "it was closed from the other side, which waited for nothing"
        connection.close()


def secure(server: Server, context: ssl.SSLContext) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=60, context=context)
    try:
        return post(connection, referral())
    finally:
        connection.close()


def test_tls_without_client_certificates(domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    made = certificates()
    files = TlsFiles(made.server.certificate, made.server.key)
    with started(domain=domain) as system, serve(system, tls=files) as running:
        assert running.url.startswith("https://")
        assert secure(running, ssl.create_default_context(cafile=str(made.ca)))[0] == 200


def test_mutual_tls(domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    made = certificates()
    files = TlsFiles(made.server.certificate, made.server.key, made.ca)
    with started(domain=domain) as system, serve(system, tls=files) as running:
        context = ssl.create_default_context(cafile=str(made.ca))
        with pytest.raises((ssl.SSLError, ConnectionError)):
            secure(running, context)
        stranger = ssl.create_default_context(cafile=str(made.ca))
        stranger.load_cert_chain(made.stranger.certificate, made.stranger.key)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            secure(running, stranger)
        context.load_cert_chain(made.client.certificate, made.client.key)
        assert secure(running, context)[0] == 200
        assert secure(running, context)[0] == 200


def test_a_silent_client_does_not_hold_up_others(domain: Domain) -> None:  # noqa: F811 (the fixture's value)
    made = certificates()
    files = TlsFiles(made.server.certificate, made.server.key)
    with started(domain=domain) as system, serve(system, tls=files) as running:
        with socket.create_connection((running.host, running.port)):
            assert secure(running, ssl.create_default_context(cafile=str(made.ca)))[0] == 200
        with socket.create_connection((running.host, running.port)) as plain:
            plain.sendall(b"POST / HTTP/1.1\r\n\r\n")
        assert secure(running, ssl.create_default_context(cafile=str(made.ca)))[0] == 200


def test_a_taken_port_is_told(domain: Domain, server: Server) -> None:  # noqa: F811 (the fixture's value)
    with (
        started(domain=domain) as system,
        pytest.raises(OSError, match="in use"),
        serve(system, port=server.port),
    ):
        pass
