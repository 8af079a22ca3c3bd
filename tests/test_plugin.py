"""A run as its user meets it: pytest in a process of its own, against real systems, with and without pytest-xdist."""

import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import miniatures
import report_sample
import tiny_world
from miniatures import Miniature
from projects import (
    DEVIATES,
    ENVIRONMENT,
    ENVIRONMENT_REST,
    ERROR,
    IN_SPITE,
    INTERRUPTED,
    NAME,
    NO_XDIST,
    NOTHING,
    OK,
    USAGE,
    Project,
    ended,
    junit,
    person,
    system,
)
from rivta import evidence
from rivta.cli import main
from rivta.declaration import dossier, proven
from rivta.model.run import RunFooter, Superseding
from rivta.model.words import Text, Verdict
from rivta.plugin import summary
from rivta.report import data, html
from rivta.text import catalogue, identity
from sealed_run import sealed_run

GOLDEN = Path(__file__).parent / "golden" / "red_case.txt"
SUITE = f"suites/{NAME}/ProcessRequest/producer.yaml"


ONE = ("-n", "1")
"""A worker and who controls it: all of pytest-xdist, but for what two workers do at once."""


@pytest.fixture(params=[(), ONE], ids=["one process", "xdist"])
def workers(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """What makes a run use pytest-xdist, or not."""
    words: tuple[str, ...] = request.param
    return words


# Whose turn it is


def test_a_clean_run_conforms_and_is_recorded_in_a_strict_project_with_tests_of_its_own_too(project: Project) -> None:
    project.pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config\n")
    project.pytester.makepyfile(test_own="def test_one(): pass\ndef test_two(): pass\n")
    with system() as url:
        project.environment(url)
        output = ended(project.run("test_own.py"), OK)
    assert "6 passed" in output
    assert "4 of 4 cases, outcome: conforms" in output
    kinds = [line["kind"] for line in project.lines()]
    assert kinds == ["header", "case", "case", "case", "case", "footer"]
    assert project.verdicts() == dict.fromkeys("1234", "PASSED")
    header = project.evidence().header
    assert [case.case for case in header.planned] == ["1", "2", "3", "4"]
    assert list(header.suites) == [str(project.suite)]
    assert header.system.product == "Journal"
    assert not project.evidence().damage
    assert "Journal" in (project.report / "declaration.html").read_text(encoding="utf-8")


def test_a_system_that_deviates(project: Project, workers: tuple[str, ...]) -> None:
    with system("wrong-subcode-PR002") as url:
        project.environment(url)
        output = ended(project.run_here(*workers, "--junitxml", "junit.xml"), DEVIATES)
    assert project.verdicts() == {"1": "PASSED", "2": "FAILED", "3": "PASSED", "4": "PASSED"}
    assert "4 of 4 cases, outcome: deviates" in output
    cases = junit(project.folder / "junit.xml")
    red = cases["2 To a unit without forwarding the answer is PR002"]
    failure = red.find("failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("result: subCode is not the expected one.")
    assert "\n" not in failure.attrib["message"]
    assert "producer.yaml:29" in (failure.text or "")
    assert {name for name, case in cases.items() if len(case.findall("failure") + case.findall("error"))} == {
        "2 To a unit without forwarding the answer is PR002"
    }


def test_a_system_that_cannot_be_reached_is_no_deviation(project: Project) -> None:
    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        output = ended(project.run_here("--junitxml", "junit.xml", IN_SPITE), ENVIRONMENT)
    assert set(project.verdicts().values()) == {"BLOCKED"}
    assert "outcome: environment" in output
    for case in junit(project.folder / "junit.xml").values():
        error = case.find("error")
        assert error is not None
        assert "refuses connections" in error.attrib["message"]
        assert not case.findall("failure")


def test_one_case_that_the_platform_answers_says_nothing_of_the_system(project: Project) -> None:
    with miniatures.answers_for_the_platform() as platform:
        project.environment(platform.url)
        output = ended(project.run_here("--rivta-case", "1", IN_SPITE), ENVIRONMENT)
        words = ("run", "--env", "env.yaml", "--report", "typed", "--case", "1", "suites", "-p", "no:cacheprovider")
        typed = project.rivta(*words, "--no-preflight")
    assert typed.returncode == ENVIRONMENT
    assert project.verdicts() == {"1": "BLOCKED"}
    for told in (output, typed.stdout):
        assert "outcome: environment" in told
        assert "conforms" not in told


def test_what_hinders_outweighs_what_deviates(project: Project) -> None:
    project.change('    with: {version: "2"}\n', f'    with: {{version: "2", patient: "{person("19800101")}"}}\n')
    with system("wrong-subcode-PR002") as url:
        project.environment(url)
        ended(project.run_here(), ENVIRONMENT)
    assert project.verdicts() == {"1": "PASSED", "2": "FAILED", "3": "BLOCKED", "4": "PASSED"}


@pytest.mark.parametrize(
    "break_it",
    [
        lambda rules: rules.write_text("<schema", encoding="utf-8"),
        lambda rules: rules.write_text(
            rules.read_text(encoding="utf-8").replace('test="', 'test="no-such-function() and ', 1), encoding="utf-8"
        ),
    ],
    ids=["not XML", "a function that nobody has"],
)
def test_a_broken_rule_file_is_the_suites_error(project: Project, break_it: Callable[[Path], object]) -> None:
    break_it(project.suite.parent / "rules-response.sch")
    with system() as url:
        project.environment(url)
        output = ended(project.run_here("--rivta-case", "1", "--junitxml", "junit.xml"), ERROR)
    assert project.verdicts() == {"1": "ERROR"}
    assert "The check “rules” could not be made" in output
    assert "our fault" not in output
    assert junit(project.folder / "junit.xml")["1 A referral is accepted"].find("error") is not None


BREAKS = """
    import pytest
    import rivta.plugin.stage
    from rivta.run import run_case

    def breaks(case, stage):
        if case.id == "3":
            raise ZeroDivisionError
        return run_case(case, stage)

    def pytest_configure(config):
        patch = pytest.MonkeyPatch()
        patch.setattr(rivta.plugin.stage, "run_case", breaks)
        config.add_cleanup(patch.undo)
"""


def test_a_case_that_breaks_down_in_our_code_is_our_error(project: Project, workers: tuple[str, ...]) -> None:
    project.pytester.makeconftest(BREAKS)
    with system() as url:
        project.environment(url)
        result = project.run_here(*workers)
    assert result.ret == ERROR
    assert project.verdicts() == {"1": "PASSED", "2": "PASSED", "4": "PASSED"}


def test_a_report_that_breaks_is_our_error_and_the_evidence_is_kept(project: Project) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("of all things")

    with system() as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dossier, "draw_up", breaks)
        project.environment(url)
        output = ended(project.run_here(), ERROR)
    assert "the report broke (ZeroDivisionError: of all things), which is our fault. The evidence is kept" in output
    assert project.evidence().footer is not None
    assert project.rivta("report", "run").returncode == OK


def test_a_worker_that_dies_is_no_deviation_of_the_system(project: Project) -> None:
    project.pytester.makeconftest(
        """
        import os
        import rivta.plugin.stage
        from rivta.run import run_case

        def dies(case, stage):
            return run_case(case, stage) if case.id != "3" else os._exit(9)

        def pytest_configure(config):
            if hasattr(config, "workerinput"):
                rivta.plugin.stage.run_case = dies
        """
    )
    with system() as url:
        project.environment(url)
        result = project.run_here(*ONE)
    assert result.ret == ERROR
    assert project.verdicts() == {"1": "PASSED", "2": "PASSED", "4": "PASSED"}


def test_evidence_that_cannot_be_written_ends_the_run(project: Project) -> None:
    project.report.mkdir()
    (project.report / "messages").touch()  # where a folder should be
    with system() as url:
        project.environment(url)
        output = ended(project.run_here(), ENVIRONMENT)
    assert "cannot be written: Not a directory" in output
    assert project.verdicts() == {}


def test_nothing_that_concerns_the_system_proves_nothing(project: Project) -> None:
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url, ENVIRONMENT_REST.replace("[remissmottagare]", "[remittent]"))
        output = ended(project.run_here("-rs"), NOTHING)
        assert mini.connections == 0
    assert set(project.verdicts().values()) == {"NOT_APPLICABLE"}
    assert "The system is tested as remittent, which does not receive this." in output


def test_a_domain_in_which_the_system_plays_no_part_is_left_alone(project: Project) -> None:
    """Its cases are not collected, nor is anything said of a package that it lacks; who plays a part in it is told that."""
    loans = project.folder / "suites" / tiny_world.NAME
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, loans, ignore=shutil.ignore_patterns("schemas"))
    written = (loans / "domain.yaml").read_text(encoding="utf-8")
    (loans / "domain.yaml").write_text(f'package: "2.0.1"\n{written}', encoding="utf-8")
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url, ENVIRONMENT_REST)
        assert "GetLoans" not in (told := ended(project.run_here("--collect-only", "-rs"), OK))
        assert "not installed" not in told
        project.environment(mini.url, ENVIRONMENT_REST.replace("[remissmottagare]", "[catalogue]"))
        told = ended(project.run_here("-rs"), NOTHING)
        assert "the release package of tiny.library.loan 2.0.1 is not installed" in told
        assert "unknown" not in told
        assert mini.connections == 0


def test_a_case_without_what_it_requires_is_skipped_with_the_reason(project: Project) -> None:
    without = ENVIRONMENT_REST.replace(", second: SE2321000016-MOT2", "").replace(
        "test-data:", "not-applicable: {unit-without-forwarding: every unit takes what is forwarded}\ntest-data:"
    )
    with system() as url:
        project.environment(url, without)
        output = ended(project.run_here("-rs", "--junitxml", "junit.xml"), OK)
    assert project.verdicts() == {"1": "PASSED", "2": "NOT_APPLICABLE", "3": "PASSED", "4": "NOT_PROVEN"}
    lacking = "Requires: The system has one more receiving unit. Missing in the environment's test-data: units.second."
    assert f"   1  {lacking}\n      ProcessRequest: 4\n" in output
    assert "   1  unit-without-forwarding: every unit takes what is forwarded\n      ProcessRequest: 2\n" in output
    skipped = junit(project.folder / "junit.xml")["4 The second unit accepts"].find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == lacking


# What JUnit gets


def test_each_case_in_junit_carries_its_contract_title_and_requirements(project: Project) -> None:
    with system() as url:
        project.environment(url)
        ended(project.run_here("--junitxml", "junit.xml"), OK)
    cases = junit(project.folder / "junit.xml")
    assert list(cases) == [
        "1 A referral is accepted",
        "2 To a unit without forwarding the answer is PR002",
        "3 A new referral with version number 2 is refused",
        "4 The second unit accepts",
    ]
    properties = [
        (each.attrib["name"], each.attrib["value"]) for each in cases["4 The second unit accepts"].iter("property")
    ]
    assert properties == [
        ("contract", "ProcessRequest"),
        ("title", "The second unit accepts"),
        ("requirement", "GEN-ADDRESS-UNIT"),
    ]
    assert {case.attrib["classname"] for case in cases.values()} == {f"suites.{NAME}.ProcessRequest.producer.yaml"}


def test_nobody_is_named_by_a_case_or_by_the_system_that_is_tested(project: Project) -> None:
    who = person("19470811").replace("19470811", "19470811\u2011")
    project.change("A referral is accepted", f"A referral of {who} is accepted")
    project.change('id: "1"', f'id: "1-{who}"')
    with system() as url:
        project.environment(url)
        settings = project.folder / "env.yaml"
        system_line, rest = settings.read_text(encoding="utf-8").split("\n", 1)
        assert system_line.startswith("system: ")
        named = f'system: {{organisation: A {who}, product: "B {who}", version: "1 {who}"}}'
        settings.write_text(f"{named}\n{rest}", encoding="utf-8")
        told = ended(project.run_here("--junitxml", "junit.xml", "-v"), OK)
    assert re.search(r"^rivta .*: B person-\w+ 1 person-\w+ \(A person-\w+\) as ", told, re.MULTILINE)
    written = (project.folder / "junit.xml").read_text(encoding="utf-8")
    assert "A referral of person-" in written
    for text in (told, written, project.written()):
        assert identity.strangers(text, ()) == []


@pytest.mark.parametrize("encoding", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_title_may_have_letters_that_the_systems_encoding_lacks(project: Project, encoding: dict[str, str]) -> None:
    project.write(project.suite.read_text(encoding="utf-8").replace("A referral is accepted", "A “remiss” från Åre"))
    with system() as url:
        project.environment(url)
        run = project.run(env=encoding)
    ended(run, OK)
    assert any("“remiss” från Åre" in result.title.en for result in project.evidence().results)


# The terminal


def test_the_terminal_names_each_requirement_that_is_not_proven_and_why() -> None:
    declared = report_sample.alike(report_sample.small())
    why = catalogue.text("declaration", "all_alike").en
    rows = [row for each in declared.rows.values() for row in each if row.verdict is Verdict.NOT_PROVEN and row.checks]
    told = list(summary._requirements(declared))
    ids = ", ".join(row.requirement.id for row in rows)
    assert [line for line in told if "not proven: " in line] == [f"  not proven: {ids}: {why}"], "each reason once"
    assert 0 < len(rows) <= summary._MOST_OPEN
    assert not any("not proven: " in line for line in summary._requirements(report_sample.small()))
    ((name, few),) = declared.rows.items()
    (*_, many) = summary._requirements(replace(declared, rows={name: few * (summary._MOST_OPEN + 3)}))
    assert many.endswith(f" and {len(rows) * (summary._MOST_OPEN + 3) - summary._MOST_OPEN} more: {why}")
    odd = [replace(rows[0], why=Text.same(f"why {n}")) for n in range(summary._MOST_OPEN + 3)]
    (*_, last) = summary._requirements(replace(declared, rows={name: tuple(odd)}))
    assert last == "  … and 3 more in the report"


def test_the_terminal_says_what_a_case_required_that_was_to_prove_more() -> None:
    declared = report_sample.small()
    ((name, rows),) = declared.rows.items()
    row = next(each for each in rows if each.verdict is Verdict.PASSED)
    lacks = Text.same("Requires: a patient.\nIt is missing.")
    unplayed = replace(declared.run.results[0], case="9", verdict=Verdict.NOT_PROVEN, checks=(), reason=lacks)
    open_ = replace(row, verdict=Verdict.NOT_PROVEN, cases=(*row.cases, unplayed.key))
    run = replace(declared.run, results=(*declared.run.results, unplayed))
    (*_, told) = summary._requirements(replace(declared, run=run, rows={name: (open_,)}))
    assert told == f"  not proven: {row.requirement.id}: Requires: a patient."


def normalised(output: str) -> str:
    """The failures of a run, without what differs from run to run, or from one version of a library to the next."""
    between = re.search(r"^=+ red: .*? =+\n(.*?)^=+ rivta =+$", output, re.MULTILINE | re.DOTALL)
    assert between
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", between[1])
    text = re.sub(r"\(xmlschema: .*\)", "(xmlschema: ITS WORDS)", text)
    text = re.sub(r"\d+ ms", "N ms", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "LOG-ID", text)
    text = re.sub(r"#[0-9a-f]{12}", "#UNIQUE", text)
    text = re.sub(r'value="\d{8,14}"', 'value="TIME"', text)
    return re.sub(r"^_+ (.*?) _+$", r"___ \1 ___", text, flags=re.MULTILINE)


SCHEMATIC_FAULTS = {
    "a code that is not the expected one": ("wrong-subcode-PR002", "2"),
    "an accepted message that should be refused": ("accepts-NR-not-version-1", "3"),
    "an answer that breaks the schema": ("response-wrong-order", "2"),
    "an empty element": ("empty-element-in-response", "2"),
    "an answer that cannot be read": ("html-error-page", "1"),
    "two encodings": ("prolog-disagrees", "1"),
    "an answer in another namespace": ("wrong-namespace", "1"),
}


def test_the_cause_of_a_red_case_is_seen_in_one_look(project: Project) -> None:
    parts: list[str] = []
    for title, (fault, case) in SCHEMATIC_FAULTS.items():
        with system(fault) as url:
            project.environment(url)
            output = ended(project.run_here("--rivta-case", case, "--rivta-replace"), DEVIATES)
        parts += [f"######## {title} ({fault})\n", normalised(output)]
    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        output = ended(project.run_here("--rivta-case", "2", "--rivta-replace", IN_SPITE), ENVIRONMENT)
    parts += ["######## nobody answers\n", normalised(output)]
    project.change('version: "2", reason', f'patient: "{person("19800101")}", version: "2", reason')
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url)
        output = ended(project.run_here("--rivta-case", "2", "--rivta-replace"), ENVIRONMENT)
    parts += ["######## a person who is no test person\n", normalised(output)]
    seen = "\n".join(parts)
    if os.environ.get("RIVTA_GOLDEN") == "write":
        GOLDEN.write_text(seen, encoding="utf-8")
    assert seen == GOLDEN.read_text(encoding="utf-8")


# What is off is told before anything is sent


@dataclass(frozen=True)
class Slip:
    """Something that one writes wrong in a file or in the command, and what is said to that."""

    said: str
    words: tuple[str, ...] = ()
    file: str = ""
    old: str = ""
    new: str = ""


TEMPLATE = f"suites/{NAME}/ProcessRequest/messages/referral.xml"
SLIPS = {
    "a key of the suite": Slip("did you mean “verifies”?", (), SUITE, "verifies: [PR-F-min", "verifes: [PR-F-min"),
    "a requirement": Slip("did you mean “PR-F-minimal”?", (), SUITE, "[PR-F-minimal]", "[PR-F-minimall]"),
    "a placeholder": Slip("did you mean “question”?", (), TEMPLATE, "${question}", "${qestion}"),
    "a key of the environment": Slip("did you mean “roles”?", (), "env.yaml", "roles:", "rolls:"),
    "a role": Slip("did you mean “remissmottagare”?", (), "env.yaml", "[remissmottagare]", "[remissmotagare]"),
    "a contract": Slip("did you mean “ProcessRequest”?", (), "env.yaml", "{ProcessRequest:", "{ProcesRequest:"),
    "a secret": Slip("the environment variable NO_SUCH is not set", (), "env.yaml", "Journal", '"${env:NO_SUCH}"'),
    "the environment": Slip("there is no such file", ("--rivta-env", "enw.yaml")),
    "--rivta-case": Slip("no case here has the id “1.1”", ("--rivta-case", "1.1")),
    "--rivta-contract": Slip("did you mean “ProcessRequest”?", ("--rivta-contract", "ProcesRequest")),
    "a role that nothing named is tested in": Slip(
        "“ProcessRequest”: tested in the roles remissmottagare, remittent, and the environment has none of them but transport-producer",
        ("--rivta-contract", "ProcessRequest"),
        "env.yaml",
        "[remissmottagare]",
        "[transport-producer]",
    ),
    "--rivta-overlap": Slip("overlap “-1”: a whole number above zero is wanted", ("--rivta-overlap=-1",)),
    "--rivta-requirement": Slip("did you mean “PR-F-minimal”?", ("--rivta-requirement", "PR-F-minimall")),
    "an option's value": Slip("invalid choice: 'fi'", ("--rivta-lang", "fi")),
    "an option": Slip("unrecognized arguments: --rivta-langg", ("--rivta-langg", "sv")),
}


def make(slip: Slip, project: Project) -> None:
    if slip.file:
        project.change(slip.old, slip.new, project.folder / slip.file)


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_is_a_usage_error_and_nothing_is_sent(project: Project, slip: Slip) -> None:
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url)
        make(slip, project)
        output = ended(project.run_here(*slip.words), USAGE)
        assert mini.connections == 0
    assert slip.said in output
    assert not project.report.exists()


@pytest.mark.parametrize("name", ["a requirement", "--rivta-case"])
def test_so_is_it_with_xdist(project: Project, name: str) -> None:
    slip = SLIPS[name]
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url)
        make(slip, project)
        output = ended(project.run_here(*ONE, *slip.words), USAGE)
        assert mini.connections == 0
    assert output.count(slip.said) == 1
    assert not project.report.exists()


def test_every_mistake_of_a_suite_is_told_at_once_with_a_caret(project: Project) -> None:
    project.change("verifies: [PR-F-versionStart]", "verifies: [PR-F-versionStrat]")
    project.change("[unit-without-forwarding]", "[no-such-thing]")
    project.environment("http://127.0.0.1:1/")
    output = ended(project.run_here(), USAGE)
    slip = r"producer\.yaml:32:16: unknown requirement .*\n +verifies: \[PR-F-versionStrat\]\n {19}\^\n +→ did you mean “PR-F-versionStart”\?"
    assert re.search(slip, output), output
    assert "unknown precondition “no-such-thing”" in output


def test_suites_without_an_environment_are_a_usage_error(project: Project) -> None:
    output = ended(project.pytester.runpytest_inprocess("suites"), USAGE)
    assert "suites need an environment that says whom to test" in output
    assert "add --rivta-env FILE" in output


def test_cases_are_listed_without_an_environment(project: Project) -> None:
    output = ended(project.pytester.runpytest_inprocess("suites", "--collect-only", "-q"), OK)
    assert f"{SUITE}::1 A referral is accepted" in output
    assert "4 tests collected" in output
    tree = ended(project.pytester.runpytest_inprocess("suites", "--collect-only"), OK)
    assert "<Dir ProcessRequest>" in tree
    assert not any(f"<Dir {name}>" in tree for name in ("messages", "schemas", "forms", "reference"))
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url)
        ended(project.run_here("--collect-only", "--rivta-case", "2"), OK)
        assert mini.connections == 0
    assert not project.report.exists()


def test_evidence_is_not_written_over_unless_one_says_so(project: Project) -> None:
    with system() as url:
        project.environment(url)
        ended(project.run_here("--rivta-case", "1"), OK)
        before = (project.report / evidence.FILE).read_bytes()
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url)
        output = ended(project.run_here(), USAGE)
        assert "run already holds the evidence of a run" in output
        ended(project.run_here(*ONE), USAGE)
        # Neither does a run that is refused for another reason touch it, whatever was allowed.
        ended(project.run_here("--rivta-replace", "--rivta-case", "9"), USAGE)
        assert mini.connections == 0
    assert (project.report / evidence.FILE).read_bytes() == before
    drawn_up = ("received.jsonl", "declaration.pdf", "declaration.html.p7s", "answers.yaml", "deviations.yaml")
    for name in drawn_up:
        (project.report / name).write_bytes(b"of the run before")
    with system() as url:
        project.environment(url)
        ended(project.run_here("--rivta-replace"), OK)
    assert len(project.verdicts()) == 4
    assert [name for name in drawn_up if (project.report / name).exists()] == [], "it would tell of another run"


def test_only_test_persons_are_ever_sent(project: Project) -> None:
    stranger = person("19800101")
    project.change('patient: "191212121212"', f'patient: "{stranger}"')
    with miniatures.speaks_plain() as mini:
        project.environment(mini.url)
        output = ended(project.run_here(IN_SPITE), ENVIRONMENT)
        assert mini.connections == 0
        assert set(project.verdicts().values()) == {"BLOCKED"}
        assert "not sent: on line 16 the message names someone who is no test person" in output
        assert stranger not in output + project.written()
        project.environment(mini.url, ENVIRONMENT_REST + f'test-identities: ["{stranger}"]\n')
        project.run_here("--rivta-replace", "--rivta-case", "1", IN_SPITE)
        assert stranger.encode() in mini.heard[0]


# Which cases


def chosen(project: Project, *words: str) -> str:
    """The ids of the cases that these words choose, after a run of them."""
    result = project.run_here("--rivta-replace", *words)
    output = ended(result, NOTHING if result.ret == NOTHING else OK)
    return "" if "outcome" not in output else "".join(sorted(project.verdicts()))


def test_selection(project: Project) -> None:
    with system() as url:
        project.environment(url)
        assert chosen(project, "--rivta-contract", "ProcessRequest") == "1234"
        assert chosen(project, "--rivta-case", "1", "--rivta-case", "3") == "13"
        assert chosen(project, "--rivta-requirement", "ERR-PR002") == "2"
        # Shown by an expectation, and by the checks of every case.
        assert chosen(project, "--rivta-requirement", "GEN-ADDRESS-UNIT") == "4"
        assert chosen(project, "--rivta-requirement", "GEN-SCHEMA") == "1234"
        assert chosen(project, "--rivta-requirement", "ERR-PR002", "--rivta-case", "2") == "2"
        assert chosen(project, "-m", "smoke", "--strict-markers") == "1"
        assert chosen(project, "-m", "not smoke") == "234"
        assert chosen(project, "-k", "unit") == "24"
        assert chosen(project, "-k", "unit and not second") == "2"


RERUNS = """
    from _pytest.runner import runtestprotocol
    import pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        "What pytest-rerunfailures does with --reruns 1."
        for is_last in (False, True):
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            again = any(report.failed for report in reports) and not is_last
            for report in reports:
                report.outcome = "rerun" if again and report.failed else report.outcome
                item.ihook.pytest_runtest_logreport(report=report)
            if not again:
                return True
"""


def test_a_case_that_is_tried_again_is_one_case_in_several_attempts(project: Project) -> None:
    project.pytester.makeconftest(RERUNS)
    with system("wrong-subcode-PR002") as url:
        project.environment(url)
        output = ended(project.run_here("--rivta-case", "1", "--rivta-case", "2"), DEVIATES)
    assert "2 of 2 cases in 3 attempts, outcome: deviates" in output
    run = project.evidence()
    assert [each.case for each in run.results] == ["1", "2", "2"]
    assert [each.case for each in run.cases] == ["1", "2"]
    declared = proven.of(run)
    told = json.loads(data.render(declared))
    assert told["figures"]["cases"]["failed"] == 1
    assert [(each["id"], each["attempt"]) for each in told["cases"]] == [("1", 1), ("2", 1), ("2", 2)]
    (row,) = (row for row in told["requirements"] if row["id"] == "ERR-PR002")
    assert row["cases"] == ["ProcessRequest/2"]
    assert {proof["attempt"] for proof in row["evidence"]} == {1, 2}
    page = html.render(declared, "en").decode()
    assert "2, attempt 2" in page
    # A replay tells both, and each of them once, however often it is itself tried again.
    words = ("--rivta-replay", "run", "--rivta-replace", "--rivta-report", "again", "--rivta-requirement", "ERR-PR002")
    for _ in range(2):
        output = ended(project.run_here(*words), DEVIATES)
        assert "1 of 1 cases in 2 attempts, outcome: deviates" in output
        (project.folder / "conftest.py").unlink(missing_ok=True)


def test_what_a_later_attempt_supersedes_turns_no_replay_red(project: Project) -> None:
    """To pytest and JUnit, to the exit code and to the terminal it is the attempt that counts."""
    runs = []
    for faults in (("wrong-subcode-PR002",), ()):
        with system(*faults) as url:
            project.environment(url)
            project.run_here("--rivta-case", "2", "--rivta-replace")
        runs.append(project.evidence())
    (wrong, *_), (right, *_) = (run.results for run in runs)
    again = replace(right, supersedes=Superseding(1, "Karin Provare", "fel miljö"))
    footer = RunFooter(again.started, {"FAILED": 1, "PASSED": 1})
    sealed_run(project.folder / "both", replace(runs[0], results=(wrong, again), footer=footer))
    words = ("--rivta-replay", "both", "--rivta-replace", "--rivta-case", "2", "--junitxml", "junit.xml")
    output = ended(project.run_here(*words), OK)
    assert "1 of 1 cases in 2 attempts, of which 1 are superseded and do not count, outcome: conforms" in output
    assert 'failures="0"' in (project.folder / "junit.xml").read_text(encoding="utf-8")
    shown = project.rivta("show", "2", "--run", "run").stdout
    assert "attempt 1 was superseded by Karin Provare, and does not count: fel miljö" in shown


def test_a_run_of_suites_of_one_s_own_is_verified_with_them(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A domain of the same name is shipped, and has a form that this one has not."""
    with system() as url:
        project.environment(url)
        ended(project.run_here("--rivta-case", "1"), OK)
    run = str(project.report)
    assert main(["verify", run, "--lang", "en"]) == OK
    assert "drawn up once more, it is the same to the byte" in capsys.readouterr().out
    project.domain.parent.rename(project.folder / "elsewhere")
    assert main(["verify", run, "--lang", "en"]) == OK
    assert "it is of other suites than those that lie here" in capsys.readouterr().out
    assert main(["verify", run, "--lang", "en", "--suites", str(project.folder / "elsewhere")]) == OK
    assert "drawn up once more, it is the same to the byte" in capsys.readouterr().out


def test_what_has_not_failed_is_there_all_the_same(project: Project) -> None:
    """--lf leaves out what passed: a case, a file; no name of it is a mistake for that."""
    shutil.copytree(project.suite.parent / "messages", project.domain / "ProcessRequestConfirmation" / "messages")
    other = project.suite.read_text(encoding="utf-8").replace(
        "contract: ProcessRequest\n", "contract: ProcessRequestConfirmation\n"
    )
    (project.domain / "ProcessRequestConfirmation" / "producer.yaml").write_text(other, encoding="utf-8")

    project.environment("http://127.0.0.1:1/")
    name = "2 To a unit without forwarding the answer is PR002"
    cache = project.folder / ".pytest_cache" / "v" / "cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text(json.dumps({f"{SUITE}::{name}": True}), encoding="utf-8")

    def again(*words: str) -> pytest.RunResult:
        own = (
            "suites",
            "--rivta-env",
            "env.yaml",
            "-p",
            "no:hypothesispytest",
            "-p",
            "no:xdist",
            "--collect-only",
            "-q",
            "--lf",
        )
        return project.pytester.runpytest_inprocess(*own, *words)

    result = again("--rivta-case", "ProcessRequest/1", "--rivta-case", "ProcessRequest/2")
    assert [line for line in result.outlines if "::" in line] == [f"{SUITE}::{name}"]
    ended(again("--rivta-requirement", "PR-F-minimal", "--rivta-contract", "ProcessRequestConfirmation"), NOTHING)
    assert "no case here has the id “ProcessRequest/9”" in ended(again("--rivta-case", "ProcessRequest/9"), USAGE)


def test_nothing_selected_is_no_success(project: Project, workers: tuple[str, ...]) -> None:
    project.environment("http://127.0.0.1:1/")
    ended(project.run_here(*workers, "--rivta-case", "1", "-m", "not smoke"), NOTHING)
    assert not project.report.exists()


# A run that is cut short


@contextmanager
def stuck_after(answers: int) -> Iterator[tuple[Miniature, Event]]:
    """A sound system that stops in the middle of a run, and an event that says that it has."""
    stuck = Event()

    def behave(connection: socket.socket, mini: Miniature) -> None:
        while mini.read_request(connection):
            if len(mini.heard) > answers:
                stuck.set()
                mini.over.wait()
                return
            connection.sendall(miniatures.reply())

    with miniatures.listening(behave) as mini:
        yield mini, stuck


def cut_short(project: Project, how: signal.Signals, *words: str) -> int:
    """End a run in the middle, and say how it ended."""
    with stuck_after(2) as (mini, stuck):
        project.environment(mini.url)
        with project.started(*words, IN_SPITE) as run:
            try:
                assert stuck.wait(60)
                # With pytest-xdist the third request can be on its way before the first result has reached the controller.
                assert seen_within(60, lambda: len(project.lines()) >= 2)
                run.send_signal(how)
                run.wait(60)  # and not for its workers, which keep its output open until the system answers them
            finally:
                run.kill()
        return run.returncode


def seen_within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether the condition came true in time; asked again and again until then."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_an_interrupted_run_keeps_what_it_had(project: Project) -> None:
    assert cut_short(project, signal.SIGINT, "--junitxml", "junit.xml") == INTERRUPTED
    error = junit(project.folder / "junit.xml")["interrupted"].find("error")
    assert error is not None
    assert "the run was stopped when 2 cases had been played" in error.attrib["message"]
    assert project.verdicts() == {"1": "PASSED", "2": "FAILED"}
    assert project.evidence().footer is None
    assert "Körningen är avbruten" in (project.report / "declaration.html").read_text(encoding="utf-8")
    output = ended(project.run_here("--rivta-replay", "run", "--rivta-report", "again"), INTERRUPTED)
    assert "the recorded run was cut short" in output
    assert "4 of 4 cases, 2 not proven, outcome: interrupted" in output
    assert not (project.folder / "again" / "manifest.json").exists()
    assert project.rivta("verify", "again").returncode == INTERRUPTED


def test_a_killed_run_keeps_what_it_had(project: Project) -> None:
    assert cut_short(project, signal.SIGKILL) == -signal.SIGKILL
    run = project.evidence()
    assert project.verdicts() == {"1": "PASSED", "2": "FAILED"}
    assert run.footer is None
    assert not run.damage
    assert [case.case for case in run.header.planned] == ["1", "2", "3", "4"]
    assert not (project.report / "declaration.html").exists()
    assert project.rivta("report", "run", "--lang", "en").returncode == OK
    assert "The run was cut short" in (project.report / "declaration.html").read_text(encoding="utf-8")


def test_a_killed_run_with_xdist_keeps_what_it_had(project: Project) -> None:
    assert cut_short(project, signal.SIGKILL, "-n", "2") == -signal.SIGKILL
    run = project.evidence()
    assert run.footer is None
    assert not run.damage
    assert len(run.header.planned) == 4


def test_a_run_that_was_told_to_stop_at_a_deviation_deviates(project: Project, workers: tuple[str, ...]) -> None:
    with system("accepts-NR-not-version-1", "wrong-subcode-PR002") as url:
        project.environment(url)
        output = ended(project.run_here(*workers, "-x"), DEVIATES)
    assert project.evidence().footer is not None
    assert "outcome: deviates" in output


# What must not be shown


def echoes(connection: socket.socket, mini: Miniature) -> None:
    """It answers with a SOAP Fault that says all that it was told, and names somebody."""
    while request := mini.read_request(connection):
        told = escape(request.decode())
        fault = f"<faultcode>s:Server</faultcode><faultstring>{person('19790203')}: {told}</faultstring>"
        body = f"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>{fault}</s:Fault></s:Body></s:Envelope>"
        connection.sendall(miniatures.reply(body.encode(), "500 Internal Server Error"))


def test_secrets_and_strangers_are_shown_nowhere(
    project: Project, workers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, in_body = "hemlig-och-lång-nyckel&1", "ett ord som ingen får se"
    rest = ENVIRONMENT_REST + 'headers: {X-Key: "${env:RIVTA_T_KEY}"}\n'
    project.change("question: Tacksam för bedömning.", 'question: "${word}"')
    rest = rest.replace("test-data: {", 'test-data: {word: "${env:RIVTA_T_WORD}", ')
    project.change("data:\n", "data:\n  word: none\n")
    with miniatures.listening(echoes) as mini:
        project.environment(f"{mini.url}?key=x", rest)
        monkeypatch.setenv("RIVTA_T_KEY", secret)
        monkeypatch.setenv("RIVTA_T_WORD", in_body)
        result = project.run_here("--junitxml", "run/junit.xml", "--rivta-lang", "en", IN_SPITE, *workers)
        output = ended(result, DEVIATES)
        assert f"X-Key: {secret}".encode() in mini.heard[0]
        assert in_body.encode() in mini.heard[0]
    bodies = b"".join(path.read_bytes() for path in (project.report / "messages").iterdir()).decode()
    for shown in (output, project.written(), bodies):
        assert "hemlig-och" not in shown
        assert in_body not in shown
    stranger = person("19790203")
    assert stranger in bodies
    assert stranger not in output + project.written()
    (token,) = project.evidence().masked
    assert token in output
    assert token in (project.report / "declaration.html").read_text(encoding="utf-8")
    assert token in (project.report / evidence.FILE).read_text(encoding="utf-8")


# A guest in other people's sessions


def test_a_session_without_suites_pays_for_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_of_ours_is_imported():
            ours = {name for name in sys.modules if name.split(".")[0] in ("rivta", "lxml", "xmlschema", "yaml", "jinja2")}
            assert ours == {"rivta", "rivta.plugin", "rivta.plugin.options"}
        """
    )
    ended(pytester.runpytest_subprocess(), OK)


def test_a_failure_of_the_projects_own_tests_still_counts(project: Project) -> None:
    project.pytester.makepyfile(test_own="def test_one(): assert False\n")
    with system() as url:
        project.environment(url)
        result = project.run_here("test_own.py")
    assert result.ret == DEVIATES
    assert set(project.verdicts().values()) == {"PASSED"}


def test_other_yaml_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", producer="a: 1", other="b: 2")
    pytester.mkdir("scenarios").joinpath("x.yaml").write_text("c: 3", encoding="utf-8")
    pytester.makepyfile("def test_one(): pass")
    ended(pytester.runpytest_inprocess("."), OK)


# One and the same


def stripped(line: dict[str, Any]) -> dict[str, Any]:
    """A case as far as it is the same in every run."""
    checks = json.loads(re.sub(r"\d+ ms|[0-9a-f]{8}-[0-9a-f-]{27}", "…", json.dumps(line["checks"])))
    exchanges = [
        (each["contract"], each["status"], each["problem"], len(each["request"]["headers"]))
        for each in line["exchanges"]
    ]
    same = {name: value for name, value in line.items() if name not in ("started", "elapsed_ms", "fixed")}
    return same | {"checks": checks, "exchanges": exchanges}


def test_the_evidence_is_the_same_with_and_without_xdist(project: Project) -> None:
    seen: list[dict[str, dict[str, Any]]] = []
    headers: list[dict[str, Any]] = []
    # Cases in which the system calls take longer; test_plugin_inbound.py has some of them.
    suite = tiny_world.SUITES / tiny_world.NAME / "RegisterLoan.2" / "producer.yaml"
    for workers in ((), ("-n", "2")):
        with tiny_world.system("ignores-R2-S-title") as server:
            tiny_world.environment_at(server.url, project.folder / "env.yaml")
            words = project.words("--rivta-replace", *(workers or NO_XDIST))[1:]
            result = project.pytester.runpytest_inprocess(str(suite), *words)
            assert result.ret == DEVIATES
        lines = project.lines()
        assert [lines[0]["kind"], lines[-1]["kind"]] == ["header", "footer"]
        cases = {f"{line['suite']} {line['case']}": stripped(line) for line in lines[1:-1]}
        assert len(cases) == len(lines) - 2 == len(lines[0]["planned"])
        seen.append(cases)
        volatile = ("run", "started", "mask_key", "environment", "planned", "suites")
        headers.append({name: value for name, value in lines[0].items() if name not in volatile})
        headers[-1]["suites"] = sorted(lines[0]["suites"].items())
        headers[-1]["planned"] = sorted(json.dumps(each, sort_keys=True) for each in lines[0]["planned"])
    assert headers[0] == headers[1]
    assert seen[0] == seen[1]
