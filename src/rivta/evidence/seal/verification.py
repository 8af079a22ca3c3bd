"""Recomputing: a run, wherever it lies, or a report alone, held against its manifest."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Literal

from rivta.evidence.disk import FILE as EVIDENCE
from rivta.evidence.seal import sealing
from rivta.evidence.seal.chain import (
    FILE,
    RECEIVED,
    SUMS,
    USED,
    Manifest,
    ManifestEntry,
    NoManifest,
    Storage,
    chained,
    file_sha,
    head_of,
    parse,
    written,
)
from rivta.evidence.seal.gather import Line, key_of, left_out, lines_of, received_in, run_of, stated
from rivta.evidence.seal.sealing import difference
from rivta.evidence.seal.statement import Statement, Values
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, Run
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

Outcome = Literal["holds", "changed", "unsealed"]
SIGNED_PDF = b"/ByteRange"
"""A PDF's own mark of a signature in it, never compressed."""
_CUT_SHORT = "is cut short"
"""How a last line reads that a run which was killed was still writing: nothing is wrong with those before it."""
_LINES = ("header", "footer", "stray", "note", "change", "unreadable")
_BECAME = ("received", "settled", "claimed")
"""What a line of the journal of received calls says of a call."""


@frozen
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


def verify_run(place: Storage, covered: Collection[str] = ()) -> Verification:
    """A run with all that lies with it. `covered` are files that something else than the manifest speaks for."""
    reports = {name: _bytes(place, name) for name in place.names() if name.endswith(".html")}
    sealed = {name: html for name, html in reports.items() if name == "declaration.html" or sealing.is_sealed(html)}
    found, manifest = _manifest(place, sealed)
    if manifest is None:
        found += [each for name, html in sealed.items() for each in sealing.check(name, html)]
        return Verification(tuple(found))
    lines, received = lines_of(_bytes(place, EVIDENCE)), received_in(place)
    found += _evidence(lines, manifest) if lines else [Statement("evidence-missing", EVIDENCE)]
    found += _received(place, received, manifest)
    found += _messages(place, (*lines, *received), manifest)
    used = {FILE, EVIDENCE, RECEIVED, SUMS, *sealed, *covered}
    for name, html in sealed.items():
        found += _report(place, name, html, manifest)
        theirs = sealing.manifest_of(html)
        used |= {each.name for each in theirs.entries if each.kind in USED} if theirs else set()
    found += _signatures(place, manifest)
    others = [name for name in place.names() if name not in used and not name.startswith("messages/")]
    found += [Statement("not-covered", "", {"names": ", ".join(others)})] if others else []
    return Verification(tuple(found), manifest.run, manifest.head)


def _signatures(place: Storage, manifest: Manifest) -> Iterator[Statement]:
    """The signatures that the manifest says there are, and that are not there; whether the others hold is for who reads them."""
    names = place.names()
    for name in manifest.signed:
        is_within = name.endswith(".pdf") and SIGNED_PDF in _bytes(place, name)
        if name not in names or not (is_within or f"{name}.p7s" in names):
            yield Statement("signature-gone", name)


def _bytes(place: Storage, name: str) -> bytes:
    try:
        return place.read(name)
    except KeyError:
        return b""


def _manifest(place: Storage, sealed: dict[str, bytes]) -> tuple[list[Statement], Manifest | None]:
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
    yield from _lines(lines, manifest.of_kind("line"), "line")
    yield from _key(lines[0], manifest)
    yield from _basis(lines[0], manifest)


def _received(place: Storage, lines: tuple[Line, ...], manifest: Manifest) -> Iterator[Statement]:
    """What became of the journal of received calls, which an archive leaves out."""
    listed = manifest.of_kind("received")
    if listed and "received" in left_out(place):
        yield Statement("received-absent", RECEIVED, {"count": len(listed)})
    elif listed and not lines:
        yield Statement("received-missing", RECEIVED, {"count": len(listed)})
    elif lines:
        yield from _lines(lines, listed, "received")


def _lines(
    lines: tuple[Line, ...], listed: tuple[ManifestEntry, ...], what: Literal["line", "received"]
) -> Iterator[Statement]:
    """What became of the lines of the evidence, or of the received calls."""
    file = EVIDENCE if what == "line" else RECEIVED
    found = difference([(each.name, each.sha256) for each in listed], [(each.name, each.digest) for each in lines])
    for before, after in found.changed:
        line = lines[after]
        is_ending = Line(line.number, line.raw.rstrip(b"\r\n") + b"\n", file).digest == listed[before].sha256
        key = f"{what}-ending" if is_ending else f"{what}-changed"
        name = listed[before].name
        name = line.called if line.name == name else name  # what a changed line says of itself may be what was changed
        yield Statement(key, f"{file}:{line.number}", {"number": line.number, "name": _called(name)})
    for before, after in found.moved:
        values: Values = {"before": before + 1, "number": after + 1, "name": _called(lines[after].called)}
        yield Statement(f"{what}-moved", f"{file}:{after + 1}", values)
    for before in found.gone:
        key = "footer-deleted" if listed[before].name == "footer" else f"{what}-deleted"
        yield Statement(key, file, {"number": before + 1, "name": _called(listed[before].name)})
    for after in found.come:
        values = {"number": after + 1, "name": _called(lines[after].called)}
        yield Statement(f"{what}-added", f"{file}:{after + 1}", values)
    if not (found.changed or found.moved or found.gone or found.come):
        yield Statement("lines-hold" if what == "line" else "received-hold", file, {"count": len(lines)})


def _called(name: str) -> Text:
    """A line as people call it: by its case, by what became of a call, or by what it is."""
    became, _, number = name.partition(" ")
    if became in _BECAME and number:
        return text("seal", f"call-{became}", number=number)
    return text("seal", f"line-is-{name}") if name in _LINES else Text.same(name)


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
    if named == tuple(stated(header.data)):
        yield Statement("basis-named", "", {"suites": len(manifest.of_kind("suite")), **counts})
    elif [each.sha256 for each in manifest.of_kind("line")[:1]] == [header.digest]:
        yield Statement("basis-changed", FILE)


def _messages(place: Storage, lines: tuple[Line, ...], manifest: Manifest) -> Iterator[Statement]:
    listed = manifest.of_kind("message")
    present = {name for name in place.names() if name.startswith("messages/")}
    if listed and "message" in left_out(place):
        yield Statement("messages-absent", "messages", {"count": len(listed)})
        return
    damaged = [Statement("bodies-damaged", each.partition(" ")[0]) for each in place.damage()]
    yield from damaged
    told = [*_message_changes(place, present, manifest)]
    if not told and not damaged:
        yield Statement("messages-hold", "messages", {"count": len(listed)})
        return
    users = {f"messages/{digest}.xml": _used(line) for line in reversed(lines) for digest in line.messages}
    yield from (Statement(key, name, {"used": users.get(name, text("seal", "unnamed"))}) for key, name in told)


def _message_changes(place: Storage, present: set[str], manifest: Manifest) -> Iterator[tuple[str, str]]:
    """What was changed, and which message it is."""
    listed = manifest.of_kind("message")
    for each in listed:
        if each.name not in present:
            yield "message-missing", each.name
        elif file_sha(_bytes(place, each.name)) != each.sha256:
            yield "message-changed", each.name
    yield from (("message-added", name) for name in sorted(present - {each.name for each in listed}))


def _used(line: Line) -> Text:
    file = "" if line.file == EVIDENCE else f"{line.file}, "
    return text("seal", "line-used", file=file, number=line.number, name=_called(line.called))


def _report(place: Storage, name: str, html: bytes, manifest: Manifest) -> Iterator[Statement]:
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


# What the lines say against one another: sums that are right say nothing of what was written before they were made


_GOOD = (Verdict.PASSED, Verdict.NOT_APPLICABLE)


def contradictions(run: Run, *, has_manifest: bool) -> Iterator[Statement]:
    """Each contradiction in one sentence; none in a run as the program wrote it, ended by itself.

    `has_manifest` says whether the run's own manifest lies beside the evidence: a run that ends by itself leaves one.
    """
    damage = (each for each in run.damage if run.footer is not None or not each.endswith(_CUT_SHORT))
    yield from (Statement("evidence-damaged", EVIDENCE, {"what": Text.same(each)}) for each in damage)
    if run.footer is None:
        yield Statement("footer-none", EVIDENCE)
    elif not has_manifest:
        yield Statement("manifest-gone", EVIDENCE)
    counted = dict(Counter(result.verdict.name for result in run.results))
    if run.footer is not None and not run.damage and counted != {**run.footer.verdicts}:
        yield Statement("footer-otherwise", EVIDENCE)
    for result in run.results:
        yield from _of_case(result)


def _of_case(result: CaseResult) -> Iterator[Statement]:
    for check in result.checks:
        if check.findings and check.verdict in _GOOD:
            yield Statement("verdict-with-findings", result.key, {"kind": check.kind, "verdict": _word(check.verdict)})
    worst = max((check.verdict for check in result.checks), default=Verdict.PASSED)
    if result.verdict in _GOOD and worst is Verdict.FAILED:
        yield Statement("verdict-too-good", result.key, {"verdict": _word(result.verdict), "worst": _word(worst)})


def _word(verdict: Verdict) -> Text:
    return text("seal", f"verdict-{verdict.name.lower().replace('_', '-')}")
