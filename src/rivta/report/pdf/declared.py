"""What people said, as data: the form with its answers, the deviations with their decisions, what humans judged."""

from collections.abc import Iterator, Mapping
from typing import Any

from rivta.report.deviations import DeviationsView, KnownView
from rivta.report.pdf.links import Links
from rivta.report.questions import Attested, FormView, QuestionView
from rivta.report.requirements import DeviationView, Occurrence
from rivta.report.view import View

_OCCURRENCES = 8
"""So many places of one deviation are told at once; every one is told at its case."""
_TEST = "TF\N{NO-BREAK SPACE}"

Data = dict[str, Any]


class Declared:
    """The parts of a view that people wrote or decided."""

    def __init__(self, words: Mapping[str, str], links: Links) -> None:
        self._words = words
        self._links = links

    def form(self, form: FormView) -> Data:
        """The form, a section at a time."""
        return {
            "title": form.title,
            "lead": f"{self._words['version']} {form.version}. {form.total} {self._words['form_lead']}",
            "counts": [{"state": Links.state(tally.state), "count": tally.count} for tally in form.counts],
            "left": [
                {"number": each.number, "question": self._links.of(each.link), "state": Links.state(each.state)}
                for each in form.left
            ],
            "sections": [
                {
                    "number": section.number,
                    "title": section.title,
                    "questions": [self._question(each) for each in section.questions],
                }
                for section in form.sections
            ],
        }

    def _question(self, question: QuestionView) -> Data:
        return {
            "anchor": question.anchor,
            "text": question.text,
            "references": f"({question.references.replace('TF ', _TEST)})" if question.references else "",
            "value": question.value,
            "is_proposal": question.is_proposal,
            "state": Links.state(question.state),
            "by": f"{self._words['answered_by']} {question.by}" if question.by else "",
            "remarks": [*self._remarks(question)],
            "backing": self._links.all(each.link for each in question.backing),
            "backed_by": question.backed_by,
        }

    def _remarks(self, question: QuestionView) -> Iterator[tuple[str, str]]:
        """What stands below a question, each with its name or without one."""
        if question.shown:
            yield self._words["evidence_shows"], question.shown
        if question.reason:
            yield self._words["reason"], question.reason
        if question.why:
            yield "", question.why
        if question.comment:
            yield self._words["comment"], question.comment
        if question.must_be_read:
            yield "", self._words["must_be_read"]

    def deviations(self, found: DeviationsView) -> Data:
        """Known and new deviations; without a file of known ones all are new."""
        words = self._words
        lead = words["deviations_sorted_lead"] if found.is_sorted else words["deviations_lead"]
        has_any = found.approved or found.known or found.new
        return {
            "lead": f"{lead} {found.counts}".strip() if has_any else words["deviations_none"],
            "is_sorted": found.is_sorted,
            "approved": [self._known(each) for each in found.approved],
            "known": [self._known(each) for each in found.known],
            "new": [self._new(each) for each in found.new],
            "remarks": [{"id": each.id, "text": each.text, "written": each.written} for each in found.remarks],
        }

    def _known(self, known: KnownView) -> Data:
        return {
            "anchor": known.anchor,
            "id": known.id,
            "kind": known.kind,
            "late": self._words["overdue"] if known.is_overdue else "",
            "concerns": self._links.all(known.concerns),
            "rationale": known.rationale,
            "facts": known.facts,
            **self._occurrences(known.occurrences),
        }

    def _new(self, deviation: DeviationView) -> Data:
        row = deviation.requirement
        return {
            "anchor": deviation.anchor,
            "id": row.id if row else "",
            "text": row.text if row else self._words["no_requirement"],
            "facts": [row.level, row.source] if row else [],
            "state": Links.state(row.state) if row else None,
            **self._occurrences(deviation.occurrences),
        }

    def _occurrences(self, some: tuple[Occurrence, ...]) -> Data:
        more = len(some) - _OCCURRENCES
        return {
            "occurrences": [self._occurrence(each) for each in some[:_OCCURRENCES]],
            "more": self._words["more_occurrences"].format(n=more) if more > 0 else "",
        }

    def _occurrence(self, occurrence: Occurrence) -> Data:
        return {
            "case": self._links.of(occurrence.case),
            "title": occurrence.title,
            "check": occurrence.check,
            "message": occurrence.message,
            "expected": occurrence.expected,
            "actual": occurrence.actual,
            "more": occurrence.more,
            "evidence": self._links.place(occurrence.evidence),
        }

    def judged(self, view: View) -> Data:
        """What a human judged: cases, and answers with a name."""
        words = self._words
        return {
            "manual": [
                {
                    "case": self._links.of(each.case),
                    "title": ", ".join(filter(None, (each.title, each.what))),
                    "state": Links.state(each.state),
                    "answer": each.answer or "–",
                    "by": each.by or "–",
                    "said": each.said or words["said_nothing"],
                }
                for each in view.manual
            ],
            "attested": [self._attested(each) for each in view.attested],
        }

    def _attested(self, attested: Attested) -> Data:
        return {
            "question": self._links.of(attested.question),
            "value": attested.value,
            "state": Links.state(attested.state),
            "by": attested.by,
            "said": attested.comment or self._words["said_nothing"],
        }
