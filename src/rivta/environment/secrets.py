"""Secrets of an environment: taken from the process environment, told where they stand in clear, and kept from being shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rivta.model.errors import Mistakes, UsageError
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import Found, settle
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar

_NAMES = r"auth|token|secret|passw|credential|cookie|session|signature|api-?key|subscription-?key"
_SECRET_NAME = re.compile(_NAMES, re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"(?:Basic|Bearer|Digest|Negotiate|token)\s+(?P<itself>\S+)|eyJ[\w-]+\.[\w.-]+|(?=\S*[0-9])(?=\S*[a-z])[\w+/=-]{24,}",
    re.IGNORECASE,
)
"""How a secret looks under whatever name: with its scheme, signed, or long and without sense."""
_IN_QUERY = re.compile(rf"[?&][^=&#\s]*(?:{_NAMES})[^=&#\s]*=(?P<itself>[^&#\s]+)", re.IGNORECASE)
_WITH_PASSWORD = re.compile(r"(?:https?:/*|[a-z][a-z0-9+.-]*://)[^/?#\s]*@", re.IGNORECASE)
_SECRET = re.compile(r"\$\{env:([^}]*)\}")


class Secrets:
    """Fills `${env:NAME}` in, and keeps the values from being shown."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.taken: dict[str, str] = {}
        self.found = Found()
        self._env = env

    def filled(self, node: Node) -> Node:
        """The same tree with every secret in its place; names that are not set go into `found`."""
        match node:
            case YamlMap():
                return replace(node, entries=tuple((key, self.filled(value)) for key, value in node.entries))
            case YamlList():
                return replace(node, items=tuple(self.filled(item) for item in node.items))
        if "${env:" not in node.text:
            return node
        return replace(node, text=_SECRET.sub(lambda match: self._value(match[1], node), node.text), plain=False)

    def _value(self, name: str, node: YamlScalar) -> str:
        value = self._env.get(name, "")
        if value:
            self.taken[name] = value
            return value
        state = "empty" if name in self._env else "not set"
        what = f"the environment variable {name} is {state}"
        source = node.place_of(f"${{env:{name}")
        self.found.say(what, source, f"set it before the run, such as: export {name}=…")
        return ""


def veiled(problem: UsageError, hidden: Mapping[str, str]) -> UsageError:
    """The same mistake, with something else in place of each secret."""
    if isinstance(problem, Mistakes):
        return Mistakes([veiled(one, hidden) for one in problem.mistakes])
    what, todo = problem.what, problem.todo
    for secret, instead in hidden.items():
        what, todo = what.replace(secret, instead), todo.replace(secret, instead)
    return UsageError(what, source=problem.source, todo=todo)


def refuse_passwords_in_urls(tree: Node) -> None:
    """Raise UsageError, without repeating it, where a URL says who asks and by what password: every report shows URLs."""
    found = Found()
    for keys, scalar in _scalars(tree):
        if keys[:1] != ("test-data",) and _WITH_PASSWORD.match(scalar.text):
            what, source = "a URL with a user or a password in it stands here", replace(scalar.source, text="")
            found.say(what, source, "leave them out; what a gateway wants goes into headers: as ${env:NAME}")
    settle(found)


def told_in_clear(path: Path) -> list[str]:
    """What is to be said of the secrets that an environment's file says in clear."""
    return [*dict.fromkeys(str(each) for _, each in in_clear(compose.read(path)))]


def in_clear(tree: Node) -> Iterator[tuple[str, UsageError]]:
    """Each secret that an environment says in clear, with what to do about it; its line is not shown."""
    todo = "use ${env:NAME}, and set it before the run"
    for keys, scalar in _scalars(tree):
        what = f"{'.'.join(keys)}: a secret stands here in clear"
        for secret in _secrets_in(keys, scalar.text):
            yield secret, UsageError(what, source=replace(scalar.source, text=""), todo=todo)


def _secrets_in(keys: tuple[str, ...], text: str) -> Iterator[str]:
    if "${env:" in text or not text:
        return
    if keys[-2:-1] == ("headers",):  # of every request, or of one service’s
        looks = _SECRET_VALUE.fullmatch(text)
        if looks or _SECRET_NAME.search(keys[-1]):
            yield (looks and looks["itself"]) or text
    elif keys[-1:] == ("password",):
        yield text
    elif keys[:1] != ("test-data",):
        yield from (match["itself"] for match in _IN_QUERY.finditer(text))


def _scalars(node: Node, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], YamlScalar]]:
    """Every scalar with the keys that lead to it."""
    match node:
        case YamlMap():
            for key, value in node.entries:
                yield from _scalars(value, (*keys, key.text))
        case YamlList():
            for item in node.items:
                yield from _scalars(item, keys)
        case _:
            yield keys, node
