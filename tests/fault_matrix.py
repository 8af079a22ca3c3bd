"""A domain's suites and scenarios, played in process against its simulator with a named fault: which cases turn red, and which should.

A sound system that observes tells which faults would have changed something in a case. Nothing else can turn that case red, so each
fault is played on exactly the cases that it touches.
"""

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zlib import crc32

from in_process import Bench
from rivta import suite
from rivta.check import vocabulary
from rivta.model.case import Case, Suite
from rivta.model.domain import Domain
from rivta.model.run import CaseResult
from rivta.model.steps import Ask, Receive, Send, Watch
from rivta.model.words import Verdict
from rivta.run.opening import planned_case
from rivta.run.samples import Choice
from rivta.simulator import Fault, Simulator
from thorough import THOROUGH

RED = (Verdict.FAILED, Verdict.BLOCKED, Verdict.ERROR)
SAMPLES = Choice()
"""The samples of schemas and rules that a run tries where nobody asks for more."""
USUALLY = 20 if THOROUGH else 2
"""Cases that a fault is tried on of those that it should turn red, and half as many of those that it touches besides; with
RIVTA_FAULTS=all it is tried on every one that it touches."""


@dataclass(frozen=True)
class Sound:
    """A case on a sound system: its verdict, the requirements that it proves, the faults that would have changed something."""

    verdict: Verdict
    proven: AbstractSet[str]
    touched: AbstractSet[str]

    @classmethod
    def of(cls, result: CaseResult, system: Simulator) -> "Sound":
        proven = {id_ for check in result.checks if check.verdict is Verdict.PASSED for id_ in check.verifies}
        return cls(result.verdict, proven, system.touched)


@dataclass(frozen=True)
class Matrix:
    """Faults by cases, of one domain. `scenarios` is the folder with those of the domain, `only` the folders of the contracts that are
    played, if not all are.
    """

    bench: Bench
    scenarios: Path
    only: tuple[str, ...] = ()

    @property
    def domain(self) -> Domain:
        return self.bench.simulated.domain

    @property
    def faults(self) -> Mapping[str, Fault]:
        return self.bench.simulated.faults

    @cached_property
    def cases(self) -> Mapping[str, tuple[Case, Suite]]:
        """Every case, by what it is called in a run."""
        parts = ("producer", "consumer")
        folders = self.only or ("*",)
        paths = [
            path
            for part in parts
            for each in folders
            for path in sorted(self.domain.folder.glob(f"{each}/{part}.yaml"))
        ]
        paths += sorted(self.scenarios.glob("*.yaml"))
        data = self.bench.settings.test_data
        settings = self.bench.settings
        read = [SAMPLES.with_samples(suite.read(path, self.domain, vocabulary(), data), settings) for path in paths]
        return {planned_case(each, case).key: (case, each) for each in read for case in each.cases}

    @cached_property
    def sound(self) -> Mapping[str, "Sound"]:
        """What each case came to on a sound system."""
        plays = {key: self.bench.observed(*pair, observing=True) for key, pair in self.cases.items()}
        return {key: Sound.of(result, system) for key, (result, system) in plays.items()}

    def concerns(self, requirement: str) -> bool:
        """Whether it is of a contract that is played, or of every one."""
        reference = self.bench.simulated.reference
        played = {each.partition(".")[0] for each in self.only}
        others = (each for each in self.domain.contracts.values() if played and each.name not in played)
        return not requirement.startswith(tuple(f"{reference.code(each)}-" for each in others))

    def touched(self, fault: str) -> set[str]:
        """The cases in which the fault changes something."""
        return {key for key, sound in self.sound.items() if fault in sound.touched}

    def played(self, fault: str, usually: int = USUALLY) -> set[str]:
        """The cases that it is tried on: those that it touches, or where they are many some that should turn red and some that should not.

        Which, the names decide: the same each time, and others for the next fault. Samples come last: a fault need not show in each.
        """
        touched = self.touched(fault)
        if os.environ.get("RIVTA_FAULTS") == "all":
            return touched
        drawn = sorted(touched, key=lambda key: (self.is_sample(key), crc32(f"{fault} {key}".encode())))
        verify = self.verify(fault)
        return {
            *[key for key in drawn if key in verify][:usually],
            *[key for key in drawn if key not in verify][: -(-usually // 2)],
        }

    def verify(self, fault: str) -> set[str]:
        """The cases that prove, on a sound system, one of the requirements that the fault breaks."""
        broken = set(self.faults[fault].breaks)
        return {key for key, sound in self.sound.items() if broken & sound.proven}

    def is_sample(self, key: str) -> bool:
        """Whether a case is one of many that a general requirement has: a fault may break that requirement and not this case."""
        return any(isinstance(step, Send) and step.edits for step in self.cases[key][0].steps)

    def red(self, fault: str, keys: AbstractSet[str]) -> set[str]:
        """Those of the cases that turn red on a system with that fault."""
        return {key for key in keys if self.bench.play(*self.cases[key], (fault,)).verdict in RED}

    def is_caught(self, fault: str) -> bool:
        """Whether exactly those cases turn red that prove what it breaks, or prove nothing any more. Of the samples of a general requirement
        some may see nothing of it.
        """
        played = self.played(fault)
        verdicts = {key: self.bench.play(*self.cases[key], (fault,)).verdict for key in played}
        wanted = self.verify(fault) & played
        missed = {key for key in wanted if verdicts[key] is Verdict.PASSED and not self.is_sample(key)}
        return not missed and {key for key in played if verdicts[key] in RED} <= wanted

    def shown(self, key: str) -> str:
        """A case's key with its contract as people call it."""
        contracts = self.domain.contracts
        identity = next(each for each in contracts if key.startswith(f"{each}/"))
        return contracts.shown(identity) + key.removeprefix(identity)


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
    unwritten |= set(getattr(step, "proves", ()))
    return unwritten | {id_ for one in expect for id_ in one.verifies}
