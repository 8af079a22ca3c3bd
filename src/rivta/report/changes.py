"""What became of the system since an earlier run: what has to be declared again, what got worse or better, what is another."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from rivta.declaration.comparison import CaseChange, Comparison, Direction, PartChange, RequirementChange
from rivta.model.words import Text, Verdict
from rivta.report.links import Link
from rivta.report.material import Material
from rivta.report.voice import State

_DIRECTIONS: Final[tuple[Direction, ...]] = ("worse", "better", "unclear", "added", "removed")
"""Which way a verdict went, in the order in which people want to read."""
_Change = TypeVar("_Change", RequirementChange, CaseChange)
_SHA_256 = 64
_SHOWN_OF_SHA = 12


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A requirement or a case that came to something else. No state: that run does not have it."""

    link: Link
    text: str
    direction: str
    before: State | None
    now: State | None
    note: str


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part that is another one now."""

    kind: str
    name: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A contract's response times, before and now."""

    contract: str
    median: tuple[str, str]
    p95: tuple[str, str]
    replies: tuple[str, str]


@dataclass(frozen=True, slots=True)
class AgainView:
    """What the process asks for, for one contract, and why."""

    contract: str
    step: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangesView:
    """The comparison with an earlier run."""

    lead: str
    warning: str
    counts: str
    again: tuple[AgainView, ...]
    requirements: tuple[ChangeRow, ...]
    cases: tuple[ChangeRow, ...]
    parts: tuple[PartRow, ...]
    times: tuple[ShiftRow, ...]


def part(material: Material) -> ChangesView | None:
    """The comparison with an earlier run, if there is one."""
    return _Changes(material.previous, material).view() if material.previous else None


class _Changes:
    """Makes the view of a comparison with the declaration's run."""

    def __init__(self, earlier: Comparison, material: Material) -> None:
        self._earlier = earlier
        self._places = material.places
        self._voice = material.voice

    def view(self) -> ChangesView:
        """Everything, what somebody must act on first."""
        was = self._earlier.old
        return ChangesView(
            lead=self._voice.say(
                "changes_lead",
                run=was.run,
                started=self._voice.time(was.started),
                system=f"{was.system.product} {was.system.version}".strip(),
            ),
            warning="" if was.is_whole else self._voice.words["changes_not_whole"],
            counts=self._counts(),
            again=tuple(
                AgainView(
                    each.contract,
                    self._voice.words[f"changes_{each.step}"],
                    tuple(map(self._voice.text, each.reasons)),
                )
                for each in self._earlier.again
            ),
            requirements=tuple(self._requirement(each) for each in _sorted(self._earlier.requirements)),
            cases=tuple(self._case(each) for each in _sorted(self._earlier.cases)),
            parts=tuple(self._part(each) for each in self._earlier.parts),
            times=tuple(self._times()),
        )

    def _counts(self) -> str:
        counted = Counter(each.direction for each in self._earlier.requirements)
        told = [f"{self._direction(key).lower()} {counted[key]}" for key in _DIRECTIONS if counted[key]]
        return self._voice.say("changes_counts", counts=", ".join(told)) if told else self._voice.words["changes_same"]

    def _direction(self, key: Direction) -> str:
        return self._voice.words[f"changes_{key}"]

    def _requirement(self, change: RequirementChange) -> ChangeRow:
        link = self._places.requirements.get(change.id) or Link("", change.id)
        note = self._voice.words["changes_reworded"] if change.is_reworded else ""
        return self._row(link, change, change.text, note)

    def _case(self, change: CaseChange) -> ChangeRow:
        note = self._voice.words["changes_new_suite"] if change.has_new_suite else ""
        return self._row(self._places.by_key(change.key), change, change.title, note)

    def _row(self, link: Link, change: RequirementChange | CaseChange, text: Text, note: str) -> ChangeRow:
        return ChangeRow(
            link=link,
            text=self._voice.text(text),
            direction=self._direction(change.direction),
            before=self._state(change.old),
            now=self._state(change.new),
            note=note,
        )

    def _state(self, verdict: Verdict | None) -> State | None:
        return None if verdict is None else self._voice.state(verdict)

    def _part(self, part: PartChange) -> PartRow:
        return PartRow(self._voice.words[f"part_{part.kind}"], part.name, _short(part.old), _short(part.new))

    def _times(self) -> Iterator[ShiftRow]:
        ms, number = self._voice.ms, self._voice.number
        for each in self._earlier.times:
            yield ShiftRow(
                each.contract,
                (ms(each.old_median), ms(each.new_median)),
                (ms(each.old_p95), ms(each.new_p95)),
                (number(each.old_replies), number(each.new_replies)),
            )


def _sorted(changes: Sequence[_Change]) -> list[_Change]:
    return sorted(changes, key=lambda each: _DIRECTIONS.index(each.direction))


def _short(value: str) -> str:
    """A checksum by its first characters; everything else as it is."""
    return value[:_SHOWN_OF_SHA] if len(value) == _SHA_256 and value.isalnum() else value
