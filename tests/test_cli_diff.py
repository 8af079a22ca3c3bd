"""`rivta diff` on evidence as it is written: what it prints, and how it ends."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deviation_world import POSTAL, UNKNOWN, case, run
from rivta import evidence
from rivta.cli import main
from rivta.evidence import seal
from rivta.model.run import Run
from rivta.model.words import Verdict

PASSED, FAILED = Verdict.PASSED, Verdict.FAILED
GREEN = run([case("2.1", (PASSED, (POSTAL,))), case("4.1", (PASSED, (UNKNOWN,)))])
RED = run([case("2.1", (FAILED, (POSTAL,))), case("4.1", (PASSED, (UNKNOWN,)))], version="4.3.0")


def written(folder: Path, made: Run) -> Path:
    with evidence.EvidenceWriter(folder) as writer:
        writer.header(made.header)
        for result in made.results:
            writer.write(result)
        assert made.footer
        writer.write(made.footer)
    return folder


@pytest.fixture
def green(tmp_path: Path) -> Path:
    return written(tmp_path / "green", GREEN)


@pytest.fixture
def red(tmp_path: Path) -> Path:
    return written(tmp_path / "red", RED)


def test_what_got_worse(green: Path, red: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(green), str(red)]) == 1
    told = capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
    assert (
        told
        == f"""\
old  2026-09-01T081501-4f1c  2026-09-01 08:15:00 UTC  Journalia Remiss 4.2.1
new  2026-09-01T081501-4f1c  2026-09-01 08:15:00 UTC  Journalia Remiss 4.3.0

Worse
  {POSTAL}     Met → Deviation  A postal code has five characters
  ProcessRequest/2.1  Met → Deviation  Case 2.1

What is another now
  Product version: 4.2.1 → 4.3.0

Response times before and now
  ProcessRequest: Median 12 ms → 12 ms, 95th percentile 12 ms → 12 ms

What the process asks for now
  ProcessRequest: Send a notice of change
    The product has another version: 4.2.1 → 4.3.0
  ProcessRequest: Declare again
    New deviations: {POSTAL}
  A run does not show the source system: if that is another, send a notice of change too.

Something got worse, or is new and deviates.
"""
    )


def test_what_got_better(green: Path, red: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(red), str(green)]) == 0
    told = capsys.readouterr().out
    assert "\nBetter\n" in told
    assert told.endswith("\nNothing got worse.\n")


def test_in_the_other_language(green: Path, red: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(green), str(red), "--lang", "sv"]) == 1
    told = capsys.readouterr().out
    assert "\nSämre\n" in told
    assert "Journalia" in told
    assert told.endswith("\nNågot blev sämre, eller är nytt och avviker.\n")


def test_the_same(green: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(green), str(green)]) == 0
    assert "Worse" not in capsys.readouterr().out


def test_evidence_files_and_reports_name_their_run(green: Path, red: Path) -> None:
    (red / "declaration.html").write_text("<html></html>")
    assert main(["diff", str(green / "evidence.jsonl"), str(red / "declaration.html")]) == 1


def test_as_json(green: Path, red: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(green), str(red), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["version"], told["got_worse"]) == ("rivta-comparison", 1, True)
    assert [(each["id"], each["old"], each["new"], each["direction"]) for each in told["requirements"]] == [
        (POSTAL, "passed", "failed", "worse")
    ]
    assert told["again"][1]["reasons"] == [{"sv": f"Nya avvikelser: {POSTAL}", "en": f"New deviations: {POSTAL}"}]
    assert told["new"]["system"]["version"] == "4.3.0"


def test_something_new_that_deviates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = run([*GREEN.results, case("9.9", (FAILED, ()))])
    assert main(["diff", str(written(tmp_path / "a", GREEN)), str(written(tmp_path / "b", more))]) == 1
    told = capsys.readouterr().out
    assert "\nNew\n  ProcessRequest/9.9  Deviation" in told
    assert told.endswith("Something got worse, or is new and deviates.\n")


def test_a_run_that_was_cut_short_says_so(green: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cut"
    with evidence.EvidenceWriter(folder) as writer:
        writer.header(GREEN.header)
        writer.write(GREEN.results[0])
    assert main(["diff", str(green), str(folder)]) == 1
    told = capsys.readouterr().out
    assert "Journalia Remiss 4.2.1, not whole" in told
    assert "Met → Not proven" in told


def test_a_run_that_was_changed_since_it_ended_says_so(
    green: Path, red: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (green, red):
        seal.write(folder)
    assert main(["diff", str(green), str(red)]) == 1
    assert "changed since it ended" not in capsys.readouterr().out
    file = red / evidence.FILE
    file.write_bytes(file.read_bytes().replace(b"FAILED", b"PASSED"))
    assert main(["diff", str(green), str(red)]) == 0
    old, new = capsys.readouterr().out.splitlines()[:2]
    assert "changed since it ended" not in old
    assert new.endswith(", changed since it ended (rivta verify tells what)")
    main(["diff", str(green), str(red), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["old"]["is_edited"], told["new"]["is_edited"]) == (False, True)
    report = green / "declaration.html"
    assert main(["report", str(green), "--previous", str(red), "--lang", "en", "-o", str(report)]) == 0
    assert "The previous run was changed since it ended" in report.read_text(encoding="utf-8")


def test_runs_that_cannot_be_compared(green: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(green), str(tmp_path / "nowhere")]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    domain = replace(GREEN.header.domains[0], contracts=())
    other = written(tmp_path / "other", replace(GREEN, header=replace(GREEN.header, domains=(domain,))))
    assert main(["diff", str(green), str(other)]) == 2
    assert "no contract in common" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["diff", str(green)])
    assert ended.value.code == 4
