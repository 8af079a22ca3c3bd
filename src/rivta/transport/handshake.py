"""A handshake that is tried: with a certificate, a version of TLS or a trust that is not the usual one, and one question, since TLS 1.3
tells of a certificate that it will not have only when something is read.
"""

from __future__ import annotations

import ssl
import warnings
from dataclasses import replace

from rivta.model.clock import Clock, written
from rivta.model.environment import Environment, Offer, TlsFiles
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.words import Blame
from rivta.text.catalogue import text
from rivta.transport import problems, tls
from rivta.transport.connection import HttpReply, Target, Way, completed, connect, head, target_of
from rivta.transport.problems import Trouble

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_OURS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE", "INTERNAL_ERROR")
"""What OpenSSL says where this computer's own settings forbid what is to be tried."""
_UNANSWERED = ("tls", "reset")


def tried(url: str, asked: Message, offer: Offer, settings: Environment, clock: Clock) -> Exchange:
    """One connection, or two, and what came of it. Its problem is the system's where the system will not have us, else whoever's it is."""
    started, began = written(clock.now()), clock.monotonic()
    request = replace(asked, headers=(*asked.headers, ("Connection", "close")))
    facts, answer = None, HttpReply(started, 0.0)
    try:
        target = target_of(url)
        request = replace(request, headers=completed(request.headers, target, asked.body))
        facts, answer = _asked(target, head(target, request.headers) + asked.body, offer, settings, clock)
    except Trouble as trouble:
        answer = replace(answer, problem=_blamed(trouble))
    elapsed_ms = (clock.monotonic() - began) * 1000
    return Exchange("", url, request, answer.response, answer.status, started, elapsed_ms, facts, answer.problem)


def _asked(
    target: Target, request: bytes, offer: Offer, settings: Environment, clock: Clock
) -> tuple[Tls | None, HttpReply]:
    ours = tls.own(offer.files, is_server=False, whatever=True)
    way = Way(_context(offer), ours, settings.tls.server_name, settings.proxy, settings.connect_seconds)
    for is_last in (False, True) if offer.resumes else (True,):
        connection = connect(target, way, clock)
        try:
            answer = connection.ask(request, settings.read_seconds)
            way = replace(way, session=connection.session)
        finally:
            connection.close()
        if is_last or answer.problem is not None:
            break
    if answer.problem and answer.problem.kind in _UNANSWERED and answer.status is None:
        answer = replace(answer, problem=replace(answer.problem, kind="tls", blame=Blame.SYSTEM))
    return connection.tls, answer


def _blamed(trouble: Trouble) -> Problem:
    """Whose it is that no handshake came about: ours where we will not have the system's certificate, or cannot try it at all."""
    error, problem = trouble.__cause__, trouble.problem
    if problem.kind != "tls" or not isinstance(error, OSError) or isinstance(error, ssl.SSLCertVerificationError):
        return problem
    reason = problems.reason_of(error)
    if any(word in reason for word in _OURS):
        return Problem("tls", text("transport", "not_offered", reason=reason), Blame.OURS)
    return problem if problems.is_no_tls(reason) else replace(problem, blame=Blame.SYSTEM)


def _context(offer: Offer) -> ssl.SSLContext:
    """Our side of it. Trouble for files that cannot be used."""
    files = offer.files
    try:
        context = _trusting_roots(files) if offer.trusts == "roots" else tls.client_context(files.ca)
        if offer.trusts == "besides" and files.certificate:
            context.load_verify_locations(cadata=tls.pem_of(files))
        speak(context, offer.version)
        if files.certificate:
            _show(context, files)
    except (OSError, ValueError) as error:
        raise Trouble(problems.tls(text("transport", "not_offered", reason=problems.reason_of(error)))) from None
    return context


def speak(context: ssl.SSLContext, version: str) -> None:
    """Let only this version of TLS be spoken, however old; none is as it was."""
    if not version:
        return
    with warnings.catch_warnings():  # that it is old is what it is for
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = _VERSIONS[version]
        context.minimum_version = _VERSIONS[version]
    context.set_ciphers("DEFAULT@SECLEVEL=0")


def served(offer: Offer) -> ssl.SSLContext:
    """Our side where we are called: a caller's certificate is asked for, as far as we know any authority. OSError or ValueError for unusable files."""
    context, files = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), offer.files
    context.minimum_version, context.verify_flags = ssl.TLSVersion.TLSv1_2, tls.VERIFY_FLAGS
    speak(context, offer.version)
    _show(context, files)
    if files.ca is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        if offer.trusts == "roots":
            context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
            context.load_verify_locations(cadata="\n".join(tls.roots_in(files.ca)))
        else:
            context.load_verify_locations(files.ca)
    return context


def _show(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Show a certificate, however weak."""
    try:
        tls.show(context, files)
    except ssl.SSLError:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        tls.show(context, files)


def _trusting_roots(files: TlsFiles) -> ssl.SSLContext:
    """Trust in the roots among the authorities alone: whoever is below one must show who is between."""
    if files.ca is None:
        context = ssl.create_default_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata="\n".join(tls.roots_in(files.ca)))
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
