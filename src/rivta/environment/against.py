"""An environment held against the domains: does what it names exist in any of them, does the system take part in them, is its test data used?"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from rivta.environment.secrets import veiled
from rivta.model.contracts import ContractId
from rivta.model.domain import Domain, Role, contracts_of
from rivta.model.environment import Environment
from rivta.model.errors import NotInstalled, UsageError, did_you_mean
from rivta.text.placeholder import leaves
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar


def unused_data(environment: Environment, used: Iterable[str]) -> list[str]:
    """What is to be said of test data that nothing uses, spare ones too, misspelt perhaps. `used` are the names that suites use, by dots."""
    names = set(used)
    tree = compose.read(environment.path)
    told: list[str] = []
    for what, name, keys in _given(environment):
        if name in names or any(_is_used_by(one, name, names, is_spare=what != "test-data") for one in names):
            continue
        place = _place(tree, _Name("test-data", name.rpartition(".")[2], keys))
        told.append(
            str(UsageError(f"{what}: nothing uses “{name}”", source=place.source, todo=did_you_mean(name, names)))
        )
    return told


def _is_used_by(one: str, name: str, names: set[str], *, is_spare: bool) -> bool:
    """Whether who uses `one` uses this name. A spare one must fit to the part, for it stands in place of what has that name."""
    if not is_spare:
        return name.startswith(f"{one}.") or one.startswith(f"{name}.")
    return name.startswith(f"{one}.") and not any(each.startswith(f"{one}.") for each in names)


def _given(environment: Environment) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """Test data and spare ones: where they stand, each name by dots, and the keys that lead to it. Of spare ones each name once."""
    for name, _ in leaves(environment.test_data):
        yield "test-data", name, ("test-data", *name.split(".")[:-1])
    for name, values in (environment.listening.spare if environment.listening else {}).items():
        parts = {part: number for number in reversed(range(len(values))) for part, _ in leaves({name: values[number]})}
        for part, number in parts.items():
            inner: tuple[str | int, ...] = (name, number, *part.split(".")[1:-1]) if part != name else ()
            yield "counterpart: spare", part, ("counterpart", "spare", *inner)


class _Name(NamedTuple):
    """A name, what it should be, and the keys that lead to where it stands."""

    what: Literal["role", "contract", "precondition", "fact", "test-data", "api"]
    name: str
    keys: tuple[str | int, ...]


def check_against(
    environment: Environment, domains: Iterable[Domain], others: Callable[[], Iterable[Domain]] = tuple
) -> None:
    """Whether the contracts, roles, preconditions and facts that an environment names exist in any of the domains.

    A name that they do not have is looked for in `others`, which are read only then: an environment may say more than one
    run needs, and name contracts of a package that is not there. UsageError, or Mistakes, with the place in the environment's file,
    which is read again for it.
    """
    here = tuple(domains)
    unknown = [one for one in _named(environment) if _mistake(one, here)]
    if not unknown:
        return
    everywhere = tuple({domain.name: domain for domain in (*others(), *here)}.values())
    absent = {each.lacks for each in everywhere if each.lacks and each.roles.keys() & set(environment.roles)}
    several = {one for one in unknown if one.what == "contract" and contracts_of(here).meant(one.name)}
    found = [(one, _mistake(one, here if one in several else everywhere)) for one in unknown]
    tree = compose.read(environment.path)
    hidden = dict.fromkeys(environment.secrets, "…")
    grammar.settle(
        [
            veiled(UsageError(mistake.what, source=_place(tree, one).source, todo=mistake.todo), hidden)
            for one, mistake in found
            if mistake and not (isinstance(mistake, NotInstalled) and mistake.what in absent)
        ]
    )


def concerns(environment: Environment, domain: Domain, others: Iterable[Domain]) -> bool:
    """Whether the system takes part in a domain, not only under a role's name that others of the domains have too: where it only
    answers, and answers the contracts of those and none of the domain's own, they are meant.
    """
    roles = [domain.roles[name] for name in environment.roles if name in domain.roles]
    if any(_answers(environment, role) or not role.produces or _calls(environment, role) for role in roles):
        return True
    elsewhere = {
        name
        for each in others
        if each.name != domain.name
        for name, one in each.roles.items()
        if _answers(environment, one)
    }
    return any(role.name not in elsewhere for role in roles)


def _answers(environment: Environment, role: Role) -> bool:
    return any(environment.endpoint(ContractId.parse(each)) for each in role.produces)


def _calls(environment: Environment, role: Role) -> bool:
    return bool(role.consumes) and environment.listening is not None


def _named(environment: Environment) -> Iterator[_Name]:
    for role in environment.roles:
        yield _Name("role", role, ("roles",))
    for contract in environment.endpoints:
        yield _Name("contract", contract, ("endpoints",))
    for api in environment.apis:
        yield _Name("api", api, ("apis",))
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
            contracts_of(domains).find(one.name)
        except UsageError as mistake:
            return mistake
        return None
    known = {
        "api": {domain.name for domain in domains if domain.openapi},
        "role": {name for domain in domains for name in domain.roles},
        "precondition": {name for domain in domains for name in domain.preconditions},
        "fact": {"address", *(name for domain in domains for name in domain.facts)},
    }[one.what]
    if one.name in known:
        return None
    return UsageError(f"unknown {one.what} “{one.name}”", todo=did_you_mean(one.name, known) or "no domain has any")


def _place(tree: Node, named: _Name) -> Node:
    """The node that names something: where the keys lead, an item of the list there, or a key of the map."""
    for key in named.keys:
        below = tree.get(key) if isinstance(key, str) else tree.items[key] if isinstance(tree, YamlList) else None
        tree = below or tree
    match tree:
        case YamlList():
            return next((one for one in tree.items if isinstance(one, YamlScalar) and one.text == named.name), tree)
        case YamlMap():
            return next((one for one, _ in tree.entries if one.text == named.name), tree)
    return tree
