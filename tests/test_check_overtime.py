"""What a system does over time: how many more calls, how far apart, in its own time; never red for a delay of ours."""

from dataclasses import replace

import pytest

from rivta.check import Attempts, over_time
from rivta.model.exchange import Call, Exchange, Message
from rivta.model.run import CheckResult
from rivta.model.steps import Behaviour, Watch
from rivta.model.words import Source, Verdict

FIVE_MINUTES = 300.0


def watch(*, most: int | None = None, apart: float | None = None, seconds: float = 600.0) -> Watch:
    return Watch("ProcessRequest", {}, seconds, most, apart, Behaviour(), Source("consumer.yaml", 9))


def call(arrived: float, answered: float | None = None) -> Call:
    exchange = Exchange("ProcessRequest", "", Message((), b""), None, 200, "", 1, inbound=True)
    return Call(exchange, "SE1", {}, arrived, arrived if answered is None else answered, 1)


def grows(*answered_and_arrived: float, factor: float = 600.0) -> CheckResult:
    """What is said of the waits of a message that was answered first at 100, and then as soon as it came at each of these."""
    calls = tuple(map(call, answered_and_arrived))
    step = replace(watch(), grows=True)
    (result,) = over_time(
        step,
        calls[1:],
        attempts=Attempts(100.0, calls),
        answered=None,
        looked=2,
        factor=factor,
        exchange=4,
        step=2,
        verifies=("R",),
    )
    return result


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        ((100.5, 101.5), Verdict.PASSED),
        ((100.5, 101.5, 102.5), Verdict.PASSED),  # they grow up to a highest
        ((100.5, 101.0), Verdict.FAILED),
        ((100.5, 101.0, 101.5), Verdict.FAILED),
        ((101.0, 101.5), Verdict.FAILED),
        ((100.5,), Verdict.NOT_PROVEN),
        ((), Verdict.NOT_PROVEN),
        ((100.05, 100.1), Verdict.NOT_PROVEN),  # which a busy machine may have made of any two waits
        ((100.05, 100.2), Verdict.PASSED),
    ],
)
def test_the_waits_grow(arrived: tuple[float, ...], expected: Verdict) -> None:
    result = grows(*arrived)
    assert result.verdict is expected, result
    assert bool(result.findings) is (expected is Verdict.FAILED)
    assert (result.note is not None) is (expected is Verdict.NOT_PROVEN)
    assert result.exchange == 4 + max(len(arrived) - 2, -1), "the last call of this step, or what was before it"


def results(
    step: Watch,
    *calls: Call,
    factor: float = 600.0,
    looked: float = 1.0,
    answered: float | None = 100.0,
    unclear: int = 0,
) -> tuple[CheckResult, ...]:
    return over_time(
        step,
        calls,
        answered=answered,
        looked=looked,
        unclear=unclear,
        factor=factor,
        exchange=4,
        step=2,
        verifies=("R",),
    )


def test_no_more_calls_than_allowed() -> None:
    (result,) = results(watch(most=0))
    assert (result.verdict, result.kind, result.exchange, result.step) == (Verdict.PASSED, "resends", 3, 2)
    assert result.expected == "≤ 0 × ProcessRequest / 10 min [1 s × 600]"
    assert result.actual == "0 × / 10 min [1 s × 600]"


def test_more_calls_than_allowed_are_told_with_their_times() -> None:
    (result,) = results(watch(most=1), call(100.5), call(100.75))
    assert result.verdict is Verdict.FAILED
    assert result.actual == "2 × / 10 min [1 s × 600] (+ 300 s [0.5 s × 600], + 450 s [0.75 s × 600])"
    assert result.exchange == 5, "the call that was one too many"
    assert result.verifies == ("R",)
    assert result.findings[0].message.sv


def test_a_call_that_came_before_our_answer_is_told_so() -> None:
    (result,) = results(watch(most=1), call(99.5), looked=1)
    assert result.actual.endswith("(− 300 s [0.5 s × 600])")


def test_a_look_that_was_cut_short_proves_nothing_but_what_it_saw() -> None:
    assert results(watch(most=0), looked=0.5)[0].verdict is Verdict.NOT_PROVEN
    assert results(watch(most=0), call(100.1), looked=0.2)[0].verdict is Verdict.FAILED


def test_in_real_time_nothing_is_said_of_a_factor() -> None:
    (result,) = results(watch(apart=FIVE_MINUTES), call(400.0), factor=1, looked=600)
    assert (result.verdict, result.expected, result.actual) == (Verdict.PASSED, "≥ 300 s", "300 s")


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((), Verdict.PASSED),
        ((call(99.9),), Verdict.NOT_PROVEN),  # it called before we had answered, and not after
        ((call(100.5),), Verdict.PASSED),
        ((call(100.49),), Verdict.PASSED),  # a timer may go off some milliseconds early
        ((call(100.4),), Verdict.FAILED),
        ((call(100.5), call(101.0)), Verdict.PASSED),
        ((call(100.5), call(100.8)), Verdict.FAILED),
        ((call(100.5, answered=100.9), call(101.1)), Verdict.FAILED),
        ((call(100.5, answered=103.0), call(101.1)), Verdict.PASSED),  # it gave up waiting for us, and then waited
        ((call(99.9), call(100.5)), Verdict.PASSED),  # it called before we had answered: no interval to judge
    ],
)
def test_calls_are_so_far_apart(calls: tuple[Call, ...], expected: Verdict) -> None:
    (result,) = results(watch(apart=FIVE_MINUTES), *calls)
    assert result.verdict is expected, result


def test_no_call_keeps_its_distance_only_where_an_answer_was_waited_after_for_so_long() -> None:
    waits = watch(apart=FIVE_MINUTES)
    verdicts = [results(waits, looked=0.5)[0], results(waits, looked=0.4)[0], results(waits, answered=None)[0]]
    assert [each.verdict for each in verdicts] == [Verdict.PASSED, Verdict.NOT_PROVEN, Verdict.NOT_PROVEN]


def test_fewer_calls_than_are_to_come_prove_nothing_and_excuse_nothing() -> None:
    told = replace(watch(most=1, apart=FIVE_MINUTES), least=1)
    assert {each.verdict for each in results(told)} == {Verdict.NOT_PROVEN}
    assert {each.verdict for each in results(told, call(100.5))} == {Verdict.PASSED}
    too_soon = results(replace(told, least=2), call(100.1))
    assert [each.verdict for each in too_soon] == [Verdict.NOT_PROVEN, Verdict.FAILED]


def test_beside_a_call_that_nobody_can_read_nothing_is_shown_and_nothing_excused() -> None:
    """It may be the one that must not come."""
    for step in (watch(most=0), watch(apart=FIVE_MINUTES)):
        (left,) = results(step, unclear=1)
        assert left.verdict is Verdict.NOT_PROVEN
        assert left.note is not None
        assert "cannot be read" in left.note.en
        assert results(step, call(100.1), unclear=1)[0].verdict is Verdict.FAILED


def test_the_call_that_came_too_soon_is_named() -> None:
    (result,) = results(watch(apart=FIVE_MINUTES), call(100.6), call(100.7))
    assert result.exchange == 5
    (finding,) = result.findings
    assert "Call 2" in finding.message.en
    assert finding.actual == "60 s [0.1 s × 600]"


def test_both_rules_have_a_result_each_and_no_rule_tells_what_was_seen() -> None:
    both = results(watch(most=1, apart=FIVE_MINUTES), call(100.1))
    assert [each.verdict for each in both] == [Verdict.PASSED, Verdict.FAILED]
    (told,) = results(watch(), call(100.1), answered=None)
    assert (told.verdict, told.actual) == (Verdict.PASSED, "1 × / 10 min [1 s × 600]")


def test_that_nothing_was_sent_again_is_said() -> None:
    (result,) = results(watch(apart=FIVE_MINUTES))
    assert result.note is not None
    assert "No call" in result.note.en


@pytest.mark.parametrize(
    ("second", "delay_ms", "verdict"),
    [(call(104.6), 0, Verdict.PASSED), (call(104.6), 4000, Verdict.FAILED), (call(100.3), 0, Verdict.FAILED)],
    ids=["late", "meant to be late", "given up and too soon all the same"],
)
def test_who_may_have_given_up_before_our_late_answer_is_not_accused_for_it(
    second: Call, delay_ms: int, verdict: Verdict
) -> None:
    """A busy machine answered after 4.2 seconds; the system had given up after 4, and called again half a second later."""
    answered = replace(call(100.0, 104.2), exchange=replace(call(1).exchange, response=Message((), b"")))
    step = replace(watch(apart=FIVE_MINUTES), answer=Behaviour(delay_ms=delay_ms))
    (result,) = results(step, answered, second, looked=6, answered=99.0)
    assert result.verdict is verdict
