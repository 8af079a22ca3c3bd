"""What the system deviates from: what is new by requirement, what is known with its decision, and what the file gets wrong.

Before it, why cases are red, each cause once: what the system does wrong, and what stopped cases from showing anything at all.
"""

from collections.abc import Iterator, Sequence

from rivta.declaration.causes import of
from rivta.model.declaration import KnownDeviation, SortedDeviations
from rivta.model.run import CaseResult, CheckResult
from rivta.model.words import Verdict
from rivta.report.cases import written
from rivta.report.layout import ReportLink, View
from rivta.report.material import Material
from rivta.report.requirements import row_of

_UNSEEN = {"expected": "", "actual": "", "more": ""}
_Seen = tuple[CaseResult, CheckResult | None]
"""Where a deviation shows; no check if the case came to none."""


def part(material: Material) -> View:
    return _Deviations(material).view()


class _Deviations:
    """Everything, sorted as the form does: approved, known, new."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._sorted = material.declaration.deviations or SortedDeviations((), ())
        self._places = material.places
        self._voice = material.voice
        self._rows = [(name, row) for name, row in material.rows if row.verdict is Verdict.FAILED]
        self._unnamed = tuple(self._without_requirement())

    def view(self) -> View:
        """`is_sorted` says that they were held against a file of known ones."""
        is_sorted, new = self._material.declaration.deviations is not None, self._sorted.new
        known = len({key for _, keys in self._sorted.known for key in keys}.difference(new))
        return {
            "is_sorted": is_sorted,
            "counts": self._voice.say("deviations_counts", known=known, new=len(new)) if is_sorted else "",
            "approved": [self._known(each) for each, _ in self._sorted.known if each.kind == "approved"],
            "known": [self._known(each) for each, _ in self._sorted.known if each.kind != "approved"],
            "new": [*self._new()],
            "remarks": [*self._corrections()],
        }

    def _without_requirement(self) -> Iterator[_Seen]:
        """What failed and proves none of the domain's requirements."""
        ids = {row.requirement.id for _, row in self._material.rows}
        for result in self._material.run.counted:
            if result.verdict is not Verdict.FAILED:
                continue
            failed = [check for check in result.checks if check.verdict is Verdict.FAILED]
            yield from ((result, check) for check in failed if not ids & {*check.verifies})
            if not failed and not ids & {*result.verifies}:
                yield result, None

    def _new(self) -> Iterator[View]:
        """What is behind no known deviation, by requirement; then what belongs to no requirement."""
        for domain, row in self._rows:
            id_ = row.requirement.id
            if seen := [each for each in self._material.failed(row) if not self._sorted.behind(each[0].key, id_)]:
                yield self._deviation(self._places.deviation(domain, id_), row_of(domain, row, self._material), seen)
        if seen := [each for each in self._unnamed if not self._sorted.behind(each[0].key, "")]:
            yield self._deviation(self._places.anchors.of("dev", "", "other"), None, seen)

    def _deviation(self, anchor: str, requirement: View | None, seen: Sequence[_Seen]) -> View:
        return {"anchor": anchor, "requirement": requirement, "occurrences": [*map(self._occurrence, seen)]}

    def _known(self, deviation: KnownDeviation) -> View:
        """A known deviation with its decision. `concerns` are the requirement and case that it names."""
        return {
            **self._voice.told(deviation, "id", "rationale"),
            "anchor": self._places.known(deviation),
            "kind": self._voice.words[f"deviation_{deviation.kind.replace('-', '_')}"],
            "concerns": [
                *self._places.links(filter(None, [deviation.requirement])),
                *map(self._places.by_key, filter(None, [deviation.case])),
            ],
            "facts": [*self._facts(deviation)],
            "is_overdue": deviation in self._sorted.overdue,
            "occurrences": [*map(self._occurrence, self._occurring(deviation))],
        }

    def _facts(self, deviation: KnownDeviation) -> Iterator[tuple[str, str]]:
        known = {name: getattr(deviation, name) for name in ("reference", "decided_by", "fix_by")}
        known["scope"] = ", ".join((*deviation.products, *deviation.versions))
        yield from ((self._voice.words[f"deviation_{name}"], value) for name, value in known.items() if value)

    def _occurring(self, deviation: KnownDeviation) -> Iterator[_Seen]:
        """Where a known deviation shows, each check once however many requirements it verifies."""
        named = ((row.requirement.id, each) for _, row in self._rows for each in self._material.failed(row))
        unnamed = (("", each) for each in self._unnamed)
        found: dict[tuple[int, int], _Seen] = {}
        for id_, (result, check) in (*named, *unnamed):
            if self._sorted.behind(result.key, id_) == deviation:
                found.setdefault((id(result), id(check)), (result, check))
        yield from found.values()

    def _occurrence(self, seen: _Seen) -> View:
        """One place where a deviation shows: the case, what was seen, and where the evidence is."""
        result, check = seen
        link = self._places.link(result)
        place = f"#{self._places.check(result, check)}" if check else link.href
        return {
            "case": link,
            "title": self._voice.text(result.title),
            "evidence": ReportLink(place, self._voice.words["see_evidence"]),
            "check": self._voice.check(check.kind) if check else "",
            **(self._found(check) if check else {"message": self._material.why(result), **_UNSEEN}),
        }

    def _found(self, check: CheckResult) -> View:
        first, others = next(iter(check.findings), None), len(check.findings) - 1
        return {
            "message": self._voice.text(first.message) if first else self._material.note(check),
            "expected": (first.expected if first else "") or check.expected,
            "actual": (first.actual if first else "") or check.actual,
            "more": self._voice.say("more_findings", n=others) if others > 0 else "",
        }

    def _corrections(self) -> Iterator[View]:
        """What the file of known deviations says and the run does not show."""
        wrong = {"gone": self._sorted.gone, "overdue": self._sorted.overdue, "unmatched": self._sorted.unmatched}
        for how, each in ((how, each) for how, deviations in wrong.items() for each in deviations):
            name = ", ".join(filter(None, (each.requirement, each.case)))
            told = self._voice.say(f"deviation_{how}", name=name, day=each.fix_by)
            yield {"id": each.id, "text": told, "written": written(each.source, self._voice)}


def causes(material: Material) -> list[View]:
    """Why cases are red, each cause once, the most frequent first."""
    voice = material.voice
    return [
        {
            "state": voice.state(cause.verdict),
            "text": ": ".join((*([voice.check(cause.kind)] if cause.kind else []), voice.text(cause.headline))),
            "count": voice.say("cause_cases", n=voice.number(len(cause.results))),
            "cases": [material.places.link(result) for result in cause.results],
        }
        for cause in of(material.run.counted)
    ]
