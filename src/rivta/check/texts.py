"""Checks of the text in the system's message: plain, with characters that XML escapes, in base64, as a document within the message."""

import base64 as codec
import binascii
from xml.sax.saxutils import escape

from lxml import etree

from rivta.check.kinds import NOTHING, Observation, Seen, SuiteBroke, kind, not_applicable
from rivta.check.reply import is_answer
from rivta.model.errors import Unreadable
from rivta.model.run import Finding
from rivta.text.catalogue import text as said
from rivta.text.xml import compiled, decoded, parse, path_of, value_of


@kind
def contains(seen: Seen, *, text: str, absent: bool = False, raw: bool = False, any_case: bool = False) -> Observation:
    """The message holds this text, or with `absent: yes` does not; XML escapes are undone before looking.

    An empty text is none to look for. What a reply lacks that is none of the contract's says nothing, but for a SOAP Fault that the case counts on.
    All text and all attributes are searched. With `raw: yes` the message is searched as it came, markup and escapes too, and so is a
    message that is not XML. With `any_case: yes` capitals and small letters are alike.
    """
    _look_for(text)
    haystack = decoded(seen.message.body) if raw else _plain(seen)
    there = text.casefold() in haystack.casefold() if any_case else text in haystack
    expected = f"{'0' if absent else '≥ 1'} × “{text}”"
    actual = f"{'≥ 1' if there else '0'} × “{text}”"
    if absent and not there and not (seen.exchange.inbound or seen.fault_allowed or is_answer(seen)):
        return not_applicable(said("check", "no_answer"))
    if there != absent:
        return Observation(expected, actual)
    key = "text_there" if absent else "text_lacking"
    return Observation(expected, actual, (_finding(seen, key, expected, actual, line=_line_of(seen, text)),))


def _look_for(text: str) -> None:
    if not text:
        raise SuiteBroke("the text to look for is empty: the check could not fail")


def _finding(seen: Seen, key: str, expected: str, actual: str, *, line: int | None = None, place: str = "") -> Finding:
    it = said("check", "the_call" if seen.exchange.inbound else "the_reply")
    return Finding(said("check", key, message=it), seen.direction, place, line, expected, actual)


def _plain(seen: Seen) -> str:
    """All text and attribute values of a readable message, else the raw bytes: what is no XML can be searched too."""
    try:
        root = parse(seen.message.body)
    except Unreadable:
        return decoded(seen.message.body)
    attributes = (str(value) for element in root.iter(etree.Element) for value in element.attrib.values())
    return "\n".join(["".join(str(piece) for piece in root.itertext()), *attributes])


def _line_of(seen: Seen, text: str) -> int | None:
    lines = decoded(seen.message.body).splitlines()
    return next((number for number, line in enumerate(lines, start=1) if text in line), None)


@kind
def special_characters(seen: Seen, *, text: str) -> Observation:
    """The message gives back a text with characters that XML escapes, or that are outside ASCII, as it was registered.

    Escapes and CDATA are undone once. Where the text is not there, what became of it is looked for: escaped twice, read in another
    encoding, or with another letter in place of what could not be written. Source: self-declarations TF 2.2.
    """
    _look_for(text)
    haystack = _plain(seen)
    if text in haystack:
        return Observation(f"“{text}”", f"“{text}”")
    became, key = next(((each, key) for each, key in _damaged(text) if each in haystack), (NOTHING, "text_lacking"))
    return Observation(f"“{text}”", became, (_finding(seen, key, text, became, line=_line_of(seen, became)),))


def _damaged(text: str) -> list[tuple[str, str]]:
    """What becomes of a text in systems that treat it wrongly, and how that is called."""
    twice = escape(text)
    wrong = [(twice, "escaped_twice"), (escape(twice), "escaped_twice")] if twice != text else []
    wrong += [(text.encode().decode(each, "replace"), "misread") for each in ("latin-1", "cp1252")]
    wrong += [
        (text.encode("ascii", "replace").decode(), "letters_lost"),
        ("".join(filter(str.isascii, text)), "letters_lost"),
    ]
    return [(each, key) for each, key in wrong if each not in (text, "")]


@kind
def base64(seen: Seen, *, path: str, max_bytes: int | None = None) -> Observation:
    """What an XPath 1.0 finds in the message is base64 that decodes, and holds something; where given, so many bytes at most.

    White space may stand in it, other stray letters may not. Source: RFC 4648, section 4; XML Schema part 2, base64Binary.
    """
    found = _texts(seen, path)
    sizes = [_size(value) for value, _ in found]
    limit = "" if max_bytes is None else f" ≤ {max_bytes}"
    expected = f"base64 {path} ≥ 1{limit} byte"
    actual = ", ".join("≠ base64" if size is None else f"{size} byte" for size in sizes) or NOTHING
    wrong = [
        _finding(seen, "not_base64", expected, actual, line=each.sourceline, place=path_of(each))
        for (_, each), size in zip(found, sizes, strict=True)
        if not size or (max_bytes is not None and size > max_bytes)
    ]
    return Observation(expected, actual, tuple(wrong) or _nothing(seen, path, found))


def _texts(seen: Seen, path: str) -> list[tuple[str, etree._Element]]:
    """The texts of the elements and attributes that are found, each with the element that it stands in."""
    root = seen.envelope.root
    found = compiled(path, seen.namespaces)(root)
    return [(value_of(each), _holder(each, root)) for each in (found if isinstance(found, list) else [found])]


def _holder(found: object, root: etree._Element) -> etree._Element:
    """The element that is found, or that an attribute or a text stands in; the message's, for a text that stands in none."""
    if isinstance(found, etree._Element):
        return found
    holder = found.getparent() if isinstance(found, etree._ElementUnicodeResult) else None  # noqa: SLF001 (lxml names the class no other way)
    return root if holder is None else holder


def _nothing(seen: Seen, path: str, found: list[tuple[str, etree._Element]]) -> tuple[Finding, ...]:
    return () if found else (_finding(seen, "text_lacking", "≥ 1 ×", "0 ×", place=path),)


def _size(text: str) -> int | None:
    """How many bytes a text holds in base64; None where it is none."""
    try:
        return len(codec.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        return None


@kind
def docbook(seen: Seen, *, path: str, elements: list[str]) -> Observation:
    """What an XPath 1.0 finds holds a document, as XML in its text: at least one of them, well-formed, of these elements alone.

    `elements` are local names, such as those of the DocBook subset that the contract allows. What is no XML is plain text, which is
    free. Source: the contract descriptions, formatted text.
    """
    found = [each for each in _texts(seen, path) if each[0].lstrip().startswith("<")]
    expected = " | ".join(elements)
    findings = [
        _finding(seen, "not_docbook", expected, unknown, line=each.sourceline, place=path_of(each))
        for value, each in found
        if (unknown := _unknown(value, elements))
    ]
    return Observation(f"DocBook {path}", f"{len(found)} ×", tuple(findings) or _nothing(seen, path, found))


def _unknown(document: str, known: list[str]) -> str:
    """The elements of a document that are none of those known, or what is wrong with it; empty for none."""
    try:
        root = parse(document.strip().encode())
    except Unreadable as unreadable:
        return unreadable.what
    names = dict.fromkeys(etree.QName(each).localname for each in root.iter(etree.Element))
    return ", ".join(name for name in names if name not in known)
