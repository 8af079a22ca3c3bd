"""The report's parts on their own: names of places, lines of messages, drawings, numbers."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from markupsafe import Markup

import report_sample
from deviation_world import POSTAL, UNKNOWN, case, run
from rivta.declaration import proven
from rivta.model.words import Verdict
from rivta.report import layout, listing, summary, times, view
from rivta.report.layout import Anchors
from rivta.report.markup import CaseHtml
from rivta.report.material import of
from rivta.report.voice import Voice
from rivta.text import xml

SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.sampled_from(["a", "b", "c:d", "c:a"])
TREES: st.SearchStrategy["Tree"] = st.recursive(
    st.tuples(NAMES, st.just([])), lambda inner: st.tuples(NAMES, st.lists(inner, max_size=4)), max_leaves=25
)
Tree = tuple[str, list["Tree"]]


def written(tree: Tree, *, is_root: bool = True) -> str:
    name, children = tree
    inside = "".join(written(child, is_root=False) for child in children)
    declared = ' xmlns:c="urn:c"' if is_root else ""
    return f"<{name}{declared}>{inside}</{name}>"


@given(TREES)
def test_the_path_of_an_element_leads_to_its_line(tree: Tree) -> None:
    laid_out = xml.pretty(written(tree).encode())
    for element in xml.parse(laid_out.encode()).iter():
        assert listing.line_of(laid_out, xml.path_of(element)) == element.sourceline


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("/soapenv:Envelope", 2),
        ("/e:Envelope/e:Body", 3),  # another prefix than the document's
        ("//result/resultCode", 5),
        ("/soapenv:Envelope/soapenv:Body/result/resultCode/@code", 5),
        ("/soapenv:Envelope/soapenv:Body/result/missing", None),
        ("/soapenv:Envelope/soapenv:Body/result[2]", None),
        ("/c:Envelope", None),  # the document's prefix for another namespace
        ("HTTP Content-Type", None),
        ("/", None),
        ("//*[local-name()='result']", None),
        ("", None),
    ],
)
def test_a_location_is_found_or_is_not(location: str, line: int | None) -> None:
    shown = (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<soapenv:Envelope xmlns:soapenv="urn:e" xmlns:c="urn:c">\n'
        '<soapenv:Body>\n<result>\n<resultCode code="1"/>\n</result></soapenv:Body></soapenv:Envelope>'
    )
    assert listing.line_of(shown, location) == line


def test_what_is_no_xml_has_no_places() -> None:
    assert listing.line_of("<html><br></html>", "/html") is None


@given(st.text())
def test_numbered_lines_say_what_the_text_says(text: str) -> None:
    rows = listing.lines(text)
    items = re.findall(r"<li>(.*?)</li>", listing.Listing(rows).__html__(), re.DOTALL)
    assert [item.replace("&lt;", "<").replace("&amp;", "&") for item in items] == rows


def test_an_excerpt_keeps_the_numbers_and_drops_the_margin() -> None:
    rows = [f"{' ' * 8}<row>{number}</row>" for number in range(1, 21)]
    shown = listing.excerpt(rows, 10).__html__()
    assert shown.startswith('<ol class="code" start="8">')
    assert '<li class="hit"><mark>&lt;row>10&lt;/row></mark></li>' in shown
    assert "  " not in shown


def test_a_mark_is_on_its_line() -> None:
    shown = listing.Listing(["one", "<two>"], 1, {2: '<a href="#f">back</a>'}, "m-i").__html__()
    assert '<li id="m-i2" class="hit"><mark>&lt;two></mark> <a href="#f">back</a></li>' in shown
    assert "<li>one</li>" in shown


@settings(deadline=None)
@given(st.text(min_size=1, max_size=60, alphabet="ab<>\n"), st.integers(min_value=1000, max_value=4000))
def test_shortening_moves_no_line(part: str, width: int) -> None:
    text = (part + "c" * width) * (1 + listing.SHOWN_CHARACTERS // width)
    short = listing.lines(listing.shorten(text, "[{n}]"))
    whole = listing.lines(text)
    assert len(short) <= len(whole)
    assert all(
        row.split("[")[0] == row_before[: len(row.split("[")[0])] for row, row_before in zip(short, whole, strict=False)
    )


@given(st.lists(st.text(), unique=True))
def test_every_key_gets_a_name_of_its_own(keys: list[str]) -> None:
    anchors = Anchors()
    names = [anchors.of("case", key) for key in keys]
    assert len({*names}) == len(keys)
    assert names == [anchors.of("case", key) for key in keys]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names)


def parsed(svg: Markup) -> etree._Element:
    return etree.fromstring(f'<svg xmlns="{SVG[1:-1]}">{svg}</svg>')


@given(st.lists(st.integers(min_value=0, max_value=60), min_size=8, max_size=8))
def test_there_is_one_mark_for_each_requirement(counts: list[int]) -> None:
    states = Voice("sv").states
    found = [state for state, count in zip(states, counts, strict=True) for _ in range(count)]
    counted = layout.tallies(found, states)
    uses = parsed(layout.marks(counted, "o", "title", "description")).findall(f".//{SVG}use")
    assert sum(tally.count for tally in counted) == len(uses) == sum(counts)
    assert len({(use.get("x"), use.get("y")) for use in uses}) == len(uses)


@given(
    st.lists(st.floats(min_value=0, max_value=500_000), min_size=1, max_size=60),
    st.integers(min_value=1, max_value=60_000),
)
def test_no_bar_lies_on_both_sides_of_the_limit(took: list[float], limit: int) -> None:
    drawn = parsed(times.distribution(took, limit, "t", ("title", "description", "limit"), Voice("sv")))
    path = drawn.find(f".//{SVG}path[@class='limit']")
    assert path is not None
    at = float(path.get("d", "").split("M")[1].split()[0])
    bars = {
        (bar.get("class"), float(bar.get("x", "")), float(bar.get("width", ""))) for bar in drawn.iter(f"{SVG}rect")
    }
    assert {kind for kind, _, _ in bars} == {"within" if each <= limit else "over" for each in took}
    assert all(x + width <= at + 1.2 for kind, x, width in bars if kind == "within")
    assert all(x >= at - 0.2 for kind, x, _ in bars if kind == "over")
    names = [(float(each.get("x", "")), each.text or "") for each in drawn.iter(f"{SVG}text") if each.get("class")]
    assert len(names) > 1
    assert all("." not in name for _, name in names), "a Swedish number has a comma"
    for (x, name), (after, other) in pairwise(names):
        assert after - x > 6 * (len(name) + len(other)) / 2, "names do not run into each other"


def test_a_contract_whose_answers_prove_nothing_is_counted_so_where_contracts_are_counted() -> None:
    met: list[int] = []
    for declared in (report_sample.small(), report_sample.alike(report_sample.small())):
        contract, _ = summary.part(of(declared, "en"))["by_contract"]
        met.append(sum(tally.count for tally in contract["tallies"] if tally.state.key == "passed"))
        assert met[-1] == sum(row.verdict is Verdict.PASSED for rows in declared.rows.values() for row in rows)
    assert met[0] > met[1]


@pytest.mark.parametrize("count", [1, 6, 7, 100])
def test_links_stand_behind_their_title_which_tells_their_number_once(count: int) -> None:
    told = CaseHtml(Voice("en").words).folded([Markup("<a>x</a>")] * count, "causes", f"Cases: {count}")
    assert told.count(str(count)) == 1
    assert told.startswith(f"Cases: {count}: " if count < 7 else '<details class="fold"><summary>Cases: ')


def test_what_is_drawn_is_escaped() -> None:
    assert "<b>" not in layout.marks((), "o", "<b>", "<b>") + times.distribution(
        [1], 2, "t", ("<b>", "<b>", "<b>"), Voice("sv")
    )


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("sv", ["8,4 ms", "12 ms", "1 240 ms", "0 ms", "1023 B", "1,0 KB", "10,5 MB"]),
        ("en", ["8.4 ms", "12 ms", "1,240 ms", "0 ms", "1023 B", "1.0 KB", "10.5 MB"]),
    ],
)
def test_numbers_are_written_as_the_language_has_them(lang: str, shown: list[str]) -> None:
    voice = Voice("sv" if lang == "sv" else "en")
    written_out = [*map(voice.ms, (8.4, 12.3, 1240, 0)), *map(voice.size, (1023, 1024, 11_010_048))]
    assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in written_out] == shown


def test_a_moment_is_shown_to_the_second_with_its_zone() -> None:
    assert Voice.time("2026-09-01T08:15:01.120000+00:00") == "2026-09-01 08:15:01 UTC"
    assert Voice.time("2026-09-01T08:15:01Z") == "2026-09-01 08:15:01 UTC"
    assert Voice.time("2026-09-01T08:15:01+02:00") == "2026-09-01T08:15:01+02:00"
    assert Voice.time("yesterday") == "yesterday"


def test_of_a_case_that_failed_elsewhere_the_overview_says_what_the_table_says() -> None:
    failed = replace(case("2.1", (Verdict.FAILED, (POSTAL,))), verifies=(POSTAL, UNKNOWN))
    shown = view.build(proven.of(run([failed])), "en")
    table = {row["id"]: row["state"].key for domain in shown["requirements"] for row in domain["rows"]}
    assert (table[POSTAL], table[UNKNOWN]) == ("failed", "not-proven")
    (overview,) = shown["summary"]["by_contract"]
    assert [(each.state.key, each.count) for each in overview["tallies"]] == [("failed", 1), ("not-proven", 1)]
