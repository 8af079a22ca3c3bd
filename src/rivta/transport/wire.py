"""A connected socket on which everything ends by a deadline, and on which an early answer is not lost.

A timeout of the socket's own is for one read: a system that drips a byte a second would never reach it. And a system may
answer and close before it has read the whole request (413 to a large message); what it said must then still be heard.
"""

from __future__ import annotations

import io
import selectors
import socket
import ssl

from rivta.model.clock import Clock

_CHUNK = 65536
_GRACE_SECONDS = 1.0
"""How long a system that has begun to answer may leave the rest of the request unread."""
_ENOUGH = 1024 * 1024
"""How much of an answer is taken in while the request is still going out."""
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """The sending and receiving of one request at a time. Raises TimeoutError at the deadline, and the socket's errors."""

    def __init__(self, connected: socket.socket, clock: Clock) -> None:
        self._socket = connected
        self._clock = clock
        self._early = b""
        self._ended = False
        self._deadline = 0.0
        self.received = False
        """Whether any byte of the present answer has come."""

    def start(self, seconds: float) -> None:
        """Begin an exchange that must be over in so many seconds."""
        self._deadline = self._clock.monotonic() + seconds
        self.received = False

    def is_stale(self) -> bool:
        """Whether the other side has closed a connection that was kept, or said something that nobody asked for."""
        try:
            self._socket.settimeout(0)
            self._pull()
        except OSError:
            return True
        return self._ended or bool(self._early)

    def send(self, data: bytes) -> None:
        """Send it all, unless the other side ends or answers without taking the rest: what it said is then read next."""
        left = memoryview(data)
        self._socket.settimeout(0)
        try:
            while left and not self._ended and len(self._early) < _ENOUGH:
                try:
                    left = left[self._socket.send(left[:_CHUNK]) :]
                except _WOULD_BLOCK:
                    if not self._wait_for_room():
                        return
                if left:
                    self._pull()
        except (ConnectionError, ssl.SSLEOFError):
            return  # what came before it broke tells more than that it broke

    def _wait_for_room(self) -> bool:
        seconds = self._seconds_left()
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            is_ready = selector.select(min(seconds, _GRACE_SECONDS) if self._early else seconds)
        if not is_ready and not self._early:
            raise TimeoutError
        return bool(is_ready)

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
        self._socket.settimeout(self._seconds_left())
        return self._socket.recv_into(buffer)

    def _seconds_left(self) -> float:
        seconds = self._deadline - self._clock.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def makefile(self, mode: str) -> io.BufferedReader:
        """What http.client reads an answer from."""
        assert mode == "rb"  # noqa: S101 (http.client asks for nothing else)
        return io.BufferedReader(_Incoming(self), _CHUNK)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class _Incoming(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io hands over a memoryview, and nothing else
        return self._wire.receive_into(buffer)
