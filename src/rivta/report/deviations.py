"""What the system deviates from: what is new by requirement, what is known with its decision, and what the file gets wrong.

Beside it, the obstacles: what stopped cases from showing anything at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rivta.model.declaration import KnownDeviation, SortedDeviations
from rivta.model.run import CaseResult, CheckResult
from rivta.model.words import Verdict
from rivta.report.cases import written
from rivta.report.links import Link
from rivta.report.material import Material
from rivta.report.requirements import RowView, row_of
from rivta.report.voice import State

_Seen = tuple[CaseResult, CheckResult | None]
"""Where a deviation shows; no check if the case came to none."""


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
    evidence: Link


@dataclass(frozen=True, slots=True)
class DeviationView:
    """A requirement that the system deviates from. `requirement` is None for checks that prove none."""

    anchor: str
    requirement: RowView | None
    occurrences: tuple[Occurrence, ...]


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
class CorrectionView:
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
    remarks: tuple[CorrectionView, ...]


@dataclass(frozen=True, slots=True)
class ObstacleView:
    """A reason why something could not be tested, and the cases that it stopped."""

    state: State
    text: str
    cases: tuple[Link, ...]


def part(material: Material) -> DeviationsView:
    """Everything, sorted as the form does: approved, known, new."""
    return _Deviations(material).view()


class _Deviations:
    def __init__(self, material: Material) -> None:
        self._material = material
        self._sorted = material.declaration.deviations or SortedDeviations((), ())
        self._places = material.places
        self._voice = material.voice
        domains = (domain.name for domain in material.run.header.domains)
        rows = ((name, row) for name in domains for row in material.declaration.rows.get(name, ()))
        self._rows = [(name, row) for name, row in rows if row.verdict is Verdict.FAILED]
        self._unnamed = tuple(self._without_requirement())

    def view(self) -> DeviationsView:
        is_sorted = self._material.declaration.deviations is not None
        known = [(each.kind == "approved", self._known(each)) for each, _ in self._sorted.known]
        return DeviationsView(
            is_sorted=is_sorted,
            counts=self._counts() if is_sorted else "",
            approved=tuple(view for is_approved, view in known if is_approved),
            known=tuple(view for is_approved, view in known if not is_approved),
            new=tuple(self._new()),
            remarks=tuple(self._corrections()),
        )

    def _counts(self) -> str:
        cases = {key for _, keys in self._sorted.known for key in keys}
        new = len(self._sorted.new)
        return self._voice.say("deviations_counts", known=len(cases.difference(self._sorted.new)), new=new)

    def _without_requirement(self) -> Iterator[_Seen]:
        """What failed and proves none of the domain's requirements."""
        ids = {row.requirement.id for _, row in self._material.rows}
        for result in self._material.run.results:
            if result.verdict is not Verdict.FAILED:
                continue
            failed = [check for check in result.checks if check.verdict is Verdict.FAILED]
            yield from ((result, check) for check in failed if not ids & {*check.verifies})
            if not failed and not ids & {*result.verifies}:
                yield result, None

    def _new(self) -> Iterator[DeviationView]:
        """What is behind no known deviation, by requirement; then what belongs to no requirement."""
        for domain, row in self._rows:
            id_ = row.requirement.id
            seen = [each for each in self._material.failed(row) if not self._sorted.behind(each[0].key, id_)]
            if seen:
                view = row_of(domain, row, self._material)
                yield DeviationView(self._places.deviation(domain, id_), view, tuple(map(self._occurrence, seen)))
        seen = [each for each in self._unnamed if not self._sorted.behind(each[0].key, "")]
        if seen:
            yield DeviationView(self._places.anchors.of("dev", "", "other"), None, tuple(map(self._occurrence, seen)))

    def _known(self, deviation: KnownDeviation) -> KnownView:
        return KnownView(
            anchor=self._places.known(deviation),
            id=deviation.id,
            kind=self._voice.words[f"deviation_{deviation.kind.replace('-', '_')}"],
            concerns=tuple(self._concerns(deviation)),
            rationale=deviation.rationale,
            facts=tuple(self._facts(deviation)),
            is_overdue=deviation in self._sorted.overdue,
            occurrences=tuple(map(self._occurrence, self._occurring(deviation))),
        )

    def _concerns(self, deviation: KnownDeviation) -> Iterator[Link]:
        if deviation.requirement:
            yield from self._places.links([deviation.requirement])
        if deviation.case:
            yield self._places.by_key(deviation.case)

    def _facts(self, deviation: KnownDeviation) -> Iterator[tuple[str, str]]:
        scope = ", ".join((*deviation.products, *deviation.versions))
        for key, value in (
            ("deviation_reference", deviation.reference),
            ("deviation_decided_by", deviation.decided_by),
            ("deviation_fix_by", deviation.fix_by),
            ("deviation_scope", scope),
        ):
            if value:
                yield self._voice.words[key], value

    def _occurring(self, deviation: KnownDeviation) -> Iterator[_Seen]:
        """Where a known deviation shows, each check once however many requirements it verifies."""
        named = ((row.requirement.id, each) for _, row in self._rows for each in self._material.failed(row))
        unnamed = (("", each) for each in self._unnamed)
        found: dict[tuple[int, int], _Seen] = {}
        for id_, (result, check) in (*named, *unnamed):
            if self._sorted.behind(result.key, id_) == deviation:
                found.setdefault((id(result), id(check)), (result, check))
        yield from found.values()

    def _occurrence(self, seen: _Seen) -> Occurrence:
        result, check = seen
        link, title = self._places.link(result), self._voice.text(result.title)
        place = f"#{self._places.check(result, check)}" if check else link.href
        evidence = Link(place, self._voice.words["see_evidence"])
        if check is None:
            return Occurrence(link, title, "", self._material.why(result), "", "", "", evidence)
        first = check.findings[0] if check.findings else None
        others = len(check.findings) - 1
        return Occurrence(
            case=link,
            title=title,
            check=self._voice.check(check.kind),
            message=self._voice.text(first.message) if first else self._material.note(check),
            expected=(first.expected if first else "") or check.expected,
            actual=(first.actual if first else "") or check.actual,
            more=self._voice.say("more_findings", n=others) if others > 0 else "",
            evidence=evidence,
        )

    def _corrections(self) -> Iterator[CorrectionView]:
        say: tuple[tuple[tuple[KnownDeviation, ...], Callable[[KnownDeviation], str]], ...] = (
            (self._sorted.gone, lambda each: self._voice.say("deviation_gone", name=_named(each))),
            (self._sorted.overdue, lambda each: self._voice.say("deviation_overdue", day=each.fix_by)),
            (self._sorted.unmatched, lambda each: self._voice.say("deviation_unmatched", name=_named(each))),
        )
        for deviations, sentence in say:
            for each in deviations:
                yield CorrectionView(each.id, sentence(each), written(each.source, self._voice))


def _named(deviation: KnownDeviation) -> str:
    return ", ".join(filter(None, (deviation.requirement, deviation.case)))


def obstacles(material: Material) -> tuple[ObstacleView, ...]:
    """Cases that the environment or we ourselves stopped, by what stopped them."""
    groups: dict[tuple[Verdict, str], list[Link]] = {}
    for result in material.run.results:
        if verdict := _obstacle(result):
            groups.setdefault((verdict, material.why(result)), []).append(material.places.link(result))
    return tuple(ObstacleView(material.voice.state(each), text, tuple(links)) for (each, text), links in groups.items())


def _obstacle(result: CaseResult) -> Verdict | None:
    """BLOCKED or ERROR, if the case or one of its checks came to that, even where another check deviates."""
    seen = {result.verdict, *(check.verdict for check in result.checks)}
    return next((verdict for verdict in (Verdict.ERROR, Verdict.BLOCKED) if verdict in seen), None)
