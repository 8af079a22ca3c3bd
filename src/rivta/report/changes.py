"""What became of the system since an earlier run: what has to be declared again, what got worse or better, what is another."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from rivta.declaration.comparison import CaseChange, Comparison, Direction, RequirementChange
from rivta.model.words import Text, Verdict
from rivta.report.layout import ReportLink, View
from rivta.report.material import Material
from rivta.report.voice import State, Voice

DIRECTIONS: Final[tuple[Direction, ...]] = ("worse", "better", "unclear", "added", "removed")
"""Which way a verdict went, in the order in which people want to read."""
_Change = TypeVar("_Change", RequirementChange, CaseChange)
_SHA_256 = 64
_SHOWN_OF_SHA = 12


def part(material: Material) -> View | None:
    """The comparison with an earlier run, if there is one: what somebody must act on first."""
    earlier, places, voice = material.previous, material.places, material.voice
    if earlier is None:
        return None
    return {
        **_before(earlier, voice),
        "counts": _counts(earlier.requirements, voice),
        "again": [
            {
                "contract": each.contract,
                "step": voice.words[f"changes_{each.step}"],
                "reasons": [*map(voice.text, each.reasons)],
            }
            for each in earlier.again
        ],
        "requirements": [
            _row(places.links([each.id])[0], each, each.text, "reworded" if each.is_reworded else "", voice)
            for each in _sorted(earlier.requirements)
        ],
        "cases": [
            _row(places.by_key(each.key), each, each.title, "new_suite" if each.has_new_suite else "", voice)
            for each in _sorted(earlier.cases)
        ],
        "parts": [
            {
                "kind": voice.words[f"part_{each.kind}"],
                "name": each.name,
                "before": short(each.old),
                "now": short(each.new),
            }
            for each in earlier.parts
        ],
        "times": [*_times(earlier, voice)],
    }


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


def _row(link: ReportLink, change: RequirementChange | CaseChange, text: Text, note: str, voice: Voice) -> View:
    """A requirement or a case that came to something else."""
    return {
        "link": link,
        "text": voice.text(text),
        "direction": voice.words[f"changes_{change.direction}"],
        "before": _state(change.old, voice),
        "now": _state(change.new, voice),
        "note": voice.words[f"changes_{note}"] if note else "",
    }


def _state(verdict: Verdict | None, voice: Voice) -> State | None:
    """None where that run does not have it."""
    return None if verdict is None else voice.state(verdict)


def _times(earlier: Comparison, voice: Voice) -> Iterator[View]:
    """Contracts' response times, each before and now."""
    for each in earlier.times:
        yield {
            "contract": each.contract,
            "median": (voice.ms(each.old_median), voice.ms(each.new_median)),
            "p95": (voice.ms(each.old_p95), voice.ms(each.new_p95)),
            "replies": (voice.number(each.old_replies), voice.number(each.new_replies)),
        }


def short(value: str) -> str:
    """A checksum by its first characters; everything else as it is."""
    return value[:_SHOWN_OF_SHA] if len(value) == _SHA_256 and value.isalnum() else value
