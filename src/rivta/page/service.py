"""What one `rivta serve` consists of: whom it tests, what can be played, the counterpart, the book, the plays."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rivta.counterpart import Counterpart
from rivta.model.environment import Environment
from rivta.model.exchange import Acted
from rivta.model.words import Lang, Value
from rivta.page import values
from rivta.page.book import Book
from rivta.page.play import Acting, Play
from rivta.page.plays import Plays
from rivta.page.programme import Programme
from rivta.run import Actor, Peer, Stage, stray


@dataclass(frozen=True, slots=True)
class Bench:
    """What the page stands on: the parts that a command opened. `adapter` may make the system act in a tester's place."""

    environment: Environment
    programme: Programme
    counterpart: Counterpart
    peer: Peer
    suites: Path
    lang: Lang = "sv"
    adapter: Actor | None = None


class Service:
    def __init__(self, bench: Bench, book: Book) -> None:
        self.bench = bench
        self.book = book
        self.plays = Plays(bench.programme, book, self._stage)

    @property
    def secret(self) -> bytes:
        """What the tokens of forms are made with: the same after a restart, so that a page that is open goes on."""
        return hmac.digest(self.book.header.mask_key.encode(), b"forms of the page", "sha256")

    def under_way(self) -> tuple[Play, ...]:
        return tuple(play for play in self.plays.everything() if not play.shown.is_over)

    def taken(self) -> frozenset[str]:
        """When the calls came that plays have taken: the journal knows of it only when the case is over."""
        plays = self.plays.everything()
        steps = (ran for play in plays for ran in play.shown.ran)
        return frozenset(exchange.started for ran in steps for exchange in ran.exchanges if exchange.inbound)

    def targets(self) -> Mapping[str, str]:
        """Contract, by identity → where we send it."""
        known = self.bench.programme.contracts
        places = {contract: self.bench.environment.endpoint(each.id) for contract, each in known.items()}
        return {contract: endpoint.url for contract, endpoint in places.items() if endpoint}

    def let_adapter_act(self, play: Play, step: int) -> None:
        """Have the adapter do what the tester is told to, if it is still that step's turn."""
        adapter, moment = self.bench.adapter, play.shown.moment
        if adapter is None or not isinstance(moment, Acting) or moment.doing is None or moment.is_adapter_working:
            return
        doing = moment.doing
        play.told_by_adapter(step, None)

        def act() -> None:
            try:
                acted = adapter.act(doing, play.playable.case, self.bench.counterpart)
            except Exception as broken:  # noqa: BLE001 - told to the tester, who can do it by hand
                acted = Acted("trouble", type(broken).__name__)
            play.told_by_adapter(step, acted)

        threading.Thread(target=act, name="rivta-adapter", daemon=True).start()

    def data_of(self, play: Play) -> Mapping[str, Value]:
        """The environment's test data, and over it what the tester chose."""
        return values.overlaid(self.bench.environment.test_data, play.data)

    def _stage(self, play: Play) -> Stage:
        bench = self.bench
        environment = replace(bench.environment, test_data=self.data_of(play))
        run, clock = self.book.header.run, self.book.clock
        return Stage(play.playable.suite, environment, bench.peer, run, counterpart=bench.counterpart, clock=clock)


@contextmanager
def opened(bench: Bench, book: Book) -> Iterator[Service]:
    """The run, with what it knows from before taken up. Plays stop where they are when the block ends, and are kept.

    A run with nothing left to go on with ends in good order: the calls that nobody asked for are told, and a footer.
    """
    service = Service(bench, book)
    bench.counterpart.told_before(
        exchange for begun in book.plays.values() for came in begun.came for exchange in came.exchanges
    )
    service.plays.take_up()
    try:
        yield service
    finally:
        service.plays.close()
        if not service.under_way():
            _tell_strays(service)
            book.end()
        book.close()


def _tell_strays(service: Service) -> None:
    for call, reason in service.bench.counterpart.unclaimed():
        service.book.stray(stray(call, service.bench.programme.domains, reason))
