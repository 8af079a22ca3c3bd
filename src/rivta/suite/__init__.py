"""Suites and scenarios: read into cases, or refused with everything that is wrong, before anything is sent.

`read` is the only way in. What a suite may expect is handed to it as a vocabulary, so that this room knows no check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from rivta.model.case import Suite
from rivta.model.domain import Domain
from rivta.model.words import Value
from rivta.suite.form import Kind, shape_of
from rivta.suite.meaning import Reach
from rivta.suite.reader import SuiteReader
from rivta.suite.vocabulary import CheckKind, Parameter
from rivta.text.yaml import grammar
from rivta.text.yaml.compose import compose, contents, shown_as
from rivta.text.yaml.tree import YamlMap

__all__ = ["CheckKind", "Kind", "Parameter", "json_schema", "read"]


def read(
    path: Path,
    domain: Domain,
    vocabulary: Mapping[str, CheckKind],
    data: Mapping[str, Value] | None = None,
    others: Callable[[], Iterable[Domain]] = tuple,
) -> Suite:
    """The suite, or the scenario, that a file holds.

    `vocabulary` describes the checks that it may expect. `data` is the environment's test data; without it the names that
    the domain's preconditions vouch for are taken as known. `others` reads the domains whose contracts and requirements a
    step may use besides; it is asked only when one names what its own domain has not. UsageError, or Mistakes with all of them, for what is wrong.
    """
    shown = shown_as(path)
    written = contents(path, shown)
    tree = compose(written, shown)
    kind: Kind = "scenario" if isinstance(tree, YamlMap) and tree.get("scenario") else "suite"
    entry = grammar.load(tree, shape_of(kind, vocabulary))
    reader = SuiteReader(path, Reach(domain, others), vocabulary, data)
    suite = reader.suite(entry, written)
    grammar.settle(reader.found)
    return suite


def json_schema(vocabulary: Mapping[str, CheckKind], kind: Kind = "suite") -> dict[str, Any]:
    """The form of a suite or a scenario as JSON Schema (draft 2020-12), for editors.

    What must exist elsewhere (requirements, templates, names of test data) is beyond it.
    """
    title = {"suite": "A suite of pytest-rivta", "scenario": "A scenario of pytest-rivta"}[kind]
    return grammar.json_schema(shape_of(kind, vocabulary), title)
