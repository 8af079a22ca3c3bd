"""Named faults: those that any system can have, and those that a domain writes down in `faults.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rivta.contract.rules import compile_rules
from rivta.model.domain import Contract, Domain
from rivta.model.words import Direction, Text
from rivta.simulator.faults.answering import answering
from rivta.simulator.faults.calling import calling
from rivta.simulator.faults.fault import Fault, Flaws, chosen
from rivta.simulator.faults.reception import reception
from rivta.simulator.faults.resending import resending
from rivta.simulator.faults.wire import wire
from rivta.simulator.reference import Reference

__all__ = ["Fault", "Flaws", "chosen", "general"]


def general(reference: Reference) -> Iterator[Fault]:
    """The faults that a system of the domain can have whatever the domain is about, with what each breaks."""
    domain = reference.domain
    for contract in domain.contracts.values():
        yield from _lenient(contract, reference)
    yield from reception(reference)
    yield from answering()
    for fault in wire(max((contract.max_ms for contract in domain.contracts.values()), default=0)):
        yield _with_breaks(fault, domain.every_case)
    for fault in calling():
        yield _with_breaks(fault, domain.every_received)
    yield from resending(domain)


def _with_breaks(fault: Fault, proven_by: Mapping[str, str]) -> Fault:
    shown = proven_by.get(fault.shown_by)
    return replace(fault, breaks=(shown,)) if shown else fault


def _lenient(contract: Contract, reference: Reference) -> Iterator[Fault]:
    """What the system lets through: each rule, the schema and the size of the contract's requests."""
    code, noun = reference.code(contract), reference.noun(contract)
    for rule in _rules(contract):
        yield Fault(
            f"ignores-{rule}",
            Text(
                f"Regeln {rule} tillämpas inte: {noun.sv} tas emot.",
                f"Rule {rule} is not applied: the {noun.en} is accepted.",
            ),
            breaks=_requirement(reference.domain, rule),
            skips=frozenset({rule}),
        )
    yield Fault(
        f"schema-not-checked-{code}",
        Text(
            f"Schemat tillämpas inte: {noun.sv} tas emot även ogiltig.",
            f"The schema is not applied: the {noun.en} is accepted even when it is not valid.",
        ),
        skips=frozenset({f"schema-{code}"}),
    )
    yield Fault(
        f"accepts-too-large-{code}",
        Text(f"{noun.sv.capitalize()} tas emot hur stor den än är.", f"A {noun.en} of any size is accepted."),
        skips=frozenset({f"size-{code}"}),
    )


def _requirement(domain: Domain, rule: str) -> tuple[str, ...]:
    """A rule proves the requirement that it is named for."""
    return (rule,) if rule in domain.requirements else ()


def _rules(contract: Contract) -> list[str]:
    path = contract.rules.get(Direction.REQUEST)
    if path is None:
        return []
    checks = [check for pattern in compile_rules(path).patterns for rule in pattern.rules for check in rule.checks]
    return list(dict.fromkeys(check.id for check in checks if check.id))
