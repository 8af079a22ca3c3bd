"""The desk: who waits for which call, how a call is answered, and the shelf of calls that nobody has taken.

Calls come in on the server's thread and are taken on others; everything here happens under one lock. A call is promised to
its waiter when it comes, and handed over when it has been answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Final

from rivta.counterpart.arrival import ADDRESS, Arrival, Wanted, fits
from rivta.model.case import Behaviour
from rivta.model.environment import StandingAnswer
from rivta.model.exchange import Call
from rivta.model.words import Text

OK: Final = Behaviour()
"""How a call is answered that nobody waits for and no standing answer is for."""
Claimed = Callable[[int], None]
Loaded = Callable[[Arrival], Call]
Diagnosed = Callable[["Waiting"], tuple[Text | None, int]]


class Waiting:
    """One step's wait for its call. Made by `Desk.open`."""

    def __init__(self, wanted: Wanted, load: Loaded, diagnose: Diagnosed, first: int, knocks: int) -> None:
        self.wanted = wanted
        self.first = first
        """The number of the last call that had come when the wait began."""
        self.knocks = knocks
        """The connections that had been made by then."""
        self.promised: dict[int, Arrival] = {}
        """The calls that are its own and are being answered, or wait to be taken."""
        self.answered: Arrival | None = None
        """The call that it has answered, if it waits for no more than one."""
        self.taken: list[int] = []
        self._load = load
        self._diagnose = diagnose
        self._ready: SimpleQueue[Arrival] = SimpleQueue()

    def take(self, seconds: float) -> Call | None:
        """The next call that fits, None if none came in time. It has been answered, and is on disk."""
        try:
            arrival = self._ready.get(timeout=max(seconds, 0))
        except Empty:
            return None
        self.promised.pop(arrival.number)
        self.taken.append(arrival.number)
        return self._load(arrival)

    def state(self) -> tuple[Text | None, int]:
        """What is likely wrong, if anything can be said, and the connections made to us since the wait began."""
        return self._diagnose(self)

    def wants(self, arrival: Arrival) -> bool:
        """Whether it still waits for a call, and for this one. One to an address that is not ours was made to somebody else,
        unless that very address is waited for.
        """
        is_open = self.wanted.repeatedly or self.answered is None
        is_ours = arrival.standing != "unrouted" or not arrival.address or ADDRESS in self.wanted.when
        return is_open and is_ours and fits(arrival, self.wanted.contract, self.wanted.when)

    def promise(self, arrival: Arrival) -> None:
        """The call is its own."""
        self.promised[arrival.number] = arrival
        if not self.wanted.repeatedly:
            self.answered = arrival

    def break_promise(self, number: int) -> None:
        """The call is not its own after all."""
        self.promised.pop(number)
        if self.answered is not None and self.answered.number == number:
            self.answered = None

    def hand_over(self, arrival: Arrival) -> None:
        """The call has been answered, and may be taken."""
        self.promised[arrival.number] = arrival
        self._ready.put(arrival)

    def would_have(self, arrival: Arrival) -> bool:
        """Whether a call that came before the wait began will do: it fits, and was answered as it would be now."""
        wanted = self.wanted
        return (
            arrival.arrived >= wanted.since
            and (wanted.repeatedly or arrival.forced or arrival.answer == wanted.answer)
            and self.wants(arrival)
        )


class Desk:
    """All that wait, and all that was not taken. `standing` is how calls are answered that nobody waits for."""

    def __init__(
        self, standing: tuple[StandingAnswer, ...], load: Loaded, claimed: Claimed, diagnose: Diagnosed, last: int
    ) -> None:
        self._standing = standing
        self._load = load
        self._claimed = claimed
        self._diagnose = diagnose
        self._lock = Lock()
        self._waiting: list[Waiting] = []
        self._shelf: dict[int, Arrival] = {}
        self._owners: dict[int, Waiting] = {}
        self._first: dict[int, Arrival] = {}
        """Of every message that somebody took: the call that first brought it, by its likeness."""
        self._last = last

    @contextmanager
    def open(self, wanted: Wanted, knocks: int) -> Iterator[Waiting]:
        """Wait for such calls until the block ends. What came after `since` and lies on the shelf comes first."""
        waiting = Waiting(wanted, self._load, self._diagnose, self._last, knocks)
        with self._lock:
            for arrival in [each for each in self._shelf.values() if waiting.would_have(each)]:
                if waiting.wants(arrival) and self._of_before(arrival, waiting) is None:
                    self._hand_from_shelf(arrival, waiting)
            self._waiting.append(waiting)
        try:
            yield waiting
        finally:
            self._close(waiting)

    def _hand_from_shelf(self, arrival: Arrival, waiting: Waiting) -> None:
        del self._shelf[arrival.number]
        waiting.promise(arrival)
        self._remember(arrival)
        if arrival.answered:
            waiting.hand_over(arrival)
        else:
            self._owners[arrival.number] = waiting

    def _close(self, waiting: Waiting) -> None:
        with self._lock:
            self._waiting.remove(waiting)
            for arrival in waiting.promised.values():
                self._owners.pop(arrival.number, None)
                self._shelf[arrival.number] = replace(arrival, why="left")
        for number in waiting.taken:
            self._claimed(number)

    def receive(self, arrival: Arrival) -> Arrival:
        """A call has come, and its own `answer` counts only if it is forced. Returned with how it is to be answered."""
        with self._lock:
            self._last = arrival.number
            owner = self._owner(arrival)
            placed = self._answered(arrival, owner)
            if owner is None:
                self._shelf[arrival.number] = placed
            else:
                self._owners[arrival.number] = owner
                owner.promise(placed)
                self._remember(placed)
        return placed

    def _remember(self, arrival: Arrival) -> None:
        if arrival.likeness is not None:
            self._first.setdefault(arrival.likeness, arrival)

    def _of_before(self, arrival: Arrival, waiting: Waiting | None = None) -> Arrival | None:
        """The call that it repeats, if somebody took that before this wait began to count: a system that is still sending
        what an earlier case refused must not be taken for one that does what this case asks.
        """
        first = None if arrival.likeness is None else self._first.get(arrival.likeness)
        if first is None or (waiting is not None and first.arrived >= waiting.wanted.since):
            return None
        return first

    def _owner(self, arrival: Arrival) -> Waiting | None:
        """The newest that waits for it."""
        if not arrival.contract:
            return None
        wanting = (each for each in reversed(self._waiting) if each.wants(arrival))
        return next((each for each in wanting if self._of_before(arrival, each) is None), None)

    def _answered(self, arrival: Arrival, owner: Waiting | None) -> Arrival:
        if owner is not None:
            return arrival if arrival.forced else replace(arrival, answer=owner.wanted.answer)
        earlier = self._repeated(arrival)
        if earlier is not None:
            answer = arrival.answer if arrival.forced else earlier.answer
            return replace(arrival, answer=answer, why="repeat", refers=earlier.number)
        first = self._of_before(arrival)
        known = arrival if first is None else replace(arrival, why="repeat", refers=first.number)
        answer = known.answer if known.forced else self._by_standing(known)
        return known if answer is known.answer else replace(known, answer=answer)

    def _repeated(self, arrival: Arrival) -> Arrival | None:
        if not arrival.contract:
            return None
        answered = (each.answered for each in reversed(self._waiting) if each.answered is not None)
        return next((earlier for earlier in answered if arrival.repeats(earlier)), None)

    def _by_standing(self, arrival: Arrival) -> Behaviour:
        return next((each.answer for each in self._standing if fits(arrival, each.contract, each.when)), OK)

    def settle(self, number: int, answered: float) -> None:
        """The answer has been given, or there will be none."""
        with self._lock:
            owner = self._owners.pop(number, None)
            if owner is not None:
                owner.hand_over(replace(owner.promised[number], answered=answered))
            elif number in self._shelf:
                self._shelf[number] = replace(self._shelf[number], answered=answered)

    def forget(self, number: int) -> None:
        """The call could not be recorded, so it is as if it had never come: its sender is told that it was not taken."""
        with self._lock:
            self._shelf.pop(number, None)
            owner = self._owners.pop(number, None)
            if owner is not None:
                owner.break_promise(number)

    def put_back(self, arrival: Arrival) -> None:
        """A call of before we were started again, that no case has told of."""
        with self._lock:
            self._shelf[arrival.number] = arrival

    def take_away(self, numbers: set[int]) -> None:
        """Calls that cases took before we were started again."""
        with self._lock:
            taken = [number for number in numbers if self._shelf.pop(number, None) is not None]
        for number in taken:
            self._claimed(number)

    def unclaimed(self, after: int = 0) -> list[Arrival]:
        """What lies on the shelf and has a higher number, in order."""
        with self._lock:
            return [self._shelf[number] for number in sorted(self._shelf) if number > after]
