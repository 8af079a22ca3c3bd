"""The manual's examples are true: its files are read and played against the reference system, its commands are run."""

import io
import json
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, ClassVar

import jsonschema
import pytest

import manual
import tiny_world
from bodies_kept import kept
from certificates import PASSWORD, certificates
from manual import DOCS, DOMAIN, ROOT, SNIPPETS, least_environment, pages, project, referee, rivta, shipped_domain
from projects import command_here
from rivta import cli, contract, counterpart, environment, suite
from rivta.check import KINDS, refuse_undeclared, vocabulary
from rivta.cli.schema import of
from rivta.contract.general import FORM
from rivta.model.case import Suite
from rivta.model.domain import Domain
from rivta.model.environment import Environment, TlsFiles
from rivta.model.exchange import Acted, Said
from rivta.model.run import CaseResult
from rivta.model.steps import Ask, Receive
from rivta.model.words import Text, Verdict
from rivta.run import Stage, adapter, run_case
from rivta.run.samples import Choice
from rivta.simulator import Server
from rivta.text import places
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.tree import Node, YamlList, YamlMap
from rivta.transport.http import HttpTransport
from suite_world import as_an_editor_reads

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN_NAME = "20261121T101500Z-1f2e"
ENV = {
    "RIVTA_KEY_PASSWORD": PASSWORD,
    "GATEWAY_KEY": "a key to a gateway",
    "RIVTA_PROXY_NAME": "who we are to a proxy",
    "RIVTA_PROXY_PASSWORD": "our password there",
}
NOT_RUN = {
    "declaration fill": "it needs a form in Word; its own tests run it",
    "contracts": "its own tests run it, on packages in a store of their own",
    "demo": "test_cli.py runs it, in an empty folder",
    "import": "its own tests run it, on small projects",
    "init": "it asks; its own tests answer",
    "load": "its own tests run it, on the small domain; a load takes its time",
    "plan": "it prints every shipped case, which takes seconds; its own tests run it, on the small domain",
    "probe": "its own tests run it, through a platform",
    "preflight": "its own tests run it, and --wait ends when somebody connects",
    "saml": "its own tests run it, on metadata that they make",
    "send": "its own tests run it, on a run of the small domain",
    "serve": "its own tests run it, in a browser",
    "show": "its own tests run it, on a run of the small domain",
    "sign": "it needs an extra of the package; its own tests run it",
    "verify": "its own tests run it, on runs that were sealed",
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def domain(here: Path) -> Domain:
    return contract.read_domain(here / "suites" / DOMAIN)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with referee() as running:
        yield running


@pytest.fixture(scope="module")
def secured() -> Iterator[Server]:
    """The same over mutual TLS."""
    pair = certificates().server
    with referee(tls=TlsFiles(pair.certificate, pair.key, ca=certificates().ca)) as running:
        yield running


def with_certificates(folder: Path, *, key: Path) -> None:
    """Our side of mutual TLS under the names that the manual uses."""
    shutil.copy(certificates().client.certificate, folder / "client.pem")
    shutil.copy(key, folder / "client.key")
    shutil.copy(certificates().ca, folder / "sithsca.pem")
    (folder / "certs").mkdir(exist_ok=True)
    shutil.copy(certificates().ca, folder / "certs" / "ca.pem")
    shutil.copy(certificates().crl, folder / "revoked.pem")
    shutil.copy(certificates().server.certificate, folder / "server.pem")
    shutil.copy(certificates().server.key, folder / "server.key")


def example_environment(folder: Path, url: str) -> Environment:
    """docs/snippets/environment.yaml, pointed at a running system."""
    with_certificates(folder, key=certificates().locked_key)
    path = folder / "example.yaml"
    written = (SNIPPETS / "environment.yaml").read_text(encoding="utf-8")
    assert "server-name: journal.example" in written
    written = written.replace("server-name: journal.example", "server-name: localhost")
    path.write_text(written.replace("https://journal.example", url), encoding="utf-8")
    return environment.read(path, ENV)


def played(read: Suite, settings: Environment, **other: Any) -> dict[str, CaseResult]:
    with closing(HttpTransport(settings)) as transport:
        stage = Stage(read, settings, transport, RUN_NAME, **other)
        return {case.id: run_case(case, stage) for case in Choice().with_samples(read, stage.environment).cases}


def calling_environment(folder: Path, adapter: str, listen: str = "127.0.0.1:0") -> Environment:
    """docs/snippets/calling.yaml, with another adapter, and time that goes faster."""
    written = (SNIPPETS / "calling.yaml").read_text(encoding="utf-8")
    at = written.index("adapter:")
    path = folder / "calling.yaml"
    faster = written[:at].replace("listen: 127.0.0.1:8021", f"listen: {listen}\n  time-factor: 2400 #")
    path.write_text(f"{faster}{adapter}\n", encoding="utf-8")
    return environment.read(path)


def played_by_the_reference(name: str, domain: Domain, server: Server, folder: Path) -> dict[str, CaseResult]:
    """A suite in which the system calls, with the reference system as remittent, and nobody who helps."""
    settings = calling_environment(folder, f"adapter: {{url: '{server.url}/act', settle: 5 s}}")
    read = suite.read(domain.folder / "ProcessRequest" / name, domain, vocabulary(), settings.test_data)
    assert settings.listening
    with counterpart.listen([domain], settings.listening, folder / name) as other:
        return played(read, settings, counterpart=other, actor=adapter.of(settings))


def test_the_suite_and_the_scenario_pass(here: Path, domain: Domain, secured: Server) -> None:
    settings = example_environment(here, secured.url)
    paths = [domain.folder / "ProcessRequest" / "producer.yaml", here / "scenarios" / DOMAIN / "amended-twice.yaml"]
    results: dict[str, CaseResult] = {}
    for path in paths:
        results |= played(suite.read(path, domain, vocabulary(), settings.test_data), settings)
    written = [name for name in results if not name.startswith("schema.")]
    assert written == ["1.1", "1.2", "1.3", "1.4", "1.5", "amended-twice"]
    assert len(results) > len(written), "what the schema gives"
    assert {name: result.verdict for name, result in results.items()} == dict.fromkeys(results, Verdict.PASSED)
    assert all(exchange.tls and exchange.tls.client_certificate for exchange in results["1.1"].exchanges)
    sent = results["1.4"].exchanges[0].request
    assert sent.header("X-Test-Run") == RUN_NAME
    assert b"Med tv\xc3\xa5 rader." in sent.body
    assert sent.body.count("Lång text. ".encode()) == 100


def test_every_kind_of_check_passes_on_its_example(here: Path, domain: Domain, server: Server) -> None:
    path = domain.folder / "ProcessRequest" / "checks.yaml"
    shutil.copy(SNIPPETS / "checks.yaml", path)
    environment_file = here / "least.yaml"
    environment_file.write_text(least_environment(server.url), encoding="utf-8")
    results = played(suite.read(path, domain, vocabulary()), environment.read(environment_file))
    assert results.pop("todo").verdict is Verdict.NOT_PROVEN, "what is still to be written proves nothing"
    for kind, result in results.items():
        assert result.verdict is Verdict.PASSED, result
        seen = [check.kind for check in result.checks if check.verdict is Verdict.PASSED]
        # soap is the example of a check that is left out; here is no Fault and no finer code to look at.
        is_silent = kind in {"soap", "sub_codes"} or kind.startswith("fault_")
        assert (kind in seen) != is_silent, kind
    of_calls = {name for name, kind in vocabulary().items() if kind.of == "calls"}
    assert set(results) == set(KINDS) - of_calls - set(OF_RECORDS) - {"todo"}


OF_RECORDS = (
    "records",
    "any",
    "all",
    "distinct",
    "filtered",
    "time_filter",
    "addressed",
    "compare",
    "paging",
    "special_characters",
    "base64",
    "docbook",
)


def test_the_checks_of_records_pass_where_the_tiny_domain_has_what_they_are_about(tmp_path: Path) -> None:
    """It has no period, no pages and no files: there the examples are read, and held against its schema."""
    shutil.copytree(tiny_world.SUITES / tiny_world.NAME, tmp_path / "domain")
    path = Path(shutil.copy(SNIPPETS / "records.yaml", tmp_path / "domain" / "GetLoans" / "records.yaml"))
    read = suite.read(path, tiny_world.domain(), vocabulary())
    refuse_undeclared(read)
    asked = Path(shutil.copy(SNIPPETS / "asks.yaml", tmp_path / "domain" / "GetLoans" / "asks.yaml"))
    refuse_undeclared(suite.read(asked, tiny_world.domain(), vocabulary()))
    assert tuple(case.id for case in read.cases) == OF_RECORDS
    bench = tiny_world.matrix().bench
    played = {case.id: bench.play(case, read) for case in read.cases}
    passed = [name for name, result in played.items() if result.verdict is Verdict.PASSED]
    assert passed == ["records", "any", "all", "distinct", "filtered", "compare", "paging", "special_characters"], (
        played
    )


def test_every_kind_of_check_of_calls_passes_on_its_example(here: Path, domain: Domain, server: Server) -> None:
    shutil.copy(SNIPPETS / "calls.yaml", domain.folder / "ProcessRequest" / "calls.yaml")
    results = played_by_the_reference("calls.yaml", domain, server, here)
    assert set(results) == {name for name, kind in vocabulary().items() if kind.of == "calls"} - {"asks"}
    for kind, result in results.items():
        assert result.verdict is Verdict.PASSED, result
        seen = [check.kind for check in result.checks if check.verdict is Verdict.PASSED]
        assert (kind in seen) != (kind == "client_certificate"), "there is no certificate without TLS"


def test_the_suite_for_a_system_that_calls_passes(here: Path, domain: Domain, server: Server) -> None:
    results = played_by_the_reference("consumer.yaml", domain, server, here)
    assert {name: result.verdict for name, result in results.items()} == dict.fromkeys(results, Verdict.PASSED)
    kinds = {check.kind for result in results.values() for check in result.checks}
    assert kinds >= {"call", "resends", "manual", "unchanged", "next_version", "schema", "addressing"}
    assert (here / "consumer.yaml" / "received.jsonl").read_bytes().count(b'{"kind":"received"') == 6


class _Journalen(BaseHTTPRequestHandler):
    """The test interface that the manual's adapter is for."""

    asked: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def do_POST(self) -> None:
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, data))
        is_fine = data.get("to") != "SE2321000099-OKND"
        reply = b'{"shown": true}' if is_fine else b"no such unit"
        self.send_response(200 if is_fine else 404)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: object) -> None:
        pass


def test_the_adapter_of_the_manual_does_what_it_says(here: Path, domain: Domain) -> None:
    shutil.copy(SNIPPETS / "act.py", here / "act.py")
    (here / "act.py").chmod(0o755)
    read = suite.read(domain.folder / "ProcessRequest" / "consumer.yaml", domain, vocabulary())
    case = read.cases[0]
    doing = case.steps[0].do if isinstance(case.steps[0], Receive) else None
    assert doing
    with ThreadingHTTPServer(("127.0.0.1", 0), _Journalen) as journalen:
        Thread(target=journalen.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{journalen.server_port}/test-api"
        told = f'adapter: {{command: ["{sys.executable}", ./act.py, "{where}"]}}'
        actor = adapter.of(calling_environment(here, told))
        assert actor
        ours = SimpleNamespace(time_factor=1.0, addresses={f"{DOMAIN}/ProcessRequest@2": "http://127.0.0.1:1/x"})
        send = replace(doing, data={"patient": "191212121212", "recipient": "SE2321000016-MOT1"})
        assert actor.act(send, case, ours) == Acted("done")
        elsewhere = replace(send, data={**send.data, "recipient": "SE2321000099-OKND"})
        assert actor.act(elsewhere, case, ours) == Acted("refused", "no such unit")
        assert actor.act(replace(send, action="fly"), case, ours) == Acted("unsupported")
        question = Ask(Text.same("?"), "warned-user", case.source, {"requestId": "a#1"})
        assert actor.ask(question, case) == Said("yes", "act.py")
        assert actor.ask(replace(question, action="fly"), case) is None
        journalen.shutdown()
    assert _Journalen.asked[0] == (
        "/test-api/referrals",
        {"patient": "191212121212", "to": "SE2321000016-MOT1", "through": "http://127.0.0.1:1/x"},
    )


def tree(path: Path) -> Node:
    return compose.read(path)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("suite", SNIPPETS / "suite.yaml"),
        ("suite", SNIPPETS / "desk" / "rules" / "consumer.yaml"),
        ("suite", SNIPPETS / "checks.yaml"),
        ("suite", SNIPPETS / "calls.yaml"),
        ("suite", SNIPPETS / "records.yaml"),
        ("suite", SNIPPETS / "asks.yaml"),
        ("suite", SNIPPETS / "consumer.yaml"),
        ("scenario", SNIPPETS / "scenario.yaml"),
        ("environment", SNIPPETS / "environment.yaml"),
        ("environment", SNIPPETS / "modeline.yaml"),
        ("environment", SNIPPETS / "calling.yaml"),
        ("environment", SNIPPETS / "answering.yaml"),
        ("environment", ROOT / "examples" / "environment.yaml"),
    ],
    ids=str,
)
def test_files_for_editors_keep_to_the_schema_that_they_name(kind: Any, path: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
    assert named
    assert Path(named[1]).name == f"{kind}.schema.json"
    if path.name != "modeline.yaml":  # it shows a schema that `rivta schema` wrote beside it
        assert (path.parent / named[1]).resolve() == DOCS / "schemas" / f"{kind}.schema.json"
    jsonschema.Draft202012Validator(of(kind)).validate(as_an_editor_reads(tree(path)))


THE_CONNECTION = str(ROOT / "suites" / "riv.platform" / "transport" / "producer.yaml")
"""Shows a step of its own."""


def keys_of(schema: Any) -> set[str]:
    """Every key that a JSON Schema knows, those of checks left out: they have a page of their own."""
    if isinstance(schema, list):
        return {key for item in schema for key in keys_of(item)}
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties", {})
    inner = [value for key, value in schema.items() if key != "$defs"]
    return {*properties} | {key for value in [*properties.values(), *inner] for key in keys_of(value)}


def keys_in(node: Node) -> set[str]:
    match node:
        case YamlMap():
            return {key.text for key, _ in node.entries} | {key for _, value in node.entries for key in keys_in(value)}
        case YamlList():
            return {key for item in node.items for key in keys_in(item)}
    return set()


@pytest.mark.parametrize(
    ("names", "schema"),
    [
        (
            (
                "suite.yaml",
                "consumer.yaml",
                "general.yaml",
                "load.yaml",
                "periods.yaml",
                "desk/rules/consumer.yaml",
                "shelf/api/producer.yaml",
                THE_CONNECTION,
            ),
            of("suite"),
        ),
        (("scenario.yaml", "consumer.yaml", "general.yaml", "periods.yaml", "shelf/api/producer.yaml"), of("scenario")),
        (("environment.yaml", "calling.yaml", "shelf/environment.yaml"), of("environment")),
        (("held.yaml",), grammar.json_schema(FORM["records.yaml"], "records")),
        (
            ("domain.yaml", "begun.yaml", "bytype.yaml", "reading.yaml", "shelf/domain.yaml"),
            grammar.json_schema(FORM["domain.yaml"], "domain"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_the_annotated_files_show_every_key(names: tuple[str, ...], schema: Any) -> None:
    known = keys_of(schema)
    assert len(known) > 8
    assert known - {key for name in names for key in keys_in(tree(SNIPPETS / name))} == set()


def test_the_domain_of_the_manual_is_an_excerpt_of_the_shipped_one(domain: Domain) -> None:
    shipped = shipped_domain()
    for id_, requirement in domain.requirements.items():
        other = shipped.requirements[id_]
        assert (requirement.text, requirement.level, requirement.reference) == (
            other.text,
            other.level,
            other.reference,
        )
        assert requirement.not_tested == other.not_tested
    for id_, precondition in domain.preconditions.items():
        assert precondition.text == shipped.preconditions[id_].text
        assert precondition.data == shipped.preconditions[id_].data
    for name, one in domain.contracts.items():
        assert (one.digest, one.max_ms, one.title) == (
            shipped.contracts[name].digest,
            shipped.contracts[name].max_ms,
            shipped.contracts[name].title,
        )
    assert domain.every_case.items() <= shipped.every_case.items()
    assert domain.every_received.items() <= shipped.every_received.items()
    assert domain.facts.keys() <= shipped.facts.keys()
    assert all(role.title == shipped.roles[name].title for name, role in domain.roles.items())


def test_the_example_environment_names_what_exists(here: Path) -> None:
    read = example_environment(here, "https://journal.example")
    environment.check_against(read, [shipped_domain()])
    assert set(read.secrets) == {*ENV.values()}
    assert (read.connect_seconds, read.read_seconds) == (environment.CONNECT_SECONDS, environment.READ_SECONDS)


def template(*, whole: bool) -> str:
    """examples/environment.yaml; `whole` with every setting that is commented out in it."""
    written = (ROOT / "examples" / "environment.yaml").read_text(encoding="utf-8")
    return re.sub(r"^( *)#(?=\S)", r"\1", written, flags=re.MULTILINE) if whole else written


def test_the_template_environment_can_be_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "environment.yaml"
    path.write_text(template(whole=False), encoding="utf-8")
    environment.check_against(environment.read(path, {}), [shipped_domain()])


def test_the_template_environment_has_a_place_for_everything(tmp_path: Path) -> None:
    for name in (
        "client.pem",
        "client.key",
        "ca.pem",
        "server.pem",
        "server.key",
        "callers.pem",
        "revoked.pem",
        "act.sh",
    ):
        (tmp_path / name).touch(mode=0o755)
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "ca.pem").touch()
    path = tmp_path / "environment.yaml"
    path.write_text(template(whole=True), encoding="utf-8")
    read = environment.read(path, {**ENV, "COOPERATION_KEY": "our key to an API"})
    shipped = shipped_domain()
    environment.check_against(read, [shipped, contract.read_domain(places.suites() / "skltp.cooperation")])
    assert set(read.roles) == set(shipped.roles)
    assert {str(shipped.contracts[word].id) for word in read.endpoints} == set(shipped.contracts)
    asked = {name for precondition in shipped.preconditions.values() for name in precondition.data}
    assert asked <= {*dotted(read.test_data)}
    assert keys_of(of("environment")) - keys_in(tree(path)) == set()


def dotted(data: Any, prefix: str = "") -> Iterator[str]:
    if not isinstance(data, dict):
        yield prefix.rstrip(".")
        return
    for key, value in data.items():
        yield from dotted(value, f"{prefix}{key}.")


def commands() -> list[str]:
    """Every command that the README and the manual show, without its remark."""
    blocks = (block for path in pages() for block in CONSOLE.findall(path.read_text("utf-8")))
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return list(
        dict.fromkeys(shlex.join(shlex.split(line[2:], comments=True)) for line in lines if line.startswith("$ "))
    )


@pytest.fixture(scope="module")
def library() -> Iterator[Server]:
    """The simulator of the small domain that docs/new-domain.md is about."""
    with tiny_world.system() as server:
        yield server


@pytest.fixture(scope="module")
def vendor(here: Path, secured: Server, library: Server) -> Path:
    """A vendor's folder, with every file that the commands name, and the repository's small domain where it lies there."""
    shutil.copytree(tiny_world.HERE, here / "tests" / "domains")
    tiny_world.environment_at(library.url, here / "tests" / "domains" / "environment.yaml")
    with_certificates(here, key=certificates().client.key)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    written = re.search(r"^```yaml\n(# my-system\.yaml\n.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert written
    for name in ("my-system.yaml", "ci.yaml", "environment.yaml"):
        (here / name).write_text(written[1].replace("https://journal.example", secured.url), encoding="utf-8")
    run = rivta(
        here, "run", "--env", "my-system.yaml", "suites", "--case", "1.1", "--report", f"reports/{RUN_NAME}", "-q"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (here / "message.xml").write_bytes(next(iter(kept(here / "reports" / RUN_NAME).values())))
    (here / "journal-4.2.war").write_bytes(b"what the tested system is made of")
    for version in ("4.2.1", "4.3.0"):
        shutil.copytree(here / "reports" / RUN_NAME, here / "reports" / version)
    return here


@pytest.mark.parametrize("command", commands())
def test_every_command_that_is_shown_works(command: str, vendor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(command)
    monkeypatch.chdir(vendor)
    match words:
        case ["make", target, *_]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        case ["rivta", *rest] if (
            rest[-1] == "loans"
        ):  # what is imported there is read and played by the importer's own tests
            assert any(each.endswith("-o loans") for each in commands())
        case ["rivta", name, *_] if any(f"{command} ".startswith(f"rivta {each} ") for each in NOT_RUN):
            assert manual.commands()[name].parse_args(words[2 : words.index(">") if ">" in words else None])
        case ["python", "-m", "benchmarks", *rest]:  # each takes minutes
            named = [word for word in rest if not word.startswith("-") and "/" not in word and word != "none"]
            assert all((ROOT / "benchmarks" / f"bench_{name}.py").is_file() for name in named)
        case ["rivta", "reference", *rest] if "--list-faults" not in rest:
            assert serves(rest)
        case ["rivta", "run", *rest]:  # once: who watches never ends
            done = rivta(vendor, "run", *narrowed([word for word in rest if word != "--watch"]))
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        case ["rivta", *rest]:
            assert answers([*rest, *(["--suites", "suites"] if rest[0] == "lint" and "--suites" not in rest else [])])
        case ["pytest", *rest]:
            done = command_here(rest, vendor, pytest.main)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        case _:
            pytest.fail(f"no test knows how to try “{command}”")


def narrowed(words: list[str]) -> list[str]:
    """What follows `rivta run`, of the manual's own suites, in this process, and of one case where it says nothing of which.

    Without a path every shipped suite runs, as test_cli.py and `make demo` show; test_plugin.py has workers.
    """
    here = [word for word, before in zip(words, ["", *words], strict=False) if "-n" not in (word, before)]
    chooses = {"--case", "--requirement", "-m", "--replay", "--collect-only"} & {*here}
    paths = [] if any("suites" in word for word in here) else ["suites"]
    return [*here, *paths, *([] if chooses else ["-k", "1.1"])]


def answers(words: list[str]) -> bool:
    """Run a command in this process; `> FILE` at its end is where its output goes."""
    target = words[-1] if ">" in words else None
    shown, trouble = io.StringIO(), io.StringIO()
    with redirect_stdout(shown), redirect_stderr(trouble):
        code = cli.main(words[: words.index(">")] if target else words)
    assert code == 0, shown.getvalue() + trouble.getvalue()
    if target:
        Path(target).write_text(shown.getvalue(), encoding="utf-8")
    return bool(shown.getvalue()) or "--quiet" in words


class Stopping(io.StringIO):
    """What a program says that is stopped as soon as it has said where it answers."""

    def write(self, text: str) -> int:
        if "answers at http://127.0.0.1:" in text:
            signal.raise_signal(signal.SIGTERM)
        return super().write(text)


def serves(words: list[str]) -> bool:
    """Start the reference system on a free port in this process, and stop it; test_cli.py does so with one of its own."""
    free = [word for word in words if word not in ("--listen", "127.0.0.1:8020")]
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    said = Stopping()
    try:
        with redirect_stdout(said):
            code = cli.main(["reference", *free, "--listen", "127.0.0.1:0"])
    finally:
        for each, how in before.items():
            signal.signal(each, how)
    return code == 0 and "answers at http://127.0.0.1:" in said.getvalue()


def test_the_commands_are_found() -> None:
    found = commands()
    assert "make demo" in found
    assert any(command.startswith("rivta run --env my-system.yaml") for command in found)
    named = {shlex.split(command)[1] for command in found if command.startswith("rivta ")}
    assert named == set(cli.COMMANDS), "each command is shown at least once"
