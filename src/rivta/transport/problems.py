"""What can go wrong on the way to a system and back: each with a stable word, a sentence, and whose fault it is.

No way there is the environment's fault; an answer that does not come, breaks off or is no HTTP is the system's.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from shlex import quote
from typing import Literal

from rivta.model.environment import TlsFiles
from rivta.model.exchange import Problem
from rivta.model.words import Blame, Text
from rivta.text.catalogue import text
from rivta.text.xml import LIMIT_BYTES

_SHOWN = 60
ODD_CHUNK = "a chunk of a size that is none"


class Trouble(Exception):
    """A problem on its way to the exchange that will tell it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text.en)
        self.problem = problem


def _environment(kind: str, **values: object) -> Problem:
    return Problem(kind, text("transport", kind, **values), Blame.ENVIRONMENT)


def _system(kind: str, key: str = "", **values: object) -> Problem:
    return Problem(kind, text("transport", key or kind, **values), Blame.SYSTEM)


def bad_url(url: str, why: str) -> Problem:
    return _environment("url", url=url, why=why)


def bad_header(name: str) -> Problem:
    return _environment("header", name=name)


def no_connection(place: str, error: OSError, seconds: float) -> Problem:
    """Why there is no connection to `place` (host and port), from what the socket said."""
    if isinstance(error, socket.gaierror):
        return _environment("dns", place=place)
    if isinstance(error, TimeoutError):
        return _environment("connect-timeout", place=place, seconds=seconds)
    if isinstance(error, ConnectionRefusedError):
        return _environment("refused", place=place)
    return _environment("unreachable", place=place, why=errno.errorcode.get(error.errno or 0, type(error).__name__))


def proxy_says(place: str, said: str, *, knows_us: bool) -> Problem:
    """The proxy lets nothing through. `said` is its status and reason, and `knows_us` whether it was told who asks."""
    key = "proxy" if not said.startswith("407") else "proxy-other-password" if knows_us else "proxy-password"
    return _environment(key, place=place, said=said)


def no_proxy(place: str, error: Exception, seconds: float) -> Problem:
    """There is no proxy at `place`: nobody, or somebody who does not answer as a proxy does."""
    is_answer = isinstance(error, HTTPException | ConnectionResetError)
    what = (
        type(error).__name__
        if is_answer or not isinstance(error, OSError)
        else no_connection(place, error, seconds).text
    )
    return _environment("proxy-gone" if isinstance(what, Text) else "proxy-none", place=place, what=what)


def timeout(seconds: float) -> Problem:
    return _system("timeout", seconds=seconds)


def no_answer() -> Problem:
    """The connection ended before the first byte of an answer."""
    return _system("reset")


def cut_short(received: int, expected: int | None) -> Problem:
    """The connection ended in the middle of an answer. Sizes are of the body, in bytes."""
    return _system("reset", "cut_short" if expected is None else "cut_short_of", received=received, expected=expected)


def no_http(line: str) -> Problem:
    """What came is not HTTP. `line` is how it begins."""
    return _system("malformed", shown=repr(line[:_SHOWN]))


def bad_head(said: str) -> Problem:
    """The answer begins as HTTP, and has a header or a length that HTTP does not. `said` tells which, where it is a length."""
    if said == ODD_CHUNK:
        return _system("malformed", "malformed_chunk")
    length = said.removeprefix("Content-Length: ")
    if length != said:
        return _system("malformed", "malformed_length", shown=length[:_SHOWN])
    return _system("malformed", "malformed_head")


def too_large(kept: int) -> Problem:
    """The answer is over what is read; `kept` bytes of it are in the evidence."""
    return _system("too-large", limit=LIMIT_BYTES // (1024 * 1024), kept=kept)


def tls(why: Text) -> Problem:
    return Problem("tls", why, Blame.ENVIRONMENT)


def speaks_tls() -> Problem:
    return tls(text("transport", "speaks_tls"))


# What OpenSSL says of a handshake, in words and with advice: in ours with a server, and in a caller's with us


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


# Certificate files as people have them: in which form they are, and why they cannot be used, with the command that converts or repairs


def bytes_of(file: Path | None) -> bytes:
    return file.read_bytes() if file and file.is_file() else b""


_OID = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
"""What says which kind of PKCS#7 content follows (RFC 2315, section 14)."""


def is_pkcs12(file: Path | None) -> bool:
    """Whether a file is a PKCS#12 one (.p12, .pfx), by how it begins: PKCS#7 data (RFC 7292, section 4)."""
    return _OID + b"\x01" in (head := bytes_of(file)[:64]) and not _is_signed(head)


def _is_signed(head: bytes) -> bool:
    """Whether a file begins as signed data does, in which certificates come without a key (.p7b)."""
    return _OID + b"\x02" in head


def unusable(files: TlsFiles, error: OSError | ValueError) -> Text:
    """Why files cannot be used of which OpenSSL said this."""
    named = [each for each in (files.certificate, files.key, files.ca, files.crl) if each]
    return text("transport", "files", names=", ".join(each.name for each in named), why=_why(files, error))


def _why(files: TlsFiles, error: OSError | ValueError) -> Text:
    if isinstance(error, FileNotFoundError):
        return text("transport", "file_missing")
    if other := next(_in_another_form(files), None):
        return other
    reason = reason_of(error)
    certificate, key = (bytes_of(each) for each in (files.certificate, files.key or files.certificate))
    is_packed, is_locked = is_pkcs12(files.certificate), b"ENCRYPTED" in key
    holds = {
        "file_pkcs12_locked": is_packed and not files.password,
        "file_pkcs12_locked_out": is_packed,
        "file_swapped": b"CERTIFICATE" not in certificate and _KEY in certificate and b"CERTIFICATE" in key,
        "file_no_key": bool(certificate) and _KEY not in key,
        "file_key": "KEY_VALUES_MISMATCH" in reason,
        "file_weak": "TOO_SMALL" in reason or "TOO_WEAK" in reason,
        "file_locked": is_locked and not files.password,
        "file_locked_out": is_locked,  # OpenSSL says no more than that it could not read the PEM
    }
    found = next((each for each in holds if holds[each]), "file_no_pem")
    return text("transport", found, reason=reason, **quoted(files))


_KEY = b"PRIVATE KEY"


def quoted(files: TlsFiles) -> dict[str, str]:
    """The files as a command line has them, by what the sentences call them."""
    places = {"name": files.certificate, "private": files.key or files.certificate, "ca": files.ca}
    return {name: quote(str(path)) for name, path in places.items() if path}


def _in_another_form(files: TlsFiles) -> Iterator[Text]:
    """What is not PEM, in the order in which the files are read."""
    for part in ("ca", "crl", "certificate", "key"):
        path: Path | None = getattr(files, part)
        if path and (key := _form(path, part)):
            read = {"key": "pkey", "crl": "crl"}.get(part, "x509")
            yield text("transport", key, name=quote(str(path)), read=read)


def _form(path: Path, part: str) -> str:
    """In which form a file is, as the key of what is said of it; empty for one that can be used so."""
    raw = bytes_of(path)
    if is_pkcs12(path):
        return {"certificate": "", "key": "file_pkcs12_key"}.get(part, "file_pkcs12")
    if b"BEGIN PKCS7" in raw:
        return "file_pkcs7"
    if _is_signed(raw[:64]):
        return "file_pkcs7_der"
    if raw.startswith(b"\x30"):  # a SEQUENCE, with which each of them begins in DER
        return "file_der"
    wanted = {"key": b"-----BEGIN", "crl": b"BEGIN X509 CRL", "certificate": b"-----BEGIN"}.get(part, b"BEGIN CERT")
    return "" if wanted in raw else f"file_empty_{part}"
