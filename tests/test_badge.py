"""The badge: counts that are true, words for those who do not see it, colours that can be read."""

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

import report_sample as sample
from deviation_world import POSTAL, UNKNOWN, case, known, run
from rivta.declaration import deviations, proven
from rivta.model.declaration import Declaration
from rivta.model.run import Run
from rivta.model.words import Verdict
from rivta.report import verdict

SVG = "{http://www.w3.org/2000/svg}"
GREEN = run([case("4.1", (Verdict.PASSED, (UNKNOWN,)))])
RED = run([case("2.1", (Verdict.FAILED, (POSTAL,))), case("4.1", (Verdict.PASSED, (UNKNOWN,)))])
TOTAL = len(proven.of(GREEN).rows[sample.DOMAIN])


def drawn(declared: Declaration, *options: Any) -> etree._Element:
    return etree.fromstring(verdict.badge(declared, *options))


def texts(svg: etree._Element) -> list[str]:
    return [str(each.text) for each in svg.iter(f"{SVG}text")]


def title(svg: etree._Element) -> str:
    return str(svg.findtext(f"{SVG}title"))


def colour(svg: etree._Element) -> str:
    found = svg.find(f"{SVG}rect")
    assert found is not None
    return str(found.get("fill"))


def test_it_counts_and_names_itself() -> None:
    svg = drawn(proven.of(GREEN), "en")
    assert texts(svg) == ["RIV-TA", f"1 of {TOTAL} requirements met"]
    assert title(svg) == f"RIV-TA: 1 of {TOTAL} requirements are shown to be met"
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == next(svg.iter(f"{SVG}title")).get("id")
    assert title(drawn(proven.of(GREEN))) == f"RIV-TA: 1 av {TOTAL} krav är visade uppfyllda"


def test_deviations_show_in_words_and_known_ones_are_told_apart() -> None:
    plain = drawn(proven.of(RED), "sv")
    assert texts(plain)[1] == f"1 av {TOTAL} krav uppfyllda, 1 avviker"
    found = deviations.sort(RED, [known(requirement=POSTAL)])
    decided = drawn(replace(proven.of(RED), deviations=found), "sv")
    assert texts(decided)[1] == f"1 av {TOTAL} krav uppfyllda, 1 avviker, känt"
    assert (
        texts(drawn(replace(proven.of(RED), deviations=found), "en"))[1]
        == f"1 of {TOTAL} requirements met, 1 deviates, known"
    )
    assert len({colour(plain), colour(decided), colour(drawn(proven.of(GREEN)))}) == 3
    fresh = deviations.sort(RED, [])
    assert colour(drawn(replace(proven.of(RED), deviations=fresh), "sv")) == colour(plain)


@pytest.mark.parametrize("change", [{"footer": None}, {"damage": ("line 3 is not JSON",)}])
def test_a_run_that_is_not_whole_is_grey_and_says_so(change: Any) -> None:
    svg = drawn(proven.of(replace(GREEN, **change)), "en")
    assert texts(svg)[1].endswith(", cut short")
    assert colour(svg) != colour(drawn(proven.of(GREEN)))


def test_a_deviation_shows_in_a_run_that_was_cut_short_too() -> None:
    svg = drawn(proven.of(replace(RED, footer=None)), "en")
    assert texts(svg)[1].endswith(", 1 deviates, cut short")
    assert colour(svg) == colour(drawn(proven.of(RED)))


HINDERED = case("2.1", (Verdict.BLOCKED, (POSTAL,)))
CHOSEN = replace(GREEN, header=replace(GREEN.header, selection="1 cases were selected"))
UNNAMED = run([case("2.1", (Verdict.FAILED, ())), case("4.1", (Verdict.PASSED, (UNKNOWN,)))])


@pytest.mark.parametrize(
    ("less", "words"),
    [(run([*GREEN.results, HINDERED]), ", partly hindered"), (CHOSEN, ", only some cases"), (UNNAMED, "met")],
)
def test_a_run_that_shows_less_than_it_might_is_not_green(less: Run, words: str) -> None:
    svg = drawn(proven.of(less), "en")
    assert texts(svg)[1].endswith(words)
    assert colour(svg) != colour(drawn(proven.of(GREEN)))


def test_it_never_says_approved() -> None:
    for here in (GREEN, RED):
        for lang in ("sv", "en"):
            written = verdict.badge(proven.of(here), lang).decode().lower()
            assert not re.search("godkän|approved|passed|pass", written)


def test_the_words_fit_their_part() -> None:
    svg = drawn(sample.rich())
    width = float(str(svg.get("width")))
    for each in svg.iter(f"{SVG}text"):
        middle, length = float(str(each.get("x"))), float(str(each.get("textLength")))
        assert middle - length / 2 > 0
        assert middle + length / 2 < width


def luminance(hexed: str) -> float:
    parts = [int(hexed[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_white_can_be_read_on_every_colour() -> None:
    colours = re.findall("#[0-9a-f]{6}", " ".join(str(value) for value in vars(verdict).values()))
    assert len(colours) == 5
    for each in colours:
        assert 1.05 / (luminance(each) + 0.05) >= 5
