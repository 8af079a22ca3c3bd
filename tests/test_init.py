"""An environment to start from, and what `rivta lint --env` finds in one before anything is sent."""

import builtins
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import tiny_world
from certificates import certificates
from projects import command_here
from rivta import contract, environment

USAGE = 4
SUITES = ("--suites", str(tiny_world.SUITES))


def test_a_role_an_address_and_certificates_make_an_environment_that_holds(tmp_path: Path) -> None:
    for name, file in (("client.pem", certificates().client.certificate), ("client.key", certificates().client.key)):
        shutil.copy(file, tmp_path / name)
    words = ("init", "--role", "catalogue", "--url", "https://library.example", "--certificate", "client.pem")
    made = command_here([*words, "--key", "client.key", "-o", "mine.yaml", *SUITES], tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    assert "rivta lint --env mine.yaml" in made.stdout
    read = environment.read(tmp_path / "mine.yaml")
    assert read.roles == ("catalogue",)
    assert read.tls.certificate == tmp_path / "client.pem"
    role = tiny_world.domain().roles["catalogue"]
    assert len(read.endpoints) == len(role.produces)
    assert all(each.url.startswith("https://library.example/") for each in read.endpoints.values())
    assert (read.listening is not None) == bool(role.consumes)
    known = {each.hsa_id for each in tiny_world.simulated().reference.units_of(role.name)}
    assert {each.logical_address for each in read.endpoints.values()} <= known
    written = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    for each in tiny_world.domain().preconditions.values():
        assert each.text.en in written
    linted = command_here(["lint", "--env", "mine.yaml", "--quiet", *SUITES], tmp_path)
    assert (linted.returncode, linted.stderr) == (0, "")
    assert "mine.yaml" not in linted.stdout
    again = command_here([*words, "--key", "client.key", "-o", "mine.yaml", *SUITES], tmp_path)
    assert again.returncode == USAGE
    assert "mine.yaml is there already" in again.stderr


def test_what_cases_need_stands_under_the_names_by_which_it_is_asked_for(tmp_path: Path) -> None:
    """With the # taken away it is test data of exactly those names, also where two preconditions ask below one name, with others between."""
    folder = shutil.copytree(tiny_world.SUITES / "tiny.library.loan", tmp_path / "suites" / "tiny.library.loan")
    more = "  shelf: {text: {sv: Hylla, en: A shelf}, data: [shelves.one.id, rooms.one]}\n"
    more += "  store: {text: {sv: Magasin, en: A store}, data: [shelves.two, shelves.one.row, rooms.one]}\n"
    written = (
        (folder / "domain.yaml").read_text(encoding="utf-8").replace("\npreconditions:\n", f"\npreconditions:\n{more}")
    )
    (folder / "domain.yaml").write_text(written, encoding="utf-8")
    words = ["init", "--role", "catalogue", "--url", "https://a", "--suites", str(tmp_path / "suites")]
    made = command_here(words, tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    _, _, commented = (tmp_path / "environment.yaml").read_text(encoding="utf-8").partition("# test-data:\n")
    lines = [line.removeprefix("# ") for line in commented.splitlines()]
    domain = contract.read_domain(folder)
    wanted = {name for each in domain.preconditions.values() for name in each.data}
    assert {*dotted(yaml.safe_load("\n".join(lines)))} == wanted >= {"shelves.one.id", "shelves.one.row", "shelves.two"}
    assert [line.strip() for line in lines].count("# shelf: A shelf") == 1, "in words once"


def dotted(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in tree.items():
        yield from dotted(value, f"{above}{name}.") if isinstance(value, dict) else [above + name]


def test_what_no_option_tells_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter(("catalogue", "https://library.example:8443/all", ""))
    asked: list[str] = []
    monkeypatch.setattr(builtins, "input", lambda question: asked.append(question) or next(said))  # type: ignore[func-returns-value]
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    made = command_here(["init", *SUITES], tmp_path)
    assert (made.returncode, len(asked)) == (0, 3)
    assert "catalogue: " in made.stdout
    read = environment.read(tmp_path / "environment.yaml")
    assert {each.url for each in read.endpoints.values()} == {"https://library.example:8443/all"}
    assert read.tls.certificate is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "catalog"), "did you mean “catalogue”?"),
        (("--role", "GetLoan"), "did you mean “GetLoans”?"),
        (("--role", "tiny.library.loan/catalog"), "did you mean “tiny.library.loan/catalogue”?"),
        (("--url", "https://a"), "Role: nobody is there to be asked"),
    ],
)
def test_what_cannot_be_made_is_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    made = command_here(["init", *words, *SUITES], tmp_path)
    assert made.returncode == USAGE
    assert said in made.stderr
    assert not [*tmp_path.iterdir()]


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The tiny domain beside another whose package is not installed, with the same roles."""
    monkeypatch.setenv("RIVTA_CONTRACTS", str(tmp_path / "store"))
    for name in ("tiny.library.loan", "other.library.loan"):
        folder = shutil.copytree(tiny_world.SUITES / "tiny.library.loan", tmp_path / "suites" / name)
        written = (folder / "domain.yaml").read_text(encoding="utf-8").replace("tiny.library.loan", name)
        (folder / "domain.yaml").write_text(written, encoding="utf-8")
    shutil.rmtree(folder / "schemas")
    written = written.replace("origin: restatement", 'origin: official\npackage: "2.0.1"')
    (folder / "domain.yaml").write_text(written, encoding="utf-8")
    return ("--suites", str(tmp_path / "suites"))


def test_of_several_domains_that_have_the_role_the_one_is_taken_whose_package_is_installed(
    tmp_path: Path, several: tuple[str, str]
) -> None:
    words = ("init", "--url", "https://a", *several, "--role")
    made = command_here([*words, "catalogue"], tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    assert "environment.yaml: catalogue in tiny.library.loan" in made.stdout
    lacking = command_here([*words, "other.library.loan/catalogue", "-o", "b.yaml"], tmp_path)
    assert lacking.returncode == USAGE
    assert lacking.stderr.startswith("the release package of other.library.loan 2.0.1 is not installed")
    assert not (tmp_path / "b.yaml").exists()


@pytest.mark.parametrize(
    ("endpoint", "is_told"), [("tiny.library.loan/GetLoans", False), ("other.library.loan/GetLoans", True)]
)
def test_a_package_that_lacks_is_told_only_where_the_environment_takes_part_in_its_domain(
    tmp_path: Path, several: tuple[str, str], pytester: pytest.Pytester, endpoint: str, is_told: bool
) -> None:
    """Not where the role's name alone is in that domain too, and what the system answers is another's."""
    written = (
        f"{SYSTEM}roles: [catalogue]\nendpoints: {{{endpoint}: {{url: http://127.0.0.1:9, logical-address: A}}}}\n"
    )
    (tmp_path / "env.yaml").write_text(written, encoding="utf-8")
    tried = command_here(["preflight", "--env", "env.yaml", *several], tmp_path).stdout
    alone = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:xdist.looponfail")
    words = ("--collect-only", "-rs", "--rivta-env", str(tmp_path / "env.yaml"))
    run = pytester.runpytest_inprocess(several[1], *words, *alone)
    told = "the release package of other.library.loan 2.0.1 is not installed"
    assert [told in each for each in (tried, run.stdout.str())] == [is_told, is_told]
    for asked in (
        ("--rivta-contract", "other.library.loan/GetLoans"),
        ("--rivta-case", "other.library.loan/GetLoans/1.1"),
    ):
        refused = pytester.runpytest_inprocess(several[1], *words, *asked, *alone)
        assert refused.ret == USAGE
        assert f"ERROR: {told}: rivta contracts add PACKAGE.zip" in refused.stderr.str()


@pytest.mark.parametrize(("endpoint", "is_wrong"), [("GetLoan", True), ("other.library.loan/GetLoans", False)])
def test_a_misspelt_endpoint_is_told_also_where_a_package_of_the_same_role_lacks(
    tmp_path: Path, several: tuple[str, str], endpoint: str, is_wrong: bool
) -> None:
    written = (
        f"{SYSTEM}roles: [catalogue]\nendpoints: {{{endpoint}: {{url: http://127.0.0.1:9, logical-address: A}}}}\n"
    )
    (tmp_path / "env.yaml").write_text(written, encoding="utf-8")
    for command in ("lint", "preflight"):
        tried = command_here([command, "--env", "env.yaml", *several], tmp_path)
        assert (tried.returncode == USAGE) == is_wrong, tried
        assert ("did you mean “GetLoans”?" in tried.stderr) == is_wrong


def test_a_word_that_may_mean_several_roles_is_refused_with_the_choices_or_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["init", "--role", "GetLoans", "--url", "https://a", *SUITES]
    refused = command_here(words, tmp_path)
    assert refused.returncode == USAGE
    assert "write one of: tiny.library.loan/catalogue, tiny.library.loan/counter" in refused.stderr
    monkeypatch.setattr(builtins, "input", lambda _question: "1")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    made = command_here(words, tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    assert environment.read(tmp_path / "environment.yaml").roles == ("catalogue",)


def test_odd_names_of_files_are_written_as_they_are_named_wherever_the_environment_lies(tmp_path: Path) -> None:
    odd = "a key, of {ours}: #1.pem"
    shutil.copy(certificates().client.key, tmp_path / odd)
    shutil.copy(certificates().client.certificate, tmp_path / "client.pem")
    (tmp_path / "there").mkdir()
    words = ("init", "--role", "catalogue", "--url", "https://a/?b={c}", "--certificate", "client.pem", "--key", odd)
    made = command_here([*words, "-o", "there/mine.yaml", *SUITES], tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    read = environment.read(tmp_path / "there" / "mine.yaml")
    assert read.tls.key is not None
    assert read.tls.key.samefile(tmp_path / odd)
    assert {each.url for each in read.endpoints.values()} == {"https://a/?b={c}"}


@pytest.mark.parametrize(
    "url", ["https://me:hidden@library.example/", "https://library.example:none/", "https://[/", "no address"]
)
def test_what_does_not_hold_is_not_left_behind(tmp_path: Path, url: str) -> None:
    made = command_here(["init", "--role", "catalogue", "--url", url, *SUITES], tmp_path)
    assert made.returncode == USAGE
    assert "hidden" not in made.stderr
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("met", "code"), [(EOFError, USAGE), (KeyboardInterrupt, 128 + signal.SIGINT)])
def test_whoever_is_asked_may_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, met: type[BaseException], code: int
) -> None:
    def leave(_question: str) -> str:
        raise met

    monkeypatch.setattr(builtins, "input", leave)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert command_here(["init", *SUITES], tmp_path).returncode == code
    assert not [*tmp_path.iterdir()]


SYSTEM = 'system: {organisation: A, product: B, version: "1"}\n'


def linted(tmp_path: Path, text: str) -> str:
    (tmp_path / "env.yaml").write_text(SYSTEM + text, encoding="utf-8")
    done = command_here(["lint", "--env", "env.yaml", *SUITES], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_system_that_only_calls_needs_no_endpoints(tmp_path: Path) -> None:
    assert "without endpoints:" not in linted(tmp_path, "roles: [counter]\ncounterpart: {listen: 127.0.0.1:0}\n")
    assert "contracts of the roles are answered by the system: without endpoints:" in linted(
        tmp_path, "roles: [catalogue]\n"
    )


def test_a_misspelt_name_in_test_data_is_told_with_its_place(tmp_path: Path) -> None:
    told = linted(tmp_path, "roles: [counter]\ntest-data: {branches: {secnd: SE2321000016-LIB3}, borowers: {a: b}}\n")
    assert "env.yaml:3:24: test-data: nothing uses “branches.secnd”" in told
    assert "did you mean “branches.second”?" in told
    assert "nothing uses “borowers.a”" in told
    assert "nothing uses" not in linted(
        tmp_path, "roles: [counter]\ntest-data: {branches: {second: SE2321000016-LIB3}}\n"
    )


def test_spare_test_data_that_stands_in_place_of_nothing_is_told(tmp_path: Path) -> None:
    spare = "{branches: [{second: SE2321000016-LIB3}, {second: a, secnd: b}], nosuch: [{unit: c}]}"
    told = linted(tmp_path, f"roles: [counter]\ncounterpart: {{listen: 127.0.0.1:0, spare: {spare}}}\n")
    assert "counterpart: spare: nothing uses “branches.secnd”" in told
    assert "did you mean “branches.second”?" in told
    assert "counterpart: spare: nothing uses “nosuch.unit”" in told
    assert told.count("nothing uses") == 2


def test_certificate_files_are_opened(tmp_path: Path) -> None:
    made = certificates()
    pair = f"{{certificate: {made.client.certificate}, key: {made.server.key}}}"
    serving = f"{{certificate: {made.expired.certificate}, key: {made.expired.key}}}"
    told = linted(tmp_path, f"roles: [counter]\ntls: {pair}\ncounterpart: {{tls: {serving}}}\n")
    assert "tls: The certificate files cannot be used" in told
    assert "the key does not belong to the certificate." in told
    assert f"counterpart: tls: {made.expired.certificate} has expired." in told
