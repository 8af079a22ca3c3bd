"""The counterpart as others know it: where it is reached, who waits for what, what has come, and what nobody asked for."""

from __future__ import annotations

import logging
import os
import secrets as random
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from rivta.counterpart import diagnosis, handshake
from rivta.counterpart.arrival import Arrival, Wanted
from rivta.counterpart.desk import Desk, Waiting
from rivta.counterpart.door import DoorBook
from rivta.counterpart.judging import Catalogue, standing_of
from rivta.counterpart.published import Published, path_of
from rivta.evidence.journal import Journal
from rivta.evidence.received import Entry
from rivta.model.case import Behaviour
from rivta.model.domain import Domain
from rivta.model.environment import Listening
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.exchange import Call, Exchange
from rivta.model.words import Text
from rivta.text.identity import Mask

SILENCE_SECONDS: Final = 65.0
"""How long a call that is to get no answer is held, unless its caller gives up first."""
_BACKLOG: Final = 512
_WORKERS: Final = 2
_ANYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 (recognised, not bound to)
_LOG = logging.getLogger("rivta.counterpart")

Watcher = Callable[[Entry], None]


class Counterpart:
    """The other party, while it listens. `listen` makes one; everything here may be used from any thread."""

    def __init__(self, domains: Iterable[Domain], listening: Listening, journal: Journal, base: str) -> None:
        self.url = base
        self.time_factor = listening.time_factor
        """By how much time is compressed."""
        self.catalogue = Catalogue(domains, listening.addresses)
        self.book = DoorBook()
        self.journal = journal
        self.desk = Desk(listening.answers, self._load, journal.claimed, self._diagnosed, journal.last)
        self._namespaces = {each.name: each.namespace for each in self.catalogue.contracts}
        self._paths = {each.name: path_of(each) for each in self.catalogue.contracts}
        self._watchers: list[Watcher] = []
        self._take_up()

    @property
    def addresses(self) -> Mapping[str, str]:
        """Contract name → the URL where it can be called."""
        return {name: self.url + path for name, path in self._paths.items()}

    def wait(self, wanted: Wanted) -> AbstractContextManager[Waiting]:
        """Wait for calls of this kind until the block ends. UsageError for a contract that is not ours."""
        if wanted.contract not in self._namespaces:
            todo = did_you_mean(wanted.contract, self._namespaces)
            raise UsageError(f"the counterpart does not answer for {wanted.contract}", todo=todo)
        return self.desk.open(wanted, self.book.made)

    def unclaimed(self) -> Iterator[tuple[Call, Text]]:
        """The calls that no case took, in order, each read back from disk, and why nobody took it. Also when closed."""
        for arrival in self.desk.unclaimed():
            yield self._load(arrival), diagnosis.reason(arrival, self.journal.clean)

    def calls(self, after: int = 0) -> Iterator[Entry]:
        """Everything that has come with a higher number than `after`, in order and without bodies. Also when closed."""
        return self.journal.entries(after)

    def call(self, number: int) -> Entry:
        """One of them, with its bodies. KeyError if there is none of that number."""
        return self.journal.entry(number)

    def subscribe(self, watcher: Watcher) -> Callable[[], None]:
        """Tell someone of each call, without bodies: when it is answered, or will not be. One whose answer takes its time is told
        of when it comes, too.

        Called on the server's thread, which waits for it. What is returned ends the subscription.
        """
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def told_before(self, exchanges: Iterable[Exchange]) -> None:
        """The exchanges of steps that were played before we were started again: their calls are no longer to be had."""
        known = {_likeness(each) for each in exchanges if each.inbound}
        here = [arrival.number for arrival in self.desk.unclaimed() if arrival.why == "earlier"]
        self.desk.take_away({number for number in here if _likeness(self.call(number).exchange) in known})

    def watched(self, number: int) -> None:
        """A call has come, or has been settled."""
        if not self._watchers:
            return
        entry = self.journal.entry(number, with_bodies=False)
        for watcher in (*self._watchers,):
            try:
                watcher(entry)
            except Exception as error:  # noqa: BLE001 (a caller must not go without its answer for that)
                _LOG.warning("a watcher failed: %s", type(error).__name__)

    def _load(self, arrival: Arrival) -> Call:
        entry = self.journal.entry(arrival.number)
        return Call(
            exchange=entry.exchange,
            address=arrival.address,
            facts=arrival.facts,
            arrived=arrival.arrived,
            answered=arrival.answered,
            number=arrival.number,
        )

    def _diagnosed(self, waiting: Waiting) -> tuple[Text | None, int]:
        contract, made = waiting.wanted.contract, self.book.made - waiting.knocks
        knocks, still_open = self.book.since(waiting.knocks)
        said = diagnosis.diagnosis(
            waiting.wanted,
            self.desk.unclaimed(waiting.first),
            knocks,
            still_open,
            made,
            url=self.addresses[contract],
            namespace=self._namespaces[contract],
            clean=self.journal.clean,
        )
        return said, made

    def _take_up(self) -> None:
        """What came before we were started again, and no case has told of, is still to be had."""
        by_number = [entry for entry in self.journal.entries() if not entry.claimed]
        now, clock = datetime.now(UTC), time.monotonic()
        for entry in by_number:
            judged = self.catalogue.judge(self.journal.entry(entry.number).exchange.request.body)
            arrived = clock - (now - datetime.fromisoformat(entry.exchange.started)).total_seconds()
            self.desk.put_back(
                Arrival(
                    number=entry.number,
                    contract=judged.contract,
                    namespace=judged.namespace,
                    address=judged.address,
                    facts=judged.facts,
                    standing=standing_of(entry.standing),
                    arrived=arrived,
                    answer=Behaviour(),
                    forced=True,
                    answered=arrived + entry.exchange.elapsed_ms / 1000,
                    why="earlier",
                )
            )


def _likeness(exchange: Exchange) -> tuple[str, str]:
    return exchange.started, sha256(exchange.request.body).hexdigest()


@contextmanager
def listen(
    domains: Domain | Iterable[Domain],
    listening: Listening,
    folder: Path,
    *,
    secrets: tuple[str, ...] = (),
    mask: Mask | None = None,
    silence: float = SILENCE_SECONDS,
) -> Iterator[Counterpart]:
    """The other party for some domains, until the block ends. What comes is kept in `folder`, the run's.

    A folder that has calls in it already is gone on with. `secrets` and `mask` say what must not be read in the journal;
    without a mask everyone but the published test persons is masked. UsageError if the port is taken, a certificate cannot be
    used, the folder cannot be written, or a contract does not compile.
    """
    given = [domains] if isinstance(domains, Domain) else [*domains]
    context = handshake.context_of(listening.tls)
    journal = Journal(folder, mask=mask or Mask(random.token_hex(), ()), secrets=secrets)
    try:
        with _bound(listening) as listener, ThreadPoolExecutor(_WORKERS, "rivta-counterpart") as pool:
            base = _base(listening, listener, "https" if context else "http")
            counterpart = Counterpart(given, listening, journal, base)
            from rivta.counterpart.reception import Reception  # noqa: PLC0415 (aiohttp takes 0.3 s to import)
            from rivta.counterpart.server import Server  # noqa: PLC0415

            reception = Reception(
                catalogue=counterpart.catalogue,
                desk=counterpart.desk,
                journal=journal,
                book=counterpart.book,
                published=Published(counterpart.catalogue.contracts, base),
                base=base,
                limit=listening.limit_bytes,
                silence=silence,
                pool=pool,
                watch=counterpart.watched,
            )
            server = Server(listener, context, reception.handle, counterpart.book)
            server.begin()
            try:
                yield counterpart
            finally:
                server.stop()
    finally:
        journal.close()


def _bound(listening: Listening) -> socket.socket:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    place = f"{listening.host}:{listening.port}"
    try:
        listener = socket.create_server((listening.host, listening.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise UsageError(
            f"the counterpart cannot listen on {place}: {os.strerror(error.errno) if error.errno else error}",
            todo="name another host or port under counterpart: listen: (port 0 is any free one)",
        ) from error
    listener.setblocking(False)
    return listener


def _base(listening: Listening, listener: socket.socket, scheme: str) -> str:
    if listening.url:
        return listening.url.rstrip("/")
    host = "localhost" if listening.host in _ANYWHERE else listening.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
