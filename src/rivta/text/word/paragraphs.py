"""The paragraphs of a Word document, with their headings numbered as Word shows them, and text put into them.

What nothing is put into stays as it was: Word and lxml write XML alike, so that a document of Word's comes back byte for byte.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from lxml import etree

from rivta.model.errors import Unreadable, UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.text import xml

_WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",  # the strict form of the same standard
)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""Holds the same text again, for programs that know no text boxes."""
_ENCODINGS = {None, "utf-8", "us-ascii"}
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:<\?xml\s[^>]*\?>\s*)?")
_COLUMNS = 64
"""More than Word lets a table have."""
_OWN_NAME = re.compile(r"(?:heading|rubrik)\s*([1-9])", re.IGNORECASE)


def _named(*names: str) -> tuple[str, ...]:
    """Elements of Word's own, as lxml knows them."""
    return tuple(f"{{{namespace}}}{name}" for name in names for namespace in _WORD)


_P, _RUN, _TEXT, _BREAK, _TAB = (_named(*names) for names in (("p",), ("r",), ("t",), ("br", "cr"), ("tab",)))
_PIECES = (*_TEXT, *_BREAK, *_TAB)
_TABLE, _ROW, _CELL = (_named(name) for name in ("tbl", "tr", "tc"))


@frozen
class Piece:
    """A stretch of a paragraph's text and the element that holds it; without one nothing can be put there."""

    text: str
    holder: etree._Element | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Paragraph:
    """A paragraph. `shade` is its shading's fill in capitals, `level` its level in a numbered list, or None.

    `number` is its place among all paragraphs of the document, from 0.
    """

    number: int
    element: etree._Element
    style: str
    shade: str
    bordered: bool
    level: int | None
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """What it says, line breaks and tabs as such."""
        return "".join(piece.text for piece in self.pieces)

    def takes(self, first: int, end: int) -> bool:
        """Whether text can be put instead of characters `first` up to `end`, or after the one before if they are equal."""
        return bool(self._holding(first, end))

    def put(self, first: int, end: int, text: str) -> None:
        """The text instead of those characters; in a run of its own where there are none. What comes next stands before it."""
        if not self.text.strip():
            run = etree.SubElement(self.element, self._tag("r"))
            self._hold(etree.SubElement(run, self._tag("t"), {_SPACE: "preserve"}), "", text, "")
            return
        for number, (holder, before, after) in enumerate(self._holding(first, end)):
            self._hold(holder, before, text if number == 0 else "", after)

    def _holding(self, first: int, end: int) -> list[tuple[etree._Element, str, str]]:
        """The elements that hold the characters, each with what stands in it before and after them."""
        found, start = [], 0
        for piece in self.pieces:
            low, high = max(first - start, 0), min(end - start, len(piece.text))
            is_held = low < high if first < end else 0 < low <= len(piece.text)
            if is_held and piece.holder is not None:
                found.append((piece.holder, piece.text[:low], (piece.holder.text or "")[max(low, high) :]))
            start += len(piece.text)
        return found

    def _hold(self, holder: etree._Element, before: str, text: str, after: str) -> None:
        """A line break closes the element and opens another."""
        first, *lines = text.split("\n")
        holder.text = before + first
        for line in lines:
            for name in ("br", "t"):
                following = etree.Element(self._tag(name), {_SPACE: "preserve"} if name == "t" else {})
                holder.addnext(following)
                holder = following
            holder.text = line
        holder.text = (holder.text or "") + after

    def _tag(self, name: str) -> str:
        return f"{{{etree.QName(self.element).namespace}}}{name}"


_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@frozen
class TextChange:
    """Characters `first` up to `end` of a paragraph become `text`; put after the character before if the two are equal."""

    paragraph: Paragraph
    first: int
    end: int
    text: str


def changed(document: bytes, changes: Iterable[TextChange]) -> bytes:
    """The document with all changes made; they do not overlap."""
    root = xml.parse(document, is_message=False)
    fresh = _paragraphs(root)
    for change in sorted(changes, key=lambda each: (each.paragraph.number, each.first), reverse=True):
        fresh[change.paragraph.number].put(change.first, change.end, change.text)
    encoding = xml.prolog_encoding(document) or "UTF-8"
    written = etree.tostring(root.getroottree(), encoding=encoding, xml_declaration=False)
    head, end = _HEAD.match(document), document[len(document.rstrip()) :]
    return (head[0] if head else b"") + written + end


def read_paragraphs(document: bytes, path: str) -> list[Paragraph]:
    """Every paragraph in order, those of tables and content controls too. UsageError if the XML cannot be trusted."""
    try:
        root = xml.parse(document, path=path, is_message=False)
    except Unreadable as error:
        raise UsageError(f"word/document.xml cannot be read: {error.what}", source=error.source) from error
    encoding = xml.prolog_encoding(document)
    if (encoding and encoding.lower()) not in _ENCODINGS:
        raise UsageError(f"word/document.xml is in {encoding}; Word writes UTF-8", source=Source(path))
    return _paragraphs(root)


def _paragraphs(root: etree._Element) -> list[Paragraph]:
    shown = (each for each in root.iter(*_P, *_PIECES) if next(each.iterancestors(_FALLBACK), None) is None)
    pieces: dict[etree._Element, list[Piece]] = {}
    for element in shown:
        if element.tag in _P:
            pieces[element] = []
        elif (owner := next(element.iterancestors(*_P), None)) is not None:  # a text box stands inside a paragraph
            pieces[owner] += _pieces(element)
    return [_paragraph(number, element, tuple(own)) for number, (element, own) in enumerate(pieces.items())]


def _pieces(element: etree._Element) -> Iterator[Piece]:
    if element.tag in _TEXT:
        # A comment within, which no word processor writes: what is around it cannot be told apart.
        yield Piece("") if len(element) else Piece(element.text or "", element)
    elif (run := element.getparent()) is not None and run.tag in _RUN:
        yield Piece("\t" if element.tag in _TAB else "\n")


def _paragraph(number: int, element: etree._Element, pieces: tuple[Piece, ...]) -> Paragraph:
    properties = next(element.iterchildren(*_named("pPr")), None)
    list_level = _child(_child(properties, "numPr"), "ilvl")
    return Paragraph(
        number,
        element,
        style=_attribute(_child(properties, "pStyle"), "val"),
        shade=_attribute(_child(properties, "shd"), "fill").upper(),
        bordered=_child(properties, "pBdr") is not None,
        level=_level(_child(properties, "numPr"), _attribute(list_level, "val")),
        pieces=pieces,
    )


def _level(numbered: etree._Element | None, said: str) -> int | None:
    if numbered is None or (said and not said.isdecimal()):
        return None
    return int(said or 0)


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return None if element is None else next(element.iterchildren(*_named(name)), None)


def _attribute(element: etree._Element | None, name: str) -> str:
    found = (value for key, value in element.items() if key.rpartition("}")[2] == name) if element is not None else ()
    return str(next(iter(found), ""))


@frozen
class HeadingStyle:
    """A style of headings: its level from 1, and whether Word numbers what is written in it."""

    level: int
    is_numbered: bool


def heading_styles(styles: bytes | None) -> dict[str, HeadingStyle]:
    """The styles that are headings, by id. Word calls them “heading 1” in every language; others are based on those."""
    try:
        root = xml.parse(styles or b"", is_message=False)
    except Unreadable:  # the document is readable without its styles
        return {}
    known = {_attribute(style, "styleId"): style for style in root.iter(*_named("style"))}
    found = {id_: _heading_style(list(_based(id_, known))) for id_ in known}
    return {id_: style for id_, style in found.items() if style is not None}


def _based(id_: str, known: Mapping[str, etree._Element]) -> Iterator[etree._Element]:
    """A style and those that it is based on, each once."""
    passed: set[str] = set()
    while id_ in known and id_ not in passed:
        passed.add(id_)
        yield known[id_]
        id_ = _attribute(_child(known[id_], "basedOn"), "val")


def _heading_style(chain: list[etree._Element]) -> HeadingStyle | None:
    if not chain or _attribute(_child(_child(chain[0], "pPr"), "outlineLvl"), "val") == "9":  # no text's own heading
        return None
    names = (_OWN_NAME.fullmatch(_attribute(_child(style, "name"), "val")) for style in chain)
    level = next((int(name[1]) for name in names if name), None)
    numbered = (_is_numbered(style) for style in chain)
    return None if level is None else HeadingStyle(level, next((each for each in numbered if each is not None), False))


def _is_numbered(element: etree._Element) -> bool | None:
    """Whether a style or a paragraph is in a numbered list; None where it says nothing of that."""
    number = _attribute(_child(_child(_child(element, "pPr"), "numPr"), "numId"), "val")
    return number != "0" if number else None


class Numbering:
    """Counts headings: `2.2.1` for the first of the third level under the second of the second, under the second.

    A heading that stands before any of the level above opens that level silently, as Word does: the published forms have
    an introduction without a number, and its parts are 1.1, 1.2 and so on.
    """

    def __init__(self, styles: Mapping[str, HeadingStyle]) -> None:
        self._styles = styles
        self._counts: list[int] = []

    def level(self, paragraph: Paragraph) -> int | None:
        """The paragraph's level as a heading, from 1; None if it is none, or says nothing."""
        own = _OWN_NAME.fullmatch(paragraph.style)
        style = self._styles.get(paragraph.style) or (HeadingStyle(int(own[1]), False) if own else None)
        return style.level if style and paragraph.text.strip() else None

    def number(self, paragraph: Paragraph, level: int) -> str:
        """The heading's number, counted on; empty for one that is in no numbered list."""
        own, style = _is_numbered(paragraph.element), self._styles.get(paragraph.style)
        if not (own if own is not None else style is not None and style.is_numbered):
            return ""
        counts = self._counts[:level] + [1] * (level - 1 - len(self._counts))
        self._counts = [*counts[: level - 1], (counts[level - 1] if len(counts) >= level else 0) + 1]
        return ".".join(map(str, self._counts))


@frozen
class WordTable:
    """A table by rows, each with the text of its cells; one that reaches over several columns is followed by empty ones."""

    rows: tuple[tuple[str, ...], ...]


def blocks(paragraphs: Iterable[Paragraph]) -> Iterator[Paragraph | WordTable]:
    """What a document says in order: paragraphs, and whole tables. A table within a cell is text of that cell."""
    for table, inside in groupby(paragraphs, lambda each: _outermost(each.element, _TABLE)):
        if table is None:
            yield from inside
        else:
            rows = groupby(inside, lambda each: _outermost(each.element, _ROW))
            yield WordTable(tuple(tuple(_cells(row)) for _, row in rows))


def _outermost(element: etree._Element, names: tuple[str, ...]) -> etree._Element | None:
    return next(iter(list(element.iterancestors(*names))[::-1]), None)


def _cells(row: Iterable[Paragraph]) -> Iterator[str]:
    for cell, inside in groupby(row, lambda each: _outermost(each.element, _CELL)):
        yield "\n".join(each.text for each in inside).strip()
        span = _attribute(_child(_child(cell, "tcPr"), "gridSpan"), "val")
        yield from [""] * (int(span) - 1 if span.isdecimal() and int(span) < _COLUMNS else 0)
