"""What a verification says: one sentence a kind of change, and what each means for the outcome."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Final, Literal

from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.text.catalogue import text

State = Literal["holds", "changed", "unsealed", "absent", "note"]
"""Holds, was changed, has no seal that can be read, could not be recomputed because it is not here, or is only to be known."""
Values = Mapping[str, str | int | Text]

_KEYS: Final[Mapping[State, str]] = {
    "holds": "manifest-holds lines-hold received-hold messages-hold used-holds report-again attestation-again verdicts-given"
    " report-holds report-of-run archive-holds members-hold",
    "unsealed": "manifest-missing report-unsealed archive-unsealed footer-none attestation-unsigned",
    "note": "manifest-from-report basis-named not-covered unplayed-untold",
    "absent": "key-left-out received-absent messages-absent used-absent report-alone attestation-alone report-other-version"
    " report-not-again verdicts-untried verdict-untried",
}
"""What a statement means → the keys of those that do. All others tell of a change."""
_STATES = {key: state for state, keys in _KEYS.items() for key in keys.split()}

_MOST = 5


@frozen
class Statement:
    """One thing that a verification found. `place` is a file, a line or a part of a report.

    `key` is stable, for programs, and is that of the sentence in `words/seal.*.yaml`.
    """

    key: str
    place: str = ""
    values: Values = field(default_factory=dict)

    @property
    def state(self) -> State:
        """What the sentence means for the outcome."""
        return _STATES.get(self.key, "changed")

    @property
    def text(self) -> Text:
        return text("seal", self.key, place=self.place, **self.values)


def joined(texts: Iterable[Text]) -> Text:
    """Several as one, with commas; of many the first, and how many more there are."""
    told = [*texts]
    first, more = told[:_MOST], len(told) - _MOST
    ends = [text("seal", "more", count=more)] if more > 0 else []
    return Text(*(", ".join(each.in_(lang) for each in (*first, *ends)) for lang in ("sv", "en")))


def limits() -> tuple[Text, ...]:
    """What no seal can prove."""
    return tuple(text("seal", f"limit-{what}") for what in ("other-end", "new-run", "clock"))
