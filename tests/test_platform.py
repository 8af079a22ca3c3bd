"""The platform in front of a system: each of its own errors, what it passes on and back, and a suite that runs through it."""

import base64
import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import miniatures
import tiny_world
from certificates import demo
from projects import DEVIATES, ENVIRONMENT, OK, USAGE, command_here, domain
from rivta.contract.message import open_envelope
from rivta.contract.platform import ERRORS
from rivta.model.contracts import Contracts
from rivta.model.environment import Proxy, TlsFiles
from rivta.model.errors import Mistakes, UsageError
from rivta.model.words import Headers
from rivta.run import probe
from rivta.run.preflight.endpoints import namespaces_at
from rivta.simulator import Platform, RoutingCatalogue, Simulator, serve
from rivta.simulator.platform import Permission, Route, read
from rivta.transport.http import HttpTransport
from rivta.transport.incoming import Reply
from simulated_clock import SimulatedClock

ADDRESS, SENDER = "SE2321000016-LIB1", "SE2321000016-RIVTA"
GET_LOANS = "tiny.library.loan/GetLoans@1"
SOUND = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x xmlns="urn:x"/></e:Body></e:Envelope>'
)


def question(address: str | None = ADDRESS, header: str = "r:LogicalAddress") -> bytes:
    contract = tiny_world.domain().contracts["GetLoans"]
    named = "" if address is None else f"<{header}>{address}</{header}>"
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:r="urn:riv:itintegration:registry:1" '
        f'xmlns:o="urn:other"><e:Header>{named}</e:Header><e:Body>'
        f'<GetLoans xmlns="{contract.namespace}"/></e:Body></e:Envelope>'
    ).encode()


def sound(headers: Headers, body: bytes) -> Reply:
    return Reply(200, (("Content-Type", "text/xml"), ("SOAPAction", "x")), SOUND)


def platform(catalogue: RoutingCatalogue, answers: Callable[[Headers, bytes], Reply] = sound) -> Platform:
    return Platform(answers, Contracts(tiny_world.domain().contracts.values()), catalogue, SimulatedClock())


Case = tuple[RoutingCatalogue, bytes, Headers, str | None, Callable[[Headers, bytes], Reply]]


def case(
    catalogue: RoutingCatalogue | None = None,
    body: bytes | None = None,
    headers: Headers = (),
    caller: str | None = SENDER,
    answers: Callable[[Headers, bytes], Reply] = sound,
) -> Case:
    return catalogue or RoutingCatalogue(), question() if body is None else body, headers, caller, answers


THERE, ELSEWHERE = Route(ADDRESS), Route("SE2321000016-ELSE")
REFUSALS: dict[str, Case] = {
    "VP001": case(body=question(header="o:LogicalAddress")),
    "VP002": case(caller=""),
    "VP003": case(body=question("")),
    "VP004": case(RoutingCatalogue(routes=(ELSEWHERE,))),
    "VP005": case(RoutingCatalogue(routes=(Route(ADDRESS, profile="rivtabp20"),))),
    "VP006": case(RoutingCatalogue(routes=(THERE, Route(ADDRESS.lower())))),
    "VP007": case(
        RoutingCatalogue(permissions=(Permission("SE2321000016-OTHER"), Permission(SENDER, "SE2321000016-ELSE")))
    ),
    "VP008": case(RoutingCatalogue(broken="VP008")),
    "VP009": case(answers=lambda *_: Reply(200, (), b"no SOAP")),
    "VP010": case(RoutingCatalogue(routes=(replace(THERE, has_url=False),))),
    "VP011": case(RoutingCatalogue(wants_tls=True), caller=None),
    "VP012": case(RoutingCatalogue(broken="VP012")),
    "VP013": case(RoutingCatalogue(may_name=frozenset()), headers=(("X-Rivta-Original-ServiceConsumer-HsaId", "SE1"),)),
    "VP014": case(headers=(("x-rivta-routing-history", "other#rivta"),)),
    "VP015": case(body=b"<e:Envelope"),
    "VP016": case(answers=lambda *_: Reply(403, (), b"")),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_each_of_its_own_errors(code: str) -> None:
    catalogue, body, headers, caller, answers = REFUSALS[code]
    reply = platform(catalogue, answers).answer(headers, body, caller)
    fault = open_envelope(reply.body).fault
    assert fault
    assert (reply.status, fault.code.rpartition(":")[2]) == (500, ERRORS[code].side)
    assert fault.text == f"{code} [rivta] {ERRORS[code].text}"
    assert dict(reply.headers)["x-skltp-correlation-id"]
    if code == "VP007":
        assert f"senderId: {SENDER}" in fault.detail


def test_the_errors_that_there_are_have_a_way_to_be_seen() -> None:
    assert ERRORS.keys() == REFUSALS.keys()


def test_a_system_that_is_too_slow_is_not_reached() -> None:
    reply = platform(RoutingCatalogue(seconds=2), lambda *_: Reply(200, (), SOUND, delay_seconds=3)).answer(
        (), question(), SENDER
    )
    assert b"VP009" in reply.body
    assert reply.delay_seconds == 2


def test_what_is_passed_on_and_back() -> None:
    got: list[Headers] = []

    def answers(headers: Headers, body: bytes) -> Reply:
        got.append(headers)
        assert body == question()
        return sound(headers, body)

    sent = (
        ("SOAPAction", '"x"'),
        ("X-VP-Instance-Id", "y"),
        ("x-rivta-routing-history", "first"),
        ("Content-Type", "text/xml"),
    )
    reply = platform(RoutingCatalogue(), answers).answer(sent, question(), SENDER)
    passed = {name.lower(): value for name, value in got[0]}
    assert passed["content-type"] == "text/xml;charset=UTF-8"
    assert passed["x-rivta-routing-history"] == "first#rivta"
    assert passed["x-rivta-original-serviceconsumer-hsaid"] == SENDER
    assert passed["user-agent"].startswith("SKLTP VP/")
    assert passed["soapaction"] == '"x"'
    assert "x-vp-instance-id" not in passed
    back = {name.lower(): value for name, value in reply.headers}
    assert back["x-skltp-correlation-id"] == passed["x-skltp-correlation-id"]
    assert back["x-skltp-prt"].isdigit()
    assert "soapaction" not in back
    assert reply.body == SOUND


def test_an_address_is_found_in_whatever_case_and_a_correlation_id_is_kept() -> None:
    known = platform(
        RoutingCatalogue(
            routes=(Route(ADDRESS.lower(), GET_LOANS),), permissions=(Permission(SENDER, contract=GET_LOANS),)
        )
    )
    reply = known.answer((("X-SKLTP-Correlation-ID", "mine"),), question(), SENDER.lower())
    assert (reply.status, dict(reply.headers)["x-skltp-correlation-id"]) == (200, "mine")


def test_a_file_describes_it(tmp_path: Path) -> None:
    path = tmp_path / "platform.yaml"
    path.write_text(
        "name: test\ntimeout: 2 s\ntls: wanted\nmay-name-consumers: [SE1]\n"
        f"routes: [{{address: {ADDRESS}, contract: GetLoans, profile: rivtabp21}}, {{address: SE2, url: 'no'}}]\n"
        f"permissions: [{{sender: {SENDER}, address: {ADDRESS}, contract: GetLoans}}]\n"
    )
    contracts = Contracts(tiny_world.domain().contracts.values())
    assert read(path, contracts) == RoutingCatalogue(
        "test",
        (Route(ADDRESS, GET_LOANS, "rivtabp21"), Route("SE2", has_url=False)),
        (Permission(SENDER, ADDRESS, GET_LOANS),),
        frozenset({"SE1"}),
        2.0,
        wants_tls=True,
    )
    path.write_text("{}")
    assert read(path, contracts) == RoutingCatalogue()
    path.write_text("routes: [{contract: GetLoan}]")
    with pytest.raises(UsageError, match="unknown contract “GetLoan”"):
        read(path, contracts)
    path.write_text("routs: []")
    with pytest.raises((UsageError, Mistakes), match="routs"):
        read(path, contracts)


def test_who_calls_is_read_in_the_certificate() -> None:
    folder = demo()
    with Simulator(tiny_world.simulated()) as system:
        contracts = Contracts(system.contracts)
        catalogue = RoutingCatalogue(permissions=(Permission(SENDER),), wants_tls=True)
        front = Platform(system.answer, contracts, catalogue)
        files = TlsFiles(folder / "server.pem", folder / "server.key", folder / "ca.pem")
        with serve(system, tls=files, platform=front) as server:
            said = {name: asked(server.url, name) for name in ("client", "no-hsa-id")}
    assert b"VP002" in said["no-hsa-id"]
    assert b"VP0" not in said["client"]


def asked(url: str, name: str) -> bytes:
    folder = demo()
    settings = tiny_world.environment.read(tiny_world.ENVIRONMENT)
    tls = TlsFiles(folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem")
    transport = HttpTransport(replace(settings, tls=tls))
    path = tiny_world.domain().contracts["GetLoans"].path
    exchange = transport.send(f"{url.replace('127.0.0.1', 'localhost')}{path}", (), question(), "c")
    transport.close()
    assert exchange.response, exchange.problem
    return exchange.response.body


def test_a_suite_runs_through_it(tmp_path: Path) -> None:
    words = [
        "run",
        str(tiny_world.SUITES),
        "--env",
        "env.yaml",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "(1.1 or 1.5 or 2.5 or 2.6) and not schema",
    ]
    with Simulator(tiny_world.simulated()) as system:
        contracts = Contracts(system.contracts)
        closed = RoutingCatalogue(routes=(ELSEWHERE,))
        for catalogue, code in ((RoutingCatalogue(), OK), (closed, ENVIRONMENT)):
            with serve(system, platform=Platform(system.answer, contracts, catalogue)) as server:
                tiny_world.environment_at(server.url, tmp_path / "env.yaml")
                done = command_here(words, tmp_path)
            assert done.returncode == code, done.stdout
            if code == OK:
                assert "   2  The platform between refuses such a message itself (VP003)" in done.stdout
                assert "   1  The platform between refuses such a message itself (VP015)" in done.stdout
                assert "not proven: GEN-SOAP" not in done.stdout
            assert ("has no way from this contract to this address" in done.stdout) == (code == ENVIRONMENT)


SNIPPETS = Path(__file__).parent.parent / "docs" / "snippets"


def test_the_manuals_files_are_read() -> None:
    shown = read(SNIPPETS / "platform.yaml", Contracts(domain().contracts.values()))
    assert (len(shown.routes), shown.wants_tls, shown.seconds) == (2, True, 30)
    units = probe.read(SNIPPETS / "units.csv", Contracts(domain().contracts.values()))
    assert [each.change for each in units] == ["added", "removed"]


# Many units at once


def asked_through(
    folder: Path, rows: list[str], catalogue: RoutingCatalogue, *words: str
) -> "subprocess.CompletedProcess[str]":
    (folder / "units.csv").write_text("\n".join(rows), encoding="utf-8")
    with Simulator(tiny_world.simulated()) as system:
        front = Platform(system.answer, Contracts(system.contracts), catalogue)
        with serve(system, platform=front) as server:
            tiny_world.environment_at(server.url, folder / "env.yaml")
            suites = ("--suites", str(tiny_world.SUITES))
            return command_here(["probe", "--env", "env.yaml", "--addresses", "units.csv", *suites, *words], folder)


def test_the_units_that_are_not_as_they_should_be_are_found(tmp_path: Path) -> None:
    units = [f"SE2321000016-{number:04}" for number in range(60)]
    routes = tuple(Route(each) for each in units[:50] if each != units[7])
    may = tuple(Permission("rivta", each) for each in units if each not in (units[20], units[55]))
    rows = [
        "address;contract;change",
        *(f"{each};GetLoans;{'added' if n < 50 else 'removed'}" for n, each in enumerate(units)),
    ]
    known = RoutingCatalogue(routes=(*routes, Route(units[52])), permissions=may)
    done = asked_through(tmp_path, rows, known, "-o", "said.csv", "--parallel", "4")
    assert done.returncode == DEVIATES, done.stderr
    *told, counted = done.stdout.splitlines()
    assert [line.split()[0] for line in told] == [units[7], units[20], units[52]]
    assert "VP004" in told[0]
    assert "VP007" in told[1]
    assert "though it should be gone" in told[2]
    assert counted == "60 units: 48 of 50 added answer, 9 of 10 removed are gone"
    written = (tmp_path / "said.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(written) == 61
    assert written[8].startswith(f"{units[7]};GetLoans;added;;no;VP004;")


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        ("namn;address;contract\nVårdcentral;SE1-A;GetLoans\n".encode("cp1252"), 1),
        (b"\xef\xbb\xbfAddress\tContract\tChange\r\nSE1-A\tGetLoans\tadded\r\nSE1-B\tGetLoans\tremoved\r\n", 2),
        (b"address,contract\n", 0),
        (b"", 0),
    ],
)
def test_units_are_read_as_spreadsheets_write_them(raw: bytes, count: int, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_bytes(raw)
    contracts = Contracts(tiny_world.domain().contracts.values())
    if count:
        assert len(probe.read(file, contracts)) == count
        return
    with pytest.raises(UsageError, match="there is no"):
        probe.read(file, contracts)


def test_the_cooperation_api_is_asked_through_the_environments_proxy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with cooperation([]) as there, cooperation([]) as between:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        base = there.url.partition("/ProcessRequest")[0]
        assert namespaces_at(base, "SE1-A", "", 5) == frozenset()
        port = int(between.url.split(":")[2].partition("/")[0])
        assert namespaces_at(base, "SE1-A", "", 5, Proxy("127.0.0.1", port, "vi", "hem:ligt")) == frozenset()
        assert len(there.heard) == 1
        assert b"Proxy-Authorization: Basic " + base64.b64encode(b"vi:hem:ligt") in between.heard[0]


@contextmanager
def cooperation(registered: list[str]) -> Iterator[miniatures.Miniature]:
    """The cooperation API, with one contract and who is registered for it."""

    def behave(guest: socket.socket, mini: miniatures.Miniature) -> None:
        while request := mini.read_request(guest):
            is_contract = b"/serviceContracts?" in request
            said = [{"id": 7}] if is_contract else [{"logicalAdress": {"logicalAddress": each}} for each in registered]
            guest.sendall(miniatures.reply(json.dumps(said).encode(), content_type="application/json"))

    with miniatures.listening(behave) as mini:
        yield mini


def test_who_is_registered_is_asked_of_the_cooperation_api(tmp_path: Path) -> None:
    rows = ["address,contract", "SE1-A,GetLoans", "SE1-B,GetLoans"]
    with cooperation(["se1-a"]) as there:
        base = there.url.partition("/ProcessRequest")[0] + "/coop/api/v2"
        words = ("--cooperation", base, "--connection-point", "3", "-o", "said.csv", "--lang", "sv")
        done = asked_through(tmp_path, rows, RoutingCatalogue(routes=(Route("SE1-A"),)), *words)
        namespace = tiny_world.domain().contracts["GetLoans"].namespace.replace(":", "%3A")
        assert there.heard[0].startswith(
            f"GET /coop/api/v2/serviceContracts?namespace={namespace}&connectionPointId=3 HTTP/1.1".encode()
        )
        assert (
            b"GET /coop/api/v2/serviceProductions?serviceContractId=7&include=logicalAddress&connectionPointId=3 "
            in there.heard[1]
        )
    assert done.returncode == DEVIATES
    assert done.stdout.splitlines()[0].endswith("Samverkans-API:et har den inte.")
    assert done.stdout.splitlines()[-1].endswith(", 1 är registrerade")
    written = (tmp_path / "said.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[3] for line in written] == ["registered", "yes", "no"]


def test_a_cooperation_api_that_does_not_tell_is_told(tmp_path: Path) -> None:
    rows = ["address,contract", "SE1-A,GetLoans"]
    with miniatures.refuses() as nobody, miniatures.answers_login_page() as page:
        for url, said in ((nobody.url, "refused"), (page.url, "does not tell"), ("ftp://x", "no http or https URL")):
            done = asked_through(tmp_path, rows, RoutingCatalogue(), "--cooperation", url)
            assert done.returncode == USAGE
            assert said in done.stderr


def test_what_is_wrong_with_the_file_of_units_is_told_at_once(tmp_path: Path) -> None:
    for rows, said in (
        (["adress,contract", "SE1,GetLoans"], "there is no column address"),
        (["address,contract", "SE1,GetLoan", "S E1,GetLoans"], "did you mean “GetLoans”?"),
        (["address,contract", "SE1,GetLoans", "S E1,GetLoans"], "units.csv:3:1: “S E1” is no logical address"),
        (["address,contract,change", "SE1,GetLoans,moved"], "unknown change “moved”"),
    ):
        done = asked_through(tmp_path, rows, RoutingCatalogue())
        assert done.returncode == USAGE
        assert said in done.stderr
