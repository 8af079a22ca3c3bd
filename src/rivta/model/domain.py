"""What a service domain says of itself: contracts, roles, requirements, and the snapshot of them that a run keeps."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from rivta.model.contracts import ContractId, Contracts
from rivta.model.frozen import frozen
from rivta.model.records import Records
from rivta.model.words import Direction, Level, Source, Text

_WS_ADDRESSING = "{http://www.w3.org/2005/08/addressing}"
"""Of the header by which Basic Profile 2.0 addresses."""


@frozen
class Requirement:
    """One thing that a contract demands. `reference` names the document and section; `not_tested` says why no case proves it.

    `derived` says how it follows, where it is a reading and does not stand in the document itself. `cites` are the statements of
    the contract description that it says in its own words, each as “TKB 4.3.1 f07a2c”: document, section, fingerprint.
    """

    id: str
    text: Text
    level: Level
    reference: str
    not_tested: Text | None = None
    source: Source | None = None
    derived: Text | None = None
    cites: tuple[str, ...] = ()


@frozen
class Precondition:
    """Something that must be in the system before a case can run, and the test data that says where it is.

    `lasts`: a case does not use it up, so that several may use it at once.
    """

    id: str
    text: Text
    data: tuple[str, ...]
    source: Source | None = None
    lasts: bool = False


@frozen
class Role:
    """A part that a system plays in a domain: the contracts it produces (answers) and consumes (calls), by identity."""

    name: str
    title: Text
    produces: tuple[str, ...]
    consumes: tuple[str, ...]

    @property
    def contract_words(self) -> frozenset[str]:
        """Everything that the contracts may be called which it has a part in."""
        return frozenset(word for each in (*self.produces, *self.consumes) for word in ContractId.parse(each).words)


FactRole = Literal["patient", "kind", "message-id", "recipient"]
"""What a fact may mean to the program, whatever a domain calls it: whom a message is about, what kind of message it is, what
tells it from every other of the same content, and the unit that it is for."""


@frozen
class ResultGrammar:
    """Where a contract's responses say how it went, what the parts are called there, and in which words.

    `path` leads by local names from the response's root to the element that holds the parts; empty, the root holds them.
    `code`, `error`, `sub`, `text` and `log` are the parts' local names, empty where there is no such part; without an
    `error`, the code itself names the error. `ok`, `info` and `failed` are words of the code. `invalid` is the word for a
    message that is not valid, `refused` for one that is and cannot be dealt with. `codes` and `errors` are what the schema
    lets the two parts say, empty where it lets them say anything. `subs` are the finer codes that the contract has, empty where
    nobody has said them.
    """

    path: tuple[str, ...]
    code: str
    error: str = ""
    sub: str = ""
    text: str = ""
    log: str = ""
    ok: str = "OK"
    info: str = "INFO"
    failed: str = "ERROR"
    invalid: str = ""
    refused: str = ""
    codes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    subs: tuple[str, ...] = ()


@frozen
class RuleFile:
    """A Schematron file: for every message, or for those of which `when` is true, an XPath 1.0 over the whole envelope.

    `requirement` is what each of its rules is, where they are not named for one themselves. `prefixes` are those of `when`.
    """

    path: Path
    when: str = ""
    requirement: str = ""
    prefixes: tuple[tuple[str, str], ...] = ()


@frozen
class Contract:
    """One service contract: what is on the wire, and the files that define it.

    `namespace` is that of the body's root element. `rules` are Schematron files by direction. `max_ms` is the contract's
    response time. `digest` is the SHA-256 over the schema set; `origin` tells our restatement from the official package.
    `header` is the `{namespace}local` of the SOAP header element that holds the logical address, empty where the WSDL
    declares none. `result` is None where its responses say nothing of how it went. `records` is what a reading contract's responses
    hold, None for any other and where nobody has said it. `findings` are what had to be mended in its
    files before a validator could read them as they are meant: of the contract, not of any system.
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
    rules: Mapping[Direction, tuple[RuleFile, ...]]
    max_ms: int
    origin: Literal["restatement", "official"]
    digest: str
    header: str = ""
    result: ResultGrammar | None = None
    findings: tuple[Text, ...] = ()
    records: Records | None = None

    @property
    def id(self) -> ContractId:
        return ContractId.of(self.domain, self.name, self.version)

    @property
    def path(self) -> str:
        """Its address below a system's, as rule 19 of the Basic Profile recommends: name, major version, profile."""
        profile = "rivtabp20" if self.header.startswith(_WS_ADDRESSING) else "rivtabp21"
        return f"/{self.name}/{self.id.major}/{profile}"


@frozen
class OpenApi:
    """An OpenAPI document, and the operations that it describes, each as `GET /units/{id}`. None are known while it is not there."""

    path: Path
    operations: tuple[str, ...] = ()


@frozen
class Domain:
    """A service domain (tjänstedomän): its contracts, roles and requirements, and the documents they come from."""

    name: str
    version: str
    title: Text
    folder: Path
    contracts: Contracts[Contract]
    roles: Mapping[str, Role]
    requirements: Mapping[str, Requirement]
    preconditions: Mapping[str, Precondition]
    every_case: Mapping[str, str]
    """The checks that run without being written, each with the requirement it proves (`schema` → `ANY-SCHEMA`)."""
    sources: Mapping[str, Text]
    personal: tuple[str, ...] = ()
    """Elements, by local name, that hold names, addresses or free text about a patient."""
    every_received: Mapping[str, str] = field(default_factory=dict)
    """The checks that run on every message received without being written, each with the requirement it proves."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What a message of the domain is known by (`patient`, `loan`, `kind`): XPath into the whole envelope."""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """The prefixes that `facts` use."""
    fact_roles: Mapping[FactRole, str] = field(default_factory=dict)
    """The fact that plays each role, where one does."""
    general: tuple[Path, ...] = ()
    """The folders of the general parts that it builds on, the nearest first, with the cases that every contract is tried with."""
    lacks: str = ""
    """Which release package to install and how, where the contracts are not known without it; else empty."""
    homes: tuple[Path, ...] = ()
    """Where its files lie: its own folder, and the installed release package."""
    openapi: OpenApi | None = None
    """What the system offers, where it does so without service contracts."""
    set_aside: Mapping[str, Text] = field(default_factory=dict)
    """Statements of the contract description that no requirement is to take up, or whole sections of it; each with the reason."""

    @property
    def needs_package(self) -> bool:
        """Whether its files lie in a release package, which may be installed or not."""
        return bool(self.lacks) or len(self.homes) > 1

    def fact(self, role: FactRole) -> str:
        """The XPath of the fact that plays a role; empty where none does."""
        return self.facts.get(self.fact_roles.get(role, ""), "")

    def said(self, role: FactRole, facts: Mapping[str, str]) -> str:
        """What the facts of a message say in a role; empty where they say nothing."""
        return facts.get(self.fact_roles.get(role, ""), "")


def contracts_of(domains: Iterable[Domain]) -> Contracts[Contract]:
    """The contracts of several domains, each found by any word that means one of them alone; of domains that lack something, what."""
    several = tuple(domains)
    absent = {
        word: each.lacks
        for each in several
        if each.lacks
        for role in each.roles.values()
        for word in role.contract_words
    }
    return Contracts((contract for domain in several for contract in domain.contracts.values()), absent)


@frozen
class ElementFacts:
    """An element or attribute of a contract's messages, as the schema has it.

    `path` is local names from the body's root element, an attribute's own behind an `@`:
    `RegisterLoan/loan/borrower/personId/@root`. `least` and `most` are how often it may stand in its place, `most` None
    any number. `coded`: its value is a code.
    """

    path: str
    least: int = 1
    most: int | None = 1
    coded: bool = False


@frozen
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
    called: str = ""
    """What people call it in the run: the shortest word that means no other contract of the run."""

    @property
    def word(self) -> str:
        """What people call it. Evidence that does not say so is of a time when every name meant one contract."""
        return self.called or self.name

    @property
    def id(self) -> ContractId:
        return ContractId.of(self.domain, self.name, self.version)


@frozen
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
    fact_roles: Mapping[FactRole, str] = field(default_factory=dict)
    """The fact that plays each role. Evidence from before there were roles has none: there a fact is what it is called."""

    def fact(self, role: FactRole) -> str:
        """The XPath of the fact that plays a role; empty where none does."""
        return self.facts.get(self.fact_roles.get(role, "" if self.fact_roles else role), "")
