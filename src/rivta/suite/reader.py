"""From a well-formed suite to its cases: does what it names exist, does what it says lead anywhere?

Mistakes are collected, each at its place: an author sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rivta.errors import UsageError, did_you_mean
from rivta.model import Case, Domain, Expectation, Send, Source, Suite, Value
from rivta.suite.templates import Templates
from rivta.suite.vocabulary import CheckKind
from rivta.suite.wording import Names, check_pattern, check_xpath, placed, placeholders, scalars
from rivta.xmltext import PREFIXES
from rivta.yamltext.datafile import settled
from rivta.yamltext.entry import Entry
from rivta.yamltext.grammar import Found
from rivta.yamltext.tree import YamlScalar

NAMESPACES = {prefix: namespace for namespace, prefix in PREFIXES.items()}
"""The prefixes that every XPath expression may use, beside the domain's own."""

# The names that a run gives to every case and to every step. Their values are not known here, only that they exist.
_OF_CASE: Mapping[str, Value] = {"unique": "", "run": {"id": ""}, "now": {"timestamp": "", "date": ""}}
_OF_STEP: Mapping[str, Value] = {"logical-address": ""}


class Reader:
    """Reads one file. `data` is the environment's test data, None when no environment is known; mistakes go into `found`."""

    def __init__(
        self, path: Path, domain: Domain, vocabulary: Mapping[str, CheckKind], data: Mapping[str, Value] | None
    ) -> None:
        self.found: Found = []
        self._path = path
        self._domain = domain
        self._vocabulary = vocabulary
        self._data = data
        self._templates = Templates(path.parent)
        self._namespaces: Mapping[str, str] = NAMESPACES

    def suite(self, entry: Entry, written: bytes) -> Suite:
        """The suite or the scenario that was loaded from these bytes."""
        self._namespaces = NAMESPACES | dict(self._domain.namespaces) | dict(entry.get("namespaces", {}))
        data = self._data_under(entry, "data")
        names = Names.of(self._data or {}, data)
        self._check_data(entry, "data", names.below(_OF_CASE).promising(self._promised(self._domain.preconditions)))
        cases = [self._scenario(entry, names)] if "scenario" in entry else self._cases(entry, names)
        return Suite(
            path=self._path,
            domain=self._domain,
            title=entry["title"],
            data=data,
            cases=tuple(cases),
            digest=self._templates.digest(written),
            party=entry.get("party"),
            namespaces=self._namespaces,
        )

    def _cases(self, entry: Entry, names: Names) -> list[Case]:
        self._check_known(entry["contract"], self._domain.contracts, "contract", entry.source_of("contract"))
        lines: dict[str, int] = {}
        for case in entry["cases"]:
            source = case.source_of("id")
            if case["id"] in lines:
                what = f"the id “{case['id']}” is taken by the case on line {lines[case['id']]}"
                self.found.append(UsageError(what, source=source, todo="give each case an id of its own"))
            lines.setdefault(case["id"], source.line)
        return [self._case(case, case["id"], entry["contract"], names) for case in entry["cases"]]

    def _scenario(self, entry: Entry, names: Names) -> Case:
        self._check_known(entry["domain"], [self._domain.name], "domain", entry.source_of("domain"))
        self._check_known(entry["party"], self._domain.roles, "role", entry.source_of("party"))
        return self._case(entry, entry["scenario"], entry["steps"][0]["contract"], names)

    def _case(self, entry: Entry, name: str, contract: str, names: Names) -> Case:
        requires = self._ids(entry, "requires", self._domain.preconditions, "precondition")
        verifies = self._ids(entry, "verifies", self._domain.requirements, "requirement")
        names = names.promising(self._promised(self._domain.preconditions if self._data is None else requires))
        steps = []
        captured: dict[str, Value] = {}
        for step in entry.get("steps", [entry]):
            steps.append(
                self._step(step, name, contract, names.below(captured, _OF_CASE) if captured else names.below(_OF_CASE))
            )
            captured |= dict.fromkeys(step.get("capture", {}), "")
        return Case(
            id=name,
            title=entry["title"],
            contract=contract,
            role="producer",
            verifies=verifies,
            requires=requires,
            markers=tuple(entry.get("markers", [])),
            steps=tuple(steps),
            source=entry.source,
        )

    def _step(self, entry: Entry, case: str, contract: str, names: Names) -> Send:
        if "contract" in entry:
            contract = entry["contract"]
            self._check_known(contract, self._domain.contracts, "contract", entry.source_of("contract"))
        data = self._data_under(entry, "with")
        names = names.below(data) if data else names
        self._check_data(entry, "with", names)
        self._check_texts(entry, "to", names)
        names = names.below(_OF_STEP)
        self._templates.check(entry["send"], entry.source_of("send"), case, names, self.found)
        self._check_texts(entry, "headers", names)
        self._check_texts(entry, "expect", names)
        return Send(
            contract=contract,
            template=self._path.parent / entry["send"],
            data=data,
            expect=tuple(self._expectation(one) for one in entry.get("expect", [])),
            source=entry.source,
            to=entry.get("to"),
            headers=dict(entry.get("headers", {})),
            capture=self._captures(entry),
            off=self._off(entry),
        )

    def _expectation(self, entry: Entry) -> Expectation:
        kind = next(key for key in entry if key in self._vocabulary)
        written: Entry = entry[kind]
        if isinstance(path := written.nodes.get("path", (None, None))[1], YamlScalar):
            check_xpath(path, self._namespaces, self.found)
        if isinstance(pattern := written.nodes.get("matches", (None, None))[1], YamlScalar):
            check_pattern(pattern, self.found)
        args = {name: self._argument(value) for name, value in written.items()}
        return Expectation(
            kind, args, entry.key_source(kind), self._ids(entry, "verifies", self._domain.requirements, "requirement")
        )

    def _argument(self, value: object) -> object:
        """A parameter's value; expectations, and lists of them, become tuples of the same form."""
        match value:
            case Entry():
                return self._expectation(value)
            case list() if any(isinstance(one, Entry | list) for one in value):
                return tuple(self._argument(one) for one in value)
        return value

    def _captures(self, entry: Entry) -> dict[str, str]:
        for node in scalars(entry.node_of("capture")) if "capture" in entry else ():
            check_xpath(node, self._namespaces, self.found)
        return dict(entry.get("capture", {}))

    def _off(self, entry: Entry) -> dict[str, str]:
        off = entry.get("without", {})
        for check in off:
            self._check_known(check, self._domain.every_case, "check of every case", off.key_source(check))
        return dict(off)

    def _data_under(self, entry: Entry, key: str) -> dict[str, Value]:
        if key not in entry:
            return {}
        written: Entry = entry[key]
        return {
            name: settled(value, written.node_of(name), self._path.parent, self.found)
            for name, value in written.items()
        }

    def _promised(self, preconditions: Iterable[str]) -> frozenset[str]:
        known = self._domain.preconditions
        return frozenset(name for one in preconditions if one in known for name in known[one].data)

    def _check_data(self, entry: Entry, key: str, names: Names) -> None:
        for node in scalars(entry.node_of(key)) if key in entry else ():
            for one in placeholders(node, self.found):
                if problem := names.unresolved(one.name):
                    self.found.append(placed(self._better(problem, one.name), node.place_of(f"${{{one.name}")))

    def _check_texts(self, entry: Entry, key: str, names: Names) -> None:
        for node in scalars(entry.node_of(key)) if key in entry else ():
            for one in placeholders(node, self.found):
                if problem := names.unknown(one.name):
                    self.found.append(placed(self._better(problem, one.name), node.place_of(f"${{{one.name}")))

    def _better(self, problem: UsageError, name: str) -> UsageError:
        """The remedy for a name that only a precondition vouches for is to require it."""
        for precondition in self._domain.preconditions.values():
            if any(name == known or name.startswith(f"{known}.") for known in precondition.data):
                return UsageError(problem.what, todo=f"add to the case: requires: [{precondition.id}]")
        return problem

    def _ids(self, entry: Entry, key: str, known: Mapping[str, object], what: str) -> tuple[str, ...]:
        for id_, source in entry.items_of(key):
            self._check_known(id_, known, what, source)
        return tuple(entry.get(key, ()))

    def _check_known(self, name: str, known: Iterable[str], what: str, source: Source) -> None:
        names = list(known)
        if name not in names:
            todo = did_you_mean(name, names) or f"the domain {self._domain.name} has none"
            self.found.append(UsageError(f"unknown {what} “{name}”", source=source, todo=todo))
