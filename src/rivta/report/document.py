"""The form of `declaration.json`, said once: what is written follows from these types, and its JSON Schema too.

What the model says just so is written as it is: texts, findings, problems, the system.

Fields may be added within a version; one that is removed, renamed or given another meaning makes a new version.
"""

from typing import Annotated, Final, Literal, TypedDict

from rivta.model.environment import System
from rivta.model.exchange import Problem
from rivta.model.run import Finding
from rivta.model.words import Text
from rivta.report.jsonform import Note

FORMAT: Final = "rivta-declaration"
VERSION: Final = 1


VerdictWord = Literal["not-applicable", "passed", "manual", "not-proven", "blocked", "error", "failed"]
Digest = Annotated[str, Note("a SHA-256 in hex", pattern="^[0-9a-f]{64}$")]
Moment = Annotated[str, Note("a time in UTC, ISO 8601")]
Count = Annotated[int, Note(minimum=0)]
Milliseconds = Annotated[float, Note(minimum=0)]
CaseKey = Annotated[str, Note("a case's key, such as RegisterLoan/1.2")]


class PlaceJson(TypedDict):
    """Where something is written; lines and columns count from 1."""

    path: str
    line: Count
    column: Count


class ContractJson(TypedDict):
    """A service contract, and the SHA-256 over the schema set that was tested against."""

    id: Annotated[str, Note("what it is known by: domain/Name@major")]
    word: Annotated[str, Note("what this document calls it elsewhere: its name, or a longer word where two share that")]
    name: str
    version: str
    title: Text
    origin: Annotated[str, Note("official, or our own restatement")]
    digest: Digest
    soap_action: str
    max_ms: Annotated[int, Note("the contract's response time in ms")]


class DomainJson(TypedDict):
    """A service domain."""

    name: str
    version: str
    title: Text
    contracts: list[ContractJson]


class HeaderJson(TypedDict):
    """What was tested, with what, when. `ended` is null when the run was cut short."""

    run: str
    started: Moment
    ended: Moment | None
    rivta: Annotated[str, Note("the version of rivta")]
    python: str
    system: System
    roles: list[str]
    domains: list[DomainJson]
    environment: dict[str, str]
    suites: Annotated[dict[str, str], Note("suite path to SHA-256")]
    test_identities: list[str]
    masked: Annotated[list[str], Note("a token for each person who was seen and is no test person")]
    damage: Annotated[list[str], Note("what of the evidence could not be read")]


class ProofJson(TypedDict):
    """A check that speaks of a requirement: `check` is its place, from 0, among the case's checks."""

    case: CaseKey
    check: Count
    verdict: VerdictWord


class RequirementJson(TypedDict):
    """A requirement, what it came to, and what proves it. The verdict is the worst that was seen."""

    domain: str
    id: str
    text: Text
    level: Literal["must", "should", "may"]
    reference: Annotated[str, Note("the document and section that demands it")]
    verdict: VerdictWord
    not_tested: Annotated[Text | None, Note("why no case can test it")]
    derived: Annotated[Text | None, Note("how it follows from the source, where it does not stand there itself")]
    cases: list[CaseKey]
    evidence: list[ProofJson]


class CheckJson(TypedDict):
    """What one check came to. `exchange` is the place, from 0, of the exchange that was looked at, `step` that of the step.

    `by` is who answered, in a check of kind `manual`: the verdict is that person's.
    """

    kind: str
    verdict: VerdictWord
    verifies: list[str]
    expected: str
    actual: str
    note: Text | None
    source: PlaceJson | None
    exchange: Count
    step: Count
    by: str
    asked: Annotated[Text | None, Note("the question that a manual verdict answers")]
    findings: list[Finding]


class ExchangeJson(TypedDict):
    """One call. The messages are named by the SHA-256 of what was on the wire, before any masking.

    `inbound`: the system called us, so the request is its message and the response ours. `request` is null where a call was
    waited for and never came.
    """

    inbound: bool
    step: Annotated[int, Note("the place of the case's step, from 0", minimum=0)]
    contract: str
    url: str
    started: Moment
    elapsed_ms: Milliseconds
    status: int | None
    request: Digest | None
    response: Digest | None
    problem: Problem | None


class CaseJson(TypedDict):
    """A case that was run, or that could not be."""

    key: CaseKey
    id: str
    title: Text
    domain: str
    contract: str
    role: str
    suite: str
    verdict: VerdictWord
    reason: Text | None
    verifies: list[str]
    started: Moment
    elapsed_ms: Milliseconds
    source: PlaceJson
    checks: list[CheckJson]
    exchanges: list[ExchangeJson]


class StrayJson(TypedDict):
    """A call from the system that no case asked for. It counts for no requirement."""

    contract: str
    address: Annotated[str, Note("the logical address that was called")]
    verdict: VerdictWord
    reason: Annotated[Text, Note("why no case took it")]
    checks: list[CheckJson]
    exchange: ExchangeJson


class ElementJson(TypedDict):
    """An element or attribute and in how many messages it was. `least` and `most` are the schema's.

    Both are null where the schema has no such element; `most` alone is null where it may stand any number of times.
    """

    path: Annotated[str, Note("local names from the root, an attribute's own behind an @")]
    least: Count | None
    most: Count | None
    messages: Count
    codes: Annotated[dict[str, int], Note("the codes that were seen in it, each with in how many messages")]


class CoverageJson(TypedDict):
    """What the messages of one contract, in one direction, exercised."""

    contract: str
    inbound: Annotated[bool, Note("in the calls that the system made to us, not in those that we made")]
    direction: Literal["request", "response"]
    by_system: Annotated[bool, Note("the messages are the system's own")]
    messages: Count
    identities: Annotated[dict[str, int], Note("kinds of identity, each with in how many messages")]
    elements: list[ElementJson]


class DeviationJson(TypedDict):
    """A known deviation, as it is registered. Empty texts and lists were left out of the file."""

    id: str
    kind: Literal["stopping", "must-fix", "approved"]
    requirement: str
    case: str
    reference: str
    rationale: str
    products: list[str]
    versions: list[str]
    fix_by: Annotated[str, Note("a date, or empty", pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
    decided_by: str


class KnownJson(TypedDict):
    """A known deviation that occurs, and the cases in which it does."""

    deviation: DeviationJson
    cases: list[CaseKey]


class DeviationsJson(TypedDict):
    """The run's deviations held against the known ones. `new` are the cases with something that is not known."""

    known: list[KnownJson]
    new: list[CaseKey]
    gone: list[DeviationJson]
    overdue: list[DeviationJson]
    unmatched: list[DeviationJson]


class TimesJson(TypedDict):
    """A contract's response times in ms."""

    contract: str
    replies: Count
    median_ms: Milliseconds
    p95_ms: Milliseconds
    longest_ms: Milliseconds
    limit_ms: Milliseconds
    over_limit: Count


class FiguresJson(TypedDict):
    """Counts and times."""

    requirements: Annotated[dict[VerdictWord, int], Note("how many requirements came to each verdict")]
    cases: Annotated[dict[VerdictWord, int], Note("how many cases came to each verdict")]
    response_times: list[TimesJson]


class DocumentJson(TypedDict):
    """A self-declaration made by rivta. A deviation is information for a decision, not the decision."""

    format: Annotated[str, Note(const=FORMAT)]
    version: Annotated[int, Note(const=VERSION)]
    outcome: Literal["conforms", "deviates", "environment", "error", "nothing"]
    header: HeaderJson
    requirements: list[RequirementJson]
    cases: list[CaseJson]
    strays: list[StrayJson]
    coverage: list[CoverageJson]
    not_run: Annotated[list[CaseKey], Note("cases that were planned and have no result")]
    deviations: Annotated[DeviationsJson | None, Note("null when the run was not held against known ones")]
    figures: FiguresJson
