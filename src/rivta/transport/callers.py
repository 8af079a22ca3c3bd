"""What is known of the connections that others make to us, and of those on which no call ever came: what came instead, in words."""

import ssl
from collections import deque
from threading import Lock
from typing import Final, Literal

from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.text.catalogue import text
from rivta.transport import problems

_REMEMBERED: Final = 256

Kind = Literal["tls", "untrusted", "plain-on-tls", "tls-on-plain", "malformed", "silent", "cut-short", "http"]


@frozen
class WithoutCall:
    """A connection on which no call came. `number` counts connections from 1, `text` says what came instead."""

    number: int
    kind: Kind
    text: Text


class Connections:
    """What is known of the connections made to us. Written on the server's thread, read on any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made = 0
        self._open: set[int] = set()
        self._without_call: deque[WithoutCall] = deque(maxlen=_REMEMBERED)

    def opened(self) -> int:
        """Somebody connected. The number of the connection."""
        with self._lock:
            self._made += 1
            self._open.add(self._made)
            return self._made

    def called(self, number: int) -> None:
        """A whole call came on it."""
        with self._lock:
            self._open.discard(number)

    def note(self, number: int, kind: Kind, said: Text | None = None) -> None:
        """Something else came on it: what is `said` of that, else what there is to say of the kind."""
        with self._lock:
            self._open.discard(number)
            self._without_call.append(WithoutCall(number, kind, said or text("transport", f"came_{kind}")))

    def closed(self, number: int, kind: Kind) -> None:
        """It ended. If nothing is known of it yet, this is what there is to say."""
        with self._lock:
            is_unknown = number in self._open
        if is_unknown:
            self.note(number, kind)

    @property
    def made(self) -> int:
        with self._lock:
            return self._made

    def since(self, number: int) -> tuple[list[WithoutCall], int]:
        """What came on later connections than that one, oldest first, and how many of those are open without a word yet."""
        with self._lock:
            without_call = [each for each in self._without_call if each.number > number]
            return without_call, sum(1 for each in self._open if each > number)


def handshake_trouble(error: OSError) -> tuple[Kind, Text]:
    """What went wrong where somebody connected and no handshake came about."""
    reason = problems.reason_of(error)
    if "HTTP_REQUEST" in reason:
        return "plain-on-tls", text("transport", "came_plain")
    if problems.is_no_tls(reason):
        return "plain-on-tls", text("transport", "came_not_tls")
    if isinstance(error, (TimeoutError, ConnectionAbortedError)):  # asyncio says the second of its own time limit
        return "tls", text("transport", "came_too_slowly")
    is_ours = isinstance(error, ssl.SSLCertVerificationError)
    return "untrusted" if is_ours else "tls", problems.in_words(error, "caller")
