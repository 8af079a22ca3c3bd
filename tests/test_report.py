"""The report as a document: what it says, that it leads everywhere it promises, that it is sound HTML."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree, html

import report_form_sample as form_sample
import report_sample as sample
from rivta.declaration import proven
from rivta.model.declaration import Declaration
from rivta.model.run import CheckResult
from rivta.model.words import Lang, Verdict
from rivta.report import bodies, listing
from rivta.report.html import render
from rivta.report.voice import STATE_KEYS
from rivta.text.catalogue import text as text_of
from rivta.text.catalogue import words

GOLDEN = Path(__file__).parent / "golden"
ROOM = resources.files("rivta.report")
LANGS: tuple[Lang, ...] = ("sv", "en")
UNKNOWN_TAG = 801  # libxml2 knows no HTML 5 and calls `main` and `svg` invalid


def page(declared: Declaration, lang: Lang = "sv") -> etree._Element:
    return html.document_fromstring(render(declared, lang))


def select(root: etree._Element, path: str) -> list[etree._Element]:
    found = root.xpath(path)
    assert isinstance(found, list)
    return [element for element in found if isinstance(element, etree._Element)]


def values(root: etree._Element, path: str) -> list[str]:
    found = root.xpath(path)
    assert isinstance(found, list)
    return [str(value) for value in found]


def text(element: etree._Element) -> str:
    return " ".join("".join(str(part) for part in element.itertext()).split())


def at(root: etree._Element, href: str) -> etree._Element:
    return select(root, f"//*[@id='{href.removeprefix('#')}']")[0]


@cache
def rich() -> etree._Element:
    return page(sample.rich())


@cache
def truncated() -> etree._Element:
    return page(sample.rich(is_truncated=True))


@pytest.mark.parametrize("lang", LANGS)
def test_the_small_report_is_as_agreed(lang: Lang) -> None:
    shown = render(form_sample.small(), lang).decode()
    shown = re.sub(r"<style>.*?</style>", "<style>…</style>", shown, flags=re.DOTALL)
    shown = re.sub(r"'sha256-[^']+'", "'sha256-…'", shown)
    golden = GOLDEN / f"declaration.{lang}.html"
    if os.environ.get("RIVTA_GOLDEN") == "write":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8"), "RIVTA_GOLDEN=write agrees to the change"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "declared", [sample.small(), sample.rich(), sample.rich(is_truncated=True)], ids=["small", "rich", "cut"]
)
def test_every_link_leads_somewhere_and_every_place_is_one(declared: Declaration, lang: Lang) -> None:
    root = page(declared, lang)
    ids = values(root, "//@id")
    assert [id_ for id_, count in Counter(ids).items() if count > 1] == []
    links = [
        *values(root, "//@href"),
        *(f"#{id_}" for each in values(root, "//@aria-labelledby") for id_ in each.split()),
    ]
    assert len(links) > 50
    assert [link for link in links if link.removeprefix("#") not in ids] == []


def test_it_is_well_formed() -> None:
    parser = etree.HTMLParser()
    etree.fromstring(render(sample.rich(is_truncated=True)), parser)
    assert [entry.message for entry in parser.error_log if entry.type != UNKNOWN_TAG] == []


def test_nothing_in_it_needs_a_script_an_inline_style_or_the_network() -> None:
    assert (
        select(
            rich(),
            "//script | //link | //img | //iframe | //object | //form | //*[@style] | //@*[starts-with(name(), 'on')]/..",
        )
        == []
    )
    assert values(rich(), "//@src") == []
    assert [href for href in values(rich(), "//@href") if not href.startswith("#")] == []
    style = text(select(rich(), "//style")[0])
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_in_the_file_allows_its_own_style_only() -> None:
    policy = values(rich(), "//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


@pytest.mark.parametrize("shown", [rich, truncated])
def test_headings_go_down_one_level_at_a_time(shown: Callable[[], etree._Element]) -> None:
    levels = [int(str(heading.tag)[1]) for heading in select(shown(), "//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_it_can_be_read_by_ear() -> None:
    assert values(rich(), "/html/@lang") == ["sv"]
    assert values(page(sample.small(), "en"), "/html/@lang") == ["en"]
    assert [len(select(rich(), f"//{mark}")) for mark in ("header", "nav", "main")] == [1, 1, 1]
    assert values(rich(), "//body/*[1]/@href") == ["#summary"]
    assert select(rich(), "//th[not(@scope)]") == []
    assert select(rich(), "//table[not(caption)]") == []
    assert select(rich(), "//svg[not(@aria-hidden) and not(@role='img' and title and desc)]") == []
    assert select(rich(), "//tbody/tr[not(th[@scope='row'])]") == []
    # A verdict is a word as well as a shape and a colour.
    assert [state for state in select(rich(), "//span[contains(@class, 'state')]") if not text(state)] == []


def test_a_deviation_leads_to_its_evidence_and_back() -> None:
    for verdict in ("PRC-F-view", "GEN-SCHEMA"):
        assert at(rich(), f"req-{verdict}") is not None
    deviation = at(rich(), values(at(rich(), "req-GEN-SCHEMA"), ".//a[starts-with(@href, '#dev-')]/@href")[0])
    assert values(deviation, ".//h3/a/@href") == ["#req-GEN-SCHEMA"]
    finding = at(rich(), values(deviation, ".//li//a[1]/@href")[0])
    assert "This element is not expected" in text(finding)
    line_links = values(finding, ".//a/@href")
    assert len(line_links) == 2
    for link in line_links:
        line = at(rich(), link)
        assert "MOTTAGEN" in text(line)
        assert f"#{finding.get('id')}" in values(line, ".//a/@href")
    assert "<c:status>MOTTAGEN</c:status>" in text(select(finding, ".//mark")[0])


def test_every_failed_check_is_among_the_deviations() -> None:
    declared = sample.rich()
    failed = {
        id_
        for result in declared.run.results
        for check in result.checks
        if check.verdict is Verdict.FAILED
        for id_ in check.verifies
    }
    shown = {text(link) for link in select(rich(), "//section[@id='deviations']//h3/a")}
    assert shown == failed | {"ERR-PR004"}, "and the reply that could not be read, which no check came to"


def test_a_failed_check_without_a_requirement_is_a_deviation_too() -> None:
    run = sample.run()
    red = next(result for result in run.results if result.case == "4.2")
    nameless = replace(red, checks=tuple(replace(check, verifies=()) for check in red.checks), verifies=())
    root = page(proven.of(replace(run, results=(nameless,))))
    assert "Utan angivet krav" in text(at(root, "deviations"))
    assert "subCode är inte den väntade." in text(at(root, "deviations"))


def test_passed_checks_keep_what_was_expected_and_what_came() -> None:
    row = at(rich(), values(rich(), "//article[h4/span='1.1']//tr[th[contains(., 'Svarstid')]]/@id")[0])
    assert "at most 2000 ms" in text(row)
    assert "8 ms" in text(row)


def test_what_is_not_proven_says_why() -> None:
    reasons = {text(row[0]): text(row[2]) for row in select(truncated(), "//section[@id='unproven']//tbody/tr")}
    assert reasons == {
        "PR-S-condition": "Regeln Verify condition gick inte att utvärdera.",
        "BR-4": "Systemet vidareskickar inte remisser (anges i miljöfilen).",
        "BR-7": "Testfallet kördes inte: ProcessRequest/7.1.",
        "BR-6": "Samtycke syns inte i meddelandet.",
        "PRC-F-kom": "Ingen lyssnar på adressen: anslutningen nekades.",
        "PRC-F-view": "Skärmbild granskad av Anna Ek 2026-09-02. Obesvarad: Visas kompletteringen?",
        "PRC-C-KOM": "Ingen anslutning nådde porten 8443.",
    }


def test_checks_that_passed_and_prove_nothing_say_why() -> None:
    """A case that came to its checks is never told as one that reached none."""
    run, unshown = sample.run(), CheckResult(proven.TWIN, Verdict.NOT_PROVEN, ())
    alike = tuple(replace(each, checks=(*each.checks, unshown)) for each in run.results)
    told = page(proven.of(replace(run, results=alike)))
    reasons = [text(row[2]) for row in select(told, "//section[@id='unproven']//tbody/tr")]
    assert any(each.startswith("Systemet besvarade det som skulle avvisas") for each in reasons), reasons
    assert not any("nådde ingen kontroll" in each for each in reasons)


def test_all_verdicts_have_their_word() -> None:
    words = {
        text(state) for state in select(truncated(), "//section[@id='requirements']//span[contains(@class, 'state')]")
    }
    assert words == {
        "Avvikelse",
        "Fel i provningen",
        "Hindrad av miljön",
        "Ej visat",
        "Manuell bedömning",
        "Ej provat",
        "Ej tillämpligt",
        "Uppfyllt",
    }
    assert {key for key in STATE_KEYS if not select(rich(), f"//*[@id='s-{key}']")} == set()


@pytest.mark.parametrize("lang", LANGS)
def test_it_leaves_the_decision_to_the_reviewer(lang: Lang) -> None:
    words = text(page(sample.rich(), lang)).lower()
    assert [word for word in ("underkän", "godkän", "rejected", "approved") if word in words] == []


def test_a_run_that_was_cut_short_says_so() -> None:
    assert "Körningen är avbruten" in text(at(truncated(), "truncated"))
    assert "ProcessRequest/7.1 Tio samtidiga anrop" in text(at(truncated(), "truncated"))
    assert "line 9 is not JSON" in text(at(truncated(), "damage"))
    assert select(rich(), "//*[@id='truncated' or @id='damage']") == []


def test_it_names_what_was_tested_with_what() -> None:
    words = text(select(rich(), "//header")[0])
    for part in (
        "Region Exempel",
        "232100-0016",
        "Journalia Remiss 4.2.1",
        "Remissmottagare",
        "rivta 0.1.0",
        "2026-09-01 08:15:00 UTC",
    ):
        assert part in words
    assert "ProcessRequest 2.2 (vår återgivning)" in words
    assert "ProcessRequestConfirmation 2.2 (officiellt paket)" in words
    basis = text(at(rich(), "basis"))
    for part in ("a" * 64, "c" * 64, "connect 5 s, read 30 s", "191212121212"):
        assert part in basis
    assert "a key of the sample" not in text(rich())


def test_people_who_are_no_test_persons_are_masked_and_counted() -> None:
    someone = sample.someone()
    assert someone.encode() in b"".join(
        each.response.body for result in sample.results() for each in result.exchanges if each.response
    )
    assert someone not in text(rich())
    tokens = [text(item) for item in select(at(rich(), "masked"), ".//li")]
    assert len(tokens) == 1
    assert f"Patient {tokens[0]} finns redan" in text(at(rich(), "cases"))
    assert "191212121212" in text(at(rich(), "cases")), "the test person's identity stays"


def test_messages_are_named_by_the_bytes_that_were_on_the_wire() -> None:
    exchanges = [each for result in sample.results() for each in result.exchanges]
    exchanges += [stray.exchange for stray in sample.strays()]
    bodies_seen = {each.request.body for each in exchanges if each.request.body}
    bodies_seen |= {each.response.body for each in exchanges if each.response}
    rows = {text(row) for row in select(rich(), "//section[@id='messages']//tbody/tr/th")}
    assert rows == {sha256(body).hexdigest() for body in bodies_seen}


def test_a_message_is_shown_once_and_a_red_case_is_its_home() -> None:
    answer = sha256(sample.response_body()).hexdigest()[:12]
    assert len(select(rich(), f"//*[@id='m-{answer}']")) == 1
    home = select(rich(), f"//article[.//*[@id='m-{answer}']]/h4/span")
    assert [text(each) for each in home] == ["2.3"]
    assert "Samma meddelande visas i 2.3" in text(select(rich(), "//article[h4/span='1.1']")[0])


def test_red_cases_are_unfolded_and_others_folded() -> None:
    assert select(rich(), "//article[contains(@class, 'red')]/details[not(@open)]") == []
    assert select(rich(), "//article[not(contains(@class, 'red'))]//details[@open]") == []


def with_answer(body: bytes, count: int = 1) -> Declaration:
    run = sample.run()
    red = next(result for result in run.results if result.case == "4.2")
    cases = []
    for number in range(count):
        call = red.exchanges[0]
        assert call.response is not None
        answer = replace(call.response, body=body + b" " * number)
        cases.append(replace(red, case=f"4.{number}", exchanges=(replace(call, response=answer),)))
    return proven.of(replace(run, results=tuple(cases)))


def test_a_large_message_is_shortened_and_its_file_named() -> None:
    attachment = sample.response_body("ERROR", ("note", "mycket text " * 300_000), ("subCode", "PR003"))
    shown = render(with_answer(attachment))
    root = html.document_fromstring(shown)
    assert len(shown) < 200_000
    name = f"messages/{sha256(attachment).hexdigest()}.xml"
    assert f"Förkortat: hela meddelandet finns i {name}." in text(at(root, "cases"))
    assert "tecken utelämnade" in text(at(root, "cases"))
    assert "<c:subCode>PR003</c:subCode>" in text(select(root, "//ul[@class='findings']//mark")[0])


def test_a_long_message_without_long_values_loses_its_end() -> None:
    rows = b"\n".join(b"<row>%d</row>" % number for number in range(20_000))
    root = page(with_answer(b"<all>\n" + rows + b"\n</all>"))
    shown = text(at(root, "cases"))
    assert "<row>4000</row>" in shown
    assert "<row>19999</row>" not in shown


def test_messages_beyond_the_budget_are_named_and_the_lines_of_findings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BUDGET_BYTES", 1_500)
    answer = sample.response_body("ERROR", ("subCode", "PR003"))
    root = page(with_answer(answer, count=5))
    assert text(at(root, "cases")).count("för att rapporten inte ska bli för stor") == 4
    excerpts = select(root, "//ul[@class='findings']//mark")
    assert [text(each) for each in excerpts] == ["<c:subCode>PR003</c:subCode>"] * 5 + ["<c:own>1</c:own>"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b"\x00\x01\xff",
        "<a>å</a>".encode("latin-1"),
        b'<?xml version="1.0" encoding="rot13"?><a/>',
    ],
)
def test_any_bytes_can_be_an_answer(body: bytes) -> None:
    root = page(with_answer(body))
    assert "Svar" in text(at(root, "cases"))


def test_no_character_is_written_that_html_forbids_or_that_turns_the_text_around() -> None:
    hostile = "\0\x1b\x85\u202e\u2066\ufffe"
    shown = render(proven.of(sample.every_text(sample.run(), lambda each: each + hostile))).decode()
    assert [each for each in hostile if each in shown] == []
    assert "\N{REPLACEMENT CHARACTER}" in shown


def test_a_lone_surrogate_is_no_reason_to_fail() -> None:
    run = sample.run()
    renamed = replace(run, header=replace(run.header, run="\ud83d half an emoji"))
    assert "\N{REPLACEMENT CHARACTER} half an emoji" in render(proven.of(renamed)).decode()


def test_a_run_of_nothing_and_a_run_told_twice_are_reports_too() -> None:
    run = sample.run()
    bare = replace(run.header, domains=(), planned=(), suites={}, environment={}, roles=(), test_identities=())
    nothing = page(proven.of(replace(run, header=bare, results=(), footer=None)))
    assert "0 av 0 krav är visade uppfyllda." in text(at(nothing, "summary"))
    twice = page(proven.of(replace(run, results=(*run.results, *run.results))))
    assert [id_ for id_, count in Counter(values(twice, "//@id")).items() if count > 1] == []
    cases = select(twice, "//section[@id='cases']//article[starts-with(@id, 'case-')]")
    assert len(cases) == 2 * len(run.results)


def test_swedish_is_not_left_in_the_english_report() -> None:
    english = set(words("report", "en").values())
    swedish = {said for said in words("report", "sv").values() if len(said) > 12 and "{" not in said} - english
    shown = text(page(sample.rich(is_truncated=True), "en"))
    assert [sentence for sentence in swedish if sentence in shown] == []


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_told_from_what_they_stand_on(theme: int) -> None:
    style = ROOM.joinpath("declaration.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[theme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    grounds = {"paper", "ground"}
    inks = set(colours) - grounds - {"line", "mark"}
    assert inks >= {"ink", "soft", "link", *STATE_KEYS}
    assert {
        (ink, ground) for ink in inks for ground in grounds if contrast(colours[ink], colours[ground]) < 4.5
    } == set()
    assert contrast(colours["ink"], colours["mark"]) >= 4.5
    assert contrast(colours["link"], colours["mark"]) >= 4.5


def test_jinja_is_not_loaded_before_it_is_needed() -> None:
    program = "import sys, rivta.report.html; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=30).returncode == 0


def test_the_limit_of_what_is_shown_is_what_the_reader_is_told() -> None:
    text_of_limit = "x" * listing.SHOWN_CHARACTERS
    assert listing.shorten(text_of_limit, "{n}") == text_of_limit
    assert len(listing.shorten(text_of_limit + "y", "{n}")) < listing.SHOWN_CHARACTERS


def test_the_table_of_states_says_what_is_expected_where_it_stands_and_what_came_of_it() -> None:
    table = select(rich(), "//section[@id='states']//table")[0]
    assert values(table, "./thead//th/@scope") == ["col"] * 3
    assert values(table, "./tbody//th/@scope") == ["row"] * 2
    cells = {(text(row[0]), cell.get("data-label")): cell for row in select(table, "./tbody/tr") for cell in row[1:]}
    accepted, failed = cells["när den är mottagen", "NR"], cells["när den är mottagen", "VR"]
    verdicts = words("verdicts", "sv")
    assert text(accepted) == f"{verdicts['state_passed']} tas emot TKB 5, regel 2"
    assert text(failed) == f"{verdicts['state_failed']} avvisas med PR002 TKB 5, regel 4"
    assert text(at(rich(), values(failed, ".//a/@href")[0])).startswith("4.2 ")
    left, untried = cells["när den är avslutad", "NR"], cells["när den är avslutad", "VR"]
    assert text(left) == "avvisas Not 1 TKB 5, regel 9 (kördes inte)"
    assert text(untried) == "prövas inte Not 2"
    notes = [text(at(rich(), values(cell, ".//a[@class='note']/@href")[0])) for cell in (left, untried)]
    assert notes == ["TKB 5, regel 9. Härlett: Kontraktet binder avsändaren.", "Här finns två skäl att avvisa."]


@pytest.mark.parametrize("lang", LANGS)
def test_what_a_system_leaves_open_that_answers_all_alike_says_why(lang: Lang) -> None:
    why = text_of("declaration", "all_alike").in_(lang)
    reasons = [
        text(each) for each in select(page(sample.alike(sample.small()), lang), "//section[@id='unproven']//tbody/tr")
    ]
    assert any(why in reason for reason in reasons)
    assert not any(why in text(each) for each in select(page(sample.small(), lang), "//body"))
