"""Debian's Chromium, headless, for tests that must see what a reader sees, and axe-core, which looks at a page for those who cannot."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first is Chromium without what only a person at a screen needs: the same engine for a quarter less work."""
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
ONE_OF_EACH_DRESS = """known => {
  for (const each of document.querySelectorAll('[data-dress]')) each.removeAttribute('data-dress');
  const seen = new Set(known);
  const styled = (e, ...names) => names.map(name => getComputedStyle(e)[name]);
  const grounds = new Map([[null, '']]);
  const inherited = e => {
    if (!grounds.has(e)) grounds.set(e, styled(e, 'backgroundColor', 'opacity') + inherited(e.parentElement));
    return grounds.get(e);
  };
  const amid = e => styled(e, 'color', 'font', 'textDecoration', 'border', 'outline', 'backgroundImage')
    + (getComputedStyle(e).display === 'inline' ? amid(e.parentElement) : '');
  const mark = (e, dress) => { if (!seen.has(dress)) e.setAttribute('data-dress', seen.add(dress).size) };
  const isShown = e => e.offsetParent !== null;
  for (const each of document.body.querySelectorAll('*'))
    if (isShown(each) && [...each.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim()))
      mark(each, styled(each, 'color', 'backgroundImage', 'fontSize', 'fontWeight') + inherited(each));
  axe.setup(document.body);
  for (const each of document.body.querySelectorAll('a[href]'))
    if (isShown(each) && axe.commons.dom.isInTextBlock(each)) mark(each, amid(each) + inherited(each));
  axe.teardown();
  return [...seen].slice(known.length);
}"""
"""Marks, of all text that is shown, one element of each colour on each ground in each size, and one link of each kind amid each kind of
text: a report repeats them thousands of times. Those that are known are not marked; gives the others."""
OF_COLOUR = {"color-contrast": "[data-dress]", "link-in-text-block": "a[href][data-dress]"}
"""What axe checks by comparing colours, which takes most of its time, and of which elements we ask it."""


def violations(page: Page, dresses: set[str] | None = None) -> list[str]:
    """What axe finds, contrast included."""
    return _found(page, {} if _dressed(page, dresses) else NO_COLOUR, 15)


def misbuilt(page: Page) -> list[str]:
    """What axe finds but for colours: all that depends on how wide the screen is."""
    return _found(page, NO_COLOUR, 15)


def pale(page: Page, dresses: set[str] | None = None) -> list[str]:
    """What has too little contrast: all that depends on whether it is dark. Each pair of colours once, since that takes the time.

    `dresses` are those that were looked at on other pages of one style, and grows.
    """
    return _found(page, {"runOnly": [*OF_COLOUR]}, 1) if _dressed(page, dresses) else []


NO_COLOUR: dict[str, object] = {"rules": {rule: {"enabled": False} for rule in OF_COLOUR}}


def _dressed(page: Page, dresses: set[str] | None) -> bool:
    """Mark what was not looked at before; whether there is any."""
    _load_axe(page)
    known = set() if dresses is None else dresses
    fresh = page.evaluate(ONE_OF_EACH_DRESS, [*known])
    known.update(fresh)
    return bool(fresh)


def _load_axe(page: Page) -> None:
    """Once a page: half a megabyte of program."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
        rules = [{"id": rule, "selector": where} for rule, where in OF_COLOUR.items()]
        page.evaluate("rules => axe.configure({rules})", rules)


def _found(page: Page, asked: dict[str, object], passes: int) -> list[str]:
    _load_axe(page)
    found: dict[str, Any] = page.evaluate("asked => axe.run(document, asked)", {"resultTypes": ["violations"], **asked})
    assert len(found["passes"]) >= passes, "axe looked at something"
    return [f"{page.url} {each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


class Window:
    """A tab with cookies of its own, for one test after the other: what a test changes in it is undone when the test leaves it."""

    def __init__(self, browser: Browser) -> None:
        self.tab = browser.new_context().new_page()
        self._size = self.tab.viewport_size
        self._devtools = self.tab.context.new_cdp_session(self.tab)

    def runs_scripts(self, does: bool) -> None:
        self._devtools.send("Emulation.setScriptExecutionDisabled", {"value": not does})

    def obeys_policy(self, does: bool) -> None:
        self._devtools.send("Page.setBypassCSP", {"enabled": not does})

    def leave(self) -> None:
        for other in self.tab.context.pages:
            if other is not self.tab:
                other.close()
        self.tab.unroute_all(behavior="wait")
        self.tab.goto("about:blank")
        self.tab.context.clear_cookies()
        self.tab.emulate_media(color_scheme="light")
        assert self._size
        self.tab.set_viewport_size(self._size)
        self.runs_scripts(True)
        self.obeys_policy(True)


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
