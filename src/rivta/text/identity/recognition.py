"""What is a person's number, by its form: the rules that the room's docstring states."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Literal

from rivta.model.clock import SYSTEM
from rivta.model.frozen import frozen
from rivta.text.identity.spelling import SIGN, readings

Kind = Literal["personnummer", "samordningsnummer", "reservid"]

_BETWEEN, _LAST = r"[-./_ \t]?", r"[-+./_: \t]{0,3}"
_LONE = r"(?<![0-9]{2})(?<![0-9]\.[0-9])"
_ENDS = r"(?!\.?[0-9]|:[0-9]{2}(?![0-9])|(?P<date>[-/])[0-9]{2}(?P=date)[0-9])"
_REST = rf"{_LAST}[0-9]{{2}}[- \t]?[0-9]{{2}}"
# Each opens with the characters it may start with and looks back past them, for the engine skips to those at C speed.
_TWELVE = re.compile(
    rf"[129]{_LONE}(?:(?:(?<=1)[89]|(?<=2)0|(?<=9)9)(?:{_BETWEEN}[0-9]{{2}}){{3}}{_REST}|(?P<one>[- \t])[0-9](?:(?P=one)[0-9]){{10}}){_ENDS}",
    re.ASCII,
)
_TEN = re.compile(rf"[0-9]{_LONE}[0-9](?:{_BETWEEN}[0-9]{{2}}){{2}}{_REST}{_ENDS}", re.ASCII)
_RESERVE = re.compile(
    r"[02](?<![0-9A-Za-z].)(?:(?<=2)[235689][0-9]{6}|(?<=0)0[0-9]{2}[2-9][0-9][45][0-9])"
    rf"{_LAST}[A-HJ-NPR-UX-Za-hj-npr-ux-z]{{2}}[0-9A-Za-z]{{2}}(?![0-9A-Za-z])",
    re.ASCII,
)
_FIRM = frozenset({(12,), (8, 4), (4, 2, 2, 4), (6, 4)})
_LOOSE = frozenset({(4, 4, 4), (6, 6), (2, 6, 4), (2, 2, 2, 2, 4), (2, 2, 2, 4), (2,) * 6, (1,) * 12})
"""How people group the digits; loosely only where no more digits stand in the row."""
_A_DATE_AND_A_TIME = (4, 2, 2, 2, 2)
_PARTING = frozenset("-+ \t")
"""What parts the last four of ten digits where they are a person's for certain."""
_RUNS = re.compile(r"[0-9]+")
_STRETCH = re.compile(r"[0-9](?:[-+./_: \t]{0,3}[0-9]){7,}")
"""What every number stands in: digits with no more between two of them than any pattern allows."""
_AROUND = 16
"""Letters after a stretch that a pattern may ask for: the last four of a reservId, and what stands behind a number."""
_MAY_HOLD = re.compile(r"[0-9#]|[^\x00-\x7f\xc0-\u024f\u2000-\u206f]")
"""What each spelling of a digit has somewhere in it: a plain digit, a reference's sign, or a letter beyond Latin and its punctuation."""
_EIGHT = re.compile(r"[0-9](?:[^0-9]*[0-9]){7}")
"""So many digits the shortest number has, a reservId; in ASCII each of them has a plain one in it, however it is spelt but as `&#xAEA;`."""
_SHORT = 400
"""Characters of a text that is likely to come again, as headers, addresses, sentences and the lines of a message do."""
_LONG = 20_000
"""Characters of a text whose lines are not looked up one by one."""
_OVER_LINES = re.compile(r"<!--(?![^\n]*-->)")
"""Where a comment begins that goes on on the next line."""
_MORE_BEFORE, _MORE_AFTER = re.compile(r"[0-9][-./_ \t]\Z"), re.compile(r"[-./_ \t][0-9]")
_DOUBLED = str.maketrans("0123456789", "0246813579")
"""Each digit twice, and the sum of the two digits that this may come to."""
_RESERVE_CENTURIES = {"22": "19", "25": "19", "28": "19", "23": "20", "26": "20", "29": "20", "00": ""}
"""Each series of numbers adds 3 to the century of birth; 00 says that the date is not known."""
_CENTURIES = ("18", "19", "20")
_LOCAL = "99"
_MONTHS = frozenset(f"{month:02}" for month in range(1, 13))
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_UUID_LENGTH = 36
_HEXADECIMAL = re.compile(r"[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_GROUP_BEFORE = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{4}-\Z", re.IGNORECASE | re.ASCII)
_WORD_BEFORE = re.compile(r"[0-9A-Za-z]*\Z", re.ASCII)
_WORD_AFTER = re.compile(r"[0-9A-Za-z]*", re.ASCII)
_WORD_LENGTH = 64
"""How far a word is followed to look for other digits: longer than any prefix that a person writes."""


@frozen
class Identity:
    """A person's number in a text. `value` is its twelve characters however it was written; `text[start:end]` is as written.

    Not `is_certain`: it may as well be something else.
    """

    kind: Kind
    value: str
    start: int
    end: int
    is_certain: bool = True


def find(text: str) -> list[Identity]:
    """Every number in the text that names a person, in order."""
    return [one for one in every(text) if one.is_certain]


def doubtful(text: str) -> list[Identity]:
    """Every number that may be a person's, and may as well be something else, in order."""
    return [one for one in every(text) if not one.is_certain]


def names(text: str, value: str) -> bool:
    """Whether a text names this person (twelve characters), also by ten bare digits and whatever stands around them."""
    return any(value[2:] in SIGN.sub("", plain) for plain, _ in readings(text))


def every(text: str) -> list[Identity]:
    """Every number that is a person's or may be, in order."""
    if not (_EIGHT if text.isascii() and "#" not in text else _MAY_HOLD).search(text):
        return []
    if len(text) == _UUID_LENGTH and _UUID.fullmatch(text):
        return []
    if len(text) <= _SHORT:
        return list(_remembered(text))
    return _by_line(text) if len(text) <= _LONG and not _OVER_LINES.search(text) else _all_in(text)


def _by_line(text: str) -> list[Identity]:
    """The same, for no number stands on two lines where no comment does: most lines of a message come again with the next."""
    found: list[Identity] = []
    start = 0
    for line in text.split("\n"):
        for one in _remembered(line) if len(line) <= _SHORT else _all_in(line):
            found.append(Identity(one.kind, one.value, start + one.start, start + one.end, one.is_certain))  # noqa: PERF401 - where a line starts follows from those before
        start += len(line) + 1
    return found


def _all_in(text: str) -> list[Identity]:
    found: dict[tuple[str, int], Identity] = {}
    for plain, stood in readings(text):
        for one in _found(plain):
            start, end = stood(one.start, one.end)
            placed = replace(one, start=start, end=end)
            # A percent sign may stand before a number without being part of it: what can be read as it stands is.
            known = found.setdefault((placed.value, placed.end), placed)
            if placed.is_certain and not known.is_certain:
                found[placed.value, placed.end] = placed
    return _apart(sorted(found.values(), key=lambda one: (one.start, not one.is_certain)))


_remembered = lru_cache(maxsize=4096)(_all_in)


def _apart(found: Iterable[Identity]) -> list[Identity]:
    """No two of them share a letter: several readings of a text may find one number in two ways."""
    apart: list[Identity] = []
    for one in found:
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
        elif one.is_certain and not apart[-1].is_certain:
            apart[-1] = one
        elif one.is_certain and one.end > apart[-1].end:
            apart.append(replace(one, start=apart[-1].end))
    return apart


def _found(text: str) -> list[Identity]:
    stretches = [each.span() for each in _STRETCH.finditer(text)]
    return [one for find in (_twelve, _ten, _reserve_ids) for start, end in stretches for one in find(text, start, end)]


# What is a number, in a text that is spelt plainly


def _numbers(pattern: re.Pattern[str], text: str, place: int, end: int) -> Iterator[Identity]:
    while (match := pattern.search(text, place, end + _AROUND)) and match.start() < end:
        found = _person(text, match)
        place = match.end() if found else match.start() + 1
        if found:
            yield found


_twelve, _ten = partial(_numbers, _TWELVE), partial(_numbers, _TEN)


def _person(text: str, match: re.Match[str]) -> Identity | None:
    runs, signs = _RUNS.findall(match[0]), _RUNS.split(match[0])[1:-1]
    digits = "".join(runs)
    # What is most often met is the number of an organisation, which has no month where a person's has it.
    if (digits[-8:-6] not in _MONTHS and digits[:-10] != _LOCAL) or not _passes_luhn(digits[-10:]):
        return None
    value = digits if len(digits) == 12 else _century(digits[:6], "".join(signs[-1:])) + digits
    kind: Kind | None = "reservid" if value.startswith(_LOCAL) else _kind(value[:8])
    if kind is None or _is_in_uuid(text, match.start(), match.end()):
        return None
    grouping = tuple(map(len, runs))
    is_alike, is_twelve = len({*signs[:-1]}) < 2, len(digits) == 12
    if _is_in_a_word_of_digits(text, match.start(), match.end()):
        is_told, is_certain = is_twelve and grouping in _FIRM, False
    else:
        is_firm, is_loose = is_alike and grouping in _FIRM, is_alike and grouping in _LOOSE
        is_alone = is_firm or not _touches_more(text, match.start(), match.end())
        is_told = (is_alone and grouping != _A_DATE_AND_A_TIME) or (is_loose and is_twelve)
        is_parted = is_twelve or (len(signs) > 0 and {*signs[-1]} <= _PARTING)
        is_certain = (is_firm or is_loose) and is_alone and is_parted and kind != "reservid"
    return Identity(kind, value, match.start(), match.end(), is_certain) if is_told else None


def _touches_more(text: str, start: int, end: int) -> bool:
    """Whether other digits stand in the same row of groups: a table, a card's number, a time."""
    return bool(_MORE_BEFORE.search(text, max(0, start - 2), start) or _MORE_AFTER.match(text, end))


def _reserve_ids(text: str, start: int, end: int) -> Iterator[Identity]:
    for match in _RESERVE.finditer(text, start, end + _AROUND):
        if match.start() >= end:
            return
        value = SIGN.sub("", match[0]).upper()
        century = _RESERVE_CENTURIES[value[:2]]
        is_dated = not century or _date(century + value[2:8])
        if is_dated and not _is_in_uuid(text, match.start(), match.end()):
            yield Identity("reservid", value, match.start(), match.end(), not _is_hexadecimal(text, match))


def _is_hexadecimal(text: str, match: re.Match[str]) -> bool:
    """Whether it may as well be six bytes in hexadecimal: in small letters, which nobody writes, or behind a UUID's group of four."""
    is_small = match[0] == match[0].lower() or bool(
        _GROUP_BEFORE.search(text, max(0, match.start() - 6), match.start())
    )
    return is_small and bool(_HEXADECIMAL.fullmatch(match[0]))


def _passes_luhn(ten: str) -> bool:
    return (sum(map(int, ten[1::2])) + sum(map(int, ten[::2].translate(_DOUBLED)))) % 10 == 0


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
    return str((20 if is_past else 19) - (1 if "+" in sign else 0))


def _is_in_a_word_of_digits(text: str, start: int, end: int) -> bool:
    before = _WORD_BEFORE.search(text, max(0, start - _WORD_LENGTH), start)
    after = _WORD_AFTER.match(text, end, end + _WORD_LENGTH)
    word = (before[0] if before else "") + (after[0] if after else "")
    return any(letter.isdigit() for letter in word)


def _is_in_uuid(text: str, start: int, end: int) -> bool:
    around = _UUID.finditer(text, max(0, start - _UUID_LENGTH), end + _UUID_LENGTH)
    return any(uuid.start() <= start and end <= uuid.end() for uuid in around)
