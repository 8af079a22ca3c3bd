"""What several files of tests share."""

import gc
import importlib.metadata
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from thorough import tried

if TYPE_CHECKING:
    from projects import Project

collect_ignore = ["domains"]
"""Suites of a small domain, which are played by tests and are none themselves."""

# No test knows what packages whoever runs it has installed: one that needs any installs it into a store of its own.
os.environ["RIVTA_CONTRACTS"] = str(Path(__file__).parent / "no-packages")

# pytester gives each test a home of its own, where every process would find out anew what the last one knew of the same files.
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache" / "caches")

# A shell starts what it runs in the background deaf to Ctrl-C, and so would be the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What modules and fixtures hold stays until the end: to look through it at every turn is a tenth of the time.
gc.set_threshold(50_000, 20, 20)

# How fast examples are made says how busy the machine is, nothing about the code.
settings.register_profile("rivta", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=tried(100))
settings.load_profile("rivta")


FIRST = [
    "shipped_domains",
    "faults",
    "page_browser",
    "plugin",
    "plugin_inbound",
    "docs_examples",
    "page_look",
    "cli",
    "pdf",
    "page_restart",
    "bad_input",
    "report_axe",
    "load",
]
"""The files that take longest, for whoever begins with one last is waited for; and one after the other, not together, those that wait for
a browser or a program: while a worker waits, the other two have a core each."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem.removeprefix("test_"), len(places)))
    # Before any test, or pytester takes it out again; not at the top, for who only hands out the tests to others needs none of it.
    import_module("projects")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Each worker begins to read the tests elsewhere: where nothing is compiled yet it finds what the others have, instead of doing all of it too."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not name or session.config.args != session.config.getini("testpaths"):
        return
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    begin = int(name.removeprefix("gw")) * len(files) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for file in (*files[begin:], *files[:begin]):
        with suppress(Exception):  # what does not import is told when it is collected
            import_module(file.stem)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """All modules and tests stay until the end: pytest looks for garbage after every run of pytest in this process, and among them too."""
    gc.freeze()


class Installed:
    """An installed distribution of which what pytest asks for is read once."""

    def __init__(self, distribution: importlib.metadata.Distribution) -> None:
        self._distribution = distribution

    @cached_property
    def files(self) -> Any:
        """Its modules: what pytest looks for among all files, at any depth, and nobody else asks."""
        return [each for each in self._distribution.files or () if each.suffix == ".py"]

    @cached_property
    def entry_points(self) -> Any:
        return self._distribution.entry_points

    @cached_property
    def metadata(self) -> Any:
        return self._distribution.metadata

    @property
    def version(self) -> Any:
        return self.metadata["Version"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._distribution, name)


@pytest.fixture(scope="session", autouse=True)
def _installed() -> Iterator[None]:
    """What is installed stays the same: every run of pytest in this process would list each file of every package anew."""
    known = [Installed(each) for each in importlib.metadata.distributions()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.metadata, "distributions", lambda: iter(known))
        yield


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> "Project":
    """A vendor's project, in a folder of its own, on a developer's machine: pytest repeats more on a CI server."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    from projects import Project  # noqa: PLC0415 - see above

    return Project(pytester)
