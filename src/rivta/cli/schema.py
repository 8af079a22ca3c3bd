"""`rivta schema`: what an editor needs to complete and check our YAML files while they are written."""

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any

from rivta import environment, suite
from rivta.check import vocabulary
from rivta.declaration import answers, deviations, form
from rivta.report import data
from rivta.simulator.written import FORM
from rivta.text.yaml.grammar import json_schema

KINDS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "suite": lambda: suite.json_schema(vocabulary(), "suite"),
    "scenario": lambda: suite.json_schema(vocabulary(), "scenario"),
    "table": lambda: suite.json_schema(vocabulary(), "table"),
    "environment": environment.json_schema,
    "form": form.json_schema,
    "answers": answers.json_schema,
    "deviations": deviations.json_schema,
    "reference": lambda: json_schema(FORM["reference"], "The small world of a domain's simulator"),
    "faults": lambda: json_schema(FORM["faults"], "The named faults of a domain's simulator"),
    "declaration": data.schema,
}
"""Every kind of file that has a schema: those that people write, and `declaration.json`."""


def run(args: argparse.Namespace) -> int:
    """Print the JSON Schema (draft 2020-12), generated from the code that reads the files."""
    print(json.dumps(of(args.kind), indent=2, ensure_ascii=False))
    return 0


def of(kind: str) -> dict[str, Any]:
    return KINDS[kind]()
