"""Numbers that name a person: found in any text, told from look-alikes, masked. The one recogniser, whoever asks.

What counts. A personnummer is a real date of birth, four more digits, and a check digit by Luhn over the last ten; a
samordningsnummer has 60 added to the day. They are written as twelve digits in any of the groups that people make of them (pairs,
fours, year, month and day, one by one), parted by blanks, dashes, points, strokes or a low line, or as ten digits with blanks,
dashes or a plus before the last four. A nationellt reservId is told by its form alone, for its check rule is not public:
`XXYYMMDDNNGC`, as Inera's specification Nationellt ReservID 1.0 has it. Digits and signs may be of any script and width, written as
character references, percent-encoded or escaped as in JSON, some of it several times over, with what nobody sees among them: soft
hyphens, marks of no width, comments and the edges of a CDATA section.

What is only told. `every` finds too what may be a person as well as anything else: ten bare digits, which are a phone number as
often; digits in a word with other digits; ten digits in groups of another kind; twelve that begin with 99, as a local reserve
number does in places; a reservId that may as well be six bytes in hexadecimal: of the letters a to f in small, or behind a group of
four as a UUID's last group is. It is shown as it stands, and a report says where. `names` finds ten bare digits where it is known whose they
would be.

What does not count. No further digit may touch the number, nor a dot with a digit beyond it (an OID, a decimal). What is part of a
UUID does not count, even twelve digits that are a person's to the digit; nor is anything in a longer row of hexadecimal. A timestamp has fourteen digits, so it never does; one of twelve can be a person's number to the digit, and
then it counts, as a date with four digits after it can: a mask too many harms less than one too few. Digits on two lines, in two
elements, in words or in base64 are not looked for.
"""

import hmac
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Literal

from rivta.model.clock import SYSTEM
from rivta.model.errors import Refused
from rivta.model.frozen import frozen
from rivta.text.spelling import SIGN, readings

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
_may_hold = re.compile(r"[0-9#]|[^\x00-\x7f\xc0-\u024f\u2000-\u206f]").search
"""What each spelling of a digit has somewhere in it: a plain digit, a reference's sign, or a letter beyond Latin and its punctuation."""
_has_eight = re.compile(r"(?:[^0-9]*+[0-9]){8}").match
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
_DIGEST = re.compile(r"[0-9a-f]{20,}", re.IGNORECASE | re.ASCII)
"""What is around twelve digits of a digest: the shortest has 32 letters."""
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


def names(text: str, value: str) -> bool:
    """Whether a text names this person (twelve characters), also by ten bare digits and whatever stands around them."""
    return any(value[2:] in SIGN.sub("", plain) for plain, _ in readings(text))


def every(text: str) -> list[Identity]:
    """Every number that is a person's or may be, in order."""
    if not (_has_eight if text.isascii() and "#" not in text else _may_hold)(text):
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
    word = _word_around(text, match.start(), match.end())
    if any(letter.isdigit() for letter in word):
        is_told, is_certain = is_twelve and grouping in _FIRM and not _DIGEST.fullmatch(word), False
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


def _word_around(text: str, start: int, end: int) -> str:
    before = _WORD_BEFORE.search(text, max(0, start - _WORD_LENGTH), start)
    after = _WORD_AFTER.match(text, end, end + _WORD_LENGTH)
    return (before[0] if before else "") + (after[0] if after else "")


def _is_in_uuid(text: str, start: int, end: int) -> bool:
    around = _UUID.finditer(text, max(0, start - _UUID_LENGTH), end + _UUID_LENGTH)
    return any(uuid.start() <= start and end <= uuid.end() for uuid in around)


# Who may be shown, and what stands where others stood


PUBLISHED: Mapping[str, str] = {
    "191212121212": "Tolvan Tolvansson, the customary person of the test data that Inera publishes with its contracts",
    "201212121212": "Lilltolvan Tolvansson, the customary child of the same test data",
}
"""Test persons that may always be sent and shown, each with its source."""
_WIDEST = 256
"""More letters than any spelling of a number that is looked for across a cut."""


def strangers(text: str, declared: Collection[str]) -> list[Identity]:
    """Every number that names somebody who is no test person: neither published nor declared in the environment."""
    return [one for one in find(text) if not is_test(one.value, declared)]


def refuse_name(what: str, name: str, declared: Collection[str] = ()) -> None:
    """Raise `Refused` for a name that names a person: every report and terminal shows it, and a name that was masked would find nothing."""
    if strangers(name, declared):
        raise Refused(
            f"the name of {what} names a person by number",
            todo="give it another name: it is shown wherever it is told of",
        )


def is_test(value: str, declared: Collection[str]) -> bool:
    """Whether the number is one that we may send and show: published, or declared in the environment, in whatever form."""
    number = _plain(value)
    return number in PUBLISHED or number in {_plain(one) for one in declared}


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning with its length; not cut within a person's number, half of which nobody would mask."""
    return text if len(text) <= longest else f"{beginning(text, longest)}… ({len(text)} characters)"


def beginning(text: str, longest: int) -> str:
    """The text's first characters, at most so many, and no part of a number that goes on after them."""
    if len(text) <= longest:
        return text
    first = max(0, longest - _WIDEST)
    around = every(text[first : longest + _WIDEST])
    return text[: next((first + one.start for one in around if one.start < longest - first < one.end), longest)]


@lru_cache(maxsize=1024)  # the same few test persons are held against each number of each message
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
        self.doubtful: set[str] = set()
        """The tokens of numbers that were let be and may be a person's all the same."""
        self.met = 0
        """How often somebody who is no test person, or may be somebody, was come upon."""

    def text(self, text: str) -> str:
        """The text with each identity that is not a test identity replaced by its token."""
        parts: list[str] = []
        end = 0
        for identity in every(text):
            if identity.value in self._allowed:
                continue
            self.met += 1
            token = f"person-{hmac.digest(self._key, identity.value.encode(), 'sha256').hex()[:8]}"
            (self.found if identity.is_certain else self.doubtful).add(token)
            if identity.is_certain:
                parts += [text[end : identity.start], token]
                end = identity.end
        return "".join((*parts, text[end:])) if parts else text
