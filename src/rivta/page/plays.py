"""All plays of a run: begun, found by name, taken up again after a restart."""

import logging
import re
import secrets
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace

from rivta.evidence import progress
from rivta.model.clock import written
from rivta.model.run import CaseResult
from rivta.page.play import Awaiting, Interrupted, ManualPlay
from rivta.page.programme import Playable, Programme
from rivta.page.record import RunRecord
from rivta.run import Begun, Ran, Stage, run_case

MOST_AT_ONCE = 100
"""Plays that may go on at the same time: each has a thread."""
_NAME = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_PATIENCE_SECONDS = 2.0
_LOG = logging.getLogger("rivta.page")


class TooMany(Exception):
    """More plays are going on than there may be."""


class Plays:
    """The plays of one run. `stage_of` says where a case is played; the play itself acts there and looks on."""

    def __init__(self, programme: Programme, record: RunRecord, stage_of: Callable[[ManualPlay], Stage]) -> None:
        self._programme = programme
        self._record = record
        self._stage_of = stage_of
        self._plays: dict[str, ManualPlay] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def begin(self, playable: Playable, data: Mapping[str, str], again: str = "") -> ManualPlay:
        """Play a case from its beginning, with the data that the tester chose. TooMany if too much is going on already."""
        with self._lock:
            if sum(not play.state.is_over for play in self._plays.values()) >= MOST_AT_ONCE:
                raise TooMany
            path, name = str(playable.suite.path), secrets.token_urlsafe(16)
            now = written(self._record.clock.now())
            opened = progress.Opened(name, path, playable.case.id, now, again, data)
            play = ManualPlay(opened, playable, self._record.note)
            self._plays[name] = play
        self._record.note(opened)
        self._start(play, None)
        return play

    def take_up(self) -> None:
        """Go on with everything that the run's folder knows of. What no suite holds any more is left where it is."""
        by_case = {(str(each.suite.path), each.case.id): each for each in self._programme.playables.values()}
        for name, begun in self._record.plays.items():
            playable = by_case.get((begun.opened.suite, begun.opened.case))
            if playable is None or not _NAME.fullmatch(name):
                _LOG.warning("a play of %s is not taken up: no such case", begun.opened.case)
                continue
            self._take_up(name, playable, begun)

    def find(self, name: str) -> ManualPlay | None:
        return self._plays.get(name) if _NAME.fullmatch(name) else None

    def everything(self) -> tuple[ManualPlay, ...]:
        return tuple(self._plays.values())

    def waiting_for_the_same(self, play: ManualPlay) -> bool:
        """Whether another play waits for a call that this one waits for too."""
        mine = _wanted(play)
        return mine is not None and any(_wanted(other) == mine for other in self.everything() if other != play)

    def close(self) -> None:
        """Stop every play where it is."""
        for play in self.everything():
            play.close()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def _take_up(self, name: str, playable: Playable, begun: progress.PlayBegun) -> None:
        ran = tuple(Ran(each.step, each.exchanges, each.checks, each.captured) for each in begun.came)
        play = ManualPlay(begun.opened, playable, self._record.note, ran)
        self._plays[name] = play
        if begun.result is not None:
            play.end(begun.result)
        else:
            self._start(play, Begun(begun.fixed, ran) if begun.fixed is not None else None)

    def _start(self, play: ManualPlay, begun: Begun | None) -> None:
        # A daemon: a message that is on its way out must not keep the process.
        thread = threading.Thread(target=self._run, args=(play, begun), name="rivta-play", daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()

    def _run(self, play: ManualPlay, begun: Begun | None) -> None:
        stage = replace(self._stage_of(play), actor=play, audience=play, begun=begun)
        try:
            result: CaseResult = run_case(play.playable.case, stage)
            self._record.finish(play.name, result)
        except Interrupted:
            return
        except Exception as broken:  # noqa: BLE001 - whatever breaks here is our fault, and the tester must be told
            # Where it broke, and not what it said: that may hold a message.
            where = "".join(traceback.format_tb(broken.__traceback__))
            _LOG.error("a play broke: %s\n%s", type(broken).__name__, where)
            play.end(None, type(broken).__name__)
        else:
            play.end(result)


def _wanted(play: ManualPlay) -> tuple[object, ...] | None:
    moment = play.state.moment
    if play.state.is_over or not isinstance(moment, Awaiting) or moment.waiting is None:
        return None
    wanted = moment.waiting.wanted
    return wanted.contract, tuple(sorted(wanted.when.items()))
