"""The other party in a process: it listens from the first case that needs it, and tells at the end what nobody asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rivta.model.case import Matcher
from rivta.model.domain import Domain
from rivta.model.environment import Environment, Listening
from rivta.model.errors import RivtaError
from rivta.model.run import Stray
from rivta.model.words import Text, Verdict
from rivta.run import Ended, Waiter, stray
from rivta.text.identity import Mask

if TYPE_CHECKING:
    from rivta.counterpart import Counterpart

LOCK = ".counterpart.lock"


class OtherParty:
    """A counterpart that starts listening when it is first needed. `journal` is the folder for what it receives.

    `takes_turns`: other processes of this run listen on the same port, so each does so for one case at a time.
    """

    def __init__(
        self, settings: Environment, listening: Listening, mask_key: str, journal: Path, *, takes_turns: bool = False
    ) -> None:
        self._settings = settings
        self._listening = listening
        self._mask_key = mask_key
        self._journal = journal
        self._takes_turns = takes_turns
        self._open = ExitStack()
        self._counterpart: Counterpart | None = None
        self._is_listening = False
        self._domains: Callable[[], tuple[Domain, ...]] = tuple

    def answers_for(self, domains: Callable[[], tuple[Domain, ...]]) -> None:
        """The domains of everything that is to be played; asked for when listening begins."""
        self._domains = domains

    @property
    def time_factor(self) -> float:
        """By how much time is compressed."""
        return self._listening.time_factor

    @property
    def addresses(self) -> Mapping[str, str]:
        """Contract, by identity → the URL where it can call us."""
        return self._there().addresses

    def wait(self, matcher: Matcher) -> AbstractContextManager[Waiter]:
        """Wait for calls of this kind until the block ends."""
        return self._there().wait(matcher)

    def _there(self) -> Counterpart:
        """The counterpart, listening. That it cannot is the environment's fault, and ends the case."""
        if not self._is_listening or self._counterpart is None:
            try:
                self._counterpart = self._open.enter_context(self._listens())
            except RivtaError as trouble:
                raise Ended(Verdict.BLOCKED, Text.same(str(trouble))) from trouble
            self._is_listening = True
        return self._counterpart

    def _listens(self) -> AbstractContextManager[Counterpart]:
        from rivta.counterpart import listen  # noqa: PLC0415 - most runs need no server, and must not wait for its library

        return listen(
            self._domains(),
            self._listening,
            self._journal,
            secrets=self._settings.secrets,
            mask=Mask(self._mask_key, self._settings.test_identities),
        )

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A case that may be called. With a port that others need too, we listen only as long as it lasts."""
        if not self._takes_turns:
            yield
            return
        with _alone(self._journal.parent / LOCK):
            try:
                yield
            finally:
                self.hang_up()

    def hang_up(self) -> None:
        self._is_listening = False
        self._open.close()

    def strays(self) -> tuple[tuple[Stray, ...], int]:
        """The calls that no case took, with what the checks say of them, and how many more there were."""
        if self._counterpart is None:
            return (), 0
        domains = self._domains()
        told = tuple(stray(call, domains, reason) for call, reason in self._counterpart.unclaimed())
        return told, self._counterpart.more_unclaimed


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time."""
    try:
        import fcntl  # noqa: PLC0415 - not every operating system has it, and few runs need it
    except ImportError:
        todo = Text(
            "Flera processer kan här inte turas om på en port: ange port 0 under counterpart.",
            "Several processes cannot take turns on one port here: give port 0 under counterpart.",
        )
        raise Ended(Verdict.BLOCKED, todo) from None
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
