"""Signatures with a certificate of one's own: made here, read here, and read by OpenSSL."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from random import Random
from threading import Thread
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from asn1crypto.tsp import TimeStampReq
from pyhanko.keys import load_certs_from_pemder, load_private_key_from_pemder
from pyhanko.pdf_utils.generic import DictionaryObject, NameObject, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign.timestamps import DummyTimeStamper

from certificates import PASSWORD, authority, certificates
from rivta.cli import main
from rivta.evidence import envelope, signature
from rivta.evidence.signature import Signing
from rivta.model.errors import UsageError
from rivta.model.words import Text
from rivta.report import archive
from sealed_run import PAGE, edit, sealed_report, sealed_run

DATA = b"the evidence"
LONG_AGO = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Keys(NamedTuple):
    """What signs."""

    key: Path
    certificate: Path


@pytest.fixture(scope="module")
def keys() -> Keys:
    """The vendor's own certificate."""
    client = certificates().client
    return Keys(client.key, client.certificate)


@pytest.fixture(scope="module")
def p7s(keys: Keys) -> bytes:
    """A signature of DATA with its chain."""
    return signature.sign(DATA, Signing(*keys, ca=certificates().ca))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """A PDF of one empty page."""
    writer = PdfFileWriter()
    content = writer.add_object(DictionaryObject({NameObject("/Resources"): DictionaryObject()}))
    writer.insert_page(PageObject(contents=content, media_box=(0, 0, 595, 842)))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_signature_says_who_signed_and_when(p7s: bytes) -> None:
    facts = signature.read_signature(DATA, p7s, certificates().ca)
    assert facts.holds
    assert facts.trusted is True
    assert "client.example" in facts.signer
    assert "SE2321000012-TEST" in facts.signer
    assert "ca" in facts.issuer
    assert [name.rpartition(": ")[2] for name in facts.chain][1:] == ["ca"]
    assert facts.time.endswith("+00:00")
    assert not facts.timestamped
    assert facts.why == Text("", "")


def test_without_authorities_nothing_is_said_of_trust(p7s: bytes) -> None:
    facts = signature.read_signature(DATA, p7s)
    assert facts.trusted is None
    assert facts.holds
    assert "--ca" in facts.why.en


def test_what_was_changed_is_not_what_was_signed(p7s: bytes) -> None:
    facts = signature.read_signature(DATA + b" ", p7s, certificates().ca)
    assert not facts.intact
    assert not facts.holds
    assert facts.why.en == "what was signed was changed"


def test_another_authority_is_no_proof(p7s: bytes) -> None:
    facts = signature.read_signature(DATA, p7s, certificates().stranger.certificate)
    assert facts.trusted is False
    assert not facts.holds
    assert "does not lead to" in facts.why.en


def test_an_impostor_is_told_by_its_key_and_not_its_name(tmp_path: Path) -> None:
    impostor = authority(tmp_path, "ca")
    made = signature.sign(DATA, Signing(impostor.key, impostor.certificate))
    facts = signature.read_signature(DATA, made, certificates().ca)
    assert (facts.holds, facts.issuer) == (False, "Common Name: ca")
    assert "another issuer, which calls itself" in facts.why.en


def test_an_expired_certificate_is_told() -> None:
    expired = certificates().expired
    made = signature.sign(DATA, Signing(expired.key, expired.certificate))
    facts = signature.read_signature(DATA, made, certificates().ca)
    assert facts.intact
    assert facts.trusted is False
    assert "not valid now" in facts.why.en


def test_nobody_signs_a_run_by_an_expired_certificate(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, expired = sealed_run(tmp_path / "run"), certificates().expired
    words = ["sign", str(folder), "--key", str(expired.key), "--certificate", str(expired.certificate)]
    assert main(words) == 4
    told = capsys.readouterr().err
    assert "so what it signs now does not hold" in told
    assert "sign with a certificate that is valid today" in told
    assert not [*folder.glob("*.p7s")]


def test_a_key_with_a_password_signs() -> None:
    made = signature.sign(DATA, Signing(certificates().locked_key, certificates().client.certificate, PASSWORD))
    assert signature.read_signature(DATA, made, certificates().ca).holds


@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_key_without_its_password_is_a_usage_error(password: str | None) -> None:
    with pytest.raises(UsageError, match="no private key that can be read"):
        signature.sign(DATA, Signing(certificates().locked_key, certificates().client.certificate, password))


def test_a_key_of_another_certificate_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="do not belong together"):
        signature.sign(DATA, Signing(certificates().server.key, certificates().client.certificate))


def test_files_that_are_none_are_usage_errors(tmp_path: Path, keys: Keys) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        signature.sign(DATA, Signing(tmp_path / "none.pem", keys.certificate))
    with pytest.raises(UsageError, match="no certificate"):
        signature.sign(DATA, Signing(keys.key, keys.key))


def test_authorities_that_cannot_be_read_are_told_of_as_that(p7s: bytes, keys: Keys) -> None:
    """And not as a signature that cannot be read."""
    with pytest.raises(UsageError, match="holds no certificate"):
        signature.read_signature(DATA, p7s, keys.key)
    stated = envelope.read(envelope.signed(b"{}", Signing(keys.key, keys.certificate)))
    with pytest.raises(UsageError, match="holds no certificate"):
        envelope.facts(stated, keys.key)


@pytest.mark.skipif(sys.platform == "win32", reason="no openssl command")
def test_openssl_reads_our_signature(tmp_path: Path, p7s: bytes) -> None:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "data.p7s").write_bytes(p7s)
    words = ["openssl", "cms", "-verify", "-inform", "DER", "-in", "data.p7s", "-content", "data", "-binary"]
    words += ["-CAfile", str(certificates().ca), "-purpose", "any"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == DATA


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_we_read_openssls_signature(form: str, tmp_path: Path, keys: Keys) -> None:
    (tmp_path / "data").write_bytes(DATA)
    words = ["openssl", "cms", "-sign", "-binary", "-in", "data", "-outform", form, "-out", "data.p7s"]
    words += ["-signer", str(keys.certificate), "-inkey", str(keys.key), "-md", "sha256"]
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=True)
    assert signature.read_signature(DATA, (tmp_path / "data.p7s").read_bytes(), certificates().ca).holds


def test_no_flip_in_a_signature_lets_it_hold_for_another(p7s: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A flip may fall where nothing is signed, such as a certificate that is not needed; the signer stays the signer."""
    random = Random(4)  # noqa: S311 - the same flips every time
    whole = signature.read_signature(DATA, p7s, certificates().ca)
    for _ in range(60):
        at = random.randrange(len(p7s))
        changed = p7s[:at] + bytes([p7s[at] ^ (1 << random.randrange(8))]) + p7s[at + 1 :]
        try:
            facts = signature.read_signature(DATA, changed, certificates().ca)
        except UsageError:
            continue
        assert not facts.holds or (facts.signer, facts.time) == (whole.signer, whole.time)
    assert caplog.text == ""


@pytest.mark.parametrize("bad", [b"", b"junk", b"\x30\x80", b"-----BEGIN CMS-----\n!\n-----END CMS-----"])
def test_what_is_no_signature_is_a_usage_error(bad: bytes) -> None:
    with pytest.raises(UsageError, match="the signature cannot be read"):
        signature.read_signature(DATA, bad)


# PDF


def test_a_pdf_is_signed_within(pdf: bytes, keys: Keys) -> None:
    signed = signature.sign_pdf(pdf, Signing(*keys, ca=certificates().ca))
    assert signed.startswith(pdf)
    assert b"ETSI.CAdES.detached" in signed
    (facts,) = signature.read_pdf_signatures(signed, certificates().ca)
    assert facts.holds
    assert facts.whole
    assert "client.example" in facts.signer


def test_a_pdf_may_be_signed_by_two(pdf: bytes, keys: Keys) -> None:
    other = certificates().expired
    twice = signature.sign_pdf(signature.sign_pdf(pdf, Signing(*keys)), Signing(other.key, other.certificate))
    first, second = signature.read_pdf_signatures(twice)
    assert "client.example" in first.signer
    assert "localhost" in second.signer
    assert first.holds
    assert second.holds


def test_what_fills_up_the_place_of_a_signature_must_be_zeros(pdf: bytes, keys: Keys) -> None:
    signed = signature.sign_pdf(pdf, Signing(*keys))
    at = signed.index(b"0>", signed.index(b"/Contents <"))
    changed = signed[:at] + b"1" + signed[at + 1 :]
    (facts,) = signature.read_pdf_signatures(changed)
    assert facts.intact
    assert not facts.holds


def test_a_changed_pdf_is_told(pdf: bytes, keys: Keys) -> None:
    signed = signature.sign_pdf(pdf, Signing(*keys, ca=certificates().ca))
    changed = signed.replace(b"595", b"596", 1)
    (facts,) = signature.read_pdf_signatures(changed, certificates().ca)
    assert not facts.holds


def test_a_pdf_that_grew_after_it_was_signed_is_told(pdf: bytes, keys: Keys) -> None:
    signed = signature.sign_pdf(pdf, Signing(*keys, ca=certificates().ca))
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    writer.root["/Lang"] = pdf_string("sv")
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    (facts,) = signature.read_pdf_signatures(out.getvalue(), certificates().ca)
    assert not facts.holds
    assert not facts.whole


def test_a_pdf_without_signatures_has_none(pdf: bytes) -> None:
    assert signature.read_pdf_signatures(pdf) == ()


@pytest.mark.parametrize("bad", [b"", b"%PDF-1.7", b"hello"])
def test_what_is_no_pdf_is_a_usage_error(bad: bytes, keys: Keys) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        signature.read_pdf_signatures(bad)
    with pytest.raises(UsageError, match="cannot be signed"):
        signature.sign_pdf(bad, Signing(*keys))


# The commands


def sign_words(keys: Keys, subject: Path) -> list[str]:
    return ["sign", str(subject), "--key", str(keys.key), "--certificate", str(keys.certificate)]


def test_a_signed_run_shows_who_signed_it(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    assert main(sign_words(keys, folder)) == 0
    signed = [str(folder / f"{name}.p7s") for name in ("manifest.json", "declaration.html")]
    assert capsys.readouterr().out.splitlines() == signed
    assert main(["verify", str(folder), "--ca", str(certificates().ca)]) == 0
    out = capsys.readouterr().out
    assert "Signature on manifest.json\n  The signature holds.\n  Signed by: Common Name: client.example" in out
    assert "the signer's own clock" in out
    (tmp_path / "run.zip").write_bytes(archive.pack(folder))
    assert "manifest.json.p7s" in ZipFile(tmp_path / "run.zip").namelist()
    assert main(["verify", str(tmp_path / "run.zip"), "--ca", str(certificates().ca), "--json"]) == 0
    found = {each["file"]: each for each in json.loads(capsys.readouterr().out)["signatures"]}
    assert {name: (each["holds"], each["trusted"]) for name, each in found.items()} == {
        "declaration.html": (True, True),
        "manifest.json": (True, True),
    }


def test_a_report_that_was_sealed_anew_does_not_have_the_old_signature(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    main(sign_words(keys, folder))
    (folder / "declaration.html").write_bytes(sealed_report(folder, rendered=PAGE.replace(b"deviates", b"is in order")))
    capsys.readouterr()
    assert main(["verify", str(folder), "--ca", str(certificates().ca)]) == 1
    out = capsys.readouterr().out
    assert "Signature on declaration.html\n  The signature does not hold: what was signed was changed." in out
    assert "Signature on manifest.json\n  The signature holds." in out


@contextmanager
def timestamp_authority() -> Iterator[str]:
    """Somebody on this machine who says what time it is, with a certificate for just that."""
    pair = certificates().timestamper
    (own,) = load_certs_from_pemder([str(pair.certificate)])
    authority = DummyTimeStamper(own, load_private_key_from_pemder(str(pair.key), None), fixed_dt=LONG_AGO)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = asyncio.run(authority.async_request_tsa_response(asked)).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_trusted_time_is_the_authoritys_and_not_the_signers(pdf: bytes, keys: Keys) -> None:
    with timestamp_authority() as url:
        signing = Signing(*keys, ca=certificates().ca, timestamp=url)
        p7s, signed = signature.sign(DATA, signing), signature.sign_pdf(pdf, signing)
    for facts in (
        signature.read_signature(DATA, p7s, certificates().ca),
        *signature.read_pdf_signatures(signed, certificates().ca),
    ):
        assert (facts.holds, facts.timestamped) == (True, True)
        assert facts.time == LONG_AGO.isoformat()
    assert not signature.read_signature(DATA, p7s, certificates().server.certificate).timestamped, (
        "who is that authority?"
    )


def test_a_time_that_does_not_come_is_a_usage_error(
    keys: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(DATA)
    assert main([*sign_words(keys, tmp_path / "file"), "--timestamp", "http://127.0.0.1:1/"]) == 4
    assert "http://127.0.0.1:1/ gave no timestamp: " in capsys.readouterr().err
    assert not (tmp_path / "file.p7s").exists()


def test_a_run_made_anew_does_not_have_the_old_signature(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    main(sign_words(keys, folder))
    edit(folder / "manifest.json", lambda raw: raw.replace(b"4f1c", b"4f1d"))
    assert main(["verify", str(folder), "--lang", "sv"]) == 1
    assert "Underskriften håller inte: det som är undertecknat är ändrat." in capsys.readouterr().out


@pytest.mark.parametrize("gone", ["manifest.json.p7s", "declaration.html.p7s", "declaration.html"])
def test_a_signature_that_was_there_is_missed(
    gone: str, tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    main(sign_words(keys, folder))
    (folder / gone).unlink()
    assert main(["verify", str(folder)]) == 1
    name = gone.removesuffix(".p7s")
    assert (
        f"{name} was signed, as the manifest says. The signature was removed, or the file." in capsys.readouterr().out
    )


def test_a_run_that_could_not_be_signed_misses_no_signature(tmp_path: Path, keys: Keys) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    before = (folder / "manifest.json").read_bytes()
    stranger = Keys(keys.key, certificates().stranger.certificate)
    assert main(sign_words(stranger, folder)) == 4
    assert (folder / "manifest.json").read_bytes() == before


def test_a_signature_of_nothing_is_told(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    main(sign_words(keys, folder / "declaration.html"))
    (folder / "declaration.html").unlink()
    assert main(["verify", str(folder)]) == 1
    assert "what it is of, declaration.html, is missing" in capsys.readouterr().out


def test_a_signed_pdf_is_verified_alone(
    tmp_path: Path, pdf: bytes, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "declaration.pdf"
    path.write_bytes(pdf)
    assert main(["verify", str(path)]) == 2
    assert main(sign_words(keys, path)) == 0
    assert main(["verify", str(path), "--ca", str(certificates().ca)]) == 0
    assert "Signature on declaration.pdf" in capsys.readouterr().out
    assert main(["verify", str(path), "--ca", str(certificates().stranger.certificate)]) == 1


def test_without_pyhanko_a_signature_is_not_verified_and_the_seal_still_is(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    main(sign_words(keys, folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "pyhanko"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    assert main(["verify", str(folder)]) == 0
    assert "pip install 'pytest-rivta[sign]'" in capsys.readouterr().out
    assert main(sign_words(keys, folder)) == 4
    assert "pip install 'pytest-rivta[sign]'" in capsys.readouterr().err
