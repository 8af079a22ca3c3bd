"""Mutual TLS: our files, what the handshake showed, and what went wrong with it in words."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from rivta.model.environment import TlsFiles
from rivta.model.exchange import Problem, Tls
from rivta.model.words import Text
from rivta.text.certificate import expiry_of, name_of
from rivta.transport import problems
from rivta.transport.problems import Trouble

# By OpenSSL's X509_V_ERR_ numbers (verify_code).
_CERTIFICATES = {
    9: Text("Serverns certifikat har inte börjat gälla.", "The server's certificate is not valid yet."),
    10: Text("Serverns certifikat har gått ut.", "The server's certificate has expired."),
    18: Text(
        "Serverns certifikat är självsignerat och finns inte bland de betrodda.",
        "The server's certificate is self-signed and not among those trusted.",
    ),
    62: Text("Serverns certifikat gäller inte för värdnamnet.", "The server's certificate is not for this host name."),
    64: Text(
        "Serverns certifikat gäller inte för IP-adressen.", "The server's certificate is not for this IP address."
    ),
}
_UNKNOWN_ISSUER = Text(
    "Serverns certifikat är utfärdat av en okänd utfärdare (CA).",
    "The server's certificate is issued by an unknown authority (CA).",
)
_UNKNOWN_ISSUER_CODES = (19, 20, 21)
_NOT_TLS = Text("Servern talar inte TLS på den här porten.", "The server does not speak TLS on this port.")
_CERTIFICATE_WANTED = Text(
    "Servern kräver ett klientcertifikat.",
    "The server demands a client certificate.",
)
# By what OpenSSL calls the alert or the error; the first word that is part of the reason counts.
_REASONS = {
    "CERTIFICATE_REQUIRED": _CERTIFICATE_WANTED,
    "UNKNOWN_CA": Text(
        "Servern känner inte utfärdaren (CA) av vårt klientcertifikat.",
        "The server does not know the authority (CA) of our client certificate.",
    ),
    "CERTIFICATE_EXPIRED": Text(
        "Servern säger att vårt klientcertifikat har gått ut.",
        "The server says that our client certificate has expired.",
    ),
    "CERTIFICATE_REVOKED": Text(
        "Servern säger att vårt klientcertifikat är spärrat.", "The server says that our client certificate is revoked."
    ),
    "BAD_CERTIFICATE": Text("Servern godtar inte vårt klientcertifikat.", "The server rejects our client certificate."),
    "UNSUPPORTED_CERTIFICATE": Text(
        "Servern godtar inte vår sorts klientcertifikat.", "The server rejects our kind of client certificate."
    ),
    "CERTIFICATE_UNKNOWN": Text(
        "Servern godtar inte vårt klientcertifikat.", "The server rejects our client certificate."
    ),
    "ACCESS_DENIED": Text(
        "Servern nekar vårt klientcertifikat tillträde.", "The server denies our client certificate access."
    ),
    "PROTOCOL_VERSION": Text(
        "Servern och vi har ingen TLS-version gemensam.", "The server and we have no TLS version in common."
    ),
    "UNSUPPORTED_PROTOCOL": Text(
        "Servern och vi har ingen TLS-version gemensam.", "The server and we have no TLS version in common."
    ),
    "HANDSHAKE_FAILURE": Text(
        "Servern avbröt handskakningen: ingen gemensam kryptering, eller ett klientcertifikat saknas.",
        "The server broke off the handshake: no cipher in common, or a client certificate is missing.",
    ),
    "UNRECOGNIZED_NAME": Text("Servern känner inte värdnamnet (SNI).", "The server does not know the host name (SNI)."),
    "WRONG_VERSION_NUMBER": _NOT_TLS,
    "PACKET_LENGTH_TOO_LONG": _NOT_TLS,
    "RECORD_LAYER_FAILURE": _NOT_TLS,
    "UNEXPECTED_EOF": Text(
        "Servern stängde anslutningen under handskakningen.", "The server closed the connection during the handshake."
    ),
}

SPEAKS_TLS = problems.tls(
    "Servern talar TLS på den här porten, men adressen börjar med http://.",
    "The server speaks TLS on this port, but the URL begins with http://.",
)


def context_of(files: TlsFiles) -> ssl.SSLContext:
    """Our side of a handshake: trust in the environment's authority, else in the computer's. Trouble for an unusable file."""
    try:
        context = ssl.create_default_context(cafile=files.ca)
        if files.certificate:
            # Without a password OpenSSL would ask for one on the terminal; an empty one makes it fail instead.
            context.load_cert_chain(files.certificate, files.key, files.password or "")
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        names = ", ".join(str(file) for file in (files.certificate, files.key, files.ca) if file)
        why = _file_trouble(files, error)
        sv = f"Certifikatfilerna går inte att använda ({names}): {why.sv}"
        raise Trouble(problems.tls(sv, f"The certificate files cannot be used ({names}): {why.en}")) from error
    return context


def _file_trouble(files: TlsFiles, error: OSError | ValueError) -> Text:
    if isinstance(error, FileNotFoundError):
        return Text("filen finns inte.", "there is no such file.")
    reason = getattr(error, "reason", None) or str(error)
    if "KEY_VALUES_MISMATCH" in reason:
        return Text("nyckeln hör inte till certifikatet.", "the key does not belong to the certificate.")
    if "NO_CERTIFICATE_OR_CRL_FOUND" in reason:
        return Text("där finns inget certifikat.", "there is no certificate in it.")
    if _is_locked(files.key or files.certificate):
        return Text("lösenordet till nyckeln saknas eller är fel.", "the key's password is missing or wrong.")
    return Text(f"de är inte PEM-filer ({reason}).", f"they are no PEM files ({reason}).")


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
    text = _words(error)
    return problems.tls(text.sv, text.en)


def _words(error: OSError) -> Text:
    if isinstance(error, ssl.SSLCertVerificationError):
        unknown = _UNKNOWN_ISSUER if error.verify_code in _UNKNOWN_ISSUER_CODES else None
        other = Text.same(f"TLS: {error.verify_message}.")
        return unknown or _CERTIFICATES.get(error.verify_code, other)
    if isinstance(error, TimeoutError):
        return Text(
            "Servern svarar inte på handskakningen; kanske talar den inte TLS.",
            "The server does not answer the handshake; perhaps it does not speak TLS.",
        )
    reason = str(getattr(error, "reason", None) or ("UNEXPECTED_EOF" if isinstance(error, ConnectionError) else error))
    return next((text for word, text in _REASONS.items() if word in reason), Text.same(f"TLS: {reason}."))


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
