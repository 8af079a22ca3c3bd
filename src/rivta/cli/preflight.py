"""What is asked before anything is judged: `rivta preflight`, all around the system; `rivta probe`, hundreds of units, whether they are connected."""

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rivta import contract, counterpart, environment
from rivta.check import vocabulary
from rivta.cli import HINDERED, arguments
from rivta.cli.lint import uncompilable
from rivta.evidence import disk
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain, contracts_of
from rivta.model.environment import Environment, Listening
from rivta.model.errors import Mistakes, UsageError
from rivta.model.words import Lang, Text
from rivta.run.preflight import Tried, not_given, preflight
from rivta.run.preflight.endpoints import Registered, registered
from rivta.run.probe import Probed, ProbedUnit, probe, read
from rivta.text.catalogue import words

_LOOKS_EACH_SECONDS = 0.2
_DIFFERS = 1


def run(args: argparse.Namespace) -> int:
    """Try it all and tell each line as it comes."""
    settings, domains = _read(args)
    known = contracts_of(domains)
    idle = [*not_given(settings, domains)]
    unasked = {each.what for each in idle}
    calls = {word: known[word] for word in settings.endpoints if word in known and word not in unasked}
    mine = [domain for domain in domains if domain.roles.keys() & set(settings.roles)]
    for lacking in (each for each in mine if each.lacks and environment.concerns(settings, each, mine)):
        _tell(Tried(lacking.name, "told", Text.same(lacking.lacks)), args.lang)
    received = _received(mine, settings)
    for each in idle:
        _tell(each, args.lang)
    mistakes = [*uncompilable({each.id: each for each in (*calls.values(), *received)}.values())]
    if mistakes:
        raise Mistakes(mistakes)
    has_failed = False
    for tried in preflight(settings, calls, received, args.report, apis=settings.apis):
        has_failed |= tried.state == "failed"
        _tell(tried, args.lang)
    if args.wait and settings.listening and received and not has_failed:
        _wait(mine, settings.listening, args.lang)
    return HINDERED if has_failed else 0


def _read(args: argparse.Namespace) -> tuple[Environment, list[Domain]]:
    """The environment, which fits the domains, and those."""
    settings = environment.read(args.env)
    domains = contract.read_domains(arguments.suites(args), vocabulary(), arguments.progress())
    environment.check_against(settings, domains)
    return settings, domains


def _received(domains: list[Domain], settings: Environment) -> list[Contract]:
    roles = [(domain, domain.roles[name]) for domain in domains for name in settings.roles if name in domain.roles]
    return [domain.contracts[each] for domain, role in roles for each in role.consumes if each in domain.contracts]


def _tell(tried: Tried, lang: Lang) -> None:
    print(f"{words('preflight', lang)[tried.state]:<8}{tried.what}: {tried.said.in_(lang)}", flush=True)


def _wait(domains: list[Domain], listening: Listening, lang: Lang) -> None:
    """Listen until somebody connects, or Ctrl-C."""
    say, stopped = words("preflight", lang).say, arguments.stopping()
    with TemporaryDirectory() as folder, counterpart.listen(domains, listening, Path(folder)) as there:
        print(say("waits", url=f"{next(iter(there.addresses.values()))}?wsdl"), flush=True)
        while not there.connections.made and not stopped.wait(_LOOKS_EACH_SECONDS):
            pass
        if there.connections.made:
            print(say("came"))


# probe: units that were connected, or disconnected, all at once, and which are not as they should be


def run_probe(args: argparse.Namespace) -> int:
    """Ask them all, tell those that are not as they should be, and how many there are of each kind."""
    settings, domains = _read(args)
    contracts = contracts_of(domains)
    units = read(args.addresses, contracts)
    progress = arguments.progress()
    known = _registered(args, units, settings)

    def told(number: int) -> None:
        if number % 10 == 0:
            progress(f"{number} of {len(units)} units")

    results = [*probe(units, settings, parallel=max(1, args.parallel), registered=known, told=told)]
    progress("")
    for each in (one for one in results if not one.holds):
        _tell_unit(each, contracts, args.lang)
    if args.output:
        _write(args.output, results, contracts, args.lang)
    print(_counted(results, args.lang))
    return 0 if all(each.holds for each in results) else _DIFFERS


def _tell_unit(probed: Probed, contracts: Contracts[Contract], lang: Lang) -> None:
    unit, say = probed.unit, words("probe", lang)
    beside = "" if probed.registered is None else f" {say['registered' if probed.registered else 'not_registered']}"
    called = contracts.shown(str(unit.contract.id))
    print(f"{unit.address}  {called}  {unit.change}: {probed.said.in_(lang)}{beside}")


def _registered(args: argparse.Namespace, units: Iterable[ProbedUnit], settings: Environment) -> Registered | None:
    url, point, api = args.cooperation, args.connection_point, settings.cooperation
    if url is not None and not url.startswith(("http://", "https://")):
        raise UsageError(f"“{url}” is no http or https URL", todo="such as http://api.ntjp.se/coop/api/v1")
    if url is None and api:
        url, point = api.url, point or api.point
    contracts = [each.contract for each in units]
    return registered(url, contracts, point, settings.read_seconds, settings.proxy) if url else None


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
            unit, called = each.unit, contracts.shown(str(each.unit.contract.id))
            told = (_yes_or_no(each.registered), _yes_or_no(each.holds), each.code, each.milliseconds)
            rows.writerow((unit.address, called, unit.change, *told, each.said.in_(lang)))


def _yes_or_no(what: bool | None) -> str:
    return "" if what is None else "yes" if what else "no"
