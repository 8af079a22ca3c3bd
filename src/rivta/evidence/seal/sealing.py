"""The seal of a report: the manifest, and a SHA-256 over the report's own bytes, in the report itself.

The seal's value counts as zeros when it is computed, so that it can stand in what it seals. The parts of the report (its
sections, cases and exchanges) are listed with a short hash each, which proves nothing but tells where a change is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from html import escape, unescape

from rivta.evidence.seal.chain import Manifest, NoManifest, file_sha, head_of, parse, written
from rivta.evidence.seal.statement import Statement, limits
from rivta.model.frozen import frozen
from rivta.model.words import Lang, Text
from rivta.text.catalogue import text, words

PLACEHOLDER = b'<div id="seal"></div>'
"""What a report has where the seal is to stand."""
ZEROS = "0" * 64
_VALUE = re.compile(rb'<code id="seal-value">([^<]{0,200})</code>')
_SECTION = re.compile(rb'<section id="seal"[^>]*>.*?</section>', re.DOTALL)
_MANIFEST = re.compile(rb'<pre id="manifest"[^>]*>([^<]*)</pre>')
_PARTS = re.compile(rb'<pre id="parts"[^>]*>([^<]*)</pre>')
_OPENING = re.compile(rb"<(?:section|article|header|nav|script)\b[^>]*>")
_ID = re.compile(rb'\bid="([A-Za-z0-9._:-]+)"')
_HEADING = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LANG = re.compile(rb'<html lang="sv"')
_SHORT = 16
_HEAD = 4_000
"""So many bytes of a part are looked through for its heading."""
_BOM = b"\xef\xbb\xbf"
_TAGS = ("section", "article", "header", "nav", "script")
"""Parts without an address of their own."""


@frozen
class ReportPart:
    """A stretch of a report from one opening tag to the next: what it is called, its short hash, its heading."""

    label: str
    short: str
    heading: str = ""

    @property
    def item(self) -> tuple[str, str]:
        """What two reports are held against each other by."""
        return self.label, self.short

    @property
    def listed(self) -> str:
        """As it stands in the report's own list."""
        return f"{self.label or '-'} {self.short}"

    @property
    def shown(self) -> Text:
        """The part as people find it: its address in the report, and its heading."""
        if self.label in ("", "end"):
            return text("seal", "part-end" if self.label else "part-beginning")
        if self.label in _TAGS:
            return Text.same(f"<{self.label}>")
        return Text.same(f"#{self.label} “{self.heading}”" if self.heading else f"#{self.label}")


def block(manifest: Manifest) -> str:
    """The manifest as it stands in HTML, escaped: the text of `manifest.json` itself."""
    return escape(written(manifest), quote=False)


def seal(html: bytes, manifest: Manifest) -> bytes:
    """A rendered report with its manifest and its seal filled in where the template has `<div id="seal"></div>`.

    Nothing may be changed in it afterwards, not even a line ending. ValueError if the place is not there exactly once.
    """
    return b"".join(sealed([html], manifest))


def sealed(html: Iterable[bytes], manifest: Manifest) -> Iterator[bytes]:
    """The same, piece by piece: what stands before the seal is let go of at once."""
    whole, before, after = sha256(), _Outline(""), _Outline("end")
    lang: Lang | None = None
    pieces = iter(html)
    waiting = b""
    for piece in pieces:
        waiting += piece
        lang = lang or language(waiting)
        if PLACEHOLDER in waiting:
            break
        done, waiting = waiting[: -len(PLACEHOLDER)], waiting[-len(PLACEHOLDER) :]
        whole.update(done)
        before.take(done)
        yield done
    end, place, rest = waiting.partition(PLACEHOLDER)
    rest = b"".join((rest, *pieces))
    if not place or PLACEHOLDER in rest:
        raise ValueError("a report has one place for its seal, and this one has been sealed or has none")
    before.take(end)
    after.take(rest)
    listed = "\n".join(each.listed for each in (*before.parts(), *after.parts()))
    section = _section(lang or "en", manifest, listed).encode()
    for piece in (end, section, rest):
        whole.update(piece)
    yield end + _VALUE.sub(_value(whole.hexdigest()), section)
    yield rest


class _Outline:
    """Takes a stretch of a report apart as it comes. `label` is what stands before the first opening tag."""

    def __init__(self, label: str) -> None:
        self._label, self._hash, self._opens, self._waiting = label, sha256(), b"", b""
        self._parts: list[ReportPart] = []

    def take(self, piece: bytes) -> None:
        piece = self._waiting + piece
        last = piece.rfind(b"<")
        is_whole = last < 0 or b">" in piece[last:]
        end = len(piece) if is_whole else last  # the last tag goes on in the next piece
        self._waiting, place = piece[end:], 0
        for opening in _OPENING.finditer(piece, 0, end):
            self._add(piece[place : opening.start()])
            self._close(_label(opening.group()))
            place = opening.start()
        self._add(piece[place:end])

    def parts(self) -> list[ReportPart]:
        """All of them, once everything was taken."""
        self._add(self._waiting)
        self._close("")
        return self._parts

    def _add(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._opens += piece[: _HEAD - len(self._opens)]

    def _close(self, label: str) -> None:
        heading = _HEADING.search(self._opens.decode("utf-8", "replace"))
        words = " ".join(unescape(_TAG.sub("", heading.group(1))).split()) if heading else ""
        self._parts.append(ReportPart(self._label, self._hash.hexdigest()[:_SHORT], words[:80]))
        self._label, self._hash, self._opens = label, sha256(), b""


def is_sealed(html: bytes) -> bool:
    """Whether there is one seal in it that can be read, right or wrong."""
    return len(_VALUE.findall(html)) == 1


def _section(lang: Lang, manifest: Manifest, parts: str) -> str:
    """The report's last section, in its language, with zeros for the seal's value."""
    said = words("seal", lang)
    values = (
        ("head", f"<code>{manifest.head}</code>"),
        ("value", f'<code id="seal-value">{ZEROS}</code>'),
        ("count", str(manifest.count)),
    )
    facts = "".join(f"<div><dt>{said[f'section-{name}']}</dt><dd>{value}</dd></div>\n" for name, value in values)
    listed = "".join(f"<li>{escape(limit.in_(lang), quote=False)}.</li>\n" for limit in limits())
    return (
        f'<section id="seal" aria-labelledby="h-seal">\n<h2 id="h-seal">{said["section-heading"]}</h2>\n'
        f'<p>{said["section-lead"]}</p>\n<dl class="facts">\n{facts}</dl>\n<h3>{said["section-limits"]}</h3>\n<ul>\n{listed}</ul>\n'
        f"<details><summary>{said['section-manifest']}</summary>"
        f'<pre id="manifest" class="code">{block(manifest)}</pre></details>\n'
        f'<details><summary>{said["section-parts"]}</summary><pre id="parts" class="code">{parts}</pre></details>\n'
        "</section>"
    )


def language(html: bytes) -> Lang:
    """The language that a report is written in."""
    return "sv" if _LANG.search(html) else "en"


def differing(html: bytes, other: bytes) -> tuple[ReportPart, ...]:
    """The parts of a report that the other one does not have, and those that only the other has; the seal is no part."""
    here, there = ([*_parts(*_SECTION.split(each, maxsplit=1))] for each in (html, other))
    found = difference([each.item for each in there], [each.item for each in here])
    after = {*(after for _, after in found.changed), *(after for _, after in found.moved), *found.come}
    return (*(here[place] for place in sorted(after)), *(there[place] for place in found.gone))


def manifest_of(html: bytes) -> Manifest | None:
    """The manifest that a report carries, its head not checked; None if none can be read."""
    found = _MANIFEST.findall(html)
    try:
        return parse(unescape(found[0].decode())) if len(found) == 1 else None
    except (UnicodeDecodeError, NoManifest):
        return None


def check(name: str, html: bytes) -> list[Statement]:
    """What holds of a report by itself, and what was changed in which part of it."""
    if not is_sealed(html):
        return [Statement("report-unsealed", name)]
    if not _holds(html):
        return [*_changes(name, html)]
    manifest = manifest_of(html)
    if manifest is None:
        return [Statement("manifest-unreadable", name)]
    if manifest.head != head_of(manifest.run, manifest.entries):
        return [Statement("manifest-head", name)]
    return [Statement("report-holds", name)]


def _value(value: str) -> bytes:
    return b'<code id="seal-value">%b</code>' % value.encode()


def _holds(html: bytes) -> bool:
    stated = _VALUE.findall(html)
    return stated == [file_sha(_VALUE.sub(_value(ZEROS), html)).encode()]


def _changes(name: str, html: bytes) -> Iterator[Statement]:
    converted = html.removeprefix(_BOM).replace(b"\r\n", b"\n")
    if converted != html and is_sealed(converted) and _holds(converted):
        yield Statement("report-encoding", name)
        return
    listed = _listed(html)
    around = _SECTION.split(html)
    if listed is None or len(around) != 2:
        yield Statement("report-changed", name)
        return
    told = [*_differences(name, listed, [*_parts(*around)])]
    yield from told or [Statement("report-seal-changed", name)]


def _differences(name: str, listed: list[ReportPart], here: list[ReportPart]) -> Iterator[Statement]:
    found = difference([each.item for each in listed], [each.item for each in here])
    told = [("changed", here[after] if here[after].heading else listed[before]) for before, after in found.changed]
    told += [("removed", listed[before]) for before in found.gone]
    told += [("added", here[after]) for after in found.come]
    told += [("moved", here[after]) for _, after in found.moved]
    yield from (Statement(f"report-part-{became}", name, {"part": part.shown}) for became, part in told)


def _listed(html: bytes) -> list[ReportPart] | None:
    found = _PARTS.findall(html)
    if len(found) != 1:
        return None
    rows = [row.split(" ") for row in found[0].decode("ascii", "replace").split("\n")]
    is_list = all(len(row) == 2 for row in rows)
    return [ReportPart("" if row[0] == "-" else row[0], row[1]) for row in rows] if is_list else None


def _parts(*stretches: bytes) -> Iterator[ReportPart]:
    """The parts of what stands before and after the seal."""
    for stretch, label in zip(stretches, ("", "end"), strict=False):
        outline = _Outline(label)
        outline.take(stretch)
        yield from outline.parts()


def _label(opening: bytes) -> str:
    """What a part is called, by its opening tag."""
    id_ = _ID.search(opening)
    return id_.group(1).decode() if id_ else opening.split(b" ")[0].strip(b"<>").decode()


Item = tuple[str, str]
"""What something is called, and its hash."""


# Two lists held against each other: what is gone, new, moved, or changed in its place. By index.


@frozen
class Difference:
    """What became of a list. Pairs are (index before, index after)."""

    changed: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int], ...]
    gone: tuple[int, ...]
    come: tuple[int, ...]


def difference(before: Sequence[Item], after: Sequence[Item]) -> Difference:
    """What became of `before`. Something of the same hash elsewhere is moved; another hash in the same place is changed."""
    # Equal items are told apart, for a matcher is slow on many of them.
    matcher = SequenceMatcher(None, _distinct(before), _distinct(after), autojunk=False)
    gaps = [(range(a, b), range(c, d)) for what, a, b, c, d in matcher.get_opcodes() if what != "equal"]
    moved = _moved(before, after, gaps)
    left = {old for old, _ in moved}
    taken = {new for _, new in moved}
    changed: list[tuple[int, int]] = []
    for olds, news in gaps:
        free_old = [each for each in olds if each not in left]
        free_new = [each for each in news if each not in taken]
        changed += _paired(before, after, free_old, free_new)
    left |= {old for old, _ in changed}
    taken |= {new for _, new in changed}
    return Difference(
        tuple(changed),
        tuple(moved),
        tuple(each for olds, _ in gaps for each in olds if each not in left),
        tuple(each for _, news in gaps for each in news if each not in taken),
    )


def _distinct(items: Sequence[Item]) -> list[tuple[str, int]]:
    seen: Counter[str] = Counter()
    found = []
    for _, digest in items:
        found.append((digest, seen[digest]))
        seen[digest] += 1
    return found


def _moved(before: Sequence[Item], after: Sequence[Item], gaps: list[tuple[range, range]]) -> list[tuple[int, int]]:
    new_places: dict[str, list[int]] = {}
    for new in (new for _, news in gaps for new in news):
        new_places.setdefault(after[new][1], []).append(new)
    olds = (old for olds, _ in gaps for old in olds)
    return [(old, places.pop(0)) for old in olds if (places := new_places.get(before[old][1]))]


def _paired(before: Sequence[Item], after: Sequence[Item], olds: list[int], news: list[int]) -> list[tuple[int, int]]:
    """What stands in the same place: one for one where there are as many, else by name."""
    if len(olds) == len(news):
        return [*zip(olds, news, strict=True)]
    by_name: dict[str, list[int]] = {}
    for new in news:
        by_name.setdefault(after[new][0], []).append(new)
    return [(old, by_name[before[old][0]].pop(0)) for old in olds if by_name.get(before[old][0])]
