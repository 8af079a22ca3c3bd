"""The counterpart as others know it: where it is reached, who waits for what, what has come, and what nobody asked for."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rivta import contract
from rivta.counterpart import diagnosis
from rivta.counterpart.composing import paths_of
from rivta.counterpart.handler import Handler
from rivta.counterpart.judging import ContractCatalogue, standing_of
from rivta.counterpart.matching import LATEST, OK, ReceivedCall, Waiter, Waiters
from rivta.evidence.journal import Journal, KeptCall
from rivta.model.clock import SYSTEM, Clock
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain
from rivta.model.environment import Listening, Offer, StandingAnswer
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.exchange import Call, Exchange
from rivta.model.run import MOST_STRAYS
from rivta.model.steps import Matcher
from rivta.model.words import Text
from rivta.text.identity import Mask
from rivta.transport import tls
from rivta.transport.callers import Connections
from rivta.transport.connection import ANYWHERE, bracketed

if TYPE_CHECKING:
    from rivta.counterpart.handshakes import HandshakePort

SILENCE_SECONDS: Final = 65.0
"""How long a call that is to get no answer is held, unless its caller gives up first."""


class Counterpart:
    """The other party. Everything here may be used from any thread.

    `listen` makes one that is reached by a port. Without a port it is called by `handler.handle(request)`. `url` is what the
    addresses of its contracts begin with.
    """

    def __init__(
        self, catalogue: ContractCatalogue, listening: Listening, journal: Journal, url: str, clock: Clock = SYSTEM
    ) -> None:
        self.url = url
        self.time_factor = listening.time_factor
        """By how much time is compressed."""
        self.limit = listening.limit_bytes
        """The most that a body may have."""
        self.catalogue = catalogue
        self.connections = Connections()
        self.journal = journal
        self.clock = clock
        self._listening = listening
        self._contracts = self.catalogue.contracts
        standing = tuple(_by_identity(each, self._contracts) for each in listening.answers)
        self._waiters = Waiters(standing, self._load, self._diagnosed, journal.claimed, clock=clock, last=journal.last)
        self.handling = (self.catalogue, self._waiters, journal, clock)
        self.handler = Handler(*self.handling)
        self._paths = paths_of(self._contracts)
        self._take_up()

    @property
    def addresses(self) -> Mapping[str, str]:
        """Contract, by identity → the URL where it can be called."""
        return {contract: self.url + path for contract, path in self._paths.items()}

    def wait(self, matcher: Matcher) -> AbstractContextManager[Waiter]:
        """Wait for calls of this kind until the block ends. UsageError for a contract that is not ours.

        What they are judged and answered by is ready then, and no caller waits for that.
        """
        if matcher.contract not in self._paths:
            todo = did_you_mean(matcher.contract, map(self._contracts.shown, self._paths))
            raise UsageError(f"the counterpart does not answer for {matcher.contract}", todo=todo)
        contract.ready(self._contracts[matcher.contract])
        return self._waiters.open(matcher, self.connections.made)

    def handshake_port(self, offer: Offer) -> AbstractContextManager[HandshakePort]:
        from rivta.counterpart import handshakes  # noqa: PLC0415 - it needs the server's library, which takes 0.3 s to import

        return handshakes.opened(self, self._listening, offer)

    def taken(self, number: int) -> Exchange:
        """The exchange of a call that came through a port of its own: nobody else is to have it."""
        self._waiters.claim({number})
        return self.journal.entry(number).exchange

    def unclaimed(self) -> Iterator[tuple[Call, Text]]:
        """The first calls that no case took, at most MOST_STRAYS, each read back from disk, and why nobody took it. Also when closed."""
        for call in self._waiters.unclaimed()[:MOST_STRAYS]:
            yield self._load(call), diagnosis.reason(call, self.journal.clean)

    def left(self, most: int) -> Iterator[tuple[KeptCall, Text]]:
        """The latest calls that no case took, the newest first and without bodies, and why nobody did. Also when closed."""
        for call in reversed(self._waiters.unclaimed()[-most:]):
            yield self.journal.entry(call.number, with_bodies=False), diagnosis.reason(call, self.journal.clean)

    @property
    def more_unclaimed(self) -> int:
        return self._waiters.more

    def calls(self, after: int = 0) -> Iterator[KeptCall]:
        """Everything that has come with a higher number than `after`, in order and without bodies. Also when closed."""
        return self.journal.entries(after)

    @property
    def received(self) -> int:
        """The number of the last call that came. Also when closed."""
        return self.journal.last

    def call(self, number: int) -> KeptCall:
        """One of them, with its bodies. KeyError if there is none of that number."""
        return self.journal.entry(number)

    def told_before(self, exchanges: Iterable[Exchange]) -> None:
        """The exchanges of steps that were played before we were started again: their calls are no longer to be had."""
        known = {_likeness(each) for each in exchanges if each.inbound}
        here = [call.number for call in self._waiters.unclaimed() if call.why == "earlier"]
        self._waiters.claim({number for number in here if _likeness(self.call(number).exchange) in known})

    def _load(self, call: ReceivedCall) -> Call:
        entry = self.journal.entry(call.number)
        answered = 0.0 if call.answered is None else call.answered
        return Call(entry.exchange, call.said.address, call.said.facts, call.arrived, answered, call.number)

    def _diagnosed(self, waiter: Waiter) -> tuple[Text | None, int]:
        contract, called = waiter.matcher.contract, self._contracts.shown
        came = self._waiters.unclaimed(waiter.last)
        told = diagnosis.diagnosis(
            replace(waiter.matcher, contract=called(contract)),
            [replace(each, said=replace(each.said, contract=called(each.said.contract))) for each in came],
            self.connections,
            waiter.connections,
            url=self.addresses[contract],
            namespace=self._contracts[contract].namespace,
            clean=self.journal.clean,
        )
        return told, self.connections.made - waiter.connections

    def _take_up(self) -> None:
        """What came before we were started again, and no case has told of, is still to be had."""
        numbers = self.journal.unclaimed()
        kept = (*numbers[:MOST_STRAYS], *numbers[MOST_STRAYS:][-LATEST:])
        self._waiters.take_up(map(self._from_before, kept), len(numbers) - len(kept))

    def _from_before(self, number: int) -> ReceivedCall:
        entry = self.journal.entry(number)
        said = self.catalogue.judge(entry.exchange.request.body)
        said = replace(said, standing=standing_of(entry.standing), forced=OK)
        age = self.clock.now() - datetime.fromisoformat(entry.exchange.started)
        arrived = self.clock.monotonic() - age.total_seconds()
        return ReceivedCall(number, said, arrived, answered=arrived + entry.exchange.elapsed_ms / 1000, why="earlier")


def _by_identity(standing: StandingAnswer, contracts: Contracts[Contract]) -> StandingAnswer:
    """The answer, its contract by identity; that the word means one, `environment.check_against` has seen to."""
    found = contracts.get(standing.contract)
    return replace(standing, contract=str(found.id)) if found else standing


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
    clock: Clock = SYSTEM,
) -> Iterator[Counterpart]:
    """The other party for some domains, until the block ends. What comes is kept in `folder`, the run's.

    A folder that has calls in it already is gone on with. `secrets` and `mask` say what must not be read in the journal;
    without a mask everyone but the published test persons is masked. UsageError if the port is taken, a certificate cannot be
    used, or the folder cannot be written.
    """
    from rivta.counterpart import listener  # noqa: PLC0415 (asyncio and what serves by it take a tenth of a second to import)
    from rivta.transport import server  # noqa: PLC0415

    given = [domains] if isinstance(domains, Domain) else [*domains]
    context = listener.context_of(listening.tls)
    journal = Journal(folder, mask=mask or Mask(random.token_hex(), ()), secrets=secrets)
    try:
        with listener.bound(listening) as port:
            url = _url(listening, port.getsockname()[1], "https" if context else "http")
            counterpart = Counterpart(ContractCatalogue(given, listening.addresses), listening, journal, url, clock)
            connections = counterpart.connections
            exchanges = listener.Exchanges(counterpart.handler, counterpart, connections, url, silence)
            with server.serving(port, context, exchanges, connections, tls.own(listening.tls, is_server=True)):
                yield counterpart
    finally:
        journal.close()


def _url(listening: Listening, port: int, scheme: str) -> str:
    """Where others reach it, without a slash at the end."""
    if listening.url:
        return listening.url.rstrip("/")
    host = "localhost" if listening.host in ANYWHERE else listening.host
    return f"{scheme}://{bracketed(host)}:{port}"
