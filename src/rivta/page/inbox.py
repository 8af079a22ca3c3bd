"""Everything that was received in the run, and what a reader wants to see of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rivta.evidence.received import KeptCall
from rivta.page.messages import Clean, Messages, MessageView
from rivta.page.told import Pairs
from rivta.report.voice import Voice

MOST = 500
"""Messages that one page shows, the latest first."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What the reader wants to see. Times are UTC, as far as they are written; empty means any."""

    contract: str = ""
    who: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wish:
        """What a page's address asks for. What is no time is left out."""
        since, until = (query.get(name, "") for name in ("from", "to"))
        return cls(
            contract=query.get("contract", "")[:_LONGEST],
            who=query.get("who", "").strip()[:_LONGEST],
            since=since if _MOMENT.fullmatch(since) else "",
            until=until if _MOMENT.fullmatch(until) else "",
        )

    @property
    def is_narrow(self) -> bool:
        return self != Wish()

    def fits(self, entry: KeptCall) -> bool:
        started = entry.exchange.started
        return (
            self.contract in ("", entry.exchange.contract)
            and (not self.since or started >= self.since)
            and (not self.until or started[: len(self.until)] <= self.until)
            and (not self.who or any(self.who.casefold() in text.casefold() for text in _searched(entry)))
        )


def _searched(entry: KeptCall) -> Iterable[str]:
    return (entry.address, *entry.facts.values())


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    time: str
    contract: str
    address: str
    facts: tuple[tuple[str, str], ...]
    answered: str
    is_stray: bool


@dataclass(frozen=True, slots=True)
class InboxView:
    """The inbox as it is shown, with what narrowed it."""

    rows: tuple[Row, ...]
    contracts: tuple[str, ...]
    contract: str
    who: str
    since: str
    until: str
    is_narrowed: bool
    counted: str


def view(calls: Iterable[KeptCall], wish: Wish, voice: Voice, clean: Clean, taken: frozenset[str]) -> InboxView:
    """The inbox. `taken` is when the calls came that a play has taken and not yet ended with."""
    entries = [*calls]
    fitting = [entry for entry in reversed(entries) if wish.fits(entry)][:MOST]
    return InboxView(
        rows=tuple(_row(entry, voice, clean, taken) for entry in fitting),
        contracts=tuple(sorted({entry.exchange.contract for entry in entries if entry.exchange.contract})),
        contract=wish.contract,
        who=wish.who,
        since=wish.since,
        until=wish.until,
        is_narrowed=wish.is_narrow,
        counted=voice.say("shown_n", n=len(fitting), all=len(entries)),
    )


def _row(entry: KeptCall, voice: Voice, clean: Clean, taken: frozenset[str]) -> Row:
    exchange = entry.exchange
    facts = [(name, clean(value)) for name, value in entry.facts.items() if value]
    status = f"HTTP {exchange.status}" if exchange.status is not None else voice.words["no_answer_given"]
    return Row(
        number=entry.number,
        time=voice.time(exchange.started),
        contract=exchange.contract or voice.words["nothing_to_see"],
        address=clean(entry.address),
        facts=tuple(facts),
        answered=f"{status}, {voice.ms(exchange.elapsed_ms)}" if exchange.status is not None else status,
        is_stray=not entry.claimed and exchange.started not in taken,
    )


@dataclass(frozen=True, slots=True)
class ReceivedView:
    heading: str
    facts: Pairs
    problem: str
    messages: tuple[MessageView, ...]


def opened(entry: KeptCall, voice: Voice, messages: Messages, clean: Clean) -> ReceivedView:
    exchange, words = entry.exchange, voice.words
    known = [
        (words["received"], voice.time(exchange.started)),
        (words["contract"], exchange.contract),
        (words["address"], clean(entry.address)),
        *((name, clean(value)) for name, value in entry.facts.items()),
        (words["taken"], words["yes"] if entry.claimed else words["stray"]),
    ]
    sides = (("received_message", exchange.request, "request"), ("our_answer", exchange.response, "response"))
    return ReceivedView(
        heading=voice.say("message_title", n=entry.number),
        facts=tuple((name, value) for name, value in known if value),
        problem=voice.text(exchange.problem.text) if exchange.problem else "",
        messages=tuple(
            messages.message(words[heading], message, f"/inbox/{entry.number}-{side}.xml", is_open=side == "request")
            for heading, message, side in sides
            if message is not None
        ),
    )
