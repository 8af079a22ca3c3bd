"""What `rivta load` does once Locust is there: lead a load, as one process or as the master of several, or be one of its workers."""

import argparse
import logging
import secrets
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from rivta import contract, environment, evidence, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.cli import HINDERED, arguments
from rivta.cli.load import told
from rivta.declaration import deviations, form
from rivta.model.case import Suite
from rivta.model.clock import SYSTEM, Clock, written
from rivta.model.contracts import ContractId
from rivta.model.domain import Domain
from rivta.model.environment import Environment
from rivta.model.errors import NotInstalled, UsageError
from rivta.model.frozen import frozen
from rivta.model.load import Course
from rivta.model.run import CaseResult, Papers, RunFooter
from rivta.model.steps import Send
from rivta.plugin.record import EXIT
from rivta.report import formats
from rivta.run.load.calling import Work
from rivta.run.load.generating import Job, Local, Master, Worker, WorkersLost
from rivta.run.load.playing import KnownLoads, LoadTally, Planned, loads_of, play
from rivta.run.opening import Began, deciding, header_of, new_name
from rivta.run.preflight import needs, preflight
from rivta.run.stage import Stage
from rivta.text import identity
from rivta.transport.http import HttpTransport
from rivta.transport.wire import COARSE

_GATHERS_SECONDS = 60.0
_FOR_EVER = 24 * 3600.0
_ITSELF = (sys.executable, "-c", "import sys; from rivta.cli import main; sys.exit(main())")
Generator = Local | Master


@frozen
class Setting:
    """What every process of a load knows: the environment, the load cases, and the way to the system."""

    environment: Environment
    planned: tuple[Planned, ...]
    transport: HttpTransport

    def stage(self, suite_: Suite, run: str, seed: int = 0) -> Stage:
        return Stage(suite_, self.environment, self.transport, run, seed=seed)

    @property
    def patience(self) -> float:
        """For how many seconds a call may go on when its user is to stop."""
        return self.environment.connect_seconds + self.environment.read_seconds


@contextmanager
def _setting(args: argparse.Namespace) -> Iterator[Setting]:
    settings = environment.read(args.env)
    read = contract.read_domains(arguments.suites(args), vocabulary(), arguments.progress())
    mine = [each for each in read if each.roles.keys() & set(settings.roles)]
    environment.check_against(settings, mine)
    suites = [*_suites([each for each in mine if not each.lacks], settings)]
    planned = tuple(each for each in loads_of(suites) if _is_wanted(each, args))
    if not planned:
        for each in mine:
            if each.lacks:
                raise NotInstalled(each.lacks)
        known = ", ".join(map(_name, loads_of(suites)))
        todo = f"the load cases are: {known}" if known else "say load: in a suite (docs/load.md)"
        raise UsageError("no load case fits the environment's roles and what was asked for", todo=todo)
    with closing(HttpTransport(settings, looks=COARSE)) as transport:
        yield Setting(settings, planned, transport)


def _suites(domains: list[Domain], settings: Environment) -> Iterator[Suite]:
    progress = arguments.progress()
    for domain in domains:
        progress(domain.name)
        for path in sorted(domain.folder.glob("*/producer.yaml")):
            read = suite.read(path, domain, vocabulary(), settings.test_data, lambda: domains)
            refuse_undeclared(read)
            yield read
    progress("")


def _name(planned: Planned) -> str:
    return f"{planned.suite.called(planned.load.case.contract)}/{planned.load.case.id}"


def _is_wanted(planned: Planned, args: argparse.Namespace) -> bool:
    case = planned.load.case
    called = [each.contract for each in case.steps if isinstance(each, Send)]
    contracts = {word for each in called for word in (each, planned.suite.called(each), ContractId.parse(each).name)}
    names = {case.id, _name(planned)}
    return (not args.contract or bool(contracts & {*args.contract})) and (not args.case or bool(names & {*args.case}))


# A worker


def work(args: argparse.Namespace) -> int:
    """Bring users for the master that `--worker` names, until it has no more to do."""
    host, port = arguments.address(args.worker, 5557)
    logging.getLogger().setLevel(logging.CRITICAL)
    with _setting(args) as setting:
        try:
            Worker(host, port, KnownLoads(setting.planned, setting.stage)).join()
        except ConnectionError as error:
            raise WorkersLost(f"nobody leads a load at {host}:{port}", todo="start --master there first") from error
    return 0


# Whoever leads


def lead(args: argparse.Namespace, folder: Path | None, clock: Clock = SYSTEM) -> int:
    """Play every load case, and draw up what came of it. The exit code tells whose turn it is, as that of a run."""
    stop = arguments.stopping()
    logging.getLogger().setLevel(logging.CRITICAL)
    with _setting(args) as setting, ExitStack() as held:
        run = new_name(clock)
        folder = (folder or Path("reports") / run).absolute()
        identity.refuse_name("the run’s folder", str(folder), setting.environment.test_identities)
        papers = _papers(args)
        _check_papers(papers, setting)
        if not args.no_preflight and not _is_passable(setting, folder, run):
            return HINDERED
        held.enter_context(evidence.held(folder))
        generator = held.enter_context(closing(_generator(args, setting, run, held)))
        leading = _Leading(args, setting, generator, run, stop.is_set, clock)
        with evidence.EvidenceWriter(folder, secrets=setting.environment.secrets) as writer:
            leading.record(writer)
        return _end(folder, papers, setting, args, is_over=not stop.is_set())


def _papers(args: argparse.Namespace) -> Papers:
    beside = args.env.parent / deviations.FILE
    return Papers(deviations=args.deviations or (beside if beside.is_file() else None))


def _check_papers(papers: Papers, setting: Setting) -> None:
    """Read what only the report needs, so that a mistake in it is told before anything is sent."""
    if papers.deviations:
        deviations.refuse_persons(deviations.read(papers.deviations), setting.environment.test_identities)
    domains = {domain.name: domain for each in setting.planned for domain in each.suite.domains}
    for domain in domains.values():
        for role in domain.roles.keys() & set(setting.environment.roles):
            form.for_role(domain, role)


def _is_passable(setting: Setting, folder: Path, run: str) -> bool:
    """Whether nothing that surrounds the system stands in the way; what does is told."""
    calls, _ = needs((each.load.case, setting.stage(each.suite, run)) for each in setting.planned)
    wrong = [each for each in preflight(setting.environment, calls, (), folder) if each.state == "failed"]
    for each in wrong:
        print(f"preflight: {each.what}: {each.said.en}", file=sys.stderr)
    return not wrong


def _generator(args: argparse.Namespace, setting: Setting, run: str, held: ExitStack) -> Generator:
    if not args.workers:
        return Local(setting.patience)
    host, port = arguments.address(args.master, 5557) if args.master else ("127.0.0.1", _free_port())
    master = Master(host, port, args.workers, run, setting.patience)
    if args.master:
        print(f"waiting for {args.workers} workers at {host}:{port} …", file=sys.stderr, flush=True)
        master.gather(_FOR_EVER)
        return master
    started = [held.enter_context(_started(args, f"{host}:{port}")) for _ in range(args.workers)]
    master.gather(_GATHERS_SECONDS, lambda: all(each.poll() is None for each in started))
    return master


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def _started(args: argparse.Namespace, master: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on this machine. Ctrl-C is for the master alone, which then ends it."""
    more = [word for name in ("contract", "case") for each in getattr(args, name) for word in (f"--{name}", each)]
    more += ["--suites", str(args.suites)] if args.suites else []
    command = [*_ITSELF, "load", "--env", str(args.env), "--worker", master, *more]
    with subprocess.Popen(command, start_new_session=True) as process:  # noqa: S603 - ourselves
        try:
            yield process
        finally:
            try:
                process.wait(_GATHERS_SECONDS / 6)
            except subprocess.TimeoutExpired:
                process.kill()


@frozen
class _Leading:
    """Plays the load cases one after another, and writes what came of each."""

    args: argparse.Namespace
    setting: Setting
    generator: Generator
    run: str
    stops: Callable[[], bool]
    clock: Clock

    def record(self, writer: evidence.EvidenceWriter) -> None:
        began, setting = Began(self.clock), self.setting
        planned = [(each.suite, each.load.case) for each in setting.planned]
        header = header_of(setting.environment, self.run, secrets.token_hex(16), planned, self.clock)
        factor = {"load time factor": f"{self.args.time_factor:g}", "load workers": str(self.args.workers or 1)}
        facts = {**header.environment, **factor}
        writer.header(replace(header, environment=facts, selection=f"{len(planned)} load cases were played"))
        results: list[CaseResult] = []
        for each in setting.planned:
            if self.stops():
                return
            results.append(self._play(each))
            writer.write(results[-1])
        if self.stops():
            return
        if jump := began.jump():
            writer.write(jump)
        writer.write(RunFooter(written(self.clock.now()), Counter(each.verdict.name for each in results)))

    def _play(self, planned: Planned) -> CaseResult:
        progress = arguments.progress()
        stage = replace(self.setting.stage(planned.suite, self.run), clock=self.clock)
        result = play(
            planned, stage, self.args.time_factor, lambda: self.generator.workers, partial(self._generate, progress)
        )
        progress("")
        name = planned.suite.called(planned.load.case.contract)
        for line in told(result, name):
            print(line, flush=True)
        return result

    def _generate(
        self, progress: Callable[[str], None], planned: Planned, work_: Work, tally: LoadTally, course: Course
    ) -> float:
        name = _name(planned)

        def ends(at: float, users: int, counted: LoadTally) -> bool:
            progress(f"{name}: {at:.0f} of {course.seconds:.0f} s, {users} users, {counted.answered} answers")
            return self.stops()

        facts = deciding(self.setting.environment, planned.suite)
        return self.generator.play(Job(planned, work_, tally, self.clock, facts), course, ends)


def _end(folder: Path, papers: Papers, setting: Setting, args: argparse.Namespace, *, is_over: bool) -> int:
    """The report, and the exit code."""
    run = evidence.read(folder)
    suites = setting.planned[0].suite.domain.folder.parent
    dossier = formats.drawn_up(run, papers, args.lang, suites=suites, is_over=is_over)
    print(f"evidence  {folder / evidence.FILE}\nreport    {folder / 'declaration.html'}")
    if not is_over:
        return 2
    found = dossier.declaration.deviations
    return EXIT[deviations.outcome(run, found) if found else "nothing"]
