"""`rivta probe`: ask hundreds of units that were connected, or disconnected, at once, and tell which are not as they should be."""

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rivta import contract, environment
from rivta.check import vocabulary
from rivta.cli import arguments
from rivta.evidence import disk
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, contracts_of
from rivta.model.environment import Environment
from rivta.model.errors import UsageError
from rivta.model.words import Lang
from rivta.run.preflight.endpoints import Registered, registered
from rivta.run.probe import Probed, ProbedUnit, probe, read
from rivta.text.catalogue import words

_DIFFERS = 1


def run(args: argparse.Namespace) -> int:
    """Ask them all, tell those that are not as they should be, and how many there are of each kind."""
    settings = environment.read(args.env)
    domains = contract.read_domains(arguments.suites(args), vocabulary(), arguments.progress())
    environment.check_against(settings, domains)
    contracts = contracts_of(domains)
    units = read(args.addresses, contracts)
    progress = arguments.progress()
    known = _registered(args, units, settings)
    asked = probe(
        units,
        settings,
        parallel=max(1, args.parallel),
        registered=known,
        told=lambda number: progress(f"{number} of {len(units)} units") if number % 10 == 0 else None,
    )
    results = [*asked]
    progress("")
    say = words("probe", args.lang)
    for each in (one for one in results if not one.holds):
        beside = "" if each.registered is None else f" {say['registered' if each.registered else 'not_registered']}"
        called = contracts.shown(str(each.unit.contract.id))
        print(f"{each.unit.address}  {called}  {each.unit.change}: {each.said.in_(args.lang)}{beside}")
    if args.output:
        _write(args.output, results, contracts, args.lang)
    print(_counted(results, args.lang))
    return 0 if all(each.holds for each in results) else _DIFFERS


def _registered(args: argparse.Namespace, units: Iterable[ProbedUnit], settings: Environment) -> Registered | None:
    contracts, seconds, api = [each.contract for each in units], settings.read_seconds, settings.cooperation
    if args.cooperation is None:
        point = args.connection_point or (api.point if api else "")
        return registered(api.url, contracts, point, seconds, settings.proxy) if api else None
    if not args.cooperation.startswith(("http://", "https://")):
        raise UsageError(f"“{args.cooperation}” is no http or https URL", todo="such as http://api.ntjp.se/coop/api/v1")
    return registered(args.cooperation, contracts, args.connection_point, seconds, settings.proxy)


def _counted(results: Sequence[Probed], lang: Lang) -> str:
    say, kinds = words("probe", lang).say, Counter((each.unit.change, each.holds) for each in results)
    told = [
        say(f"counted_{change}", n=kinds[change, True], of=count)
        for change in ("added", "removed")
        if (count := kinds[change, True] + kinds[change, False])
    ]
    if any(each.registered is not None for each in results):
        told.append(say("counted_registered", n=sum(each.registered is True for each in results)))
    return f"{say('asked', n=len(results))} {', '.join(told)}"


def _write(output: Path, results: Iterable[Probed], contracts: Contracts[Contract], lang: Lang) -> None:
    with disk.writing(output), output.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(("address", "contract", "change", "registered", "holds", "code", "ms", "said"))
        for each in results:
            unit, holds = each.unit, _yes_or_no(each.holds)
            rows.writerow(
                (
                    unit.address,
                    contracts.shown(str(unit.contract.id)),
                    unit.change,
                    _yes_or_no(each.registered),
                    holds,
                    each.code,
                    each.milliseconds,
                    each.said.in_(lang),
                )
            )


def _yes_or_no(what: bool | None) -> str:
    return "" if what is None else "yes" if what else "no"
