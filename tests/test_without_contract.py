"""What no service contract says: a domain without one, whose suites only ask, goes the way of every other domain."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import page_world
import tiny_world
from fault_matrix import Matrix
from in_process import Bench
from projects import DEVIATES, OK, ended
from rivta import contract, environment, evidence, simulator, suite
from rivta.check import vocabulary
from rivta.model.environment import Listening
from rivta.model.errors import RivtaError
from rivta.model.words import Verdict
from rivta.page import programme
from rivta.page.play import Asking
from rivta.simulator import Simulator
from rivta.text import places
from test_page_http import Visitor
from test_tiny_domain import run_here, said

HERE = Path(__file__).parent.parent / "docs" / "snippets" / "desk"
"""The domain that the manual shows."""
DOMAIN, SUITE = ((HERE / name).read_text(encoding="utf-8") for name in ("domain.yaml", "rules/consumer.yaml"))
ENVIRONMENT = """\
system: {organisation: Biblioteket, product: Disken, version: "1"}
roles: [desk]
adapter: {url: "URL/act"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The domain's folder."""
    return shutil.copytree(HERE, tmp_path / "suites" / "tiny.desk")


@pytest.fixture
def simulated(folder: Path) -> simulator.Simulated:
    return simulator.read(contract.read_domain(folder, vocabulary()))


@pytest.fixture
def served(simulated: simulator.Simulated, request: pytest.FixtureRequest) -> Iterator[simulator.Server]:
    with Simulator(simulated, getattr(request, "param", ())) as system, simulator.serve(system) as server:
        yield server


def environment_at(url: str, path: Path) -> Path:
    path.write_text(ENVIRONMENT.replace("URL", url.rstrip("/")), encoding="utf-8")
    return path


def test_its_cases_are_known_by_the_folder_of_their_suite(folder: Path) -> None:
    read = suite.read(folder / "rules" / "consumer.yaml", contract.read_domain(folder), vocabulary())
    assert [(case.id, case.contract, case.written) for case in read.cases] == [
        ("1", "tiny.desk/rules", ("D-1",)),
        ("2", "tiny.desk/rules", ("D-2",)),
    ]
    assert (read.party, len(read.domain.contracts)) == ("desk", 0)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("party: desk", "party: disk", "unknown role “disk”"),
        ("party: desk\n", "", "this suite lacks contract or party"),
        ("party: desk", "party: desk\ncontract: RegisterLoan", "“contract” must not stand beside “party” in one suite"),
        ("  ask:", "  send: m.xml\n  ask:", "unknown key “send”"),
    ],
)
def test_a_mistake_in_such_a_suite_is_told(old: str, new: str, told: str, folder: Path) -> None:
    path = folder / "rules" / "consumer.yaml"
    path.write_text(SUITE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RivtaError) as caught:
        suite.read(path, contract.read_domain(folder), vocabulary())
    assert told in str(caught.value)


def test_contracts_need_somebody_whose_words_they_are(folder: Path) -> None:
    some = "contracts: [{name: Lend, version: '1.0', title: Lend, wsdl: lend.wsdl, max-ms: 1}]\n"
    (folder / "domain.yaml").write_text(DOMAIN + some, encoding="utf-8")
    with pytest.raises(RivtaError, match="nothing says whose words the schemas of the contracts are"):
        contract.read_domain(folder)


def test_each_wrong_answer_turns_exactly_its_cases_red(simulated: simulator.Simulated, tmp_path: Path) -> None:
    settings = environment.read(environment_at("http://127.0.0.1:9", tmp_path / "environment.yaml"))
    matrix = Matrix(Bench(simulated, settings), tmp_path / "none")
    assert {sound.verdict for sound in matrix.sound.values()} == {Verdict.PASSED}
    caught = {
        name: sorted(matrix.red(name, set(matrix.cases))) for name in simulated.faults if name.startswith("denies-")
    }
    assert caught == {
        "denies-logged-in": ["tiny.desk/rules/consumer/1"],
        "denies-seen-in-log": ["tiny.desk/rules/consumer/2"],
        "denies-lender-in-log": ["tiny.desk/rules/consumer/2"],
    }


def test_lint_plan_and_list_of_domains_tell_of_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = str(environment_at("http://127.0.0.1:9", tmp_path / "environment.yaml"))
    shown = said(capsys, "lint", "--suites", str(folder.parent), "--env", env)
    assert "tiny.desk: 2 cases, 2 of 3 requirements proven by cases, 1 with a reason why not" in shown
    assert "tiny.desk/rules/consumer/1" in shown
    assert "| tiny.desk | 1.0 | 0 | desk | 2 | 3 | 2 | 1 |" in said(capsys, "domains", "--suites", str(folder.parent))
    plan = ("plan", "--env", env, "--suites", str(folder.parent), "-o", str(tmp_path / "plan.pdf"))
    assert "2 cases to play by hand" in said(capsys, *plan)


def test_a_run_is_collected_played_reported_declared_compared_and_verified(
    folder: Path, served: simulator.Server, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(folder.parent, pytester.path / "suites", dirs_exist_ok=True)
    environment_at(served.url, pytester.path / "environment.yaml")
    words = ("suites", "--rivta-env", "environment.yaml", "--rivta-report")
    assert "2 of 2 cases, outcome: conforms" in ended(run_here(pytester, *words, "whole"), OK)
    one = ended(run_here(pytester, *words, "part", "--rivta-case", "tiny.desk/rules/consumer/1"), OK)
    assert "1 of 1 cases" in one
    assert "1 of 1 cases" in ended(
        run_here(pytester, *words, "other", "--rivta-contract", "tiny.desk/rules", "--rivta-requirement", "D-1"), OK
    )
    run = evidence.read(pytester.path / "whole")
    assert [result.key for result in run.results] == ["tiny.desk/rules/consumer/1", "tiny.desk/rules/consumer/2"]
    html = said(capsys, "report", "whole", "--suites", "suites", "--lang", "en", "-o", "-")
    assert "Self-declaration without a service contract" in html
    assert "tiny.desk/rules/consumer/2" in html
    found = json.loads(said(capsys, "report", "whole", "--suites", "suites", "--format", "json", "-o", "-"))
    assert {row["id"]: row["verdict"] for row in found["requirements"]} == {
        "D-1": "manual",
        "D-2": "manual",
        "D-3": "not-proven",
    }
    for kind in ("pdf", "csv", "sarif", "badge", "attestation"):
        said(capsys, "report", "whole", "--suites", "suites", "--format", kind, "-o", f"report.{kind}")
    said(capsys, "declaration", "init", "--suites", "suites", "--role", "desk", "-o", "answers.yaml")
    assert "tiny.desk/rules/consumer/2" in said(capsys, "diff", "whole", "part", code=1)
    said(capsys, "verify", "whole")


def test_it_stands_in_the_same_declaration_as_what_contracts_say(
    folder: Path, served: simulator.Server, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_world.SUITES, pytester.path / "suites")
    shutil.copytree(folder, pytester.path / "suites" / folder.name)
    with tiny_world.system() as server:
        tiny_world.environment_at(server.url, pytester.path / "environment.yaml")
        written = (pytester.path / "environment.yaml").read_text(encoding="utf-8")
        both = written.replace("roles: [", "roles: [desk, ").replace(f"{server.url.rstrip('/')}/act", served.act_url)
        assert served.act_url in both
        (pytester.path / "environment.yaml").write_text(both, encoding="utf-8")
        words = ("--rivta-contract", "GetLoans", "--rivta-contract", "tiny.desk/rules")
        run_here(pytester, "suites", "--rivta-env", "environment.yaml", "--rivta-report", "run", *words)
    html = said(capsys, "report", "run", "--suites", "suites", "--lang", "en", "-o", "-")
    assert "Requirements of The desk 1.0" in html
    assert "Requirements of Loans of books" in html
    assert "tiny.desk/rules/consumer/2" in html
    assert "GetLoans/1.1" in html


@pytest.mark.parametrize("served", [("denies-logged-in",)], indirect=True)
def test_a_run_in_which_something_is_denied_deviates(
    folder: Path, served: simulator.Server, pytester: pytest.Pytester
) -> None:
    shutil.copytree(folder.parent, pytester.path / "suites", dirs_exist_ok=True)
    environment_at(served.url, pytester.path / "environment.yaml")
    output = ended(run_here(pytester, "suites", "--rivta-env", "environment.yaml", "--rivta-report", "run"), DEVIATES)
    assert "D-1 (must): Who lends is logged in" in output


def test_no_fault_of_messages_is_listed_where_there_are_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = said(capsys, "reference", "--domain", str(folder), "--list-faults")
    assert [line.split()[0] for line in listed.splitlines()] == [
        "denies-logged-in",
        "denies-seen-in-log",
        "denies-lender-in-log",
    ]


def test_a_person_answers_on_the_page(folder: Path, served: simulator.Server, tmp_path: Path) -> None:
    written = environment.read(environment_at(served.url, tmp_path / "environment.yaml"))
    settings = replace(written, adapter=None, listening=Listening())
    found = programme.read(settings, folder.parent, tmp_path / "none")
    name = "tiny.desk.tiny.desk-rules.1"
    assert list(found.playables) == [name, "tiny.desk.tiny.desk-rules.2"]
    with page_world.opened(tmp_path / "run", served, settings, folder.parent, found) as world:
        visitor = Visitor(world.url, world.way_in)
        start = visitor.get("/?role=desk&lang=en")[2]
        assert "Who lends is logged in" in start
        assert "tiny.desk/rules/consumer/1" in start
        path = visitor.post("/plays", {"what": name, "by": "Karin Provare"})[1]["Location"]
        play = world.service.find(path.rpartition("/")[2])
        assert play is not None
        page_world.until(play, lambda shown: isinstance(shown.moment, Asking))
        assert "Is a login required? Attach a picture." in visitor.get(f"{path}?lang=en")[2]
        assert visitor.note(path, "The login", ("login.txt", b"locked"))[0] == 303
        assert visitor.post(f"{path}/answer", {"step": "0", "answer": "yes", "by": "Karin Provare"})[0] == 303
        page_world.until(play, lambda shown: shown.is_over)
        assert play.state.result is not None
        assert play.state.result.verdict is Verdict.PASSED
    run = evidence.read(tmp_path / "run")
    assert [check.by for result in run.results for check in result.checks] == ["Karin Provare"]
    assert [each.name for note in run.notes for each in note.files] == ["login.txt"]


# The shipped ones


def without_contract() -> list[str]:
    """The shipped domains that have none."""
    return [path.parent.name for path in sorted(places.suites().glob("*/domain.yaml")) if "meets:" in _reference(path)]


def _reference(path: Path) -> str:
    written = path.parent / "reference" / "reference.yaml"
    return written.read_text(encoding="utf-8") if written.is_file() else ""


@pytest.mark.parametrize("name", without_contract())
def test_a_shipped_checklist_is_whole(name: str) -> None:
    """Each requirement is asked for, met by who answers yes to all, and red alone where its own question gets a no."""
    domain = contract.read_domain(places.suites() / name, vocabulary())
    simulated = simulator.read(domain)
    demo = simulated.reference.demo
    assert demo is not None
    settings = environment.read(places.reference() / demo.files["environment"])
    assert settings.roles == tuple(domain.roles)
    matrix = Matrix(Bench(simulated, settings), places.scenarios() / name)
    assert {key: sound.verdict.name for key, sound in matrix.sound.items() if sound.verdict is not Verdict.PASSED} == {}
    assert {id_ for sound in matrix.sound.values() for id_ in sound.proven} == domain.requirements.keys()
    for name_, fault in simulated.faults.items():
        assert matrix.red(name_, set(matrix.cases)) == matrix.verify(name_), name_
        assert len(matrix.verify(name_)) == 1, fault.breaks
    assert {id_ for fault in simulated.faults.values() for id_ in fault.breaks} == domain.requirements.keys()
