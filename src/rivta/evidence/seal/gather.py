"""Making a manifest: from the run's folder alone, and once more for a report with what a person added to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from rivta.evidence.seal.chain import FILE, USED, Entry, Kind, Manifest, NoManifest, chained, file_sha, parse, written
from rivta.evidence.seal.evidence_lines import Line, entry_of, key_of, lines_of
from rivta.evidence.seal.place import EVIDENCE, RECEIVED, Place, place_of
from rivta.model.errors import UsageError

Used = Iterable[tuple[Kind, Path]]
"""Files that a person wrote and a report was drawn up with, each with what it is."""


def of(folder: Path, used: Used = ()) -> Manifest:
    """The manifest of what now lies in a run's folder. UsageError if no evidence does, or if a used file cannot be read."""
    place = place_of(folder)
    lines = lines_of(place.read(EVIDENCE))
    received = received_in(place)
    named = (*(entry_of(line) for line in (*lines, *received)), *_messages(place, (*lines, *received)))
    entries = (*named, *_named(lines), *_given(used))
    return chained(run_of(lines), entries)


def write(folder: Path) -> Manifest:
    """Make the manifest and write it beside the evidence, over any other. Call it once, when the evidence is closed."""
    manifest = of(folder)
    target = folder / FILE
    draft = target.with_name(f".{FILE}")
    draft.write_bytes(written(manifest).encode())
    draft.replace(target)
    return manifest


def kept(folder: Path) -> Manifest | None:
    """The manifest that was written when the run ended; None if the run was killed before that, or is older."""
    path = place_of(folder).path / FILE
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, NoManifest) as error:
        raise UsageError(f"{path} is no manifest: it was changed", todo=f"say: rivta verify {path.parent}") from error


def for_report(folder: Path, used: Used = ()) -> Manifest:
    """The manifest that a report carries: the run's own, then the answers and deviations it is drawn up with.

    UsageError if the evidence was changed after the run: a seal on a report of it would hide that.
    """
    own, now = kept(folder), of(folder)
    if own is not None and own != now:
        what = f"the run in {folder} is not as it was when it ended, and a report of it would carry a seal all the same"
        raise UsageError(what, todo=f"say: rivta verify {folder}")
    return chained(now.run, (*now.entries, *_given(used)))


def received_in(place: Place) -> tuple[Line, ...]:
    """The lines of the journal of received calls; none where there is no such file."""
    return lines_of(place.read(RECEIVED), RECEIVED) if RECEIVED in place.names() else ()


def run_of(lines: tuple[Line, ...]) -> str:
    """The run's name, as the header says it; empty if it says none."""
    name = lines[0].data.get("run") if lines else ""
    return name if type(name) is str else ""


def statements_of(header: Line) -> tuple[Entry, ...]:
    """What the header itself says the SHA-256 of: suites, rule files and schema sets."""
    return tuple(_stated(header.data))


def _messages(place: Place, lines: tuple[Line, ...]) -> Iterator[Entry]:
    """First the messages in the order in which the lines name them, then those that no line names."""
    present = [name for name in place.names() if name.startswith("messages/")]
    named = dict.fromkeys(f"messages/{digest}.xml" for line in lines for digest in line.messages)
    there = set(present)
    for name in (*(each for each in named if each in there), *(each for each in present if each not in named)):
        body = place.read(name)
        yield Entry("message", name, file_sha(body), len(body))


def _named(lines: tuple[Line, ...]) -> Iterator[Entry]:
    if not lines:
        return
    key = key_of(lines[0].raw)
    if key is not None:
        yield Entry("key", "mask_key", file_sha(key), len(key))
    yield from _stated(lines[0].data)


def _stated(header: dict[str, Any]) -> Iterator[Entry]:
    for path, digest in _texts(header.get("suites")):
        yield Entry("suite", _shortened(path), digest, 0)
    for domain in _objects(header.get("domains")):
        for contract in _objects(domain.get("contracts")):
            name = f"{contract.get('domain')}/{contract.get('name')}"
            for path, digest in _texts(contract.get("rules")):
                yield Entry("rules", f"{contract.get('domain')}/{path}", digest, 0)
            for _, digest in _texts({"digest": contract.get("digest")}):
                yield Entry("schemas", f"{name} {contract.get('version')}", digest, 0)


def _texts(mapping: object) -> list[tuple[str, str]]:
    """The names and SHA-256 of a mapping; what is none is no entry."""
    pairs = mapping.items() if type(mapping) is dict else ()
    return [(str(name), digest) for name, digest in pairs if type(digest) is str and _is_sha(digest)]


def _is_sha(digest: str) -> bool:
    return len(digest) == 64 and set(digest) <= set("0123456789abcdef")


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if type(each) is dict] if type(value) is list else []


def _shortened(path: str) -> str:
    """A suite's path from `suites` or `scenarios` on: where it lies on somebody's disk is nobody's business."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    tops = [place for place, part in enumerate(parts) if part in ("suites", "scenarios")]
    return "/".join(parts[tops[-1] :] if tops else parts[-2:])


def _given(used: Used) -> Iterator[Entry]:
    for kind, path in used:
        if kind not in USED:
            raise ValueError(f"{kind} is the run's own")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        yield Entry(kind, path.name, file_sha(data), len(data))
