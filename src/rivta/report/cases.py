"""The cases as the report shows them: each with its checks, what they found, and its exchanges."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from markupsafe import Markup

from rivta.declaration.proven import MANUAL, weighed
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, CheckResult, Finding, Run
from rivta.model.words import Direction, Verdict
from rivta.report import compression
from rivta.report.anchors import Anchors
from rivta.report.bodies import Bodies, BodyRow, Link
from rivta.report.caseviews import CaseView, CheckView, ExchangeView, FindingView, MessageView, SuiteView
from rivta.report.exchanges import Told, subject_of
from rivta.report.sequence import Course, SequenceView, draw, is_missing, of_domain
from rivta.report.strays import PREFIX, as_case
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

_SUITES = ("producer", "consumer")
"""How files with a contract's cases are called; any other is a scenario, over several contracts."""
RED = frozenset({Verdict.FAILED, Verdict.ERROR, Verdict.BLOCKED})
"""Verdicts that somebody will want to look into: such cases are unfolded, and printed whole."""


class Cases:
    """Builds the case part of the view, and knows where each case, check and finding stands for those that link there.

    `original` and `shown` are the same run; only the latter has its identities masked.
    """

    def __init__(self, original: Run, shown: Run, voice: Voice, anchors: Anchors, *, is_packed: bool = False) -> None:
        self._voice = voice
        self._anchors = anchors
        strays = tuple(as_case(each, number) for number, each in enumerate(shown.strays, 1))
        before = tuple(as_case(each, number) for number, each in enumerate(original.strays, 1))
        self._own = len(shown.results)
        self._shown = (*shown.results, *strays)
        self._number = {id(result): number for number, result in enumerate(self._shown)}
        self._told = Told(voice)
        self._header = shown.header
        self._domains = {domain.name: domain for domain in shown.header.domains}
        self._excerpted: set[tuple[int, int]] = set()
        self._bodies = Bodies(anchors, voice, is_packed=is_packed)
        self._digests = [
            [self._digests_of(result, *pair) for pair in zip(unmasked.exchanges, result.exchanges, strict=True)]
            for unmasked, result in zip((*original.results, *before), self._shown, strict=True)
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
        return Link(f"#{self.anchor(result)}", self._id(result))

    def _id(self, result: CaseResult) -> str:
        """The case's id; of a call that no case asked for, its number in words."""
        number = result.case.removeprefix(PREFIX)
        return self._voice.say("stray_n", n=number) if self._number[id(result)] >= self._own else result.case

    def stray_links(self) -> Mapping[str, Link]:
        """Where each call that no case asked for stands, by its key."""
        return {each.case: self.link(each) for each in self._shown[self._own :]}

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

    def parts(self, links: Mapping[str, Link]) -> tuple[tuple[SuiteView, ...], tuple[CaseView, ...]]:
        """All cases by suite and contract, in the order in which they were run, and the calls that no case asked for.

        `links` are the requirements'. All findings are placed before any message is shown, for they mark its lines.
        """
        checked = [self._checks(number, links) for number in range(len(self._shown))]
        views = [self._case(number, checked[number], links) for number in range(len(self._shown))]
        groups: dict[tuple[str, str, str], list[CaseView]] = {}
        for result, view in zip(self._shown[: self._own], views, strict=False):
            groups.setdefault(_group(result), []).append(view)
        return tuple(self._suite(*group, tuple(cases)) for group, cases in groups.items()), tuple(views[self._own :])

    def _suite(self, path: str, contract: str, role: str, cases: tuple[CaseView, ...]) -> SuiteView:
        anchor = self._anchors.of("suite", path, contract, role)
        scenarios = self._voice.say("scenarios", folder=PurePath(path).name)
        return SuiteView(anchor, f"{contract}, {self._role(role)}" if contract else scenarios, path, cases)

    def _role(self, role: str) -> str:
        return self._voice.words[role].lower() if role in ("producer", "consumer") else role

    def _case(self, number: int, checks: tuple[CheckView, ...], links: Mapping[str, Link]) -> CaseView:
        result, voice = self._shown[number], self._voice
        messages = sum(bool(each.request.body) + (each.response is not None) for each in result.exchanges)
        return CaseView(
            anchor=self.anchor(result),
            id=self._id(result),
            title=voice.text(result.title),
            state=voice.state(result.verdict),
            is_red=result.verdict in RED,
            reason=voice.text(result.reason) if result.reason else "",
            facts=self._facts(result) if number < self._own else (),
            requirements=_links(result.verifies, links),
            evidence=voice.say("case_evidence", checks=len(checks), messages=messages) if checks or messages else "",
            caption=voice.say("checks_caption" if number < self._own else "checks_caption_of", case=self._id(result)),
            sequence=self._sequence(result),
            checks=checks,
            exchanges=tuple(self._exchange(number, index) for index in range(len(result.exchanges))),
        )

    def _facts(self, result: CaseResult) -> tuple[tuple[str, str], ...]:
        voice, source = self._voice, result.source
        return (
            (voice.words["started"], voice.time(result.started)),
            (voice.words["duration"], self._told.lasted(result.elapsed_ms)),
            (voice.words["written_in"], f"{source.path}, {voice.say('line_n', n=source.line)}"),
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
        is_manual = check.kind == MANUAL
        return CheckView(
            anchor=anchor,
            name=voice.check(check.kind),
            step=self._step(result, check),
            state=voice.state(weighed(check)),
            expected="" if is_manual else check.expected,
            actual=voice.answer(check) if is_manual else check.actual,
            by=check.by,
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

    def _step(self, result: CaseResult, check: CheckResult) -> str:
        """Which exchange a check looked at, where the case has several; of a person's answer, which step it was."""
        if check.kind == MANUAL:
            return self._told.asked(check)
        if len(result.exchanges) < 2 or check.exchange >= len(result.exchanges):
            return ""
        contract = result.exchanges[check.exchange].contract
        return self._voice.say("exchange_n", n=check.exchange + 1, contract=contract)

    def _finding(self, number: int, check: CheckResult, finding: Finding, anchor: str, count: int) -> FindingView:
        voice = self._voice
        back = Link(f"#{anchor}", f"{self._id(self._shown[number])}: {voice.say('finding_n', n=count).lower()}")
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
        result = self._shown[number]
        exchange, digests = result.exchanges[index], self._digests[number][index]
        own = subject_of(exchange)
        return ExchangeView(
            anchor=f"{self.anchor(result)}-x{index + 1}",
            heading=self._told.heading(exchange, index + 1),
            facts=self._told.facts(exchange),
            tls=self._told.tls(exchange),
            problem_heading=self._told.problem_heading(exchange),
            problem=self.problem(exchange),
            request=None if is_missing(exchange) else self._message(number, index, Direction.REQUEST, exchange.request),
            response=self._message(number, index, Direction.RESPONSE, exchange.response) if exchange.response else None,
            no_response="" if exchange.response else self._told.no_response(exchange),
            opens=self._told.opens(exchange),
            opening=self._opening(number, index, digests.get(own)),
            is_inbound=exchange.inbound,
        )

    def _opening(self, number: int, index: int, digest: str | None) -> Markup | None:
        if self._shown[number].verdict not in RED or digest is None or (number, index) in self._excerpted:
            return None
        return self._bodies.opening(digest)

    def _message(self, number: int, index: int, side: Direction, message: Message) -> MessageView:
        result = self._shown[number]
        heading = self._told.message(result.exchanges[index], side)
        body = self._bodies.show(self._digests[number][index][side], self.link(result))
        return MessageView(heading, message.headers, body)

    def problem(self, exchange: Exchange) -> str:
        """Why a call had no readable reply, or never came, and whose fault that is; or nothing."""
        return self._told.problem(exchange)


def _group(result: CaseResult) -> tuple[str, str, str]:
    """Where a case stands: in its suite, by contract and role; a scenario, with its folder's others, by neither."""
    path = PurePath(result.suite)
    return (result.suite, result.contract, result.role) if path.stem in _SUITES else (str(path.parent), "", "")


def _links(ids: Iterable[str], known: Mapping[str, Link]) -> tuple[Link, ...]:
    return tuple(known.get(each) or Link("", each) for each in ids)
