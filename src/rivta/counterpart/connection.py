"""One connection to the counterpart, as aiohttp's protocol: watched from its first byte to its end, read, and answered by hand.

Answers are written to the transport as they are meant, for two reasons: what is on the wire is what is recorded, to the byte,
and an answer may be wrong on purpose.

Our side of TLS comes first: what we ask for, what the caller showed, and what went wrong with it in words. A certificate is
asked for, not demanded: a caller that shows none gets through, and a check can make that a finding.
"""

import asyncio
import logging
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Final, Literal, cast

from aiohttp import http_exceptions, web

from rivta.counterpart.composing import HttpAnswer
from rivta.counterpart.diagnosis import Connections, Kind
from rivta.model.environment import TlsFiles
from rivta.model.errors import UsageError
from rivta.model.exchange import Shown, Tls
from rivta.model.words import Headers, Text
from rivta.text.catalogue import text
from rivta.transport import openssl, tls
from rivta.transport.files import unusable
from rivta.transport.tls import facts_of

TlsTrouble = Literal["tls", "untrusted", "plain-on-tls"]


def context_of(files: TlsFiles, whose: str = "counterpart") -> ssl.SSLContext | None:
    """TLS 1.2 or later, as the national platform asks; None without a certificate of ours. UsageError for unusable files."""
    if files.certificate is None:
        return None
    try:
        return tls.server_context(files)
    except (OSError, ValueError) as error:
        what = f"{whose}: tls: {unusable(files, error).en}".removesuffix(".")
        raise UsageError(what, todo=f"look at {whose}: tls: in the environment") from error


def handshake_trouble(error: OSError) -> tuple[TlsTrouble, Text]:
    """Why a caller's handshake failed, and what to do about it."""
    reason = openssl.reason_of(error)
    if "HTTP_REQUEST" in reason:
        return "plain-on-tls", text("counterpart", "plain")
    if openssl.is_no_tls(reason):
        return "plain-on-tls", text("counterpart", "not_tls")
    if isinstance(error, (TimeoutError, ConnectionAbortedError)):  # asyncio says the second of its own time limit
        return "tls", text("counterpart", "too_slow")
    is_ours = isinstance(error, ssl.SSLCertVerificationError)
    return "untrusted" if is_ours else "tls", openssl.in_words(error, "caller")


_LOG: Final = logging.getLogger("rivta.counterpart.http")
_IDLE_SECONDS: Final = 75.0
_HEADER_BYTES: Final = 64 * 1024
"""The longest line of a call's head. A token of a system may take ten kilobytes, and what came is to be in the record."""
_BODY_SECONDS: Final = 60.0
BROKEN_OFF: Final = (OSError, TimeoutError, web.RequestPayloadError, http_exceptions.HttpProcessingError)
"""What reading a body raises when the rest of it will not come."""
_TLS_RECORD: Final = b"\x16"
"""How a TLS handshake begins; no HTTP request does."""
_HEAD_ENDS: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\nContent-Length[ \t]*:([^\r\n]*)", re.IGNORECASE)
_MOST_DIGITS: Final = 20
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
}

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class HttpRefusal(Exception):
    """A request that HTTP itself refuses: the status to say."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class AlreadyWritten(web.StreamResponse):
    """Stands for an answer that has been written, or that there will not be, so that aiohttp goes on after it."""

    def __init__(self, *, keeps: bool) -> None:
        super().__init__()
        self._keeps = keeps

    @property
    def keep_alive(self) -> bool | None:
        """Whether another call may come on the connection."""
        return self._keeps

    async def prepare(self, request: web.BaseRequest) -> None:
        """It has been."""

    async def write_eof(self, data: bytes = b"") -> None:
        """It has been."""


KEPT: Final = AlreadyWritten(keeps=True)
ENDED: Final = AlreadyWritten(keeps=False)


class CallerConnection(web.RequestHandler):
    """One connection. `number` is its number in the book, `tls` what its handshake showed."""

    __slots__ = ("_book", "_gone", "_head", "_left", "_length", "_ours", "_spoke", "_wire", "number", "tls")

    def __init__(self, manager: web.Server, number: int, book: Connections, ours: Shown | None = None) -> None:
        super().__init__(
            manager,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_IDLE_SECONDS,
            logger=_LOG,
            access_log=None,  # type: ignore[arg-type]  # None is how the library is told to keep no access log
            auto_decompress=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        self.number = number
        self.tls: Tls | None = None
        self._ours = ours
        self._book = book
        self._spoke = False
        self._wire: asyncio.Transport | None = None
        self._gone: asyncio.Future[None] | None = None
        self._head: bytes | None = b""
        self._length = ""
        self._left: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake, if any, is over."""
        self._wire = cast("asyncio.Transport", transport)
        secured = transport.get_extra_info("ssl_object")
        self.tls = None if secured is None else facts_of(secured, self._ours, we_call=False)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of a call, or of something else."""
        if not self._spoke:
            self._spoke = True
            if self.tls is None and data[:1] == _TLS_RECORD:
                self._book.note(self.number, "tls-on-plain", text("counterpart", "tls-on-plain"))
                self.force_close()
                return
        if self._head is not None:
            data = self._headed(data)
        for piece in self._up_to_its_length(data):
            super().data_received(piece)

    def _up_to_its_length(self, data: bytes) -> Iterator[bytes]:
        """A call by itself, and what comes behind it: what is no HTTP there, as when a length counts characters, must not take
        the call with it.
        """
        own = data if self._left is None else data[: self._left]
        behind = data[len(own) :]
        self._left = None if self._left is None or behind else self._left - len(own)
        yield from filter(None, (own, behind))

    def _headed(self, data: bytes) -> bytes:
        """What has come of a call's head, once it is whole; what is no call, at once."""
        data = (self._head or b"") + data
        if data.startswith(b"POST ") and _HEAD_ENDS not in data and len(data) <= _HEADER_BYTES:
            self._head = data
            return b""
        self._head = None
        head, end, rest = data.partition(_HEAD_ENDS)
        head, self._length = _with_one_length(head)
        lengths = _LENGTH.findall(head)
        is_said = len(lengths) == 1 and lengths[0].strip().isdigit() and len(lengths[0]) < _MOST_DIGITS
        self._left = len(head + end) + int(lengths[0]) if is_said else None
        return head + end + rest

    def headers_of(self, request: web.BaseRequest) -> Headers:
        """A call's headers as they came."""
        return tuple(
            (name, self._length if self._length and name.lower() == "content-length" else value)
            for name, value in request.headers.items()
        )

    def connection_lost(self, exc: BaseException | None) -> None:
        """The end, whoever made it."""
        kind: Kind = "cut-short" if self._spoke else "silent"
        self._book.closed(self.number, kind, text("counterpart", kind))
        self.release()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 (the library's signature)
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 (it repeats what came, which may be anybody's data)
    ) -> web.StreamResponse:
        """What came is no HTTP. The library would log it."""
        _LOG.info("malformed HTTP: %s", type(exc).__name__)
        self._book.note(self.number, "malformed", text("counterpart", "malformed"))
        self.say(HttpAnswer(status, b"", ()), keeps=False)
        return ENDED

    @property
    def is_there(self) -> bool:
        """Whether somebody is there to get an answer."""
        return self.transport is not None and not self.transport.is_closing()

    def say(self, answer: HttpAnswer, *, keeps: bool) -> None:
        """Say what is no answer to a call: its headers are put to it here."""
        more = (("Content-Length", str(len(answer.body))), *(() if keeps else (("Connection", "close"),)))
        self.send(replace(answer, headers=(*answer.headers, *more)))

    def send(self, answer: HttpAnswer) -> None:
        """Write an answer as it stands, if somebody is there to get it."""
        if self.transport is None or not self.is_there:
            return
        self._head = b""
        lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
        head = f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Error')}\r\n{lines}\r\n"
        self.transport.write(head.encode("utf-8", "surrogateescape") + answer.body)

    async def body(self, request: web.BaseRequest, limit: int) -> bytes:
        """The body as it is on the wire. Refused if it is larger than the limit or compressed; what is in BROKEN_OFF if it does
        not come.
        """
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise HttpRefusal(415)
        if (request.content_length or 0) > limit:
            raise HttpRefusal(413)
        if request.content.is_eof():
            return request.content.read_nowait()
        if request.headers.get("Expect", "").lower() == "100-continue" and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        async with asyncio.timeout(_BODY_SECONDS):
            return await _rest(request, limit)

    def reset(self) -> None:
        """Break the connection so that the caller's stack sees a reset (RST), not an end."""
        if self.transport is None:
            return
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cast("asyncio.WriteTransport", self.transport).abort()

    async def outlasts(self, seconds: float) -> bool:
        """Wait. False as soon as the caller has hung up, or we are told to stop."""
        self._gone = asyncio.get_running_loop().create_future()
        if self.transport is None or self.transport.is_closing():
            return False
        done, _ = await asyncio.wait([self._gone], timeout=seconds)
        self._gone = None
        return not done

    def force_close(self) -> None:
        """Close it, once: what is closed twice over TLS asyncio loses sight of, and nothing ends it then."""
        if self.transport is not None and self.transport.is_closing():
            self.transport = None
        super().force_close()

    def abort(self) -> None:
        """End it at once. Over TLS one that is closed still waits for the caller to take leave."""
        if self._wire is not None:
            self._wire.abort()

    def release(self) -> None:
        """End a wait that is under way."""
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)


def _with_one_length(head: bytes) -> tuple[bytes, str]:
    """A head in which a length that is said several times is said once, and how it was said (empty: once). RFC 9112, 6.3 asks for
    that where all are the same number; aiohttp takes it for no HTTP.
    """
    told = b",".join(_LENGTH.findall(head))
    values = [value.strip() for value in told.split(b",")]
    if len(values) < 2 or len(set(values)) > 1 or not values[0].isdigit():
        return head, ""
    return _LENGTH.sub(b"", head) + b"\r\nContent-Length: " + values[0], b", ".join(values).decode()


async def _rest(request: web.BaseRequest, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := await request.content.readany():
        size += len(part)
        if size > limit:
            raise HttpRefusal(413)
        parts.append(part)
    return b"".join(parts)
