"""The snippets for CI servers: sound in form, and every `rivta` line in them a line that rivta understands."""

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from rivta.cli import COMMANDS
from rivta.cli.arguments import commands, declare

FOLDER = Path(__file__).parents[1] / "docs" / "ci-snippets"
YAML = ("github-actions.yml", "gitlab-ci.yml", "azure-pipelines.yml")
JENKINS = "Jenkinsfile"


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def read(name: str) -> Any:
    return yaml.load(text(name), Loader=yaml.BaseLoader)  # noqa: S506 - builds texts, lists and maps only; `on` stays text


def lines_of(name: str) -> list[list[str]]:
    """Every call of rivta in a snippet, as words."""
    return [shlex.split(call) for call in re.findall(r"(?:^|[\s/'-])(rivta (?:run|report|[a-z]+ )[^'\n]*)", text(name))]


def parser_of(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=command, exit_on_error=False, allow_abbrev=False)
    declare(parser, commands()[command])
    return parser


CALLS = [(name, call) for name in (*YAML, JENKINS) for call in lines_of(name)]


def test_each_snippet_runs_and_reports() -> None:
    for name in (*YAML, JENKINS):
        commands = [call[1] for call in lines_of(name)]
        assert commands[0] == "run"
        assert commands.count("report") >= 2


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[" ".join(call) for _, call in CALLS])
def test_rivta_understands_each_line(name: str, call: list[str]) -> None:
    _, command, *words = call
    assert command in COMMANDS
    parser = parser_of(command)
    args, rest = parser.parse_known_args(words)
    if command == "run":
        assert args.env == Path("environment.yaml")
        assert rest == ["--junitxml", "reports/junit.xml"]  # pytest's own
    else:
        assert rest == []


def test_github_actions() -> None:
    workflow = read("github-actions.yml")
    assert set(workflow["on"]) == {"push", "schedule"}
    assert workflow["permissions"]["security-events"] == "write"  # upload-sarif demands it
    (job,) = workflow["jobs"].values()
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step.get("uses", "a/b@v1"))
    after = job["steps"][[step.get("name") for step in job["steps"]].index("Run the suites") + 1 :]
    assert all(step["if"] == "always()" for step in after)
    sarif = next(step["with"]["sarif_file"] for step in after if "sarif" in step.get("uses", ""))
    assert f"--format sarif -o {sarif}" in text("github-actions.yml")


def test_gitlab() -> None:
    job = read("gitlab-ci.yml")["conformance"]
    assert set(job) <= {"image", "stage", "timeout", "before_script", "script", "after_script", "retry", "artifacts"}
    assert job["artifacts"]["when"] == "always"
    assert job["retry"] == {"max": "1", "exit_codes": "6"}
    written = {call[call.index("-o") + 1] for call in lines_of("gitlab-ci.yml") if "-o" in call}
    assert written <= set(job["artifacts"]["paths"])


def test_azure() -> None:
    pipeline = read("azure-pipelines.yml")
    for step in pipeline["steps"]:
        assert len({"task", "script", "publish"} & set(step)) == 1
    names = [step.get("displayName") for step in pipeline["steps"]]
    after = pipeline["steps"][names.index("Run the suites") + 1 :]
    assert all(step["condition"] == "succeededOrFailed()" for step in after)
    published = [step["publish"] for step in after if "publish" in step]
    assert "reports/ci/declaration.html" in published


def test_jenkins() -> None:
    written = text(JENKINS)
    open_: list[str] = []
    bare = re.sub(r"'[^'\n]*'|//[^\n]*", "", written)  # braces in texts and comments do not count
    for letter in bare:
        if letter in "{(":
            open_.append(letter)
        elif letter in "})":
            assert open_.pop() == {"}": "{", ")": "("}[letter]
    assert open_ == []
    assert "'" not in bare
    for needed in (
        "pipeline {",
        "agent ",
        "stages {",
        "stage('",
        "steps {",
        "post {",
        "always {",
        "junit ",
        "archiveArtifacts ",
    ):
        assert needed in written
    assert written.index("stages {") < written.index("post {")


@pytest.mark.parametrize("name", [*YAML, JENKINS])
def test_no_snippet_keeps_the_messages_or_a_secret(name: str) -> None:
    assert "reports/ci/messages" not in text(name)
    assert not re.search(r"reports/ci/?$", text(name), re.MULTILINE)
    secrets = re.findall(r"RIVTA_KEY_PASSWORD(?:: | = )(.*)", text(name))
    assert all(re.match(r"\$\{\{ secrets\.|\$\(|credentials\(", secret) for secret in secrets)


@pytest.mark.parametrize("name", [*YAML, JENKINS])
def test_each_snippet_is_in_the_manual(name: str) -> None:
    assert f'--8<-- "docs/ci-snippets/{name}"' in text("index.md")
