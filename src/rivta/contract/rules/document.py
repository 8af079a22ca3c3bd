"""A rule file as XML: safely read, and every element able to say where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from rivta.model.errors import Unreadable, UsageError, did_you_mean
from rivta.model.words import Source
from rivta.text.xml import parse

NAMESPACE = "http://purl.oclc.org/dsdl/schematron"

_CONTENT = {
    "schema": {"title", "p", "ns", "let", "pattern", "diagnostics", "phase", "properties"},
    "pattern": {"title", "p", "let", "rule", "param"},
    "rule": {"let", "assert", "report", "extends", "p"},
    "assert": {"name", "value-of", "emph", "dir", "span"},
    "diagnostics": {"diagnostic"},
}
_CONTENT["report"] = _CONTENT["diagnostic"] = _CONTENT["assert"]
"""What may stand in what. A misspelt `asert` must not be a rule that nobody runs."""


@dataclass(frozen=True)
class Document:
    """A rule file, known to hold Schematron and nothing that is not understood."""

    path: str
    root: etree._Element
    lines: tuple[str, ...]

    def source(self, element: etree._Element) -> Source:
        """Where an element stands."""
        line = element.sourceline or 1
        return Source(self.path, line, 1, self.lines[line - 1] if line <= len(self.lines) else "")

    def mistake(self, element: etree._Element, what: str, todo: str = "") -> UsageError:
        """An error that names an element's place."""
        return UsageError(what, source=self.source(element), todo=todo)

    def attribute(self, element: etree._Element, name: str) -> str:
        """An attribute that must be there."""
        value = element.get(name)
        if value is None:
            raise self.mistake(element, f"{local_name(element)} lacks {name}")
        return value


def read_document(path: Path) -> Document:
    """A rule file. UsageError, with the line, for one that is unreadable, is no ISO Schematron or says unknown things."""
    try:
        body = path.read_bytes()
        root = parse(body, path=str(path))
    except OSError as error:
        raise UsageError(f"the rule file cannot be read: {error.strerror}", source=Source(str(path))) from error
    except Unreadable as error:
        raise UsageError(f"the rule file is no XML: {error.what}", source=error.source) from error
    lines = body.decode(root.getroottree().docinfo.encoding or "UTF-8", "replace").splitlines()
    document = Document(str(path), root, tuple(lines))
    if root.tag != f"{{{NAMESPACE}}}schema":
        raise document.mistake(
            root, f"{etree.QName(root).text} is not the root of an ISO Schematron file", f"{{{NAMESPACE}}}schema is"
        )
    _demand_known(document, root)
    return document


def _demand_known(document: Document, element: etree._Element) -> None:
    known = _CONTENT.get(local_name(element))
    if known is None:
        return
    for child in children(element):
        name = local_name(child)
        if name not in known:
            what = f"{name} in {local_name(element)} is not understood here"
            raise document.mistake(child, what, did_you_mean(name, known))
        _demand_known(document, child)


def children(element: etree._Element, name: str | None = None) -> Iterator[etree._Element]:
    """The Schematron elements in an element, all or those of a name. Other namespaces' are annotations."""
    return element.iterchildren(f"{{{NAMESPACE}}}{name or '*'}")


def local_name(element: etree._Element) -> str:
    """The name without its namespace."""
    return etree.QName(element).localname
