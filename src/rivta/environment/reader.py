"""From a well-formed environment to what it says, its files looked up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rivta.environment import parties
from rivta.environment.places import check_url, tls_files
from rivta.model.environment import Endpoint, Environment, System, TlsFiles
from rivta.text.yaml.datafile import settled
from rivta.text.yaml.entry import Entry
from rivta.text.yaml.grammar import Found

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""The time limits that hold when the file names none."""


def of_entry(path: Path, entry: Entry, found: Found) -> Environment:
    """The environment that was loaded from a file at this path. What is wrong with files and URLs goes into `found`."""
    timeouts: Mapping[str, float] = entry.get("timeouts", {})
    written = entry.get("test-data", {})
    data = {name: settled(value, written.node_of(name), path.parent, found) for name, value in written.items()}
    return Environment(
        path=path,
        system=_system(entry["system"]),
        roles=tuple(entry["roles"]),
        endpoints={name: _endpoint(name, one, found) for name, one in entry["endpoints"].items()},
        tls=tls_files(entry["tls"], path.parent, found) if "tls" in entry else TlsFiles(),
        connect_seconds=timeouts.get("connect", CONNECT_SECONDS),
        read_seconds=timeouts.get("read", READ_SECONDS),
        original_consumer=entry.get("original-consumer", ""),
        headers=dict(entry.get("headers", {})),
        test_identities=frozenset(entry.get("test-identities", ())),
        test_data=data,
        not_applicable=dict(entry.get("not-applicable", {})),
        listening=parties.listening(entry["counterpart"], path.parent, data, found) if "counterpart" in entry else None,
        adapter=parties.adapter(entry["adapter"], path.parent, found) if "adapter" in entry else None,
    )


def _system(entry: Entry) -> System:
    return System(entry["organisation"], entry["product"], entry["version"], entry.get("organisation-number", ""))


def _endpoint(name: str, entry: Entry, found: Found) -> Endpoint:
    check_url(entry, found)
    return Endpoint(name, entry["url"], entry["logical-address"])
