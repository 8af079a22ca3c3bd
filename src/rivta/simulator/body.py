"""Reading an HTTP request's body: a declared length or chunks, never more than a limit, nothing that could be read in two ways."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from typing import Final, Protocol

LINE_BYTES: Final = 65536


class Rejected(Exception):
    """A request that HTTP itself refuses: the status to say."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Stream(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes:
        """That many bytes, fewer only at the end."""
        ...

    def readline(self, size: int, /) -> bytes:
        """A line, or as much of it."""
        ...


def read_body(headers: Message, stream: Stream, limit: int) -> bytes:
    """The whole body. Raises Rejected."""
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Rejected(415)
    coding = headers.get("Transfer-Encoding")
    if coding is None:
        return _exactly(stream, length_of(headers, limit))
    if coding.strip().lower() != "chunked":
        raise Rejected(501)
    if "Content-Length" in headers:  # two lengths are how requests are smuggled
        raise Rejected(400)
    return b"".join(_chunks(stream, limit))


def length_of(headers: Message, limit: int) -> int:
    """The declared length; 0 for a chunked body, whose length nobody knows yet. Raises Rejected."""
    lengths = headers.get_all("Content-Length", [])
    if not lengths and "Transfer-Encoding" in headers:
        return 0
    if not lengths:
        raise Rejected(411)
    if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
        raise Rejected(400)
    return _within(limit, int(lengths[0]))


def _chunks(stream: Stream, limit: int) -> Iterator[bytes]:
    total = 0
    while size := _chunk_size(stream):
        total = _within(limit, total + size)
        yield _exactly(stream, size)
        if _line(stream).strip():
            raise Rejected(400)
    while _line(stream).strip():  # trailers say nothing that we use
        continue


def _chunk_size(stream: Stream) -> int:
    text = _line(stream).partition(b";")[0].strip()
    if not _is_hexadecimal(text):
        raise Rejected(400)
    return int(text, 16)


def _line(stream: Stream) -> bytes:
    line = stream.readline(LINE_BYTES)
    if not line.endswith(b"\n"):
        raise Rejected(400)
    return line


def _exactly(stream: Stream, size: int) -> bytes:
    body = stream.read(size)
    if len(body) != size:
        raise Rejected(400)
    return body


def _within(limit: int, size: int) -> int:
    if size > limit:
        raise Rejected(413)
    return size


def _is_hexadecimal(text: bytes) -> bool:
    return bool(text) and len(text) <= 8 and all(letter in b"0123456789abcdefABCDEF" for letter in text)
