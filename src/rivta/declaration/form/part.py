"""The part of a run that a form speaks of: one role's contracts, in one domain."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from rivta.declaration.proven import not_run
from rivta.model.contracts import Contracts
from rivta.model.declaration import Declaration, Form, KnownDeviation, RequirementRow, SortedDeviations
from rivta.model.domain import ContractFacts, DomainFacts
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, CheckResult, PlannedCase, Run, Stray
from rivta.model.words import Verdict

Side = Literal["producer", "consumer"]
"""The part that the system plays in a call: it answers as a producer, and calls as a consumer."""


@frozen
class SeenExchange:
    """An exchange, what was said of it, and the key of the case that it belongs to; of a call that no case asked for, its name."""

    key: str
    exchange: Exchange
    checks: tuple[CheckResult, ...]


@frozen
class RunPart:
    """What a run has to say to one form. A system that plays both roles of a domain answers for each by itself."""

    run: Run
    form: Form
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
    seen: tuple[SeenExchange, ...]
    """The exchanges of the results, likewise."""

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

    def exchanges(self, side: Side) -> Iterator[SeenExchange]:
        """Every exchange in which the system plays this part for a contract that the form asks it of.

        One case can have both: what the system answered to our call, and what it sent us after it. Calls that no case asked
        for are the system's too.
        """
        is_any, calls = not self.form.produces and not self.form.consumes, side == "consumer"
        asked = self.contracts if is_any else self.form.consumes if calls else self.form.produces
        for seen in (*self.seen, *((_stray(*each) for each in enumerate(self.run.strays, 1)) if calls else ())):
            if seen.exchange.inbound == calls and seen.exchange.contract in asked:
                yield seen

    def word(self, word: str) -> str:
        """What the run calls a contract that the form names; a bare name is first of all one of the form's own domain."""
        return _called(word, self.domain.name if self.domain else "", self.run.header.contracts)

    def key(self, key: str) -> str:
        contracts = self.run.header.contracts
        own = f"{self.domain.name}/{key}" if self.domain else key
        return contracts.key(own if contracts.full_key(own) != own else key)

    def checks(self, *kinds: str) -> Iterator[tuple[CaseResult, CheckResult]]:
        for result in self.results:
            yield from ((result, check) for check in result.checks if check.kind in kinds)


def stray_key(number: int) -> str:
    """What a call that no case asked for is called, by its number in the run from 1. The same in both languages."""
    return f"stray/{number}"


def _stray(number: int, stray: Stray) -> SeenExchange:
    return SeenExchange(stray_key(number), stray.exchange, stray.checks)


def part_of(form: Form, declaration: Declaration) -> RunPart:
    run = declaration.run
    name = form.domain or next((domain.name for domain in run.header.domains), "")
    domain = next((domain for domain in run.header.domains if domain.name == name), None)
    form = _in_words(form, run.header.contracts)
    contracts = (*form.produces, *form.consumes) or tuple(c.word for c in (domain.contracts if domain else ()))
    results = tuple(each for each in run.counted if each.domain == name and _is_asked(form, each))
    left = tuple(each for each in not_run(run) if _is_of(each, name, contracts) and _is_asked(form, each))
    rows = {row.requirement.id: row for row in declaration.rows.get(name, ())}
    by_key: dict[str, CaseResult] = {}
    for each in results:  # of two cases of one name the worse speaks: nothing red is ever lost
        by_key[each.key] = max(by_key.get(each.key, each), each, key=lambda result: result.verdict)
    left_keys, seen = frozenset(each.key for each in left), tuple(_seen(results))
    return RunPart(run, form, domain, contracts, results, left, rows, declaration.deviations, by_key, left_keys, seen)


def _seen(results: Iterable[CaseResult]) -> Iterator[SeenExchange]:
    for result in results:
        for place, exchange in enumerate(result.exchanges):
            yield SeenExchange(result.key, exchange, tuple(each for each in result.checks if each.exchange == place))


def _in_words(form: Form, contracts: Contracts[ContractFacts]) -> Form:
    """The form with its contracts by the words that the run uses for them, whichever it was written with."""
    produces, consumes = (
        tuple(_called(each, form.domain, contracts) for each in words) for words in (form.produces, form.consumes)
    )
    return replace(form, produces=produces, consumes=consumes)


def _called(word: str, domain: str, contracts: Contracts[ContractFacts]) -> str:
    own = f"{domain}/{word}"
    return contracts.shown(own if own in contracts else word)


def _is_of(case: PlannedCase, domain: str, contracts: Collection[str]) -> bool:
    """Whether it is a case of the domain. One that was planned before there were several does not name it; its contract does."""
    return case.domain == domain if case.domain else case.contract in contracts


def _is_asked(form: Form, case: CaseResult | PlannedCase) -> bool:
    if not form.produces and not form.consumes:
        return True
    return case.contract in (form.produces if case.role == "producer" else form.consumes)
