"""A connected socket on which everything ends by a deadline, and on which an early answer is not lost.

A timeout of the socket's own is for one read: a system that drips a byte a second would never reach it. And a system may
answer and close before it has read the whole request (413 to a large message); what it said must then still be heard.
Last the head of an answer, as it is read from there.
"""

import io
import re
import selectors
import socket
import ssl
from http.client import BadStatusLine, HTTPException, LineTooLong, RemoteDisconnected, UnknownProtocol

from rivta.model.clock import Clock
from rivta.model.frozen import frozen
from rivta.model.words import Headers

_CHUNK = 65536
_GRACE_SECONDS = 1.0
"""How long a system that has begun to answer may leave the rest of the request unread."""
_ENOUGH = 1024 * 1024
"""How much of an answer is taken in while the request is still going out."""
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.DefaultSelector)
"""For a single look: another one takes a file of its own each time."""
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@frozen
class Looks:
    """How long one look at a socket lasts: a share of the time so far, `shortest` and `longest` in seconds."""

    share: float = 0.01
    shortest: float = 0.001
    longest: float = 0.05


FINE = Looks()
COARSE = Looks(0.1, 0.005, 0.25)
"""For hundreds of connections in one thread, where each look costs all of them: a time is then right to a tenth where we are late."""


class Stopwatch:
    """How long the other side took, without what we ourselves were late.

    A machine that is busy may not run our process just when an answer has come, and a thread of ours may wait for a lock that
    another holds (the interpreter's own is one): then a byte is old when we get it, and no clock that is read afterwards says
    how old. So we look for it in looks whose length is fixed before they begin, mostly a hundredth of the time so far. What came in a look
    came before the look was to be over, however late we were woken from it. A sleepy machine thus makes a time shorter, never longer: no
    system is red for it; on a quiet machine the time is right to a hundredth.
    """

    def __init__(self, clock: Clock, looks: Looks = FINE) -> None:
        self._clock = clock
        self._looks = looks
        self._began = self._looked = clock.monotonic()
        self._length = looks.shortest

    def start(self) -> None:
        self._began = self._looked = self._clock.monotonic()
        self._length = self._looks.shortest

    def look(self) -> float:
        """Something is looked for, now: for how many seconds at most. What was looked for before had not come."""
        self._looked = self._clock.monotonic()
        looks = self._looks
        self._length = min(max(looks.shortest, (self._looked - self._began) * looks.share), looks.longest)
        return self._length

    @property
    def seconds(self) -> float:
        """What the other side took, if what was looked for last has come."""
        return min(self._clock.monotonic(), self._looked + self._length) - self._began


class Wire:
    """The sending and receiving of one request at a time. Raises TimeoutError at the deadline, and the socket's errors."""

    def __init__(self, connected: socket.socket, clock: Clock, looks: Looks = FINE) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._clock = clock
        self._stopwatch = Stopwatch(clock, looks)
        self._early = b""
        self._ended = False
        self._deadline = 0.0
        self.received = False
        """Whether any byte of the present answer has come."""

    def start(self, seconds: float) -> None:
        self._deadline = self._clock.monotonic() + seconds
        self._stopwatch.start()
        self.received = False

    @property
    def took(self) -> float:
        """For how many seconds the other side has had the request, until what came last."""
        return self._stopwatch.seconds

    def is_stale(self) -> bool:
        """Whether the other side has closed a connection that was kept, or said something that nobody asked for."""
        try:
            self._pull()
        except OSError:
            return True
        return self._ended or bool(self._early)

    def send(self, data: bytes) -> None:
        """Send it all, unless the other side ends or answers without taking the rest: what it said is then read next."""
        left = memoryview(data)
        try:
            while left and not self._ended and len(self._early) < _ENOUGH:
                try:
                    sent = self._socket.send(left[:_CHUNK])
                except _WOULD_BLOCK:
                    if not self._wait_for_room():
                        return
                else:
                    if len(left) == len(data):  # what comes before the system has anything of it is our time
                        self._stopwatch.start()
                    left = left[sent:]
                if left:
                    self._pull()
        except (ConnectionError, ssl.SSLEOFError):
            return  # what came before it broke tells more than that it broke

    def _wait_for_room(self) -> bool:
        """Whether there is any; a system that has begun to answer may well not take the rest."""
        until = self._clock.monotonic() + _GRACE_SECONDS
        while not self._is_ready(selectors.EVENT_READ | selectors.EVENT_WRITE):
            if self._early and self._clock.monotonic() >= until:
                return False
            self._demand_time()
        return True

    def _is_ready(self, events: int) -> bool:
        """Whether anything can be done, looked for as long as one look lasts."""
        with _Selector() as selector:
            selector.register(self._socket, events)
            return bool(selector.select(self._stopwatch.look()))

    def _demand_time(self) -> None:
        if self._clock.monotonic() >= self._deadline:
            raise TimeoutError

    def _pull(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except _WOULD_BLOCK:
            return
        self._early += data
        self._ended = not data

    def receive_into(self, buffer: memoryview) -> int:
        """What comes next, up to the buffer's size; 0 when the other side has ended."""
        if self._early:
            size = min(len(buffer), len(self._early))
            buffer[:size], self._early = self._early[:size], self._early[size:]
        elif self._ended:
            size = 0
        else:
            size = self._receive(buffer)
        self.received = self.received or size > 0
        return size

    def _receive(self, buffer: memoryview) -> int:
        """What has come is taken before the time is looked at: it may have come while we were not there to see it."""
        while True:
            try:
                return self._socket.recv_into(buffer)
            except ssl.SSLWantWriteError:
                events = selectors.EVENT_WRITE
            except (BlockingIOError, ssl.SSLWantReadError):
                events = selectors.EVENT_READ
            self._demand_time()
            self._is_ready(events)

    def reader(self) -> io.BufferedReader:
        """What an answer is read from."""
        return io.BufferedReader(_Incoming(self), _CHUNK)

    def close(self) -> None:
        self._socket.close()


class _Incoming(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io hands over a memoryview, and nothing else
        return self._wire.receive_into(buffer)


# The head of an answer: its status line and its headers. http.client reads headers with the parser for mail, which costs as much as the
# rest of a call. What is no HTTP raises what http.client raises.


_LONGEST_LINE = 65536
_MOST_HEADERS = 100
_HEADER = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_ENDS = (b"\r\n", b"\n", b"")


@frozen
class Head:
    """`is_newer`: it is HTTP/1.1, or newer."""

    status: int
    headers: Headers
    is_newer: bool

    @property
    def keeps(self) -> bool:
        """Whether the other side leaves the connection open, as far as it says so; HTTP/1.1 does unless it says otherwise."""
        said = self.every("connection").lower()
        return "close" not in said if self.is_newer else "keep-alive" in said

    def every(self, name: str) -> str:
        """The values of all headers of a name in small letters, with commas between; empty where there is none."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def is_chunked(self) -> bool:
        return self.every("transfer-encoding").lower() == "chunked"


def read_head(answer: io.BufferedReader) -> Head:
    """The next head. A line that is no header ends the headers, as http.client has it; a folded one goes on with a blank."""
    is_newer, status = _status(_line(answer, "status line"))
    headers: list[tuple[str, str]] = []
    is_over = False
    for _ in range(_MOST_HEADERS):
        line = _line(answer, "header line")
        if line in _ENDS:
            return Head(status, tuple(headers), is_newer)
        text = line.decode("iso-8859-1").rstrip("\r\n")
        if is_over:
            continue
        if text[:1] in (" ", "\t"):
            headers[-1:] = [(name, f"{value} {text.strip()}") for name, value in headers[-1:]]
        elif found := _HEADER.fullmatch(text):
            headers.append((found[1], found[2]))
        else:
            is_over = True
    raise HTTPException(f"got more than {_MOST_HEADERS} headers")


def _line(answer: io.BufferedReader, what: str) -> bytes:
    line = answer.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE:
        raise LineTooLong(what)
    return line


def _status(line: bytes) -> tuple[bool, int]:
    """Whether it is HTTP/1.1 or newer, and the status."""
    text = line.decode("iso-8859-1")
    if not text:
        raise RemoteDisconnected("no answer")
    version, status, *_ = (*text.split(None, 2), "", "")
    if not version.startswith("HTTP/") or not (status.isascii() and status.isdigit()) or not 100 <= int(status) <= 999:
        raise BadStatusLine(text)
    if version not in ("HTTP/1.0", "HTTP/0.9") and not version.startswith("HTTP/1."):
        raise UnknownProtocol(version)
    return version not in ("HTTP/1.0", "HTTP/0.9"), int(status)
