"""Cases whose waits overlap: while some watch what the system does next, one at a time is played.

A case that is under way beside others has calls that nobody else waits for (the second half), so every call is its own case's
without doubt. What is red then, or saw too little, may be so because of the others: such a case is played again alone, and that attempt counts.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rivta.model.case import Case
from rivta.model.clock import Clock
from rivta.model.domain import Domain
from rivta.model.errors import UsageError
from rivta.model.run import CaseResult, Superseding
from rivta.model.steps import Behaviour, Explore, Handshake, Matcher, Receive, Send, Step, Watch, are_apart
from rivta.model.words import Text, Value, Verdict
from rivta.run.conductor import not_played, playing, run_case
from rivta.run.filling import Ended, unique
from rivta.run.opening import planned_case
from rivta.run.stage import LOOKED, Begun, Stage
from rivta.text.catalogue import text
from rivta.text.placeholder import Scope, leaves

_WORTHWHILE: Final = 0.25
"""Seconds of watching that are worth beginning a case before its turn: what is compressed to less is soon over, and wants this process for itself."""
_OVER_TIME: Final = "resends"
"""The kind of check of what was seen over time."""
_BY: Final = "rivta"
"""Who plays a case again that was red beside others."""


@dataclass(slots=True, eq=False)
class _UnderWay:
    """A case that has begun, and the keys of those that were under way at any time since."""

    key: str
    claims: tuple[Matcher, ...]
    played: Generator[float, float, CaseResult]
    beside: dict[str, None]
    is_quiet: bool
    pause: float = 0.0
    """For how many seconds it has nothing to do but wait, at most; QUIET or LOOKED."""


class Overlap:
    """Plays cases in the order in which they are asked for, and begins those before their turn that only have to watch.

    At most `most` are under way. `keep` is told of each result as soon as it is there, the same one that `play` gives later.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self.keep: Callable[[CaseResult], None] | None = None
        self.kept: set[int] = set()
        """The results that it was told of, by their `id`."""
        self._most = most
        self._clock = clock
        self._waiting: dict[str, tuple[Case, Stage]] = {}
        self._under_way: dict[str, _UnderWay] = {}
        self._results: dict[str, CaseResult] = {}
        self._has_changed = False
        """Whether there may be room now for a case that had none."""

    def plan(self, cases: Iterable[tuple[Case, Stage]]) -> None:
        """What is to be played, in any order: those that watch are begun the sooner the longer they do."""
        can_wait = [(case, stage) for case, stage in cases if watches(case) and _may_overlap(case, stage)]
        for case, stage in sorted(can_wait, key=lambda one: -watches(one[0])):
            self._waiting[_key(case, stage)] = (case, stage)
        self._has_changed = True

    def play(self, case: Case, stage: Stage) -> tuple[CaseResult, ...]:
        """The case's results: of one that was red beside others, both attempts."""
        key = _key(case, stage)
        if not _may_overlap(case, stage):
            return (self._alone(case, stage),)
        while key not in self._results:
            self._begin_others()
            if key in self._under_way or not self._begin(key, case, stage):
                self._look_after()
        first = self._results.pop(key)
        if not (first.beside and _may_be_for_others(first)):
            return (first,)
        return first, replace(self._alone(case, stage), supersedes=Superseding(1, _BY, text("run", "played_alone").en))

    def stop(self) -> None:
        """End what is under way. What it came to so far is kept, and proves nothing."""
        for one in [*self._under_way.values()]:
            self._go_on(one, partial(one.played.throw, Ended(Verdict.NOT_PROVEN, text("run", "stopped_watching"))))

    def _alone(self, case: Case, stage: Stage) -> CaseResult:
        while self._under_way and not not_played(case, stage):
            self._begin_others()
            self._look_after()
        return run_case(case, stage)

    def _begin_others(self) -> None:
        if self._has_changed:
            self._has_changed = False
            for key, (case, stage) in [*self._waiting.items()]:
                self._begin(key, case, stage)

    def _begin(self, key: str, case: Case, stage: Stage) -> bool:
        """Play a case as far as it watches, if there is room for it beside the others; whether there is."""
        room = self._room(case, stage) if len(self._under_way) < self._most and self._may_begin(case) else None
        if room is None:
            return False
        self._waiting.pop(key, None)
        one = _UnderWay(key, room[1], playing(case, room[0]), dict.fromkeys(self._under_way), keeps_quiet(case))
        for other in self._under_way.values():
            other.beside[key] = None
        self._under_way[key] = one
        self._go_on(one, partial(next, one.played))
        return True

    def _may_begin(self, case: Case) -> bool:
        """Those that keep quiet do so together, and with nobody else; while they look nobody begins."""
        is_quiet = keeps_quiet(case)
        return all(one.is_quiet is is_quiet and (one.pause < 0 or not is_quiet) for one in self._under_way.values())

    def _room(self, case: Case, stage: Stage) -> tuple[Stage, tuple[Matcher, ...]] | None:
        """The stage with test data that tells the case from all that are under way, and what it may take then."""
        stage = _with_its_own(stage)
        for place in choices(case, stage) if self._under_way else (stage,):
            mine = claims(case, place)
            if all(are_apart(mine, other.claims) for other in self._under_way.values()):
                return place, mine
        return None

    def _look_after(self) -> None:
        """See what came for those that watch, then wait as long as none of them has anything else to do."""
        for one in self._due():
            self._go_on(one, partial(one.played.send, 0.0))
        pauses = [one.pause for one in self._under_way.values() if one.pause >= 0]
        self._has_changed |= not pauses
        if pauses:
            self._clock.sleep(min(pauses))

    def _due(self) -> list[_UnderWay]:
        """Those that look; where all keep quiet, those that have looked, one after the other, and then the others all at once."""
        here = [*self._under_way.values()]
        return [one for one in here if one.pause >= 0] or [one for one in here if one.pause == LOOKED] or here

    def _go_on(self, one: _UnderWay, step: Callable[[], float]) -> None:
        try:
            one.pause = step()
        except StopIteration as end:
            del self._under_way[one.key]
            self._has_changed = True
            result = self._results[one.key] = replace(end.value, beside=tuple(one.beside))
            if self.keep is not None:
                self.kept.add(id(result))
                self.keep(result)
        except BaseException:
            del self._under_way[one.key]
            raise


_LONG_SECONDS: Final = 60.0
_NAMED: Final = 3


def alone(cases: Iterable[tuple[Case, Stage]]) -> Iterator[Text]:
    """What watches for long and has nothing that watches beside it: how many cases for each reason, for how long, and which."""
    watching = [(case, stage) for case, stage in cases if _seconds(case, stage) >= _LONG_SECONDS]
    watching = [(case, stage) for case, stage in watching if not not_played(case, stage)]
    why: dict[str, list[tuple[Case, Stage]]] = {}
    for case, stage in watching:
        reason = why_alone(case, stage.suite.domain)
        if reason or not any(_are_apart(case, stage, *other) for other in watching if other[0] is not case):
            why.setdefault(reason or "alone_not_apart", []).append((case, stage))
    for reason, found in why.items() if len(watching) > 1 else ():
        minutes = sum(_seconds(*each) for each in found) / 60
        keys = [
            stage.suite.called(case.contract) + _key(case, stage).removeprefix(case.contract) for case, stage in found
        ]
        shown = ", ".join(keys[:_NAMED]) + (" …" if len(keys) > _NAMED else "")
        yield text("run", "stays_alone", n=len(keys), minutes=f"{minutes:.0f}", why=text("run", reason), keys=shown)


def _seconds(case: Case, stage: Stage) -> float:
    return watches(case) / (stage.counterpart.time_factor if stage.counterpart else 1.0)


def _are_apart(case: Case, stage: Stage, other: Case, there: Stage) -> bool:
    """Whether the two may be under way at once, with some of the spare test data for the second; all that keep quiet look together."""
    if keeps_quiet(case) or keeps_quiet(other):
        return keeps_quiet(case) and keeps_quiet(other)
    mine = claims(case, _with_its_own(stage))
    return any(are_apart(mine, claims(other, place)) for place in choices(other, _with_its_own(there)))


def _with_its_own(stage: Stage) -> Stage:
    """The stage for one case, with a text that no other has."""
    return replace(stage, begun=Begun({"unique": unique(stage.clock)}))


def _may_be_for_others(result: CaseResult) -> bool:
    """Whether it is red, or saw too little in its time, which those beside it may have had a part in."""
    saw_little = any((each.kind, each.verdict) == (_OVER_TIME, Verdict.NOT_PROVEN) for each in result.checks)
    return saw_little or result.verdict >= Verdict.BLOCKED


def _key(case: Case, stage: Stage) -> str:
    return planned_case(stage.suite, case).key


def _may_overlap(case: Case, stage: Stage) -> bool:
    is_short = 0 < _seconds(case, stage) < _WORTHWHILE
    return not is_short and not why_alone(case, stage.suite.domain) and not not_played(case, stage)


# Which cases may be under way at the same time: those whose calls no message can be taken for both of. Only what is written, and fixed before
# a case begins, counts: what a step captures from the system's own messages is not known until it has come, so it tells nothing apart.


_NOT_YET: Final = "\0"
"""What stands in a text for a value that only the case itself will find out."""
_TOLD_THEN: Final = ("run.id", "now.timestamp", "now.date", "now.minute", "seed")


def why_alone(case: Case, domain: Domain) -> str:
    """Why nothing else may be under way while the case is, as a key of what is told of it; empty where something may.

    What shows in how fast the system answers, or in a handshake, would be another thing beside others, and what was put into the system
    beforehand, and does not last, may be in the way of another case that uses it.
    """
    watched = {step.most == 0 for step in case.steps if isinstance(step, Watch)}
    is_called = any(isinstance(step, Receive | Watch) for step in case.steps)
    uses_up = any(not domain.preconditions[needed].lasts for needed in case.requires)
    holds = {
        "alone_uncalled": not is_called,
        "alone_uses_up": uses_up,
        "alone_watches_both": len(watched) > 1,
        "alone_at_once": any(_needs_all(step) for step in case.steps),
    }
    return next((each for each in holds if holds[each]), "")


def _needs_all(step: Step) -> bool:
    is_repeated = isinstance(step, Send) and step.for_each is not None
    return is_repeated or isinstance(step, Handshake | Explore) or any(each.kind == "max_ms" for each in step.expect)


def keeps_quiet(case: Case) -> bool:
    """Whether a case watches for calls that must not come: then nobody may make the system do anything meanwhile."""
    return any(isinstance(step, Watch) and step.most == 0 for step in case.steps)


def watches(case: Case) -> float:
    """For how many seconds of the system's own time a case watches."""
    return sum(step.seconds for step in case.steps if isinstance(step, Watch))


def choices(case: Case, stage: Stage) -> Iterator[Stage]:
    """The stage with one after the other of the environment's spare test data, if the case watches; then as it is, which may be wanted by
    those that do not.
    """
    spare = stage.environment.listening.spare if stage.environment.listening and watches(case) else {}
    own = {name for step in case.steps if not isinstance(step, Watch | Receive) for name in step.data}
    lists = {name: values for name, values in spare.items() if name not in own}
    for number in range(max(map(len, lists.values()), default=0)):
        these = leaves({name: values[number % len(values)] for name, values in lists.items()})
        chosen = {name: str(value) for name, value in these if isinstance(value, str | int)}
        yield replace(stage, begun=Begun({**stage.begun.fixed, **chosen}))
    yield stage


# Which calls a case may take


def claims(case: Case, stage: Stage) -> tuple[Matcher, ...]:
    """The calls that steps of the case wait for, each known by what is the same whatever the system says. One that is let try a
    handshake may make any call.
    """
    captured = [name for step in case.steps for name in getattr(step, "capture", ())]
    unknown: dict[str, Value] = dict.fromkeys((*captured, *_TOLD_THEN), _NOT_YET)
    before = (unknown, {"unique": unique(stage.clock), **stage.begun.fixed})
    claimed: list[Matcher] = []
    for step in case.steps:
        if isinstance(step, Receive | Watch):
            layers = (*before, step.data, stage.environment.test_data, stage.suite.data)
            claimed.append(Matcher(step.contract, dict(_known(step.when, Scope(layers))), Behaviour(), since=0.0))
        elif isinstance(step, Handshake) and step.do is not None:
            claimed.append(Matcher("", {}, Behaviour(), since=0.0))
    return tuple(claimed)


def _known(when: Mapping[str, str], scope: Scope) -> Iterator[tuple[str, str]]:
    for name, said in when.items():
        with suppress(UsageError):
            told = scope.resolve(said)
            if _NOT_YET not in told:
                yield name, told
