"""The head of an answer: its status line and its headers.

http.client reads headers with the parser for mail, which costs as much as the rest of a call. What is no HTTP raises what http.client raises.
"""

import re
from http.client import BadStatusLine, HTTPException, LineTooLong, RemoteDisconnected, UnknownProtocol
from io import BufferedReader

from rivta.model.frozen import frozen
from rivta.model.words import Headers

_LONGEST_LINE = 65536
_MOST_HEADERS = 100
_HEADER = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_ENDS = (b"\r\n", b"\n", b"")


@frozen
class Head:
    """`keeps` is whether the other side leaves the connection open, as far as it says so; HTTP/1.1 does unless it says otherwise."""

    status: int
    headers: Headers
    keeps: bool

    def every(self, name: str) -> str:
        """The values of all headers of a name in small letters, with commas between; empty where there is none."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def is_chunked(self) -> bool:
        return self.every("transfer-encoding").lower() == "chunked"


def read_head(answer: BufferedReader) -> Head:
    """The next head. A line that is no header ends the headers, as http.client has it; a folded one goes on with a blank."""
    is_newer, status = _status(_line(answer, "status line"))
    headers: list[tuple[str, str]] = []
    is_over = False
    for _ in range(_MOST_HEADERS):
        line = _line(answer, "header line")
        if line in _ENDS:
            read = tuple(headers)
            return Head(status, read, _keeps(read, is_newer=is_newer))
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


def _line(answer: BufferedReader, what: str) -> bytes:
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


def _keeps(headers: Headers, *, is_newer: bool) -> bool:
    said = ", ".join(value for name, value in headers if name.lower() == "connection").lower()
    return "close" not in said if is_newer else "keep-alive" in said
