"""How a text may be read where digits and signs are spelt otherwise: of another script or width, as references, encoded, escaped."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from html.entities import html5
from urllib.parse import unquote_to_bytes

SIGN = re.compile(r"[-+./_: \t]")
"""What may part the digits of a number, spelt plainly."""
_SPELT = re.compile(
    r"[&%\\<\]](?:(?<=&)(?:amp;)*(?:#0*(?P<decimal>[0-9]{2,6})|#[xX]0*(?P<hex>[0-9a-fA-F]{2,5})|(?P<name>[A-Za-z]{2,24}));"
    r"|(?<=%)(?P<percent>[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*)|(?<=\\)\\*(?:u(?P<unicode>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2}))"
    r"|(?P<nothing>(?<=<)!--(?:[^-]|-(?!->)){0,400}-->(?=[-+ 0-9&%\\])|(?<=<)!\[CDATA\[|(?<=\])\]>(?=[-+ 0-9&%\\<])))",
    re.DOTALL,
)
_OTHER = re.compile(r"[^\x00-\x7f\xc0-\u024f]")
"""What may be a digit or a sign of another script, a blank of another width, or seen by nobody: most of Latin is not."""
_OPENINGS = ("&", "%", "\\u", "\\x", "<!--", "]]>", "<![")
_DEEPEST = 4
"""How many times over a spelling is undone."""
_SOFT_HYPHEN = "\u00ad"
_SOFT = re.compile(_SOFT_HYPHEN)
_DASHES = frozenset("\u2212\u02d7\u2043\u2022\u00b7\u207b\u208b")
"""What looks like a dash and is none by its category."""


Stood = Callable[[int, int], tuple[int, int]]
"""Where a stretch of a reading stands in the text that it is a reading of."""


def _as_it_stands(start: int, end: int) -> tuple[int, int]:
    return start, end


def readings(text: str) -> Iterator[tuple[str, Stood]]:
    """The text as it stands, and with every other spelling of digits and signs undone; each with where its letters stood."""
    yield text, _as_it_stands
    written = text
    stood: Stood = _as_it_stands
    if not text.isascii():
        text, stood = _undone(text, stood, _OTHER)
    for _ in range(_DEEPEST):
        before = text
        if any(opening in text for opening in _OPENINGS):
            text, stood = _undone(text, stood, _SPELT)
        if text is before:
            break
    if text is written and _SOFT_HYPHEN not in text:
        return
    yield text, stood
    if _SOFT_HYPHEN in text:  # it may stand for the dash, and among the digits too
        yield _undone(text, stood, _SOFT)
        yield text.replace(_SOFT_HYPHEN, "-"), stood


def _undone(text: str, before: Stood, pattern: re.Pattern[str]) -> tuple[str, Stood]:
    """The text with what may be part of a number spelt plainly, as far as the pattern finds it."""
    parts: list[str] = []
    edges: list[_Edge] = [(0, 0, 0)]
    end = length = 0
    for match in pattern.finditer(text):
        said = _said(match)
        if said is not None and said != match[0]:
            parts += [text[end : match.start()], said]
            length += match.start() - end
            edges += [(length + place, *match.span()) for place in range(len(said))]
            length, end = length + len(said), match.end()
            edges.append((length, end, 0))
    if not parts:
        return text, before

    def stood(start: int, to: int) -> tuple[int, int]:
        return before(_place(edges, start)[0], _place(edges, to - 1)[1])

    return "".join((*parts, text[end:])), stood


_Edge = tuple[int, int, int]
"""From where on in a reading, what stands where in the text: a letter that a stretch of it spells, or, to 0, letters as they are."""


def _place(edges: list[_Edge], at: int) -> tuple[int, int]:
    begins, start, end = edges[bisect_right(edges, at, key=lambda edge: edge[0]) - 1]
    return (start, end) if end else (start + at - begins, start + at - begins + 1)


def _said(match: re.Match[str]) -> str | None:
    """The digits and signs that a spelling means, what nobody sees as a soft hyphen; None if it means something else alone."""
    if match.re is _SOFT:
        return ""
    if match.re is _OTHER:
        return _plainly(match[0]) or None
    if match["nothing"]:
        return _SOFT_HYPHEN
    letters = [(_plainly(letter), letter) for letter in _meant(match)]
    return "".join(plain or letter for plain, letter in letters) if any(plain for plain, _ in letters) else None


def _meant(match: re.Match[str]) -> str:
    if match["percent"]:
        written = unquote_to_bytes(f"%{match['percent']}")
        try:
            return written.decode()
        except UnicodeDecodeError:
            return written.decode("latin-1")
    if match["name"]:
        return html5.get(f"{match['name']};", "")
    code = match["decimal"] or match["hex"] or match["unicode"] or match["byte"]
    return chr(int(code, 10 if match["decimal"] else 16))


@cache
def _plainly(letter: str) -> str:
    """A digit or a sign of any script as the plain one; empty for what is part of no number."""
    category = unicodedata.category(letter)
    if category in ("Cf", "Mn"):
        return _SOFT_HYPHEN
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    if category == "Pd" or letter in _DASHES:
        return "-"
    if category == "Zs" or letter == "\t":
        return " "
    plain = unicodedata.normalize("NFKC", letter)
    return plain if SIGN.fullmatch(plain) or plain in "&%#;" else ""
