"""What a case of SoapUI becomes, while it is carried over: its steps, what each expects, and what is left to a person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rivta.importer.contracts import Contracts, ImportedContract
from rivta.importer.data import Data
from rivta.importer.project import Assertion, Project, SoapUiCase, SoapUiStep
from rivta.importer.scope import Expectation, ScriptScope
from rivta.importer.scripts import Period
from rivta.importer.values import Spaces, Values
from rivta.model.frozen import frozen

ADDRESS = "logicalAddress"


@frozen
class NotCarried:
    """What is not carried: where it stands, why, and the original."""

    place: str
    why: str
    original: str = ""

    @property
    def todo(self) -> Expectation:
        said = {"why": self.why, "place": self.place} | ({"original": self.original} if self.original else {})
        return {"todo": {key: text.replace("${", "$${") for key, text in said.items()}}


@frozen
class Origin:
    """What an assertion became: `scope` is what its script's words meant there, `expect` what stands in its place."""

    assertion: Assertion
    scope: ScriptScope
    expect: tuple[Expectation, ...]


@dataclass(slots=True)
class Sent:
    """A step of ours in the making: `body` is its template, `values` are those that the case has by itself when it is sent.

    `mocked` is the canned answer that it asked a mock for.
    """

    name: str
    contract: ImportedContract
    body: str
    expect: list[Expectation] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    for_each: dict[str, object] | None = None
    capture: dict[str, str] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    change: dict[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = ""
    told: Mapping[str, object] | None = None
    mocked: str = ""
    origins: list[Origin] = field(default_factory=list)


@dataclass(slots=True)
class Carrier:
    """What the cases of a project share, in order: a script may set for the next case too where records are."""

    project: Project
    data: Data
    contracts: Contracts
    spaces: Callable[[ImportedContract], Spaces]
    record: str = ""
    periods: dict[str, Period] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.record = self.project.properties.get("RecordElementPath", "")

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that scripts use: properties of the project."""
        return {name[6:]: value for name, value in self.project.properties.items() if name.startswith("xmlns:")}

    def describes(self, contract: ImportedContract) -> bool:
        """Whether the domain says of a contract what the records are that scripts now look at."""
        record = self.record.lstrip("/").rpartition(":")[2]
        return bool(record) and record == contract.record


@dataclass(slots=True)
class Carried:
    """A case of ours: `levels` counts its assertions by what it took to read each, `notes` what changed on the way without being lost.

    The rest is known while it is read. `calling` are the cases that run each other, the one that is read last; `stepped` counts their steps.
    `counted` and `saved` are the numbers of the steps whose records, and whose answer, scripts have kept; `again` is how the next message is
    sent several times, `same_size` which ones have to be answered the same once more. `rows` are those of data sources, `changes` what is put
    into a message that is still to come, by its step and an XPath, `waiting` what stands with the last message that is sent, and `goes_on_at` the step before which nothing more is read.
    """

    carrier: Carrier
    case: SoapUiCase
    id: str
    values: Values
    steps: list[Sent] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    left: list[NotCarried] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    step_level: int = 1
    calling: tuple[SoapUiCase, ...] = ()
    stepped: int = 0
    counted: int = 1
    saved: int = 1
    again: dict[str, object] | None = None
    same_size: dict[int, Origin] = field(default_factory=dict)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    changes: dict[str, dict[str, str]] = field(default_factory=dict)
    waiting: list[NotCarried] = field(default_factory=list)
    goes_on_at: SoapUiStep | None = None

    @property
    def level(self) -> int:
        return max([self.step_level, *self.levels])

    @property
    def contract(self) -> ImportedContract | None:
        """The one that is called first: its file is where the case stands."""
        return next((each.contract for each in self.steps if each.told is None), None)

    def number(self, name: str) -> int | None:
        """The number of the last step of ours that a step of SoapUI became."""
        return next((n for n in range(len(self.steps), 0, -1) if self.steps[n - 1].name == name), None)

    def spaces(self, contract: ImportedContract) -> Spaces:
        """The prefixes of the file that the case stands in; `contract` is the one that is about to be called."""
        return self.carrier.spaces(self.contract or contract)

    def took(self, level: int) -> None:
        """It took this much to read."""
        self.step_level = max(self.step_level, level)

    def leave(self, step: SoapUiStep, why: str, original: str = "") -> None:
        self.waiting.append(NotCarried(self.place(step.line, step.name), why, original.strip()))

    def place(self, line: int, *names: str) -> str:
        parts = (self.case.suite, self.case.name, *names)
        project = self.carrier.project
        return project.mask.text(f"{project.path.name}:{line}: {' / '.join(filter(None, parts))}")


def addressed(body: str) -> str:
    """A template with the logical address of the step, as the environment or `to` has it."""
    return body.replace(f"${{{ADDRESS}}}", "${logical-address}")
