"""Certificates as vendors have them, bad ones on both sides, and what lies between: proxies, tunnels, other names. Real handshakes."""

import base64
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import miniatures
from certificates import DEMO_PASSWORD, Pair, demo
from miniatures import ANSWER, Miniature, answering, environment, reply
from projects import OK, USAGE, command_here
from rivta.counterpart.listener import context_of as listening_context
from rivta.model.clock import SYSTEM
from rivta.model.environment import Proxy, TlsFiles
from rivta.model.exchange import Exchange
from rivta.text.certificate import opened
from rivta.transport import tls
from rivta.transport.callers import handshake_trouble
from rivta.transport.connection import is_for
from rivta.transport.http import HttpTransport


def files(name: str = "client", **more: object) -> TlsFiles:
    return TlsFiles(demo() / f"{name}.pem", demo() / f"{name}.key", demo() / "ca.pem", **more)  # type: ignore[arg-type]


def lenient(context: ssl.SSLContext) -> ssl.SSLContext:
    """It shows a certificate however weak."""
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context


def server_with(name: str) -> ssl.SSLContext:
    context = lenient(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.load_cert_chain(demo() / f"{name}.pem", demo() / f"{name}.key")
    return context


def called(
    context: ssl.SSLContext | None, tls_files: TlsFiles, host: str = "localhost", proxy: Proxy | None = None
) -> Exchange:
    settings = replace(environment(tls_files), proxy=proxy)
    with answering(reply(), context) as system:
        transport = HttpTransport(settings)
        try:
            return transport.send(system.url.replace("127.0.0.1", host), (), b"<x/>", "c")
        finally:
            transport.close()


# Each bad certificate, from either side


BAD = {
    "expired": ("has expired", "certificate has expired"),
    "not-yet-valid": ("is not valid yet", "is not valid yet"),
    "wrong-ca": ("unknown authority", "unknown authority"),
    "weak-key": ("too weak", "too weak"),
    "sha1": ("too weak", "too weak"),
    "revoked": ("is revoked", "is revoked"),
}
"""What we say of a server that shows it, and of a caller that does."""


@pytest.mark.parametrize("name", [*BAD, "wrong-host"])
def test_a_server_with_a_bad_certificate_is_not_called(name: str) -> None:
    exchange = called(server_with(name), files(crl=demo() / "revoked-list.pem"))
    assert exchange.problem
    assert exchange.problem.kind == "tls"
    wanted = "is not for this host name" if name == "wrong-host" else BAD[name][0]
    assert wanted in exchange.problem.text.en


@pytest.mark.parametrize("name", ["server", "no-hsa-id"])
def test_a_server_with_a_good_one_is(name: str) -> None:
    assert called(server_with(name), files(crl=demo() / "revoked-list.pem")).status == 200


@pytest.mark.parametrize("name", BAD)
def test_a_caller_with_a_bad_certificate_is_turned_away_by_the_counterpart(name: str) -> None:
    serving = listening_context(files("server", crl=demo() / "revoked-list.pem"))
    assert serving
    caller = lenient(tls.client_context(demo() / "ca.pem"))
    caller.load_cert_chain(demo() / f"{name}.pem", demo() / f"{name}.key")
    _, told = handshake_trouble(handshake(caller, serving))
    assert BAD[name][1] in told.en


@pytest.mark.parametrize("name", ["client", "no-hsa-id", "wrong-host"])
def test_a_caller_with_another_is_let_in_for_the_checks_to_judge(name: str) -> None:
    serving = listening_context(files("server"))
    assert serving
    caller = tls.client_context(demo() / "ca.pem")
    caller.load_cert_chain(demo() / f"{name}.pem", demo() / f"{name}.key")
    assert isinstance(handshake(caller, serving), ConnectionError)


def handshake(caller: ssl.SSLContext, serving: ssl.SSLContext) -> OSError:
    """What went wrong on the server's side; a ConnectionError for nothing."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [caller.wrap_bio(back, there, server_hostname="localhost"), serving.wrap_bio(there, back, server_side=True)]
    for side in sides * 4:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError as error:
            if side is sides[1]:
                return error
    return ConnectionError()


# Files as vendors have them


def test_both_sides_certificates_are_told_whole() -> None:
    serving = listening_context(files("server"))
    exchange = called(serving, files())
    shown = exchange.tls
    assert shown
    assert shown.ours
    assert "SERIALNUMBER=SE2321000016-RIVTA" in shown.ours.subject
    assert "CN=rivta demo Function CA" in shown.ours.issuer
    assert "CN=localhost" in shown.peer_subject
    for serial, begins, expires in (
        (shown.peer_serial, shown.peer_begins, shown.peer_expires),
        (shown.ours.serial, shown.ours.begins, shown.ours.expires),
    ):
        assert int(serial, 16)
        assert begins < expires


@pytest.mark.parametrize("legacy", [False, True], ids=["modern", "legacy"])
def test_a_pkcs12_file_is_taken_as_it_is(legacy: bool, tmp_path: Path) -> None:
    packed = demo() / "client.p12"
    if legacy:
        words = ["-export", "-legacy", "-inkey", str(demo() / "client.key"), "-in", str(demo() / "client.pem")]
        packed = tmp_path / "legacy.p12"
        subprocess.run(["openssl", "pkcs12", *words, "-out", packed, "-passout", f"pass:{DEMO_PASSWORD}"], check=True)
    exchange = called(demanding(), TlsFiles(packed, ca=demo() / "ca.pem", password=DEMO_PASSWORD))
    assert exchange.status == 200
    assert exchange.tls
    assert exchange.tls.ours
    assert "client.example" in exchange.tls.ours.subject


def demanding() -> ssl.SSLContext:
    """It trusts the root alone, so whoever calls must show the authority between."""
    context = server_with("server")
    context.load_verify_locations(demo() / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_a_chain_in_any_order_is_shown_in_the_right_one(order: tuple[int, ...], tmp_path: Path) -> None:
    blocks = tls._BLOCK.findall((demo() / "client.pem").read_text() + (demo() / "ca.pem").read_text())
    file = tmp_path / "client.pem"
    file.write_text("\n".join(blocks[each] for each in order))
    assert called(demanding(), replace(files(), certificate=file)).status == 200
    names = [each.subject.rfc4514_string() for each in opened(file, demo() / "client.key", None).certificates]
    assert [name.partition("CN=")[2].partition(",")[0] for name in names] == [
        "client.example",
        "rivta demo Function CA",
        "rivta demo Root CA",
    ][: len(order)]


def test_what_is_wrong_with_files_is_told_with_the_command_that_repairs() -> None:
    folder = demo()
    wrong = {
        "openssl x509 -in": TlsFiles(folder / "client.pem", folder / "server.key"),
        "openssl req -new -key": files("expired"),
        "date -u": files("not-yet-valid"),
        "no password is given": TlsFiles(folder / "client.p12"),
        "openssl pkcs12 -legacy -noout -in": TlsFiles(folder / "client.p12", password="wrong"),  # noqa: S106 - it is
        "at least RSA 2048": files("weak-key"),
    }
    for said, each in wrong.items():
        (told,) = tls.amiss(each, is_server=False)
        assert said in told.en
        assert told.sv != told.en


@pytest.mark.parametrize(
    ("made_by", "part"),
    [
        ("x509 -outform DER -in {client}.pem", "certificate"),
        ("pkey -outform DER -in {client}.key", "key"),
        ("x509 -outform DER -in {ca}.pem", "ca"),
        ("crl -outform DER -in {list}.pem", "crl"),
        ("crl2pkcs7 -nocrl -certfile {client}.pem", "certificate"),
        ("crl2pkcs7 -nocrl -outform DER -certfile {client}.pem", "certificate"),
        ("pkcs12 -export -nokeys -passout pass: -in {ca}.pem", "ca"),
    ],
)
def test_the_command_that_converts_a_file_can_be_pasted(made_by: str, part: str, tmp_path: Path) -> None:
    folder = tmp_path / "mina filer"
    folder.mkdir()
    there = {"client": demo() / "client", "ca": demo() / "ca", "list": demo() / "revoked-list"}
    subprocess.run(["openssl", *made_by.format(**there).split(), "-out", folder / "fil"], check=True)
    every = replace(files(), crl=demo() / "revoked-list.pem")
    (said,) = tls.amiss(replace(every, **{part: folder / "fil"}), is_server=False)  # type: ignore[arg-type]
    command = said.en[said.en.index("openssl ") :] + (" -passin pass:" if "pkcs12" in said.en else "")
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)  # noqa: S602 - as a person pastes it
    assert said.sv.endswith(said.en[said.en.index("openssl ") :])
    again = replace(every, **{part: tmp_path / "converted.pem"})  # type: ignore[arg-type]
    assert [*tls.amiss(again, is_server=False)] == []


def test_a_certificate_without_its_key_is_told_so() -> None:
    (said,) = tls.amiss(replace(files(), key=None), is_server=False)
    assert "there is no private key in" in said.en


def test_what_may_yet_be_wrong_is_told_too(tmp_path: Path) -> None:
    (lonely,) = tls.doubtful(files("no-chain"), is_server=False, clock=SYSTEM)
    assert "CN=rivta demo Function CA" in lonely.en
    assert "cat " in lonely.en
    between = tmp_path / "between.pem"
    between.write_text("".join(tls._BLOCK.findall((demo() / "client.pem").read_text())[1:]))
    (shown,) = tls.doubtful(replace(files("no-chain"), ca=between), is_server=False, clock=SYSTEM)
    assert f"cat {demo() / 'no-chain.pem'} {between}" in shown.en
    (nameless,) = tls.doubtful(files("no-hsa-id"), is_server=False, clock=SYSTEM)
    assert "VP002" in nameless.en
    assert [*tls.doubtful(files("server"), is_server=True, clock=SYSTEM)] == []
    assert [*tls.doubtful(files(), is_server=False, clock=SYSTEM)] == []


def test_the_command_makes_them(tmp_path: Path) -> None:
    done = command_here(["certs", "demo", "--lang", "sv"], tmp_path)
    assert done.returncode == OK
    assert "certs/sha1.pem" in done.stdout
    assert "signerat med SHA-1" in done.stdout
    assert (tmp_path / "certs" / "client.key").stat().st_mode & 0o077 == 0
    told = re.search(r"lösenordet är (\S+)", done.stdout)
    assert told
    packed = opened(tmp_path / "certs" / "client.p12", None, told[1])
    assert told[1] not in packed.certificates[0].subject.rfc4514_string(), (
        "a secret is hidden wherever it stands in a report"
    )
    again = command_here(["certs", "demo"], tmp_path)
    assert again.returncode == USAGE
    assert "already holds certificates" in again.stderr


# What lies between


@contextmanager
def proxy_that(answers: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> Iterator[Miniature]:
    """A proxy that opens one tunnel, if that is its answer."""

    def behave(guest: "miniatures.socket.socket", mini: Miniature) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += guest.recv(4096)
        mini.heard.append(head)
        guest.sendall(answers)
        if b" 200 " not in answers:
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        with miniatures.socket.create_connection((host, int(port)), 2) as there:
            back = threading.Thread(target=poured, args=(there, guest))
            back.start()
            poured(guest, there)
            there.shutdown(miniatures.socket.SHUT_RDWR)
            back.join()

    with miniatures.listening(behave) as mini:
        yield mini


def poured(one: "miniatures.socket.socket", other: "miniatures.socket.socket") -> None:
    try:
        while part := one.recv(65536):
            other.sendall(part)
    except OSError:
        return


def known(mini: Miniature, **more: object) -> Proxy:
    return Proxy("127.0.0.1", int(mini.url.split(":")[2].partition("/")[0]), **more)  # type: ignore[arg-type]


def test_a_proxy_opens_a_tunnel_for_who_says_its_name() -> None:
    with proxy_that() as proxy:
        exchange = called(demanding(), files(), proxy=known(proxy, name="vi", password="hemligt"))  # noqa: S106 - of nobody
    assert exchange.status == 200
    assert exchange.response
    assert exchange.response.body == ANSWER
    (asked,) = proxy.heard
    assert asked.startswith(b"CONNECT localhost:")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"vi:hemligt") in asked


def test_a_host_that_the_proxy_is_not_for_is_called_without_it() -> None:
    for beside in (("localhost",), ("*",)):
        with miniatures.refuses() as nobody:
            assert called(None, TlsFiles(), proxy=known(nobody, beside=beside)).status == 200


@pytest.mark.parametrize(
    ("written", "host", "through"),
    [
        ("*", "a.example", False),
        (".internal.example", "a.internal.example", False),
        ("*.internal.example", "a.internal.example", False),
        ("Internal.Example:8443", "internal.example", False),
        ("[::1]", "::1", False),
        ("[::1]:8443", "::1", False),
        ("::1", "::1", False),
        ("internal.example", "otherinternal.example", True),
        ("example.org", "example.com", True),
    ],
)
def test_hosts_beside_a_proxy_may_be_written_as_people_do(written: str, host: str, through: bool) -> None:
    assert is_for(Proxy("proxy.example", 3128, beside=(written,)), host) is through


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "proxy-password", "name and password"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "proxy", "403 Forbidden"),
        (b"nothing\r\n\r\n", "proxy-none", "is no proxy (BadStatusLine)"),
        (b"", "proxy-none", "is no proxy"),
    ],
)
def test_what_a_proxy_says_against_it_is_the_environments(answer: bytes, kind: str, said: str) -> None:
    with proxy_that(answer) as proxy:
        problem = called(None, TlsFiles(), proxy=known(proxy)).problem
    assert problem
    assert problem.kind == kind
    assert said in problem.text.en


def test_the_name_that_is_asked_for_is_the_urls_unless_another_is_given() -> None:
    asked: list[str | None] = []
    context = server_with("server")
    context.sni_callback = lambda _, name, __: asked.append(name)
    assert called(context, files()).status == 200
    assert called(server_with("server"), files(server_name="elsewhere.example")).problem
    elsewhere = server_with("wrong-host")
    elsewhere.sni_callback = context.sni_callback
    assert called(elsewhere, files(server_name="elsewhere.example")).status == 200
    assert asked == ["localhost", "elsewhere.example"]


def test_an_address_of_six_is_called_by_its_literal() -> None:
    try:
        door = miniatures.socket.create_server(("::1", 0), family=miniatures.socket.AF_INET6)
    except OSError:
        pytest.skip("this computer has no IPv6")
    with door:
        port = door.getsockname()[1]
        answer = threading.Thread(target=answered_once, args=(door, server_with("server")))
        answer.start()
        transport = HttpTransport(environment(files()))
        exchange = transport.send(f"https://[::1]:{port}/x", (), b"<x/>", "c")
        transport.close()
        answer.join()
    assert exchange.status == 200
    assert ("Host", f"[::1]:{port}") in exchange.request.headers
    gone = HttpTransport(environment()).send(f"http://[::1]:{port}/x", (), b"", "c").problem
    assert gone
    assert f"[::1]:{port}" in gone.text.en


def answered_once(door: "miniatures.socket.socket", context: ssl.SSLContext) -> None:
    plain, _ = door.accept()
    with plain, context.wrap_socket(plain, server_side=True) as guest:
        guest.recv(65536)
        guest.sendall(reply())


def test_pairs_of_the_tests_own_are_of_the_kind_that_is_demonstrated() -> None:
    assert Pair(demo() / "server.pem", demo() / "server.key").server_context()
    assert datetime.now(UTC) + timedelta(days=300) < datetime.fromisoformat(tls.own(files(), is_server=False).expires)  # type: ignore[union-attr]
