"""Where a request goes, and how it is written on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from rivta.model.words import Headers
from rivta.transport import problems
from rivta.transport.problems import Trouble

_PORTS = {"http": 80, "https": 443}
_ODD_IN_URL = re.compile(r"[^\x21-\x7e]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_ODD_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint, taken apart. `host_header` is the URL's host and port as they are written there."""

    scheme: str
    host: str
    port: int
    path: str
    host_header: str

    @property
    def peer(self) -> tuple[str, str, int]:
        """What a connection can be shared by."""
        return self.scheme, self.host, self.port

    @property
    def place(self) -> str:
        """Host and port, for people."""
        return f"{self.host}:{self.port}"


def target_of(url: str) -> Target:
    """The URL taken apart. Trouble for one that cannot be called."""
    if odd := _ODD_IN_URL.search(url):
        raise Trouble(problems.bad_url(url, f"U+{ord(odd[0]):04X}"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Trouble(problems.bad_url(url, str(error))) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Trouble(problems.bad_url(url, "http://… | https://…"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host_header = parts.netloc.rpartition("@")[2]
    return Target(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path, host_header)


def completed(headers: Headers, target: Target, body: bytes) -> Headers:
    """The headers with Host before and Content-Length after them, unless they are given: wrong ones can be sent on purpose."""
    given = {name.lower() for name, _ in headers}
    before = () if "host" in given else (("Host", target.host_header),)
    after = () if "content-length" in given else (("Content-Length", str(len(body))),)
    return (*before, *headers, *after)


def head(target: Target, headers: Headers) -> bytes:
    """The request line and the headers. Trouble for a header that would break out of its line."""
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or _ODD_IN_VALUE.search(value):
            raise Trouble(problems.bad_header(name))
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8")
