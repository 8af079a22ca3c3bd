"""The statements that the descriptions of national contracts were read as, and what has become of each: a requirement, its cases, or why none.

A statement is a requirement of the same id in its domain, or several, whose ids begin with it and a hyphen.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from fault_matrix import RED, Matrix
from rivta import contract, suite
from rivta.check import vocabulary
from rivta.cli.lint import proofs, suite_files
from rivta.contract.packages.store import PackageStore
from rivta.model.domain import Domain, Requirement, contracts_of
from rivta.model.words import Verdict
from rivta.simulator import Fault
from rivta.text import places

STATED: Mapping[str, Mapping[str, int]] = {
    "clinicalprocess.healthcond.certificate": {"CE-": 28},
    "crm.scheduling": {"SC-": 30},
    "informationsecurity.auditing.log": {"LO-": 19},
    "informationsecurity.authorization.blocking": {"BL-G": 9, "BL-C": 17, "BL-B": 6, "BL-R": 10, "BL-E": 5},
    "informationsecurity.authorization.consent": {"CO-": 22},
    "infrastructure.directory": {"HS-": 26},
    "strategicresourcemanagement.persons.person": {"PU-": 27},
    "supportprocess.serviceprovisioning.healthcareoffering": {"UT-": 29},
}
"""By the domain, or by what the names of several begin with: how many statements there are of each kind, numbered from 1."""
DRAWN, SEED = 10, 1
"""How many statements of each description are shown with a case and a fault, and what they are drawn by."""
MOST_SHOWN = 3
"""Cases of one requirement that the page names."""


@dataclass(frozen=True)
class Statement:
    """One statement, and the requirements that it became, each with the domain that has it."""

    id: str
    area: str
    taken_up: tuple[tuple[Domain, Requirement], ...]


def ids(area: str) -> Iterator[str]:
    yield from (f"{kind}{number}" for kind, count in STATED[area].items() for number in range(1, count + 1))


def statements(store: PackageStore | None = None) -> Iterator[Statement]:
    """All of them, in order. `store` is where release packages are, the user's own without it."""
    for area in STATED:
        folders = [path.parent for path in sorted(places.suites().glob("*/domain.yaml"))]
        domains = [
            contract.read_domain(folder, vocabulary(), store)
            for folder in folders
            if folder.name == area or folder.name.startswith(f"{area}.")
        ]
        for id_ in ids(area):
            found = ((domain, each) for domain in domains for each in domain.requirements.values())
            yield Statement(id_, area, tuple(pair for pair in found if f"{pair[1].id}-".startswith(f"{id_}-")))


def table(store: Callable[[str], PackageStore]) -> Iterator[str]:
    """What has become of each, as rows of a page; `store` has the release package of a domain."""
    proven: dict[str, Mapping[str, list[str]]] = {}
    for each in statements():
        if not each.taken_up:
            yield f"| {each.id} | {each.area} | | | | not taken up yet |"
        for own, one in each.taken_up:
            if own.name not in proven:
                proven[own.name] = cases_of(contract.read_domain(own.folder, vocabulary(), store(own.name)))
            keys = proven[own.name][one.id]
            more = f" and {len(keys) - MOST_SHOWN} more" if len(keys) > MOST_SHOWN else ""
            why = f"not tested: {one.not_tested.en}" if one.not_tested else "no case names it"
            shown = ", ".join(keys[:MOST_SHOWN]) + more if keys else why
            says = f"{one.text.en} | {one.reference}".replace("\n", " ")
            yield f"| {each.id} | {own.name} | {one.id} ({one.level}) | {says} | {shown} |"


def shown_by(matrix: Callable[[str], Matrix]) -> Iterator[str]:
    """Of each description some statements that a case proves, drawn by the seed, as rows of a page: the case, and the fault that turns it red.
    Both are played, the case on the sound system too.
    """
    for area in STATED:
        proven = [
            (each.id, own.name, one)
            for each in statements()
            if each.area == area
            for own, one in each.taken_up
            if not one.not_tested
        ]
        for id_, name, one in sorted(
            random.Random(f"{SEED} {area}").sample(proven, min(DRAWN, len(proven))),  # noqa: S311 - a draw that is the same each time
            key=proven.index,
        ):
            case, fault = next(_showing(matrix(name), one.id), ("none", None))
            told = f"`{fault.name}`: {fault.text.en}" if fault else "none"
            yield f"| {id_} | {one.text.en} | {case} | {told} |"


def _showing(matrix: Matrix, requirement: str) -> Iterator[tuple[str, Fault]]:
    """The cases that prove it and pass on the sound system, each with a fault that turns it red; who breaks least comes first."""
    faults = sorted(
        (each for each in matrix.faults.values() if requirement in each.breaks), key=lambda each: len(each.breaks)
    )
    played = {matrix.shown(key): pair for key, pair in matrix.cases.items()}
    for key in cases_of(matrix.domain)[requirement]:
        if key in played and matrix.bench.play(*played[key]).verdict is Verdict.PASSED:
            yield from ((key, each) for each in faults if matrix.bench.play(*played[key], (each.name,)).verdict in RED)


def cases_of(domain: Domain) -> Mapping[str, list[str]]:
    """The cases that prove each requirement of a domain."""
    read = [suite.read(path, domain, vocabulary()) for path in suite_files(domain, places.scenarios())]
    return proofs(domain, read, contracts_of([domain]))
