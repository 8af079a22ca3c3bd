"""What the cases of a run share: the environment, the way to the system, where the evidence goes."""

import gc
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from rivta import environment, evidence
from rivta.declaration import deviations
from rivta.evidence.bodies import OWN
from rivta.evidence.redaction import hiding
from rivta.model.case import Case, Suite
from rivta.model.clock import SYSTEM, Clock
from rivta.model.declaration import KnownDeviation
from rivta.model.domain import Domain
from rivta.model.environment import Environment
from rivta.model.errors import RivtaError, UsageError, hindrance
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, Papers, Run
from rivta.plugin.explain import Explanation
from rivta.plugin.otherparty import OtherParty
from rivta.run import (
    Actor,
    Audience,
    Overlap,
    Ran,
    Stage,
    Waiting,
    described,
    replay,
    replay_case,
    run_case,
    spoken,
    waits_for_calls,
)
from rivta.run.opening import new_name
from rivta.run.overlap import claims
from rivta.run.stage import Hindrances
from rivta.text import identity, places
from rivta.text.files import enough_can_be_opened
from rivta.transport.http import HttpTransport

if TYPE_CHECKING:
    from rivta.counterpart.shared import RemoteCounterpart


@frozen
class Campaign:
    """A run as every process of it knows it.

    `folder` holds the evidence; `run` is the run's name, a UTC time; `mask_key` makes the tokens of masked identities.
    `known` are the deviations that do not fail the run; with `strict` some of them do, see `deviations.outcome`.
    """

    environment: Environment
    run: str
    folder: Path
    transport: HttpTransport
    mask_key: str
    papers: Papers
    bodies: evidence.RunBodies
    """What keeps this process's messages in the folder."""
    known: tuple[KnownDeviation, ...]
    strict: bool
    recording: Run | None = None
    """The recorded run that is played again, instead of the system."""
    other_party: OtherParty | None = None
    actor: Actor | None = None
    audience: Audience | None = None
    clock: Clock = SYSTEM
    seed: int = 1
    hindrances: Hindrances = field(default_factory=Hindrances)
    """What one case has met that no further one need meet."""
    overlap: Overlap | None = None
    """Who plays cases beside each other; None where nothing calls us, or what is played elsewhere at the same time is not known."""

    def play(self, case: Case, suite: Suite) -> tuple[CaseResult, ...]:
        """Play a case of this suite: once against the system, or as often as the recording has it."""
        if self.recording is not None:
            return replay_case(case, suite, self.environment, self.recording)
        stage = self.stage(suite)
        if self.other_party is None or not waits_for_calls(case):
            return self._played(case, stage)
        with self.other_party.turn(claims(case, stage)):
            return self._played(case, stage)

    def _played(self, case: Case, stage: Stage) -> tuple[CaseResult, ...]:
        return self.overlap.play(case, stage) if self.overlap else (run_case(case, stage),)

    def stage(self, suite: Suite) -> Stage:
        """Where the cases of a suite are played."""
        return Stage(
            suite,
            self.environment,
            self.transport,
            self.run,
            self.other_party,
            self.actor,
            self.audience,
            clock=self.clock,
            seed=self.seed,
            hindrances=self.hindrances,
            handshakes=self.transport,
            handshake_ports=self.other_party,
        )

    def line(self, result: CaseResult) -> evidence.Line:
        """The evidence of a played case, its bodies stored."""
        return evidence.line_of(result, self.bodies.keep)

    def clean(self, text: str) -> str:
        """The text as a terminal may show it: without the environment's secrets, and no one in it but test persons."""
        mask = identity.Mask(self.mask_key, self.environment.test_identities)
        return mask.text(hiding(self.environment.secrets)(text))


_LOOKS_EACH_SECONDS = 0.5

CAMPAIGN = pytest.StashKey[Campaign]()
RESULTS = pytest.StashKey[tuple[CaseResult, ...]]()
"""What a case came to, each attempt that a recording has of it; of one that was played, one."""
WHY = pytest.StashKey[Explanation]()
"""Why a case is red: the system deviates, the environment stood in the way, or something of ours broke."""


def begin(config: pytest.Config) -> None:
    """Read the environment file, in every process, before anything is collected."""
    path: Path = config.getoption("rivta_env")
    if is_worker(config):
        gc.set_threshold(*vars(config)["workerinput"]["rivta_gc"])
        SYSTEM.timer(0, partial(_end_with, os.getppid()))
    try:
        enough_can_be_opened()
        config.stash[CAMPAIGN] = _campaign(config, path)
    except RivtaError as mistake:
        if hindrance(mistake):
            pytest.exit(str(mistake), returncode=6)
        raise pytest.UsageError(str(mistake)) from None


def _campaign(config: pytest.Config, path: Path) -> Campaign:
    asked: int | None = config.getoption("rivta_overlap")
    if asked is not None and asked < 1:
        todo = "write 1 for one case after the other"
        raise UsageError(f"overlap “{asked}”: a whole number above zero is wanted", todo=todo)
    read = environment.read(path)
    told: dict[str, Any] = getattr(config, "workerinput", {})
    run = told.get("rivta_run") or new_name(SYSTEM)
    folder = told.get("rivta_folder") or config.getoption("rivta_report") or f"reports/{run}"
    identity.refuse_name("the run’s folder", str(folder), read.test_identities)
    papers = _papers(config, path)
    place = Path(folder).absolute()
    campaign = Campaign(
        environment=read,
        run=run,
        folder=place,
        transport=HttpTransport(read),
        mask_key=told.get("rivta_mask_key") or secrets.token_hex(16),
        papers=papers,
        bodies=evidence.RunBodies(place, read.secrets, told.get("workerid", OWN)),
        known=() if config.getoption("runxfail") else _known(papers, read),
        strict=bool(config.getoption("rivta_strict_deviations")),
        recording=replay.read(replayed) if (replayed := config.getoption("rivta_replay")) else None,
        seed=config.getoption("rivta_seed"),
    )
    return _with_parties(campaign, config)


def _with_parties(campaign: Campaign, config: pytest.Config) -> Campaign:
    """Who else takes part: the other party, who makes the system act, who looks on."""
    settings = campaign.environment
    if settings.listening is None:
        return replace(campaign, actor=_actor(settings))
    # On ports of their own every process has a journal of its own; the controller puts them together.
    told: dict[str, Any] = getattr(config, "workerinput", {})
    journal = campaign.folder / told.get("workerid", "")
    return replace(
        campaign,
        other_party=OtherParty(settings, settings.listening, campaign.mask_key, journal, _remote(told)),
        actor=_actor(settings),
        audience=Progress(config, campaign.clean),
        overlap=_overlap(config, settings.listening.overlap, campaign.clock),
    )


def _remote(told: Mapping[str, Any]) -> "RemoteCounterpart | None":
    if "rivta_counterpart" not in told:
        return None
    from rivta.counterpart.shared import RemoteCounterpart, SharedAddress  # noqa: PLC0415 - few runs have several processes

    return RemoteCounterpart(SharedAddress(*told["rivta_counterpart"]))


def _overlap(config: pytest.Config, most: int, clock: Clock) -> Overlap | None:
    """A pytest-xdist worker does not know what comes to it next, nor what others play."""
    asked: int | None = config.getoption("rivta_overlap")
    most = most if asked is None else asked
    return Overlap(most, clock) if most > 1 and not is_worker(config) else None


def _actor(settings: Environment) -> Actor | None:
    if settings.adapter is None:
        return None
    from rivta.run import adapter  # noqa: PLC0415 - a run without one need not wait for it

    return adapter.of(settings)


def _papers(config: pytest.Config, environment: Path) -> Papers:
    """What people wrote about this run, as the command line names it; known deviations lie beside the environment."""
    answers, known, previous = (config.getoption(f"rivta_{name}") for name in ("answers", "deviations", "previous"))
    beside = environment.parent / deviations.FILE
    return Papers(answers, known or (beside if beside.is_file() else None), previous)


def _known(papers: Papers, environment: Environment) -> tuple[KnownDeviation, ...]:
    known = deviations.read(papers.deviations) if papers.deviations else ()
    deviations.refuse_persons(known, environment.test_identities)
    return known


def _end_with(controller: int) -> None:
    """A pytest-xdist worker whose controller was killed plays on for nobody. What it kept is on disk."""
    while os.getppid() == controller:
        SYSTEM.sleep(_LOOKS_EACH_SECONDS)
    os._exit(1)


def check_papers(campaign: Campaign) -> None:
    """Read what only the report needs, so that a mistake in it is told before anything is sent."""
    if campaign.papers.answers:
        from rivta.declaration import answers  # noqa: PLC0415 - most runs have no answers and need not wait for their reader

        answers.read(campaign.papers.answers, test_identities=campaign.environment.test_identities)
    if campaign.papers.previous:
        evidence.read(campaign.papers.previous)


def check_forms(campaign: Campaign, domains: Iterable[Domain]) -> None:
    """Read the forms of the tested roles, and hold the answers against them, before anything is sent. Shipped forms without answers are sound."""
    domains = [each for each in domains if campaign.papers.answers or each.folder.parent != places.suites()]
    if not domains:
        return
    from rivta.declaration import answers, form  # noqa: PLC0415 - most runs need them at their end alone

    roles = campaign.environment.roles
    played = [(domain, role) for domain in domains for role in roles if role in domain.roles]
    forms = [each for domain, role in played for each in form.for_role(domain, role)]
    if campaign.papers.answers:
        answers.read(campaign.papers.answers, forms, test_identities=campaign.environment.test_identities)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a pytest-xdist worker which run it belongs to."""
    campaign = node.config.stash[CAMPAIGN]
    node.workerinput |= {"rivta_run": campaign.run, "rivta_folder": str(campaign.folder)}
    node.workerinput |= {"rivta_mask_key": campaign.mask_key, "rivta_gc": gc.get_threshold()}
    party = campaign.other_party
    if party is not None and party.is_on_one_port:
        node.workerinput["rivta_counterpart"] = tuple(party.place)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What a pytest-xdist worker has read it needs until its end: nobody need look through it for what can be thrown away."""
    if is_worker(session.config):
        gc.freeze()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a pytest-xdist worker: it plays cases, the controller records them."""
    return hasattr(config, "workerinput")


# A word in the terminal while a case waits for a call: what it waits for, for how long, and what is likely wrong


PATIENT_FOR = 2.0
"""Seconds of waiting that nobody needs to be told of."""
TOLD_EVERY = 30.0
"""Seconds until the same is told again: a log must not fill up with it."""


class Progress:
    """Who looks on in a terminal. Without a terminal, as in a pytest-xdist worker, nobody is told.

    `clean` takes out what must not be shown. Of several cases that watch at once it is told how many they are, and how long it is until
    the last of them is through.
    """

    def __init__(self, config: pytest.Config, clean: Callable[[str], str], clock: Clock = SYSTEM) -> None:
        self._config = config
        self._clean = clean
        self._clock = clock
        self._told: dict[int, tuple[float, str]] = {}
        """Of each case that waits, when it was told of and what was said to be wrong."""
        self._watching: dict[int, float] = {}
        """Until when each case watches, in monotonic seconds."""

    def begins(self, case: Case, fixed: Mapping[str, str]) -> None:  # noqa: ARG002 - an audience's signature
        """A case begins: nothing has been told of it."""
        self._forget(case)

    def played(self, case: Case, ran: Ran) -> None:  # noqa: ARG002 - an audience's signature
        self._forget(case)

    def _forget(self, case: Case) -> None:
        self._told.pop(id(case), None)
        self._watching.pop(id(case), None)

    is_paused = False

    def resumed(self) -> None:
        """Nothing is ever paused."""

    def waits(self, case: Case, step: int, waiting: Waiting) -> float:
        """A step waits: told after a moment, when there is something new to say, and now and then."""
        now, watches = self._clock.monotonic(), waiting.wanted.repeatedly
        if watches:
            self._watching[id(case)] = now + (waiting.within or 0) - waiting.seconds
        several = watches and len(self._watching) > 1
        diagnosis = waiting.diagnosis.en if waiting.diagnosis else ""
        at, said = self._told.get(id(self) if several else id(case), (0.0, ""))
        is_due = now >= at + TOLD_EVERY if at else waiting.seconds >= PATIENT_FOR
        if not is_due and diagnosis == said:
            return 0
        self._told[id(self) if several else id(case)] = now, diagnosis
        lines = diagnosis.splitlines()
        self._tell([self._all(now) if several else _line(case, step, waiting), *(f"    {part}" for part in lines)])
        return 0

    def _all(self, now: float) -> str:
        left = max(self._watching.values()) - now
        return f"{len(self._watching)} cases watch at once, the last for {spoken(max(left, 0.0)).en} more"

    def _tell(self, lines: list[str]) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        with self._uncaptured():
            terminal.ensure_newline()
            for line in lines:
                terminal.write_line(self._clean(line), yellow=True)

    def _uncaptured(self) -> AbstractContextManager[None]:
        """What the terminal reporter writes while pytest captures output."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is None:
            return nullcontext()
        return cast("AbstractContextManager[None]", capture.global_and_fixture_disabled())


def _line(case: Case, step: int, waiting: Waiting) -> str:
    place = f"step {step + 1} of {len(case.steps)}, " if len(case.steps) > 1 else ""
    action = "watches for" if waiting.wanted.repeatedly else "waits for"
    lasts = f"{waiting.seconds:.0f} of {waiting.within or 0:.3g} s"
    return f"{case.id}: {place}{action} {described(waiting.wanted)} ({lasts})"
