"""`rivta domains`: every domain that is known, with its contracts, its roles, and how much of what it demands a case proves."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rivta import contract, simulator
from rivta.check import vocabulary
from rivta.cli import arguments
from rivta.cli.lint import proofs, readable, suite_files
from rivta.model.domain import Domain, contracts_of

_HEAD = [
    "domain",
    "version",
    "contracts",
    "roles",
    "cases",
    "requirements",
    "with a case",
    "with a reason",
    "derived",
    "named faults",
]


def run(args: argparse.Namespace) -> int:
    """Print the table, as Markdown. What a domain lacks to be read, such as its release package, is told below it."""
    progress = arguments.progress()
    domains = contract.read_domains(arguments.suites(args), vocabulary(), progress)
    rows: list[Sequence[str]] = [_HEAD, ["---"] * len(_HEAD)]
    for domain in (each for each in domains if not each.lacks):
        progress(domain.name)
        rows.append(_row(domain, domains, arguments.scenarios(args)))
    progress("")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    for domain in (each for each in domains if each.lacks):
        print(f"{domain.name}: {domain.lacks}")
    return 0


def _row(domain: Domain, domains: list[Domain], scenarios: Path) -> Sequence[str]:
    """What is written; what came of playing it stands in docs/domains.md."""
    found = (readable(path, domain, domains) for path in suite_files(domain, scenarios))
    suites = [each for each in found if each is not None]
    demanded, proven = domain.requirements.values(), proofs(domain, suites, contracts_of(domains))
    figures = (
        len(domain.contracts),
        ", ".join(domain.roles),
        sum(len(each.cases) for each in suites),
        len(demanded),
        sum(bool(cases) for cases in proven.values()),
        sum(bool(each.not_tested) and not proven[each.id] for each in demanded),
        sum(bool(each.derived) for each in demanded),
        sum(bool(fault.breaks) for fault in simulator.read_data(domain)[1].values()),
    )
    return [domain.name, domain.version, *map(str, figures)]
