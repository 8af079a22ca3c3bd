"""Many units at once (mass-TAKning): each is asked one harmless question, and tells by what comes back whether it is connected.

What a unit is to do stands in its row: one that was added answers, one that was removed is refused by the platform, for lack of
a way (VP004) or of a permission (VP007).
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Literal

from rivta.check import PLATFORM, Seen, not_the_system
from rivta.model.clock import SYSTEM, Clock
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract
from rivta.model.environment import Environment
from rivta.model.errors import Mistakes, UsageError
from rivta.model.exchange import Exchange, Problem
from rivta.model.frozen import frozen
from rivta.model.words import Source, Text
from rivta.run.preflight import asked, with_advice
from rivta.run.preflight.endpoints import Registered, key
from rivta.text.catalogue import text
from rivta.transport.http import HttpTransport

Change = Literal["added", "removed"]
_CHANGES: tuple[Change, ...] = ("added", "removed")
_GONE = ("VP004", "VP007")


@frozen
class ProbedUnit:
    """A unit to ask: its logical address, by which contract, and whether it is to answer."""

    address: str
    contract: Contract
    change: Change = "added"


@frozen
class Probed:
    """What came of asking a unit. `holds`: it is as its row says. `code` is the platform's error, empty for none.

    `registered` is whether the cooperation API has it, None where that was not asked.
    """

    unit: ProbedUnit
    holds: bool
    code: str
    said: Text
    milliseconds: int
    registered: bool | None = None


def read(path: Path, contracts: Contracts[Contract]) -> tuple[ProbedUnit, ...]:
    """The units of a CSV file with the columns `address`, `contract` and, where a unit may be to be gone, `change`.

    UsageError, or Mistakes with all of them, for a column that lacks and for a row that cannot be meant.
    """
    first, _, rest = _written(path).partition("\n")
    rows = csv.DictReader(StringIO(rest), fieldnames=_columns(first, path), delimiter=_parted(first), restval="")
    units: list[ProbedUnit] = []
    mistakes: list[UsageError] = []
    for number, row in enumerate(rows, 2):
        try:
            units.append(_unit(row, contracts, Source(str(path), number)))
        except UsageError as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise Mistakes(mistakes)
    if not units:
        raise UsageError(
            "there is no unit in it", source=Source(str(path)), todo="write a row for each, below the names"
        )
    return tuple(units)


def _written(path: Path) -> str:
    """What is in the file: a spreadsheet writes UTF-8, or as Windows does in the West."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _parted(first: str) -> str:
    """A spreadsheet in Swedish writes semicolons; what is copied out of one has tabs."""
    return next((each for each in ";\t" if each in first), ",")


def _columns(first: str, path: Path) -> list[str]:
    names = [each.strip().strip('"').lower() for each in first.split(_parted(first))]
    if lacking := [each for each in ("address", "contract") if each not in names]:
        todo = "the first row names the columns: address, contract and, where units are to be gone, change"
        raise UsageError(f"there is no column {' and no column '.join(lacking)}", source=Source(str(path)), todo=todo)
    return names


def _unit(row: dict[str, str], contracts: Contracts[Contract], source: Source) -> ProbedUnit:
    address, change = row["address"].strip(), row.get("change", "").strip().lower() or "added"
    if not address or any(each.isspace() for each in address):
        raise UsageError(f"“{address}” is no logical address", source=source, todo="write an HSA-id without blanks")
    if change not in _CHANGES:
        raise UsageError(f"unknown change “{change}”", source=source, todo=f"write {' or '.join(_CHANGES)}")
    return ProbedUnit(
        address, contracts.find(row["contract"].strip(), source), "removed" if change == "removed" else "added"
    )


def probe(
    units: Iterable[ProbedUnit],
    environment: Environment,
    *,
    parallel: int,
    registered: Registered | None = None,
    clock: Clock = SYSTEM,
    told: Callable[[int], None] = lambda _: None,
) -> Iterator[Probed]:
    """Ask each unit, so many at once, and tell in their order what came of it. `told` gets how many have been asked.

    `registered` is what the cooperation API has, if it was asked.
    """
    with closing(HttpTransport(environment, clock)) as peer, ThreadPoolExecutor(parallel) as pool:
        answers = pool.map(lambda unit: _probed(unit, environment, peer), units)
        for number, each in enumerate(answers, 1):
            told(number)
            unit = each.unit
            yield (
                each if registered is None else replace(each, registered=key(unit.address, unit.contract) in registered)
            )


def _probed(unit: ProbedUnit, environment: Environment, peer: HttpTransport) -> Probed:
    endpoint = environment.endpoint(unit.contract.id)
    if endpoint is None:
        return Probed(unit, holds=False, code="", said=text("probe", "no_endpoint"), milliseconds=0)
    endpoint = replace(endpoint, logical_address=unit.address)
    exchange = asked(unit.contract, endpoint, environment, peer)
    return _heard(unit, exchange)


def _heard(unit: ProbedUnit, exchange: Exchange) -> Probed:
    problem = exchange.problem or not_the_system(Seen(exchange, unit.contract, {}), "url:")
    found = PLATFORM.search(problem.text.en) if problem and problem.kind == "platform" else None
    code = found[0] if found else ""
    is_there = problem is None
    if unit.change == "added":
        said = text("probe", "answers", status=exchange.status) if problem is None else _short(problem, code, exchange)
        return Probed(unit, is_there, code, said, round(exchange.elapsed_ms))
    key = "gone" if code in _GONE else "still_there" if is_there else "unclear"
    said = text("probe", key, code=code, what=_short(problem, code, exchange) if problem else "")
    return Probed(unit, code in _GONE, code, said, round(exchange.elapsed_ms))


def _short(problem: Problem, code: str, exchange: Exchange) -> Text:
    """What is in the way, and what to do about it. What the platform says itself to each of hundreds of units is its code."""
    return with_advice(replace(problem, text=Text.same(f"{code}:")) if code else problem, exchange)
