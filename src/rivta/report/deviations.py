"""What the system deviates from: what is new by requirement, what is known with its decision, and what the file gets wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from rivta.model.declaration import Declaration, KnownDeviation, RequirementRow, SortedDeviations
from rivta.model.run import CaseResult, CheckResult
from rivta.model.words import Text, Verdict
from rivta.report.anchors import Anchors
from rivta.report.bodies import Link
from rivta.report.cases import Cases
from rivta.report.known import Known
from rivta.report.requirements import DeviationView, Occurrence, Requirements
from rivta.report.voice import Voice

_CLASSES = {
    "approved": Text("Godkänd avvikelse", "Approved deviation"),
    "must-fix": Text("Kräver åtgärd", "Must be fixed"),
    "stopping": Text("Stoppande", "Stopping"),
}
_Seen = tuple[CaseResult, CheckResult | None]
"""Where a deviation shows; no check if the case came to none."""


@dataclass(frozen=True, slots=True)
class KnownView:
    """A known deviation with its decision. `concerns` are the requirement and case that it names."""

    anchor: str
    id: str
    kind: str
    concerns: tuple[Link, ...]
    rationale: str
    facts: tuple[tuple[str, str], ...]
    is_overdue: bool
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the file of known deviations says and the run does not show."""

    id: str
    text: str
    written: str


@dataclass(frozen=True, slots=True)
class DeviationsView:
    """All deviations of a run. `is_sorted` says that they were held against a file of known ones."""

    is_sorted: bool
    counts: str
    approved: tuple[KnownView, ...]
    known: tuple[KnownView, ...]
    new: tuple[DeviationView, ...]
    remarks: tuple[Remark, ...]


class Deviations:
    """Builds the deviation part of the view."""

    def __init__(
        self, declaration: Declaration, cases: Cases, requirements: Requirements, voice: Voice, anchors: Anchors
    ) -> None:
        self._declaration = declaration
        self._sorted = declaration.deviations or SortedDeviations((), ())
        self._known = Known(declaration.deviations)
        self._cases = cases
        self._requirements = requirements
        self._voice = voice
        self._anchors = anchors

    def view(self) -> DeviationsView:
        """Everything, sorted as the form does: approved, known, new."""
        known = [self._known_view(each) for each, _ in self._sorted.known]
        kinds = [each.kind for each, _ in self._sorted.known]
        is_sorted = self._declaration.deviations is not None
        return DeviationsView(
            is_sorted=is_sorted,
            counts=self._counts() if is_sorted else "",
            approved=tuple(view for view, kind in zip(known, kinds, strict=True) if kind == "approved"),
            known=tuple(view for view, kind in zip(known, kinds, strict=True) if kind != "approved"),
            new=tuple(self._new()),
            remarks=tuple(self._remarks()),
        )

    def _counts(self) -> str:
        cases = {key for _, keys in self._sorted.known for key in keys}
        new = len(self._sorted.new)
        return self._voice.say("deviations_counts", known=len(cases.difference(self._sorted.new)), new=new)

    def _rows(self) -> Iterator[tuple[str, RequirementRow]]:
        for domain in self._declaration.run.header.domains:
            for row in self._declaration.rows.get(domain.name, ()):
                if row.verdict is Verdict.FAILED:
                    yield domain.name, row

    def all(self) -> tuple[DeviationView, ...]:
        """Every deviation by requirement, known or not, then what belongs to no requirement."""
        return tuple(self._views(lambda _, __: True))

    def _new(self) -> Iterator[DeviationView]:
        yield from self._views(lambda case, requirement: self._known.covering(case, requirement) is None)

    def _views(self, wanted: Callable[[str, str], bool]) -> Iterator[DeviationView]:
        for domain, row in self._rows():
            seen = [each for each in self._requirements.failed(row) if wanted(each[0].key, row.requirement.id)]
            if seen:
                anchor = self._requirements.deviation_anchor(domain, row.requirement)
                view = self._requirements.row(domain, row)
                yield DeviationView(anchor, view, tuple(self._occurrence(*each) for each in seen))
        stray = [each for each in self._stray() if wanted(each[0].key, "")]
        if stray:
            yield DeviationView(
                self._anchors.of("dev", "", "other"), None, tuple(self._occurrence(*each) for each in stray)
            )

    def _stray(self) -> Iterator[_Seen]:
        """What failed and proves none of the domain's requirements."""
        ids = {row.requirement.id for rows in self._declaration.rows.values() for row in rows}
        for result in self._declaration.run.results:
            if result.verdict is not Verdict.FAILED:
                continue
            failed = [check for check in result.checks if check.verdict is Verdict.FAILED]
            yield from ((result, check) for check in failed if not ids & {*check.verifies})
            if not failed and not ids & {*result.verifies}:
                yield result, None

    def _known_view(self, deviation: KnownDeviation) -> KnownView:
        return KnownView(
            anchor=self._requirements.known_anchor(deviation),
            id=deviation.id,
            kind=self._voice.text(_CLASSES[deviation.kind]),
            concerns=tuple(self._concerns(deviation)),
            rationale=deviation.rationale,
            facts=tuple(self._facts(deviation)),
            is_overdue=deviation in self._sorted.overdue,
            occurrences=tuple(self._occurrence(*each) for each in self._occurring(deviation)),
        )

    def _concerns(self, deviation: KnownDeviation) -> Iterator[Link]:
        if deviation.requirement:
            yield self._requirements.links().get(deviation.requirement) or Link("", deviation.requirement)
        if deviation.case:
            yield self._requirements.case_link(deviation.case)

    def _facts(self, deviation: KnownDeviation) -> Iterator[tuple[str, str]]:
        words = self._voice.words
        scope = ", ".join((*deviation.products, *deviation.versions))
        for key, value in (
            ("deviation_reference", deviation.reference),
            ("deviation_decided_by", deviation.decided_by),
            ("deviation_fix_by", deviation.fix_by),
            ("deviation_scope", scope),
        ):
            if value:
                yield words[key], value

    def _occurring(self, deviation: KnownDeviation) -> Iterator[_Seen]:
        """Where a known deviation shows, each check once however many requirements it verifies."""
        found: dict[tuple[int, int], _Seen] = {}
        for _, row in self._rows():
            for result, check in self._requirements.failed(row):
                if self._known.covering(result.key, row.requirement.id) == deviation:
                    found.setdefault((id(result), id(check)), (result, check))
        for result, check in self._stray():
            if self._known.covering(result.key, "") == deviation:
                found.setdefault((id(result), id(check)), (result, check))
        yield from found.values()

    def _occurrence(self, result: CaseResult, check: CheckResult | None) -> Occurrence:
        link, title = self._requirements.link(result), self._voice.text(result.title)
        if check is None:
            return Occurrence(link, title, "", self._requirements.why(result), "", "", "", link.href)
        first = check.findings[0] if check.findings else None
        others = len(check.findings) - 1
        return Occurrence(
            case=link,
            title=title,
            check=self._voice.check(check.kind),
            message=self._voice.text(first.message) if first else self._requirements.words_of(check),
            expected=(first.expected if first else "") or check.expected,
            actual=(first.actual if first else "") or check.actual,
            more=self._voice.say("more_findings", n=others) if others > 0 else "",
            evidence=f"#{self._cases.check_anchor(result, check)}",
        )

    def _remarks(self) -> Iterator[Remark]:
        say: tuple[tuple[tuple[KnownDeviation, ...], Callable[[KnownDeviation], str]], ...] = (
            (self._sorted.gone, lambda each: self._voice.say("deviation_gone", name=_named(each))),
            (self._sorted.overdue, lambda each: self._voice.say("deviation_overdue", day=each.fix_by)),
            (self._sorted.unmatched, lambda each: self._voice.say("deviation_unmatched", name=_named(each))),
        )
        for deviations, sentence in say:
            for each in deviations:
                written = (
                    f"{PurePath(each.source.path).name}, {self._voice.say('line_n', n=each.source.line)}"
                    if each.source
                    else ""
                )
                yield Remark(each.id, sentence(each), written)


def _named(deviation: KnownDeviation) -> str:
    return ", ".join(filter(None, (deviation.requirement, deviation.case)))
