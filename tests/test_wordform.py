"""Reading a Word form, on small packages in the shape of the published ones."""

import os
import random
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from growth import SQUARE, growth
from rivta.model.errors import UsageError
from rivta.report.word import WordField, read_form
from rivta.report.word.fields import cited, without
from rivta.text.word.package import LIMITS
from rivta.text.word.paragraphs import TextChange, changed, read_paragraphs
from wordform_world import OPENING, TEAL, YES_NO, document, docx, heading, packed, paragraph, plum


def fields(*content: str) -> tuple[WordField, ...]:
    return read_form(docx(*content)).fields


def test_a_form_says_what_it_is_of() -> None:
    form = read_form(docx(plum("Fråga", YES_NO)))
    assert (form.title, form.domain, form.role) == (
        "TP GetDiagnosis 2.0",
        "clinicalprocess:healthcond:description",
        "producer",
    )


def test_a_question_is_the_line_before_its_boxes() -> None:
    own, shared = fields(plum("Urval på personnummer (TF 1.1.1)", YES_NO, "Svar med kod (TF 5.4)\n" + YES_NO))
    assert (own.question, own.references) == ("Urval på personnummer (TF 1.1.1)", ("TF 1.1.1",))
    assert (shared.question, shared.references) == ("Svar med kod (TF 5.4)", ("TF 5.4",))
    assert [own.position, shared.position] == [1, 2]


def test_boxes_are_read_however_they_are_split_into_runs() -> None:
    whole, split = fields(plum("En", YES_NO), paragraph("Två", "DC98B3"), paragraph(YES_NO, "DC98B3", split=True))
    assert whole.kind == split.kind == "yes-no"


@pytest.mark.parametrize(
    ("boxes", "value"),
    [("[] Ja   [] Nej", ""), ("[x] Ja   [] Nej", "yes"), ("[] Ja  [X] Nej", "no"), ("[x] Ja [x] Nej", "yes no")],
)
def test_a_tick_is_anything_in_a_box(boxes: str, value: str) -> None:
    assert fields(plum("Fråga", boxes))[0].value == value


def test_labels_and_what_stands_after_them() -> None:
    form = fields(plum("Organisation:", "\nOrganisationsnummer: 232100-0016", "", "Övrig kommentar:", ""))
    assert [(each.kind, each.question, each.value) for each in form] == [
        ("label", "Organisation", ""),
        ("label", "Organisationsnummer", "232100-0016"),
        ("comment", "Övrig kommentar", ""),
    ]


def test_what_is_written_below_a_label_is_its_value() -> None:
    form = fields(
        plum("Fråga", YES_NO, "Beskrivning av eventuella avvikelser:", "Saknas i två fall", "Övrig kommentar:")
    )
    assert form[1].value == "Saknas i två fall"


def test_an_empty_box_under_a_heading_is_one_field() -> None:
    (field,) = fields(heading("Källsystemsfabrikat", 2), plum("", "", ""))
    assert (field.kind, field.section, field.question) == ("text", "1.1", "Källsystemsfabrikat")


def test_figures_choices_and_ruled_lines() -> None:
    form = fields(
        plum(
            "Trådantal?",
            "[     ]",
            "Verifierat i:",
            "[] NPÖ\n[] Journalen\n[] Annan konsument ______",
            "Tester har genomförts.",
            "[] Ja, Domänversion ____________   [] Nej",
            "Datum \tNamn",
            "",
            "…………….\t…………….",
        )
    )
    assert [(each.kind, each.question, each.value) for each in form] == [
        ("short", "Trådantal?", ""),
        ("choices", "Verifierat i:", ""),
        ("yes-no", "Tester har genomförts.", ""),
        ("label", "Domänversion", ""),
        ("column", "Datum", ""),
        ("column", "Namn", ""),
    ]
    assert [box.word for box in form[1].boxes] == ["NPÖ", "Journalen", "Annan konsument"]


def test_a_question_without_boxes_is_an_orphan() -> None:
    form = read_form(docx(plum("Fråga", YES_NO, "Tomt svar (TF 1.10)", "Övrig kommentar:")))
    assert form.orphans == ("1 Tomt svar (TF 1.10)",)


def test_teal_is_the_reviewers() -> None:
    form = fields(plum("Fråga", YES_NO), heading("Resultat", 1), paragraph("[]  Godkänd", TEAL))
    assert [each.owner for each in form] == ["vendor", "reviewer"]


def test_shading_alone_is_no_field() -> None:
    legend = '<w:p><w:pPr><w:shd w:fill="DC98B3"/></w:pPr><w:r><w:t>Plommonfärgade fält:</w:t></w:r></w:p>'
    assert [each.question for each in fields(legend, plum("Fråga", YES_NO))] == ["Fråga"]


def test_headings_are_numbered_as_word_does() -> None:
    content = [
        heading("Först", 2),
        plum("a", YES_NO),
        heading("Under", 3),
        plum("b", YES_NO),
        heading("Sen", 1),
        plum("c", YES_NO),
    ]
    form = read_form(docx(*content))
    assert [section.number for section in form.sections] == ["1.1", "1.1.1", "2"]


def test_a_part_before_its_chapter_opens_it_silently() -> None:
    opening = OPENING.replace(heading("Underlag", 1), "")
    form = read_form(docx(heading("Definitioner", 2), heading("Underlag", 1), plum("a", YES_NO), opening=opening))
    assert form.sections[0].number == "2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Urval (TF 1.3)", ("TF 1.3",)),
        ("Datum (TF 1.2.1 - 1.2.4)", ("TF 1.2.1", "TF 1.2.2", "TF 1.2.3", "TF 1.2.4")),
        ("Datum (TF 1.2.1–1.2.2)", ("TF 1.2.1", "TF 1.2.2")),
        ("Tid (TF 1.2.1, TF 1.2.3 och TF 1.2.4)", ("TF 1.2.1", "TF 1.2.3", "TF 1.2.4")),
        ("Index (EI_TF 2.3) ", ("EI_TF 2.3",)),
        ("Oavsett svar på TF 6.2.1 ovan", ()),
        ("Källsystem (sourceSystemHSAId)", ()),
        ("Baklänges (TF 1.4 - 1.2)", ("TF 1.4", "TF 1.2")),
        ("För många (TF 1.1 - 1.999999)", ("TF 1.1", "TF 1.999999")),
    ],
)
def test_citations(text: str, expected: tuple[str, ...]) -> None:
    assert cited(text) == expected


def test_a_question_without_its_citation() -> None:
    assert without("Svar (TF 2.2) med kod (x) ") == "Svar med kod (x)"


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


@given(TEXTS, st.booleans(), st.data())
def test_text_is_put_where_it_is_meant(text: str, split: bool, data: st.DataObject) -> None:
    body = document(paragraph("Före"), paragraph(text, split=split))
    read = next(each for each in read_paragraphs(body, "x") if each.text == text)
    first, end = sorted((data.draw(st.integers(1, len(text))), data.draw(st.integers(1, len(text)))))
    assert read.takes(first, end)
    put = changed(body, [TextChange(read, first, end, "<&>\nå")])
    expected = f"{text[:first]}<&>\nå{text[end:]}" if text.strip() else f"{text}<&>\nå"
    assert [each.text for each in read_paragraphs(put, "x")][-2:] == ["Före", expected]


def test_a_document_that_another_program_wrote_is_the_same_to_a_reader() -> None:
    body = (
        document(paragraph("Fråga")).replace("å".encode(), b"&#229;").replace(b"<w:body>", b"<w:body ><!--a-->\n")
        + b"\n"
    )
    (read,) = [each for each in read_paragraphs(body, "x") if each.text == "Fråga"]
    put = changed(body, [TextChange(read, 5, 5, "!")])
    assert etree.tostring(etree.fromstring(body), method="c14n").replace(b"ga<", b"ga!<") == etree.tostring(
        etree.fromstring(put), method="c14n"
    )


def test_text_that_some_programs_show_instead_is_not_read_twice() -> None:
    alternative = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice>{plum('En', YES_NO)}</mc:Choice><mc:Fallback>{plum('En', YES_NO)}</mc:Fallback></mc:AlternateContent>"
    )
    assert len(fields(f"<w:p>{alternative}</w:p>")) == 1


def bomb() -> bytes:
    return packed({"word/document.xml": b"<a/>", "word/media/x.bin": b"\0" * 30_000_000})


def encrypted() -> bytes:
    body = bytearray(docx(plum("a", YES_NO)))
    start = body.index(b"PK\x01\x02")
    while start != -1:  # the flag of each member in the central directory
        body[start + 8 : start + 10] = struct.pack("<H", 1)
        start = body.find(b"PK\x01\x02", start + 1)
    return bytes(body)


def twice() -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("word/document.xml", b"<a/>")
        with pytest.warns(UserWarning, match="Duplicate name"):
            package.writestr("word/document.xml", b"<b/>")
    return written.getvalue()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not a Word document"),
        (b"PK\x03\x04 cut short", "not a Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "has a password, or is an old .doc"),
        (packed({"a.txt": b"x"}), "no word/document.xml"),
        (packed({"word/document.xml": b"<a/>", "../evil": b"x"}), "leads out of the package"),
        (packed({"word/document.xml": b"<a/>", "C:\\evil": b"x"}), "absolute path"),
        (lambda: packed({f"{number}": b"" for number in range(LIMITS.entries + 1)}), "more than any package holds"),
        (lambda: packed({"word/document.xml": bytes(range(256)) * 45_000}), "unpacks to more"),
        (lambda: packed({"word/document.xml": random.Random(1).randbytes(10_500_000)}), "no published one is"),  # noqa: S311 - what packs badly
        (packed({"word/document.xml": b"<a"}), "cannot be read"),
        (packed({"word/document.xml": b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'}), "document type"),
        (packed({"word/document.xml": '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16")}), "in UTF-16"),
        (packed({"word/document.xml": b"<a/>"}), "does not say which service contract"),
        (docx(paragraph("ingen ruta")), "no fields to fill in"),
    ],
)
def test_what_is_no_form_is_refused_in_words(body: bytes | Callable[[], bytes], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_form(body() if callable(body) else body)


@pytest.mark.parametrize(
    ("make", "said"), [(bomb, "unpacks to"), (encrypted, "is encrypted"), (twice, "cannot tell it from")]
)
def test_traps_are_not_opened(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_form(make())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_form(tmp_path / "none.docx")


def test_a_pipe_is_not_waited_for_and_a_file_without_an_end_is_not_read_to_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.docx")
    with pytest.raises(UsageError, match="cannot be read: it is no ordinary file"):
        read_form(tmp_path / "pipe.docx")
    with (tmp_path / "long.docx").open("wb") as file:
        file.truncate(LIMITS.entry + 1)
    with pytest.raises(UsageError, match=f"cannot be read: it is larger than {LIMITS.entry} bytes"):
        read_form(tmp_path / "long.docx")


@pytest.mark.parametrize("parts", [("[]", " ", "_"), ("", "\n", "a"), ("", "(TF 1", ""), ("", "a\t", "")])
def test_text_that_is_made_to_take_time_takes_none(parts: tuple[str, str, str]) -> None:
    begins, again, ends = parts

    def read(size: int) -> None:
        text = begins + again * size + ends
        paragraph = f'<w:p><w:pPr><w:pBdr/><w:shd w:fill="DC98B3"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        assert read_form(docx(paragraph, plum("Fråga", YES_NO))).fields

    assert growth(read, 10_000) < SQUARE


@given(st.binary(max_size=200), st.integers(0, 2000))
def test_damage_is_told_in_words_or_harmless(noise: bytes, at: int) -> None:
    body = docx(plum("Fråga", YES_NO))
    damaged = body[:at] + noise + body[at + len(noise) :]
    with suppress(UsageError):  # and nothing else comes out
        assert read_form(damaged).fields
