"""The one file that defines a run: who is tested, in which roles, where, with what data.

A secret is written `${env:NAME}` and taken from the process environment. Its value never shows: not in a mistake, not in
`repr`, and whoever writes evidence is told what to leave out (`Environment.secrets`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rivta.environment.against import check_against
from rivta.environment.form import SHAPE
from rivta.environment.reader import CONNECT_SECONDS, READ_SECONDS, of_entry
from rivta.environment.secrets import Secrets, veiled
from rivta.model.environment import Environment
from rivta.model.errors import UsageError
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.grammar import Found

__all__ = ["CONNECT_SECONDS", "READ_SECONDS", "check_against", "json_schema", "read"]


def read(path: Path, env: Mapping[str, str] = os.environ) -> Environment:
    """The environment that a file defines. UsageError, or Mistakes with all of them, for what is wrong with it.

    File names in it are relative to its folder.
    """
    secrets = Secrets(env)
    tree = secrets.filled(compose.read(path))
    try:
        grammar.settle(secrets.found)
        entry = grammar.load(tree, SHAPE)
        found: Found = []
        environment = of_entry(path, entry, found)
        grammar.settle(found)
    except UsageError as problem:
        raise veiled(problem, {value: f"${{env:{name}}}" for name, value in secrets.taken.items()}) from None
    return replace(environment, secrets=tuple(sorted(secrets.taken.values(), key=len, reverse=True)))


def json_schema() -> dict[str, Any]:
    """The form of an environment as JSON Schema (draft 2020-12), for editors. Files and secrets are beyond it."""
    return grammar.json_schema(SHAPE, "An environment of pytest-rivta")
