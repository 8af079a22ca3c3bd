"""The conductor when the system speaks first: whose fault a missing call is, what is watched, what people say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rivta.model.case import Case
from rivta.model.environment import Adapter
from rivta.model.exchange import Acted, Said
from rivta.model.run import CaseResult
from rivta.model.steps import Behaviour, Doing, Expectation, Watch
from rivta.model.words import Text, Verdict
from rivta.run import Begun, GivenUp, Ran, Waiting, run_case
from simulated_clock import SimulatedClock
from stage_world import (
    HERE,
    SENT,
    Line,
    Onlooker,
    Scripted,
    ask,
    case,
    doing,
    environment,
    reachable,
    receive,
    referral,
    send,
    stage,
    suite,
    watch,
)

ID = "string(//c:requestId/@extension)"


def kinds(result: CaseResult) -> dict[str, Verdict]:
    return {check.kind: check.verdict for check in result.checks}


def caller(line: Line, *bodies: bytes, outcome: Any = "done") -> Scripted:
    """An actor whose system calls at once, as often as there are bodies."""

    def does(_: Doing) -> Acted:
        for body in bodies or (referral(),):
            line.call(body)
        return Acted(outcome)

    return Scripted(does)


# Receive


def test_a_call_that_comes_is_an_exchange_of_the_case_with_the_checks_of_every_received_message() -> None:
    line = Line()
    played = case(receive(doing(), capture={"requestId": ID}))
    result = run_case(played, stage(played, line, caller(line)))
    assert result.verdict is Verdict.PASSED
    (exchange,) = result.exchanges
    assert (exchange.inbound, exchange.step, exchange.request.body) == (True, 0, referral())
    assert {check.kind: check.verifies for check in result.checks} == {
        "call": ("PR-C-AR-version",),
        "soap": ("SENT-SOAP",),
    }
    assert line.open == 0


def test_a_check_that_is_off_is_not_made() -> None:
    line = Line()
    played = case(receive(doing(), off={"soap": "a reason"}))
    assert set(kinds(run_case(played, stage(played, line, caller(line, b"no xml"))))) == {"call"}


def test_expectations_are_held_against_the_message_of_the_system() -> None:
    line = Line()
    fits = Expectation("xpath", {"path": ID, "equals": "unit#${patient.id}"}, HERE, ("PR-C-AR-version",))
    played = case(receive(doing(), expect=(fits,)))
    right, wrong = (
        run_case(played, stage(played, line, caller(line, referral(f"unit#{id_}")))) for id_ in ("191212121212", "2")
    )
    assert (right.verdict, wrong.verdict) == (Verdict.PASSED, Verdict.FAILED)
    (failed,) = (check for check in wrong.checks if check.verdict is Verdict.FAILED)
    assert (failed.kind, failed.exchange, failed.step, failed.findings[0].direction) == ("xpath", 0, 0, "request")


def test_the_waiter_is_open_before_the_system_is_told_and_until_the_case_ends() -> None:
    line, open_at = Line(), []

    def does(_: Doing) -> Acted:
        open_at.append(line.open)
        line.call()
        return Acted("done")

    played = case(receive(doing()), receive(doing()))
    run_case(played, stage(played, line, Scripted(does)))
    assert (open_at, line.open) == ([1, 2], 0)


def test_what_the_system_is_told_is_filled_in() -> None:
    line = Line()
    told = Doing(Text("För ${patient.id}", "For ${patient.id}"), "send-referral", {"who": {"id": ["${patient.id}"]}})
    wanted = receive(told, when={"kind": "NR"}, answer=Behaviour("error", text="for ${patient.id}"))
    actor, played = caller(line), case(wanted)
    run_case(played, stage(played, line, actor))
    assert actor.told[0].text.en == "For 191212121212"
    assert actor.told[0].data == {"who": {"id": ["191212121212"]}}
    assert line.waited[0].answer.text == "for 191212121212"


def test_a_message_that_answers_is_filled_in_but_for_what_the_call_will_say(tmp_path: Path) -> None:
    template = tmp_path / "answer.xml"
    template.write_text("<a of='${of}' for='${patient.id}'>${call.request-id}</a>", encoding="utf-8")
    answer = Behaviour("message", template=template, data={"of": "${call.kind}"})
    line = Line()
    played = case(receive(doing(), answer=answer))
    run_case(played, stage(played, line, caller(line)))
    assert line.waited[0].answer.text == "<a of='${call.kind}' for='191212121212'>${call.request-id}</a>"


def test_nobody_but_test_persons_is_named_in_an_answer(tmp_path: Path) -> None:
    template = tmp_path / "answer.xml"
    template.write_text(f"<a>{'19' + '8112289874'}</a>", encoding="utf-8")
    line = Line()
    played = case(receive(doing(), answer=Behaviour("message", template=template)))
    result = run_case(played, stage(played, line, caller(line)))
    assert result.verdict is Verdict.BLOCKED
    assert result.reason is not None
    assert "on line 1 the message names someone who is no test person" in result.reason.en


def test_nobody_but_test_persons_is_named_to_the_system() -> None:
    line, actor = Line(), Scripted()
    played = case(receive(doing(patient={"id": "19" + "8112289874"})))
    result = run_case(played, stage(played, line, actor))
    assert result.verdict is Verdict.BLOCKED
    assert result.reason is not None
    assert "patient.id names someone who is no test person" in result.reason.en
    assert not actor.told


def test_what_is_captured_from_a_call_is_what_a_later_step_waits_for() -> None:
    line = Line()
    steps = (
        receive(doing(), capture={"requestId": ID}),
        receive(doing(), when={"request-id": "${requestId}"}),
    )
    played = case(*steps)

    def does(_: Doing) -> Acted:
        line.call(referral("unit#${x}"), {"kind": "NR", "request-id": "unit#${x}"})
        return Acted("done")

    result = run_case(played, stage(played, line, Scripted(does)))
    assert result.verdict is Verdict.PASSED
    assert line.waited[1].when == {"request-id": "unit#${x}"}, "what a system says is never a placeholder"


def test_what_cannot_be_captured_is_a_finding() -> None:
    line = Line()
    played = case(receive(doing(), capture={"requestId": "string(//c:absent)"}), receive(doing()))
    result = run_case(played, stage(played, line, caller(line)))
    assert kinds(result)["capture"] is Verdict.FAILED
    assert result.reason is not None
    assert result.reason.en == "1 step was not run, since step 1 deviated."


# Whose fault it is that no call came


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ("done", Verdict.FAILED),
        ("refused", Verdict.FAILED),
        ("unsupported", Verdict.NOT_PROVEN),
        ("by-hand", Verdict.BLOCKED),
        ("trouble", Verdict.BLOCKED),
    ],
)
def test_whose_fault_a_missing_call_is(outcome: Any, verdict: Verdict) -> None:
    line = Line(wrong=Text("Fel port.", "The wrong port."))
    played = case(receive(doing()), ask())
    actor = Scripted(lambda _: Acted(outcome, "a note"))
    result = run_case(played, stage(played, line, actor))
    assert result.verdict is verdict
    (check,), (exchange,) = result.checks, result.exchanges
    assert exchange.problem is not None
    assert (exchange.problem.kind, exchange.request.body, exchange.inbound) == ("no-call", b"", True)
    # The evidence of a call that never came begins when we began to wait for it, and lasts as long as we did.
    began = datetime.fromisoformat(exchange.started)
    assert began - SimulatedClock().now() <= timedelta(seconds=0.001)
    assert exchange.elapsed_ms == pytest.approx(50 if outcome in ("done", "by-hand") else 0)
    assert result.reason is not None
    if outcome in ("done", "by-hand"):
        assert (check.kind, check.actual, check.findings[0].message) == ("call", "no-call", line.wrong)
        assert check.note is not None
        assert "No such call came" in check.note.en
    else:
        assert (check.kind, check.actual, check.expected) == ("act", outcome, "send-referral")
        assert "a note" in f"{check.note} {check.findings}"
    if verdict is Verdict.NOT_PROVEN:
        assert result.reason.en == "The adapter knows no such action (send-referral): a note"
    else:
        assert result.reason.en == "1 step was not run, since step 1 got no call."


def test_the_evidence_of_a_call_that_never_came_begins_when_the_waiting_began() -> None:
    line = Line()
    asked = line.clock.now()

    def slowly(_: Doing) -> Acted:
        line.clock.sleep(7)
        return Acted("by-hand")

    result = run_case(case(receive(doing())), stage(case(receive(doing())), line, Scripted(slowly)))
    (exchange,) = result.exchanges
    assert datetime.fromisoformat(exchange.started) == asked + timedelta(seconds=7), "not when the waiting was over"
    assert line.clock.now() >= asked + timedelta(seconds=7, milliseconds=exchange.elapsed_ms)
    assert exchange.elapsed_ms > 0


def test_a_call_that_follows_by_itself_is_missed_only_from_a_system_that_has_called() -> None:
    line = Line()
    played = case(receive(doing()), receive(None, when={"kind": "VR"}))
    assert run_case(played, stage(played, line, caller(line))).verdict is Verdict.FAILED
    played = case(receive(None))
    assert run_case(played, stage(played, line, Scripted())).verdict is Verdict.BLOCKED


def test_a_call_that_came_although_the_adapter_broke_counts() -> None:
    line = Line()
    played = case(receive(doing()))
    assert run_case(played, stage(played, line, caller(line, outcome="trouble"))).verdict is Verdict.PASSED


def test_once_an_adapter_is_done_a_call_has_only_so_long_to_come() -> None:
    line = Line()
    played = case(receive(doing(), within=300))
    settings = environment(adapter=Adapter(command=("x",), settles=0.05))
    begun = line.clock.monotonic()
    assert run_case(played, stage(played, line, Scripted(), environment=settings)).verdict is Verdict.FAILED
    assert line.clock.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("answer", "again", "seconds", "verdict"),
    [
        (Behaviour("breaks-schema"), referral(), 0.5, Verdict.NOT_PROVEN),
        (Behaviour("breaks-schema"), referral(), 0.0, Verdict.PASSED),  # it had come when the system was done
        (Behaviour("breaks-schema"), referral("unit#2"), 0.5, Verdict.PASSED),
        (Behaviour(), referral(), 0.5, Verdict.PASSED),  # nobody sends again what was accepted
    ],
    ids=["again", "at once", "another", "accepted"],
)
def test_a_call_that_may_be_an_earlier_one_once_more_does_not_show_that_the_next_was_made(
    answer: Behaviour, again: bytes, seconds: float, verdict: Verdict
) -> None:
    line, calls = Line(), iter((referral(), again))

    def does(_: Doing) -> Acted:
        body = next(calls)
        if body is not again or not seconds:
            line.call(body)
        else:
            line.clock.timer(seconds, lambda: line.call(body))
        return Acted("done")

    played = case(receive(doing(), answer=answer), receive(doing(), within=2.0))
    result = run_case(played, stage(played, line, Scripted(does)))
    came = [check.verdict for check in result.checks if check.kind == "call"]
    assert came == [Verdict.PASSED, verdict]


def test_a_call_that_answers_what_we_sent_may_come_before_anybody_is_told_to_act() -> None:
    line = Line()
    played = case(receive(doing()), receive(None, when={"kind": "VR"}))

    def does(_: Doing) -> Acted:
        line.call(facts={"kind": "VR"})
        line.call()
        return Acted("done")

    assert run_case(played, stage(played, line, Scripted(does))).verdict is Verdict.PASSED


# Who looks on


def test_the_audience_hears_what_is_waited_for_and_may_give_up() -> None:
    line = Line()
    said = Said("no", "Kim", "no such button")

    def gives_up(waiting: Waiting) -> None:
        assert (waiting.wanted.when, waiting.within, waiting.diagnosis) == ({"kind": "NR"}, 300, None)
        raise GivenUp(said)

    played = case(receive(doing(), within=300))
    onlooker = Onlooker(gives_up)
    actor = Scripted(lambda _: Acted("by-hand"))
    result = run_case(played, stage(played, line, actor, audience=onlooker))
    (check,) = result.checks
    assert (check.kind, check.verdict, check.by) == ("manual", Verdict.FAILED, "Kim")
    assert check.note == Text.same("no such button")
    assert onlooker.fixed == result.fixed
    assert set(result.fixed) == {"unique", "run.id", "now.timestamp", "now.date", "now.minute", "seed"}
    assert [ran.step for ran in onlooker.ran] == [0]


def by_hand(played: Case, line: Line, looks_on: Onlooker, **changes: Any) -> CaseResult:
    actor = Scripted(lambda _: Acted("by-hand"))
    return run_case(played, stage(played, line, actor, audience=looks_on, is_by_hand=True, **changes))


def test_by_hand_a_call_takes_the_time_that_it_takes() -> None:
    line = Line()

    def calls_the_next_day(waiting: Waiting) -> None:
        assert waiting.within is None
        if waiting.seconds > 86_400:
            line.call()
        line.clock.sleep(3600)

    assert by_hand(case(receive(doing(), within=60)), line, Onlooker(calls_the_next_day)).verdict is Verdict.PASSED


def test_an_environment_says_how_long_a_call_is_waited_for() -> None:
    line, seen = Line(), Onlooker()
    played = case(receive(doing(), within=60))
    actor = Scripted(lambda _: Acted("by-hand"))
    run_case(played, stage(played, line, actor, audience=seen, environment=environment(within=7)))
    assert {waiting.within for _, waiting in seen.waited} == {7}


def test_a_pause_is_no_time_of_a_watch_and_more_time_is() -> None:
    line = Line()
    paused = Onlooker(is_paused=True, while_paused=lambda: line.clock.sleep(3600))
    begun = line.clock.monotonic()
    assert by_hand(case(watch(seconds=20)), line, paused).verdict is Verdict.PASSED
    assert line.clock.monotonic() - begun >= 3620
    assert max(waiting.seconds for _, waiting in paused.waited) <= 21
    begun = line.clock.monotonic()
    assert by_hand(case(watch(seconds=20)), line, Onlooker(gives=30)).verdict is Verdict.PASSED
    assert line.clock.monotonic() - begun >= 50


def test_by_hand_what_a_system_must_not_do_is_tried_until_a_person_says_so() -> None:
    line = Line(time_factor=600)

    def gives_up_late(waiting: Waiting) -> None:
        if waiting.seconds > 900:
            raise GivenUp(Said("no", "Kim"))

    played = case(watch(seconds=300, do=doing("change-referral")))
    result = by_hand(played, line, Onlooker(gives_up_late))
    assert kinds(result) == {"resends": Verdict.PASSED, "manual": Verdict.PASSED}


def test_what_a_system_cannot_do_concerns_that_doing_alone() -> None:
    """That nothing stands where it must not holds of a message that was never sent, and what other steps show is theirs."""
    xpath = {"path": "//r:typeOfReason"}
    named = (
        Expectation("xpath", {**xpath, "equals": "NR"}, HERE, ("A-BMP",)),
        Expectation("xpath", {**xpath, "absent": True}, HERE, ("NO-MTOM",)),
    )
    later = receive(doing(), expect=(Expectation("xpath", xpath, HERE, ("LATER",)),))
    played = replace(case(receive(doing(), expect=named), later), verifies=("A-BMP", "NO-MTOM", "LATER", "WHOLE"))
    for answer, verdict in (("no", Verdict.FAILED), ("not-applicable", Verdict.NOT_APPLICABLE)):

        def gives_up(_: Waiting, said: Any = answer) -> None:
            raise GivenUp(Said(said, "Kim", "we have no pictures"))

        result = by_hand(played, Line(), Onlooker(gives_up))
        (check,) = result.checks
        assert (check.verdict, check.verifies, result.verdict) == (verdict, ("A-BMP", "WHOLE"), verdict)


@pytest.mark.parametrize(("answer", "verdict"), [("no", Verdict.FAILED), ("not-applicable", Verdict.NOT_APPLICABLE)])
def test_what_a_system_cannot_take_is_not_sent_and_ends_the_case(answer: Any, verdict: Verdict) -> None:
    """It concerns what the answer to that message is to show; what other steps show is theirs."""
    named = Expectation("xpath", {"path": "//r:typeOfReason"}, HERE, ("A-BMP",))
    later = receive(doing(), expect=(replace(named, verifies=("LATER",)),))
    played = replace(case(receive(doing()), send(expect=(named,)), later), verifies=("A-BMP", "LATER", "WHOLE"))

    def gives_up(_: object) -> None:
        raise GivenUp(Said(answer, "Kim", "we have no such view"))

    line = Line()
    acts = replace(caller(line), edits=gives_up)
    result = run_case(played, stage(played, line, acts, environment=reachable()))
    check, left = result.checks[-2:]
    assert (check.kind, check.verdict, check.verifies, check.by) == ("manual", verdict, ("A-BMP", "WHOLE"), "Kim")
    assert (left.kind, left.verdict, left.verifies) == ("unplayed", Verdict.NOT_PROVEN, ("LATER", "WHOLE"))
    assert check.note == Text.same("we have no such view")
    assert [each.inbound for each in result.exchanges] == [True], "nothing was sent, and nothing waited for"
    assert len(acts.told) == 1
    assert result.verdict is max(verdict, Verdict.PASSED)
    ended = {"no": "step 2 deviated", "not-applicable": "step 2 was not sent"}
    assert result.reason is not None
    assert ended[answer] in result.reason.en


@pytest.mark.parametrize("step", [watch(seconds=300), watch(seconds=300, do=doing())])
def test_what_is_looked_for_and_does_not_concern_the_system_shows_nothing(step: Watch) -> None:
    def gives_up(_: Waiting) -> None:
        raise GivenUp(Said("not-applicable", "Kim", "we send nothing again"))

    result = by_hand(case(step), Line(), Onlooker(gives_up))
    assert kinds(result) == {"manual": Verdict.NOT_APPLICABLE}
    assert result.verdict is Verdict.NOT_APPLICABLE


def test_an_interruption_is_never_swallowed() -> None:
    def interrupts(_: Waiting) -> None:
        raise KeyboardInterrupt

    line = Line()
    played = case(receive(doing()))
    with pytest.raises(KeyboardInterrupt):
        run_case(played, stage(played, line, Scripted(), audience=Onlooker(interrupts)))
    assert line.open == 0


def test_a_case_goes_on_from_where_it_was_left() -> None:
    line = Line()
    first = Ran(0, (), (), {"requestId": "unit#7"})
    played = case(receive(doing()), receive(doing(), when={"request-id": "${requestId}-${unique}"}))

    def does(_: Doing) -> Acted:
        line.call(facts={"request-id": "unit#7-abc"})
        return Acted("done")

    actor = Scripted(does)
    result = run_case(played, stage(played, line, actor, begun=Begun({"unique": "abc"}, (first,))))
    assert result.verdict is Verdict.PASSED
    assert (len(actor.told), result.fixed["unique"]) == (1, "abc")
    assert [exchange.step for exchange in result.exchanges] == [1]


def test_a_case_that_had_ended_when_it_was_left_ends_there() -> None:
    line = Line()
    played = case(receive(doing()), receive(doing()))
    left = run_case(played, stage(played, line, Scripted()))
    actor = caller(line)
    again = run_case(played, stage(played, line, actor, begun=Begun({}, (Ran(0, left.exchanges, left.checks),))))
    assert (again.verdict, again.checks, actor.told) == (left.verdict, left.checks, [])


# Watch


def test_what_does_not_come_passes_when_none_may() -> None:
    line = Line()
    played = case(receive(doing()), watch(verifies=("PR-SHOWN",)))
    result = run_case(played, stage(played, line, caller(line)))
    assert result.verdict is Verdict.PASSED
    assert (result.checks[-1].kind, result.checks[-1].verifies, result.checks[-1].step) == ("resends", ("PR-SHOWN",), 1)
    assert line.waited[1].repeatedly
    assert line.waited[1].since <= line.waited[0].since


def test_one_call_too_many_ends_the_watch_at_once() -> None:
    line = Line()
    played = case(receive(doing()), watch(seconds=300))
    begun = line.clock.monotonic()
    result = run_case(played, stage(played, line, caller(line, referral(), referral())))
    assert line.clock.monotonic() - begun < 5
    assert result.verdict is Verdict.FAILED
    assert [exchange.step for exchange in result.exchanges] == [0, 1]
    (failed,) = (check for check in result.checks if check.verdict is Verdict.FAILED)
    assert (failed.kind, failed.exchange, failed.step) == ("resends", 1, 1)


def test_a_watch_beside_which_came_what_nobody_can_read_proves_nothing() -> None:
    line = Line()
    played = case(receive(doing()), watch(seconds=300))
    line.unclear = 1
    result = run_case(played, stage(played, line, caller(line, referral())))
    assert kinds(result)["resends"] is Verdict.NOT_PROVEN


def test_a_system_that_calls_again_too_soon_deviates_in_its_own_time() -> None:
    line = Line(time_factor=600)
    played = case(receive(doing()), watch(seconds=600, most=None, apart=300))
    result = run_case(played, stage(played, line, caller(line, referral(), referral())))
    assert result.verdict is Verdict.FAILED
    assert len(result.exchanges) == 2


def test_every_call_seen_is_checked() -> None:
    line = Line()
    played = case(receive(doing()), watch(most=2))
    result = run_case(played, stage(played, line, caller(line, referral(), referral(root="Other"))))
    assert [(check.kind, check.exchange, check.verdict) for check in result.checks if check.step == 1] == [
        ("resends", 1, Verdict.PASSED),
        ("soap", 1, Verdict.FAILED),
    ]


@pytest.mark.parametrize(
    ("outcome", "most", "verdict"),
    [
        ("refused", 0, Verdict.PASSED),
        ("done", 0, Verdict.PASSED),
        ("refused", 1, Verdict.FAILED),
        ("trouble", 0, Verdict.BLOCKED),
        ("unsupported", 0, Verdict.NOT_PROVEN),
    ],
)
def test_a_system_may_well_refuse_what_it_must_not_do(outcome: Any, most: int, verdict: Verdict) -> None:
    line = Line()
    played = case(watch(do=doing("change-referral"), most=most))
    actor = Scripted(lambda _: Acted(outcome))
    assert run_case(played, stage(played, line, actor)).verdict is verdict


def test_a_tester_may_say_that_the_system_will_not() -> None:
    def gives_up(_: Waiting) -> None:
        raise GivenUp(Said("no", "Kim"))

    line = Line(time_factor=600)
    actor = Scripted(lambda _: Acted("by-hand"))
    played = case(watch(seconds=300, do=doing("change-referral")))
    result = run_case(played, stage(played, line, actor, audience=Onlooker(gives_up)))
    assert result.verdict is Verdict.PASSED
    assert kinds(result) == {"resends": Verdict.PASSED, "manual": Verdict.PASSED}
    played = case(watch(seconds=300))
    result = run_case(played, stage(played, line, actor, audience=Onlooker(gives_up)))
    assert result.verdict is Verdict.FAILED


# Ask


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (Said("yes", "Kim", "seen"), Verdict.PASSED),
        (Said("no", "Kim"), Verdict.FAILED),
        (Said("not-applicable", "Kim"), Verdict.NOT_APPLICABLE),
        (None, Verdict.MANUAL),
    ],
)
def test_what_a_person_says_is_a_verdict_with_a_name(said: Said | None, verdict: Verdict) -> None:
    line = Line()
    played = case(receive(doing()), ask())
    result = run_case(played, stage(played, line, replace(caller(line), says=said)))
    check = result.checks[-1]
    assert (check.kind, check.verdict, check.verifies, check.step) == ("manual", verdict, ("PR-SHOWN",), 1)
    assert check.by == (said.by if said else "")
    if said is None:
        assert result.reason is not None
        assert result.reason.en == "Not answered: Is it shown?"


# What does not run


def test_without_a_counterpart_or_an_actor_nothing_is_waited_for() -> None:
    line, played = Line(), case(receive(doing(), within=300))
    for there, actor, why in ((None, Scripted(), "no counterpart:"), (line, None, "name an adapter:")):
        result = run_case(played, stage(played, there, actor))
        assert result.verdict is Verdict.NOT_PROVEN
        assert result.reason is not None
        assert why in result.reason.en
        assert result.fixed == {}


def test_a_consumer_case_is_for_who_calls_the_contract() -> None:
    line, played = Line(), case(receive(doing()))
    settings = environment(roles=("remissmottagare",))
    outcome = replace(played, contract=SENT.replace("Request@", "RequestOutcome@"))
    result = run_case(outcome, stage(outcome, line, caller(line)))
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.reason is not None
    assert result.reason.en == "The system is tested as remittent, which does not send this."
    # Who answers referrals also forwards them, so both roles may call ProcessRequest.
    scenario = stage(played, line, caller(line), suite=suite(played, party="remissmottagare"))
    assert run_case(played, scenario).verdict is Verdict.NOT_APPLICABLE
    assert run_case(played, replace(scenario, environment=settings)).verdict is Verdict.PASSED
