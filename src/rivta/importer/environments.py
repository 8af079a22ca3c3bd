"""Files to start from that say whom to test: one of the project's own addresses, and one for each environment that ReadyAPI keeps."""

import re
from collections.abc import Iterator

from rivta.importer.carried import ADDRESS, Carried
from rivta.importer.contracts import ImportedContract
from rivta.importer.data import Data
from rivta.importer.project import Project, SoapUiEnvironment
from rivta.importer.scope import slug
from rivta.importer.values import place
from rivta.importer.writing import Flow, FolderWriter
from rivta.model.frozen import frozen
from rivta.text import identity

_URL = re.compile(r"https?://[^\s${}]+")
_WHOM = "# Whom to test, and where it answers.\n"
_DECLARE = """\
# Only test persons are ever sent. These are in the project's data, and of no published series: take the # away for those that
# are test persons all the same, the rest has to be replaced.
"""


@frozen
class Environments:
    """What the files are made of: `called` tells whether systems call, `used` are the names of data that suites ask for."""

    project: Project
    contracts: list[ImportedContract]
    cases: list[Carried]
    data: Data
    called: bool
    used: frozenset[str]

    def write(self, writer: FolderWriter) -> None:
        comment = _WHOM + self._persons()
        writer.write("environment.yaml", self._file(), comment)
        for each in self.project.environments:
            writer.write(f"environment-{slug(each.name)}.yaml", self._file(each), comment)

    def _file(self, environment: SoapUiEnvironment | None = None) -> dict[str, object]:
        roles = [*(["producer"] if self.cases or not self.called else []), *(["consumer"] if self.called else [])]
        given = environment.properties if environment else {}
        value: dict[str, object] = {
            "system": Flow(organisation="Region Exempel", product="Systemet", version="1.0"),
            "roles": roles,
            "endpoints": dict(self._endpoints(environment)),
        }
        if self.called:
            value["counterpart"] = Flow(listen="127.0.0.1:8021")
        data = {place("#Env#", name): text for name, text in given.items() if place("#Env#", name) in self.used}
        return value | ({"test-data": data} if data else {})

    def _endpoints(self, environment: SoapUiEnvironment | None) -> Iterator[tuple[str, Flow]]:
        names = [each.name for each in self.contracts]
        values = self.cases[0].values if self.cases else None
        address = values.filled(f"${{{ADDRESS}}}") if values and self.data.everywhere.get(ADDRESS) else ""
        for contract in self.contracts:
            url = environment.endpoints.get(contract.interface, "") if environment else ""
            url = url or next(
                filter(_URL.fullmatch, self._called_at(contract)), f"http://127.0.0.1:8020/{contract.name}"
            )
            key = contract.key if names.count(contract.name) == 1 else contract.id
            yield key, Flow({"url": url, "logical-address": address or "SE2321000016-1"})

    def _called_at(self, contract: ImportedContract) -> Iterator[str]:
        for case in self.cases:
            for sent in case.steps:
                if sent.contract is contract:
                    yield case.values.filled(case.values.lenient(sent.endpoint)[0], sent.values)

    def _persons(self) -> str:
        """The numbers in the data that may be a person's and are of no published test series, for who knows them to declare."""
        texts = [*self.data.everywhere.values(), *(text for own in self.data.own.values() for text in own.values())]
        found = {each.value for text in texts for each in identity.find(text)} - identity.PUBLISHED.keys()
        listed = ", ".join(f'"{each}"' for each in sorted(found))
        return f"{_DECLARE}# test-identities: [{listed}]\n" if found else ""
