"""What the cases of a run share: the environment, the way to the system, where the evidence goes."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from rivta.plugin.options import by_controller, is_worker
from rivta.plugin.otherparty import OtherParty
from rivta.plugin.progress import Progress
from rivta.run import (
    Actor,
    Audience,
    Overlap,
    Stage,
    replay_case,
    run_case,
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
        stage, party = self.stage(suite), self.other_party if waits_for_calls(case) else None
        with party.turn(claims(case, stage)) if party else nullcontext():
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


CAMPAIGN = pytest.StashKey[Campaign]()


def begin(config: pytest.Config) -> None:
    """Read the environment file, in every process, before anything is collected."""
    path: Path = config.getoption("rivta_env")
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
    told = by_controller(config)
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
        recording=_recording(config.getoption("rivta_replay")),
        seed=config.getoption("rivta_seed"),
    )
    return _with_parties(campaign, config)


def _recording(folder: Path | None) -> Run | None:
    if folder is None:
        return None
    from rivta.run import recording  # noqa: PLC0415 - a run that is none of a recording need not wait for what holds it against its seal

    return recording.read(folder)


def _with_parties(campaign: Campaign, config: pytest.Config) -> Campaign:
    """Who else takes part: the other party, who makes the system act, who looks on."""
    settings = campaign.environment
    if settings.listening is None:
        return replace(campaign, actor=_actor(settings))
    # On ports of their own every process has a journal of its own; the controller puts them together.
    told = by_controller(config)
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
