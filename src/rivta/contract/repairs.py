"""What published schemas have that keeps validators from reading them as they are meant, mended in memory and never on disk.

Each repair is a finding on the contract, and not on any system: whoever validates with these files meets what is told here.
"""

import os.path
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from lxml import etree

from rivta.model.frozen import frozen
from rivta.model.words import Text
from rivta.text.catalogue import text

XS = "http://www.w3.org/2001/XMLSchema"
IMPORT, INCLUDE, REDEFINE = (f"{{{XS}}}{name}" for name in ("import", "include", "redefine"))
ELEMENT = f"{{{XS}}}element"
Documents = dict[Path, etree._Element]
"""The schemas of a set by path, as they will be compiled: mending changes them."""

_XML = "http://www.w3.org/XML/1998/namespace"
_REFERRING = ("type", "base", "ref", "itemType", "substitutionGroup", "refer", "memberTypes")
"""The attributes that name a declaration, or, the last, several."""
_NAMING = ("name", *_REFERRING[:-1])
_EMBEDDED = ".types-"
_PART = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[|()^$]", re.DOTALL)
"""What counts in a pattern where its anchors are looked for: escapes and classes, which hide them, and what parts it."""


@frozen
class Repair:
    """One thing that was mended in the schema at `path`, told for people."""

    path: Path
    text: Text


def mend(documents: Documents) -> list[Repair]:
    """Mend what stands in each document by itself, and add the imports that it lacks."""
    found = [each for path, root in sorted(documents.items()) for each in (*_names(path, root), *_patterns(path, root))]
    return found + list(_missing_imports(documents))


def _names(path: Path, root: etree._Element) -> Iterator[Repair]:
    """Blanks around a name, which XML Schema does not count and libxml2 does."""
    for element in root.iter(f"{{{XS}}}*"):
        for attribute, written in element.items():
            if attribute in _NAMING and written != written.strip():
                element.set(attribute, written.strip())
                yield _repair(path, "blank-in-name", name=written, line=element.sourceline)


def _patterns(path: Path, root: etree._Element) -> Iterator[Repair]:
    """`^` and `$` around a pattern, which mean themselves in XML Schema, so that no value that is meant is valid."""
    for element in root.iter(f"{{{XS}}}pattern"):
        written = element.get("value", "")
        if written != (meant := _unanchored(written)):
            element.set("value", meant)
            yield _repair(path, "anchored-pattern", pattern=written, line=element.sourceline)


def _unanchored(pattern: str) -> str:
    """The pattern without its anchors, where `^` stands before and `$` behind it, or one of its alternatives; else as it is.

    A lone `^` or `$` may be meant as the letter.
    """
    branches = _branches(pattern)
    if len(branches) == 1 and pattern[:1] == "(" and pattern[-1:] == ")" and len(_branches(pattern[1:-1])) > 1:
        return f"({_unanchored(pattern[1:-1])})"
    if not any(_begins(each) and _ends(each) for each in branches) and _begins(branches[0]) and _ends(branches[-1]):
        return pattern[1:-1]
    return "|".join(each[1:-1] if _begins(each) and _ends(each) else each for each in branches)


def _branches(pattern: str) -> list[str]:
    """The alternatives of a pattern; not those within its groups."""
    depth, ends = 0, [-1]
    for part in _PART.finditer(pattern):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        ends += [part.start()] if part[0] == "|" and depth == 0 else []
    return [pattern[start + 1 : end] for start, end in zip(ends, (*ends[1:], len(pattern)), strict=True)]


def _begins(branch: str) -> bool:
    return branch.startswith("^")


def _ends(branch: str) -> bool:
    return any(part[0] == "$" and part.end() == len(branch) for part in _PART.finditer(branch))


def _missing_imports(documents: Documents) -> Iterator[Repair]:
    """Imports of namespaces that are used, and declared somewhere else in the set: without them nothing compiles."""
    homes = {root.get("targetNamespace", ""): path for path, root in sorted(documents.items(), reverse=True)}
    homes |= {namespace: targets[0] for namespace, targets in _targets(documents).items()}
    for path, root in sorted(documents.items()):
        known = {XS, _XML, root.get("targetNamespace"), *(link.get("namespace") for link in root.iterchildren(IMPORT))}
        for namespace in sorted(set(_used(root)) - known):
            if namespace in homes:
                root.insert(0, etree.Element(IMPORT, namespace=namespace))
                yield _repair(path, "missing-import", namespace=namespace, file=homes[namespace].name)


def _used(root: etree._Element) -> Iterator[str]:
    for element in root.iter(f"{{{XS}}}*"):
        for qname in (each for name, value in element.items() if name in _REFERRING for each in value.split()):
            namespace = element.nsmap.get(qname.rpartition(":")[0] or None)
            if namespace is not None:
                yield namespace


def unite(documents: Documents, beside: Path) -> tuple[dict[str, Path], list[Repair]]:
    """Let every import of a namespace lead to one document, made here (`beside` the WSDL) where there are several.

    Namespace → that document. Validators take the first document that they are told of a namespace, and skip every other without
    a word. Locations come out percent-encoded, for libxml2 skips those that have blanks or letters beyond ASCII.
    """
    homes: dict[str, Path] = {}
    found: list[Repair] = []
    for number, (namespace, targets) in enumerate(_targets(documents).items(), start=1):
        homes[namespace] = targets[0]
        if len(targets) > 1:
            homes[namespace] = beside.with_name(f"{beside.name}.merged-{number}.xsd")
            documents[homes[namespace]] = _merged(namespace, targets)
            files = ", ".join(dict.fromkeys(map(shown, targets)))
            found.append(_repair(targets[0], "spread-namespace", namespace=namespace, files=files))
    for path, root in documents.items():
        for link in root.iterchildren(IMPORT, INCLUDE, REDEFINE):
            target = homes.get(link.get("namespace", "")) if link.tag == IMPORT else target_of(path, link)
            if target is not None:
                link.set("schemaLocation", location_of(target, path))
    return homes, found


def _targets(documents: Documents) -> dict[str, list[Path]]:
    """Namespace → the documents that are its entrances: those that the WSDL embeds, and those that imports name."""
    named: dict[str, list[Path]] = {}
    for path, root in documents.items():
        if is_embedded(path):
            named.setdefault(root.get("targetNamespace", ""), []).append(path)
    for path, root in documents.items():
        for link in root.iterchildren(IMPORT):
            target = target_of(path, link)
            if target is not None:
                named.setdefault(link.get("namespace", ""), []).append(target)
    return {namespace: _without_included(documents, dict.fromkeys(paths)) for namespace, paths in named.items()}


def _without_included(documents: Documents, paths: Iterable[Path]) -> list[Path]:
    """The documents less those that another of them includes, and less copies."""
    kept: list[Path] = []
    contents: set[bytes] = set()
    for path in paths:
        content = etree.tostring(documents[path])
        if content not in contents and not any(path in _included(documents, each) for each in kept):
            contents.add(content)
            mine = _included(documents, path)
            kept = [*(each for each in kept if each not in mine), path]
    return kept


def _included(documents: Documents, path: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        here = waiting.pop()
        links = documents[here].iterchildren(INCLUDE, REDEFINE)
        new = {target for link in links if (target := target_of(here, link)) is not None} - found
        found |= new
        waiting += new
    return found


def _merged(namespace: str, targets: Iterable[Path]) -> etree._Element:
    """A schema that includes all documents of a namespace."""
    root = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS})
    if namespace:
        root.set("targetNamespace", namespace)
    for target in targets:
        etree.SubElement(root, INCLUDE, schemaLocation=quote(target.as_posix()))
    return root


def target_of(here: Path, link: etree._Element) -> Path | None:
    """The document that an import, include or redefine leads to; None where it does not say, or says what is not on this machine."""
    path = path_of_url(link.get("schemaLocation", "//"))
    return None if path is None else Path(os.path.normpath(here.parent / path))


def path_of_url(url: str) -> Path | None:
    """The file that a resolved schema location names; None when it lies anywhere but on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("", "file") or parts.netloc or url.startswith("//"):
        return None
    return Path(os.path.normpath(unquote(parts.path)))


def location_of(target: Path, here: Path) -> str:
    """How a document names another: relative, percent-encoded."""
    return quote(Path(os.path.relpath(target, here.parent)).as_posix())


def embedded(wsdl: Path, number: int) -> Path:
    """The path that we give to a schema that a WSDL embeds."""
    return wsdl.with_name(f"{wsdl.name}{_EMBEDDED}{number}.xsd")


def is_embedded(path: Path) -> bool:
    """Whether a path is such."""
    return _EMBEDDED in path.name


def shown(path: Path) -> str:
    """What people know a document by: one that a WSDL embeds, by that."""
    return path.name.partition(_EMBEDDED)[0]


def _repair(path: Path, key: str, **values: object) -> Repair:
    return Repair(path, text("contract", key, schema=shown(path), **values))
