"""`rivta schema`: what an editor needs to complete and check our YAML files while they are written."""

import argparse
import json
from typing import Any, Literal

from rivta import environment, suite
from rivta.check import vocabulary


def configure(parser: argparse.ArgumentParser) -> None:
    """Which kind of file."""
    parser.add_argument("kind", choices=("suite", "scenario", "environment"))


def run(args: argparse.Namespace) -> int:
    """Print the JSON Schema (draft 2020-12), generated from the code that reads the files."""
    print(json.dumps(of(args.kind), indent=2, ensure_ascii=False))
    return 0


def of(kind: Literal["suite", "scenario", "environment"]) -> dict[str, Any]:
    """The JSON Schema of one kind of file."""
    return environment.json_schema() if kind == "environment" else suite.json_schema(vocabulary(), kind)
