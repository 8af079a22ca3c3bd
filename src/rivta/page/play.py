"""One playing of a case: whose turn it is, what the tester says, and what came of each step.

The case is played in a thread of its own, where the play is both who acts (`Actor`) and who looks on (`Audience`). What
the tester says arrives from the page's thread. Whoever waits, waits on one condition; nobody polls.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rivta.evidence import progress
from rivta.model.case import Case
from rivta.model.exchange import Acted, Exchange, Said
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, Note
from rivta.model.steps import Ask, Doing, Handshake, Send, Watch
from rivta.model.words import Value, Verdict
from rivta.page.programme import Playable
from rivta.run import Ended, GivenUp, Party, Ran, Waiting
from rivta.text.catalogue import text
from rivta.text.placeholder import leaves

Keep = Callable[[progress.PlayEvent], None]


class Interrupted(BaseException):
    """The page is closing: the play stops where it is, to be taken up again. No fault of anybody's."""


@frozen
class Busy:
    """The test bench is at work: nothing to do or to wait for."""


@frozen
class Awaiting:
    """A call is waited for. `doing` is what the tester is to do, if anything; `adapter` what the adapter said to it; `called` where the
    system is to call.
    """

    doing: Doing | None = None
    waiting: Waiting | None = None
    adapter: Acted | None = None
    is_adapter_working: bool = False
    called: Party | None = None


@frozen
class Editing:
    """A message is ready to be sent, with these values of the step's own, or a connection to be made."""

    step: Send | Handshake
    data: Mapping[str, Value]


@frozen
class Asking:
    """A question waits for the tester's answer."""

    question: Ask


Moment = Busy | Awaiting | Editing | Asking
"""What a play waits for."""


@frozen
class PlayState:
    """A play at one moment. `trouble` is what of ours broke, `edited` which values were changed by step; `by` is who plays it."""

    version: int
    moment: Moment
    ran: tuple[Ran, ...]
    result: CaseResult | None
    trouble: str
    edited: Mapping[int, tuple[str, ...]]
    by: str = ""
    is_paused: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.result is not None or bool(self.trouble)

    @property
    def step(self) -> int:
        """The step that it has come to, from 0."""
        return len(self.ran)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return tuple(exchange for ran in self.ran for exchange in ran.exchanges)

    @property
    def is_testers_turn(self) -> bool:
        """Whether a person is to do, send or answer something."""
        moment = self.moment
        return moment.doing is not None if isinstance(moment, Awaiting) else not isinstance(moment, Busy)

    def is_at(self, step: int, kind: type[Moment]) -> bool:
        """Whether the play waits for this of this step."""
        return step == self.step and isinstance(self.moment, kind) and not (self.is_over or self.is_paused)


class ManualPlay:
    """One playing of a case. Its name is unguessable: who knows it may play."""

    def __init__(self, opened: progress.Opened, playable: Playable, note: Keep, ran: tuple[Ran, ...] = ()) -> None:
        self.opened = opened
        self.name = opened.play
        self.playable = playable
        self._note = note
        self._changed = threading.Condition()
        self._listeners: set[Callable[[], None]] = set()
        self._state = PlayState(0, Busy(), ran, None, "", {}, opened.by)
        self._said: Said | Mapping[str, Value] | None = None
        self._given_up: Said | None = None
        self._more = 0.0
        self._is_stopped = False
        self._is_closing = False

    # What the page asks and says

    @property
    def state(self) -> PlayState:
        return self._state

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, from any thread, whenever something changes; returns what ends that."""
        with self._changed:
            self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def say(self, step: int, said: Said | Mapping[str, Value]) -> bool:
        """The tester's answer to a question, or the values to send with. False if the play is not waiting for that."""
        with self._changed:
            if not self._state.is_at(step, Asking if isinstance(said, Said) else Editing):
                return False
            self._said = said
            self._go_on()
        return True

    def give_up(self, step: int, said: Said) -> bool:
        """The tester says that the system cannot do what we wait for, or take what is to be sent. False if it is not that step's turn."""
        with self._changed:
            if self._state.is_at(step, Editing):
                self._said = said
                self._go_on()
            elif self._state.is_at(step, Awaiting):
                self._given_up = said
            else:
                return False
        return True

    def give_time(self, step: int, seconds: float) -> bool:
        """The tester lets the play wait for longer. False if the play does not wait."""
        with self._changed:
            is_waiting = self._state.is_at(step, Awaiting)
            self._more += seconds if is_waiting else 0
        return is_waiting

    def stop(self, step: int) -> bool:
        """The tester ends the play before this step is through. False if the play has not come to it, or acts by itself."""
        with self._changed:
            is_looking = step < len(self.playable.case.steps) and isinstance(self.playable.case.steps[step], Watch)
            if is_looking or not any(self._state.is_at(step, kind) for kind in (Editing, Asking, Awaiting)):
                return False  # what a watch has seen must not be lost
            self._is_stopped = True
            self._go_on()
        return True

    def hand(self, by: str, *, is_paused: bool = False) -> None:
        """Somebody takes the play over, pauses it, or goes on with it."""
        with self._changed:
            if self._state.is_over or (by, is_paused) == (self._state.by, self._state.is_paused):
                return
            self._note(progress.Handed(self.name, by, is_paused))
            self._become(by=by, is_paused=is_paused)
            self._changed.notify_all()

    def write(self, note: Note) -> CaseResult | None:
        """Somebody has something to say of it. It is kept in the journal, and is to be evidence once there is a result."""
        with self._changed:
            self._note(progress.Noted(self.name, note))
            self._become(notes=(*self._state.notes, note))
            return self._state.result

    def was(self, begun: progress.PlayBegun) -> None:
        """Who had it, whether it was paused, and what was noted of it, before a restart."""
        handed = begun.handed or progress.Handed(self.name, self.opened.by)
        self._state = replace(self._state, by=handed.by, is_paused=handed.is_paused, notes=begun.notes)

    def told_by_adapter(self, step: int, acted: Acted | None) -> None:
        """The adapter began to make the system act (None), or said what came of it."""
        with self._changed:
            moment = self._state.moment
            if step == self._state.step and isinstance(moment, Awaiting):
                self._become(moment=replace(moment, adapter=acted, is_adapter_working=acted is None))

    def close(self) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()

    def end(self, result: CaseResult | None, trouble: str = "", keep: Callable[[Note], None] = lambda _: None) -> None:
        """It is over. What was noted of it until then is evidence now, which `keep` is told before anybody hears that it is over."""
        with self._changed:
            for note in self._state.notes:
                keep(note)
            self._become(moment=Busy(), result=result, trouble=trouble)

    # Who acts, in the case's own thread

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:  # noqa: ARG002 (the protocol's signature)
        """Tell the tester what to do. Nobody knows when it is done: the call says so."""
        with self._changed:
            self._stop_if_closing()
            self._become(moment=Awaiting(doing, called=counterpart))
        return Acted("by-hand")

    def ask(self, question: Ask, case: Case) -> Said | None:  # noqa: ARG002 (the protocol's signature)
        """Wait for the tester's answer, however long that takes."""
        said = self._until_said(Asking(question))
        if self._is_stopped:
            raise self._stopped()
        return said if isinstance(said, Said) else None

    def edit(self, step: Send | Handshake, number: int, data: Mapping[str, Value]) -> Mapping[str, Value] | None:
        """Wait until the tester lets the message go, perhaps with other values."""
        said = self._until_said(Editing(step, data))
        if isinstance(said, Said):
            raise GivenUp(said)
        if said is None:
            return None
        before, after = dict(leaves(data)), dict(leaves(said))
        names = tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
        if names:
            with self._changed:
                self._become(edited={**self._state.edited, number: names})
        return said

    # Who looks on, in the case's own thread

    def begins(self, case: Case, fixed: Mapping[str, str]) -> None:  # noqa: ARG002 (the protocol's signature)
        """Note what was fixed, so that the case can be taken up again."""
        self._note(progress.Fixed(self.name, fixed))

    @property
    def is_paused(self) -> bool:
        return self._state.is_paused

    def resumed(self) -> None:
        """Wait until somebody goes on with it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._state.is_paused or self._is_closing)
            self._stop_if_closing()

    def waits(self, case: Case, step: int, waiting: Waiting) -> float:  # noqa: ARG002 (the protocol's signature)
        """Show what we wait for; end the waiting if the tester says so."""
        with self._changed:
            self._stop_if_closing()
            if self._is_stopped:
                raise self._stopped()
            if (said := self._given_up) is not None:
                self._given_up = None
                raise GivenUp(said)
            self._show_waiting(waiting)
            more, self._more = self._more, 0.0
            return more

    def played(self, case: Case, ran: Ran) -> None:  # noqa: ARG002 (the protocol's signature)
        """Keep what came of a step, then show it."""
        if ran.step < self._state.step:
            return  # taken over from before a restart
        self._note(progress.Came(self.name, ran.step, ran.exchanges, ran.checks, ran.captured))
        with self._changed:
            self._given_up, self._more = None, 0.0
            self._become(moment=Busy(), ran=(*self._state.ran, ran))

    def _show_waiting(self, waiting: Waiting) -> None:
        """The counting is the reader's own clock's work; the page changes only when there is something new to say."""
        moment = self._state.moment
        before = moment if isinstance(moment, Awaiting) else Awaiting()
        known = before.waiting
        now = replace(before, waiting=waiting)
        told = (waiting.diagnosis, waiting.connections, waiting.wanted)
        if known is not None and told == (known.diagnosis, known.connections, known.wanted):
            self._state = replace(self._state, moment=now)
        else:
            self._become(moment=now)

    def _until_said(self, moment: Moment) -> Said | Mapping[str, Value] | None:
        with self._changed:
            self._said = None
            self._become(moment=moment)
            self._changed.wait_for(lambda: self._said is not None or self._is_stopped or self._is_closing)
            self._stop_if_closing()
            said, self._said = self._said, None
            return said

    def _go_on(self) -> None:
        """Show at once that it was said: a page that is drawn before the case's thread wakes must not ask again."""
        self._become(moment=Busy())
        self._changed.notify_all()

    def _stopped(self) -> Ended:
        return Ended(Verdict.NOT_PROVEN, text("run", "given_up", step=self._state.step + 1))

    def _stop_if_closing(self) -> None:
        if self._is_closing:
            raise Interrupted

    def _become(self, **changes: Any) -> None:
        self._state = replace(self._state, version=self._state.version + 1, **changes)
        for listener in tuple(self._listeners):
            listener()
