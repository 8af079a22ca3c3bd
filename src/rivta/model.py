"""The nouns of a conformance run: frozen values that every storey above speaks in.

Nothing here reads, sends or decides; the only rules that live here are the ones that the words themselves carry, such as
how a verdict is rolled up. Standard library only. Times are UTC in ISO 8601, durations are milliseconds, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path, PurePath
from typing import Literal

Lang = Literal["sv", "en"]
Headers = tuple[tuple[str, str], ...]
Value = str | int | bool | None | list["Value"] | dict[str, "Value"]
"""Test data as it was written: text, nested mappings and lists. Text may still hold `${…}` placeholders."""


class Verdict(IntEnum):
    """What a check, a case or a requirement came to. The order is the roll-up rule: a parent takes the worst child.

    A deviation that was seen stays a deviation whatever else went wrong, so FAILED is the last.
    """

    NOT_APPLICABLE = 0
    """Does not concern this system, with a reason and a name behind it."""
    PASSED = 1
    MANUAL = 2
    """Waits for, or was given by, a human."""
    NOT_PROVEN = 3
    """Nothing was checked, so nothing is known. Never a pass."""
    BLOCKED = 4
    """The environment stood in the way: no connection, no certificate, refused before it was sent."""
    ERROR = 5
    """Our own fault: a check or a rule broke. The requirement is not proven."""
    FAILED = 6
    """The system deviates: a finding, or a reply that cannot be read."""

    @classmethod
    def of(cls, children: Iterable[Verdict]) -> Verdict:
        """The worst of the children; of none, NOT_PROVEN."""
        return max(children, default=cls.NOT_PROVEN)


class Level(StrEnum):
    """How binding a requirement is."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Direction(StrEnum):
    """Which of an exchange's two messages is meant."""

    REQUEST = "request"
    RESPONSE = "response"


class Blame(StrEnum):
    """Whose fault a missing or unreadable reply is."""

    SYSTEM = "system"
    ENVIRONMENT = "environment"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was written: a file, a line and column counted from 1, and the line's text for a caret."""

    path: str
    line: int = 1
    column: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Text:
    """What people read, in the report's two languages."""

    sv: str
    en: str

    @classmethod
    def same(cls, text: str) -> Text:
        """Text that reads the same in both languages: a name, a value, a library's own words."""
        return cls(text, text)

    def in_(self, lang: Lang) -> str:
        """The text in one language."""
        return self.sv if lang == "sv" else self.en


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a contract demands. `reference` names the document and section; `not_tested` says why no case proves it."""

    id: str
    text: Text
    level: Level
    reference: str
    not_tested: Text | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Precondition:
    """Something that must be in the system before a case can run, and the test data that says where it is."""

    id: str
    text: Text
    data: tuple[str, ...]
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A part that a system plays in a domain: the contracts it produces (answers) and consumes (calls)."""

    name: str
    title: Text
    produces: tuple[str, ...]
    consumes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """One service contract: what is on the wire, and the files that define it.

    `namespace` is that of the body's root element. `rules` are Schematron files by direction. `max_ms` is the contract's
    response time. `digest` is the SHA-256 over the schema set; `origin` tells our restatement from the official package.
    """

    domain: str
    name: str
    version: str
    title: Text
    namespace: str
    soap_action: str
    request_root: str
    response_root: str
    wsdl: Path
    rules: Mapping[Direction, Path]
    max_ms: int
    origin: Literal["restatement", "official"]
    digest: str


@dataclass(frozen=True, slots=True)
class Domain:
    """A service domain (tjänstedomän): its contracts, roles and requirements, and the documents they come from."""

    name: str
    version: str
    title: Text
    folder: Path
    contracts: Mapping[str, Contract]
    roles: Mapping[str, Role]
    requirements: Mapping[str, Requirement]
    preconditions: Mapping[str, Precondition]
    every_case: Mapping[str, str]
    """The checks that run without being written, each with the requirement it proves (`schema` → `GEN-SCHEMA`)."""
    sources: Mapping[str, Text]
    personal: tuple[str, ...] = ()
    """Elements, by local name, that hold names, addresses or free text about a patient."""
    every_received: Mapping[str, str] = field(default_factory=dict)
    """The checks that run on every message received without being written, each with the requirement it proves."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What a message of the domain is known by (`patient`, `request-id`, `kind`): XPath into the whole envelope."""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """The prefixes that `facts` use."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing a case expects: a kind of check and its arguments. `verifies` narrows the case's own list when not empty."""

    kind: str
    args: Mapping[str, object]
    source: Source
    verifies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """One message to send, and what is expected of the answer.

    `contract` names the service contract called. `data` is the step's own test data, over the suite's and the
    environment's. `to` overrides the endpoint's logical address. `capture` maps a name to an XPath in the response.
    `off` names the checks that every case runs and this one does not, with the reason.
    """

    contract: str
    template: Path
    data: Mapping[str, Value]
    expect: tuple[Expectation, ...]
    source: Source
    to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    capture: Mapping[str, str] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doing:
    """What the system under test is to do now: in words for a person, as an action with data for an adapter."""

    text: Text
    action: str
    data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the counterpart answers a call.

    `error` and `sub` are errorCode and subCode of an `error`. `code` is the faultcode of a `fault` (Client, Server) or the
    platform's own code (VP001 to VP015) of a `platform` fault. `delay_ms` passes before the answer is given. `silence`
    never answers, `reset` breaks the connection, `html` is HTTP 500 with a page.
    """

    kind: Literal[
        "ok", "info", "error", "fault", "platform", "html", "invalid-xml", "breaks-schema", "silence", "reset"
    ] = "ok"
    error: str = ""
    sub: str = ""
    code: str = ""
    text: str = ""
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class Receive:
    """A call that the system under test is to make, how we answer it, and what is expected of its message.

    `when` says which call is meant: `address` (the logical address) or one of the domain's facts, each with the text that
    it must have. `do` is None where the call follows by itself from what was done before. `within` is how long we wait, in
    seconds. `capture` maps a name to an XPath in the message received.
    """

    contract: str
    when: Mapping[str, str]
    do: Doing | None
    answer: Behaviour
    within: float
    expect: tuple[Expectation, ...]
    source: Source
    capture: Mapping[str, str] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """What the system does next, over time: how many more calls of this kind it makes, and how far apart.

    `seconds` is how long we look, `apart` the least time between our answer and the next call; both in the system's own
    time, which the environment may compress by a factor. `most` is how many more calls are allowed, None any number.
    `do`, if any, is tried by the system meanwhile.
    """

    contract: str
    when: Mapping[str, str]
    seconds: float
    most: int | None
    apart: float | None
    answer: Behaviour
    source: Source
    do: Doing | None = None
    expect: tuple[Expectation, ...] = ()
    verifies: tuple[str, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that only who sits at the system can see. Answered yes, no or not applicable, with a name and a note."""

    text: Text
    action: str
    source: Source
    data: Mapping[str, Value] = field(default_factory=dict)
    verifies: tuple[str, ...] = ()
    expect: tuple[Expectation, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)


Step = Send | Receive | Watch | Ask


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: what it verifies, what must be in the system first, and its steps."""

    id: str
    title: Text
    contract: str
    role: Literal["producer", "consumer"]
    verifies: tuple[str, ...]
    requires: tuple[str, ...]
    markers: tuple[str, ...]
    steps: tuple[Step, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one file. `party` is the role a scenario tests (`remittent`); None in a contract's own suite."""

    path: Path
    domain: Domain
    title: Text
    data: Mapping[str, Value]
    cases: tuple[Case, ...]
    digest: str
    party: str | None = None
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """The prefixes that its XPath expressions may use."""


@dataclass(frozen=True, slots=True)
class System:
    """The system under test, as the declaration names it."""

    organisation: str
    product: str
    version: str
    organisation_number: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one contract is answered: the URL, and the HSA-id of the addressed unit."""

    contract: str
    url: str
    logical_address: str


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Our function certificate and key, and the authorities that we trust. PEM files."""

    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StandingAnswer:
    """How calls are answered that no running case waits for. `when` is as in `Receive`; no `contract` means any."""

    when: Mapping[str, str]
    answer: Behaviour
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how the counterpart listens, for the system under test to call.

    Port 0 is any free one. With a `certificate` in `tls` it speaks TLS; with `ca` it asks for the caller's certificate and
    says as a finding if none was shown. `url` is how the system reaches us when that is not host and port (a proxy).
    `addresses` are the logical addresses that we answer for, none means any. `time_factor` is by how much time is compressed
    in rules over time (5 minutes at 60 are 5 seconds); 1 is real time.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: TlsFiles = field(default_factory=TlsFiles)
    url: str = ""
    addresses: tuple[str, ...] = ()
    time_factor: float = 1.0
    answers: tuple[StandingAnswer, ...] = ()
    limit_bytes: int = 15 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Adapter:
    """What makes the system under test act without a person: a command that is given JSON, or a URL that it is posted to.

    `seconds` is how long it may take, `settles` how long after it says that it is done a call may still come.
    """

    command: tuple[str, ...] = ()
    url: str = ""
    seconds: float = 30.0
    settles: float = 30.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What defines a run: who is tested, in which roles, where, with what data. Secrets never show in `repr`."""

    path: Path
    system: System
    roles: tuple[str, ...]
    endpoints: Mapping[str, Endpoint]
    tls: TlsFiles
    connect_seconds: float
    read_seconds: float
    original_consumer: str
    headers: Mapping[str, str]
    test_identities: frozenset[str]
    test_data: Mapping[str, Value]
    not_applicable: Mapping[str, str]
    secrets: tuple[str, ...] = field(default=(), repr=False)
    listening: Listening | None = None
    """None: nothing can call us, and cases that wait for a call are not proven."""
    adapter: Adapter | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP message as it was on the wire: headers in order and the raw body."""

    headers: Headers
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Tls:
    """What the handshake showed: protocol, cipher, and both sides' certificates by subject."""

    version: str
    cipher: str
    peer_subject: str
    peer_issuer: str
    peer_expires: str
    client_certificate: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no readable reply, and whose fault that is. `kind` is a stable word: refused, timeout, reset, tls and so on."""

    kind: str
    text: Text
    blame: Blame


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call: what was sent, what came back, when (UTC) and how long it took (ms). No response means `problem` says why.

    `inbound`: the system under test called us, so the request is its message and the response our answer. `step` is the
    step of the case that it belongs to, from 0.
    """

    contract: str
    url: str
    request: Message
    response: Message | None
    status: int | None
    started: str
    elapsed_ms: float
    tls: Tls | None = None
    problem: Problem | None = None
    inbound: bool = False
    step: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the counterpart received and answered.

    `facts` are what the domain knows a message by, `address` its logical address. `arrived` and `answered` are seconds of
    the monotonic clock. `number` counts the calls of the run from 1.
    """

    exchange: Exchange
    address: str
    facts: Mapping[str, str]
    arrived: float
    answered: float
    number: int


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of making the system act.

    `done`: it did. `refused`: it says that it will not, or cannot. `unsupported`: the adapter knows no such action.
    `by-hand`: a person was told to, and nobody knows whether they did. `trouble`: the adapter broke, or was not reached.
    """

    outcome: Literal["done", "refused", "unsupported", "by-hand", "trouble"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a question that only who sits at the system can answer, and who gave it."""

    answer: Literal["yes", "no", "not-applicable"]
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: what, where in which message, and what was expected there."""

    message: Text
    direction: Direction = Direction.RESPONSE
    location: str = ""
    line: int | None = None
    expected: str = ""
    actual: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case that was run, or that could not be: its verdict, its checks and its exchanges."""

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
    started: str
    elapsed_ms: float
    source: Source
    reason: Text | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    """The values that the run itself gave to the case (`unique`, `now.timestamp`), so that it can be played again."""

    @property
    def key(self) -> str:
        """The case's name for people, the same in every run: `ProcessRequest/1.2`."""
        return _case_key(self)


@dataclass(frozen=True, slots=True)
class Stray:
    """A call that no case asked for, with what the checks of every received message say of it."""

    exchange: Exchange
    contract: str
    address: str
    checks: tuple[CheckResult, ...]
    reason: Text
    """Why no case took it."""


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case that the run set out to do, so that a run that was cut short can say what is missing."""

    case: str
    title: Text
    contract: str
    role: str
    suite: str
    verifies: tuple[str, ...]

    @property
    def key(self) -> str:
        """The case's name for people, the same in every run: `ProcessRequest/1.2`."""
        return _case_key(self)


def _case_key(case: CaseResult | PlannedCase) -> str:
    """The ids of cases repeat from one contract to the next. A suite file that is not the contract's `producer.yaml` is
    named too (`ProcessRequest/consumer/1.2`), unless the case is named like the file (`ProcessRequest/forwarded`).
    """
    file = PurePath(case.suite).stem
    middle = () if file in ("producer", case.case) else (file,)
    return "/".join((case.contract, *middle, case.case))


@dataclass(frozen=True, slots=True)
class ElementFacts:
    """An element or attribute of a contract's messages, as the schema has it.

    `path` is local names from the body's root element, an attribute's own behind an `@`:
    `ProcessRequest/request/patient/personId/@root`. `least` and `most` are how often it may stand in its place, `most` None
    any number. `coded`: its value is a code.
    """

    path: str
    least: int = 1
    most: int | None = 1
    coded: bool = False


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """What a report says of a contract: enough to name it without its files."""

    domain: str
    name: str
    version: str
    title: Text
    origin: str
    digest: str
    soap_action: str
    max_ms: int
    rules: Mapping[str, str] = field(default_factory=dict)
    """Rule file, by its path in the domain's folder → SHA-256."""
    elements: tuple[ElementFacts, ...] = ()
    """What its messages may hold, request before response. Empty in evidence that knows nothing of it."""


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """A snapshot of a domain for the evidence file, so that a report needs nothing but the run."""

    name: str
    version: str
    title: Text
    contracts: tuple[ContractFacts, ...]
    requirements: tuple[Requirement, ...]
    personal: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    """What a message of the domain is known by: XPath into the whole envelope."""
    namespaces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunHeader:
    """The first line of the evidence: what was tested, with what, where."""

    run: str
    started: str
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


@dataclass(frozen=True, slots=True)
class RunFooter:
    """The last line: the run ended by itself. Without it the evidence is truncated."""

    ended: str
    verdicts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
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
    veiled: tuple[str, ...] = ()
    """Elements whose text a report is to hide as well as identities; empty unless that was asked for."""
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One requirement in the declaration, with everything that was seen of it."""

    requirement: Requirement
    verdict: Verdict
    cases: tuple[str, ...]
    checks: tuple[tuple[CaseResult, CheckResult], ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """Evidence set against requirements: what a report shows."""

    run: Run
    rows: Mapping[str, tuple[RequirementRow, ...]]
    """By domain name, in the order of the domain's own list."""
    form: FilledForm | None = None
    deviations: SortedDeviations | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a declaration form, and where its answer comes from.

    `requirements` and `cases` (keys such as `ProcessRequest/1.2`) decide a proposal when the origin is `cases`; `fact`
    names a figure of the run (`typical-response-time`) or an element when it is `run` or `coverage`. `confirm` says that
    a human must look at it whatever the evidence says. `tf` are the official form's test-case references. A choice is
    answered by its English words, whatever language it is shown in.
    """

    id: str
    text: Text
    answer: Literal["yes-no", "text", "number", "date", "choice"]
    origin: Literal["cases", "coverage", "run", "vendor"]
    confirm: bool = False
    requirements: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    fact: str = ""
    tf: tuple[str, ...] = ()
    help: Text | None = None
    choices: tuple[Text, ...] = ()
    source: Source | None = None
    disclosure: bool = False
    """Yes is what needs words here, not no: “were there unexpected results?”."""
    optional: bool = False
    """May be left without an answer."""


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of a form, as the official form numbers it."""

    number: str
    title: Text
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A declaration form as data: for one role of one domain."""

    id: str
    role: str
    domain: str
    title: Text
    version: str
    sections: tuple[Section, ...]
    source: Source
    produces: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    """The contracts whose cases count for this form, by the part that the system plays in them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor answers: `yes`, `no`, `not-applicable` or text, with who says so.

    `reason` says why it differs from what the evidence shows, where it does.
    """

    question: str
    value: str
    comment: str = ""
    by: str = ""
    confirmed: bool = False
    reason: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """The vendor's file: who declares (organisation, product, contact, …), and the answers by question."""

    path: Path
    vendor: Mapping[str, str]
    answers: Mapping[str, Answer]
    domain: str = ""
    roles: tuple[str, ...] = ()
    """The roles that are declared, each with its form."""
    places: Mapping[str, Source] = field(default_factory=dict)
    """Where each of the vendor's facts is written."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer that follows from the evidence, with the case keys or figures it follows from. Until a human confirms
    it, it is only proposed.
    """

    value: str
    because: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FilledQuestion:
    """A question with what the evidence proposes and what the vendor says, and how the two stand to each other."""

    question: Question
    proposal: Proposal | None
    answer: Answer | None
    state: Literal["proposed", "confirmed", "changed", "answered", "missing", "contradictory"]
    why: Text | None = None
    """Why there is no proposal, what contradicts what, or the known deviations that a bad proposal comes from."""


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form set against a run and the vendor's answers."""

    form: Form
    sections: tuple[tuple[Section, tuple[FilledQuestion, ...]], ...]


@dataclass(frozen=True, slots=True)
class KnownDeviation:
    """A deviation that is registered and decided on: what it concerns, its class, why it stands, and until when.

    `fix_by` is a date (YYYY-MM-DD) or empty. Empty `products` and `versions` mean all.
    """

    id: str
    kind: Literal["stopping", "must-fix", "approved"]
    rationale: str
    requirement: str = ""
    case: str = ""
    reference: str = ""
    products: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    fix_by: str = ""
    decided_by: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class SortedDeviations:
    """A run's deviations held against the known ones, by case key.

    `gone` no longer occur, `overdue` are past their date, `unmatched` name a case or requirement that the run has not.
    """

    known: tuple[tuple[KnownDeviation, tuple[str, ...]], ...]
    new: tuple[str, ...]
    gone: tuple[KnownDeviation, ...] = ()
    overdue: tuple[KnownDeviation, ...] = ()
    unmatched: tuple[KnownDeviation, ...] = ()


@dataclass(frozen=True, slots=True)
class Papers:
    """What people wrote about a run, and the run before it, by file. None: there is no such paper."""

    answers: Path | None = None
    deviations: Path | None = None
    previous: Path | None = None
