"""The files that make up a contract's schema: what the WSDL reaches, on this machine only, with its SHA-256.

A published package may lack an `xs:import` for a namespace that it uses. Both validators refuse such a package, though the
missing document lies within it; the import is then inserted in memory and reported as a `Repair`. The digest is always over
the bytes as they are on disk.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import etree

from rivta.model.errors import Unreadable, UsageError
from rivta.model.words import Source, Text
from rivta.text import xml

XS = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
_XML = "http://www.w3.org/XML/1998/namespace"
_LINKS = tuple(f"{{{XS}}}{name}" for name in ("import", "include", "redefine"))
_IMPORT = _LINKS[0]
_REFERRING = ("type", "base", "ref", "itemType", "memberTypes", "substitutionGroup", "refer")


@dataclass(frozen=True, slots=True)
class Repair:
    """An `xs:import` that the schema at `path` lacks, inserted in memory and never on disk."""

    path: Path
    namespace: str
    location: Path

    @property
    def text(self) -> Text:
        """The finding on the contract, for people."""
        name, found = self.path.name, self.location.name
        return Text(
            f"{name} använder {self.namespace} utan xs:import. Importen av {found} lades till i minnet.",
            f"{name} uses {self.namespace} without an xs:import. The import of {found} was inserted in memory.",
        )


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """Everything that a contract's schema is compiled from.

    `files` are those on disk, the WSDL first. `documents` are the schemas to compile by absolute path, repaired, among them
    those that the WSDL embeds (`entrances`: made-up path beside it → target namespace). `digest` is the SHA-256 over the sorted names,
    relative to the WSDL's folder, and bytes of `files`.
    """

    files: tuple[Path, ...]
    documents: Mapping[Path, bytes]
    entrances: Mapping[Path, str]
    repairs: tuple[Repair, ...]
    digest: str

    @property
    def wsdl(self) -> Path:
        """The file that all others were reached from."""
        return self.files[0]


def collect(wsdl: Path) -> SchemaSet:
    """Follow every import and include of the WSDL's embedded schemas.

    UsageError, with the place, for a file that is missing or no XML and for a location that is not a file here: nothing is
    ever fetched.
    """
    wsdl = wsdl.resolve()
    on_disk = {wsdl: read(wsdl)}
    parsed = _embedded(wsdl, root_of(wsdl, on_disk[wsdl]))
    entrances = {path: root.get("targetNamespace", "") for path, root in parsed.items()}
    waiting = list(parsed)
    while waiting:
        here = waiting.pop()
        for location in _locations(here, parsed[here], wsdl):
            if location not in parsed:
                on_disk[location] = read(location)
                parsed[location] = root_of(location, on_disk[location])
                waiting.append(location)
    repairs = tuple(_missing_imports(parsed))
    for repair in repairs:
        _insert(repair, parsed[repair.path])
    changed = {repair.path for repair in repairs} | entrances.keys()
    documents = {path: etree.tostring(root) if path in changed else on_disk[path] for path, root in parsed.items()}
    files = (wsdl, *sorted(path for path in on_disk if path != wsdl))
    return SchemaSet(files, documents, entrances, repairs, _digest(wsdl.parent, on_disk))


def read(path: Path) -> bytes:
    """The bytes of a file of a contract; UsageError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def root_of(path: Path, content: bytes) -> etree._Element:
    """The root element of a contract's file; UsageError, with line and column, when it is no XML."""
    try:
        return xml.parse(content, path=str(path))
    except Unreadable as error:
        raise UsageError(f"not readable as XML: {error.what}", source=error.source) from error


def path_of_url(url: str) -> Path | None:
    """The file that a resolved schema location names; None when it lies anywhere but on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("", "file") or parts.netloc:
        return None
    return Path(os.path.normpath(unquote(parts.path)))


def _embedded(wsdl: Path, root: etree._Element) -> dict[Path, etree._Element]:
    schemas = root.findall(f"{{{WSDL}}}types/{{{XS}}}schema")
    if not schemas:
        raise UsageError("the WSDL embeds no schema (wsdl:types/xs:schema)", source=Source(str(wsdl)))
    # Serialised and parsed again, so that each carries the prefixes that the WSDL declares around it.
    return {
        wsdl.with_name(f"{wsdl.name}.types-{number}.xsd"): etree.fromstring(etree.tostring(schema, with_tail=False))
        for number, schema in enumerate(schemas, start=1)
    }


def _locations(here: Path, root: etree._Element, wsdl: Path) -> Iterator[Path]:
    for link in root.iterchildren(*_LINKS):
        location = link.get("schemaLocation")
        if location is None:
            continue
        path = path_of_url(location)
        if path is None:
            raise UsageError(
                f"the schema location {location} is not a file of the package",
                source=_place(here, wsdl, location),
                todo="put the document in the package and refer to it by a relative path: nothing is fetched",
            )
        resolved = Path(os.path.normpath(here.parent / path))
        if not resolved.is_file():
            raise UsageError(f"there is no file {resolved}", source=_place(here, wsdl, location))
        yield resolved


def _place(here: Path, wsdl: Path, location: str) -> Source:
    """Where a location is written. An embedded schema's place is sought in its WSDL."""
    path = here if here.is_file() else wsdl
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if location in line:
            return Source(str(path), number, line.index(location) + 1, line)
    return Source(str(path))


def _missing_imports(parsed: Mapping[Path, etree._Element]) -> Iterator[Repair]:
    homes = _homes(parsed)
    for path, root in sorted(parsed.items()):
        known = {XS, _XML, root.get("targetNamespace"), *(link.get("namespace") for link in root.iterchildren(_IMPORT))}
        for namespace in sorted(set(_used(root)) - known):
            if namespace in homes:
                yield Repair(path, namespace, homes[namespace])


def _homes(parsed: Mapping[Path, etree._Element]) -> dict[str, Path]:
    """Target namespace → the document that imports of it name; else the first that declares it."""
    homes: dict[str, Path] = {}
    for path, root in sorted(parsed.items()):
        for link in root.iterchildren(_IMPORT):
            namespace, location = link.get("namespace"), link.get("schemaLocation")
            if namespace and location:
                homes.setdefault(namespace, Path(os.path.normpath(path.parent / unquote(location))))
    for path, root in sorted(parsed.items()):
        homes.setdefault(root.get("targetNamespace", ""), path)
    return homes


def _used(root: etree._Element) -> Iterator[str]:
    for element in root.iter(f"{{{XS}}}*"):
        for name in _REFERRING:
            for qname in element.get(name, "").split():
                prefix = qname.rpartition(":")[0] or None
                namespace = element.nsmap.get(prefix)
                if namespace is not None:
                    yield namespace


def _insert(repair: Repair, root: etree._Element) -> None:
    link = etree.Element(_IMPORT, namespace=repair.namespace)
    link.set("schemaLocation", Path(os.path.relpath(repair.location, repair.path.parent)).as_posix())
    root.insert(0, link)


def _digest(folder: Path, on_disk: Mapping[Path, bytes]) -> str:
    names = {Path(os.path.relpath(path, folder)).as_posix(): content for path, content in on_disk.items()}
    return _sha256((name, names[name]) for name in sorted(names))


def _sha256(parts: Iterable[tuple[str, bytes]]) -> str:
    digest = sha256()
    for name, content in parts:
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
