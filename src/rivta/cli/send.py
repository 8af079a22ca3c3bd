"""`rivta send`: one message, such as one that was edited, sent to the system, and its answer held against the contract."""

import argparse
import secrets
from contextlib import closing

from rivta import contract, environment
from rivta.check import vocabulary
from rivta.cli import arguments
from rivta.cli.show import checks_told, told
from rivta.evidence.redaction import hiding
from rivta.model.case import Case, Suite
from rivta.model.clock import SYSTEM, Clock
from rivta.model.domain import Domain, contracts_of
from rivta.model.environment import Environment
from rivta.model.run import CaseResult
from rivta.model.steps import Send
from rivta.model.words import Source, Text, Verdict
from rivta.plugin.record import EXIT
from rivta.run import Stage, run_case
from rivta.run.opening import new_name
from rivta.text import identity
from rivta.text.files import contents
from rivta.text.xml import CONTROLS, LIMIT_BYTES
from rivta.text.yaml.compose import decoded
from rivta.transport.http import HttpTransport

_CODES = {"FAILED": "deviates", "ERROR": "error", "BLOCKED": "environment", "PASSED": "conforms"}


def run(args: argparse.Namespace) -> int:
    """Send it and print what came, whole, and every check that a case goes through unwritten. Only test persons are ever sent."""
    decoded(contents(args.file, LIMIT_BYTES), str(args.file))
    settings = environment.read(args.env)
    domains = contract.read_domains(arguments.suites(args), vocabulary(), arguments.progress())
    environment.check_against(settings, domains)
    found = contracts_of(domains).find(args.contract)
    domain = next(each for each in domains if found in each.contracts.values())
    result = _played(args, domain, str(found.id), settings)
    mask, hide = identity.Mask(secrets.token_hex(16), settings.test_identities), hiding(settings.secrets)
    for line in (*told(result, is_raw=args.raw), "", *checks_told(result, result.checks, is_raw=args.raw)):
        print(mask.text(hide(line)).translate(CONTROLS))
    if result.verdict is Verdict.ERROR and not result.exchanges:  # it lacks a value, or none can be filled in
        return EXIT["usage"]
    return EXIT[_CODES.get(result.verdict.name, "nothing")]


def _played(
    args: argparse.Namespace, domain: Domain, name: str, settings: Environment, clock: Clock = SYSTEM
) -> CaseResult:
    """The message as a case of one step, which is played as any other."""
    written = Source(str(args.file))
    step = Send(name, args.file, {}, (), written, to=args.to)
    case = Case(args.file.name, Text.same("sent by hand"), name, "producer", (), (), (), (step,), written)
    suite = Suite(args.file, domain, Text.same(args.file.name), {}, (case,), "", None, domain.namespaces)
    with closing(HttpTransport(settings)) as transport:
        return run_case(case, Stage(suite, settings, transport, new_name(clock), clock=clock))
