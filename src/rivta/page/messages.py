"""Messages and what was checked of them, as the page shows them: laid out, people masked, each finding at its line; and the
inbox, which has all that were received in the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from rivta.evidence.received import KeptCall
from rivta.model.domain import Domain
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Direction, Verdict
from rivta.page.told import local
from rivta.report import listing
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.text import xml

Clean = Callable[[str], str]
_LAID_OUT = 32
"""Messages whose layout is remembered: a page is shown many times while a play goes on."""


class Messages:
    """Makes views of messages and checks in one language, nobody shown but test persons."""

    def __init__(self, voice: Voice, clean: Clean, domain: Domain) -> None:
        self._voice = voice
        self.clean = clean
        self._domain = domain

    def message(self, heading: str, message: Message, href: str, *, is_open: bool = False) -> View:
        """One message: what it is called, its `text` laid out, where it can be fetched. Where there is no text, `note` says so."""
        told = {"heading": heading, "facts": self._voice.size(len(message.body))}
        if not message.body:
            return told | {"text": None, "note": self._voice.words["empty_message"], "is_open": False}
        return told | {"text": listing.plain(self._rows(message.body)), "href": href, "is_open": is_open}

    def _rows(self, body: bytes) -> list[str]:
        return listing.lines(listing.shorten(self.clean(_laid_out(body)), self._voice.words["left_out"]))

    def checks(self, checks: Iterable[CheckResult], exchanges: tuple[Exchange, ...]) -> list[View]:
        """The checks of a step, what is not met first. `exchanges` are those of the case so far."""
        return [self._check(check, exchanges) for check in sorted(checks, key=lambda check: -check.verdict)]

    def requirements(self, ids: Iterable[str]) -> list[View]:
        """What the domain says of these requirements: id, text, and the document that says it."""
        known = self._domain.requirements
        unknown = {"text": "", "reference": ""}
        return [
            {"id": id_, **(self._voice.told(known[id_], "text", "reference") if id_ in known else unknown)}
            for id_ in ids
        ]

    def _check(self, check: CheckResult, exchanges: tuple[Exchange, ...]) -> View:
        return self._told(check, "expected", "actual", "note", "by") | {
            "name": self._voice.check(check.kind),
            "state": self._voice.state(check.verdict),
            "is_met": check.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE),
            "source": check.source,
            "requirements": self.requirements(check.verifies),
            "findings": [self._finding(finding, check, exchanges) for finding in check.findings],
        }

    def _finding(self, finding: Finding, check: CheckResult, exchanges: tuple[Exchange, ...]) -> View:
        exchange = exchanges[check.exchange] if check.exchange < len(exchanges) else None
        told = self._told(finding, "message", "expected", "actual", "rule", "location")
        return told | {"excerpt": self._excerpt(finding, exchange)}

    def _told(self, record: object, *names: str) -> View:
        return {name: self.clean(text) for name, text in self._voice.told(record, *names).items()}

    def _excerpt(self, finding: Finding, exchange: Exchange | None) -> Markup | None:
        """The lines of the message around what was found."""
        if exchange is None:
            return None
        message = exchange.request if finding.direction is Direction.REQUEST else exchange.response
        if message is None or not message.body or not finding.location:
            return None
        rows = self._rows(message.body)
        line = listing.line_of(_laid_out(message.body), finding.location)
        return listing.excerpt(rows, line) if line and line <= len(rows) else None


@lru_cache(_LAID_OUT)
def _laid_out(body: bytes) -> str:
    return xml.pretty(body)


MOST = 500
"""Messages that one page shows, the latest first."""
LOOKED_AT = 5000
"""How many of the latest messages a page is made from: a reader waits for each of them."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader wants to see. Times are Swedish, as far as they are written; empty means any."""

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
        started, who = local(entry.exchange.started).replace(" ", "T"), self.who.casefold()
        return (
            self.contract in ("", entry.exchange.contract)
            and (not self.since or started >= self.since)
            and (not self.until or started[: len(self.until)] <= self.until)
            and any(who in text.casefold() for text in (entry.address, *entry.facts.values()))
        )


def inbox(
    calls: Iterable[KeptCall], wanted: Filter, voice: Voice, clean: Clean, *, received: int, taken: frozenset[str]
) -> View:
    """The inbox as it is shown, with what narrowed it. `received` is how many calls came in all, and `taken` is when the calls
    came that a play has taken and not yet ended with.
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
        "time": local(exchange.started),
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
        (words["received"], local(exchange.started)),
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
