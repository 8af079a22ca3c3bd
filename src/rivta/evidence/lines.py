"""The lines of an evidence file: plain JSON objects that say what they are and in which version of the format.

A line names its contract by identity, `domain/Name@major`. Who reads it back sees the shortest word that means one contract of the
run and no other: mostly its bare name, which is all that older evidence has.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeVar

from rivta.evidence.codec import Json, Load, Misfit, Store, decode, encode
from rivta.model.contracts import Contracts
from rivta.model.exchange import Exchange
from rivta.model.run import CaseResult, Change, PlannedCase, Run, RunFooter, RunHeader, Stray

FILE = "evidence.jsonl"
VERSION = 1
"""Raised when an older reader would get a line wrong, not when it would merely miss a new field."""

Kind = Literal["header", "case", "stray", "change", "footer"]
Line = dict[str, Json]
_KINDS: dict[type, Kind] = {
    RunHeader: "header",
    CaseResult: "case",
    Stray: "stray",
    Change: "change",
    RunFooter: "footer",
}


def to_line(result: CaseResult, store: Store) -> Line:
    """A result as plain JSON, its bodies handed to `store`: fit to travel from an xdist worker to the controller."""
    return line_of(result, store)


def _left_out(_: str) -> bytes:
    return b""


def from_line(line: Line, load: Load = _left_out) -> CaseResult:
    """The result that `to_line` wrote; without `load` its bodies are empty. Raises `Misfit` if it is no such line."""
    if line.get("kind") != "case":
        raise Misfit("should be case", "kind")
    return decode(CaseResult, line, load)


def line_of(value: RunHeader | CaseResult | Stray | Change | RunFooter, store: Store) -> Line:
    return {"kind": _KINDS[type(value)], "version": VERSION, **encode(value, store)}


# Contracts in words, and back


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
