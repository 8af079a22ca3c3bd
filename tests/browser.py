"""Debian's Chromium, headless, for tests that must see what a reader sees, and axe-core, which looks at a page for those who cannot."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",  # what moves while a page waits is drawn sixty times a second
)

expect.set_options(timeout=30_000)  # ms: a page on a busy machine is late, not wrong

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
ONE_OF_EACH_DRESS = """() => {
  const seen = new Set();
  const inherited = e => e ? [getComputedStyle(e).backgroundColor, getComputedStyle(e).opacity] + inherited(e.parentElement) : '';
  for (const each of document.body.querySelectorAll('*')) {
    if (each.offsetParent === null || ![...each.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
    const style = getComputedStyle(each);
    const dress = [style.color, style.backgroundImage, style.fontSize, style.fontWeight] + inherited(each);
    if (!seen.has(dress)) each.setAttribute('data-dress', seen.add(dress).size);
  }
}"""
"""Marks, of all text that is shown, one element of each colour on each ground in each size: a report repeats them thousands of times."""


def violations(page: Page) -> list[str]:
    """What axe finds, contrast included."""
    return misbuilt(page) + pale(page)


def misbuilt(page: Page) -> list[str]:
    """What axe finds but for contrast: all that depends on how wide the screen is."""
    return _found(page, "document, {resultTypes: ['violations'], rules: {'color-contrast': {enabled: false}}}", 15)


def pale(page: Page) -> list[str]:
    """What has too little contrast: all that depends on whether it is dark. Each pair of colours once, since that takes the time."""
    page.evaluate(ONE_OF_EACH_DRESS)
    return _found(page, "{include: '[data-dress]'}, {resultTypes: ['violations'], runOnly: ['color-contrast']}", 1)


def _found(page: Page, asked: str, passes: int) -> list[str]:
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(f"axe.run({asked})")
    assert len(found["passes"]) >= passes, "axe looked at something"
    return [f"{page.url} {each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A started browser, closed at the end. Skips the test where none is installed or it will not start."""
    path = next(filter(None, map(shutil.which, EXECUTABLES)), None)
    if path is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except Error as error:
            pytest.skip(f"{path} does not start: {error.message.splitlines()[0]}")
        try:
            yield browser
        finally:
            browser.close()
