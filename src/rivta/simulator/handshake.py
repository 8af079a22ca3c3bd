"""The system's side of a handshake, as the server that is called and as the client that calls: what it will not have, and what a named fault
lets pass of that.

A sound system leaves all but one thing to OpenSSL. What OpenSSL cannot let pass alone (one that is too old passes together with one that is too
young) is held against the certificate itself afterwards. Whether the caller's has an HSA-id no TLS library asks.
"""

import ssl
import warnings
from collections.abc import Iterator
from datetime import datetime
from tempfile import NamedTemporaryFile
from typing import Final

from rivta.model.environment import TlsFiles
from rivta.transport.tls import AT_ANY_TIME, VERIFY_FLAGS, name_of

EVERY: Final = frozenset(
    {"none", "expired", "not-yet-valid", "wrong-ca", "wrong-host", "no-hsa-id", "weak-key", "sha1", "revoked"}
    | {"tls-1.0", "tls-1.1", "no-chain", "no-session", "no-path", "nameless"}
)
"""What may be let pass, in the words of `faults.yaml`."""
_TIMES: Final = {"expired", "not-yet-valid"}
_STRENGTHS: Final = {"weak-key", "sha1", "tls-1.0", "tls-1.1"}
_SHORTEST_BITS: Final = 2048


def server_context(files: TlsFiles, passes: frozenset[str]) -> ssl.SSLContext:
    """TLS 1.2 or later, as the national platform asks. Raises OSError when a file cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if files.ca:
        context.verify_mode = ssl.CERT_OPTIONAL if "none" in passes else ssl.CERT_REQUIRED
    if "no-session" in passes:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    return _set_up(context, files, passes)


def client_context(files: TlsFiles, passes: frozenset[str]) -> ssl.SSLContext:
    """The same for a system that calls. Without `ca` it trusts whom the machine trusts."""
    context = ssl.create_default_context(cafile=files.ca)
    context.check_hostname = "wrong-host" not in passes
    return _set_up(context, files, passes)


def _set_up(context: ssl.SSLContext, files: TlsFiles, passes: frozenset[str]) -> ssl.SSLContext:
    context.verify_flags = VERIFY_FLAGS
    if _STRENGTHS & passes:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings():  # that it is old is what it is for
        warnings.simplefilter("ignore", DeprecationWarning)
        oldest = {"tls-1.0": ssl.TLSVersion.TLSv1, "tls-1.1": ssl.TLSVersion.TLSv1_1}
        context.minimum_version = min(
            (oldest[each] for each in oldest if each in passes), default=ssl.TLSVersion.TLSv1_2
        )
    if _TIMES & passes:
        context.verify_flags |= AT_ANY_TIME
    if files.ca:
        context.load_verify_locations(files.ca)
        unknown = files.ca.with_name("unknown-ca.pem")
        if "wrong-ca" in passes and unknown.is_file():
            context.load_verify_locations(unknown)
    if files.crl and not {"revoked", "wrong-ca"} & passes:  # of an authority that is unknown no list is known
        context.load_verify_locations(files.crl)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    _show(context, files, passes)
    return context


def _show(context: ssl.SSLContext, files: TlsFiles, passes: frozenset[str]) -> None:
    if files.certificate is None:
        return
    certificate, key = files.certificate, files.key
    if "nameless" in passes:  # it has another one, without an HSA-id
        certificate, key = (certificate.with_name(f"no-hsa-id.{kind}") for kind in ("pem", "key"))
    if "no-chain" not in passes:
        context.load_cert_chain(certificate, key, files.password)
        return
    first, end, _ = certificate.read_text().partition("-----END CERTIFICATE-----")
    with NamedTemporaryFile("w", suffix=".pem") as alone:
        alone.write(f"{first}{end}\n")
        alone.flush()
        context.load_cert_chain(alone.name, key or certificate, files.password)


def objections(
    connected: ssl.SSLSocket | ssl.SSLObject, files: TlsFiles, passes: frozenset[str], now: datetime
) -> frozenset[str]:
    """What a system has against the certificate that the other side has shown, and OpenSSL has let pass beside what is to pass."""
    subject = name_of((connected.getpeercert() or {}).get("subject"))
    der = connected.getpeercert(binary_form=True)
    found = set() if "SERIALNUMBER=" in subject else {"no-hsa-id"}
    if der and (_TIMES | _STRENGTHS | {"wrong-ca"}) & passes:
        found |= {*_wrong_with(der, files, now)}
    return frozenset(found if der else ()) - passes


def _wrong_with(der: bytes, files: TlsFiles, now: datetime) -> Iterator[str]:
    from cryptography import x509  # noqa: PLC0415 - its library takes 0.2 s to import, and a sound system needs it not
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415

    certificate = x509.load_der_x509_certificate(der)
    key, digest = certificate.public_key(), certificate.signature_hash_algorithm
    if certificate.not_valid_after_utc < now:
        yield "expired"
    if certificate.not_valid_before_utc > now:
        yield "not-yet-valid"
    if isinstance(key, RSAPublicKey) and key.key_size < _SHORTEST_BITS:
        yield "weak-key"
    if digest is not None and digest.name == "sha1":
        yield "sha1"
    revoked = x509.load_pem_x509_crl(files.crl.read_bytes()) if files.crl else ()
    if certificate.serial_number in (each.serial_number for each in revoked):
        yield "revoked"
