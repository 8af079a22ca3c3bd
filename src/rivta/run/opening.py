"""What is known before the first case is played: the first line of the evidence, the same however a run is begun."""

import json
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b, sha256
from pathlib import Path
from uuid import uuid4

from rivta import __version__
from rivta.contract import outline
from rivta.evidence.redaction import hiding
from rivta.model.case import Case, Suite, Table
from rivta.model.clock import Clock, written
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, ContractFacts, Domain, DomainFacts, contracts_of
from rivta.model.environment import Environment, Listening, System, TlsFiles
from rivta.model.errors import UsageError
from rivta.model.run import Change, PlannedCase, RunHeader

_SUITES = ("producer.yaml", "consumer.yaml")


def new_name(clock: Clock) -> str:
    """A run's name: when it began, and a few letters so that two of the same second differ."""
    return f"{clock.now():%Y%m%dT%H%M%SZ}-{uuid4().hex[:4]}"


def header_of(
    environment: Environment, run: str, mask_key: str, planned: list[tuple[Suite, Case]], clock: Clock
) -> RunHeader:
    """The header of a run that is about to play these cases. `run` is its name, `mask_key` makes the tokens of masked identities."""
    suites = {str(suite.path): suite for suite, _ in planned}
    domains = {domain.name: domain for suite in suites.values() for domain in suite.domains}
    contracts = contracts_of(domains.values())
    return RunHeader(
        run=run,
        started=written(clock.now()),
        rivta=__version__,
        python=platform.python_version(),
        system=environment.system,
        roles=environment.roles,
        environment=_environment_facts(environment),
        domains=tuple(_domain_facts(domain, contracts) for domain in domains.values()),
        suites={path: suite.digest for path, suite in suites.items()},
        planned=tuple(planned_case(suite, case) for suite, case in planned),
        test_identities=tuple(sorted(environment.test_identities)),
        mask_key=mask_key,
        selection=_selection(planned),
        tables={path: _unplaced(suite.table) for path, suite in suites.items() if suite.table},
        repository=next((str(each) for each in planned[0][0].path.absolute().parents if (each / ".git").exists()), ""),
    )


def _unplaced(table: Table) -> Table:
    """A table without the lines that it is written on, which say nothing without their file."""
    return replace(table, cells=tuple(replace(cell, source=None) for cell in table.cells))


_SAME = ("organisation", "product", "version", "roles", "time factor")
"""What a run must have in common from its beginning to its end, as must the place of every contract's endpoint."""


_CLOCK = "clock"
_JUMP_SECONDS = 2.0
"""What a clock may go wrong by while it is kept in step with others."""


class Began:
    """A moment by both clocks, so that it shows when the one that people read is set while a run goes on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now, self._moment = clock.now(), clock.monotonic()

    def jump(self) -> Change | None:
        """What to note where that clock was set since: the times of this run do not lie as far apart as they say."""
        now = self._clock.now()
        expected = self._now + timedelta(seconds=self._clock.monotonic() - self._moment)
        if abs((now - expected).total_seconds()) < _JUMP_SECONDS:
            return None
        return Change(written(now), _CLOCK, written(expected), written(now))


def taken_up(left: RunHeader, now: RunHeader) -> tuple[Change, ...]:
    """What is another now that a run is taken up again, each with the time. UsageError where it would be another run."""
    before = _facts(left)
    for change in left.changes:
        if change.name != _CLOCK:
            before[change.name] = change.after
    after = _facts(now)
    names = differing(before, after)
    other = [
        name for name in names if name in _SAME or (name.startswith("endpoint ") and before.get(name) and name in after)
    ]
    if other:
        told = "; ".join(f"{name} was {before.get(name) or 'none'}, is {after.get(name) or 'none'}" for name in other)
        raise UsageError(
            f"this run was begun with another system or environment: {told}",
            todo="name another folder for a run of its own, or the environment that this one was begun with",
        )
    return tuple(Change(now.started, name, before.get(name, ""), after.get(name, "")) for name in names)


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The names of facts that are not the same in both."""
    return [name for name in dict.fromkeys((*one, *other)) if one.get(name, "") != other.get(name, "")]


def _facts(header: RunHeader) -> dict[str, str]:
    """Everything in a header that decides what a result means, by name."""
    domains = [contract for domain in header.domains for contract in domain.contracts]
    return {
        **_tested(header.system, header.roles),
        "rivta": header.rivta,
        "Python": header.python,
        **header.environment,
        "test identities": ", ".join(header.test_identities),
        **{f"suite {path}": digest for path, digest in header.suites.items()},
        **{f"schemas {contract.id}": contract.digest for contract in domains},
        **{
            f"rules {contract.domain}/{path}": digest for contract in domains for path, digest in contract.rules.items()
        },
    }


def _tested(system: System, roles: tuple[str, ...]) -> dict[str, str]:
    return {
        "organisation": system.organisation,
        "product": system.product,
        "version": system.version,
        "roles": ", ".join(roles),
    }


def deciding(environment: Environment, suite: Suite) -> dict[str, str]:
    """What decides whom the load cases of a suite load, and with what, by name: the same in all processes that load the same, on any machine.

    Of a file that is a sum, for the same name may stand for another. What has no part in a load is left out.
    """
    tls = environment.tls
    files = {"tls certificate": tls.certificate, "tls ca": tls.ca, "tls crl": tls.crl}
    files |= {f"domain {each.name}": each.folder / "domain.yaml" for each in suite.domains}
    contracts = {identity: each for domain in suite.domains for identity, each in domain.contracts.items()}
    for identity, one in contracts.items():
        files |= {f"rules {identity}/{each.path.name}": each.path for rules in one.rules.values() for each in rules}
    return {
        **_tested(environment.system, environment.roles),
        "rivta": __version__,
        **_environment_facts(replace(environment, listening=None, adapter=None)),
        "tls server name": tls.server_name,
        "secrets in headers and test data": _hint(environment),
        "test identities": _sum(", ".join(sorted(environment.test_identities)).encode()),
        "suite": _sum(suite.digest.encode()),
        **{f"schemas {identity}": _sum(one.digest.encode()) for identity, one in contracts.items()},
        **{name: _sum(path.read_bytes()) for name, path in files.items() if path},
    }


def _hint(environment: Environment) -> str:
    """Whether two processes have the same secrets, in 16 bits: too few for whoever overhears them to tell one secret from others."""
    told = json.dumps([environment.headers, environment.test_data], sort_keys=True, default=str)
    return blake2b(told.encode(), digest_size=2, person=b"rivta load").hexdigest() if environment.secrets else ""


def _sum(content: bytes) -> str:
    return f"SHA-256 {sha256(content).hexdigest()[:12]}…"


def _selection(planned: list[tuple[Suite, Case]]) -> str:
    """In words, that not every case of these domains is to run; empty when all are. Scenarios are beside the suites."""
    chosen = Counter(suite.path for suite, _ in planned)
    suites = {suite.path: suite for suite, _ in planned}
    folders = {suite.domain.folder for suite in suites.values()}
    every = {path.resolve() for folder in folders for path in folder.glob("*/*.yaml") if path.name in _SUITES}
    left_out = every - {path.resolve() for path in suites}
    narrowed = [path for path, suite in suites.items() if chosen[path] < len(suite.cases)]
    return f"{len(planned)} cases were selected" if left_out or narrowed else ""


def planned_case(suite: Suite, case: Case) -> PlannedCase:
    """A case as the run sets out to play it."""
    path, domain = str(suite.path), suite.domain.name
    return PlannedCase(case.id, case.title, case.contract, case.role, path, case.verifies, domain)


def _environment_facts(environment: Environment) -> dict[str, str]:
    facts = {
        f"endpoint {name}": f"{endpoint.url} ({endpoint.logical_address})"
        for name, endpoint in environment.endpoints.items()
    }
    facts["original consumer"] = environment.original_consumer
    facts["timeouts"] = f"connect {environment.connect_seconds:g} s, read {environment.read_seconds:g} s"
    if environment.within:
        facts["within"] = f"{environment.within:g} s"
    facts |= _named_files("tls", environment.tls)
    if environment.proxy:
        facts["proxy"] = f"{environment.proxy.host}:{environment.proxy.port}"
    if environment.listening:
        facts |= _counterpart_facts(environment.listening)
    if environment.adapter:
        # The kind alone: a command line may hold what is secret, and a URL too.
        facts["adapter"] = "a URL" if environment.adapter.url else "a command"
    return facts | _sums(environment)


def _sums(environment: Environment) -> dict[str, str]:
    """What is too much or too secret to stand in a report, and decides a run all the same: whether it is another is seen."""
    hidden = hiding(environment.secrets)
    told = {
        "test data": environment.test_data,
        "not applicable": environment.not_applicable,
        "headers": environment.headers,
        "adapter call": environment.adapter and (environment.adapter.command, environment.adapter.url),
        "standing answers": environment.listening and environment.listening.answers,
    }
    written = {name: hidden(json.dumps(value, sort_keys=True, default=str)) for name, value in told.items() if value}
    return {name: _sum(text.encode()) for name, text in written.items()}


def _named_files(before: str, tls: TlsFiles) -> dict[str, str]:
    named = (("certificate", tls.certificate), ("key", tls.key), ("ca", tls.ca))
    return {f"{before} {what}": path.name for what, path in named if path}


def _counterpart_facts(listening: Listening) -> dict[str, str]:
    """How the system could call us, and by how much time was compressed: what the rules over time were held against."""
    scheme = "https" if listening.tls.certificate else "http"
    facts = {"counterpart": listening.url or f"{scheme}://{listening.host}:{listening.port or '(any free port)'}"}
    if listening.addresses:
        facts["counterpart addresses"] = ", ".join(listening.addresses)
    return facts | _named_files("counterpart tls", listening.tls) | {"time factor": f"{listening.time_factor:g}"}


def _domain_facts(domain: Domain, known: Contracts[Contract]) -> DomainFacts:
    contracts = tuple(
        _contract_facts(contract, domain.folder, known.shown(identity))
        for identity, contract in domain.contracts.items()
    )
    return DomainFacts(
        name=domain.name,
        version=domain.version,
        title=domain.title,
        contracts=contracts,
        requirements=tuple(domain.requirements.values()),
        personal=domain.personal,
        facts=domain.facts,
        namespaces=domain.namespaces,
        fact_roles=domain.fact_roles,
    )


def _within(folder: Path, path: Path) -> str:
    """A file of the domain by its name in the domain's folder; one of a release package by its name and the folders it is in."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else "/".join(path.parts[-3:])


def _contract_facts(contract: Contract, folder: Path, word: str) -> ContractFacts:
    return ContractFacts(
        domain=contract.domain,
        name=contract.name,
        version=contract.version,
        title=contract.title,
        origin=contract.origin,
        digest=contract.digest,
        soap_action=contract.soap_action,
        max_ms=contract.max_ms,
        rules={
            _within(folder, each.path): sha256(each.path.read_bytes()).hexdigest()
            for files in contract.rules.values()
            for each in files
        },
        elements=outline(contract),
        called=word,
    )
