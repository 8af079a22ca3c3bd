"""The browser and the system that all these tests share, as long as a worker stays in this folder: Playwright needs the thread's loop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser import Window, chromium
from page_world import World, reference, world
from rivta.simulator import Server


@pytest.fixture(scope="package")
def started() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def window(started: Browser) -> Window:
    """One for all: each tab of its own is a process, which costs as much as a play."""
    return Window(started)


@pytest.fixture
def tab(window: Window) -> Iterator[Page]:
    """Its tab, of somebody who was not here before."""
    yield window.tab
    window.leave()


@pytest.fixture(scope="package")
def other_window(started: Browser) -> Window:
    return Window(started)


@pytest.fixture
def colleague(other_window: Window) -> Iterator[Page]:
    """The tab of somebody else, with cookies of their own."""
    yield other_window.tab
    other_window.leave()


@pytest.fixture
def unguarded(window: Window, tab: Page) -> Page:
    """The tab, to which no page's own policy says what may run in it."""
    window.obeys_policy(False)
    return tab


@pytest.fixture
def scriptless(window: Window, tab: Page) -> Page:
    """The tab, which runs no page's scripts."""
    window.runs_scripts(False)
    return tab


@pytest.fixture(scope="package")
def system() -> Iterator[Server]:
    with reference() as server:
        yield server


@pytest.fixture
def bench(tmp_path: Path, system: Server) -> Iterator[World]:
    with world(tmp_path / "run", system=system) as running:
        yield running
