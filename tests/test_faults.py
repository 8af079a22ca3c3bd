"""The suites are tested too: nothing turns red on the clean system, and each named fault turns exactly its cases red.

A fault names the requirement that it breaks; its cases are those with a check that proves that requirement. The table
*fault × case* in the manual is made from the same facts.
"""

import os
from dataclasses import fields
from pathlib import Path

import pytest

import fault_matrix
from reference_system import CALLERS, FAULTS, own
from rivta import simulator
from rivta.model.words import Verdict

PAGE = Path(__file__).parent.parent / "docs" / "faults.md"


def test_no_case_turns_red_on_the_clean_system(tmp_path: Path) -> None:
    results = fault_matrix.play((), tmp_path)
    assert [result for result in results if result.verdict is not Verdict.PASSED] == []
    assert len(results) > 300


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_turns_exactly_its_cases_red(fault: str, tmp_path: Path) -> None:
    expected = fault_matrix.expected(fault)
    assert expected, f"no case verifies {FAULTS[fault].breaks}"
    played = fault_matrix.played(fault)
    red = fault_matrix.red(fault_matrix.play((fault,), tmp_path / "1", played))
    if red != expected:  # seconds count here, and the machine may have been busy elsewhere; a fault shows each time
        red = fault_matrix.red(fault_matrix.play((fault,), tmp_path / "2", played))
    assert red == expected, f"missed: {sorted(expected - red)}; false alarms: {sorted(red - expected)}"


def test_it_is_known_of_everything_in_a_fault_whom_it_can_reach() -> None:
    told = {"name", "breaks", "shown_by", "text", "settings"}
    assert {each.name for each in fields(simulator.Fault)} == told | {
        "skips"
    } | fault_matrix.ANSWERING | fault_matrix.CALLING
    demands = {demand.name for each in own("demands").DEMANDS.values() for demand in each}
    assert not [name for name in demands if name.startswith(fault_matrix.RESTRAINT)]
    assert all(restraint.name.startswith(fault_matrix.RESTRAINT) for restraint in own("demands").RESTRAINTS)


def test_every_proven_requirement_has_a_fault() -> None:
    proven = {id_ for _, case, suite in fault_matrix.all_cases() for id_ in fault_matrix.proves(case, suite)}
    broken = {id_ for fault in FAULTS.values() for id_ in fault.breaks}
    assert sorted(proven - broken - fault_matrix.ONLY_OVER_TLS) == []


def test_there_are_at_least_sixty_faults_in_answers_and_thirty_in_calls() -> None:
    assert len(FAULTS) - len(CALLERS) >= 60
    assert len(CALLERS) >= 30


def test_the_manual_shows_the_table() -> None:
    page = page_text()
    if os.environ.get("RIVTA_GOLDEN") == "write":
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "say: RIVTA_GOLDEN=write pytest tests/test_faults.py"


def page_text() -> str:
    head = f"""# The reference system and its faults

`rivta reference` is a small but real system that plays both roles of Elektronisk remiss. It is written against the contract,
not against the suites. `--fault NAME` makes it wrong in one way; `--list-faults` lists all {len(FAULTS)}:
{len(FAULTS) - len(CALLERS)} show in how it answers, {len(CALLERS)} in what it sends, when it sends again, and what
its user sees. Each breaks only the requirements named here, and a test demands that exactly these cases turn red, and none on
the clean system.

The cases are those of the suites, and the scenarios (`sent-…` for a remittent, `received-…` for a remissmottagare). No public
list of the official scenario tests exists; ours are derived from the contract's rules.

```console
$ rivta reference --listen 127.0.0.1:8020 --fault wrong-subcode-PR002
$ rivta run --env environment.yaml
```

| fault | what it does | breaks | caught by |
|---|---|---|---|
"""
    return head + "".join(_row(name) for name in FAULTS)


def _row(name: str) -> str:
    fault = FAULTS[name]
    return (
        f"| `{name}` | {fault.text.en} | {', '.join(fault.breaks)} | {_cases(sorted(fault_matrix.expected(name)))} |\n"
    )


def _cases(keys: list[str]) -> str:
    total = len(fault_matrix.all_cases())
    if len(keys) > 20:
        return f"{len(keys)} of all {total} cases: each that checks it"
    return ", ".join(map(_shown, keys))


def _shown(key: str) -> str:
    """A case's key with its contract as people call it."""
    contracts = fault_matrix.world().domain.contracts
    identity = next(each for each in contracts if key.startswith(f"{each}/"))
    return contracts.shown(identity) + key.removeprefix(identity)
