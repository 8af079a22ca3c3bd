"""A case whole, sent again, and one message by hand; a run that begins anew when a file is saved."""

import re
import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

import miniatures
import report_sample
from miniatures import Miniature
from projects import DEVIATES, ENVIRONMENT, IN_SPITE, OK, USAGE, Project, ended, person, system
from rivta.cli import run as command
from rivta.cli.show import find
from simulated_clock import SimulatedClock

MESSAGE = "edited.xml"


def test_a_case_of_a_run_is_shown_whole_and_sent_again(project: Project) -> None:
    with system("wrong-subcode-PR002") as url:
        project.environment(url)
        ended(project.run_here(), DEVIATES)
        shown = project.rivta("show", "2", "--run", "run")
        assert (shown.returncode, shown.stderr) == (0, "")
        lines = shown.stdout.splitlines()
        assert lines[0].startswith("ProcessRequest/2 To a unit without forwarding")
        assert lines[0].endswith(": failed")
        assert "subCode is not the expected one" in lines[1]
        assert "───── 1 of 1: we called the system" in shown.stdout
        assert "x-rivta-original-serviceconsumer-hsaid: SE2321000012-TEST" in lines
        assert "HTTP 200" in lines
        assert shown.stdout.count("</soapenv:Envelope>") == 2
        why = shown.stdout.rpartition("</soapenv:Envelope>")[2]  # what is seen last, without scrolling
        assert re.search(r"^failed +result: ", why, re.MULTILINE)
        assert re.search(r"^ +expected: .*PR002", why, re.MULTILINE)
        assert re.search(r"^ +suites/.*/producer\.yaml:\d+$", why, re.MULTILINE)
        assert re.search(r"^requirement \S+ \(must\): .+\n  source: ", why, re.MULTILINE)
        raw = project.rivta("show", "ProcessRequest/2", "--run", "run", "--raw").stdout
        body = project.evidence().results[1].exchanges[0].request.body.decode()
        assert body.strip() in raw
        only = project.rivta("show", "2", "--run", "run", "--raw", "--only", "request").stdout
        assert only == body
        words = shlex.split(project.rivta("show", "2", "--run", "run", "--curl", "--env", "env.yaml").stdout)
        assert words[0] == "curl"
        assert words[-2:] == ["--url", url]
        at = words[words.index("--data-binary") + 1].removeprefix("@")
        assert (project.folder / at).read_bytes() == body.encode()
        assert not any(word.lower().startswith(("host:", "content-length:")) for word in words)

        (project.folder / MESSAGE).write_text(only, encoding="utf-8")
        sent = project.rivta("send", MESSAGE, "--contract", "ProcessRequest", "--env", "env.yaml", "--suites", "suites")
    assert (sent.returncode, sent.stderr) == (OK, "")
    assert re.search(r"^passed +schema: libxml2: OK, xmlschema: OK$", sent.stdout, re.MULTILINE)
    assert "<core:subCode>PR003</core:subCode>" in sent.stdout


def test_a_case_is_known_by_every_word_for_its_contract() -> None:
    run = report_sample.run()
    result = run.results[0]
    facts = run.header.contracts[result.contract]
    _, _, rest = result.key.partition("/")
    for word in facts.id.words:
        assert find(run, f"{word}/{rest}") is result


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "9"), "the run has no case “9”"),
        (("show", "2", "--only", "response"), "ProcessRequest/2 has no response"),
        (("show", "2", "--run", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_shown_is_said(project: Project, words: tuple[str, ...], said: str) -> None:
    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        project.run_here(IN_SPITE)
    told = project.rivta(*words, *(() if "--run" in words else ("--run", "run")))
    assert told.returncode == USAGE
    assert said in told.stderr


def test_the_newest_run_is_shown_where_none_is_named(project: Project) -> None:
    assert "there is no run below reports/" in project.rivta("show", "1").stderr
    with miniatures.answers_empty_200() as empty:
        project.environment(empty.url)
        project.run_here("--rivta-case", "1", "--rivta-report", "reports/a")
    assert "the body is empty" in project.rivta("show", "1").stdout


@pytest.mark.parametrize(
    ("producer", "code", "said"),
    [
        (miniatures.answers_html_error_page, DEVIATES, "it is an HTML page, not XML"),
        (miniatures.refuses, ENVIRONMENT, "refuses connections"),
    ],
)
def test_what_comes_of_a_message_that_is_sent_by_hand(
    project: Project, producer: Callable[[], AbstractContextManager[Miniature]], code: int, said: str
) -> None:
    words = ("send", MESSAGE, "--contract", "ProcessRequest", "--env", "env.yaml", "--suites", "suites")
    edited, text = project.folder / MESSAGE, project.template.read_text(encoding="utf-8")
    for name, value in {
        "version": "1",
        "reason": "NR",
        "patient": "191212121212",
        "question": "?",
        "forwarder|raw": "",
    }.items():
        text = text.replace(f"${{{name}}}", value)
    with producer() as odd:
        project.environment(odd.url)
        edited.write_text("<a>${nobody-knows}</a>", encoding="utf-8")
        lacking = project.rivta(*words)
        assert lacking.returncode == USAGE
        assert "nobody-knows" in lacking.stdout
        edited.write_text(text, encoding="utf-8")
        sent = project.rivta(*words)
        assert sent.returncode == code
        assert said in sent.stdout
        edited.write_text(text.replace("191212121212", person("19800101")), encoding="utf-8")
        refused = project.rivta(*words)
    assert refused.returncode == ENVIRONMENT
    assert "names someone who is no test person" in refused.stdout
    assert person("19800101") not in refused.stdout


# Run again when something is saved


def test_a_run_begins_anew_when_a_file_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite, environment = tmp_path / "suites" / "producer.yaml", tmp_path / "env.yaml"
    suite.parent.mkdir()
    suite.write_text("cases: []", encoding="utf-8")
    environment.write_text("system:", encoding="utf-8")
    edits = iter((suite, environment, tmp_path / "suites" / "new.xml"))
    runs: list[int] = []

    def child(once: Callable[[], int]) -> int:
        runs.append(once())
        return len(runs)

    monkeypatch.setattr(command, "_in_a_child", child)

    class Editor(SimulatedClock):
        """A clock on which somebody saves a file whenever we wait, and gives up at last."""

        def sleep(self, seconds: float) -> None:  # noqa: ARG002 - a clock's signature
            file = next(edits, None)
            if file is None:
                raise KeyboardInterrupt
            before = file.stat().st_mtime_ns if file.exists() else 0
            file.write_text(f"# {before}", encoding="utf-8")

    assert command._watched(lambda: 0, [environment, suite.parent], Editor()) == 4
    assert len(runs) == 4


def test_a_watched_run_is_played_in_a_process_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert command._in_a_child(lambda: sys.stdout.write("played") - 3) == 3
    assert capfd.readouterr().out.count("played") == 1


def test_a_watched_run_that_is_stopped_in_the_middle_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = iter((0, KeyboardInterrupt))

    def child(_once: Callable[[], int]) -> int:
        end = next(ends)
        if isinstance(end, int):
            return end
        raise end

    saved = iter(({}, {Path("a"): 1}, {Path("a"): 1}))
    monkeypatch.setattr(command, "_in_a_child", child)
    monkeypatch.setattr(command, "_saved", lambda _roots: next(saved))
    assert command._watched(lambda: 0, [], SimulatedClock()) == command.INTERRUPTED
