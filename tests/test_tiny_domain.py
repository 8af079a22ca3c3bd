"""A second domain is a folder of data: everything that the program does for the first, it does for this one too.

The domain of `tests/domains` has what the first has not: a contract in two major versions, three kinds of SOAP header, a result
that says errorId, a contract without any result. No line of Python is its own.
"""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import page_world
import tiny_world
from fault_matrix import proves
from projects import DEVIATES, OK, USAGE, ended, person
from rivta import cli, evidence
from rivta.contract.message import open_envelope
from rivta.model.steps import Send
from rivta.model.words import Verdict
from rivta.page import programme
from rivta.page.play import Awaiting
from test_page_http import Visitor
from tiny_world import ENVIRONMENT, HERE, NAME, SCENARIOS, SUITES, domain, matrix, simulated


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command prints, once it has ended with this code."""
    assert cli.main(list(words)) == code
    return capsys.readouterr().out


# The folder


def test_it_has_no_python() -> None:
    assert [path for path in HERE.rglob("*") if path.suffix == ".py"] == []


def test_lint_finds_nothing_and_every_requirement_has_a_case_or_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "lint", "--suites", str(SUITES), "--env", str(ENVIRONMENT))
    assert "NO CASE AND NO REASON" not in shown
    assert re.search(rf"{NAME}: \d+ cases, \d+ of \d+ requirements proven by cases, 1 with a reason why not", shown)
    assert "RegisterLoan@1/1.1" in shown
    assert "RegisterLoan@2/1.1" in shown
    assert "GetLoans/1.1" in shown, "whose name is one contract's alone"


def test_its_contracts_are_told_apart() -> None:
    assert {str(each.id) for each in domain().contracts.values()} == {
        f"{NAME}/RegisterLoan@1",
        f"{NAME}/RegisterLoan@2",
        f"{NAME}/GetLoans@1",
    }


def test_headers_and_results_are_those_of_the_schemas() -> None:
    old, new, reading = (domain().contracts[name] for name in ("RegisterLoan@1", "RegisterLoan@2", "GetLoans"))
    assert old.header == "{http://www.w3.org/2005/08/addressing}To"
    assert new.header == "{urn:riv:itintegration:registry:1}LogicalAddress"
    assert reading.header == "{urn:riv:infrastructure:itintegration:registry:2}LogicalAddress"
    assert old.result
    assert new.result
    assert (old.result.error, old.result.sub) == ("errorId", "")
    assert (new.result.error, new.result.sub) == ("errorCode", "subCode")
    assert reading.result is None


@pytest.mark.parametrize(("contract", "named"), [("RegisterLoan@1", "To"), ("RegisterLoan@2", "LogicalAddress")])
def test_an_address_that_is_not_sent_is_called_what_its_contract_calls_it(contract: str, named: str) -> None:
    case, suite = next(
        (case, suite)
        for case, suite in matrix().cases.values()
        if suite.called(case.contract) == contract and case.role == "producer"
    )
    (send, *_) = (step for step in case.steps if isinstance(step, Send))
    strange = replace(case, steps=(replace(send, to=person("19800101")),))
    result = matrix().bench.play(strange, suite)
    assert result.verdict is Verdict.BLOCKED
    assert result.reason is not None
    assert result.reason.en.startswith(f"not sent: {named} names someone who is no test person\n")


def test_what_is_known_of_its_contracts_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    old, reading = (
        said(capsys, "contracts", "--suites", str(SUITES), "show", name) for name in ("RegisterLoan@1", "GetLoans")
    )
    assert "addressed by   {http://www.w3.org/2005/08/addressing}To\n" in old
    assert "result         result: resultCode, errorId, resultText\n" in old
    assert "result         none: it answers, or there is a SOAP Fault\n" in reading


def test_a_word_for_two_contracts_is_refused_with_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["contracts", "--suites", str(SUITES), "show", "RegisterLoan"]) != 0
    assert "RegisterLoan@1, RegisterLoan@2" in capsys.readouterr().err


def test_a_message_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "check", "--suites", str(SUITES), str(SUITES / NAME / "reference" / "loans.xml"))
    assert "valid (GetLoans response)" in shown


def test_its_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "reference", "--domain", str(SUITES / NAME), "--list-faults")
    listed = {line.split()[0]: line for line in shown.splitlines()}
    assert "(breaks R1-S-title)" in listed["ignores-R1-S-title"], "made from its rules"
    assert "(breaks GL-SHOWN)" in listed["hides-loans"], "its own"
    assert "(breaks GEN-SOAP)" in listed["html-error-page"], "any system's"


# The cases, against the domain's own system


def test_every_case_passes() -> None:
    assert {
        key: sound.verdict.name for key, sound in matrix().sound.items() if sound.verdict is not Verdict.PASSED
    } == {}


@pytest.mark.parametrize("fault", [name for name, each in simulated().faults.items() if not each.at_once])
def test_a_fault_turns_exactly_the_cases_red_that_verify_what_it_breaks(fault: str) -> None:
    """Where it changes nothing it cannot be seen: of the cases that verify what it breaks, those count in which it does.

    What shows only under load is played in test_load.py.
    """
    assert matrix().verify(fault) & matrix().touched(fault) or not simulated().faults[fault].breaks, "no case shows it"
    played = matrix().played(fault)
    wanted = matrix().verify(fault) & played
    red = matrix().red(fault, played)
    assert red == wanted, f"missed: {sorted(wanted - red)}; false alarms: {sorted(red - wanted)}"


def test_every_proven_requirement_has_a_fault() -> None:
    proven = {id_ for pair in matrix().cases.values() for id_ in proves(*pair)}
    broken = {id_ for fault in simulated().faults.values() for id_ in fault.breaks}
    assert sorted(proven - broken) == []


# On the wire


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("RegisterLoan@1/1.1", "LIB1"),
        ("RegisterLoan@2/1.1", "LIB1"),
        ("GetLoans/1.1", "LIB1"),
        ("RegisterLoan@1/consumer/1.1", "LIB9"),
        ("RegisterLoan@2/consumer/1.1", "LIB2"),
        ("GetLoans/consumer/1.2", "LIB2"),
    ],
)
def test_messages_are_addressed_as_their_contract_says(key: str, unit: str) -> None:
    (exchange,) = tiny_world.play(key).exchanges
    header = domain().contracts[exchange.contract].header
    assert open_envelope(exchange.request.body).address(header) == f"SE2321000016-{unit}"


def test_who_asks_a_contract_without_result_gets_what_the_case_says_or_the_least_that_is_valid() -> None:
    said, least = (tiny_world.play(f"GetLoans/consumer/{case}").exchanges[0] for case in ("1.1", "1.2"))
    assert said.response
    assert least.response
    assert "<c:title>Kallocain</c:title>" in said.response.body.decode()
    envelope = open_envelope(least.response.body)
    assert envelope.payload_name == "{urn:riv:tiny:library:loan:GetLoansResponder:1}GetLoansResponse"
    assert envelope.payload is not None
    assert len(envelope.payload) == 0


# A run, and what is made of it


def test_a_run_is_collected_played_reported_and_declared(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("suites", "scenarios", "answers.yaml"):
        copy = shutil.copytree if (HERE / name).is_dir() else shutil.copy
        copy(HERE / name, pytester.path / name)
    with tiny_world.system() as server:
        tiny_world.environment_at(server.url, pytester.path / "environment.yaml")
        words = ("--rivta-env", "environment.yaml", "--rivta-report", "run", "--rivta-answers", "answers.yaml")
        output = ended(run_here(pytester, "suites", "scenarios", *words), OK)
    count = len(matrix().cases)
    assert f"{count} of {count} cases, outcome: conforms" in output
    run = evidence.read(pytester.path / "run")
    assert {result.key for result in run.results} == {matrix().shown(key) for key in matrix().cases}
    assert not run.strays
    for lang, words_ in (("sv", "Självdeklaration Boklån"), ("en", "Self-declaration Loans of books")):
        html = said(capsys, "report", "run", "--suites", "suites", "--lang", lang, "-o", "-")
        assert words_ in html
        assert "tills boken lånas ut igen" in html, "what the vendor answered"
        assert "RegisterLoan@1/1.1" in html
        assert f">{NAME}/" not in html, "people are shown the shortest word"
    found = json.loads(said(capsys, "report", "run", "--suites", "suites", "--format", "json", "-o", "-"))
    assert {row["id"]: row["verdict"] for row in found["requirements"]}["GL-F-all"] == "passed"
    assert {each["id"] for each in found["header"]["domains"][0]["contracts"]} == set(domain().contracts)
    table = said(capsys, "report", "run", "--suites", "suites", "--format", "csv", "-o", "-")
    assert table.count(f'"{NAME}"') == len(domain().requirements)
    checked = said(capsys, "declaration", "check", "answers.yaml", "--run", "run", "--suites", "suites")
    assert "complete; " in checked


def test_a_run_against_a_system_with_a_fault_deviates(pytester: pytest.Pytester) -> None:
    shutil.copytree(SUITES, pytester.path / "suites")
    with tiny_world.system("ignores-R2-S-title") as server:
        tiny_world.environment_at(server.url, pytester.path / "environment.yaml")
        words = ("--rivta-env", "environment.yaml", "--rivta-report", "run", "--rivta-contract", "RegisterLoan@2")
        output = ended(run_here(pytester, "suites", *words, "-k", "2.1"), DEVIATES)
    assert "R2-S-title" in output


def test_a_case_is_asked_for_as_the_terminal_lists_it_where_that_means_one_case(pytester: pytest.Pytester) -> None:
    """Behind its contract, which is said beside it; a name that cases of several contracts have behind theirs is refused."""
    named = (str(SUITES), "--collect-only", "-q", "--rivta-env", str(ENVIRONMENT), "--rivta-case", "consumer/1.1")
    for contract, folder in (("GetLoans", "GetLoans"), ("RegisterLoan@2", "RegisterLoan.2")):
        told = ended(run_here(pytester, *named, "--rivta-contract", contract), OK)
        (found,) = (line for line in told.splitlines() if "::" in line)
        assert f"{folder}/consumer.yaml::1.1 " in found
    several = ended(run_here(pytester, *named), USAGE)
    assert "“consumer/1.1” may mean 3 cases" in several
    assert "such as GetLoans/consumer/1.1" in several
    (alone,) = (
        line for line in ended(run_here(pytester, *named[:-1], "consumer/2.1"), OK).splitlines() if "::" in line
    )
    assert "RegisterLoan.2/consumer.yaml::2.1 " in alone


def run_here(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """A run of pytest in this process."""
    alone = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:xdist.looponfail")
    ignored = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    return pytester.runpytest_inprocess(*words, *alone, "-W", ignored)


# By hand


def test_a_person_plays_a_case_on_the_page(tmp_path: Path) -> None:
    with tiny_world.system() as server:
        settings = replace(tiny_world.environment_at(server.url, tmp_path / "environment.yaml"), adapter=None)
        found = programme.read(settings, SUITES, SCENARIOS)
        with page_world.opened(tmp_path / "run", server, settings, SUITES, found) as world:
            visitor = Visitor(world.url, world.way_in)
            _, _, start = visitor.get("/?role=counter&lang=en")
            assert "A loan is registered with a branch in either version" in start
            playable = f"{NAME}.RegisterLoan-2.1.1"
            assert playable in world.service.setup.programme.playables
            _, headers, _ = visitor.post("/plays", {"what": playable, "by": "Karin Provare"})
            name = headers["Location"].rpartition("/")[2]
            play = world.service.find(name)
            assert play is not None
            page_world.until(play, lambda shown: isinstance(shown.moment, Awaiting))
            assert "Register a loan of Kallocain for 191212121212" in visitor.get(f"/plays/{name}?lang=en")[2]
            assert world.act(name) == "done"
            page_world.until(play, lambda shown: shown.is_over)
            assert play.state.result is not None
            assert play.state.result.verdict is Verdict.PASSED
            _, _, inbox = visitor.get("/inbox?lang=en")
            assert "RegisterLoan@2" in inbox
            assert f">{NAME}/" not in inbox
