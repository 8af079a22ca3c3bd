"""What in a text cannot go onto paper as it is: what nobody would see, what no font has, what is wider than its column."""

import re
import unicodedata
from typing import Any

from markupsafe import Markup

BREAK = "\N{ZERO WIDTH SPACE}"
"""Where the template may end a line within a long word. It never comes from the evidence: there it is made visible."""

_UNUSUAL = re.compile(r"[^\n -~\xa0-\xac\xae-\u024f–—…‘’“”]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode's categories of what has no shape: controls, text direction, private use, halves of characters, separators."""
_UNCOMMON = re.compile(r"[^\n\u200b -~\xa0-\xac\xae-\u017f–—‘’‚“”„†‡•…‰‹›€™−→←↑↓≤≥≠Α-ΡΣ-Ωα-ωА-я]")
_LONG_WORD = re.compile(r"[^\s/-]{13,}")
_CHECKSUM = re.compile(r"[0-9a-f]{64}(?![0-9a-f])")
_SEAM = re.compile(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])|(?<=[._:#=&;,@?>])(?=\w)")
_PIECE = re.compile(r"\S{12}(?=\S)")


def shown(value: Any, *, only_common: bool = False) -> Any:
    """The data with every text made printable; `only_common` leaves only letters that every font has."""
    if isinstance(value, Markup):  # a drawing
        return value
    if isinstance(value, str):
        return _text(value, only_common=only_common)
    if isinstance(value, dict):
        return {key: shown(each, only_common=only_common) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown(each, only_common=only_common) for each in value]
    return value


def _text(text: str, *, only_common: bool) -> str:
    plain = visible(text.replace("\r\n", "\n").replace("\t", "    "))
    common = _UNCOMMON.sub(_named, plain) if only_common else plain
    return _LONG_WORD.sub(_breakable, common)


def visible(text: str) -> str:
    """The text with everything named that has no shape: `‹U+202E›`. What is read must be what was sent."""
    return _UNUSUAL.sub(_unless_visible, text)


def _unless_visible(found: re.Match[str]) -> str:
    return _named(found) if unicodedata.category(found.group()) in _INVISIBLE else found.group()


def _named(found: re.Match[str]) -> str:
    return f"‹U+{ord(found.group()):04X}›"


def _breakable(found: re.Match[str]) -> str:
    """At the seams of a name where it has any, else anywhere. A checksum stays whole: it is set where it has room."""
    if _CHECKSUM.match(found.group()):
        return found.group()
    pieces = _SEAM.sub(BREAK, found.group()).split(BREAK)
    return BREAK.join(map(_in_reach, pieces))


def _in_reach(piece: str) -> str:
    longest = 19 if piece.isalpha() and piece.islower() else 14
    return _PIECE.sub(rf"\g<0>{BREAK}", piece) if len(piece) > longest else piece
