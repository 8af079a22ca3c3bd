"""What the counterpart received, on disk before it is acknowledged: a line a call, and its body beside it.

    reports/<run>/received.jsonl            received, settled (answered or not), claimed: lines in the order of events
    reports/<run>/messages/*.bodies         each body as it was on the wire, behind the SHA-256 that it is named by

A line is handed to the operating system as it is written, so a process that is killed keeps whatever it acknowledged. A last
line that was cut short is one whose call was never answered.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from rivta.evidence.bodies import RunBodies, mend
from rivta.evidence.codec import Json, Misfit, decode, encode, left_out
from rivta.evidence.disk import Lines, compact, parsed_object, writing
from rivta.evidence.redaction import hiding, rewritten
from rivta.model.errors import Unwritable
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.text.identity import Mask

FILE = "received.jsonl"
VERSION = 1
_REMEMBERED = 4096
"""Values that are remembered as they were cleaned, so many of each sort."""
_ANSWERS = 64
"""Bodies of answers that are known to be kept already: most answers are the same few OKs."""


@frozen
class KeptCall:
    """A call as it is kept. `number` counts the calls of a run from 1, `address` is the logical address.

    `standing` says what the counterpart made of the message: `valid`; `invalid` by schema or rules; `unrouted`, for no
    contract or address of ours; `unreadable`; `refused`, by HTTP alone. While it is being answered the exchange holds the
    answer as it is meant. `claimed`: a case took it.
    """

    number: int
    address: str
    facts: Mapping[str, str]
    standing: str
    exchange: Exchange
    state: Literal["answering", "answered", "unanswered"] = "answering"
    claimed: bool = False

    def settled_as(self, settled: Settled) -> KeptCall:
        """The entry when its answering has ended."""
        exchange = replace(self.exchange, elapsed_ms=settled.elapsed_ms, problem=settled.problem)
        if settled.answered:
            return replace(self, exchange=exchange, state="answered")
        return replace(self, exchange=replace(exchange, response=None, status=None), state="unanswered")


@frozen
class Settled:
    """How the answering ended. `elapsed_ms` is from the call's arrival to its answer; `problem` says why there was none."""

    number: int
    elapsed_ms: float
    answered: bool = True
    problem: Problem | None = None


class _Places:
    """Where the lines of every call begin in the file, in 17 bytes a call: a run may receive a million of them.

    An offset is -1 while there is no such line; numbers count from 1.
    """

    def __init__(self) -> None:
        self.received, self.settled, self.claimed = array("q"), array("q"), bytearray()

    def __contains__(self, number: int) -> bool:
        return 0 < number <= len(self.received) and self.received[number - 1] >= 0

    def __len__(self) -> int:
        return len(self.received)

    def put(self, number: int, offset: int) -> None:
        missing = number - len(self.received)
        if missing > 0:
            for offsets in (self.received, self.settled):
                offsets.extend([-1] * missing)
            self.claimed.extend(bytes(missing))
        self.received[number - 1] = offset


class Journal:
    """The one writer of a run's received calls, and their reader while the run goes on.

    A folder that holds some already is gone on with: numbers are counted on from there. `mask` and `secrets` say what must
    not be read in a line; bodies stay as they were on the wire, except for secrets. May be used from several threads.
    Unwritable, here or at any call, where the folder cannot be written.
    """

    def __init__(self, folder: Path, *, mask: Mask, secrets: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._mask = mask
        self._hide = hiding(secrets)
        self._bodies = RunBodies(folder, secrets)
        self._made = CallLines(self.clean)
        self._answers: dict[bytes, str] = {}
        self._lock = Lock()
        with writing(folder / FILE):
            folder.mkdir(parents=True, exist_ok=True)
            self._lines = Lines(folder / FILE)
        self._places = _Places()
        self.trouble: Unwritable | None = None
        """Why a call could not be kept: whoever made it was told that it has not come, and the run is not to go on."""
        self._take_up()

    def _take_up(self) -> None:
        mend(self.folder)
        offset = 0
        with (self.folder / FILE).open("rb") as file:
            for count, line in enumerate(file, 1):
                with suppress(Misfit):  # it costs that line and no other
                    self._index(offset, parsed_object(line), count)
                offset += len(line)
        self._lines.end_last()

    def _index(self, offset: int, line: dict[str, Any], most: int) -> None:
        """`most` is the highest number that a call can have by then: each has a line of its own."""
        kind = line.get("kind")
        if kind == "received":
            number = decode(KeptCall, line, left_out).number
            if 0 < number <= most:
                self._places.put(number, offset)
        elif kind == "settled":
            number = decode(Settled, line, left_out).number
            if number in self._places:
                self._places.settled[number - 1] = offset
        elif kind == "claimed" and (number := _number(line)) in self._places:
            self._places.claimed[number - 1] = True

    @property
    def last(self) -> int:
        return len(self._places)

    def clean(self, text: str) -> str:
        """A text without anyone but test persons, and without secrets."""
        return self._mask.text(self._hide(text))

    def keep(self, body: bytes) -> str:
        """Keep a body, secrets taken out, and return the name that finds it again."""
        try:
            return self._bodies.keep(body)
        except Unwritable as trouble:
            self.trouble = self.trouble or trouble
            raise

    def keep_answer(self, body: bytes) -> str:
        """The same for a body of ours, which often is one of a few."""
        name = self._answers.get(body)
        if name is None:
            name = self.keep(body)
            if len(self._answers) < _ANSWERS:
                self._answers[body] = name
        return name

    def received(self, entry: KeptCall, request: str, response: str = "") -> None:
        """A call came. `request` and `response` name the bodies, which are kept already. On disk when this returns."""
        offset = self._write(self._made.received(entry, request, response))
        with self._lock:
            self._places.put(entry.number, offset)

    def settled(self, settled: Settled) -> None:
        self._places.settled[settled.number - 1] = self._write(self._made.settled(settled))

    def claimed(self, number: int) -> None:
        """A case took the call, and is over: the call is in that case's result."""
        self._write(self._made.claimed(number))
        self._places.claimed[number - 1] = True

    def _write(self, raw: bytes) -> int:
        try:
            return self._lines.append(raw)
        except Unwritable as trouble:
            self.trouble = self.trouble or trouble
            raise

    def entry(self, number: int, *, with_bodies: bool = True) -> KeptCall:
        """A call as it stands now. KeyError if there is none of that number."""
        if number not in self._places:
            raise KeyError(number)
        at = number - 1
        entry = decode(KeptCall, self._line(self._places.received[at]), self._load if with_bodies else left_out)
        if self._places.settled[at] >= 0:
            entry = entry.settled_as(decode(Settled, self._line(self._places.settled[at]), left_out))
        return replace(entry, claimed=True) if self._places.claimed[at] else entry

    def entries(self, after: int = 0) -> Iterator[KeptCall]:
        """The calls whose number is higher than `after`, in order and without their bodies."""
        for number in range(after + 1, self.last + 1):
            if number in self._places:
                yield self.entry(number, with_bodies=False)

    def unclaimed(self) -> tuple[int, ...]:
        """The numbers of the calls that no case took."""
        return tuple(n for n in range(1, self.last + 1) if n in self._places and not self._places.claimed[n - 1])

    def _line(self, offset: int) -> dict[str, Any]:
        return parsed_object(self._lines.line_at(offset))

    def _load(self, name: str) -> bytes:
        return self._bodies.find(name)[0]

    def close(self) -> None:
        """Nothing more is written. What was can still be read."""
        self._lines.close()


def _number(line: dict[str, Any]) -> int:
    number = line.get("number")
    return number if type(number) is int else 0


class CallLines:
    """Makes the lines of one journal. `clean` takes out what must not be read in them.

    A system may call thousands of times a second, and its line is written before it gets its answer. So a line is put together of
    values that are cleaned once: the same headers come with every call. A test holds it against the codec's own.
    """

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = clean
        self._text = lru_cache(_REMEMBERED)(clean)
        self._headers = lru_cache(_REMEMBERED)(self._cleaned_headers)
        self._tls = lru_cache(_REMEMBERED)(self._cleaned_tls)

    def received(self, entry: KeptCall, request: str, response: str) -> bytes:
        """A call came. `request` and `response` name the bodies."""
        call, text = entry.exchange, self._text
        exchange: dict[str, Json] = {
            "contract": text(call.contract),
            "url": text(call.url),
            "request": self._message(call.request, request),
            "response": None if call.response is None else self._message(call.response, response),
            "status": call.status,
            "started": call.started,
            "elapsed_ms": call.elapsed_ms,
            "tls": self._tls(call.tls),
            "problem": None,
            "inbound": True,
            "step": call.step,
            "accepted": None if call.accepted is None else text(call.accepted),
            "method": text(call.method),
        }
        facts: Json = {text(name): text(value) for name, value in entry.facts.items()}
        told = {"address": text(entry.address), "facts": facts, "standing": text(entry.standing), "exchange": exchange}
        return _line("received", number=entry.number, **told, state=entry.state, claimed=entry.claimed)

    def settled(self, settled: Settled) -> bytes:
        told = encode(settled, _no_body)
        return _line("settled", **(told if settled.problem is None else rewritten(told, self._clean, self._clean)))

    def claimed(self, number: int) -> bytes:
        return _line("claimed", number=number)

    def _message(self, message: Message, body: str) -> Json:
        return {"headers": self._headers(message.headers), "body": body}

    def _cleaned_headers(self, headers: Headers) -> Json:
        pairs: list[Json] = [[*pair] for pair in headers]
        return rewritten(pairs, self._clean, self._clean)

    def _cleaned_tls(self, tls: Tls | None) -> Json:
        return None if tls is None else rewritten(encode(tls, _no_body), self._clean, self._clean)


def _line(kind: str, **told: Json) -> bytes:
    return compact({"kind": kind, "version": VERSION, **told}, has_exponents=False) + b"\n"


def _no_body(_: bytes) -> str:
    raise ValueError("there is no body in this line")
