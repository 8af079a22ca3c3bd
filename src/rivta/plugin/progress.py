"""A word in the terminal while a case waits for a call: what it waits for, for how long, and what is likely wrong."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import cast

import pytest

from rivta.model.case import Case
from rivta.model.clock import SYSTEM, Clock
from rivta.run import Ran, Waiting, described, spoken

PATIENT_FOR = 2.0
"""Seconds of waiting that nobody needs to be told of."""
TOLD_EVERY = 30.0
"""Seconds until the same is told again: a log must not fill up with it."""


class Progress:
    """Who looks on in a terminal. Without a terminal, as in a pytest-xdist worker, nobody is told.

    `clean` takes out what must not be shown. Of several cases that watch at once it is told how many they are, and how long it is until
    the last of them is through.
    """

    def __init__(self, config: pytest.Config, clean: Callable[[str], str], clock: Clock = SYSTEM) -> None:
        self._config = config
        self._clean = clean
        self._clock = clock
        self._told: dict[int, tuple[float, str]] = {}
        """Of each case that waits, when it was told of and what was said to be wrong."""
        self._watching: dict[int, float] = {}
        """Until when each case watches, in monotonic seconds."""

    def begins(self, case: Case, fixed: Mapping[str, str]) -> None:  # noqa: ARG002 - an audience's signature
        """A case begins: nothing has been told of it."""
        self._forget(case)

    def played(self, case: Case, ran: Ran) -> None:  # noqa: ARG002 - an audience's signature
        self._forget(case)

    def _forget(self, case: Case) -> None:
        self._told.pop(id(case), None)
        self._watching.pop(id(case), None)

    is_paused = False

    def resumed(self) -> None:
        """Nothing is ever paused."""

    def waits(self, case: Case, step: int, waiting: Waiting) -> float:
        """A step waits: told after a moment, when there is something new to say, and now and then."""
        now, watches = self._clock.monotonic(), waiting.wanted.repeatedly
        if watches:
            self._watching[id(case)] = now + (waiting.within or 0) - waiting.seconds
        several = watches and len(self._watching) > 1
        diagnosis = waiting.diagnosis.en if waiting.diagnosis else ""
        at, said = self._told.get(id(self) if several else id(case), (0.0, ""))
        is_due = now >= at + TOLD_EVERY if at else waiting.seconds >= PATIENT_FOR
        if not is_due and diagnosis == said:
            return 0
        self._told[id(self) if several else id(case)] = now, diagnosis
        lines = diagnosis.splitlines()
        self._tell([self._all(now) if several else _line(case, step, waiting), *(f"    {part}" for part in lines)])
        return 0

    def _all(self, now: float) -> str:
        left = max(self._watching.values()) - now
        return f"{len(self._watching)} cases watch at once, the last for {spoken(max(left, 0.0)).en} more"

    def _tell(self, lines: list[str]) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        with self._uncaptured():
            terminal.ensure_newline()
            for line in lines:
                terminal.write_line(self._clean(line), yellow=True)

    def _uncaptured(self) -> AbstractContextManager[None]:
        """What the terminal reporter writes while pytest captures output."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is None:
            return nullcontext()
        return cast("AbstractContextManager[None]", capture.global_and_fixture_disabled())


def _line(case: Case, step: int, waiting: Waiting) -> str:
    place = f"step {step + 1} of {len(case.steps)}, " if len(case.steps) > 1 else ""
    action = "watches for" if waiting.wanted.repeatedly else "waits for"
    lasts = f"{waiting.seconds:.0f} of {waiting.within or 0:.3g} s"
    return f"{case.id}: {place}{action} {described(waiting.wanted)} ({lasts})"
