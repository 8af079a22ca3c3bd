"""An environment held against the domains: does what it names exist in any of them?"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from rivta.environment.reader import veiled
from rivta.model.contracts import Contracts
from rivta.model.domain import Contract, Domain
from rivta.model.environment import Environment
from rivta.model.errors import UsageError, did_you_mean
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar


class _Name(NamedTuple):
    """A name, what it should be, and the keys that lead to where it stands."""

    what: Literal["role", "contract", "precondition", "fact"]
    name: str
    keys: tuple[str | int, ...]


def check_against(
    environment: Environment, domains: Iterable[Domain], others: Callable[[], Iterable[Domain]] = tuple
) -> None:
    """Whether the contracts, roles, preconditions and facts that an environment names exist in any of the domains.

    A name that they do not have is looked for in `others`, which are read only then: an environment may say more than one
    run needs. UsageError, or Mistakes, with the place in the environment's file, which is read again for it.
    """
    here = tuple(domains)
    unknown = [one for one in _named(environment) if _mistake(one, here)]
    if not unknown:
        return
    everywhere = tuple({domain.name: domain for domain in (*others(), *here)}.values())
    found = [(one, _mistake(one, here if _means_several(one, here) else everywhere)) for one in unknown]
    tree = compose.read(environment.path)
    hidden = dict.fromkeys(environment.secrets, "…")
    grammar.settle(
        [
            veiled(UsageError(mistake.what, source=_place(tree, one).source, todo=mistake.todo), hidden)
            for one, mistake in found
            if mistake
        ]
    )


def _named(environment: Environment) -> Iterator[_Name]:
    for role in environment.roles:
        yield _Name("role", role, ("roles",))
    for contract in environment.endpoints:
        yield _Name("contract", contract, ("endpoints",))
    for precondition in environment.not_applicable:
        yield _Name("precondition", precondition, ("not-applicable",))
    for number, standing in enumerate(environment.listening.answers if environment.listening else ()):
        keys = ("counterpart", "answers", number)
        if standing.contract:
            yield _Name("contract", standing.contract, (*keys, "contract"))
        for fact in standing.when:
            yield _Name("fact", fact, (*keys, "when"))


def _mistake(one: _Name, domains: tuple[Domain, ...]) -> UsageError | None:
    """What is wrong with a name, still without a place."""
    if one.what == "contract":
        try:
            _contracts(domains).find(one.name)
        except UsageError as mistake:
            return mistake
        return None
    known = {
        "role": {name for domain in domains for name in domain.roles},
        "precondition": {name for domain in domains for name in domain.preconditions},
        "fact": {"address", *(name for domain in domains for name in domain.facts)},
    }[one.what]
    if one.name in known:
        return None
    return UsageError(f"unknown {one.what} “{one.name}”", todo=did_you_mean(one.name, known) or "no domain has any")


def _means_several(one: _Name, domains: tuple[Domain, ...]) -> bool:
    return one.what == "contract" and bool(_contracts(domains).meant(one.name))


def _contracts(domains: tuple[Domain, ...]) -> Contracts[Contract]:
    return Contracts(each for domain in domains for each in domain.contracts.values())


def _place(tree: Node, named: _Name) -> Node:
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
