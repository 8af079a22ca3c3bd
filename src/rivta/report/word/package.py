"""A Word file as a package: opened without trust, written again with one member changed.

A .docx is a zip of XML files. Nothing is ever unpacked to disk, and nothing but `word/document.xml` and the styles is read.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rivta.model.errors import UsageError
from rivta.model.words import Source

DOCUMENT = "word/document.xml"
STYLES = "word/styles.xml"

FILE_BYTES = 50 * 1024 * 1024
MEMBERS = 2_000
MEMBER_BYTES = 50 * 1024 * 1024
TOTAL_BYTES = 200 * 1024 * 1024
DOCUMENT_BYTES = 10 * 1024 * 1024
"""The largest document part that is read; those of the published forms are under half a megabyte."""
RATIO = 200
"""How much smaller than itself a member may be packed. The published forms reach 30."""
_SMALL_BYTES = 1024 * 1024
"""Below this no ratio matters: a megabyte of zeros hurts nobody."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a file in Microsoft's older container begins: an old .doc, and any Word file that has a password."""
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What zipfile lets out of a file that is damaged or packed in a way that it does not know."""


@dataclass(frozen=True, slots=True)
class Package:
    """A Word file in memory: its bytes as they were read, and the two members that matter here."""

    path: str
    body: bytes
    document: bytes
    styles: bytes | None


def read_package(source: Path | bytes) -> Package:
    """The package of a file or of its bytes. UsageError in words for whatever is no Word file, or looks like a trap."""
    path, body = ("form.docx", source) if isinstance(source, bytes) else (str(source), _bytes_of(source))
    with _opened(body, path) as package:
        members = {member.filename: member for member in package.infolist()}
        _refuse_traps(package.infolist(), path)
        if DOCUMENT not in members:
            raise UsageError(
                f"there is no {DOCUMENT} in it, so it is no Word document",
                source=Source(path),
                todo="give the form as it was published, a .docx",
            )
        styles = package.read(STYLES) if STYLES in members else None
        return Package(path, body, package.read(DOCUMENT), styles)


def with_document(package: Package, document: bytes) -> bytes:
    """The package with another `word/document.xml`.

    Every other member keeps its content, its place, its time stamp, its way of being packed and its attributes.
    """
    written = io.BytesIO()
    with _opened(package.body, package.path) as old, zipfile.ZipFile(written, "w") as new:
        new.comment = old.comment
        for member in old.infolist():
            content = document if member.filename == DOCUMENT else old.read(member)
            copy = zipfile.ZipInfo(member.filename, member.date_time)
            copy.compress_type = member.compress_type
            copy.comment = member.comment
            copy.extra = member.extra
            copy.create_system = member.create_system
            copy.create_version = member.create_version
            copy.external_attr = member.external_attr
            copy.internal_attr = member.internal_attr
            new.writestr(copy, content, member.compress_type)
    return written.getvalue()


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_BYTES:
            raise UsageError(f"the file is over {FILE_BYTES} bytes; no form is", source=Source(str(path)))
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", source=Source(str(path))) from error


@contextmanager
def _opened(body: bytes, path: str) -> Iterator[zipfile.ZipFile]:
    if body.startswith(_OLE):
        raise UsageError(
            "it has a password, or is an old .doc",
            source=Source(path),
            todo="save it from Word as .docx without a password",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            yield package
    except _BROKEN as error:
        raise UsageError(
            f"not a Word document: {error}", source=Source(path), todo="give the form as it was published, a .docx"
        ) from error


def _refuse_traps(members: Iterable[zipfile.ZipInfo], path: str) -> None:
    seen: dict[str, int] = {}
    for member in members:
        trap = _trap(member, seen)
        if trap:
            raise UsageError(f"not opened: {trap}", source=Source(path), todo="fetch the form again from its publisher")
        seen[member.filename] = member.file_size
    if len(seen) > MEMBERS or sum(seen.values()) > TOTAL_BYTES:
        raise UsageError("not opened: it unpacks to more than any form does", source=Source(path))


def _trap(member: zipfile.ZipInfo, seen: Mapping[str, int]) -> str:
    """Why a member is not to be trusted; empty if it is. The sizes are declared ones, which zipfile holds a member to."""
    name = member.filename
    if name in seen:
        return f"two members are named “{name}”"
    if name.startswith(("/", "\\")) or ":" in name or "\\" in name or ".." in name.split("/"):
        return f"a member is named “{name}”, which leads out of the package"
    if member.flag_bits & _ENCRYPTED:
        return f"“{name}” is encrypted"
    packed_hard = member.file_size > _SMALL_BYTES and member.file_size > RATIO * max(member.compress_size, 1)
    limit = DOCUMENT_BYTES if name in {DOCUMENT, STYLES} else MEMBER_BYTES
    if member.file_size > limit or packed_hard:
        return f"“{name}” unpacks to {member.file_size} bytes"
    return ""
