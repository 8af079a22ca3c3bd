"""A message and what was checked of it, as the page shows them: laid out, people masked, each finding at its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from rivta.model.domain import Domain
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CheckResult, Finding
from rivta.model.words import Direction, Verdict
from rivta.report import listing
from rivta.report.voice import State, Voice
from rivta.text import xml

Clean = Callable[[str], str]
_LAID_OUT = 32
"""Messages whose layout is remembered: a page is shown many times while a play goes on."""


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message: what it is called, its text laid out, where it can be fetched. No `text`: there is none, `note` says so."""

    heading: str
    facts: str
    text: Markup | None
    note: str
    href: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class FindingView:
    """One thing that is not as it should be."""

    message: str
    expected: str
    actual: str
    rule: str
    place: str
    excerpt: Markup | None


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A requirement: its id, what it says, and the document that says it."""

    id: str
    text: str
    reference: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check: its verdict, what was expected and seen, and, where it is not met, why and by what requirement."""

    name: str
    state: State
    is_met: bool
    expected: str
    actual: str
    note: str
    by: str
    source: str
    requirements: tuple[RequirementView, ...]
    findings: tuple[FindingView, ...]


class Messages:
    """Makes views of messages and checks in one language, nobody shown but test persons."""

    def __init__(self, voice: Voice, clean: Clean, domain: Domain) -> None:
        self._voice = voice
        self._clean = clean
        self._domain = domain

    def message(self, heading: str, message: Message, href: str, *, is_open: bool = False) -> MessageView:
        size = self._voice.size(len(message.body))
        if not message.body:
            return MessageView(heading, size, None, self._voice.words["empty_message"], "")
        rows = self._rows(message.body)
        return MessageView(heading, size, listing.plain(rows), "", href, is_open)

    def _rows(self, body: bytes) -> list[str]:
        return listing.lines(listing.shorten(self._clean(_laid_out(body)), self._voice.words["left_out"]))

    def checks(self, checks: Iterable[CheckResult], exchanges: tuple[Exchange, ...]) -> tuple[CheckView, ...]:
        """The checks of a step, what is not met first. `exchanges` are those of the case so far."""
        ordered = sorted(checks, key=lambda check: -check.verdict)
        return tuple(self._check(check, exchanges) for check in ordered)

    def requirements(self, ids: Iterable[str]) -> tuple[RequirementView, ...]:
        """What the domain says of these requirements."""
        known = self._domain.requirements
        return tuple(
            RequirementView(id_, self._voice.text(known[id_].text), known[id_].reference)
            if id_ in known
            else RequirementView(id_, "", "")
            for id_ in ids
        )

    def _check(self, check: CheckResult, exchanges: tuple[Exchange, ...]) -> CheckView:
        return CheckView(
            name=self._voice.check(check.kind),
            state=self._voice.state(check.verdict),
            is_met=check.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE),
            expected=self._clean(check.expected),
            actual=self._clean(check.actual),
            note=self._clean(self._voice.text(check.note)) if check.note else "",
            by=self._clean(check.by),
            source=str(check.source) if check.source else "",
            requirements=self.requirements(check.verifies),
            findings=tuple(self._finding(finding, check, exchanges) for finding in check.findings),
        )

    def _finding(self, finding: Finding, check: CheckResult, exchanges: tuple[Exchange, ...]) -> FindingView:
        return FindingView(
            message=self._clean(self._voice.text(finding.message)),
            expected=self._clean(finding.expected),
            actual=self._clean(finding.actual),
            rule=finding.rule,
            place=finding.location,
            excerpt=self._excerpt(finding, exchanges[check.exchange] if check.exchange < len(exchanges) else None),
        )

    def _excerpt(self, finding: Finding, exchange: Exchange | None) -> Markup | None:
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
    text = xml.pretty(body)
    return text or listing.decode(body)
