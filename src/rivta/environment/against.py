"""An environment held against the domains: does what it names exist in any of them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rivta.environment.secrets import veiled
from rivta.model.domain import Domain
from rivta.model.environment import Environment
from rivta.model.errors import UsageError, did_you_mean
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar


class _Named(NamedTuple):
    """A name, what it should be one of, and the keys that lead to where it stands."""

    what: str
    name: str
    known: set[str]
    keys: tuple[str | int, ...]


def check_against(environment: Environment, domains: Iterable[Domain]) -> None:
    """Whether the contracts, roles, preconditions and facts that an environment names exist in any of the domains.

    UsageError, or Mistakes, with the place in the environment's file, which is read again for it.
    """
    unknown = [one for one in _named(environment, list(domains)) if one.name not in one.known]
    if unknown:
        tree = compose.read(environment.path)
        hidden = dict.fromkeys(environment.secrets, "…")
        grammar.settle([veiled(_unknown(one, tree), hidden) for one in unknown])


def _named(environment: Environment, domains: list[Domain]) -> Iterator[_Named]:
    contracts = {name for domain in domains for name in domain.contracts}
    for role in environment.roles:
        yield _Named("role", role, {name for domain in domains for name in domain.roles}, ("roles",))
    for contract in environment.endpoints:
        yield _Named("contract", contract, contracts, ("endpoints",))
    for precondition in environment.not_applicable:
        known = {name for domain in domains for name in domain.preconditions}
        yield _Named("precondition", precondition, known, ("not-applicable",))
    facts = {"address", *(name for domain in domains for name in domain.facts)}
    for number, standing in enumerate(environment.listening.answers if environment.listening else ()):
        keys = ("counterpart", "answers", number)
        if standing.contract:
            yield _Named("contract", standing.contract, contracts, (*keys, "contract"))
        for fact in standing.when:
            yield _Named("fact", fact, facts, (*keys, "when"))


def _unknown(one: _Named, tree: Node) -> UsageError:
    todo = did_you_mean(one.name, one.known) or "no domain has any"
    return UsageError(f"unknown {one.what} “{one.name}”", source=_place(tree, one).source, todo=todo)


def _place(tree: Node, named: _Named) -> Node:
    """The node that names something: where the keys lead, an item of the list there, or a key of the map."""
    for key in named.keys:
        tree = _below(tree, key) or tree
    match tree:
        case YamlList():
            return next((one for one in tree.items if isinstance(one, YamlScalar) and one.text == named.name), tree)
        case YamlMap():
            return next((one for one, _ in tree.entries if one.text == named.name), tree)
    return tree


def _below(tree: Node, key: str | int) -> Node | None:
    match tree, key:
        case YamlList(), int():
            return tree.items[key]
        case YamlMap(), str():
            return tree.get(key)
    return None
