"""What can go wrong on the way to a system and back: each with a stable word, a sentence, and whose fault it is.

No way there is the environment's fault; an answer that does not come, breaks off or is no HTTP is the system's.
"""

from __future__ import annotations

import errno
import socket

from rivta.model.exchange import Problem
from rivta.model.words import Blame, Text
from rivta.text.xml import LIMIT_BYTES

_SHOWN = 60
_LIMIT_MB = LIMIT_BYTES // (1024 * 1024)


class Trouble(Exception):
    """A problem on its way to the exchange that will tell it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text.en)
        self.problem = problem


def _environment(kind: str, sv: str, en: str) -> Problem:
    return Problem(kind, Text(sv, en), Blame.ENVIRONMENT)


def _system(kind: str, sv: str, en: str) -> Problem:
    return Problem(kind, Text(sv, en), Blame.SYSTEM)


def bad_url(url: str, why: str) -> Problem:
    """The environment's URL is none that can be called."""
    return _environment(
        "url", f"Adressen {url!r} går inte att anropa ({why}).", f"The URL {url!r} cannot be called ({why})."
    )


def bad_header(name: str) -> Problem:
    """A header that holds a line break or the like."""
    return _environment(
        "header",
        f"HTTP-headern {name!r} har tecken som inte får förekomma i en header.",
        f"The HTTP header {name!r} has characters that no header may have.",
    )


def no_connection(place: str, error: OSError, seconds: float) -> Problem:
    """Why there is no connection to `place` (host and port), from what the socket said."""
    if isinstance(error, socket.gaierror):
        return _environment(
            "dns", f"Namnet i {place} går inte att slå upp.", f"The name in {place} cannot be resolved."
        )
    if isinstance(error, TimeoutError):
        return _environment(
            "connect-timeout",
            f"Ingen anslutning till {place} inom {seconds:g} s.",
            f"No connection to {place} within {seconds:g} s.",
        )
    if isinstance(error, ConnectionRefusedError):
        return _environment("refused", f"{place} tar inte emot anslutningar.", f"{place} refuses connections.")
    why = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return _environment("unreachable", f"{place} går inte att nå ({why}).", f"{place} cannot be reached ({why}).")


def timeout(seconds: float) -> Problem:
    """The whole answer did not come in time."""
    return _system(
        "timeout", f"Inget fullständigt svar inom {seconds:g} s.", f"No complete answer within {seconds:g} s."
    )


def no_answer() -> Problem:
    """The connection ended before the first byte of an answer."""
    return _system(
        "reset",
        "Systemet stängde anslutningen utan att svara.",
        "The system closed the connection without an answer.",
    )


def cut_short(received: int, expected: int | None) -> Problem:
    """The connection ended in the middle of an answer. Sizes are of the body, in bytes."""
    of_sv, of_en = ("", "") if expected is None else (f" av {expected}", f" of {expected}")
    return _system(
        "reset",
        f"Anslutningen bröts mitt i svaret, efter {received}{of_sv} byte av kroppen.",
        f"The connection broke in the middle of the answer, after {received}{of_en} bytes of the body.",
    )


def no_http(line: str) -> Problem:
    """What came is not HTTP. `line` is how it begins."""
    shown = repr(line[:_SHOWN])
    return _system("malformed", f"Svaret är inte HTTP: {shown}.", f"The answer is not HTTP: {shown}.")


def too_large(kept: int) -> Problem:
    """The answer is over what is read; `kept` bytes of it are in the evidence."""
    return _system(
        "too-large",
        f"Svaret är större än {_LIMIT_MB} MB; de första {kept} byten är sparade.",
        f"The answer is larger than {_LIMIT_MB} MB; its first {kept} bytes are kept.",
    )


def tls(sv: str, en: str) -> Problem:
    """Trouble with the handshake or with a certificate, in words."""
    return _environment("tls", sv, en)
