# ruff: noqa: PLC0415 - pyHanko is an extra that may be missing, and costs 0.4 s at import
"""Signatures with the organisation's own certificate: CMS beside a file (`.p7s`), and PAdES within a PDF. By pyHanko.

pyHanko is the extra `sign`: a run that signs nothing does not need it. Nothing is fetched over the network when a signature is
read, so revocation is not looked up. When one is made, a timestamp (RFC 3161) is asked for where an authority is named, and only then.
"""

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import RivtaError, UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.text.catalogue import text

_FIELD = "RivtaSignature"
_PATIENCE_SECONDS = 20
"""How long a timestamp authority may take."""
_GAP = re.compile(rb"<[0-9a-f]*>|<[0-9A-F]*>")


class SigningNotInstalled(UsageError):
    """pyHanko is not there."""


@frozen
class SignatureFacts:
    """What a signature says. `signer` and `issuer` are the certificate's names; `time` is ISO 8601, by the signer's clock.

    `intact`: the signed bytes are those that were signed. `valid`: the signature fits the certificate. `chain` are the names
    from the signer's certificate up to the authority. `trusted` is None if no authority was given to hold it against; `why`
    tells what stands in the way.
    """

    signer: str
    issuer: str
    valid: bool
    intact: bool
    time: str
    trusted: bool | None
    why: Text
    chain: tuple[str, ...] = ()
    whole: bool = True
    """Whether all of the file is signed; a PDF may have grown after it was signed."""
    timestamped: bool = False
    """Whether a timestamp authority that we trust vouches for the time; it is then the authority's."""

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it: trust counts only where an authority was given."""
        return self.valid and self.intact and self.whole and self.trusted is not False


@frozen
class Signing:
    """What signs: the private key and its certificate (PEM), the key's password, and the issuers' certificates to go along.

    `timestamp` is the URL of an authority (RFC 3161) that is asked when it was; without one the signer's own clock says it.
    """

    key: Path
    certificate: Path
    password: str | None = None
    ca: Path | None = None
    timestamp: str = ""


def sign(data: bytes, signing: Signing) -> bytes:
    """A detached CMS signature of some bytes (DER), fit to lie beside them as `.p7s`.

    UsageError if the key or the certificate cannot be read or do not belong together, or if no timestamp comes.
    """
    signer = signer_of(signing)
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    when = PdfCMSSignedAttributes(signing_time=SYSTEM.now())  # so that a reader sees when, by the signer's own clock
    with _answering(signing.timestamp) as timestamper:
        how = {"detached": True, "signed_attr_settings": when, "timestamper": timestamper}
        made: bytes = asyncio.run(signer.async_sign_general_data(data, "sha256", **how)).dump()
    return made


def sign_pdf(pdf: bytes, signing: Signing) -> bytes:
    """The PDF with a PAdES baseline signature added, invisible on its pages. UsageError as `sign`, and if it is no PDF."""
    signer = signer_of(signing)
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    try:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        field = f"{_FIELD}{len(writer.prev.embedded_signatures) + 1}"
        meta = PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
        with _answering(signing.timestamp) as timestamper:
            out = asyncio.run(PdfSigner(meta, signer, timestamper=timestamper).async_sign_pdf(writer))
    except (PdfError, ValueError, OSError) as error:
        raise UsageError(f"the PDF cannot be signed: {error}") from error
    signed: bytes = out.getvalue()
    return signed


@contextmanager
def _answering(url: str) -> Iterator[Any]:
    """Whoever is asked for the time; None without a URL. UsageError if no timestamp comes from there."""
    from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError

    if "@" in urlsplit(url).netloc:
        raise UsageError("the authority’s URL holds a user or a password", todo="name it without: a URL is shown")
    try:
        yield HTTPTimeStamper(url, timeout=_PATIENCE_SECONDS) if url else None
    except (TimestampRequestError, ValueError, TimeoutError) as error:
        if not url or isinstance(error, UsageError):
            raise
        what = f"{url} gave no timestamp: {error or type(error).__name__}"
        raise UsageError(what, todo="is it the address of a timestamp authority (RFC 3161)?") from error


def read_signature(data: bytes, p7s: bytes, ca: Path | None = None) -> SignatureFacts:
    """What a detached signature says of some bytes. UsageError if it cannot be read; nothing else raises."""
    demand()
    from asn1crypto import cms
    from pyhanko.sign.validation import async_validate_detached_cms

    with unreadable("the signature"):
        content = cms.ContentInfo.load(_der(p7s), strict=True)
        if content["content_type"].native != "signed_data":
            raise ValueError("it is no CMS signed data")
        signed = content["content"]
        status = asyncio.run(async_validate_detached_cms(data, signed, **_contexts(ca, signed)))
        return _facts(status, signed, ca)


def read_pdf_signatures(pdf: bytes, ca: Path | None = None) -> tuple[SignatureFacts, ...]:
    """What each signature within a PDF says, in the order in which they were made. UsageError if it is no PDF."""
    demand()
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import async_validate_pdf_signature

    found: list[SignatureFacts] = []
    with unreadable("the PDF"):
        embedded = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
        for each in embedded:
            status = asyncio.run(async_validate_pdf_signature(each, **_contexts(ca, each.signed_data)))
            found.append(_facts(status, each.signed_data, ca, _whole(pdf, status, each, is_last=each is embedded[-1])))
    return tuple(found)


def _whole(pdf: bytes, status: Any, embedded: Any, *, is_last: bool) -> bool:
    """The last signature must cover the file; those before it, what a later one did not change.

    A signature lies in a gap that it does not cover itself, in hexadecimals filled up with zeros: anything else is a change.
    """
    from asn1crypto import cms
    from pyhanko.sign.validation import SignatureCoverageLevel

    content = bytes(embedded.pkcs7_content)
    first = cms.ContentInfo.load(content).dump()
    _, end, start, _ = embedded.byte_range
    if content[len(first) :].strip(b"\0") or not _GAP.fullmatch(pdf[end:start]):
        return False
    return bool(status.coverage is SignatureCoverageLevel.ENTIRE_FILE if is_last else status.docmdp_ok)


def demand() -> None:
    """SigningNotInstalled where pyHanko is not there."""
    try:
        import pyhanko.sign.signers  # noqa: F401 - only whether it is there
    except ImportError as error:
        todo = "say: pip install 'pytest-rivta[sign]'"
        raise SigningNotInstalled("signatures need pyHanko, which is not installed", todo=todo) from error


def signer_of(signing: Signing) -> Any:
    """The signer of pyHanko's, the certificate held against the key. UsageError as `sign`."""
    demand()
    key, certificate, password, ca = signing.key, signing.certificate, signing.password, signing.ca
    from pyhanko.keys import load_private_key_from_pemder
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    for path in (key, certificate, *([ca] if ca else [])):
        if not path.is_file():
            raise UsageError(f"{path} does not exist")
    try:
        private = load_private_key_from_pemder(str(key), passphrase=password.encode() if password else None)
    except (ValueError, TypeError, OSError) as error:
        todo = "is it PEM, and its password right?"
        raise UsageError(f"{key} is no private key that can be read", todo=todo) from error
    own, *others = (each for path in (certificate, ca) if path for each in certificates_in(path))
    if not _belong_together(private, own):
        raise UsageError(f"{key} is not the key of {certificate}: they do not belong together")
    store = SimpleCertificateStore()
    store.register_multiple(others)
    return SimpleSigner(signing_cert=own, signing_key=private, cert_registry=store)


def refuse_outdated(certificate: Path, clock: Clock = SYSTEM) -> None:
    """UsageError for a certificate whose time is over, or not there yet: whoever reads what it signs is told that it does not hold."""
    demand()
    if not certificate.is_file():
        raise UsageError(f"{certificate} does not exist")
    own, *_ = certificates_in(certificate)
    if not own.not_valid_before <= clock.now() <= own.not_valid_after:
        when = f"from {own.not_valid_before:%Y-%m-%d} to {own.not_valid_after:%Y-%m-%d}"
        todo = "sign with a certificate that is valid today"
        raise UsageError(f"{certificate} is valid {when}, so what it signs now does not hold", todo=todo)


def certificates_in(path: Path) -> list[Any]:
    """The certificates of a PEM file. UsageError where there is none that can be read."""
    from pyhanko.keys import load_certs_from_pemder

    try:
        first, *others = load_certs_from_pemder([str(path)])
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(f"{path} holds no certificate that can be read", todo="give it as PEM") from error
    return [first, *others]


def _belong_together(private: Any, certificate: Any) -> bool:
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

    ours = load_der_private_key(private.dump(), None).public_key()
    return ours == load_der_public_key(certificate.public_key.dump())


def _contexts(ca: Path | None, signed: Any) -> dict[str, Any]:
    """What a signature is held against: the authorities given, no network, and what its certificate may be used for."""
    from pyhanko.sign.general import extract_certificate_info
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    roots = certificates_in(ca) if ca else []
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    # A certificate that does not say what it may be used for may be used for all (RFC 5280, 4.2.1.3).
    is_free = extract_certificate_info(signed).signer_cert.key_usage_value is None
    usage = KeyUsageConstraints(key_usage=() if is_free else {"digital_signature", "non_repudiation"})
    of_time = ValidationContext(trust_roots=roots, allow_fetching=False)
    return {"signer_validation_context": context, "ts_validation_context": of_time, "key_usage_settings": usage}


def _facts(status: Any, signed: Any, ca: Path | None, whole: bool = True) -> SignatureFacts:
    certificate = status.signing_cert
    stamp = status.timestamp_validity
    is_stamped = bool(stamp and stamp.valid and stamp.intact and stamp.trusted)
    time = stamp.timestamp if is_stamped else status.signer_reported_dt
    return SignatureFacts(
        signer=certificate.subject.human_friendly,
        issuer=certificate.issuer.human_friendly,
        valid=bool(status.valid),
        intact=bool(status.intact),
        time=time.isoformat() if time else "",
        trusted=bool(status.trusted) if ca else None,
        why=_why(status, ca, whole),
        chain=_chain(status, certificate, signed),
        whole=whole,
        timestamped=is_stamped,
    )


def _chain(status: Any, certificate: Any, signed: Any) -> tuple[str, ...]:
    """From the signer up: by the path that was found, else by what lies in the signature."""
    path = getattr(status, "validation_path", None)
    if path is not None:
        return tuple(each.subject.human_friendly for each in reversed([*path.iter_certs(include_root=True)]))
    names = {each.chosen.subject.human_friendly: each.chosen.issuer.human_friendly for each in signed["certificates"]}
    chain = [certificate.subject.human_friendly]
    while chain[-1] in names and names[chain[-1]] not in chain:
        chain.append(names[chain[-1]])
    return tuple(chain)


def _why(status: Any, ca: Path | None, whole: bool) -> Text:
    """What stands in the way, by the first thing that does; empty if nothing."""
    if not status.intact:
        return text("signature", "not_intact")
    if not status.valid:
        return text("signature", "not_valid")
    if not whole:
        return text("signature", "not_whole")
    if ca is None:
        return text("signature", "not_tried")
    return Text("", "") if status.trusted else _distrust(status, ca)


def _distrust(status: Any, ca: Path) -> Text:
    problem = getattr(status.trust_problem_indic, "name", "")
    known = {"OUT_OF_BOUNDS_NO_POE": "not_now", "CHAIN_CONSTRAINTS_FAILURE": "not_for_signing"}
    return text("signature", "impostor" if is_impostor(status.signing_cert, ca) else known.get(problem, "not_trusted"))


def is_impostor(certificate: Any, ca: Path) -> bool:
    """Whether its issuer is called what an authority is called, and has not that one's key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509 import load_der_x509_certificate

    named = [each for each in certificates_in(ca) if each.subject == certificate.issuer]
    own = load_der_x509_certificate(certificate.dump())
    for each in named:
        with suppress(InvalidSignature, ValueError, TypeError):
            own.verify_directly_issued_by(load_der_x509_certificate(each.dump()))
            return False
    return bool(named)


@contextmanager
def unreadable(what: str) -> Iterator[None]:
    """UsageError for whatever is raised: on bytes that are not what they should be, pyHanko and asn1crypto raise many kinds of error."""
    log = logging.getLogger("pyhanko")  # tells by traceback what `why` says in a sentence
    was = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    except RivtaError:
        raise
    except Exception as error:  # whatever a stranger's file makes a parser raise is the file's fault
        raise UsageError(f"{what} cannot be read: {type(error).__name__}: {error}") from error
    finally:
        log.setLevel(was)


def _der(p7s: bytes) -> bytes:
    """The signature as DER; PEM is taken too, for openssl writes it."""
    from asn1crypto import pem

    if not pem.detect(p7s):
        return p7s
    der: bytes = pem.unarmor(p7s)[2]
    return der
