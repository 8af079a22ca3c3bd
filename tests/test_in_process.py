"""Cases played wholly in process: as over sockets, but for the time that they take."""

from itertools import pairwise

from in_process import TIME_FACTOR
from reference_system import matrix
from rivta.model.run import CaseResult
from rivta.model.words import Verdict


def played(key: str) -> CaseResult:
    return matrix().bench.play(*matrix().cases[key])


def test_silence_and_resends_take_only_time_of_the_clock() -> None:
    """Nobody answers; the system waits as long as it does, and sends again five of its own minutes after that."""
    key = next(key for key, (case, _) in matrix().cases.items() if any(_is_silent(step) for step in case.steps))
    result = played(key)
    assert result.verdict is Verdict.PASSED
    assert result.elapsed_ms > 1000 * 60 * 5 / TIME_FACTOR


def _is_silent(step: object) -> bool:
    return getattr(getattr(step, "answer", None), "kind", "") == "silence"


def test_a_play_is_the_same_every_time() -> None:
    key = next(key for key in matrix().cases if key.endswith("/received-forwarded"))
    times = [[each.started for each in played(key).exchanges] for _ in range(2)]
    assert times[0] == times[1]
    assert all(one <= other for one, other in pairwise(times[0]))
