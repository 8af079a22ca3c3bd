"""Who takes which call: waiters, repeats, the shelf, standing answers, two consumers at once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from counterpart_world import CHILD, PATIENT, call, counterpart, referral, referrals
from rivta.contract import validators
from rivta.counterpart import Counterpart
from rivta.counterpart.matching import Waiter
from rivta.model.environment import StandingAnswer
from rivta.model.steps import Behaviour

ERROR = Behaviour("error", error="APPLICATION_ERROR", sub="PR001")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Counterpart]:
    with counterpart(tmp_path) as one:
        yield one


def test_the_newest_that_fits_takes_the_call_and_each_takes_one(running: Counterpart) -> None:
    with running.wait(referrals()) as older, running.wait(referrals(when={"patient": PATIENT}, answer=ERROR)) as newer:
        assert call(running.url, referral("1")).text("resultCode") == "ERROR"
        assert call(running.url, referral("2")).text("resultCode") == "OK"
        first, second = newer.take(5), older.take(5)
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)


def test_a_repeat_is_answered_in_the_same_way_and_left_for_a_watch(running: Counterpart) -> None:
    begun = time.monotonic()
    with running.wait(referrals(when={"kind": "NR"}, answer=ERROR)) as waiter:
        codes = [call(running.url, referral()).text("subCode") for _ in range(3)]
        assert codes == ["PR001"] * 3
        assert waiter.take(5) is not None
        assert waiter.take(0) is None
        with running.wait(referrals(when={"kind": "NR"}, since=begun, repeatedly=True)) as watch:
            assert [taken.number for taken in (watch.take(5), watch.take(0)) if taken] == [2, 3]
            assert watch.take(0) is None
            call(running.url, referral())
            assert watch.take(5) is not None
    assert not list(running.unclaimed())


def test_a_call_that_nobody_can_tell_is_counted_by_who_waits(running: Counterpart) -> None:
    call(running.url, b"<before/>")
    begun = time.monotonic()
    call(running.url, b"<soon/>")
    with running.wait(referrals(when={"kind": "NR"}, repeatedly=True)) as waiter:
        assert waiter.unclear(begun) == 1
        call(running.url, referral()[:-9])
        call(running.url, b"")
        call(running.url, referral(patient=CHILD))
        assert waiter.unclear(begun) == 3


def test_no_caller_waits_for_a_schema_to_be_compiled(running: Counterpart, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a call has it ready before the system is told to make it: on a busy machine it takes seconds."""
    monkeypatch.setattr(validators, "_compiled", {})
    with running.wait(referrals()):
        monkeypatch.setattr(validators, "_compile", None)
        assert call(running.url, referral()).text("resultCode") == "OK"


def test_what_nobody_took_is_told_with_the_reason(running: Counterpart) -> None:
    with running.wait(referrals(when={"kind": "NR"})) as waiter:
        call(running.url, referral())
        call(running.url, referral())
        assert waiter.take(5) is not None
    call(running.url, referral("3"))
    told = [(stray.number, reason.en) for stray, reason in running.unclaimed()]
    assert told == [(2, "Repeats call 1."), (3, "No case waited for the call.")]


def test_an_answer_by_what_a_call_asks_for_is_given_to_the_next_call_too(running: Counterpart) -> None:
    answer, begun = Behaviour("message", text="<a><resultCode>${call.patient}</resultCode></a>"), time.monotonic()
    with running.wait(referrals(answer=answer)):
        told = [call(running.url, referral(who, patient=who)).text("resultCode") for who in (PATIENT, CHILD)]
        with running.wait(referrals(since=begun, answer=answer)) as waiter:
            taken = waiter.take(0)
    assert told == [PATIENT, CHILD]
    assert taken is not None
    assert taken.number == 2


def test_a_call_that_came_a_little_early_is_taken_if_it_was_answered_as_wanted(running: Counterpart) -> None:
    begun = time.monotonic()
    call(running.url, referral())
    with running.wait(referrals(since=begun, answer=ERROR)) as other:
        assert other.take(0) is None
    with running.wait(referrals(since=time.monotonic())) as later:
        assert later.take(0) is None
    with running.wait(referrals(since=begun)) as waiter:
        taken = waiter.take(0)
    assert taken is not None
    assert taken.exchange.request.body == referral()


def test_a_case_that_gives_up_leaves_its_call(running: Counterpart) -> None:
    with running.wait(referrals()):
        call(running.url, referral())
    [(_, reason)] = running.unclaimed()
    assert "ended without taking it" in reason.en


def test_who_rests_takes_only_what_nobody_else_waits_for(running: Counterpart) -> None:
    with running.wait(referrals()) as one, running.wait(referrals()) as newer:
        newer.rests = True
        for waiter in (one, newer):
            call(running.url, referral(str(id(waiter))))
            assert waiter.take(5) is not None
            assert other_of(waiter, one, newer).take(0) is None


def other_of(waiter: object, one: Waiter, other: Waiter) -> Waiter:
    return other if waiter is one else one


def test_standing_answers(tmp_path: Path) -> None:
    answers = (
        StandingAnswer({"patient": CHILD}, ERROR),
        StandingAnswer({"address": "se2321000016-mot1", "kind": "AR"}, Behaviour("info"), "ProcessRequest"),
    )
    with counterpart(tmp_path, answers=answers) as one:
        told = [
            call(one.url, body).text("resultCode")
            for body in (referral(), referral(patient=CHILD), referral(kind="AR", version=2))
        ]
    assert told == ["OK", "ERROR", "INFO"]


def test_two_consumers_at_once_do_not_mix(running: Counterpart) -> None:
    def consumer(patient: str, answer: str) -> set[str]:
        seen = set()
        for number in range(20):
            with running.wait(referrals(when={"patient": patient}, answer=Behaviour("info", text=answer))) as waiter:
                seen.add(call(running.url, referral(f"{patient}-{number}", patient=patient)).text("message"))
                taken = waiter.take(5)
                assert taken is not None
                assert taken.facts["patient"] == patient
        return seen

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(consumer, PATIENT, "one"), pool.submit(consumer, CHILD, "other")
        assert (one.result(), other.result()) == ({"one"}, {"other"})
    assert not list(running.unclaimed())


def test_a_waiter_does_not_wait_longer_than_it_was_told(running: Counterpart) -> None:
    begun = time.monotonic()
    with running.wait(referrals()) as waiter:
        assert waiter.take(0.2) is None
    assert time.monotonic() - begun >= 0.2
