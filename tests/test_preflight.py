"""What surrounds a system, tried before the first case: each thing that may be wrong is named rightly, in both languages."""

import json
import os
import re
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

import miniatures
import tiny_world
from certificates import PASSWORD, certificates, demo
from loopback import free_ports
from miniatures import System, answering, reply
from projects import ENVIRONMENT, IN_SPITE, INTERRUPTED, NOTHING, OK, USAGE, Project, command_here, domain, ended, junit
from rivta import environment as rivta_environment
from rivta.model.clock import SystemClock
from rivta.model.environment import OFFERS, Adapter, Cooperation, Endpoint, Environment, Listening, Proxy, TlsFiles
from rivta.run.preflight import Tried, not_given, preflight

GOLDEN = Path(__file__).parent / "golden" / "preflight.yaml"
ADDRESS = "SE2321000016-MOT1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SENT, CONFIRMED = "ProcessRequest", "ProcessRequestConfirmation"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is this computer that calls
NOW = datetime.now(UTC).replace(microsecond=0)


class Stopped(SystemClock):
    """It is always the same time, for who tells it."""

    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True)
class World:
    """What surrounds a system. `contracts` are those that are called."""

    environment: Environment
    contracts: tuple[str, ...] = (SENT,)
    listens: bool = False
    free_mb: int = 10_000
    report: str = ""

    def tried(self, folder: Path) -> list[Tried]:
        if self.report:
            folder /= self.report
            folder.touch()
        known = domain().contracts
        calls = {each: known[each] for each in self.contracts}
        received = [known[SENT]] if self.listens else []
        free = self.free_mb << 20
        return [*preflight(self.environment, calls, received, folder, clock=Stopped(), free=lambda _: free)]


def calling(url: str, tls: TlsFiles | None = None, *names: str, connect: float = 2) -> Environment:
    endpoints = {each: Endpoint(each, url, ADDRESS) for each in names or (SENT,)}
    return replace(miniatures.environment(tls, connect=connect, read=2), endpoints=endpoints)


Seeded = Callable[[], AbstractContextManager[World]]


def at(system: Callable[[], System], files: Callable[[], TlsFiles] = TlsFiles, scheme: str = "") -> Seeded:
    """A system that is called with these files, perhaps with another scheme than its own."""

    @contextmanager
    def world() -> Iterator[World]:
        with system() as there:
            url = re.sub(r"^\w+", scheme, there.url) if scheme else there.url
            yield World(calling(url.replace("127.0.0.1", "localhost"), files()))

    return world


def saying(body: str, status: str = "500 Internal Server Error", *headers: str) -> Callable[[], System]:
    envelope = f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{body}</e:Body></e:Envelope>'
    return lambda: answering(reply(envelope.encode(), status, *headers))


def fault(text: str, *headers: str) -> Callable[[], System]:
    return saying(f"<e:Fault><faultcode>e:Client</faultcode><faultstring>{text}</faultstring></e:Fault>", *headers)


def bare(status: str) -> Callable[[], System]:
    return lambda: answering(reply(b"", status))


def platform(code: str) -> Seeded:
    return at(fault(f"{code} [NTJP] Said by the platform."))


def apart(seconds: int) -> Seeded:
    date = (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return at(lambda: answering(reply(miniatures.ANSWER, "200 OK", f"Date: {date}")))


def old_tls() -> System:
    context = certificates().server.server_context()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return answering(reply(), context)


def ours(**files: Path | str) -> Seeded:
    """Our own certificate files; nobody is called with them."""
    return lambda: nullcontext(World(calling("https://localhost:1/", TlsFiles(**files)), listens=False))  # type: ignore[arg-type]


def of_url(url: str) -> Seeded:
    return lambda: nullcontext(World(calling(url)))


@contextmanager
def behind_a_firewall() -> Iterator[World]:
    """Nobody takes the connection: the queue of those who wait is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as door:
        place = door.getsockname()
        with socket.create_connection(place), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(place)
            yield World(calling(f"http://127.0.0.1:{place[1]}/", connect=0.05))


def listening(**more: object) -> Seeded:
    @contextmanager
    def world() -> Iterator[World]:
        with miniatures.speaks_plain() as there:
            yield World(replace(calling(there.url), listening=Listening(**more)), listens=True)  # type: ignore[arg-type]

    return world


@contextmanager
def port_taken() -> Iterator[World]:
    with socket.create_server(("127.0.0.1", 0)) as other, miniatures.speaks_plain() as there:
        taken = Listening(port=other.getsockname()[1])
        yield World(replace(calling(there.url), listening=taken), listens=True)


@contextmanager
def handshake_port_taken() -> Iterator[World]:
    first = free_ports(len(OFFERS))
    with socket.create_server(("127.0.0.1", first + 2)):
        settings = replace(calling("http://localhost/"), listening=Listening(first_offer=first))
        yield World(settings, contracts=())


@contextmanager
def far_from_the_system() -> Iterator[World]:
    yield World(replace(calling("http://system.invalid/"), listening=Listening()), contracts=(), listens=True)


@contextmanager
def adapter_gone() -> Iterator[World]:
    with miniatures.speaks_plain() as there, miniatures.refuses() as gone:
        settings = replace(calling(there.url), listening=Listening(), adapter=Adapter(url=gone.url))
        yield World(settings, listens=True)


def adapter_by_tls(files: Callable[[], TlsFiles]) -> Seeded:
    """An adapter that demands a certificate, and what we have to show."""

    @contextmanager
    def world() -> Iterator[World]:
        with miniatures.demands_client_certificate() as there:
            adapter = Adapter(url=there.url.replace("127.0.0.1", "localhost"))
            settings = replace(calling("http://localhost/", files()), listening=Listening(), adapter=adapter)
            yield World(settings, contracts=(), listens=True)

    return world


@contextmanager
def exchanged_urls() -> Iterator[World]:
    other = f'<x xmlns="{domain().contracts[CONFIRMED].namespace}"/>'
    with saying(other, "200 OK")() as there:
        yield World(calling(there.url, None, SENT, CONFIRMED), contracts=(SENT, CONFIRMED))


def space(free_mb: int) -> Seeded:
    return lambda: nullcontext(World(calling(""), contracts=(), free_mb=free_mb))


def known_ca() -> TlsFiles:
    return TlsFiles(ca=certificates().ca)


def shown(name: str, **more: Path | str) -> TlsFiles:
    return TlsFiles(demo() / f"{name}.pem", demo() / f"{name}.key", **{"ca": demo() / "ca.pem", **more})  # type: ignore[arg-type]


def asking(name: str) -> Seeded:
    """A sound system that is called with one of the demonstrated certificates, whatever it is."""
    return at(miniatures.speaks_plain, lambda: shown(name))


@contextmanager
def proxy_refuses() -> Iterator[World]:
    with answering(reply(b"", "407 Proxy Authentication Required")) as there:
        port = int(there.url.split(":")[2].partition("/")[0])
        yield World(replace(calling("https://system.example/"), proxy=Proxy("127.0.0.1", port)))


@contextmanager
def proxy_does_not_know_us() -> Iterator[World]:
    with proxy_refuses() as world:
        assert world.environment.proxy
        known = replace(world.environment.proxy, name="vi", password="x")  # noqa: S106 - of nobody
        yield World(replace(world.environment, proxy=known))


@contextmanager
def proxy_gone() -> Iterator[World]:
    with miniatures.refuses() as nobody:
        port = int(nobody.url.split(":")[2].partition("/")[0])
        yield World(replace(calling("https://system.example/"), proxy=Proxy("127.0.0.1", port)))


@contextmanager
def no_folder() -> Iterator[World]:
    yield World(calling(""), contracts=(), report="taken")


def worlds() -> Mapping[str, Seeded]:
    """What is wrong, by what it is."""
    known = certificates()
    return {
        "the host name is misspelt": of_url("http://no-such-host.invalid/ProcessRequest"),
        "the host name is none at all": of_url("http://-..-/x"),
        "nobody listens on the port": at(miniatures.refuses),
        "a firewall drops what we send": behind_a_firewall,
        "https where plain HTTP is spoken": at(miniatures.speaks_plain, scheme="https"),
        "http where TLS is spoken": at(miniatures.speaks_tls, scheme="http"),
        "the server's authority is unknown to us": at(lambda: miniatures.speaks_tls(known.server)),
        "the server's certificate is self-signed": at(miniatures.speaks_tls),
        "the server's certificate has expired": at(lambda: miniatures.speaks_tls(known.expired), known_ca),
        "the server's certificate is for another host": at(lambda: miniatures.speaks_tls(known.elsewhere), known_ca),
        "the server's certificate is revoked": at(
            lambda: miniatures.speaks_tls(known.revoked), lambda: TlsFiles(ca=known.ca, crl=known.crl)
        ),
        "the server's certificate ends soon": at(lambda: miniatures.speaks_tls(known.server), known_ca),
        "the server speaks TLS 1.1 only": at(old_tls, known_ca),
        "the server wants a client certificate": at(miniatures.demands_client_certificate, known_ca),
        "the server does not know our authority": at(
            miniatures.demands_client_certificate, lambda: shown("client", ca=known.ca)
        ),
        "the path is wrong": at(miniatures.answers_not_found),
        "the gateway wants a login": at(miniatures.answers_login_page),
        "the gateway does not reach the system": at(miniatures.answers_bad_gateway),
        "the address has moved": at(miniatures.redirects),
        "the caller is not let in": at(bare("403 Forbidden")),
        "the address takes no POST": at(bare("405 Method Not Allowed")),
        "the platform does not know the profile": platform("VP001"),
        "our certificate has no HSA-id": platform("VP002"),
        "the logical address has no way": platform("VP004"),
        "the permission is missing": platform("VP007"),
        "the platform does not reach the system": at(miniatures.answers_for_the_platform),
        "the platform wants TLS": platform("VP011"),
        "the original consumer is not ours to set": platform("VP013"),
        "the system refuses us behind the platform": platform("VP016"),
        "two URLs have changed places": exchanged_urls,
        "nobody serves the SOAPAction": at(fault("The given SOAPAction urn:x does not match an operation.")),
        "the system does not know the logical address": at(fault("Unknown LogicalAddress")),
        "the server's clock is ten minutes ahead": apart(600),
        "the server's clock is ten seconds behind": apart(-10),
        "the system says nothing": at(miniatures.closes_silently),
        "the system answers no SOAP": at(lambda: answering(reply(b"?", "400 Bad Request", content_type="text/plain"))),
        "the key is of another certificate": ours(certificate=known.client.certificate, key=known.server.key),
        "certificate and key are swapped": ours(certificate=known.client.key, key=known.client.certificate),
        "the key's password is missing": ours(certificate=known.client.certificate, key=known.locked_key),
        "the key's password is wrong": ours(
            certificate=known.client.certificate, key=known.locked_key, password=PASSWORD + "?"
        ),
        "our certificate has expired": ours(certificate=known.expired.certificate, key=known.expired.key),
        "our certificate is not valid yet": ours(
            certificate=demo() / "not-yet-valid.pem", key=demo() / "not-yet-valid.key"
        ),
        "our certificate is too weak": ours(certificate=demo() / "weak-key.pem", key=demo() / "weak-key.key"),
        "our PKCS#12 file does not open": ours(certificate=demo() / "client.p12", password=PASSWORD + "?"),
        "our certificate lacks its intermediate": asking("no-chain"),
        "our certificate lacks an HSA-id": asking("no-hsa-id"),
        "the proxy wants a password": proxy_refuses,
        "the proxy does not take our password": proxy_does_not_know_us,
        "the proxy is not started": proxy_gone,
        "the proxy's name is misspelt": lambda: nullcontext(
            World(replace(calling("https://system.example/"), proxy=Proxy("no-proxy.invalid", 3128)))
        ),
        "a proxy that we did not name wants a password": at(bare("407 Proxy Authentication Required")),
        "the caller is to log in": at(bare("401 Unauthorized")),
        "the address takes no SOAP 1.1": at(bare("415 Unsupported Media Type")),
        "the balancer has nobody behind it": at(bare("503 Service Unavailable")),
        "evidence is to lie in a file": no_folder,
        "the authorities' file holds none": ours(ca=known.client.key),
        "our port is taken": port_taken,
        "a port for handshakes is taken": handshake_port_taken,
        "we are to listen on somebody else's address": listening(host="203.0.113.7", port=8021),
        "the system cannot reach loopback": far_from_the_system,
        "our server certificate is for another host": listening(tls=shown("server"), url="https://rivta.example/x"),
        "our server key is of another certificate": listening(tls=TlsFiles(known.server.certificate, known.client.key)),
        "the adapter is not started": adapter_gone,
        "the adapter demands a certificate": adapter_by_tls(lambda: TlsFiles(ca=known.ca)),
        "the disk is nearly full": space(500),
        "the disk is full": space(10),
    }


NAMES = yaml.load(GOLDEN.read_text(encoding="utf-8"), yaml.CSafeLoader) if GOLDEN.exists() else {}
_MADE: dict[str, dict[str, list[str]]] = {}


def told(tried: list[Tried], folder: Path) -> dict[str, list[str]]:
    """What a person sees of what is not well, without what is another each time."""
    lines = {
        "en": [f"{each.state}: {each.what}: {each.said.en}" for each in tried if each.state != "ok"],
        "sv": [f"{each.what}: {each.said.sv}" for each in tried if each.state != "ok"],
    }
    return {lang: [normalised(each, folder) for each in said] for lang, said in lines.items()}


def normalised(line: str, folder: Path) -> str:
    line = re.sub(r"/\S*/(?=[\w.-]+\.(?:pem|key|p12))", "…/", line).replace(str(folder), "…")
    line = re.sub(r"\b20\d\d-\d\d-\d\d\b", "2026-12-02", line)
    line = re.sub(r"Date: \w+, .*? GMT", "Date: …", line)
    return re.sub(r":\d{4,5}\b(?!1)", ":0", line)


@pytest.mark.parametrize("name", worlds() if os.environ.get("RIVTA_GOLDEN") == "write" else NAMES)
def test_each_thing_that_is_wrong_is_named(name: str, tmp_path: Path) -> None:
    with worlds()[name]() as world:
        found = told(world.tried(tmp_path), tmp_path)
    if os.environ.get("RIVTA_GOLDEN") == "write":
        _MADE[name] = found
        GOLDEN.write_text(yaml.safe_dump(_MADE, allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")
    assert found == (_MADE or NAMES)[name]
    assert len(found["en"]) == 1, "told once, and nothing else with it"


def test_at_least_25_of_them() -> None:
    assert len(NAMES) >= 25
    assert NAMES.keys() == worlds().keys()


def test_what_is_well_is_told_too(tmp_path: Path) -> None:
    with miniatures.speaks_plain() as there:
        settings = replace(
            calling(there.url, shown("client")),
            listening=Listening(host=EVERYWHERE, port=free_ports(1)),
            adapter=Adapter(url=there.url),
        )
        tried = World(settings, listens=True).tried(tmp_path)
        assert len(there.heard) == 1
        assert b"<ProcessRequest xmlns=" in there.heard[0]
        assert f">{ADDRESS}<".encode() in there.heard[0]
    assert {each.state for each in tried} == {"ok"}
    assert {each.what for each in tried} == {"tls", SENT, "counterpart", "adapter", "disk"}
    assert any("?wsdl" in each.said.en for each in tried)


def test_an_adapter_that_takes_our_certificate_is_well(tmp_path: Path) -> None:
    known = certificates()
    with adapter_by_tls(lambda: TlsFiles(known.client.certificate, known.client.key, known.ca))() as world:
        assert [each.state for each in world.tried(tmp_path) if each.what == "adapter"] == ["ok"]


def test_we_call_ourselves_by_tls_on_every_address(tmp_path: Path) -> None:
    for host in ("127.0.0.1", EVERYWHERE):
        settings = replace(calling("http://localhost/"), listening=Listening(host=host, tls=shown("server")))
        tried = World(settings, contracts=(), listens=True).tried(tmp_path)
        heard = [each for each in tried if "heard ourselves" in each.said.en]
        assert heard
        assert {each.state for each in tried} == {"ok"}


@pytest.mark.parametrize(("majors", "state"), [((1, 2), "ok"), ((1,), "failed"), ((), "told")])
def test_which_major_version_is_registered_is_asked_once(majors: tuple[int, ...], state: str, tmp_path: Path) -> None:
    known = domain().contracts[SENT].namespace.rpartition(":")[0]

    def behave(guest: socket.socket, mini: miniatures.Miniature) -> None:
        while request := mini.read_request(guest):
            productions = [{"serviceContract": {"namespace": f"{known}:{major}"}} for major in majors]
            addresses = [{"id": 7, "logicalAddress": ADDRESS.lower()}, {"id": 8, "logicalAddress": f"{ADDRESS}-A"}]
            said = addresses if b"/logicalAddresses?" in request else productions
            guest.sendall(reply(json.dumps(said).encode(), content_type="application/json"))

    with miniatures.listening(behave) as there, miniatures.speaks_plain() as system:
        api = Cooperation(there.url.partition("/ProcessRequest")[0], "3")
        settings = replace(calling(system.url, None, SENT, CONFIRMED), cooperation=api)
        tried = World(settings, contracts=(SENT, CONFIRMED)).tried(tmp_path)
        assert [each.partition(b" HTTP")[0] for each in there.heard] == [
            f"GET /logicalAddresses?logicalAdress={ADDRESS}&connectionPointId=3".encode(),
            b"GET /serviceProductions?logicalAddressId=7&include=serviceContract&connectionPointId=3",
        ]
    (one, other) = (each for each in tried if "ooperation API" in each.said.en)
    assert (one.what, one.state, other.state) == (SENT, state, "told")
    assert ", ".join(map(str, majors)) in one.said.en


def test_a_cooperation_api_that_does_not_tell_stops_no_run(tmp_path: Path) -> None:
    with miniatures.refuses() as nobody, miniatures.speaks_plain() as system:
        settings = replace(calling(system.url), cooperation=Cooperation(nobody.url))
        tried = World(settings).tried(tmp_path)
    assert [(each.what, each.state) for each in tried if each.state != "ok"] == [("cooperation", "told")]


def test_where_handshakes_are_tried_is_told(tmp_path: Path) -> None:
    first = free_ports(len(OFFERS))
    settings = replace(calling("http://localhost/"), listening=Listening(host=EVERYWHERE, first_offer=first))
    (line,) = (each for each in World(settings, contracts=()).tried(tmp_path) if "handshake" in each.what)
    assert line.state == "ok"
    assert f"https://localhost:{first} " in line.said.en
    assert f"{first + 2} expired," in line.said.en


def test_where_nobody_answers_the_first_endpoint_only_is_tried(tmp_path: Path) -> None:
    with miniatures.closes_silently() as there:
        tried = World(calling(there.url, None, SENT, CONFIRMED), contracts=(SENT, CONFIRMED)).tried(tmp_path)
        assert len(there.heard) == 1
    assert [each.state for each in tried] == ["told", "told", "ok"]


# In a run, and as a command


def test_a_run_stops_before_a_case_is_red(project: Project) -> None:
    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        output = ended(project.run_here("--junitxml", "junit.xml"), ENVIRONMENT)
    assert output.count("refuses connections") == 1
    assert "Nothing was played: what stands in the way is not the system." in output
    assert "!!! Interrupted: the environment stands in the way !!!" in output
    assert not project.report.exists()
    ((name, told),) = junit(project.folder / "junit.xml").items()
    error = told.find("error")
    assert name == "preflight"
    assert error is not None
    assert "preflight: ProcessRequest: " in error.attrib["message"]
    assert "refuses connections" in error.attrib["message"]


def test_a_run_that_was_to_replace_another_and_could_not_begin_leaves_a_note_in_its_place(project: Project) -> None:
    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        project.report.mkdir(parents=True)
        for name in ("evidence.jsonl", "manifest.json", "declaration.html", "declaration.svg"):
            (project.report / name).write_text("yesterday's", encoding="utf-8")
        ended(project.run_here("--rivta-replace"), ENVIRONMENT)
        assert [each.name for each in project.report.iterdir() if each.name != ".held"] == ["not-played.txt"]
        for command, code in (("report", USAGE), ("verify", 2), ("show", USAGE)):
            words = ["X", "--run", str(project.report)] if command == "show" else [str(project.report)]
            told = command_here([command, *words], project.folder)
            assert told.returncode == code
            assert "holds no run, for nothing was played: " in told.stdout + told.stderr
            assert "refuses connections" in told.stdout + told.stderr
        ended(project.run_here(IN_SPITE), ENVIRONMENT)
    assert not (project.report / "not-played.txt").exists()
    assert project.evidence().results


STOPPING = """
import os, pathlib, signal

def pytest_collection_modifyitems():
    there = sorted(each.name for each in pathlib.Path("run").iterdir() if not each.name.startswith("."))
    pathlib.Path("seen.txt").write_text(" ".join(there))
    {how}
"""


def test_a_run_that_is_stopped_before_its_first_case_shows_no_older_one(project: Project) -> None:
    older = ("evidence.jsonl", "manifest.json", "declaration.html", "declaration.html.p7s")
    project.report.mkdir(parents=True)
    for name in older:
        (project.report / name).write_text("yesterday's", encoding="utf-8")

    def told() -> list[str]:
        return [each.name for each in project.report.iterdir() if not each.name.startswith(".")]

    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        project.pytester.makeconftest(STOPPING.format(how="raise __import__('pytest').UsageError('a word is wrong')"))
        ended(project.run_here("--rivta-replace"), USAGE)
        assert sorted(told()) == sorted(older), "nothing was begun"
        project.pytester.makeconftest(STOPPING.format(how="__import__('pytest').exit('stopped')"))
        ended(project.run_here("--rivta-replace", "--junitxml", "junit.xml"), INTERRUPTED)
    assert told() == ["not-played.txt"]
    assert (project.folder / "seen.txt").read_text(encoding="utf-8") == "not-played.txt", (
        "whoever kills it finds the same"
    )
    assert junit(project.folder / "junit.xml")["interrupted"].find("error") is not None
    refused = command_here(["report", str(project.report)], project.folder)
    assert refused.returncode == USAGE
    assert "a run began that was to replace the one before, and played no case" in refused.stderr


def test_a_run_that_plays_nothing_shows_no_older_one(project: Project) -> None:
    project.report.mkdir(parents=True)
    (project.report / "declaration.html").write_text("yesterday's", encoding="utf-8")
    with miniatures.refuses() as nobody:
        project.environment(nobody.url)
        project.run_here("--rivta-replace", "-k", "nothing-is-called-so")
    assert [each.name for each in project.report.iterdir() if not each.name.startswith(".")] == ["not-played.txt"]


def test_a_run_asks_an_unreachable_system_once(project: Project) -> None:
    with miniatures.answers_not_found() as nowhere:
        project.environment(nowhere.url)
        ended(project.run_here(), ENVIRONMENT)
        assert len(nowhere.heard) == 1


def test_a_run_that_calls_nobody_needs_no_endpoint(project: Project) -> None:
    with miniatures.refuses() as nobody:
        project.environment(nobody.url, "roles: [remittent]\n")
        output = ended(project.run_here(), NOTHING)
    assert "preflight" not in output


def test_the_command_tells_each_line(tmp_path: Path) -> None:
    words = ["preflight", "--env", "env.yaml", "--suites", str(tiny_world.SUITES)]
    with tiny_world.system() as server:
        tiny_world.environment_at(server.url, tmp_path / "env.yaml")
        well = command_here(words, tmp_path)
    gone = command_here([*words, "--lang", "sv"], tmp_path)
    assert well.returncode == OK, well.stdout
    assert {line.split()[0] for line in well.stdout.splitlines()} == {"ok"}
    assert [line.split()[1] for line in well.stdout.splitlines()[:3]] == [
        "RegisterLoan@1:",
        "RegisterLoan@2:",
        "GetLoans:",
    ]
    assert gone.returncode == ENVIRONMENT
    assert "FEL     RegisterLoan@1: " in gone.stdout
    assert "Inte prövat" in gone.stdout


def test_names_that_no_name_server_could_have_are_told(tmp_path: Path) -> None:
    settings = replace(
        calling("http://localhost/"), listening=Listening(host="a..b"), adapter=Adapter(url="http://-..-/act")
    )
    tried = World(settings, contracts=(), listens=True).tried(tmp_path)
    assert [(each.what, each.state) for each in tried[:2]] == [("counterpart", "failed"), ("adapter", "failed")]


def test_what_the_environment_does_not_give_its_roles_is_told() -> None:
    whole = replace(rivta_environment.read(tiny_world.ENVIRONMENT), roles=("catalogue", "counter"))
    assert [*not_given(whole, [tiny_world.domain()])] == []
    bare = replace(whole, listening=None, endpoints={"GetLoans": whole.endpoints["GetLoans"]})
    told = {each.what: each.said.en for each in not_given(bare, [tiny_world.domain()])}
    assert told.keys() == {"catalogue", "counter"}
    assert "answers RegisterLoan@1, RegisterLoan@2, and no endpoint" in told["catalogue"]
    assert "nothing listens" in told["counter"]
    (other,) = not_given(replace(whole, roles=("counter",), endpoints=bare.endpoints), [tiny_world.domain()])
    assert (other.what, other.state) == ("GetLoans", "told")
    assert [*not_given(replace(bare, roles=("transport-producer",)), [tiny_world.domain()])] == []


def test_a_package_that_is_not_at_hand_is_told(tmp_path: Path) -> None:
    (tmp_path / "env.yaml").write_text(
        "system: {organisation: a, product: b, version: '1'}\nroles: [journalsystem]\n"
        "endpoints: {GetCareDocumentation: {url: 'http://localhost:1/', logical-address: SE1}}\n",
        encoding="utf-8",
    )
    done = command_here(["preflight", "--env", "env.yaml"], tmp_path)
    assert done.returncode == OK, done.stderr
    assert "note    clinicalprocess.healthcond.description: " in done.stdout
    assert "rivta contracts add" in done.stdout


def test_what_is_wrong_with_a_file_is_the_files(tmp_path: Path) -> None:
    words = ["preflight", "--env", "env.yaml", "--suites", str(tiny_world.SUITES)]
    written = tiny_world.ENVIRONMENT.read_text(encoding="utf-8")
    for mistake, said in (
        ("tls: {certificate: gone.pem}\n", "gone.pem"),
        ("headers: {Authorization: '${env:RIVTA_NOT_SET}'}\n", "RIVTA_NOT_SET is not set"),
        ("not-applicable: {nothing: x}\n", "unknown precondition “nothing”"),
    ):
        (tmp_path / "env.yaml").write_text(written + mistake, encoding="utf-8")
        ended_so = command_here(words, tmp_path)
        assert ended_so.returncode == USAGE
        assert said in ended_so.stderr
