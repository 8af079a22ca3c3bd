"""What came of a run: findings, checks and cases, and the evidence that holds them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cache
from itertools import chain
from pathlib import Path, PurePath

from rivta.model.case import Table
from rivta.model.contracts import Contracts
from rivta.model.domain import ContractFacts, DomainFacts
from rivta.model.environment import System
from rivta.model.exchange import Exchange, Message
from rivta.model.frozen import frozen
from rivta.model.load import Measured
from rivta.model.words import Direction, Moment, Source, Text, Verdict


@frozen
class Finding:
    """One thing that is not as it should be: what, where in which message, and what was expected there."""

    message: Text
    direction: Direction = Direction.RESPONSE
    location: str = ""
    line: int | None = None
    expected: str = ""
    actual: str = ""
    rule: str = ""
    record: str = ""
    """The id of the record of an answer that is meant."""


@frozen
class CheckResult:
    """What one check came to. `expected` and `actual` are kept when it passes too: they show what was proven.

    `exchange` is the index, within the case, of the exchange that was looked at, `step` that of the step, both from 0. `by`
    is the person who gave a manual verdict, `asked` the question that it answers.
    """

    kind: str
    verdict: Verdict
    verifies: tuple[str, ...]
    expected: str = ""
    actual: str = ""
    findings: tuple[Finding, ...] = ()
    note: Text | None = None
    source: Source | None = None
    exchange: int = 0
    step: int = 0
    by: str = ""
    asked: Text | None = None


@frozen
class Superseding:
    """That a case was played again because the attempt of that number, from 1, went wrong: who says so, and why.

    That attempt stays in the evidence, and no longer counts.
    """

    attempt: int
    by: str
    reason: str


@frozen
class CaseResult:
    """A case that was run, or that could not be: its verdict, its checks and its exchanges.

    `contract` is an identity; in a run that was read back, the word that people use for it there. Of `verifies`, here and in
    its checks, a requirement of another domain than the case's own is written `domain/id`.
    """

    case: str
    title: Text
    domain: str
    contract: str
    role: str
    suite: str
    verdict: Verdict
    verifies: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    exchanges: tuple[Exchange, ...]
    started: Moment
    elapsed_ms: float
    source: Source
    reason: Text | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    """The values that the run itself gave to the case (`unique`, `now.timestamp`), so that it can be played again."""
    supersedes: Superseding | None = None
    beside: tuple[str, ...] = ()
    """The keys of the cases that were under way at any time while it was."""
    load: Measured | None = None
    """What was measured, of a load case; its exchanges are then examples of what came."""

    @property
    def key(self) -> str:
        """What names the case, the same in every run: the contract, and `1.2` or `consumer/1.2`."""
        return case_key(self.contract, self.suite, self.case)

    def shares(self, source: Source) -> bool:
        """Whether what is written there is not in the case itself: an expectation that several cases have in common."""
        return source.path != self.source.path or source.line < self.source.line


@frozen
class Attachment:
    """A file that a person put to a note: its name, its type (`image/png`) and what is in it."""

    name: str
    type: str
    body: bytes = field(repr=False)


@frozen
class Note:
    """What a person has to say to whoever reviews a case: of a step, counted from 0, or of an exchange of the case.

    With `received` it is about the call that came at that moment, whoever took it: it has no case then.
    """

    at: Moment
    by: str
    text: str
    suite: str
    case: str
    attempt: int
    step: int
    exchange: int | None = None
    files: tuple[Attachment, ...] = ()
    received: Moment = ""


MOST_STRAYS = 200
"""How many calls that no case asked for are held against the checks and told, the first ones; all are in the journal of received calls."""


@frozen
class Stray:
    """A call that no case asked for, with what the checks of every received message say of it."""

    exchange: Exchange
    contract: str
    address: str
    checks: tuple[CheckResult, ...]
    reason: Text
    """Why no case took it."""


@frozen
class PlannedCase:
    """A case that the run set out to do, so that a run that was cut short can say what is missing."""

    case: str
    title: Text
    contract: str
    role: str
    suite: str
    verifies: tuple[str, ...]
    domain: str = ""
    """The domain of its suite; empty in evidence that does not say so."""

    @property
    def key(self) -> str:
        """What names the case, the same in every run: the contract, and `1.2` or `consumer/1.2`."""
        return case_key(self.contract, self.suite, self.case)


def case_key(contract: str, suite: str, case: str) -> str:
    """The ids of cases repeat from one contract to the next. A suite file that is not the contract's `producer.yaml` is
    named too (`RegisterLoan/consumer/1.2`), unless the case is named like the file (`RegisterLoan/renewed`).
    """
    file = _stem(suite)
    middle = () if file in ("producer", case) else (file,)
    return "/".join((contract, *middle, case))


@cache
def _stem(suite: str) -> str:
    """A report asks for the key of each case 40 times."""
    return PurePath(suite).stem


@frozen
class Change:
    """Something that is another from a time on (`at`, in UTC), in a run that was left and taken up again; empty where it is not there."""

    at: Moment
    name: str
    before: str
    after: str


@frozen
class SamplesTried:
    """How many of the samples that schema and rules give a run set out to try, and the seed that they were drawn by."""

    tried: int
    total: int
    seed: int
    is_all: bool = False


@frozen
class RunHeader:
    """The first line of the evidence: what was tested, with what, where."""

    run: str
    started: Moment
    rivta: str
    python: str
    system: System
    roles: tuple[str, ...]
    environment: Mapping[str, str]
    """The environment without secrets: endpoint URLs, addresses, time limits, which TLS files were named."""
    domains: tuple[DomainFacts, ...]
    suites: Mapping[str, str]
    """Suite path → SHA-256."""
    planned: tuple[PlannedCase, ...]
    test_identities: tuple[str, ...]
    mask_key: str = field(repr=False)
    selection: str = ""
    """What narrowed the run to some of its cases, in words; empty when all were meant to run."""
    changes: tuple[Change, ...] = ()
    """What became another each time that the run was taken up again, in order: read from lines of their own."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """Suite path → the table that its cases were made of, where there is one."""
    samples: SamplesTried | None = None
    """None where no suite asks for any."""
    repository: str = ""
    """The folder of the repository that the suites lie in; empty where they lie in none, or in one that is not known."""

    @property
    def contracts(self) -> Contracts[ContractFacts]:
        """The contracts of its domains, by identity and by every word that means one of them."""
        return Contracts(contract for domain in self.domains for contract in domain.contracts)


@frozen
class RunFooter:
    """The last line: the run ended by itself. Without it the evidence is truncated."""

    ended: Moment
    verdicts: Mapping[str, int]


@frozen
class Run:
    """A run read back from its evidence."""

    folder: Path
    header: RunHeader
    results: tuple[CaseResult, ...]
    footer: RunFooter | None
    damage: tuple[str, ...] = ()
    """Lines that could not be read, in words; empty in a sound file."""
    masked: tuple[str, ...] = ()
    """A token for each person who was seen, is no test person, and is masked."""
    doubtful: tuple[str, ...] = ()
    """The cases, by key, that show a number which may be a person's and may be something else; known once the run is masked."""
    veiled: tuple[str, ...] = ()
    """Elements whose text a report is to hide as well as identities; empty unless that was asked for."""
    strays: tuple[Stray, ...] = ()
    notes: tuple[Note, ...] = ()
    without_messages: bool = False
    """Whether all of its messages are elsewhere, as in an archive that was packed without them."""

    @property
    def messages(self) -> Iterator[Message]:
        """All of them, in the order of its results and of its strays."""
        exchanges = chain(
            (each for one in self.results for each in one.exchanges), (each.exchange for each in self.strays)
        )
        yield from (message for each in exchanges for message in each.messages.values())

    @property
    def counted(self) -> tuple[CaseResult, ...]:
        """The results that count: all but those that a later attempt at the same case supersedes."""
        gone = superseded(self.results)
        return tuple(result for result in self.results if id(result) not in gone)

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        """Each case once, as the worst of its attempts that count has it. It has several where it was tried again."""
        found: dict[tuple[str, str], CaseResult] = {}
        for result in self.counted:
            known = found.setdefault((result.suite, result.case), result)
            if result.verdict > known.verdict:
                found[result.suite, result.case] = result
        return tuple(found.values())


def numbered(results: Iterable[CaseResult]) -> tuple[int, ...]:
    """Which attempt at its case each result is, from 1."""
    seen: Counter[tuple[str, str]] = Counter()
    numbers = []
    for each in results:
        seen[each.suite, each.case] += 1
        numbers.append(seen[each.suite, each.case])
    return tuple(numbers)


def superseded(results: Iterable[CaseResult]) -> dict[int, CaseResult]:
    """Of the results that a later attempt at the same case supersedes, by their `id`, the attempt that does."""
    attempts: dict[tuple[str, str], list[CaseResult]] = {}
    gone: dict[int, CaseResult] = {}
    for result in results:
        earlier = attempts.setdefault((result.suite, result.case), [])
        if result.supersedes and 0 < result.supersedes.attempt <= len(earlier):
            gone[id(earlier[result.supersedes.attempt - 1])] = result
        earlier.append(result)
    return gone


@frozen
class Papers:
    """What people wrote about a run, and the run before it, by file. None: there is no such paper."""

    answers: Path | None = None
    deviations: Path | None = None
    previous: Path | None = None
