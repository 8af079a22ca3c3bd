"""The plugins that people have beside us: pytest-randomly, pytest-rerunfailures, pytest-timeout, pytest-html, and no cache.

`make` puts them into a folder of their own, so that they are beside nothing but the runs here.
"""

import os
import sys
from pathlib import Path

import pytest

from projects import DEVIATES, Project, ended, junit, system

BESIDE = Path(sys.prefix) / "beside"
WORDS = ("--reruns", "1", "--timeout", "300", "--html", "page.html", "--self-contained-html", "-p", "randomly", "-rs")

pytestmark = pytest.mark.skipif(not BESIDE.is_dir(), reason="make has not put the other plugins there")


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_a_run_says_the_same_with_other_plugins_beside_it(project: Project, workers: tuple[str, ...]) -> None:
    env = {"PYTHONPATH": os.pathsep.join((str(BESIDE), os.environ.get("PYTHONPATH", "")))}
    with system("wrong-subcode-PR002") as url:
        project.environment(url)
        output = ended(project.run(*WORDS, *workers, "--junitxml", "junit.xml", env=env), DEVIATES)
    for name in ("html", "metadata", "randomly", "rerunfailures", "timeout"):
        assert f"{name}-" in output, f"{name} takes part"
    assert {result.case for result in project.evidence().results} == {*"1234"}
    assert project.evidence().footer is not None
    assert len(project.evidence().results) == 5, "the red case was tried twice, and both attempts are evidence"
    assert "red: 1 case, 1 cause" in output
    assert "subCode is not the expected one" in output
    assert "1 failed, 3 passed, 1 rerun" in output
    page = (project.folder / "page.html").read_text(encoding="utf-8")
    assert "subCode is not the expected one" in page
    red = junit(project.folder / "junit.xml")["2 To a unit without forwarding the answer is PR002"]
    assert red.find("failure") is not None


def test_without_a_cache_a_run_of_what_is_shipped_begins_all_the_same(project: Project) -> None:
    with system() as url:
        project.environment(url)
        words = ("--env", "env.yaml", "--case", "ProcessRequest/1.1", "-p", "no:cacheprovider", "--collect-only", "-q")
        told = project.rivta("run", *words)
    assert told.returncode == 0
    assert "::1.1 " in told.stdout
