"""What became of the system since an earlier run: what has to be declared again, what got worse or better, what is another."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from rivta.declaration.comparison import (
    CaseChange,
    Comparison,
    Direction,
    PartChange,
    ProcessStep,
    RequirementChange,
    TimeShift,
)
from rivta.model.words import Text
from rivta.report.layout import View
from rivta.report.material import Material
from rivta.report.voice import Voice

DIRECTIONS: Final[tuple[Direction, ...]] = ("worse", "better", "unclear", "added", "removed")
"""Which way a verdict went, in the order in which people want to read."""
_Change = TypeVar("_Change", RequirementChange, CaseChange)
_SHA_256 = 64
_SHOWN_OF_SHA = 12


def part(material: Material) -> View | None:
    """The comparison with an earlier run, if there is one: what somebody must act on first."""
    earlier, places = material.previous, material.places
    if earlier is None:
        return None
    return view(earlier, material.voice, lambda id_: places.links([id_])[0], places.by_key)


def view(found: Comparison, voice: Voice, requirement: Callable[[str], object], case: Callable[[str], object]) -> View:
    """What is told of a comparison; `requirement` and `case` make of a name what stands for it, such as a link."""
    return {
        **_before(found, voice),
        "counts": _counts(found.requirements, voice),
        "again": [_step(each, voice) for each in found.again],
        "requirements": [
            _row(requirement(each.id), each, each.text, "reworded" if each.is_reworded else "", voice)
            for each in _sorted(found.requirements)
        ],
        "cases": [
            _row(case(each.key), each, each.title, "new_suite" if each.has_new_suite else "", voice)
            for each in _sorted(found.cases)
        ],
        "parts": [_part(each, voice) for each in found.parts],
        "times": [_shift(each, voice) for each in found.times],
    }


def _step(step: ProcessStep, voice: Voice) -> View:
    words = voice.words[f"changes_{step.step}"]
    return {"contract": step.contract, "step": words, "reasons": [*map(voice.text, step.reasons)]}


def _part(part: PartChange, voice: Voice) -> View:
    kind = voice.words[f"part_{part.kind}"]
    return {"kind": kind, "name": part.name, "before": _short(part.old), "now": _short(part.new)}


def _before(earlier: Comparison, voice: Voice) -> View:
    was = earlier.old
    flaws = (("not_whole", not was.is_whole), ("edited", was.is_edited))
    system = f"{was.system.product} {was.system.version}".strip()
    return {
        "lead": voice.say("changes_lead", run=was.run, started=voice.time(was.started), system=system),
        "warning": " ".join(voice.words[f"changes_{flaw}"] for flaw, is_so in flaws if is_so),
    }


def _counts(changes: Sequence[RequirementChange], voice: Voice) -> str:
    counted = Counter(each.direction for each in changes)
    told = [f"{voice.words[f'changes_{key}'].lower()} {counted[key]}" for key in DIRECTIONS if counted[key]]
    return voice.say("changes_counts", counts=", ".join(told)) if told else voice.words["changes_same"]


def _sorted(changes: Sequence[_Change]) -> list[_Change]:
    return sorted(changes, key=lambda each: DIRECTIONS.index(each.direction))


def _row(link: object, change: RequirementChange | CaseChange, text: Text, note: str, voice: Voice) -> View:
    """A requirement or a case that came to something else."""
    return {
        "link": link,
        "text": voice.text(text),
        "direction": voice.words[f"changes_{change.direction}"],
        # None where that run does not have it.
        "before": None if change.old is None else voice.state(change.old),
        "now": None if change.new is None else voice.state(change.new),
        "note": voice.words[f"changes_{note}"] if note else "",
    }


def _shift(shift: TimeShift, voice: Voice) -> View:
    """A contract's response times, each before and now."""
    return {
        "contract": shift.contract,
        "median": (voice.ms(shift.old_median), voice.ms(shift.new_median)),
        "p95": (voice.ms(shift.old_p95), voice.ms(shift.new_p95)),
        "replies": (voice.number(shift.old_replies), voice.number(shift.new_replies)),
    }


def _short(value: str) -> str:
    """A checksum by its first characters; everything else as it is."""
    return value[:_SHOWN_OF_SHA] if len(value) == _SHA_256 and value.isalnum() else value
