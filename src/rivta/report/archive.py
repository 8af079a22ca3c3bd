"""A run as one zip file: to hand in, and to verify as it was handed in.

It opens with what every system has: forward slashes, plain ASCII names, ordinary files, nothing hidden, no folder around
it all; `messages/` is the only folder. The same run always gives the same bytes from the same zlib. `SHA256SUMS.txt` lists
every other file, and the zip's comment holds a SHA-256 over the archive itself, its own value taken for zeros.
"""

import re
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo, is_zipfile

from rivta import evidence
from rivta.evidence import seal
from rivta.evidence.seal import SUMS, Statement, Verification, verify_run
from rivta.model.errors import Refused, RivtaError, UsageError
from rivta.text import files, identity

_OLDEST = (1980, 1, 1, 0, 0, 0)
_ORDINARY = 0o100644 << 16
_UNIX = 3
_ENCRYPTED = 0x1
_REPORTS = ("declaration.", "requirements.", "evidence.", "manifest.", "badge.")
_NO_TEXT = (".pdf", ".docx", ".p7s")
_NAME = re.compile(r"(?:messages/)?[A-Za-z0-9][A-Za-z0-9._-]{0,120}", re.ASCII)
_MARK = b"rivta seal sha256:"
_SEAL = re.compile(_MARK + rb"([0-9a-f]{64})\Z")
_ZEROS = b"0" * 64
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


_BROKEN = (BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, OverflowError)
"""What the standard library may raise on a damaged archive."""


class UnsafeArchive(RivtaError):
    """A zip that we do not open: it would write elsewhere, or it unpacks to more than we take."""


def pack(run_folder: Path, *, with_originals: bool = False) -> bytes:
    """The run as a zip: evidence, manifest, reports, and the messages if only test identities are in them.

    Messages are kept as they were on the wire. Where anyone but a test person is in one, UsageError says so, unless the
    originals are asked for; `pack_without_messages` leaves them out. The key to masked identities goes with them only.
    """
    place = seal.run_folder(run_folder)
    if not with_originals and (people := evidence.masked(evidence.read(run_folder)).masked):
        what = f"the messages hold {len(people)} identities that are not test identities: {', '.join(people[:5])}"
        todo = "say --without-messages, or --with-originals if the receiver may see them"
        raise UsageError(f"{run_folder} is not packed: {what}", todo=todo)
    return _zipped(place, _wanted(place), with_originals)


def pack_without_messages(run_folder: Path) -> bytes:
    """The run as a zip without its messages: what a report shows, and what proves that it was not changed."""
    place = seal.run_folder(run_folder)
    names = [name for name in _wanted(place) if not name.startswith("messages/")]
    return _zipped(place, names, False)


def _zipped(place: seal.Folder, names: Iterable[str], with_originals: bool) -> bytes:
    files = {name: place.read(name) for name in names}
    if not with_originals:
        files |= {evidence.FILE: seal.without_key(files[evidence.FILE])} if evidence.FILE in files else {}
        _refuse_named(files, evidence.read(place.path).header.test_identities)
    return _packed(files)


def _refuse_named(files: dict[str, bytes], declared: Collection[str]) -> None:
    """A text that was written, or brought, before everyone in it could be told."""
    for name, data in files.items():
        is_text = not name.startswith("messages/") and not name.endswith(_NO_TEXT)
        if is_text and identity.strangers(data.decode("utf-8", "replace"), declared):
            what = f"{name} names somebody who is no test person, in clear"
            raise Refused(what, todo="draw it up again, or say --with-originals if the receiver may see it")


def _wanted(place: seal.Storage) -> Iterator[str]:
    """Evidence, manifest, reports, messages and signatures. Never the environment: it may hold secrets."""
    for name in place.names():
        if _NAME.fullmatch(name) and (name.startswith(_REPORTS) or re.fullmatch(r"messages/[0-9a-f]{64}\.xml", name)):
            yield name


def _packed(files: dict[str, bytes]) -> bytes:
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in (*files.items(), (SUMS, sums.encode())):
            info = ZipInfo(name, _OLDEST)
            info.compress_type, info.external_attr, info.create_system = ZIP_DEFLATED, _ORDINARY, _UNIX
            archive.writestr(info, data)
        archive.comment = _MARK + _ZEROS
    packed = out.getvalue()
    return packed[: -len(_ZEROS)] + sha256(packed).hexdigest().encode()


class ZipArchive(seal.Storage):
    """A zip that is read without being unpacked. UnsafeArchive if it is none, or none that we open."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = ZipFile(BytesIO(data))
        except _BROKEN as error:
            raise UnsafeArchive(f"it is no zip file that can be read ({error})") from error
        self._infos = {info.filename: info for info in self._zip.infolist()}
        self._check()

    def _check(self) -> None:
        infos = self._zip.infolist()
        if len(infos) > files.MOST_FILES or sum(info.file_size for info in infos) > files.MOST_BYTES:
            raise UnsafeArchive(f"it would unpack to more than {files.MOST_FILES} files or {files.MOST_BYTES} bytes")
        if len(self._infos) != len(infos):
            raise UnsafeArchive("it holds two files of the same name")
        for info in infos:
            if not _NAME.fullmatch(info.orig_filename):
                raise UnsafeArchive(f"it holds a file whose name is not one of ours: {info.orig_filename!a}")
            is_ours = info.compress_type in (ZIP_STORED, ZIP_DEFLATED) and not info.flag_bits & _ENCRYPTED
            if not is_ours or info.file_size > files.MOST_IN_ONE:
                raise UnsafeArchive(
                    f"{info.filename} is encrypted, packed in another way than ours, or larger than {files.MOST_IN_ONE} bytes"
                )

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._infos))

    def read(self, name: str) -> bytes:
        """One file's bytes; KeyError if there is none, or if what is packed there is not what the archive says."""
        info = self._infos[name]
        try:
            with self._zip.open(info) as member:
                data = member.read(info.file_size + 1)
        except _BROKEN as error:
            raise KeyError(name) from error
        if len(data) != info.file_size:
            raise KeyError(name)
        return data


def verify(data: bytes) -> Verification:
    """An archive: its own seal, its list of files, and the run within it."""
    outer = _own_seal(data)
    try:
        archive = ZipArchive(data)
    except UnsafeArchive as error:
        return Verification((*outer, Statement("archive-unreadable", "", {"why": error.what})))
    members, covered = _members(archive)
    inner = verify_run(archive, covered)
    return Verification((*outer, *members, *inner.statements), inner.run, inner.head)


def unpack(archive: ZipArchive, folder: Path) -> seal.Folder:
    """The files of an archive in an empty folder, where what reads a run can read them."""
    for name in archive.names():
        if _NAME.fullmatch(name):
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(archive.read(name))
    return seal.run_folder(folder)


@contextmanager
def opened(place: Path) -> Iterator[Path]:
    """Where a run lies that may be packed: its files are then in a folder that is there until the block ends."""
    if not (place.is_file() and is_zipfile(place)):
        yield place
        return
    packed = ZipArchive(files.contents(place, files.MOST_BYTES))
    if seal.EVIDENCE not in packed.names():
        raise UsageError(f"{place} holds no {seal.EVIDENCE}", todo="name a run that was packed by rivta export")
    with TemporaryDirectory() as folder:
        yield unpack(packed, Path(folder)).path


def _own_seal(data: bytes) -> list[Statement]:
    stated = _SEAL.search(data[-len(_MARK) - len(_ZEROS) :])
    if stated is None:
        return [Statement("archive-unsealed")]
    holds = sha256(data[: -len(_ZEROS)] + _ZEROS).hexdigest().encode() == stated.group(1)
    return [Statement("archive-holds" if holds else "archive-changed")]


def _members(archive: ZipArchive) -> tuple[list[Statement], frozenset[str]]:
    """What holds of the archive's own list, and the files that it is right about."""
    try:
        rows = [*map(_SUM.fullmatch, archive.read(SUMS).decode("ascii").splitlines())]
    except (KeyError, UnicodeDecodeError):
        rows = [None]
    if None in rows:
        return [Statement("member-changed", SUMS)], frozenset()
    listed = {row[2]: row[1] for row in rows if row}
    present = set(archive.names()) - {SUMS}
    found = [Statement("member-missing", name) for name in sorted(listed.keys() - present)]
    found += [Statement("member-added", name) for name in sorted(present - listed.keys())]
    right = {name for name in present & listed.keys() if _sha_of(archive, name) == listed[name]}
    found += [Statement("member-changed", name) for name in sorted((present & listed.keys()) - right)]
    return found or [Statement("members-hold", SUMS, {"count": len(right)})], frozenset(right)


def _sha_of(archive: ZipArchive, name: str) -> str:
    try:
        return sha256(archive.read(name)).hexdigest()
    except KeyError:
        return ""
