"""The places that an environment names: URLs, and the files of a certificate."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from rivta.model.environment import TlsFiles
from rivta.model.errors import UsageError
from rivta.text.yaml.datafile import no_file
from rivta.text.yaml.entry import Entry
from rivta.text.yaml.grammar import Found


def check_url(entry: Entry, found: Found) -> None:
    """A URL whose port is out of range, or whose host cannot be read, is a mistake."""
    try:
        urlsplit(entry["url"]).port  # noqa: B018 - asking is how a port out of range shows
    except ValueError as problem:
        what = f"this is no URL: {str(problem).lower()}"
        found.append(UsageError(what, source=entry.source_of("url"), todo="check host and port"))


def tls_files(entry: Entry, folder: Path, found: Found) -> TlsFiles:
    """The PEM files, looked up from the folder. A file that is not there, and a key alone, are mistakes."""
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
