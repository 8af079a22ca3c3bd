"""What a system did over time: how many more calls it made after an answer, how far apart, and whether it waited longer and longer.

Times are told both as they were here and in the system's own time, which a run may compress. Whatever is ours makes an
interval look longer, never shorter: an answer counts from before it was written, a call from when it had arrived. So a system
is never red for our delay; and waits that are shorter here than a delay of ours may be are not compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rivta.check.kinds import NOTHING
from rivta.model.exchange import Call
from rivta.model.frozen import frozen
from rivta.model.run import CheckResult, Finding
from rivta.model.steps import Behaviour, Watch
from rivta.model.words import Direction, Text, Verdict
from rivta.text.catalogue import text

KIND = "resends"
"""The kind of check, as the report names it."""
_CLOCK = 0.015
"""Seconds by which a timer may go off early: that of a common operating system has ticks of 10 to 15 ms."""
_COMPARABLE = 0.2
"""Seconds that a wait takes here at least if the next one is to be held against it: a busy machine may be late by half of that."""
_LONGER = 1.1
"""How many times the first wait a later one is at least, if they grow."""
_PATIENCE = 1.0
"""Seconds that every system waits for an answer. A busy machine may need more to give it."""


def is_late(call: Call, meant: Behaviour) -> bool:
    """Whether our answer was so much later than it was meant to be that the system may have given up before it."""
    return call.exchange.response is not None and call.answered - call.arrived - meant.delay_ms / 1000 > _PATIENCE


@frozen
class Attempts:
    """Every attempt with one message so far: when the first was answered, in monotonic seconds, and the calls after it."""

    answered: float
    calls: tuple[Call, ...] = ()


def over_time(
    watch: Watch,
    calls: Sequence[Call],
    *,
    attempts: Attempts | None = None,
    answered: float | None,
    looked: float,
    unclear: int = 0,
    factor: float,
    exchange: int,
    step: int,
    verifies: tuple[str, ...],
) -> tuple[CheckResult, ...]:
    """What the calls that came while we watched say of `most`, `apart` and `grows`; one result for each that the step has. The last is
    judged by the `attempts` of the whole case.

    `answered` (monotonic seconds) is when the answer that the watch begins after was given, None if there was none.
    `looked` is for how many seconds we looked, `unclear` how many calls came of which nobody can tell whether they are
    meant: beside them nothing is shown. `factor` says by how much time is compressed. `exchange` is the number in the
    case of the first call's exchange. Where no call came after an answer, and we looked for long enough to see that,
    they are `apart`. Without any of the three there is one result, which tells what was seen.
    """
    seen = _Watched(watch, calls, answered, looked, unclear, factor, exchange, step, verifies)
    results = [seen.most()] if watch.most is not None or (watch.apart is None and not watch.grows) else []
    if watch.apart is not None:
        results.append(seen.apart(watch.apart))
    if watch.grows:
        whole = Attempts(0.0) if attempts is None else attempts
        results.append(replace(seen, calls=whole.calls, answered=whole.answered).grows(len(calls)))
    return tuple(map(seen.shown, results))


@frozen
class _Watched:
    watch: Watch
    calls: Sequence[Call]
    answered: float | None
    looked: float
    unclear: int
    factor: float
    exchange: int
    step: int
    verifies: tuple[str, ...]

    def shown(self, result: CheckResult) -> CheckResult:
        """The result, which shows nothing where fewer calls came than were to, or others that may be such."""
        is_whole = len(self.calls) >= self.watch.least
        if result.verdict is not Verdict.PASSED or (is_whole and not self.unclear):
            return result
        unclear = text("check", "unclear_calls", n=self.unclear)
        note = unclear if is_whole else text("check", "too_few_calls", least=self.watch.least)
        return replace(result, verdict=Verdict.NOT_PROVEN, note=note)

    def most(self) -> CheckResult:
        watch, count = self.watch, len(self.calls)
        limit = "" if watch.most is None else f"≤ {watch.most} "
        expected = f"{limit}× {watch.contract} / {self._both(watch.seconds / self.factor)}"
        actual = f"{count} × / {self._both(self.looked)}{self._times()}"
        if watch.most is not None and count > watch.most:
            return self._result(Verdict.FAILED, expected, actual, watch.most, (_finding("too_many", expected, actual),))
        if self.looked + _CLOCK < watch.seconds / self.factor:
            return self._result(Verdict.NOT_PROVEN, expected, actual, note=text("check", "cut_short"))
        return self._result(Verdict.PASSED, expected, actual)

    def apart(self, least: float) -> CheckResult:
        expected, waits = f"≥ {self._both(least / self.factor)}", [*self._waits()]
        actual = ", ".join(self._both(wait) for _, wait in waits) or f"{NOTHING} ({len(self.calls)} ×)"
        short = [(number, wait) for number, wait in waits if wait + _CLOCK < least / self.factor]
        if short:
            findings = tuple(
                _finding("too_soon", expected, self._both(wait), number=number + 1) for number, wait in short
            )
            return self._result(Verdict.FAILED, expected, actual, short[0][0], findings)
        has_kept_quiet = not self.calls and self.answered is not None and self.looked + _CLOCK >= least / self.factor
        if not (waits or has_kept_quiet):
            return self._result(Verdict.NOT_PROVEN, expected, actual, note=text("check", "none_after"))
        return self._result(Verdict.PASSED, expected, actual, note=None if self.calls else text("check", "none_again"))

    def grows(self, here: int) -> CheckResult:
        """Whether the system waited longer before a later attempt than before the first. `here` are the calls of this step alone."""
        waits, last = [wait for _, wait in self._waits()], here - 1
        actual = ", ".join(map(self._both, waits)) or f"{NOTHING} ({len(self.calls)} ×)"
        first, *later = waits or [0.0]
        if not later or (first < _COMPARABLE and max(later) <= first * _LONGER):
            note = text("check", "waits_short" if later else "waits_few")
            return self._result(Verdict.NOT_PROVEN, _GROWING, actual, last, note=note)
        if max(later) > first * _LONGER:
            return self._result(Verdict.PASSED, _GROWING, actual, last)
        return self._result(Verdict.FAILED, _GROWING, actual, last, (_finding("waits_even", _GROWING, actual),))

    def _waits(self) -> Iterator[tuple[int, float]]:
        """The number of each call that followed an answer or a call, and how long the system may have waited at most.

        Where the next call came before our answer, the system gave up waiting; it did so after it had called. Where our answer was later than
        it was to be, it may have given up before that: then too the time counts from its call.
        """
        if self.calls and self.answered is not None and self.answered <= self.calls[0].arrived:
            yield 0, self.calls[0].arrived - self.answered
        for number, (call, after) in enumerate(pairwise(self.calls), start=1):
            is_given_up = call.answered > after.arrived or is_late(call, self.watch.answer)
            yield number, after.arrived - (call.arrived if is_given_up else call.answered)

    def _times(self) -> str:
        if not self.calls or self.answered is None:
            return ""
        waited = (call.arrived - self.answered for call in self.calls)
        signed = (("− " if wait < 0 else "+ ") + self._both(abs(wait)) for wait in waited)
        return f" ({', '.join(signed)})"

    def _both(self, seconds: float) -> str:
        """A time in the system's own time and, where that is compressed, as it was here."""
        here = _spoken(seconds)
        return here if self.factor == 1 else f"{_spoken(seconds * self.factor)} [{here} × {self.factor:g}]"

    def _result(  # noqa: PLR0917 - the order of a CheckResult
        self,
        verdict: Verdict,
        expected: str,
        actual: str,
        call: int = 0,
        findings: tuple[Finding, ...] = (),
        note: Text | None = None,
    ) -> CheckResult:
        """One result. Its exchange is that of the call, or the last one before we watched if no call came."""
        exchange = max(self.exchange + (call if self.calls else -1), 0)
        return CheckResult(
            KIND, verdict, self.verifies, expected, actual, findings, note, self.watch.source, exchange, self.step
        )


def _spoken(seconds: float) -> str:
    """Seconds up to ten minutes, else minutes."""
    if seconds >= 600:
        return f"{seconds / 60:.3g} min"
    return f"{seconds:.0f} s" if seconds >= 100 else f"{seconds:.3g} s"


_GROWING = "1 < 2 < 3"


def _finding(key: str, expected: str, actual: str, **values: object) -> Finding:
    return Finding(text("check", key, **values), Direction.REQUEST, expected=expected, actual=actual)
