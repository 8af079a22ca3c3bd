"""Certificates of an authority of our own, made with the openssl command when the first test asks for them."""

import ssl
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from rivta.text import authority as authority_of_tests

PASSWORD = "only for tests"  # noqa: S105 (of a key that lives as long as the test run)
_HERE = "subjectAltName=DNS:localhost,IP:127.0.0.1"
_KEYID = "authorityKeyIdentifier=keyid"
_FOR_TIME = "extendedKeyUsage=critical,timeStamping"
_ELSEWHERE = "subjectAltName=DNS:elsewhere.example"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    def server_context(self, client_ca: Path | None = None) -> ssl.SSLContext:
        """A server's side of the handshake; with `client_ca` it demands a client certificate from that authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@dataclass(frozen=True)
class Certificates:
    """What a test of TLS needs. `locked_key` is the client's key under PASSWORD; `stranger` is from an authority nobody knows."""

    ca: Path
    server: Pair
    expired: Pair
    elsewhere: Pair
    self_signed: Pair
    plain: Pair
    """The server's, without an AuthorityKeyIdentifier."""
    client: Pair
    locked_key: Path
    stranger: Pair
    timestamper: Pair
    crl: Path
    """The authority's list: the client of another certificate is revoked."""
    revoked: Pair


_kept_until_exit: list[TemporaryDirectory[str]] = []


@cache
def certificates() -> Certificates:
    """The certificates of this process."""
    folder = TemporaryDirectory(prefix="rivta-certificates-")
    _kept_until_exit.append(folder)
    return _made_in(Path(folder.name))


DEMO_PASSWORD = "demo"  # noqa: S105 (of a key that lives as long as the test run)


@cache
def demo() -> Path:
    """The folder of what `rivta certs demo` makes, a year long: a root, one below it, good certificates and each bad one."""
    folder = TemporaryDirectory(prefix="rivta-certs-")
    _kept_until_exit.append(folder)
    for _ in authority_of_tests.write(Path(folder.name), datetime.now(UTC), DEMO_PASSWORD):
        pass
    return Path(folder.name)


def _made_in(folder: Path) -> Certificates:
    ours = authority(folder, "ca")
    unknown = authority(folder, "unknown")
    client = _signed(folder, "client", "/O=Region Test/serialNumber=SE2321000012-TEST/CN=client.example", ours, _KEYID)
    locked = folder / "locked.key"
    _openssl("pkey", "-in", client.key, "-out", locked, "-aes256", "-passout", f"pass:{PASSWORD}")
    revoked = _signed(folder, "revoked", "/CN=revoked.example", ours, _HERE, _KEYID)
    return Certificates(
        crl=_list_of(folder, ours, revoked),
        revoked=revoked,
        ca=ours.certificate,
        server=_signed(folder, "server", "/O=Region Test/CN=localhost", ours, _HERE, _KEYID),
        expired=_signed(folder, "expired", "/CN=localhost", ours, _HERE, _KEYID, expired=True),
        elsewhere=_signed(folder, "elsewhere", "/CN=elsewhere.example", ours, _ELSEWHERE, _KEYID),
        plain=_signed(folder, "plain", "/CN=localhost", ours, _HERE),
        self_signed=authority(folder, "self-signed", _HERE),
        client=client,
        locked_key=locked,
        stranger=_signed(folder, "stranger", "/CN=stranger", unknown, _KEYID),
        timestamper=_signed(folder, "timestamper", "/CN=timestamper", ours, _KEYID, _FOR_TIME, rsa=True),
    )


def _list_of(folder: Path, by: Pair, revoked: Pair) -> Path:
    """What an authority has revoked."""
    (folder / "index").touch()
    settings = folder / "crl.cnf"
    settings.write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder / 'index'}\ndefault_md=sha256\ndefault_crl_days=2\n"
    )
    signer: list[str | Path] = ["-config", settings, "-cert", by.certificate, "-keyfile", by.key]
    _openssl("ca", *signer, "-revoke", revoked.certificate)
    _openssl("ca", *signer, "-gencrl", "-out", folder / "crl.pem")
    return folder / "crl.pem"


def _new_key(folder: Path, name: str, *, rsa: bool = False) -> list[str | Path]:
    kind = ["rsa:2048"] if rsa else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    return ["-newkey", *kind, "-nodes", "-keyout", folder / f"{name}.key"]


def authority(folder: Path, name: str, *extensions: str) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    added = _options(("keyUsage=critical,keyCertSign,cRLSign,digitalSignature", *extensions))
    _openssl("req", "-x509", *_new_key(folder, name), "-out", pair.certificate, "-subj", f"/CN={name}", *added)
    return pair


def _options(extensions: Iterable[str]) -> list[str]:
    return [part for extension in extensions for part in ("-addext", extension)]


def _signed(
    folder: Path, name: str, subject: str, by: Pair, *extensions: str, expired: bool = False, rsa: bool = False
) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    request, added = folder / f"{name}.csr", folder / f"{name}.ext"
    _openssl("req", "-new", *_new_key(folder, name, rsa=rsa), "-out", request, "-subj", subject)
    added.write_text("\n".join(("basicConstraints=critical,CA:FALSE", *extensions)))
    days = ["-days", "-1" if expired else "2"]
    signer: list[str | Path] = ["-CA", by.certificate, "-CAkey", by.key, "-CAcreateserial"]
    _openssl("x509", "-req", "-in", request, "-out", pair.certificate, *signer, *days, "-extfile", added)
    return pair


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
