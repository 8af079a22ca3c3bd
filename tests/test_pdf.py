"""The printed declaration: what it says, that it can be read by ear and by machines, that nothing in it is taken for markup."""

import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib import metadata
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import Destination

import report_form_sample as declared
import report_sample as sample
from rivta.declaration import comparison, proven
from rivta.model.declaration import Declaration
from rivta.model.errors import RivtaError, UsageError
from rivta.model.run import Change
from rivta.model.words import Lang, Text
from rivta.report import layout, pdf
from rivta.report.pdf.content import COLOURS
from rivta.report.places import RED
from rivta.report.voice import ANSWER_KEYS, STATE_KEYS
from rivta.text.catalogue import words as words_of
from thorough import part, tried

HEAD = "ab12" * 16
LANGS: tuple[Lang, ...] = ("sv", "en")
MARKUP = r" #panic() *b* _i_ $x^2$ @ref <lab> \\u{41} [c] {d} // e /* f #sys.inputs `g` ~ -- '' = h"


@cache
def rendered(name: str, lang: Lang = "sv") -> bytes:
    made = {
        "declared": declared.declared,
        "cut": lambda: declared.declared(is_truncated=True),
        "plain": sample.rich,
    }
    return pdf.render(made[name](), lang, head=HEAD if name == "declared" else "")


@cache
def reader(name: str, lang: Lang = "sv") -> PdfReader:
    return PdfReader(BytesIO(rendered(name, lang)))


def catalogue_of(name: str, lang: Lang = "sv") -> Any:
    root = reader(name, lang).trailer["/Root"]
    assert root is not None
    return root.get_object()


def flat(text: str) -> str:
    """Text without white space: where a line ends is the paper's business. Ligatures are letters."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def page_texts(made: bytes) -> list[str]:
    """By poppler, which takes a tenth of the time that pypdf takes; by that where it is not installed."""
    if shutil.which("pdftotext") is None:
        return [flat(page.extract_text()) for page in PdfReader(BytesIO(made)).pages]
    read = subprocess.run(["pdftotext", "-raw", "-", "-"], input=made, check=True, capture_output=True).stdout
    return [flat(page) for page in read.decode().split("\f")[:-1]]


@cache
def pages_of(name: str, lang: Lang = "sv") -> list[str]:
    return page_texts(rendered(name, lang))


@cache
def text_of(name: str, lang: Lang = "sv") -> str:
    return "".join(map(body_of, pages_of(name, lang)))


def body_of(page: str) -> str:
    """A page without its footer, so that what runs over two pages is in one piece."""
    return re.sub(
        r"JournaliaRemiss4\.2\.1,RegionExempel\.(?:Körning|Run)\S{1,60}?(?:Sidan\d+av|Page\d+of)\d+", "", page
    )


def titles(outline: Iterable[object], depth: int = 1) -> Iterator[tuple[int, str]]:
    for each in outline:
        if isinstance(each, list):
            yield from titles(each, depth + 1)
        elif isinstance(each, Destination):
            yield depth, str(each.title)


def tool(*words: str) -> str:
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} (poppler) is not installed")
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("lang", LANGS)
def test_it_is_tagged_and_names_its_title_language_and_standards(lang: Lang) -> None:
    root = catalogue_of("declared", lang)
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712  # pypdf's own kind of boolean
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == lang
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712  # as above
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part[^0-9]*1", xmp)
    assert re.search(r"pdfaid:part[^0-9]*2", xmp)
    assert re.search(r"pdfaid:conformance[^A-Z]*A", xmp)
    information = reader("declared", lang).metadata
    assert information is not None
    kind = {"sv": "Självdeklaration", "en": "Self-declaration"}[lang]
    assert information.title == f"{kind}: Journalia Remiss 4.2.1, Region Exempel"
    assert information.author == "rivta 0.1.0"


def test_tables_have_headers_and_drawings_have_words() -> None:
    tree = catalogue_of("declared")["/StructTreeRoot"]
    seen: dict[str, int] = {}
    waiting = [tree]
    without_words = 0
    while waiting:
        node = waiting.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if not hasattr(node, "get"):
            if isinstance(node, list):
                waiting.extend(node)
            continue
        kind = str(node.get("/S", ""))
        seen[kind] = seen.get(kind, 0) + 1
        without_words += kind == "/Figure" and not node.get("/Alt")
        children = node.get("/K")
        if children is not None:
            waiting.append(children)
    assert without_words == 0
    assert seen["/Figure"] >= 6
    assert seen["/TH"] > 50
    assert seen["/H1"] > 8
    assert seen["/Link"] > 30


@pytest.mark.parametrize("lang", LANGS)
def test_bookmarks_lead_through_it_one_level_at_a_time(lang: Lang) -> None:
    found = [(depth, flat(title)) for depth, title in titles(reader("declared", lang).outline)]
    words = {key: flat(value) for key, value in words_of("report", lang).items()}
    chapters = [title for depth, title in found if depth == 1]
    keys = ("summary", "form", "causes", "deviations", "requirements", "unproven", "states", "cases", "strays")
    last = ("manual", "basis", "coverage", "review_result", "messages")
    assert chapters == [words[key] for key in (*keys, *last)]
    assert [pair for pair in pairwise(depth for depth, _ in found) if pair[1] > pair[0] + 1] == []
    red = [result for result in sample.results() if result.verdict in RED]
    assert len(red) == 9
    for result in red:
        assert (3, flat(result.case + result.title.in_(lang))) in found


@pytest.mark.parametrize("lang", LANGS)
def test_the_whole_of_every_red_case_is_in_it(lang: Lang) -> None:
    shown = text_of("declared", lang)
    findings = 0
    for result in (result for result in sample.results() if result.verdict in RED):
        for check in result.checks:
            assert flat(check.expected) in shown
            assert flat(check.actual) in shown
            for finding in check.findings:
                findings += 1
                for words in (
                    finding.message.in_(lang),
                    finding.location,
                    finding.expected,
                    finding.actual,
                    finding.rule,
                ):
                    assert flat(words) in shown, words
        for exchange in result.exchanges:
            assert flat(exchange.url) in shown
            if exchange.problem:
                assert flat(exchange.problem.text.in_(lang)) in shown
    assert findings == 7


def test_the_lines_of_the_message_stand_by_the_finding() -> None:
    shown = text_of("declared")
    assert "<c:status>MOTTAGEN</c:status>" in shown
    assert "<c:subCode>PR003</c:subCode>" in shown
    assert "<html><body><h1>502BadGateway</h1></body></html>" in shown, "the reply that could not be read"
    # What passed has a line in the table, and no messages.
    assert "<c:subCode>PR001</c:subCode>" not in shown


@pytest.mark.parametrize("lang", LANGS)
def test_every_case_and_requirement_has_its_line(lang: Lang) -> None:
    shown = text_of("declared", lang)
    for result in sample.results():
        assert flat(result.case + result.title.in_(lang)) in shown
    for requirement in sample.REQUIREMENTS:
        assert flat(requirement.id + requirement.text.in_(lang)) in shown


def test_a_contract_is_named_once_in_a_list_of_its_cases() -> None:
    shown = text_of("declared")
    assert (
        flat("ERR-PR002 Vidareskickad remiss som inte tas emot besvaras med PR002 Ska TKB 2.2, 6.1 Avvikelse") in shown
    )
    assert flat("ProcessRequest/4.2, 6.2") in shown


@pytest.mark.parametrize("lang", LANGS)
def test_the_form_is_in_it_with_answers_and_proposals(lang: Lang) -> None:
    shown = text_of("declared", lang)
    words = words_of("report", lang)
    for section, questions in declared.form().sections:
        assert flat(section.number + section.title.in_(lang)) in shown
        for filled in questions:
            assert flat(filled.question.text.in_(lang)) in shown
            for said in (filled.answer.comment, filled.answer.reason, filled.answer.by) if filled.answer else ():
                assert flat(said) in shown
    for each in ("evidence_shows", "must_be_read", "form_left"):
        assert flat(words[each]) in shown
    assert flat("2.2.1 En avbruten remiss höjer versionsnumret") in text_of("declared", "sv")


def test_known_and_new_deviations_stand_apart() -> None:
    shown = text_of("declared")
    words = {key: flat(value) for key, value in words_of("report", "sv").items()}
    body = shown[shown.rindex(flat(words["deviations_sorted_lead"])) :]
    places = [body.index(words[key]) for key in ("deviations_approved", "deviations_known", "deviations_new")]
    assert places == sorted(places)
    assert places[0] < body.index("AVV-1") < places[1] < body.index("AVV-2") < places[2]
    assert places[2] < body.index("GEN-SCHEMA")
    for said in ("INAV-231", "Avvikelsegruppen 2026-05-12", "2026-06-30", "AVV-3", "AVV-4"):
        assert flat(said) in body


def test_without_a_form_or_a_list_it_is_whole_too() -> None:
    shown = text_of("plain")
    assert flat(words_of("report", "sv")["form_lead"]) not in shown
    assert flat(words_of("report", "sv")["deviations_new_unsorted"]) in shown
    assert flat("Godkänd Underkänd Avvikelser") in shown
    assert HEAD not in shown
    assert text_of("declared").count(HEAD) == 2, "on the cover and with the checksums"


def test_a_run_that_was_cut_short_says_so_on_the_cover() -> None:
    cover = pages_of("cut")[0]
    assert flat(words_of("report", "sv")["truncated_heading"]) in cover
    assert flat("Tio samtidiga anrop") in cover


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_has_its_number_system_and_run(lang: Lang) -> None:
    pages = pages_of("declared", lang)
    assert len(pages) > 12
    for number, page in enumerate(pages, 1):
        place = {"sv": f"Sidan{number}av{len(pages)}", "en": f"Page{number}of{len(pages)}"}[lang]
        assert page.endswith(f"2026-09-01T081501-4f1c{place}")
        assert "JournaliaRemiss4.2.1,RegionExempel" in page


def test_the_page_that_it_names_is_the_page() -> None:
    pages = pages_of("declared")
    told = re.search(r"ProcessRequest/4\.2\(sidan(\d+)\)", "".join(pages))
    assert told is not None
    assert flat("4.2 Vidareskickad remiss besvaras med PR002") in pages[int(told[1]) - 1]


@pytest.mark.parametrize("lang", LANGS)
def test_one_language_at_a_time(lang: Lang) -> None:
    other: Lang = "en" if lang == "sv" else "sv"
    shown, alien = text_of("declared", lang), words_of("report", other)
    keys = (
        "contents",
        "headline_no_deviation",
        "requirements_caption",
        "proves_does_text",
        "cases_print_lead",
        "form_lead",
    )
    for key in (*keys, "times_note", "messages_lead", "review_lead", "manual_lead", "coverage_lead"):
        assert flat(alien[key]) not in shown


def test_the_same_declaration_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = rendered("declared")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    try:
        with pytest.MonkeyPatch.context() as elsewhere:
            elsewhere.setenv("TZ", "Asia/Tokyo")
            time.tzset()
            assert pdf.render(declared.declared(), "sv", head=HEAD) == first
    finally:
        time.tzset()  # the process would stay in Tokyo, whatever the variable says afterwards
    information = reader("declared").metadata
    assert information is not None
    assert information.creation_date is not None
    assert information.creation_date.isoformat() == "2026-09-01T08:15:00+00:00"


def test_a_moment_that_nobody_knows_is_no_reason_to_fail() -> None:
    run = sample.small().run
    made = pdf.render(proven.of(replace(run, header=replace(run.header, started=""))))
    assert made.startswith(b"%PDF-1.7")


def hostile(addition: str) -> Declaration:
    """The sample with that at the end of every text that is not one of the model's own words."""
    model = {"yes-no", "text", "cases", "run", "vendor", "approved", "must-fix", "stopping", "yes", "no"}
    model |= {"proposed", "confirmed", "changed", "answered", "missing", "contradictory"}
    keys = {result.key for result in sample.results()}

    def changed(text: str) -> str:
        return text if text in model else text + addition

    def kept(text: str) -> str:
        return text if text in keys else changed(text)

    run = sample.every_text(sample.run(), changed)
    form, deviations = (sample.every_text(each, kept) for each in (declared.form(), declared.deviations()))
    return replace(proven.of(run), form=form, deviations=deviations)


def test_nothing_that_comes_from_outside_is_markup() -> None:
    made = pdf.render(hostile(MARKUP), head=MARKUP)
    document = PdfReader(BytesIO(made))
    shown = "".join(body_of(page) for page in page_texts(made))
    marked = flat(MARKUP)
    assert shown.count(marked) > 300
    for each in (
        "Journalia Remiss",
        "Region Exempel",
        "Kontrollsumma",
        "En fullständig remiss tas emot",
        "Rättat i 4.2.2",
    ):
        assert flat(each) in shown
    for each in ("Ett avbrott får tekniskt fel i stället för svar.", "Elementet är tomt.", "Källsystem"):
        assert flat(each) + marked in shown
    assert document.metadata is not None
    assert document.metadata.title is not None
    assert MARKUP in document.metadata.title
    assert "/JavaScript" not in str(document.trailer["/Root"])


SHOWN = (
    ("a\u202eb", "a‹U+202E›b"),  # what is read must be what was sent
    ("a\0b", "a‹U+0000›b"),
    ("a\u200bb", "a‹U+200B›b"),
    ("\ue000", "‹U+E000›"),
    ("\ud83d", "‹U+D83D›"),
    ("\ufeff", "‹U+FEFF›"),
    ("漢", "‹U+6F22›"),  # no font of the wheel has it, and an archivable PDF may not leave it blank
    ("😀", "‹U+1F600›"),
    ("ÅÄÖ åäö é ß – … ’", "ÅÄÖåäöéß–…’"),
    ("Σ Ж →", "ΣЖ→"),
)


def test_what_no_font_can_show_is_named() -> None:
    small = sample.small()
    system = replace(small.run.header.system, organisation="".join(f"Region {sent} X" for sent, _ in SHOWN))
    run = replace(small.run, header=replace(small.run.header, system=system))
    cover = page_texts(pdf.render(proven.of(run)))[0]
    assert [read for _, read in SHOWN if flat(f"Region{read}X") not in cover] == []


def test_a_long_word_stays_on_the_paper(tmp_path: Path) -> None:
    word = "urn:riv:clinicalprocess:" + "A" * 400 + "å" * 400
    run = sample.run()
    results = tuple(replace(each, title=replace(each.title, sv=word)) for each in run.results[:9])
    upright = replace(run.header, tables={})  # those lie on their side, where the paper is wider
    made = pdf.render(proven.of(replace(run, header=upright, results=results)))
    assert word in "".join(map(body_of, page_texts(made)))
    path = tmp_path / "long.pdf"
    path.write_bytes(made)
    right = max(map(float, re.findall(r'xMax="([0-9.]+)"', tool("pdftotext", "-bbox", str(path), "-"))))
    assert 500 < right < 595 - 60, "points; A4 is 595 wide, the margin 62"


def test_who_is_no_test_person_is_masked_whoever_wrote_it() -> None:
    person = sample.someone()
    plain = person.replace("-", "")
    shown = text_of("declared")
    assert person not in shown
    assert plain not in shown
    tokens = re.findall(r"person-[0-9a-f]{8}", shown)
    assert tokens
    named = replace(declared.declared().form, form=replace(declared.form().form, title=Text.same(f"Till {person}")))  # type: ignore[type-var]  # never None here
    shown = "".join(page_texts(pdf.render(replace(declared.declared(), form=named))))
    assert person not in shown
    assert f"Till{tokens[0]}" in shown


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(UsageError) as caught:
        pdf.render(sample.small())
    assert "pip install 'pytest-rivta[pdf]'" in str(caught.value)


def test_a_typst_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "0.14.9")
    with pytest.raises(UsageError, match=r"typst 0\.15 or later; 0\.14\.9 is installed"):
        pdf.render(sample.small())


def test_what_typst_cannot_set_is_our_error_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "packaged", lambda _: "#panic()")
    with pytest.raises(RivtaError) as caught:
        pdf.render(sample.small())
    assert not isinstance(caught.value, UsageError), "nobody wrote anything wrong but we"
    assert "typst could not set the PDF" in str(caught.value)
    assert "declaration.html says the same" in str(caught.value)


def test_typst_is_loaded_only_to_print() -> None:
    program = "import sys; from rivta.report import pdf; sys.exit('typst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("lang", part(LANGS, 2))
def test_what_changed_since_an_earlier_run_is_a_chapter(lang: Lang) -> None:
    new = sample.run()
    system = replace(new.header.system, version="4.1.0")
    old = replace(new, header=replace(new.header, run="2026-08-01T081501-0000", system=system), results=new.results[2:])
    made = pdf.render(declared.declared(), lang, previous=comparison.of(old, new))
    document = PdfReader(BytesIO(made))
    shown = "".join(map(body_of, page_texts(made)))
    words = words_of("report", lang)
    assert (1, words["changes"]) in set(titles(document.outline))
    for each in ("changes_again", "changes_parts", "changes_times"):
        assert (2, words[each]) in set(titles(document.outline))
    assert "4.1.04.2.1" in shown
    assert words["changes"] not in {title for _, title in titles(reader("declared", lang).outline)}


def test_what_became_another_while_the_run_was_left_is_in_it() -> None:
    run = sample.run()
    assert not run.header.changes
    change = Change("2026-09-02T08:00:00Z", "timeouts", "connect 5 s, read 30 s", "connect 5 s, read 90 s")
    small = replace(run, header=replace(run.header, changes=(change,)), results=run.results[:1])
    shown = "".join(map(body_of, page_texts(pdf.render(proven.of(small), "en"))))
    words = words_of("report", "en")
    for each in (
        words["environment_changes"],
        words["column_from"],
        "2026-09-02 08:00:00 UTC",
        change.before,
        change.after,
    ):
        assert flat(each) in shown


def test_very_many_cases_are_printed() -> None:
    cases = tried(1000)
    made = pdf.render(sample.large(cases, 2000))
    assert len(made) < cases * 8_000
    document = PdfReader(BytesIO(made))
    assert cases * 0.06 < len(document.pages) < cases * 0.25
    assert len([title for depth, title in titles(document.outline) if depth == 3]) > cases / 10


def test_a_run_of_nothing_and_a_run_told_twice_are_printed() -> None:
    run = sample.run()
    bare = replace(run.header, domains=(), planned=(), suites={}, environment={}, roles=(), test_identities=())
    nothing = pdf.render(proven.of(replace(run, header=bare, results=(), footer=None)))
    assert flat("0 av 0 krav är visade uppfyllda.") in "".join(page_texts(nothing))
    assert pdf.render(proven.of(replace(run, results=(*run.results, *run.results)))).startswith(b"%PDF")


def test_every_state_has_the_colour_that_it_has_on_a_light_screen() -> None:
    assert set(COLOURS) == {*STATE_KEYS, *ANSWER_KEYS}
    assert COLOURS["passed"] == COLOURS["confirmed"] == "#1d6b3c"
    assert COLOURS["failed"] == COLOURS["missing"] == "#a8231b"


def test_poppler_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "declaration.pdf"
    path.write_bytes(rendered("declared"))
    facts = tool("pdfinfo", str(path))
    assert re.search(r"Tagged:\s+yes", facts)
    assert re.search(r"Page size:.*A4", facts)
    assert "MOTTAGEN" in tool("pdftotext", str(path), "-")
