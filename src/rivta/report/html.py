"""`declaration.html`: one file that opens anywhere, offline, with scripts and inline styles blocked.

It stays plain as long as it is small. A large one keeps in plain what must be readable without scripts (summary, form,
requirements, what was found in every red case) and packs the rest, deflated: parts of HTML, many to a chunk, so that messages
that are alike cost little. A chunk is a data block of the page; `declaration.js` inflates it in place when somebody opens it.
"""

import re
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from tempfile import TemporaryFile
from typing import TextIO

from markupsafe import Markup

from rivta.declaration.comparison import Comparison
from rivta.model.declaration import Declaration
from rivta.model.run import Run
from rivta.model.words import Lang
from rivta.report.layout import SYMBOLS, View, clean, drawn, packaged
from rivta.report.listing import SHOWN_CHARACTERS
from rivta.report.markup import CaseHtml
from rivta.report.view import build
from rivta.report.voice import Voice

PLAIN_BYTES = 4_000_000
"""A report that would be larger than this is packed: what is smaller opens at once, and everything in it can be searched."""

_BLOCK_CHARACTERS = 100_000
_CASES = "\x1d"
"""Stands in a page where its cases are to stand. No report holds a control character."""
_A_CASE, _A_CHECK, _AN_EXCHANGE, _TWICE = 1_500, 750, 2_000, 2.2
_CHUNK_CHARACTERS = 500_000
_ID = re.compile(r' id="([^"]+)"')
_HREF = re.compile(r'href="#([^"]+)"')
_BETWEEN = b"\x1e"
"""Stands between the parts of a chunk. No part holds it, for no report holds a control character."""


def is_needed(run: Run) -> bool:
    """Whether the report of a run would be too large to stay plain, judged by the sizes of what it shows."""
    bodies = {each.digest: min(each.size, SHOWN_CHARACTERS) for each in run.messages}
    exchanges = len(run.strays) + sum(len(each.exchanges) for each in run.results)
    checks = sum(len(each.checks) for each in run.results) + sum(len(each.checks) for each in run.strays)
    frame = (len(run.results) + len(run.strays)) * _A_CASE + checks * _A_CHECK + exchanges * _AN_EXCHANGE
    return frame + _TWICE * sum(bodies.values()) > PLAIN_BYTES


def render(declaration: Declaration, lang: Lang = "sv", *, previous: Comparison | None = None) -> bytes:
    """The self-declaration as HTML in UTF-8. Give it the run as it was read: it masks identities itself.

    `previous` adds what changed since an earlier run. A large report packs what scripts can unfold.
    """
    return b"".join(written(declaration, lang, previous=previous))


def written(declaration: Declaration, lang: Lang = "sv", *, previous: Comparison | None = None) -> Iterator[bytes]:
    """What `render` gives, piece by piece: neither the page nor its cases are ever there all at once."""
    pack = Pack() if is_needed(declaration.run) else None
    values = _values(declaration, lang, previous, pack)
    if pack is None:
        yield from (clean(block) for block in _blocks(drawn("declaration.html", **values)))
        return
    with TemporaryFile("w+", encoding="utf-8", errors="surrogatepass") as cases:
        # A link on the first page may lead into a case, and only once that is drawn it is known what was packed.
        early = [name for name in ("cases", "strays") if name in values["view"]["parts"]]
        for name in early:
            cases.writelines(drawn(f"{name}.html", **values))
        values["early"] = {name: Markup(_CASES if place == 0 else "") for place, name in enumerate(early)}  # noqa: S704
        page = _with_cases(drawn("declaration.html", **values), cases)
        yield from (clean(pack.linked(block)) for block in _blocks(page))


def _values(declaration: Declaration, lang: Lang, previous: Comparison | None, pack: "Pack | None") -> View:
    style, script = packaged("declaration.css"), packaged("declaration.js") if pack else ""
    said = Voice(lang).words
    return {
        "view": build(declaration, lang, previous=previous, is_packed=pack is not None),
        "words": said,
        "symbols": SYMBOLS,
        "pack": pack,
        "html": CaseHtml(said, pack.put if pack else None),
        "early": {},
        "style": Markup(style),  # noqa: S704  # our own file, and the hash in the policy is of these very bytes
        "style_digest": _digest(style),
        "has_pictures": any(note.files for note in declaration.run.notes),
        "script": Markup(script),  # noqa: S704  # the same
        "script_digest": _digest(script),
    }


def _with_cases(page: Iterable[str], cases: TextIO) -> Iterator[str]:
    """The page, with what was drawn before it in its place."""
    for piece in page:
        if piece != _CASES:
            yield piece
            continue
        cases.seek(0)
        while read := cases.read(_BLOCK_CHARACTERS):
            yield read


def _blocks(pieces: Iterable[str]) -> Iterator[str]:
    """The same in larger pieces, each of whole tags."""
    waiting: list[str] = []
    room = _BLOCK_CHARACTERS
    for piece in pieces:
        waiting.append(piece)
        room -= len(piece)
        if room <= 0:
            text = "".join(waiting)
            end = text.rfind("<")
            yield text[:end]
            waiting, room = [text[end:]], _BLOCK_CHARACTERS
    yield "".join(waiting)


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


# What a large report folds away


class _Stream:
    """Parts of one kind, in chunks: what is alike stands close together, for deflate looks back 32 KB only."""

    def __init__(self) -> None:
        self._packed: list[str] = []
        self._parts: list[bytes] = []
        self._room = _CHUNK_CHARACTERS

    def put(self, part: str) -> tuple[int, int]:
        if self._room <= 0:
            self._close()
        self._parts.append(clean(part))
        self._room -= len(part)
        return len(self._packed), len(self._parts) - 1

    def chunks(self) -> list[str]:
        if self._parts:
            self._close()
        return self._packed

    def _close(self) -> None:
        self._packed.append(b64encode(zlib.compress(_BETWEEN.join(self._parts))).decode())
        self._parts, self._room = [], _CHUNK_CHARACTERS


class Pack:
    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._homes: dict[str, str] = {}

    def put(self, part: str, stream: str, home: str) -> str:
        """Keep a part of HTML; returns its place. `home` is the `id` of what stands in plain and holds the part."""
        self._homes.update(dict.fromkeys(_ID.findall(part), home))
        chunk, index = self._streams.setdefault(stream, _Stream()).put(part)
        return f"{stream}{chunk}.{index}"

    def chunks(self) -> Iterator[View]:
        """Everything that was kept, as data blocks of the page: each a `name`, and as `data` zlib in base64."""
        for name, stream in self._streams.items():
            yield from ({"name": f"{name}{number}", "data": data} for number, data in enumerate(stream.chunks()))

    def linked(self, page: str) -> str:
        """The page with each link into a part leading to the part's home; the script leads on from there."""
        return _HREF.sub(self._link, page)

    def _link(self, found: re.Match[str]) -> str:
        home = self._homes.get(found[1])
        return f'href="#{home}" data-at="{found[1]}"' if home else found[0]
