"""Mutual TLS: our files, what the handshake showed, and what went wrong with it in words."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from rivta.model.environment import TlsFiles
from rivta.model.exchange import Problem, Tls
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.text.certificate import expiry_of, name_of
from rivta.transport import problems
from rivta.transport.problems import Trouble

_CERTIFICATES = {9, 10, 18, 62, 64}
"""By OpenSSL's X509_V_ERR_ numbers (verify_code)."""
_UNKNOWN_ISSUER = {19, 20, 21}
_REASONS = {
    "CERTIFICATE_REQUIRED": "certificate_wanted",
    "UNKNOWN_CA": "unknown_ca",
    "CERTIFICATE_EXPIRED": "certificate_expired",
    "CERTIFICATE_REVOKED": "certificate_revoked",
    "BAD_CERTIFICATE": "bad_certificate",
    "UNSUPPORTED_CERTIFICATE": "unsupported_certificate",
    "CERTIFICATE_UNKNOWN": "bad_certificate",
    "ACCESS_DENIED": "access_denied",
    "PROTOCOL_VERSION": "protocol_version",
    "UNSUPPORTED_PROTOCOL": "protocol_version",
    "HANDSHAKE_FAILURE": "handshake_failure",
    "UNRECOGNIZED_NAME": "unrecognized_name",
    "WRONG_VERSION_NUMBER": "not_tls",
    "PACKET_LENGTH_TOO_LONG": "not_tls",
    "RECORD_LAYER_FAILURE": "not_tls",
    "UNEXPECTED_EOF": "closed",
}
"""By what OpenSSL calls the alert or the error; the first word that is part of the reason counts."""


def context_of(files: TlsFiles) -> ssl.SSLContext:
    """Our side of a handshake: trust in the environment's authority, else in the computer's. Trouble for an unusable file."""
    try:
        context = ssl.create_default_context(cafile=files.ca)
        if files.certificate:
            # Without a password OpenSSL would ask for one on the terminal; an empty one makes it fail instead.
            context.load_cert_chain(files.certificate, files.key, files.password or "")
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        names = ", ".join(str(file) for file in (files.certificate, files.key, files.ca) if file)
        why = text("transport", "files", names=names, why=_file_trouble(files, error))
        raise Trouble(problems.tls(why)) from error
    return context


def _file_trouble(files: TlsFiles, error: OSError | ValueError) -> Text:
    if isinstance(error, FileNotFoundError):
        return text("transport", "file_missing")
    reason = getattr(error, "reason", None) or str(error)
    if "KEY_VALUES_MISMATCH" in reason:
        return text("transport", "file_key")
    if "NO_CERTIFICATE_OR_CRL_FOUND" in reason:
        return text("transport", "file_empty")
    if _is_locked(files.key or files.certificate):
        return text("transport", "file_locked")
    return text("transport", "file_no_pem", reason=reason)


def _is_locked(key: Path | None) -> bool:
    # OpenSSL says no more than that it could not read the PEM; the file itself says whether a password is needed.
    return key is not None and key.is_file() and b"ENCRYPTED" in key.read_bytes()


def speaks_tls(host: str, port: int, seconds: float) -> bool:
    """Whether a TLS server listens there, whoever it is. Nothing is sent to it but a greeting."""
    curious = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    curious.check_hostname = False
    curious.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), seconds) as plain, curious.wrap_socket(plain, server_hostname=host):
            return True
    except ssl.SSLError as error:
        return "_ALERT_" in (error.reason or "")
    except OSError:
        return False


def handshake_problem(error: OSError) -> Problem:
    """What went wrong in a handshake, or at the first read after it: TLS 1.3 tells of a client certificate only then."""
    return problems.tls(_words(error))


def _words(error: OSError) -> Text:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _UNKNOWN_ISSUER:
            return text("transport", "unknown_issuer")
        known = error.verify_code in _CERTIFICATES
        return text("transport", f"certificate_{error.verify_code}") if known else _of_openssl(error.verify_message)
    if isinstance(error, TimeoutError):
        return text("transport", "no_handshake")
    reason = str(getattr(error, "reason", None) or ("UNEXPECTED_EOF" if isinstance(error, ConnectionError) else error))
    key = next((key for word, key in _REASONS.items() if word in reason), "")
    return text("transport", key) if key else _of_openssl(reason)


def _of_openssl(said: str) -> Text:
    return Text.same(f"TLS: {said}.")


def facts_of(connected: ssl.SSLSocket, files: TlsFiles) -> Tls:
    """What the handshake showed, for the report."""
    certificate = connected.getpeercert() or {}
    cipher = connected.cipher()
    return Tls(
        version=connected.version() or "",
        cipher=cipher[0] if cipher else "",
        peer_subject=name_of(certificate.get("subject")),
        peer_issuer=name_of(certificate.get("issuer")),
        peer_expires=expiry_of(certificate.get("notAfter")),
        client_certificate=files.certificate is not None,
    )
