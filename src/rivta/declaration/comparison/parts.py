"""What a run was made of: the system, the connection, contracts and suites, and the tool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

from rivta.declaration.comparison.changes import PartChange, PartKind
from rivta.model.domain import ContractFacts, DomainFacts
from rivta.model.run import Run

_ENDPOINT = "endpoint "
"""How an environment's facts name where a contract is answered."""


def parts(old: Run, new: Run) -> Iterator[PartChange]:
    """Every part that is another one now: of the system, of what it was tested against, of what it was tested with."""
    before, after = old.header, new.header
    yield from _changed("organisation", {"": before.system.organisation}, {"": after.system.organisation})
    yield from _changed("product", {"": before.system.product}, {"": after.system.product})
    yield from _changed("version", {"": before.system.version}, {"": after.system.version})
    yield from _changed("roles", {"": ", ".join(before.roles)}, {"": ", ".join(after.roles)})
    yield from _changed("connection", _endpoints(old), _endpoints(new))
    yield from _changed("domain", _versions(before.domains), _versions(after.domains))
    contracts = contracts_of(old), contracts_of(new)
    versions, digests = (
        [{name: pick(each) for name, each in run.items()} for run in contracts] for pick in (_version, _digest)
    )
    yield from _changed("contract", *versions)
    yield from _changed("schema", *digests)
    yield from _changed("rules", _rules(old), _rules(new))
    yield from _changed("suite", _suites(old), _suites(new))
    yield from _changed(
        "tool", {"rivta": before.rivta, "Python": before.python}, {"rivta": after.rivta, "Python": after.python}
    )


def _version(contract: ContractFacts) -> str:
    return contract.version


def _digest(contract: ContractFacts) -> str:
    return contract.digest


def _changed(kind: PartKind, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[PartChange]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            yield PartChange(kind, name, before, after)


def _endpoints(run: Run) -> dict[str, str]:
    facts = run.header.environment
    return {name.removeprefix(_ENDPOINT): place for name, place in facts.items() if name.startswith(_ENDPOINT)}


def _versions(domains: Iterable[DomainFacts]) -> dict[str, str]:
    return {domain.name: domain.version for domain in domains}


def _rules(run: Run) -> dict[str, str]:
    return {file: digest for contract in contracts_of(run).values() for file, digest in contract.rules.items()}


def _suites(run: Run) -> dict[str, str]:
    return {suite_name(path): digest for path, digest in run.header.suites.items()}


def suite_name(path: str) -> str:
    """A suite's file and folder: two runs may have the same suites in different places."""
    return "/".join(PurePath(path.replace("\\", "/")).parts[-2:])


def contracts_of(run: Run) -> dict[str, ContractFacts]:
    """The contracts of the run's domains, by the words that people use."""
    return {contract.word: contract for domain in run.header.domains for contract in domain.contracts}
