"""Recomputing: a run, wherever it lies, or a report alone, held against its manifest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from rivta.manifest import sealing
from rivta.manifest.chain import FILE, USED, Manifest, NoManifest, chained, file_sha, head_of, parse, written
from rivta.manifest.difference import difference
from rivta.manifest.evidence_lines import Line, key_of, lines_of
from rivta.manifest.gather import run_of, statements_of
from rivta.manifest.place import EVIDENCE, Place
from rivta.manifest.sentences import Statement
from rivta.model import Text

Outcome = Literal["holds", "changed", "unsealed"]
SUMS = "SHA256SUMS.txt"
"""The list that an archive carries of its own files."""
_LINES = {
    "header": Text("inledningen", "the header"),
    "footer": Text("avslutet", "the footer"),
    "unreadable": Text("går inte att läsa", "cannot be read"),
}
_UNNAMED = Text("ingen rad i beviset anger det", "no line of the evidence names it")


@dataclass(frozen=True, slots=True)
class Verification:
    """What was recomputed, and what came of it. `head` is the chain's last link, empty if no manifest could be read."""

    statements: tuple[Statement, ...]
    run: str = ""
    head: str = ""

    @property
    def outcome(self) -> Outcome:
        """Changed if anything was; unsealed if there is no seal to go by; else it holds."""
        states = {each.state for each in self.statements}
        return "changed" if "changed" in states else "unsealed" if "unsealed" in states else "holds"


def verify_report(name: str, html: bytes) -> Verification:
    """A report alone: its seal and its manifest, without the run that it is of."""
    found = sealing.check(name, html)
    manifest = sealing.manifest_of(html)
    if manifest is None or found[0].key != "report-holds":
        return Verification(tuple(found))
    found.append(Statement("report-alone", name, {"count": manifest.count}))
    return Verification(tuple(found), manifest.run, manifest.head)


def verify_run(place: Place, covered: Collection[str] = ()) -> Verification:
    """A run with all that lies with it. `covered` are files that something else than the manifest speaks for."""
    reports = {name: _bytes(place, name) for name in place.names() if name.endswith(".html")}
    sealed = {name: html for name, html in reports.items() if name == "declaration.html" or sealing.is_sealed(html)}
    found, manifest = _manifest(place, sealed)
    if manifest is None:
        found += [each for name, html in sealed.items() for each in sealing.check(name, html)]
        return Verification(tuple(found))
    lines = lines_of(_bytes(place, EVIDENCE))
    found += _evidence(lines, manifest) if lines else [Statement("evidence-missing", EVIDENCE)]
    found += _messages(place, lines, manifest)
    used = {FILE, EVIDENCE, SUMS, *sealed, *covered}
    for name, html in sealed.items():
        found += _report(place, name, html, manifest)
        theirs = sealing.manifest_of(html)
        used |= {each.name for each in theirs.entries if each.kind in USED} if theirs else set()
    others = [name for name in place.names() if name not in used and not name.startswith("messages/")]
    found += [Statement("not-covered", "", {"names": ", ".join(others)})] if others else []
    return Verification(tuple(found), manifest.run, manifest.head)


def _bytes(place: Place, name: str) -> bytes:
    try:
        return place.read(name)
    except KeyError:
        return b""


def _manifest(place: Place, sealed: dict[str, bytes]) -> tuple[list[Statement], Manifest | None]:
    """The run's manifest with what holds of it; for want of one, that of a report."""
    if FILE not in place.names():
        return _manifest_of_a_report(sealed)
    raw = _bytes(place, FILE)
    try:
        manifest = parse(raw.decode())
    except (UnicodeDecodeError, NoManifest):
        return [Statement("manifest-unreadable", FILE)], None
    if manifest.head != head_of(manifest.run, manifest.entries):
        return [Statement("manifest-head", FILE)], manifest
    if written(manifest).encode() != raw:
        return [Statement("manifest-form", FILE)], manifest
    return [Statement("manifest-holds", FILE, {"count": manifest.count})], manifest


def _manifest_of_a_report(sealed: dict[str, bytes]) -> tuple[list[Statement], Manifest | None]:
    for name, html in sealed.items():
        manifest = sealing.manifest_of(html)
        if manifest is not None and sealing.check(name, html)[0].key == "report-holds":
            return [Statement("manifest-from-report", name)], chained(manifest.run, manifest.own)
    return [Statement("manifest-missing", FILE)], None


def _evidence(lines: tuple[Line, ...], manifest: Manifest) -> Iterator[Statement]:
    ours = run_of(lines)
    if ours and ours != manifest.run:
        yield Statement("manifest-other-run", FILE, {"theirs": manifest.run or "?", "ours": ours})
    yield from _lines(lines, manifest)
    yield from _key(lines[0], manifest)
    yield from _basis(lines[0], manifest)


def _lines(lines: tuple[Line, ...], manifest: Manifest) -> Iterator[Statement]:
    listed = manifest.of_kind("line")
    found = difference([(each.name, each.sha256) for each in listed], [(each.name, each.digest) for each in lines])
    for before, after in found.changed:
        line = lines[after]
        is_ending = Line(line.number, line.raw.rstrip(b"\r\n") + b"\n").digest == listed[before].sha256
        key = "line-ending" if is_ending else "line-changed"
        yield Statement(key, f"{EVIDENCE}:{line.number}", {"number": line.number, "name": _called(listed[before].name)})
    for before, after in found.moved:
        values: dict[str, str | int | Text] = {
            "before": before + 1,
            "number": after + 1,
            "name": _called(listed[before].name),
        }
        yield Statement("line-moved", f"{EVIDENCE}:{after + 1}", values)
    for before in found.gone:
        key = "footer-deleted" if listed[before].name == "footer" else "line-deleted"
        yield Statement(key, EVIDENCE, {"number": before + 1, "name": _called(listed[before].name)})
    for after in found.come:
        yield Statement(
            "line-added", f"{EVIDENCE}:{after + 1}", {"number": after + 1, "name": _called(lines[after].name)}
        )
    if not (found.changed or found.moved or found.gone or found.come):
        yield Statement("lines-hold", EVIDENCE, {"count": len(lines)})


def _called(name: str) -> Text:
    """A line as people call it: by its case, or by what it is."""
    return _LINES.get(name, Text.same(name))


def _key(header: Line, manifest: Manifest) -> Iterator[Statement]:
    stated = manifest.of_kind("key")
    key = key_of(header.raw)
    if not stated or key is None or file_sha(key) == stated[0].sha256:
        return
    left_out = len(key) == stated[0].size and not key.strip(b"0")
    yield Statement("key-left-out" if left_out else "key-changed", f"{EVIDENCE}:1")


def _basis(header: Line, manifest: Manifest) -> Iterator[Statement]:
    named = tuple(each for each in manifest.entries if each.kind in ("suite", "rules", "schemas"))
    counts = {f"{kind}": len(manifest.of_kind(kind)) for kind in ("rules", "schemas")}
    if named == statements_of(header):
        yield Statement("basis-named", "", {"suites": len(manifest.of_kind("suite")), **counts})
    elif [each.sha256 for each in manifest.of_kind("line")[:1]] == [header.digest]:
        yield Statement("basis-changed", FILE)


def _messages(place: Place, lines: tuple[Line, ...], manifest: Manifest) -> Iterator[Statement]:
    listed = manifest.of_kind("message")
    present = {name for name in place.names() if name.startswith("messages/")}
    if listed and not present and SUMS in place.names():
        yield Statement("messages-absent", "messages", {"count": len(listed)})
        return
    told = [*_message_changes(place, present, manifest)]
    if not told:
        yield Statement("messages-hold", "messages", {"count": len(listed)})
        return
    users = {f"messages/{digest}.xml": _used(line) for line in reversed(lines) for digest in line.messages}
    yield from (Statement(key, name, {"used": users.get(name, _UNNAMED)}) for key, name in told)


def _message_changes(place: Place, present: set[str], manifest: Manifest) -> Iterator[tuple[str, str]]:
    """What was changed, and which message it is."""
    listed = manifest.of_kind("message")
    for each in listed:
        if each.name not in present:
            yield "message-missing", each.name
        elif file_sha(_bytes(place, each.name)) != each.sha256:
            yield "message-changed", each.name
    yield from (("message-added", name) for name in sorted(present - {each.name for each in listed}))


def _used(line: Line) -> Text:
    return Text(f"rad {line.number}, {line.name}", f"line {line.number}, {line.name}")


def _report(place: Place, name: str, html: bytes, manifest: Manifest) -> Iterator[Statement]:
    found = sealing.check(name, html)
    yield from found
    theirs = sealing.manifest_of(html)
    if theirs is None or found[0].key != "report-holds":
        return
    is_of_run = (theirs.run, theirs.own) == (manifest.run, manifest.own)
    yield Statement("report-of-run" if is_of_run else "report-other-run", name)
    for each in theirs.entries:
        if each.kind in USED:
            here = each.name in place.names()
            is_same = here and file_sha(_bytes(place, each.name)) == each.sha256
            yield Statement("used-holds" if is_same else "used-changed" if here else "used-absent", each.name)
