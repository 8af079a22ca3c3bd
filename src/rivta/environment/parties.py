"""The counterpart that the system calls, and the adapter that makes it act, as an environment gives them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from rivta.environment.places import check_url, tls_files
from rivta.model.environment import Adapter, Listening, StandingAnswer, TlsFiles
from rivta.model.errors import UsageError
from rivta.model.words import Value
from rivta.text.placeholder import Scope
from rivta.text.xml import LIMIT_BYTES
from rivta.text.yaml.answer import behaviour, with_message
from rivta.text.yaml.datafile import no_file
from rivta.text.yaml.entry import Entry
from rivta.text.yaml.grammar import Found

_MB = 1024 * 1024
_LAST_PORT = 65535


def listening(entry: Entry, folder: Path, data: Mapping[str, Value], found: Found) -> Listening:
    """Where and how the counterpart listens. `data` is the environment's test data, for the messages that it answers with."""
    if "url" in entry:
        check_url(entry, found)
    host, port = _bound(entry, found)
    return Listening(
        host=host,
        port=port,
        tls=tls_files(entry["tls"], folder, found) if "tls" in entry else TlsFiles(),
        url=entry.get("url", "").rstrip("/"),
        addresses=tuple(entry.get("addresses", ())),
        time_factor=float(entry.get("time-factor", 1)),
        answers=tuple(_standing(one, folder, data, found) for one in entry.get("answers", ())),
        limit_bytes=_limit(entry, found),
    )


def _bound(entry: Entry, found: Found) -> tuple[str, int]:
    host, _, port = entry.get("listen", "127.0.0.1:0").rpartition(":")
    if int(port) > _LAST_PORT:
        todo = f"a port is at most {_LAST_PORT}; 0 is any free one"
        found.append(UsageError(f"there is no port {port}", source=entry.source_of("listen"), todo=todo))
    return host.strip("[]"), int(port)


def _limit(entry: Entry, found: Found) -> int:
    limit: int = entry.get("limit", Listening().limit_bytes)
    if limit > LIMIT_BYTES:
        what = f"no message over {LIMIT_BYTES // _MB} MB is ever read"
        found.append(UsageError(what, source=entry.source_of("limit"), todo="write a lower limit"))
    return limit


def _standing(entry: Entry, folder: Path, data: Mapping[str, Value], found: Found) -> StandingAnswer:
    answer = behaviour(entry["answer"], found, folder.absolute())
    if answer.template is not None and not answer.template.is_file():
        found.append(no_file(entry["answer"]["message"], entry["answer"].source_of("message")))
    else:
        try:
            answer = with_message(answer, Scope((data,)))
        except UsageError as mistake:
            found.append(mistake)
    return StandingAnswer(dict(entry.get("when", {})), answer, entry.get("contract", ""))


def adapter(entry: Entry, folder: Path, found: Found) -> Adapter:
    """What makes the system act."""
    if "url" in entry:
        check_url(entry, found)
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
        found.append(UsageError(f"there is no program {program} {where}", source=source, todo=todo))
    return (path, *arguments)
