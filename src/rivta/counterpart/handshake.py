"""Our side of TLS: what we ask for, what the caller showed, and what went wrong with it in words.

A certificate is asked for, not demanded: a caller that shows none gets through, and a check can make that a finding.
"""

from __future__ import annotations

import ssl
from typing import Literal

from rivta.model.environment import TlsFiles
from rivta.model.errors import UsageError
from rivta.model.exchange import Tls
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.text.certificate import expiry_of, name_of
from rivta.transport.tls import VERIFY_FLAGS

TlsTrouble = Literal["tls", "plain-on-tls"]

_ALERTS = {
    "ALERT_UNKNOWN_CA": "unknown ca",
    "ALERT_BAD_CERTIFICATE": "bad certificate",
    "ALERT_CERTIFICATE_UNKNOWN": "certificate unknown",
    "ALERT_CERTIFICATE_EXPIRED": "certificate expired",
    "ALERT_CERTIFICATE_REVOKED": "certificate revoked",
    "ALERT_UNSUPPORTED_CERTIFICATE": "unsupported certificate",
    "ALERT_ACCESS_DENIED": "access denied",
}
"""By what OpenSSL calls the alert that the caller sent."""
_NO_RECORD = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_NOT_IN_COMMON = (
    "UNSUPPORTED_PROTOCOL",
    "VERSION_TOO_LOW",
    "ALERT_PROTOCOL_VERSION",
    "WRONG_SSL_VERSION",
    "UNKNOWN_PROTOCOL",
    "NO_SHARED_CIPHER",
    "NO_SUITABLE_",
    "ALERT_HANDSHAKE_FAILURE",
)
_CLIENT_CERTIFICATES = {9, 10, 18}
"""By OpenSSL's X509_V_ERR_ numbers (verify_code)."""
_UNKNOWN_ISSUER = {19, 20, 21}


def context_of(files: TlsFiles) -> ssl.SSLContext | None:
    """TLS 1.2 or later, as the national platform asks; None without a certificate of ours. UsageError for unusable files."""
    if files.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.verify_flags = ssl.TLSVersion.TLSv1_2, VERIFY_FLAGS
    try:
        # Without a password OpenSSL would ask for one on the terminal; an empty one makes it fail instead.
        context.load_cert_chain(files.certificate, files.key, files.password or "")
        if files.ca:
            context.load_verify_locations(files.ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ValueError) as error:
        names = ", ".join(str(file) for file in (files.certificate, files.key, files.ca) if file)
        why = "there is no such file" if isinstance(error, FileNotFoundError) else _reason(error) or str(error)
        raise UsageError(
            f"the counterpart's certificate files cannot be used ({names}): {why}",
            todo="counterpart: tls: names PEM files: certificate, key, ca, and the key's password if it has one",
        ) from error
    return context


def facts_of(connected: ssl.SSLObject) -> Tls:
    """What the handshake showed: the caller is the peer, and `client_certificate` says whether it showed a certificate."""
    certificate = connected.getpeercert() or {}
    cipher = connected.cipher()
    return Tls(
        version=connected.version() or "",
        cipher=cipher[0] if cipher else "",
        peer_subject=name_of(certificate.get("subject")),
        peer_issuer=name_of(certificate.get("issuer")),
        peer_expires=expiry_of(certificate.get("notAfter")),
        client_certificate=bool(certificate),
    )


def trouble(error: OSError) -> tuple[TlsTrouble, Text]:
    """Why a handshake failed, from what OpenSSL says."""
    reason = _reason(error)
    if "HTTP_REQUEST" in reason:
        return "plain-on-tls", text("counterpart", "plain")
    if any(word in reason for word in _NO_RECORD):
        return "plain-on-tls", text("counterpart", "not_tls")
    return "tls", _in_words(error, reason)


def _in_words(error: OSError, reason: str) -> Text:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _client_certificate(error)
    if isinstance(error, TimeoutError):
        return text("counterpart", "too_slow")
    if any(word in reason for word in _NOT_IN_COMMON):
        return text("counterpart", "no_common", alert=reason)
    alert = next((alert for word, alert in _ALERTS.items() if word in reason), None)
    if alert:
        return text("counterpart", "ours_refused", alert=alert)
    if isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError) or "UNEXPECTED_EOF" in reason:
        return text("counterpart", "broken_off")
    return text("counterpart", "handshake", reason=reason)


def _client_certificate(error: ssl.SSLCertVerificationError) -> Text:
    if error.verify_code in _UNKNOWN_ISSUER:
        why = text("counterpart", "unknown_issuer")
    elif error.verify_code in _CLIENT_CERTIFICATES:
        why = text("counterpart", f"certificate_{error.verify_code}")
    else:
        why = Text.same(error.verify_message)
    return text("counterpart", "client_certificate", why=why)


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "reason", None) or "")
