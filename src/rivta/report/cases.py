"""The cases as the report shows them: each with its checks, what they found, and its exchanges."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from markupsafe import Markup

from rivta.model import (
    Blame,
    CaseResult,
    CheckResult,
    Direction,
    Exchange,
    Finding,
    Message,
    Run,
    Tls,
    Verdict,
)
from rivta.report import compression
from rivta.report.anchors import Anchors
from rivta.report.bodies import Bodies, BodyRow, Link
from rivta.report.caseviews import CaseView, CheckView, ExchangeView, FindingView, MessageView, SuiteView
from rivta.report.sequence import Course, SequenceView, draw, of_domain
from rivta.report.voice import Voice

__all__ = [
    "RED",
    "CaseView",
    "Cases",
    "CheckView",
    "ExchangeView",
    "FindingView",
    "MessageView",
    "SuiteView",
]

RED = frozenset({Verdict.FAILED, Verdict.ERROR, Verdict.BLOCKED})
"""Verdicts that somebody will want to look into: such cases are unfolded, and printed whole."""


class Cases:
    """Builds the case part of the view, and knows where each case, check and finding stands for those that link there.

    `original` and `shown` are the same run; only the latter has its identities masked.
    """

    def __init__(self, original: Run, shown: Run, voice: Voice, anchors: Anchors, *, is_packed: bool = False) -> None:
        self._voice = voice
        self._anchors = anchors
        self._shown = shown.results
        self._number = {id(result): number for number, result in enumerate(shown.results)}
        self._header = shown.header
        self._domains = {domain.name: domain for domain in shown.header.domains}
        self._excerpted: set[tuple[int, int]] = set()
        self._bodies = Bodies(anchors, voice, is_packed=is_packed)
        self._digests = [
            [self._digests_of(result, *pair) for pair in zip(before.exchanges, result.exchanges, strict=True)]
            for before, result in zip(original.results, shown.results, strict=True)
        ]
        self._bodies.settle()

    def _digests_of(self, result: CaseResult, original: Exchange, shown: Exchange) -> Mapping[Direction, str]:
        pairs = [(Direction.REQUEST, original.request, shown.request)]
        if original.response is not None and shown.response is not None:
            pairs.append((Direction.RESPONSE, original.response, shown.response))
        link, is_red = self.link(result), result.verdict in RED
        return {
            side: self._bodies.use(side, before.body, after.body, link, is_red=is_red) for side, before, after in pairs
        }

    def anchor(self, result: CaseResult) -> str:
        """Where a case stands."""
        return self._anchors.of("case", self._number[id(result)], result.case)

    def link(self, result: CaseResult) -> Link:
        """A link to a case by its id."""
        return Link(f"#{self.anchor(result)}", result.case)

    def check_anchor(self, result: CaseResult, check: CheckResult) -> str:
        """Where a check stands: at its first finding, or in the case's table of checks."""
        index = next(place for place, each in enumerate(result.checks, 1) if each is check)
        return f"{self.anchor(result)}-c{index}" + ("-f1" if check.findings else "")

    def messages(self, result: CaseResult, exchange: int) -> tuple[Link, ...]:
        """Links to the messages of one of a case's exchanges, by the first characters of their SHA-256."""
        if exchange >= len(result.exchanges):
            return ()
        digests = self._digests[self._number[id(result)]][exchange]
        links = ((side, self._bodies.link(digest)) for side, digest in digests.items())
        return tuple(Link(link.href, f"{self._voice.words[side]} {link.words}") for side, link in links if link)

    def appendix(self) -> Sequence[BodyRow]:
        """The messages, for the report's last part."""
        return self._bodies.appendix()

    def suites(self, requirement_links: Mapping[str, Link]) -> tuple[SuiteView, ...]:
        """All cases by suite and contract, in the order in which they were run."""
        groups: dict[tuple[str, str, str], list[int]] = {}
        for number, result in enumerate(self._shown):
            groups.setdefault((result.suite, result.contract, result.role), []).append(number)
        checked = {number: self._checks(number, requirement_links) for numbers in groups.values() for number in numbers}
        return tuple(
            SuiteView(
                self._anchors.of("suite", path, contract, role),
                f"{contract}, {self._role(role)}",
                path,
                tuple(self._case(number, checked[number], requirement_links) for number in numbers),
            )
            for (path, contract, role), numbers in groups.items()
        )

    def _role(self, role: str) -> str:
        return self._voice.words[role].lower() if role in ("producer", "consumer") else role

    def _case(self, number: int, checks: tuple[CheckView, ...], links: Mapping[str, Link]) -> CaseView:
        result, voice = self._shown[number], self._voice
        messages = sum(1 + (exchange.response is not None) for exchange in result.exchanges)
        return CaseView(
            anchor=self.anchor(result),
            id=result.case,
            title=voice.text(result.title),
            state=voice.state(result.verdict),
            is_red=result.verdict in RED,
            reason=voice.text(result.reason) if result.reason else "",
            facts=(
                (voice.words["started"], voice.time(result.started)),
                (voice.words["duration"], voice.ms(result.elapsed_ms)),
                (voice.words["written_in"], f"{result.source.path}, {voice.say('line_n', n=result.source.line)}"),
            ),
            requirements=_links(result.verifies, links),
            evidence=voice.say("case_evidence", checks=len(checks), messages=messages) if checks or messages else "",
            caption=voice.say("checks_caption", case=result.case),
            sequence=self._sequence(result),
            checks=checks,
            exchanges=tuple(self._exchange(number, index) for index in range(len(result.exchanges))),
        )

    def _sequence(self, result: CaseResult) -> SequenceView | None:
        course = Course(
            self._header.system.product,
            result.exchanges,
            result.checks,
            compression.factor_of(self._header),
            **of_domain(self._domains.get(result.domain)),
        )
        if not course.is_worth_drawing:
            return None
        anchor, title = self.anchor(result), self._voice.say("sequence_title", case=result.case)
        return draw(course, self._voice, title, anchor, lambda place: f"#{anchor}-x{place + 1}")

    def _checks(self, number: int, links: Mapping[str, Link]) -> tuple[CheckView, ...]:
        result = self._shown[number]
        findings_before, views = 0, []
        for index, check in enumerate(result.checks, 1):
            views.append(self._check(number, index, findings_before, links))
            findings_before += len(check.findings)
        return tuple(views)

    def _check(self, number: int, index: int, findings_before: int, links: Mapping[str, Link]) -> CheckView:
        result, voice = self._shown[number], self._voice
        check = result.checks[index - 1]
        anchor = f"{self.anchor(result)}-c{index}"
        is_one_of_many = len(result.exchanges) > 1 and check.exchange < len(result.exchanges)
        return CheckView(
            anchor=anchor,
            name=voice.check(check.kind),
            step=voice.say("exchange_n", n=check.exchange + 1, contract=result.exchanges[check.exchange].contract)
            if is_one_of_many
            else "",
            state=voice.state(check.verdict),
            expected=check.expected,
            actual=check.actual,
            note=voice.text(check.note) if check.note else "",
            written=f"{PurePath(check.source.path).name}, {voice.say('line_n', n=check.source.line)}"
            if check.source
            else "",
            requirements=_links(check.verifies, links),
            findings=tuple(
                self._finding(number, check, finding, f"{anchor}-f{place}", findings_before + place)
                for place, finding in enumerate(check.findings, 1)
            ),
        )

    def _finding(self, number: int, check: CheckResult, finding: Finding, anchor: str, count: int) -> FindingView:
        voice = self._voice
        back = Link(f"#{anchor}", f"{self._shown[number].case}: {voice.say('finding_n', n=count).lower()}")
        digests = self._digests[number]
        digest = digests[check.exchange].get(finding.direction) if check.exchange < len(digests) else None
        spot = self._bodies.spot(digest, finding, back) if digest else None
        if spot and spot.excerpt:
            self._excerpted.add((number, check.exchange))
        return FindingView(
            anchor=anchor,
            heading=voice.say("finding_n", n=count),
            message=voice.text(finding.message),
            place=finding.location,
            rule=finding.rule,
            expected=finding.expected,
            actual=finding.actual,
            links=spot.links if spot else (),
            excerpt=spot.excerpt if spot else None,
        )

    def _exchange(self, number: int, index: int) -> ExchangeView:
        result, voice = self._shown[number], self._voice
        exchange, digests = result.exchanges[index], self._digests[number][index]
        facts = [(voice.words["address"], exchange.url)]
        if exchange.status is not None:
            facts.append((voice.words["status"], str(exchange.status)))
        facts.append((voice.words["sent"], voice.time(exchange.started)))
        facts.append((voice.words["answer_time"], voice.ms(exchange.elapsed_ms)))
        return ExchangeView(
            anchor=f"{self.anchor(result)}-x{index + 1}",
            heading=voice.say("exchange_n", n=index + 1, contract=exchange.contract),
            facts=tuple(facts),
            tls=self._tls(exchange.tls),
            problem=self.problem(exchange),
            request=self._message("request", result, exchange.request, digests[Direction.REQUEST]),
            response=self._message("response", result, exchange.response, digests[Direction.RESPONSE])
            if exchange.response is not None
            else None,
            opening=self._opening(number, index),
        )

    def _opening(self, number: int, index: int) -> Markup | None:
        digest = self._digests[number][index].get(Direction.RESPONSE)
        if self._shown[number].verdict not in RED or digest is None or (number, index) in self._excerpted:
            return None
        return self._bodies.opening(digest)

    def _message(self, side: str, result: CaseResult, message: Message, digest: str) -> MessageView:
        return MessageView(self._voice.words[side], message.headers, self._bodies.show(digest, self.link(result)))

    def problem(self, exchange: Exchange) -> str:
        """Why a call had no readable reply and whose fault that is, or nothing."""
        if exchange.problem is None:
            return ""
        blames = {Blame.SYSTEM: "blame_system", Blame.ENVIRONMENT: "blame_environment", Blame.OURS: "blame_ours"}
        blame = self._voice.words[blames[exchange.problem.blame]]
        return f"{self._voice.text(exchange.problem.text)} ({exchange.problem.kind}, {blame})"

    def _tls(self, tls: Tls | None) -> str:
        if tls is None:
            return self._voice.words["tls_none"]
        return self._voice.say(
            "tls_facts",
            version=tls.version,
            cipher=tls.cipher,
            subject=tls.peer_subject,
            issuer=tls.peer_issuer,
            expires=tls.peer_expires,
            client=self._voice.words["tls_client" if tls.client_certificate else "tls_no_client"],
        )


def _links(ids: Iterable[str], known: Mapping[str, Link]) -> tuple[Link, ...]:
    return tuple(known.get(each) or Link("", each) for each in ids)
