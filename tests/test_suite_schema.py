"""The published JSON Schemas accept and refuse what the loader accepts and refuses, as far as form goes."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rivta import environment, suite
from rivta.environment.reader import FORM
from rivta.model.errors import UsageError
from rivta.suite.expectations import shape_of
from rivta.text.yaml.compose import compose
from rivta.text.yaml.grammar import Shape, load
from suite_world import (
    CONSUMER,
    DOMAIN,
    ENVIRONMENT,
    SCENARIO,
    SUITE,
    VOCABULARY,
    as_an_editor_reads,
    write,
    write_environment,
)
from test_suite import STRUCTURE
from test_suite_consumer import STRUCTURE as OF_CONSUMERS
from thorough import tried

ENV = {"RIVTA_KEY_PASSWORD": "hemligt"}
SHAPES: dict[str, Shape[Any]] = {
    "suite": shape_of("suite", VOCABULARY),
    "consumer": shape_of("suite", VOCABULARY),
    "scenario": shape_of("scenario", VOCABULARY),
    "environment": FORM["environment"],
}
SCHEMAS = {
    "suite": suite.json_schema(VOCABULARY),
    "consumer": suite.json_schema(VOCABULARY),
    "scenario": suite.json_schema(VOCABULARY, "scenario"),
    "environment": environment.json_schema(),
}
VALIDATORS = {name: jsonschema.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
WRITTEN = {"suite": SUITE, "consumer": CONSUMER, "scenario": SCENARIO, "environment": ENVIRONMENT}


def loads(kind: str, text: str) -> bool:
    try:
        load(compose(text, "f.yaml"), SHAPES[kind])
    except UsageError:
        return False
    return True


def accepts(kind: str, text: str) -> bool:
    return VALIDATORS[kind].is_valid(as_an_editor_reads(compose(text, "f.yaml")))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_is_one(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_what_the_readers_read_is_accepted(tmp_path: Path) -> None:
    for kind in ("suite", "consumer", "scenario"):
        assert suite.read(write(tmp_path, WRITTEN[kind]), DOMAIN, VOCABULARY)
        assert accepts(kind, WRITTEN[kind])
    assert environment.read(write_environment(tmp_path), ENV)
    assert accepts("environment", ENVIRONMENT)


REFUSED = STRUCTURE + OF_CONSUMERS


@pytest.mark.parametrize("text", [text for text, _ in REFUSED], ids=[words[0] for _, words in REFUSED])
def test_what_the_loader_refuses_is_refused(text: str) -> None:
    kind = "scenario" if text.startswith("scenario") else "suite"
    assert not loads(kind, text)
    assert not accepts(kind, text)


def test_every_key_is_explained() -> None:
    for schema in SCHEMAS.values():
        silent = [path for path, one in _properties(schema) if not one.get("description") and "/like/" not in path]
        assert [path for path in silent if not path.startswith("/$defs/expectation")] == []


def _properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for name, one in schema.get("properties", {}).items() if isinstance(schema.get("properties"), dict) else ():
            if name not in ("sv", "en"):
                yield f"{path}/{name}", one
        for key, inner in schema.items():
            yield from _properties(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from _properties(inner, f"{path}/{index}")


# As an editor sees them, so that what is written out again means the same to both. Secrets are filled in before the
# loader looks at the form, so they have a test of their own.
TREES = {
    kind: as_an_editor_reads(compose(text.replace("${env:RIVTA_KEY_PASSWORD}", "secret"), "f.yaml"))
    for kind, text in WRITTEN.items()
}
STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        7,
        -1,
        1.5,
        "",
        "yes",
        "OK",
        "5 s",
        "0 s",
        "a b",
        [],
        {},
        ["x"],
        "error",
        "VP001",
        {"kind": "fault", "code": "Client"},
        ["./act.sh"],
        "127.0.0.1:0",
        "15 MB",
        {"sv": "a", "en": "b", "action": "c"},
        {"sv": "a"},
        [[]],
        "/:",
    ]
)
KEYS = st.sampled_from(
    [
        "id",
        "send",
        "receive",
        "watch",
        "ask",
        "steps",
        "answer",
        "do",
        "for",
        "within",
        "kind",
        "expect",
        "result",
        "fault",
        "verifies",
        "xpath",
        "one_of",
        "sv",
        "url",
        "roles",
        "command",
        "listen",
        "time-factor",
        "more",
        "a.b",
    ]
)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every map and list in a tree, with each of its keys or indices."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, str]:
    kind = draw(st.sampled_from(sorted(TREES)))
    tree = copy.deepcopy(TREES[kind])
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(list(_places(tree))))
        match draw(st.sampled_from(["replace", "delete", "add", "swap"])):
            case "replace":
                holder[key] = copy.deepcopy(draw(STRANGE))
            case "delete":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[draw(KEYS)] = copy.deepcopy(draw(STRANGE))
            case "swap":
                other, its = draw(st.sampled_from(list(_places(tree))))
                holder[key] = copy.deepcopy(other[its])
        if not tree:
            break
    return kind, yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


@given(mutants())
@settings(max_examples=tried(300), deadline=None)
def test_mutants_get_the_same_verdict_from_both(mutant: tuple[str, str]) -> None:
    kind, text = mutant
    text = text if text.strip() != "{}" else "x: y"
    assert loads(kind, text) == accepts(kind, text)
