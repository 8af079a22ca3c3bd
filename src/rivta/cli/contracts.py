"""`rivta contracts`: what is known of the service contracts."""

import argparse
from collections import Counter

from rivta import contract
from rivta.cli.arguments import add_suites, suites
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain, ResultGrammar


def configure(parser: argparse.ArgumentParser) -> None:
    add_suites(parser)
    commands = parser.add_subparsers(dest="what", required=True, metavar="list|show")
    commands.add_parser("list", help="every known contract, a line each")
    show = commands.add_parser("show", help="everything known of one contract")
    show.add_argument("name", metavar="CONTRACT")


def run(args: argparse.Namespace) -> int:
    domains = contract.read_domains(suites(args))
    if args.what == "list":
        _print_list(domains)
    else:
        _print_one(args.name, domains)
    return 0


_ORIGINS = {"restatement": "our restatement", "official": "official package"}


def _known(domains: list[Domain]) -> Contracts[Contract]:
    return Contracts(each for domain in domains for each in domain.contracts.values())


def _print_list(domains: list[Domain]) -> None:
    known = _known(domains)
    for domain in domains:
        print(f"{domain.name} {domain.version}  {domain.title.en}")
        for identity, each in domain.contracts.items():
            print(
                f"  {known.shown(identity)} {each.version}  {each.title.en}  ({_ORIGINS[each.origin]}, SHA-256 {each.digest[:12]}…)"
            )


def _print_one(name: str, domains: list[Domain]) -> None:
    one = _known(domains).find(name)
    domain = next(domain for domain in domains if domain.name == one.domain)
    for label, value in _facts(domain, one):
        print(f"{label:<15}{value}")
    for finding in one.findings:
        print(f"{'finding':<15}{finding.en}")
    print()
    print("requirements")
    width = max(map(len, domain.requirements), default=0)
    for requirement in domain.requirements.values():
        print(f"  {requirement.id:<{width}}  {requirement.level:<8}{requirement.text.en}")
        print(f"  {'':<{width + 10}}{requirement.reference}")
    print()
    print("sources")
    for key, text in domain.sources.items():
        print(f"  {key:<8}{text.en}")


def _result(grammar: ResultGrammar | None) -> str:
    """Where the responses say how it went, and in which parts."""
    if grammar is None:
        return "none: it answers, or there is a SOAP Fault"
    parts = (part for part in (grammar.code, grammar.error, grammar.sub, grammar.text, grammar.log) if part)
    return f"{'/'.join(grammar.path) or 'the response itself'}: {', '.join(parts)}"


def _facts(domain: Domain, one: Contract) -> list[tuple[str, str]]:
    producers = [role.title.en for role in domain.roles.values() if str(one.id) in role.produces]
    consumers = [role.title.en for role in domain.roles.values() if str(one.id) in role.consumes]
    levels = Counter(requirement.level for requirement in domain.requirements.values())
    return [
        ("contract", f"{one.name} {one.version} ({one.title.en} / {one.title.sv})"),
        ("domain", f"{domain.name} {domain.version} ({domain.title.en})"),
        ("operation", one.request_root),
        ("SOAPAction", one.soap_action),
        ("request", f"{{{one.namespace}}}{one.request_root}"),
        ("response", f"{{{one.namespace}}}{one.response_root}"),
        ("addressed by", one.header or "nothing in the SOAP header"),
        ("result", _result(one.result)),
        ("produced by", ", ".join(producers)),
        ("consumed by", ", ".join(consumers)),
        ("response time", f"{one.max_ms} ms"),
        ("schema set", f"{_ORIGINS[one.origin]}, SHA-256 {one.digest}"),
        ("requirements", ", ".join(f"{count} {level}" for level, count in levels.items())),
    ]
