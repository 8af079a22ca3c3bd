"""What the tester is told while no call comes: over real sockets and real handshakes."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from certificates import certificates
from counterpart_world import (
    ADDRESS,
    CHILD,
    CONTRACT,
    PATIENT,
    call,
    counterpart,
    invalid_referral,
    plug,
    referral,
    referrals,
)
from rivta.counterpart import Counterpart, Waiter
from rivta.model.environment import TlsFiles
from rivta.model.words import Text
from rivta.transport import server


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Counterpart]:
    with counterpart(tmp_path, addresses=(ADDRESS,), limit_bytes=20_000) as one:
        yield one


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Counterpart]:
    made = certificates()
    files = TlsFiles(made.server.certificate, made.server.key, made.ca)
    with counterpart(tmp_path, tls=files) as one:
        yield one


def client(**changes: object) -> ssl.SSLContext:
    """A caller that trusts our authority and shows no certificate."""
    context = ssl.create_default_context(cafile=certificates().ca)
    for name, value in changes.items():
        setattr(context, name, value)
    return context


def said(waiter: Waiter, word: str) -> str:
    """What is told, once it is what we expect: the server hears of a broken connection a moment after us."""
    text: Text | None = None
    end = time.monotonic() + 5
    while time.monotonic() < end:
        text, _ = waiter.state()
        if text is not None and word in text.en:
            assert text.sv != text.en
            return text.en
        time.sleep(0.01)
    raise AssertionError(f"“{word}” was not told, but {text}")


def test_nothing_has_reached_the_port(plain: Counterpart) -> None:
    with plain.wait(referrals()) as waiter:
        text, connections = waiter.state()
    assert connections == 0
    assert text is not None
    assert plain.addresses[CONTRACT] in text.en


def test_what_came_before_the_waiting_does_not_count(plain: Counterpart) -> None:
    call(plain.url, referral(kind="AR"))
    with plain.wait(referrals(when={"kind": "NR"})) as waiter:
        text, connections = waiter.state()
    assert connections == 0
    assert text is not None
    assert "Nothing has reached the port" in text.en


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (referral(patient=CHILD), ("patient is 201212121212 instead of 191212121212",)),
        (referral(kind="AR", version=2), ("kind is AR instead of NR",)),
        (referral(to="SE2321000016-OTHER"), ("logical address SE2321000016-OTHER, which is not ours",)),
        (referral().replace(b"ProcessRequestResponder:2", b"ProcessRequestResponder:1"), ("another version", "Responder:1")),
        (referral().replace(b"ProcessRequestResponder:2", b"ProcessRequestOutcomeResponder:2"), ("another contract", "ProcessRequestOutcome")),
        (referral().replace(b"ProcessRequestResponder:2", b"Elsewhere:1"), ("another contract", "Elsewhere:1")),
        (invalid_referral().replace(b'code="NR"', b""), ("kind is missing instead of NR",)),
        (b"<html><body/></html>", ("cannot be read", "HTML page")),
        (b" " * 30_000, ("larger than the limit", "413")),
    ],
    ids=("patient", "kind", "address", "version", "contract", "unknown", "missing", "unreadable", "large"),
)  # fmt: skip
def test_a_call_came_but_another(plain: Counterpart, body: bytes, words: tuple[str, ...]) -> None:
    with plain.wait(referrals(when={"patient": PATIENT, "kind": "NR"})) as waiter:
        call(plain.addresses[CONTRACT], body)
        for word in words:
            said(waiter, word)
        assert waiter.state()[1] == 1


def test_the_nearest_call_is_told(plain: Counterpart) -> None:
    with plain.wait(referrals(when={"patient": PATIENT, "kind": "NR"})) as waiter:
        for body in (b"<a/>", referral(patient=CHILD), referral(patient=CHILD, kind="AR"), b"<a/>"):
            call(plain.url, body)
        assert "kind" not in said(waiter, "patient is 201212121212")


def test_no_identity_but_a_test_person_s_is_told(plain: Counterpart) -> None:
    with plain.wait(referrals(when={"patient": PATIENT})) as waiter:
        call(plain.url, referral(patient="197001017891"))
        assert "197001017891" not in said(waiter, "patient is person-")


def test_a_compressed_call(plain: Counterpart) -> None:
    with plain.wait(referrals()) as waiter:
        answer = call(plain.url, b"\x1f\x8b", {"Content-Encoding": "gzip"})
        assert (answer.status, b"uncompressed" in answer.body) == (415, True)
        said(waiter, "415")


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        (b"", "hung up without sending"),
        (b"NONSENSE\r\n\r\n", "not valid HTTP"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "fetched WSDL"),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "method PUT"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", "before its call was complete"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le", "before its call was complete"),
    ],
)
def test_a_connection_without_a_call(plain: Counterpart, sent: bytes, word: str) -> None:
    with plain.wait(referrals()) as waiter:
        with plug(plain.url) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            said(waiter, word)
        assert waiter.state()[1] == 1


def test_a_connection_that_has_not_said_anything_yet(plain: Counterpart) -> None:
    with plain.wait(referrals()) as waiter, plug(plain.url):
        said(waiter, "has not sent a whole call yet")


def test_tls_to_a_plain_port(plain: Counterpart) -> None:
    with plain.wait(referrals()) as waiter:
        with pytest.raises(OSError, match=r"."):
            call(plain.url.replace("http:", "https:"), referral(), context=client())
        said(waiter, "TLS to a port without it")


def distrusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificates().self_signed.certificate)


def stranger() -> ssl.SSLContext:
    context = client()
    context.load_cert_chain(certificates().stranger.certificate, certificates().stranger.key)
    return context


def expired() -> ssl.SSLContext:
    context = client()
    context.load_cert_chain(certificates().expired.certificate, certificates().expired.key)
    return context


def outdated() -> ssl.SSLContext:
    context = client()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("context", "word"),
    [
        (distrusting, "does not know the authority (CA) of our server certificate"),
        (stranger, "client certificate is issued by an unknown authority (CA)"),
        (expired, "client certificate has expired"),
        (outdated, "no TLS version in common"),
    ],
)
def test_a_handshake_that_fails(secured: Counterpart, context: Callable[[], ssl.SSLContext], word: str) -> None:
    with secured.wait(referrals()) as waiter:
        with pytest.raises(OSError, match=r"."):
            call(secured.url, referral(), context=context())
        said(waiter, word)
        assert waiter.state()[1] == 1


def test_plain_http_to_a_tls_port(secured: Counterpart) -> None:
    with secured.wait(referrals()) as waiter:
        with pytest.raises(OSError, match=r"."):
            call(secured.url.replace("https:", "http:"), referral())
        said(waiter, "plain HTTP to a port that demands TLS")


def test_something_else_to_a_tls_port(secured: Counterpart) -> None:
    with secured.wait(referrals()) as waiter, plug(secured.url) as connection:
        connection.sendall(b"\x00\x01\x02\x03\x04\x05\x06\x07\x08" * 3)
        said(waiter, "does not speak TLS")


def test_a_caller_that_hangs_up_in_the_handshake(secured: Counterpart) -> None:
    with secured.wait(referrals()) as waiter:
        plug(secured.url).close()
        said(waiter, "during the TLS handshake")


def test_a_caller_that_does_not_finish_the_handshake(secured: Counterpart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_HANDSHAKE_SECONDS", 0.1)
    with secured.wait(referrals()) as waiter, plug(secured.url):
        said(waiter, "did not finish the TLS handshake")


def test_a_caller_that_hangs_up_after_the_handshake(secured: Counterpart) -> None:
    parts = urlsplit(secured.url)
    with secured.wait(referrals()) as waiter:
        with client().wrap_socket(plug(secured.url), server_hostname=parts.hostname):
            pass
        said(waiter, "hung up without sending")


def test_the_caller_s_certificate_is_on_record(secured: Counterpart) -> None:
    context = client()
    context.load_cert_chain(certificates().client.certificate, certificates().client.key)
    with secured.wait(referrals(repeatedly=True)) as waiter:
        call(secured.url, referral(), context=context)
        call(secured.url, referral("2"), context=client())
        shown, none = waiter.take(5), waiter.take(5)
    assert shown is not None
    assert none is not None
    tls, bare = shown.exchange.tls, none.exchange.tls
    assert tls is not None
    assert bare is not None
    assert tls.client_certificate
    assert "SERIALNUMBER=SE2321000012-TEST" in tls.peer_subject
    assert tls.version in ("TLSv1.2", "TLSv1.3")
    assert (bare.client_certificate, bare.peer_subject) == (False, "")
