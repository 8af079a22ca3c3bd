"""Systems of several domains as one: what a domain without contracts of its own is made of, as its `reference.yaml` says.

A course is what one user does in it: actions of its parts, one after the other, until what one of them came to says stop.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace

from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Domain
from rivta.model.frozen import frozen
from rivta.model.words import Headers
from rivta.simulator.faults import Flaws, chosen
from rivta.simulator.folder import Simulated
from rivta.simulator.order import Display, Done, Order
from rivta.simulator.post import Post
from rivta.simulator.reference import Turn
from rivta.simulator.reply import Reply
from rivta.simulator.system import Simulator, named_in


@frozen
class Part:
    """The system of one domain, and what it knows from before."""

    simulated: Simulated
    records: object = None


class Several(AbstractContextManager["Several"]):
    """Those systems, each with a state of its own. A fault is the whole's, or a part's as `domain/fault`.

    With `observing`, `touched` names every fault of the whole that would have changed something.
    """

    def __init__(
        self,
        simulated: Simulated,
        parts: Sequence[Part],
        faults: Sequence[str] = (),
        *,
        clock: Clock = SYSTEM,
        observing: bool = False,
    ) -> None:
        self.clock = clock
        self.roles = tuple(simulated.domain.roles)
        self._courses = simulated.reference.courses
        own = [name for name in faults if "/" not in name]
        self._flaws = Flaws(chosen(own, simulated.faults), simulated.observed if observing else {})
        self._parts = tuple(
            Simulator(each.simulated, _of(each.simulated.domain, faults), records=each.records, clock=clock)
            for each in parts
        )
        self.contracts = tuple(contract for part in self._parts for contract in part.contracts)

    @property
    def touched(self) -> frozenset[str]:
        return frozenset(self._flaws.touched)

    @property
    def passes(self) -> frozenset[str]:
        """What the faults of the whole and of its parts let pass in a handshake."""
        return self._flaws.passes.union(*(part.passes for part in self._parts))

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for part in self._parts:
            part.close()

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call is under way at each of them until the block ends: whose it is shows only when it is read."""
        with ExitStack() as under_way:
            for each in (*(part.call() for part in self._parts), self._flaws.calls.under_way()):
                under_way.enter_context(each)
            yield

    def prepare(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Have all ready that messages are judged and answered by, as each part has it."""
        for part in self._parts:
            part.prepare(tell)

    def answer(self, headers: Headers, body: bytes, path: str = "") -> Reply:
        """What the part answers whose contract the message seems to mean; the first part where it means none."""
        meant = (part for part in self._parts if named_in(body, part.contracts) is not None)
        return next(meant, self._parts[0]).answer(headers, body, path)

    def act(self, order: Order, post: Post) -> Done | Display:
        """Do what the order says, or answer its question: a course of the whole, or what a part knows. Raises Misunderstood."""
        if order.action in self._courses and not order.question:
            return self._go(order, self._courses[order.action], post)
        knowing = (part for part in self._parts if part.knows(order))
        return next(knowing, self._parts[0]).act(order, post)

    def _go(self, order: Order, turns: Sequence[Turn], post: Post) -> Done | Display:
        course, skip = order.action, self._flaws.skip
        if skip(f"{course}.order"):
            turns = (turns[-1], *turns[:-1])
        done: Done | Display = Done("done")
        for turn in turns:
            if skip(f"{course}.{turn.action}"):
                continue
            done = self.act(replace(order, action=turn.action, data={**order.data, **turn.data}), post)
            if not isinstance(done, Done) or done.outcome != "done":
                return done
            if turn.stops in done.data and not skip(f"{course}.{turn.stops}"):
                return done
        return done


def _of(domain: Domain, faults: Sequence[str]) -> list[str]:
    before = f"{domain.name}/"
    return [name.removeprefix(before) for name in faults if name.startswith(before)]
