"""Cases played wholly in process: as over sockets, but for the time that they take."""

from functools import cache
from itertools import pairwise

import pytest

from fault_matrix import RED, all_cases, expected
from fault_matrix import played as played_with
from in_process import TIME_FACTOR, Bench
from reference_system import read_referrals, simulated
from rivta import environment
from rivta.model.run import CaseResult
from rivta.model.words import Verdict
from rivta.text import places


@cache
def bench() -> Bench:
    return Bench(simulated(), environment.read(places.reference() / "environment.yaml"), read_referrals())


def played(key: str, *faults: str) -> CaseResult:
    (one,) = ((case, suite) for name, case, suite in all_cases() if name == key)
    return bench().play(*one, faults)


@pytest.mark.parametrize("step", range(12))
def test_a_sound_system_is_green(step: int) -> None:
    for _, case, suite in all_cases()[step::48]:
        assert bench().play(case, suite).verdict is Verdict.PASSED


@pytest.mark.parametrize("fault", ["ignores-PR-S-postalCode", "resends-as-a-new-message", "slow-answer"])
def test_a_fault_turns_its_cases_red_and_no_other(fault: str) -> None:
    tried = [(key, case, suite) for key, case, suite in all_cases() if key in played_with(fault)]
    assert {key for key, case, suite in tried if bench().play(case, suite, (fault,)).verdict in RED} == expected(fault)


def test_silence_and_resends_take_only_time_of_the_clock() -> None:
    """Nobody answers; the system waits as long as it does, and sends again five of its own minutes after that."""
    key = next(name for name, case, _ in all_cases() if any(_is_silent(step) for step in case.steps))
    result = played(key)
    assert result.verdict is Verdict.PASSED
    assert result.elapsed_ms > 1000 * 60 * 5 / TIME_FACTOR


def _is_silent(step: object) -> bool:
    return getattr(getattr(step, "answer", None), "kind", "") == "silence"


def test_a_play_is_the_same_every_time() -> None:
    key = next(name for name, _, _ in all_cases() if name.endswith("/received-cancelled"))
    times = [[each.started for each in played(key).exchanges] for _ in range(2)]
    assert times[0] == times[1]
    assert all(one <= other for one, other in pairwise(times[0]))
