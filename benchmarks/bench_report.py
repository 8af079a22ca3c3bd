"""How long a reader waits for the report of a thousand cases, beside an empty page in the same browser.

Both from the command to go there until the first screen is drawn, in a context of its own each time.
"""

import sys
import time
from pathlib import Path

from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from benchmarks.figures import tell
from browser import chromium
from report_sample import large
from rivta.report.html import render

ROUNDS = 7


def opened(browser: Browser, shown: bytes) -> float:
    """Seconds from the command until the first screen of a page is drawn."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.route("**/*", lambda route: route.fulfill(body=shown, headers={"Content-Type": "text/html; charset=utf-8"}))
    start = time.perf_counter()
    page.goto("http://report.test/declaration.html")
    page.screenshot()
    took = time.perf_counter() - start
    page.context.close()
    return took


def main() -> None:
    """Measure and print."""
    report = render(large(1000, 10_000))
    with chromium() as browser:
        floors = [opened(browser, b"<!DOCTYPE html><title>.</title>") for _ in range(ROUNDS)]
        reports = [opened(browser, report) for _ in range(ROUNDS)]
    tell("opening", reports, floors)


if __name__ == "__main__":
    main()
