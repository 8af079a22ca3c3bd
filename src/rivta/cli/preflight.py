"""`rivta preflight`: everything around the system that could make a run red, tried and told line by line."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from rivta import contract, counterpart, environment
from rivta.check import vocabulary
from rivta.cli import HINDERED, arguments
from rivta.cli.lint import uncompilable
from rivta.model.domain import Contract, Domain, contracts_of
from rivta.model.environment import Environment, Listening
from rivta.model.errors import Mistakes
from rivta.model.words import Lang, Text
from rivta.run.preflight import Tried, not_given, preflight
from rivta.text.catalogue import words

_LOOKS_EACH_SECONDS = 0.2


def run(args: argparse.Namespace) -> int:
    """Try it all and tell each line as it comes."""
    settings = environment.read(args.env)
    domains = contract.read_domains(arguments.suites(args), vocabulary(), arguments.progress())
    environment.check_against(settings, domains)
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
