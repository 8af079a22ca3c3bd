"""Load cases: their course, what is counted, what that says of a limit and of whom, how it is drawn; and one load over real sockets."""

import csv
import io
import json
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import load_world
import reading_world
import report_sample
import tiny_world
from loopback import free_ports
from rivta import environment, evidence, suite
from rivta.check import vocabulary
from rivta.check.load import judged
from rivta.cli import main
from rivta.cli.load import told
from rivta.evidence import from_line, line_of, seal
from rivta.model.case import Suite
from rivta.model.environment import Environment, TlsFiles
from rivta.model.errors import RivtaError, UsageError
from rivta.model.exchange import Exchange, Message
from rivta.model.load import Course, Limit, LoadStage, Measured, Slice, bucket, percentile, upper
from rivta.model.run import CaseResult, CheckResult
from rivta.model.words import Source, Verdict
from rivta.report import data, tables
from rivta.report.load import drawn
from rivta.report.voice import Voice
from rivta.run import recording
from rivta.run.load import LoadTally, Outcome
from rivta.run.load.playing import KnownLoads, Planned, loads_of, with_verdict
from rivta.run.opening import deciding
from rivta.run.stage import Stage as RunStage
from rivta.simulator import Simulator
from sealed_run import write_run

SNIPPETS = Path(__file__).parents[1] / "docs" / "snippets"
HERE = Source("producer.yaml", 9, 5)
SETTINGS = environment.read(tiny_world.ENVIRONMENT)
NOBODY: Any = None
"""A peer to whom nothing is sent."""


@cache
def read() -> Suite:
    path = tiny_world.SUITES / tiny_world.NAME / "GetLoans" / "producer.yaml"
    return suite.read(path, tiny_world.domain(), vocabulary(), environment.read(tiny_world.ENVIRONMENT).test_data)


def planned(id_: str) -> Planned:
    return next(each for each in loads_of([read()]) if each.load.case.id == id_)


@cache
def sound(id_: str) -> CaseResult:
    return load_world.played(planned(id_), tiny_world.matrix().bench)


# What a suite says


def test_a_load_case_plays_cases_of_the_suite_and_has_limits_of_its_own() -> None:
    load = planned("L.1").load
    assert [each.template.name for each in load.case.steps if hasattr(each, "template")] == ["question.xml"] * 2
    assert (load.stages, load.pause, load.share, load.probe) == ((LoadStage(8, 60.0),), 0.2, 20.0, 10.0)
    told = [(each.kind, each.share, each.ms, each.reference, each.verifies) for each in load.limits]
    assert told == [
        ("within", 95.0, 2000.0, "LB 5", ()),
        ("unmixed", 100.0, 0.0, "LB 5", ("GL-unmixed",)),
        ("available", 99.0, 0.0, "LB 5", ()),
        ("answered", 100.0, 0.0, "LB 5", ()),
        ("right", 100.0, 0.0, "LB 5", ()),
    ]
    assert load.verified == ("GL-load", "GL-unmixed")


def test_the_manuals_example_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / tiny_world.NAME
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, folder)
    path = folder / "GetLoans" / "producer.yaml"
    own = path.read_text(encoding="utf-8").partition("\nload:")[0]
    path.write_text(own + "\n" + (SNIPPETS / "load.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    first, second = suite.read(path, tiny_world.domain(), vocabulary()).loads
    assert (first.same_size, first.share, [each.share for each in first.limits]) == (
        True,
        5.0,
        [95, 99.9, 99.5, 100, 100],
    )
    assert second.stages == (LoadStage(100, 300.0, grows_from=10), LoadStage(10, 60.0))


def test_whose_the_records_are_is_demanded_unasked_only_of_contracts_that_describe_them(tmp_path: Path) -> None:
    folder = tmp_path / tiny_world.NAME
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, folder)
    load = """
load:
  - {id: L.9, title: Load, verifies: [GL-load], source: LB 5, plays: ["1.1"], users: 2, for: 9 s, requires: [known-loans]}
"""
    kinds = []
    for contract_ in ("GetLoans", "RegisterLoan.1"):
        path = folder / contract_ / "producer.yaml"
        own = path.read_text(encoding="utf-8").partition("\nload:")[0]
        told = load if contract_ == "GetLoans" else load.replace("GL-load", "R1-accepted")
        path.write_text(own + told, encoding="utf-8")
        (one,) = suite.read(path, tiny_world.domain(), vocabulary()).loads
        kinds.append([each.kind for each in one.limits])
    assert kinds == [["answered", "right", "unmixed"], ["answered", "right"]]


def test_an_ordinary_run_plays_no_load_case() -> None:
    assert {"L.1", "L.2"} & {each.id for each in read().cases} == set()


# Its course


def test_the_users_grow_evenly_and_durations_are_shortened_by_the_factor() -> None:
    course = Course((LoadStage(100, 300.0, grows_from=10), LoadStage(10, 60.0)), factor=10.0)
    assert course.seconds == 36.0
    assert [course.users_at(at) for at in (0.0, 15.0, 29.99, 30.0, 35.9, 36.0)] == [10, 55, 100, 10, 10, None]


@given(
    st.lists(st.builds(LoadStage, users=st.integers(1, 100), seconds=st.floats(0.5, 2000)), min_size=1, max_size=5),
    st.floats(0.5, 100),
)
def test_slices_cover_the_course_and_none_lies_in_two_stages(stages: list[LoadStage], factor: float) -> None:
    course = Course(tuple(stages), factor)
    slices = course.slices()
    assert len(slices) <= 60 + len(stages)
    ends = [each.begins + each.seconds for each in slices]
    assert [each.begins for each in slices[1:]] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(course.seconds)
    for each, end in zip(slices, ends, strict=True):
        last = course.ends[each.stage - 1]
        assert last - stages[each.stage - 1].seconds / factor - 1e-6 <= each.begins < end <= last + 1e-6


# What is counted


@given(st.lists(st.floats(0.1, 100_000), min_size=1, max_size=200), st.sampled_from((50, 95, 99, 100)))
@settings(max_examples=60)
def test_a_percentile_is_at_most_5_percent_above_the_one_that_was_counted(took: list[float], share: int) -> None:
    counted: dict[int, int] = {}
    for each in took:
        counted[bucket(each)] = counted.get(bucket(each), 0) + 1
    found = percentile([Slice(0, 1, 1, times=tuple(counted.items()))], share)
    exact = sorted(took)[max(1, ceil(len(took) * share / 100 - 1e-9)) - 1]
    assert found is not None
    assert exact * 0.9999 <= found <= exact * 1.0501
    assert upper(bucket(exact)) == found


def answered(ms: float, **more: object) -> Outcome:
    exchange = Exchange("C", "url", Message((), b"<q/>"), Message((), b"<a/>"), 200, "2026-03-02T08:00:00.000Z", ms)
    return replace(Outcome(exchange), **more)  # type: ignore[arg-type]


LIMITS = (Limit("within", 95.0, "LB 5", HERE, ms=100.0), Limit("answered", 100.0, "LB 5", HERE))
SLICES = Course((LoadStage(4, 4.0),)).slices()


def counted(*outcomes: Outcome, at: float = 0.0) -> LoadTally:
    tally = LoadTally(SLICES, LIMITS[:1], "one")
    for each in outcomes:
        place = tally.begin(at)
        tally.end(place, each)
        tally.over()
    return tally


def test_each_outcome_counts_where_its_call_began() -> None:
    outcomes = (
        answered(50),
        answered(150, wrong=("result", "schema"), checked=True),
        answered(20, says_whose=True, mixed=True),
        answered(0, lost="timeout"),
        answered(0, hindered="refused"),
    )
    tally = counted(*outcomes, at=2.5)
    third = tally.slices()[2]
    assert (third.sent, third.answered, third.lost, third.hindered) == (5, 3, {"timeout": 1}, {"refused": 1})
    assert (third.not_right, third.wrong, third.checked) == (1, {"result": 1, "schema": 1}, 1)
    assert (third.whose, third.mixed, third.over) == (1, 1, (1,))
    assert sum(count for _, count in third.times) == 3
    assert [each.sent for each in tally.slices()] == [0, 0, 5, 0]
    assert {*tally.examples} == {"answered", "hindered", "right", "unmixed", "within"}
    assert tally.examples["within"].elapsed_ms == 150


def test_what_workers_counted_adds_up_and_is_told_once() -> None:
    first, second = counted(*[answered(50)] * 3, at=1.0), counted(answered(500), answered(0, lost="reset"), at=1.0)
    first.look(1.0, 2, 0.5, 1.0)
    second._name = "two"
    second.look(1.0, 3, 0.95, 1.0)
    whole = LoadTally(SLICES, LIMITS[:1])
    for each in (first, second, first):  # the third time there is nothing left to take
        whole.add(json.loads(json.dumps(taken := each.taken(), default=bytes.decode)) | {"bodies": taken["bodies"]})
    found = whole.slices()[1]
    assert (found.answered, found.lost, found.over, found.users, found.busy) == (4, {"reset": 1}, (1,), 5, 0.95)
    assert whole.examples["within"].elapsed_ms == 500
    assert whole.examples["answered"].response is not None


def test_a_tally_grows_with_its_stretches_and_not_with_what_is_counted() -> None:
    few, many = (
        counted(*[answered(each) for each in range(1, 1000)]),
        counted(*[answered(each % 999 + 1) for each in range(20_000)]),
    )
    sizes = [len(json.dumps(each.taken()["cells"])) for each in (few, many)]
    assert sizes[1] < sizes[0] * 1.3


def test_what_broke_in_us_is_told_and_so_is_what_was_broken_off() -> None:
    tally = counted(answered(1))
    tally.begin(0.0)
    tally.over()
    assert tally.slices()[0].sent == 1
    assert tally._under_way == 0


# What that says of a limit


def measured(*slices: Slice, limits: tuple[Limit, ...] = LIMITS, **more: object) -> Measured:
    whole = Measured((LoadStage(4, 4.0),), limits, slices, 1.0, 1, 5.0, 4.0, 4.0)
    return replace(whole, **more)  # type: ignore[arg-type]


def stretch(**more: object) -> Slice:
    """A second in which 100 calls were answered, 2 of them late."""
    return replace(Slice(0.0, 1.0, 1, users=4, answered=100, over=(2,), times=((70, 100),)), **more)  # type: ignore[arg-type]


def verdicts(found: tuple[CheckResult, ...]) -> list[str]:
    return [each.verdict.name for each in found]


JUDGED: dict[str, tuple[Measured, list[str]]] = {
    "kept": (measured(stretch()), ["PASSED", "PASSED"]),
    "kept exactly": (measured(stretch(over=(5,))), ["PASSED", "PASSED"]),
    "one too many is late": (measured(stretch(over=(6,))), ["FAILED", "PASSED"]),
    "a lost answer": (measured(stretch(lost={"timeout": 1})), ["PASSED", "FAILED"]),
    "late while the generator was at its end": (measured(stretch(over=(60,), busy=0.97)), ["BLOCKED", "PASSED"]),
    "lost while the generator was at its end": (measured(stretch(lost={"reset": 9}, busy=0.97)), ["PASSED", "BLOCKED"]),
    "late whatever the generator did": (measured(stretch(over=(60,), busy=0.97), stretch(over=(60,))), ["FAILED", "PASSED"]),
    "the proxy answered": (measured(stretch(hindered={"gateway": 3})), ["BLOCKED", "BLOCKED"]),
    "the proxy answered, and the system was late": (measured(stretch(hindered={"gateway": 3}, over=(60,))), ["FAILED", "BLOCKED"]),
    "nothing arrived": (measured(Slice(0, 1, 1, users=4, hindered={"refused": 9})), ["BLOCKED", "BLOCKED"]),
    "nothing was sent": (measured(Slice(0, 1, 1, users=4)), ["NOT_PROVEN", "NOT_PROVEN"]),
    "stopped too early": (measured(stretch(), replace(stretch(), begins=3.0), lasted=3.5), ["NOT_PROVEN", "NOT_PROVEN"]),
    "stopped, and late until then": (measured(stretch(over=(60,)), lasted=0.5), ["FAILED", "NOT_PROVEN"]),
    "fewer users than it says": (measured(stretch(users=3)), ["NOT_PROVEN", "NOT_PROVEN"]),
    "a worker was lost on the way": (measured(stretch(), stretch(begins=1.0), stretch(begins=2.0, users=2)), ["NOT_PROVEN", "NOT_PROVEN"]),
    "broke in us": (measured(stretch(), broke="KeyError: x"), ["ERROR", "ERROR"]),
}  # fmt: skip


@pytest.mark.parametrize("name", JUDGED)
def test_whose_fault_it_was(name: str) -> None:
    found, expected = JUDGED[name]
    assert verdicts(judged(found, ("R-1",))) == expected


def test_a_limit_on_one_stage_says_nothing_of_another() -> None:
    limits = (Limit("answered", 100.0, "LB 5", HERE, stages=(2,), verifies=("R-2",)),)
    stages = (LoadStage(9, 1.0), LoadStage(4, 1.0))
    overload = stretch(users=9, lost={"reset": 50}, hindered={"refused": 5})
    (check,) = judged(measured(overload, stretch(stage=2, begins=1.0), limits=limits, stages=stages), ("R-1",))
    assert (check.verdict, check.verifies, check.expected) == (Verdict.PASSED, ("R-2",), "≥ 100 % [2/2]")
    broken = measured(stretch(users=9), replace(overload, stage=2, begins=1.0), limits=limits, stages=stages)
    assert verdicts(judged(broken, ())) == ["FAILED"]


def test_what_a_reader_has_to_know_stands_beside_the_figures() -> None:
    (kept, _) = judged(measured(stretch(over=(6,), busy=0.95), stretch(), factor=10.0), ())
    assert kept.note is not None
    assert "10 times shorter" in kept.note.en
    assert "used up its own processor" in kept.note.en
    (late, _) = judged(measured(stretch(over=(60,), busy=0.97)), ())
    assert late.note is not None
    assert "tester's machine" in late.note.en
    assert kept.actual == "96 % (192 / 200), p95 = 3.043 ms"


def test_calls_a_second_are_those_of_the_time_that_it_lasted() -> None:
    assert measured(stretch(), replace(stretch(), answered=0, begins=1.0), lasted=0.5).rate == 200.0
    assert measured(lasted=0.0).rate == 0.0


# A load case, played


@pytest.mark.parametrize("id_", ["L.1", "L.2"])
def test_a_sound_system_keeps_every_limit(id_: str) -> None:
    result = sound(id_)
    assert verdicts(result.checks) == ["PASSED"] * len(result.checks)
    assert result.load is not None
    assert sum(each.checked for each in result.load.slices) > 0


FAULTS = {
    "answers-slowly-under-load": {"L.1", "L.2"},
    "loses-answers-under-load": {"L.1", "L.2"},
    "mixes-borrowers-under-load": {"L.1", "L.2"},
    "does-not-recover": {"L.2"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_shows_under_load_turns_its_load_cases_red_and_no_other_case(fault: str) -> None:
    bench = tiny_world.matrix().bench
    assert load_world.red([read()], bench, (fault,)) == FAULTS[fault]
    verifies = {
        each.load.case.id
        for each in loads_of([read()])
        for id_ in bench.simulated.faults[fault].breaks
        if id_ in each.load.verified
    }
    assert verifies <= FAULTS[fault]
    case = next(each for each in read().cases if each.id == "1.1")
    assert bench.play(case, read(), (fault,)).verdict is Verdict.PASSED


def test_records_of_another_patient_come_along_only_under_load(tmp_path: Path) -> None:
    domain, simulated = reading_world.read(
        reading_world.folder(tmp_path, held=reading_world.HELD.replace("most: 8", "most: 99"))
    )
    (contract,) = [each for each in domain.contracts.values() if each.records]
    with Simulator(simulated, ("GL-mixes-patients-under-load",)) as system, ExitStack() as others:

        def whose() -> list[str]:
            payload = reading_world.asked(system, reading_world.question(reading_world.BO))
            return reading_world.given(contract, payload, "borrowerId/@extension")

        alone = whose()
        assert {*alone} == {reading_world.BO}
        for _ in range(5):
            others.enter_context(system.call())
        assert len({*whose()}) == 2
        others.close()
        assert whose() == alone


def test_a_broken_limit_is_told_first_with_the_reasons_counted() -> None:
    found = sound("L.1").load
    assert found is not None
    first, *others = found.slices
    slices = (replace(first, not_right=first.answered, wrong={"size": first.answered - 1, "soap": 2}), *others)
    result = with_verdict(replace(sound("L.1"), load=replace(found, slices=slices)), ("GL-load",))
    head, limit, why, *rest = told(result, "GetLoans")
    assert head == "GetLoans/L.1 " + result.title.en + ": Deviation"
    assert limit.startswith("  Deviation: Right answers under load: ≥ ")
    assert f"({first.answered - 1} × size, 2 × soap)" in why
    assert "times shorter than the case says" in "".join(rest)
    assert not any("Right answers" in line for line in rest)


def test_a_load_case_is_told_and_read_back_and_judged_again_alike() -> None:
    result = sound("L.1")
    bodies: dict[str, bytes] = {}

    def kept(body: bytes) -> str:
        name = str(len(bodies))
        bodies[name] = body
        return name

    again = from_line(json.loads(json.dumps(line_of(result, kept))), bodies.__getitem__)
    assert again.load == result.load
    assert with_verdict(again, planned("L.1").load.case.verifies).verdict is result.verdict


def test_its_counts_are_there_for_programs_and_for_spreadsheets() -> None:
    found, rich = sound("L.2").load, report_sample.rich()
    assert found is not None
    first, *others = rich.run.results
    told = replace(rich, run=replace(rich.run, results=(replace(first, load=found), *others)))
    written = json.loads(data.render(told))
    jsonschema.validate(written, data.schema())
    load, *none = [each["load"] for each in written["cases"]]
    assert none == [None] * len(others)
    assert (load["sent"], load["workers"]) == (found.sent, found.workers)
    for stretch, counted in zip(load["slices"], found.slices, strict=True):
        assert sum(each["answers"] for each in stretch["histogram"]) == stretch["answered"] == counted.answered
        assert stretch["p95_ms"] in [None, *(each["up_to_ms"] for each in stretch["histogram"])]
    head, *lines = csv.reader(io.StringIO(tables.load(told, "en").decode("utf-8-sig")))
    assert [int(line[head.index("Answered")]) for line in lines] == [each.answered for each in found.slices]
    assert [line[head.index("95 % within (ms)")] != "" for line in lines] == [
        each.answered > 0 for each in found.slices
    ]


def test_a_load_is_not_played_again(tmp_path: Path) -> None:
    rich = report_sample.rich().run
    write_run(
        tmp_path, replace(rich, results=(replace(rich.results[0], load=sound("L.2").load),), strays=(), footer=None)
    )
    with pytest.raises(UsageError, match="is a load: what came was counted, and not kept") as refused:
        recording.read(tmp_path)
    assert "--again" in refused.value.todo


# What a worker must have in common with who leads


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"roles": ("catalogue",)}, ["roles"]),
        ({"system": replace(SETTINGS.system, version="3.0")}, ["version"]),
        ({"endpoints": {**SETTINGS.endpoints, "GetLoans": replace(SETTINGS.endpoints["GetLoans"], url="http://x/")}}, ["endpoint GetLoans"]),
        ({"test_data": {}}, ["test data"]),
        ({"headers": {"x-key": "1"}}, ["headers"]),
        ({"tls": TlsFiles(ca=tiny_world.ENVIRONMENT)}, ["tls ca"]),
        ({"tls": TlsFiles(server_name="other.example")}, ["tls server name"]),
        ({"read_seconds": 99.0}, ["timeouts"]),
        ({"test_identities": frozenset({"201212121212"})}, ["test identities"]),
    ],
)  # fmt: skip
def test_a_worker_with_another_environment_is_refused_with_what_differs(other: Any, named: list[str]) -> None:
    load, facts = planned("L.1"), deciding(SETTINGS, read())

    def known(settings: Environment) -> KnownLoads:
        return KnownLoads((load,), lambda suite_, run, seed: RunStage(suite_, settings, NOBODY, run, seed=seed))

    alike, _ = known(replace(SETTINGS, adapter=None, listening=None)).work(load.key, facts, "run", 0)
    assert alike is load
    with pytest.raises(RivtaError, match="a worker has another environment or suite") as refused:
        known(replace(SETTINGS, **other)).work(load.key, facts, "run", 0)
    assert [each.partition(" is ")[0] for each in refused.value.what.partition(": ")[2].split("; ")] == named


def test_a_secret_of_another_value_is_told_and_neither_of_them() -> None:
    def facts(key: str) -> dict[str, str]:
        secret = replace(SETTINGS, headers={"X-Key": key}, secrets=(key,))
        return deciding(secret, read())

    here, there = facts("hemlig-1"), facts("hemlig-2")
    assert [name for name in here if here[name] != there[name]] == ["secrets in headers and test data"]
    assert here == facts("hemlig-1")
    assert len(here["secrets in headers and test data"]) == 4, "16 bits: nobody guesses a secret by that"
    assert "hemlig" not in str(here)


# How it is drawn


def test_the_drawing_holds_each_limit_each_percentile_and_a_text_of_its_own() -> None:
    found = sound("L.2").load
    assert found is not None
    drawing = str(drawn(found, "load-1", ("Titel", "Beskrivning"), Voice("sv")))
    assert '<title id="load-1-t">Titel</title><desc id="load-1-d">Beskrivning</desc>' in drawing
    assert [kind for kind in ("p50", "p95", "p99") if f'<polyline class="{kind}"' not in drawing] == []
    assert "95 % inom 2\N{NO-BREAK SPACE}s (LB 5)" in drawing
    assert drawing.count('class="limit"') == 1, "the limit is about one of the two stages"
    assert "style=" not in drawing, "a content policy may forbid it"


def test_a_stretch_without_answers_breaks_the_line_and_is_marked() -> None:
    slices = (
        stretch(),
        stretch(begins=1.0, answered=0, times=(), lost={"reset": 4}),
        stretch(begins=2.0, hindered={"refused": 1}),
    )
    drawing = str(drawn(measured(*slices), "load-1", ("T", "D"), Voice("en")))
    assert drawing.count('<polyline class="p95"') == 2
    assert [drawing.count(f'<rect class="{kind}"') for kind in ("within", "over", "hindered")] == [1, 1, 1]


# Over real sockets


def command(url: str, folder: Path, *words: str) -> list[str]:
    tiny_world.environment_at(url, folder / "environment.yaml")
    start = [sys.executable, "-c", "import sys; from rivta.cli import main; sys.exit(main())", "load", "--no-preflight"]
    where = [
        "--env",
        str(folder / "environment.yaml"),
        "--suites",
        str(tiny_world.SUITES),
        "--report",
        str(folder / "run"),
    ]
    return [*start, *where, "--contract", "GetLoans", *words]


def test_a_worker_and_its_master_over_sockets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = f"127.0.0.1:{free_ports(1)}"
    with tiny_world.system() as server:
        words = ("--master", place, "--workers", "1", "--time-factor", "30", "--case", "L.1")
        leads = command(server.url, tmp_path, *words)
        works = [*leads[: leads.index("--master")], "--case", "L.1", "--worker", place]
        with subprocess.Popen(works, stderr=subprocess.PIPE, text=True) as worker:
            done = subprocess.run(leads, capture_output=True, text=True, check=False)
            _, trouble = worker.communicate(timeout=60)
    assert (done.returncode, worker.returncode) == (0, 0), (done.stderr, trouble)
    assert f"waiting for 1 workers at {place}" in done.stderr
    run = evidence.read(tmp_path / "run")
    (result,) = run.results
    assert result.load is not None
    assert sum(each.answered for each in result.load.slices) > 0
    assert (result.load.factor, result.load.workers, result.load.broke) == (30.0, 1, "")
    assert max(each.peak for each in result.load.slices) <= 9
    assert seal.sealed_by(tmp_path / "run") is not None
    assert 'class="load"' in (tmp_path / "run" / "declaration.html").read_text(encoding="utf-8")
    again = ("--again", "--env", str(tmp_path / "environment.yaml"), "--suites", str(tiny_world.SUITES))
    assert main(["verify", str(tmp_path / "run"), *again]) == 0
    assert "give 1 of the verdicts again" in capsys.readouterr().out


def test_a_worker_of_another_system_is_refused_at_both_sides(tmp_path: Path) -> None:
    place = f"127.0.0.1:{free_ports(1)}"
    with tiny_world.system() as server:
        words = ("--master", place, "--workers", "1", "--time-factor", "30", "--case", "L.1")
        leads = command(server.url, tmp_path, *words)
        tiny_world.environment_at("http://127.0.0.1:9", tmp_path / "other.yaml")
        works = [each.replace("environment.yaml", "other.yaml") for each in leads[: leads.index("--master")]]
        with subprocess.Popen([*works, "--worker", place], stderr=subprocess.PIPE, text=True) as worker:
            done = subprocess.run(leads, capture_output=True, text=True, check=False)
            _, trouble = worker.communicate(timeout=60)
    assert (done.returncode, worker.returncode) == (4, 4), (done.stderr, trouble)
    for said in (done.stderr, trouble):
        assert "another environment or suite than who leads the load case" in said
        assert "endpoint GetLoans is http://127.0.0.1:9/" in said
        assert said.count("→ let every machine have the same suites") == 1


def test_what_lacks_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    """In a process of its own, for Locust changes the standard library."""
    shutil.copytree(tiny_world.SUITES, tmp_path / "suites")
    form = tmp_path / "suites" / tiny_world.NAME / "forms" / "catalogue.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace("producer.yaml", "nowhere.yaml"), encoding="utf-8")
    words = [str(tmp_path / "suites") if each == str(tiny_world.SUITES) else each for each in command("http://127.0.0.1:9", tmp_path)[3:]]  # fmt: skip
    both = f"from rivta.cli import main; print(*(main([*{words!r}, *more]) for more in ([], ['--case', 'nope'], ['--case', 'GetLoans/L.1'])))"
    done = subprocess.run([sys.executable, "-c", both], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["4", "4", "4"], done.stderr
    assert done.stderr.count("forms/nowhere.yaml: there is no such file") == 2, "a case may be named by its key, too"
    assert "no load case fits the environment's roles and what was asked for" in done.stderr
    assert "the load cases are: GetLoans/L.1, GetLoans/L.2" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_port_that_is_taken_is_told_to_who_leads(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        words = command("http://127.0.0.1:9", tmp_path, "--master", place, "--workers", "1", "--case", "L.1")
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert f"--master cannot listen on {place}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / evidence.FILE).exists()


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path) -> None:
    with tiny_world.system() as server, subprocess.Popen(
        command(server.url, tmp_path, "--workers", "1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        while process.poll() is None and not any((tmp_path / "run" / "messages").glob("*")) and not began(tmp_path):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        process.send_signal(signal.SIGINT)
        _, trouble = process.communicate(timeout=120)
    assert process.returncode == 2, trouble
    run = evidence.read(tmp_path / "run")
    (result,) = run.results
    assert run.footer is None
    assert result.load is not None
    assert result.load.lasted < result.load.seconds, "it was stopped before its time"
    assert Verdict.PASSED not in [each.verdict for each in result.checks]
    html = (tmp_path / "run" / "declaration.html").read_text(encoding="utf-8")
    over_time = html.partition('<section id="load"')[2].partition("</section>")[0].rpartition("<tbody>")[2]
    begun = [each for each in result.load.slices if each.begins < result.load.lasted]
    assert over_time.count("<tr>") == len(begun) < len(result.load.slices)


def began(folder: Path) -> bool:
    """Whether the evidence has its header: the load begins then."""
    path = folder / "run" / evidence.FILE
    return path.is_file() and path.stat().st_size > 0
