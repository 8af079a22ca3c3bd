"""The suites are tested too: nothing turns red on the clean system, and each named fault turns exactly its cases red.

A fault names the requirement that it breaks; its cases are those with a check that proves that requirement. The table
*fault × case* in the manual is made from the same facts.
"""

import os
from pathlib import Path

import pytest

from fault_matrix import proves
from fault_table import table
from reference_system import CALLERS, FAULTS, matrix
from rivta.model.words import Verdict

TRIED = """## What the suites have been tried with

A suite is worth what it catches, and whom it never accuses. *Named* faults are thought out, one for each requirement. *Random*
ones are drawn by a seed (`make mutants`): a change of what the system answers, sends or remembers, at a place where a sound one
was seen to do something. Such a change is observable when it changes what a contract can be about: status, headers, form,
validity by schema and rules, results, the facts that the domain names, when and how often something comes, what a user is
shown. *Bad answers* are what no sound producer puts on the wire. Nothing is red on the sound systems, nor on two that are right in ways
of their own: one with default namespaces, a byte order mark, CDATA, INFO, SOAP headers and elements of its vendor's; one with
HTTP/1.0, `TEXT/XML`, character references and Faults for all that is invalid (`make alarms` plays them a hundred times).
"""
PAGE = Path(__file__).parent.parent / "docs" / "faults.md"


def test_no_case_turns_red_on_the_clean_system() -> None:
    verdicts = {key: sound.verdict for key, sound in matrix().sound.items()}
    assert {key for key, verdict in verdicts.items() if verdict is not Verdict.PASSED} == set()
    assert len(verdicts) > 300


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_turns_exactly_its_cases_red(fault: str) -> None:
    verify = matrix().verify(fault)
    assert verify, f"no case verifies {FAULTS[fault].breaks}"
    blind = (key for key in verify - matrix().touched(fault) if not matrix().is_sample(key))
    assert sorted(blind) == [], "these cases cannot see it"
    played = matrix().played(fault)
    red, wanted = matrix().red(fault, played), verify & played
    assert wanted, "none of the cases that it is tried on verifies what it breaks"
    assert red == wanted, f"missed: {sorted(wanted - red)}; false alarms: {sorted(red - wanted)}"


def test_every_proven_requirement_has_a_fault() -> None:
    proven = {id_ for pair in matrix().cases.values() for id_ in proves(*pair)}
    broken = {id_ for fault in FAULTS.values() for id_ in fault.breaks}
    assert sorted(proven - broken) == []


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

{TRIED}
{table()}
## The named faults

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
    return f"| `{name}` | {fault.text.en} | {', '.join(fault.breaks)} | {_cases(sorted(matrix().verify(name)))} |\n"


def _cases(keys: list[str]) -> str:
    total = len(matrix().cases)
    if len(keys) > 20:
        return f"{len(keys)} of all {total} cases: each that checks it"
    return ", ".join(map(matrix().shown, keys))
