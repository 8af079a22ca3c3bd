"""What `rivta contracts diff` shows: the changes between two versions of a package, and what of a domain's folder each touches."""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from rivta import contract, suite
from rivta.check import vocabulary
from rivta.cli import arguments
from rivta.cli.lint import suite_files
from rivta.contract.packages.comparison import PackageChange, Touched, changes, touched
from rivta.contract.packages.store import Installed, PackageStore
from rivta.model.case import Suite
from rivta.model.domain import contracts_of
from rivta.model.errors import UsageError
from rivta.run.opening import planned_case

_TITLES = {"contract": "contracts", "schema": "schemas", "rule": "rules", "description": "contract description"}
_TOLD = 6
"""Cases that a line names before it says how many more there are."""


def compare(args: argparse.Namespace, progress: Callable[[str], None]) -> None:
    """Print the table, or all of it as JSON."""
    old = installed(args.old)
    new = installed(args.new, old.domain)
    if old.domain != new.domain:
        raise UsageError(f"{old.domain} and {new.domain} are two domains", todo="name two versions of one")
    found = changes(old, new, progress)
    suites = _suites(args, old.domain)
    touches = _touched(found, suites)
    progress("")
    if args.json:
        rows = [asdict(change) | asdict(touch) for change, touch in zip(found, touches, strict=True)]
        head = {"format": "rivta-package-comparison", "version": 1, "domain": old.domain}
        print(
            json.dumps(head | {"old": old.version, "new": new.version, "changes": rows}, ensure_ascii=False, indent=1)
        )
        return
    print(f"{old.domain} {old.version} → {new.version}")
    for line in _table(found, touches):
        print(line)
    requirements, cases = (
        {each for touch in touches for each in getattr(touch, kind)} for kind in ("requirements", "cases")
    )
    told = (
        f"they touch {len(requirements)} requirements and {len(cases)} cases"
        if suites
        else "no folder of suites has this domain"
    )
    print(f"\n{len(found)} changes; {told}")


def installed(name: str, domain: str = "") -> Installed:
    """A version of a package: `domain@version`, or the version alone where the domain is known."""
    before, _, version = name.rpartition("@")
    if not before and not domain:
        raise UsageError(
            f"“{name}” is no version of a package", todo="say DOMAIN@VERSION, as rivta contracts list shows them"
        )
    return PackageStore().find(before or domain, version)


def _suites(args: argparse.Namespace, name: str) -> Sequence[Suite]:
    domains = contract.read_domains(arguments.suites(args), vocabulary(), arguments.progress())
    ours = (each for each in domains if each.name == name and not each.lacks)
    return [
        suite.read(path, domain, vocabulary(), None, lambda: domains)
        for domain in ours
        for path in suite_files(domain, arguments.scenarios(args))
    ]


def _touched(found: Sequence[PackageChange], suites: Sequence[Suite]) -> list[Touched]:
    known = contracts_of({each.name: each for suite in suites for each in suite.domains}.values())
    return touched(found, suites, lambda suite, case: known.key(planned_case(suite, case).key))


def _table(found: Sequence[PackageChange], touches: Sequence[Touched]) -> Iterator[str]:
    rows = zip(found, touches, strict=True)
    for what, group in groupby(rows, lambda row: row[0].what):
        yield ""
        yield _TITLES[what]
        for change, touch in group:
            both = " → ".join(dict.fromkeys(filter(None, (change.old, change.new))))
            yield f"  {change.how:<8} {change.place}" + (f": {both}" if both != change.place else "")
            for kind, names in (("requirements", touch.requirements), ("cases", touch.cases)):
                if names:
                    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
                    yield f"           {kind} {', '.join(names[:_TOLD])}{more}"
