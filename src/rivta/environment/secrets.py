"""Secrets of an environment: taken from the process environment, and kept from being shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from rivta.model.errors import Mistakes, UsageError
from rivta.text.yaml.grammar import Found
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar

_SECRET = re.compile(r"\$\{env:([^}]*)\}")


class Secrets:
    """Fills `${env:NAME}` in, and keeps the values from being shown."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.taken: dict[str, str] = {}
        self.found: Found = []
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
        self.found.append(UsageError(what, source=source, todo=f"set it before the run, such as: export {name}=…"))
        return ""


def veiled(problem: UsageError, hidden: Mapping[str, str]) -> UsageError:
    """The same mistake, with something else in place of each secret."""
    if isinstance(problem, Mistakes):
        return Mistakes([veiled(one, hidden) for one in problem.mistakes])
    what, todo = problem.what, problem.todo
    for secret, instead in hidden.items():
        what, todo = what.replace(secret, instead), todo.replace(secret, instead)
    return UsageError(what, source=problem.source, todo=todo)
