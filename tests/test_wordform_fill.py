"""Filling a Word form in, on small packages: what is written where, what is left, and that nothing else changes."""

import io
import json
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from rivta.model.declaration import Answer, FilledForm, FilledQuestion, Form, Question, Section
from rivta.model.errors import Refused
from rivta.model.run import Run
from rivta.model.words import Source, Text, Verdict
from rivta.report.word import Filled, as_json, as_text, fill, read_form
from rivta.run.twin import TWIN
from rivta.text.word.paragraphs import read_paragraphs
from wordform_world import (
    NAMESPACE,
    RUN,
    TEAL,
    VENDOR,
    YES_NO,
    answers,
    case,
    docx,
    heading,
    member,
    packed,
    paragraph,
    plum,
    run_of,
)

TAIL = plum("Beskrivning av eventuella avvikelser:", "", "Övrig kommentar:", "")
QUESTION = plum("Svar kan levereras med en signerad post (TF 5.1)", YES_NO) + TAIL


def texts(filled: Filled) -> list[str]:
    return [each.text for each in read_paragraphs(member(filled.body), "x") if each.bordered and each.text]


def filled_with(content: str, run: Run) -> Filled:
    return fill(read_form(docx(content)), run)


def test_a_passed_case_is_proposed_as_yes_with_its_evidence() -> None:
    filled = filled_with(QUESTION, run_of([case("5.1")]))
    assert texts(filled)[1] == f"[x] Ja       [] Nej (förslag: GetDiagnosis/5.1, körning {RUN})"
    assert [each.because for each in filled.report.proposed] == [("GetDiagnosis/5.1",)]


def test_a_failed_case_is_proposed_as_no_and_its_finding_is_told() -> None:
    filled = filled_with(QUESTION, run_of([case("5.1", Verdict.FAILED, finding="Elementet <a> & b saknas.")]))
    assert texts(filled)[1].startswith("[] Ja       [x] Nej (förslag: GetDiagnosis/5.1 underkänt")
    told = "TF 5.1 (förslag): GetDiagnosis/5.1: Elementet <a> & b saknas."
    assert texts(filled)[2] == f"Beskrivning av eventuella avvikelser: {told}"


@pytest.mark.parametrize(
    "verdict", [Verdict.NOT_PROVEN, Verdict.BLOCKED, Verdict.ERROR, Verdict.MANUAL, Verdict.NOT_APPLICABLE]
)
def test_what_shows_nothing_proposes_nothing(verdict: Verdict) -> None:
    filled = filled_with(QUESTION, run_of([case("5.1", verdict)]))
    assert not filled.report.proposed
    assert "GetDiagnosis/5.1" in filled.report.left[0].why.sv


def test_a_system_that_answers_all_alike_is_not_proposed_to_meet_anything() -> None:
    refused = case("9.1", Verdict.NOT_PROVEN, kind=TWIN)
    filled = filled_with(QUESTION, run_of([case("5.1"), refused]))
    assert not filled.report.proposed
    assert "lika" in filled.report.left[0].why.sv


def test_a_range_needs_all_of_its_cases() -> None:
    question = plum("Urval på datum (TF 1.2.1 - 1.2.3)", YES_NO)
    done = [case("1.2.1"), case("1.2.2")]
    assert "TF 1.2.3 finns inte" in filled_with(question, run_of(done)).report.left[0].why.sv
    assert "TF 1.2.3 kördes inte" in filled_with(question, run_of(done, planned=[case("1.2.3")])).report.left[0].why.sv
    assert filled_with(question, run_of([*done, case("1.2.3")])).report.proposed
    failed = run_of([case("1.2.1", Verdict.FAILED), case("1.2.2")])
    assert filled_with(question, failed).report.proposed[0].text.startswith("Nej")


def test_a_citation_that_no_suite_has_is_listed() -> None:
    report = filled_with(QUESTION, run_of([case("5.2")])).report
    assert [(each.reference, len(each.questions)) for each in report.unresolved] == [("TF 5.1", 1)]


@pytest.mark.parametrize(
    "run",
    [
        run_of([case("5.1", contract="GetCareDocumentation")]),
        run_of([case("5.1", role="consumer")]),
        run_of([case("5.1")], version="3.0"),
    ],
)
def test_evidence_of_something_else_proposes_nothing(run: Run) -> None:
    report = filled_with(QUESTION, run).report
    assert not report.proposed
    assert report.remarks


def test_the_index_is_tested_under_its_own_contract() -> None:
    question = plum("Kategorin är rätt (EI_TF 1.2)", YES_NO)
    own, index = case("1.2"), case("1.2", contract="Update", role="consumer")
    assert not filled_with(question, run_of([own])).report.proposed
    assert filled_with(question, run_of([own, index])).report.proposed[0].because == ("Update/1.2",)


def test_what_is_a_disclosure_is_never_proposed() -> None:
    question = plum("Finns det omständigheter som gör att information inte levereras? (TF 7.1)", YES_NO)
    assert not filled_with(question, run_of([case("7.1")])).report.proposed


def test_what_goes_beyond_its_test_says_so() -> None:
    question = plum("Felen returnerar inte personuppgifter (TF 1.7)", YES_NO)
    assert "ska bedömas" in filled_with(question, run_of([case("1.7")])).report.proposed[0].text


def test_an_answer_beats_a_proposal_and_shows_the_evidence_beside_it() -> None:
    run = run_of([case("5.1")])
    same = fill(read_form(docx(QUESTION)), run, answers({}, {"tf-5-1": "yes"}))
    assert same.report.filled[0].text == f"Ja (underlag: GetDiagnosis/5.1, körning {RUN})"
    given = Answer("tf-5-1", "no", reason="Avstängt hos kunden", by="Anna")
    other = fill(read_form(docx(QUESTION)), run, answers({}, {"tf-5-1": given}))
    assert "Nej (ändrat av leverantören, provningen visar Ja: GetDiagnosis/5.1" in other.report.filled[0].text
    assert texts(other)[2].endswith("TF 5.1: Avstängt hos kunden (Anna)")


def test_an_answer_without_a_value_can_confirm() -> None:
    confirmed = answers({}, {"tf-5-1": Answer("tf-5-1", "", confirmed=True)})
    assert fill(read_form(docx(QUESTION)), run_of([case("5.1")]), confirmed).report.filled


def test_all_proposals_of_a_run_can_be_confirmed_at_once_but_not_its_deviations() -> None:
    content = QUESTION + plum("Svar med kod (TF 5.2)", YES_NO)
    run = run_of([case("5.1", Verdict.FAILED), case("5.2")])
    vendor = {"confirmed-run": RUN, "confirmed-by": "Anna"}
    report = fill(read_form(docx(content)), run, answers(vendor)).report
    assert [each.name for each in report.filled] == ["1 Svar med kod (TF 5.2)"]
    other = fill(read_form(docx(content)), run, answers({**vendor, "confirmed-run": "another"})).report
    assert not other.filled


def test_not_applicable_leaves_the_boxes_and_tells_why() -> None:
    given = Answer("tf-5-1", "ej tillämpligt", comment="Posterna signeras inte")
    filled = fill(read_form(docx(QUESTION)), None, answers({}, {"tf-5-1": given}))
    assert texts(filled)[1] == YES_NO
    assert texts(filled)[3] == "Övrig kommentar: TF 5.1: ej tillämpligt; Posterna signeras inte"


def test_a_remark_without_room_is_listed() -> None:
    given = answers({}, {"tf-5-1": Answer("tf-5-1", "no", comment="Nej tack")})
    report = fill(read_form(docx(plum("Signerad post (TF 5.1)", YES_NO))), None, given).report
    assert [each.name for each in report.unplaced] == ["1 TF 5.1: Nej tack"]


def test_the_vendor_is_filled_in() -> None:
    content = (
        plum("Organisation:", "", "Organisationsnummer:", "")
        + heading("Tjänsteproducentfabrikat", 2)
        + plum("")
        + heading("Datum för ifyllnad", 2)
        + plum("Datum \tNamn", "", "…………….\t…………….")
    )
    filled = fill(read_form(docx(content)), None, answers(VENDOR))
    assert texts(filled) == [
        "Organisation: Testregionen & Co <AB>",
        "Organisationsnummer: 232100-0016",
        "Testjournalen 4.2",
        "Datum \tNamn",
        "2026-11-21\tAnna Ansvarig",
    ]


def test_the_run_knows_who_was_tested_and_says_when_the_vendor_says_otherwise() -> None:
    form = read_form(docx(plum("Organisation:", "")))
    assert "Testregionen (förslag" in fill(form, run_of([case("5.1")])).report.proposed[0].text
    said = fill(form, run_of([case("5.1")]), answers({"organisation": "En annan"})).report
    assert said.filled[0].text == "En annan"
    assert "”Testregionen”" in said.remarks[0].sv


def test_figures_of_the_run() -> None:
    content = plum(
        "Oavsett svar, ange de uppskattade typiska svarstider som förväntas:",
        "[     ]",
        "Tester i TK-testsviten som medföljer releasepaketet har genomförts.",
        "[] Ja, Domänversion ____________   [] Nej",
        "Resulterade något av testfallen i TK-testsviten i ett icke förväntat resultat?",
        YES_NO,
        "Nya avvikelser:",
    )
    filled = filled_with(content, run_of([case("5.1", Verdict.FAILED)]))
    assert texts(filled)[1] == f"[420 ms (förslag: n = 1, körning {RUN})     ]"
    assert texts(filled)[3].startswith("[x] Ja, Domänversion 2.1.14 (förslag: körning")
    assert texts(filled)[5].startswith("[x] Ja       [] Nej (förslag: GetDiagnosis/5.1 underkänt")
    assert texts(filled)[6].startswith("Nya avvikelser: GetDiagnosis/5.1 (förslag")


def test_an_empty_list_says_so() -> None:
    filled = filled_with(plum("Nya avvikelser:"), run_of([case("5.1")]))
    assert texts(filled) == [f"Nya avvikelser: Inga (förslag: körning {RUN})"]


CONSUMER = paragraph("rollen tjänstekonsument\nTjänstekontrakt\tGetDiagnosis 2.0") + heading(
    "Innehåll i tjänstekontraktet", 1
)
ELEMENTS = plum(
    "Vårdenhet (careUnitHsaId)\n" + YES_NO,
    "Kommentar:",
    "",
    "Personnummer (patientId)\n" + YES_NO,
    "Reservnummer (patientId)\n" + YES_NO,
)


def test_elements_that_a_consumer_sent_are_proposed() -> None:
    request = b"<E><careUnitHSAId>SE1</careUnitHSAId><patientId><id>191212121212</id></patientId></E>"
    form = read_form(docx(ELEMENTS, opening=CONSUMER))
    sent = case("a", role="consumer", request=request)
    report = fill(form, run_of([sent])).report
    assert [each.name for each in report.proposed] == ["1 Vårdenhet (careUnitHsaId)", "1 Personnummer (patientId)"]
    broken = replace(sent, checks=(replace(sent.checks[0], verdict=Verdict.FAILED),))
    assert not fill(form, run_of([broken])).report.proposed


def test_a_comment_goes_to_the_questions_own_field() -> None:
    form = read_form(docx(ELEMENTS, opening=CONSUMER))
    said = answers({}, {"vardenhet": Answer("vardenhet", "yes", comment="Alla enheter")})
    assert "Kommentar: Vårdenhet (careUnitHsaId): Alla enheter" in texts(fill(form, None, said))


def test_choices_are_ticked_and_others_written_on_the_line() -> None:
    content = plum("Verifierat av vårdgivare i:", "[] NPÖ\n[] Journalen\n[] Annan konsument ______")
    filled = fill(read_form(docx(content)), None, answers({}, {"verifierat": "NPÖ, Testkonsumenten"}))
    assert texts(filled)[1] == "[x] NPÖ\n[] Journalen\n[x] Annan konsument Testkonsumenten"


def test_reviewer_fields_are_never_written_into() -> None:
    content = (
        plum("Fråga", YES_NO)
        + heading("Resultat", 1)
        + "".join(paragraph(text, TEAL) for text in ("[]  Godkänd", "Avvikelser:"))
    )
    filled = fill(
        read_form(docx(content)), None, answers({}, {"resultat": "Godkänd", "avvikelser": "inga", "fraga": "ja"})
    )
    assert texts(filled)[2:] == ["[]  Godkänd", "Avvikelser:"]
    assert {each.why.en for each in filled.report.unplaced} == {"the field is the reviewer’s"}
    assert filled.report.reviewer == ("2 Resultat", "2 Avvikelser")


def test_answers_that_fit_nowhere_or_everywhere_are_listed() -> None:
    content = plum("Fråga ett", YES_NO, "Fråga två", YES_NO)
    report = fill(
        read_form(docx(content)), None, answers({}, {"fraga": "ja", "okand": "ja", "fraga-ett": "kanske"})
    ).report
    assert [each.name for each in report.unplaced] == ["fraga", "okand", "fraga-ett"]
    assert "frågor kan heta så" in report.unplaced[0].why.sv


def test_the_sections_number_tells_apart_what_is_asked_twice() -> None:
    content = heading("A", 2) + plum("Fråga", YES_NO) + TAIL + heading("B", 2) + plum("Fråga", YES_NO) + TAIL
    filled = fill(read_form(docx(content)), None, answers({}, {"1-2-ovrig-kommentar": "Här", "1-1-fraga": "ja"}))
    assert [each.name for each in filled.report.filled] == ["1.1 Fråga", "1.2 Övrig kommentar"]


def yaml_form(*questions: FilledQuestion) -> FilledForm:
    section = Section("1", Text.same("x"), tuple(each.question for each in questions))
    form = Form("f", "producer", "d", Text.same("x"), "1", (section,), Source("f.yaml"))
    return FilledForm(form, ((section, questions),))


def asked(id_: str, tf: str, answer: str) -> FilledQuestion:
    question = Question(id_, Text.same(id_), "yes-no", "vendor", tf=(tf,))
    return FilledQuestion(question, None, Answer(id_, answer), "answered")


def test_a_question_in_yaml_stands_for_the_one_that_cites_the_same_case() -> None:
    form = read_form(docx(QUESTION))
    assert fill(form, None, None, [yaml_form(asked("signed", "TF 5.1", "yes"))]).report.filled[0].text == "Ja"
    two = [yaml_form(asked("signed", "TF 5.1", "yes"), asked("other", "TF 5.1", "no"))]
    assert not fill(form, None, None, two).report.filled


def test_filling_in_twice_changes_nothing() -> None:
    content = QUESTION + plum("Organisation:", "[ ]") + heading("Övrigt", 2) + plum("", "")
    run, said = (
        run_of([case("5.1", Verdict.FAILED)]),
        answers(VENDOR, {"other-remarks": "Rad ett:\n[] Ja [] Nej\nKommentar:"}),
    )
    once = fill(read_form(docx(content)), run, said)
    again = fill(read_form(once.body), run, said)
    assert again.body == once.body
    assert not again.report.filled
    assert not again.report.proposed
    assert len(again.report.kept) == len(once.report.filled) + len(once.report.proposed)


def test_what_is_filled_in_by_hand_is_kept() -> None:
    content = plum("Signerad post (TF 5.1)", "[] Ja       [X] Nej", "Beskrivning av eventuella avvikelser: Se bilaga 1")
    filled = filled_with(content, run_of([case("5.1")]))
    assert filled.body == docx(content)
    assert len(filled.report.kept) == 2


def without_changed(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """Both documents without the paragraphs that differ."""
    old, new = read_paragraphs(before, "x"), read_paragraphs(after, "x")
    pairs = [*zip(old, new, strict=True)]
    for a, b in pairs:
        if etree.tostring(a.element) != etree.tostring(b.element):
            for each in (a.element, b.element):
                parent = each.getparent()
                assert parent is not None
                parent.remove(each)
    same = {etree.tostring(each[0].element.getroottree()) for each in (old, new)}
    return min(same), max(same)


VALUES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z", "Cc"]), min_size=1, max_size=60)


@given(VALUES, VALUES, st.booleans())
def test_only_the_fields_change_and_all_is_read_back(value: str, comment: str, split: bool) -> None:
    content = (
        paragraph("Före <&> efter")
        + paragraph("Signerad post (TF 5.1)", "DC98B3", split=split)
        + paragraph(YES_NO, "DC98B3", split=split)
        + paragraph("Övrig kommentar:", "DC98B3", split=split)
        + heading("Övrigt", 2)
        + '<w:p><w:pPr><w:pBdr/><w:shd w:fill="DC98B3"/></w:pPr></w:p>'
    )
    body = docx(content, others={"word/media/image1.png": bytes(range(256)), "docProps/core.xml": b"<x/>"})
    given: dict[str, Answer | str] = {"tf-5-1": Answer("tf-5-1", "yes", comment=comment), "other-remarks": value}
    try:
        filled = fill(read_form(body), None, answers({}, given))
    except Refused:
        return
    before, after = member(body), member(filled.body)
    old, new = without_changed(before, after)
    assert old == new
    etree.fromstring(after)
    shown = {each.position: each.text for each in filled.report.filled}
    read = {each.position: each.value for each in read_form(filled.body).fields if each.value}
    assert set(read) == set(shown)
    assert fill(read_form(filled.body), None, answers({}, given)).body == filled.body


def test_every_other_member_stays_as_it_is() -> None:
    body = docx(QUESTION, others={"word/vbaProject.bin": b"macro", "å.xml": b"<x/>"})
    filled = fill(read_form(body), run_of([case("5.1")]))
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(io.BytesIO(filled.body)) as new:
        assert new.testzip() is None
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            traits = ("filename", "date_time", "compress_type", "external_attr", "extra", "comment", "create_system")
            assert [getattr(before, trait) for trait in traits] == [getattr(after, trait) for trait in traits]
            if before.filename != "word/document.xml":
                assert old.read(before) == new.read(after)


def test_markup_and_control_characters_in_a_value_are_text() -> None:
    filled = fill(
        read_form(docx(plum("Organisation:", ""))), None, answers({"organisation": "A</w:t>&\x00\x1b\u202eB\tC\r\nD"})
    )
    assert texts(filled)[0] == "Organisation: A</w:t>&B C\nD"


def test_an_empty_paragraph_written_in_one_tag_is_opened() -> None:
    empty = '<w:p><w:pPr><w:pBdr/><w:shd w:fill="DC98B3"/></w:pPr></w:p>'
    other = docx(heading("Övrigt", 2), empty)
    assert texts(fill(read_form(other), None, answers({}, {"other-remarks": "Text"}))) == ["Text"]


def test_another_prefix_for_words_own_namespace_is_kept() -> None:
    body = docx(QUESTION)
    document = (
        member(body)
        .replace(b"<w:", b"<x:")
        .replace(b"</w:", b"</x:")
        .replace(b" w:", b" x:")
        .replace(b"xmlns:w", b"xmlns:x")
    )
    renamed = packed({"word/document.xml": document})
    said = answers({}, {"tf-5-1": Answer("tf-5-1", "no", comment="två\nrader")})
    filled = member(fill(read_form(renamed), None, said).body)
    assert b"<x:br/>" in filled
    assert etree.fromstring(filled).tag == f"{{{NAMESPACE}}}document"


def someone() -> str:
    """A personnummer by form that is nobody's test identity, made here so that none is written down."""
    digits = "8901019" + "87"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return f"19890101-987{-sum(each // 10 + each % 10 for each in doubled) % 10}"


@pytest.mark.parametrize("spelt", [someone(), someone().replace("-", ""), someone().replace("-", "–"), someone()[2:]])
def test_a_persons_number_stops_the_export_without_being_told(spelt: str) -> None:
    said = answers({}, {"tf-5-1": Answer("tf-5-1", "no", comment=f"Gäller {spelt}.")})
    with pytest.raises(Refused, match="Beskrivning av eventuella avvikelser") as refused:
        fill(read_form(docx(QUESTION)), None, said)
    assert spelt[-4:] not in str(refused.value)


def test_a_persons_number_in_what_has_no_place_stops_too() -> None:
    with pytest.raises(Refused):
        fill(read_form(docx(QUESTION)), None, answers({}, {someone(): "ja"}))


def test_test_persons_may_be_named() -> None:
    said = answers({}, {"tf-5-1": Answer("tf-5-1", "no", comment=f"Prövat med 191212121212 och {someone()}.")})
    run = run_of([case("5.1")], test_identities=(someone(),))
    assert fill(read_form(docx(QUESTION)), run, said).report.filled


def test_persons_in_the_evidence_are_masked() -> None:
    run = run_of([case("5.1", Verdict.FAILED, finding=f"Värdet är {someone()}.")])
    assert "Värdet är person-" in texts(filled_with(QUESTION, run))[2]


def test_the_list_for_people_and_programs() -> None:
    report = fill(read_form(docx(QUESTION)), run_of([case("5.1", Verdict.FAILED)]), answers({}, {"okand": "ja"})).report
    listed = json.loads(json.dumps(as_json(report, "en")))
    assert listed["proposed"][0]["because"] == ["GetDiagnosis/5.1"]
    assert listed["unplaced"] == [{"name": "okand", "why": "no question of the form matches it"}]
    assert "Föreslaget, att bekräfta" in as_text(report)
    assert "Without a place" in as_text(report, "en")
