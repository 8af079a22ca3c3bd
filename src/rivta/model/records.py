"""What a reading contract gives back: records, what each is known and chosen by, and which of them a period asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from rivta.model.frozen import frozen

Rule = Literal["any_in_range", "span", "fallback"]
"""When a record lies in a period: one of its times does; it has not all of its times before, or all after; or the stretch from
the first of its `times` that is there to the earliest of its `ends`, open where there is none, overlaps it."""

Chosen = Literal["patient", "unit", "source", "contact"]
"""What every reading contract may choose records by: whose they are, the unit that is accountable for them, the system that they
come from, the care contact that they were made at."""

PERIOD = ("start", "end")
"""The filters on time: the first and the last day, or moment, that are asked for. Both are in the period."""


UP = ".."
"""The step of a path to the element around."""


@frozen
class More:
    """How an answer says that there is more than it holds: below the response's root, where `reference` stands that a next request
    has to repeat in `asked`, and the logical `address` that it goes to, if the contract names one.
    """

    reference: str
    asked: str
    address: str = ""


@dataclass(frozen=True)
class Records:
    """Where a contract's answers hold their records, and what chooses among them. None of it says in which namespace.

    A path is local names with `/` between them, an attribute's behind an `@`: `path` from the response's root to the element
    that repeats, the paths in `filters` and `More.asked` from the request's root, all others from a record, and out of it by `..` where
    records that have something in common stand in a group. Each but `path` leads to text. Empty is what the contract does not have.
    """

    path: str
    id: str
    patient: str
    patient_type: str = ""
    """Of what kind the patient's identity is: an OID."""
    original: str = ""
    """Under which identity the record was made, where that is an older one of the same person."""
    unit: str = ""
    source: str = ""
    contact: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    """What else this contract chooses records by, by names of its own."""
    approved: str = ""
    """Whether the patient may see the record: `true` or `false`. A producer gives both kinds."""
    times: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    """When a record ceases to hold; only the rule `fallback` knows of it."""
    rule: Rule = "any_in_range"
    filters: Mapping[str, str] = field(default_factory=dict)
    """What a request chooses by (patient, unit, source, contact, start, end, a name of `also`) → where it says it."""
    more: More | None = None

    @property
    def asked_by(self) -> Mapping[str, str]:
        """What a request can say → where: its filters, and `more`, what an answer before said that there is more by."""
        return {**self.filters, "more": self.more.asked} if self.more else self.filters

    @cached_property
    def up(self) -> int:
        """How far above a record stands all that is said of it: 0 where none of its paths leads out of it."""
        said = (*self.chosen_by.values(), self.patient_type, self.original, self.approved, *self.times, *self.ends)
        return max(path.split("/").count(UP) for path in said)

    @cached_property
    def chosen_by(self) -> Mapping[str, str]:
        """What a record can be chosen by, but for its times → where it stands in a record."""
        own = {"patient": self.patient, "unit": self.unit, "source": self.source, "contact": self.contact}
        return {name: path for name, path in (own | dict(self.also)).items() if path}
