"""SAML 2.0, as a service speaks it that people are led to once they have logged in elsewhere.

Whether its metadata is whole; responses of an identity provider, sound or with one flaw each, for it to accept and to refuse; and what of a
response does not hold. Sources: the OASIS standards SAML 2.0 Core, Profiles (4.1, Web Browser SSO) and Metadata. Signatures are made
and verified by signxml, an extra of this package.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.text import xml

if TYPE_CHECKING:
    from types import ModuleType

NAMESPACES: Final = {
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
LEVEL: Final = "http://id.sambi.se/loa/loa3"
"""The level of assurance that a response says, and that is required (Inera, IdP 2.7)."""
_POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_SUCCESS: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
_LONGEST: Final = 1024
_LEAST_BITS: Final = 2048
_HOLDS: Final = timedelta(minutes=5)


@frozen
class SamlRequest:
    """What a response is to answer: a service's request by its id, what the service is called, and where it takes responses."""

    id: str
    entity: str
    takes_at: str


def request_of(metadata: bytes, id_: str) -> SamlRequest:
    """A request of the service that metadata is of. UsageError, or Unreadable, for what is none."""
    root = _metadata(metadata)
    takes = root.find(f".//md:AssertionConsumerService[@Binding='{_POST}']", NAMESPACES)
    if takes is None or not root.get("entityID"):
        what = "this metadata has no entityID, or no AssertionConsumerService with the binding HTTP-POST"
        raise UsageError(what, todo="examine it first: rivta saml METADATA")
    return SamlRequest(id_, root.get("entityID", ""), takes.get("Location", ""))


def _metadata(document: bytes) -> etree._Element:
    root = xml.parse(document)
    if root.tag != f"{{{NAMESPACES['md']}}}EntityDescriptor":
        raise UsageError(f"this is no SAML metadata of one entity: its root is {xml.path_of(root)}")
    return root


def amiss(metadata: bytes, now: datetime) -> Iterator[str]:
    """What a service's metadata lacks, each with the place of the standard that says so. Nothing where it is whole."""
    root = _metadata(metadata)
    if not 0 < len(root.get("entityID", "")) <= _LONGEST:
        yield "Metadata 2.3.2: entityID is missing, or longer than 1024 characters"
    if (until := root.get("validUntil")) and _moment(until) <= now:
        yield f"Metadata 2.3.2: it was valid until {until}"
    roles = root.findall("md:SPSSODescriptor", NAMESPACES)
    if len(roles) != 1:
        yield f"Metadata 2.4.4: there are {len(roles)} SPSSODescriptor, and one is wanted"
    for role in roles:
        yield from _amiss_in(role, now)


def _amiss_in(role: etree._Element, now: datetime) -> Iterator[str]:
    if NAMESPACES["samlp"] not in role.get("protocolSupportEnumeration", "").split():
        yield "Metadata 2.4.1: protocolSupportEnumeration does not name SAML 2.0"
    takes = role.findall("md:AssertionConsumerService", NAMESPACES)
    if not any(each.get("Binding") == _POST for each in takes):
        yield "Profiles 4.1.2: no AssertionConsumerService has the binding HTTP-POST"
    if any(not each.get("Location", "").startswith("https://") for each in takes):
        yield "Profiles 4.1.3.5: an AssertionConsumerService is not reached by https"
    numbers = [each.get("index") for each in takes]
    if None in numbers or len(set(numbers)) < len(numbers):
        yield "Metadata 2.2.3: each AssertionConsumerService has an index of its own"
    if role.get("WantAssertionsSigned") not in {"true", "1"}:
        yield "Profiles 4.1.3.5: WantAssertionsSigned is not true, so an unsigned assertion may be sent"
    certificates = role.findall("md:KeyDescriptor//ds:X509Certificate", NAMESPACES)
    if not certificates:
        yield "Metadata 2.4.1.1: no KeyDescriptor has a certificate"
    for each in certificates:
        yield from _amiss_with("".join((each.text or "").split()), now)


def _amiss_with(encoded: str, now: datetime) -> Iterator[str]:
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error):
        yield "Metadata 2.4.1.1: what stands as a certificate is none"
        return
    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        yield f"the certificate holds from {found.not_valid_before_utc:%Y-%m-%d} to {found.not_valid_after_utc:%Y-%m-%d}"
    key = found.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_BITS:
        yield f"the certificate's key has {key.key_size} bits, and at least {_LEAST_BITS} are wanted"


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# Responses, as an identity provider sends them


@frozen
class Provider:
    """An identity provider of a test: what it is called, and the PEM of its key and certificate."""

    entity: str
    key: bytes
    certificate: bytes


Values = dict[str, str]
FLAWS: Final[Mapping[str, Callable[[Values], object]]] = {
    "unsigned": lambda _: None,
    "signed-by-another": lambda _: None,
    "changed-after-signing": lambda _: None,
    "wrapped": lambda _: None,
    "for-another-audience": lambda values: values.update(audience="https://another.example/sp"),
    "for-another-recipient": lambda values: values.update(recipient="https://another.example/acs"),
    "answers-another-request": lambda values: values.update(request="_another"),
    "of-another-issuer": lambda values: values.update(issuer="https://another.example/idp"),
    "expired": lambda values: values.update(until=values["past"]),
    "not-yet": lambda values: values.update(since=values["future"], until=values["later"]),
    "of-too-low-a-level": lambda values: values.update(level="http://id.sambi.se/loa/loa1"),
    "not-a-success": lambda values: values.update(status="urn:oasis:names:tc:SAML:2.0:status:Responder"),
}
"""What is wrong with a response, one thing each, by name; those that change no value are made when it is signed."""
_RESPONSE: Final = Path(__file__).with_name("saml-response.xml")


def response(question: SamlRequest, provider: Provider, now: datetime, flaw: str = "") -> bytes:
    """A response that the service is to accept; with a flaw, one that it is to refuse."""
    values = _values(question, provider, now)
    if flaw:
        FLAWS[flaw](values)
    root = etree.fromstring(
        _RESPONSE.read_text(encoding="utf-8").format(**{name: escape(value) for name, value in values.items()})
    )
    (assertion,) = root.findall("saml:Assertion", NAMESPACES)
    if flaw != "unsigned":
        key = _another_key(provider.key) if flaw == "signed-by-another" else provider.key
        signed = _signed(assertion, replace(provider, key=key))
        root.replace(assertion, signed)
        _changed(signed, flaw)
    return etree.tostring(root)


def _values(question: SamlRequest, provider: Provider, now: datetime) -> Values:
    times = {"now": now, "since": now - _HOLDS, "until": now + _HOLDS, "past": now - _HOLDS / 2}
    times |= {"future": now + _HOLDS, "later": now + 2 * _HOLDS}
    said = {"issuer": provider.entity, "audience": question.entity, "recipient": question.takes_at}
    said |= {"request": question.id, "level": LEVEL, "status": _SUCCESS}
    return said | {name: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for name, moment in times.items()}


def provider_of(entity: str, key: bytes, certificate: bytes) -> Provider:
    """The identity provider; without a key it signs nothing. UsageError where either cannot be read, or the key is another's."""
    try:
        shown = x509.load_pem_x509_certificate(certificate).public_key()
        if key and _key(key).public_key() != shown:
            raise UsageError("the key is not the certificate's", todo="give the two that belong together")
    except (ValueError, TypeError) as error:
        todo = "give an RSA or EC key without a password, and its certificate, each as PEM"
        raise UsageError("the identity provider's key or certificate cannot be read", todo=todo) from error
    return Provider(entity, key, certificate)


def _key(pem: bytes) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("neither RSA nor EC")
    return key


def _another_key(than: bytes) -> bytes:
    """A key of the same kind."""
    old = _key(than)
    curve = old.curve if isinstance(old, ec.EllipticCurvePrivateKey) else None
    key = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, _LEAST_BITS)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _changed(signed: etree._Element, flaw: str) -> None:
    changed = signed
    if flaw == "wrapped":  # an assertion of the attacker's own, before the one that is signed
        changed = etree.fromstring(etree.tostring(signed))
        for signature in changed.findall("ds:Signature", NAMESPACES):
            changed.remove(signature)
        changed.set("ID", "_forged")
        signed.addprevious(changed)
    for name in changed.iterfind(".//saml:NameID", NAMESPACES) if flaw in ("wrapped", "changed-after-signing") else ():
        name.text = "_somebody-else"


def _signed(assertion: etree._Element, provider: Provider) -> etree._Element:
    kind = "ecdsa" if isinstance(_key(provider.key), ec.EllipticCurvePrivateKey) else "rsa"
    canonical = "http://www.w3.org/2001/10/xml-exc-c14n#"
    signer = _signxml().XMLSigner(signature_algorithm=f"{kind}-sha256", c14n_algorithm=canonical)
    (issuer,) = assertion.findall("saml:Issuer", NAMESPACES)
    space = NAMESPACES["ds"]
    issuer.addnext(etree.Element(f"{{{space}}}Signature", {"Id": "placeholder"}, nsmap={"ds": space}))
    cert = provider.certificate.decode()
    signed: etree._Element = signer.sign(assertion, key=provider.key, cert=cert, reference_uri="_assertion")
    return signed


def untrue(answer: bytes, question: SamlRequest, provider: Provider, now: datetime) -> Sequence[str]:
    """What of a response does not hold, so that the service must refuse it. Nothing where it may accept it."""
    root = xml.parse(answer)
    code = root.find("samlp:Status/samlp:StatusCode", NAMESPACES)
    is_success = code is not None and code.get("Value") == _SUCCESS
    status = [] if is_success else ["Core 3.2.2.2: the status is no success"]
    return [*status, *_unsigned(root, provider), *_unfit(root, question, provider, now)]


def _unsigned(root: etree._Element, provider: Provider) -> Iterator[str]:
    """A signature by the provider over the one assertion that there is."""
    assertions = root.findall(".//saml:Assertion", NAMESPACES)
    if len(assertions) != 1:
        yield f"Core 5: there are {len(assertions)} assertions, and the signature is of one"
        return
    if assertions[0].find("ds:Signature", NAMESPACES) is None:
        yield "Profiles 4.1.3.5: the assertion is not signed"
        return
    library = _signxml()
    try:
        verified = library.XMLVerifier().verify(
            assertions[0], x509_cert=provider.certificate.decode(), id_attribute="ID"
        )
    except library.exceptions.SignXMLException as error:
        yield f"Profiles 4.1.4.3: the signature does not hold: {type(error).__name__}"
        return
    if verified.signed_xml is None or verified.signed_xml.get("ID") != assertions[0].get("ID"):
        yield "Core 5.4.2: the signature is of something else"


def _unfit(root: etree._Element, question: SamlRequest, provider: Provider, now: datetime) -> Iterator[str]:
    def said(path: str) -> list[str]:
        found = root.xpath(path, namespaces=NAMESPACES)
        return [str(each) for each in found] if isinstance(found, list) else []

    if set(said("//saml:Assertion/saml:Issuer/text()")) != {provider.entity}:
        yield "Profiles 4.1.4.2: the issuer is another"
    if question.entity not in said("//saml:Audience/text()"):
        yield "Profiles 4.1.4.2: the audience is another"
    if set(said("//saml:SubjectConfirmationData/@Recipient")) != {question.takes_at}:
        yield "Profiles 4.1.4.3: the recipient is another"
    if set(said("//saml:SubjectConfirmationData/@InResponseTo | /samlp:Response/@InResponseTo")) != {question.id}:
        yield "Profiles 4.1.4.3: it answers another request"
    if any(_moment(each) <= now for each in said("//@NotOnOrAfter")):
        yield "Core 2.5.1: its time has passed"
    if any(_moment(each) > now for each in said("//@NotBefore")):
        yield "Core 2.5.1: its time has not come"
    if LEVEL not in said("//saml:AuthnContextClassRef/text()"):
        yield "Core 2.7.2.2: the level of assurance is another"


def form(answer: bytes, question: SamlRequest) -> str:
    """A page that posts a response to the service when somebody presses its button: the binding HTTP-POST, without a script."""
    value, action = base64.b64encode(answer).decode(), escape(question.takes_at)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>SAML response</title><form method="post" action="{action}">'
        f'<input type="hidden" name="SAMLResponse" value="{value}"><button>Post to {action}</button></form></html>\n'
    )


def _signxml() -> "ModuleType":
    try:
        import signxml  # noqa: PLC0415 - an extra that few need
    except ImportError as missing:
        raise UsageError("SAML signatures need signxml", todo="pip install 'pytest-rivta[saml]'") from missing
    return signxml
