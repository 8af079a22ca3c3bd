"""SAML for a service that people are led to: metadata examined, responses made that it must accept or refuse, each with one flaw."""

import base64
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from rivta import cli
from rivta.model.errors import RivtaError, UsageError
from rivta.text import saml

pytest.importorskip("signxml", reason="signatures need the extra saml")
NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
METADATA = """\
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://video.example/sp">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>CERTIFICATE</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://video.example/acs"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>"""


@cache
def provider(*, is_elliptic: bool = False) -> saml.Provider:
    key = ec.generate_private_key(ec.SECP256R1()) if is_elliptic else rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=3650))
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return saml.Provider("https://idp.example/rivta", pem, certificate)


def metadata(old: str = "", new: str = "") -> bytes:
    lines = provider().certificate.decode().splitlines()[1:-1]
    return METADATA.replace("CERTIFICATE", "".join(lines)).replace(old, new, 1).encode()


def question() -> saml.SamlRequest:
    return saml.request_of(metadata(), "_asked")


def untrue(answer: bytes) -> list[str]:
    return [*saml.untrue(answer, question(), provider(), NOW)]


def test_whole_metadata_has_nothing_amiss() -> None:
    assert [*saml.amiss(metadata(), NOW)] == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (' entityID="https://video.example/sp"', "", "entityID is missing"),
        (" entityID", ' validUntil="2026-08-31T00:00:00Z" entityID', "it was valid until 2026-08-31"),
        ("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol", "does not name SAML 2.0"),
        ("HTTP-POST", "HTTP-Artifact", "no AssertionConsumerService has the binding HTTP-POST"),
        ("https://video.example/acs", "http://video.example/acs", "not reached by https"),
        (' index="0"', "", "an index of its own"),
        (' WantAssertionsSigned="true"', "", "WantAssertionsSigned is not true"),
        ("<ds:X509Certificate>", "<ds:X509Certificate>A", "what stands as a certificate is none"),
        ("ds:X509Certificate>", "ds:X509SKI>", "no KeyDescriptor has a certificate"),
        ("SPSSODescriptor", "IDPSSODescriptor", "there are 0 SPSSODescriptor"),
    ],
)
def test_each_thing_that_is_amiss_is_told_alone(old: str, new: str, told: str) -> None:
    document = metadata(old, new).decode()
    closing = re.sub(r"^(.*)$", r"</md:\1>", new) if new.endswith("Descriptor") else ""
    document = document.replace("</md:SPSSODescriptor>", closing or "</md:SPSSODescriptor>")
    document = document.replace("</ds:X509Certificate>", "</ds:X509SKI>") if "X509SKI" in new else document
    (found,) = saml.amiss(document.encode(), NOW)
    assert told in found


def test_a_certificate_that_no_longer_holds_is_told() -> None:
    (found,) = saml.amiss(metadata(), NOW + timedelta(days=4000))
    assert "the certificate holds from 2026-08-31" in found


def test_a_sound_response_may_be_accepted() -> None:
    assert untrue(saml.response(question(), provider(), NOW)) == []


@pytest.mark.parametrize("flaw", saml.FLAWS)
def test_each_flaw_is_the_one_thing_that_does_not_hold(flaw: str) -> None:
    found = untrue(saml.response(question(), provider(), NOW, flaw))
    assert len(found) == 1, found


@pytest.mark.parametrize("flaw", ["", "signed-by-another", "changed-after-signing"])
def test_an_elliptic_key_signs_as_well(flaw: str) -> None:
    ours = provider(is_elliptic=True)
    found = saml.untrue(saml.response(question(), ours, NOW, flaw), question(), ours, NOW)
    assert len(found) == bool(flaw), found


@pytest.mark.parametrize(
    ("key", "certificate", "told"),
    [
        (provider(is_elliptic=True).key, provider().certificate, "the key is not the certificate's"),
        (b"none", provider().certificate, "cannot be read"),
        (provider().key, b"none", "cannot be read"),
    ],
)
def test_a_provider_that_cannot_sign_is_refused(key: bytes, certificate: bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        saml.provider_of("https://idp.example/rivta", key, certificate)


def test_what_is_no_metadata_is_refused() -> None:
    with pytest.raises(RivtaError, match="no SAML metadata of one entity"):
        saml.request_of(b"<a/>", "_asked")
    with pytest.raises(RivtaError, match="no entityID"):
        saml.request_of(metadata("HTTP-POST", "HTTP-Artifact"), "_asked")


def test_the_command_examines_and_writes_what_is_to_be_posted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, body in (("sp.xml", metadata()), ("idp.pem", provider().certificate), ("idp.key", provider().key)):
        (tmp_path / name).write_bytes(body)
    by = ("--certificate", str(tmp_path / "idp.pem"), "--key", str(tmp_path / "idp.key"), "--request", "_asked")
    assert cli.main(["saml", str(tmp_path / "sp.xml"), *by, "--responses", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.count("to be refused") == len(saml.FLAWS)
    page = (tmp_path / "out" / "sound.html").read_text(encoding="utf-8")
    posted = re.search(r'value="([^"]+)"', page)
    assert posted
    assert base64.b64decode(posted[1]) == (tmp_path / "out" / "sound.xml").read_bytes()
    assert 'action="https://video.example/acs"' in page
    assert cli.main(["saml", str(tmp_path / "sp.xml"), *by, "--examine", str(tmp_path / "out" / "expired.xml")]) == 1
    assert "its time has passed" in capsys.readouterr().out
    assert cli.main(["saml", str(tmp_path / "sp.xml"), "--responses", str(tmp_path / "out")]) == 4
    for form in (f"RelayState=1&SAMLResponse={quote(posted[1])}", f"SAMLResponse={posted[1]}", f"{posted[1]}\n"):
        (tmp_path / "posted").write_text(form, encoding="utf-8")
        assert cli.main(["saml", str(tmp_path / "sp.xml"), *by, "--examine", str(tmp_path / "posted")]) == 0
        assert "nothing is amiss" in capsys.readouterr().out
    (tmp_path / "posted").write_text("SAMLResponse=hello!", encoding="utf-8")
    assert cli.main(["saml", str(tmp_path / "sp.xml"), *by, "--examine", str(tmp_path / "posted")]) == 4
    assert "this is no SAML response: neither XML nor base64" in capsys.readouterr().err
    assert cli.main(["saml", str(tmp_path / "nowhere.xml")]) == 4
    assert cli.main(["saml", str(tmp_path / "idp.pem")]) == 4
    assert f"{tmp_path / 'idp.pem'}:1:1" in capsys.readouterr().err
