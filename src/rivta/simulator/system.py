"""The simulated system: a message in, an answer out, with or without sockets."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rivta.contract import ready
from rivta.contract.giving import NOTHING, Page
from rivta.contract.message import CORRELATION
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Contract, Domain
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Headers, header_in
from rivta.simulator.acting import Context, act, ask, written
from rivta.simulator.faults import Flaws, chosen
from rivta.simulator.folder import Simulated
from rivta.simulator.order import Display, Done, Order
from rivta.simulator.post import Post
from rivta.simulator.reference import Reference, Turn
from rivta.simulator.reply import Outcome, Result, SoapFault, log_id, reply, sayable, write
from rivta.simulator.store import RecordStore
from rivta.simulator.validation import IncomingMessage, Reception, contracts_by_root
from rivta.transport.incoming import Reply

_LOG = logging.getLogger("rivta.reference")
UNAUTHORISED = "SE2321000016-OBEHORIG"
"""A consumer that may not call."""
_PATIENCE_SECONDS = 2.0
"""How long whoever asks what the user sees waits for resends to be over."""


class Simulator(AbstractContextManager["Simulator"]):
    """A small system that implements a domain's contracts, with state, and with the named faults that it is given.

    `roles` are those it plays, all of the domain's without any. `records` are what it knows from before, as
    `Simulated.read_records` read them. `database` is an SQLite file that keeps state over a restart. `reference` may stand in
    for the domain's own. With `observing`, `touched` names every fault that would have changed something. Raises UsageError
    for an unknown role or fault. Safe to call from many threads.
    """

    def __init__(
        self,
        simulated: Simulated,
        faults: Sequence[str] = (),
        roles: Sequence[str] = (),
        records: Any = None,
        *,
        database: str | Path = ":memory:",
        clock: Clock = SYSTEM,
        reference: Reference | None = None,
        observing: bool = False,
    ) -> None:
        self.clock = clock
        domain = simulated.domain
        self.roles = tuple(roles) or tuple(domain.roles)
        self.contracts = _produced(domain, self.roles)
        reference = reference or simulated.reference
        self._flaws = Flaws(chosen(faults, simulated.faults), simulated.observed if observing else {})
        self._behaviour = simulated.behaviour
        self._reference = reference
        self._reception = Reception(contracts_by_root(self.contracts), reference, self._flaws, self.clock)
        self._store = RecordStore(database)
        roles_played = frozenset(self.roles)
        self._context = Context(self._store, reference, self._flaws, domain.contracts, roles_played, self.clock)
        kept = {} if records is None or self._behaviour.remember else records
        self._archives = {name: each.keeping(kept.get(name, ())) for name, each in reference.archives.items()}
        if records is not None and self._behaviour.remember:
            with self._store.transaction():
                self._behaviour.remember(records, self._store)

    @property
    def touched(self) -> frozenset[str]:
        """The faults that would have changed something so far; empty unless it observes."""
        return frozenset(self._flaws.touched)

    def call(self) -> AbstractContextManager[None]:
        """A call is under way until the block ends: whoever serves several at a time says so."""
        return self._flaws.calls.under_way()

    @property
    def passes(self) -> frozenset[str]:
        return self._flaws.passes

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._store.close()

    def prepare(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Have all ready that messages are judged and answered by, so that no caller waits for it. `tell` hears what is being done."""
        for each in self.contracts:
            tell(f"the schemas of {each.id.name} are compiled")
            ready(each)
        tell("")

    def answer(self, headers: Headers, body: bytes, path: str = "") -> Reply:
        """The answer to one message, which was posted to that path. Never raises for what a message may hold; what goes wrong here is a
        SOAP Fault.
        """
        message, outcome = self._considered(headers, body)
        contract = message.contract if message else named_in(body, self.contracts) or self.contracts[0]
        if message and (other := self._other_major(contract, path)) and self._flaws.skip("major"):
            contract, message, outcome = other, None, Result()
        outcome = sayable(outcome, contract)
        _LOG.info("%s", outcome)
        if isinstance(outcome, SoapFault) and outcome.status != 500:
            return Reply(outcome.status, (), b"")
        whole = self._message(message, outcome)
        is_untold = isinstance(outcome, Result) and message is not None and message.contract.result is None
        outcome = outcome if whole or is_untold else self._flaws.answer(outcome, body)
        page = NOTHING
        if message and isinstance(outcome, Result) and not outcome.is_refusal:
            outcome, page = self._read(outcome, message)
        text = self._flaws.write(write(outcome, contract, whole, page))
        return self._flaws.send(reply(outcome, text, header_in(headers, CORRELATION)), outcome)

    def _considered(self, headers: Headers, body: bytes) -> tuple[IncomingMessage | None, Outcome]:
        """The message, where it can be placed, and what the system makes of it."""
        message: IncomingMessage | None = None
        try:
            placed = self._reception.place(headers, body)
            if not isinstance(placed, IncomingMessage):
                return None, placed
            message = placed
            return message, self._outcome(message)
        except Exception as error:  # noqa: BLE001 (a technical error is the contract's answer to whatever breaks in us)
            fault = SoapFault("Server", "Internt fel i systemet.", log_id())
            _LOG.error("%s: %s", fault.log_id, type(error).__name__)
            return message, fault

    def _other_major(self, contract: Contract, path: str) -> Contract | None:
        """The same contract in another major version, where that is the one that is answered at the path."""
        alike = (each for each in self.contracts if each.id.name == contract.id.name and each.id != contract.id)
        return next((each for each in alike if each.path == path), None)

    def act(self, order: Order, post: Post) -> Done | Display:
        """Do what the order says, or answer its question. The first attempt to send is over then. Raises Misunderstood."""
        if order.question:
            return self._shown(order, post)
        return act(self._context, order, post, self._behaviour.actions)

    def _shown(self, order: Order, post: Post) -> Display:
        """What the user sees. What is not there may still come while something about it is being sent again."""
        shown = ask(self._context, order, self._behaviour.questions)
        if shown.answer != "no":
            return shown
        is_over = post.ends(order.data.values(), _PATIENCE_SECONDS)
        shown = ask(self._context, order, self._behaviour.questions)
        is_told = is_over or shown.answer == "yes"
        return shown if is_told else Display("unknown", "Omsändningen är inte över än.")

    def knows(self, order: Order) -> bool:
        known = self._behaviour.questions if order.question else self._behaviour.actions
        return order.action in known

    def _message(self, message: IncomingMessage | None, outcome: Outcome) -> Path | None:
        """The whole message that `reference.yaml` answers this one with, if it does and this one is accepted."""
        if message is None or (isinstance(outcome, Result) and outcome.error_code):
            return None
        return self._reference.answer(message.contract, message.payload, message.facts, self._flaws.skip)

    def _read(self, outcome: Outcome, message: IncomingMessage) -> tuple[Outcome, Page]:
        """What a reading contract's answer holds, as these faults give it; or the fault that it is instead."""
        archive = self._archives.get(str(message.contract.id))
        if archive is None:
            return outcome, NOTHING
        told = self._behaviour.given(message.contract, self._store) if self._behaviour.given else ()
        if more := (*told, *written(message.contract, self._store)):
            archive = archive.keeping((*archive.all, *more))
        question = archive.question(message.payload, message.unit.hsa_id, message.consumer)
        if not archive.knows(question) and self._flaws.skip(f"unknown-{message.code}"):
            return SoapFault("Server", "Patienten finns inte här.", log_id()), NOTHING
        given = self._flaws.give(archive.right(question), archive, question)
        page = archive.page(given, question)
        is_forgotten = page.reference and self._flaws.skip(f"more-{message.code}")
        return outcome, replace(page, reference="") if is_forgotten else page

    def _outcome(self, message: IncomingMessage) -> Outcome:
        if message.consumer == UNAUTHORISED and not self._flaws.skip("denied"):
            # By HTTP alone, as the profile has it (RIV-TA Basic Profile 3.1, rule #28).
            status = 500 if self._flaws.skip("denied-by-status") else 403
            return SoapFault("Client", "Konsumenten har inte rätt att anropa.", log_id(), status=status)
        invalid = self._reception.verdict(message)
        if invalid is not None:
            return invalid
        with self._store.transaction():
            return self._behaviour.decide(message, self._store)


def named_in(body: bytes, contracts: Sequence[Contract]) -> Contract | None:
    """The contract that a message seems to mean: what a system answers by that accepts what it cannot place."""
    letters = body.replace(b"\0", b"")  # as they are in UTF-16 too
    return next((contract for contract in contracts if f'"{contract.namespace}"'.encode() in letters), None)


def _produced(domain: Domain, roles: Sequence[str]) -> tuple[Contract, ...]:
    for role in roles:
        if role not in domain.roles:
            raise UsageError(f"{domain.name} has no role “{role}”", todo=did_you_mean(role, domain.roles))
    return tuple(domain.contracts[name] for role in roles for name in domain.roles[role].produces)


# Systems of several domains as one: what a domain without contracts of its own is made of, as its `reference.yaml` says.
# A course is what one user does in it: actions of its parts, one after the other, until what one of them came to says stop.


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
