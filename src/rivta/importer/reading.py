"""A case of SoapUI while it is read, step by step."""

from dataclasses import dataclass, field

from rivta.importer.carried import Carried, Carrier, Left
from rivta.importer.project import Case, Step
from rivta.importer.values import Values


@dataclass(slots=True)
class Reading:
    """What is known of a case so far. `calling` are the cases that run each other, the one that is read last; `stepped` counts its steps.

    `counted` and `saved` are the numbers of the steps whose records, and whose answer, scripts have kept; `again` is how the next message is
    sent several times, `same_size` which ones have to be answered the same once more. `rows` are those of data sources, and `changes` what
    is put into a message that is still to come, by its step and an XPath. `waiting` is what stands with the last message that is sent.
    """

    carrier: Carrier
    done: Carried
    calling: tuple[Case, ...] = ()
    stepped: int = 0
    counted: int = 1
    saved: int = 1
    again: dict[str, object] | None = None
    same_size: list[int] = field(default_factory=list)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    changes: dict[str, dict[str, str]] = field(default_factory=dict)
    waiting: list[Left] = field(default_factory=list)

    @property
    def values(self) -> Values:
        return self.done.values

    @property
    def case(self) -> Case:
        return self.calling[-1]

    def note(self, text: str) -> None:
        self.done.notes.append(text)

    def raises(self, level: int) -> None:
        """It took this much to read."""
        self.done.step_level = max(self.done.step_level, level)

    def leave(self, step: Step, why: str, original: str = "") -> None:
        self.waiting.append(Left(self.place(step.line, step.name), why, original.strip()))

    def place(self, line: int, *names: str) -> str:
        case = self.done.case
        return f"{self.carrier.project.path.name}:{line}: {' / '.join(filter(None, (case.suite, case.name, *names)))}"
