"""Locust brings the users: in this process, or as the master of workers, which are processes here or on other machines.

Whoever imports this has a standard library that yields wherever it waits, since Locust changes it when it is imported: so thousands of users
fit into one thread, and our own transport serves them all. Locust's own client and statistics are not used.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from locust import User, task
from locust.env import Environment as Locust
from locust.exception import RPCError
from locust.rpc import Message
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from rivta.model.clock import SYSTEM, Clock
from rivta.model.errors import RivtaError, UsageError
from rivta.model.load import Course
from rivta.run.load.calling import Work
from rivta.run.load.playing import LoadTally, Planned

_LOOKS_EACH_SECONDS = 0.2
_SENDS_EACH_SECONDS = 1.0
_MOST_HINDERED = 500
"""After so many calls of which none arrived, none is going to."""
_BEGIN, _READY, _GO, _TOLD, _END, _DONE = (f"rivta-{word}" for word in ("begin", "ready", "go", "told", "end", "done"))
"""What master and workers say to one another: which load, ready for it, go; what was counted; the end, and that all is told."""
Ends = Callable[[float, int, LoadTally], bool]
"""Is told how many seconds have passed, how many users there are to be, and what was counted; says whether it is to end now."""


class WorkersLost(RivtaError):
    """No worker came, or they are gone."""


class LoadSource(Protocol):
    """Where a worker finds the load that the master names."""

    def work(self, key: str, facts: Mapping[str, str], run: str, seed: int) -> tuple[Planned, Work]:
        """RivtaError where it is not here, or is another."""


@dataclass(slots=True)
class Job:
    """One load in one process: what its users do, where it is counted, when it began. `facts`: what must be the same at each worker."""

    planned: Planned
    work: Work
    tally: LoadTally
    clock: Clock
    facts: Mapping[str, str] = field(default_factory=dict)
    began: float = 0.0
    is_over: bool = False

    @property
    def at(self) -> float:
        return self.clock.monotonic() - self.began

    def call(self, turn: int) -> None:
        """One call of a user; its first is another message than its neighbour's."""
        self._counted(lambda place: self.tally.end(place, self.work.call(turn)))

    def probe(self, every: float) -> None:
        """Ask whether the system is available, until the load is over."""
        while not self.is_over:
            self._counted(lambda place: self.tally.probe(place, *self.work.probe()))
            self.clock.sleep(every)

    def _counted(self, made: Callable[[int], None]) -> None:
        if self.is_over:
            return
        place = self.tally.begin(self.at)
        try:
            made(place)
        except Exception as broken:  # noqa: BLE001 - whatever breaks here is ours, and is told with the verdict
            self.tally.broke = self.tally.broke or f"{type(broken).__name__}: {broken}"
            self.is_over = True
        finally:
            self.tally.over()

    def look(self, users: Callable[[], int]) -> None:
        """See now and then how many users there are and how busy this process is, until the load is over."""
        cpu, at = _cpu(), self.at
        while not self.is_over:
            self.clock.sleep(_LOOKS_EACH_SECONDS)
            now_cpu, now = _cpu(), self.at
            self.tally.look(at, users(), now_cpu - cpu, now - at)
            cpu, at = now_cpu, now

    def watch(self, users: Callable[[], int], *, probes: bool, factor: float) -> None:
        """Begin what goes on beside the users."""
        self.began = self.clock.monotonic()
        self.clock.timer(0, partial(self.look, users))
        if probes and self.planned.load.probe is not None:
            self.clock.timer(0, partial(self.probe, self.planned.load.probe / factor))


def _why(error: RPCError) -> str:
    """What the machine says, without the words of those between."""
    number = getattr(error.__context__, "errno", None)
    return os.strerror(number) if number else str(error)


def _cpu() -> float:
    used = os.times()
    return used.user + used.system


@dataclass(slots=True)
class Current:
    """The load that the users of this process play now."""

    job: Job | None = None
    born: int = 0

    def users(self) -> type[User]:
        current = self

        class Caller(User):
            def __init__(self, environment: Locust) -> None:
                super().__init__(environment)
                current.born += 1
                self.turn = current.born

            def wait_time(self) -> float:
                return current.job.planned.load.pause if current.job else 0.0

            @task
            def call(self) -> None:
                if current.job is not None:
                    current.job.call(self.turn)
                self.turn += 1

        return Caller


@dataclass(slots=True)
class Local:
    """Users in this process."""

    patience: float
    """For how many seconds a call may go on after its user was told to stop."""
    clock: Clock = SYSTEM
    current: Current = field(default_factory=Current)
    runner: LocalRunner = field(init=False)
    workers: int = 1

    def __post_init__(self) -> None:
        self.runner = Locust(user_classes=[self.current.users()], stop_timeout=self.patience).create_local_runner()

    def play(self, job: Job, course: Course, ends: Ends) -> float:
        """Play it, and say for how many seconds that was done."""
        job.work.warm()
        self.current.job = job
        job.watch(lambda: self.runner.user_count, probes=True, factor=course.factor)
        lasted = _driven(course, job, self.runner, ends)
        _end(self.runner, self.clock, self.patience)
        job.is_over, self.current.job = True, None
        return lasted

    def close(self) -> None:
        self.runner.quit()


@dataclass(slots=True)
class Master:
    """Users in workers, which come to `host`:`port`; `number` of them are waited for."""

    host: str
    port: int
    number: int
    run: str
    patience: float
    clock: Clock = SYSTEM
    runner: MasterRunner = field(init=False)
    job: Job | None = None
    _said: dict[str, set[str]] = field(default_factory=dict)
    _refused: str = ""
    _number: int = 0
    """Of the load that is played, so that what is told of an earlier one too late is not taken for its."""

    def __post_init__(self) -> None:
        made = Locust(user_classes=[Current().users()], stop_timeout=self.patience)
        try:
            self.runner = made.create_master_runner(self.host, self.port)
        except RPCError as error:
            what = f"--master cannot listen on {self.host}:{self.port}: {_why(error)}"
            raise UsageError(what, todo="name another host or port, or end what listens there") from error
        for word, heard in ((_READY, self._heard), (_DONE, self._heard), (_TOLD, self._counted)):
            self.runner.register_message(word, heard)

    @property
    def workers(self) -> int:
        return self.number

    def gather(self, seconds: float, is_alive: Callable[[], bool] = lambda: True) -> None:
        """Wait until all workers have come. WorkersLost if they do not in so many seconds."""
        until = self.clock.monotonic() + seconds
        while self.runner.worker_count < self.number:
            if self.clock.monotonic() > until or not is_alive():
                what = f"{self.runner.worker_count} of {self.number} workers came to {self.host}:{self.port}"
                raise WorkersLost(what, todo="start them with: rivta load --worker HOST:PORT --env FILE")
            self.clock.sleep(_LOOKS_EACH_SECONDS)

    def play(self, job: Job, course: Course, ends: Ends) -> float:
        """Have the workers play it. RivtaError where one of them cannot."""
        self.job, self._said, self._refused, self._number = job, {}, "", self._number + 1
        clients = sorted(self.runner.clients)
        for number, client in enumerate(clients):
            order = {"load": job.planned.key, "facts": job.facts, "probes": number == 0, "factor": course.factor}
            self.runner.send_message(_BEGIN, {**order, "number": self._number, "run": self.run, "seed": number}, client)
        self._await(_READY, len(clients))
        job.began = self.clock.monotonic()
        self.runner.send_message(_GO)
        lasted = _driven(course, job, self.runner, ends)
        self.runner.send_message(_END)
        self.runner.start(0, 1000)
        self._await(_DONE, len(clients), self.patience + 5)
        self.job = None
        return lasted

    def _await(self, word: str, number: int, seconds: float = 120.0) -> None:
        """Wait until all workers have said a word; at the end those that are gone are left out. WorkersLost where one cannot play.

        Who gets ready may be taken for gone: compiling schemas, it says nothing for a while.
        """
        until = self.clock.monotonic() + seconds
        while len(self._said.get(word, ())) < (number if word == _READY else min(number, self.runner.worker_count)):
            if self._refused or self.clock.monotonic() > until:
                break
            self.clock.sleep(_LOOKS_EACH_SECONDS / 4)
        if self._refused:  # whoever is refused has said the word too
            raise WorkersLost(self._refused)

    def _heard(self, environment: Locust, msg: Message) -> None:  # noqa: ARG002 - Locust's signature
        said: Mapping[str, Any] = msg.data or {}
        self._refused = self._refused or str(said.get("refused", ""))
        self._said.setdefault(str(msg.type), set()).add(str(msg.node_id))

    def _counted(self, environment: Locust, msg: Message) -> None:  # noqa: ARG002 - Locust's signature
        if self.job is not None and msg.data["number"] == self._number:
            self.job.tally.add(msg.data)

    def close(self) -> None:
        self.runner.quit()


@dataclass(slots=True)
class Worker:
    """Users in this process, for the master at `host`:`port`. `source` knows the loads."""

    host: str
    port: int
    source: LoadSource
    clock: Clock = SYSTEM
    current: Current = field(default_factory=Current)
    runner: WorkerRunner = field(init=False)
    _order: dict[str, Any] = field(default_factory=dict)
    _refused: RivtaError | None = None

    def __post_init__(self) -> None:
        made = Locust(user_classes=[self.current.users()])
        self.runner = made.create_worker_runner(self.host, self.port)
        self.runner.register_message(_BEGIN, self._begin)
        self.runner.register_message(_GO, self._go)
        self.runner.register_message(_END, self._end, concurrent=True)

    def join(self) -> None:
        """Work until the master has no more to do. RivtaError where this process cannot play what it leads."""
        self.runner.greenlet.join()
        if self._refused is not None:
            raise self._refused

    def _begin(self, environment: Locust, msg: Message) -> None:  # noqa: ARG002 - Locust's signature
        self._order = msg.data
        try:
            planned, work = self.source.work(*(self._order[name] for name in ("load", "facts", "run", "seed")))
        except RivtaError as refused:
            self._refused = refused
            self.runner.send_message(_READY, {"refused": str(refused)})
            return
        course = Course(planned.load.stages, self._order["factor"])
        tally = LoadTally(course.slices(), planned.load.timed, self.runner.client_id)
        work.warm()
        self.current.job = Job(planned, work, tally, self.clock)
        self.runner.send_message(_READY)

    def _go(self, environment: Locust, msg: Message) -> None:  # noqa: ARG002 - Locust's signature
        job = self.current.job
        if job is not None:
            job.watch(lambda: self.runner.user_count, probes=self._order["probes"], factor=self._order["factor"])
            self.clock.timer(0, partial(self._tell, job))

    def _tell(self, job: Job) -> None:
        while not job.is_over:
            self.clock.sleep(_SENDS_EACH_SECONDS)
            self._send(job)

    def _send(self, job: Job) -> None:
        if job is self.current.job:
            self.runner.send_message(_TOLD, job.tally.taken() | {"number": self._order["number"]})

    def _end(self, environment: Locust, msg: Message) -> None:  # noqa: ARG002 - Locust's signature
        job = self.current.job
        while job is not None and self.runner.user_count:
            self.clock.sleep(_LOOKS_EACH_SECONDS / 4)
        if job is not None:
            job.is_over = True
            self._send(job)
        self.runner.send_message(_DONE)


def _driven(course: Course, job: Job, runner: LocalRunner | MasterRunner, ends: Ends) -> float:
    """Let there be as many users as the course has at each moment, to its end; for how many seconds that was."""
    users: int | None = None
    while (wanted := course.users_at(job.at)) is not None and not job.tally.broke:
        if ends(job.at, wanted, job.tally) or (job.tally.hindered > _MOST_HINDERED and not job.tally.answered):
            break
        if wanted != users:
            runner.start(wanted, max(wanted, 1))
            users = wanted
        job.clock.sleep(_LOOKS_EACH_SECONDS)
    return min(job.at, course.seconds)


def _end(runner: LocalRunner, clock: Clock, patience: float) -> None:
    """No more calls; those that are under way may end."""
    runner.start(0, 1000)
    until = clock.monotonic() + patience
    while runner.user_count and clock.monotonic() < until:
        clock.sleep(_LOOKS_EACH_SECONDS / 4)
