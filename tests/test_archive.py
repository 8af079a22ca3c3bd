"""The zip of a run: what is in it, that it opens anywhere, and that a stranger's zip is not trusted."""

import json
import struct
import subprocess
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random
from shutil import which
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_sample
from rivta import evidence
from rivta.cli import main
from rivta.model.errors import UsageError
from rivta.model.run import Run
from rivta.report import archive
from rivta.run import recording
from rivta.text import files
from sealed_run import PAGE, sealed_run, whole_run, write_run
from thorough import tried


def packed(folder: Path) -> ZipFile:
    return ZipFile(BytesIO(archive.pack(folder)))


def keys(data: bytes) -> list[str]:
    return [each.key for each in archive.verify(data).statements if each.state in ("changed", "unsealed")]


def people() -> Run:
    """A run in which a body, and a finding's text, hold someone who is no test person."""
    run = report_sample.run()
    return replace(run, header=replace(run.header, mask_key="0123456789abcdef" * 2))


def repacked(data: bytes, change: dict[str, bytes | None]) -> bytes:
    """The archive as another program would write it, with some files changed, added (bytes) or left out (None)."""
    source, out = ZipFile(BytesIO(data)), BytesIO()
    files = {name: source.read(name) for name in source.namelist()} | change
    with ZipFile(out, "w", ZIP_DEFLATED) as target:
        for name, content in files.items():
            if content is not None:
                target.writestr(name, content)
        target.comment = source.comment
    return out.getvalue()


def test_it_holds_the_run_and_nothing_else(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    for name in ("environment.yaml", "Thumbs.db", ".DS_Store", "declaration å.html", "notes.txt"):
        (folder / name).touch()
    (folder / "declaration.pdf").write_bytes(b"%PDF-1.7")
    names = packed(folder).namelist()
    tops = {name for name in names if "/" not in name}
    assert tops == {"evidence.jsonl", "manifest.json", "declaration.html", "declaration.pdf", "SHA256SUMS.txt"}
    assert {name.split("/")[0] for name in names if "/" in name} == {"messages"}


def test_it_opens_cleanly_on_any_system(tmp_path: Path) -> None:
    archived = packed(sealed_run(tmp_path / "run", rendered=PAGE))
    assert archived.testzip() is None
    for info in archived.infolist():
        assert info.filename.isascii()
        assert "\\" not in info.filename
        assert not info.filename.startswith(("/", "."))
        assert info.external_attr >> 16 == 0o100644
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert info.compress_type == ZIP_DEFLATED
        assert not info.extra
        assert len(info.filename) < 100


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    assert archive.pack(folder) == archive.pack(folder)


@pytest.mark.skipif(not which("unzip"), reason="unzip is not installed")
def test_unzip_finds_nothing_wrong_and_what_it_unpacks_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.zip").write_bytes(archive.pack(sealed_run(tmp_path / "run", rendered=PAGE)))
    words = ["unzip", "-q", str(tmp_path / "run.zip"), "-d", str(tmp_path / "out")]
    assert subprocess.run(words, capture_output=True, check=True).stderr == b""
    assert main(["verify", str(tmp_path / "out")]) == 0
    assert "left out, as it should be" in capsys.readouterr().out
    for words in (["report", "--format", "csv"], ["export"]):
        assert main([words[0], str(tmp_path / "out"), *words[1:]]) == 0
    assert main(["verify", str(tmp_path / "out")]) == 0
    assert main(["verify", str(tmp_path / "out.zip")]) == 0
    assert recording.read(tmp_path / "out").header.environment["recording"].startswith("sealed, ")
    sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS.txt"], cwd=tmp_path / "out", check=False)
    assert sums.returncode == 0


def test_the_key_to_masked_identities_stays_at_home(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    assert b"0123456789abcdef0123456789abcdef" in (folder / "evidence.jsonl").read_bytes()
    assert b"0123456789abcdef0123456789abcdef" not in packed(folder).read("evidence.jsonl")


def test_messages_with_other_people_in_them_are_not_packed(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run", people(), rendered=PAGE)
    with pytest.raises(UsageError, match=r"1 identities that are not test identities: person-") as caught:
        archive.pack(folder)
    assert report_sample.someone() not in str(caught.value)
    assert "--without-messages" in caught.value.todo
    without = archive.pack_without_messages(folder)
    assert report_sample.someone().encode() not in b"".join(
        ZipFile(BytesIO(without)).read(name) for name in ZipFile(BytesIO(without)).namelist()
    )
    assert keys(without) == []
    assert "messages-absent" in [each.key for each in archive.verify(without).statements]
    originals = archive.pack(folder, with_originals=True)
    assert keys(originals) == []
    assert b"0123456789abcdef0123456789abcdef" in ZipFile(BytesIO(originals)).read("evidence.jsonl")


def test_a_run_that_was_cut_short_can_be_packed_but_has_no_manifest(tmp_path: Path) -> None:
    run = replace(whole_run(), footer=None)
    assert keys(archive.pack(write_run(tmp_path / "run", run))) == ["manifest-missing"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["archive-changed"]),
        ({"declaration.pdf": b"%PDF-1.7 other"}, ["archive-changed", "member-changed"]),
        ({"declaration.pdf": None}, ["archive-changed", "member-missing"]),
        ({"extra.txt": b"extra"}, ["archive-changed", "member-added"]),
        ({"SHA256SUMS.txt": b"other"}, ["archive-changed", "member-changed"]),
        ({"evidence.jsonl": None}, ["archive-changed", "member-missing", "evidence-missing"]),
        ({"manifest.json": b"{}"}, ["archive-changed", "member-changed", "manifest-unreadable"]),
    ],
)  # fmt: skip
def test_what_was_changed_in_a_zip_is_told(
    change: dict[str, bytes | None], expected: list[str], tmp_path: Path
) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    (folder / "declaration.pdf").write_bytes(b"%PDF-1.7")
    assert keys(repacked(archive.pack(folder), change)) == expected


def test_a_zip_that_was_packed_again_has_no_seal(tmp_path: Path) -> None:
    again = BytesIO(repacked(archive.pack(sealed_run(tmp_path / "run", rendered=PAGE)), {}))
    with ZipFile(again, "a") as target:
        target.comment = b""
    assert keys(again.getvalue()) == ["archive-unsealed"]


def test_bytes_after_the_archive_are_found(tmp_path: Path) -> None:
    data = archive.pack(sealed_run(tmp_path / "run", rendered=PAGE))
    assert "archive-unsealed" in keys(data + b"\n")
    assert "archive-changed" in keys(b"\n" + data)


def test_every_flip_in_a_small_zip_is_found(tmp_path: Path) -> None:
    """Half of them in the directory, where a zip is most forgiving."""
    data = archive.pack(sealed_run(tmp_path / "run", rendered=PAGE))
    directory = data.index(b"PK\1\2")
    random = Random(4)  # noqa: S311 - the same flips every time
    each = tried(200)
    places = [*random.sample(range(directory), each), *random.sample(range(directory, len(data)), each)]
    for at in places:
        changed = data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]
        assert archive.verify(changed).outcome != "holds", at


def hostile(name: str, content: bytes = b"x", **facts: int) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as target:
        info = ZipInfo("placeholder")
        info.filename = name
        for fact, value in facts.items():
            setattr(info, fact, value)
        target.writestr(info, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "C:/evil", "a/b/c", "messages/../../evil", "messages\\evil", ".hidden", "a\0b", "å.html", "messages/"]
)  # fmt: skip
def test_a_name_that_is_not_ours_is_refused(name: str) -> None:
    with pytest.raises(archive.UnsafeArchive):
        archive.ZipArchive(hostile(name))


def test_two_files_of_one_name_are_refused() -> None:
    out = BytesIO()
    with ZipFile(out, "w") as target:
        target.writestr("evidence.jsonl", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            target.writestr("evidence.jsonl", b"two")
    with pytest.raises(archive.UnsafeArchive, match="same name"):
        archive.ZipArchive(out.getvalue())


def test_a_file_packed_in_another_way_is_refused() -> None:
    with pytest.raises(archive.UnsafeArchive, match="another way"):
        archive.ZipArchive(hostile("evidence.jsonl", compress_type=ZIP_BZIP2))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = hostile("evidence.jsonl", b"0" * 1000, compress_type=ZIP_DEFLATED)
    at = data.index(b"PK\1\2") + 24
    lying = data[:at] + struct.pack("<L", files.MOST_IN_ONE + 1) + data[at + 4 :]
    with pytest.raises(archive.UnsafeArchive, match="larger than"):
        archive.ZipArchive(lying)


def test_a_file_that_unpacks_to_more_than_it_says_is_not_read() -> None:
    data = hostile("evidence.jsonl", b"0" * 100_000, compress_type=ZIP_DEFLATED)
    at = data.index(b"PK\1\2") + 24
    lying = archive.ZipArchive(data[:at] + struct.pack("<L", 10) + data[at + 4 :])
    with pytest.raises(KeyError):
        lying.read("evidence.jsonl")


@settings(max_examples=tried(200))
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_told_of_and_never_raise(data: bytes, is_like_a_zip: bool) -> None:
    found = archive.verify(b"PK\3\4" + data if is_like_a_zip else data)
    assert found.outcome == "changed"


# The command


def test_export_writes_beside_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run.1", rendered=PAGE)
    assert main(["export", str(folder)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "run.1.zip")
    assert main(["verify", str(tmp_path / "run.1.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "holds"


def test_a_run_that_was_changed_is_not_packed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run")
    with (folder / "evidence.jsonl").open("ab") as file:
        file.write(b"{}\n")
    assert main(["export", str(folder), "-o", str(tmp_path / "a.zip")]) == 4
    assert "is not as it was when it ended" in capsys.readouterr().err
    assert not (tmp_path / "a.zip").exists()


def test_export_without_messages_is_flat(tmp_path: Path) -> None:
    folder = sealed_run(tmp_path / "run", people(), rendered=PAGE)
    assert main(["export", str(folder)]) == 4
    assert main(["export", str(folder), "--without-messages", "-o", str(tmp_path / "a.zip")]) == 0
    assert not [name for name in ZipFile(tmp_path / "a.zip").namelist() if "/" in name]
    assert main(["verify", str(tmp_path / "a.zip")]) == 0


def test_a_run_whose_messages_were_left_out_is_not_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    bare = tmp_path / "bare"
    bare.mkdir()
    ZipFile(BytesIO(archive.pack_without_messages(folder))).extractall(bare)
    read = evidence.read(bare)
    assert (read.without_messages, read.damage) == (True, ())
    assert evidence.masked(read).without_messages
    assert main(["report", str(bare), "--lang", "en"]) == 0
    shown = (bare / "declaration.html").read_text(encoding="utf-8")
    assert "The messages are not here" in shown
    assert "The evidence is damaged" not in shown
    assert main(["show", read.results[0].key, "--run", str(bare)]) == 0
    assert "The messages are not here" in capsys.readouterr().out
    assert not evidence.read(folder).without_messages
    (bare / "messages").mkdir()
    assert evidence.read(bare).damage, "one that is missing among others is lost"


def test_a_zip_is_no_run_that_is_packed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.zip").write_bytes(archive.pack(sealed_run(tmp_path / "run", rendered=PAGE)))
    assert main(["export", str(tmp_path / "run.zip")]) == 4
    assert "run.zip is a zip" in capsys.readouterr().err


def test_a_packed_run_is_shown_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sealed_run(tmp_path / "run", rendered=PAGE)
    (tmp_path / "run.zip").write_bytes(archive.pack(folder))
    with ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("notes.txt", "nothing")
    case = evidence.read(folder).results[0].key
    told: list[str] = []
    for place in (folder, tmp_path / "run.zip"):
        assert main(["show", case, "--run", str(place)]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert main(["diff", str(folder), str(tmp_path / "run.zip")]) == 0
    capsys.readouterr()
    assert main(["show", case, "--run", str(tmp_path / "other.zip")]) == 4
    assert "other.zip" in (said := capsys.readouterr().err)
    assert str(tmp_path / "other.zip") in said


@pytest.mark.parametrize(
    "words", ["verify", "report", "show x --run", "export", "diff run", "sign --key k --certificate c"]
)
def test_where_a_run_is_not_those_that_are_there_are_named(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed_run(tmp_path / "run", rendered=PAGE)
    monkeypatch.chdir(tmp_path)
    assert main([*words.split(), "none"]) != 0
    told = capsys.readouterr()
    assert "none does not exist\n  → runs are in: run\n" in told.out + told.err


def test_the_zips_own_list_is_right(tmp_path: Path) -> None:
    archived = packed(sealed_run(tmp_path / "run", rendered=PAGE))
    names = [name for name in archived.namelist() if name != "SHA256SUMS.txt"]
    expected = "".join(f"{sha256(archived.read(name)).hexdigest()}  {name}\n" for name in names)
    assert archived.read("SHA256SUMS.txt").decode() == expected
