"""A run in which the system calls us: a real program, real sockets, pytest in a process of its own or in this one."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from calling import CONSUMER, Caller
from projects import (
    DEVIATES,
    ENVIRONMENT,
    IN_SPITE,
    INTERRUPTED,
    NOTHING,
    OK,
    USAGE,
    Project,
    ended,
    junit,
    person,
)
from rivta import evidence
from rivta.model.run import CaseResult
from rivta.model.words import Verdict

GOLDEN = Path(__file__).parent / "golden" / "red_consumer_case.txt"
XDIST = ("-n", "2")
IN_TURN = ("--rivta-overlap", "1")
"""One case after the other."""


@pytest.fixture
def caller(project: Project) -> Caller:
    return Caller(project)


def received(folder: Path) -> Iterator[dict[str, object]]:
    for line in (folder / "received.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def shape(result: CaseResult) -> tuple[object, ...]:
    """What a case came to, without times."""
    checks = [(check.kind, check.verdict, check.step, check.exchange, check.verifies) for check in result.checks]
    return result.key, result.verdict, checks, [(each.inbound, each.step) for each in result.exchanges]


def test_a_system_that_calls_as_it_should_conforms(caller: Caller) -> None:
    project = caller.project
    output = ended(project.run_here("--junitxml", "junit.xml", *IN_TURN), OK)
    assert project.verdicts() == {"1": "PASSED", "2": "PASSED", "3": "PASSED"}
    run = project.evidence()
    assert [result.key for result in run.results] == [f"ProcessRequest/consumer/{number}" for number in (1, 2, 3)]
    assert run.header.environment["time factor"] == "2000"
    assert not run.strays
    assert len([line for line in received(project.report) if line["kind"] == "received"]) == 3
    sent_again = project.rivta("show", "1", "--run", "run", "--curl")
    assert (sent_again.returncode, sent_again.stdout) == (
        OK,
        "# nothing of ours was sent in ProcessRequest/consumer/1\n",
    )
    manual = run.results[2].checks[-1]
    assert (manual.kind, manual.by, manual.verdict) == ("manual", "Kim", Verdict.PASSED)
    assert "received ProcessRequest: 3 messages, " in output
    assert "identities  1.2.752.129.2.1.3.1 3 ×" in output
    assert "typeOfReason NR 3 ×" in output
    case = junit(project.folder / "junit.xml")["1 A new referral"]
    properties = [(each.attrib["name"], each.attrib["value"]) for each in case.iter("property")]
    assert properties == [
        ("contract", "ProcessRequest"),
        ("title", "A new referral"),
        ("requirement", "PR-C-NR"),
    ]


def test_several_processes_listen_each_for_itself_where_any_port_will_do(caller: Caller) -> None:
    project = caller.project
    caller.behaves(times=2)
    ended(project.run_here(*XDIST), DEVIATES)
    run = project.evidence()
    assert {result.case: result.verdict.name for result in run.results} == {"1": "PASSED", "2": "FAILED", "3": "PASSED"}
    assert len(run.strays) == 2
    lines = [line for line in received(project.report) if line["kind"] == "received"]
    assert sorted(str(line["number"]) for line in lines) == [str(number) for number in range(1, 7)]
    assert sorted(path.name for path in project.report.iterdir() if path.is_dir()) == ["messages"]
    assert not run.damage
    assert project.rivta("verify", "run").returncode == OK


def test_a_call_that_nobody_asked_for_is_kept_and_checked(caller: Caller) -> None:
    caller.behaves(times=2, action="wrong")
    output = ended(caller.project.run_here("--rivta-case", "1"), DEVIATES)
    assert "1 call that no case asked for was received, 1 of 1 with findings" in output
    (stray,) = caller.project.evidence().strays
    assert {check.kind for check in stray.checks if check.verdict is Verdict.FAILED} == {"soapaction"}
    assert stray.reason.en == "Repeats call 1."


def test_a_run_is_played_again_without_the_system(caller: Caller) -> None:
    project = caller.project
    caller.behaves(times=2)
    ended(project.run_here(*IN_TURN), DEVIATES)
    recorded = project.evidence()
    (project.folder / "act.py").unlink()
    words = ("--rivta-report", "again", "--rivta-replay", "run")
    ended(project.run_here(*words), DEVIATES)
    again = evidence.read(project.folder / "again")
    assert [shape(each) for each in again.results] == [shape(each) for each in recorded.results]
    assert [(each.reason, [check.verdict for check in each.checks]) for each in again.strays] == [
        (each.reason, [check.verdict for check in each.checks]) for each in recorded.strays
    ]
    assert [each.fixed for each in again.results] == [each.fixed for each in recorded.results]
    assert again.header.environment["replay of"] == recorded.header.run
    caller.suite.write_text(caller.suite.read_text(encoding="utf-8").replace('id: "3"', 'id: "4"'), encoding="utf-8")
    ended(project.run_here(*words, "--rivta-replace", "--rivta-case", "4"), NOTHING)


def test_the_checks_of_a_replay_are_made_anew(caller: Caller) -> None:
    project = caller.project
    ended(project.run_here("--rivta-case", "1"), OK)
    project.change('equals: "1"', 'equals: "2"', caller.suite)
    words = ("--rivta-report", "again", "--rivta-replay", "run")
    ended(project.run_here(*words, "--rivta-case", "1"), DEVIATES)


def test_what_was_changed_in_a_recording_does_not_get_a_new_seal(caller: Caller) -> None:
    project = caller.project
    ended(project.run_here("--rivta-case", "1"), OK)
    [message] = (project.report / "messages").iterdir()
    project.change("191212121212", "191212121220", message)
    output = ended(project.run_here("--rivta-replay", "run", "--rivta-report", "again"), USAGE)
    assert "is not as it was when it ended" in output
    assert not (project.folder / "again").exists()


def test_a_recording_that_is_not_there_is_a_usage_error(caller: Caller) -> None:
    output = ended(caller.project.run_here("--rivta-replay", "no-such"), USAGE)
    assert "no-such does not exist" in output


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"counterpart": False}, "the environment has no counterpart: that says where we listen"),
        ({"adapter": False}, "name an adapter: in the environment, or test by hand with rivta serve"),
    ],
)
def test_nothing_is_waited_for_in_vain(caller: Caller, there: dict[str, bool], said: str) -> None:
    caller.environment(counterpart=there.get("counterpart", True), adapter=there.get("adapter", True))
    output = ended(caller.project.run_here("-rs"), NOTHING)
    assert said in " ".join(output.split())
    assert set(caller.project.verdicts().values()) == {"NOT_PROVEN"}


def test_a_port_that_is_taken_is_the_environments_fault(caller: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        caller.environment(f"127.0.0.1:{listener.getsockname()[1]}")
        output = ended(caller.project.run_here("--rivta-case", "1", IN_SPITE), ENVIRONMENT)
    assert "the counterpart cannot listen on 127.0.0.1:" in output
    assert caller.project.verdicts() == {"1": "BLOCKED"}


def test_who_waits_is_told_what_for_and_what_is_likely_wrong(caller: Caller) -> None:
    caller.behaves(times=0, outcome="done")
    caller.project.change("settle: 500 ms", "settle: 11500 ms", caller.project.folder / "env.yaml")
    caller.project.change("within: 3 s", "within: 11500 ms", caller.suite)
    output = ended(caller.project.run_here("--rivta-case", "1"), DEVIATES)
    assert re.search(
        r"^1: waits for ProcessRequest kind=NR patient=191212121212 \([23] of 11\.5 s\)$", output, re.MULTILINE
    )
    assert re.search(r"^1: waits for .* \(1[01] of 11\.5 s\)$\n^ {4}Nothing", output, re.MULTILINE), output


def test_a_case_is_chosen_by_what_a_call_proves(caller: Caller) -> None:
    chosen = caller.project.pytester.runpytest_inprocess(
        *caller.project.words("--collect-only", "-q", "--rivta-requirement", "PR-SHOWN")
    )
    assert [line for line in chosen.outlines if "::" in line] == [
        "suites/clinicalprocess.activity.request/ProcessRequest/consumer.yaml::3 The referral is shown"
    ]
    chosen = caller.project.pytester.runpytest_inprocess(
        *caller.project.words("--collect-only", "-q", "--rivta-requirement", "SENT-SOAP")
    )
    assert len([line for line in chosen.outlines if "::" in line]) == 3


def test_a_message_that_is_still_sent_from_an_earlier_case_is_not_this_cases(caller: Caller) -> None:
    """A system may still be sending what an earlier case refused when the next begins."""
    project = caller.project
    later = (project.folder / "act.py").read_text(encoding="utf-8")
    later = later.replace(
        "unique = uuid.uuid4().hex",
        'state = Path(__file__).parent / "state"\nearlier = state.read_text() if state.exists() else ""\n'
        "unique = earlier or uuid.uuid4().hex\nstate.write_text(unique)",
    )
    (project.folder / "act.py").write_text(later, encoding="utf-8")
    cases = "".join(
        f"  - {{id: '{number}', title: {{sv: A, en: A}}, verifies: [PR-C-NR], receive: {{kind: NR}}, within: 1 s,\n"
        f"     do: {{sv: Skicka., en: Send., action: send-referral, with: {{patient: '191212121212'}}}}}}\n"
        for number in (1, 2)
    )
    caller.suite.write_text(
        f"contract: ProcessRequest\nrole: consumer\ntitle: {{sv: A, en: A}}\ncases:\n{cases}", encoding="utf-8"
    )
    ended(project.run_here(), DEVIATES)
    assert project.verdicts() == {"1": "PASSED", "2": "FAILED"}
    (stray,) = project.evidence().strays
    assert stray.reason.en == "Repeats call 1."


def test_strangers_in_what_is_received_are_shown_nowhere(caller: Caller) -> None:
    stranger = person("19800101")
    caller.behaves(patient=stranger)
    project = caller.project
    result = project.run_here("--rivta-case", "1", "--junitxml", "run/junit.xml")
    assert project.verdicts()["1"] == "FAILED", "it was another patient's referral that we waited for"
    assert stranger not in project.written()
    assert stranger not in result.stdout.str()


def test_an_interrupted_run_keeps_what_was_received(caller: Caller) -> None:
    project = caller.project
    caller.project.change("within: 3 s", "within: 60 s", caller.suite)
    project.pytester.makeconftest(
        """
        import os, signal, threading
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_setup(item):
            if item.name.startswith("2"):
                threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
        """
    )
    text = (project.folder / "act.py").read_text(encoding="utf-8")
    (project.folder / "act.py").write_text(
        text.replace("template =", 'if order["case"].endswith("2"):\n    import time\n    time.sleep(5)\ntemplate ='),
        encoding="utf-8",
    )
    assert project.run(*IN_TURN).ret == INTERRUPTED
    run = project.evidence()
    assert [result.case for result in run.results] == ["1"]
    assert run.footer is None
    assert len([*received(project.report)]) >= 2


# Waits that overlap


OVERLAPPING = (
    CONSUMER.partition("cases:")[0]
    + """\
cases:
  - id: "1"
    title: {sv: En ny remiss, en: A new referral}
    receive: &new {kind: NR, patient: "191212121212"}
    do: &send {sv: Skicka den., en: Send it., action: send-referral, with: {patient: "191212121212"}}
    expect: [xpath: {path: "//c:request/c:versionNumber", equals: "1"}]
  - id: "2"
    title: {sv: Sänds inte om i förtid, en: Is not sent again too soon}
    verifies: [PR-C-NR]
    steps:
      - &one {receive: {kind: NR, patient: "201212121212"}, do: {sv: Skicka den., en: Send it., action: send-referral, with: {patient: "201212121212"}}}
      - {watch: {kind: NR, patient: "201212121212"}, for: 40 min, apart: 5 min}
  - id: "3"
    title: {sv: Sänds om ett fåtal gånger, en: Is sent again a few times}
    verifies: [PR-C-NR]
    steps:
      - *one
      - {watch: {kind: NR, patient: "201212121212"}, for: 20 min, most: 5}
"""
)


def test_a_case_that_watches_is_begun_before_its_turn_and_says_what_was_under_way(caller: Caller) -> None:
    caller.suite.write_text(OVERLAPPING, encoding="utf-8")
    ended(caller.project.run_here("--rivta-lang", "en"), OK)
    run = caller.project.evidence()
    beside = {result.case: result.beside for result in run.results}
    one, two = ("ProcessRequest/consumer/1",), ("ProcessRequest/consumer/2",)
    assert beside == {"1": two, "2": one, "3": ()}, "the third waits for the patient of the second"
    assert "Under way at the same time" in (caller.project.report / "declaration.html").read_text(encoding="utf-8")
    ended(caller.project.run_here("--rivta-replace", "--rivta-overlap", "1"), OK)
    assert not any(result.beside for result in caller.project.evidence().results)


def test_what_is_red_beside_others_is_played_again_alone(caller: Caller) -> None:
    caller.suite.write_text(OVERLAPPING, encoding="utf-8")
    caller.project.change('equals: "1"', 'equals: "2"', caller.suite)
    output = ended(caller.project.run_here(), DEVIATES)
    assert "3 of 3 cases in 4 attempts, of which 1 are superseded" in output
    first, again = (result for result in caller.project.evidence().results if result.case == "1")
    assert (first.verdict, again.verdict, again.beside) == (Verdict.FAILED, Verdict.FAILED, ())
    assert first.beside
    assert again.supersedes is not None
    assert (again.supersedes.attempt, again.supersedes.by) == (1, "rivta")


def test_a_run_that_is_stopped_keeps_what_was_under_way(caller: Caller) -> None:
    caller.suite.write_text(OVERLAPPING, encoding="utf-8")
    caller.project.pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logreport(report):
            raise KeyboardInterrupt
        """
    )
    assert caller.project.run().ret == INTERRUPTED  # in this process pytester would stop too
    run = caller.project.evidence()
    assert {result.case: result.verdict for result in run.results} == {"1": Verdict.PASSED, "2": Verdict.NOT_PROVEN}
    stopped = next(result for result in run.results if result.case == "2")
    assert stopped.reason is not None
    assert stopped.reason.en == "The run was stopped while the case watched."
    assert [each.inbound for each in stopped.exchanges] == [True]
    assert not run.damage


# What is told of a red case


def normalised(output: str) -> str:
    """The failure section, without what differs from run to run."""
    text = re.split(r"\n=+ red: .*? =+\n", output)[1].split("\n= ")[0]
    text = re.split(r"\n=+ (?:rivta|short test summary info) =+", text)[0]
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"#[0-9a-f]{32}", "#UNIQUE", text)
    text = re.sub(r"\b\d+ ms", "N ms", text)
    text = re.sub(r"[\d.]+ s \[[\d.]+ s × 2000\]", "N s [N s × 2000]", text)
    return re.sub(r"_{3,}", "___", text).strip() + "\n"


def test_the_cause_of_a_red_case_is_seen_in_one_look(caller: Caller) -> None:
    project, parts = caller.project, []
    tries: list[tuple[str, dict[str, object], str, int]] = [
        ("a wrong message", {"action": "wrong"}, "1", DEVIATES),
        ("a message that is sent again", {"times": 2}, "2", DEVIATES),
        ("no call, though the system says that it called", {"times": 0}, "1", DEVIATES),
        ("a system that will not", {"times": 0, "outcome": "refused", "note": "no such button"}, "1", DEVIATES),
        ("an adapter that broke", {"times": 0, "outcome": "odd"}, "1", ENVIRONMENT),
    ]
    for title, habits, case, code in tries:
        caller.behaves(**habits)
        output = ended(project.run_here("--rivta-case", case, "--rivta-replace", *IN_TURN), code)
        parts += [f"######## {title}\n", normalised(output)]
    seen = "\n".join(parts)
    if os.environ.get("RIVTA_GOLDEN") == "write":
        GOLDEN.write_text(seen, encoding="utf-8")
    assert seen == GOLDEN.read_text(encoding="utf-8")
