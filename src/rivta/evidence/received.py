"""A call that was received, as a line of the journal: what it says, and how it is spelt fast.

A system may call thousands of times a second, and its line is written before it gets its answer. So the line is put together
from pieces that are redacted and spelt once: the same headers come with every call. A test holds it against the codec's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from rivta.evidence.codec import encode
from rivta.evidence.redaction import redacted
from rivta.model.exchange import Exchange, Message, Problem, Tls
from rivta.model.frozen import frozen
from rivta.model.words import Headers

VERSION = 1
_REMEMBERED = 4096
"""Pieces whose spelling is remembered, so many of each sort."""

Clean = Callable[[str], str]


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


class Spelling:
    """Spells the lines of one journal. `clean` takes out what must not be read in them."""

    def __init__(self, clean: Clean) -> None:
        self._clean = clean
        self.text = lru_cache(_REMEMBERED)(self._text)
        self._header = lru_cache(_REMEMBERED)(self._spelt_header)
        self._tls = lru_cache(_REMEMBERED)(self._spelt_tls)

    def received(self, entry: KeptCall, request: str, response: str) -> bytes:
        """A call came. `request` and `response` name the bodies."""
        call, text = entry.exchange, self.text
        facts = ",".join([f"{text(name)}:{text(value)}" for name, value in entry.facts.items()])
        answer = _NULL if call.response is None else self._message(call.response, response)
        return self._bytes(
            f'{{"kind":"received","version":{VERSION},"number":{entry.number},"address":{text(entry.address)},'
            f'"facts":{{{facts}}},"standing":{text(entry.standing)},"exchange":{{"contract":{text(call.contract)},'
            f'"url":{text(call.url)},"request":{self._message(call.request, request)},"response":{answer},'
            f'"status":{_NULL if call.status is None else call.status},"started":{_plain(call.started)},"elapsed_ms":{call.elapsed_ms!r},'
            f'"tls":{self._tls(call.tls)},"problem":null,"inbound":true,"step":{call.step},'
            f'"accepted":{_NULL if call.accepted is None else text(call.accepted)},"method":{text(call.method)}}},'
            f'"state":"{entry.state}","claimed":{_bool(entry.claimed)}}}\n'
        )

    def settled(self, settled: Settled) -> bytes:
        if settled.problem is None:
            return (
                f'{{"kind":"settled","version":{VERSION},"number":{settled.number},"elapsed_ms":{settled.elapsed_ms!r},'
                f'"answered":{_bool(settled.answered)},"problem":null}}\n'
            ).encode()
        line = {"kind": "settled", "version": VERSION, **encode(settled, _no_body)}
        return self._bytes(_plain(redacted(line, self._clean, self._clean)) + "\n")

    def claimed(self, number: int) -> bytes:
        return f'{{"kind":"claimed","version":{VERSION},"number":{number}}}\n'.encode()

    def _message(self, message: Message, body: str) -> str:
        return f'{{"headers":[{self._headers(message.headers)}],"body":"{body}"}}'

    def _headers(self, headers: Headers) -> str:
        return ",".join(map(self._header, headers))

    def _spelt_header(self, header: tuple[str, str]) -> str:
        return f"[{self._text(header[0])},{self._text(header[1])}]"

    def _spelt_tls(self, tls: Tls | None) -> str:
        return _plain(None if tls is None else redacted(encode(tls, _no_body), self._clean, self._clean))

    def _text(self, text: str) -> str:
        return _plain(self._clean(text))

    @staticmethod
    def _bytes(line: str) -> bytes:
        try:
            return line.encode()
        except UnicodeEncodeError:  # a lone surrogate in a header that is no UTF-8: JSON can spell it, UTF-8 cannot
            return (json.dumps(json.loads(line), separators=(",", ":")) + "\n").encode()


_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""One encoder for all: `json.dumps` makes a new one each time for these separators."""


_NULL = "null"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _no_body(_: bytes) -> str:
    raise ValueError("there is no body in this line")


def left_out(_: str) -> bytes:
    """What stands for a body that nobody asked for."""
    return b""
