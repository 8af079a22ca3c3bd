"""`domain.yaml` of an import, with a requirement for each case, and environments to start from, which say whom to test."""

import re
from collections.abc import Iterator

from rivta.contract.rules import compile_rules
from rivta.importer import mocks
from rivta.importer.carried import ADDRESS, Carried, Carrier
from rivta.importer.contracts import ImportedContract
from rivta.importer.project import SoapUiEnvironment
from rivta.importer.scope import slug
from rivta.importer.scripts import Period
from rivta.importer.values import place
from rivta.importer.writing import Flow, FolderWriter, said
from rivta.model.errors import RivtaError
from rivta.model.frozen import frozen
from rivta.model.records import PERIOD
from rivta.text import identity

_LONGEST_TEXT = 400
_FROM = """\
# From the SoapUI project {}. WSDL and schemas under schemas/ are the project's own copy, and may be old: with the release package
# installed, an import takes those in there. Go through `records:`, which was found by the names in the schema and by the scripts'
# time filters.
"""
_JUDGED = re.compile(r"getSchematronErrorsInRequest\(\s*['\"]([^'\"]+)['\"]")
_URL = re.compile(r"https?://[^\s${}]+")
_WHOM = "# Whom to test, and where it answers.\n"
_DECLARE = """\
# Only test persons are ever sent. These are in the project's data, and of no published series: take the # away for those that
# are test persons all the same, the rest has to be replaced.
"""


@frozen
class ImportedDomain:
    """A domain in the making, with the cases that begin with one of its contracts."""

    writer: FolderWriter
    carrier: Carrier
    contracts: list[ImportedContract]
    cases: list[Carried]

    @property
    def called(self) -> list[ImportedContract]:
        """Those of its contracts that mocks answer, so that systems call them."""
        return [each for each in self.contracts if each.id in self.carrier.mocked]

    def write(self) -> None:
        facts = mocks.facts(self.called)
        for contract in self.called:
            mocks.Consumer(self.writer, contract, facts).write(self.carrier.project, self.carrier.mocked[contract.id])
        keys, name, project = [each.key for each in self.contracts], self.contracts[0].domain, self.carrier.project
        producer = {"title": Flow(sv="Tjänsteproducent", en="Service producer"), "produces": keys, "consumes": []}
        consumer = {"title": Flow(sv="Tjänstekonsument", en="Service consumer"), "produces": [], "consumes": keys}
        value = {
            "domain": name,
            "version": "1.0",
            "title": name,
            "origin": "official",
            "package": next((each.package for each in self.contracts if each.package), ""),
            "builds-on": "riv-ta",
            "sources": {"Testsvit": project.mask.text(project.name)},
            "contracts": [self._contract(each) for each in self.contracts],
            "roles": {"producer": producer, "consumer": consumer},
            "facts": facts,
        }
        requirements = [*map(self._requirement, self.cases), *map(_calls, self.called)]
        self.writer.write(
            f"{name}/domain.yaml", said(value) | {"requirements": requirements}, _FROM.format(project.path.name)
        )

    def _requirement(self, carried: Carried) -> dict[str, object]:
        """What a case is for, in the words of the suite's page, or else its name."""
        mask, folder = self.carrier.project.mask, carried.contract.folder if carried.contract else ""
        name = mask.text(carried.case.name)
        text = mask.text(self.carrier.data.texts.get(carried.case.name, "")) or name.strip() or carried.id
        text = identity.shortened(text, _LONGEST_TEXT)
        return {"id": f"{folder}-{carried.id}", "text": text, "level": "must", "source": f"Testsvit, {name}"}

    def _contract(self, contract: ImportedContract) -> dict[str, object]:
        tried = [*self.called, *(sent.contract for each in self.cases for sent in each.steps)]
        is_tried = any(each is contract for each in tried)
        value = {
            "name": contract.name,
            "version": contract.version,
            "title": contract.name,
            "wsdl": str(contract.wsdl),
            "rules": self._rules(contract),
            "max-ms": 30000,
            "records": _records(contract, self.carrier.periods.get(contract.id)) if is_tried else {},
        }
        return said(value)

    def _rules(self, contract: ImportedContract) -> dict[str, str]:
        """The Schematron files that scripts name, copied where they lie beside the project and can be used."""
        mocked = self.carrier.mocked.get(contract.id, ())
        judged = next((found[1] for each in mocked if (found := _JUDGED.search(each.script))), "")
        named = {"response": self.carrier.rules.get(contract.id, ""), "request": judged}
        rules = {direction: self._copied(contract, direction, name) for direction, name in named.items() if name}
        return {direction: path for direction, path in rules.items() if path}

    def _copied(self, contract: ImportedContract, direction: str, name: str) -> str:
        """Where a file of rules was copied to; empty where it was not, which is told."""
        path, to = self.carrier.project.beside(name), f"{contract.folder}/rules-{direction}.sch"
        notes = self.writer.notes
        if path is None:
            notes.append(f"{name} is not beside the project, so that {contract.name} has no rules for a {direction}")
            return ""
        try:
            compile_rules(path)
        except RivtaError as trouble:
            notes.append(f"{name} cannot be used: {trouble.what}")
            return ""
        self.writer.write(f"{contract.domain}/{to}", path.read_text(encoding="utf-8"))
        return to


def _calls(contract: ImportedContract) -> dict[str, object]:
    sv, en = f"{contract.name} anropas så som kontraktet säger.", f"{contract.name} is called as the contract says."
    return {"id": f"{contract.folder}-calls", "text": Flow(sv=sv, en=en), "level": "must", "source": "Testsvit"}


def _records(contract: ImportedContract, period: Period | None) -> dict[str, object]:
    """What the names of the schema tell of records, with what the scripts' time filters say of their times."""
    guess = contract.guess
    if guess is None or not contract.record:
        return {}
    value: dict[str, object] = dict(guess.said)
    if period:
        value |= {"times": [*map(_local, period.times)], "ends": [*map(_local, period.ends)], "rule": period.rule}
    value["filters"] = {name: path for name, path in guess.filters.items() if period or name not in PERIOD}
    return said(value | {"more": dict(guess.more)})


def _local(path: str) -> str:
    return re.sub(r"(?<![\w.-])[\w.-]+:", "", path)


# One environment of the project's own addresses, and one for each that ReadyAPI keeps


@frozen
class Environments:
    """What the files are made of: `used` are the names of data that suites ask for."""

    carrier: Carrier
    contracts: list[ImportedContract]
    cases: list[Carried]
    used: frozenset[str]

    def write(self, writer: FolderWriter) -> None:
        comment = _WHOM + self._persons()
        writer.write("environment.yaml", self._file(), comment)
        for each in self.carrier.project.environments:
            writer.write(f"environment-{slug(each.name)}.yaml", self._file(each), comment)

    def _file(self, environment: SoapUiEnvironment | None = None) -> dict[str, object]:
        called = bool(self.carrier.mocked)
        roles = [*(["producer"] if self.cases or not called else []), *(["consumer"] if called else [])]
        given = environment.properties if environment else {}
        value: dict[str, object] = {
            "system": Flow(organisation="Region Exempel", product="Systemet", version="1.0"),
            "roles": roles,
            "endpoints": dict(self._endpoints(environment)),
        }
        if called:
            value["counterpart"] = Flow(listen="127.0.0.1:8021")
        data = {place("#Env#", name): text for name, text in given.items() if place("#Env#", name) in self.used}
        return value | ({"test-data": data} if data else {})

    def _endpoints(self, environment: SoapUiEnvironment | None) -> Iterator[tuple[str, Flow]]:
        names = [each.name for each in self.contracts]
        values = self.cases[0].values if self.cases else None
        address = values.filled(f"${{{ADDRESS}}}") if values and self.carrier.data.everywhere.get(ADDRESS) else ""
        for contract in self.contracts:
            url = environment.endpoints.get(contract.interface, "") if environment else ""
            own = f"http://127.0.0.1:8020/{contract.name}"
            url = url or next(filter(_URL.fullmatch, self._called_at(contract)), own)
            key = contract.key if names.count(contract.name) == 1 else contract.id
            yield key, Flow({"url": url, "logical-address": address or "SE2321000016-1"})

    def _called_at(self, contract: ImportedContract) -> Iterator[str]:
        for case in self.cases:
            for sent in case.steps:
                if sent.contract is contract:
                    yield case.values.filled(case.values.lenient(sent.endpoint)[0], sent.values)

    def _persons(self) -> str:
        """The numbers in the data that may be a person's and are of no published test series, for who knows them to declare."""
        data = self.carrier.data
        texts = [text for values in (data.everywhere, *data.own.values()) for text in values.values()]
        found = {each.value for text in texts for each in identity.find(text)} - identity.PUBLISHED.keys()
        listed = ", ".join(f'"{each}"' for each in sorted(found))
        return f"{_DECLARE}# test-identities: [{listed}]\n" if found else ""
