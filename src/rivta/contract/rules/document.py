"""A rule file as XML: safely read, every element able to say where it stands, and what is abstract in it written out where it is
used: patterns (`is-a`, `param`) and rules (`extends`).
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
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
        root = parse(body, path=str(path), is_message=False)
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
    return etree.QName(element).localname


def concrete_patterns(document: Document) -> Iterator[etree._Element]:
    """The patterns that are to be run, each `is-a` replaced by what it is."""
    abstract = {
        name: pattern
        for pattern in children(document.root, "pattern")
        if pattern.get("abstract") == "true" and (name := pattern.get("id"))
    }
    for pattern in children(document.root, "pattern"):
        if pattern.get("abstract") != "true":
            yield _instance(pattern, abstract, document)


def _instance(pattern: etree._Element, abstract: Mapping[str, etree._Element], document: Document) -> etree._Element:
    wanted = pattern.get("is-a")
    if wanted is None:
        return pattern
    if wanted not in abstract:
        raise document.mistake(pattern, f"no abstract pattern is called “{wanted}”", did_you_mean(wanted, abstract))
    # Name → value. The first of two equals wins, as in the ISO implementation; a published file has such a pair.
    found: dict[str, str] = {}
    for parameter in children(pattern, "param"):
        found.setdefault(document.attribute(parameter, "name"), document.attribute(parameter, "value"))
    return _substituted(abstract[wanted], pattern, found)


def _substituted(abstract: etree._Element, pattern: etree._Element, values: Mapping[str, str]) -> etree._Element:
    """A copy of the abstract pattern with each `$name` replaced, in expressions and in text, under the instance's own id."""
    copy = deepcopy(abstract)
    for element in copy.iter():
        for name, value in element.attrib.items():
            element.attrib[name] = _replaced(str(value), values)
        element.text = _replaced(element.text or "", values)
        element.tail = _replaced(element.tail or "", values)
    for name in ("id", "name"):
        copy.attrib.pop(name, None)
        if name in pattern.attrib:
            copy.set(name, pattern.attrib[name])
    del copy.attrib["abstract"]
    return copy


def _replaced(text: str, values: Mapping[str, str]) -> str:
    if "$" not in text or not values:
        return text
    names = "|".join(re.escape(name) for name in values)
    return re.sub(rf"\$({names})(?![\w\-])", lambda found: values[found[1]], text)


def abstract_rules(document: Document) -> dict[str, etree._Element]:
    """The rules that others may extend, by id, wherever in the file they stand."""
    return {
        name: rule
        for pattern in children(document.root, "pattern")
        for rule in children(pattern, "rule")
        if rule.get("abstract") == "true" and (name := rule.get("id"))
    }
