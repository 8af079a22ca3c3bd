"""One counterpart for several processes: one of them listens, and the cases of the others are called through it.

Whoever waits has a connection of its own for that wait, and both end together. So a process that is killed leaves nothing open, and what its
case had taken is nobody's again. What passes is pickled, so it passes by a socket or pipe that is this user's alone, and both ends show
first that they know a secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cached_property, partial
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from threading import Condition, Event, Thread
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from rivta.counterpart.matching import Waiter
from rivta.model.environment import Offer
from rivta.model.errors import RivtaError
from rivta.model.exchange import Call
from rivta.model.steps import Matcher, are_apart
from rivta.model.words import Text

_GONE = (EOFError, OSError)
"""How it shows that nobody is at the other end any more."""
_NOBODY = "the process that has the counterpart is gone"


class SharedAddress(NamedTuple):
    """Where the counterpart is shared, and the secret by which one gets in."""

    address: str
    key: bytes


class Turns:
    """Which cases are under way, by the calls that each may take: two that one call could be meant for are never so at once."""

    def __init__(self) -> None:
        self._under_way: list[tuple[Matcher, ...]] = []
        self._changed = Condition()

    @contextmanager
    def taken(self, claims: tuple[Matcher, ...]) -> Iterator[None]:
        """Wait until no case is under way that a call of these could be meant for; others wait likewise until the block ends."""
        with self._changed:
            self._changed.wait_for(lambda: all(are_apart(claims, each) for each in self._under_way))
            self._under_way.append(claims)
        try:
            yield
        finally:
            with self._changed:
                self._under_way.remove(claims)
                self._changed.notify_all()


class Shares(Protocol):
    @property
    def addresses(self) -> Mapping[str, str]: ...

    def turn(self, claims: tuple[Matcher, ...]) -> AbstractContextManager[object]: ...

    def wait(self, matcher: Matcher) -> AbstractContextManager[object]: ...

    def handshake_port(self, offer: Offer) -> AbstractContextManager[object]: ...


@contextmanager
def sharing(party: Shares) -> Iterator[SharedAddress]:
    """Share it, until the block ends, with whoever is told the place."""
    key, is_over = secrets.token_bytes(32), Event()
    with Listener(authkey=key) as listener:
        lending = _Lending(party)
        attending = Thread(target=lending.attend, args=(listener, is_over), name="rivta-sharing", daemon=True)
        attending.start()
        try:
            yield SharedAddress(str(listener.address), key)
        finally:
            is_over.set()
            with suppress(*_GONE):  # nothing else wakes who accepts
                Client(listener.address, authkey=key).close()
            attending.join()


class _Lending:
    """What of the party others may have, each for as long as a connection lasts."""

    def __init__(self, party: Shares) -> None:
        self._party = party
        self._turns = Turns()

    def attend(self, listener: Listener, is_over: Event) -> None:
        """Let in whoever comes and knows the secret; who comes when it is over is the last."""
        while True:
            with suppress(AuthenticationError, *_GONE):
                connection = listener.accept()
                if is_over.is_set():
                    connection.close()
                    return
                Thread(target=self._lend, args=(connection,), name="rivta-lending", daemon=True).start()

    def _lend(self, connection: Connection[Any, Any]) -> None:
        """Open what is wanted, answer what is asked of it, and close it when that is asked for, or when nobody is there any more."""
        with connection, suppress(*_GONE), ExitStack() as held:
            opened: list[Any] = []
            _answer(connection, partial(self._open, opened, held, *connection.recv()))
            try:
                while opened and (asked := connection.recv()) is not None:
                    _answer(connection, partial(_told, opened[0], *asked))
            except _GONE:
                if isinstance(opened[0], Waiter):
                    opened[0].abandon()
                raise
            _answer(connection, held.close)

    def _open(self, opened: list[Any], held: ExitStack, what: str, *given: Any) -> None:
        if what == "turn":
            held.enter_context(self._turns.taken(*given))
        opened.append(held.enter_context(getattr(self._party, what)(*given)) if what else self._party)


def _told(opened: Any, name: str, *given: Any) -> Any:
    value = getattr(opened, name)
    return value(*given) if callable(value) else value


def _answer(connection: Connection[Any, Any], work: Callable[[], Any]) -> None:
    try:
        came = work()
    except Exception as raised:  # noqa: BLE001 - whatever it is, it is raised where it was asked for
        came = _Raised(raised)
    connection.send(came)


class _Raised(NamedTuple):
    error: Exception


class _Lent:
    """What was opened over there, for as long as the connection lasts."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection

    def ask(self, *asked: Any) -> Any:
        """What that is there, or what was returned or raised there; without a name, that it is no longer wanted."""
        try:
            self._connection.send(asked or None)
            came = self._connection.recv()
        except _GONE as gone:
            raise RivtaError(_NOBODY) from gone
        if isinstance(came, _Raised):
            raise came.error
        return came


_L = TypeVar("_L", bound=_Lent)


class RemoteWaiter(_Lent):
    rests = False

    def take(self, seconds: float, until: float | None = None) -> Call | None:
        return cast("Call | None", self.ask("take", seconds, until))

    def state(self) -> tuple[Text | None, int]:
        return cast("tuple[Text | None, int]", self.ask("state"))

    def unclear(self, since: float) -> int:
        return cast("int", self.ask("unclear", since))


class RemoteHandshakePort(RemoteWaiter):
    @cached_property
    def url(self) -> str:
        return str(self.ask("url"))

    @cached_property
    def time_factor(self) -> float:
        return float(self.ask("time_factor"))

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self.ask("addresses"))


class RemoteCounterpart:
    def __init__(self, place: SharedAddress) -> None:
        self._place = place

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        """Contract, by identity → the URL where it can be called."""
        with self._lent(_Lent) as party:
            return cast("Mapping[str, str]", party.ask("addresses"))

    def turn(self, claims: tuple[Matcher, ...]) -> AbstractContextManager[object]:
        """As `Turns.taken`, among all processes."""
        return self._lent(_Lent, "turn", claims)

    def wait(self, matcher: Matcher) -> AbstractContextManager[RemoteWaiter]:
        return self._lent(RemoteWaiter, "wait", matcher)

    def handshake_port(self, offer: Offer) -> AbstractContextManager[RemoteHandshakePort]:
        return self._lent(RemoteHandshakePort, "handshake_port", offer)

    @contextmanager
    def _lent(self, kind: type[_L], what: str = "", *given: Any) -> Iterator[_L]:
        try:
            connection = Client(self._place.address, authkey=self._place.key)
        except _GONE as gone:
            raise RivtaError(_NOBODY) from gone
        with connection:
            lent = kind(connection)
            lent.ask(what, *given)
            try:
                yield lent
            finally:
                lent.ask()
