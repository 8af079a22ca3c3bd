"""The report looked over by axe-core, the checker that browsers and authorities use: nothing may be left."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

import report_form_sample as form_sample
from browser import chromium, pale, violations
from rivta.model.words import Lang
from rivta.report import html
from rivta.report.html import render
from test_report_packed import UNFOLD

ColorScheme = Literal["light", "dark"]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def opened(browser: Browser, shown: bytes, scheme: ColorScheme, size: dict[str, int]) -> Page:
    """The report with everything unfolded; its own policy is lifted, for it would not let axe in."""
    page = browser.new_context(color_scheme=scheme, viewport=size, bypass_csp=True).new_page()  # type: ignore[arg-type]
    page.set_content(shown.decode())
    page.evaluate(UNFOLD)
    return page


@pytest.mark.parametrize(("lang", "size"), [("sv", WIDE), ("en", WIDE), ("sv", NARROW)])
def test_axe_finds_nothing(browser: Browser, lang: Lang, size: dict[str, int]) -> None:
    shown = render(form_sample.declared(is_truncated=True), lang, previous=form_sample.earlier())
    assert violations(opened(browser, shown, "light", size)) == []


def test_nothing_is_pale_in_the_dark(browser: Browser) -> None:
    shown = render(form_sample.declared(is_truncated=True), previous=form_sample.earlier())
    assert pale(opened(browser, shown, "dark", WIDE)) == []


def test_axe_finds_nothing_in_a_packed_report_either(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "PLAIN_BYTES", 0)
    page = opened(browser, render(form_sample.declared()), "light", WIDE)
    assert page.locator("[data-part]").count() == 0
    assert violations(page) == []


def test_axe_would_find_something(browser: Browser) -> None:
    shown = render(form_sample.small()).replace(b'<html lang="sv">', b"<html>")
    spoiled = shown.replace(b"</main>", b'<p>x</p><p style="color:#999">pale</p></main>')
    found = violations(opened(browser, spoiled, "light", WIDE))
    assert spoiled != shown
    assert [each.split()[1] for each in found] == ["html-has-lang:", "color-contrast:"]
