"""Whatever OpenSSL says of a handshake reaches the user as a sentence in both languages, with what to do about it."""

from __future__ import annotations

import ssl

import pytest

from rivta.model.words import Text
from rivta.transport.problems import Side, certificate_words, said_words

SAID = "OpenSSL's own words"
LAST_NUMBER = 95
"""X509_V_ERR_RPK_UNTRUSTED, the last of OpenSSL 3.5."""
REASONS = [
    "CERTIFICATE_VERIFY_FAILED",
    "WRONG_VERSION_NUMBER",
    "UNSUPPORTED_PROTOCOL",
    "NO_SHARED_CIPHER",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    "DH_KEY_TOO_SMALL",
    "EE_KEY_TOO_SMALL",
    "UNEXPECTED_EOF_WHILE_READING",
    "HTTP_REQUEST",
    "BAD_SIGNATURE",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "SSLV3_ALERT_NO_CERTIFICATE",
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
    "[SYS] unknown error (_ssl.c:1000)",
]
SIDES: tuple[Side, ...] = ("server", "caller")
ALERTS = [each.name.removeprefix("ALERT_DESCRIPTION_") for each in ssl.AlertDescription]


def is_told_with_advice(text: Text) -> bool:
    """Two sentences in each language: what it is, and what to do."""
    return all(said.strip().endswith(".") and said.count(". ") + said.count("; ") for said in (text.sv, text.en))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("number", [*range(1, LAST_NUMBER + 1), 999])
def test_every_number_of_a_certificate_that_does_not_hold(number: int, side: Side) -> None:
    text = certificate_words(number, SAID, side)
    assert is_told_with_advice(text), text
    assert text.sv != text.en


@pytest.mark.parametrize("side", SIDES)
def test_every_alert_and_reason(side: Side) -> None:
    said = [*REASONS, *(f"TLSV1_ALERT_{alert}" for alert in ALERTS)]
    silent = [reason for reason in said if not is_told_with_advice(said_words(reason, side))]
    assert silent == []


def test_what_is_not_known_is_told_in_the_words_of_openssl() -> None:
    assert SAID in certificate_words(999, SAID, "server").sv
    assert "BAD_SIGNATURE" in said_words("BAD_SIGNATURE", "server").en


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        ("CERTIFICATE_REQUIRED", "demands a client certificate"),
        ("UNKNOWN_CA", "does not know the authority"),
        ("CERTIFICATE_EXPIRED", "our client certificate has expired"),
        ("CERTIFICATE_REVOKED", "our client certificate is revoked"),
        ("BAD_CERTIFICATE", "rejects our client certificate"),
        ("UNSUPPORTED_CERTIFICATE", "rejects our kind of client certificate"),
        ("ACCESS_DENIED", "denies our client certificate access"),
        ("PROTOCOL_VERSION", "no TLS version in common"),
        ("HANDSHAKE_FAILURE", "no cipher in common, or a client certificate is missing"),
        ("UNRECOGNIZED_NAME", "does not know the host name"),
        ("INTERNAL_ERROR", "broke during the handshake"),
        ("DECODE_ERROR", "do not understand each other's TLS"),
    ],
)
def test_an_alert_is_told_as_what_it_means(alert: str, told: str) -> None:
    assert told in said_words(f"TLSV1_ALERT_{alert}", "server").en


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        ("UNKNOWN_CA", "does not know the authority (CA) of our server certificate"),
        ("CERTIFICATE_EXPIRED", "our server certificate has expired"),
        ("BAD_CERTIFICATE", "it is not for the host name"),
        ("UNSUPPORTED_CERTIFICATE", "with the purpose serverAuth"),
        ("HANDSHAKE_FAILURE", "no cipher in common"),
        ("DECODE_ERROR", "OpenSSL says: TLSV1_ALERT_DECODE_ERROR"),
    ],
)
def test_a_caller_s_alert_is_told_of_our_server_certificate(alert: str, told: str) -> None:
    said = said_words(f"TLSV1_ALERT_{alert}", "caller")
    assert told in said.en
    assert "The system" in said.en


@pytest.mark.parametrize(
    ("number", "told"), [(26, "purpose clientAuth is needed"), (18, "counterpart and tls in the environment, as ca")]
)
def test_a_caller_s_certificate_is_told_as_a_client_certificate(number: int, told: str) -> None:
    said = certificate_words(number, SAID, "caller").en
    assert told in said
    assert said.startswith("The system's client certificate")
