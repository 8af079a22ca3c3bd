"""`domain.yaml`: a service domain's contracts, roles, requirements and sources, each with its place in the file.

The file is read in two steps. Its shape first; then what it says is held against the files beside it and against itself.
All mistakes of a step are told at once.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from lxml import etree

from rivta.contract import general, openapi
from rivta.contract.general import FORM, built
from rivta.contract.packages.store import PackageStore
from rivta.contract.records import read_records
from rivta.contract.result import find_result
from rivta.contract.wsdl import Wsdl, no_file, read_wsdl
from rivta.model.contracts import ContractId, Contracts
from rivta.model.domain import Contract, Domain, OpenApi, Precondition, Requirement, ResultGrammar, Role, RuleFile
from rivta.model.errors import NotInstalled, UsageError, did_you_mean
from rivta.model.steps import PROPERTIES
from rivta.model.words import Direction, Level, Source
from rivta.text import cache, places
from rivta.text.xml import NAMESPACES
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import Found, load, settle
from rivta.text.yaml.tree import Entry, YamlScalar
from rivta.text.yaml.values import check_xpath

FILE = "domain.yaml"
_KIND = "domains"
_NAMED = re.compile(r"^domain:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)

_AS_WRITTEN = ("version", "title", "every-case", "every-received", "sources", "personal", "set-aside")
_MINOR = "; minor versions are one contract on the wire: keep the other in a folder of suites of its own (--suites)"


def find_domains(root: Path) -> list[Path]:
    """The folders below `root`, itself included, that hold a `domain.yaml`; sorted."""
    return sorted(path.parent for path in root.rglob(FILE))


def read_domains(root: Path, checks: Iterable[str] = (), tell: Callable[[str], None] = lambda _: None) -> list[Domain]:
    """All domains below `root`. UsageError for a contract that two of them have: on the wire nothing tells such two apart.

    `tell` hears which is read, and nothing when all are.
    """
    domains: list[Domain] = []
    try:
        for folder in find_domains(root):
            tell(f"{folder.name} is read")
            domains.append(read_domain(folder, checks))
    finally:
        tell("")
    known: dict[str, Path] = {}
    for domain in domains:
        for identity in domain.contracts:
            if identity in known:
                what = f"the contract {identity} is in {known[identity].name} too"
                raise UsageError(what, source=Source(str(domain.folder / FILE)), todo=_MINOR.removeprefix("; "))
            known[identity] = domain.folder
    return domains


def read_domain(folder: Path, checks: Iterable[str] = (), store: PackageStore | None = None) -> Domain:
    """The domain that a folder holds, every contract with its WSDL read and its digest taken.

    `checks` are the kinds that `every-case` and `every-received` may name; without them any name is let through.
    `store` is where release packages are installed; the user's own without it.
    UsageError, or Mistakes for several, with a caret under each.
    """
    own, generals = built(compose.read(folder / FILE), folder)
    found = Found()
    domain = _domain(load(own, FORM[FILE]), folder.resolve(), tuple(checks), store, found)
    settle(found)
    return replace(domain, general=generals)


def _domain(entry: Entry, folder: Path, checks: tuple[str, ...], store: PackageStore | None, found: Found) -> Domain:
    contracts, requirements = _identified(entry, found), _by_id(entry, found)
    facts, namespaces = entry.get("facts", {}), NAMESPACES | dict(entry.get("namespaces", {}))
    homes, lacks, placed = _homes(folder, entry, store)
    known = Contracts(contracts)
    roles = {name: _role(name, role, known, found) for name, role in entry["roles"].items()}
    _check_unwritten(entry, requirements, tuple(PROPERTIES) if "openapi" in entry else checks, found)
    _check_facts(facts, namespaces, found)
    read = [] if lacks else [_contract(homes, placed, entry, each, found) for each in contracts.values()]
    _check_rules(contracts.values(), requirements, found)
    return Domain(
        name=entry["domain"],
        folder=folder,
        contracts=Contracts(contract for contract in read if contract is not None),
        roles=roles,
        requirements={name: _requirement(each) for name, each in requirements.items()},
        preconditions={
            name: Precondition(name, source=each.source, **each.keywords())
            for name, each in entry.get("preconditions", {}).items()
        },
        facts={name: fact["xpath"] for name, fact in facts.items()},
        fact_roles={fact["role"]: name for name, fact in facts.items() if "role" in fact},
        namespaces=namespaces,
        lacks=lacks,
        homes=homes,
        openapi=_openapi(homes, entry, lacks, found),
        **{"every_case": {}} | entry.keywords(*_AS_WRITTEN),
    )


def _openapi(homes: tuple[Path, ...], domain: Entry, lacks: str, found: Found) -> OpenApi | None:
    """What is offered without service contracts. The document lies beside domain.yaml, or in the package."""
    if "openapi" not in domain:
        return None
    path, source = _found_in(homes, domain["openapi"]), domain.source_of("openapi")
    if "contracts" in domain:
        what = "a domain has service contracts or an OpenAPI document, not both"
        found.say(what, source, "make two domains of it")
    if not path.is_file():
        if not lacks:
            found.append(no_file(path, source))
        return OpenApi(path)
    try:
        return OpenApi(path, openapi.read(path).operations)
    except UsageError as mistake:
        found.say(mistake.what, source, mistake.todo)
        return OpenApi(path)


def _homes(folder: Path, domain: Entry, store: PackageStore | None) -> tuple[tuple[Path, ...], str, Mapping[str, str]]:
    """Where a domain's files may lie, its own folder first; what to install, if that is not known without it; where the package has
    the WSDL of each contract, by `Name Major`.
    """
    if "package" not in domain:
        return (folder,), "", {}
    try:
        installed = (store or PackageStore()).find(domain["domain"], domain["package"])
    except NotInstalled as lacking:
        name, what = domain["domain"], f"{lacking.what}: {lacking.todo}"
        if "openapi" in domain:
            what = f"the OpenAPI document of {name} {domain['package']} is not installed: rivta contracts add openapi.yaml --domain {name}"
        return (folder,), what, {}
    return (folder, installed.folder), "", {name.partition(".")[0]: at for name, at in installed.contracts.items()}


def _found_in(homes: tuple[Path, ...], name: str) -> Path:
    """The file in the first place that has it; where none has, where it should be."""
    return next((home / name for home in homes if (home / name).is_file()), homes[-1] / name)


def _by_id(domain: Entry, found: Found) -> dict[str, Entry]:
    """The requirements, each of which is there once."""
    named: dict[str, Entry] = {}
    for item, _ in domain.items_of("requirements"):
        first = named.setdefault(item["id"], item)
        if first is not item:
            todo = f"the first one stands on line {first.source_of('id').line}"
            found.say(f"the requirement {item['id']} is there twice", item.source_of("id"), todo)
    return named


def _identified(domain: Entry, found: Found) -> dict[ContractId, Entry]:
    """The contracts by identity: a name may be there in several major versions, and in each of them once."""
    known: dict[ContractId, Entry] = {}
    if "contracts" in domain and "origin" not in domain:
        what, todo = "nothing says whose words the schemas of the contracts are", "add origin: official, or restatement"
        found.say(what, domain.source_of("contracts"), todo)
    for item, _ in domain.items_of("contracts"):
        id_ = ContractId.of(domain["domain"], item["name"], item["version"])
        first = known.setdefault(id_, item)
        if first is not item:
            what = f"the contract {id_.name} is there twice in major version {id_.major}"
            minor = _MINOR if item["version"] != first["version"] else ""
            todo = f"the first one stands on line {first.source_of('name').line}{minor}"
            found.say(what, item.source_of("name"), todo)
    return known


def _check_unwritten(domain: Entry, requirements: Mapping[str, Entry], checks: tuple[str, ...], found: Found) -> None:
    """That every check of every case is known, if `checks` are, and every requirement that it proves is there."""
    for unwritten in (domain[key] for key in ("every-case", "every-received") if key in domain):
        for check, requirement in unwritten.items():
            if checks and check not in checks:
                what = f"there is no kind of check called {check}"
                found.say(what, unwritten.key_source(check), did_you_mean(check, checks))
            if requirement not in requirements:
                found.append(_unknown("requirement", requirement, unwritten.source_of(check), requirements))


def _check_rules(contracts: Iterable[Entry], requirements: Mapping[str, Entry], found: Found) -> None:
    for each in (file for contract in contracts for file in chain.from_iterable(_rule_entries(contract).values())):
        if each.get("requirement", "") not in {"", *requirements}:
            found.append(_unknown("requirement", each["requirement"], each.source_of("requirement"), requirements))


def _check_facts(facts: Mapping[str, Entry], namespaces: Mapping[str, str], found: Found) -> None:
    played: dict[str, str] = {}
    for name, fact in facts.items():
        node = fact.node_of("xpath")
        if isinstance(node, YamlScalar):
            check_xpath(node.text, node, namespaces, found)
        if "role" in fact and played.setdefault(fact["role"], name) != name:
            what = f"the fact {played[fact['role']]} has the role {fact['role']} already"
            found.say(what, fact.source_of("role"), "one fact plays each role")


def _unknown(what: str, name: str, source: Source, known: Iterable[str]) -> UsageError:
    return UsageError(f"there is no {what} {name} in this domain", source=source, todo=did_you_mean(name, known))


def _contract(
    homes: tuple[Path, ...], placed: Mapping[str, str], domain: Entry, entry: Entry, found: Found
) -> Contract | None:
    rules = _rules(homes, domain, entry, found)
    wsdl = _wsdl(homes, placed, entry, found)
    if wsdl is None:
        return None
    grammar = _result(wsdl, domain, entry, found)
    return Contract(
        domain=domain["domain"],
        name=entry["name"],
        version=entry["version"],
        title=entry["title"],
        namespace=wsdl.namespace,
        soap_action=wsdl.soap_action,
        request_root=etree.QName(wsdl.request_root).localname,
        response_root=etree.QName(wsdl.response_root).localname,
        wsdl=wsdl.schemas.wsdl,
        rules=rules,
        max_ms=entry["max-ms"],
        origin=domain.get("origin", "restatement"),
        digest=wsdl.schemas.digest,
        header=wsdl.header_element or "",
        result=replace(grammar, subs=tuple(entry.get("sub-codes", ()))) if grammar else None,
        findings=tuple(repair.text for repair in wsdl.schemas.repairs),
        records=read_records(wsdl, entry["records"], found) if "records" in entry else None,
    )


def _result(wsdl: Wsdl, domain: Entry, entry: Entry, found: Found) -> ResultGrammar | None:
    """What the contract says of its result goes before what the domain says, and that before what the schema has."""
    holder = entry if "result" in entry else domain
    if "result" not in holder or (holder is domain and find_result(wsdl) is None):
        return find_result(wsdl)
    try:
        return find_result(wsdl, holder["result"])
    except UsageError as error:
        found.say(f"{entry['name']}: {error.what}", holder.source_of("result"), error.todo)
        return None


def _rules(homes: tuple[Path, ...], domain: Entry, entry: Entry, found: Found) -> dict[Direction, tuple[RuleFile, ...]]:
    return {
        Direction(direction): tuple(_rule_file(homes, domain, each, found) for each in files)
        for direction, files in _rule_entries(entry).items()
    }


def _rule_entries(contract: Entry) -> dict[str, list[Entry]]:
    """The files of rules by direction: one, or a list of them."""
    rules: Mapping[str, Entry | list[Entry]] = contract.get("rules", {})
    return {direction: files if isinstance(files, list) else [files] for direction, files in rules.items()}


def _rule_file(homes: tuple[Path, ...], domain: Entry, entry: Entry, found: Found) -> RuleFile:
    path, prefixes = _found_in(homes, entry["file"]), NAMESPACES | dict(domain.get("namespaces", {}))
    if not path.is_file():
        found.append(no_file(path, entry.source_of("file")))
    if "when" in entry and isinstance(node := entry.node_of("when"), YamlScalar):
        check_xpath(node.text, node, prefixes, found)
    return RuleFile(path, entry.get("when", ""), entry.get("requirement", ""), tuple(prefixes.items()))


def _wsdl(homes: tuple[Path, ...], placed: Mapping[str, str], entry: Entry, found: Found) -> Wsdl | None:
    """The WSDL that the contract names, else the one that the package has for it."""
    title = f"{entry['name']} {entry['version']}"
    name = entry.get("wsdl") or placed.get(title.partition(".")[0])
    if name is None:
        what = f"nothing says where the WSDL of {title} is"
        found.say(what, entry.source_of("name"), "add wsdl: its file, or install a package that has the contract")
        return None
    path, source = _found_in(homes, name), entry.source_of("wsdl" if "wsdl" in entry else "name")
    if not path.is_file():
        found.append(no_file(path, source))
        return None
    try:
        wsdl = read_wsdl(path)
    except UsageError as mistake:
        found.append(mistake)
        return None
    if wsdl.operation != entry["name"]:
        what = f"{path.name} declares the operation {wsdl.operation}, and this contract is called {entry['name']}"
        found.say(what, entry.source_of("name"), did_you_mean(entry["name"], [wsdl.operation]))
    return wsdl


def _role(name: str, entry: Entry, known: Contracts[ContractId], found: Found) -> Role:
    named: dict[str, list[str]] = {"produces": [], "consumes": []}
    for key, words in named.items():
        for word, source in entry.items_of(key):
            with found.catching():
                words.append(str(known.find(word, source)))
    return Role(name, entry["title"], *map(tuple, named.values()))


def _requirement(entry: Entry) -> Requirement:
    said = entry.keywords("id", "text", "not-tested", "derived", "cites")
    return Requirement(level=Level(entry["level"]), reference=entry["source"], source=entry.source, **said)


# A domain as an earlier run read it, as long as nothing has changed that it was read from


def inputs_of(folder: Path) -> cache.Inputs | None:
    """What the domain in a folder is read from: the folder, the general parts that it may build on, the packages that are installed of it.

    None where that cannot be told; the domain is to be read then.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    roots = (folder.resolve().parent, places.suites())
    generals = (each.parent for root in roots for each in sorted(root.glob(f"*/{general.FILE}")))
    named, store = _NAMED.search(text), places.contracts()
    if "package" not in text or named is None:
        return cache.Inputs.of((folder, *generals), str(folder))
    installed = sorted(map(str, store.glob("*/*.json")))
    return cache.Inputs.of((folder, *generals, store / named[1]), str(folder), installed)


def kept_domain(folder: Path, inputs: cache.Inputs | None = None) -> Domain:
    """What `read_domain` gives of these inputs, which are those of the folder: from what was kept, else read, and kept."""
    if inputs is None:
        return read_domain(folder)
    found = cache.read_before(_KIND, inputs)
    if isinstance(found, Domain):
        return found
    read = read_domain(folder)
    if inputs == inputs_of(folder):  # nobody has saved a file in the meantime
        cache.keep_read(_KIND, inputs, read)
    return read
