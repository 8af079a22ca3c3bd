"""Cases whose waits overlap: which may, that each comes to what it comes to alone, and what is saved."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fault_matrix import Matrix
from in_process import Bench
from reference_system import matrix
from rivta.model.case import Case, Suite
from rivta.model.environment import Listening
from rivta.model.run import CaseResult
from rivta.model.steps import Behaviour, Expectation, Matcher, Receive, Watch, are_apart
from rivta.model.words import Value, Verdict
from rivta.run.overlap import alone, keeps_quiet, watches, why_alone
from rivta.run.stage import Stage
from thorough import THOROUGH

UNITS: tuple[Value, ...] = tuple({"unit": f"SE2321000016-MOT{number}"} for number in range(11, 31))
HOUR = 60 * 60.0


def watching() -> Matrix:
    """The domain's cases against a system whose minutes last a minute, and which may send to one unit or another."""
    whole = matrix()
    listening = Listening(time_factor=1.0, spare={"sent-to": UNITS})
    return replace(whole, bench=replace(whole.bench, listening=listening))


@cache
def cases_that_watch() -> dict[str, tuple[Case, Suite]]:
    return {
        key: pair
        for key, pair in matrix().cases.items()
        if watches(pair[0])
        and "consumer" in key
        and not why_alone(pair[0], pair[1].domain)
        and not keeps_quiet(pair[0])
    }


@cache
def quiet() -> dict[str, tuple[Case, Suite]]:
    return {key: pair for key, pair in matrix().cases.items() if "/consumer/" in key and keeps_quiet(pair[0])}


def test_a_case_is_apart_from_another_when_no_call_can_be_meant_by_both() -> None:
    one = [call("a", patient="1", kind="NR"), call("a", request="7")]
    assert are_apart(one, [call("b")])
    assert are_apart(one, [call("a", patient="2", request="8")])
    assert not are_apart(one, [call("a", patient="2")]), "one of the calls with request 7 may be of patient 2"
    assert not are_apart(one, [call("a")])
    assert not are_apart([call("a", address="UNIT")], [call("a", address="unit")])


def call(contract: str, **when: str) -> Matcher:
    return Matcher(contract, when, Behaviour(), 0.0)


def test_what_is_not_called_or_uses_something_up_stays_alone() -> None:
    """Whether it is asked how fast it answers, and what was put into the system for one case."""
    for key, (each, suite) in matrix().cases.items():
        is_called = any(isinstance(step, Receive | Watch) for step in each.steps)
        uses_up = any(name.startswith(("open-", "received-", "to-")) for name in each.requires)
        if not is_called or uses_up:
            assert why_alone(each, suite.domain), key


def test_what_watches_for_long_and_stays_alone_is_told_with_its_reason() -> None:
    nobody: Any = SimpleNamespace(time_factor=1.0)
    settings = replace(watching().bench.settings, listening=Listening(spare={"sent-to": UNITS}))
    (one, suite), (other, _) = [*cases_that_watch().values()][:2]
    stage = Stage(suite, settings, nobody, "run", nobody, nobody)
    assert [*alone([(one, stage), (other, stage)])] == []
    without = replace(stage, environment=replace(settings, listening=None))
    (told,) = alone([(one, without), (replace(one, id="again"), without)])
    assert "cannot be told from" in told.en
    assert told.en.startswith("2 cases that watch for ")
    assert "again" in told.en
    limited = replace(one.steps[-1], expect=(Expectation("max_ms", {}, one.source),))
    (told,) = alone([(replace(one, steps=(*one.steps[:-1], limited)), stage), (other, stage)])
    assert "a limit on time of their own" in told.en
    short: Any = SimpleNamespace(time_factor=HOUR)
    assert [*alone([(one, replace(without, counterpart=short))] * 2)] == [], "nobody waits for that"


def played(
    bench: Bench, keys: list[str], most: int, faults: tuple[str, ...] = ()
) -> tuple[dict[str, CaseResult], float]:
    results, seconds = bench.together([matrix().cases[key] for key in keys], most, faults)
    return {key: each[-1] for key, each in zip(keys, results, strict=True)}, seconds


@cache
def together() -> tuple[dict[str, CaseResult], float]:
    return played(watching().bench, [*quiet(), *cases_that_watch()], 40)


def test_what_takes_thirteen_hours_one_after_the_other_takes_less_than_one() -> None:
    """64 watches of up to forty minutes each; every case says what else was under way."""
    results, seconds = together()
    assert {each.verdict for each in results.values()} == {Verdict.PASSED}
    assert sum(watches(each) for each, _ in (*cases_that_watch().values(), *quiet().values())) > 13 * HOUR
    assert seconds < HOUR
    for key, result in results.items():
        assert result.beside
        assert all(key in results[other].beside for other in result.beside)


def test_those_that_watch_for_no_call_look_together_and_beside_nobody_else() -> None:
    results, _ = together()
    for key, (each, _) in quiet().items():
        assert set(results[key].beside) <= quiet().keys()
        assert results[key].elapsed_ms >= watches(each) * 1000


def test_a_call_that_must_not_come_is_its_own_cases_and_no_other_is_red_for_it() -> None:
    some = {key: pair for key, pair in quiet().items() if pair[0].id in ("4.1", "4.3")}
    broken, bench = ("resends-after-validation-error",), watching().bench
    results, _ = played(bench, [*some], 40, broken)
    alone = {key: bench.play(*pair, broken).verdict for key, pair in some.items()}
    assert {key: each.verdict for key, each in results.items()} == alone
    assert {*alone.values()} == {Verdict.PASSED, Verdict.FAILED}


def test_without_spare_test_data_cases_that_wait_for_the_same_patient_do_not_overlap() -> None:
    bench = replace(watching().bench, listening=Listening(time_factor=1.0))
    keys = [key for key in cases_that_watch() if "/ProcessRequest@2/" in key][:3]
    results, seconds = played(bench, keys, 20)
    assert not any(each.beside for each in results.values())
    assert seconds >= sum(watches(cases_that_watch()[key][0]) for key in keys)


@cache
def faults() -> list[str]:
    """What breaks something that these cases prove."""
    proven = {id_ for each, suite in (*cases_that_watch().values(), *quiet().values()) for id_ in suite.proves(each)}
    return sorted(name for name, fault in matrix().faults.items() if proven & set(fault.breaks))


@settings(max_examples=40 if THOROUGH else 6)
@given(data=st.data())
def test_each_case_comes_to_what_it_comes_to_alone(data: st.DataObject) -> None:
    """Whatever the order, and whatever the system does wrong. Alone is on a system that nobody has used: one after the other a late resend
    of one case comes into the next, which is nothing that overlapping should keep.
    """
    keys = data.draw(
        st.lists(st.sampled_from(sorted({**cases_that_watch(), **quiet()})), min_size=2, max_size=5, unique=True)
    )
    broken = tuple(data.draw(st.lists(st.sampled_from(faults()), max_size=1)))
    comes_to_what_it_comes_to_alone(keys, broken)


@pytest.mark.parametrize("order", [1, -1])
def test_a_call_that_an_earlier_case_took_counts_in_no_later_watch_however_soon_that_began(order: int) -> None:
    """The first of the two ends at the moment at which its call comes, and that is sent again while the second watches that none comes."""
    ends = ("/ProcessRequest@2/consumer/4.4", "/ProcessRequest@2/consumer/3.9")
    keys = [key for key in {**cases_that_watch(), **quiet()} if key.endswith(ends)]
    assert len(keys) == 2
    comes_to_what_it_comes_to_alone(keys[::order], ("calls-without-soapaction",))


def comes_to_what_it_comes_to_alone(keys: list[str], broken: tuple[str, ...]) -> None:
    bench = watching().bench
    results, _ = played(bench, keys, len(keys), broken)
    for key, result in results.items():
        alone = bench.play(*matrix().cases[key], broken)
        assert (result.verdict, kinds(result)) == (alone.verdict, kinds(alone)), (key, broken)


def test_what_saw_too_little_beside_others_is_played_again_alone() -> None:
    """Two resends are to be seen, which here nobody looks for long enough for."""
    key = next(key for key in cases_that_watch() if key.endswith("ProcessRequest@2/consumer/4.14.2"))
    whole, suite = cases_that_watch()[key]
    steps = (replace(each, seconds=360) if isinstance(each, Watch) else each for each in whole.steps)
    other = next(pair for each, pair in cases_that_watch().items() if "Confirmation" in each)
    (attempts, _), _ = watching().bench.together([(replace(whole, steps=tuple(steps)), suite), other], 2)
    assert [each.verdict for each in attempts] == [Verdict.NOT_PROVEN] * 2
    assert [bool(each.beside) for each in attempts] == [True, False]


def kinds(result: CaseResult) -> list[tuple[str, Verdict]]:
    return [(each.kind, each.verdict) for each in result.checks]
