"""`rivta contracts`: what is known of the service contracts, and the packages that they come from; `rivta new`: a message of one."""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from rivta import contract, suite
from rivta.check import vocabulary
from rivta.cli.arguments import progress, scenarios, suites
from rivta.cli.lint import suite_files
from rivta.contract.instance import fullest, mistakes, read_plain, smallest
from rivta.contract.message import wrap
from rivta.contract.packages.comparison import PackageChange, Touched, changes, touched
from rivta.contract.packages.installing import (
    Arrival,
    demand_checksum,
    fetch,
    install,
    install_document,
    template,
    url_of,
)
from rivta.contract.packages.starting import start
from rivta.contract.packages.store import Installed, PackageStore
from rivta.model.case import Suite
from rivta.model.contracts import ContractId, Contracts
from rivta.model.domain import Contract, Domain, ResultGrammar, contracts_of
from rivta.model.errors import NotInstalled, UsageError, did_you_mean
from rivta.run.opening import planned_case
from rivta.text.yaml.grammar import Found, settle


def run(args: argparse.Namespace) -> int:
    store = PackageStore()
    match args.what:
        case "add" if args.package.suffix.lower() in _DOCUMENTS:
            document = install_document(args.package, store, args.domain, version=args.version)
            count = len(document.contracts)
            print(f"{document.domain} {document.version}: {count} operations installed in {document.folder}")
        case "add":
            _tell(install(args.package, store, version=args.version, progress=progress()))
        case "fetch":
            _tell(_fetched(args, store))
        case "start":
            for path in start(store.find(args.domain, args.version), args.output):
                print(path)
        case "remove":
            store.remove(store.find(args.domain, args.version))
            print(f"{args.domain} {args.version} is removed")
        case "diff":
            _compare(args, progress())
        case "list":
            _print_list(contract.read_domains(suites(args), tell=progress()), store)
        case _:
            _show(args.name, contract.read_domains(suites(args), tell=progress()), store)
    return 0


def _fetched(args: argparse.Namespace, store: PackageStore) -> Arrival:
    url = url_of(template(args.url), args.domain, args.version)
    say = progress()
    package = fetch(url, lambda done, all_: say(f"{done // 1024} of {all_ // 1024 or '?'} kB"))
    demand_checksum(store.folder, args.domain, args.version, package, args.sha256)
    with TemporaryDirectory(prefix="rivta-") as folder:
        path = Path(folder, "package.zip")
        path.write_bytes(package.body)
        return install(path, store, version=args.version, name=package.name, progress=say)


def _tell(arrival: Arrival) -> None:
    progress()("")
    for finding in arrival.findings:
        print(finding)
    counted = Counter(each.level for each in arrival.findings)
    package = arrival.installed
    guessed = " (its newest contract’s; say --version if that is wrong)" if arrival.package.is_guessed else ""
    total, count = len(arrival.package.operations), len(package.contracts)
    usable = f"{count} contracts" if count == total else f"{count} of {total} contracts"
    print(f"{package.domain} {package.version}{guessed}: {usable} installed in {package.folder}")
    if arrival.before:
        gone = [name for name in arrival.before.contracts if name not in package.contracts]
        lost = f"; no longer there: {', '.join(gone)}" if gone else ""
        print(f"it takes the place of another package of that name and version, from {arrival.before.origin}{lost}")
    print(", ".join(f"{counted[level]} {level}{'s' * (counted[level] != 1)}" for level in ("error", "warning", "note")))


def _show(name: str, domains: list[Domain], store: PackageStore) -> None:
    packages = [each for each in store.all() if name in (each.domain, f"{each.domain}@{each.version}")]
    if packages:
        for package in packages:
            _print_package(package)
        return
    for domain in (each for each in domains if each.name == name):
        if domain.lacks:
            raise NotInstalled(domain.lacks)
        _print_domain(domain, domain.contracts)
        return
    known = contracts_of(domains)
    if "." in name and "/" not in name and name not in known and not known.meant(name):
        names = {each.name for each in domains} | {each.domain for each in store.all()}
        raise UsageError(f"unknown domain “{name}”", todo=did_you_mean(name, names))
    _print_one(known.find(name), domains)


def _print_package(package: Installed) -> None:
    for label, value in (
        ("domain", package.domain),
        ("version", package.version),
        ("from", package.origin),
        ("installed", package.at),
        ("folder", package.folder),
        ("SHA-256", package.digest),
    ):
        print(f"{label:<15}{value}")
    for title, lines in (
        ("contracts", [f"{name}  {wsdl}" for name, wsdl in package.contracts.items()]),
        ("findings", package.findings),
    ):
        if lines:
            print("\n".join((f"\n{title}", *(f"  {line}" for line in lines))))


_DOCUMENTS = (".yaml", ".yml", ".json")
"""How the names of OpenAPI documents end."""
_ORIGINS = {"restatement": "our restatement", "official": "official package"}


def _print_list(domains: list[Domain], store: PackageStore) -> None:
    known = contracts_of(domains)
    for domain in domains:
        _print_domain(domain, known)
        if domain.lacks:
            names = dict.fromkeys(name for role in domain.roles.values() for name in (*role.produces, *role.consumes))
            print(f"  {', '.join(ContractId.parse(name).name for name in names)}: {domain.lacks.partition(': ')[0]}")
    for package in store.all():
        print(f"{package.domain} {package.version}  installed {package.at} from {package.origin}")
        for name in package.contracts:
            print(f"  {name}")


def _print_domain(domain: Domain, known: Contracts[Contract]) -> None:
    print(f"{domain.name} {domain.version}  {domain.title.en}")
    for identity, each in domain.contracts.items():
        origin = f"{_ORIGINS[each.origin]}, SHA-256 {each.digest[:12]}…"
        print(f"  {known.shown(identity)} {each.version}  {each.title.en}  ({origin})")


def _print_one(one: Contract, domains: list[Domain]) -> None:
    domain = next(domain for domain in domains if domain.name == one.domain)
    for label, value in _facts(domain, one):
        print(f"{label:<15}{value}")
    for finding in one.findings:
        print(f"{'finding':<15}{finding.en}")
    print()
    print(f"requirements of {domain.name}")
    width = max(map(len, domain.requirements), default=0)
    for requirement in domain.requirements.values():
        print(f"  {requirement.id:<{width}}  {requirement.level:<8}{requirement.text.en}")
        print(f"  {'':<{width + 10}}{requirement.reference}")
    print()
    print("sources")
    width = max(map(len, domain.sources), default=0)
    for key, text in domain.sources.items():
        print(f"  {key:<{width}}  {text.en}")


def _result(grammar: ResultGrammar | None) -> str:
    """Where the responses say how it went, and in which parts."""
    if grammar is None:
        return "none: it answers, or there is a SOAP Fault"
    parts = (part for part in (grammar.code, grammar.error, grammar.sub, grammar.text, grammar.log) if part)
    return f"{'/'.join(grammar.path) or 'the response itself'}: {', '.join(parts)}"


def _facts(domain: Domain, one: Contract) -> list[tuple[str, str]]:
    producers = [f"{role.title.en} ({role.name})" for role in domain.roles.values() if str(one.id) in role.produces]
    consumers = [f"{role.title.en} ({role.name})" for role in domain.roles.values() if str(one.id) in role.consumes]
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


# diff: the changes between two versions of a package, and what of a domain's folder each touches


_TITLES = {"contract": "contracts", "schema": "schemas", "rule": "rules", "description": "contract description"}
_TOLD = 6
"""Cases that a line names before it says how many more there are."""


def _compare(args: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Print the table, or all of it as JSON."""
    old = installed(args.old)
    new = installed(args.new, old.domain)
    if old.domain != new.domain:
        raise UsageError(f"{old.domain} and {new.domain} are two domains", todo="name two versions of one")
    found = changes(old, new, say)
    ours = _suites_of(args, old.domain)
    touches = _touched(found, ours)
    say("")
    if args.json:
        rows = [asdict(change) | asdict(touch) for change, touch in zip(found, touches, strict=True)]
        head: dict[str, object] = {"format": "rivta-package-comparison", "version": 1, "domain": old.domain}
        head |= {"old": old.version, "new": new.version, "changes": rows}
        print(json.dumps(head, ensure_ascii=False, indent=1))
        return
    print(f"{old.domain} {old.version} → {new.version}")
    for line in _table(found, touches):
        print(line)
    print(f"\n{len(found)} changes; {_counted(touches) if ours else 'no folder of suites has this domain'}")


def _counted(touches: Sequence[Touched]) -> str:
    requirements = {each for touch in touches for each in touch.requirements}
    cases = {each for touch in touches for each in touch.cases}
    return f"they touch {len(requirements)} requirements and {len(cases)} cases"


def installed(name: str, domain: str = "") -> Installed:
    """A version of a package: `domain@version`, or the version alone where the domain is known."""
    before, _, version = name.rpartition("@")
    if not before and not domain:
        raise UsageError(
            f"“{name}” is no version of a package", todo="say DOMAIN@VERSION, as rivta contracts list shows them"
        )
    return PackageStore().find(before or domain, version)


def _suites_of(args: argparse.Namespace, name: str) -> Sequence[Suite]:
    domains = contract.read_domains(suites(args), vocabulary(), progress())
    ours = (each for each in domains if each.name == name and not each.lacks)
    return [
        suite.read(path, domain, vocabulary(), None, lambda: domains)
        for domain in ours
        for path in suite_files(domain, scenarios(args))
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


# new message: for people to go on from


def run_new(args: argparse.Namespace) -> int:
    """Print a valid message of a contract, made from its schema alone."""
    found = contracts_of(contract.read_domains(suites(args), tell=progress())).find(args.contract)
    wsdl = contract.read_wsdl(found.wsdl)
    root = wsdl.response_root if args.response else wsdl.request_root
    said = read_plain(args.data, wsdl, root) if args.data else {}
    made = (fullest if args.full else smallest)(wsdl, root, {place: node.text for place, node in said.items()})
    etree.indent(made)
    message = wrap(
        etree.tostring(made, encoding="unicode"), "${logical-address}", "" if args.response else found.header
    )
    if said and not any("${" in node.text for node in said.values()):
        complaints = contract.schemas(found).verdict(message.encode()).complaints
        settle(Found(mistakes(complaints, said, args.data)))
    print(message)
    return 0
