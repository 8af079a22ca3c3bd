"""What OpenSSL says of a handshake, in words and with advice: in ours with a server, and in a caller's with us."""

from __future__ import annotations

import re
import ssl
from typing import Literal

from rivta.model.words import Text
from rivta.text.catalogue import text

Side = Literal["server", "caller"]
"""Who sits at the other end of the handshake."""
_NAMES = ("who", "theirs", "ours", "where", "purpose", "our_purpose", "guess")
"""What the sentences call that side, its certificate, ours, and the place in the environment where ours stands."""

_CERTIFICATE: dict[str, tuple[int, ...]] = {
    "not_yet_valid": (9,),
    "expired": (10,),
    "self_signed": (18,),
    "unknown_issuer": (2, 19, 20, 21, 27),
    "revoked": (23, 28),
    "other_host": (62,),
    "other_ip": (64,),
    "other_purpose": (26, 37, 39, 40, 63),
    "not_for_issuing": (22, 24, 25, 32, 38, 55, 72, 79, 80, 81, 82, 89, 92),
    "other_signature": (4, 6, 7, 29, 30, 31, 77, 78),
    "too_weak": (56, 57, 58, 59, 60, 61, 66, 67, 68, 76, 94),
    "name_not_allowed": (46, 47, 48, 49, 51, 52, 53),
    "malformed_certificate": (13, 14, 34, 41, 42, 43, 45, 83, 84, 85, 86, 87, 88, 90, 91, 93),
    "revocation_unknown": (3, 5, 8, 11, 12, 15, 16, 33, 35, 36, 44, 54, 73, 74, 75),
    "not_tried": (1, 17, 50, 65, 69, 70, 71, 95),
}
"""What is wrong with a certificate, by OpenSSL's X509_V_ERR_ numbers (x509_vfy.h, 1.1 to 3.5)."""
_KEY_BY_NUMBER = {number: key for key, numbers in _CERTIFICATE.items() for number in numbers}
_SAID: dict[str, tuple[str, ...]] = {
    "certificate_wanted": ("CERTIFICATE_REQUIRED", "NO_CERTIFICATE", "DID_NOT_RETURN_A_CERTIFICATE"),
    "unknown_ca": ("UNKNOWN_CA",),
    "certificate_expired": ("CERTIFICATE_EXPIRED",),
    "certificate_revoked": ("CERTIFICATE_REVOKED",),
    "unsupported_certificate": ("UNSUPPORTED_CERTIFICATE",),
    "bad_certificate": ("BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "CERTIFICATE_UNOBTAINABLE"),
    "access_denied": ("ACCESS_DENIED",),
    "protocol_version": (
        "PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "NO_PROTOCOLS_AVAILABLE",
        "INAPPROPRIATE_FALLBACK",
    ),
    "too_weak_key": ("DH_KEY_TOO_SMALL", "EE_KEY_TOO_SMALL", "CA_MD_TOO_WEAK", "CA_KEY_TOO_SMALL", "LEGACY_SIGALG"),
    "renegotiation": ("UNSAFE_LEGACY_RENEGOTIATION", "NO_RENEGOTIATION"),
    "handshake_failure": ("HANDSHAKE_FAILURE", "INSUFFICIENT_SECURITY", "NO_SHARED_CIPHER", "NO_CIPHER", "SIGALG"),
    "unrecognized_name": ("UNRECOGNIZED_NAME",),
    "broke": ("INTERNAL_ERROR",),
    "closed": ("UNEXPECTED_EOF", "CLOSE_NOTIFY", "USER_CANCELLED", "USER_CANCELED"),
    "not_tls": (
        "WRONG_VERSION_NUMBER",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "HTTP_REQUEST",
        "UNKNOWN_PROTOCOL",
    ),
}
"""By what OpenSSL calls the alert or the error; the first word that is part of the reason counts. What is not here is disagreement
about the protocol itself: whoever is to mend that needs OpenSSL's own word.
"""


def in_words(error: OSError, side: Side) -> Text:
    """Why a handshake failed, and what to do about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return certificate_words(error.verify_code, error.verify_message, side)
    if isinstance(error, TimeoutError):
        return _told("no_handshake", side)
    return said_words(reason_of(error), side)


def certificate_words(number: int, said: str, side: Side) -> Text:
    """What is wrong with that side's certificate. `said` is OpenSSL's sentence."""
    return _told(_KEY_BY_NUMBER.get(number, "not_tried"), side, said or number)


def said_words(reason: str, side: Side) -> Text:
    """What that side said, or what was wrong with what it said. `reason` is OpenSSL's word."""
    key = next((key for key, words in _SAID.items() if any(word in reason for word in words)), "misunderstood")
    return _told(key, side, reason)


_PLACE = re.compile(r"\s*\(_ssl\.c:\d+\)")
"""Where in Python's own source an error was raised: nobody's business."""


def is_no_tls(reason: str) -> bool:
    """Whether what came is not TLS at all."""
    return any(word in reason for word in _SAID["not_tls"])


def reason_of(error: OSError | ValueError) -> str:
    """OpenSSL's word for what happened; a connection that is closed or broken is an unexpected end."""
    said = getattr(error, "reason", None)
    said = said or ("UNEXPECTED_EOF" if isinstance(error, (ConnectionError, ssl.SSLEOFError)) else error)
    return _PLACE.sub("", str(said))


def _told(key: str, side: Side, said: object = "") -> Text:
    names = {name: text("transport", f"{side}_{name}") for name in _NAMES}
    return text("transport", key, said=said, **names)
