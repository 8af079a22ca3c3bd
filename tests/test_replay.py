"""A recorded run played again says what it said: nothing is sent, nothing is waited for, every check is made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reference_system import matrix
from rivta.evidence import seal
from rivta.model.case import Case
from rivta.model.clock import SystemClock
from rivta.model.environment import System
from rivta.model.errors import UsageError
from rivta.model.exchange import Acted, Said
from rivta.model.run import CaseResult, Run, RunHeader, Superseding
from rivta.model.steps import Expectation, Step
from rivta.model.words import Text, Verdict
from rivta.report import archive
from rivta.run import GivenUp, Waiting, recording, replay, replay_case, run_case
from sealed_run import edit, sealed_run
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


def recorded(*results: CaseResult, factor: str = "1") -> Run:
    facts = {"time factor": factor}
    header = RunHeader("run-1", "", "", "", System("", "", ""), (), facts, (), {}, (), (), "")
    return Run(Path(), header, results, None)


def again(result: CaseResult, played: Case, factor: str = "1") -> CaseResult:
    (replayed,) = replay_case(played, suite(played), environment(), recorded(result, factor=factor))
    return replayed


def shape(result: CaseResult) -> tuple[object, ...]:
    checks = [
        (each.kind, each.verdict, each.verifies, each.exchange, each.step, each.by, each.note, each.findings)
        for each in result.checks
        if each.kind != "resends"
    ]
    exchanges = [(each.contract, each.request, each.response, each.inbound, each.step) for each in result.exchanges]
    return result.verdict, result.reason, checks, exchanges, result.fixed


def acts(line: Line, *, calls: int = 1, outcome: Any = "done", says: Said | None = None, note: str = "") -> Scripted:
    def does(_: object) -> Acted:
        for _number in range(calls):
            line.call()
        return Acted(outcome, note)

    return Scripted(does, says)


PLAYS: dict[str, tuple[tuple[Step, ...], dict[str, Any]]] = {
    "a call": ((receive(doing(), capture={"requestId": ID}),), {}),
    "an expectation": ((receive(doing(), expect=(Expectation("xpath", {"path": ID, "equals": "x"}, HERE),)),), {}),
    "no call though done": ((receive(doing()), ask()), {"calls": 0}),
    "no call by hand": ((receive(doing()), ask()), {"calls": 0, "outcome": "by-hand"}),
    "no call by itself": ((receive(doing()), receive(None)), {}),
    "refused": ((receive(doing()),), {"calls": 0, "outcome": "refused", "note": "no such button"}),
    "unsupported": ((receive(doing()),), {"calls": 0, "outcome": "unsupported", "note": "no such action"}),
    "trouble": ((receive(doing()),), {"calls": 0, "outcome": "trouble", "note": "refuses connections"}),
    "watched": ((receive(doing()), watch()), {}),
    "sent again": ((receive(doing()), watch()), {"calls": 2}),
    "too soon": ((receive(doing()), watch(seconds=60, most=None, apart=60)), {"calls": 2}),
    "refused in a watch": ((watch(do=doing()),), {"calls": 0, "outcome": "refused"}),
    "trouble in a watch": ((watch(do=doing()),), {"calls": 0, "outcome": "trouble", "note": "x"}),
    "yes": ((receive(doing()), ask()), {"says": Said("yes", "Kim", "seen")}),
    "no": ((receive(doing()), ask()), {"says": Said("no", "Kim")}),
    "not applicable": ((receive(doing()), ask()), {"says": Said("not-applicable", "Kim", "no such view")}),
    "nobody answers": ((receive(doing()), ask()), {}),
}


@pytest.mark.parametrize("name", PLAYS)
def test_a_replay_says_what_the_recording_says_and_waits_for_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, habits = PLAYS[name]
    line, played = Line(wrong=Text("Fel port.", "The wrong port.")), case(*steps)
    first = run_case(played, stage(played, line, acts(line, **habits)))
    waits: list[float] = []
    monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: waits.append(seconds))
    second = again(first, played)
    assert not waits
    assert shape(second) == shape(first)


def test_a_recording_of_every_kind_of_case_says_what_it_said() -> None:
    """Also where a step has two answers: a refusal's, and that of its twin which is accepted."""
    faults = ((), ("wrong-subcode-PR002",))
    different, twins = [], 0
    for number, (key, (played, its)) in enumerate(matrix().cases.items()):
        if number % 12 and not key.endswith(("/5.2", "/5.4")):
            continue
        first = matrix().bench.play(played, its, faults[number % 2])
        told = replay_case(played, its, matrix().bench.settings, recorded(first, factor="600"))
        twins += any(check.kind == "twin" and check.verdict is Verdict.PASSED for check in first.checks)
        different += [key for each in told if shape(each) != shape(first)]
    assert different == []
    assert twins > 5


@pytest.mark.parametrize("answer", ["no", "not-applicable"])
@pytest.mark.parametrize("step", [receive(doing(), within=300), watch(seconds=300, do=doing()), watch(seconds=300)])
def test_so_it_does_when_a_person_gave_up(step: Step, answer: Any) -> None:
    def gives_up(_: Waiting) -> None:
        raise GivenUp(Said(answer, "Kim", "cannot"))

    line, played = Line(), case(step)
    actor = acts(line, calls=0, outcome="by-hand")
    first = run_case(played, stage(played, line, actor, audience=Onlooker(gives_up), is_by_hand=True))
    assert shape(again(first, played)) == shape(first)


@pytest.mark.parametrize("answer", ["no", "not-applicable"])
def test_so_it_does_of_a_message_that_was_not_sent(answer: Any) -> None:
    def gives_up(_: object) -> None:
        raise GivenUp(Said(answer, "Kim", "cannot"))

    line, played = Line(), case(receive(doing()), send(), receive(doing()))
    actor = replace(acts(line), edits=gives_up)
    first = run_case(played, stage(played, line, actor, environment=reachable()))
    (second,) = replay_case(played, suite(played), reachable(), recorded(first))
    assert shape(second) == shape(first)


def test_what_an_attempt_supersedes_it_supersedes_in_a_replay() -> None:
    line, played = Line(), case(receive(doing()))
    first = run_case(played, stage(played, line, acts(line)))
    second = replace(first, supersedes=Superseding(1, "Kim", "the wrong tab"))
    replayed = replay_case(played, suite(played), environment(), recorded(first, second))
    assert [each.supersedes for each in replayed] == [None, second.supersedes]


def test_time_is_compressed_as_it_was() -> None:
    line = Line(time_factor=600)
    played = case(receive(doing()), watch(seconds=30, most=None, apart=20))
    first = run_case(played, stage(played, line, acts(line, calls=2)))
    assert first.verdict is Verdict.FAILED
    second = again(first, played, "600")
    assert second.checks[-2].expected == first.checks[-2].expected
    assert second.verdict is Verdict.FAILED


def test_a_case_that_the_recording_lacks_is_not_proven() -> None:
    line, played = Line(), case(receive(doing()))
    first = run_case(played, stage(played, line, acts(line)))
    for other in (replace(played, id="2"), replace(played, contract=SENT.replace("Request@", "RequestOutcome@"))):
        (result,) = replay_case(
            other, suite(other), environment(roles=("remittent", "remissmottagare")), recorded(first)
        )
        assert result.verdict is Verdict.NOT_PROVEN
        assert result.reason == Text("Den inspelade körningen har inte detta.", "The recorded run has not got this.")


def test_a_step_that_the_recording_lacks_is_not_proven() -> None:
    line, played = Line(), case(receive(doing()))
    first = run_case(played, stage(played, line, acts(line)))
    for more in (receive(None), watch(), ask()):
        longer = case(receive(doing()), more)
        result = again(first, longer)
        assert result.verdict is Verdict.NOT_PROVEN
        assert len(result.exchanges) == 1


def test_what_could_not_be_played_then_is_told_as_it_was() -> None:
    line, played = Line(), case(receive(doing()))
    first = run_case(played, stage(played, None, acts(line)))
    assert again(first, played).reason == first.reason


def test_an_expectation_that_was_changed_is_what_counts() -> None:
    line, played = Line(), case(receive(doing()))
    first = run_case(played, stage(played, line, acts(line)))
    wants = Expectation("xpath", {"path": ID, "equals": "unit#${unique}"}, HERE)
    assert again(first, case(receive(doing(), expect=(wants,)))).verdict is Verdict.FAILED
    body = referral(f"unit#{first.fixed['unique']}")
    (exchange,) = first.exchanges
    told = replace(first, exchanges=(replace(exchange, request=replace(exchange.request, body=body)),))
    assert again(told, case(receive(doing(), expect=(wants,)))).verdict is Verdict.PASSED


def test_every_attempt_that_was_recorded_is_told() -> None:
    line, played = Line(), case(receive(doing()))
    first = run_case(played, stage(played, line, acts(line, calls=0)))
    second = run_case(played, stage(played, line, acts(line)))
    told = replay_case(played, suite(played), environment(), recorded(first, second))
    assert [shape(each) for each in told] == [shape(first), shape(second)]
    assert [each.verdict for each in told] == [Verdict.FAILED, Verdict.PASSED]


def test_a_recorded_call_is_held_against_what_the_step_waits_for_now() -> None:
    line, played = Line(), case(receive(doing()))
    first = run_case(played, stage(played, line, acts(line)))
    other = again(first, case(receive(doing(), when={"kind": "VR"})))
    assert other.verdict is Verdict.BLOCKED
    assert [each.problem is None for each in other.exchanges] == [False]
    (check,) = other.checks
    said = check.findings[0].message.en
    assert said.endswith("is not the one that the step waits for: kind is NR, not VR.")


def test_a_call_that_no_step_took_is_there_for_the_next() -> None:
    line, played = Line(), case(receive(doing()), watch())
    first = run_case(played, stage(played, line, acts(line)))
    # What was the first step's call is now what the watch must not see.
    result = again(first, case(watch(when={"kind": "VR"}), watch()))
    assert [(each.step, each.inbound) for each in result.exchanges] == [(1, True)]
    assert result.verdict is Verdict.FAILED


def a_message(run: Path) -> None:
    edit(next((run / "messages").iterdir()), lambda bodies: bodies.replace(b"<", b" ", 1))


def no_seal_and_a_message(run: Path) -> None:
    (run / "manifest.json").unlink()
    a_message(run)


CHANGES: dict[str, Callable[[Path], None]] = {
    "a message": a_message,
    "a verdict": lambda run: edit(run / "evidence.jsonl", lambda raw: raw.replace(b"FAILED", b"PASSED")),
    "a message that is gone": lambda run: next((run / "messages").iterdir()).unlink(),
    "the seal": lambda run: (run / "manifest.json").unlink(),
    "the seal, and a message": no_seal_and_a_message,
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_run_that_was_changed_afterwards_is_not_played_again(what: str, tmp_path: Path) -> None:
    run = sealed_run(tmp_path / "run")
    CHANGES[what](run)
    with pytest.raises(UsageError) as refused:
        recording.read(run)
    assert refused.value.todo == f"say: rivta verify {run}"


def test_a_replay_says_what_it_plays_again_and_how_that_was_sealed(tmp_path: Path) -> None:
    run = sealed_run(tmp_path / "run")
    head = seal.kept(run)
    told = recording.read(run).header
    assert head is not None
    assert (told.environment["replay of"], told.environment["recording"]) == (told.run, f"sealed, {head.head}")
    assert replay.as_replayed(replace(told, environment={}), recording.read(run)).environment == told.environment


def test_a_zip_is_not_taken_for_a_run(tmp_path: Path) -> None:
    packed = tmp_path / "run.zip"
    packed.write_bytes(archive.pack(sealed_run(tmp_path / "run")))
    with pytest.raises(UsageError, match="is a zip") as refused:
        recording.read(packed)
    assert "unpack it" in refused.value.todo


def test_a_run_that_was_packed_without_its_messages_is_not_played_again(tmp_path: Path) -> None:
    data = archive.pack_without_messages(sealed_run(tmp_path / "run"))
    (tmp_path / "out").mkdir()
    out = archive.unpack(archive.ZipArchive(data), tmp_path / "out").path
    with pytest.raises(UsageError, match="its messages were left out"):
        recording.read(out)


def test_a_run_that_was_killed_is_played_again_and_told_as_one(tmp_path: Path) -> None:
    run = sealed_run(tmp_path / "run")
    (run / "manifest.json").unlink()
    edit(run / "evidence.jsonl", lambda raw: raw[: raw.rindex(b"{") + 9])
    assert recording.read(run).header.environment["recording"].startswith("not sealed")
