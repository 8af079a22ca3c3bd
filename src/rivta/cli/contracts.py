"""`rivta contracts`: what is known of the service contracts, and the release packages that they come from."""

import argparse
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from rivta import contract
from rivta.cli import package_changes
from rivta.cli.arguments import add_path, add_scenarios, add_suites, progress, suites
from rivta.contract.packages.installing import Arrival, Pins, fetch, install, install_document, template, url_of
from rivta.contract.packages.starting import start
from rivta.contract.packages.store import Installed, PackageStore
from rivta.model.domain import Contract, Domain, ResultGrammar, contracts_of
from rivta.model.errors import UsageError, did_you_mean


def configure(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what", required=True, metavar="list|show|add|fetch|start|diff|remove")
    known = commands.add_parser("list", help="every known contract, a line each, and every installed package")
    show = commands.add_parser("show", help="everything known of one contract, or of an installed package")
    show.add_argument("name", metavar="CONTRACT|DOMAIN")
    add_suites(parser)
    differ = commands.add_parser(
        "diff", help="what changed between two installed versions, and what of a domain it touches"
    )
    differ.add_argument("old", metavar="OLD", help="the earlier version, as DOMAIN@VERSION")
    differ.add_argument("new", metavar="NEW", help="the later one; its version is enough")
    differ.add_argument("--json", action="store_true", help="print everything as JSON")
    add_scenarios(differ)
    for each in (known, show, differ):  # people say it behind the word as well
        add_path(each, "--suites", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add = commands.add_parser(
        "add", help="install a release package, or an OpenAPI document, and say what is amiss in it"
    )
    add_path(add, "package", metavar="PACKAGE", help="the package, as a zip or a folder; or an OpenAPI document")
    add.add_argument("--version", default="", metavar="X.Y.Z", help="its version, where its name does not say it")
    add.add_argument(
        "--domain", default="", metavar="DOMAIN", help="the domain of an OpenAPI document, which says none itself"
    )
    get = commands.add_parser("fetch", help="download a release package, hold it to its checksum, and install it")
    get.add_argument(
        "--url",
        metavar="TEMPLATE",
        help="where packages are published, with {domain} or {domain_} and {version} in it (default: $RIVTA_PACKAGE_URL)",
    )
    get.add_argument(
        "--sha256",
        default="",
        metavar="HEX",
        help="the checksum that it must have (default: the one it had the first time)",
    )
    begin = commands.add_parser("start", help="write a domain folder to go on from, out of an installed package")
    begin.add_argument("domain", metavar="DOMAIN")
    begin.add_argument("version", metavar="VERSION", nargs="?", default="", help="default: the newest installed")
    add_path(begin, "-o", "--output", metavar="DIR", default=Path("suites"), help="where domains lie (default: suites)")
    remove = commands.add_parser("remove", help="forget an installed package")
    for each in (get, remove):
        each.add_argument("domain", metavar="DOMAIN")
        each.add_argument("version", metavar="VERSION")


def run(args: argparse.Namespace) -> int:
    store = PackageStore()
    match args.what:
        case "add" if args.package.suffix.lower() in _DOCUMENTS:
            document = install_document(args.package, store, args.domain, version=args.version)
            print(
                f"{document.domain} {document.version}: {len(document.contracts)} operations installed in {document.folder}"
            )
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
            package_changes.compare(args, progress())
        case "list":
            _print_list(contract.read_domains(suites(args), tell=progress()))
            _print_installed(store)
        case _:
            _show(args.name, contract.read_domains(suites(args), tell=progress()), store)
    return 0


def _fetched(args: argparse.Namespace, store: PackageStore) -> Arrival:
    url = url_of(template(args.url), args.domain, args.version)
    say = progress()
    package = fetch(url, lambda done, all_: say(f"{done // 1024} of {all_ // 1024 or '?'} kB"))
    Pins(store.folder).hold(args.domain, args.version, package, args.sha256)
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
    total = len(arrival.package.operations)
    usable = (
        f"{len(package.contracts)} contracts"
        if len(package.contracts) == total
        else f"{len(package.contracts)} of {total} contracts"
    )
    print(f"{package.domain} {package.version}{guessed}: {usable} installed in {package.folder}")
    if arrival.before:
        gone = [name for name in arrival.before.contracts if name not in package.contracts]
        lost = f"; no longer there: {', '.join(gone)}" if gone else ""
        print(f"it takes the place of another package of that name and version, from {arrival.before.origin}{lost}")
    print(", ".join(f"{counted[level]} {level}{'s' * (counted[level] != 1)}" for level in ("error", "warning", "note")))


def _print_installed(store: PackageStore) -> None:
    for package in store.all():
        print(f"{package.domain} {package.version}  installed {package.at} from {package.origin}")
        for name in package.contracts:
            print(f"  {name}")


def _show(name: str, domains: list[Domain], store: PackageStore) -> None:
    packages = [each for each in store.all() if name in (each.domain, f"{each.domain}@{each.version}")]
    if packages:
        for package in packages:
            _print_package(package)
        return
    for lacking in (each for each in domains if each.name == name and each.lacks):
        what, _, todo = lacking.lacks.partition(": ")
        raise UsageError(what, todo=todo)
    known = contracts_of(domains)
    if name not in known and not known.meant(name):
        names = {each.name for each in domains} | {each.domain for each in store.all()}
        todo = did_you_mean(name, names if "." in name else map(known.shown, known))
        raise UsageError(f"unknown {'domain' if '.' in name else 'contract'} “{name}”", todo=todo)
    _print_one(name, domains)


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


def _print_list(domains: list[Domain]) -> None:
    known = contracts_of(domains)
    for domain in domains:
        print(f"{domain.name} {domain.version}  {domain.title.en}")
        for identity, each in domain.contracts.items():
            print(
                f"  {known.shown(identity)} {each.version}  {each.title.en}  ({_ORIGINS[each.origin]}, SHA-256 {each.digest[:12]}…)"
            )


def _print_one(name: str, domains: list[Domain]) -> None:
    one = contracts_of(domains).find(name)
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
