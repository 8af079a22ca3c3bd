"""Every shipped domain whose schemas come from a package: sound on its own simulator, and each of its faults caught by its cases.

All faults on all cases are played by `make faults`; here those that the domain wrote down itself, on a few.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

import load_world
import shipped_world
from fault_matrix import RED, USUALLY, Matrix, proves
from legal_producers import modern, veteran
from rivta.model.case import Case
from rivta.model.domain import Domain
from rivta.model.steps import Send
from rivta.model.words import Verdict
from rivta.simulator import Fault
from shipped_world import ALL
from test_constant_systems import SYSTEMS, asked, met, run_of
from thorough import THOROUGH, part

NOT_OF_ALL = {"GEN-RULES", "SENT-RULES", "GEN-SUBCODE", "GEN-ERROR-CODES-ONLY"}
"""What concerns nothing where a domain has no rules, or results no codes for errors."""
UNSEEN = {"misunderstands-utf-16"}
"""What looks as it should where a result has no codes for errors."""
OF_FORM = {"PU-1", "BL-G5"}
"""What is of how an answer is made: how soon it comes, and that its text can be shown to a user."""


@pytest.fixture(params=shipped_world.names())
def matrix(request: pytest.FixtureRequest) -> Matrix:
    if request.param in shipped_world.TWINS and not ALL:
        pytest.skip(f"{request.param} is made like {shipped_world.TWINS[request.param]}: make faults plays it")
    if not shipped_world.has_material(request.param):
        pytest.skip(f"the release package of {request.param} is not at hand")
    return shipped_world.matrix(request.param)


def test_no_case_is_red_on_the_sound_system(matrix: Matrix) -> None:
    assert {key: sound.verdict.name for key, sound in matrix.sound.items() if sound.verdict is not Verdict.PASSED} == {}


def test_every_requirement_has_a_case_or_a_reason(matrix: Matrix) -> None:
    proven = {id_ for sound in matrix.sound.values() for id_ in sound.proven}
    demanded = (each for each in matrix.domain.requirements.values() if not each.not_tested)
    bare = [each.id for each in demanded if matrix.concerns(each.id) and each.id not in proven | NOT_OF_ALL]
    assert bare == []


def test_who_says_the_same_to_everything_meets_nothing_but_how_it_answers(matrix: Matrix) -> None:
    for number, system in enumerate(part(SYSTEMS, 3)):
        cases = asked(matrix) if ALL or THOROUGH else asked(matrix)[number % 2 :: 2]
        assert met(matrix, run_of(matrix, cases, system)) <= OF_FORM, system


@pytest.mark.parametrize("producer", [modern, veteran])
def test_nobody_is_accused_who_answers_in_a_legal_way_of_his_own(
    matrix: Matrix, producer: Callable[[Domain], Fault]
) -> None:
    fault = producer(matrix.domain)
    bench = replace(matrix.bench, simulated=replace(matrix.bench.simulated, faults={fault.name: fault}))
    asked_ = [(suite, case) for suite, case in asked(matrix) if producer is modern or not _judges_by_state(case)]
    verdicts = {case.id: bench.play(case, suite, (fault.name,)).verdict for suite, case in part(asked_, 10)}
    assert {id_: verdict.name for id_, verdict in verdicts.items() if verdict in RED} == {}


def _judges_by_state(case: Case) -> bool:
    """Whether it wants a result that says invalid and nothing else: of what is wrong by what the domain holds, a Fault tells nothing."""
    wanted = [each for step in case.steps if isinstance(step, Send) for each in step.expect]
    return any(each.kind == "result" and each.args.get("code") not in (None, "OK") for each in wanted)


def test_every_requirement_of_its_own_that_is_proven_has_a_fault(matrix: Matrix) -> None:
    own = {each.id for each in matrix.domain.requirements.values() if not each.id.startswith(("GEN-", "SENT-"))}
    proven = {id_ for pair in matrix.cases.values() for id_ in proves(*pair)}
    broken = {id_ for fault in matrix.faults.values() for id_ in fault.breaks}
    assert sorted((proven & own) - broken) == []


def test_its_faults_turn_exactly_their_cases_red(matrix: Matrix) -> None:
    own = shipped_world.own_faults(matrix.domain.folder)
    tried = [
        name
        for name, fault in matrix.faults.items()
        if any(map(matrix.concerns, fault.breaks))
        and not fault.at_once
        and (name in own or fault.gives or (ALL and name not in UNSEEN))
    ]
    assert {name: wrong for name in tried if (wrong := _wrongly(matrix, name, is_own=name in own))} == {}


def test_what_shows_only_under_load_turns_exactly_its_load_cases_red(matrix: Matrix) -> None:
    suites = [
        each for _, each in {each.path: (case, each) for case, each in matrix.cases.values()}.values() if each.loads
    ]
    loads = [each for one in suites for each in one.loads]
    assert load_world.red(suites, matrix.bench) == set()
    for name, fault in matrix.faults.items():
        if fault.at_once and suites:
            wanted = {each.case.id for each in loads if {*fault.breaks} & {*each.verified}}
            assert load_world.red(suites, matrix.bench, (name,)) == wanted, name


def _wrongly(matrix: Matrix, fault: str, *, is_own: bool) -> str:
    """What a fault is not caught by, and what it turns red beside; empty where it is as it should be.

    A case whose twin the fault spoils proves nothing more, and says so: it missed nothing.
    """
    touched = matrix.touched(fault)
    if not touched:
        return "touches nothing" if is_own and not matrix.only else ""
    wanted, played = matrix.verify(fault) & touched, matrix.played(fault, USUALLY if is_own else 1)
    verdicts = {key: matrix.bench.play(*matrix.cases[key], (fault,)).verdict for key in played}
    red = {key for key, verdict in verdicts.items() if verdict in RED}
    missed = {key for key in wanted & played if verdicts[key] is Verdict.PASSED and not matrix.is_sample(key)}
    false = red - wanted
    return f"missed {sorted(missed)}, false {sorted(false)}" if missed or false else ""
