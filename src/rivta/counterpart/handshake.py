"""Our side of TLS: what we ask for, what the caller showed, and what went wrong with it in words.

A certificate is asked for, not demanded: a caller that shows none gets through, and a check can make that a finding.
"""

import ssl
from typing import Literal

from rivta.model.environment import TlsFiles
from rivta.model.errors import UsageError
from rivta.model.exchange import Tls
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.text.certificate import expiry_of, name_of
from rivta.transport import tls
from rivta.transport.tls import VERIFY_FLAGS

TlsTrouble = Literal["tls", "plain-on-tls"]


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
        why = (
            "there is no such file" if isinstance(error, FileNotFoundError) else getattr(error, "reason", None) or error
        )
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
    """Why a caller's handshake failed, and what to do about it."""
    reason = tls.reason_of(error)
    if "HTTP_REQUEST" in reason:
        return "plain-on-tls", text("counterpart", "plain")
    if tls.is_no_tls(reason):
        return "plain-on-tls", text("counterpart", "not_tls")
    if isinstance(error, (TimeoutError, ConnectionAbortedError)):  # asyncio says the second of its own time limit
        return "tls", text("counterpart", "too_slow")
    return "tls", tls.in_words(error, "caller")
