"""From a file to the environment that it defines: its secrets filled in, its form held, its files looked up."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rivta.environment.secrets import Secrets, in_clear, refuse_passwords_in_urls, veiled
from rivta.model.environment import (
    OFFERS,
    Adapter,
    Api,
    Cooperation,
    Endpoint,
    Environment,
    Listening,
    Proxy,
    StandingAnswer,
    System,
    TlsFiles,
)
from rivta.model.errors import UsageError
from rivta.model.frozen import frozen
from rivta.model.words import Value
from rivta.text.placeholder import Scope
from rivta.text.xml import LIMIT_BYTES
from rivta.text.yaml import compose, grammar
from rivta.text.yaml.forms import FormFile
from rivta.text.yaml.grammar import Found, Named, Shape
from rivta.text.yaml.shape import Json
from rivta.text.yaml.tree import Entry, Node
from rivta.text.yaml.values import ANSWER, DATA, behaviour, no_file, settled, with_message

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""The time limits that hold when the file names none."""
_MB = 1024 * 1024
_LAST_PORT = 65535


@frozen
class _OrSecret:
    """A shape whose value may come from the process environment. The loader has filled it in; an editor has not."""

    shape: Shape[Any]

    def load(self, node: Node, found: Found) -> Any:
        return self.shape.load(node, found)

    def schema(self, defs: Json) -> Json:
        return {"anyOf": [self.shape.schema(defs), {"type": "string", "pattern": r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}"}]}


FORM = FormFile(
    Path(__file__).with_name("form.yaml"), {"secret": _OrSecret}, answer=Named("answer", lambda: ANSWER), data=DATA
)
"""What may stand in an environment: which keys there are, what stands under them, what they mean."""


def read(path: Path, env: Mapping[str, str] = os.environ) -> Environment:
    """The environment that a file defines. UsageError, or Mistakes with all of them, for what is wrong with it.

    File names in it are relative to its folder.
    """
    secrets = Secrets(env)
    written = compose.read(path)
    tree = secrets.filled(written)
    try:
        grammar.settle(secrets.found)
        refuse_passwords_in_urls(tree)
        entry = grammar.load(tree, FORM["environment"])
        found = Found()
        environment = _of_entry(path, entry, found, env)
        grammar.settle(found)
    except UsageError as problem:
        raise veiled(problem, {value: f"${{env:{name}}}" for name, value in secrets.taken.items()}) from None
    hidden = {*secrets.taken.values(), *(secret for secret, _ in in_clear(written))}
    return replace(environment, secrets=tuple(sorted(hidden, key=lambda secret: (-len(secret), secret))))


def json_schema() -> dict[str, Any]:
    """The form of an environment as JSON Schema (draft 2020-12), for editors. Files and secrets are beyond it."""
    return grammar.json_schema(FORM["environment"], "An environment of pytest-rivta")


def _of_entry(path: Path, entry: Entry, found: Found, env: Mapping[str, str]) -> Environment:
    """The environment that was loaded from a file at this path. What is wrong with files and URLs goes into `found`."""
    timeouts: Mapping[str, float] = entry.get("timeouts", {})
    written = entry.get("test-data", {})
    data = {name: settled(value, written.node_of(name), path.parent, found) for name, value in written.items()}
    endpoints, apis = entry.get("endpoints", {}), entry.get("apis", {})
    others = (entry[key] for key in ("cooperation", "counterpart", "adapter", "proxy") if key in entry)
    for one in (*endpoints.values(), *apis.values(), *others):
        _check_url(one, found)
    return Environment(
        path=path,
        system=_system(entry["system"]),
        roles=tuple(entry["roles"]),
        endpoints={
            name: Endpoint(name, one["url"], one["logical-address"], one.source_of("url"))
            for name, one in endpoints.items()
        },
        tls=_tls_files(entry["tls"], path.parent, found) if "tls" in entry else TlsFiles(),
        connect_seconds=timeouts.get("connect", CONNECT_SECONDS),
        read_seconds=timeouts.get("read", READ_SECONDS),
        original_consumer=entry.get("original-consumer", ""),
        headers=dict(entry.get("headers", {})),
        test_identities=frozenset(entry.get("test-identities", ())),
        test_data=data,
        not_applicable=dict(entry.get("not-applicable", {})),
        cooperation=_cooperation(entry["cooperation"]) if "cooperation" in entry else None,
        listening=_listening(entry["counterpart"], path.parent, data, found) if "counterpart" in entry else None,
        adapter=_adapter(entry["adapter"], path.parent, found) if "adapter" in entry else None,
        within=timeouts.get("within"),
        page_tls=_tls_files(entry["page"]["tls"], path.parent, found) if "page" in entry else TlsFiles(),
        proxy=_proxy(entry["proxy"], found, env) if "proxy" in entry else None,
        test_certificates=_certificates(entry, path.parent, found),
        apis={name: Api(one["url"].rstrip("/"), dict(one.get("headers", {}))) for name, one in apis.items()},
    )


def _system(entry: Entry) -> System:
    return System(entry["organisation"], entry["product"], entry["version"], entry.get("organisation-number", ""))


def _proxy(entry: Entry, found: Found, env: Mapping[str, str]) -> Proxy:
    parts = urlsplit(entry["url"])
    beside = entry.get("except", (env.get("NO_PROXY") or env.get("no_proxy") or "").replace(",", " ").split())
    port = parts.port if not found else None
    return Proxy(parts.hostname or "", port or 80, entry.get("name", ""), entry.get("password", ""), tuple(beside))


def _cooperation(entry: Entry) -> Cooperation:
    return Cooperation(entry["url"].rstrip("/"), entry.get("connection-point", ""))


# The counterpart that the system calls, and the adapter that makes it act


def _listening(entry: Entry, folder: Path, data: Mapping[str, Value], found: Found) -> Listening:
    """Where and how the counterpart listens. `data` is the environment's test data, for the messages that it answers with."""
    host, port = _bound(entry, found)
    limit: int = entry.get("limit", Listening().limit_bytes)
    if limit > LIMIT_BYTES:
        what = f"no message over {LIMIT_BYTES // _MB} MB is ever read"
        found.say(what, entry.source_of("limit"), "write a lower limit")
    return Listening(
        host=host,
        port=port,
        tls=_tls_files(entry["tls"], folder, found) if "tls" in entry else TlsFiles(),
        url=entry.get("url", "").rstrip("/"),
        addresses=tuple(entry.get("addresses", ())),
        time_factor=float(entry.get("time-factor", 1)),
        answers=tuple(_standing(one, folder, data, found) for one in entry.get("answers", ())),
        limit_bytes=limit,
        overlap=entry.get("overlap", Listening().overlap),
        spare={name: tuple(values) for name, values in entry.get("spare", {}).items()},
        first_offer=_first_offer(entry, port, found),
    )


def _bound(entry: Entry, found: Found) -> tuple[str, int]:
    host, _, port = entry.get("listen", "127.0.0.1:0").rpartition(":")
    if int(port) > _LAST_PORT:
        todo = f"a port is at most {_LAST_PORT}; 0 is any free one"
        found.say(f"there is no port {port}", entry.source_of("listen"), todo)
    return host.strip("[]"), int(port)


def _first_offer(entry: Entry, port: int, found: Found) -> int:
    first: int = entry.get("handshake-ports", 0)
    last = first + len(OFFERS) - 1
    if last > _LAST_PORT:
        what = f"handshake-ports: {first} to {last} are no ports"
        found.say(what, entry.source_of("handshake-ports"), f"the last of all is {_LAST_PORT}")
    elif first and first <= port <= last:
        what = f"handshake-ports: {first} to {last} include {port}, on which the counterpart listens"
        found.say(what, entry.source_of("handshake-ports"), f"name others, such as {port + 1}")
    return first


def _standing(entry: Entry, folder: Path, data: Mapping[str, Value], found: Found) -> StandingAnswer:
    answer = behaviour(entry["answer"], found, folder.absolute())
    if answer.template is not None and not answer.template.is_file():
        found.append(no_file(entry["answer"]["message"], entry["answer"].source_of("message")))
    else:
        with found.catching():
            answer = with_message(answer, Scope((data,)))
    return StandingAnswer(dict(entry.get("when", {})), answer, entry.get("contract", ""))


def _adapter(entry: Entry, folder: Path, found: Found) -> Adapter:
    usual = Adapter()
    return Adapter(
        command=_command(entry, folder, found) if "command" in entry else (),
        url=entry.get("url", ""),
        seconds=entry.get("timeout", usual.seconds),
        settles=entry.get("settle", usual.settles),
    )


def _command(entry: Entry, folder: Path, found: Found) -> tuple[str, ...]:
    """A program with a slash in its name lies in the file's folder or below; any other is looked for on the PATH."""
    program, *arguments = entry["command"]
    (_, source), *_ = entry.items_of("command")
    path = str(folder.absolute() / program) if "/" in program else program
    if shutil.which(path) is None:
        where = "in the folder of this file" if "/" in program else "on the PATH"
        todo = "write a program’s path with a slash (./act.sh), and make it executable"
        found.say(f"there is no program {program} {where}", source, todo)
    return (path, *arguments)


# The places that they name: URLs, and the files of a certificate


def _check_url(entry: Entry, found: Found) -> None:
    """A URL, if there is one, whose port is out of range, or whose host cannot be read, is a mistake."""
    try:
        if urlsplit(entry.get("url", "")).port == 0:  # asking is how any other that is out of range shows
            raise ValueError("Nobody can be called at port 0")  # noqa: TRY301 - told as the others are
    except ValueError as problem:
        host = entry["url"].partition("//")[2].partition("/")[0]
        is_bare = host.count(":") > 1 and "[" not in host
        todo = "put an IPv6 address in brackets, as in http://[::1]:8020/" if is_bare else "check host and port"
        found.say(f"this is no URL: {str(problem).lower()}", entry.source_of("url"), todo)


def _tls_files(entry: Entry, folder: Path, found: Found) -> TlsFiles:
    """The PEM files, looked up from the folder. A file that is not there, and a key alone, are mistakes."""
    files: dict[str, Path] = {}
    for name in ("certificate", "key", "ca", "crl"):
        if name in entry:
            files[name] = folder.absolute() / entry[name]
            if not files[name].is_file():
                found.append(no_file(entry[name], entry.source_of(name)))
    if "key" in files and "certificate" not in files:
        found.say(
            "this key lacks its certificate", entry.key_source("key"), "add certificate: the file that it belongs to"
        )
    if "crl" in files and "ca" not in files:
        todo = "add ca: the authorities whose lists these are"
        found.append(UsageError("these lists lack their authorities", source=entry.key_source("crl"), todo=todo))
    return TlsFiles(**files, password=entry.get("password"), server_name=entry.get("server-name", ""))


def _certificates(entry: Entry, folder: Path, found: Found) -> Path | None:
    """The folder of certificates for tests. One without its authority is a mistake."""
    if "test-certificates" not in entry:
        return None
    there = folder.absolute() / str(entry["test-certificates"])
    if not (there / "ca.pem").is_file():
        what, source = f"there is no ca.pem in {entry['test-certificates']}", entry.source_of("test-certificates")
        found.say(what, source, "make it: rivta certs demo --output FOLDER; and have the system trust its ca.pem")
    return there
