"""From a well-formed suite to its cases: does what it names exist, does what it says lead anywhere?

Mistakes are collected, each at its place: an author sees all of them at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rivta.model.case import Case, CaseRole, Load, Samples, Suite, Table
from rivta.model.domain import Domain
from rivta.model.errors import NotInstalled
from rivta.model.steps import Receive, Send, Watch, WithoutContract
from rivta.model.words import Value
from rivta.suite.expectations import CheckKind, Expectations, Kind, shape_of
from rivta.suite.general import with_general
from rivta.suite.load import Loads
from rivta.suite.meaning import Meaning, Names, Reach
from rivta.suite.steps import OF_CASE, Before, Steps
from rivta.suite.table import Cells
from rivta.suite.templates import Templates
from rivta.text import identity
from rivta.text.xml import NAMESPACES
from rivta.text.yaml import grammar
from rivta.text.yaml.compose import compose, contents, shown_as
from rivta.text.yaml.tree import Entry, Node


def read(
    path: Path,
    domain: Domain,
    vocabulary: Mapping[str, CheckKind],
    data: Mapping[str, Value] | None = None,
    others: Callable[[], Iterable[Domain]] = tuple,
) -> Suite:
    """The suite, the scenario, or the table, that a file holds.

    `vocabulary` describes the checks that it may expect. `data` is the environment's test data; without it the names that
    the domain's preconditions vouch for are taken as known. `others` reads the domains whose contracts and requirements a
    step may use besides; it is asked only when one names what its own domain has not. UsageError, or Mistakes with all of them, for what is wrong;
    NotInstalled where the domain's contracts are in a package that is not there.
    """
    if domain.lacks:
        raise NotInstalled(domain.lacks)
    shown = shown_as(path)
    identity.refuse_name("a suite or of its folder", str(path))
    written = contents(path, shown)
    tree = compose(written, shown)
    tree, general = with_general(tree, domain) if tree.get("general") else (tree, b"")
    entry = grammar.load(tree, shape_of(_kind(tree), vocabulary))
    meaning = Meaning(path.parent, Reach(domain, others))
    namespaces = NAMESPACES | dict(domain.namespaces) | dict(entry.get("namespaces", {}))
    steps = Steps(meaning, Expectations(meaning, vocabulary, namespaces), Templates(path.parent))
    suite = _SuiteReader(path, entry, steps, data).suite(written + general)
    grammar.settle(list({str(one): one for one in meaning.found}.values()))  # what cases share is read once for each
    return suite


def _kind(tree: Node) -> Kind:
    """What a file is, by the key that tells it."""
    return "scenario" if tree.get("scenario") else "table" if tree.get("table") else "suite"


def json_schema(vocabulary: Mapping[str, CheckKind], kind: Kind = "suite") -> dict[str, Any]:
    """The form of a suite, a scenario or a table as JSON Schema (draft 2020-12), for editors.

    What must exist elsewhere (requirements, templates, names of test data) is beyond it.
    """
    return grammar.json_schema(shape_of(kind, vocabulary), f"A {kind} of pytest-rivta")


class _SuiteReader:
    """Reads one file, which was loaded as `entry`. `data` is the environment's test data, None when no environment is known."""

    def __init__(self, path: Path, entry: Entry, steps: Steps, data: Mapping[str, Value] | None) -> None:
        self._path = path
        self._entry = entry
        self._steps = steps
        self._meaning = steps.meaning
        self._domain = steps.meaning.domain
        self._data = data

    def suite(self, written: bytes) -> Suite:
        """The suite or the scenario that was loaded from these bytes."""
        entry, meaning = self._entry, self._meaning
        data = meaning.data(entry, "data")
        names = Names.of(self._data or {}, data)
        promised = names.below(OF_CASE).promising(meaning.promised(self._domain.preconditions))
        meaning.check_data(entry, "data", promised)
        table: Table | None = None
        if "table" in entry:
            self._check_party()
            table, cases = Cells(entry, self._below(entry, names), self._steps).read()
        else:
            cases = [self._scenario(names)] if "scenario" in entry else self._cases(names)
        samples = tuple(self._samples(one, names) for one in entry.get("samples", ()))
        return Suite(
            path=self._path,
            domain=self._domain,
            title=entry["title"],
            data=data,
            cases=tuple(cases),
            digest=self._steps.templates.digest(written),
            party=entry.get("party"),
            namespaces=self._steps.expectations.namespaces,
            others=meaning.reach.used,
            table=table,
            samples=samples,
            loads=tuple(self._loads(names, cases)),
        )

    def _loads(self, names: Names, cases: list[Case]) -> Iterator[Load]:
        loads = Loads(self._meaning, {each.id: each for each in cases})
        taken = {each.id: each.source.line for each in cases}
        for one in self._entry.get("load", ()):
            self._check_id(one, taken)
            self._below(one, names)
            yield loads.of(one, self._head(one, Before(one["id"], cases[0].contract, names), self._entry["role"]))

    def _cases(self, names: Names) -> list[Case]:
        contract, lines = self._subject(), dict[str, int]()
        for case in self._entry["cases"]:
            self._check_id(case, lines)
        befores = ((case, Before(case["id"], contract, names)) for case in self._entry["cases"])
        cases = [self._case(case, before, self._entry["role"]) for case, before in befores]
        for case in cases if "contract" in self._entry else ():
            self._check_part(case)
        return cases

    def _subject(self) -> str:
        """What its cases are about: a contract by identity, or without one the suite itself, by domain and folder."""
        suite = self._entry
        if "contract" in suite:
            return self._meaning.contract(suite)
        self._meaning.check_known(suite["party"], self._domain.roles, "role", suite.source_of("party"))
        subject = f"{self._domain.name}/{self._path.absolute().parent.name}"
        if self._domain.contracts.meant(subject):
            what = f"a contract is called {subject}, and this suite is about none"
            self._meaning.found.say(what, suite.source_of("party"), "let it lie in a folder that is called otherwise")
        return subject

    def _check_id(self, case: Entry, lines: dict[str, int]) -> None:
        source = case.source_of("id")
        if case["id"] in lines:
            what = f"the id “{case['id']}” is taken by the case on line {lines[case['id']]}"
            self._meaning.found.say(what, source, "give each case an id of its own")
        lines.setdefault(case["id"], source.line)

    def _samples(self, entry: Entry, names: Names) -> Samples:
        """The message that samples are made from, as the case of one that is accepted and of one that is refused."""
        role: CaseRole = "consumer" if entry["of"] == "answers" else "producer"
        if self._entry["role"] != role:
            theirs, ours = "these samples are answers to a system that calls", "samples are messages that we send"
            what = theirs if role == "consumer" else ours
            self._meaning.found.say(what, entry.source, f"let them stand in a suite of role: {role}")
        if role == "producer":
            self._steps.expectations.check_paths(entry, "but")
        case = self._case(entry, Before(entry["id"], self._meaning.contract(self._entry), names), role)
        if role == "producer":
            accepted, refused = (self._answered(case, entry[side]) for side in ("accepted", "refused"))
        else:
            accepted = refused = case
            if not any(
                isinstance(step, Receive | Watch) and step.answer.kind == "breaks-schema" for step in case.steps
            ):
                todo = "say answer: breaks-schema where a wrong answer is to be given"
                self._meaning.found.say("no step answers wrongly", entry.source_of("steps"), todo)
        every, but = frozenset(entry.get("every", ())), dict(entry.get("but", {}))
        return Samples(entry["id"], entry["of"], accepted, refused, entry["number"], every, but, entry.source)

    def _answered(self, plain: Case, answer: Entry) -> Case:
        (send,) = plain.steps
        assert isinstance(send, Send)  # noqa: S101 - it has the key of one
        expectations = self._steps.expectations
        expectations.check_results(answer, send.contract)
        expect = expectations.of(answer, "replies", ())
        return replace(plain, verifies=self._meaning.requirements(answer), steps=(replace(send, expect=expect),))

    def _check_part(self, case: Case) -> None:
        """A producer is called in each of its cases, a consumer calls."""
        if case.role == "producer" and not any(isinstance(step, Send) for step in case.steps):
            todo = "let it send, or move it to a suite of role: consumer"
            self._meaning.found.say("this case of a producer is never called", case.source, todo)
        elif case.role == "consumer" and not any(isinstance(step, Receive | Watch) for step in case.steps):
            todo = "let it receive, or move it to a suite of role: producer"
            self._meaning.found.say("this case of a consumer waits for no call", case.source, todo)

    def _scenario(self, names: Names) -> Case:
        self._check_party()
        entry = self._entry
        first = next((step for step in entry["steps"] if "contract" in step), None)
        if first is None:
            what, todo = "this scenario only asks", "let it send, receive or watch as well"
            self._meaning.found.say(what, entry.source_of("steps"), todo)
        role: CaseRole = "producer" if first is None or "send" in first else "consumer"
        return self._case(entry, Before(entry["scenario"], "", names), role)

    def _check_party(self) -> None:
        for key, known, what in (("domain", [self._domain.name], "domain"), ("party", self._domain.roles, "role")):
            self._meaning.check_known(self._entry[key], known, what, self._entry.source_of(key))

    def _below(self, entry: Entry, names: Names) -> Names:
        """The names that a case may use, with those that its preconditions vouch for."""
        requires = self._meaning.ids(entry, "requires", self._domain.preconditions, "precondition")
        return names.promising(self._meaning.promised(self._domain.preconditions if self._data is None else requires))

    def _case(self, entry: Entry, before: Before, role: CaseRole) -> Case:
        case = self._head(entry, before, role)
        before = replace(before, names=self._below(entry, before.names))
        played = self._steps.played(entry.get("steps", [entry]), before).steps
        first = next((step.contract for step in played if not isinstance(step, WithoutContract)), "")
        return replace(case, contract=before.contract or first, steps=played)

    def _head(self, entry: Entry, before: Before, role: CaseRole) -> Case:
        """What every case has beside its steps."""
        return Case(
            id=before.case,
            title=entry["title"],
            contract=before.contract,
            role=role,
            verifies=self._meaning.requirements(entry),
            requires=tuple(entry.get("requires", ())),
            markers=tuple(entry.get("markers", [])),
            steps=(),
            source=entry.source,
        )
