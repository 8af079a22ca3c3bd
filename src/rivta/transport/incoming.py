"""One connection that somebody makes to us: watched from its first byte to its end, read by httptools, and answered by hand.

Answers are written to the transport as they are meant, for two reasons: what is on the wire is what is recorded, to the byte,
and an answer may be wrong on purpose.
"""

import asyncio
import logging
import re
import socket
import struct
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from http.client import responses
from typing import Any, Final, Protocol, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from rivta.model.clock import Clock, written
from rivta.model.exchange import Shown, Tls
from rivta.model.frozen import frozen
from rivta.model.words import Headers, header_in
from rivta.transport.callers import Connections
from rivta.transport.tls import facts_of

_LOG: Final = logging.getLogger("rivta.transport.incoming")
_IDLE_SECONDS: Final = 75.0
_BODY_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 5.0
_LINGER_SECONDS: Final = 10.0
"""How long the rest of a call that was refused is let come: whoever is still sending would not see the answer otherwise."""
_HEAD_BYTES: Final = 64 * 1024
"""The longest head of a call. A token of a system may take ten kilobytes, and what came is to be in the record."""
_MOST_WAITING: Final = 32
"""How many calls may wait on one connection for the answer of an earlier one."""
_TLS_RECORD: Final = b"\x16"
"""How a TLS handshake begins; no HTTP request does."""
_HEAD_ENDS: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\nContent-Length[ \t]*:([^\r\n]*)", re.IGNORECASE)
_UPGRADE: Final = re.compile(rb"\r\n(Upgrade)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


@frozen
class Reply:
    """An HTTP answer of ours. `delay_seconds` is how long whoever listens waits before it is said; with status 0 nothing is."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    delay_seconds: float = 0.0


@dataclass(slots=True)
class IncomingRequest:
    """A request as it comes. `started` is when its head was there, as evidence writes it, and `arrived` the same in monotonic seconds;
    `refused` is the status with which HTTP itself refuses it. Without a method its head is not whole yet.
    """

    method: str = ""
    path: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    keeps: bool = False
    refused: int = 0
    started: str = ""
    arrived: float = 0.0

    def header(self, name: str) -> str:
        """The first header of that name; empty if there is none."""
        return header_in(self.headers, name) or ""

    @property
    def has_body(self) -> bool:
        """Whether it says that a body follows, be it empty."""
        return any(header_in(self.headers, name) is not None for name in ("content-length", "transfer-encoding"))


class Answering(Protocol):
    """Who answers what is asked."""

    limit: int
    """The most bytes of a body that is taken."""
    clock: Clock

    def answer(self, asked: IncomingRequest, connection: "CallerConnection") -> None:
        """At once, or in a while by `connection.spend`."""

    def close(self) -> None:
        """Nobody asks any more."""


class CallerConnection(asyncio.Protocol):
    """One connection. `number` is its number in the book, `tls` what its handshake showed. Its calls are answered one after the other."""

    def __init__(self, number: int, book: Connections, answering: Answering, ours: Shown | None = None) -> None:
        self.number = number
        self.tls: Tls | None = None
        self.task: asyncio.Task[None] | None = None
        """An answer that takes its time."""
        self._answering = answering
        self._ours = ours
        self._book = book
        self._loop = asyncio.get_running_loop()
        self._parser = HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._gone: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0
        self._spoke = self._is_within = self._continues = False
        self._reads = self._answers = True
        """Whether what comes is still looked at, and whether what was asked is still answered."""
        self._head, self._length = b"", ""
        self._upgrades: list[tuple[bytes, bytes]] = []
        self._asked = IncomingRequest()
        self._waiting: deque[IncomingRequest] = deque()

    # asyncio's side of it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake, if any, is over."""
        self._transport = cast("asyncio.Transport", transport)
        secured = transport.get_extra_info("ssl_object")
        self.tls = None if secured is None else facts_of(secured, self._ours, we_call=False)
        self._expect(_IDLE_SECONDS)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Bytes of a call, or of something else."""
        if not self._spoke:
            self._spoke = True
            if self.tls is None and data[:1] == _TLS_RECORD:
                self._book.note(self.number, "tls-on-plain")
                self.close()
        if not self._is_within:
            data = self._headed(data)
        self._read(data)

    def eof_received(self) -> None:
        """Whoever says no more before a call is whole may still hear that it is none."""
        if self._is_within and self.task is None:
            self.say(Reply(400, (), b""), keeps=False)

    def connection_lost(self, _: Exception | None) -> None:
        """The end, whoever made it."""
        self._book.closed(self.number, "cut-short" if self._spoke else "silent")
        if self._timer is not None:
            self._timer.cancel()
        self._reads = self._answers = False
        self._transport = None
        self.release()

    def _expect(self, seconds: float) -> None:
        self._until = self._loop.time() + seconds

    def _look(self) -> None:
        """Close what nothing has come on for too long. Now and then, for to set an alarm anew at each call costs more."""
        if self.task is None and self._loop.time() >= self._until:
            self.close()
        else:
            self._timer = self._loop.call_later(_LOOK_SECONDS, self._look)

    # The parser's side

    def _headed(self, data: bytes) -> bytes:
        """What has come of a call's head, once it is whole; what is no call, at once."""
        data = self._head + data
        if data.startswith(b"POST ") and _HEAD_ENDS not in data and len(data) <= _HEAD_BYTES:
            self._head = data
            return b""
        self._head = b""
        head, end, rest = data.partition(_HEAD_ENDS)
        if end and len(head) > _HEAD_BYTES:
            self._malformed("a long head")
        head, self._length = _with_one_length(head)
        # The parser would take what follows for another protocol, though whoever is not answered so goes on with this one.
        self._upgrades = _UPGRADE.findall(head)
        return _UPGRADE.sub(b"", head) + end + rest

    def _read(self, data: bytes) -> None:
        if not self._reads or not data:
            return
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # we change to nothing
            self._malformed("another protocol")
        except HttpParserCallbackError:  # a mistake of ours must not look like the caller's
            raise
        except HttpParserError as error:
            self._malformed(type(error).__name__)
        if self._is_within and not self._asked.method:
            self._asked.size += len(data)
            if self._asked.size > _HEAD_BYTES:
                self._malformed("a head without an end")
        if self._continues and not self._asked.pieces and self._transport is not None:
            self._continues = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _malformed(self, why: str) -> None:
        """What came is no HTTP. What the parser says of it may repeat what came, which may be anybody's data."""
        if not self._reads:
            return
        _LOG.info("malformed HTTP: %s", why)
        self._book.note(self.number, "malformed")
        self._reads = self._is_within = False
        self._answer_next(IncomingRequest(refused=400))

    def on_message_begin(self) -> None:
        self._asked, self._is_within = IncomingRequest(), True

    def on_url(self, url: bytes) -> None:
        self._asked.path += _decoded(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._asked.method:  # else it stands behind the body
            self._asked.headers.append((_decoded(name), _decoded(value)))

    def on_headers_complete(self) -> None:
        asked, clock = self._asked, self._answering.clock
        asked.method, asked.keeps, asked.size = self._parser.get_method().decode(), self._parser.should_keep_alive(), 0
        asked.started, asked.arrived = written(clock.now()), clock.monotonic()
        self._expect(_BODY_SECONDS)
        length = asked.header("content-length")
        if self._length:
            asked.headers[-1] = (asked.headers[-1][0], self._length)
        asked.headers += [(_decoded(name), _decoded(value)) for name, value in self._upgrades]
        if asked.header("content-encoding").lower() not in ("", "identity"):
            self._refuse(415)
        elif length.isdigit() and int(length) > self._answering.limit:
            self._refuse(413)
        self._continues = not asked.refused and asked.header("expect").lower() == "100-continue"

    def on_body(self, piece: bytes) -> None:
        asked = self._asked
        asked.size += len(piece)
        if asked.size > self._answering.limit:
            self._refuse(413)
        elif not asked.refused:
            asked.pieces.append(piece)

    def on_message_complete(self) -> None:
        self._length, self._upgrades, self._is_within, self._continues = "", [], False, False
        self._expect(_IDLE_SECONDS)
        self._reads = self._reads and self._asked.keeps
        if not self._answers:
            self.close()
        elif not self._asked.refused:
            self._answer_next(self._asked)

    def _refuse(self, status: int) -> None:
        """Answer before the rest has come, and let it come."""
        if self._asked.method == "POST" and not self._asked.refused:
            self._asked.refused = status
            self._answer_next(self._asked)

    # Answers

    def _answer_next(self, asked: IncomingRequest | None = None) -> None:
        """One after the other: what is asked while an answer takes its time waits for that."""
        if asked is not None:
            self._waiting.append(asked)
        while self._waiting and self.task is None and self._answers:
            self._answering.answer(self._waiting.popleft(), self)
        if len(self._waiting) > _MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()

    def spend(self, answering: Coroutine[None, None, None]) -> None:
        self.task = self._loop.create_task(answering)
        self.task.add_done_callback(self._spent)

    def _spent(self, _: asyncio.Task[None]) -> None:
        self.task = None
        self._expect(_IDLE_SECONDS)
        self._answer_next()
        if not self._waiting and self._transport is not None:
            self._transport.resume_reading()

    @property
    def is_there(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def known(self, name: str) -> Any:
        """What asyncio knows of it, by its words: `peername`, `ssl_object`. None where there is none."""
        return self._transport and self._transport.get_extra_info(name)

    def say(self, answer: Reply, *, keeps: bool) -> None:
        """Say what is no answer to a call: its headers are put to it here."""
        more = (("Content-Length", str(len(answer.body))), *(() if keeps else (("Connection", "close"),)))
        self.send(replace(answer, headers=(*answer.headers, *more)), keeps=keeps)

    def send(self, answer: Reply, *, keeps: bool) -> None:
        """Write an answer as it stands, if somebody is there to get it, and end the connection where it is not kept."""
        if self._transport is not None and self.is_there:
            lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
            head = f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Error')}\r\n{lines}\r\n"
            self._transport.write(head.encode("utf-8", "surrogateescape") + answer.body)
        if not keeps:
            self._end()

    def _end(self) -> None:
        """Nothing more is answered. What is still coming of the last call is let come, and passed over."""
        self._answers = False
        if self._is_within:
            self._expect(_LINGER_SECONDS)
        else:
            self.close()

    def reset(self) -> None:
        """Break the connection so that the caller's stack sees a reset (RST), not an end."""
        if self._transport is not None:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    async def outlasts(self, seconds: float) -> bool:
        """Wait. False as soon as the caller has hung up, or we are told to stop."""
        if not self.is_there:
            return False
        self._gone = self._loop.create_future()
        done, _ = await asyncio.wait([self._gone], timeout=seconds)
        self._gone = None
        return not done

    def close(self) -> None:
        """Close it, once: what is closed twice over TLS asyncio loses sight of, and nothing ends it then."""
        self._reads = self._answers = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def abort(self) -> None:
        """End it at once. Over TLS one that is closed still waits for the caller to take leave."""
        if self._transport is not None:
            self._transport.abort()

    def release(self) -> None:
        """End a wait that is under way."""
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _with_one_length(head: bytes) -> tuple[bytes, str]:
    """A head in which a length that is said several times is said once, and how it was said (empty: once). RFC 9112, 6.3 asks for
    that where all are the same number; the parser takes it for no HTTP.
    """
    told = b",".join(_LENGTH.findall(head))
    values = [value.strip() for value in told.split(b",")]
    if len(values) < 2 or len(set(values)) > 1 or not values[0].isdigit():
        return head, ""
    return _LENGTH.sub(b"", head) + b"\r\nContent-Length: " + values[0], b", ".join(values).decode()
