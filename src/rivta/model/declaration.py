"""What is declared of a run: requirements proven, forms filled in, answers given, deviations known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from rivta.model.domain import Requirement
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, CheckResult, Run
from rivta.model.words import Source, Text, Verdict


@frozen
class RequirementRow:
    """One requirement in the declaration, with everything that was seen of it. `weights` are what the checks count for, in their order:
    `why` says why some that passed prove nothing.
    """

    requirement: Requirement
    verdict: Verdict
    cases: tuple[str, ...]
    checks: tuple[tuple[CaseResult, CheckResult], ...]
    weights: tuple[Verdict, ...] = ()
    why: Text | None = None


@frozen
class Declaration:
    """Evidence set against requirements: what a report shows."""

    run: Run
    rows: Mapping[str, tuple[RequirementRow, ...]]
    """By domain name, in the order of the domain's own list."""
    form: FilledForm | None = None
    deviations: SortedDeviations | None = None


@frozen
class Question:
    """One question of a declaration form, and where its answer comes from.

    `requirements` and `cases` (keys such as `RegisterLoan/1.2`) decide a proposal when the origin is `cases`; `fact`
    names a figure of the run (`typical-response-time`) or an element when it is `run` or `coverage`. `confirm` says that
    a human must look at it whatever the evidence says. `tf` are the official form's test-case references. A choice is
    answered by its English words, whatever language it is shown in.
    """

    id: str
    text: Text
    answer: Literal["yes-no", "text", "number", "date", "choice"]
    origin: Literal["cases", "coverage", "run", "vendor"]
    confirm: bool = False
    requirements: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    fact: str = ""
    tf: tuple[str, ...] = ()
    help: Text | None = None
    choices: tuple[Text, ...] = ()
    source: Source | None = None
    disclosure: bool = False
    """Yes is what needs words here, not no: “were there unexpected results?”."""
    optional: bool = False
    """May be left without an answer."""


@frozen
class Section:
    """A numbered part of a form, as the official form numbers it."""

    number: str
    title: Text
    questions: tuple[Question, ...]


@frozen
class Form:
    """A declaration form as data: for one role of one domain."""

    id: str
    role: str
    domain: str
    title: Text
    version: str
    sections: tuple[Section, ...]
    source: Source
    produces: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    """The contracts whose cases count for this form, by the part that the system plays in them."""


@frozen
class Answer:
    """What the vendor answers: `yes`, `no`, `not-applicable` or text, with who says so.

    `reason` says why it differs from what the evidence shows, where it does.
    """

    question: str
    value: str
    comment: str = ""
    by: str = ""
    confirmed: bool = False
    reason: str = ""
    source: Source | None = None


@frozen
class Answers:
    """The vendor's file: who declares (organisation, product, contact, …), and the answers by question."""

    path: Path
    vendor: Mapping[str, str]
    answers: Mapping[str, Answer]
    domain: str = ""
    roles: tuple[str, ...] = ()
    """The roles that are declared, each with its form."""
    places: Mapping[str, Source] = field(default_factory=dict)
    """Where each of the vendor's facts is written."""


@frozen
class Proposal:
    """An answer that follows from the evidence, with the case keys or figures it follows from. Until a human confirms
    it, it is only proposed.
    """

    value: str
    because: tuple[str, ...]
    verdict: Verdict


@frozen
class FilledQuestion:
    """A question with what the evidence proposes and what the vendor says, and how the two stand to each other."""

    question: Question
    proposal: Proposal | None
    answer: Answer | None
    state: Literal["proposed", "confirmed", "changed", "answered", "missing", "contradictory"]
    why: Text | None = None
    """Why there is no proposal, what contradicts what, or the known deviations that a bad proposal comes from."""
    confirmed_by: str = ""
    """Who stands behind a confirmed answer that names nobody itself: who confirmed all of the run, else who signs."""

    @property
    def by(self) -> str:
        """Who says so; empty where nobody is named."""
        return (self.answer.by if self.answer else "") or self.confirmed_by


@frozen
class FilledForm:
    """A form set against a run and the vendor's answers."""

    form: Form
    sections: tuple[tuple[Section, tuple[FilledQuestion, ...]], ...]


@frozen
class KnownDeviation:
    """A deviation that is registered and decided on: what it concerns, its class, why it stands, and until when.

    `fix_by` is a date (YYYY-MM-DD) or empty. Empty `products` and `versions` mean all.
    """

    id: str
    kind: Literal["stopping", "must-fix", "approved"]
    rationale: str
    requirement: str = ""
    case: str = ""
    reference: str = ""
    products: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    fix_by: str = ""
    decided_by: str = ""
    source: Source | None = None


@frozen
class SortedDeviations:
    """A run's deviations held against the known ones, by case key.

    `gone` no longer occur, `overdue` are past their date, `unmatched` name a case or requirement that the run has not.
    """

    known: tuple[tuple[KnownDeviation, tuple[str, ...]], ...]
    new: tuple[str, ...]
    gone: tuple[KnownDeviation, ...] = ()
    overdue: tuple[KnownDeviation, ...] = ()
    unmatched: tuple[KnownDeviation, ...] = ()

    def behind(self, case: str, requirement: str) -> KnownDeviation | None:
        """The first known one that occurs in the case (by key) and concerns the requirement (empty: none is named)."""
        found = (each for each, keys in self.known if each.requirement in ("", requirement) and case in keys)
        return next(found, None)
