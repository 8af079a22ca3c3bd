"""The paragraphs of a Word document, each with where it stands in the bytes.

A form is filled by inserting bytes, so that what is not filled stays the very bytes it was. lxml does not tell offsets;
expat does, and reads here only what `xml.parse` has found to be sound: well-formed, no document type, no entities.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from rivta.model.errors import Unreadable, UsageError
from rivta.model.words import Source
from rivta.text import xml

WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",  # the strict form of the same standard
)
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_BYTES_ARE_UTF8 = {None, "utf-8", "us-ascii"}
_TAG_END = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_CHARACTER = re.compile(r"&[^;]*;|.", re.DOTALL)
_NAMED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph's text. `start` and `end` are the bytes of its content; both 0 for a break or a tab.

    `widths` are the bytes that each character takes there (`&amp;` takes five); empty where nothing can be inserted.
    """

    text: str
    start: int = 0
    end: int = 0
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: `document[start:end]` is all of it, and a run that is added to its end goes in at `closing`.

    `tag` is its name as written, such as `w:p`; `shade` its shading's fill in capitals; `level` its level in a numbered
    list, or None.
    """

    start: int
    end: int
    closing: int
    tag: str
    style: str
    shade: str
    bordered: bool
    level: int | None
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """What it says, line breaks and tabs as such."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def is_empty_tag(self) -> bool:
        """WrittenField as `<w:p/>`, so that there is no end tag to insert before."""
        return self.closing == self.end

    def byte_after(self, character: int) -> int | None:
        """Where in the document the byte after a character of the text stands; None where nothing can be inserted."""
        before = 0
        for piece in self.pieces:
            within = character - before
            if within < len(piece.text):
                return piece.start + sum(piece.widths[: within + 1]) if piece.widths else None
            before += len(piece.text)
        return None

    def bytes_of(self, first: int, end: int) -> tuple[tuple[int, int], ...]:
        """The stretches of bytes that the text's characters `first` up to `end` take, one for each piece of text."""
        stretches = []
        before = 0
        for piece in self.pieces:
            low, high = max(first - before, 0), min(end - before, len(piece.text))
            if low < high and piece.widths:
                start = piece.start + sum(piece.widths[:low])
                stretches.append((start, start + sum(piece.widths[low:high])))
            before += len(piece.text)
        return tuple(stretches)


def read_paragraphs(document: bytes, path: str) -> tuple[Paragraph, ...]:
    """Every paragraph in order, those of tables and content controls too. UsageError if the XML cannot be trusted."""
    try:
        xml.parse(document, path=path)
    except Unreadable as error:
        raise UsageError(f"word/document.xml cannot be read: {error.what}", source=error.source) from error
    encoding = xml.prolog_encoding(document)
    if (encoding and encoding.lower()) not in _BYTES_ARE_UTF8:
        raise UsageError(f"word/document.xml is in {encoding}; Word writes UTF-8", source=Source(path))
    reader = _ParagraphReader(document)
    reader.read()
    return tuple(sorted(reader.found, key=lambda paragraph: paragraph.start))


@dataclass(slots=True)
class _Open:
    """A paragraph whose end tag has not come yet."""

    start: int
    tag: str
    style: str = ""
    shade: str = ""
    bordered: bool = False
    level: int | None = None
    pieces: list[Piece] = field(default_factory=list)


class _ParagraphReader:
    """What expat tells, gathered into paragraphs. A text box stands inside a paragraph, so they are kept on a stack."""

    def __init__(self, document: bytes) -> None:
        self.found: list[Paragraph] = []
        self._document = document
        self._names: list[str] = []
        self._open: list[_Open] = []
        self._text_start = 0
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.StartElementHandler = self._starts
        self._expat.EndElementHandler = self._ends

    def read(self) -> None:
        """Reads it all; what can go wrong has gone wrong in `xml.parse` before."""
        self._expat.Parse(self._document, True)

    def _starts(self, full_name: str, attributes: Mapping[str, str]) -> None:
        name = _local(full_name)
        self._names.append(name)
        if "Fallback" in self._names:  # the same text again, for programs that know no text boxes
            return
        at = self._expat.CurrentByteIndex
        if name == "p":
            self._open.append(_Open(at, _tag_name(self._document, at)))
        elif self._open:
            self._inside(name, at, {_local(key): value for key, value in attributes.items()})

    def _inside(self, name: str, at: int, attributes: Mapping[str, str]) -> None:
        paragraph = self._open[-1]
        parents = self._names[-3:-1]
        if name == "t":
            self._text_start = _after_tag(self._document, at)
        elif parents == ["p", "pPr"]:
            _take_property(paragraph, name, attributes)
        elif name == "ilvl" and parents == ["pPr", "numPr"]:
            value = attributes.get("val", "")
            paragraph.level = int(value) if value.isdecimal() else None
        elif parents[-1:] == ["r"] and name in {"br", "cr", "tab"}:
            paragraph.pieces.append(Piece("\t" if name == "tab" else "\n"))

    def _ends(self, _full_name: str) -> None:
        is_shown = "Fallback" not in self._names
        name = self._names.pop()
        at = self._expat.CurrentByteIndex
        if not self._open or not is_shown:
            return
        if name == "t":
            self._open[-1].pieces.append(_piece(self._document, self._text_start, at))
        elif name == "p":
            self.found.append(self._closed(self._open.pop(), at))

    def _closed(self, paragraph: _Open, at: int) -> Paragraph:
        end = _after_tag(self._document, at)
        closing = end if at == paragraph.start else at
        return Paragraph(
            paragraph.start,
            end,
            closing,
            paragraph.tag,
            paragraph.style,
            paragraph.shade,
            paragraph.bordered,
            paragraph.level,
            tuple(paragraph.pieces),
        )


def _take_property(paragraph: _Open, name: str, attributes: Mapping[str, str]) -> None:
    if name == "pStyle":
        paragraph.style = attributes.get("val", "")
    elif name == "shd":
        paragraph.shade = attributes.get("fill", "").upper()
    elif name == "pBdr":
        paragraph.bordered = True
    elif name == "numPr":
        paragraph.level = 0


def _local(full_name: str) -> str:
    """Word's own elements by their short name; others by their full one, so that none is taken for Word's."""
    namespace, _, name = full_name.rpartition(" ")
    if full_name == _FALLBACK:
        return name
    return name if namespace in WORD else full_name


def _piece(document: bytes, start: int, end: int) -> Piece:
    if end < start:  # <w:t/>: the end is told to be where the tag begins
        return Piece("")
    raw = document[start:end].decode()
    if "<" in raw:  # a comment or CDATA, which no word processor writes here
        return Piece("")
    characters = _CHARACTER.findall(raw)
    return Piece("".join(map(_plain, characters)), start, end, tuple(len(each.encode()) for each in characters))


def _plain(character: str) -> str:
    if not character.startswith("&"):
        return character
    if character.startswith("&#"):
        return chr(int("0" + character[2:-1].replace("X", "x"), 16) if "x" in character else int(character[2:-1]))
    return _NAMED[character]


def _tag_name(document: bytes, at: int) -> str:
    name = re.match(rb"<([^\s/>]+)", document[at : at + 80])
    return name[1].decode() if name else "w:p"


def _after_tag(document: bytes, at: int) -> int:
    tag = _TAG_END.match(document, at)
    return tag.end() if tag else at
