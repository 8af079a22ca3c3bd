"""The run's evidence as the page keeps it: what is over is a line, what is going on is in the journal of plays.

A run that is closed in good order ends with a footer. Opened again in the same folder it goes on, if it is the same
system in the same environment: the footer is taken away and what was going on is taken up. What else is another since then is a
line with its time.
"""

import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rivta import evidence
from rivta.declaration import dossier
from rivta.evidence import progress, seal
from rivta.model.clock import SYSTEM, Clock, written
from rivta.model.environment import Environment
from rivta.model.errors import Refused, UsageError
from rivta.model.run import CaseResult, Note, Papers, RunFooter, RunHeader, Stray
from rivta.model.words import Lang, Moment
from rivta.page.programme import Programme, overlaid
from rivta.report import archive
from rivta.report.formats import rendered
from rivta.run.opening import Began, header_of, taken_up
from rivta.text.identity import Mask


class RunRecord:
    """One run's folder: its evidence and its journal of plays. May be used from several threads."""

    def __init__(
        self, folder: Path, environment: Environment, programme: Programme, run: str, clock: Clock = SYSTEM
    ) -> None:
        self.folder = folder
        self.clock = clock
        self._began = Began(clock)
        is_there = (folder / evidence.FILE).exists()
        before = evidence.read(folder) if is_there else None
        if before and before.footer and not (folder / progress.FILE).exists():
            raise UsageError(
                f"the run in {folder} was played by rivta run, and is over",
                todo="name another folder under --report for a run by hand; rivta report reads this one",
            )
        self.given: Mapping[str, str] = progress.given(folder)
        """Test data that testers gave at the page, by dotted name, over the environment's."""
        self._set_up = environment, programme, run
        now = self._new_header()
        changes = taken_up(before.header, now) if before else ()
        self.header: RunHeader = before.header if before else now
        self._lock = threading.Lock()
        self._results: list[CaseResult] = [*before.results] if before else []
        self._notes: list[Note] = [*before.notes] if before else []
        self._strays = {each.exchange.started for each in before.strays} if before else set()
        self._writer = evidence.EvidenceWriter(
            folder, secrets=environment.secrets, goes_on=self.header if before else None
        )
        if before is None:
            self._writer.header(self.header)
        for change in changes:
            self._writer.write(change)
        # What was drawn up of the run so far would tell of another once it goes on.
        (folder / "manifest.json").unlink(missing_ok=True)
        self._journal = progress.PlayJournal(folder, self.header, environment.secrets)
        self._write_what_is_missing()

    @property
    def plays(self) -> Mapping[str, progress.PlayBegun]:
        """The plays that the folder knew when it was opened."""
        return self._journal.plays

    def mask(self) -> Mask:
        """What hides every person who is not a test person."""
        return Mask(self.header.mask_key, self.header.test_identities)

    def note(self, entry: progress.PlayEvent) -> None:
        self._journal.note(entry)

    def finish(self, play: str, result: CaseResult) -> None:
        """A case is over. The journal first: on the next start what it has and the evidence lacks is written."""
        self._journal.note(progress.PlayEnded(play, result))
        with self._lock:
            self._writer.write(result)
            self._results.append(result)

    def annotate(self, result: CaseResult, note: Note) -> None:
        """Somebody has something to say of a case that is over."""
        self.write(replace(note, attempt=self.attempt(result)))

    def write(self, note: Note) -> None:
        with self._lock:
            self._writer.write(note)
            self._notes.append(note)

    def notes_of(self, call: Moment) -> tuple[Note, ...]:
        """What people have to say of the call that came at that moment."""
        with self._lock:
            return tuple(note for note in self._notes if note.received == call)

    def attempt(self, result: CaseResult) -> int:
        """Which attempt at its case a result is, from 1."""
        with self._lock:
            marks = [_mark(each) for each in self._results if (each.suite, each.case) == (result.suite, result.case)]
            return marks.index(_mark(result)) + 1

    def with_given(self, environment: Environment) -> Environment:
        return replace(environment, test_data=overlaid(environment.test_data, self.given))

    def give(self, data: Mapping[str, str], by: str) -> None:
        """Keep test data that a tester gives: it is another environment from then on, which is evidence with its time."""
        self._journal.note(progress.Given(by, data))
        with self._lock:
            self.given = {**self.given, **data}
            changes = taken_up(self.header, self._new_header())
            for change in changes:
                self._writer.write(change)
            self.header = replace(self.header, changes=(*self.header.changes, *changes))

    def stray(self, stray: Stray) -> None:
        """A call that no case asked for; once, however often the run goes on."""
        if stray.exchange.started not in self._strays:
            self._writer.write(stray)

    def latest(self) -> Mapping[str, CaseResult]:
        with self._lock:
            return {result.key: result for result in self._results}

    def report(self, lang: Lang, suites: Path) -> bytes:
        """The declaration of the run so far. UsageError where it cannot be drawn up."""
        run = evidence.read(self.folder)
        return rendered(dossier.draw_up(run, dossier.beside(Papers(), self.folder), suites), "html", lang)

    def zipped(self) -> bytes:
        """The run so far as one file; without its messages where others than test persons are in them."""
        try:
            return archive.pack(self.folder)
        except (UsageError, Refused):
            return archive.pack_without_messages(self.folder)

    def end(self) -> None:
        with self._lock:
            if jump := self._began.jump():
                self._writer.write(jump)
            counted = Counter(result.verdict.name for result in self._results)
            self._writer.write(RunFooter(written(self.clock.now()), dict(counted)))
        seal.write(self.folder)

    def close(self) -> None:
        with self._lock:
            self._writer.close()
        self._journal.close()

    def _new_header(self) -> RunHeader:
        """What the header would be if the run began now."""
        environment, programme, run = self._set_up
        planned = [(each.suite, each.case) for each in programme.playables.values()]
        if not planned:
            raise UsageError(
                f"no scenario and no consumer case fits the roles of {environment.path}: {', '.join(environment.roles)}",
                todo="name a role under roles: that the domain knows",
            )
        header = header_of(self.with_given(environment), run, secrets.token_hex(16), planned, self.clock)
        return replace(header, samples=programme.choice.tried(planned))

    def _write_what_is_missing(self) -> None:
        known = {_mark(result) for result in self._results}
        noted = {(each.at, each.by, each.text) for each in self._notes}
        for result, notes in ((each.result, each.notes) for each in self._journal.plays.values() if each.result):
            if _mark(result) not in known:
                self._writer.write(result)
                self._results.append(result)
            for note in notes:
                if (note.at, note.by, note.text) not in noted:
                    self.annotate(result, note)


def _mark(result: CaseResult) -> tuple[str, str, str, float]:
    return result.suite, result.case, result.started, result.elapsed_ms
