"""How large the report of a thousand real cases is, and how long a reader waits for it.

    python -m benchmarks opening

It is opened beside as many bytes of plain paragraphs in the same browser, both from the command to go there until the page is loaded, its first
screen is drawn and it answers who asks it, in a context of its own each time.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from benchmarks import answering
from benchmarks.bench_case import environment_at, run_words
from benchmarks.bench_report import CASES, SHOWN, many
from benchmarks.figures import tell
from benchmarks.processes import rivta
from browser import chromium
from rivta import evidence

ROUNDS = 7
_PARAGRAPH = b"<p>" + b"plain words " * 40 + b"</p>\n"
_IS_IDLE = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
"""Told once whatever the page had to do has been done."""


def opened(browser: Browser, shown: bytes) -> float:
    """Seconds from the command until a page is there and answers."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.route("**/*", lambda route: route.fulfill(body=shown, headers={"Content-Type": "text/html; charset=utf-8"}))
    start = time.perf_counter()
    page.goto("http://report.test/declaration.html")
    page.screenshot()
    page.evaluate(_IS_IDLE)
    took = time.perf_counter() - start
    page.context.close()
    return took


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as place, answering.system() as url:
        folder = Path(place)
        environment_at(url, folder)
        rivta(run_words(folder, CASES))
        run = many(folder / f"report-{CASES}", folder / "shown", SHOWN)
        rivta(["report", str(run)])
        report = (run / "declaration.html").read_bytes()
        lines, bodies = (run / evidence.FILE).stat().st_size, (run / "messages").iterdir()
        tell("report-of-1000", [len(report) / 1e6], [(lines + sum(each.stat().st_size for each in bodies)) / 1e6])
    plain = b"<!DOCTYPE html><title>.</title>" + _PARAGRAPH * (len(report) // len(_PARAGRAPH))
    with chromium() as browser:
        floors = [opened(browser, plain) for _ in range(ROUNDS)]
        tell("opening", [opened(browser, report) for _ in range(ROUNDS)], floors)


if __name__ == "__main__":
    main()
