"""The suites and scenarios, played against the reference system with a named fault: which cases turn red, and which should.

The cases are independent of one another, so they are played side by side and wait at the same time. For that each case has a
unit of its own to which the system sends its referrals (`sent-to.unit`), all of them known to the system.
"""

import os
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from zlib import crc32

from reference_system import FAULTS, read_referrals, started
from rivta import contract, counterpart, environment, simulator, suite
from rivta.check import vocabulary
from rivta.model.case import Ask, Case, Receive, Send, Suite, Watch
from rivta.model.domain import Domain
from rivta.model.environment import Adapter, Environment, Listening
from rivta.model.run import CaseResult
from rivta.model.words import Text, Value, Verdict
from rivta.run import Stage, adapter, run_case
from rivta.text import places
from rivta.transport.http import HttpTransport

NAME = "clinicalprocess.activity.request"
RED = (Verdict.FAILED, Verdict.BLOCKED, Verdict.ERROR)
TIME_FACTOR = 600
"""A minute of the system's own time is a tenth of a second."""
SETTLES = 2.0
"""Seconds that a call may still take when the reference system says that it has made it. It has, unless a fault keeps it back."""
READS = 4.0
"""Seconds that the reference system waits for an answer: longer than the slowest that comes, short enough for none at all."""
WATCHING = ThreadPoolExecutor(16, thread_name_prefix="watching")
"""Plays the cases that mostly wait. Kept from one fault to the next, since each thread compiles the schemas for itself."""
WORKING = ThreadPoolExecutor(2, thread_name_prefix="working")
"""Plays the cases that only send: so few at once that none makes another one's answer late."""
SLOW = frozenset({"slow-answer"})
"""Faults that make every case one that mostly waits."""
ONLY_OVER_TLS = frozenset({"SENT-CERTIFICATE"})
"""What nothing here can prove, since all calls are plain HTTP."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is read once: the domain, its suites and scenarios, the demo's environment."""

    domain: Domain
    suites: tuple[Suite, ...]


@cache
def world() -> World:
    domain = contract.read_domain(places.suites() / NAME)
    settings = environment.read(places.reference() / "environment.yaml")
    paths = [*sorted(domain.folder.glob("*/*er.yaml")), *sorted((places.scenarios() / NAME).glob("*.yaml"))]
    return World(domain, tuple(suite.read(path, domain, vocabulary(), settings.test_data) for path in paths))


def all_cases() -> list[tuple[str, Case, Suite]]:
    return [(_key(case, each), case, each) for each in world().suites for case in each.cases]


def _key(case: Case, each: Suite) -> str:
    file = each.path.stem
    middle = "" if file in {"producer", case.id} else f"{file}/"
    return f"{case.contract}/{middle}{case.id}"


def _own_unit(number: int) -> str:
    return f"SE2321000016-T{number}"


def _units() -> list[str]:
    """Every case's own unit, so that the system can look it up."""
    return [_own_unit(number) for number in range(len(all_cases()))]


def settings_for(url: str, folder: Path) -> Environment:
    written = (places.reference() / "environment.yaml").read_text(encoding="utf-8")
    path = folder / "environment.yaml"
    path.write_text(written.replace("http://127.0.0.1:8020", url.rstrip("/")), encoding="utf-8")
    return environment.read(path)


def play(faults: tuple[str, ...], folder: Path, only: AbstractSet[str] | None = None) -> list[CaseResult]:
    """The cases, all or only those of these keys, against a fresh reference system with these faults, over real sockets.

    Those that wait longest begin.
    """
    sending = WATCHING if SLOW & {*faults} else WORKING
    with _stages(faults, folder) as every:
        stages = [(case, stage) for key, case, stage in every if only is None or key in only]
        waiting = sorted((pair for pair in stages if _patience(pair)), key=_patience, reverse=True)
        watched = [WATCHING.submit(run_case, *pair) for pair in waiting]
        worked = [sending.submit(run_case, *pair) for pair in stages if not _patience(pair)]
        return [each.result() for each in (*watched, *worked)]


ANSWERING = frozenset({"turns_away", "refuses", "answers", "writes", "sends"})
"""Where a fault can change how the system answers; it answers only what a case sends it."""
CALLING = frozenset({"drafts", "keeps_back", "posts", "repeats", "patience", "shuns", "hides"})
"""Where a fault can change what the system sends or shows; it does so only when it is made to act, or asked."""
RESTRAINT = "send-"
"""How the names of demands begin that the system makes of itself; all others are made of what it receives."""
_SOUND = simulator.Fault("", Text.same(""))


def reaches(fault: str, case: Case) -> bool:
    """Whether the case makes the system do anything that the fault can change. Where it does not, the code never runs."""
    here = FAULTS[fault]
    changed = {hook for hook in ANSWERING | CALLING if getattr(here, hook) != getattr(_SOUND, hook)}
    lifts_restraints = any(name.startswith(RESTRAINT) for name in here.skips)
    overlooks_demands = any(not name.startswith(RESTRAINT) for name in here.skips)
    is_sent_to = any(isinstance(step, Send) for step in case.steps)
    acts = any(isinstance(step, Receive | Watch | Ask) for step in case.steps)
    return bool(
        (is_sent_to and (overlooks_demands or changed & ANSWERING))
        or (acts and (lifts_restraints or changed & CALLING))
    )


def played(fault: str) -> set[str]:
    """The cases that a fault is tried on: those that it should turn red, and of the others that it can reach one in SHARE.

    With RIVTA_FAULTS=all every case that it can reach.
    """
    reached = [key for key, case, _ in all_cases() if reaches(fault, case)]
    share = 1 if os.environ.get("RIVTA_FAULTS") == "all" else SHARE
    return expected(fault) | {key for key in reached if crc32(f"{fault} {key}".encode()) % share == 0}


SHARE = 8


def _patience(pair: tuple[Case, Stage]) -> float:
    """For about how many seconds the case waits, whatever it finds."""
    steps = pair[0].steps
    delays = (step.answer.delay_ms / 1000 for step in steps if isinstance(step, Receive))
    silences = (READS for step in steps if isinstance(step, Receive) and step.answer.kind == "silence")
    return sum(step.seconds / TIME_FACTOR for step in steps if isinstance(step, Watch)) + sum(delays) + sum(silences)


@contextmanager
def _stages(faults: tuple[str, ...], folder: Path) -> Iterator[list[tuple[str, Case, Stage]]]:
    here = world()
    system = started(faults=faults, referrals=read_referrals(), organisations=_units(), read_seconds=READS)
    listening = Listening(time_factor=TIME_FACTOR)
    folder.mkdir(exist_ok=True)
    with simulator.serve(system) as server, counterpart.listen(here.domain, listening, folder) as other:
        making = Adapter(url=server.act_url, settles=SETTLES)
        usual = replace(settings_for(server.url, folder), adapter=making, listening=listening)
        peer, actor = HttpTransport(usual), adapter.of(usual)
        yield [
            (
                key,
                case,
                Stage(
                    each,
                    replace(usual, test_data=_with_unit(usual.test_data, number)),
                    peer,
                    "fault-matrix",
                    counterpart=other,
                    actor=actor,
                ),
            )
            for number, (key, case, each) in enumerate(all_cases())
        ]


def _with_unit(data: Mapping[str, Value], number: int) -> dict[str, Value]:
    return {**data, "sent-to": {"unit": _own_unit(number)}}


def red(results: list[CaseResult]) -> set[str]:
    return {result.key for result in results if result.verdict in RED}


def expected(fault: str) -> set[str]:
    """The cases with a check that proves one of the requirements that the fault breaks."""
    broken = set(FAULTS[fault].breaks)
    return {key for key, case, each in all_cases() if broken & proves(case, each)}


def proves(case: Case, each: Suite) -> set[str]:
    """The requirements that a check of the case names: its own, those of its expectations, those of every message."""
    own = set(case.verifies) if any(_is_the_cases_own(step) for step in case.steps) else set()
    return own.union(*(_proved(step, each.domain) for step in case.steps))


def _is_the_cases_own(step: object) -> bool:
    """Whether a check of the step names what its case verifies: all that name nothing themselves do."""
    match step:
        case Send() | Receive():
            return any(not one.verifies for one in step.expect)
        case Watch() | Ask():
            return not step.verifies
    return False


def _proved(step: object, domain: Domain) -> set[str]:
    match step:
        case Send():
            unwritten = {id_ for kind, id_ in domain.every_case.items() if kind not in step.off}
        case Receive():
            unwritten = {id_ for kind, id_ in domain.every_received.items() if kind not in step.off}
        case Watch() | Ask():
            unwritten = set(step.verifies)
        case _:
            unwritten = set()
    expect = getattr(step, "expect", ())
    return unwritten | {id_ for one in expect for id_ in one.verifies}
