"""The browser and the system that all these tests share, as long as a worker stays in this folder: Playwright needs the thread's loop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser import chromium
from page_world import World, reference, world
from rivta.simulator import Server


@pytest.fixture(scope="package")
def started() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(started: Browser) -> Iterator[Browser]:
    """It, rid of what a test opened."""
    before = list(started.contexts)
    yield started
    for context in started.contexts:
        if context not in before:
            context.close()


@pytest.fixture(scope="package")
def window(started: Browser) -> Page:
    """One tab for all: each of its own is a process, which costs as much as a play."""
    return started.new_context().new_page()


@pytest.fixture
def tab(window: Page) -> Iterator[Page]:
    """It, of somebody who was not here before."""
    yield window
    for other in window.context.pages:
        if other is not window:
            other.close()
    window.context.clear_cookies()


@pytest.fixture(scope="package")
def system() -> Iterator[Server]:
    with reference() as server:
        yield server


@pytest.fixture
def bench(tmp_path: Path, system: Server) -> Iterator[World]:
    with world(tmp_path / "run", system=system) as running:
        yield running
