"""What a run came to for a release gate: in-toto's statement, its envelope, and what `rivta verify` says of both."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import report_form_sample as form_sample
from certificates import authority, certificates
from rivta import __version__, evidence
from rivta.cli import main
from rivta.declaration import dossier
from rivta.evidence import envelope, seal
from rivta.evidence.signature import Signing
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, Papers, Run
from rivta.model.words import Verdict
from rivta.report import attestation
from sealed_run import sealed_run, whole_run

Json = dict[str, Any]
FILE = "declaration.intoto.json"
V = Verdict


def our_run(**changes: object) -> Run:
    """The run of this version, so that it can be drawn up once more."""
    run = whole_run()
    return replace(run, header=replace(run.header, rivta=__version__, **changes))  # type: ignore[arg-type]  # by name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sealed_run(tmp_path_factory.mktemp("attested") / "run", our_run(repository="/home/someone"))
    assert main(["report", str(folder), "--format", "attestation"]) == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A sealed run with its attestation beside it, not signed."""
    return shutil.copytree(made, tmp_path / "run")


@pytest.fixture
def keys() -> list[str]:
    client = certificates().client
    return ["--sign", str(client.key), "--certificate", str(client.certificate)]


def told(folder: Path) -> Json:
    return attestation.read(envelope.read((folder / FILE).read_bytes()).payload)


def verified(subject: Path, capsys: pytest.CaptureFixture[str], code: int, *words: str) -> list[str]:
    """The keys of what was found, once the exit code is as it should be."""
    capsys.readouterr()
    assert main(["verify", str(subject), "--json", *words]) == code
    found = json.loads(capsys.readouterr().out)
    return [each["key"] for each in found.get("statements", [])]


def test_the_statement_is_in_totos_with_a_subject_that_anyone_can_compute(folder: Path) -> None:
    said = told(folder)
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    (subject,) = said["subject"]
    assert (subject["name"], subject["digest"]) == ("evidence.jsonl", {"sha256": digest(folder / "evidence.jsonl")})
    kept = seal.kept(folder)
    assert kept is not None
    assert subject["annotations"][attestation.HEAD] == kept.head
    assert subject["annotations"]["system"] == "Journalia Remiss 4.2.1"
    assert {*said["predicate"]} == {"result", "configuration", "passedTests", "warnedTests", "failedTests"}
    read = evidence.read(folder)
    red = {each.key for each in read.cases if each.verdict in (V.FAILED, V.BLOCKED, V.ERROR)}
    assert said["predicate"]["failedTests"] == sorted(red)
    assert {*said["predicate"]["passedTests"]} == {each.key for each in read.cases if each.verdict is V.PASSED}
    assert all(len(each["digest"]["sha256"]) == 64 for each in said["predicate"]["configuration"][1:])
    names = {each["name"] for each in said["predicate"]["configuration"]}
    assert {path.removeprefix("/home/someone/") for path in read.header.suites} < names


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def of(*verdicts: Verdict, known: bool = False, **changes: object) -> str:
    """What the predicate says of a run with these cases."""
    run = our_run(**changes)
    results: tuple[CaseResult, ...] = tuple(
        next(one for one in run.results if one.verdict is each) for each in verdicts
    )
    planned = tuple(each for each in run.header.planned if each.key in {one.key for one in results})
    run = replace(run, results=results, header=replace(run.header, planned=planned))
    held = dossier.held(run, Papers())
    failed = tuple(each.key for each in results if each.verdict is V.FAILED)
    deviation = form_sample.known("AVV-1", "approved", 1)
    if known:
        held = replace(held, deviations=form_sample.SortedDeviations(((deviation, failed),), ()))
    said = attestation.predicate(dossier.Dossier(held, Papers()))
    assert said["warnedTests"] == ([*failed] if known else [])
    return str(said["result"])


def test_only_a_whole_run_that_conforms_in_all_has_passed() -> None:
    assert of(V.PASSED) == "PASSED"
    assert of(V.PASSED, selection="1 cases were selected") == "WARNED"
    assert of(V.PASSED, V.FAILED, known=True) == "WARNED"
    for verdicts in ((V.PASSED, V.FAILED), (V.PASSED, V.BLOCKED), (V.PASSED, V.ERROR), (V.NOT_APPLICABLE,)):
        assert of(*verdicts) == "FAILED"
    cut = replace(our_run(), footer=None)
    assert attestation.predicate(dossier.Dossier(dossier.held(cut, Papers()), Papers()))["result"] == "FAILED"


def test_artifacts_are_subjects_beside_the_evidence(folder: Path, tmp_path: Path) -> None:
    package = tmp_path / "journal-4.2.1.war"
    package.write_bytes(b"the tested system")
    words = ["report", str(folder), "--format", "attestation", "--artifact", str(package)]
    assert main(words) == 0
    assert told(folder)["subject"][1] == {"name": package.name, "digest": {"sha256": digest(package)}}
    assert main(["report", str(folder), "--artifact", str(package)]) == 4


def test_what_is_signed_is_dsses_encoding() -> None:
    """By the example of the specification."""
    said = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert envelope.encoded("http://example.com/HelloWorld", b"hello world") == said


def test_openssl_reads_the_signature(folder: Path, keys: list[str], tmp_path: Path) -> None:
    assert main(["report", str(folder), "--format", "attestation", *keys]) == 0
    made = json.loads((folder / FILE).read_text(encoding="utf-8"))
    assert made["payloadType"] == "application/vnd.in-toto+json"
    payload = base64.b64decode(made["payload"])
    assert json.loads(payload)["predicateType"] == attestation.PREDICATE
    (signature,) = made["signatures"]
    for name, content in (
        ("pae", envelope.encoded(made["payloadType"], payload)),
        ("sig", base64.b64decode(signature["sig"])),
        ("cert.pem", signature["cert"].encode()),
    ):
        (tmp_path / name).write_bytes(content)
    public = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "cert.pem", "-pubkey", "-noout"], capture_output=True, check=True
    ).stdout
    (tmp_path / "public.pem").write_bytes(public)
    names = [str(tmp_path / name) for name in ("public.pem", "sig", "pae")]
    words = ["openssl", "dgst", "-sha256", "-verify", names[0], "-signature", names[1], names[2]]
    assert subprocess.run(words, capture_output=True, check=False).stdout == b"Verified OK\n"
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, capture_output=True, check=True
    )
    assert signature["keyid"] == sha256(der.stdout).hexdigest()


def test_a_signed_attestation_is_verified_alone_and_beside_its_run(
    folder: Path, keys: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(folder), "--format", "attestation", *keys]) == 0
    ca = ("--ca", str(certificates().ca))
    assert "attestation-again" in verified(folder, capsys, 0, *ca)
    assert main(["verify", str(folder), *ca]) == 0
    said = capsys.readouterr().out
    assert "is of this very run and says what the evidence gives: FAILED." in said
    assert f"Signature on {FILE}\n  The signature holds.\n  Signed by: Common Name: client.example" in said
    alone = tmp_path / "attestation.json"
    alone.write_bytes((folder / FILE).read_bytes())
    assert verified(alone, capsys, 0, *ca) == ["attestation-alone"]
    assert verified(alone, capsys, 0) == ["attestation-alone"], "the issuer is not checked, the signature is"
    other = authority(tmp_path, "another")
    assert verified(alone, capsys, 1, "--ca", str(other.certificate)) == ["attestation-alone"]


def test_an_unsigned_attestation_proves_nothing_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "attestation-again" in verified(folder, capsys, 0)
    alone = tmp_path / FILE
    alone.write_bytes((folder / FILE).read_bytes())
    assert verified(alone, capsys, 2) == ["attestation-alone", "attestation-unsigned"]


def passed(made: Json) -> None:
    made["predicate"]["result"] = "PASSED"


def other_head(made: Json) -> None:
    made["subject"][0]["annotations"][attestation.HEAD] = "0" * 64


def without_a_predicate(made: Json) -> None:
    del made["predicate"]["configuration"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (passed, "attestation-otherwise"),
        (other_head, "attestation-other-run"),
        (without_a_predicate, "attestation-unreadable"),
    ],
)
@pytest.mark.parametrize("is_signed_anew", [False, True])
def test_no_attestation_says_what_the_evidence_does_not(
    change: Callable[[Json], None],
    key: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    is_signed_anew: bool,
) -> None:
    """Whoever has a key may sign anything: beside the run it is held against the evidence all the same."""
    made = told(folder)
    change(made)
    payload = json.dumps(made).encode()
    client = certificates().client
    signing = Signing(client.key, client.certificate)
    (folder / FILE).write_bytes(envelope.signed(payload, signing) if is_signed_anew else payload)
    assert key in verified(folder, capsys, 1)


def test_a_changed_payload_does_not_have_the_old_signature(
    folder: Path, keys: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(folder), "--format", "attestation", *keys]) == 0
    made = json.loads((folder / FILE).read_text(encoding="utf-8"))
    changed = base64.b64decode(made["payload"]).replace(b'"FAILED"', b'"PASSED"')
    alone = tmp_path / FILE
    alone.write_text(json.dumps(made | {"payload": base64.b64encode(changed).decode()}), encoding="utf-8")
    verified(alone, capsys, 1)
    alone.write_text(json.dumps(made | {"signatures": []}), encoding="utf-8")
    assert verified(alone, capsys, 2) == ["attestation-alone", "attestation-unsigned"]
    stolen = made["signatures"][0] | {"cert": certificates().server.certificate.read_text(encoding="utf-8")}
    alone.write_text(json.dumps(made | {"signatures": [stolen]}), encoding="utf-8")
    verified(alone, capsys, 1)


@pytest.mark.parametrize(
    "bad",
    [
        b'{"payload": "", "payloadType": "text/plain", "signatures": []}',
        b'{"payload": "*", "payloadType": "application/vnd.in-toto+json", "signatures": []}',
        b"[1]",
        b"{",
    ],
)
def test_what_is_no_envelope_is_a_usage_error(bad: bytes) -> None:
    with pytest.raises(UsageError):
        envelope.read(bad)
    with pytest.raises(UsageError):
        attestation.read(bad)
