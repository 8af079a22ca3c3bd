"""Everything that was received in the run, and what a reader wants to see of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rivta.evidence.received import KeptCall
from rivta.page.messages import Clean, Messages
from rivta.report.links import View
from rivta.report.voice import Voice

MOST = 500
"""Messages that one page shows, the latest first."""
LOOKED_AT = 5000
"""How many of the latest messages a page is made from: a reader waits for each of them."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader wants to see. Times are UTC, as far as they are written; empty means any."""

    contract: str = ""
    who: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filter:
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
        return self != Filter()

    def fits(self, entry: KeptCall) -> bool:
        started, who = entry.exchange.started, self.who.casefold()
        return (
            self.contract in ("", entry.exchange.contract)
            and (not self.since or started >= self.since)
            and (not self.until or started[: len(self.until)] <= self.until)
            and any(who in text.casefold() for text in (entry.address, *entry.facts.values()))
        )


def view(
    calls: Iterable[KeptCall], wanted: Filter, voice: Voice, clean: Clean, *, received: int, taken: frozenset[str]
) -> View:
    """The inbox as it is shown, with what narrowed it. `received` is how many calls came in all, and `taken` is when the calls came that a play has taken and not yet
    ended with.
    """
    entries = [*calls]
    fitting = [entry for entry in reversed(entries) if wanted.fits(entry)][:MOST]
    return {
        "rows": [_row(entry, voice, clean, taken) for entry in fitting],
        "contracts": sorted({entry.exchange.contract for entry in entries if entry.exchange.contract}),
        "wanted": wanted,
        "counted": voice.say("shown_n", n=len(fitting), all=received),
    }


def _row(entry: KeptCall, voice: Voice, clean: Clean, taken: frozenset[str]) -> View:
    exchange, words = entry.exchange, voice.words
    status = f"HTTP {exchange.status}, {voice.ms(exchange.elapsed_ms)}"
    return {
        "number": entry.number,
        "time": voice.time(exchange.started),
        "contract": exchange.contract or words["nothing_to_see"],
        "address": clean(entry.address),
        "facts": [(name, clean(value)) for name, value in entry.facts.items() if value],
        "answered": words["no_answer_given"] if exchange.status is None else status,
        "is_stray": not entry.claimed and exchange.started not in taken,
    }


def opened(entry: KeptCall, voice: Voice, messages: Messages, clean: Clean) -> View:
    """One call: what is known of it, and both messages."""
    exchange, words, href = entry.exchange, voice.words, f"/inbox/{entry.number}"
    known = [
        (words["received"], voice.time(exchange.started)),
        (words["contract"], exchange.contract),
        (words["address"], clean(entry.address)),
        *((name, clean(value)) for name, value in entry.facts.items()),
        (words["taken"], words["yes"] if entry.claimed else words["stray"]),
    ]
    told = [messages.message(words["received_message"], exchange.request, f"{href}-request.xml", is_open=True)]
    if exchange.response is not None:
        told.append(messages.message(words["our_answer"], exchange.response, f"{href}-response.xml"))
    return {
        "heading": voice.say("message_title", n=entry.number),
        "facts": [(name, value) for name, value in known if value],
        "problem": voice.text(exchange.problem.text) if exchange.problem else "",
        "messages": told,
    }
