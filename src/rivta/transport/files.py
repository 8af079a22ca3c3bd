"""Certificate files as people have them: in which form they are, and why they cannot be used, with the command that converts or repairs."""

from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from rivta.model.environment import TlsFiles
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.transport.openssl import reason_of


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
