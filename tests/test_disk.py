"""A run that nothing can spoil: a full disk, no more files, a folder that is taken away, and two runs that want the same one."""

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from projects import ENVIRONMENT, USAGE, Project, ended, system
from rivta import cli, evidence
from rivta.evidence import disk
from rivta.model.errors import Unwritable, UsageError, hindrance
from rivta.text.files import FEWEST_OPEN

WHOLE = b'{"kind":"whole"}\n'


@contextmanager
def limited(what: int, most: int) -> Iterator[None]:
    """As if the disk were full behind so many bytes, or no more than so many files were to be had."""
    soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (soft, hard))


# One file


def test_a_line_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    lines = disk.Lines(tmp_path / "lines", anew=True)
    lines.append(WHOLE)
    with limited(resource.RLIMIT_FSIZE, 30), pytest.raises(Unwritable, match="File too large"):
        lines.append(WHOLE)
    assert (tmp_path / "lines").read_bytes() == WHOLE
    assert lines.append(WHOLE) == len(WHOLE)
    assert [lines.line_at(start) + b"\n" for start in (0, len(WHOLE))] == [WHOLE, WHOLE]
    lines.close()
    assert lines.line_at(0) + b"\n" == WHOLE


def test_a_line_is_found_however_long_it_is(tmp_path: Path) -> None:
    lines = disk.Lines(tmp_path / "lines")
    start = lines.append(b"short\n") + 6
    lines.append(b"x" * 20_000 + b"\n")
    assert lines.line_at(start) == b"x" * 20_000
    lines.close()


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "manifest.json"
    disk.write(place, b"before")
    with limited(resource.RLIMIT_FSIZE, 100), pytest.raises(Unwritable, match="make room"):
        disk.write(place, b"x" * 200)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("manifest.json", b"before")]


def test_no_more_files_is_told_with_what_to_do(tmp_path: Path) -> None:
    with limited(resource.RLIMIT_NOFILE, 0), pytest.raises(Unwritable, match="Too many open files") as raised:
        disk.write(tmp_path / "file", b"")
    assert "ulimit -n" in raised.value.todo


@pytest.mark.parametrize("free", [0, 1, FEWEST_OPEN - 1])
def test_no_command_begins_with_too_few_files(free: int, capsys: pytest.CaptureFixture[str]) -> None:
    held = [os.open(os.devnull, os.O_RDONLY)]
    highest = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
    while held[-1] <= highest:
        held.append(os.dup(held[0]))  # so that none is left below the limit
    try:
        with limited(resource.RLIMIT_NOFILE, held[-1] + 1 + free):
            assert cli.main(["checks"]) == 6
    finally:
        for each in held:
            os.close(each)
    assert capsys.readouterr().err == (
        f"only {free} more files can be opened here, and 64 are needed: Too many open files\n"
        "  → allow this program more open files (ulimit -n)\n"
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [(OSError(28, "No space left on device"), "this computer: No space"), (OSError(13, "Permission denied"), "")],
)
def test_what_is_this_computers_doing(error: OSError, told: str) -> None:
    assert hindrance(error).startswith(told)
    assert bool(hindrance(error)) is bool(told)


def test_a_folder_that_was_moved_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    lines = disk.Lines(tmp_path / "run" / "lines")
    lines.append(WHOLE)
    lines.demand_place()
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    with pytest.raises(Unwritable, match=f"moved to {tmp_path / 'elsewhere'}"):
        lines.demand_place()
    lines.close()


def test_what_was_removed_is_kept_beside(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    lines = disk.Lines(tmp_path / "run" / "lines")
    lines.append(WHOLE)
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(Unwritable, match="what was collected is kept in"):
        lines.demand_place()
    [kept] = tmp_path.glob("run-kept-*/lines")
    assert kept.read_bytes() == WHOLE
    lines.close()


def test_a_body_makes_no_folder_anew_that_was_taken_away(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="cannot be written: No such file"):
        evidence.RunBodies(tmp_path / "gone").keep(b"body")
    assert [*tmp_path.iterdir()] == []


def test_one_at_a_time(tmp_path: Path) -> None:
    refused = pytest.raises(UsageError, match="belongs to a run that is going on")
    with evidence.held(tmp_path / "run"), refused, evidence.held(tmp_path / "run"):
        pass
    with evidence.held(tmp_path / "run"):
        pass


# A run


def test_a_run_that_is_going_on_is_not_replaced(project: Project) -> None:
    with system() as url:
        project.environment(url)
        project.run_here()
        before = (project.report / "evidence.jsonl").read_bytes()
        with evidence.held(project.report):
            told = ended(project.run_here("--rivta-replace"), USAGE)
        assert "belongs to a run that is going on" in told
        assert (project.report / "evidence.jsonl").read_bytes() == before
        assert project.run_here("--rivta-replace").ret != USAGE


def test_however_often_one_is_stopped_before_it_begins_the_run_that_there_was_can_be_put_back(tmp_path: Path) -> None:
    for name in ("evidence.jsonl", "declaration.html"):
        (tmp_path / name).write_text(name)
    assert evidence.set_aside(tmp_path, "killed")
    (tmp_path / disk.NOT_PLAYED).unlink()  # as if it had been killed before it could say so
    for why in ("first", "second"):
        assert evidence.set_aside(tmp_path, why)
        assert [each.name for each in tmp_path.iterdir() if not each.name.startswith(".")] == [disk.NOT_PLAYED]
        assert (tmp_path / disk.NOT_PLAYED).read_text() == why
    evidence.put_back(tmp_path)
    shown = {each.name: each.read_text() for each in tmp_path.iterdir() if each.is_file() and each.name != ".held"}
    assert shown == {name: name for name in ("evidence.jsonl", "declaration.html")}
    assert not (tmp_path / ".replaced").exists()


def test_a_demo_leaves_a_run_that_is_going_on_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "environment.yaml").write_text("mine")
    with evidence.held(tmp_path):
        assert cli.main(["demo", "--report", str(tmp_path)]) == USAGE
    assert "belongs to a run that is going on" in capsys.readouterr().err
    assert (tmp_path / "environment.yaml").read_text() == "mine"


AFTER_THE_FIRST = """
import pathlib, resource, shutil, pytest
report = pathlib.Path({report!r})
done = []

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    if report.when == "teardown" and not done:
        done.append(1)
        take_away()

def take_away():
    {does}
"""


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("report.rename(report.parent / 'moved')", "moved, and what was collected is there"),
        ("shutil.rmtree(report)", "what was collected is kept in"),
        ("resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))", "File too large"),
    ],
)
def test_what_happens_to_its_folder_ends_a_run_at_once(project: Project, does: str, told: str) -> None:
    files = resource.getrlimit(resource.RLIMIT_FSIZE)
    project.pytester.makeconftest(AFTER_THE_FIRST.format(report=str(project.report), does=does))
    with system() as url:
        project.environment(url)
        try:
            output = ended(project.run_here("-s"), ENVIRONMENT)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, files)
    assert told in output
    assert "Traceback" not in output
    [kept] = [*project.report.parent.glob("**/evidence.jsonl")]
    assert [each.case for each in evidence.read(kept).results] == ["1"]
