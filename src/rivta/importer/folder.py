"""A project as domains of ours: a folder a domain with its contracts, a suite and messages a contract, an environment to start from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rivta.contract.rules import compile_rules
from rivta.importer import cases as cases_
from rivta.importer import contracts as contracts_
from rivta.importer import mocks
from rivta.importer.carried import ADDRESS, Carried, Carrier, Sent, texts_of
from rivta.importer.contracts import Contract, Contracts
from rivta.importer.data import Data
from rivta.importer.project import Case, Project
from rivta.importer.scripts import Period
from rivta.importer.values import ALWAYS, Spaces, named_in
from rivta.importer.writing import Flow, Writer
from rivta.model.errors import RivtaError, UsageError
from rivta.model.records import PERIOD
from rivta.text import identity

_LONGEST_TEXT = 400
_REPEATED: Mapping[str, object] = {"interval": {"start": "", "end": ""}, "page": {"reference": ""}}
"""Names that a message which is sent again and again has, for the steps that are not."""
_FROM = """\
# From the SoapUI project {}. WSDL and schemas under schemas/ are the project's own copy, and may be old: with the release package
# installed, an import takes those in there. Go through `records:`, which was found by the names in the schema and by the scripts'
# time filters.
"""
_CARRIED = (
    "# From the SoapUI project {}. A case with a `todo:` is not proven until somebody has written what it says.\n"
)
_WHOM = "# Whom to test, and where it answers.\n"
_DECLARE = """\
# Only test persons are ever sent. These are in the project's data, and of no published series: take the # away for those that
# are test persons all the same, the rest has to be replaced.
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to. `cases` are written, `lost` are not, each with the reason; `left` are interfaces that are no contracts."""

    project: Project
    contracts: Contracts
    cases: tuple[Carried, ...]
    lost: tuple[tuple[Case, str], ...]
    left: Mapping[str, str]
    files: tuple[Path, ...]
    notes: tuple[str, ...]


def imported(project: Project, data: Data, folder: Path) -> Imported:
    """Write a project below a folder. UsageError where something is in there already."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", todo="name another folder with -o")
    contracts, left = contracts_.written(project, folder)
    writer, spaces = Writer(folder), dict[str, Spaces]()
    carrier = Carrier(project, data, contracts, lambda each: spaces.setdefault(each.id, Spaces()))
    cases, lost = _carried(carrier)
    every = list({each.id: each for each in contracts.values()}.values())
    for contract in every:
        own = [each for each in cases if each.contract is contract]
        if own:
            _Suite(writer, carrier, contract).write(own)
    mocked = mocks.mocked(project, contracts)
    for domain in dict.fromkeys(each.domain for each in every):
        of_domain = [each for each in every if each.domain == domain]
        facts = mocks.facts([each for each in of_domain if each.id in mocked])
        for contract in (each for each in of_domain if each.id in mocked):
            mocks.Consumer(writer, contract, facts).write(project, mocked[contract.id])
        called = [each for each in of_domain if each.id in mocked]
        _write_domain(writer, carrier, of_domain, [each for each in cases if each.contract in of_domain], called)
    if every:
        writer.write(
            "environment.yaml", _environment(every, cases, data) | _counterpart(cases, mocked), _WHOM + _persons(data)
        )
    return Imported(project, contracts, tuple(cases), tuple(lost), left, tuple(writer.files), tuple(writer.notes))


def _carried(carrier: Carrier) -> tuple[list[Carried], list[tuple[Case, str]]]:
    """The cases that call, each with an id of its own in its file, and those that are lost."""
    cases: list[Carried] = []
    lost: list[tuple[Case, str]] = []
    taken: set[tuple[str, str]] = set()
    for case in carrier.project.cases:
        one = cases_.carried(carrier, case)
        if case.is_disabled:
            lost.append((case, "it is disabled"))
        elif one.contract is None:
            lost.append((case, "; ".join(dict.fromkeys(each.why for each in one.left)) or "it sends nothing"))
        else:
            whole, key = re.sub(r"[\s\[\]:/]+", "-", case.name).strip("-"), one.contract.id
            ids = (one.id, whole, *(f"{whole}-{number}" for number in range(2, len(carrier.project.cases) + 2)))
            one = replace(one, id=next(each for each in ids if each and (key, each) not in taken))
            taken.add((key, one.id))
            cases.append(one)
    return cases, lost


@dataclass(slots=True)
class _Suite:
    """One contract's suite in the making: `templates` are its messages by text, `data` the values that every case has."""

    writer: Writer
    carrier: Carrier
    contract: Contract
    templates: dict[str, str] = field(default_factory=dict)
    data: dict[str, object] = field(default_factory=dict)

    @property
    def _place(self) -> str:
        return f"{self.contract.domain}/{self.contract.folder}"

    def write(self, cases: list[Carried]) -> None:
        written = [self._case(each) for each in cases]
        suite = {
            "contract": self.contract.key,
            "role": "producer",
            "title": f"{self.contract.name} {self.contract.version}",
            "namespaces": dict(self.carrier.spaces(self.contract).prefixes),
            "data": self.data,
            "cases": written,
        }
        comment = _CARRIED.format(self.carrier.project.path.name)
        self.writer.write(
            f"{self._place}/producer.yaml", {key: value for key, value in suite.items() if value}, comment
        )

    def _case(self, carried: Carried) -> dict[str, object]:
        steps = [self._step(carried, number) for number in range(len(carried.steps))]
        title = carried.case.name.strip() or carried.id
        head: dict[str, object] = {
            "id": carried.id,
            "title": title,
            "verifies": [f"{self.contract.folder}-{carried.id}"],
        }
        return head | (steps[0] if len(steps) == 1 and "capture" not in steps[0] else {"steps": steps})

    def _step(self, carried: Carried, number: int) -> dict[str, object]:
        sent, name = carried.steps[number], carried.id if len(carried.steps) == 1 else f"{carried.id}-{number + 1}"
        other = {"contract": sent.contract.id} if sent.contract is not self.contract else {}
        values = self._with(carried, sent)
        if sent.told is not None:
            message = {"message": self._template(name, sent.body), "with": values} if sent.body else {}
            answer = {"answer": {key: value for key, value in message.items() if value}} if message else {}
            return (other if "receive" in sent.told else {}) | dict(sent.told) | answer
        step: dict[str, object] = {**other, "send": self._template(name, sent.body)}
        to = values.pop(ADDRESS, "")
        said: dict[str, object] = {"with": values, "to": to, "headers": sent.headers, "without": sent.without}
        said |= {"capture": sent.capture, "for-each": Flow(sent.for_each or {})}
        said["expect"] = [each if "todo" in each else Flow(each) for each in sent.expect]
        if "${page." in sent.body or "${interval." in sent.body:
            self.data = dict(_REPEATED) | self.data
        return step | {key: value for key, value in said.items() if value}

    def _template(self, name: str, body: str) -> str:
        """The path of a message, which is written if none is like it."""
        path = f"messages/{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}.xml"
        if body not in self.templates:
            self.templates[body] = path
            self.writer.write(f"{self._place}/{path}", f"{body.strip()}\n")
        return self.templates[body]

    def _with(self, carried: Carried, sent: Sent) -> dict[str, str]:
        """The values of the case's own that a step asks for. Those that every case has go to `data`: empty where nobody has them."""
        own, everywhere = carried.values.known(), carried.values.everywhere()
        wanted = [*named_in(texts_of([sent.body, sent.headers, sent.expect])), *({ADDRESS} & own.keys())]
        found: dict[str, str] = {}
        while wanted:
            name = wanted.pop()
            if name in ALWAYS or name in found or name in carried.values.captured:
                continue
            value, _ = carried.values.lenient(own.get(name, everywhere.get(name, "")))
            if name in own:
                found[name] = value
            elif self.data.setdefault(name, value) == "" and name not in everywhere:
                self._note(f"nothing gives ${{{name}}} a value: it is empty")
            wanted += [each for each in named_in([value]) if each not in found and each not in self.data]
        return found

    def _note(self, text: str) -> None:
        if text not in self.writer.notes:
            self.writer.notes.append(text)


# A domain


def _write_domain(
    writer: Writer, carrier: Carrier, contracts: list[Contract], cases: list[Carried], called: list[Contract]
) -> None:
    keys = [each.key for each in contracts]
    producer = {"title": Flow(sv="Tjänsteproducent", en="Service producer"), "produces": keys, "consumes": []}
    consumer = {"title": Flow(sv="Tjänstekonsument", en="Service consumer"), "produces": [], "consumes": keys}
    value = {
        "domain": contracts[0].domain,
        "version": "1.0",
        "title": contracts[0].domain,
        "origin": "official",
        "package": next((each.package for each in contracts if each.package), ""),
        "builds-on": "riv-ta",
        "sources": {"Testsvit": carrier.project.name},
        "contracts": [_contract(writer, carrier, each) for each in contracts],
        "roles": {"producer": producer, "consumer": consumer},
        "facts": mocks.facts(called),
        "requirements": [*(_requirement(each, carrier.data) for each in cases), *map(_calls, called)],
    }
    value = {key: each for key, each in value.items() if each or key == "requirements"}
    writer.write(f"{contracts[0].domain}/domain.yaml", value, _FROM.format(carrier.project.path.name))


def _requirement(carried: Carried, data: Data) -> dict[str, object]:
    """What a case is for, in the words of the suite's page, or else its name."""
    name, folder = carried.case.name, carried.contract.folder if carried.contract else ""
    text = identity.shortened(data.texts.get(name) or name.strip() or carried.id, _LONGEST_TEXT)
    return {"id": f"{folder}-{carried.id}", "text": text, "level": "must", "source": f"Testsvit, {name}"}


def _calls(contract: Contract) -> dict[str, object]:
    text = Flow(
        sv=f"{contract.name} anropas så som kontraktet säger.", en=f"{contract.name} is called as the contract says."
    )
    return {"id": f"{contract.folder}-calls", "text": text, "level": "must", "source": "Testsvit"}


def _contract(writer: Writer, carrier: Carrier, contract: Contract) -> dict[str, object]:
    rules = _rules(writer, carrier, contract)
    records = _records(contract, carrier.periods.get(contract.id))
    value = {
        "name": contract.name,
        "version": contract.version,
        "title": contract.name,
        "wsdl": str(contract.wsdl),
        "rules": rules,
        "max-ms": 30000,
        "records": records,
    }
    return {key: each for key, each in value.items() if each}


def _rules(writer: Writer, carrier: Carrier, contract: Contract) -> dict[str, str]:
    """The Schematron files that scripts name, copied where they lie beside the project and can be used."""
    named = {"response": carrier.rules.get(contract.id, ""), "request": _judged_by_mocks(carrier.project, contract)}
    rules = {}
    for direction, name in ((each, name) for each, name in named.items() if name):
        path = carrier.project.path.parent / name
        if re.fullmatch(r"[\w.-]+", name) is None or not path.is_file() or path.is_symlink():
            writer.notes.append(
                f"{name} is not beside the project, so that {contract.name} has no rules for a {direction}"
            )
            continue
        try:
            compile_rules(path)
        except RivtaError as trouble:
            writer.notes.append(f"{name} cannot be used: {trouble.what}")
            continue
        rules[direction] = f"{contract.folder}/rules-{direction}.sch"
        writer.write(f"{contract.domain}/{rules[direction]}", path.read_text(encoding="utf-8"))
    return rules


def _judged_by_mocks(project: Project, contract: Contract) -> str:
    """The Schematron file that a mock's script holds its calls against."""
    scripts = (
        each.script for each in project.mocks if (each.interface, each.operation) == (contract.interface, contract.name)
    )
    found = (re.search(r"getSchematronErrorsInRequest\(\s*['\"]([^'\"]*)['\"]", each) for each in scripts)
    return next((each[1] for each in found if each), "")


def _records(contract: Contract, period: Period | None) -> dict[str, object]:
    """What the names of the schema tell of records, with what the scripts' time filters say of their times."""
    guess = contract.guess
    if guess is None or not contract.record:
        return {}
    value: dict[str, object] = dict(guess.said)
    if period:
        value |= {"times": [*map(_local, period.times)], "ends": [*map(_local, period.ends)], "rule": period.rule}
    value["filters"] = {name: path for name, path in guess.filters.items() if period or name not in PERIOD}
    value["more"] = dict(guess.more)
    return {key: each for key, each in value.items() if each}


def _local(path: str) -> str:
    return re.sub(r"(?<![\w.-])[\w.-]+:", "", path)


# The environment


def _environment(contracts: list[Contract], cases: list[Carried], data: Data) -> dict[str, object]:
    names = [each.name for each in contracts]
    address = _resolved(data.everywhere.get(ADDRESS, ""), data.everywhere)
    known = cases[0].values.everywhere() if cases else {}
    endpoints = {}
    for contract in contracts:
        sent = (one for each in cases for one in each.steps if one.contract is contract and one.endpoint)
        url = next((_resolved(one.endpoint, known) for one in sent), "")
        plain = url if re.fullmatch(r"https?://[^\s${}]+", url) else f"http://127.0.0.1:8020/{contract.name}"
        key = contract.key if names.count(contract.name) == 1 else contract.id
        endpoints[key] = Flow(
            {"url": plain, "logical-address": address if address and "$" not in address else "SE2321000016-1"}
        )
    system = Flow(organisation="Region Exempel", product="Systemet", version="1.0")
    return {"system": system, "roles": ["producer"], "endpoints": endpoints}


def _persons(data: Data) -> str:
    """The numbers in the data that may be a person's and are of no published test series, for who knows them to declare."""
    texts = [*data.everywhere.values(), *(text for own in data.own.values() for text in own.values())]
    found = {each.value for text in texts for each in identity.find(text)} - identity.PUBLISHED.keys()
    listed = ", ".join(f'"{each}"' for each in sorted(found))
    return f"{_DECLARE}# test-identities: [{listed}]\n" if found else ""


def _counterpart(cases: list[Carried], mocked: Mapping[str, object]) -> dict[str, object]:
    """Where we listen, for a project with mocks, and whom it tries."""
    roles = [*(["producer"] if cases else []), *(["consumer"] if mocked else [])]
    return {"roles": roles or ["producer"]} | ({"counterpart": Flow(listen="127.0.0.1:8021")} if mocked else {})


def _resolved(text: str, values: Mapping[str, str]) -> str:
    for _ in range(5):
        text = re.sub(r"\$\{(?:#(Project)#)?([\w-]+)\}", lambda found: _value_of(found, values), text)
    return text


def _value_of(found: re.Match[str], values: Mapping[str, str]) -> str:
    return values.get(f"project_{found[2]}" if found[1] else found[2], found[0])
