"""Numbers that name a person: found in any text, told from look-alikes, masked. The one recogniser, whoever asks.

What counts. A personnummer is a real date of birth, four more digits, and a check digit by Luhn over the last ten; a
samordningsnummer has 60 added to the day. They are written as twelve digits or as ten, with a dash or a plus of any kind or one
blank of any kind before the last four, a soft hyphen among them; year, month and day may be parted too, twice by the same sign.
A nationellt reservId is told by its form alone, for its check rule is not public: `XXYYMMDDNNGC`, as Inera's specification
Nationellt ReservID 1.0 has it. Digits and signs may be written as XML character references or percent-encoded.

What does not. Ten bare digits are a phone number as often as a person, and are let be: `names` finds them where it is known
whose they would be. No further digit may touch the number, nor a dot with a digit beyond it (an OID, a decimal); a letter may,
but only in a word without other digits (`pnr191212121212` counts, a hash or base64 does not). What is part of a UUID does
not count. A timestamp has fourteen digits, so it never does; one of twelve can be a person's number to the digit, and then
it counts, as a date with four digits after it can: a mask too many harms less than one too few.
"""

import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import unquote

from rivta.model.clock import SYSTEM

Kind = Literal["personnummer", "samordningsnummer", "reservid"]

PUBLISHED: Mapping[str, str] = {
    "191212121212": "Tolvan Tolvansson, the customary person of the test data that Inera publishes with its contracts",
    "201212121212": "Lilltolvan Tolvansson, the customary child of the same test data",
}
"""Test persons that may always be sent and shown, each with its source."""

_DASHES = "\\-\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_BLANKS = " \t\u00a0\u2000-\u200b\u202f\u205f\u2060\ufeff"
_BETWEEN = f"[{_DASHES}{_BLANKS}]"
_LAST_SIGN = f"[{_BLANKS}]?[+{_DASHES}][{_BLANKS}]?|[{_BLANKS}]"
# Each opens with the characters it may start with and looks back past them, for the engine skips to those at C speed.
_NUMBER = re.compile(
    rf"[0-9](?<![0-9]{{2}})(?<![0-9]\.[0-9])(?:[0-9]{{3}}|[0-9])(?P<between>{_BETWEEN}?)[0-9]{{2}}(?P=between)[0-9]{{2}}"
    rf"(?P<sign>{_LAST_SIGN})?[0-9]{{4}}(?!\.?[0-9]|:[0-9]{{2}}(?![0-9])|-[0-9]{{2}}-[0-9])",
    re.ASCII,
)
_RESERVE = re.compile(
    r"[02](?<![0-9A-Za-z].)(?:(?<=2)[235689][0-9]{6}|(?<=0)0[0-9]{2}[2-9][0-9][45][0-9])"
    rf"(?:{_LAST_SIGN})?[A-HJ-NPR-UX-Z]{{2}}[0-9A-Z]{{2}}(?![0-9A-Za-z])",
    re.ASCII,
)
_DIGITS = "0123456789"
_SIGN = re.compile(f"[+{_DASHES}{_BLANKS}]")
_SPELT = re.compile(
    r"&(?:amp;)*(?:#0*(?P<decimal>[0-9]{2,5})|#[xX]0*(?P<hex>[0-9a-fA-F]{2,4})|(?P<name>nbsp|shy|ndash|mdash));"
    r"|(?P<percent>(?:%[0-9a-fA-F]{2})+)"
)
_NAMED = {"nbsp": "\u00a0", "shy": "\u00ad", "ndash": "\u2013", "mdash": "\u2014"}
_RESERVE_CENTURIES = {"22": "19", "25": "19", "28": "19", "23": "20", "26": "20", "29": "20", "00": ""}
"""Each series of numbers adds 3 to the century of birth; 00 says that the date is not known."""
_CENTURIES = ("18", "19", "20")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_UUID_LENGTH = 36
_WORD_BEFORE = re.compile(r"[0-9A-Za-z]*\Z", re.ASCII)
_WORD_AFTER = re.compile(r"[0-9A-Za-z]*", re.ASCII)
_WORD_LENGTH = 64
_BEGUN_NUMBER = re.compile(r"[0-9+-]*[A-Z]{0,2}[0-9A-Z]{0,2}\Z", re.ASCII)
"""How far a word is followed to look for other digits: longer than any prefix that a person writes."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person's number in a text. `value` is its twelve characters however it was written; `text[start:end]` is as written."""

    kind: Kind
    value: str
    start: int
    end: int


def find(text: str) -> list[Identity]:
    """Every number in the text that names a person, in order."""
    found = _found(text)
    plain, spans = _read(text)
    spelt = (
        [replace(one, start=spans[one.start][0], end=spans[one.end - 1][1]) for one in _found(plain)] if spans else []
    )
    taken = {(one.value, one.end) for one in found}
    # A percent sign may stand before a number without being part of it: what can be read as it stands is.
    more = [one for one in spelt if (one.value, one.end) not in taken]
    return sorted((*found, *more), key=lambda one: one.start) if more else found


def _found(text: str) -> list[Identity]:
    return sorted((*_numbers(text), *_reserve_ids(text)), key=lambda one: one.start)


def names(text: str, value: str) -> bool:
    """Whether a text names this person (twelve characters), also by ten bare digits and whatever stands around them."""
    plain, _ = _read(text)
    return value[2:] in _SIGN.sub("", plain)


def _read(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with character references and percent-encoding undone, and where each of its characters stood; none: there too.

    Only what may be part of a number is undone.
    """
    if "&" not in text and "%" not in text:
        return text, []
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    end = 0
    for match in _SPELT.finditer(text):
        said = _said(match)
        if all(letter in _DIGITS or _SIGN.match(letter) for letter in said):
            parts += [text[end : match.start()], said]
            spans += [*((at, at + 1) for at in range(end, match.start())), *[match.span()] * len(said)]
            end = match.end()
    if not parts:
        return text, []
    return "".join((*parts, text[end:])), [*spans, *((at, at + 1) for at in range(end, len(text)))]


def _said(match: re.Match[str]) -> str:
    if match["percent"]:
        return unquote(match["percent"])
    if match["name"]:
        return _NAMED[match["name"]]
    return chr(int(match["decimal"]) if match["decimal"] else int(match["hex"], 16))


def _numbers(text: str) -> Iterator[Identity]:
    place = 0
    while match := _NUMBER.search(text, place):
        found = _person(text, match)
        place = match.end() if found else match.start() + 1
        if found:
            yield found


def _person(text: str, match: re.Match[str]) -> Identity | None:
    digits, sign = _SIGN.sub("", match[0]), (match["sign"] or "").strip()
    is_bare = len(digits) == 10 and not match["sign"]
    if is_bare or not _passes_luhn(digits[-10:]):
        return None
    value = digits if len(digits) == 12 else _century(digits[:6], sign) + digits
    kind = _kind(value[:8])
    if kind is None or _is_part_of_more(text, match.start(), match.end()):
        return None
    return Identity(kind, value, match.start(), match.end())


def _reserve_ids(text: str) -> Iterator[Identity]:
    for match in _RESERVE.finditer(text):
        value = _SIGN.sub("", match[0])
        century = _RESERVE_CENTURIES[value[:2]]
        is_dated = not century or _date(century + value[2:8])
        if is_dated and not _is_in_uuid(text, match.start(), match.end()):
            yield Identity("reservid", value, match.start(), match.end())


def _passes_luhn(ten: str) -> bool:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(ten))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _kind(eight: str) -> Kind | None:
    if not eight.startswith(_CENTURIES):
        return None
    if _date(eight):
        return "personnummer"
    day = int(eight[6:]) - 60
    return "samordningsnummer" if day > 0 and _date(f"{eight[:6]}{day:02}") else None


def _date(eight: str) -> date | None:
    try:
        return date(int(eight[:4]), int(eight[4:6]), int(eight[6:]))
    except ValueError:
        return None


def _century(six: str, sign: str) -> str:
    """The latest century in which the day is past; a plus sign says that the person has turned a hundred."""
    today = SYSTEM.now().date()
    day = int(six[4:]) % 60
    is_past = (2000 + int(six[:2]), int(six[2:4]), day) <= (today.year, today.month, today.day)
    return str((20 if is_past else 19) - (1 if sign == "+" else 0))


def _is_part_of_more(text: str, start: int, end: int) -> bool:
    before = _WORD_BEFORE.search(text, max(0, start - _WORD_LENGTH), start)
    after = _WORD_AFTER.match(text, end, end + _WORD_LENGTH)
    word = (before[0] if before else "") + (after[0] if after else "")
    return any(letter.isdigit() for letter in word) or _is_in_uuid(text, start, end)


def _is_in_uuid(text: str, start: int, end: int) -> bool:
    around = _UUID.finditer(text, max(0, start - _UUID_LENGTH), end + _UUID_LENGTH)
    return any(uuid.start() <= start and end <= uuid.end() for uuid in around)


def is_test(value: str, declared: Collection[str]) -> bool:
    """Whether the number is one that we may send and show: published, or declared in the environment, in whatever form."""
    number = _plain(value)
    return number in PUBLISHED or number in {_plain(one) for one in declared}


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning with its length; not cut within a person's number, half of which nobody would mask."""
    if len(text) <= longest:
        return text
    return f"{_BEGUN_NUMBER.sub('', text[:longest])}… ({len(text)} characters)"


def _plain(value: str) -> str:
    stripped = value.strip()
    found = find(stripped)
    return found[0].value if len(found) == 1 and (found[0].start, found[0].end) == (0, len(stripped)) else stripped


class Mask:
    """Hides every person who is not a test person behind a token, the same number the same token wherever it stands.

    The token is a keyed hash, so that one without the key cannot try numbers until one fits.
    """

    def __init__(self, key: bytes | str, allowed: Collection[str]) -> None:
        self._key = key.encode() if isinstance(key, str) else key
        self._allowed = frozenset(PUBLISHED) | {_plain(one) for one in allowed}
        self.found: set[str] = set()
        """The tokens of everyone who was masked so far."""

    def text(self, text: str) -> str:
        """The text with each identity that is not a test identity replaced by its token."""
        parts: list[str] = []
        end = 0
        for identity in find(text):
            if identity.value not in self._allowed:
                parts += [text[end : identity.start], self._token(identity.value)]
                end = identity.end
        return "".join((*parts, text[end:])) if parts else text

    def _token(self, value: str) -> str:
        token = f"person-{hmac.digest(self._key, value.encode(), 'sha256').hex()[:8]}"
        self.found.add(token)
        return token
