"""What is known before the first case is played: the first line of the evidence."""

import platform
from collections import Counter
from hashlib import sha256
from pathlib import Path

from rivta import __version__
from rivta.model import (
    Case,
    Contract,
    ContractFacts,
    Domain,
    DomainFacts,
    Environment,
    PlannedCase,
    RunHeader,
    Suite,
)
from rivta.plugin.stage import Campaign
from rivta.run import utc_now


def header_of(campaign: Campaign, planned: list[tuple[Suite, Case]]) -> RunHeader:
    """The header of a run that is about to play these cases."""
    environment = campaign.environment
    suites = {str(suite.path): suite for suite, _ in planned}
    domains = {suite.domain.name: suite.domain for suite in suites.values()}
    return RunHeader(
        run=campaign.run,
        started=utc_now(),
        rivta=__version__,
        python=platform.python_version(),
        system=environment.system,
        roles=environment.roles,
        environment=_environment_facts(environment),
        domains=tuple(_domain_facts(domain) for domain in domains.values()),
        suites={path: suite.digest for path, suite in suites.items()},
        planned=tuple(_planned(suite, case) for suite, case in planned),
        test_identities=tuple(sorted(environment.test_identities)),
        mask_key=campaign.mask_key,
        selection=_selection(planned),
    )


def _selection(planned: list[tuple[Suite, Case]]) -> str:
    """In words, that not every case of these domains is to run; empty when all are. Scenarios are beside the suites."""
    chosen = Counter(suite.path for suite, _ in planned)
    suites = {suite.path: suite for suite, _ in planned}
    every = {path.resolve() for suite in suites.values() for path in suite.domain.folder.glob("*/producer.yaml")}
    left_out = every - {path.resolve() for path in suites}
    narrowed = [path for path, suite in suites.items() if chosen[path] < len(suite.cases)]
    return f"{len(planned)} cases were selected" if left_out or narrowed else ""


def _planned(suite: Suite, case: Case) -> PlannedCase:
    return PlannedCase(case.id, case.title, case.contract, case.role, str(suite.path), case.verifies)


def _environment_facts(environment: Environment) -> dict[str, str]:
    facts = {
        f"endpoint {name}": f"{endpoint.url} ({endpoint.logical_address})"
        for name, endpoint in environment.endpoints.items()
    }
    facts["original consumer"] = environment.original_consumer
    facts["timeouts"] = f"connect {environment.connect_seconds:g} s, read {environment.read_seconds:g} s"
    tls = environment.tls
    named = (("certificate", tls.certificate), ("key", tls.key), ("ca", tls.ca))
    return facts | {f"tls {what}": path.name for what, path in named if path}


def _domain_facts(domain: Domain) -> DomainFacts:
    contracts = tuple(_contract_facts(contract, domain.folder) for contract in domain.contracts.values())
    return DomainFacts(
        domain.name, domain.version, domain.title, contracts, tuple(domain.requirements.values()), domain.personal
    )


def _contract_facts(contract: Contract, folder: Path) -> ContractFacts:
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
            str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in contract.rules.values()
        },
    )
