"""Where a case is played: the suite, the environment, the way to the system and from it, who makes it act, who looks on."""

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import field, replace
from typing import Final, Protocol, TypeVar, cast

from rivta.model.case import Case, Suite
from rivta.model.clock import SYSTEM, Clock
from rivta.model.environment import Environment, Offer
from rivta.model.exchange import Acted, Call, Exchange, Problem, Said
from rivta.model.frozen import frozen
from rivta.model.run import CheckResult
from rivta.model.steps import Ask, Doing, Handshake, Matcher, Send
from rivta.model.words import Blame, Headers, Text, Value, Verdict

NO_CALL = "no-call"
"""The kind of problem of an exchange that stands for a call that never came."""


def lacks_the_message(exchange: Exchange) -> bool:
    """Whether there is no message of the system's in it. A call that we left without an answer on purpose has one."""
    if exchange.problem is None:
        return False
    return not exchange.inbound or exchange.problem.kind == NO_CALL


T = TypeVar("T")
QUIET: Final = -1.0
"""Yielded by a case that is about to look for calls that must not come: nobody is to make the system do anything meanwhile."""
LOOKED: Final = -2.0
"""Yielded by it when it has looked."""


def at_once(played: Generator[float, float, T]) -> T:
    """Play to the end, holding up everybody. What is played yields while it watches: for how many seconds it has nothing to do but wait for
    calls, at most; and is sent for how many it may wait now. Whoever sends 0 looks after others meanwhile, and comes back in time.
    """
    try:
        seconds = next(played)
        while True:
            seconds = played.send(seconds)
    except StopIteration as end:
        return cast("T", end.value)


class Peer(Protocol):
    """How the system under test is reached: a transport."""

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:
        """One call. Trouble on the way is told in the exchange, never raised."""


@frozen
class Waiting:
    """What we wait for, since when, and what is likely wrong. `diagnosis` is None while there is nothing to say, `within` where
    there is no limit.
    """

    wanted: Matcher
    seconds: float
    within: float | None
    diagnosis: Text | None
    connections: int
    """Connections that were made to us since the waiting began."""


class Exhausted(Exception):
    """No further call can come, however long one waits: what is played is a recording. `looked` is for how long that looked."""

    def __init__(self, looked: float | None = None) -> None:
        super().__init__("the recording has no further call")
        self.looked = looked


class Waiter(Protocol):
    """Waits for one kind of call. Opened before the system is made to act, so that no call is missed.

    While it `rests` it takes only what nobody else waits for.
    """

    rests: bool

    def take(self, seconds: float, until: float | None = None) -> Call | None:
        """The next call that fits, None if none came in time. The call has been answered, by `until` (monotonic), and is on disk.

        Raises `Exhausted` when it is known that none can come.
        """

    def state(self) -> tuple[Text | None, int]:
        """What is likely wrong, if anything can be said, and the connections made to us since the waiter was opened."""

    def unclear(self, since: float) -> int:
        """How many calls have come since then (monotonic seconds) of which nobody can tell whether they fit: they cannot be read, or HTTP refused them."""


class Party(Protocol):
    """Where the system can call us, and how fast time goes there."""

    @property
    def time_factor(self) -> float: ...

    @property
    def addresses(self) -> Mapping[str, str]:
        """Contract, by identity → the URL where it can call us."""


class Counterpart(Party, Protocol):
    """The other party, as the conductor knows it."""

    def wait(self, wanted: Matcher) -> AbstractContextManager[Waiter]:
        """Wait for calls of this kind until the block ends."""


class HandshakePort(Waiter, Party, Protocol):
    """A port of ours for one handshake that is tried. It takes the call that came, or what came instead, as the exchange's problem: the
    system's where the system will not have us.
    """

    @property
    def url(self) -> str:
        """What its addresses begin with."""


class HandshakePorts(Protocol):
    """How the system is let try a handshake with us."""

    def handshake_port(self, offer: Offer) -> AbstractContextManager[HandshakePort]:
        """A port of its own where this is offered, until the block ends."""


class Handshakes(Protocol):
    """How a handshake with the system is tried, beside the usual one."""

    def handshake(self, url: str, headers: Headers, body: bytes, offer: Offer) -> Exchange:
        """A connection with what is offered, on which this is asked. Its problem is the system's where the system will not have us."""


class Actor(Protocol):
    """Who makes the system under test act: an adapter, a tester, or a recording."""

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:
        """Make the system do something. Its data is filled in."""

    def ask(self, question: Ask, case: Case) -> Said | None:
        """Ask what only who sits at the system sees. None: nobody answered."""

    def edit(self, step: Send | Handshake, number: int, data: Mapping[str, Value]) -> Mapping[str, Value] | None:
        """Before a message is sent, or we connect: the step's own data, perhaps with other values; None gives the case up.

        Raising `GivenUp` says why the message is not to be sent.
        """


@frozen
class Ran:
    """What a step came to, and what it captured for the steps after it. `step` counts from 0."""

    step: int
    exchanges: tuple[Exchange, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    captured: Mapping[str, str] = field(default_factory=dict)

    def and_then(self, *checks: CheckResult, exchanges: tuple[Exchange, ...] = ()) -> "Ran":
        """The same, and what came to it after that."""
        return replace(self, exchanges=(*self.exchanges, *exchanges), checks=(*self.checks, *checks))

    @property
    def goes_on(self) -> bool:
        """Whether the next step has the state that it builds on."""
        is_missing = any(lacks_the_message(each) for each in self.exchanges)
        return not is_missing and all(check.verdict not in (Verdict.FAILED, Verdict.BLOCKED) for check in self.checks)


@frozen
class Begun:
    """A case that was begun before, to be played on from there: what was fixed for it, and the steps that it came through."""

    fixed: Mapping[str, str] = field(default_factory=dict)
    ran: tuple[Ran, ...] = ()


class GivenUp(Exception):
    """The waiting, or the sending, was given up by a person, who says why."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.note)
        self.said = said


class Audience(Protocol):
    """Who looks on while a case is played."""

    def begins(self, case: Case, fixed: Mapping[str, str]) -> None:
        """A case begins, with the values that were fixed for it."""

    @property
    def is_paused(self) -> bool:
        """Whether a person has paused the case: no time counts then, and calls that others wait for too are theirs."""

    def waits(self, case: Case, step: int, waiting: Waiting) -> float:
        """Told at least each second while a step waits for a call; says how many more seconds it may take than it might until now.

        Raising `GivenUp` ends the waiting.
        """

    def resumed(self) -> None:
        """Comes back when the pause is over."""

    def played(self, case: Case, ran: Ran) -> None: ...


_NOWHERE = 404


class Hindrances:
    """What stands in the way to an endpoint that has not answered once in this run: no further case can escape it.

    An endpoint that has answered, and is gone, may come back: it is tried again by every case.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Problem] | None] = {}

    def behind(self, url: str, case: str) -> tuple[str, Problem] | None:
        """What an earlier case met there, and which case that was; None for an endpoint that this one may try."""
        known = self._known.get(url)
        return known if known and known[0] != case else None

    def met(self, exchange: Exchange, problem: Problem | None, case: str) -> None:
        """What a case has met there, or that it was answered."""
        is_lasting = problem is not None and (
            (exchange.status is None and problem.blame is Blame.ENVIRONMENT and problem.kind != "header")
            or (exchange.status == _NOWHERE and problem.kind == "turned-away")
        )
        if problem is not None and is_lasting:
            self._known.setdefault(exchange.url, (case, problem))
        else:
            self._known[exchange.url] = None


@frozen
class Stage:
    """Where a case is played: the suite it stands in, the environment, the way to the system, the run's name, the time.

    Without a counterpart nothing can call us; without an actor nobody makes the system act; nobody has to look on.
    """

    suite: Suite
    environment: Environment
    peer: Peer
    run: str
    counterpart: Counterpart | None = None
    actor: Actor | None = None
    audience: Audience | None = None
    begun: Begun = field(default_factory=Begun)
    clock: Clock = SYSTEM
    seed: int = 1
    """What a case draws by."""
    is_by_hand: bool = False
    """Whether a person plays: what they are to do takes the time that it takes, and no call is too late."""
    hindrances: Hindrances = field(default_factory=Hindrances)
    handshakes: Handshakes | None = None
    """None: no handshake is tried, and such cases are not proven."""
    handshake_ports: HandshakePorts | None = None
    """The same of handshakes that the system makes."""
