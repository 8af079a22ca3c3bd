"""A word in the terminal while a case waits for a call: what it waits for, for how long, and what is likely wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

import pytest

from rivta.model.case import Case
from rivta.run import Ran, Waiting, described

PATIENT_FOR = 2.0
"""Seconds of waiting that nobody needs to be told of."""
TOLD_EVERY = 30.0
"""Seconds until the same is told again: a log must not fill up with it."""


class Progress:
    """Who looks on in a terminal. Without a terminal, as in a pytest-xdist worker, nobody is told.

    `clean` takes out what must not be shown.
    """

    def __init__(self, config: pytest.Config, clean: Callable[[str], str]) -> None:
        self._config = config
        self._clean = clean
        self._told_at = 0.0
        self._diagnosis = ""

    def begins(self, case: Case, fixed: Mapping[str, str]) -> None:  # noqa: ARG002 - an audience's signature
        """A case begins: nothing has been told of it."""
        self._forget()

    def played(self, case: Case, ran: Ran) -> None:  # noqa: ARG002 - an audience's signature
        self._forget()

    def _forget(self) -> None:
        self._told_at, self._diagnosis = 0.0, ""

    def waits(self, case: Case, step: int, waiting: Waiting) -> None:
        """A step waits: told after a moment, when there is something new to say, and now and then."""
        diagnosis = waiting.diagnosis.en if waiting.diagnosis else ""
        is_due = waiting.seconds >= (self._told_at + TOLD_EVERY if self._told_at else PATIENT_FOR)
        if not is_due and diagnosis == self._diagnosis:
            return
        self._told_at, self._diagnosis = waiting.seconds, diagnosis
        place = f"step {step + 1} of {len(case.steps)}, " if len(case.steps) > 1 else ""
        action = "watches for" if waiting.wanted.repeatedly else "waits for"
        line = (
            f"{case.id}: {place}{action} {described(waiting.wanted)} ({waiting.seconds:.0f} of {waiting.within:.3g} s)"
        )
        self._tell([line, *(f"    {part}" for part in diagnosis.splitlines())])

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
        uncaptured: AbstractContextManager[None] = capture.global_and_fixture_disabled()
        return uncaptured
