"""One cause, told once: in pytest's own summary each cause of red cases stands in full a single time, with the cases that have it.

The most frequent stand first. In full as far as they fit on two screens, which `-v` lifts; then in a line each. The same lines
stand in JUnit as properties of the run, and each of its cases keeps its own text.
"""

import textwrap
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

import pytest

from rivta.declaration.causes import named, reasons
from rivta.model.frozen import frozen

_LINES = 70
"""Lines of causes in full."""
_MOST_CAUSES = 12
_MOST_REASONS = 6
_MOST_NAMES = 120
_MOST_TITLES = 8
"""How many cases of a cause are told with their titles."""
_WIDTH = 120


@frozen
class ToldCause:
    """A cause as the terminal tells it: its line, the whole of it as its first case shows it, and the cases by key."""

    headline: str
    text: str
    titles: Mapping[str, str]
    """Each case's title, with its id, by its key."""

    @property
    def cases(self) -> tuple[str, ...]:
        return tuple(self.titles)

    @property
    def names(self) -> str:
        more = len(self.cases) - _MOST_NAMES
        return named(self.cases[:_MOST_NAMES]) + (f" … and {more} more in the report" if more > 0 else "")


class Once:
    """Gathers what the reports of cases say, and tells it in place of a block for each of them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._red: dict[str, list[tuple[str, str, str, str]]] = {}
        self._skipped: dict[str, str] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A report that is red, or skipped, says why."""
        red = getattr(report, "rivta_red", None)
        if red and report.outcome == "failed":  # what is tried again is red only when it stays so
            key, alike, headline = red
            title = report.nodeid.partition("::")[2]
            self._red.setdefault(alike, []).append((key, headline, str(report.longrepr), title))
        if skipped := getattr(report, "rivta_skipped", None):
            self._skipped[skipped[0]] = skipped[1]

    @property
    def causes(self) -> list[ToldCause]:
        """What was told, the most frequent first; in the order in which they came where that is equal."""
        told = (
            ToldCause(headline, text, {key: title for key, _, _, title in each})
            for each in self._red.values()
            for _, headline, text, _ in each[:1]
        )
        return sorted(told, key=lambda cause: -len(cause.cases))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Hand JUnit's file, which is written at the end of the session, the causes as properties of the run."""
        for junit in self._junit():
            for number, cause in enumerate(self.causes, 1):
                told = f"{_cases(len(cause.cases))}: {cause.headline} [{cause.names}]"
                junit.add_global_property(f"rivta cause {number}", told)

    def error(self, name: str, why: str) -> None:
        """Hand JUnit's file an error that is no case's, so that a run in which nothing was played is not an empty one."""
        for junit in self._junit():
            report = pytest.TestReport(f"rivta::{name}", ("rivta", None, name), {}, "failed", why, "setup")
            junit.pytest_runtest_logreport(report)

    def _junit(self) -> Iterable[Any]:
        """What writes JUnit's file. pytest gives it no public name; it is known by something that it alone can do."""
        return (each for each in self._config.pluginmanager.get_plugins() if hasattr(each, "add_global_property"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, None, None]:
        """Tell the causes, and keep what they tell from being told again, a block and a line for each case."""
        stats, kept = terminalreporter.stats, {}
        for outcome in ("failed", "error", "skipped"):
            reports = kept[outcome] = stats.get(outcome, [])
            stats[outcome] = [each for each in reports if not {"rivta_red", "rivta_skipped"} & vars(each).keys()]
        try:
            if self._config.getoption("tbstyle") != "no":
                self._tell(terminalreporter)
            self._tell_skipped(terminalreporter)
            return (yield)
        finally:
            stats.update({outcome: reports for outcome, reports in kept.items() if reports})

    def _tell(self, terminal: Any) -> None:
        causes, left = self.causes, _LINES
        if not causes:
            return
        red = sum(len(cause.cases) for cause in causes)
        terminal.ensure_newline()
        title = f"red: {_cases(red)}, {_several(len(causes), 'cause')}"
        terminal.section(title, red=True, bold=True)
        most = len(causes) if self._is_verbose else _MOST_CAUSES
        for cause in causes[:most]:
            lines = list(in_full(cause))
            is_full = self._is_verbose or cause is causes[0] or len(lines) <= left
            left -= len(lines) if is_full else 0
            terminal.section(_title(cause), "_", red=True, bold=True)
            for line in lines if is_full else _in_short(cause):
                terminal.write_line(line)
        if len(causes) > most:
            more = _several(len(causes) - most, "more cause")
            terminal.write_line(f"… and {more} in the report; -v tells them all")

    def _tell_skipped(self, terminal: Any) -> None:
        if not self._skipped:
            return
        is_asked = bool({*"sa"} & {*self._config.getoption("reportchars").lower()}) or self._is_verbose
        found = list(reasons(self._skipped).items())
        terminal.ensure_newline()
        terminal.section(f"not tried: {_cases(len(self._skipped))}")
        for reason, keys in found[: len(found) if is_asked else _MOST_REASONS]:
            first, _, _ = reason.partition("\n")
            terminal.write_line(f"{len(keys):>4}  {first}")
            for line in _wrapped(named(keys), "      ") if is_asked else ():
                terminal.write_line(line)
        if not is_asked and len(found) > _MOST_REASONS:
            more = _several(len(found) - _MOST_REASONS, "more reason")
            terminal.write_line(f"      … and {more}; -rs tells them all, with the cases")

    @property
    def _is_verbose(self) -> bool:
        return bool(self._config.get_verbosity() > 0)


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _cases(count: int) -> str:
    return _several(count, "case")


def _title(cause: ToldCause) -> str:
    titles = list(cause.titles.values())
    return titles[0] if len(titles) == 1 else f"{_cases(len(titles))}, the first: {titles[0]}"


def in_full(cause: ToldCause) -> Iterator[str]:
    """The first case's explanation whole, and which other cases it holds of."""
    yield from cause.text.splitlines()
    if len(cause.cases) > 1:
        yield ""
        yield f"  shown by  {cause.cases[0]}; the same in"
        yield from _named(cause, 1)


def _named(cause: ToldCause, start: int = 0) -> Iterator[str]:
    """The cases by key, and by title as well where they are few."""
    if len(cause.cases) > _MOST_TITLES:
        yield from _wrapped(cause.names, "    ")
    else:
        yield from (f"    {key}: {title.partition(' ')[2]}" for key, title in [*cause.titles.items()][start:])


def _in_short(cause: ToldCause) -> Iterable[str]:
    yield cause.headline
    if len(cause.cases) > 1:
        yield from _named(cause)
    yield f"  → rivta show {cause.cases[0]}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
