"""All plays of a run: begun, found by name, taken up again after a restart; and what one `rivta serve` consists of."""

import hmac
import logging
import re
import secrets
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from rivta.counterpart import Counterpart
from rivta.evidence import progress
from rivta.model.clock import written
from rivta.model.environment import Environment
from rivta.model.exchange import Acted
from rivta.model.frozen import frozen
from rivta.model.run import Note, Superseding
from rivta.model.steps import Watch
from rivta.model.words import Lang, Value
from rivta.page.play import Awaiting, Interrupted, ManualPlay
from rivta.page.programme import Playable, Programme, overlaid
from rivta.page.record import RunRecord
from rivta.run import Actor, Begun, Ran, Stage, run_case, stray
from rivta.transport.http import HttpTransport

MOST_AT_ONCE = 100
"""Plays that may go on at the same time: each has a thread."""
_NAME = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_PATIENCE_SECONDS = 2.0
_LOG = logging.getLogger("rivta.page")


class TooMany(Exception):
    """More plays are going on than there may be."""


@frozen
class Setup:
    """What the page stands on: the parts that a command opened. `adapter` may make the system act in a tester's place."""

    environment: Environment
    programme: Programme
    counterpart: Counterpart
    transport: HttpTransport
    suites: Path
    lang: Lang = "sv"
    adapter: Actor | None = None


class PlayService:
    """One run at the page: its plays, and what is known of the system under test. A play itself acts in its case and looks on."""

    def __init__(self, setup: Setup, record: RunRecord) -> None:
        self.setup = setup
        self.record = record
        self._plays: dict[str, ManualPlay] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

        # Both are the same after a restart, so that a page that is open goes on.
        mask_key = record.header.mask_key.encode()
        self.secret = hmac.digest(mask_key, b"forms of the page", "sha256")
        """What the tokens of forms are made with."""
        self.key = hmac.digest(mask_key, b"key of the page", "sha256").hex()[:40]
        """What the page is opened with."""

    def begin(
        self, playable: Playable, data: Mapping[str, str], by: str = "", again: ManualPlay | None = None, why: str = ""
    ) -> ManualPlay:
        """Play a case from its beginning, with the data that the tester chose. TooMany if too much is going on already.

        With `again`, a play that is over, what comes of this one counts in its place: `why` says what went wrong.
        """
        wrong = again.state.result if again else None
        supersedes = Superseding(self.record.attempt(wrong), by, why) if wrong else None
        with self._lock:
            if again and (newer := self.again(again)):
                return newer
            if sum(not play.state.is_over for play in self._plays.values()) >= MOST_AT_ONCE:
                raise TooMany
            path, name, now = str(playable.suite.path), secrets.token_urlsafe(16), written(self.record.clock.now())
            before = again.name if again else ""
            opened = progress.Opened(name, path, playable.case.id, now, before, data, by, supersedes)
            play = self._plays[name] = ManualPlay(opened, playable, self.record.note)
        self.record.note(opened)
        self._start(play, Begun())
        return play

    def take_up(self) -> None:
        """Go on with everything that the run's folder knows of. What no suite holds any more is left where it is."""
        by_case = {(str(each.suite.path), each.case.id): each for each in self.setup.programme.playables.values()}
        for name, begun in self.record.plays.items():
            playable = by_case.get((begun.opened.suite, begun.opened.case))
            if playable is None or not _NAME.fullmatch(name):
                _LOG.warning("a play of %s is not taken up: no such case", begun.opened.case)
                continue
            ran = tuple(Ran(each.step, each.exchanges, each.checks, each.captured) for each in begun.came)
            play = self._plays[name] = ManualPlay(begun.opened, playable, self.record.note, ran)
            play.was(begun)
            if begun.result is not None:
                play.end(begun.result)
            else:
                self._start(play, Begun(begun.fixed, ran) if begun.fixed is not None else Begun())

    def find(self, name: str) -> ManualPlay | None:
        return self._plays.get(name) if _NAME.fullmatch(name) else None

    def everything(self) -> tuple[ManualPlay, ...]:
        return tuple(self._plays.values())

    def again(self, play: ManualPlay) -> ManualPlay | None:
        """The newest play that was begun in the place of this one."""
        return next((each for each in reversed(self.everything()) if each.opened.again == play.name), None)

    def write(self, play: ManualPlay, note: Note) -> None:
        """Somebody has something to say of a play, which is over or not."""
        result = play.write(note)
        if result is not None:
            self.record.annotate(result, note)

    def waiting_for_the_same(self, play: ManualPlay) -> bool:
        """Whether another play waits for a call that this one waits for too."""
        mine = _wanted(play)
        return mine is not None and any(_wanted(other) == mine for other in self.everything() if other != play)

    def close(self) -> None:
        for play in self.everything():
            play.close()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def under_way(self) -> tuple[ManualPlay, ...]:
        return tuple(play for play in self.everything() if not play.state.is_over)

    def taken(self) -> frozenset[str]:
        """When the calls came that plays have taken: the journal knows of it only when the case is over."""
        exchanges = (each for play in self.everything() for each in play.state.exchanges)
        return frozenset(each.started for each in exchanges if each.inbound)

    def target(self, contract: str) -> str:
        """Where a contract, by identity, is sent; empty if the environment does not say."""
        known = self.setup.programme.contracts
        endpoint = self.setup.environment.endpoint(known[contract].id) if contract in known else None
        return endpoint.url if endpoint else ""

    def let_adapter_act(self, play: ManualPlay, step: int) -> None:
        """Have the adapter do what the tester is told to, if it is still that step's turn."""
        adapter, moment = self.setup.adapter, play.state.moment
        if not adapter or not isinstance(moment, Awaiting) or not (doing := moment.doing) or moment.is_adapter_working:
            return
        play.told_by_adapter(step, None)

        def act() -> None:
            try:
                acted = adapter.act(doing, play.playable.case, moment.called or self.setup.counterpart)
            except Exception as broken:  # noqa: BLE001 - told to the tester, who can do it by hand
                acted = Acted("trouble", type(broken).__name__)
            play.told_by_adapter(step, acted)

        threading.Thread(target=act, name="rivta-adapter", daemon=True).start()

    def look_longer(self, play: ManualPlay, step: int) -> None:
        """Look as long again as the step says, in the clock that it is counted by."""
        written = play.playable.case.steps[step] if 0 <= step < len(play.playable.case.steps) else None
        if isinstance(written, Watch):
            play.give_time(step, written.seconds / self.setup.counterpart.time_factor)

    def data_of(self, play: ManualPlay) -> Mapping[str, Value]:
        """The test data, and over it what the tester chose."""
        return overlaid(self.test_data, play.opened.data)

    @property
    def test_data(self) -> Mapping[str, Value]:
        """The environment's, and over it what was given at the page."""
        return self.record.with_given(self.setup.environment).test_data

    def _stage(self, play: ManualPlay) -> Stage:
        environment = replace(self.setup.environment, test_data=self.data_of(play))
        transport, counterpart = self.setup.transport, self.setup.counterpart
        return Stage(
            play.playable.suite,
            environment,
            transport,
            self.record.header.run,
            counterpart=counterpart,
            clock=self.record.clock,
            is_by_hand=True,
            handshakes=transport,
            handshake_ports=counterpart,
        )

    def _start(self, play: ManualPlay, begun: Begun) -> None:
        # A daemon: a message that is on its way out must not keep the process.
        thread = threading.Thread(target=self._run, args=(play, begun), name="rivta-play", daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()

    def _run(self, play: ManualPlay, begun: Begun) -> None:
        stage = replace(self._stage(play), actor=play, audience=play, begun=begun)
        try:
            result = replace(run_case(play.playable.case, stage), supersedes=play.opened.supersedes)
            self.record.finish(play.name, result)
        except Interrupted:
            return
        except Exception as broken:  # noqa: BLE001 - whatever breaks here is our fault, and the tester must be told
            # Where it broke, and not what it said: that may hold a message.
            where = "".join(traceback.format_tb(broken.__traceback__))
            _LOG.error("a play broke: %s\n%s", type(broken).__name__, where)
            play.end(None, type(broken).__name__)
        else:
            play.end(result, keep=partial(self.record.annotate, result))


def _wanted(play: ManualPlay) -> tuple[object, ...] | None:
    moment = play.state.moment
    if play.state.is_over or not isinstance(moment, Awaiting) or moment.waiting is None:
        return None
    wanted = moment.waiting.wanted
    return wanted.contract, tuple(sorted(wanted.when.items()))


@contextmanager
def opened(setup: Setup, record: RunRecord, tell: Callable[[str], None] = lambda _: None) -> Iterator[PlayService]:
    """The run, with what it knows from before taken up. Plays stop where they are when the block ends, and are kept.

    A run with nothing left to go on with ends in good order: the calls that nobody asked for are told, and a footer. `tell`
    is given what somebody who waits for that may want to know.
    """
    service = PlayService(setup, record)
    setup.counterpart.told_before(
        exchange for begun in record.plays.values() for came in begun.came for exchange in came.exchanges
    )
    service.take_up()
    try:
        yield service
    finally:
        service.close()
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
