"""Messages and what was checked of them, as the page shows them: laid out, people masked, each finding at its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from markupsafe import Markup

from rivta.model.domain import Domain
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Direction, Verdict
from rivta.page import spoken
from rivta.report import listing
from rivta.report.layout import View
from rivta.report.voice import Voice
from rivta.run import handshaking
from rivta.text import xml

Clean = Callable[[str], str]
_IN_WORDS = ("expected", "message", "note")
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
        told = self._told(check, "expected", "actual", "note", "by")
        if check.kind == handshaking.KIND:
            told["expected"] = spoken.connection(told["expected"], self._voice)
        return self._in_words(told) | {
            "name": self._voice.check(check.kind),
            "state": self._voice.state(check.verdict),
            "is_met": check.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE),
            "source": check.source,
            "requirements": self.requirements(check.verifies),
            "findings": [self._finding(finding, check, exchanges) for finding in check.findings],
            "spelt": [*dict.fromkeys(spoken.paths_in(told["expected"]))],
        }

    def _in_words(self, told: View) -> View:
        """With its XPaths in words."""
        return told | {name: spoken.in_words(told[name], self._voice) for name in _IN_WORDS if name in told}

    def _finding(self, finding: Finding, check: CheckResult, exchanges: tuple[Exchange, ...]) -> View:
        exchange = exchanges[check.exchange] if check.exchange < len(exchanges) else None
        told = self._told(finding, "message", "expected", "actual", "rule", "location")
        test = ""
        if check.kind == "rules":  # what a rule asks is XPath, which its message says in words
            test, told["expected"] = told["expected"], ""
        elif check.kind == handshaking.KIND:
            told["expected"] = spoken.connection(told["expected"], self._voice)
        return self._in_words(told) | {"excerpt": self._excerpt(finding, exchange), "test": test}

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
