"""What can be played: the cases in which the system under test speaks to us, and the scenarios of its roles."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from rivta import contract, suite
from rivta.check import refuse_undeclared, vocabulary
from rivta.environment import check_against
from rivta.model.case import Case, Suite
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain, Precondition, Role, contracts_of
from rivta.model.environment import Environment
from rivta.model.errors import NotInstalled, UsageError
from rivta.model.frozen import frozen
from rivta.model.run import PlannedCase
from rivta.model.steps import Receive, Send, Watch
from rivta.model.words import Text, Value
from rivta.run.conductor import lacking
from rivta.run.opening import planned_case
from rivta.run.samples import Choice
from rivta.text import placeholder

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@frozen
class Playable:
    """A case that can be played. `name` finds it again, in this run and after a restart; `role` is the system's."""

    name: str
    suite: Suite
    case: Case
    role: str

    @property
    def is_scenario(self) -> bool:
        """Whether it is a flow between two parties, not a case of one contract."""
        return self.suite.party is not None

    @property
    def planned(self) -> PlannedCase:
        return planned_case(self.suite, self.case)

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """What of the suite's data tells the calls that are waited for from others' calls, by dotted name: whoever plays
        may choose other values, so that two who play the same do not get each other's calls.
        """
        whens = (step.when for step in self.case.steps if isinstance(step, Receive | Watch))
        named = (found.name for when in whens for text in when.values() for found in placeholder.find(text))
        data = dict(texts(self.suite.data))
        return tuple((name, data[name]) for name in dict.fromkeys(named) if "${" not in data.get(name, "${"))

    def unanswered(self, environment: Environment) -> tuple[str, ...]:
        """The contracts that it calls and of which the environment does not say where they are answered, in words."""
        called, suite = dict.fromkeys(step.contract for step in self.case.steps if isinstance(step, Send)), self.suite
        return tuple(suite.called(each) for each in called if environment.endpoint(suite.contract(each).id) is None)

    def lacks(self, data: Mapping[str, Value]) -> tuple[tuple[Precondition, tuple[str, ...]], ...]:
        """What must be in the system first and is not in the test data, with the names that it is to be given under."""
        return tuple(lacking(self.case, self.suite.domain, data))


@frozen
class Programme:
    """Everything that can be played, by name, in the order of the files; `choice` says which samples are among it."""

    playables: Mapping[str, Playable]
    domains: tuple[Domain, ...]
    choice: Choice = field(default_factory=Choice)

    @property
    def contracts(self) -> Contracts[Contract]:
        return contracts_of(self.domains)

    def roles(self) -> tuple[tuple[str, Text], ...]:
        """The system's roles for which there is something to play, with their titles."""
        known: dict[str, Role] = {}
        for domain in self.domains:
            known |= domain.roles
        played = dict.fromkeys(each.role for each in self.playables.values())
        return tuple((name, known[name].title if name in known else Text.same(name)) for name in played)

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Have all ready that the system's calls are judged and answered by, so that no call waits for it. `tell` hears what is done."""
        for each in dict.fromkeys(called for role, _ in self.roles() for called in self.called_by(role)):
            tell(f"the schemas of {self.contracts.shown(each)} are compiled")
            contract.ready(self.contracts[each])
        tell("")

    def called_by(self, role: str) -> frozenset[str]:
        roles = (domain.roles[role] for domain in self.domains if role in domain.roles)
        return frozenset(name for each in roles for name in each.consumes)

    def of(self, role: str) -> tuple[Playable, ...]:
        return tuple(each for each in self.playables.values() if each.role == role)


def read(environment: Environment, suites: Path, scenarios: Path) -> Programme:
    """Read every suite and scenario. UsageError, or Mistakes, for a file that is off: it would be missing here unseen."""
    folders = contract.find_domains(suites)
    if not folders:
        raise UsageError(f"{suites} holds no domain", todo="name the folder that holds <domain>/domain.yaml")
    every = tuple(map(contract.read_domain, folders))
    check_against(environment, every)
    domains = tuple(each for each in every if not each.lacks)
    choice = Choice()
    found = [each for domain in domains for each in _of_domain(domain, every, environment, scenarios, choice)]
    named: dict[str, Playable] = {}
    for role, read, case in found:
        stem = "" if read.path.stem == case.id else f"{read.called(case.contract)}."
        wanted = _NOT_IN_A_NAME.sub("-", f"{read.domain.name}.{stem}{case.id}")
        name, count = wanted, 1
        while name in named:
            count += 1
            name = f"{wanted}-{count}"
        named[name] = Playable(name, read, case, role)
    return Programme(named, domains, choice)


def _of_domain(
    domain: Domain, domains: tuple[Domain, ...], environment: Environment, scenarios: Path, choice: Choice
) -> Iterator[tuple[str, Suite, Case]]:
    # Without a contract nothing plays by itself.
    parts = ("consumer",) if domain.contracts else ("producer", "consumer")
    suites = (path for part in parts for path in sorted(domain.folder.glob(f"*/{part}.yaml")))
    for file in (*sorted((scenarios / domain.name).glob("*.yaml")), *suites):
        try:
            read = suite.read(file, domain, vocabulary(), environment.test_data, lambda: domains)
        except NotInstalled:  # a scenario that takes contracts of another domain
            continue
        refuse_undeclared(read)
        if any(_roles(read, case, environment) for case in read.cases):
            read = choice.with_samples(read, environment)
        for case in read.cases:
            yield from ((role, read, case) for role in _roles(read, case, environment))


def _roles(read: Suite, case: Case, environment: Environment) -> Sequence[str]:
    """The system's roles that the case tests; a case of a contract that two roles call is tested in the first."""
    if read.party:
        return (read.party,) if read.party in environment.roles else ()
    roles = read.domain.roles
    fit = (role for role in environment.roles if role in roles and case.contract in roles[role].consumes)
    return (role,) if case.role == "consumer" and (role := next(fit, "")) else ()


# A step's own values as fields of a form, and a form's fields as values again. Only what is a text can be changed, and only into
# another text: what reads a file or repeats itself stays as the suite has it.


LONGEST = 20_000
"""Characters that a value may have. Browsers send a line break as two; it is one."""
_WIDE = 60


@frozen
class FormField:
    """One value: its place in the form, its dotted name and its text. `is_long` asks for more than a line."""

    place: int
    name: str
    text: str
    is_long: bool


def texts(data: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Every value that may be changed, in the order of the data."""
    yield from ((name, value) for name, value in placeholder.leaves(data) if isinstance(value, str))


def fields(data: Mapping[str, Value]) -> tuple[FormField, ...]:
    return as_fields(texts(data))


def as_fields(named: Iterable[tuple[str, str]]) -> tuple[FormField, ...]:
    return tuple(
        FormField(place, name, text, len(text) > _WIDE or "\n" in text) for place, (name, text) in enumerate(named)
    )


def overlaid(data: Mapping[str, Value], chosen: Mapping[str, str]) -> Mapping[str, Value]:
    """The data with other texts under some dotted names. A text of somebody's own is never a placeholder."""
    return _laid(data, {name: text.replace("${", "$${") for name, text in chosen.items()})


def changed(data: Mapping[str, Value], written: Iterable[str | None]) -> Mapping[str, Value]:
    """The data with the texts of a form in their places. A field that is missing stays as it was."""
    given = ((name, text) for (name, _), text in zip(texts(data), written, strict=False) if text is not None)
    return _laid(data, {name: text.replace("\r\n", "\n")[:LONGEST] for name, text in given})


def _laid(data: Mapping[str, Value], chosen: Mapping[str, str]) -> dict[str, Value]:
    laid: dict[str, Value] = dict(data)
    for name, text in chosen.items():
        head, _, rest = name.partition(".")
        inner = laid.get(head)
        laid[head] = _laid(inner if isinstance(inner, dict) else {}, {rest: text}) if rest else text
    return laid
