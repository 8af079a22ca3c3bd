"""What a suite says: its cases, and what they are made of."""

from collections.abc import Collection, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Literal

from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain, Requirement, contracts_of
from rivta.model.frozen import frozen
from rivta.model.load import Limit, LoadStage
from rivta.model.steps import Ask, Explore, Handshake, Send, Step, Watch, WithoutContract
from rivta.model.words import Source, Text, Value

CaseRole = Literal["producer", "consumer"]
"""The part that the system plays in a case: it is called, or it calls."""


@frozen
class Case:
    """One test case: what it verifies, what must be in the system first, and its steps.

    `contract` is the identity of the contract that it is about; of a scenario, that of its first step. A case about none has there
    what its suite is called, `domain/folder`.
    """

    id: str
    title: Text
    contract: str
    role: CaseRole
    verifies: tuple[str, ...]
    requires: tuple[str, ...]
    markers: tuple[str, ...]
    steps: tuple[Step, ...]
    source: Source

    @property
    def written(self) -> tuple[str, ...]:
        """The requirements that it, a step of it, or an expectation says that it verifies; each once."""
        steps = (id_ for step in self.steps if isinstance(step, Watch | Ask | Handshake) for id_ in step.verifies)
        twins = (id_ for step in self.steps if isinstance(step, Send) for id_ in step.proves)
        expected = (id_ for step in self.steps for each in step.expect for id_ in each.verifies)
        return tuple(dict.fromkeys((*self.verifies, *steps, *twins, *expected)))

    def sending(self, steps: tuple[Send, ...]) -> "Case":
        """The same case with these messages."""
        return replace(self, steps=steps)


@frozen
class Cell:
    """What a kind of message is answered in a state, and where that stands. `case` is the id of the case that tries it.

    An empty `case` is a cell that no case tries; `answer` says why then. `derived` says how the answer follows, where it does
    not stand in the source itself.
    """

    kind: str
    state: str
    answer: Text
    case: str = ""
    verifies: tuple[str, ...] = ()
    reference: str = ""
    derived: Text | None = None
    source: Source | None = None


@frozen
class Table:
    """Kinds of message by states, in the words of their file: a cell for each pair, row by row."""

    id: str
    title: Text
    kinds: Mapping[str, Text]
    states: Mapping[str, Text]
    cells: tuple[Cell, ...]

    def cell(self, kind: str, state: str) -> Cell:
        return next(each for each in self.cells if (each.kind, each.state) == (kind, state))


@frozen
class Samples:
    """What a suite says of changes made in a message, one at a time, by the contract's schema or by its rules.

    Of `answers` the message is the contract's response, and every sample a wrong one: what `refused` answers by `breaks-schema` is
    one of them in each case.

    `accepted` is the case of a changed message that is to be accepted, without the change; `refused` that of one that is not. `number` of
    them are tried in a run, and always all of the kinds, or rules, in `every`. What the XPaths in `but` find has a value that
    the system's business judges, each with the reason: nothing but what is wrong is tried there.
    """

    id: str
    of: Literal["schema", "rules", "answers"]
    accepted: Case
    refused: Case
    number: int
    every: frozenset[str]
    but: Mapping[str, str]
    source: Source


@frozen
class Load:
    """What many users at a time send, and what the answers are held to. The steps of `case` are their messages, sent in turn.

    `pause` is how long a user waits from an answer to its next call, `probe` how often it is asked beside the load whether the system
    is available, both in seconds. Of `share` percent of the answers every check is made. `same_size`: the answers to one
    message are to be of the same size each time.
    """

    case: Case
    stages: tuple[LoadStage, ...]
    limits: tuple[Limit, ...]
    pause: float = 0.0
    share: float = 5.0
    same_size: bool = False
    probe: float | None = None

    @property
    def timed(self) -> tuple[Limit, ...]:
        """Its limits on time."""
        return tuple(each for each in self.limits if each.kind == "within")

    @property
    def verified(self) -> tuple[str, ...]:
        """The requirements that it says it verifies, or a limit of it; each once."""
        return tuple(dict.fromkeys((*self.case.verifies, *(id_ for each in self.limits for id_ in each.verifies))))


@frozen
class Suite:
    """The cases of one file. `party` is the role that a scenario, or a suite without a contract, tests (`borrower`); None in a contract's
    own suite.

    `domain` is that of the folder. `others` are those that its steps take contracts from besides.
    """

    path: Path
    domain: Domain
    title: Text
    data: Mapping[str, Value]
    cases: tuple[Case, ...]
    digest: str
    party: str | None = None
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """The prefixes that its XPath expressions may use."""
    others: tuple[Domain, ...] = ()
    table: Table | None = None
    """What its cases were made of, where that is a table."""
    samples: tuple[Samples, ...] = ()
    """What more cases are made of when it is known how many are to be tried: `run.samples`."""
    loads: tuple[Load, ...] = ()
    """What `rivta load` plays; a run does not."""

    @property
    def domains(self) -> tuple[Domain, ...]:
        """All that its steps take contracts from, the folder's first."""
        return (self.domain, *self.others)

    def domain_of(self, contract: str) -> Domain:
        """The domain of a contract that a step names by identity."""
        name = contract.partition("/")[0]
        return next(each for each in self.domains if each.name == name)

    def contract(self, contract: str) -> Contract:
        """The contract that a step names by identity."""
        return self.domain_of(contract).contracts[contract]

    @property
    def contracts(self) -> Contracts[Contract]:
        """Those of all its domains."""
        return contracts_of(self.domains) if self.others else self.domain.contracts

    def called(self, contract: str) -> str:
        """What people call a contract of a step: the shortest word that means no other of these domains."""
        return self.contracts.shown(contract)

    @property
    def requirements(self) -> dict[str, Requirement]:
        """What its cases may verify: requirements of the folder's domain by id, those of the others by `domain/id`."""
        others = {f"{each.name}/{id_}": one for each in self.others for id_, one in each.requirements.items()}
        return {**others, **self.domain.requirements}

    def unwritten(self, step: Step) -> dict[str, str]:
        """The checks that a step goes through without their being written, each with the requirement that it proves.

        They are those of the contract's own domain.
        """
        if isinstance(step, Explore):
            return {name: self.domain.every_case[name] for name in step.properties}
        if isinstance(step, WithoutContract):
            return {}
        domain = self.domain_of(step.contract)
        before = "" if domain.name == self.domain.name else f"{domain.name}/"
        kinds = domain.every_case if isinstance(step, Send) else domain.every_received
        return {kind: before + id_ for kind, id_ in kinds.items() if kind not in step.off}

    def concerns(self, case: Case, roles: Collection[str]) -> bool:
        """Whether a case of it tests who plays these roles: the party of a scenario, else who produces or consumes the case's contract."""
        if self.party:
            return self.party in roles
        mine = (self.domain.roles[name] for name in roles if name in self.domain.roles)
        return any(case.contract in (role.consumes if case.role == "consumer" else role.produces) for role in mine)

    def proves(self, case: Case) -> tuple[str, ...]:
        """Everything that a case verifies, written or not; each once."""
        unwritten = (id_ for step in case.steps for id_ in self.unwritten(step).values())
        return tuple(dict.fromkeys((*case.written, *unwritten)))
