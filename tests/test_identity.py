"""Persons' numbers are found wherever they stand, and nothing else is taken for one. All numbers here are made up at run time."""

import string
import sys
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rivta.text.identity import PUBLISHED, Identity, Mask, every, find, is_test, shortened
from rivta.text.identity import names as identity_names


def check_digit(nine: str) -> str:
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(nine))
    return str(-total % 10)


def number(born: date, serial: int, added_to_day: int = 0) -> str:
    six = f"{born:%y%m}{born.day + added_to_day:02}"
    return f"{born.year // 100}{six}{serial:03}{check_digit(f'{six}{serial:03}')}"


births = st.dates(date(1900, 1, 1), date(2025, 12, 31))
personnummer = st.builds(number, births, st.integers(0, 999))
samordningsnummer = st.builds(number, births, st.integers(0, 999), st.just(60))
persons = personnummer | samordningsnummer
reserve_letters = st.text("ABCDEFGHJKLMNPRSTUXYZ", min_size=2, max_size=2)
last_two = st.text(string.digits + "ABCDEFGHJKLMNPRSTUXYZ", min_size=2, max_size=2)
reserve_ids = st.builds(
    lambda born, series, letters, end: f"{born.year // 100 + series}{born:%y%m%d}{letters}{end}",
    births,
    st.sampled_from([3, 6, 9]),
    reserve_letters,
    last_two,
) | st.builds(
    lambda year, month, day, letters, end: f"00{year:02}{month}{day}{letters}{end}",
    st.integers(0, 99),
    st.integers(20, 99),
    st.integers(40, 59),
    reserve_letters,
    last_two,
)
# Any text, but for a letter, digit or dot right at the number: the rule of the module's docstring.
before = st.text().map(lambda text: text.rstrip(string.ascii_letters + string.digits + ".-+"))
after = st.text().map(lambda text: text.lstrip(string.ascii_letters + string.digits + ".-+"))


def values(text: str) -> list[str]:
    return [identity.value for identity in find(text)]


@given(persons | reserve_ids, before, after)
def test_a_person_is_found_in_any_text(person: str, before: str, after: str) -> None:
    text = before + person + after
    assert Identity(find(person)[0].kind, person, len(before), len(before) + 12) in find(text)


@given(persons, st.sampled_from("-+"))
def test_a_sign_before_the_last_four_does_not_hide_a_person(person: str, sign: str) -> None:
    assert values(f"{person[:8]}{sign}{person[8:]}") == [person]


@given(st.builds(number, st.dates(date(1930, 1, 1), date(2025, 12, 31)), st.integers(0, 999), st.sampled_from([0, 60])))
def test_ten_digits_and_a_hyphen_mean_the_latest_century(person: str) -> None:
    assert values(f"{person[2:8]}-{person[8:]}") == [person]


def test_a_plus_means_a_hundred_years_or_more() -> None:
    assert values("121212+1212") == ["191212121212"]
    assert values("121212-1212") == ["201212121212"]


@given(personnummer, samordningsnummer, reserve_ids)
def test_kinds(person: str, coordination: str, reserve: str) -> None:
    kinds = [identity.kind for identity in find(f"{person} {coordination} {reserve}")]
    assert kinds == ["personnummer", "samordningsnummer", "reservid"]


@given(persons, st.text(string.ascii_letters, min_size=1, max_size=20))
def test_letters_do_not_hide_a_person_but_a_word_with_other_digits_is_no_person(person: str, word: str) -> None:
    assert values(word + person) == values(person + word) == [person]
    assert values(f"{word}7{word}{person}") == values(f"{person}{word}7") == []


@given(st.datetimes(datetime(1000, 1, 1)))  # noqa: DTZ001 (any time will do)
def test_a_timestamp_is_no_person(moment: object) -> None:
    assert find(f"{moment:%Y%m%d%H%M%S} {moment:%Y-%m-%dT%H:%M:%S.%fZ} {moment:%Y-%m-%d} {moment:%Y%m%d}") == []


@given(st.uuids())
def test_a_uuid_is_no_person(uuid: object) -> None:
    assert every(f"{uuid} {str(uuid).upper()} urn:uuid:{uuid}") == []


@given(reserve_ids)
@example("00654556TN9X")  # twelve digits of its digest are a local number, to the check digit
def test_not_even_a_uuid_that_ends_like_a_reserve_number_or_a_digest_that_holds_one(reserve: str) -> None:
    hexadecimal = reserve[:8] + "".join(f"{ord(letter) % 16:X}" for letter in reserve[8:])
    for digits in (hexadecimal, hexadecimal.lower()):
        digest = sha256(digits.encode()).hexdigest()
        assert every(f"{digest} {digest[:20]}{digits}{digest[32:]} {digest[:8]}-1b2c-4d5e-890c-{digits}") == []


@given(personnummer, st.uuids())
def test_not_even_a_uuid_that_ends_like_one(person: str, uuid: object) -> None:
    assert find(f"{str(uuid)[:24]}{person}") == []


@given(persons, st.integers(0, 9))
def test_an_oid_or_a_decimal_is_no_person(person: str, arc: int) -> None:
    assert find(f"1.2.752.{arc}.{person}") == find(f"{person}.{arc}") == []


@given(st.integers(10_000_000, 999_999_999))
def test_a_phone_number_is_no_person(subscriber: int) -> None:
    number = str(subscriber)
    assert (
        find(
            f"+46{number} 0046{number} 0{number} 0{number[:2]}-{number[2:]} +46 {number[:2]} {number[2:5]} {number[5:]}"
        )
        == []
    )


@given(st.integers(2000, 9999), st.integers(0, 9999), st.integers(0, 9999))
def test_an_hsa_id_is_no_person(group: int, serial: int, unit: int) -> None:
    nine = f"{group // 100:02}{max(group % 100, 20):02}{serial:04}0"
    organisation = nine + check_digit(nine)
    assert (
        find(
            f"SE{organisation} SE{organisation}-{unit:04} SE{organisation}-{unit:04}#{unit} {organisation[:6]}-{organisation[6:]}"
        )
        == []
    )


@given(st.binary(min_size=30))
def test_base64_and_hashes_are_no_persons(content: bytes) -> None:
    assert find(b64encode(content).decode()) == every(content.hex()) == []


@given(personnummer, st.integers(1, 9))
def test_a_wrong_check_digit_is_no_person(person: str, off: int) -> None:
    assert find(person[:11] + str((int(person[11]) + off) % 10)) == []


@pytest.mark.parametrize("day", ["20190229", "20191301", "20190100", "20190192", "17121212", "21121212"])
def test_a_day_that_never_was_is_no_person(day: str) -> None:
    assert find(f"{day}123{check_digit(day[2:] + '123')}") == []


def test_every_published_person_is_well_formed_and_has_a_source() -> None:
    for person, source in PUBLISHED.items():
        assert values(person) == [person]
        assert source


@given(persons | reserve_ids)
def test_only_published_and_declared_persons_are_test_persons(person: str) -> None:
    assume(person not in PUBLISHED)
    assert not is_test(person, [])
    assert is_test(person, [person])
    assert is_test(person, [f"{person[:8]}-{person[8:]}"])
    assert all(is_test(published, []) for published in PUBLISHED)
    assert is_test(f" {person} ", {person})


MADE = number(date(1953, 4, 12), 123)
TENTH = number(date(1953, 4, 12), 123, 60)
EIGHT, LAST, TEN = MADE[:8], MADE[8:], MADE[2:]
"""By what a person is written in messages, addresses and reports: {0} is the date of birth in eight digits, {3} the last four."""
SPELLINGS = {
    "a blank": "{0} {3}",
    "two blanks": "{0}  {3}",
    "a no-break space": "{0}\u00a0{3}",
    "a narrow no-break space": "{0}\u202f{3}",
    "an ideographic space": "{0}\u3000{3}",
    "an en dash": "{0}\u2013{3}",
    "an em dash": "{0}\u2014{3}",
    "a dash between no-break spaces": "{0}\u00a0\u2013\u00a0{3}",
    "a non-breaking hyphen": "{0}\u2011{3}",
    "a minus sign": "{0}\u2212{3}",
    "an Armenian hyphen": "{0}\u058a{3}",
    "a middle dot": "{0}\u00b7{3}",
    "a soft hyphen": "{0}\u00ad{3}",
    "a soft hyphen among the digits": "{4}\u00ad{5}{6}{3}",
    "a soft hyphen in ten digits": "{7}\u00ad{3}",
    "a zero width space": "{0}\u200b{3}",
    "zero width spaces all through": "{8}",
    "a zero width joiner among the digits": "{4}\u200d{5}{6}{3}",
    "marks of direction": "\u200e{0}\u200e-{3}\u200f",
    "a dash between blanks": "{0} - {3}",
    "a point": "{0}.{3}",
    "a stroke": "{0}/{3}",
    "a low line": "{0}_{3}",
    "a colon": "{0}:{3}",
    "a date in ISO form": "{4}-{5}-{6}-{3}",
    "a date in ISO form and a blank": "{4}-{5}-{6} {3}",
    "a date with points": "{4}.{5}.{6}-{3}",
    "a date with strokes": "{4}/{5}/{6} {3}",
    "blanks all through": "{4} {5} {6} {3}",
    "pairs": "{9}",
    "one by one": "{10}",
    "fours": "{4} {5}{6} {3}",
    "sixes": "{4}{5} {6}{3}",
    "the century apart": "19 {7}-{3}",
    "full-width digits": "{11}",
    "Arabic digits": "{12}",
    "percent-encoding": "{0}%2D{3}",
    "percent-encoding of a blank": "{0}%20{3}",
    "percent-encoding of a no-break space": "{0}%C2%A0{3}",
    "percent-encoding of a no-break space in Latin-1": "{0}%A0{3}",
    "percent-encoding twice": "{0}%252D{3}",
    "percent-encoding among other letters": "%70%6E%72%3D{1}%20%61",
    "a character reference": "{0}&#45;{3}",
    "a reference to a non-breaking hyphen": "{0}&#8209;{3}",
    "a hexadecimal reference": "{0}&#x2D;{3}",
    "an entity": "{0}&nbsp;{3}",
    "another entity": "{0}&hyphen;{3}",
    "an entity in escaped XML": "{0}&amp;nbsp;{3}",
    "an entity in XML escaped twice": "{0}&amp;amp;#45;{3}",
    "a reference to an ampersand": "{0}&#38;#45;{3}",
    "a percent-encoded reference": "{0}%26%2345%3B{3}",
    "digits as references": "{2}",
    "digits as percent-encoding": "{1}",
    "an escape of JSON": "{0}\\u002d{3}",
    "an escape of JSON in JSON": "{0}\\\\u002d{3}",
    "digits as escapes of JSON": "{13}",
    "a comment of XML": "{0}<!-- a note - of some length -->{3}",
    "the edges of CDATA": "{4}{5}<![CDATA[{6}]]>{3}",
    "ten digits and a blank": "{7} {3}",
    "ten digits and an en dash": "{7}\u2013{3}",
    "ten digits and another number": "{7}-{3} 12",
    "letters before": "pnr{0}{3}",
    "letters around": "T{0}{3}Z",
}
RESERVE = f"22{EIGHT[2:]}FBC6"
"""A reserve number by form of which every letter is one of hexadecimal."""
DOUBTFUL = {
    "ten bare digits": TEN,
    "ten bare digits behind a letter": f"tel{TEN}",
    "ten digits and a stroke": f"{TEN[:6]}/{LAST}",
    "ten digits in pairs": " ".join(TEN[at : at + 2] for at in range(0, 10, 2)),
    "digits in a word with others": f"A1b{MADE}",
    "a local reserve number": "99" + MADE[2:],
    "groups in a longer row": f"{MADE[:4]} {MADE[4:8]} {LAST}",
    "a hexadecimal id": RESERVE.lower(),
    "a UUID's last two groups": f"890c-{RESERVE}",
    "a date parted in two ways": f"{MADE[:4]}-{MADE[4:6]} {MADE[6:8]}-{LAST}",
}
"""What may be a person, is not masked, and is told."""
LOOK_ALIKES = {
    "a timestamp": "20261129101500",
    "a time of XML": "2026-11-29T10:15:00.123+01:00",
    "a time of people": "2026-11-29 10:15",
    "a time with a point": "2026-11-29 kl. 10.15",
    "times of a day": " ".join(f"2026-11-29 {hour:02}-{minute:02}" for hour in range(24) for minute in range(60)),
    "two dates": " ".join(f"1953-04-12 {year}-11-29" for year in range(1900, 2100)),
    "two dates with strokes": " ".join(f"1953/04/12-{year}/11/29" for year in range(1900, 2100)),
    "two dates in a row": " ".join(f"{EIGHT}-{year}1129" for year in range(1900, 2100)),
    "an OID": "1.2.752.129.2.1.3.1",
    "an OID with a number in it": "1.2.752." + MADE,
    "telephone numbers": "070-123 45 67, 08-123 456 78, +46 70 123 45 67",
    "an order number": "order 2026112-91015, 4711-0815-1234, 2026/12345-1",
    "an HSA-id": "SE2321000016-1A2B SE2321000016-0001",
    "two numbers on two lines": f"{EIGHT}\n{LAST}",
    "more digits": f"{MADE}1 1{MADE}",
    "a decimal": f"{MADE}.5",
    "other references": "&#229;&auml;%C3%A5%F6&#1;\\u00e5",
    "a UUID that ends like a reserve number": f"c0ffee00-1b2c-4d5e-890c-{RESERVE.lower()}",
    "the same in capitals and braces": f"{{C0FFEE00-1B2C-4D5E-890C-{RESERVE}}}",
    "a UUID that ends like a person": f"urn:uuid:c0ffee00-1b2c-4d5e-890c-{MADE}",
    "a UUID without its hyphens": f"c0ffee001b2c4d5e890c{RESERVE.lower()}",
    "a digest that begins like a reserve number": RESERVE.lower() + "0" * 52,
    "a digest that ends like one": "F" * 52 + RESERVE,
    "an id of a message that holds one": f"<3f{RESERVE.lower()}9@example.org>",
    "a comment that is long": f"{EIGHT}<!--{'-' * 500}-->{LAST}",
}


def test_a_person_is_found_in_the_digits_of_every_script() -> None:
    """Also where no plain digit, and no sign of a reference, is anywhere in the text."""
    zeros = [each for each in range(sys.maxunicode) if unicodedata.decimal(chr(each), None) == 0]
    assert len(zeros) > 50
    for zero in zeros:
        written = "".join(chr(zero + int(digit)) for digit in MADE)
        assert values(f"ö {written} ö") == [MADE], hex(zero)
        for spell in (quote(written), "".join(f"&#x{ord(each):x};" for each in written)):
            assert values(f"ö {spell} ö") == [MADE], spell


@pytest.mark.parametrize("kind", SPELLINGS)
@pytest.mark.parametrize("person", [MADE, TENTH])
def test_a_person_is_found_in_every_spelling(person: str, kind: str) -> None:
    def digits(first: int) -> str:
        return "".join(chr(first + int(digit)) for digit in person)

    percent, references, escapes = (
        "".join(form.format(int(digit)) for digit in person) for form in ("%3{}", "&#x3{};", "\\u003{}")
    )
    year, month, day, last = person[:4], person[4:6], person[6:8], person[8:]
    pairs = " ".join(person[at : at + 2] for at in range(0, 12, 2))
    spaced = ("\u200b".join(person), pairs, " ".join(person), digits(0xFF10), digits(0x660), escapes)
    told = (person[:8], percent, references, last, year, month, day, person[2:8], *spaced)
    text = SPELLINGS[kind].format(*told)
    around = f"å&amp;b ({text}), nästa"
    assert values(around) == [person]
    masked = Mask("key", []).text(around)
    assert masked.startswith("å&amp;b (")
    assert masked.endswith("), nästa")
    assert values(masked) == []
    assert len(masked) < len(around) + 20
    assert identity_names(around, person)


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_may_be_a_person_is_told_and_not_masked(kind: str) -> None:
    after = " 4711" if kind == "groups in a longer row" else ""
    text = f"å ({DOUBTFUL[kind]}{after}), nästa"
    assert values(text) == []
    assert [DOUBTFUL[kind].endswith(text[one.start : one.end]) for one in every(text)] == [True]
    mask = Mask("key", [])
    assert (mask.text(text), mask.found, len(mask.doubtful)) == (text, set(), 1)


def test_a_test_person_is_no_doubt() -> None:
    mask = Mask("key", [MADE])
    assert mask.text(f"1212121212 {TEN}") == f"1212121212 {TEN}"
    assert mask.doubtful == set()


@pytest.mark.parametrize("kind", LOOK_ALIKES)
def test_a_look_alike_is_no_person(kind: str) -> None:
    assert values(LOOK_ALIKES[kind]) == []
    assert every(LOOK_ALIKES[kind]) == []


def test_two_numbers_that_share_digits_are_both_hidden() -> None:
    text = f"20 {MADE[2:8]}-{LAST}"
    assert values(Mask("key", []).text(text)) == []
    assert LAST not in Mask("key", []).text(text)


@pytest.mark.parametrize(
    "kind", ["&amp;" * 5_000, "<!--" * 5_000, "1 " * 10_000, "%31" * 6_000, "\u200b1" * 6_000, "19" * 9_000]
)
def test_a_text_made_to_be_slow_is_read_all_the_same(kind: str) -> None:
    assert find(kind[:100]) == find(kind) == []


def test_who_is_known_is_found_even_by_ten_bare_digits() -> None:
    assert identity_names(f"A1{MADE[2:]}B", MADE)
    assert not identity_names(f"{MADE[2:11]}", MADE)


def test_a_local_reserve_number_is_declared_as_it_is_written() -> None:
    assert is_test("99-LOCAL-1", ["99-LOCAL-1"])
    assert not is_test("99-LOCAL-2", ["99-LOCAL-1"])


spellings: list[Callable[[str], str]] = [str, lambda person: f"{person[:8]}-{person[8:]}"]


@given(
    persons,
    st.sampled_from(spellings),
    st.text(string.punctuation.translate({45: None, 43: None, 46: None}) + " åäö", min_size=1),
)
def test_a_mask_hides_a_person_and_nothing_else(person: str, spell: Callable[[str], str], around: str) -> None:
    assume(person not in PUBLISHED)
    mask = Mask("key", [])
    masked = mask.text(f"{around}{spell(person)}{around}191212121212")
    (token,) = mask.found
    assert masked == f"{around}{token}{around}191212121212"
    assert token.startswith("person-")
    assert len(token) == len("person-xxxxxxxx")


@given(persons)
def test_the_same_person_has_the_same_token_under_the_same_key_only(person: str) -> None:
    assume(person not in PUBLISHED)
    assert Mask("key", []).text(person) == Mask(b"key", []).text(f"{person[:8]}+{person[8:]}")
    assert Mask("key", []).text(person) != Mask("other", []).text(person)


@given(persons)
def test_a_declared_person_stays_in_clear(person: str) -> None:
    mask = Mask("key", [f"{person[:8]}-{person[8:]}"])
    assert mask.text(f"<id>{person}</id>") == f"<id>{person}</id>"
    assert mask.found == set()


@given(st.lists(persons, min_size=2, max_size=5, unique=True))
def test_masked_text_holds_no_person_any_more(people: list[str]) -> None:
    masked = Mask("key", []).text("; ".join(people))
    assert all(identity.value in PUBLISHED for identity in find(masked))


@pytest.mark.parametrize("longest", range(1, 25))
def test_a_cut_never_halves_a_number(longest: int) -> None:
    cut = shortened("on 191212121212 and more", longest).partition("…")[0]
    assert "191212121212" in cut or not any(sign.isdigit() for sign in cut)
