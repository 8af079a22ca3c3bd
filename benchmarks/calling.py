"""A system that calls as fast as it can on some kept-alive connections, in a process of its own; prints what it saw as JSON.

    python -m benchmarks.calling URL CALLS CONNECTIONS SIZE [CA CERTIFICATE KEY]

Every call carries a message of its own. The client does as little as a client can, so that the server is what is measured.
"""

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from benchmarks.bench_case import message

_MARK = b'ID"/>'
_DIGITS = 12


@dataclass
class Tally:
    """What all connections of a run share."""

    left: int
    numbers: Iterator[int] = field(default_factory=count)
    took: list[float] = field(default_factory=list)
    refused: int = 0


class Caller(asyncio.Protocol):
    """One connection: a call, its answer, the next call."""

    def __init__(self, around: tuple[bytes, bytes], tally: Tally) -> None:
        self._before, self._after = around
        self._tally = tally
        self._begun = 0.0
        self._answer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._call()

    def _call(self) -> None:
        if not self._tally.left:
            self._transport.close()
            self.done.set_result(None)
            return
        self._tally.left -= 1
        # Letters in it: a long row of digits looks like a person's number, and costs a closer look.
        number = f"{next(self._tally.numbers):x}".rjust(_DIGITS, "f").encode()
        self._begun = time.perf_counter()
        self._transport.write(self._before + number + self._after)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, blank, body = self._answer.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self._tally.took.append(time.perf_counter() - self._begun)
        if b"OK<" not in body:
            self._tally.refused += 1
        self._answer = b""
        self._call()


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


def request(url: str, size: int) -> tuple[bytes, bytes]:
    """The bytes of a call before and after its number. `size` is that of the message, if that is more than it needs."""
    text = message().encode()
    filler = b"<!--" + b"x" * max(size - len(text) - 7 - _DIGITS, 0) + b"-->" if size > len(text) else b""
    before, mark, after = text.partition(_MARK)
    body_before, body_after = (
        before,
        mark[2:] + after.replace(b"</core:questionFormulation>", filler + b"</core:questionFormulation>"),
    )
    parts = urlsplit(url)
    head = (
        f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: text/xml; charset=UTF-8\r\n"
        f'SOAPAction: "urn:riv:clinicalprocess:activity:request:ProcessRequestResponder:2:ProcessRequest"\r\n'
        f"x-rivta-original-serviceconsumer-hsaid: SE2321000012-TEST\r\nUser-Agent: bench\r\n"
        f"Content-Length: {len(body_before) + _DIGITS + len(body_after)}\r\n\r\n"
    )
    return head.encode() + body_before, body_after


async def _run(url: str, tally: Tally, connections: int, size: int, context: ssl.SSLContext | None) -> None:
    parts, loop, around = urlsplit(url), asyncio.get_running_loop(), request(url, size)
    opened = [
        await loop.create_connection(lambda: Caller(around, tally), str(parts.hostname), parts.port or 80, ssl=context)
        for _ in range(connections)
    ]
    await asyncio.gather(*(caller.done for _, caller in opened))


def main(url: str, calls: str, connections: str, size: str, *files: str) -> None:
    """Call, and print calls a second and the 50th and 99th percentile in ms."""
    context = None
    if files:
        context = ssl.create_default_context(cafile=files[0])
        context.load_cert_chain(*files[1:])
    tally = Tally(int(calls))
    begun = time.perf_counter()
    asyncio.run(_run(url, tally, int(connections), int(size), context))
    seconds = time.perf_counter() - begun
    took = sorted(tally.took)
    told = {
        "rate": len(took) / seconds,
        "p50": took[len(took) // 2] * 1000,
        "p99": took[len(took) * 99 // 100] * 1000,
        "refused": tally.refused,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
