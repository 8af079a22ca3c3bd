"""Whether what a suite names exists, and what stands inside its texts holds: contracts, requirements, facts, test data;
placeholders that lead somewhere, XPath expressions, patterns. Mistakes are collected, each at its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from rivta.model.domain import Contract, Domain, contracts_of
from rivta.model.errors import NotInstalled, UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.steps import ADDRESS
from rivta.model.words import Source, Value
from rivta.text import placeholder
from rivta.text.placeholder import Placeholder, Scope
from rivta.text.xml import unfit
from rivta.text.yaml import values
from rivta.text.yaml.grammar import Found
from rivta.text.yaml.tree import Entry, YamlScalar, scalars
from rivta.text.yaml.values import settled, without_bulk

_FILLED_IN = "0"
"""What stands for a placeholder while an expression's form is looked at: it fits as a number, as text, in a pattern."""


class Promised(Mapping[str, Value]):
    """Test data that preconditions vouch for: the names are known, and whatever lies below them; the values not yet."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Value:
        if any(name == known or name.startswith(f"{known}.") for known in self._names):
            return ""
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@frozen
class Names:
    """The names that a placeholder may use at one place: layers of test data, the first winning, and what is promised."""

    layers: tuple[Mapping[str, Value], ...]
    promised: Promised
    known: frozenset[str]

    @classmethod
    def of(cls, *layers: Mapping[str, Value]) -> Names:
        """The names of these layers, nothing promised."""
        layers = tuple(_light(layer) for layer in layers)
        return cls(layers, Promised(frozenset()), frozenset(Scope(layers).known()))

    def promising(self, promised: frozenset[str]) -> Names:
        """The same names, and what preconditions vouch for."""
        return Names(self.layers, Promised(promised), self.known | promised)

    def below(self, *layers: Mapping[str, Value]) -> Names:
        """The same names below others that win over them."""
        layers = tuple(_light(layer) for layer in layers)
        more = Scope(layers).known()
        return Names((*layers, *self.layers), self.promised, self.known | more if more else self.known)

    def unknown(self, name: str) -> UsageError | None:
        """The mistake, still without a place, if nothing is called so."""
        if name in self.known or name in self.promised:
            return None
        return UsageError(f"nothing is called “{name}”", todo=did_you_mean(name, self.known))

    def unresolved(self, name: str) -> UsageError | None:
        """The same, and whether the name leads to a value at all: data may refer to data, in circles too."""
        try:
            Scope((*self.layers, self.promised)).lookup(name)
        except UsageError as problem:
            return problem
        return None


def _light(layer: Mapping[str, Value]) -> Mapping[str, Value]:
    return {name: without_bulk(value) for name, value in layer.items()}


def placeholders(node: YamlScalar, found: Found) -> list[Placeholder]:
    """The placeholders of one text; a misspelt one is a mistake."""
    if "${" not in node.text:
        return []
    try:
        return placeholder.find(node.text)
    except UsageError as problem:
        found.append(placed(problem, node.place_of("${")))
        return []


def placed(problem: UsageError, source: Source) -> UsageError:
    """A mistake at the place where its author will look for it."""
    return UsageError(problem.what, source=source, todo=problem.todo)


def _neutral(text: str) -> str:
    """The text with something harmless in place of each placeholder."""
    try:
        found = placeholder.find(text)
    except UsageError:
        return text  # reported where the placeholders are looked at
    for one in reversed(found):
        text = text[: one.offset] + _FILLED_IN + text[one.end :]
    return text.replace("$${", "${")


def check_pattern(node: YamlScalar, found: Found) -> None:
    try:
        re.compile(_neutral(node.text))
    except (re.error, OverflowError) as problem:
        todo = "write it in Python’s regular expressions, in single quotes"
        found.say(f"this is no pattern: {problem}", node.source, todo)


def check_xpath(node: YamlScalar, namespaces: Mapping[str, str], found: Found) -> object:
    """An expression that cannot be evaluated, whatever stands in the places of its placeholders, is a mistake. Returns what it gives of nothing."""
    return values.check_xpath(_neutral(node.text), node, namespaces, found)


def check_wishes(node: YamlScalar, given: object, wishes: Collection[str], found: Found) -> None:
    """Wishes that could not fail on what an expression gives are a mistake. What begins with a placeholder is judged when it is filled in."""
    if (what := unfit(given, wishes)) and not node.text.startswith("${"):
        todo = "compare it, by equals for one, or write a condition: a path alone wants it to be true"
        found.say(f"this XPath gives {what}: the check could not fail", node.source, todo)


# Contracts, requirements, facts


class Reach:
    """The domains that a file may take contracts and requirements from: its own, and others as far as it names them.

    What its own domain has comes first, so that a bare name goes on meaning what it meant when other domains are added.
    """

    def __init__(self, own: Domain, others: Callable[[], Iterable[Domain]] = tuple) -> None:
        self.own = own
        self.used: tuple[Domain, ...] = ()
        """The others that were needed."""
        self._others = others
        self._read: tuple[Domain, ...] | None = None

    @property
    def others(self) -> tuple[Domain, ...]:
        """All others, read when they are first asked for."""
        if self._read is None:
            self._read = tuple(each for each in self._others() if each.name != self.own.name)
        return self._read

    def contract(self, word: str, source: Source) -> Contract:
        """The contract that a word means. UsageError if it means none, or several."""
        known = self.own.contracts
        if not known.meant(word):
            self._demand(word.rpartition("/")[0])
            everywhere = contracts_of((self.own, *self.others))
            known = everywhere if everywhere.meant(word) or "/" in word else known
        found = known.find(word, source)
        self.domain(found.domain)
        return found

    def _demand(self, name: str) -> None:
        """NotInstalled for a domain whose contracts are not known without its release package."""
        lacking = next((each.lacks for each in self.others if each.name == name and each.lacks), "")
        if lacking:
            raise NotInstalled(lacking)

    def domain(self, name: str) -> Domain | None:
        """The domain of that name, which is needed now; None if there is none."""
        found = next((each for each in (self.own, *self.used) if each.name == name), None)
        if found is None and (found := next((each for each in self.others if each.name == name), None)):
            self.used = (*self.used, found)
        return found


@frozen
class Meaning:
    """What the names in one file may mean. Files are looked up from `folder`; mistakes go into `found`."""

    folder: Path
    reach: Reach
    found: Found = field(default_factory=Found)

    @property
    def domain(self) -> Domain:
        return self.reach.own

    def domain_of(self, contract: str) -> Domain:
        """The domain of a contract by identity; the file's own where the contract is a mistake."""
        return self.reach.domain(contract.partition("/")[0]) or self.domain

    def known(self, contract: str) -> Contract | None:
        """A contract by identity; None where it is a mistake."""
        return self.domain_of(contract).contracts.get(contract)

    def check_known(self, name: str, known: Iterable[str], what: str, source: Source) -> None:
        """A name that is not among those known is a mistake."""
        names = list(known)
        if name not in names:
            todo = did_you_mean(name, names) or f"the domain {self.domain.name} has none"
            self.found.say(f"unknown {what} “{name}”", source, todo)

    def ids(self, entry: Entry, key: str, known: Iterable[str], what: str) -> tuple[str, ...]:
        known = list(known)
        for id_, source in entry.items_of(key):
            self.check_known(id_, known, what, source)
        return tuple(entry.get(key, ()))

    def requirements(self, entry: Entry) -> tuple[str, ...]:
        """What stands under `verifies`: ids of the file's own domain, and those of others as `domain/id`."""
        for id_, source in entry.items_of("verifies"):
            domain, _, own = id_.rpartition("/")
            other = self.reach.domain(domain) if domain and id_ not in self.domain.requirements else None
            if other is None:
                self.check_known(id_, self.domain.requirements, "requirement", source)
            else:
                self.check_known(own, other.requirements, f"requirement of {domain}", source)
        return tuple(entry.get("verifies", ()))

    def contract(self, entry: Entry, key: str = "contract") -> str:
        try:
            return str(self.reach.contract(entry[key], entry.source_of(key)).id)
        except NotInstalled:
            raise
        except UsageError as problem:
            self.found.append(problem)
            return str(entry[key])

    def facts(self, entry: Entry, key: str, domain: Domain, names: Names) -> dict[str, str]:
        """Which call is meant: facts of the contract's domain, or the address."""
        when: Entry = entry[key]
        for fact in when:
            self.check_known(fact, [ADDRESS, *domain.facts], "fact", when.key_source(fact))
        self.check_texts(entry, key, names)
        return dict(when)

    def off(self, entry: Entry, unwritten: Iterable[str], whose: str) -> dict[str, str]:
        """The unwritten checks that do not run here, each with the reason."""
        off = entry.get("without", {})
        for check in off:
            self.check_known(check, unwritten, f"check of every {whose}", off.key_source(check))
        return dict(off)

    def data(self, entry: Entry, key: str) -> dict[str, Value]:
        if key not in entry:
            return {}
        written: Entry = entry[key]
        return {name: settled(value, written.node_of(name), self.folder, self.found) for name, value in written.items()}

    def promised(self, preconditions: Iterable[str]) -> frozenset[str]:
        """The names that preconditions vouch for."""
        known = self.domain.preconditions
        return frozenset(name for one in preconditions if one in known for name in known[one].data)

    def check_data(self, entry: Entry, key: str, names: Names) -> None:
        """A placeholder in test data must lead to a value."""
        self._check(entry, key, names.unresolved)

    def check_texts(self, entry: Entry, key: str, names: Names) -> None:
        """A placeholder in any other text must be a name that is known."""
        self._check(entry, key, names.unknown)

    def _check(self, entry: Entry, key: str, mistake: Callable[[str], UsageError | None]) -> None:
        for node in scalars(entry.node_of(key)) if key in entry else ():
            for one in placeholders(node, self.found):
                if problem := mistake(one.name):
                    self.found.append(placed(self._better(problem, one.name), node.place_of(f"${{{one.name}")))

    def _better(self, problem: UsageError, name: str) -> UsageError:
        """The remedy for a name that only a precondition vouches for is to require it."""
        for precondition in self.domain.preconditions.values():
            if any(name == known or name.startswith(f"{known}.") for known in precondition.data):
                return UsageError(problem.what, todo=f"add to the case: requires: [{precondition.id}]")
        return problem
