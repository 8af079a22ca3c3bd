"""The requirements as the report shows them: the table, and what no case proves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rivta.declaration.proven import MANUAL, is_attested, weighed
from rivta.model.declaration import Declaration, KnownDeviation, RequirementRow
from rivta.model.domain import DomainFacts, Requirement
from rivta.model.run import CaseResult, CheckResult
from rivta.model.words import Level, Verdict
from rivta.report import compression
from rivta.report.anchors import Anchors
from rivta.report.bodies import Link
from rivta.report.cases import Cases
from rivta.report.known import Known
from rivta.report.voice import State, Voice


@dataclass(frozen=True, slots=True)
class RowView:
    """One requirement in the table. `reason` says why it is not met, where that is no deviation; `deviation` where that stands.

    `remark` says what its outcome rests on beside checks of messages: a person's word, a clock that was not the real one.
    """

    anchor: str
    id: str
    text: str
    level: str
    source: str
    state: State
    cases: tuple[Link, ...]
    reason: str
    deviation: str
    known: str
    remark: str


@dataclass(frozen=True, slots=True)
class DomainView:
    """One domain's requirements."""

    heading: str
    caption: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a deviation shows: the case, what was seen, and where the evidence is."""

    case: Link
    title: str
    check: str
    message: str
    expected: str
    actual: str
    more: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DeviationView:
    """A requirement that the system deviates from. `requirement` is None for checks that prove none."""

    anchor: str
    requirement: RowView | None
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class ObstacleView:
    """A reason why something could not be tested, and the cases that it stopped."""

    state: State
    text: str
    cases: tuple[Link, ...]


class Requirements:
    """Sets the requirements of a declaration against the cases of the report."""

    def __init__(self, declaration: Declaration, cases: Cases, voice: Voice, anchors: Anchors) -> None:
        self._declaration = declaration
        self._cases = cases
        self._voice = voice
        self._anchors = anchors
        self._by_key: dict[str, CaseResult] = {}
        for result in declaration.run.results:
            self._by_key.setdefault(result.key, result)
        self._known = Known(declaration.deviations)

    def links(self) -> Mapping[str, Link]:
        """Requirement id → where it stands. An id that two domains have leads to the first."""
        found: dict[str, Link] = {}
        for domain, rows in self._declaration.rows.items():
            for row in rows:
                found.setdefault(row.requirement.id, Link(f"#{self._anchor(domain, row)}", row.requirement.id))
        return found

    def _anchor(self, domain: str, row: RequirementRow) -> str:
        return self._anchors.of("req", domain, row.requirement.id)

    def state(self, row: RequirementRow) -> State:
        """The row's verdict; what no case can test is not tested, with a reason."""
        is_untestable = row.verdict is Verdict.NOT_PROVEN and not row.cases and row.requirement.not_tested
        return self._voice.not_tested if is_untestable else self._voice.state(row.verdict)

    def domains(self) -> tuple[DomainView, ...]:
        """The requirement tables, a domain at a time."""
        return tuple(
            DomainView(
                self._title(facts),
                self._voice.say("requirements_caption", domain=self._title(facts)),
                tuple(self.row(facts.name, row) for row in self._declaration.rows.get(facts.name, ())),
            )
            for facts in self._declaration.run.header.domains
        )

    def _title(self, facts: DomainFacts) -> str:
        return f"{self._voice.text(facts.title)} {facts.version}"

    def row(self, domain: str, row: RequirementRow) -> RowView:
        """One requirement as the tables show it."""
        requirement, known = row.requirement, self._behind(row)
        return RowView(
            anchor=self._anchor(domain, row),
            id=requirement.id,
            text=self._voice.text(requirement.text),
            level=self._voice.level(requirement.level),
            source=requirement.reference,
            state=self.state(row),
            cases=tuple(self.case_link(key) for key in row.cases),
            reason=self._reason(row) if not _is_settled(row) else "",
            deviation=(self.known_anchor(known) if known else self.deviation_anchor(domain, requirement))
            if row.verdict is Verdict.FAILED
            else "",
            known=self._voice.say("is_known", id=known.id) if known else "",
            remark=", ".join(dict.fromkeys(self._remarks(row))),
        )

    def _remarks(self, row: RequirementRow) -> Iterator[str]:
        factor = compression.factor_of(self._declaration.run.header)
        for _, check in row.checks:
            if check.kind == MANUAL and check.by:
                yield self._voice.say("said_by", who=check.by, what=self._voice.answer(check))
            elif compression.is_told_by(check.kind) and factor != 1:
                yield self._voice.say("compressed_row", factor=compression.written(factor, self._voice))

    def _behind(self, row: RequirementRow) -> KnownDeviation | None:
        """The first known deviation, if all that failed is known."""
        known = [self._known.covering(result.key, row.requirement.id) for result, _ in self.failed(row)]
        return known[0] if all(known) and known else None

    def deviation_anchor(self, domain: str, requirement: Requirement) -> str:
        """Where the new deviations from a requirement stand."""
        return self._anchors.of("dev", domain, requirement.id)

    def known_anchor(self, deviation: KnownDeviation) -> str:
        """Where a known deviation stands."""
        return self._anchors.of("known", deviation.id)

    def case_link(self, key: str) -> Link:
        """A link to a case by its key; without an address if the run has no such case."""
        result = self._by_key.get(key)
        return Link(f"#{self._cases.anchor(result)}" if result else "", key)

    def _reason(self, row: RequirementRow) -> str:
        """Why a requirement is neither met nor deviated from, in the order of what explains most."""
        told = [self._told(result, row) for result in map(self._by_key.get, row.cases) if result is not None]
        reasons = list(dict.fromkeys(reason for reason in told if reason))
        missing = [key for key in row.cases if key not in self._by_key]
        if missing:
            reasons.append(self._voice.say("reason_not_run", cases=", ".join(missing)))
        if row.requirement.not_tested and not row.cases:
            reasons.append(self._voice.text(row.requirement.not_tested))
        if not row.cases and not reasons:
            reasons.append(self._voice.words["reason_no_case"])
        return " ".join(reasons) or self._voice.say("reason_no_check", cases=", ".join(row.cases))

    def _told(self, result: CaseResult, row: RequirementRow) -> str:
        notes = [
            check.note for _, check in row.checks if _ is result and check.note and check.verdict is not Verdict.PASSED
        ]
        if notes:
            return self._voice.text(notes[0])
        return self.why(result) if result.verdict is not Verdict.PASSED else ""

    def why(self, result: CaseResult) -> str:
        """Why a case came to nothing: its reason, else the trouble on the wire, else what a broken check says."""
        if result.reason:
            return self._voice.text(result.reason)
        problems = [problem for exchange in result.exchanges if (problem := self._cases.problem(exchange))]
        broken = [self.words_of(check) for check in result.checks if check.verdict in (Verdict.ERROR, Verdict.BLOCKED)]
        return next(iter([*problems, *(words for words in broken if words)]), "")

    def words_of(self, check: CheckResult) -> str:
        """What a check says: its note, else its first finding."""
        if check.note:
            return self._voice.text(check.note)
        return self._voice.text(check.findings[0].message) if check.findings else ""

    def unproven(self) -> tuple[RowView, ...]:
        """Requirements that are neither met nor deviated from, each with the reason."""
        return tuple(row for domain in self.domains() for row in domain.rows if row.reason)

    def failed(self, row: RequirementRow) -> Iterator[tuple[CaseResult, CheckResult | None]]:
        """Failed checks; and failed cases that came to no check of the requirement (an unreadable reply has none)."""
        yield from ((result, check) for result, check in row.checks if check.verdict is Verdict.FAILED)
        reached = {id(result) for result, _ in row.checks}
        for result in filter(None, map(self._by_key.get, row.cases)):
            if result.verdict is Verdict.FAILED and id(result) not in reached:
                yield result, None

    def link(self, result: CaseResult) -> Link:
        """A link to a case by its key."""
        return Link(f"#{self._cases.anchor(result)}", result.key)

    def obstacles(self) -> tuple[ObstacleView, ...]:
        """Cases that the environment or we ourselves stopped, by what stopped them."""
        groups: dict[tuple[Verdict, str], list[Link]] = {}
        for result in self._declaration.run.results:
            if verdict := _obstacle(result):
                groups.setdefault((verdict, self.why(result)), []).append(self.link(result))
        return tuple(
            ObstacleView(self._voice.state(verdict), text, tuple(links)) for (verdict, text), links in groups.items()
        )

    def by_level(self) -> Sequence[tuple[str, tuple[State, ...]]]:
        """The states of all requirements, a level at a time."""
        levels: dict[str, list[State]] = {}
        rows = [row for rows in self._declaration.rows.values() for row in rows]
        for row in sorted(rows, key=lambda each: [*Level].index(each.requirement.level)):
            levels.setdefault(self._voice.level(row.requirement.level), []).append(self.state(row))
        return [(level, tuple(states)) for level, states in levels.items()]

    def by_contract(self) -> Sequence[tuple[str, tuple[State, ...]]]:
        """The states of the requirements that were tested in each contract, as that contract's own cases have them."""
        found: dict[str, dict[str, list[Verdict]]] = {}
        for rows in self._declaration.rows.values():
            for row in rows:
                for contract, verdict in self._verdicts(row):
                    found.setdefault(contract, {}).setdefault(row.requirement.id, []).append(verdict)
        return [
            (contract, tuple(self._voice.state(Verdict.of(verdicts)) for verdicts in by_id.values()))
            for contract, by_id in found.items()
        ]

    def _verdicts(self, row: RequirementRow) -> Iterable[tuple[str, Verdict]]:
        reached = {id(result) for result, _ in row.checks}
        yield from ((result.contract, weighed(check)) for result, check in row.checks)
        for result in filter(None, map(self._by_key.get, row.cases)):
            if id(result) not in reached:
                yield result.contract, result.verdict


def _is_settled(row: RequirementRow) -> bool:
    """Whether a requirement is met or deviated from, or shown by people's word: there is no more to explain."""
    return row.verdict in (Verdict.PASSED, Verdict.FAILED) or is_attested(row)


def _obstacle(result: CaseResult) -> Verdict | None:
    """BLOCKED or ERROR, if the case or one of its checks came to that, even where another check deviates."""
    seen = {result.verdict, *(check.verdict for check in result.checks)}
    return next((verdict for verdict in (Verdict.ERROR, Verdict.BLOCKED) if verdict in seen), None)
