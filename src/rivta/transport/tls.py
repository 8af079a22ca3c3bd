"""Mutual TLS: our files, what the handshake showed, and what went wrong with it in words."""

import socket
import ssl
from pathlib import Path

from rivta.model.environment import TlsFiles
from rivta.model.exchange import Problem, Tls
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.text.certificate import expiry_of, name_of
from rivta.transport import openssl, problems
from rivta.transport.problems import Trouble

VERIFY_FLAGS = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
"""How a certificate is held against those we trust, whichever Python runs us (3.13 changed what it takes by itself).

Whatever stands in `ca:` is trusted, be it an authority, one below another, or the system's own certificate. What RFC 5280 demands of a
certificate's form (X509_STRICT) is not asked for: test certificates lack an AuthorityKeyIdentifier and speak well for their system all the same.
"""
_OLDEST = ssl.TLSVersion.TLSv1_2


def client_context(ca: Path | None = None) -> ssl.SSLContext:
    """Our side of a handshake: trust in this authority, else in the computer's. OSError for a file that cannot be used."""
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags, context.minimum_version = VERIFY_FLAGS, _OLDEST
    return context


def context_of(files: TlsFiles) -> ssl.SSLContext:
    """The same with the environment's files, our certificate among them. Trouble for an unusable file."""
    try:
        context = client_context(files.ca)
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
    return problems.tls(openssl.in_words(error, "server"))


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
