"""What an OpenAPI document describes: requests drawn from it, each property of the answers a check, and a fault for each."""

import json
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from projects import OK, ended, person
from rivta import contract, environment, evidence, suite
from rivta.check import vocabulary
from rivta.contract import openapi
from rivta.contract.openapi import DrawnRequest
from rivta.contract.packages.installing import install_document
from rivta.contract.packages.starting import start
from rivta.contract.packages.store import PackageStore
from rivta.model.environment import Api
from rivta.model.errors import RivtaError, UsageError
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult
from rivta.model.steps import Explore
from rivta.model.words import Headers, Verdict
from rivta.run import Stage, preflight, run_case
from rivta.text import places
from rivta.transport.http import HttpTransport
from shipped_world import MATERIAL
from test_tiny_domain import run_here, said
from thorough import part

HERE = Path(__file__).parent.parent / "docs" / "snippets" / "shelf"
"""The domain that the manual shows."""
ENVIRONMENT = """\
system: {organisation: Biblioteket, product: Hyllan, version: "1"}
roles: [shelf]
apis:
  tiny.shelf: {url: "URL", headers: {X-Key: secret}}
"""
REST = Path(sys.prefix) / "rest"
"""Where `make` puts what an OpenAPI document is tried with: installed beside the rest, each start of pytest would load it."""
Answer = tuple[int, Headers, bytes]
DRAW = openapi.Description.draw
DRAWN: dict[str, tuple[DrawnRequest, ...]] = {}
JSON = ("Content-Type", "application/json")
BOOK = {"id": 7, "title": "Röda rummet", "year": 1879}


def answer(target: str) -> Answer:
    """As the document describes it."""
    parts = urlsplit(target)
    if parts.path == "/books":
        years = parse_qs(parts.query, keep_blank_values=True).get("year", ["1879"])
        is_year = len(years) == 1 and years[0].isascii() and years[0].isdecimal() and 1450 <= int(years[0]) <= 2100
        return (200, (JSON, ("X-Count", "1")), json.dumps([BOOK]).encode()) if is_year else (400, (), b"")
    return (200, (JSON,), json.dumps(BOOK).encode()) if parts.path == "/books/7" else (404, (), b"")


def _always(changed: Callable[[Answer], Answer]) -> Callable[[str], Answer]:
    return lambda target: changed(answer(target))


FAULTS: dict[str, tuple[Callable[[str], Answer], str, set[str]]] = {
    "breaks-down": (_always(lambda _: (500, (), b"")), "no-server-error", {"1", "2", "3"}),
    "another-status": (
        _always(lambda one: (202, one[1], one[2]) if one[0] == 200 else one),
        "documented-status",
        {"1", "3"},
    ),
    "another-type": (
        _always(lambda one: (one[0], (("Content-Type", "text/plain"), ("X-Count", "1")), one[2])),
        "documented-type",
        {"1", "3"},
    ),
    "no-header": (
        _always(lambda one: (one[0], tuple(each for each in one[1] if each == JSON), one[2])),
        "documented-headers",
        {"1"},
    ),
    "another-body": (
        _always(lambda one: (one[0], one[1], one[2].replace(b'"title"', b'"name"'))),
        "body-by-schema",
        {"1", "3"},
    ),
    "refuses-all": (_always(lambda _: (400, (), b"")), "accepts-valid", {"1", "3"}),
    "takes-all": (lambda target: answer(target if "/books/" in target else "/books"), "refuses-invalid", {"2"}),
}


@dataclass(frozen=True)
class Shelf:
    """The service, in this process."""

    answers: Callable[[str], Answer] = answer

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:
        status, own, said = self.answers(url.removeprefix("http://shelf"))
        request = Message(headers, body)
        return Exchange(contract, url, request, Message(own, said), status, "2026-03-02T08:00:00Z", 1.0, method=method)


def _drawn_once(described: openapi.Description, *what: Any) -> tuple[DrawnRequest, ...]:
    key = f"{described.path} {what}"
    if key not in DRAWN:
        DRAWN[key] = DRAW(described, *what)
    return DRAWN[key]


@pytest.fixture(autouse=True, scope="module")
def _rest() -> Iterator[None]:
    """What is drawn is the same for the same seed, which one test shows: to draw it is most of a play, and many are played."""
    if not REST.is_dir():
        pytest.skip("schemathesis is not installed: say make test")
    sys.path.append(str(REST))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openapi.Description, "draw", _drawn_once)
        yield
    sys.path.remove(str(REST))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    path = tmp_path / "environment.yaml"
    path.write_text(ENVIRONMENT.replace("URL", "http://shelf"), encoding="utf-8")
    domain = contract.read_domain(HERE, vocabulary())
    settings = environment.read(path)
    read = suite.read(HERE / "api" / "producer.yaml", domain, vocabulary(), settings.test_data)
    return Stage(read, settings, Shelf(), "in-process")


def played(stage: Stage) -> dict[str, CaseResult]:
    return {case.id: run_case(case, stage) for case in stage.suite.cases}


def test_a_sound_service_has_every_property_that_it_can_show(stage: Stage) -> None:
    results = played(stage)
    assert {result.verdict for result in results.values()} == {Verdict.PASSED}
    shown = {check.kind for result in results.values() for check in result.checks if check.verdict is Verdict.PASSED}
    assert shown == set(stage.suite.domain.every_case)
    assert [exchange.method for exchange in results["1"].exchanges] == ["GET"] * 5
    assert {exchange.url for exchange in results["3"].exchanges} == {"http://shelf/books/7"}
    assert ("X-Key", "secret") in results["1"].exchanges[0].request.headers


@pytest.mark.parametrize("fault", FAULTS)
def test_a_service_that_lacks_a_property_is_red_for_it_and_told_why(fault: str, stage: Stage) -> None:
    answers, name, ids = FAULTS[fault]
    results = played(replace(stage, peer=Shelf(answers)))
    failed = {
        id_: check
        for id_, result in results.items()
        for check in result.checks
        if (check.kind, check.verdict) == (name, Verdict.FAILED)
    }
    assert failed.keys() == ids
    for check in failed.values():
        assert check.verifies == (stage.suite.domain.every_case[name],)
        assert "GET /books" in check.findings[0].message.en
        assert check.findings[0].actual


IN_FRONT: dict[str, Answer] = {
    **{f"HTTP {status}": (status, (), b"") for status in (401, 403, 407, 429, 502, 503, 504, 511)},
    "a redirect that is not described": (302, (("Location", "https://login.example/"),), b""),
    "a page to log in on": (200, (("Content-Type", "text/html"),), b"<html><title>Logga in</title></html>"),
}
"""What is in front of a SOAP service by `check.not_the_system` too."""


@pytest.mark.parametrize("which", IN_FRONT)
def test_what_stands_in_front_is_not_the_service(which: str, stage: Stage) -> None:
    results = played(replace(stage, peer=Shelf(lambda _: IN_FRONT[which])))
    assert {result.verdict for result in results.values()} == {Verdict.BLOCKED}
    assert len(results["1"].exchanges) == 1


def test_preflight_tells_whether_the_service_answers(served: str, stage: Stage, tmp_path: Path) -> None:
    assert preflight.explored((case, stage) for case in stage.suite.cases) == ("tiny.shelf",)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    states = {}
    for url in (served, f"http://127.0.0.1:{port}"):
        there = replace(stage.environment, apis={"tiny.shelf": Api(url)})
        tried = preflight.preflight(there, {}, (), tmp_path, apis=there.apis)
        states[url] = [(each.state, each.said.en) for each in tried if each.what == "tiny.shelf"]
    assert [state for state, _ in states[served]] == ["ok"]
    (refused,) = states[f"http://127.0.0.1:{port}"]
    assert refused[0] == "failed"
    assert "Look at the port in url" in refused[1]


def test_preflight_tells_that_what_tries_a_service_is_not_installed(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openapi, "can_be_tried", lambda: False)
    there = replace(stage.environment, apis={"tiny.shelf": Api("http://localhost:1")})
    tried = [each for each in preflight.preflight(there, {}, (), tmp_path, apis=there.apis) if each.state != "ok"]
    assert [(each.what, each.state) for each in tried] == [("tiny.shelf", "failed")]
    assert "pytest-rivta[rest]" in tried[0].said.en


def test_an_environment_without_the_service_is_told_what_to_write(stage: Stage) -> None:
    results = played(replace(stage, environment=replace(stage.environment, apis={})))
    assert results["1"].verdict is Verdict.BLOCKED
    assert "add it under apis:" in (results["1"].reason.en if results["1"].reason else "")


def test_the_same_seed_draws_the_same_and_nobody_is_named() -> None:
    described = openapi.read(HERE / "openapi.yaml")
    one, other = (DRAW(described, "GET /books", "invalid", 20, 3) for _ in range(2))
    assert [each.target for each in one] == [each.target for each in other]
    assert len({each.target for each in one}) == len(one) > 10
    assert DRAW(described, "GET /books", "invalid", 20, 4) != one
    assert "GET /books/{id}" in described.operations


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: [", "is no OpenAPI document: line 3, column 1: did not find expected"),
        ("a: 1", "it has neither openapi: nor swagger:"),
        ("openapi: 3.0.0", "it has no operation under paths:"),
        ("openapi: 3.0.0\npaths: [1]", "it has no operation under paths:"),
        (
            "openapi: 3.0.0\npaths: {/a: {get: {$ref: 'http://elsewhere.example/x.yaml'}}}",
            "nothing is read from elsewhere",
        ),
    ],
)
def test_what_is_no_document_is_told(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        openapi.read(path)


def test_a_document_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"api\.yaml cannot be read: No such file"):
        openapi.read(tmp_path / "api.yaml")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("GET /books\n", "GET /boks\n", "unknown operation “GET /boks”"),
        ("inputs: valid", "inputs: odd", "one of valid, invalid is wanted"),
        ("calls: 5", "calls: 0", "calls"),
    ],
)
def test_a_mistake_in_a_suite_is_told(old: str, new: str, told: str, tmp_path: Path) -> None:
    folder = shutil.copytree(HERE, tmp_path / "tiny.shelf")
    path = folder / "api" / "producer.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RivtaError, match=told):
        suite.read(path, contract.read_domain(folder), vocabulary())


@pytest.mark.parametrize(("text", "told"), [(None, "openapi.yaml"), ("a: 1", "is no OpenAPI document")])
def test_a_document_that_is_not_there_or_is_none_is_told_of_the_domain(
    text: str | None, told: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(HERE, tmp_path / "tiny.shelf")
    (folder / "openapi.yaml").unlink()
    if text is not None:
        (folder / "openapi.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RivtaError, match=told):
        contract.read_domain(folder)


@pytest.mark.parametrize(
    ("who", "verdict"), [("191212121212", Verdict.PASSED), (person("19800101"), Verdict.BLOCKED)], ids=["test", "other"]
)
def test_who_is_asked_for_by_name_is_a_test_person(who: str, verdict: Verdict, stage: Stage) -> None:
    (case,) = (each for each in stage.suite.cases if each.id == "3")
    (step,) = case.steps
    assert isinstance(step, Explore)
    result = run_case(replace(case, steps=(replace(step, data={"id": who}),)), stage)
    assert (result.verdict, len(result.exchanges)) == (verdict, 1 if verdict is Verdict.PASSED else 0)


def test_contracts_beside_a_document_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(HERE, tmp_path / "tiny.shelf")
    path = folder / "domain.yaml"
    more = "origin: official\ncontracts: [{name: Lend, version: '1.0', title: Lend, wsdl: lend.wsdl, max-ms: 1}]\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(RivtaError, match="not both"):
        contract.read_domain(folder)


def test_a_document_is_installed_and_begun_with(tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "store")
    with pytest.raises(UsageError, match="does not say which domain"):
        install_document(HERE / "openapi.yaml", store, "")
    with pytest.raises(UsageError, match="is no name of a domain"):
        install_document(HERE / "openapi.yaml", store, "../x")
    installed = install_document(HERE / "openapi.yaml", store, "tiny.shelf")
    assert (installed.version, list(installed.contracts)) == ("1.0", ["GET /books", "GET /books/{id}"])
    start(installed, tmp_path / "suites")
    domain = contract.read_domain(tmp_path / "suites" / "tiny.shelf", vocabulary(), store)
    begun = suite.read(domain.folder / "api" / "producer.yaml", domain, vocabulary())
    assert [case.id for case in begun.cases] == ["1", "2", "3", "4"]
    proven = {id_ for case in begun.cases for id_ in begun.proves(case)}
    assert proven == set(domain.requirements)


def test_a_document_that_is_not_installed_is_told_with_how_to(tmp_path: Path) -> None:
    domain = contract.read_domain(places.suites() / "skltp.cooperation", vocabulary(), PackageStore(tmp_path))
    assert domain.lacks == (
        "the OpenAPI document of skltp.cooperation 2.0.0 is not installed: rivta contracts add openapi.yaml --domain skltp.cooperation"
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, headers, body = answer(self.path)
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing."""


@pytest.fixture
def served() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_over_a_real_socket_a_request_is_a_get(served: str, stage: Stage) -> None:
    with closing(HttpTransport(stage.environment)) as transport:
        exchange = transport.send(f"{served}/books/7", (), b"", "tiny.shelf/api", "GET")
    assert (exchange.status, exchange.method) == (200, "GET")
    assert exchange.response is not None
    assert json.loads(exchange.response.body) == BOOK


def test_a_run_is_collected_played_reported_verified_and_replayed(
    served: str,
    pytester: pytest.Pytester,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stage: Stage,
) -> None:
    played(stage)  # imports the library, which pytester would forget again
    shutil.copytree(HERE, pytester.path / "suites" / "tiny.shelf")
    environment = ENVIRONMENT.replace("URL", served)
    (pytester.path / "environment.yaml").write_text(environment, encoding="utf-8")
    words = ("suites", "--rivta-env", "environment.yaml", "--rivta-report", "run")
    assert "3 of 3 cases, outcome: conforms" in ended(run_here(pytester, *words), OK)
    run = evidence.read(pytester.path / "run")
    assert {result.verdict for result in run.results} == {Verdict.PASSED}
    assert run.results[0].exchanges[0].method == "GET"
    html = said(capsys, "report", "run", "--suites", "suites", "--lang", "en", "-o", "-")
    assert "tiny.shelf/api/3" in html
    for kind in ("pdf", "csv", "sarif", "json", "attestation"):
        said(capsys, "report", "run", "--suites", "suites", "--format", kind, "-o", f"report.{kind}")
    again = ("verify", "run", "--again", "--suites", "suites", "--env", "environment.yaml")
    assert "The messages give 3 of the verdicts again." in said(capsys, *again)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "schemathesis", None)
        told = said(capsys, *again)
    assert "Not given again: producer.yaml" in told
    assert "which is not installed" in told
    for name in ("tiny.shelf/api/3", "api/3", "3"):
        assert f"GET {served}/books/7" in said(capsys, "show", name, "--run", "run")


# The shipped domain, against a service made of its document


@dataclass(frozen=True)
class Described:
    """A service that answers each operation by the smallest value that its schema has, and refuses what its parameters forbid."""

    document: Mapping[str, Any]

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:
        parts = urlsplit(url.removeprefix("http://shelf"))
        status, said = self._answer(parts.path, parse_qs(parts.query, keep_blank_values=True), method.lower())
        own = (JSON,) if said is not None else ()
        response = Message(own, b"" if said is None else json.dumps(said).encode())
        request = Message(headers, body)
        return Exchange(contract, url, request, response, status, "2026-03-02T08:00:00Z", 1.0, method=method)

    def _answer(self, path: str, query: Mapping[str, list[str]], method: str) -> tuple[int, object]:
        head, _, id_ = path.removeprefix("/").partition("/")
        item = self.document["paths"][f"/{head}/{{id}}" if id_ else f"/{head}"][method]
        given = {**query, **({"id": [id_]} if id_ else {})}
        for parameter in map(self._meant, item.get("parameters", ())):
            values = given.get(parameter["name"], [])
            if not all(_fits(unquote(value), self._meant(parameter["schema"])) for value in values) or len(values) > 1:
                return 400, self._smallest(self._schema(item["responses"]["default"]))
        return 200, self._smallest(self._schema(item["responses"]["200"]))

    def _schema(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._meant(response)["content"]["application/json"]["schema"]
        return found

    def _meant(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in node:
            return node
        there: Mapping[str, Any] = self.document
        for step in node["$ref"].removeprefix("#/").split("/"):
            there = there[step]
        return there

    def _smallest(self, schema: Mapping[str, Any]) -> object:
        schema = self._meant(schema)
        match schema.get("type"):
            case "array":
                return []
            case "integer" | "number":
                return 0
            case "boolean":
                return False
            case "string":
                return schema.get("enum", ["2026-03-02" if schema.get("format") == "date" else ""])[0]
        return {name: self._smallest(schema["properties"][name]) for name in schema.get("required", ())}


def _fits(value: str, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    match schema.get("type"):
        case "integer":
            return value.removeprefix("-").isdecimal() and value.isascii() and abs(int(value)) < 2**63
        case "number":
            return re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", value) is not None
        case "boolean":
            return value in ("true", "false")
    return True


@pytest.fixture
def cooperation(tmp_path: Path) -> Stage:
    document = MATERIAL / "skltp.cooperation-rest" / "openapi_v2.yaml"
    if not document.is_file():
        pytest.skip("the document of the cooperation API is not at hand")
    store = PackageStore(tmp_path / "store")
    install_document(document, store, "skltp.cooperation")
    domain = contract.read_domain(places.suites() / "skltp.cooperation", vocabulary(), store)
    path = tmp_path / "environment.yaml"
    written = ENVIRONMENT.replace("URL", "http://shelf").replace("[shelf]", "[cooperation-service]")
    path.write_text(written.replace("tiny.shelf", domain.name), encoding="utf-8")
    read = suite.read(domain.folder / "api" / "producer.yaml", domain, vocabulary())
    return Stage(
        replace(read, cases=tuple(part(read.cases, 6))),
        environment.read(path),
        Described(openapi.read(document).document),
        "in-process",
    )


def test_a_service_as_the_cooperation_api_is_described_conforms(cooperation: Stage) -> None:
    results = played(cooperation)
    wrong = {
        id_: [finding.actual for check in result.checks for finding in check.findings]
        for id_, result in results.items()
        if result.verdict is not Verdict.PASSED
    }
    assert wrong == {}
    broken = played(replace(cooperation, peer=Shelf(lambda _: (500, (), b""))))
    assert {result.verdict for result in broken.values()} == {Verdict.FAILED}
