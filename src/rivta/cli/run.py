"""`rivta run`: pytest with our plugin and shorter words. There is one runner, so every pytest option works here too."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rivta.plugin.options import OPTIONS
from rivta.text import places


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of a run. Whatever is not ours goes to pytest: paths, -k, -x, -n, --junitxml and the rest."""
    for name, meaning in OPTIONS.items():
        parser.add_argument(f"--{name}", required=name == "env", **meaning)
    parser.set_defaults(passes_on=True)
    parser.epilog = "Paths and all other options go to pytest. Without a path every shipped suite and scenario runs."


def run(args: argparse.Namespace) -> int:
    """Run and return the exit code that docs/exit-codes.md explains."""
    words = [word for name in OPTIONS for word in _said(name, getattr(args, name.replace("-", "_")))]
    return play([*args.rest, *words], _Shipped([*args.rest, *words]))


def _said(name: str, value: Path | str | bool | int | list[str] | None) -> Iterator[str]:
    """An option as the plugin is told it; nothing where it is not given."""
    if value is True:
        yield f"--rivta-{name}"
    elif value:
        for each in value if isinstance(value, list) else [value]:
            yield from (f"--rivta-{name}", str(each))


def play(words: Sequence[str], *plugins: object) -> int:
    """Call pytest in this process. That we are imported already is no news, even where a project makes warnings errors."""
    ignored = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    return int(pytest.main(["-W", ignored, *words], plugins=plugins))


class _Shipped:
    """Runs every shipped suite and scenario where no path is given: whether a word is a path, only pytest knows."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int | None:
        if config.getoption("file_or_dir"):
            return None
        # pytest's cache would land beside the suites, in the installed package.
        cache = f"cache_dir={Path.cwd() / '.pytest_cache'}"
        return play([str(places.suites()), str(places.scenarios()), "-o", cache, *self._words])
