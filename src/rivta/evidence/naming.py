"""The contracts of a run by the words that people use, and back.

A line of evidence names its contract by identity, `domain/Name@major`. Who reads it back sees the shortest word that means
one contract of the run and no other: mostly its bare name, which is all that older evidence has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from rivta.model.contracts import Contracts
from rivta.model.exchange import Exchange
from rivta.model.run import CaseResult, PlannedCase, Run, Stray

Named = TypeVar("Named", CaseResult, Stray, PlannedCase, Exchange)


def in_words(value: Named, contracts: Contracts[Any]) -> Named:
    """The same with its contracts by the words that people use for them."""
    return _renamed(value, contracts.shown)


def by_identity(value: Named, contracts: Contracts[Any]) -> Named:
    """The same with its contracts by identity, as far as the words mean one."""
    return _renamed(value, lambda word: str(contracts[word].id) if word in contracts else word)


def run_in_words(run: Run) -> Run:
    """The whole run in the words that people use."""
    contracts = run.header.contracts
    planned = tuple(in_words(each, contracts) for each in run.header.planned)
    domains = tuple(
        replace(each, contracts=tuple(replace(one, called=contracts.shown(str(one.id))) for one in each.contracts))
        for each in run.header.domains
    )
    return replace(
        run,
        header=replace(run.header, planned=planned, domains=domains),
        results=tuple(in_words(each, contracts) for each in run.results),
        strays=tuple(in_words(each, contracts) for each in run.strays),
    )


def _renamed(value: Named, name: Callable[[str], str]) -> Named:
    renamed: dict[str, Any] = {"contract": name(value.contract)}
    if isinstance(value, CaseResult):
        renamed["exchanges"] = tuple(_renamed(each, name) for each in value.exchanges)
    if isinstance(value, Stray):
        renamed["exchange"] = _renamed(value.exchange, name)
    return replace(value, **renamed)
