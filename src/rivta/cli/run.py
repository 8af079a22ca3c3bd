"""`rivta run`: pytest with our plugin and shorter words. There is one runner, so every pytest option works here too."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import UsageError
from rivta.plugin.options import OPTIONS
from rivta.text import places


def run(args: argparse.Namespace) -> int:
    """Run and return the exit code that docs/exit-codes.md explains."""
    if args.watch and args.report is None:
        args.report, args.replace = _WATCHED, True
    words = [word for name in OPTIONS for word in _said(name, getattr(args, name.replace("-", "_")))]
    words = [*args.rest, *words]
    once = partial(play, words, _Shipped(words)) if _may_name_a_path(args.rest) else partial(play, _shipped(words))
    return _watched(once, [args.env, *_folders(args.rest)]) if args.watch else once()


_TAKES_A_VALUE = frozenset(
    [
        "-k",
        "-m",
        "-n",
        "-o",
        "-p",
        "-r",
        "-W",
        "--basetemp",
        "--color",
        "--durations",
        "--html",
        "--junitxml",
        "--junit-xml",
        "--maxfail",
        "--maxprocesses",
        "--tb",
        "--timeout",
    ]
)
"""Options of pytest, and of what people have beside it, whose value is a word of its own."""


def _may_name_a_path(words: Sequence[str]) -> bool:
    """Whether only pytest can tell that no path is named, or that there is no cache. It reads its configuration twice then, first that of the
    folder in which people stand: a project of their own, whose options and conftest have no say in what is shipped.
    """
    pairs = zip(("", *words), words, strict=False)
    is_open = any("cacheprovider" in word or _is_perhaps_a_path(word, before) for before, word in pairs)
    return is_open or "PYTEST_ADDOPTS" in os.environ


def _is_perhaps_a_path(word: str, before: str) -> bool:
    """Whether a word may be a path: not an option, nor the value of the one before it. Of an unknown option what is no file is its value."""
    if word.startswith("-") or before in _TAKES_A_VALUE:
        return False
    return not before.startswith("-") or Path(word.partition("::")[0]).exists()


def _shipped(words: Sequence[str], *, has_cache: bool = True) -> list[str]:
    """The words for every shipped suite and scenario. Pytest's cache would land beside them, in the installed package."""
    cache = ["-o", f"cache_dir={Path.cwd() / '.pytest_cache'}"] if has_cache else []
    return [str(places.suites()), str(places.scenarios()), *cache, *words]


def _said(name: str, value: Path | str | bool | int | list[str] | None) -> Iterator[str]:
    """An option as the plugin is told it; nothing where it is not given."""
    if value is True:
        yield f"--rivta-{name}"
    elif value is not None and value is not False:
        for each in value if isinstance(value, list) else [value]:
            yield from (f"--rivta-{name}", str(each))


def play(words: Sequence[str], *plugins: object) -> int:
    """Call pytest in this process. That we are imported already is no news, and a folder that no cache can be kept in is no error,
    even where a project makes warnings errors.

    The plugin of schemathesis, which takes seconds to load, has no part in what we draw by it.
    """
    ignored = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    try:
        told = ("-W", ignored, "-W", "default::pytest.PytestCacheWarning", "-p", "no:schemathesis")
        return int(pytest.main([*told, *words], plugins=[*plugins, _Kept()]))
    finally:
        gc.unfreeze()


class _Kept:
    """What was read for a run is needed until its end: nobody need look through it for what can be thrown away, as pytest does."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        gc.freeze()


INTERRUPTED = int(pytest.ExitCode.INTERRUPTED)
_WATCHED = Path("reports/watch")
"""Where a watched run goes, each over the one before."""
_LOOKS_EACH_SECONDS = 0.25
_SAVED = (".yaml", ".xml", ".sch", ".xsd", ".wsdl", ".txt")


def _folders(words: Sequence[str]) -> list[Path]:
    """The files and folders that are run: those that are named, else what is shipped."""
    named = [Path(word.partition("::")[0]) for word in words if not word.startswith("-")]
    return [each for each in named if each.exists()] or [places.suites(), places.scenarios()]


def _watched(once: Callable[[], int], roots: Sequence[Path], clock: Clock = SYSTEM) -> int:
    """Run, each time in a process that is born with everything imported, whenever a file is saved. The last run's exit code."""
    if not hasattr(os, "fork"):
        raise UsageError("--watch needs a system that can fork a process", todo="leave it out, or use WSL")
    for name in ("rivta.plugin.collect", "rivta.plugin.record", "rivta.report.formats", "jinja2", "xmlschema"):
        import_module(name)  # here, so that no run has to wait for it

    code = INTERRUPTED
    with suppress(KeyboardInterrupt):
        while True:
            before, code = _saved(roots), INTERRUPTED
            code = _in_a_child(once)
            print(f"watching {', '.join(map(str, roots))} … (Ctrl-C ends)", flush=True)
            while _saved(roots) == before:
                clock.sleep(_LOOKS_EACH_SECONDS)
    return code


def _in_a_child(once: Callable[[], int]) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = once()
        sys.stdout.flush()
        os._exit(code)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except KeyboardInterrupt:  # it was stopped too, and may have a report to write
        os.waitpid(child, 0)
        raise


def _saved(roots: Sequence[Path]) -> dict[Path, int]:
    """When each file that a run reads was saved last."""
    files = (each for root in roots for each in ([root] if root.is_file() else root.rglob("*")))
    found: dict[Path, int] = {}
    for file in files:
        if file.suffix in _SAVED:
            with suppress(FileNotFoundError):  # an editor puts the new file in the place of the old one
                found[file] = file.stat().st_mtime_ns
    return found


class _Shipped:
    """Runs every shipped suite and scenario where no path is given: whether a word is a path, only pytest knows."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int | None:
        if config.getoption("file_or_dir"):
            return None
        return play(_shipped(self._words, has_cache=config.pluginmanager.has_plugin("cacheprovider")))
