"""The part of a run that a form speaks of: one role's contracts, in one domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rivta.model import (
    CaseResult,
    CheckResult,
    Declaration,
    DomainFacts,
    Exchange,
    Form,
    KnownDeviation,
    PlannedCase,
    RequirementRow,
    Run,
    SortedDeviations,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Part:
    """What a run has to say to one form. A system that plays both roles of a domain answers for each by itself."""

    run: Run
    domain: DomainFacts | None
    contracts: tuple[str, ...]
    """The contracts of the form's role; all of the domain's when the form names none."""
    results: tuple[CaseResult, ...]
    left: tuple[PlannedCase, ...]
    """Cases that were planned and never run."""
    rows: Mapping[str, RequirementRow]
    deviations: SortedDeviations | None
    by_key: Mapping[str, CaseResult]
    """The results by their cases' keys. Every question looks here, so they are made once."""
    left_keys: frozenset[str]

    @property
    def failed(self) -> tuple[str, ...]:
        """The keys of the cases in which the system deviated."""
        return tuple(key for key, result in self.by_key.items() if result.verdict is Verdict.FAILED)

    def known(self, *kinds: str) -> Mapping[str, tuple[KnownDeviation, ...]]:
        """The cases that deviate in nothing but what is known, of these classes or of any, each with what is known of it."""
        found: dict[str, tuple[KnownDeviation, ...]] = {}
        for each, cases in self.deviations.known if self.deviations else ():
            for key in cases if not kinds or each.kind in kinds else ():
                found[key] = (*found.get(key, ()), each)
        new = self.deviations.new if self.deviations else ()
        return {key: each for key, each in found.items() if key not in new}

    @property
    def is_whole(self) -> bool:
        """Whether the run came to its end and each planned case to a verdict of its own."""
        return self.run.footer is not None and not self.left and bool(self.results) and not self.run.damage

    def exchanges(self, role: str) -> Iterator[tuple[CaseResult, int, Exchange]]:
        """Every exchange of the cases in which the system plays this part, with its place in its case."""
        for result in self.results:
            if result.role == role:
                yield from ((result, place, exchange) for place, exchange in enumerate(result.exchanges))

    def checks(self, *kinds: str) -> Iterator[tuple[CaseResult, CheckResult]]:
        """Every check of these kinds."""
        for result in self.results:
            yield from ((result, check) for check in result.checks if check.kind in kinds)


def part_of(form: Form, declaration: Declaration, deviations: SortedDeviations | None = None) -> Part:
    """Narrows a declaration down to what a form asks about."""
    run = declaration.run
    name = form.domain or next((domain.name for domain in run.header.domains), "")
    domain = next((domain for domain in run.header.domains if domain.name == name), None)
    contracts = (*form.produces, *form.consumes) or tuple(c.name for c in (domain.contracts if domain else ()))
    results = tuple(each for each in run.results if each.domain == name and _is_asked(form, each))
    done = {(each.suite, each.case) for each in run.results}
    left = tuple(
        each
        for each in run.header.planned
        if (each.suite, each.case) not in done and each.contract in contracts and _is_asked(form, each)
    )
    rows = {row.requirement.id: row for row in declaration.rows.get(name, ())}
    by_key: dict[str, CaseResult] = {}
    for each in results:  # of two cases of one name the worse speaks: nothing red is ever lost
        by_key[each.key] = max(by_key.get(each.key, each), each, key=lambda result: result.verdict)
    return Part(run, domain, contracts, results, left, rows, deviations, by_key, frozenset(each.key for each in left))


def _is_asked(form: Form, case: CaseResult | PlannedCase) -> bool:
    if not form.produces and not form.consumes:
        return True
    return case.contract in (form.produces if case.role == "producer" else form.consumes)
