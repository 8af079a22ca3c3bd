"""A case played wholly in this process, in milliseconds: conductor, counterpart and simulated system call one another directly,
on a clock on which no time passes. Silences, slow answers and resends take none either.

    bench = Bench(simulated, settings, records)
    result = bench.play(case, suite, ("a-fault",))

Each play has a system, a counterpart and a clock of its own, so the order of plays changes nothing. What only a real port can
show (malformed HTTP, TLS, several at once) is for the tests over real sockets.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from rivta.counterpart import Counterpart
from rivta.counterpart.counterpart import SILENCE_SECONDS
from rivta.counterpart.handler import request_now
from rivta.counterpart.judging import ContractCatalogue
from rivta.evidence.journal import Journal
from rivta.model.case import Case, Send, Suite
from rivta.model.clock import written
from rivta.model.environment import Adapter, Environment, Listening
from rivta.model.exchange import Exchange, Message, Tls
from rivta.model.run import CaseResult
from rivta.model.words import Headers
from rivta.run import Overlap, Stage, run_case
from rivta.run.adapter import AdapterActor, Notes
from rivta.run.delivering import AdapterTrouble
from rivta.simulator import Simulated, Simulator
from rivta.simulator.answered import BROKEN, TIMEOUT, Answered, read_answer
from rivta.simulator.order import Misunderstood, read_order
from rivta.simulator.outgoing import Outgoing
from rivta.simulator.post import Post
from rivta.simulator.reference import Reference
from rivta.text.identity import Mask
from rivta.transport import problems
from rivta.transport.connection import completed, target_of
from simulated_clock import SimulatedClock

TIME_FACTOR = 600.0
_TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "SERIALNUMBER=SE2321000012-TEST", "CN=ca", "2031-01-01T00:00:00Z", True)
"""What a handshake would have shown."""
SETTLES = 2.0
"""Seconds that a call may still take when the system says that it has made it; here they take no time."""


@dataclass(frozen=True)
class Heard:
    """Something that the system did, in the order in which it did it: an `answer` after so many seconds, a `call` so many
    seconds after the play began (`status` is then 0), or what an `act` came to.
    """

    kind: str
    status: int
    seconds: float
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Peer:
    """The way to the system. An answer that takes longer than the environment allows is none."""

    system: Simulator
    clock: SimulatedClock
    read_seconds: float
    heard: list[Heard]

    def send(self, url: str, headers: Headers, body: bytes, contract: str, method: str = "POST") -> Exchange:  # noqa: ARG002 - a peer's signature
        request = Message(completed(headers, target_of(url), body), body)
        started, began = written(self.clock.now()), self.clock.monotonic()
        reply = self.system.answer(request.headers, body, target_of(url).path)
        self.heard.append(Heard("answer", reply.status, reply.delay_seconds, reply.headers, reply.body))
        self.clock.sleep(min(reply.delay_seconds, self.read_seconds))
        elapsed_ms = (self.clock.monotonic() - began) * 1000
        if not reply.status:
            return Exchange(contract, url, request, None, None, started, elapsed_ms, problem=problems.no_answer())
        if reply.delay_seconds > self.read_seconds:
            problem = problems.timeout(self.read_seconds)
            return Exchange(contract, url, request, None, None, started, elapsed_ms, problem=problem)
        response = Message((*reply.headers, ("Content-Length", str(len(reply.body)))), reply.body)
        return Exchange(contract, url, request, response, reply.status, started, elapsed_ms)


@dataclass(frozen=True)
class Caller:
    """The system's way to the counterpart: a call, and what the caller makes of what is done about it."""

    counterpart: Counterpart
    clock: SimulatedClock
    limit_bytes: int
    heard: list[Heard]

    def call(self, request: Outgoing, read_seconds: float) -> Answered:
        self.heard.append(Heard("call", 0, self.clock.monotonic(), request.headers, request.body))
        headers = (*completed(request.headers, target_of(request.url), request.body), ("Connection", "close"))
        shown = replace(_TLS, client_certificate=request.shows_certificate)
        came = replace(request_now(request.url, headers, request.body, self.clock), keeps=False, tls=shown)
        handler = self.counterpart.handler
        response = handler.handle(came) if len(came.body) <= self.limit_bytes else handler.refuse(came, 413)
        is_silent = response.answer is None and not response.is_reset
        seconds = response.delay_seconds + (SILENCE_SECONDS if is_silent else 0)
        self.clock.sleep(min(seconds, read_seconds))
        handler.settle(response, is_heard=seconds <= read_seconds)
        if seconds > read_seconds:
            return Answered(TIMEOUT)
        if response.answer is None:
            return Answered(BROKEN)
        return read_answer(response.answer.status, response.answer.body, request.contract, response.answer.headers)

    def hang_up(self) -> None:
        """Nothing is under way when a play is over."""

    def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(frozen=True)
class Way:
    """How orders reach the system, as they do over a URL."""

    system: Simulator
    post: Post
    heard: list[Heard]

    def give(self, order: bytes) -> bytes:
        try:
            said = self.system.act(read_order(order), self.post).as_json()
        except Misunderstood as misunderstood:
            raise AdapterTrouble(str(misunderstood)) from misunderstood
        self.heard.append(Heard("act", 0, 0.0, (), said))
        return said


@dataclass(frozen=True)
class Bench:
    """What plays of one domain have in common. `records` are what the system knows from before."""

    simulated: Simulated
    settings: Environment
    records: Any = None
    reference: Reference | None = None
    listening: Listening = field(default_factory=lambda: Listening(time_factor=TIME_FACTOR))

    def play(self, case: Case, suite: Suite, faults: Sequence[str] = ()) -> CaseResult:
        """One case, against a fresh system with these faults."""
        return self.observed(case, suite, faults)[0]

    def observed(
        self,
        case: Case,
        suite: Suite,
        faults: Sequence[str] = (),
        *,
        observing: bool = False,
        heard: list[Heard] | None = None,
    ) -> tuple[CaseResult, Simulator]:
        """The same, and the system that it was played against. What that did is put into `heard`."""
        clock, heard = SimulatedClock(), [] if heard is None else heard
        with closing(clock), self._system(clock, faults, observing) as system:
            stage = self._stage(suite, system, clock, heard)
            if all(isinstance(step, Send) for step in case.steps):  # who is only asked calls nobody
                return run_case(case, stage), system
            with self._counterpart(clock) as counterpart:
                post = Post(Caller(counterpart, clock, self.listening.limit_bytes, heard), clock)
                actor = AdapterActor(Way(system, post, heard), Notes())
                return run_case(case, replace(stage, counterpart=counterpart, actor=actor)), system

    def together(
        self, cases: Iterable[tuple[Case, Suite]], most: int, faults: Sequence[str] = ()
    ) -> tuple[list[tuple[CaseResult, ...]], float]:
        """Cases in order against one system, and for how many seconds of its clock that took; their waits overlap where `most` is over 1."""
        clock = SimulatedClock()
        with closing(clock), self._system(clock, faults, False) as system, self._counterpart(clock) as other:
            actor = AdapterActor(
                Way(system, Post(Caller(other, clock, self.listening.limit_bytes, []), clock), []), Notes()
            )
            stages = [
                (case, replace(self._stage(suite, system, clock, []), counterpart=other, actor=actor))
                for case, suite in cases
            ]
            overlap = Overlap(most, clock)
            overlap.plan(stages)
            return [overlap.play(*one) if most > 1 else (run_case(*one),) for one in stages], clock.monotonic()

    def _stage(self, suite: Suite, system: Simulator, clock: SimulatedClock, heard: list[Heard]) -> Stage:
        settings = replace(
            self.settings, adapter=Adapter(url="http://system/act", settles=SETTLES), listening=self.listening
        )
        peer = Peer(system, clock, settings.read_seconds, heard)
        return Stage(suite, settings, peer, "in-process", clock=clock)

    def _system(self, clock: SimulatedClock, faults: Sequence[str], observing: bool) -> Simulator:
        return Simulator(
            self.simulated,
            faults,
            records=self.records,
            clock=clock,
            reference=self.reference,
            observing=observing,
        )

    @contextmanager
    def _counterpart(self, clock: SimulatedClock) -> Iterator[Counterpart]:
        with tempfile.TemporaryDirectory() as folder:
            journal = Journal(Path(folder), mask=Mask("in-process", ()))
            with closing(journal):
                yield Counterpart(self._catalogue, self.listening, journal, "http://counterpart", clock)

    @cached_property
    def _catalogue(self) -> ContractCatalogue:
        return ContractCatalogue([self.simulated.domain], self.listening.addresses)
