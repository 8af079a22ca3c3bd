"""Tables of states: each cell has a case, and a system that is wrong in that cell alone turns it red. The manual shows them.

The moment of a cell is what is known when its message is decided on: the kind, the version, the referral's course so far. It is
heard from a sound system, of what it receives and of what it sends; a fault for just that moment follows from it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from in_process import Bench
from reference_system import matrix, simulated
from rivta.model.case import Cell, Suite, Table
from rivta.model.frozen import frozen
from rivta.model.words import Text, Verdict
from rivta.simulator import Draft, Fault
from rivta.simulator.edit import Values, XPath
from rivta.simulator.reply import Refusal
from thorough import part

PAGE = Path(__file__).parent.parent / "docs" / "states.md"
RED = (Verdict.FAILED, Verdict.BLOCKED, Verdict.ERROR)
Moment = tuple[tuple[str, object], ...]
DECIDING = ("contract", "unit", "kind", "version", "latest", "status", "course", "sender")
Told = Literal["accepted", "refused", "sent", "kept from"]
"""What tells one moment of a referral from another."""


@frozen
class Listening(XPath):
    """An expression that holds for nothing, and hears what is known of each message that is decided on."""

    told: Told = "accepted"
    heard: list[tuple[Values, Told]] = field(default_factory=list, compare=False)

    def holds(self, at: object, values: Values) -> bool:  # noqa: ARG002 (an expression's own form)
        self.heard.append((values, self.told))
        return False


def _tables() -> Iterator[Suite]:
    seen = {each.path: each for _, each in matrix().cases.values()}
    yield from (each for each in seen.values() if each.table and "states" in each.cases[0].markers)


@cache
def tables() -> Mapping[str, Suite]:
    """Read when a test asks for them: who only collects need not wait."""
    return {each.table.id: each for each in _tables() if each.table}


@cache
def cells() -> list[tuple[str, Cell]]:
    return [(name, cell) for name, each in tables().items() if each.table for cell in each.table.cells if cell.case]


FAULTS: dict[str, Fault] = {}


@cache
def bench() -> Bench:
    return replace(matrix().bench, simulated=replace(simulated(), faults=FAULTS))


def _named(pair: tuple[str, Cell]) -> str:
    name, cell = pair
    return f"{name}-{cell.case}"


def tried() -> list[tuple[str, Cell]]:
    """The cells that are played."""
    return part(cells(), 4)


@cache
def _moments() -> Mapping[str, tuple[Moment, Told]]:
    """For each of those the moment of its message, and what the sound system makes of it then. What is not valid has none."""
    return {_named(pair): found for pair in tried() if (found := _heard(*pair))}


def _heard(name: str, cell: Cell) -> tuple[Moment, Told] | None:
    heard: list[tuple[Values, Told]] = []

    def hears(told: Told) -> Listening:
        return Listening("false()", told=told, heard=heard)

    def drafted(draft: Draft) -> bool:
        heard.append(({**draft.values, "kind": draft.kind}, "sent"))
        return False

    _play(
        name,
        cell,
        Fault(
            "listens",
            Text.same(""),
            accepts=hears("refused"),
            refuses=(Refusal(hears("accepted")),),
            oversteps=hears("kept from"),
            keeps_back=drafted,
        ),
    )
    about = [each for each in heard if each[0]["kind"] in (cell.kind, cell.kind.partition("-")[0])]
    if not about or "GEN-VALIDATION" in cell.verifies:
        return None
    values, told = max(reversed(about), key=lambda each: each[1] in ("refused", "kept from"))
    return tuple((each, values[each]) for each in DECIDING if each in values), told


def _play(name: str, cell: Cell, fault: Fault) -> Verdict:
    """The cell's case against a system with that fault."""
    case = next(case for case in tables()[name].cases if case.id == cell.case)
    FAULTS[fault.name] = fault
    return bench().play(case, tables()[name], (fault.name,)).verdict


def _wrong(pair: tuple[str, Cell]) -> Fault:
    """The other way at that moment alone: what is refused is accepted, what is accepted breaks down; what is sent is kept back,
    what is not sent is.

    What is not valid never comes so far: there the schema is not asked.
    """
    if _named(pair) not in _moments():
        return Fault("wrong", Text.same(""), skips=frozenset({"schema-PR"}))
    moment, told = _moments()[_named(pair)]
    when = XPath(" and ".join(f"${each} = {_literal(value)}" for each, value in moment))
    match told:
        case "refused":
            return Fault("wrong", Text.same(""), accepts=when)
        case "kept from":
            return Fault("wrong", Text.same(""), oversteps=when)
        case "sent":
            return Fault(
                "wrong",
                Text.same(""),
                keeps_back=lambda draft: when.holds(draft.payload, {**draft.values, "kind": draft.kind}),
            )
        case "accepted":
            return Fault("wrong", Text.same(""), refuses=(Refusal(when, error_code=""),))


def _literal(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else f"'{value}'"


def test_there_are_tables_for_both_roles() -> None:
    assert {suite.party for suite in tables().values()} == set(matrix().domain.roles)
    assert len(cells()) > 200


def test_a_system_that_is_wrong_in_one_cell_turns_its_case_red() -> None:
    assert [_named(pair) for pair in tried() if _play(*pair, _wrong(pair)) not in RED] == []


def test_what_is_only_sent_again_is_no_attempt_at_what_was_to_be_tried() -> None:
    suite = tables()["received-next"]
    case = next(case for case in suite.cases if case.id == "AVV-rejected")
    assert matrix().bench.play(case, suite, ("sends-everything-twice",)).verdict is Verdict.PASSED


def test_no_two_cells_of_a_table_are_the_same_moment() -> None:
    for name in tables():
        moments = [_moments()[_named(pair)] for pair in tried() if pair[0] == name and _named(pair) in _moments()]
        assert len(moments) == len(set(moments)), name


def test_the_manual_shows_the_tables() -> None:
    page = _page()
    if os.environ.get("RIVTA_GOLDEN") == "write":
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "say: RIVTA_GOLDEN=write pytest tests/test_states.py"


def _page() -> str:
    """The manual's page: each table, and below it the reason of each answer."""
    head = """# States

What each kind of message is answered in each state of a referral, and what is sent or not sent in it. Each cell is a case of its own, named after the kind and the state,
and a test demands that a system which is wrong in that cell alone turns it red. The tables are files in
`scenarios/clinicalprocess.activity.request/`; [Suites](suites.md#a-table) tells how one is written. *Derived* is what the source does
not state itself: a reading, with its reason.
"""
    return head + "".join(_section(suite) for suite in tables().values())


def _section(suite: Suite) -> str:
    table = suite.table
    assert table
    kinds = list(table.kinds)
    rows = [f"| state | {' | '.join(kinds)} |", f"|---|{'---|' * len(kinds)}"]
    for state, text in table.states.items():
        cells = (table.cell(kind, state) for kind in kinds)
        rows.append(f"| `{state}`: {text.en} | {' | '.join(_shown(cell) for cell in cells)} |")
    named = (f"- `{kind}`: {text.en.rstrip(',')}" for kind, text in table.kinds.items())
    return "\n".join(("", f"## {table.title.en}", "", *named, "", *rows, "", *_reasons(table), ""))


def _shown(cell: Cell) -> str:
    return cell.answer.en if cell.case else "–"


def _reasons(table: Table) -> Iterator[str]:
    yield from ("| answer | where | requirement | source |", "|---|---|---|---|")
    cells: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in table.cells:
        source = f"{cell.reference}. Derived: {cell.derived.en}" if cell.derived else cell.reference
        cells.setdefault((_shown(cell), ", ".join(cell.verifies), source or cell.answer.en), []).append(cell)
    for (answer, verifies, source), alike in cells.items():
        where = "; ".join(
            f"{kind}: {', '.join(cell.state for cell in alike if cell.kind == kind)}"
            for kind in dict.fromkeys(cell.kind for cell in alike)
        )
        yield f"| {answer} | {where} | {verifies} | {source} |"
