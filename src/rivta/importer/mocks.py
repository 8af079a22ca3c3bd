"""The mocks of a project as what our counterpart answers: each canned answer a case of a system that calls, and a message of a library.

A mock is asked for an answer by a private header, which no system in production sends. So each answer is a case of its own: the tester,
or the adapter, makes the system call, the call is judged as every message received is, and the answer is given.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rivta.importer.contracts import ImportedContract
from rivta.importer.messages import PLACED, with_content
from rivta.importer.project import Mock, MockResponse, Project
from rivta.importer.scope import slug
from rivta.importer.values import named_in
from rivta.importer.writing import Flow, FolderWriter, said
from rivta.text.yaml.compose import LIMIT_BYTES

_FROM = "# From the mocks of the SoapUI project {}: what our counterpart answers, a case for each of its answers.\n"
_FAULT = re.compile(r"<(?:\w+:)?Fault\b")
_KNOWN = {"now": "${now.timestamp}", "validationMessages": ""}
_PATIENT = re.compile(r"(patient|subjectofcare|registeredresident)\w*", re.IGNORECASE)


def facts(contracts: list[ImportedContract]) -> dict[str, object]:
    """What a call is known by: whose records it asks for, where the schema's names tell."""
    paths = {each.guess.filters["patient"] for each in contracts if each.guess and "patient" in each.guess.filters}
    steps = (re.sub(r"(?<![^/])([^/@][^/]*)", r"*[local-name()='\1']", path) for path in paths)
    return {"patient": Flow(xpath=" | ".join(f"//{each}" for each in sorted(steps)), role="patient")} if paths else {}


@dataclass(slots=True)
class Consumer:
    """The suite of systems that call a contract in the making: `known` are the facts that an answer may ask a call for."""

    writer: FolderWriter
    contract: ImportedContract
    known: Mapping[str, object]
    data: dict[str, object] = field(default_factory=dict)

    def write(self, project: Project, mocks: list[Mock]) -> None:
        named = ((project.mask.text(each.name), each) for mock in mocks for each in mock.answers)
        answers = {slug(name): replace(each, name=name) for name, each in named}
        cases = [case for name, each in answers.items() if (case := dict(self._case(name, each)))]
        contract = self.contract
        suite = {"contract": contract.key, "role": "consumer", "title": f"{contract.name} {contract.version}"}
        if cases:
            path = f"{contract.domain}/{contract.folder}/consumer.yaml"
            value = said(suite | {"data": self.data}) | {"cases": cases}
            self.writer.write(path, value, _FROM.format(project.path.name))

    def _case(self, name: str, answer: MockResponse) -> Iterator[tuple[str, object]]:
        contract, path = self.contract, f"answers/{name}.xml"
        whole, placed = with_content(answer.body, contract)
        self.writer.notes += [f"the answer {answer.name}: {PLACED.format(placed)}"] if placed else []
        body = self._body(whole)
        if len(body.encode()) > LIMIT_BYTES:
            note = f"the answer {answer.name} is larger than the {LIMIT_BYTES} bytes that a message may have"
            self.writer.notes.append(note)
            return
        yield from (("id", name), ("title", answer.name), ("verifies", [f"{contract.folder}-calls"]), ("receive", {}))
        action = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W", "-", contract.name).lower()
        words = {"sv": f"Låt systemet anropa {contract.name}.", "en": f"Let the system call {contract.name}."}
        yield "do", Flow({**words, "action": action})
        if _FAULT.search(body):
            yield "answer", "fault"
            return
        self.writer.write(f"{contract.domain}/{contract.folder}/{path}", body)
        yield "answer", Flow(message=path)

    def _body(self, body: str) -> str:
        """A canned answer, with what the call says where the mock's script put that. What only the script knew is empty."""
        text = re.sub(r"\$\{([^{}]+)\}", lambda found: self._named(slug(found[1])), body).strip()
        self.data |= {name: "" for name in named_in([text]) if name not in self.data}
        return f"{text}\n"

    def _named(self, name: str) -> str:
        is_patient = "patient" in self.known and _PATIENT.fullmatch(name) and not name.endswith("Type")
        return "${call.patient}" if is_patient else _KNOWN.get(name, f"${{{name}}}")
