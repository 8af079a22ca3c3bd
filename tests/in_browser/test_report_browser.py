"""The report as a reader meets it: in Chromium, on wide and narrow screens, in the dark, on paper, under attack."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Page, Route

import report_form_sample as form_sample
import report_sample as sample
from rivta.report.html import render

ADDRESS = "http://report.test/declaration.html"
PAYLOAD = (
    "\"'><script>window.pwned=1</script><img src=http://evil.test/x onerror=window.pwned=1 class=injected>"
    "</code></pre></title></style></svg><a class=injected href=javascript:window.pwned=1>{{7*7}}{% raw %}<!--]]>"
)


OURS = (
    "missing contradictory changed proposed answered confirmed approved must-fix stopping cases coverage run vendor yes no "
    "yes-no text source-system connection-point organisation product version connection domain contract schema rules suite "
    "tool notice declare"
)
WORDS_OF_OURS = frozenset(OURS.split())
"""Words of the model that mean something to the program; everything else is somebody's."""
T = TypeVar("T")


def spoilt(each: str) -> str:
    return each if each in WORDS_OF_OURS else each + PAYLOAD


KEYS = {each.key: sample.every_text(each, spoilt).key for each in sample.results()}


def attacked(value: T) -> T:
    """A value with markup in every text, in which case keys still name their cases."""
    changed: T = sample.every_text(value, lambda each: KEYS.get(each) or spoilt(each))
    return changed


class Opened:
    """The report in a tab, served under a policy, and everything that the tab asked the network for."""

    def __init__(self, tab: Page, shown: bytes, policy: str = "") -> None:
        self.asked: list[str] = []
        self.page = tab
        self._shown, self._policy = shown, policy
        self.page.route("**/*", self._serve)
        self.page.goto(ADDRESS)

    def _serve(self, route: Route) -> None:
        self.asked.append(route.request.url)
        headers = {"Content-Type": "text/html; charset=utf-8"} | (
            {"Content-Security-Policy": self._policy} if self._policy else {}
        )
        route.fulfill(body=self._shown, headers=headers)


def test_markup_in_any_field_is_text(tab: Page) -> None:
    declared = attacked(form_sample.declared(is_truncated=True))
    assert declared.deviations is not None
    assert {key for _, keys in declared.deviations.known for key in keys} <= {each.key for each in declared.run.results}
    hostile = render(declared, previous=attacked(form_sample.earlier()))
    # Without the policy in the file, so that nothing but the escaping stands between the reader and the markup.
    bare = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", hostile)
    assert bare != hostile
    opened = Opened(tab, bare)
    assert opened.page.evaluate("document.querySelectorAll('.injected, script, img').length") == 0
    assert opened.page.evaluate("typeof window.pwned") == "undefined"
    assert opened.asked == [ADDRESS]
    assert opened.page.inner_text("h1").count(PAYLOAD) == 2, "product and version show it as it is"
    kinds = "[...new Set([...document.querySelectorAll('*')].map(e => e.tagName + '.' + e.getAttributeNames().sort()))].sort()"
    found = set(opened.page.evaluate(kinds))
    usual = render(form_sample.declared(is_truncated=True), previous=form_sample.earlier())
    assert found <= set(Opened(tab, usual).page.evaluate(kinds)), "no kind of element that we did not write"


def test_it_opens_without_scripts_and_looks_as_it_should_by_its_own_policy(scriptless: Page) -> None:
    opened = Opened(scriptless, render(sample.rich()))
    assert opened.asked == [ADDRESS]
    assert opened.page.locator("h1").inner_text() == "Journalia Remiss 4.2.1"
    colour = opened.page.locator(".s-failed").first.evaluate("e => getComputedStyle(e).color")
    assert colour == "rgb(168, 35, 27)"


def test_it_can_be_read_where_even_its_style_is_blocked(scriptless: Page) -> None:
    opened = Opened(scriptless, render(sample.rich(is_truncated=True)), "default-src 'none'")
    page = opened.page
    assert page.locator(".s-failed").first.evaluate("e => getComputedStyle(e).color") == "rgb(0, 0, 0)"
    words = page.inner_text("main")
    order = [
        "Sammanfattning",
        "Körningen är avbruten",
        "Avvikelse",
        "Krav efter nivå",
        "Vad rapporten visar",
        "Se underlaget",
        "Så provades det",
    ]
    places = [words.index(part) for part in order]
    assert places == sorted(places)
    symbol = page.locator(".state svg").first.bounding_box()
    assert symbol is not None
    assert symbol["width"] == 14


WIDE = b"* { font-family: monospace !important; letter-spacing: .05em !important }"
"""Wider than any font that a page for reading falls back to, whatever is installed."""


@pytest.mark.usefixtures("unguarded")
def test_nothing_sticks_out_sideways_whatever_the_font(scriptless: Page) -> None:
    shown = render(form_sample.declared(is_truncated=True), previous=form_sample.earlier())
    for each in (shown, shown.replace(b"</style>", WIDE + b"</style>")):
        page = Opened(scriptless, each).page
        for width in (320, 390, 768, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_dark_where_the_reader_wants_it_dark(scriptless: Page) -> None:
    scriptless.emulate_media(color_scheme="dark")
    opened = Opened(scriptless, render(sample.small()))
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"


def test_a_link_into_folded_evidence_unfolds_it(scriptless: Page) -> None:
    opened = Opened(scriptless, render(sample.rich()))
    page = opened.page
    link = page.locator("ul.findings a", has_text="i råtexten").first
    assert not page.locator(link.get_attribute("href") or "").is_visible()
    link.click()
    assert page.locator(link.get_attribute("href") or "").is_visible()


def test_the_keyboard_reaches_the_summary_first_and_shows_where_it_is(scriptless: Page) -> None:
    page = Opened(scriptless, render(sample.small())).page
    page.keyboard.press("Tab")
    assert page.locator(".skip").evaluate("e => e === document.activeElement && e.getBoundingClientRect().left >= 0")
    assert page.locator(".skip").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_paper_holds_the_form_and_its_empty_result(scriptless: Page, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext is installed (apt-get install poppler-utils)")
    paper = tmp_path / "declaration.pdf"
    Opened(scriptless, render(form_sample.declared())).page.pdf(path=paper, prefer_css_page_size=True)
    words = subprocess.run(
        ["pdftotext", "-layout", paper, "-"], check=True, capture_output=True, text=True, timeout=30
    ).stdout
    for part in ("Förslag, ej bekräftat", "Ändrat mot underlaget", "Underkänd", "AVV-1", "Godkända avvikelser"):
        assert part in words


def test_paper_holds_the_evidence_of_what_deviates(scriptless: Page, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext is installed (apt-get install poppler-utils)")
    paper = tmp_path / "declaration.pdf"
    Opened(scriptless, render(sample.rich())).page.pdf(path=paper, prefer_css_page_size=True)
    words = subprocess.run(
        ["pdftotext", "-layout", paper, "-"], check=True, capture_output=True, text=True, timeout=30
    ).stdout
    assert "<c:subCode>PR003</c:subCode>" in words, "a red case's message"
    assert "En fullständig remiss tas emot" in words, "a green case's title"
    assert "PR-S-postalCode" in words
    assert "SE2321000012-0001#101" not in words, "a green case's evidence stays in the file"
    assert re.search(r"\b1 / \d+", words), "page numbers"
