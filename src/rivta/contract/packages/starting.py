"""A domain folder to go on from: what an installed package says by itself, as the files that a person would write.

`domain.yaml` has the contracts with what those that read give back, the roles and two requirements for each, built on the general
part of all domains; each contract's folder has the smallest valid request as a message, and a suite for either role. What the
package does not say is guessed, and such a line says `confirm`.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import jinja2
from lxml import etree

from rivta.contract import openapi
from rivta.contract.giving import Page, RecordArchive, fill, placeholders
from rivta.contract.held import Held
from rivta.contract.instance import Place, numbered, smallest
from rivta.contract.packages.examination import rule_files
from rivta.contract.packages.reading import Guess, guessed
from rivta.contract.packages.store import Installed
from rivta.contract.result import find_result
from rivta.contract.rules import compile_rules, rules_of
from rivta.contract.validators import complaints_of_xmlschema
from rivta.contract.wsdl import Wsdl, read_wsdl
from rivta.model.domain import Contract, ResultGrammar, RuleFile
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.records import Records
from rivta.model.steps import Inputs
from rivta.model.words import Direction, Text
from rivta.text.files import write_file

_PERSON, _UNIT = "${patient}", "${unit}"
_VALUES = {_PERSON: "191212121212", _UNIT: "SE2321000016-1"}
_NAMED = r"(patient|person|subject|resident|citizen|invanare)\w*"
_EXAMPLES = tuple(
    (re.compile(pattern, re.IGNORECASE), value)
    for pattern, value in (
        (rf"{_NAMED}/(@?root|type)", "1.2.752.129.2.1.3.1"),
        (rf"{_NAMED}(/(\w*id|@?extension))?", _PERSON),
        (r"\w*(unit|facility|organi[sz]ation|system|careprovider)\w*id(/@?extension)?", _UNIT),
        (r"\w*hsa_?id(/@?extension)?", _UNIT),
    )
)
"""What people put where, by the names of an element and of what it stands in; taken where the schema takes it."""
_OF_IDENTITIES = ("root", "extension", "id", "type")

_INPUTS: tuple[Inputs, ...] = ("valid", "invalid")


@frozen
class _ContractWords:
    """What the templates know of a contract. `key` is what it is called in the domain, `folder` where its suites lie."""

    name: str
    version: str
    wsdl: str
    facts: Wsdl
    rules: Mapping[str, str]
    key: str
    result: ResultGrammar | None
    records: Guess | None

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    @property
    def folder(self) -> str:
        return self.key.replace("@", ".")

    @property
    def action(self) -> str:
        """What an adapter is told to do: get-diagnosis."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W", "-", self.key).lower()

    @property
    def request(self) -> str:
        return etree.QName(self.facts.request_root).localname

    @property
    def response(self) -> str:
        return etree.QName(self.facts.response_root).localname

    @property
    def ok(self) -> str:
        """What a response says when it went well; empty where it says nothing of it."""
        return self.result.ok if self.result else ""

    @property
    def invalid(self) -> str:
        """What it says to a message that is not valid, as a suite expects it; empty where it says nothing of it."""
        if self.result is None or not self.result.invalid:
            return self.result.failed if self.result else ""
        words = f"{{code: {self.result.failed}, error: {self.result.invalid}}}"
        return words if self.result.error else self.result.invalid


def start(package: Installed, suites: Path) -> tuple[Path, ...]:
    """Write the folder of a package's domain into `suites`; the files. UsageError if the folder is there already."""
    folder = suites / package.domain
    if folder.exists():
        raise UsageError(f"{folder} is there already", todo="name another place with -o")
    written = dict(_files(package, folder))
    try:
        for path, text in written.items():
            write_file(path, text.encode())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # half of it would keep the next try from beginning
        raise
    return tuple(written)


def _files(package: Installed, folder: Path) -> Iterator[tuple[Path, str]]:
    """Of an OpenAPI document, or of service contracts."""
    document = next((at for at in package.contracts.values() if not at.endswith(".wsdl")), "")
    return _of_document(package, document, folder) if document else _of_contracts(package, folder)


def _of_document(package: Installed, document: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """A domain of one role, which offers what the document describes; a case for each operation and kind of request."""
    description = openapi.read(package.folder / document)
    cases = [
        (operation, inputs)
        for operation in description.operations
        for inputs in _INPUTS
        if inputs == "valid" or description.draw(operation, inputs, 1, 1)
    ]
    said = {"package": package, "document": document, "title": description.title}
    yield folder / "domain.yaml", _rendered("openapi", **said)
    yield folder / "api" / "producer.yaml", _rendered("exploring", cases=cases, **said)


def _of_contracts(package: Installed, folder: Path) -> Iterator[tuple[Path, str]]:
    contracts = list(_contracts(package))
    values = {"person": _VALUES[_PERSON], "unit": _VALUES[_UNIT]}
    yield folder / "domain.yaml", _rendered("domain", package=package, contracts=contracts)
    yield folder / "environment.yaml", _rendered("environment", contracts=contracts, folder=folder)
    yield folder / "reference" / "reference.yaml", _rendered("reference", contracts=contracts, values=values)
    for contract in contracts:
        own = folder / contract.folder
        yield own / "messages" / "request.xml", _request(contract.facts)
        for role in ("producer", "consumer"):
            yield own / f"{role}.yaml", _rendered(role, contract=contract, values=values)


def _rendered(name: str, **values: object) -> str:
    # Not escaped, since it is YAML that is written.
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.PackageLoader("rivta.contract.packages"), trim_blocks=True, keep_trailing_newline=True
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment.get_template(f"{name}.yaml.j2").render(values)


def _contracts(package: Installed) -> Iterator[_ContractWords]:
    names = Counter(title.partition(" ")[0] for title in package.contracts)
    rules = dict(_rules(package.folder))
    for title, wsdl in package.contracts.items():
        name, _, version = title.partition(" ")
        key = f"{name}@{version.partition('.')[0]}" if names[name] > 1 else name
        facts = read_wsdl(package.folder / wsdl)
        read = _ContractWords(name, version, wsdl, facts, rules.get(name, {}), key, find_result(facts), guessed(facts))
        yield (
            replace(read, records=read.records.held_against(partial(_broken, read, package))) if read.records else read
        )


def _broken(read: _ContractWords, package: Installed, records: Records) -> frozenset[str]:
    """What the package's own schema and rules have against records that are made as it says."""
    facts, text = read.facts, Text.same(read.name)
    rules = {Direction(name): (RuleFile(package.folder / path),) for name, path in read.rules.items()}
    known = (facts.namespace, facts.soap_action, read.request, read.response, facts.path)
    made = Contract(package.domain, read.name, read.version, text, *known, rules, 1, "official", facts.schemas.digest)
    result = {(*read.result.path, read.result.code): read.result.ok} if read.result else {}
    response = smallest(facts, facts.response_root, result | dict.fromkeys(placeholders(records), "-"))
    try:
        every = RecordArchive(
            replace(made, rules={}), records, Held()
        ).all  # those too that break rules, which are to be told
        fill(response, records, Page(every))
    except UsageError as mistake:  # nothing valid is known that could stand there
        return frozenset((mistake.what,))
    complaints = complaints_of_xmlschema(facts.schemas, response)
    broken = rules_of(made, Direction.RESPONSE, response).run(response)
    return frozenset(
        (*(each.message for each in complaints), *(" ".join(str(each.message).split()) for each in broken))
    )


def _rules(root: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Contract → its rules on responses: a package has them in `test-suite/<Contract>/`. Those that cannot be used are left out."""
    for path in rule_files(root):
        try:
            compile_rules(path)
        except UsageError:
            continue
        if "test-suite" in path.parts:
            yield path.parent.name, {"response": path.relative_to(root).as_posix()}


def _request(wsdl: Wsdl) -> str:
    """The smallest valid request, with a test person and a unit where the names of its elements ask for them."""
    said: dict[Place, str] = {}
    for place in _texts(smallest(wsdl, wsdl.request_root)):
        value = next((value for pattern, value in _EXAMPLES if pattern.fullmatch(_called(place))), None)
        if value and _takes(wsdl, said | {place: value}):
            said[place] = value
    made = smallest(wsdl, wsdl.request_root, said)
    etree.indent(made)
    return f"{etree.tostring(made, encoding='unicode')}\n"


def _texts(element: etree._Element, place: Place = ()) -> Iterator[Place]:
    """Each place in a message that has a text."""
    if not len(element) and element.text:
        yield place
    yield from ((*place, f"@{etree.QName(name).localname}") for name in element.attrib)
    passed: Counter[str] = Counter()
    for child in element.iterchildren(etree.Element):
        name = etree.QName(child).localname
        passed[name] += 1
        yield from _texts(child, (*place, numbered(name, passed[name])))


def _called(place: Place) -> str:
    """The names that a text goes by: its own, behind its parent's where that says more."""
    *above, name = (re.sub(r"\[.*", "", each) for each in place)
    return "/".join((*above[-1:], name)) if name in _OF_IDENTITIES or name.startswith("@") else name


def _takes(wsdl: Wsdl, said: Mapping[Place, str]) -> bool:
    """Whether the message is valid with these values in their places."""
    tried = {place: _VALUES.get(value, value) for place, value in said.items()}
    return not complaints_of_xmlschema(wsdl.schemas, smallest(wsdl, wsdl.request_root, tried))
