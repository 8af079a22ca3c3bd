"""Evidence written and read back: whole runs, killed runs, damaged files."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

import strategies
from bodies_kept import apart, kept
from rivta import evidence
from rivta.evidence.reader import run_in_words
from rivta.model.domain import DomainFacts
from rivta.model.environment import System
from rivta.model.errors import Unwritable, UsageError
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, CheckResult, PlannedCase, Run, RunFooter, RunHeader, Stray
from rivta.model.words import Source, Text, Verdict
from thorough import tried

HEADER = RunHeader(
    run="2031-05-06T07:08:09Z",
    started="2031-05-06T07:08:09Z",
    rivta="0.1.0",
    python="3.11.7",
    system=System("Region Exempel", "Remissa", "1.0"),
    roles=("remissmottagare",),
    environment={"ProcessRequest": "http://127.0.0.1:8020/ProcessRequest"},
    domains=(
        DomainFacts(
            "clinicalprocess.activity.request", "2.2", Text("Elektronisk remiss", "Electronic referral"), (), ()
        ),
    ),
    suites={"suites/ProcessRequest/producer.yaml": "0" * 64},
    planned=(
        PlannedCase(
            "1.2", Text.same("minimal"), "ProcessRequest", "producer", "suites/ProcessRequest/producer.yaml", ()
        ),
    ),
    test_identities=(),
    mask_key="key",
)


def a_result(case: str = "1.1", body: bytes = b"<svar/>", verdict: Verdict = Verdict.PASSED) -> CaseResult:
    exchange = Exchange(
        contract="ProcessRequest",
        url="http://127.0.0.1:8020/ProcessRequest",
        request=Message((("SOAPAction", '"x"'),), b"<fr\xc3\xa5ga/>"),
        response=Message((("Content-Type", "text/xml"),), body),
        status=200,
        started="2031-05-06T07:08:10Z",
        elapsed_ms=12.5,
    )
    return CaseResult(
        case=case,
        title=Text("Remiss tas emot", "A referral is accepted"),
        domain="clinicalprocess.activity.request",
        contract="ProcessRequest",
        role="producer",
        suite="suites/ProcessRequest/producer.yaml",
        verdict=verdict,
        verifies=("PR-F-minimal",),
        checks=(CheckResult("result", verdict, ("PR-F-minimal",), "OK", "OK"),),
        exchanges=(exchange,),
        started="2031-05-06T07:08:10Z",
        elapsed_ms=13.5,
        source=Source("producer.yaml", 12, 3, "  - id: 1.1"),
    )


def written(folder: Path, *results: CaseResult, footer: bool = True) -> Path:
    with evidence.EvidenceWriter(folder) as writer:
        writer.header(HEADER)
        for result in results:
            writer.write(result)
        if footer:
            writer.write(RunFooter("2031-05-06T07:09:00Z", {"PASSED": len(results)}))
    return folder / evidence.FILE


def test_a_run_reads_back_as_it_was(tmp_path: Path) -> None:
    results = (a_result("1.1"), a_result("1.2", b""))
    file = written(tmp_path, *results)
    run = evidence.read(tmp_path)
    assert run == Run(tmp_path, HEADER, results, RunFooter("2031-05-06T07:09:00Z", {"PASSED": 2}))
    assert evidence.read(file) == run


@settings(max_examples=tried(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.runs())
def test_any_run_reads_back_as_it_was(run: Run) -> None:
    assert run.footer
    with TemporaryDirectory() as name:
        folder = Path(name)
        with evidence.EvidenceWriter(folder) as writer:
            writer.header(run.header)
            for result in run.results:
                writer.write(result)
            for stray in run.strays:
                writer.write(stray)
            writer.write(run.footer)
        assert evidence.read(folder) == run_in_words(replace(run, folder=folder))


def test_each_line_says_what_it_is_and_in_which_format(tmp_path: Path) -> None:
    file = written(tmp_path, a_result())
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["kind"], line["version"]) for line in lines] == [("header", 1), ("case", 1), ("footer", 1)]
    assert lines[1]["verdict"] == "PASSED"
    assert "fråga" not in file.read_text(encoding="utf-8")


def test_bodies_lie_beside_the_lines_and_are_named_by_content(tmp_path: Path) -> None:
    written(tmp_path, a_result("1.1"), a_result("1.2"))
    bodies = (b"<svar/>", b"<fr\xc3\xa5ga/>")
    assert kept(tmp_path) == {sha256(body).hexdigest(): body for body in bodies}
    [path] = (tmp_path / "messages").iterdir()
    assert path.stat().st_size == sum(
        64 + len(f" {len(body)}\n") + len(body) + 1 for body in bodies
    )  # each of them once


def test_every_line_is_on_disk_before_the_next_is_written(tmp_path: Path) -> None:
    with evidence.EvidenceWriter(tmp_path) as writer:
        writer.header(HEADER)
        assert evidence.read(tmp_path).header == HEADER
        writer.write(a_result())
        assert len(evidence.read(tmp_path).results) == 1


def test_a_line_that_a_worker_made_is_appended_as_it_is(tmp_path: Path) -> None:
    line = evidence.line_of(a_result(), evidence.RunBodies(tmp_path).keep)
    assert evidence.from_line(json.loads(json.dumps(line))).verdict is Verdict.PASSED
    with evidence.EvidenceWriter(tmp_path) as writer:
        writer.header(HEADER)
        writer.append(line)
    assert evidence.read(tmp_path).results == (a_result(),)


def test_a_line_of_another_kind_is_no_result(tmp_path: Path) -> None:
    header = json.loads(written(tmp_path).read_bytes().splitlines()[0])
    with pytest.raises(evidence.Misfit, match="kind: should be case"):
        evidence.from_line(header)


def test_text_that_is_no_unicode_is_kept(tmp_path: Path) -> None:
    result = replace(a_result(), suite="suites/\udce5.yaml", source=Source("\udce5.yaml", text="å"))
    written(tmp_path, result)
    assert evidence.read(tmp_path).results == (result,)


def test_a_line_before_the_header_is_refused(tmp_path: Path) -> None:
    with evidence.EvidenceWriter(tmp_path) as writer, pytest.raises(ValueError, match="header comes first"):
        writer.write(a_result())


def test_evidence_is_not_written_over(tmp_path: Path) -> None:
    before = written(tmp_path, a_result()).read_bytes()
    with pytest.raises(UsageError, match="already holds the evidence of a run") as caught:
        evidence.EvidenceWriter(tmp_path)
    assert "another folder" in caught.value.todo
    assert (tmp_path / evidence.FILE).read_bytes() == before


def test_evidence_is_written_over_when_asked_and_nothing_else_is_touched(tmp_path: Path) -> None:
    written(tmp_path, a_result(body=b"<old/>"))
    (tmp_path / "messages" / "note.xml").write_text("mine")
    (tmp_path / "declaration.html").write_text("mine too")
    with evidence.EvidenceWriter(tmp_path, replace=True) as writer:
        writer.header(HEADER)
    assert evidence.read(tmp_path).results == ()
    assert [path.name for path in (tmp_path / "messages").iterdir()] == ["note.xml"]
    assert (tmp_path / "declaration.html").read_text() == "mine too"


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "run"
    place.write_text("")
    with pytest.raises(UsageError, match="is not a folder"):
        evidence.EvidenceWriter(place)
    with pytest.raises(Unwritable, match="cannot be written"):
        evidence.EvidenceWriter(place / "inside")


# Damage


def damaged(tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]) -> Run:
    """The run of three cases after its lines (header, three cases, footer) were changed."""
    file = written(tmp_path, a_result("1.1"), a_result("1.2"), a_result("1.3"))
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(change(lines)))
    return evidence.read(tmp_path)


def cases(run: Run) -> list[str]:
    return [result.case for result in run.results]


def test_a_run_without_footer_was_cut_short_and_is_sound(tmp_path: Path) -> None:
    run = damaged(tmp_path, lambda lines: lines[:-1])
    assert (cases(run), run.footer, run.damage) == (["1.1", "1.2", "1.3"], None, ())


def test_a_last_line_cut_in_the_middle_is_told(tmp_path: Path) -> None:
    run = damaged(tmp_path, lambda lines: [*lines[:3], lines[3][:40]])
    assert (cases(run), run.damage) == (["1.1", "1.2"], ("line 4 is cut short",))


def test_a_last_line_that_lacks_only_its_line_break_is_whole(tmp_path: Path) -> None:
    run = damaged(tmp_path, lambda lines: [*lines[:3], lines[3][:-1]])
    assert (cases(run), run.damage) == (["1.1", "1.2", "1.3"], ())


@pytest.mark.parametrize(
    ("garbage", "told"),
    [
        (b"\0\0\0\0\n", "line 3 is not JSON"),
        (b"\xff\xfe\n", "line 3 is not JSON"),
        (b"\n", "line 3 is not JSON"),
        (b"[" * 100_000 + b"\n", "line 3 is not JSON"),
        (b"[]\n", "line 3 is no object"),
        (b"{}\n", "line 3 is of no known kind"),
        (b'{"kind": ["case"]}\n', "line 3 is of no known kind"),
        (b'{"kind": "case"}\n', "line 3 is a damaged case: case: is missing"),
        (b'{"kind": "footer"}\n', "line 3 is a damaged footer: ended: is missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:12]),
)
def test_a_garbage_line_is_told_and_the_rest_is_used(tmp_path: Path, garbage: bytes, told: str) -> None:
    run = damaged(tmp_path, lambda lines: [*lines[:2], garbage, *lines[3:]])
    assert cases(run) == ["1.1", "1.3"]
    assert run.damage == (told, "line 5: the footer counts 3 cases, 2 can be read")


def test_a_line_that_was_taken_out_is_told(tmp_path: Path) -> None:
    run = damaged(tmp_path, lambda lines: [*lines[:2], *lines[3:]])
    assert run.damage == ("line 4: the footer counts 3 cases, 2 can be read",)


def test_a_second_header_is_told_and_left_out(tmp_path: Path) -> None:
    run = damaged(tmp_path, lambda lines: [*lines, lines[0], lines[-1]])
    assert [told.split(" is ")[0] for told in run.damage] == ["line 6", "line 7"]


def test_a_case_that_does_not_fit_says_where_and_never_what(tmp_path: Path) -> None:
    run = damaged(tmp_path, lambda lines: [*lines[:3], lines[3].replace(b'"PASSED"', b'"191212121212"')])
    words = ", ".join(verdict.name for verdict in Verdict)
    assert run.damage == (f"line 4 is a damaged case: verdict: should be one of {words}",)


def test_unknown_fields_of_a_newer_writer_are_ignored(tmp_path: Path) -> None:
    # In objects alone: a mapping takes any key, so that what was put into it stays, or does not fit.
    objects = re.compile(rb'\{(?="(?:kind|sv|path|headers|contract|organisation|name|case)":)')
    run = damaged(tmp_path, lambda lines: [objects.sub(b'{"mood":"fine",', line) for line in lines])
    assert b'{"mood":"fine","sv"' in (tmp_path / evidence.FILE).read_bytes()
    assert cases(run) == ["1.1", "1.2", "1.3"]
    assert all(result == a_result(result.case) for result in run.results)


def test_a_body_that_is_gone_is_told_once_a_line(tmp_path: Path) -> None:
    written(tmp_path, a_result(body=b"<gone/>"))
    name = sha256(b"<gone/>").hexdigest()
    (apart(tmp_path) / f"{name}.xml").unlink()
    run = evidence.read(tmp_path)
    response = run.results[0].exchanges[0].response
    assert response
    assert response.body == b""
    assert run.damage == (f"line 2: messages/{name}.xml is missing",)


def test_a_body_that_was_changed_is_told_and_shown_as_it_is_now(tmp_path: Path) -> None:
    written(tmp_path, a_result(body=b"<ERROR/>"))
    name = sha256(b"<ERROR/>").hexdigest()
    (apart(tmp_path) / f"{name}.xml").write_bytes(b"<OK/>")
    run = evidence.read(tmp_path)
    response = run.results[0].exchanges[0].response
    assert response
    assert response.body == b"<OK/>"
    assert "line 2" in run.damage[0]
    assert "changed after it was written" in run.damage[0]


def test_a_body_that_is_a_folder_is_told(tmp_path: Path) -> None:
    written(tmp_path, a_result(body=b"<gone/>"))
    place = apart(tmp_path) / f"{sha256(b'<gone/>').hexdigest()}.xml"
    place.unlink()
    place.mkdir()
    assert "cannot be read" in evidence.read(tmp_path).damage[0]


def test_a_line_cannot_name_a_file_outside_the_run(tmp_path: Path) -> None:
    (tmp_path / "secret.xml").write_text("<secret/>")
    name = sha256(b"<svar/>").hexdigest().encode()
    run = damaged(tmp_path / "run", lambda lines: [line.replace(name, b"../../secret") for line in lines])
    response = run.results[0].exchanges[0].response
    assert response
    assert response.body == b""
    assert run.damage[0] == "line 2: a body is named by something that is not a SHA-256"


def test_a_file_without_a_header_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no header can be read in it"):
        damaged(tmp_path, lambda lines: lines[1:])


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="empty: the run ended before it wrote anything"):
        damaged(tmp_path, lambda _: [])


def test_a_damaged_header_says_where(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"header is damaged: system\.product: should be a text") as caught:
        damaged(tmp_path, lambda lines: [lines[0].replace(b'"Remissa"', b"7"), *lines[1:]])
    assert str(caught.value.source) == f"{tmp_path / evidence.FILE}:1:1"


@pytest.mark.parametrize(
    "moment", ["yesterday", "0001-01-01", "2031-05-06T07:08:09", "<img src=x>", "2031-05-06T07:08:09Z #panic()"]
)
def test_a_moment_that_is_none_is_refused_with_its_place(tmp_path: Path, moment: str) -> None:
    told = "started: should be a time with its zone, as 2026-11-29T10:15:00+00:00"
    wrong = f'"started":"{moment}"'.encode()
    with pytest.raises(UsageError, match=re.escape(f"header is damaged: {told}")) as caught:
        damaged(
            tmp_path / "header",
            lambda lines: [lines[0].replace(b'"started":"2031-05-06T07:08:09Z"', wrong), *lines[1:]],
        )
    assert str(caught.value.source) == f"{tmp_path / 'header' / evidence.FILE}:1:1"
    run = damaged(
        tmp_path / "case", lambda lines: [*lines[:3], lines[3].replace(b'"started":"2031-05-06T07:08:10Z"', wrong)]
    )
    assert run.damage[0].startswith("line 4 is a damaged case: ")
    assert run.damage[0].endswith(told)


def test_a_newer_format_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"newer rivta \(format 2; this one reads 1\)") as caught:
        damaged(tmp_path, lambda lines: [lines[0].replace(b'"version":1', b'"version":2'), *lines[1:]])
    assert caught.value.todo == "upgrade rivta"


def test_a_place_without_evidence_names_the_runs_near_it(tmp_path: Path) -> None:
    written(tmp_path / "demo")
    with pytest.raises(UsageError, match=r"holds no evidence\.jsonl") as caught:
        evidence.read(tmp_path)
    assert str(tmp_path / "demo") in caught.value.todo
    with pytest.raises(UsageError, match="does not exist") as caught:
        evidence.read(tmp_path / "dmeo")
    assert str(tmp_path / "demo") in caught.value.todo
    with pytest.raises(UsageError, match="name the folder that a run wrote"):
        evidence.read(tmp_path / "demo" / "messages" / "x")


def test_a_folder_in_the_place_of_the_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / evidence.FILE).mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        evidence.read(tmp_path)


# Several processes, and one that is killed


def _keep_again_and_again(folder: Path, bodies: list[bytes], part: str) -> None:
    here = evidence.RunBodies(folder, part=part)
    for body in bodies * 2:
        here.keep(body)


def test_several_processes_store_the_same_bodies_at_once(tmp_path: Path) -> None:
    bodies = [b"<svar>%d</svar>" % number * 5000 for number in range(20)]
    context = get_context("spawn")  # a fork of a process with threads is a warning, and warnings are errors
    workers = [
        context.Process(target=_keep_again_and_again, args=(tmp_path, bodies, f"gw{number}")) for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert kept(tmp_path) == {sha256(body).hexdigest(): body for body in bodies}
    assert len([*(tmp_path / "messages").iterdir()]) == 3
    assert [*evidence.RunBodies(tmp_path).damage()] == []


FULL_DISK = """
import resource, sys
from pathlib import Path
from rivta import evidence
from rivta.model.errors import Unwritable

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    evidence.RunBodies(Path(sys.argv[1])).keep(b"x" * 5000)
except Unwritable:
    sys.exit(7)
"""


def test_a_body_that_could_not_be_written_whole_is_not_there_at_all(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], check=False)
    assert ended.returncode == 7
    assert kept(tmp_path) == {}
    name = evidence.RunBodies(tmp_path).keep(b"x" * 5000)
    assert kept(tmp_path) == {name: b"x" * 5000}
    assert [*evidence.RunBodies(tmp_path).damage()] == []


ENDLESS_RUN = """
import sys
from pathlib import Path
from test_evidence import HEADER, a_result
from rivta import evidence

with evidence.EvidenceWriter(Path(sys.argv[1])) as writer:
    writer.header(HEADER)
    number = 0
    while True:
        number += 1
        writer.write(a_result(str(number), b"<svar>%d</svar>" % number * 1000))
        print(number, flush=True)
"""


def a_stray(body: bytes = b"<ovantat/>") -> Stray:
    exchange = replace(a_result().exchanges[0], request=Message((), body), inbound=True)
    why = Text("Ingen väntade på det.", "Nobody waited for it.")
    return Stray(exchange, "ProcessRequest", "SE2321000016-MOT1", a_result().checks, why)


def test_a_call_that_no_case_asked_for_is_kept_beside_the_cases(tmp_path: Path) -> None:
    with evidence.EvidenceWriter(tmp_path) as writer:
        writer.header(HEADER)
        writer.write(a_result())
        writer.write(a_stray())
        writer.write(RunFooter("2031-05-06T07:09:00Z", {"PASSED": 1}))
    run = evidence.read(tmp_path)
    assert run.strays == (a_stray(),)
    assert run.damage == (), "the footer counts cases alone"
    assert json.loads((tmp_path / evidence.FILE).read_text(encoding="utf-8").splitlines()[2])["kind"] == "stray"


def test_a_call_that_is_damaged_is_told_and_the_rest_is_used(tmp_path: Path) -> None:
    with evidence.EvidenceWriter(tmp_path) as writer:
        writer.header(HEADER)
        writer.write(a_stray())
    edited = (
        (tmp_path / evidence.FILE).read_text(encoding="utf-8").replace('"address":"SE2321000016-MOT1"', '"address":7')
    )
    (tmp_path / evidence.FILE).write_text(edited, encoding="utf-8")
    run = evidence.read(tmp_path)
    assert run.strays == ()
    assert run.damage == ("line 2 is a damaged call that no case asked for: address: should be a text",)


def test_evidence_of_an_older_rivta_reads_as_it_was(tmp_path: Path) -> None:
    """Before there were calls that we receive, no line said `inbound`, `step`, `by` or `fixed`."""
    written(tmp_path, a_result())
    newer = (tmp_path / evidence.FILE).read_text(encoding="utf-8")
    older = re.sub(r',"(?:inbound":false|step":0|by":""|fixed":\{\})', "", newer)
    assert older != newer
    (tmp_path / evidence.FILE).write_text(older, encoding="utf-8")
    assert evidence.read(tmp_path).results == (a_result(),)


def test_a_killed_run_keeps_all_it_had(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS_RUN, tmp_path], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        acknowledged = [int(process.stdout.readline()) for _ in range(50)]
        process.kill()
        acknowledged += [int(line) for line in process.stdout.read().splitlines() if line]
    assert process.returncode == -9
    run = evidence.read(tmp_path)
    assert run.footer is None
    assert cases(run)[: len(acknowledged)] == [str(number) for number in acknowledged]
    # The kill may have come between the line and the word of it, within the line, or within the messages that go before it.
    assert len(run.results) - len(acknowledged) in (0, 1)
    assert run.damage in ((), (f"line {len(run.results) + 2} is cut short",), ("messages/run.bodies is cut short",))
    for result in run.results:
        response = result.exchanges[0].response
        assert response
        assert response.body == b"<svar>%d</svar>" % int(result.case) * 1000


def test_a_thousand_cases_are_read(tmp_path: Path) -> None:
    body = b"<svar>" + b"x" * 10_000
    results = [a_result(str(number), body + str(number).encode()) for number in range(1000)]
    checks = tuple(replace(results[0].checks[0], verifies=(f"R-{number}",)) for number in range(8))
    written(tmp_path, *(replace(result, checks=checks) for result in results))
    run = evidence.read(tmp_path)
    assert len(run.results) == 1000


def test_one_program_at_a_time_goes_on_with_a_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with evidence.held(folder):
        with pytest.raises(UsageError) as caught, evidence.held(folder):
            pass
        assert str(caught.value) == (
            f"{folder} belongs to a run that is going on\n  → stop that one first, or name another folder"
        )
    with evidence.held(folder):
        pass


def test_a_program_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    holding = "import sys, pathlib; from rivta import evidence\nwith evidence.held(pathlib.Path(sys.argv[1])): print(1, flush=True); input()"
    words = [sys.executable, "-c", holding, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "1\n"
        with pytest.raises(UsageError), evidence.held(tmp_path):
            pass
        other.kill()
        other.wait()
        with evidence.held(tmp_path):
            pass
