"""Certificate files as vendors have them, PEM or PKCS#12, made into what OpenSSL takes: the key's own certificate, then each issuer."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes as Key
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509 import Certificate

from rivta.model.frozen import frozen


@frozen
class OpenedKey:
    """A key, and the certificates that are shown with it: its own first, then each issuer that is in the file."""

    key: Key
    certificates: tuple[Certificate, ...]

    @property
    def pem(self) -> bytes:
        return b"".join(each.public_bytes(Encoding.PEM) for each in self.certificates)

    @contextmanager
    def as_file(self) -> Iterator[tuple[Path, str]]:
        """A PEM file with all of it, and its password, which nobody else ever knows: OpenSSL takes no key from memory."""
        password = secrets.token_hex()
        locked = serialization.BestAvailableEncryption(password.encode())
        with NamedTemporaryFile(suffix=".pem") as file:
            file.write(self.pem + self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
            file.flush()
            yield Path(file.name), password


def opened(certificate: Path, key: Path | None, password: str | None) -> OpenedKey:
    """What is in a certificate's file and, where it is a file of its own, the key's. OSError or ValueError for files that cannot be used."""
    secret, raw = password.encode() if password else None, certificate.read_bytes()
    if b"-----BEGIN" not in raw:
        packed = pkcs12.load_pkcs12(raw, secret)
        own = [packed.cert.certificate] if packed.cert else []
        return _matched(cast("Key", packed.key), [*own, *(each.certificate for each in packed.additional_certs)])
    try:
        loaded = serialization.load_pem_private_key(key.read_bytes() if key else raw, secret)
    except TypeError as error:  # it is locked, and there is no password, or the other way around
        raise ValueError(str(error)) from error
    return _matched(cast("Key", loaded), x509.load_pem_x509_certificates(raw))


def _matched(key: Key | None, certificates: Sequence[Certificate]) -> OpenedKey:
    if key is None:
        raise ValueError("NO_PRIVATE_KEY")
    own = next((each for each in certificates if each.public_key() == key.public_key()), None)
    if own is None:
        raise ValueError("KEY_VALUES_MISMATCH")
    return OpenedKey(key, tuple(_chain(own, certificates)))


def _chain(own: Certificate, certificates: Sequence[Certificate]) -> Iterator[Certificate]:
    """From a certificate up to the highest issuer that is there."""
    seen: list[Certificate] = []
    above: Certificate | None = own
    while above is not None and above not in seen:
        yield above
        seen.append(above)
        name = seen[-1].issuer
        above = next((each for each in certificates if each.subject == name and each != seen[-1]), None)
