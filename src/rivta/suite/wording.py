"""Whether what stands inside a text holds: placeholders that lead somewhere, XPath expressions, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Source, Value
from rivta.text import placeholder
from rivta.text.placeholder import Placeholder, Scope
from rivta.text.yaml import xpath
from rivta.text.yaml.datafile import without_bulk
from rivta.text.yaml.shape import Found
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar

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


@dataclass(frozen=True, slots=True)
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


def scalars(node: Node) -> Iterator[YamlScalar]:
    match node:
        case YamlScalar():
            yield node
        case YamlList():
            for item in node.items:
                yield from scalars(item)
        case YamlMap():
            for _, value in node.entries:
                yield from scalars(value)


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
        found.append(UsageError(f"this is no pattern: {problem}", source=node.source, todo=todo))


def check_xpath(node: YamlScalar, namespaces: Mapping[str, str], found: Found) -> None:
    """An expression that cannot be evaluated, whatever stands in the places of its placeholders, is a mistake."""
    xpath.check_xpath(_neutral(node.text), node, namespaces, found)
