"""What the run is based on: contracts, suites, the environment, the test identities."""

from dataclasses import dataclass

from rivta.model.domain import ContractFacts
from rivta.report.cover import origin
from rivta.report.material import Material
from rivta.report.voice import Voice


@dataclass(frozen=True, slots=True)
class ContractView:
    """A contract that the run is based on."""

    name: str
    title: str
    version: str
    origin: str
    digest: str
    limit: str


@dataclass(frozen=True, slots=True)
class BasisView:
    """Everything that decides what a run can show. Suites are told by their checksums."""

    contracts: tuple[ContractView, ...]
    suites: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    identities: str


def part(material: Material) -> BasisView:
    """What the run is based on."""
    header, words = material.run.header, material.voice.words
    identities = ", ".join(sorted(header.test_identities))
    return BasisView(
        contracts=tuple(_contract(contract, material.voice) for contract in material.contracts),
        suites=tuple(header.suites.items()),
        environment=tuple(header.environment.items()),
        identities=f"{words['test_identities_lead']} {identities}." if identities else words["test_identities_none"],
    )


def _contract(contract: ContractFacts, voice: Voice) -> ContractView:
    return ContractView(
        name=contract.word,
        title=voice.text(contract.title),
        version=contract.version,
        origin=origin(contract, voice),
        digest=contract.digest,
        limit=voice.ms(contract.max_ms),
    )
