"""A stage for the conductor: a counterpart that is called by a test in the same process, and an actor that a test scripts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition
from typing import Any

from loopback import Loopback
from reference_system import domain as remiss
from rivta.model.case import Case, Suite
from rivta.model.clock import SYSTEM, written
from rivta.model.environment import Endpoint, Environment, System, TlsFiles
from rivta.model.exchange import Acted, Call, Exchange, Message, Said
from rivta.model.steps import Ask, Behaviour, Doing, Handshake, Matcher, Receive, Send, Step, Watch
from rivta.model.words import Source, Text, Value
from rivta.run import Party, Ran, Stage, Waiting
from simulated_clock import SimulatedClock

DOMAIN = replace(remiss(), every_received={"soap": "SENT-SOAP"})
REFERRAL = DOMAIN.contracts["ProcessRequest"]
SENT = str(REFERRAL.id)
"""What a case and a call name the contract by."""
HERE = Source("consumer.yaml", 7, 5, "  - id: '1'")
CORE = "urn:riv:clinicalprocess:activity:request:2"
OK = Behaviour()


def referral(request_id: str = "unit#1", kind: str = "NR", version: str = "1", root: str = "ProcessRequest") -> bytes:
    """As much of a referral as its facts and captures need."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        f'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="{CORE}"><soapenv:Body>'
        f'<r:{root} xmlns:r="{REFERRAL.namespace}"><r:request><c:requestId extension="{request_id}"/>'
        f'<c:versionNumber>{version}</c:versionNumber><c:reasonForVersion><c:typeOfReason code="{kind}"/>'
        f"</c:reasonForVersion></r:request></r:{root}></soapenv:Body></soapenv:Envelope>"
    ).encode()


@dataclass
class Line:
    """A counterpart without a network: a test calls it, and whoever waits for that call gets it. Waiting takes no time."""

    time_factor: float = 1.0
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    waited: list[Matcher] = field(default_factory=list)
    shelf: list[Call] = field(default_factory=list)
    wrong: Text | None = None
    unclear: int = 0
    _served: set[int] = field(default_factory=set)
    _queues: list[tuple[Matcher, deque[Call]]] = field(default_factory=list)

    @property
    def addresses(self) -> Mapping[str, str]:
        return {SENT: "http://127.0.0.1:1/ProcessRequest"}

    @property
    def open(self) -> int:
        """How many waiters are open."""
        return len(self._queues)

    @contextmanager
    def wait(self, wanted: Matcher) -> Iterator[LineWaiter]:
        self.waited.append(wanted)
        queue: deque[Call] = deque()
        for call in self.shelf:
            if call.arrived >= wanted.since and _fits(call, wanted):
                queue.append(call)
        self.shelf = []
        self._queues.append((wanted, queue))
        try:
            yield LineWaiter(queue, self)
        finally:
            self._queues.remove((wanted, queue))
            self._served.discard(id(queue))  # another queue may get that number

    def call(self, body: bytes | None = None, facts: Mapping[str, str] | None = None, took_ms: float = 0.0) -> None:
        """The system calls."""
        arrived = self.clock.monotonic()
        message = Message((("Content-Type", "text/xml; charset=UTF-8"),), referral() if body is None else body)
        exchange = Exchange(
            SENT,
            self.addresses[SENT],
            message,
            Message((), b"<ok/>"),
            200,
            written(self.clock.now()),
            took_ms,
            inbound=True,
        )
        call = Call(exchange, "UNIT", facts or {"kind": "NR"}, arrived, arrived + took_ms / 1000, 1)
        for wanted, queue in reversed(self._queues):
            if _fits(call, wanted) and (wanted.repeatedly or id(queue) not in self._served):
                self._served.add(id(queue))
                queue.append(call)
                return
        self.shelf.append(call)


@dataclass
class LineWaiter:
    """Waits for what a test calls."""

    queue: deque[Call]
    line: Line
    rests: bool = False

    def take(self, seconds: float, until: float | None = None) -> Call | None:  # noqa: ARG002 - a waiter's signature
        came = Condition()
        with came:
            self.line.clock.wait_for(came, lambda: bool(self.queue), seconds)
        return self.queue.popleft() if self.queue else None

    def state(self) -> tuple[Text | None, int]:
        return self.line.wrong, 0

    def unclear(self, since: float) -> int:  # noqa: ARG002 - a waiter's signature
        return self.line.unclear


def _fits(call: Call, wanted: Matcher) -> bool:
    return call.exchange.contract == wanted.contract and wanted.when.items() <= call.facts.items()


@dataclass
class Scripted:
    """An actor that does what a test says."""

    does: Callable[[Doing], Acted] = lambda _: Acted("done")
    says: Said | None = None
    told: list[Doing] = field(default_factory=list)
    asked: list[Ask] = field(default_factory=list)
    edits: Callable[[Mapping[str, Value]], Mapping[str, Value] | None] = lambda data: data
    shown: list[Mapping[str, Value]] = field(default_factory=list)

    def act(self, doing: Doing, case: Case, counterpart: Party) -> Acted:  # noqa: ARG002 - the protocol's signature
        self.told.append(doing)
        return self.does(doing)

    def ask(self, question: Ask, case: Case) -> Said | None:  # noqa: ARG002 - the protocol's signature
        self.asked.append(question)
        return self.says

    def edit(self, step: Send | Handshake, number: int, data: Mapping[str, Value]) -> Mapping[str, Value] | None:  # noqa: ARG002 - the protocol's signature
        self.shown.append(data)
        return self.edits(data)


@dataclass
class Onlooker:
    """An audience that remembers, and may do something while a step waits."""

    while_waiting: Callable[[Waiting], None] = lambda _: None
    fixed: Mapping[str, str] = field(default_factory=dict)
    waited: list[tuple[int, Waiting]] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    gives: float = 0
    is_paused: bool = False
    while_paused: Callable[[], None] = lambda: None

    def begins(self, case: Case, fixed: Mapping[str, str]) -> None:  # noqa: ARG002 - the protocol's signature
        self.fixed = fixed

    def waits(self, case: Case, step: int, waiting: Waiting) -> float:  # noqa: ARG002 - the protocol's signature
        self.waited.append((step, waiting))
        self.while_waiting(waiting)
        more, self.gives = self.gives, 0
        return more

    def resumed(self) -> None:
        self.while_paused()
        self.is_paused = False

    def played(self, case: Case, ran: Ran) -> None:  # noqa: ARG002 - the protocol's signature
        self.ran.append(ran)


def environment(**changes: Any) -> Environment:
    """A remittent, with nothing to reach."""
    plain = Environment(
        path=Path("environment.yaml"),
        system=System("Vendor AB", "Journal", "7"),
        roles=("remittent",),
        endpoints={},
        tls=TlsFiles(),
        connect_seconds=1,
        read_seconds=1,
        original_consumer="SE2321000012-TEST",
        headers={},
        test_identities=frozenset(),
        test_data={"patient": {"id": "191212121212"}},
        not_applicable={},
    )
    return replace(plain, **changes)


def reachable() -> Environment:
    """It, with an address at which the system is called."""
    return environment(endpoints={"ProcessRequest": Endpoint("ProcessRequest", "http://127.0.0.1:1/", "SE1")})


def doing(action: str = "send-referral", **data: Value) -> Doing:
    return Doing(Text("Skicka remissen.", "Send the referral."), action, data)


def receive(do: Doing | None = None, within: float = 0.05, **changes: Any) -> Receive:
    plain = Receive(SENT, {"kind": "NR"}, do, OK, within, (), HERE)
    return replace(plain, **changes)


def send(**changes: Any) -> Send:
    plain = Send(SENT, Path("referral.xml"), {}, (), HERE)
    return replace(plain, **changes)


def watch(seconds: float = 0.05, most: int | None = 0, apart: float | None = None, **changes: Any) -> Watch:
    plain = Watch(SENT, {"kind": "NR"}, seconds, most, apart, OK, HERE)
    return replace(plain, **changes)


def ask(**changes: Any) -> Ask:
    plain = Ask(Text("Syns den?", "Is it shown?"), "shows-referral", HERE, verifies=("PR-SHOWN",))
    return replace(plain, **changes)


def case(*steps: Step, **changes: Any) -> Case:
    plain = Case("1", Text.same("One"), SENT, "consumer", ("PR-C-AR-version",), (), (), steps, HERE)
    return replace(plain, **changes)


def suite(*cases: Case, name: str = "ProcessRequest/consumer.yaml", party: str | None = None) -> Suite:
    prefixes = {"c": CORE, "r": REFERRAL.namespace, "soapenv": "http://schemas.xmlsoap.org/soap/envelope/"}
    return Suite(DOMAIN.folder / name, DOMAIN, Text.same("Calls"), {}, cases, "0", party, prefixes)


def stage(played: Case, line: Line | None, actor: Scripted | None, **changes: Any) -> Stage:
    """Where that case is played, with a system that refuses whatever it is sent."""
    silent = Loopback(lambda _headers, _body: (500, (), b""))
    clock = SYSTEM if line is None else line.clock
    plain = Stage(suite(played), environment(), silent, "run-1", line, actor, clock=clock)
    return replace(plain, **changes)
