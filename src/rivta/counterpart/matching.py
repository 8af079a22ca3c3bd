"""Which waiter a call is for: who waits for what, how a call is answered, and the calls that nobody has taken.

Calls come in on one thread and are taken on others; everything here happens under one lock. A call is promised to its waiter
when it comes, and handed over when it has been answered.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from threading import Condition, Lock
from typing import Final, Literal

from rivta.counterpart.judging import Judged
from rivta.model.clock import Clock
from rivta.model.environment import StandingAnswer
from rivta.model.exchange import Call
from rivta.model.frozen import frozen
from rivta.model.run import MOST_STRAYS
from rivta.model.steps import ADDRESS, Behaviour, Difference, Matcher, differences
from rivta.model.words import Text

OK: Final = Behaviour()
"""How a call is answered that nobody waits for and no standing answer is for."""

LATEST: Final = 1000
"""How many of the latest may still be had by a step that has yet to begin; the rest is only counted, so that a million cost nothing."""
_LONG_AGO: Final = float("-inf")
"""Monotonic seconds before any wait."""
_REPEATABLE: Final = 10_000
"""How many of the messages that cases took are known again when they are sent once more."""

Why = Literal["nobody", "repeat", "earlier", "left", "unrouted", "unreadable", "refused"]
"""Why no case took a call: nobody waited for it; it repeats one that was taken; it came before we were started again; a case
waited, and ended without it; the platform would have refused it; it cannot be read; HTTP itself refused it.
"""


@frozen
class ReceivedCall:
    """A call as it is remembered: what it is known by, how it was answered, and no more than that.

    The message itself lies on disk, so that ten thousand calls cost no more memory than their names. `arrived` and `answered`
    are monotonic seconds; `answered` is None until then. `answer` is how it was, or is being, answered. `refers` is the number of
    the call that it repeats.
    """

    number: int
    said: Judged
    arrived: float
    answer: Behaviour = OK
    answered: float | None = None
    why: Why = "nobody"
    refers: int = 0

    @property
    def identity(self) -> tuple[str, str, Mapping[str, str]]:
        """Contract, address and facts: a call that has the same is the same call again."""
        return self.said.contract, self.said.address, self.said.facts

    @property
    def likeness(self) -> int | None:
        """The same for every repeat of this message, and for no other. None where nothing in it tells it from others."""
        if not self.said.message_id:
            return None
        return hash((self.said.contract, self.said.address, frozenset(self.said.facts.items())))

    def fits(self, contract: str, when: Mapping[str, str]) -> bool:
        """Whether this is the call that is meant. No contract means any."""
        return contract in ("", self.said.contract) and not self.differences(when)

    def differences(self, when: Mapping[str, str]) -> list[Difference]:
        """What tells it from the one that is meant."""
        return differences(when, self.said.address, self.said.facts)


Loaded = Callable[[ReceivedCall], Call]
Diagnosed = Callable[["Waiter"], tuple[Text | None, int]]
Counted = Callable[[float], int]


class Waiter:
    """One step's wait for the calls that fit its matcher. Made by `Waiters.open`."""

    def __init__(
        self,
        matcher: Matcher,
        load: Loaded,
        diagnose: Diagnosed,
        count: Counted,
        clock: Clock,
        *,
        last: int,
        connections: int,
    ) -> None:
        self.matcher = matcher
        self.last = last
        """The number of the last call that had come when the wait began."""
        self.connections = connections
        """The connections that had been made by then."""
        self.promised: dict[int, ReceivedCall] = {}
        """The calls that are its own and are being answered, or wait to be taken."""
        self.answered: ReceivedCall | None = None
        """The call that it has answered, if it waits for no more than one."""
        self.taken: dict[int, ReceivedCall] = {}
        self.rests = False
        """Whether it takes only what nobody else waits for."""
        self._load = load
        self._diagnose = diagnose
        self._count = count
        self._clock = clock
        self._ready: deque[ReceivedCall] = deque()
        self._changed = Condition()

    def take(self, seconds: float, until: float | None = None) -> Call | None:
        """The next call that fits, None if none came in time. It has been answered, by `until` (monotonic), and is on disk."""
        with self._changed:
            if not self._clock.wait_for(self._changed, lambda: self._is_ready(until), seconds):
                return None
            call = self._ready.popleft()
        self.taken[call.number] = self.promised.pop(call.number)
        return self._load(call)

    def abandon(self) -> None:
        """Whoever took calls by it is gone, and will not tell of them."""
        self.promised |= self.taken
        self.taken = {}

    def _is_ready(self, until: float | None) -> bool:
        return bool(self._ready) and (until is None or (self._ready[0].answered or 0.0) <= until)

    def state(self) -> tuple[Text | None, int]:
        """What is likely wrong, if anything can be said, and the connections made to us since the wait began."""
        return self._diagnose(self)

    def unclear(self, since: float) -> int:
        """How many calls have come since then (monotonic seconds) of which nobody can tell whether they fit."""
        return self._count(since)

    def wants(self, call: ReceivedCall) -> bool:
        """Whether it still waits for a call, and for this one. One to an address that is not ours was made to somebody else,
        unless that very address is waited for.
        """
        is_open = self.matcher.repeatedly or self.answered is None
        is_ours = call.said.standing != "unrouted" or not call.said.address or ADDRESS in self.matcher.when
        return is_open and is_ours and call.fits(self.matcher.contract, self.matcher.when)

    def would_have(self, call: ReceivedCall) -> bool:
        """Whether a call that came before the wait began will do: it fits, and was answered as it would be now."""
        matcher = self.matcher
        is_answered_so = matcher.repeatedly or call.said.forced is not None or call.answer == matcher.answer
        return call.arrived >= matcher.since and is_answered_so and self.wants(call)

    def promise(self, call: ReceivedCall) -> None:
        self.promised[call.number] = call
        if not self.matcher.repeatedly:
            self.answered = call

    def break_promise(self, number: int) -> None:
        self.promised.pop(number)
        if self.answered is not None and self.answered.number == number:
            self.answered = None

    def hand_over(self, call: ReceivedCall) -> None:
        """The call has been answered, and may be taken."""
        self.promised[call.number] = call
        with self._changed:
            self._ready.append(call)
            self._changed.notify_all()


class Waiters:
    """All that wait, and all calls that were not taken. `standing` is how calls are answered that nobody waits for.

    `claimed` is told of each call that a waiter had taken when it ends; `last` is the number of the last call so far.
    """

    def __init__(
        self,
        standing: tuple[StandingAnswer, ...],
        load: Loaded,
        diagnose: Diagnosed,
        claimed: Callable[[int], None],
        *,
        clock: Clock,
        last: int,
    ) -> None:
        self._standing = standing
        self._load = load
        self._diagnose = diagnose
        self._claimed = claimed
        self._clock = clock
        self._last = last
        self._lock = Lock()
        self._waiting: list[Waiter] = []
        self._unclaimed: dict[int, ReceivedCall] = {}
        self._owners: dict[int, Waiter] = {}
        self._let_go = 0
        self._first: dict[int, tuple[int, float]] = {}
        """Of every message that somebody took: number and arrival of the call that first brought it, by its likeness; once whoever took
        that is gone, it arrived long ago.
        """

    @contextmanager
    def open(self, matcher: Matcher, connections: int) -> Iterator[Waiter]:
        """Wait for such calls until the block ends. What came after `since` and nobody took comes first."""
        told = (self._load, self._diagnose, self._unclear, self._clock)
        waiter = Waiter(matcher, *told, last=self._last, connections=connections)
        with self._lock:
            for call in [each for each in self._unclaimed.values() if waiter.would_have(each)]:
                if waiter.wants(call) and self._taken_before(call, waiter) is None:
                    self._give_early(call, waiter)
            self._waiting.append(waiter)
        try:
            yield waiter
        finally:
            self._close(waiter)

    def _give_early(self, call: ReceivedCall, waiter: Waiter) -> None:
        del self._unclaimed[call.number]
        waiter.promise(call)
        self._remember(call)
        if call.answered is not None:
            waiter.hand_over(call)
        else:
            self._owners[call.number] = waiter

    def _close(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiting.remove(waiter)
            for call in waiter.promised.values():
                self._owners.pop(call.number, None)
                self._leave(replace(call, why="left"))
            for call in (*waiter.promised.values(), *waiter.taken.values()):
                self._is_past(call)
        for number in waiter.taken:
            self._claimed(number)

    def match(self, said: Judged, arrived: float) -> ReceivedCall:
        """A call has come: it gets its number, its waiter if there is one, and the answer that it is to have."""
        with self._lock:
            self._last += 1
            why: Why = said.standing if said.standing in ("unrouted", "unreadable", "refused") else "nobody"
            call = ReceivedCall(self._last, said, arrived, said.forced or OK, why=why)
            owner = self._owner(call)
            if owner is None:
                call = self._unexpected(call)
                self._leave(call)
                return call
            call = call if said.forced else replace(call, answer=owner.matcher.answer)
            self._owners[call.number] = owner
            owner.promise(call)
            self._remember(call)
            return call

    def _leave(self, call: ReceivedCall) -> None:
        """Nobody has it. Of very many the first and the latest are remembered."""
        self._unclaimed[call.number] = call
        if len(self._unclaimed) > MOST_STRAYS + LATEST:
            del self._unclaimed[next(islice(self._unclaimed, MOST_STRAYS, None))]
            self._let_go += 1

    def _owner(self, call: ReceivedCall) -> Waiter | None:
        """The newest that waits for it and does not rest; of those that rest, the newest."""
        if not call.said.contract:
            return None
        wanting = sorted((each for each in reversed(self._waiting) if each.wants(call)), key=lambda each: each.rests)
        return next((each for each in wanting if self._taken_before(call, each) is None), None)

    def _unexpected(self, call: ReceivedCall) -> ReceivedCall:
        """A call that nobody waits for: answered as the one that it repeats, or as the environment says."""
        earlier = self._repeated(call)
        if earlier is not None:
            answer = call.said.forced or earlier.answer
            return replace(call, answer=answer, why="repeat", refers=earlier.number)
        first = self._taken_before(call)
        known = call if first is None else replace(call, why="repeat", refers=first)
        answer = known.said.forced or self._by_standing(known)
        return known if answer is known.answer else replace(known, answer=answer)

    def _repeated(self, call: ReceivedCall) -> ReceivedCall | None:
        if not call.said.contract:
            return None
        answered = (each.answered for each in reversed(self._waiting) if each.answered is not None)
        return next((earlier for earlier in answered if call.identity == earlier.identity), None)

    def _by_standing(self, call: ReceivedCall) -> Behaviour:
        """As a step of the case answered such calls by what they ask for, else as the environment says."""
        before = (each.matcher for each in reversed(self._waiting) if each.answered and each.matcher.answer.follows)
        alike = (each.answer for each in before if call.fits(each.contract, each.when))
        standing = (each.answer for each in self._standing if call.fits(each.contract, each.when))
        return next(chain(alike, standing), OK)

    def _remember(self, call: ReceivedCall) -> None:
        if call.likeness is not None:
            self._first.setdefault(call.likeness, (call.number, call.arrived))
            if len(self._first) > _REPEATABLE:
                del self._first[next(iter(self._first))]

    def _is_past(self, call: ReceivedCall) -> None:
        """Whoever took the call is gone: a later wait that began at the very moment at which it came must not count its repeats."""
        if call.likeness is not None and self._first.get(call.likeness, (0, 0.0))[0] == call.number:
            self._first[call.likeness] = call.number, _LONG_AGO

    def _taken_before(self, call: ReceivedCall, waiter: Waiter | None = None) -> int | None:
        """The number of the call that it repeats, if somebody took that before this wait began to count: a system that is still sending
        what an earlier case refused must not be taken for one that does what this case asks.
        """
        if not self._first or (likeness := call.likeness) is None:
            return None
        first = self._first.get(likeness)
        if first is None or (waiter is not None and first[1] >= waiter.matcher.since):
            return None
        return first[0]

    def settle(self, number: int) -> None:
        """The answer has been given, or there will be none."""
        answered = self._clock.monotonic()
        with self._lock:
            owner = self._owners.pop(number, None)
            if owner is not None:
                owner.hand_over(replace(owner.promised[number], answered=answered))
            elif number in self._unclaimed:
                self._unclaimed[number] = replace(self._unclaimed[number], answered=answered)

    def forget(self, number: int) -> None:
        """The call could not be recorded, so it is as if it had never come: its sender is told that it was not taken."""
        with self._lock:
            self._unclaimed.pop(number, None)
            owner = self._owners.pop(number, None)
            if owner is not None:
                owner.break_promise(number)

    def take_up(self, calls: Iterable[ReceivedCall], more: int) -> None:
        """Calls of before we were started again, that no case has told of, and how many more there are between them."""
        with self._lock:
            self._let_go += more
            for call in calls:
                self._leave(call)

    def claim(self, numbers: set[int]) -> None:
        """Calls that cases took before we were started again."""
        with self._lock:
            taken = [number for number in numbers if self._unclaimed.pop(number, None) is not None]
        for number in taken:
            self._claimed(number)

    def unclaimed(self, after: int = 0) -> list[ReceivedCall]:
        """The calls of a higher number that nobody took, as far as they are remembered, in order."""
        with self._lock:
            return [self._unclaimed[number] for number in sorted(self._unclaimed) if number > after]

    def _unclear(self, since: float) -> int:
        return sum(
            each.arrived >= since and each.said.standing in ("unreadable", "refused") for each in self.unclaimed()
        )

    @property
    def more(self) -> int:
        """How many calls that nobody took there are beyond the first MOST_STRAYS."""
        with self._lock:
            return max(0, len(self._unclaimed) + self._let_go - MOST_STRAYS)
