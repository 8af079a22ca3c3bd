"""TLS by real handshakes: the facts for the report, and each way of failing in words."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import miniatures
from certificates import PASSWORD, Pair, certificates
from miniatures import ANSWER, System, environment
from rivta.model.environment import TlsFiles
from rivta.model.exchange import Exchange
from rivta.model.words import Blame, Headers
from rivta.transport.http import HttpTransport
from rivta.transport.tls import VERIFY_FLAGS, amiss, client_context

HEADERS: Headers = (("Content-Type", "text/xml; charset=UTF-8"), ("SOAPAction", '"urn:ask"'))
BODY = b"<a/>"


def ours() -> TlsFiles:
    made = certificates()
    return TlsFiles(made.client.certificate, made.client.key, made.ca)


def send(
    system: Callable[[], System], files: TlsFiles, swap: tuple[str, str] = ("", ""), body: bytes = BODY
) -> Exchange:
    transport = HttpTransport(environment(files, connect=1))
    try:
        with system() as running:
            return transport.send(running.url.replace(*swap), HEADERS, body, "ProcessRequest")
    finally:
        transport.close()


def test_what_the_handshake_showed() -> None:
    exchange = send(miniatures.demands_client_certificate, ours())
    assert exchange.problem is None
    assert exchange.response
    assert exchange.response.body == ANSWER
    assert exchange.tls
    assert exchange.tls.version == "TLSv1.3"
    assert exchange.tls.cipher.startswith("TLS_")
    assert exchange.tls.peer_subject == "O=Region Test, CN=localhost"
    assert exchange.tls.peer_issuer == "CN=ca"
    assert exchange.tls.peer_expires.endswith("Z")
    assert exchange.tls.client_certificate


def test_a_connection_with_tls_is_kept() -> None:
    transport = HttpTransport(environment(ours()))
    with miniatures.demands_client_certificate() as system:
        exchanges = [transport.send(system.url, HEADERS, BODY, "c") for _ in range(5)]
        transport.close()
        assert system.connections == 1
    assert all(exchange.tls and exchange.status == 200 for exchange in exchanges)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("what", ["no AuthorityKeyIdentifier", "the system's own certificate as ca"])
def test_the_same_certificates_are_taken_by_every_python(
    what: str, strict: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 3.13 on Python asks for more by itself, and takes what it did not take before."""
    made, plain = certificates(), ssl.create_default_context

    def of_another_python(**given: Any) -> ssl.SSLContext:
        context = plain(**given)
        context.verify_flags = ssl.VERIFY_X509_STRICT if strict else ssl.VERIFY_DEFAULT
        return context

    monkeypatch.setattr(ssl, "create_default_context", of_another_python)
    pair, ca = (made.plain, made.ca) if what.startswith("no") else (made.server, made.server.certificate)
    assert send(with_pair(lambda: pair), replace(ours(), ca=ca)).status == 200
    assert client_context().verify_flags == VERIFY_FLAGS


def test_a_locked_key_opens_with_its_password() -> None:
    files = replace(ours(), key=certificates().locked_key, password=PASSWORD)
    assert send(miniatures.demands_client_certificate, files).status == 200


def with_pair(pair: Callable[[], Pair]) -> Callable[[], System]:
    return lambda: miniatures.speaks_tls(pair())


@pytest.mark.parametrize(
    ("system", "swap", "words"),
    [
        (miniatures.speaks_tls, ("", ""), "självsignerat"),
        (with_pair(lambda: certificates().expired), ("", ""), "har gått ut"),
        (with_pair(lambda: certificates().stranger), ("", ""), "okänd utfärdare"),
        (with_pair(lambda: certificates().elsewhere), ("", ""), "inte för IP-adressen"),
        (with_pair(lambda: certificates().elsewhere), ("127.0.0.1", "localhost"), "inte för värdnamnet"),
        (miniatures.speaks_plain, ("http:", "https:"), "talar inte TLS"),
        (miniatures.closes_silently, ("http:", "https:"), "TLS"),
        (miniatures.never_shakes_hands, ("http:", "https:"), "svarar inte på handskakningen"),
        (miniatures.speaks_tls, ("https:", "http:"), "talar TLS på den här porten"),
        (miniatures.demands_client_certificate, ("https:", "http:"), "talar TLS på den här porten"),
        (miniatures.alerts_plain_callers, ("", ""), "talar TLS på den här porten"),
    ],
)
def test_a_handshake_that_fails_is_the_environments_fault_and_says_why(
    system: Callable[[], System], swap: tuple[str, str], words: str
) -> None:
    exchange = send(system, ours(), swap)
    assert exchange.problem
    assert words in exchange.problem.text.sv
    assert (exchange.problem.kind, exchange.problem.blame) == ("tls", Blame.ENVIRONMENT)
    assert exchange.response is None


@pytest.mark.parametrize("body", [BODY, bytes(10_000_000)], ids=["small", "10 MB"])
def test_a_client_certificate_that_is_missing_or_unknown(body: bytes) -> None:
    made = certificates()
    none = send(miniatures.demands_client_certificate, TlsFiles(ca=made.ca), body=body)
    unknown = send(
        miniatures.demands_client_certificate,
        TlsFiles(made.stranger.certificate, made.stranger.key, made.ca),
        body=body,
    )
    assert none.problem
    assert unknown.problem
    assert (none.problem.kind, unknown.problem.kind) == ("tls", "tls")
    assert "kräver ett klientcertifikat" in none.problem.text.sv
    assert "känner inte utfärdaren (CA) av vårt klientcertifikat" in unknown.problem.text.sv


def test_an_early_answer_is_heard_through_tls() -> None:
    def system() -> System:
        return miniatures.refuses_large_requests_and_lingers(certificates().server.server_context())

    exchange = send(system, ours(), body=bytes(10_000_000))
    assert (exchange.problem, exchange.status) == (None, 413)


def locked(password: str | None) -> TlsFiles:
    return replace(ours(), key=certificates().locked_key, password=password)


def swapped() -> TlsFiles:
    return replace(ours(), certificate=certificates().client.key, key=certificates().client.certificate)


def pkcs12() -> TlsFiles:
    """The beginning of a PKCS#12 file: its version, and that what follows is PKCS#7 data."""
    file = certificates().ca.with_name("client.p12")
    file.write_bytes(bytes.fromhex("3082096702010330820931") + bytes.fromhex("06092a864886f70d010701") + bytes(200))
    return replace(ours(), certificate=file, key=None)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (lambda: replace(ours(), certificate=Path("/nowhere/client.pem")), "filen finns inte"),
        (lambda: replace(ours(), ca=Path("/nowhere/ca.pem")), "filen finns inte"),
        (lambda: replace(ours(), key=certificates().server.key), "nyckeln hör inte till certifikatet"),
        (
            lambda: locked(None),
            "nyckeln är krypterad, och inget lösenord är angivet; skriv det under password som ${env:NAMN}",
        ),
        (lambda: locked("not this one"), "lösenordet till nyckeln är fel"),
        (swapped, "certifikat och nyckel är förväxlade"),
        (pkcs12, "är en PKCS#12-fil, och inget lösenord är angivet; skriv det under password som ${env:NAMN}"),
        (lambda: replace(pkcs12(), password=PASSWORD), "öppnas inte med det lösenordet"),
        (
            lambda: replace(ours(), ca=pkcs12().certificate),
            "är en PKCS#12-fil (.p12, .pfx), inte PEM. Gör om den: openssl pkcs12 -legacy -nokeys -in",
        ),
        (lambda: replace(ours(), ca=Path(__file__)), "det finns inget certifikat i"),
        (lambda: replace(ours(), key=Path(__file__)), "det finns ingen privat nyckel i"),
        (lambda: replace(ours(), certificate=Path("/")), "det finns inget certifikat i"),
    ],
)
def test_files_that_cannot_be_used_say_so(files: Callable[[], TlsFiles], words: str) -> None:
    exchange = send(miniatures.speaks_tls, files())
    assert exchange.problem
    assert (exchange.problem.kind, exchange.problem.blame) == ("tls", Blame.ENVIRONMENT)
    assert words in exchange.problem.text.sv
    assert PASSWORD not in exchange.problem.text.sv


def test_certificates_are_looked_at_before_anybody_is_called() -> None:
    made = certificates()
    expired = TlsFiles(certificate=made.expired.certificate, key=made.expired.key)
    for is_server in (False, True):
        (said,) = amiss(expired, is_server=is_server)
        assert said.en.startswith(f"{made.expired.certificate} has expired. Order a new one")
    sound = TlsFiles(certificate=made.server.certificate, key=made.server.key)
    assert [*amiss(sound, is_server=True)] == []
    assert [*amiss(ours(), is_server=False)] == []
    (said,) = amiss(swapped(), is_server=False)
    assert "certificate and key are swapped" in said.en
