"""What can go wrong on the way to a system and back: each with a stable word, a sentence, and whose fault it is.

No way there is the environment's fault; an answer that does not come, breaks off or is no HTTP is the system's.
"""

import errno
import socket
from http.client import HTTPException

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
    """The environment's URL is none that can be called."""
    return _environment("url", url=url, why=why)


def bad_header(name: str) -> Problem:
    """A header that holds a line break or the like."""
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
    """The whole answer did not come in time."""
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
    """Trouble with the handshake or with a certificate, in words."""
    return Problem("tls", why, Blame.ENVIRONMENT)


def speaks_tls() -> Problem:
    """TLS on a port whose URL begins with http://."""
    return tls(text("transport", "speaks_tls"))
