"""What lint says of cases in which the system calls us: what they prove, and what an environment must have for them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import tiny_world
from rivta import environment, suite
from rivta.cli import main
from rivta.cli.lint import coverage, lacking, unread
from rivta.model.case import Suite
from rivta.model.environment import Environment
from suite_world import CONSUMER, DOMAIN, SUITE, VOCABULARY, write, write_environment


@pytest.fixture
def suites(tmp_path: Path) -> list[Suite]:
    written = {"producer.yaml": SUITE, "consumer.yaml": CONSUMER}
    return [suite.read(write(tmp_path, text, name), DOMAIN, VOCABULARY) for name, text in written.items()]


@pytest.fixture
def settings(tmp_path: Path) -> Environment:
    return environment.read(write_environment(tmp_path), {"RIVTA_KEY_PASSWORD": "hemligt"})


def test_what_calls_prove_is_counted(suites: list[Suite]) -> None:
    quiet = replace(DOMAIN, every_case={})
    lines = list(coverage(quiet, [replace(each, domain=quiet) for each in suites]))
    assert lines[0] == "R-1  must    Ask/1.10, Tell/consumer/1.1"
    assert lines[1] == "R-2  must    Ask/1.10, Tell/consumer/1.1, Tell/consumer/two"
    assert lines[-1] == "example: 4 cases, 2 of 2 requirements proven by cases, 0 with a reason why not"


def test_what_a_question_and_a_look_over_time_prove_is_counted(suites: list[Suite]) -> None:
    silent = replace(DOMAIN, every_case={}, every_received={})
    suites = [replace(each, domain=silent) for each in suites]
    assert "Tell/consumer/two" in next(line for line in coverage(silent, suites) if line.startswith("R-2"))


def test_an_environment_with_everything_lacks_nothing(suites: list[Suite], settings: Environment) -> None:
    assert list(lacking(settings, suites)) == []


def test_what_an_environment_leaves_out_is_told(suites: list[Suite], settings: Environment) -> None:
    assert list(lacking(replace(settings, listening=None, adapter=None), suites)) == [
        "2 cases wait for a call: without counterpart: in the environment they are not proven",
        "2 cases have steps that a person takes: without adapter: in the environment only rivta serve plays them",
    ]
    assert list(lacking(replace(settings, listening=None, adapter=None), suites[:1])) == []
    assert list(lacking(replace(settings, listening=None, adapter=None, roles=("none",)), suites)) == [], (
        "not its cases"
    )


def test_domains_are_told_with_what_proves_what_they_demand(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, tmp_path / tiny_world.NAME)
    assert main(["domains", "--suites", str(tmp_path), "--scenarios", str(tiny_world.SCENARIOS)]) == 0
    told = capsys.readouterr().out.splitlines()
    domain = tiny_world.domain()
    row = [each.strip() for each in told[2].strip("|").split("|")]
    assert len(told) == 3
    assert row[:4] == [tiny_world.NAME, domain.version, str(len(domain.contracts)), ", ".join(domain.roles)]
    assert int(row[5]) == len(domain.requirements) == int(row[6]) + int(row[7])


def test_lint_tells_what_is_amiss_in_the_contracts_own_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / tiny_world.NAME
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, folder)
    core = folder / "schemas" / "core_components" / "tiny_library_loan_1.0.xsd"
    sound = core.read_text(encoding="utf-8")
    core.write_text(sound.replace('name="loanId"', 'name="loanId "'), encoding="utf-8")
    assert main(["lint", "--suites", str(tmp_path), "--quiet"]) == 0
    assert f"{tiny_world.NAME}: finding on the contract: {core.name}, line" in capsys.readouterr().out
    assert main(["contracts", "--suites", str(tmp_path), "show", "RegisterLoan@1"]) == 0
    assert f"finding        {core.name}, line" in capsys.readouterr().out
    core.write_text(sound.replace('type="c:IIType"', 'type="c:ITType"'), encoding="utf-8")
    rules = folder / "RegisterLoan.1" / "rules-request.sch"
    rules.write_text(rules.read_text(encoding="utf-8").replace('test="', 'test="]', 1), encoding="utf-8")
    assert main(["lint", "--suites", str(tmp_path), "--quiet"]) == 4
    told = capsys.readouterr().err
    assert "does not compile" in told
    assert "is no XPath that can be run here" in told


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("<assert", "not readable as XML"),
        ("<assert test='&quot;'>no</assert>", "is no XPath that can be run here"),
        ("<assert test=\"matches(., '^(a+)+$')\">no</assert>", "would run away"),
    ],
)
def test_lint_refuses_a_rule_file_that_could_not_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str, told: str
) -> None:
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, tmp_path / tiny_world.NAME)
    [rules, *_] = sorted((tmp_path / tiny_world.NAME).glob("*/rules-*.sch"))
    opening = '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><pattern><rule context="*">'
    rules.write_text(f"{opening}\n{rule}\n</rule></pattern></schema>")
    assert main(["lint", "--suites", str(tmp_path), "--scenarios", str(tmp_path / "none"), "--quiet"]) == 4
    error = capsys.readouterr().err
    assert told in error
    assert f"{rules.name}:2" in error or f"{rules.name}:3" in error


def test_quiet_lint_counts_what_is_not_read_and_names_what_concerns_the_system() -> None:
    domains = [replace(tiny_world.domain(), name=f"d{number}", lacks=f"no package {number}") for number in range(3)]
    other = replace(domains[0], name="other", roles={})
    assert [*unread([*domains, other], ["counter"], is_short=False)][-1] == "other: not read: no package 0"
    *mine, rest = unread([*domains, other, other], ["counter"], is_short=True)
    assert mine == [f"d{number}: not read: no package {number}" for number in range(3)]
    assert rest.startswith("2 domains: not read")
    assert len([*unread(domains, [], is_short=True)]) == 1  # the count alone
