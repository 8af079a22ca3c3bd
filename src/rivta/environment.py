"""The one file that defines a run: who is tested, in which roles, where, with what data.

A secret is written `${env:NAME}` and taken from the process environment. Its value never shows: not in a mistake, not in
`repr`, and whoever writes evidence is told what to leave out (`Environment.secrets`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rivta.errors import Mistakes, UsageError, did_you_mean
from rivta.model import Domain, Endpoint, Environment, System, TlsFiles
from rivta.yamltext import compose, grammar
from rivta.yamltext.datafile import no_file, settled
from rivta.yamltext.entry import Entry
from rivta.yamltext.grammar import AnyData, Duration, Field, Found, ListOf, MapOf, Record, Shape, Text
from rivta.yamltext.shape import BARE, Json
from rivta.yamltext.tree import Node, YamlList, YamlMap, YamlScalar

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""The time limits that hold when the file names none."""

_SECRET = re.compile(r"\$\{env:([^}]*)\}")


@dataclass(frozen=True, slots=True)
class _OrSecret:
    """A shape whose value may come from the process environment. The loader has filled it in; an editor has not."""

    shape: Shape[Any]

    def load(self, node: Node, found: Found) -> Any:
        return self.shape.load(node, found)

    def schema(self, defs: Json) -> Json:
        return {"anyOf": [self.shape.schema(defs), {"type": "string", "pattern": r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}"}]}


def _text(doc: str, pattern: str = "", wanted: str = "text", example: str = "", *, required: bool = False) -> Field:
    text = Text(pattern, wanted, example)
    return Field(_OrSecret(text) if pattern else text, doc, required=required)


_DATA = MapOf(AnyData(), r"[^\s.${}|]+", "a name without dots, blanks and braces")
_HEADER = _OrSecret(Text(r"[^\r\n]*", "one line of text", blank=True, also=BARE))
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PERSON = r"(?:[0-9]{2})?[0-9]{6}[-+]?[0-9A-Z]{4}"
_PERSON_BARE: tuple[Json, ...] = tuple(
    {"type": "integer", "minimum": 10 ** (digits - 1), "maximum": 10**digits - 1} for digits in (10, 12)
)
_URL = r"https?://[^\s/?#@]+(?:[/?][^\s#]*)?"
_NO_BLANKS = r"\S+"

_SYSTEM = Record(
    "system",
    {
        "organisation": _text("the vendor", required=True),
        "organisation-number": _text("the vendor’s organisationsnummer"),
        "product": _text("the product", required=True),
        "version": _text("the product’s version", required=True),
    },
)
_ENDPOINT = Record(
    "endpoint",
    {
        "url": _text(
            "where the contract is answered",
            _URL,
            "an http or https URL",
            "https://example.org/ProcessRequest/2/rivtabp21",
            required=True,
        ),
        "logical-address": Field(
            _OrSecret(Text(_NO_BLANKS, "an HSA-id", "SE2321000016-MOT1", also=BARE)),
            "the HSA-id of the addressed unit",
            required=True,
        ),
    },
)
_TLS = Record(
    "tls",
    {
        "certificate": _text("our function certificate, a PEM file"),
        "key": _text("its private key, a PEM file; without it the certificate’s file holds both"),
        "ca": _text("the authorities that we trust, a PEM file"),
        "password": _text("the key’s password, as ${env:NAME}"),
    },
)
_TIMEOUTS = Record(
    "timeouts",
    {
        "connect": Field(_OrSecret(Duration()), "how long to wait for a connection"),
        "read": Field(_OrSecret(Duration()), "how long to wait for an answer"),
    },
)
_SHAPE = Record(
    "environment",
    {
        "system": Field(_SYSTEM, "who is tested", required=True),
        "roles": Field(ListOf(Text(), some=True), "the roles that the system plays", required=True),
        "endpoints": Field(MapOf(_ENDPOINT, some=True), "where each contract is answered", required=True),
        "tls": Field(_TLS, "our certificate, and whom we trust"),
        "timeouts": Field(_TIMEOUTS, "how long we wait"),
        "original-consumer": Field(
            _OrSecret(Text(_NO_BLANKS, "an HSA-id", "SE2321000012-TEST", also=BARE)),
            "the HSA-id sent as x-rivta-original-serviceconsumer-hsaid",
        ),
        "headers": Field(MapOf(_HEADER, _HEADER_NAME, "a header name"), "HTTP headers of every request"),
        "test-identities": Field(
            ListOf(Text(_PERSON, "a test person’s number", "191212121212", also=_PERSON_BARE)),
            "identities that are test persons, beside the published ones; only test persons are ever sent",
        ),
        "test-data": Field(_DATA, "test data of this system, over the suites’ own"),
        "not-applicable": Field(MapOf(Text()), "preconditions that this system cannot meet, each with the reason"),
    },
    doc="An environment of pytest-rivta: who is tested, where, with what data",
)


def read(path: Path, env: Mapping[str, str] = os.environ) -> Environment:
    """The environment that a file defines. UsageError, or Mistakes with all of them, for what is wrong with it.

    File names in it are relative to its folder.
    """
    secrets = _Secrets(env)
    tree = secrets.filled(compose.read(path))
    try:
        grammar.settle(secrets.found)
        entry = grammar.load(tree, _SHAPE)
        found: Found = []
        environment = _environment(path, entry, found)
        grammar.settle(found)
    except UsageError as problem:
        raise _veiled(problem, {value: f"${{env:{name}}}" for name, value in secrets.taken.items()}) from None
    return replace(environment, secrets=tuple(sorted(secrets.taken.values(), key=len, reverse=True)))


def json_schema() -> dict[str, Any]:
    """The form of an environment as JSON Schema (draft 2020-12), for editors. Files and secrets are beyond it."""
    return grammar.json_schema(_SHAPE, "An environment of pytest-rivta")


def check_against(environment: Environment, domains: Iterable[Domain]) -> None:
    """Whether the contracts, roles and preconditions that an environment names exist in any of the domains.

    UsageError, or Mistakes, with the place in the environment's file, which is read again for it.
    """
    domains = list(domains)
    named = (
        ("role", "roles", environment.roles, {name for domain in domains for name in domain.roles}),
        ("contract", "endpoints", environment.endpoints, {name for domain in domains for name in domain.contracts}),
        (
            "precondition",
            "not-applicable",
            environment.not_applicable,
            {name for domain in domains for name in domain.preconditions},
        ),
    )
    unknown = [(what, key, name, known) for what, key, names, known in named for name in names if name not in known]
    if unknown:
        tree = compose.read(environment.path)
        mistakes = [_unknown(what, name, known, _place(tree, key, name)) for what, key, name, known in unknown]
        hidden = dict.fromkeys(environment.secrets, "…")
        grammar.settle([_veiled(mistake, hidden) for mistake in mistakes])


def _unknown(what: str, name: str, known: Iterable[str], place: Node) -> UsageError:
    todo = did_you_mean(name, known) or "no domain has any"
    return UsageError(f"unknown {what} “{name}”", source=place.source, todo=todo)


def _veiled(problem: UsageError, hidden: Mapping[str, str]) -> UsageError:
    """The same mistake, with something else in place of each secret."""
    if isinstance(problem, Mistakes):
        return Mistakes([_veiled(one, hidden) for one in problem.mistakes])
    what, todo = problem.what, problem.todo
    for secret, instead in hidden.items():
        what, todo = what.replace(secret, instead), todo.replace(secret, instead)
    return UsageError(what, source=problem.source, todo=todo)


def _place(tree: Node, key: str, name: str) -> Node:
    """The node that names something under a top-level key: an item of a list, or a key of a map."""
    match tree.get(key) if isinstance(tree, YamlMap) else None:
        case YamlList() as found:
            return next((one for one in found.items if isinstance(one, YamlScalar) and one.text == name), found)
        case YamlMap() as found:
            return next((one for one, _ in found.entries if one.text == name), found)
    return tree


class _Secrets:
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


def _environment(path: Path, entry: Entry, found: Found) -> Environment:
    timeouts: Mapping[str, float] = entry.get("timeouts", {})
    data = entry.get("test-data", {})
    return Environment(
        path=path,
        system=_system(entry["system"]),
        roles=tuple(entry["roles"]),
        endpoints={name: _endpoint(name, one, found) for name, one in entry["endpoints"].items()},
        tls=_tls(entry["tls"], path.parent, found) if "tls" in entry else TlsFiles(),
        connect_seconds=timeouts.get("connect", CONNECT_SECONDS),
        read_seconds=timeouts.get("read", READ_SECONDS),
        original_consumer=entry.get("original-consumer", ""),
        headers=dict(entry.get("headers", {})),
        test_identities=frozenset(entry.get("test-identities", ())),
        test_data={name: settled(value, data.node_of(name), path.parent, found) for name, value in data.items()},
        not_applicable=dict(entry.get("not-applicable", {})),
    )


def _system(entry: Entry) -> System:
    return System(entry["organisation"], entry["product"], entry["version"], entry.get("organisation-number", ""))


def _endpoint(name: str, entry: Entry, found: Found) -> Endpoint:
    try:
        urlsplit(entry["url"]).port  # noqa: B018 - asking is how a port out of range shows
    except ValueError as problem:
        what = f"this is no URL: {str(problem).lower()}"
        found.append(UsageError(what, source=entry.source_of("url"), todo="check host and port"))
    return Endpoint(name, entry["url"], entry["logical-address"])


def _tls(entry: Entry, folder: Path, found: Found) -> TlsFiles:
    files: dict[str, Path] = {}
    for name in ("certificate", "key", "ca"):
        if name in entry:
            files[name] = folder.absolute() / entry[name]
            if not files[name].is_file():
                found.append(no_file(entry[name], entry.source_of(name)))
    if "key" in files and "certificate" not in files:
        found.append(
            UsageError(
                "this key lacks its certificate",
                source=entry.key_source("key"),
                todo="add certificate: the file that it belongs to",
            )
        )
    return TlsFiles(**files, password=entry.get("password"))
