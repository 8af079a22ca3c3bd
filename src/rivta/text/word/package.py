"""A Word file as a package: opened without trust, written again with one member changed.

A .docx is a zip of XML files. Nothing is ever unpacked to disk, and nothing but `word/document.xml` and the styles is read.
"""

import io
import zipfile
from pathlib import Path

from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.text import archive, files
from rivta.text.archive import Limits

DOCUMENT = "word/document.xml"
STYLES = "word/styles.xml"

LIMITS = Limits(entries=2_000, total=200 * 1024 * 1024)
DOCUMENT_BYTES = 10 * 1024 * 1024
"""The largest document part that is read; those of the published forms and descriptions are under half of it."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a file in Microsoft's older container begins: an old .doc, and any Word file that has a password."""
_PUBLISHED = "give it as it was published, a .docx"
_KEPT = ["compress_type", "comment", "extra", "create_system", "create_version", "external_attr", "internal_attr"]


@frozen
class WordFile:
    """A Word file in memory: its bytes as they were read, and the two members that matter here."""

    path: str
    body: bytes
    document: bytes
    styles: bytes | None


def read_package(source: Path | bytes) -> WordFile:
    """The package of a file or of its bytes. UsageError in words for whatever is no Word file, or looks like a trap."""
    path, body = ("form.docx", source) if isinstance(source, bytes) else (str(source), _bytes_of(source))
    if body.startswith(_OLE):
        todo = "save it from Word as .docx without a password"
        raise UsageError("it has a password, or is an old .doc", source=Source(path), todo=todo)
    try:
        with archive.opened(Path(path), LIMITS, body) as entries:
            read = {str(each.name): _read(each) for each in entries if str(each.name) in (DOCUMENT, STYLES)}
    except UsageError as trap:
        raise UsageError(f"not a Word document: {trap.what}", source=Source(path), todo=_PUBLISHED) from trap
    if DOCUMENT not in read:
        what = f"there is no {DOCUMENT} in it, so it is no Word document"
        raise UsageError(what, source=Source(path), todo=_PUBLISHED)
    return WordFile(path, body, read[DOCUMENT], read.get(STYLES))


def _read(part: archive.ArchiveEntry) -> bytes:
    if part.size > DOCUMENT_BYTES:
        raise UsageError(f"{part.name} is over {DOCUMENT_BYTES} bytes; no published one is")
    return part.read()


def with_document(package: WordFile, document: bytes) -> bytes:
    """The package with another `word/document.xml`.

    Every other member keeps its content, its place, its time stamp, its way of being packed and its attributes.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package.body)) as old, zipfile.ZipFile(written, "w") as new:
        new.comment = old.comment
        for member in old.infolist():
            try:
                content = document if member.filename == DOCUMENT else old.read(member)
            except archive.BROKEN as error:
                what = f"{member.filename} cannot be unpacked: {error}"
                raise UsageError(what, source=Source(package.path), todo=_PUBLISHED) from error
            copy = zipfile.ZipInfo(member.filename, member.date_time)
            for name in _KEPT:
                setattr(copy, name, getattr(member, name))
            new.writestr(copy, content, member.compress_type)
    return written.getvalue()


def _bytes_of(path: Path) -> bytes:
    try:
        return files.contents(path, LIMITS.entry)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", source=Source(str(path))) from error
