# ruff: noqa: PLC0415 - the libraries of the extra `sign` may be missing, and cost 0.4 s at import
"""A signed statement in one file: a DSSE envelope, as in-toto's verifiers and release gates read it.

https://github.com/secure-systems-lab/dsse: the signature is over the payload with its type (PAE), made with the key alone: RSA as
PKCS #1 v1.5, ECDSA in DER, both with SHA-256, or Ed25519. The key's id is the SHA-256 of its public half (DER), and the certificate
goes along as `cert`, which the signature does not cover: it is held against the signature, and against authorities where some are given.
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from rivta.evidence.signature import (
    SignatureFacts,
    Signing,
    certificates_in,
    demand,
    is_impostor,
    signer_of,
    unreadable,
)
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.text.catalogue import text

PAYLOAD_TYPE = "application/vnd.in-toto+json"


@frozen
class SignedEnvelope:
    """A statement, and the signatures of it as they are written: none where it is not signed."""

    payload: bytes
    signatures: tuple[Mapping[str, Any], ...] = ()


def signed(payload: bytes, signing: Signing) -> bytes:
    """The payload in an envelope, signed. UsageError where the key or the certificate cannot be read or do not belong together."""
    from asn1crypto import pem

    signer = signer_of(signing)
    certificate = signer.signing_cert
    made = {
        "keyid": sha256(certificate.public_key.dump()).hexdigest(),
        "sig": _base64(asyncio.run(signer.async_sign_raw(encoded(PAYLOAD_TYPE, payload), "sha256"))),
        "cert": pem.armor("CERTIFICATE", certificate.dump()).decode(),
    }
    told = {"payloadType": PAYLOAD_TYPE, "payload": _base64(payload), "signatures": [made]}
    return (json.dumps(told, indent=1) + "\n").encode()


def read(data: bytes) -> SignedEnvelope:
    """What a file holds: an envelope, or a bare statement. UsageError for what is neither."""
    with unreadable("the attestation"):
        told = json.loads(data)
        if not isinstance(told, dict):
            raise TypeError("it is no object")
        if "payload" not in told:
            return SignedEnvelope(data)
        if told["payloadType"] != PAYLOAD_TYPE:
            raise UsageError(f"the envelope is no attestation: its payload is not of the type {PAYLOAD_TYPE}")
        return SignedEnvelope(_bytes(told["payload"]), tuple(told["signatures"]))


def facts(opened: SignedEnvelope, ca: Path | None = None) -> tuple[SignatureFacts, ...]:
    """What each signature says. UsageError if one cannot be read; SigningNotInstalled where none can."""
    if opened.signatures:
        demand()
    data = encoded(PAYLOAD_TYPE, opened.payload)
    with unreadable("the signature"):
        return tuple(_facts(each, data, ca) for each in opened.signatures)


def encoded(kind: str, payload: bytes) -> bytes:
    """What is signed, DSSE's PAE: payload and type, each with its length, so that neither can be taken for a part of the other."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text_: str) -> bytes:
    """Of base64, standard or for URLs: both must be taken."""
    return base64.b64decode(text_.translate({ord("-"): "+", ord("_"): "/"}), validate=True)


def _facts(written: Mapping[str, Any], data: bytes, ca: Path | None) -> SignatureFacts:
    from asn1crypto import pem, x509

    if "cert" not in written:
        raise UsageError("the signature comes without its certificate", todo="try it with the key that you trust")
    certificate = x509.Certificate.load(pem.unarmor(written["cert"].encode())[2])
    fits = _fits(certificate, _bytes(written["sig"]), data)
    why = _distrust(certificate, ca) if fits and ca else text("signature", "not_tried" if fits else "not_intact")
    subject, issuer = (name.human_friendly for name in (certificate.subject, certificate.issuer))
    trusted = not why.en if fits and ca else None
    return SignatureFacts(subject, issuer, fits, fits, "", trusted, why, tuple(dict.fromkeys((subject, issuer))))


def _fits(certificate: Any, sig: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(certificate.public_key.dump())
    try:
        match key:
            case rsa.RSAPublicKey():
                key.verify(sig, data, padding.PKCS1v15(), SHA256())
            case ec.EllipticCurvePublicKey():
                key.verify(sig, data, ec.ECDSA(SHA256()))
            case ed25519.Ed25519PublicKey():
                key.verify(sig, data)
            case _:
                raise UsageError(f"a signature with a key of the kind {type(key).__name__} is not known here")
    except InvalidSignature:
        return False
    return True


def _distrust(certificate: Any, ca: Path) -> Text:
    """Why the certificate is not one of the authorities', or may not sign; empty where it may."""
    from pyhanko_certvalidator import CertificateValidator, ValidationContext, errors

    roots = certificates_in(ca)
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    # A certificate that does not say what it may be used for may be used for all (RFC 5280, 4.2.1.3).
    usage = set() if certificate.key_usage_value is None else {"digital_signature"}
    try:
        asyncio.run(CertificateValidator(certificate, roots, context).async_validate_usage(usage))
    except (errors.ExpiredError, errors.NotYetValidError):
        return text("signature", "not_now")
    except errors.InvalidCertificateError:
        return text("signature", "not_for_signing")
    except (errors.PathError, errors.ValidationError):
        return text("signature", "impostor" if is_impostor(certificate, ca) else "not_trusted")
    return Text("", "")
