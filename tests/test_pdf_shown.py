"""What is done to a text before it is printed."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from rivta.report import pdf
from rivta.report.pdf.content import _INVISIBLE, _UNCOMMON, BREAK, shown

LETTERS = st.text(st.sampled_from("abcdefGHIJ0123456789åäö .:/-_<>&\n"), max_size=200)
COMMON = "".join(chr(each) for each in range(0x20, 0x2300) if not _UNCOMMON.match(chr(each)) and chr(each) != BREAK)


@given(LETTERS)
def test_an_ordinary_text_stays_as_it_is_but_for_places_to_end_a_line(text: str) -> None:
    assert shown(text).replace(BREAK, "") == text


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    left = {unicodedata.category(each) for each in shown(text).replace(BREAK, "").replace("\n", "")}
    assert left.isdisjoint(_INVISIBLE)


@given(st.text(st.characters(categories=["Lo", "So", "Ll", "Cf"])))
def test_the_second_time_only_letters_that_every_font_has_are_left(text: str) -> None:
    assert _UNCOMMON.search(shown(text, only_common=True)) is None


@given(LETTERS.filter(lambda text: not text.isspace()))
def test_no_piece_is_wider_than_the_narrowest_column(text: str) -> None:
    for word in shown(text).replace("/", " ").replace("-", " ").split():
        assert max(map(len, word.split(BREAK))) <= 19


def test_names_break_at_their_seams() -> None:
    assert shown("ProcessRequestConfirmation/1.1").split(BREAK) == ["Process", "Request", "Confirmation/1.1"]
    assert shown("VALIDATION_ERROR").split(BREAK) == ["VALIDATION_", "ERROR"]
    assert shown("tjänsteplattformens") == "tjänsteplattformens", "a word that fits is left whole"
    assert shown("c" * 64) == "c" * 64, "a checksum is set where it has room"


def test_a_drawing_is_left_alone_and_everything_else_is_gone_through() -> None:
    drawing = Markup("<svg>\u200b" + "x" * 40 + "</svg>")  # noqa: S704  # a drawing of ours
    data = {"a": [("x\0", 1, None, True)], "b": drawing}
    assert shown(data) == {"a": [["x‹U+0000›", 1, None, True]], "b": drawing}


def test_every_letter_that_is_left_the_second_time_has_a_shape() -> None:
    import typst  # noqa: PLC0415  # an extra

    assert len(COMMON) > 350
    setting = (
        '#set document(title: "x", date: auto)\n#set text(lang: "sv", font: {font})\n'
        "#json(bytes(sys.inputs.data)).join(linebreak())"
    )
    for font in ('"Libertinus Serif"', '"DejaVu Sans Mono"'):
        made = typst.compile(
            setting.replace("{font}", font).encode(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps([*COMMON])},
            pdf_standards=pdf.STANDARDS,
            timestamp=0,
        )
        assert made.startswith(b"%PDF")
