"""The inbox: everything that was received in the run, each call with what was wrong with it, and those that no step took."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from rivta import evidence
from rivta.contract import message
from rivta.evidence.journal import KeptCall
from rivta.model.errors import Unreadable
from rivta.model.exchange import Call
from rivta.model.frozen import frozen
from rivta.model.steps import Receive, Watch, differences
from rivta.model.words import Text
from rivta.page.messages import Clean, Messages
from rivta.page.play import ManualPlay
from rivta.page.plays import PlayService
from rivta.page.told import filled, local
from rivta.page.told import note as told_of_note
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.run import stray

MOST = 500
"""Messages that one page shows, the latest first."""
LOOKED_AT = 5000
"""How many of the latest messages a page is made from: a reader waits for each of them."""
_ASTRAY = 50
"""How many of the latest calls that no step took are looked through for those of a play."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_LONGEST = 200


@frozen
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


@frozen
class Inbox:
    """What was received, for a reader of one language, nobody shown but test persons."""

    service: PlayService
    voice: Voice
    clean: Clean

    def listed(self, wanted: Filter) -> View:
        """The latest calls, with what narrowed them."""
        counterpart = self.service.setup.counterpart
        entries = [*map(self._in_words, counterpart.calls(max(0, counterpart.received - LOOKED_AT)))]
        fitting = [entry for entry in reversed(entries) if wanted.fits(entry)][:MOST]
        reasons = {entry.number: why for entry, why in counterpart.left(MOST)}
        taken = self.service.taken()
        return {
            "rows": [self._row(entry, taken, reasons.get(entry.number)) for entry in fitting],
            "contracts": sorted({entry.exchange.contract for entry in entries if entry.exchange.contract}),
            "wanted": wanted,
            "counted": self.voice.say("shown_n", n=len(fitting), all=counterpart.received),
        }

    def opened(self, number: int) -> View:
        """One call: what is known of it, what every check says, its headers, and both messages. KeyError if there is none."""
        counterpart, words, voice = self.service.setup.counterpart, self.voice.words, self.voice
        kept = counterpart.call(number)
        entry, href = self._in_words(kept), f"/inbox/{number}"
        exchange, domains = entry.exchange, self.service.setup.programme.domains
        reason = next((why for each, why in counterpart.left(MOST) if each.number == number), None)
        call = Call(kept.exchange, kept.address, kept.facts, 0, 0, number)
        checked = stray(call, domains, reason or Text.same("")).checks
        domain = next((each for each in domains if kept.exchange.contract in each.contracts), domains[0])
        messages = Messages(voice, self.clean, domain)
        sides = (
            ("request", words["received_message"], exchange.request),
            ("response", words["our_answer"], exchange.response),
        )
        said = [(side, heading, each) for side, heading, each in sides if each is not None]
        notes = enumerate(self.service.record.notes_of(exchange.started))
        return {
            "heading": voice.say("message_title", n=number),
            "here": href,
            "notes": [told_of_note(note, f"{href}/files/{place}") for place, note in notes],
            "standing": self._standing(entry),
            "why": self._why(entry, reason),
            "facts": self._known(entry),
            "problem": voice.text(exchange.problem.text) if exchange.problem else "",
            "checks": messages.checks(checked, (exchange,)),
            "messages": [
                messages.message(heading, each, f"{href}-{side}.xml", is_open=side == "request")
                for side, heading, each in said
            ],
            "headers": [
                (heading, [(name, self.clean(value)) for name, value in each.headers]) for _, heading, each in said
            ],
        }

    def _known(self, entry: KeptCall) -> list[tuple[str, str]]:
        """What is known of a call, by what it is called."""
        words, exchange = self.voice.words, entry.exchange
        known = [
            (words["received"], local(exchange.started)),
            (words["contract"], exchange.contract),
            (words["address"], self.clean(entry.address)),
            *((name, self.clean(value)) for name, value in entry.facts.items()),
            (words["answered"], "" if exchange.status is None else f"HTTP {exchange.status}"),
            (words["taken"], words["yes"] if entry.claimed else words["stray"]),
        ]
        return [(name, value) for name, value in known if value]

    def astray(self, play: ManualPlay) -> Iterator[View]:
        """The calls that came while a play went on and belong to it, but at another moment than its steps wait for them."""
        for entry, why in self.service.setup.counterpart.left(_ASTRAY):
            if entry.exchange.started >= play.opened.started and self._belongs(entry, play):
                yield self._row(self._in_words(entry), frozenset(), why)

    def _belongs(self, entry: KeptCall, play: ManualPlay) -> bool:
        """Whether a step of the play waits for such a call, whatever kind of message that is and whichever of them."""
        suite, captured = play.playable.suite, tuple(ran.captured for ran in reversed(play.state.ran))
        known = (*captured, self.service.data_of(play), suite.data)
        for step in play.playable.case.steps:
            if isinstance(step, Receive | Watch) and step.contract == entry.exchange.contract:
                roles = suite.domain_of(step.contract).fact_roles
                named = step.when.keys() & {roles.get("patient"), roles.get("recipient")}
                fixed = {name: filled(step.when[name], (step.data, *known)) for name in named}
                if fixed and not differences(fixed, entry.address, entry.facts):
                    return True
        return False

    def _in_words(self, entry: KeptCall) -> KeptCall:
        """A received call, its contract by the word that people use."""
        return replace(entry, exchange=evidence.in_words(entry.exchange, self.service.setup.programme.contracts))

    def _row(self, entry: KeptCall, taken: frozenset[str], reason: Text | None) -> View:
        exchange, words = entry.exchange, self.voice.words
        status = f"HTTP {exchange.status}, {self.voice.ms(exchange.elapsed_ms)}"
        return {
            "number": entry.number,
            "time": local(exchange.started),
            "contract": exchange.contract or words["nothing_to_see"],
            "address": self.clean(entry.address),
            "facts": [(name, self.clean(value)) for name, value in entry.facts.items() if value],
            "answered": words["no_answer_given"] if exchange.status is None else status,
            "is_stray": not entry.claimed and exchange.started not in taken,
            "standing": self._standing(entry),
            "why": self._why(entry, reason),
        }

    def _standing(self, entry: KeptCall) -> View:
        """What the counterpart made of the message, as a sign and a word."""
        key = "passed" if entry.standing == "valid" else "failed"
        return {"key": key, "word": self.voice.words[f"standing_{entry.standing}"]}

    def _why(self, entry: KeptCall, reason: Text | None) -> str:
        """What was wrong with it: what our answer said of a message that does not hold; of one that does, why no step took it."""
        if entry.standing != "valid":
            answer = self.service.setup.counterpart.call(entry.number).exchange.response
            if said := self._said(entry.exchange.contract, answer.body if answer else b""):
                return self.clean(said)
        return self.voice.text(reason) if reason else ""

    def _said(self, contract: str, answer: bytes) -> str:
        """What an answer says of what was wrong, in its own words."""
        contracts = self.service.setup.programme.contracts
        try:
            envelope = message.open_envelope(answer)
        except Unreadable:
            return "" if answer.lstrip().startswith(b"<") else answer.decode("utf-8", "replace").partition("\n")[0]
        if envelope.fault:
            return " ".join(filter(None, (envelope.fault.text, envelope.fault.detail)))
        result = message.result_of(envelope, contracts[contract].result) if contract in contracts else None
        return ": ".join(filter(None, (result.error_code, result.message))) if result else ""
