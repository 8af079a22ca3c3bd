"""Samples through the plugin: which of them a run tries, by which seed, and a replay that tries those of its recording."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import tiny_world
from projects import IMPORTED, OK, ended
from rivta import evidence
from rivta.model.run import Run

assert IMPORTED
pytest_plugins = ["pytester"]

SAMPLES = """
samples:
  - id: asked
    of: schema
    title: {sv: En fråga, en: A question}
    send: messages/question.xml
    number: 2
    accepted: {verifies: [GL-F-none], expect: [{xpath: {path: "//g:loan", absent: yes}}]}
    refused: {verifies: [GL-invalid], expect: [fault: {}]}
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Iterator[Path]:
    """The tiny domain with nothing but its question for loans, tried by samples, and its system on a port."""
    domain = pytester.path / "suites" / tiny_world.NAME
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, domain)
    for suite in domain.glob("*/*er.yaml"):
        if suite.parent.name != "GetLoans" or suite.name == "consumer.yaml":
            suite.unlink()
    path = domain / "GetLoans" / "producer.yaml"
    path.write_text(path.read_text(encoding="utf-8") + SAMPLES, encoding="utf-8")
    with tiny_world.system() as server:
        tiny_world.environment_at(server.url, pytester.path / "env.yaml")
        yield pytester.path


def run(pytester: pytest.Pytester, name: str, *words: str) -> Run:
    usual = (
        "suites",
        "--rivta-env",
        "env.yaml",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:xdist",
    )
    ignored = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    ended(pytester.runpytest_inprocess(*usual, "-W", ignored, "--rivta-report", name, *words), OK)
    return evidence.read(pytester.path / name)


def drawn(read: Run) -> set[str]:
    return {each.case for each in read.results if each.case.startswith("asked.")}


def test_a_run_tries_those_of_its_seed_or_all_and_a_replay_those_of_its_recording(
    project: Path, pytester: pytest.Pytester
) -> None:
    other = run(pytester, "other", "--rivta-seed", "7")
    every = run(pytester, "every", "--rivta-all-samples", "-k", "asked")
    again = run(pytester, "again", "--rivta-replay", str(project / "other"), "--rivta-seed", "1")
    assert other.header.samples is not None
    assert every.header.samples is not None
    assert (other.header.samples.tried, other.header.samples.seed, other.header.samples.is_all) == (2, 7, False)
    assert every.header.samples.is_all
    assert len(drawn(every)) == every.header.samples.tried > len(drawn(other)) == 2
    assert drawn(other) < drawn(every)
    assert again.header.samples == other.header.samples
    assert {each.key: each.verdict for each in again.results} == {each.key: each.verdict for each in other.results}
