"""What one `rivta serve` consists of: whom it tests, what can be played, the counterpart, the record, the plays."""

import hmac
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rivta.counterpart import Counterpart
from rivta.model.environment import Environment
from rivta.model.exchange import Acted
from rivta.model.words import Lang, Value
from rivta.page import values
from rivta.page.play import Awaiting, ManualPlay
from rivta.page.plays import Plays
from rivta.page.programme import Programme
from rivta.page.record import RunRecord
from rivta.run import Actor, Peer, Stage, stray


@dataclass(frozen=True, slots=True)
class Setup:
    """What the page stands on: the parts that a command opened. `adapter` may make the system act in a tester's place."""

    environment: Environment
    programme: Programme
    counterpart: Counterpart
    peer: Peer
    suites: Path
    lang: Lang = "sv"
    adapter: Actor | None = None


class Service:
    def __init__(self, setup: Setup, record: RunRecord) -> None:
        self.setup = setup
        self.record = record
        self.plays = Plays(setup.programme, record, self._stage)

    @property
    def secret(self) -> bytes:
        """What the tokens of forms are made with: the same after a restart, so that a page that is open goes on."""
        return hmac.digest(self.record.header.mask_key.encode(), b"forms of the page", "sha256")

    def under_way(self) -> tuple[ManualPlay, ...]:
        return tuple(play for play in self.plays.everything() if not play.state.is_over)

    def taken(self) -> frozenset[str]:
        """When the calls came that plays have taken: the journal knows of it only when the case is over."""
        exchanges = (each for play in self.plays.everything() for each in play.state.exchanges)
        return frozenset(each.started for each in exchanges if each.inbound)

    def target(self, contract: str) -> str:
        """Where a contract, by identity, is sent; empty if the environment does not say."""
        known = self.setup.programme.contracts
        endpoint = self.setup.environment.endpoint(known[contract].id) if contract in known else None
        return endpoint.url if endpoint else ""

    def let_adapter_act(self, play: ManualPlay, step: int) -> None:
        """Have the adapter do what the tester is told to, if it is still that step's turn."""
        adapter, moment = self.setup.adapter, play.state.moment
        if adapter is None or not isinstance(moment, Awaiting) or moment.doing is None or moment.is_adapter_working:
            return
        doing = moment.doing
        play.told_by_adapter(step, None)

        def act() -> None:
            try:
                acted = adapter.act(doing, play.playable.case, self.setup.counterpart)
            except Exception as broken:  # noqa: BLE001 - told to the tester, who can do it by hand
                acted = Acted("trouble", type(broken).__name__)
            play.told_by_adapter(step, acted)

        threading.Thread(target=act, name="rivta-adapter", daemon=True).start()

    def data_of(self, play: ManualPlay) -> Mapping[str, Value]:
        """The environment's test data, and over it what the tester chose."""
        return values.overlaid(self.setup.environment.test_data, play.data)

    def _stage(self, play: ManualPlay) -> Stage:
        setup = self.setup
        environment = replace(setup.environment, test_data=self.data_of(play))
        run, clock = self.record.header.run, self.record.clock
        return Stage(play.playable.suite, environment, setup.peer, run, counterpart=setup.counterpart, clock=clock)


def _unheard(_: str) -> None:
    """Where nobody is to be told."""


@contextmanager
def opened(setup: Setup, record: RunRecord, tell: Callable[[str], None] = _unheard) -> Iterator[Service]:
    """The run, with what it knows from before taken up. Plays stop where they are when the block ends, and are kept.

    A run with nothing left to go on with ends in good order: the calls that nobody asked for are told, and a footer. `tell`
    is given what somebody who waits for that may want to know.
    """
    service = Service(setup, record)
    setup.counterpart.told_before(
        exchange for begun in record.plays.values() for came in begun.came for exchange in came.exchanges
    )
    service.plays.take_up()
    try:
        yield service
    finally:
        service.plays.close()
        if not service.under_way():
            _end(setup, record, tell)
        record.close()


def _end(setup: Setup, record: RunRecord, tell: Callable[[str], None]) -> None:
    strays = [*setup.counterpart.unclaimed()]
    if strays:
        more = f"; {setup.counterpart.more_unclaimed} more are counted" if setup.counterpart.more_unclaimed else ""
        tell(f"{len(strays)} calls that no case asked for are held against the checks{more} …")
    for call, reason in strays:
        record.stray(stray(call, setup.programme.domains, reason))
    record.end()
