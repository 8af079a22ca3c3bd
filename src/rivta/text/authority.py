"""A small authority of one's own, for tests: good function certificates, and each that a system must refuse, made anew in seconds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Bad = Literal["expired", "not-yet-valid", "wrong-ca", "wrong-host", "no-hsa-id", "weak-key", "sha1", "revoked"]
"""What a certificate may have that makes it one to refuse."""
HSA_ID = "SE2321000016-RIVTA"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_NAMES = ("localhost", "127.0.0.1", "::1")
_ELSEWHERE = ("elsewhere.example",)
_PEM = Encoding.PEM
_SHA256, _SHA1 = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))
"""How a certificate says by what it is signed: sha256WithRSAEncryption, sha1WithRSAEncryption (RFC 8017, appendix A.2)."""


@dataclass(frozen=True)
class Issued:
    """A certificate with its key and those above it, below the root."""

    certificate: x509.Certificate
    key: Key
    above: tuple[x509.Certificate, ...] = ()

    def write(self, folder: Path, name: str) -> None:
        """`NAME.pem` with the chain, and `NAME.key`, which only its owner may read."""
        chain = (self.certificate, *self.above)
        (folder / f"{name}.pem").write_bytes(b"".join(each.public_bytes(_PEM) for each in chain))
        key = folder / f"{name}.key"
        key.touch(mode=0o600)
        key.write_bytes(self.key.private_bytes(_PEM, PrivateFormat.PKCS8, NoEncryption()))

    def pkcs12(self, name: str, password: str) -> bytes:
        locked = BestAvailableEncryption(password.encode())
        return serialize_key_and_certificates(name.encode(), self.key, self.certificate, self.above, locked)


@dataclass(frozen=True)
class Wanted:
    """What is to be issued, and for how long it is to hold."""

    name: str
    begins: datetime
    days: int = 365
    hsa_id: str = ""
    hosts: tuple[str, ...] = ()
    is_weak: bool = False
    issues: bool = False
    digest: Literal["sha256", "sha1"] = "sha256"

    def by(self, issuer: Issued | None) -> Issued:
        """Issued by this authority; by itself, for a root."""
        key = self._key()
        signer = issuer.key if issuer else key
        made = self._builder(key, issuer.certificate.subject if issuer else self._subject).sign(signer, hashes.SHA256())
        is_root = issuer is None or issuer.certificate.issuer == issuer.certificate.subject
        chain = () if issuer is None or is_root else (issuer.certificate,)
        return Issued(_with_sha1(made, signer) if self.digest == "sha1" else made, key, chain)

    def _key(self) -> Key:
        """RSA for authorities, as those of the health service have; a certificate's own is made faster."""
        if self.issues or self.is_weak:
            return rsa.generate_private_key(65537, 1024 if self.is_weak else 2048)
        return ec.generate_private_key(ec.SECP256R1())

    @property
    def _subject(self) -> x509.Name:
        serial = [x509.NameAttribute(NameOID.SERIAL_NUMBER, self.hsa_id)] if self.hsa_id else []
        organisation = (NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, "rivta demo")
        named = (*organisation, (NameOID.COMMON_NAME, self.name))
        return x509.Name([*(x509.NameAttribute(kind, value) for kind, value in named), *serial])

    def _builder(self, key: Key, issuer: x509.Name) -> x509.CertificateBuilder:
        builder = (
            x509.CertificateBuilder(issuer, self._subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(self.begins)
            .not_valid_after(self.begins + timedelta(days=self.days))
            .add_extension(x509.BasicConstraints(self.issues, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if self.issues:
            return builder.add_extension(_may(key_cert_sign=True, crl_sign=True), critical=True)
        both = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = builder.add_extension(_may(digital_signature=True, key_encipherment=True), critical=True)
        hosts = x509.SubjectAlternativeName([_host(each) for each in self.hosts])
        return builder.add_extension(x509.ExtendedKeyUsage(both), critical=False).add_extension(hosts, critical=False)


def _may(**allowed: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _with_sha1(made: x509.Certificate, signer: Key) -> x509.Certificate:
    """The same signed by SHA-1, which no library does for us any more: the names of the two are of the same length."""
    body = made.tbs_certificate_bytes.replace(_SHA256, _SHA1)
    assert isinstance(signer, rsa.RSAPrivateKey)  # noqa: S101 - an authority's key
    signature = signer.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - that it is weak is what it is for
    whole = made.public_bytes(Encoding.DER).replace(_SHA256, _SHA1)
    return x509.load_der_x509_certificate(whole.replace(made.signature, signature))


@dataclass(frozen=True)
class Authority:
    """A root, an authority below it, and what they have issued by name: `client`, `server` and each `Bad`."""

    root: Issued
    below: Issued
    unknown: Issued
    """Another root, whom nobody is to trust."""
    revoked: bytes
    issued: Mapping[str, Issued] = field(default_factory=dict)


def authority(now: datetime) -> Authority:
    """All of it, made anew. `now` is in UTC."""
    begins = now - timedelta(days=1)
    root = Wanted("rivta demo Root CA", begins, issues=True).by(None)
    other = Wanted("rivta demo Unknown CA", begins, issues=True).by(None)
    below = Wanted("rivta demo Function CA", begins, issues=True).by(root)
    usual = Wanted("client.example", begins, hsa_id=HSA_ID, hosts=_NAMES)
    kinds: dict[Bad, Wanted] = {
        "expired": replace(usual, begins=now - timedelta(days=30), days=29),
        "not-yet-valid": replace(usual, begins=now + timedelta(days=30)),
        "wrong-ca": usual,
        "wrong-host": replace(usual, hosts=_ELSEWHERE),
        "no-hsa-id": replace(usual, hsa_id=""),
        "weak-key": replace(usual, is_weak=True),
        "sha1": replace(usual, digest="sha1"),
        "revoked": usual,
    }
    wanted: dict[str, Wanted] = {"client": usual, "server": replace(usual, name="localhost")}
    wanted |= {name: replace(each, name=f"{name}.example") for name, each in kinds.items()}
    issued = {name: each.by(other if name == "wrong-ca" else below) for name, each in wanted.items()}
    return Authority(root, below, other, _list(below, issued["revoked"], now), issued)


def _list(by: Issued, revoked: Issued, now: datetime) -> bytes:
    """What an authority has revoked, as PEM."""
    entry = x509.RevokedCertificateBuilder(revoked.certificate.serial_number, now).build()
    builder = x509.CertificateRevocationListBuilder(by.certificate.subject, now, now + timedelta(days=365))
    builder = builder.add_revoked_certificate(entry)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(_PEM)


def write(made: Authority, folder: Path, password: str) -> Iterator[tuple[str, str]]:
    """Write everything into a folder; each file's name, and what it is, as a key of the catalogue."""
    (folder / "ca.pem").write_bytes(made.root.certificate.public_bytes(_PEM))
    yield "ca.pem", "ca"
    (folder / "unknown-ca.pem").write_bytes(made.unknown.certificate.public_bytes(_PEM))
    yield "unknown-ca.pem", "unknown-ca"
    (folder / "revoked-list.pem").write_bytes(made.revoked)
    yield "revoked-list.pem", "list"
    for name, each in made.issued.items():
        each.write(folder, name)
        yield f"{name}.pem", name
    (folder / "client.p12").write_bytes(made.issued["client"].pkcs12("client", password))
    yield "client.p12", "p12"
    lonely = replace(made.issued["client"], above=())
    lonely.write(folder, "no-chain")
    yield "no-chain.pem", "no-chain"
