"""The plan of what is to be played by hand, as a page's view and as PDF."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import tiny_world
from rivta import environment, page
from rivta.cli import main
from rivta.model.environment import Environment
from rivta.model.errors import UsageError
from rivta.page.programme import Programme
from rivta.page.start import plan
from rivta.report.voice import Voice


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    file = tmp_path_factory.mktemp("plan") / "environment.yaml"
    tiny_world.environment_at("http://127.0.0.1:1", file)
    return environment.read(file)


@pytest.fixture(scope="module")
def programme(settings: Environment) -> Programme:
    return page.programme.read(settings, tiny_world.SUITES, tiny_world.SCENARIOS)


def test_names_that_nothing_has_are_told_before_a_page_is_opened() -> None:
    settings = environment.read(tiny_world.ENVIRONMENT)
    wrong = replace(settings, endpoints={"RegisterLone@2": settings.endpoints["RegisterLoan@2"]})
    with pytest.raises(UsageError, match="unknown contract “RegisterLone@2”"):
        page.programme.read(wrong, tiny_world.SUITES, tiny_world.SCENARIOS)


def test_a_plan_has_every_case_with_steps_data_and_requirements(settings: Environment, programme: Programme) -> None:
    shown = plan(programme, settings, settings.test_data, Voice("sv", "page"))
    cases = [case for role in shown["roles"] for case in role["cases"]]
    assert len(cases) == len(programme.playables)
    lent = next(case for case in cases if case["key"].endswith("lent-and-shown"))
    assert [step["title"] for step in lent["steps"]][:2] == [
        "Ert system skickar RegisterLoan@1",
        "Ert system skickar NEW (RegisterLoan@2)",
    ]
    assert "191212121212" in {value for _, value in lent["prepare"]}
    assert {each["id"] for each in lent["proves"]} == {"R1-C-sent", "R2-C-new", "GL-C-asks", "GL-SHOWN"}
    told = {each["id"] for role in shown["roles"] for each in role["requirements"]}
    assert told == {each["id"] for case in cases for each in case["proves"]}
    assert any(value == "191212121212" for role in shown["roles"] for _, value, _ in role["prepare"])


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_plan_is_printed(
    settings: Environment, lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan.pdf"
    command = ["plan", "--env", str(settings.path), "-o", str(out), "--lang", lang]
    assert main([*command, "--suites", str(tiny_world.SUITES), "--scenarios", str(tiny_world.SCENARIOS)]) == 0
    assert out.read_bytes().startswith(b"%PDF")
    assert "cases to play by hand" in capsys.readouterr().out
