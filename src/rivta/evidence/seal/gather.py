"""Making a manifest: from the run's folder alone, and once more for a report with what a person added to it.

The room `evidence` gives meaning to the lines of its files; here only their bytes count, and nothing that is wrong with one raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from rivta.evidence import disk
from rivta.evidence.disk import FILE as EVIDENCE
from rivta.evidence.disk import parsed_object
from rivta.evidence.seal.chain import (
    FILE,
    RECEIVED,
    SUMS,
    USED,
    Kind,
    Manifest,
    ManifestEntry,
    NoManifest,
    Storage,
    chained,
    file_sha,
    head_of,
    message_name,
    parse,
    run_folder,
    written,
)
from rivta.evidence.stored import Stored
from rivta.model.errors import UsageError
from rivta.model.run import Run, case_key
from rivta.text import files

Used = Iterable[tuple[Kind, Path]]
"""Files that a person wrote and a report was drawn up with, each with what it is."""


_KEY = re.compile(rb'"mask_key":"([^"\\]*)"')
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAMED = re.compile(rb'"body":"([0-9a-f]{64})"')
"""A message as our own lines name it, in which no quote of a text stands without its backslash."""
_BODY = "body"
_COMPOUND = frozenset({dict, list})
"""What may hold a body."""


def of(folder: Path, used: Used = (), read: Run | None = None) -> Manifest:
    """The manifest of what now lies in a run's folder. UsageError if no evidence does, or if a used file cannot be read.

    `read` is the run, where it has just been read from there: its messages are not hashed once more.
    """
    place, known = run_folder(folder), _hashed(read) if read else {}
    entries: list[ManifestEntry] = []
    messages: dict[str, None] = {}
    try:
        header: Line | None = None
        for line in chain(_numbered(place.lines(EVIDENCE)), received_in(place)):
            header = header or line
            entries.append(entry_of(line))
            messages.update(dict.fromkeys(line.messages))
        entries += _messages(place, messages, known)
    except KeyError as lacking:
        raise UsageError(f"{folder}: {lacking.args[0]} cannot be read", todo="check its rights") from lacking
    first = (header,) if header else ()
    return chained(run_of(first), (*entries, *_named(first), *_given(used)))


def _hashed(run: Run) -> Mapping[str, int]:
    """The sizes of the messages that were held against their names when the run was read, by SHA-256."""
    return {each.digest: each.size for each in run.messages if type(each) is Stored and each.is_as_named}


def write(folder: Path, read: Run | None = None) -> Manifest:
    """Make the manifest and write it beside the evidence, over any other. Call it once, when the evidence is closed."""
    return _put(folder, of(folder, read=read))


def to_be_signed(folder: Path, names: Iterable[str]) -> None:
    """Say in a run's manifest that these files of it are signed, before they are: a signature that is gone then shows."""
    own = sealed_by(folder)
    if own is not None and not {*names} <= {*own.signed}:
        _put(folder, replace(own, signed=tuple(sorted({*own.signed, *names}))))


def _put(folder: Path, manifest: Manifest) -> Manifest:
    disk.write(folder / FILE, written(manifest).encode())
    return manifest


def kept(folder: Path) -> Manifest | None:
    """The manifest that was written when the run ended; None if the run was killed before that, or is older."""
    path = run_folder(folder).path / FILE
    try:
        return parse(files.contents(path).decode())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, NoManifest) as error:
        raise UsageError(f"{path} is no manifest: it was changed", todo=f"say: rivta verify {path.parent}") from error


def sealed_by(folder: Path, read: Run | None = None) -> Manifest | None:
    """The manifest that a run was sealed with when it ended; None if it was not. UsageError if anything was changed since.

    What is left out of a run by rights, when it is handed on, was not changed.
    """
    own = kept(folder)
    if own is not None and own != (now := of(folder, read=read)) and not _is_handed_on(own, now, run_folder(folder)):
        what = f"the run in {folder} is not as it was when it ended, and whatever is made of it would carry a seal all the same"
        raise UsageError(what, todo=f"say: rivta verify {folder}")
    return own


def left_out(place: Storage) -> frozenset[Kind]:
    """What an archive leaves out by rights, unpacked or not: the journal of received calls and, where so packed, all messages."""
    names = place.names()
    if SUMS not in names:
        return frozenset()
    has: dict[Kind, bool] = {
        "received": RECEIVED in names,
        "message": any(each.startswith("messages/") for each in names),
    }
    return frozenset(kind for kind, is_here in has.items() if not is_here)


def _is_handed_on(own: Manifest, now: Manifest, place: Storage) -> bool:
    """Whether what lies there is the run but for what is left out by rights: its key may be zeros, an archive may lack more."""
    sizes = [each.size for each in own.of_kind("key")]
    keys = [(each.size, each.sha256) for each in now.of_kind("key")]
    lacking = {*left_out(place), *(("key",) if keys == [(size, file_sha(b"0" * size)) for size in sizes] else ())}

    def compared(sealed: Manifest) -> tuple[list[ManifestEntry], set[ManifestEntry]]:
        here = [each for each in sealed.entries if each.kind not in lacking]
        # Messages that only the journal names stand in its order, where it is.
        return [each for each in here if each.kind != "message"], {each for each in here if each.kind == "message"}

    return own.head == head_of(own.run, own.entries) and compared(own) == compared(now) and own.run == now.run


def is_edited(folder: Path) -> bool:
    """Whether a run was changed since it ended. False where nothing tells how it was: it was killed, or is older."""
    try:
        return (folder / FILE).is_file() and sealed_by(folder) is None
    except UsageError:
        return True


def for_report(folder: Path, used: Used = (), sealed: Manifest | None = None) -> Manifest:
    """The manifest that a report carries: the run's own, then the answers and deviations it is drawn up with.

    UsageError if the evidence was changed after the run: a seal on a report of it would hide that. `sealed` is the run's own, where
    somebody has just looked.
    """
    now = sealed or sealed_by(folder) or of(folder)
    return chained(now.run, (*now.entries, *_given(used)))


def received_in(place: Storage) -> tuple[Line, ...]:
    """The lines of the journal of received calls; none where there is no such file."""
    return lines_of(place.read(RECEIVED), RECEIVED) if RECEIVED in place.names() else ()


def run_of(lines: tuple[Line, ...]) -> str:
    """The run's name, as the header says it; empty if it says none."""
    name = lines[0].data.get("run") if lines else ""
    return name if type(name) is str else ""


def _messages(place: Storage, digests: Iterable[str], known: Mapping[str, int]) -> Iterator[ManifestEntry]:
    """First the messages in the order in which the lines name them, then those that no line names."""
    left = dict.fromkeys(name for name in place.names() if name.startswith("messages/"))
    for digest in digests:
        name = message_name(digest)
        if name in left:
            del left[name]
            yield ManifestEntry("message", name, digest, known[digest]) if digest in known else _message(place, name)
    yield from (_message(place, name) for name in left)


def _message(place: Storage, name: str) -> ManifestEntry:
    body = place.read(name)
    return ManifestEntry("message", name, file_sha(body), len(body))


def _named(lines: tuple[Line, ...]) -> Iterator[ManifestEntry]:
    if not lines:
        return
    key = key_of(lines[0].raw)
    if key is not None:
        yield ManifestEntry("key", "mask_key", file_sha(key), len(key))
    yield from stated(lines[0].data)


def stated(header: dict[str, Any]) -> Iterator[ManifestEntry]:
    """What the header itself says the SHA-256 of: suites, rule files and schema sets."""
    for path, digest in _texts(header.get("suites")):
        # A suite's path from `suites` or `scenarios` on: where it lies on somebody's disk is nobody's business.
        parts = PurePosixPath(path.replace("\\", "/")).parts
        tops = [place for place, part in enumerate(parts) if part in ("suites", "scenarios")]
        yield ManifestEntry("suite", "/".join(parts[tops[-1] :] if tops else parts[-2:]), digest, 0)
    for domain in _objects(header.get("domains")):
        for contract in _objects(domain.get("contracts")):
            name = f"{contract.get('domain')}/{contract.get('name')}"
            for path, digest in _texts(contract.get("rules")):
                yield ManifestEntry("rules", f"{contract.get('domain')}/{path}", digest, 0)
            for _, digest in _texts({"digest": contract.get("digest")}):
                yield ManifestEntry("schemas", f"{name} {contract.get('version')}", digest, 0)


def _texts(mapping: object) -> list[tuple[str, str]]:
    """The names and SHA-256 of a mapping; what is none is no entry."""
    pairs = mapping.items() if type(mapping) is dict else ()
    return [(str(name), digest) for name, digest in pairs if type(digest) is str and _DIGEST.fullmatch(digest)]


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if type(each) is dict] if type(value) is list else []


def _given(used: Used) -> Iterator[ManifestEntry]:
    for kind, path in used:
        if kind not in USED:
            raise ValueError(f"{kind} is the run's own")
        try:
            data = files.contents(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        yield ManifestEntry(kind, path.name, file_sha(data), len(data))


# The lines of the evidence, and of the journal of received calls


@dataclass(frozen=True)
class Line:
    """One line of the evidence, or of another file, its number counted from 1, with its line ending."""

    number: int
    raw: bytes
    file: str = EVIDENCE

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the line says; nothing if it is not a JSON object."""
        return parsed_object(self.raw)

    @property
    def name(self) -> str:
        """The key of its case, or `header`, `stray`, `change`, `footer`; `unreadable` if it says neither.

        Of a call that was received: which one, and what the line says became of it.
        """
        kind = self.data.get("kind")
        if self.file != EVIDENCE:
            return f"{kind} {self.data.get('number')}" if kind else "unreadable"
        if kind == "case":
            return f"{self.data.get('contract')}/{self.data.get('case')}"
        return kind if kind in ("header", "stray", "note", "change", "footer") else "unreadable"

    @property
    def called(self) -> str:
        """The same for people: a case by its whole key. The manifest's name of a case leaves out which file its suite is."""
        told = [str(self.data.get(name, "")) for name in ("contract", "suite", "case")]
        return case_key(*told) if self.data.get("kind") == "case" else self.name

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its bytes, the key that masks identities taken for zeros: an archive leaves the key out."""
        return file_sha(without_key(self.raw) if (self.file, self.number) == (EVIDENCE, 1) else self.raw)

    @property
    def messages(self) -> tuple[str, ...]:
        """The SHA-256 of every message that the line names, in order."""
        spelt = _NAMED.findall(self.raw)
        is_ours = len(spelt) == self.raw.count(b'"body"')
        return tuple(dict.fromkeys((each.decode() for each in spelt) if is_ours else _bodies(self.data)))


def lines_of(raw: bytes, file: str = EVIDENCE) -> tuple[Line, ...]:
    """The lines of an evidence file, or of another. A last one without an ending counts."""
    return tuple(_numbered((found[0] for found in _LINE.finditer(raw)), file))


def _numbered(lines: Iterable[bytes], file: str = EVIDENCE) -> Iterator[Line]:
    return (Line(number, line, file) for number, line in enumerate(lines, 1))


def entry_of(line: Line) -> ManifestEntry:
    return ManifestEntry("line" if line.file == EVIDENCE else "received", line.name, line.digest, len(line.raw))


def key_of(header: bytes) -> bytes | None:
    """The key that masks identities, as the header spells it; None if it spells none or several."""
    found: list[bytes] = _KEY.findall(header)
    return found[0] if len(found) == 1 else None


def without_key(header: bytes) -> bytes:
    """The header with zeros where the key stands. Nothing else changes, not even its length."""
    key = key_of(header)
    return header if key is None else header.replace(b'"mask_key":"' + key, b'"mask_key":"' + b"0" * len(key))


def _bodies(data: object) -> Iterator[str]:
    """Every `body` in the order in which it stands; without recursion, for a file may nest as deep as it likes."""
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        name, value = waiting.pop()
        if type(value) is dict:
            waiting += [pair for pair in reversed(value.items()) if pair[0] == _BODY or type(pair[1]) in _COMPOUND]
        elif type(value) is list:
            waiting += [(name, each) for each in reversed(value) if name == _BODY or type(each) in _COMPOUND]
        elif name == _BODY and type(value) is str and _DIGEST.fullmatch(value):
            yield value
