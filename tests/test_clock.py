import threading
from collections.abc import Iterator
from functools import partial

import pytest

from rivta.model.clock import Clock, SystemClock, written
from simulated_clock import SimulatedClock, Stuck


@pytest.fixture
def clock() -> Iterator[SimulatedClock]:
    clock = SimulatedClock()
    yield clock
    clock.close()


def test_sleeping_an_hour_takes_no_time(clock: SimulatedClock) -> None:
    began, real = clock.now(), SystemClock()
    clock.sleep(3600)
    assert (clock.now() - began).total_seconds() == clock.monotonic() == 3600
    assert written(began) == "2026-03-02T08:00:00.000Z"
    assert real.now().tzinfo is not None


def test_timers_are_called_in_the_order_they_are_due(clock: SimulatedClock) -> None:
    seen: list[tuple[str, float]] = []
    for name, seconds in (("late", 3.0), ("early", 1.0), ("too late", 9.0), ("same, asked later", 1.0)):
        clock.timer(seconds, partial(lambda name: seen.append((name, clock.monotonic())), name))
    clock.timer(2, lambda: seen.append(("cancelled", 0))).cancel()
    clock.sleep(5)
    assert seen == [("early", 1.0), ("same, asked later", 1.0), ("late", 3.0)]


def test_a_call_may_sleep_while_others_go_on(clock: SimulatedClock) -> None:
    """A system that waits for a slow answer holds up nobody else."""
    seen: list[tuple[str, float]] = []

    def slow() -> None:
        clock.sleep(20)
        seen.append(("slow", clock.monotonic()))

    clock.timer(1, slow)
    clock.sleep(2)
    seen.append(("main", clock.monotonic()))
    clock.sleep(30)
    assert seen == [("main", 2.0), ("slow", 21.0)]


@pytest.mark.parametrize("make", [SimulatedClock, SystemClock])
def test_waiting_ends_when_it_holds_or_the_time_is_up(make: type[Clock]) -> None:
    clock, condition, said = make(), threading.Condition(), []

    def say() -> None:
        with condition:
            said.append("it")
            condition.notify_all()

    with condition:
        assert not clock.wait_for(condition, lambda: bool(said), 0.01)
        clock.timer(0.01, say)
        began = clock.monotonic()
        assert clock.wait_for(condition, lambda: bool(said), 60)
        assert clock.wait_for(condition, lambda: bool(said), None)
    assert clock.monotonic() - began < 60


def test_waiting_is_over_the_moment_it_holds(clock: SimulatedClock) -> None:
    condition, said = threading.Condition(), []

    def say_and_go_on() -> None:
        said.append("it")
        clock.sleep(40)

    clock.timer(5, say_and_go_on)
    with condition:
        assert clock.wait_for(condition, lambda: bool(said), 60)
    assert clock.monotonic() == 5


def test_what_breaks_beside_is_told(clock: SimulatedClock) -> None:
    def breaks() -> None:
        raise ZeroDivisionError

    clock.timer(1, breaks)
    with pytest.raises(ZeroDivisionError):
        clock.sleep(2)


def test_a_wait_that_nothing_can_end_is_told(clock: SimulatedClock) -> None:
    condition = threading.Condition()
    with condition, pytest.raises(Stuck):
        clock.wait_for(condition, lambda: False, None)
    clock.timer(1, lambda: None)
    with condition, pytest.raises(Stuck):
        clock.wait_for(condition, lambda: False, None)


def test_who_still_waits_when_a_play_is_over_goes_home(clock: SimulatedClock) -> None:
    gone = threading.Event()

    def wait() -> None:
        try:
            clock.sleep(100)
        finally:
            gone.set()

    clock.timer(1, wait)
    clock.sleep(2)
    assert not gone.is_set()
    clock.close()
    assert gone.wait(60)
