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
from rivta.text.certificate import expiry_of, name_of

TlsTrouble = Literal["tls", "plain-on-tls"]

_OURS_REFUSED = Text(
    "Systemet godtar inte vårt servercertifikat ({alert}). Lägg till vår CA bland dem som systemet litar på, och kontrollera att "
    "certifikatet gäller för värdnamnet.",
    "The system does not accept our server certificate ({alert}). Add our CA to those that the system trusts, and check that the "
    "certificate is for the host name.",
)
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
_NO_COMMON = Text(
    "Systemet och motparten har ingen TLS-version eller krypteringssvit gemensam ({alert}); här krävs TLS 1.2 eller senare.",
    "The system and the counterpart have no TLS version or cipher in common ({alert}); TLS 1.2 or later is needed here.",
)
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
_PLAIN = Text(
    "Systemet talar okrypterad HTTP till en port som kräver TLS. Adressen ska börja med https://.",
    "The system speaks plain HTTP to a port that demands TLS. The address should begin with https://.",
)
_NOT_TLS = Text(
    "Något anslöt som inte talar TLS, på en port som kräver det.",
    "Something connected that does not speak TLS, to a port that demands it.",
)
_BROKEN_OFF = Text(
    "Systemet bröt anslutningen under TLS-handskakningen utan att säga varför. Kontrollera att det litar på vår CA.",
    "The system broke off the connection during the TLS handshake without saying why. Check that it trusts our CA.",
)
_TOO_SLOW = Text(
    "Systemet anslöt men slutförde inte TLS-handskakningen.",
    "The system connected but did not finish the TLS handshake.",
)
_CLIENT_CERTIFICATES = {
    9: Text("har inte börjat gälla", "is not valid yet"),
    10: Text("har gått ut", "has expired"),
    18: Text("är självsignerat", "is self-signed"),
}
"""By OpenSSL's X509_V_ERR_ numbers (verify_code)."""
_UNKNOWN_ISSUER = Text("är utfärdat av en okänd CA", "is issued by an unknown CA")


def context_of(files: TlsFiles) -> ssl.SSLContext | None:
    """TLS 1.2 or later, as the national platform asks; None without a certificate of ours. UsageError for unusable files."""
    if files.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
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
        return "plain-on-tls", _PLAIN
    if any(word in reason for word in _NO_RECORD):
        return "plain-on-tls", _NOT_TLS
    return "tls", _in_words(error, reason)


def _in_words(error: OSError, reason: str) -> Text:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _client_certificate(error)
    if isinstance(error, TimeoutError):
        return _TOO_SLOW
    if any(word in reason for word in _NOT_IN_COMMON):
        return _filled(_NO_COMMON, reason)
    alert = next((alert for word, alert in _ALERTS.items() if word in reason), None)
    if alert:
        return _filled(_OURS_REFUSED, alert)
    if isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError) or "UNEXPECTED_EOF" in reason:
        return _BROKEN_OFF
    return Text(f"TLS-handskakningen misslyckades ({reason}).", f"The TLS handshake failed ({reason}).")


def _client_certificate(error: ssl.SSLCertVerificationError) -> Text:
    why = _CLIENT_CERTIFICATES.get(error.verify_code) or (
        _UNKNOWN_ISSUER if error.verify_code in (19, 20, 21) else Text.same(error.verify_message)
    )
    return Text(
        f"TLS-handskakningen misslyckades: systemets klientcertifikat {why.sv}.",
        f"The TLS handshake failed: the system's client certificate {why.en}.",
    )


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "reason", None) or "")


def _filled(text: Text, alert: str) -> Text:
    return Text(text.sv.format(alert=alert), text.en.format(alert=alert))
