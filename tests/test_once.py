"""One cause, told once: in the terminal, in the report, in JUnit; and no case tried that cannot get through."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import miniatures
import report_sample
from projects import DEVIATES, ENVIRONMENT, IN_SPITE, USAGE, Project, ended, junit, system
from rivta.declaration import causes
from rivta.model.exchange import Exchange, Message, Problem
from rivta.model.run import CaseResult, CheckResult, Finding
from rivta.model.words import Blame, Text, Verdict
from rivta.plugin import once
from rivta.plugin.once import ToldCause, in_full
from rivta.run.stage import Hindrances

SAMPLE = report_sample.small().run.results[0]
MANY = 86
URL = "http://system/x"


def red(case: str, message: str, expected: str = "", actual: str = "") -> CaseResult:
    """A case that one finding turned red."""
    finding = Finding(Text.same(message), expected=expected, actual=actual)
    check = CheckResult("result", Verdict.FAILED, (), findings=(finding,))
    return replace(SAMPLE, case=case, verdict=Verdict.FAILED, checks=(check,), exchanges=(), reason=None)


def test_cases_have_a_cause_in_common_whatever_was_seen_in_each() -> None:
    late = [red(str(n), f"The reply took {n}000 ms, on line {n}.", "≤ 2000 ms", f"{n}000 ms") for n in range(3, 6)]
    wrong = [red("1", "Another code.", "PR002", "PR003"), red("2", "Another code.", "PR004", "PR003")]
    found = causes.of([*wrong, *late])
    assert [(cause.kind, len(cause.results)) for cause in found] == [("result", 3), ("result", 1), ("result", 1)]
    assert found[0].names == f"{SAMPLE.contract}: 3, 4, 5"
    assert found[1].headline == Text(
        "Another code. (väntat PR002, fick PR003)", "Another code. (expected PR002, got PR003)"
    )


def test_which_record_is_meant_makes_no_cause_of_its_own() -> None:
    def lacking(case: str, id_: str, own: str) -> CaseResult:
        message = f"The record {id_} was asked for, and is not in the answer."
        finding = Finding(Text.same(message), expected=f"20260309–20260310: {id_} ({own})", actual="–", record=id_)
        return replace(red(case, ""), checks=(CheckResult("filtered", Verdict.FAILED, (), findings=(finding,)),))

    one, other = lacking("1", "A-3", "E1, 20260309"), lacking("2", "550e8400-e29b", "20260310, 20260311")
    (cause,) = causes.of([one, other])
    assert cause.headline.en.endswith("(expected 20260309–20260310: A-3 (E1, 20260309), got –)")


def test_what_hindered_a_case_that_deviates_too_is_a_cause_of_its_own() -> None:
    deviates = red("1", "Another code.")
    hindered = CheckResult("reply", Verdict.BLOCKED, (), findings=(Finding(Text.same("Nobody there.")),))
    both = replace(deviates, checks=(*deviates.checks, hindered))
    assert [cause.verdict for cause in causes.of([both])] == [Verdict.FAILED, Verdict.BLOCKED]


def test_a_few_cases_of_one_cause_are_told_with_their_titles() -> None:
    told = ToldCause("It broke.", "It broke.", {"A/1": "1 First things", "A/2": "2 The next", "B/2": "2 Another"})
    lines = [*in_full(told)]
    assert lines[-3:] == ["  shown by  A/1; the same in", "    A/2: The next", "    B/2: Another"]
    many = replace(told, titles={f"A/{n}": f"{n} Title" for n in range(9)})
    assert [*in_full(many)][-1] == "    A: 0, 1, 2, 3, 4, 5, 6, 7, 8"


# What no further case can escape


def exchange(status: int | None = None) -> Exchange:
    answer = None if status is None else Message((), b"")
    return Exchange("c", URL, Message((), b""), answer, status, "", 0.0)


REFUSED = Problem("refused", Text.same("Nobody there."), Blame.ENVIRONMENT)
TURNED_AWAY = Problem("turned-away", Text.same("HTTP 404"), Blame.ENVIRONMENT)
BROKE = Problem("reset", Text.same("It hung up."), Blame.SYSTEM)


@pytest.mark.parametrize(
    ("met", "problem", "is_lasting"),
    [
        (exchange(), REFUSED, True),
        (exchange(404), TURNED_AWAY, True),
        (exchange(403), TURNED_AWAY, False),
        (exchange(), BROKE, False),
        (exchange(), Problem("header", Text.same("a line break"), Blame.ENVIRONMENT), False),
        (exchange(502), Problem("gateway", Text.same("HTTP 502"), Blame.ENVIRONMENT), False),
        (exchange(200), None, False),
    ],
)
def test_what_no_further_case_can_escape(met: Exchange, problem: Problem | None, is_lasting: bool) -> None:
    hindrances = Hindrances()
    hindrances.met(met, problem, "A/1")
    assert (hindrances.behind(URL, "A/2") is not None) == is_lasting
    assert hindrances.behind(URL, "A/1") is None, "the case that met it may try again"
    assert hindrances.behind("http://another/", "A/2") is None


def test_what_has_answered_once_may_come_back() -> None:
    hindrances = Hindrances()
    hindrances.met(exchange(200), None, "A/1")
    hindrances.met(exchange(), REFUSED, "A/2")
    assert hindrances.behind(URL, "A/3") is None


# A run of 86 cases


@pytest.fixture
def many(project: Project) -> Project:
    """A suite of 86 cases that are all alike."""
    titled = '  - {{id: "{n}", title: {{sv: Remiss {n}, en: Referral {n}}}, verifies: [PR-F-minimal], send: messages/referral.xml, expect: [result: OK]}}\n'
    project.cases(*(titled.format(n=n) for n in range(1, MANY + 1)))
    return project


def test_a_hindrance_ends_the_cases_of_its_endpoint_after_the_first(many: Project) -> None:
    with miniatures.answers_not_found() as nowhere:
        many.environment(nowhere.url)
        output = ended(many.run_here("--junitxml", "junit.xml", IN_SPITE), ENVIRONMENT)
        assert len(nowhere.heard) == 1
    assert set(many.verdicts().values()) == {"BLOCKED"}
    assert f"red: {MANY} cases, 1 cause" in output
    assert output.count("HTTP 404 without") == 1
    assert len(output.splitlines()) < 60
    told = many.evidence().results[1].checks[0].note
    assert told == Text(
        "Inte provat, eftersom fallet ProcessRequest/1 har visat vad som är i vägen.",
        "Not tried, because case ProcessRequest/1 has shown what is in the way.",
    )
    for case in junit(many.folder / "junit.xml").values():
        error = case.find("error")
        assert error is not None
        assert "HTTP 404" in error.attrib["message"]
    ((name, said),) = properties(many.folder / "junit.xml").items()
    assert name == "rivta cause 1"
    assert said.startswith(f"{MANY} cases: reply: ")
    assert said.endswith(f"{MANY - 1}, {MANY}]")
    report = (many.report / "declaration.html").read_text(encoding="utf-8")
    assert f"Testfall: {MANY}" in report


def properties(path: Path) -> dict[str, str]:
    """The properties of the run in a JUnit file."""
    found = ET.parse(path).findall("testsuite/properties/property")
    return {each.attrib["name"]: each.attrib["value"] for each in found}


def test_eighty_six_cases_with_one_cause_are_told_once(many: Project) -> None:
    with system("wrong-namespace") as url:
        many.environment(url)
        output = ended(many.run_here(), DEVIATES)
    assert f"red: {MANY} cases, 1 cause" in output
    assert f"{MANY} cases, the first: 1 Referral 1 _" in output
    assert f"{MANY} failed" in output
    assert len(output.splitlines()) < 120
    names = re.search(r"the same in\n(.*?)\n=+ rivta", output, re.DOTALL)
    assert names
    assert re.findall(r"\d+", names[1]) == [str(n) for n in range(1, MANY + 1)]


def test_skipped_cases_are_told_by_reason(project: Project) -> None:
    with system() as url:
        project.environment(url, "roles: [remittent]\ntest-data: {units: {second: SE2321000016-MOT2}}\n")
        short = project.run_here().outlines
        output = "\n".join(project.run_here("--rivta-replace", "-rs").outlines)
    assert "not tried: 4 cases" in "\n".join(short)
    assert "   4  The system is tested as remittent, which does not receive this." in short
    assert "      ProcessRequest: 1, 2, 3, 4" in output
    assert "SKIPPED" not in output


@pytest.mark.parametrize("more", [1, 2])
def test_what_is_left_out_is_counted_in_words_that_fit(more: int) -> None:
    """Of reasons and of causes alike: one more reason, two more reasons."""
    assert once._several(more, "more reason") == {1: "1 more reason", 2: "2 more reasons"}[more]


# Only what was asked for is read


BROKEN = "contract: ProcessRequestConfirmation\nrole: produser\n"


@pytest.mark.parametrize(
    ("words", "reads_all"),
    [
        (("--rivta-case", "ProcessRequest/1"), False),
        (("--rivta-contract", "ProcessRequest"), False),
        (("--rivta-contract", "ProcessRequest@2", "--rivta-case", "1"), False),
        (("--rivta-case", "1"), True),
        (("--rivta-case", "ProcesRequest/1"), True),
        (("--rivta-case", "ProcessRequestConfirmation/1"), True),
        ((), True),
    ],
)
def test_only_files_that_may_hold_what_was_asked_for_are_read(
    project: Project, words: tuple[str, ...], reads_all: bool
) -> None:
    other = project.domain / "ProcessRequestConfirmation"
    other.mkdir(exist_ok=True)
    (other / "producer.yaml").write_text(BROKEN, encoding="utf-8")
    with miniatures.answers_not_found() as nowhere:
        project.environment(nowhere.url)
        output = "\n".join((result := project.run_here(*words)).outlines + result.errlines)
    assert ("produser" in output) == reads_all
    assert result.ret == (USAGE if reads_all else ENVIRONMENT)


def test_a_name_that_nothing_has_is_still_held_against_everything(project: Project) -> None:
    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        result = project.run_here("--rivta-case", "ProcesRequest/1")
    assert result.ret == USAGE
    assert "did you mean “ProcessRequest/1”?" in "\n".join(result.outlines + result.errlines)
