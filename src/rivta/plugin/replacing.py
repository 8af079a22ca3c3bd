"""The run that is in the folder already, where another is to replace it."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rivta import evidence
from rivta.declaration import deviations
from rivta.evidence import disk
from rivta.model.clock import Clock, written
from rivta.model.errors import RivtaError, Unwritable
from rivta.plugin import otherparty

_DRAWN_UP = ("received.jsonl", "manifest.json", "declaration*", "*.p7s", "answers.yaml", deviations.FILE)
"""What is there of an earlier run beside its evidence."""


@dataclass(slots=True)
class ReplacedRun:
    """It must not be taken for the one that replaces it, at whatever moment that is stopped."""

    folder: Path
    clock: Clock
    is_aside: bool = False

    def set_aside(self) -> None:
        """Leave a note in its place until the other begins. UsageError where it is going on."""
        why = f"{written(self.clock.now())} a run began that was to replace the one before, and played no case\n"
        with suppress(Unwritable):  # who may not write there is told so when the evidence is opened
            self.is_aside = evidence.set_aside(self.folder, why)

    def put_back(self) -> None:
        """It is as it was."""
        if self.is_aside:
            with suppress(RivtaError):
                evidence.put_back(self.folder)

    def clear(self) -> None:
        """Take away what was drawn up of it: beside new evidence it would tell of another."""
        with disk.writing(self.folder):
            for path in (path for pattern in _DRAWN_UP for path in self.folder.glob(pattern)):
                path.unlink()
            otherparty.clear(self.folder)

    def note(self, why: str) -> None:
        """In its place: why the other played nothing."""
        with suppress(RivtaError), evidence.held(self.folder):  # who may not write there has been told so
            self.clear()
            evidence.put_in_place(self.folder, f"{written(self.clock.now())} {why}\n")
