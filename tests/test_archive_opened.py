"""A zip or a folder from a stranger: every trap is refused with the entry's name, before anything is read."""

from __future__ import annotations

import os
import stat
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rivta.model.errors import UsageError
from rivta.text.archive import Limits, opened

SMALL = Limits(entries=20, entry=4000, total=10_000, ratio=10, small=100, depth=3)


def packed(folder: Path, *names: str, content: bytes = b"x") -> Path:
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught, opened(path, SMALL):
        pass
    return caught.value.what


NAMES = {
    "../out.xsd": "leads out",
    "a/../../out.xsd": "leads out",
    "./a.xsd": "leads out",
    "a//b.xsd": "leads out",
    "/etc/passwd": "absolute",
    "\\\\server\\share\\a.xsd": "absolute",
    "\\windows\\a.xsd": "absolute",
    "C:\\a.xsd": "absolute",
    "c:a.xsd": "absolute",
    "a\\..\\..\\b.xsd": "leads out",
    "a\x07b.xsd": "no disk takes",
    "a?.xsd": "no disk takes",
    "n" * 250: "no disk takes",
    "schemas/CON.xsd": "Windows",
    "schemas/a.xsd.": "Windows",
    "a/b/c/d.xsd": "folders deep",
}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    assert NAMES[name] in refusal(packed(tmp_path, "good.xsd", name))


PAIRS = {
    "a case": ("A/x.xsd", "a/y.xsd", "cannot tell"),
    "a file's case": ("x.xsd", "X.XSD", "cannot tell"),
    "a normal form": (
        unicodedata.normalize("NFC", "å.xsd"),
        unicodedata.normalize("NFD", "å.xsd"),
        "cannot tell",
    ),
    "a file that is a folder": ("x", "x/y.xsd", "x is a file"),
    "a folder that is a file": ("x/y.xsd", "x", "it is a folder too"),
    "the sharp s": ("straße.xsd", "STRASSE.xsd", "cannot tell"),
}


@pytest.mark.parametrize("which", PAIRS)
def test_two_names_that_some_disk_holds_for_one_are_refused(which: str, tmp_path: Path) -> None:
    first, second, why = PAIRS[which]
    what = refusal(packed(tmp_path, first, second))
    assert why in what
    assert second in what


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = packed(tmp_path, "a.xsd", "a.xsd")
    assert "cannot tell" in refusal(path)


def test_bombs_are_refused_unread(tmp_path: Path) -> None:
    assert "a.xsd: it unpacks to more than 10 times its size" in refusal(packed(tmp_path, "a.xsd", content=bytes(3000)))
    assert "a.xsd: it is larger than 4000 bytes" in refusal(packed(tmp_path, "a.xsd", content=os.urandom(4001)))
    big = [f"{number}.xsd" for number in range(4)]
    assert "3.xsd: with it there is more" in refusal(packed(tmp_path, *big, content=os.urandom(3000)))
    assert "20.xsd: with it" in refusal(packed(tmp_path, *(f"{number}.xsd" for number in range(25))))


def link(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("link.xsd")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")


def encrypted(path: Path) -> None:
    body = bytearray(path.read_bytes())
    central = body.index(b"PK\x01\x02")
    body[central + 8] |= 1
    path.write_bytes(body)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(link, "link.xsd: it is a link"), (encrypted, "it is encrypted"), (cut, "is not readable as a zip")],
)
def test_what_is_no_plain_zip_of_files_is_refused(spoil: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    path = packed(tmp_path, "a.xsd")
    spoil(path)
    assert why in refusal(path)


def test_a_folder_is_read_as_carefully(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "a.xsd").symlink_to("/dev/zero")
    assert "a.xsd: it is a link" in refusal(folder)
    (folder / "a.xsd").unlink()
    os.mkfifo(folder / "pipe.xsd")
    assert "pipe.xsd: it is a link, or no regular file" in refusal(folder)
    (folder / "pipe.xsd").unlink()
    (folder / "elsewhere").symlink_to(tmp_path)
    assert "elsewhere: it is a link" in refusal(folder)


def test_windows_writes_names_with_backslashes(tmp_path: Path) -> None:
    with opened(packed(tmp_path, "schemas\\core\\a.xsd", "schemas/b.xsd", content=b"<x/>"), SMALL) as entries:
        assert {str(each.name): each.read() for each in entries} == {
            "schemas/core/a.xsd": b"<x/>",
            "schemas/b.xsd": b"<x/>",
        }
