"""A form filled in: what is decided for each field, written into it, and told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rivta import evidence as runs
from rivta.declaration.form.figures import NONE
from rivta.model.declaration import Answer, Answers, FilledForm, Proposal
from rivta.model.errors import Refused
from rivta.model.frozen import frozen
from rivta.model.run import Run
from rivta.model.words import Text, Verdict
from rivta.report.word import writing
from rivta.report.word.answering import PlacedAnswers, plain
from rivta.report.word.evidence import Evidence, needs_look
from rivta.report.word.fields import WordField, WordForm
from rivta.report.word.writing import (
    FieldEntry,
    FillReport,
    NotPlaced,
    Unresolved,
    WrittenField,
    answered,
    proposed,
)
from rivta.text import identity
from rivta.text.catalogue import text
from rivta.text.word.package import with_document
from rivta.text.word.paragraphs import TextChange, changed

_LISTS = frozenset({"Nya avvikelser", "Kända avvikelser"})
"""Where a deviation is told whose own section has no place for it."""
_SHOWN = {"yes": "Ja", "no": "Nej", NONE: "Inga"}
_REMARK_KINDS = {"no": ("deviations", "comment"), "": ("comment", "deviations")}


@frozen
class Filled:
    """A form that was filled in, as the bytes of a Word file, and what became of its fields."""

    body: bytes
    report: FillReport


def fill(
    form: WordForm, run: Run | None = None, answers: Answers | None = None, filled: Iterable[FilledForm] = ()
) -> Filled:
    """The form with the vendor's answers, and proposals where only the evidence has one.

    `filled` are forms in YAML of the same contract: their questions stand for those of the form that cite the same test
    case. What is filled in already is kept, so that filling in twice changes nothing. Refused, with the field's name, if a
    text to be written holds a person's number that is no test person's.
    """
    filling = _Filling(form, runs.masked(run) if run else None, PlacedAnswers(form, answers, filled))
    filling.decide()
    changes = [change for entry in filling.entries for change in filling.write(entry)]
    body = with_document(form.package, changed(form.package.document, changes)) if changes else form.package.body
    return Filled(body, filling.report())


class _Filling:
    """The state of one form's filling: what was decided, and what was not."""

    def __init__(self, form: WordForm, run: Run | None, placed: PlacedAnswers) -> None:
        self.entries: list[FieldEntry] = []
        self._form, self._run, self._placed = form, run, placed
        self._evidence = Evidence(form, run)
        self._left: list[NotPlaced] = []
        self._remarks_found: list[Text] = []
        self._unplaced = [NotPlaced(name, why) for name, why in placed.unplaced]
        self._unplaced += [NotPlaced(name, text("word", "orphan")) for name in form.orphans]
        self._filled: list[WrittenField] = []
        self._proposed: list[WrittenField] = []
        self._test_identities = run.header.test_identities if run else ()

    def decide(self) -> None:
        """An entry for each field that has something to say, remarks gathered where their section tells them."""
        empty = [field for field in self._form.fields if field.owner == "vendor" and not field.value]
        direct = {field.position: entry for field in empty if (entry := self._entry(field))}
        remarks = self._remarks(direct.values(), empty)
        for field in empty:
            entry = _joined(field, direct.get(field.position), remarks.get(field.position, ()))
            if entry is None:
                self._leave(field)
            elif field.kind == "yes-no" and entry.value not in {"yes", "no"}:
                self._left.append(NotPlaced(field.name, text("word", "not_applicable")))
            else:
                self.entries.append(entry)

    def _entry(self, field: WordField) -> FieldEntry | None:
        proposal = self._proposal(field)
        answer = self._placed.answer(field) or self._wholesale(field, proposal)
        failed = self._evidence.failed(field)
        shown = self._evidence.of_system(field)
        if answer and shown and plain(answer.value) != plain(shown):
            self._remarks_found.append(text("word", "other_system", field=field.name, shown=shown))
        # Who declares is the vendor's own word, with no evidence beside it.
        own = answered(field, answer, None if shown else proposal, self._run, failed) if answer else None
        if own or proposal is None or self._run is None:
            return own
        return proposed(field, proposal, self._run, needs_look(field), failed)

    def _wholesale(self, field: WordField, proposal: Proposal | None) -> Answer | None:
        """The confirmation of all proposals of just this run at once: of those that tell no deviation and need no own look."""
        if self._run is None or proposal is None or proposal.verdict is Verdict.FAILED or needs_look(field):
            return None
        confirmed = self._placed.confirms(self._run.header.run)
        return Answer(field.name, "", confirmed=True) if confirmed else None

    def _proposal(self, field: WordField) -> Proposal | None:
        found, question = self._evidence.of(field), self._placed.question(field)
        return found if isinstance(found, Proposal) else question.proposal if question else None

    def _remarks(self, entries: Iterable[FieldEntry], empty: Sequence[WordField]) -> dict[int, list[FieldEntry]]:
        """The entries with a remark, by the position of the field that takes it."""
        found: dict[int, list[FieldEntry]] = defaultdict(list)
        for entry in entries:
            if entry.remark:
                place = _place_of_remark(entry, empty)
                if place is None:
                    self._unplaced.append(NotPlaced(f"{entry.field.section} {entry.remark}", text("word", "no_room")))
                else:
                    found[place.position].append(entry)
        return found

    def _leave(self, field: WordField) -> None:
        found = self._evidence.of(field)
        if field.kind not in {"deviations", "comment"}:  # empty is an answer there
            self._left.append(NotPlaced(field.name, found if isinstance(found, Text) else text("word", "no_place")))

    def write(self, entry: FieldEntry) -> Iterator[TextChange]:
        """The changes of one entry; it is noted as written, or as left where the form takes no text."""
        field = entry.field
        note = writing.one_line(writing.clean(entry.note))
        self._refuse_persons(field.name, f"{writing.clean(entry.value)}\n{note}")
        shown = writing.as_written(field, _SHOWN.get(entry.value, entry.value), note)
        if not shown:
            self._left.append(NotPlaced(field.name, text("word", "empty")))
            return
        ticked = field.kind in {"yes-no", "choices"}
        changes = list(_ticks(field, writing.clean(entry.value), note) if ticked else writing.fill_in(field, shown))
        if not changes:
            self._left.append(NotPlaced(field.name, text("word", "no_place")))
            return
        written = self._proposed if entry.is_proposed else self._filled
        written.append(WrittenField(field.position, field.name, shown, entry.because))
        yield from changes

    def _refuse_persons(self, name: str, said: str) -> None:
        for found in identity.strangers(said, self._test_identities):
            raise Refused(
                f"the text for “{name}” holds a {found.kind} that is no test person’s",
                todo="take it out of the answer, or declare it under test-identities if it is a test person’s",
            )

    def report(self) -> FillReport:
        """What became of every field, once all is written."""
        self._refuse_persons("an answer without a place", "\n".join(each.name for each in self._unplaced))
        form, fields = self._form, self._form.fields
        mine = [field for field in fields if field.owner == "vendor"]
        return FillReport(
            form=form.title,
            run=self._run.header.run if self._run else "",
            filled=tuple(self._filled),
            proposed=tuple(self._proposed),
            kept=tuple(field.name for field in mine if field.value),
            left=tuple(self._left),
            unplaced=tuple(self._unplaced),
            unresolved=tuple(self._unresolved(mine)),
            reviewer=tuple(field.name for field in fields if field.owner == "reviewer"),
            remarks=tuple(self._remarks_on_run()),
        )

    def _unresolved(self, fields: Iterable[WordField]) -> Iterator[Unresolved]:
        citing: dict[str, list[str]] = defaultdict(list)
        for field in fields:
            for reference in field.references:
                citing[reference].append(field.name)
        for reference in self._evidence.unknown(citing):
            yield Unresolved(reference, tuple(citing[reference]))

    def _remarks_on_run(self) -> Iterator[Text]:
        yield from self._remarks_found
        run, seen, form = self._run, self._evidence, self._form
        if run and not seen.concerns_form:
            yield text("word", "other_role", contract=form.contract)
        if run and not seen.is_of_version:
            yield text("word", "other_version", contract=form.contract, ran=seen.version, asked=form.version)
        if run and run.footer is None:
            yield text("word", "cut_short")


def _place_of_remark(entry: FieldEntry, empty: Sequence[WordField]) -> WordField | None:
    """The section's next empty field for deviations, or for comments; a question's own “Kommentar” before both."""
    after = [field for field in empty if field.section == entry.field.section and field.position > entry.field.position]
    own = [field for field in after if field.question == "Kommentar" and field.lead == entry.field.question]
    kinds = _REMARK_KINDS["no" if entry.value == "no" else ""]
    ordered = [field for kind in kinds for field in after if field.kind == kind and field.question != "Kommentar"]
    last = [field for field in empty if field.question in _LISTS] if entry.value == "no" else []
    return next(iter((*own, *ordered, *last)), None)


def _joined(field: WordField, entry: FieldEntry | None, remarks: Sequence[FieldEntry]) -> FieldEntry | None:
    """The field's own text and the remarks that it takes, a line each. Proposed if any line of it is."""
    if not remarks:
        return entry
    own = [f"{entry.value} ({entry.note})" if entry.note else entry.value] if entry else []
    lines = (*own, *(each.remark for each in remarks))
    because = tuple(key for each in remarks for key in each.because)
    return FieldEntry(field, "\n".join(lines), "", any(each.is_proposed for each in remarks), because)


def _ticks(field: WordField, value: str, note: str) -> Iterator[TextChange]:
    if field.kind == "yes-no":
        box = field.boxes[0 if value == "yes" else 1]
        found = writing.tick(box)
        yield from found
        if found:
            yield from writing.note_after(field.boxes[-1], note)
        return
    for wanted in (part.strip() for part in value.replace("\n", ",").split(",")):
        # The box that is called so, or else the one with a line to write on.
        named = next((box for box in field.boxes if box.word.casefold() == wanted.casefold()), None)
        ruled = next((box for box in field.boxes if box.blank), None)
        if named:
            yield from writing.tick(named)
        elif ruled and ruled.blank and wanted:
            yield from writing.tick(ruled)
            yield from writing.replace(ruled.blank, writing.one_line(wanted))
