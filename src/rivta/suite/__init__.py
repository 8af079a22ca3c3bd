"""Suites, scenarios and tables: read into cases, or refused with everything that is wrong, before anything is sent.

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
from rivta.suite.stepform import CheckKind, Parameter
from rivta.text.yaml import grammar
from rivta.text.yaml.compose import compose, contents, shown_as
from rivta.text.yaml.tree import Node, YamlMap

__all__ = ["CheckKind", "Kind", "Parameter", "json_schema", "read"]


def read(
    path: Path,
    domain: Domain,
    vocabulary: Mapping[str, CheckKind],
    data: Mapping[str, Value] | None = None,
    others: Callable[[], Iterable[Domain]] = tuple,
) -> Suite:
    """The suite, the scenario, or the table, that a file holds.

    `vocabulary` describes the checks that it may expect. `data` is the environment's test data; without it the names that
    the domain's preconditions vouch for are taken as known. `others` reads the domains whose contracts and requirements a
    step may use besides; it is asked only when one names what its own domain has not. UsageError, or Mistakes with all of them, for what is wrong.
    """
    shown = shown_as(path)
    written = contents(path, shown)
    tree = compose(written, shown)
    entry = grammar.load(tree, shape_of(_kind(tree), vocabulary))
    reader = SuiteReader(path, Reach(domain, others), vocabulary, data)
    suite = reader.suite(entry, written)
    grammar.settle(list({str(one): one for one in reader.found}.values()))  # what cases share is read once for each
    return suite


def _kind(tree: Node) -> Kind:
    """What a file is, by the key that tells it."""
    if isinstance(tree, YamlMap):
        return "scenario" if tree.get("scenario") else "table" if tree.get("table") else "suite"
    return "suite"


def json_schema(vocabulary: Mapping[str, CheckKind], kind: Kind = "suite") -> dict[str, Any]:
    """The form of a suite, a scenario or a table as JSON Schema (draft 2020-12), for editors.

    What must exist elsewhere (requirements, templates, names of test data) is beyond it.
    """
    return grammar.json_schema(shape_of(kind, vocabulary), f"A {kind} of pytest-rivta")
