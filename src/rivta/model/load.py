"""A load case: how many users send which messages for how long, what the answers are held to, and what was measured of it.

Times of a `LoadStage` are as the suite has them; those of a `Slice` are seconds since the load began, shortened where durations are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from itertools import accumulate, pairwise
from math import ceil, log
from typing import Literal

from rivta.model.frozen import frozen
from rivta.model.words import Source

LimitKind = Literal["within", "answered", "right", "unmixed", "available"]
"""What a limit is about. Each is a share:

- `within`: of the answers, those that came within `ms`
- `answered`: of the calls, those that the system answered at all
- `right`: of the answers, those that are what the case expects, as far as each was looked at
- `unmixed`: of the answers that say whose records they hold, those that hold nobody's but the patient's who was asked for
- `available`: of the probes beside the load, those that were answered within the contract's response time
"""


@frozen
class LoadStage:
    """So many users at a time for so many seconds. With `grows_from` there are that many at first, and evenly more (or fewer) from then on."""

    users: int
    seconds: float
    grows_from: int | None = None

    def users_at(self, share: float) -> int:
        """How many there are when that share of the stage is over."""
        begin = self.users if self.grows_from is None else self.grows_from
        return begin + round((self.users - begin) * share)

    @property
    def most(self) -> int:
        return max(self.users, self.grows_from or 0)


@frozen
class Limit:
    """What answers are held to: at least `share` percent of them. `stages` are counted from 1, none means all.

    `reference` is the document and section that says so.
    """

    kind: LimitKind
    share: float
    reference: str
    source: Source
    ms: float = 0.0
    stages: tuple[int, ...] = ()
    verifies: tuple[str, ...] = ()

    def concerns(self, stage: int) -> bool:
        return not self.stages or stage in self.stages


@frozen
class Slice:
    """What came of the calls that began in one stretch of the load. Counts by kind are by the stable word of a problem, or the check.

    `peak` is how many calls were under way at a time, at most. `lost` were not answered, by the system's fault; `hindered` did not
    reach it. `over` are the answers that took longer than each limit on time, in their order; `times` the answers by
    the number of their `bucket`. `whose` are the answers that say whose records they hold. `busy` is the share of a core that
    the busiest generator of load used.
    """

    begins: float
    seconds: float
    stage: int
    users: int = 0
    peak: int = 0
    answered: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)
    hindered: Mapping[str, int] = field(default_factory=dict)
    wrong: Mapping[str, int] = field(default_factory=dict)
    not_right: int = 0
    checked: int = 0
    whose: int = 0
    mixed: int = 0
    probes: int = 0
    available: int = 0
    over: tuple[int, ...] = ()
    times: tuple[tuple[int, int], ...] = ()
    busy: float = 0.0

    @property
    def sent(self) -> int:
        return self.answered + sum(self.lost.values()) + sum(self.hindered.values())


@frozen
class Measured:
    """What a load case came to, stretch by stretch, and what it was held to.

    `factor`: durations were so many times shorter than the suite has them. `seconds` is how long it was to last, so shortened, and `lasted`
    how long it did. `share` is the percentage of the answers that are checked in full. `broke` tells what broke in us.
    """

    stages: tuple[LoadStage, ...]
    limits: tuple[Limit, ...]
    slices: tuple[Slice, ...]
    factor: float
    workers: int
    share: float
    seconds: float
    lasted: float
    broke: str = ""

    @property
    def sent(self) -> int:
        return sum(each.sent for each in self.slices)

    @property
    def rate(self) -> float:
        """Calls a second, as long as it lasted."""
        return self.sent / self.lasted if self.lasted else 0.0

    def of(self, limit: Limit) -> tuple[Slice, ...]:
        """The stretches that a limit is about."""
        return tuple(each for each in self.slices if limit.concerns(each.stage))

    @property
    def timed(self) -> tuple[Limit, ...]:
        """The limits on time, in the order in which each slice counts those that are over."""
        return tuple(each for each in self.limits if each.kind == "within")


# Response times as a histogram: buckets of a fixed relative width, so that an hour takes no more room than a second


_WIDTH = 1.05
_LEAST_MS = 0.1


def bucket(ms: float) -> int:
    """The number of the bucket that a time is in; a bucket is 5 percent wide, and the first holds all up to 0.1 ms."""
    return max(0, ceil(log(max(ms, _LEAST_MS) / _LEAST_MS) / log(_WIDTH) - 1e-9))


def upper(number: int) -> float:
    """The longest time, in ms, that a bucket holds."""
    return float(_LEAST_MS * _WIDTH**number)


def percentile(slices: Iterable[Slice], share: float) -> float | None:
    """The time, in ms, within which that percentage of the answers came, rounded up to the end of its bucket; None without answers."""
    counted: dict[int, int] = {}
    for number, count in (pair for each in slices for pair in each.times):
        counted[number] = counted.get(number, 0) + count
    total = sum(counted.values())
    if not total:
        return None
    wanted, seen = max(1, ceil(total * share / 100 - 1e-9)), 0
    for number in sorted(counted):
        seen += counted[number]
        if seen >= wanted:
            return upper(number)
    raise AssertionError  # the last bucket brings it to the total


# The course of a load: which stage it is in, and how it is cut into slices, none of which lies in two stages


_SLICES = 60
"""Into how many stretches a load is cut, about; none is shorter than a second, in which a processor's use cannot be told."""


@frozen
class Course:
    """The stages of a load one after another, their durations `factor` times shorter."""

    stages: tuple[LoadStage, ...]
    factor: float = 1.0

    @property
    def ends(self) -> tuple[float, ...]:
        """When each stage is over, in seconds since the load began."""
        return tuple(accumulate(each.seconds / self.factor for each in self.stages))

    @property
    def seconds(self) -> float:
        return self.ends[-1]

    def users_at(self, at: float) -> int | None:
        """How many users there are to be at a moment; None when the load is over."""
        begins = 0.0
        for stage, ends in zip(self.stages, self.ends, strict=True):
            if at < ends:
                return stage.users_at((at - begins) / (ends - begins))
            begins = ends
        return None

    def least_users(self, begins: float, ends: float) -> int:
        """The fewest that there are to be in a stretch which lies in one stage."""
        return min(self.users_at(at) or 0 for at in (begins, begins + (ends - begins) * 0.999))

    def slices(self) -> tuple[Slice, ...]:
        """The stretches, as yet without anything that was measured."""
        found: list[Slice] = []
        for number, (begins, ends) in enumerate(pairwise((0.0, *self.ends)), 1):
            count = max(1, min(round(_SLICES * (ends - begins) / self.seconds), int(ends - begins)))
            length = (ends - begins) / count
            found += (Slice(begins + length * each, length, number) for each in range(count))
        return tuple(found)
