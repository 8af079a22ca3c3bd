"""Mutual TLS: our files, and what a certificate and the handshake showed."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rivta.model.clock import Clock
from rivta.model.environment import TlsFiles
from rivta.model.exchange import Problem, Shown, Tls
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.transport import problems
from rivta.transport.problems import Trouble, bytes_of, in_words, is_pkcs12, quoted, unusable

if TYPE_CHECKING:
    from rivta.text.certificate import OpenedKey

_SHORT_NAMES = {
    "commonName": "CN",
    "countryName": "C",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "serialNumber": "SERIALNUMBER",
    "stateOrProvinceName": "ST",
}


def name_of(parts: object) -> str:
    """A subject or issuer of `getpeercert`, in short: `O=Region Test, SERIALNUMBER=SE2321000012-TEST`. Empty for none."""
    # A name comes as a tuple of RDNs, each a tuple of (type, value).
    pairs = (pair for rdn in cast("Iterable[Iterable[tuple[str, str]]]", parts or ()) for pair in rdn)
    return ", ".join(f"{_SHORT_NAMES.get(kind, kind)}={value}" for kind, value in pairs)


def moment_of(told: object) -> str:
    """When a certificate begins or ends, as ISO 8601 in UTC. Empty for none."""
    if not isinstance(told, str):
        return ""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(told), UTC).isoformat().replace("+00:00", "Z")


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


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Our side of a handshake with who calls us: TLS 1.2 or later, as the national platform asks. OSError or ValueError for unusable files.

    With authorities a certificate is asked for, not demanded: that none was shown is for a check to tell.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.verify_flags = _OLDEST, VERIFY_FLAGS
    show(context, files)
    if files.ca:
        context.load_verify_locations(files.ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    ask_for_revoked(context, files)
    return context


def show(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Have our certificate shown in a handshake. OSError or ValueError for unusable files."""
    assert files.certificate is not None  # noqa: S101 - asked for only where there is one
    raw = bytes_of(files.certificate)
    count = raw.count(_BEGINS)
    if not is_pkcs12(files.certificate) and count < _MAY_BE_DISORDERED:
        try:
            # Without a password OpenSSL would ask for one on the terminal; an empty one makes it fail instead.
            context.load_cert_chain(files.certificate, files.key, files.password or "")
        except ssl.SSLError:
            if count < 2:  # else the key's own may not be the first
                raise
        else:
            return
    with _opened(files).as_file() as (path, password):
        context.load_cert_chain(path, None, password)


_BEGINS = b"BEGIN CERTIFICATE"
_MAY_BE_DISORDERED = 3
"""Certificates in a file of which more than the first can be in the wrong place."""


def _opened(files: TlsFiles) -> OpenedKey:
    from rivta.text import certificate  # noqa: PLC0415 - its library takes 0.2 s to import, and few files need it

    assert files.certificate is not None  # noqa: S101 - asked for only where there is one
    return certificate.opened(files.certificate, files.key, files.password)


def pem_of(files: TlsFiles) -> str:
    if is_pkcs12(files.certificate):
        return _opened(files).pem.decode()
    return "\n".join(_BLOCK.findall(bytes_of(files.certificate).decode("ascii", "replace")))


_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def ask_for_revoked(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Hold the other side's certificate against the lists of what was revoked, where there are any. OSError for unusable ones."""
    if files.crl:
        context.load_verify_locations(files.crl)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF


def context_of(files: TlsFiles) -> ssl.SSLContext:
    """The same with the environment's files, our certificate among them. Trouble for an unusable file."""
    try:
        context = client_context(files.ca)
        ask_for_revoked(context, files)
        if files.certificate:
            show(context, files)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise Trouble(problems.tls(unusable(files, error))) from error
    return context


_EXPIRED, _NOT_YET, _OTHER_HOST, _OTHER_IP = 10, 9, 62, 64
"""OpenSSL's X509_V_ERR_ numbers."""


def amiss(files: TlsFiles, *, is_server: bool) -> Iterator[Text]:
    """What is wrong with certificate files, found without calling anybody; `is_server` says which part they play in a handshake."""
    try:
        context_of(files)
    except Trouble as trouble:
        yield trouble.problem.text
        return
    if files.certificate is None:
        return
    number, _ = _held_against_itself(files, is_server=is_server)
    if number in (_EXPIRED, _NOT_YET):
        key = "file_expired" if number == _EXPIRED else "file_not_yet"
        yield text("transport", key, **quoted(files))


def doubtful(files: TlsFiles, *, is_server: bool, clock: Clock) -> Iterator[Text]:
    """What may yet be wrong with files that can be used: an issuer that is not shown, no HSA-id, an end that is near."""
    shown = own(files, is_server=is_server)
    if shown is None or not shown.subject:
        return
    if datetime.fromisoformat(shown.expires) - clock.now() < SOON:
        yield text("transport", "file_ends_soon", name=files.certificate, date=shown.expires[:10])
    if not is_server and not _HSA_ID.search(shown.subject):
        yield text("transport", "file_no_hsa_id", name=files.certificate, subject=shown.subject)
    yield from _unshown(files, shown)


SOON = timedelta(days=30)
"""How long before a certificate ends it is told."""
_HSA_ID = re.compile(r"SERIALNUMBER=[A-Z]{2}\d{10}-\w+")
"""How the platform knows who calls: the subject's serialNumber. Source: the function certificates of SITHS."""


def _unshown(files: TlsFiles, shown: Shown) -> Iterator[Text]:
    """The issuer that is missing between what is shown and a root."""
    above, trusted = _authorities(pem_of(files)), _authorities(bytes_of(files.ca).decode("ascii", "replace"))
    issuer, seen = shown.issuer, {shown.subject}
    while issuer in above and issuer not in seen:
        seen.add(issuer)
        issuer = above[issuer]
    if issuer in seen or trusted.get(issuer) == issuer:
        return  # a root, which everybody has who trusts it
    key = "file_no_chain" if issuer in trusted else "file_no_issuer"
    if issuer in trusted or (trusted and not above):
        yield text("transport", key, issuer=issuer, **quoted(files))


def roots_in(ca: Path) -> list[str]:
    """The authorities in a file that nobody is above, each as PEM."""
    blocks = _BLOCK.findall(bytes_of(ca).decode("ascii", "replace"))
    return [each for each in blocks if any(name == above for name, above in _authorities(each).items())]


def _authorities(pem: str) -> dict[str, str]:
    """Each authority in a file, with who issued it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if blocks := "\n".join(_BLOCK.findall(pem)):
        context.load_verify_locations(cadata=blocks)
    return {name_of(each.get("subject")): name_of(each.get("issuer")) for each in context.get_ca_certs()}


def other_name(files: TlsFiles, host: str) -> Iterator[Text]:
    """That our server certificate is not for the host name by which others call us, where it is not."""
    if _held_against_itself(files, is_server=True, host=host)[0] in (_OTHER_HOST, _OTHER_IP):
        yield text("transport", "file_other_host", name=files.certificate, host=host)


def own(files: TlsFiles, *, is_server: bool, whatever: bool = False) -> Shown | None:
    """What our own certificate says; None where we have none, empty where it is one that nobody would take, unless it is to be read `whatever`."""
    if files.certificate is None:
        return None
    return _said(
        _held_against_itself(
            files, is_server=is_server, flags=VERIFY_FLAGS | AT_ANY_TIME if whatever else VERIFY_FLAGS
        )[1]
    )


AT_ANY_TIME = ssl.VerifyFlags(0x200000)
"""That it counts whenever it holds: X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h)."""


def _held_against_itself(
    files: TlsFiles, *, is_server: bool, host: str = "", flags: ssl.VerifyFlags = VERIFY_FLAGS
) -> tuple[int, Mapping[str, object]]:
    """What OpenSSL has against our certificate, trusted as it is, in a handshake of ours with ourselves (0 for nothing), and what it says."""
    caller, server = curious(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for context in (caller, server):
        if flags is not VERIFY_FLAGS:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        show(context, files)
    judge = caller if is_server else server
    judge.verify_mode = ssl.CERT_REQUIRED
    judge.verify_flags = flags
    judge.load_verify_locations(cadata=pem_of(files))
    caller.check_hostname = bool(host)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [caller.wrap_bio(back, there, server_hostname=host or None), server.wrap_bio(there, back, server_side=True)]
    for side in sides * 4:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return error.verify_code, {}
        except ssl.SSLError:
            break
    return 0, sides[0 if is_server else 1].getpeercert() or {}


def curious() -> ssl.SSLContext:
    """The side of a handshake that takes any certificate: for who asks whether there is TLS, and trusts nothing that is said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def speaks_tls(host: str, port: int, seconds: float) -> bool:
    """Whether a TLS server listens there, whoever it is. Nothing is sent to it but a greeting."""
    try:
        with (
            socket.create_connection((host, port), seconds) as plain,
            curious().wrap_socket(plain, server_hostname=host),
        ):
            return True
    except ssl.SSLError as error:
        return "_ALERT_" in (error.reason or "")
    except OSError:
        return False


def handshake_problem(error: OSError) -> Problem:
    """What went wrong in a handshake, or at the first read after it: TLS 1.3 tells of a client certificate only then."""
    return problems.tls(in_words(error, "server"))


def facts_of(connected: ssl.SSLSocket | ssl.SSLObject, ours: Shown | None, *, we_call: bool) -> Tls:
    """What the handshake showed, for the report. `ours` is what our own certificate says, None where we showed none."""
    cipher = connected.cipher()
    theirs = _said(connected.getpeercert() or {})
    return Tls(
        version=connected.version() or "",
        cipher=cipher[0] if cipher else "",
        peer_subject=theirs.subject,
        peer_issuer=theirs.issuer,
        peer_expires=theirs.expires,
        client_certificate=ours is not None if we_call else bool(connected.getpeercert()),
        peer_serial=theirs.serial,
        peer_begins=theirs.begins,
        ours=ours,
        resumed=bool(connected.session_reused),
    )


def _said(certificate: Mapping[str, object]) -> Shown:
    return Shown(
        subject=name_of(certificate.get("subject")),
        issuer=name_of(certificate.get("issuer")),
        serial=str(certificate.get("serialNumber", "")),
        begins=moment_of(certificate.get("notBefore")),
        expires=moment_of(certificate.get("notAfter")),
    )
