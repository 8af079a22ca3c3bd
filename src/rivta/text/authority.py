"""A small authority of one's own, for tests: good function certificates, and each that a system must refuse, made anew in seconds."""

from collections.abc import Iterator
from dataclasses import replace
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

from rivta.model.frozen import frozen
from rivta.text.certificate import Key, OpenedKey

HSA_ID = "SE2321000016-RIVTA"
_NAMES = ("localhost", "127.0.0.1", "::1")
_ELSEWHERE = ("elsewhere.example",)
_PEM = Encoding.PEM
_SHA256, _SHA1 = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))
"""How a certificate says by what it is signed: sha256WithRSAEncryption, sha1WithRSAEncryption (RFC 8017, appendix A.2)."""


@frozen
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

    def by(self, issuer: OpenedKey | None) -> OpenedKey:
        """Issued by this authority, which goes along unless it is a root; by itself, for a root."""
        key, above = self._key(), issuer.certificates[0] if issuer else None
        signer = issuer.key if issuer else key
        made = self._builder(key, above.subject if above else self._subject).sign(signer, hashes.SHA256())
        made = _with_sha1(made, signer) if self.digest == "sha1" else made
        return OpenedKey(key, (made, above) if above and above.issuer != above.subject else (made,))

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


def write(folder: Path, now: datetime, password: str) -> Iterator[tuple[str, str]]:
    """Make everything anew, in a folder; each file's name, and what it is, as a key of the catalogue. `now` is in UTC."""
    begins = now - timedelta(days=1)
    root = Wanted("rivta demo Root CA", begins, issues=True).by(None)
    unknown = Wanted("rivta demo Unknown CA", begins, issues=True).by(None)
    below = Wanted("rivta demo Function CA", begins, issues=True).by(root)
    issued = {name: each.by(unknown if name == "wrong-ca" else below) for name, each in _wanted(begins, now).items()}
    client, revoked = issued["client"], _list(below, issued["revoked"], now)
    for name, what, body in (
        ("ca.pem", "ca", root.pem),
        ("unknown-ca.pem", "unknown-ca", unknown.pem),
        ("revoked-list.pem", "list", revoked),
    ):
        (folder / name).write_bytes(body)
        yield name, what
    for name, each in issued.items():
        yield _write(each, folder, name), name
    (folder / "client.p12").write_bytes(_packed(client, "client", password))
    yield "client.p12", "p12"
    yield _write(replace(client, certificates=client.certificates[:1]), folder, "no-chain"), "no-chain"


def _wanted(begins: datetime, now: datetime) -> dict[str, Wanted]:
    """Good ones, and those that have what makes a certificate one to refuse."""
    usual = Wanted("client.example", begins, hsa_id=HSA_ID, hosts=_NAMES)
    bad = {
        "expired": replace(usual, begins=now - timedelta(days=30), days=29),
        "not-yet-valid": replace(usual, begins=now + timedelta(days=30)),
        "wrong-ca": usual,
        "wrong-host": replace(usual, hosts=_ELSEWHERE),
        "no-hsa-id": replace(usual, hsa_id=""),
        "weak-key": replace(usual, is_weak=True),
        "sha1": replace(usual, digest="sha1"),
        "revoked": usual,
    }
    good = {"client": usual, "server": replace(usual, name="localhost")}
    return good | {name: replace(each, name=f"{name}.example") for name, each in bad.items()}


def _list(by: OpenedKey, revoked: OpenedKey, now: datetime) -> bytes:
    """What an authority has revoked, as PEM."""
    entry = x509.RevokedCertificateBuilder(revoked.certificates[0].serial_number, now).build()
    builder = x509.CertificateRevocationListBuilder(by.certificates[0].subject, now, now + timedelta(days=365))
    builder = builder.add_revoked_certificate(entry)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(_PEM)


def _write(opened: OpenedKey, folder: Path, name: str) -> str:
    """`NAME.pem` with the chain, which is returned, and `NAME.key`, which only its owner may read."""
    (folder / f"{name}.pem").write_bytes(opened.pem)
    key = folder / f"{name}.key"
    key.touch(mode=0o600)
    key.write_bytes(opened.key.private_bytes(_PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"{name}.pem"


def _packed(opened: OpenedKey, name: str, password: str) -> bytes:
    assert isinstance(opened.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)  # noqa: S101 - no others are made here
    own, *above = opened.certificates
    locked = BestAvailableEncryption(password.encode())
    return serialize_key_and_certificates(name.encode(), opened.key, own, above, locked)
