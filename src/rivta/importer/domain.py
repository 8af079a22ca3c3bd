"""`domain.yaml` of an import: contracts with what they give, roles, and a requirement for each case."""

import re

from rivta.contract.rules import compile_rules
from rivta.importer import mocks
from rivta.importer.carried import Carried, Carrier
from rivta.importer.contracts import ImportedContract
from rivta.importer.scripts import Period
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


@frozen
class ImportedDomain:
    """A domain in the making: `called` are those of its contracts that mocks answer, so that systems call them."""

    writer: FolderWriter
    carrier: Carrier
    contracts: list[ImportedContract]
    cases: list[Carried]
    called: list[ImportedContract]

    @property
    def facts(self) -> dict[str, object]:
        return mocks.facts(self.called)

    def write(self) -> None:
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
            "facts": self.facts,
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
        value = {
            "name": contract.name,
            "version": contract.version,
            "title": contract.name,
            "wsdl": str(contract.wsdl),
            "rules": self._rules(contract),
            "max-ms": 30000,
            "records": _records(contract, self.carrier.periods.get(contract.id)) if self._is_tried(contract) else {},
        }
        return said(value)

    def _is_tried(self, contract: ImportedContract) -> bool:
        return contract in self.called or any(sent.contract is contract for each in self.cases for sent in each.steps)

    def _rules(self, contract: ImportedContract) -> dict[str, str]:
        """The Schematron files that scripts name, copied where they lie beside the project and can be used."""
        mocked = mocks.mocked(self.carrier.project, self.carrier.contracts).get(contract.id, ())
        judged = next((found[1] for each in mocked if (found := _JUDGED.search(each.script))), "")
        named = {"response": self.carrier.rules.get(contract.id, ""), "request": judged}
        rules = {direction: self._copied(contract, direction, name) for direction, name in named.items() if name}
        return {direction: path for direction, path in rules.items() if path}

    def _copied(self, contract: ImportedContract, direction: str, name: str) -> str:
        """Where a file of rules was copied to; empty where it was not, which is told."""
        path, to, notes = (
            self.carrier.project.beside(name),
            f"{contract.folder}/rules-{direction}.sch",
            self.writer.notes,
        )
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
    text = Flow(
        sv=f"{contract.name} anropas så som kontraktet säger.", en=f"{contract.name} is called as the contract says."
    )
    return {"id": f"{contract.folder}-calls", "text": text, "level": "must", "source": "Testsvit"}


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
