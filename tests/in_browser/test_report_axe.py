"""The report looked over by axe-core, the checker that browsers and authorities use: nothing may be left."""

import pytest
from playwright.sync_api import Page, ViewportSize

import report_form_sample as form_sample
from browser import misbuilt, pale, violations
from in_browser.test_report_packed import UNFOLD
from rivta.report import html
from rivta.report.html import render

DIM = b'<p style="color:#000">Words <a href="#cases" style="color:#333;text-decoration:none">of one</a> kind</p>'
NARROW: ViewportSize = {"width": 390, "height": 844}


def opened(tab: Page, shown: bytes) -> Page:
    """The report on a wide screen with everything unfolded; its own policy is lifted, for it would not let axe in."""
    tab.set_content(shown.decode())
    tab.evaluate(UNFOLD)
    return tab


def test_axe_finds_nothing_on_wide_and_narrow_screens_and_in_the_dark(unguarded: Page) -> None:
    page = opened(unguarded, render(form_sample.declared(is_truncated=True), previous=form_sample.earlier()))
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert pale(page) == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    assert misbuilt(page) == []


def test_axe_finds_nothing_in_a_packed_report_in_english_either(
    unguarded: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "PLAIN_BYTES", 0)
    page = opened(unguarded, render(form_sample.declared(is_truncated=True), "en", previous=form_sample.earlier()))
    assert page.locator("[data-part]").count() == 0
    assert violations(page) == []


def test_axe_would_find_something(unguarded: Page) -> None:
    shown = render(form_sample.small()).replace(b'<html lang="sv">', b"<html>")
    spoiled = shown.replace(b"</main>", b'<p>x</p><p style="color:#999">pale</p>%s</main>' % DIM)
    found = violations(opened(unguarded, spoiled))
    assert spoiled != shown
    assert [each.split()[1] for each in found] == ["color-contrast:", "html-has-lang:", "link-in-text-block:"]
