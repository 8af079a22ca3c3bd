"""`rivta run`: pytest with our plugin and shorter words. There is one runner, so every pytest option works here too."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pytest

from rivta.text import places

_OURS = ("contract", "case", "requirement")
_FILES = ("report", "answers", "deviations", "previous", "replay")


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of a run. Whatever is not ours goes to pytest: paths, -k, -x, -n, --junitxml and the rest."""
    parser.add_argument(
        "--env", required=True, metavar="FILE", help="the environment: who is tested, where, with what data"
    )
    parser.add_argument("--report", metavar="DIR", help="where evidence and report go (default: reports/<time>)")
    parser.add_argument("--replace", action="store_true", help="write over evidence that is there already")
    parser.add_argument("--lang", choices=("sv", "en"), default="sv", help="the report's language (default: sv)")
    parser.add_argument("--answers", metavar="FILE", help="the vendor's file, for the report's form")
    parser.add_argument(
        "--deviations",
        metavar="FILE",
        help="known deviations, which do not fail the run (default: deviations.yaml beside the environment)",
    )
    parser.add_argument(
        "--strict-deviations",
        action="store_true",
        help="fail on known deviations that are stopping, overdue, gone or match nothing",
    )
    parser.add_argument("--previous", metavar="RUN", help="an earlier run, for the report to compare with")
    parser.add_argument(
        "--replay", metavar="RUN", help="play a recorded run again: nothing is sent, every check is made anew"
    )
    parser.add_argument("--contract", action="append", default=[], metavar="NAME", help="only this service contract")
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="ID",
        help="only the case with this id or key, such as ProcessRequest/consumer/1.1",
    )
    parser.add_argument("--requirement", action="append", default=[], metavar="ID", help="only cases that verify this")
    parser.set_defaults(passes_on=True)
    parser.epilog = "Paths and all other options go to pytest. Without a path every shipped suite and scenario runs."


def run(args: argparse.Namespace) -> int:
    """Run and return the exit code that docs/exit-codes.md explains."""
    words = ["--rivta-env", args.env, "--rivta-lang", args.lang]
    words += [word for name in _FILES if getattr(args, name) for word in (f"--rivta-{name}", getattr(args, name))]
    words += ["--rivta-replace"] if args.replace else []
    words += ["--rivta-strict-deviations"] if args.strict_deviations else []
    words += [word for name in _OURS for value in getattr(args, name) for word in (f"--rivta-{name}", value)]
    return play([*args.rest, *words], _Shipped([*args.rest, *words]))


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
