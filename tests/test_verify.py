"""`rivta verify`: each kind of change has a sentence of its own, with where it is. RIVTA_GOLDEN=write writes the words anew."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import report_sample
from bodies_kept import apart
from rivta import __version__
from rivta.cli import main
from rivta.evidence import seal
from rivta.evidence.bodies import RunBodies
from rivta.evidence.seal.chain import Manifest, chained, parse, written
from rivta.evidence.seal.statement import Statement
from rivta.model.errors import UsageError
from rivta.model.words import Lang
from rivta.report import formats
from rivta.text.catalogue import words
from sealed_run import PAGE, Lines, edit, sealed_report, sealed_run, whole_run, write_run

GOLDEN = Path(__file__).parent / "golden" / "verify.txt"
LANGS: tuple[Lang, ...] = ("sv", "en")
Tamper = Callable[[Path], None]


def keys(folder: Path, capsys: pytest.CaptureFixture[str], *, code: int) -> list[str]:
    """The keys of what was said, by JSON, without what holds or is only to be known."""
    assert main(["verify", str(folder), "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    return [each["key"] for each in told["statements"] if each["state"] in ("changed", "unsealed")]


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    return lambda folder: Lines(folder).change(change)


def swapped(all_: list[bytes]) -> list[bytes]:
    return [*all_[:3], all_[4], all_[3], *all_[5:]]


def message(folder: Path) -> Path:
    """A message that a line of the evidence names."""
    return min(apart(folder).iterdir())


def replace_message(folder: Path) -> None:
    """A message with other content under the name that fits it, and the evidence naming that one."""
    old = message(folder)
    body = old.read_bytes().replace(b"<c:", b"<c: ")
    new = sha256(body).hexdigest()
    old.unlink()
    old.with_name(f"{new}.xml").write_bytes(body)
    edit(folder / "evidence.jsonl", lambda raw: raw.replace(old.stem.encode(), new.encode()))


def remade(change: Callable[[Manifest], Manifest]) -> Tamper:
    """A manifest that somebody made anew, with a chain that is right."""
    return lambda folder: edit(folder / "manifest.json", lambda raw: written(change(parse(raw.decode()))).encode())


def report(old: bytes, new: bytes) -> Tamper:
    return lambda folder: edit(folder / "declaration.html", lambda raw: raw.replace(old, new, 1))


def other_report(folder: Path) -> None:
    run = whole_run()
    other = write_run(folder.parent / "other", replace(run, header=replace(run.header, run="2026-09-02T070000-9d21")))
    (folder / "declaration.html").write_bytes(sealed_report(other))


def remove_manifest_and_report(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "declaration.html").unlink()


def other_manifest(folder: Path) -> None:
    run = whole_run()
    other = sealed_run(folder.parent / "other", replace(run, header=replace(run.header, run="2026-09-02T070000-9d21")))
    (folder / "manifest.json").write_bytes((other / "manifest.json").read_bytes())


def without_article(raw: bytes) -> bytes:
    return re.sub(rb'<article class="case" id="case-1\.1".*?</article>\n', b"", raw, count=1, flags=re.DOTALL)


def _drop_an_entry(made: Manifest) -> Manifest:
    return chained(made.run, made.entries[:3] + made.entries[4:])


TAMPERING: dict[str, tuple[Tamper, list[str]]] = {
    "a verdict edited in the evidence": (
        lines(lambda all_: b"".join(all_).replace(b'"FAILED"', b'"PASSED"', 1).splitlines(keepends=True)),
        ["line-changed"],
    ),
    "a space in a line": (lines(lambda all_: [*all_[:2], all_[2].replace(b":", b": ", 1), *all_[3:]]), ["line-changed"]),
    "a line deleted in the middle": (lines(lambda all_: all_[:4] + all_[5:]), ["line-deleted"]),
    "the header deleted": (lines(lambda all_: all_[1:]), ["line-deleted"]),
    "the footer deleted": (lines(lambda all_: all_[:-1]), ["footer-deleted"]),
    "the footer's line ending deleted": (lines(lambda all_: [*all_[:-1], all_[-1][:-1]]), ["line-ending"]),
    "two lines swapped": (lines(swapped), ["line-moved"]),
    "a line twice": (lines(lambda all_: [*all_[:4], *all_[3:]]), ["line-added"]),
    "a line deleted and another changed": (
        lines(lambda all_: [*all_[:3], all_[4].replace(b"ms", b"sm"), *all_[5:]]),
        ["line-changed", "line-deleted"],
    ),
    "the key changed": (lines(lambda all_: [all_[0].replace(b"0123456789abcdef", b"fedcba9876543210"), *all_[1:]]), ["key-changed"]),
    "the evidence emptied": (lines(lambda _: []), ["evidence-missing"]),
    "a message changed": (lambda folder: edit(message(folder), lambda raw: raw + b" "), ["message-changed"]),
    "a message deleted": (lambda folder: message(folder).unlink(), ["message-missing"]),
    "a message added": (lambda folder: message(folder).with_name("new.xml").touch(), ["message-added"]),
    "a message replaced under its new name": (replace_message, ["line-changed", "message-missing", "message-added"]),
    "the manifest reformatted": (
        lambda folder: edit(folder / "manifest.json", lambda raw: raw.replace(b"\n", b"\r\n")),
        ["manifest-form"],
    ),
    "a hash changed in the manifest": (
        lambda folder: edit(folder / "manifest.json", lambda raw: raw.replace(b'"footer"', b'"fotter"')),
        ["manifest-head", "report-other-run"],
    ),
    "the manifest truncated": (lambda folder: edit(folder / "manifest.json", lambda raw: raw[:300]), ["manifest-unreadable"]),
    "the manifest made anew with less": (remade(_drop_an_entry), ["line-added", "report-other-run"]),
    "the manifest made anew for other suites": (
        remade(lambda made: chained(made.run, [each for each in made.entries if each.kind != "suite"])),
        ["basis-changed", "report-other-run"],
    ),
    "the manifest of another run": (other_manifest, ["manifest-other-run", "line-changed", "report-other-run"]),
    "a verdict edited in the report": (report(b"Deviates", b"Conforms"), ["report-part-changed"]),
    "a case cut out of the report": (
        lambda folder: edit(folder / "declaration.html", without_article),
        ["report-part-removed"] * 2,
    ),
    "a case added to the report": (
        report(b'<section id="basis"', b'<article id="case-9.9"><h4>9.9 Made up</h4></article><section id="basis"'),
        ["report-part-added"],
    ),
    "the report's line endings converted": (
        lambda folder: edit(folder / "declaration.html", lambda raw: raw.replace(b"\n", b"\r\n")),
        ["report-encoding"],
    ),
    "the manifest edited in the report": (report(b'["line","footer"', b'["line","fooler"'), ["report-seal-changed"]),
    "a word edited in the seal's own text": (report(b"What the seal cannot prove", b"What the seal proves"), ["report-seal-changed"]),
    "the list of parts removed as well": (report(b'<pre id="parts"', b'<pre id="wholes"'), ["report-changed"]),
    "the seal removed": (report(b'<code id="seal-value">', b"<code>"), ["report-unsealed"]),
    "the seal's value changed": (
        lambda folder: edit(
            folder / "declaration.html",
            lambda raw: re.sub(rb'(seal-value">)[0-9a-f]{8}', rb"\g<1>00000000", raw),
        ),
        ["report-seal-changed"],
    ),
    "a report of another run": (other_report, ["report-other-run"]),
    "the manifest and the report removed": (
        remove_manifest_and_report,
        ["manifest-gone"],
    ),
    "the manifest removed": (lambda folder: (folder / "manifest.json").unlink(), ["manifest-gone"]),
}  # fmt: skip
UNSEALED = {"the seal removed"}


@pytest.mark.parametrize("name", TAMPERING)
def test_each_kind_of_change_has_its_own_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper, expected = TAMPERING[name]
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    tamper(folder)
    assert keys(folder, capsys, code=2 if name in UNSEALED else 1) == expected


def said(folder: Path, lang: Lang, capsys: pytest.CaptureFixture[str]) -> str:
    main(["verify", str(folder), "--lang", lang])
    out = capsys.readouterr().out
    shown = re.sub(r"[0-9a-f]{64}", lambda found: f"{found.group()[:4]}…", out)
    return re.split(
        r"\n\n(?:Håller|Holds|Inte prövat|Not verified|Att veta|To know|Att jämföra|To compare|Ett sigill|A seal)",
        shown,
    )[0]


def run_with_calls(folder: Path) -> Path:
    """A run whose counterpart received two calls; the body of the second is named nowhere but in the journal."""
    write_run(folder)
    body = b"<call/>"
    RunBodies(folder).keep(body)
    (folder / "received.jsonl").write_bytes(
        b'{"kind":"received","number":1,"exchange":{"request":{"headers":[],"body":"%b"}}}\n'
        b'{"kind":"settled","number":1,"answered":true}\n'
        b'{"kind":"claimed","number":1}\n'
        b'{"kind":"received","number":2,"exchange":{"request":{"headers":[],"body":"%b"}}}\n'
        % (message(folder).stem.encode(), sha256(body).hexdigest().encode())
    )
    seal.write(folder)
    (folder / "declaration.html").write_bytes(sealed_report(folder, rendered=PAGE))
    return folder


def calls(change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    return lambda folder: edit(folder / "received.jsonl", lambda raw: b"".join(change(raw.splitlines(keepends=True))))


CALLS: dict[str, tuple[Tamper, list[str]]] = {
    "an answer to a call edited": (calls(lambda all_: [all_[0], all_[1].replace(b"true", b"false"), *all_[2:]]), ["received-changed"]),
    "a call deleted": (calls(lambda all_: all_[1:]), ["received-deleted"]),
    "a call added": (calls(lambda all_: [*all_, b'{"kind":"received","number":3}\n']), ["received-added"]),
    "two calls swapped": (calls(lambda all_: [all_[0], all_[2], all_[1], all_[3]]), ["received-moved"]),
    "the last call's line ending deleted": (calls(lambda all_: [*all_[:-1], all_[-1][:-1]]), ["received-ending"]),
    "all calls deleted": (lambda folder: (folder / "received.jsonl").unlink(), ["received-missing"]),
    "the body of a call deleted": (
        lambda folder: (apart(folder) / f"{sha256(b'<call/>').hexdigest()}.xml").unlink(),
        ["message-missing"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_each_kind_of_change_in_the_received_calls_has_its_own_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper, expected = CALLS[name]
    folder = run_with_calls(tmp_path / "run")
    assert keys(folder, capsys, code=0) == []
    tamper(folder)
    assert keys(folder, capsys, code=1) == expected


def test_received_calls_that_an_archive_leaves_out_are_not_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run_with_calls(tmp_path / "run")
    (folder / "received.jsonl").unlink()
    (folder / "SHA256SUMS.txt").touch()
    assert main(["verify", str(folder)]) == 0
    assert "received.jsonl (4 lines) is left out" in capsys.readouterr().out
    assert seal.sealed_by(folder) == seal.kept(folder)
    RunBodies(folder).keep(b"<another/>")
    assert keys(folder, capsys, code=1) == ["message-added"]
    with pytest.raises(UsageError, match="is not as it was when it ended"):
        seal.sealed_by(folder)


_OF_THE_RUN = ("line-", "footer-", "key-", "evidence-", "message-", "manifest-head", "manifest-other")


@pytest.mark.parametrize("name", [name for name, (_, keys) in TAMPERING.items() if keys[0].startswith(_OF_THE_RUN)])
def test_what_was_changed_in_a_run_is_sealed_by_nothing_where_an_archives_list_lies_with_it(
    name: str, tmp_path: Path
) -> None:
    """An archive's list excuses what an archive leaves out, and nothing else."""
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    TAMPERING[name][0](folder)
    (folder / "SHA256SUMS.txt").touch()
    with pytest.raises(UsageError):
        seal.sealed_by(folder)


def test_a_changed_case_is_named_by_its_whole_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = whole_run()
    (first, *others) = run.results
    consumer = replace(first, suite=first.suite.replace("producer", "consumer"))
    assert "/consumer/" in consumer.key
    folder = sealed_run(tmp_path / "run", replace(run, results=(consumer, *others)), rendered=PAGE)
    lines(lambda all_: [all_[0], all_[1].replace(b'"title"', b'"titel"', 1), *all_[2:]])(folder)
    assert f"consumer/{first.case})" in said(folder, "en", capsys)
    lines(lambda all_: [all_[0], b"{}\n", *all_[2:]])(folder)
    assert f"/{first.case})" in said(folder, "en", capsys)


def test_the_words_are_as_agreed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    sound = sealed_run(tmp_path / "sound" / "run", rendered=PAGE)
    for lang in LANGS:
        main(["verify", str(sound), "--lang", lang])
        told += [f"# an untouched run ({lang})", capsys.readouterr().out]
        main(["verify", str(sound / "declaration.html"), "--lang", lang])
        told += [f"# a report alone ({lang})", capsys.readouterr().out]
    for number, (name, (tamper, _)) in enumerate(TAMPERING.items()):
        folder = sealed_run(tmp_path / str(number) / "run", rendered=PAGE)
        tamper(folder)
        for lang in LANGS:
            told += [f"# {name} ({lang})", said(folder, lang, capsys) + "\n"]
    for number, (name, (tamper, _)) in enumerate(CALLS.items()):
        folder = run_with_calls(tmp_path / f"calls{number}" / "run")
        tamper(folder)
        for lang in LANGS:
            told += [f"# {name} ({lang})", said(folder, lang, capsys) + "\n"]
    # The seals cover the report's own wording, which is golden elsewhere.
    told = [
        each.replace(f"; this is {__version__}", "; this is ‹version›").replace(f"är {__version__}", "är ‹version›")
        for each in told
    ]
    shown = re.sub(r"[0-9a-f]{64}", "‹sha256›", re.sub(r"\b[0-9a-f]{4}…", "‹sha256›", "\n".join(told)))
    shown = re.sub(f"(is|är) {__version__}", r"\1 ‹version›", shown)
    if os.environ.get("RIVTA_GOLDEN") == "write":
        GOLDEN.write_text(shown, encoding="utf-8")
    assert shown == GOLDEN.read_text(encoding="utf-8"), "RIVTA_GOLDEN=write agrees to the change"


def test_a_value_edited_in_a_real_report_is_found_in_its_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = sealed_run(tmp_path / "run")
    at = re.compile(rb'(<article[^>]* id="[^"]*4\.2"[^>]*>.*?)PR003', re.DOTALL)
    edit(folder / "declaration.html", lambda raw: at.sub(rb"\1PR002", raw, count=1))
    assert main(["verify", str(folder / "declaration.html")]) == 1
    assert re.search(r"was changed in #\S*4\.2 ", capsys.readouterr().out)


def test_every_sentence_reads_in_both_languages() -> None:
    for key, sentence in words("seal", "sv").items():
        fields = re.findall(r"{(\w+)}", sentence)
        filled = Statement(key, "x", {name: "1" for name in fields if name != "place"})
        assert "{" not in filled.text.sv + filled.text.en


@pytest.mark.parametrize("what", ["run", "run/evidence.jsonl", "run/declaration.html"])
def test_what_is_untouched_holds(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sealed_run(tmp_path / "run")
    assert keys(tmp_path / what, capsys, code=0) == []


def _sealed_anew(folder: Path, change: Callable[[list[dict[str, Any]]], object]) -> Path:
    """A run whose evidence somebody edited before he made manifest and report anew: every sum in it is right."""
    sealed_run(folder)
    file = folder / "evidence.jsonl"
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    change(told)
    file.write_text("".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in told), encoding="utf-8")
    (folder / "manifest.json").unlink()
    seal.write(folder)
    (folder / "declaration.html").write_bytes(sealed_report(folder, rendered=PAGE))
    return folder


def _mark_as_passed(told: list[dict[str, Any]]) -> None:
    (found,) = [check for line in told for check in line.get("checks", ()) if check.get("findings")][:1]
    found["verdict"] = "PASSED"


def _mark_case_as_passed(told: list[dict[str, Any]]) -> None:
    (found,) = [line for line in told if line.get("verdict") == "FAILED"][:1]
    found["verdict"] = "PASSED"


def _permuted(verdicts: dict[str, int]) -> dict[str, int]:
    """The same sum, and one more of one kind than there is."""
    first, second, *_ = verdicts
    return {**verdicts, first: verdicts[first] + 1, second: verdicts[second] - 1}


CONTRADICTIONS: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "a check with findings marked as passed": (_mark_as_passed, "verdict-with-findings"),
    "a case marked as passed": (_mark_case_as_passed, "verdict-too-good"),
    "a case left out": (lambda told: told.pop(2), "evidence-damaged"),
    "no footer": (lambda told: told.pop(), "footer-none"),
    "a footer that counts otherwise": (
        lambda told: told[-1].update(verdicts=_permuted(told[-1]["verdicts"])),
        "footer-otherwise",
    ),
}


@pytest.mark.parametrize(("change", "key"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_run_that_was_sealed_anew_contradicts_itself(
    change: Callable[[list[dict[str, Any]]], object], key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _sealed_anew(tmp_path / "run", change)
    assert key in keys(folder, capsys, code=2 if key == "footer-none" else 1)


def test_a_killed_run_is_held_against_its_reports_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_run(tmp_path / "run", report_sample.run(is_truncated=True))
    assert keys(folder, capsys, code=2) == ["manifest-missing", "footer-none"]
    (folder / "declaration.html").write_bytes(sealed_report(folder))
    assert keys(folder, capsys, code=2) == ["footer-none"], "nothing says that all its lines are there"
    Lines(folder).change(lambda all_: all_[:-1])
    assert keys(folder, capsys, code=1) == ["line-deleted"]


def test_a_run_that_was_killed_while_it_wrote_a_line_was_not_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path / "run", report_sample.run(is_truncated=True))
    Lines(folder).change(lambda all_: [*all_[:-1], all_[-1][:40]])
    assert keys(folder, capsys, code=2) == ["manifest-missing", "footer-none"]
    Lines(folder).change(lambda all_: [*all_[:-2], all_[-2][:40] + b"\n", all_[-1]])
    assert "evidence-damaged" in keys(folder, capsys, code=1)


@pytest.mark.parametrize("kind", formats.SUFFIXES)
def test_no_format_is_drawn_up_of_a_run_that_was_changed(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, made = sealed_run(tmp_path / "run"), tmp_path / "made"
    edit(run / "evidence.jsonl", lambda raw: raw.replace(b"FAILED", b"PASSED"))
    assert main(["report", str(run), "--format", kind, "-o", str(made)]) == 4
    assert "is not as it was when it ended" in capsys.readouterr().err
    assert not made.exists()


def test_answers_that_lie_with_the_run_are_recomputed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run")
    answers = folder / "answers.yaml"
    answers.write_text("vendor: {}\n")
    (folder / "declaration.html").write_bytes(sealed_report(folder, ("answers", answers)))
    assert keys(folder, capsys, code=0) == []
    answers.write_text("vendor: {organisation: Other}\n")
    assert keys(folder, capsys, code=1) == ["used-changed"]
    answers.unlink()
    assert main(["verify", str(folder)]) == 0
    assert "answers.yaml, which the report is drawn up with, is not here" in capsys.readouterr().out


def test_what_the_manifest_does_not_cover_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run")
    (folder / "notes.txt").touch()
    assert main(["verify", str(folder)]) == 0
    assert "nothing is said of: notes.txt" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none", None),
        ("a.html", b"<html><p>hello</p></html>"),
        ("a.txt", b"hello"),
        ("a.pdf", b"%PDF-1.7"),
        ("a.zip", b"PK"),
    ],
)
def test_what_has_no_seal_or_cannot_be_read_ends_with_2(
    name: str, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    expected = 1 if name == "a.zip" else 2
    assert main(["verify", str(path)]) == expected
    assert capsys.readouterr().out.strip()
    assert main(["verify", str(path), "--json"]) == expected
    assert json.loads(capsys.readouterr().out)["outcome"] != "holds"


def test_a_run_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = whole_run()
    case = replace(run.results[0], case="\x1b[2J\x1b[1m1.1")
    folder = sealed_run(tmp_path / "run", replace(run, results=(case, *run.results[1:])))
    Lines(folder).change(lambda all_: [all_[0], *all_[2:]])
    assert main(["verify", str(folder)]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_a_manifest_cannot_have_other_files_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run")
    (tmp_path / "secret").write_text("secret")
    digest = sha256(b"secret").hexdigest()
    edit(
        folder / "manifest.json",
        lambda raw: raw.replace(
            b'["message",', b'["message","../secret",6,"' + digest.encode() + b'"],\n["message",', 1
        ),
    )
    assert "message-missing" in keys(folder, capsys, code=1)


def test_no_answer_claims_what_a_seal_cannot_prove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["verify", str(sealed_run(tmp_path / "run"))])
    out = capsys.readouterr().out
    assert "A seal cannot prove" in out
    assert "whoever can write the files can make a whole new run" in out


def test_a_file_without_end_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    with (folder / "received.jsonl").open("wb") as file:
        file.truncate(2**40)
    assert main(["export", str(folder), "-o", str(tmp_path / "run.zip"), "--without-messages"]) == 4
    assert "received.jsonl is larger than" in capsys.readouterr().err
