"""The first verdict: libxml2 through lxml. Fast, and exact about the place; see `second` for what it lets through.

A first compile that runs in two threads at once fails now and then inside libxml2 (7 of 60 fresh processes), so compiling is
guarded by a lock. A compiled schema belongs to one thread: its error log mixes otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from lxml import etree

from rivta.contract.complaint import LONGEST_VALUE, MOST_COMPLAINTS, Complaint, shortened
from rivta.contract.repairs import path_of_url
from rivta.contract.schemaset import SchemaSet
from rivta.contract.wording import attribute_of, worded
from rivta.model.errors import UsageError
from rivta.model.words import Source
from rivta.text import xml

if TYPE_CHECKING:
    from lxml.etree._docloader import _InputDocument

_COMPILING = Lock()
_STEP = re.compile(r"(?P<name>[^\[]+)(?:\[(?P<position>\d+)\])?")


class Libxml:
    """One contract's schema as libxml2 has compiled it, for one thread."""

    def __init__(self, schemas: SchemaSet) -> None:
        """UsageError when the schema does not compile, or reaches for anything but its own files."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        parser.resolvers.add(OwnFilesOnly(schemas.documents))
        start = schemas.documents[schemas.start]
        with _COMPILING:
            try:
                self._schema = etree.XMLSchema(etree.fromstring(start, parser, base_url=schemas.start.as_uri()))
            except etree.XMLSchemaParseError as error:
                raise _uncompilable(schemas.wsdl, error) from error

    def complaints(self, root: etree._Element) -> list[Complaint]:
        """What libxml2 has against a whole document, at most MOST_COMPLAINTS; none when it accepts."""
        if self._schema.validate(root):
            return []
        return [_complaint(root, error) for error in islice(self._schema.error_log, MOST_COMPLAINTS)]


class OwnFilesOnly(etree.Resolver):
    """Hands libxml2 the documents of one schema set from memory, and refuses everything else."""

    def __init__(self, documents: Mapping[Path, bytes]) -> None:
        super().__init__()
        self._documents = documents

    def resolve(self, system_url: str | None, _public_id: str | None, context: object, /) -> _InputDocument:
        """The document at a URL of the set; UsageError for any other."""
        path = path_of_url(system_url or "")
        content = self._documents.get(path) if path else None
        if content is None:
            raise UsageError(f"the schema reaches for {system_url}, which is not one of its own files")
        return self.resolve_string(content, context, base_url=system_url)


def _uncompilable(wsdl: Path, error: etree.XMLSchemaParseError) -> UsageError:
    entry = error.error_log.last_error
    where = path_of_url(entry.filename) if entry else None
    source = Source(str(where or wsdl), entry.line or 1 if entry else 1)
    return UsageError(f"the schema of {wsdl.name} does not compile: {entry.message if entry else error}", source=source)


def _complaint(root: etree._Element, error: etree._LogEntry) -> Complaint:
    node = _node_at(root, error.path or "")
    attribute = attribute_of(error.message)
    value = shortened(node.get(_own_name(node, attribute), "") if attribute else xml.text_of(node), LONGEST_VALUE)
    words = worded(error.type_name, error.message, etree.QName(node).localname, value)
    path = xml.path_of(node) + (f"/@{attribute}" if attribute else "")
    return Complaint(words.en, path, error.line or node.sourceline, "lxml", value, swedish=words.sv)


def _own_name(node: etree._Element, local: str) -> str:
    return next((str(name) for name in node.attrib if etree.QName(name).localname == local), local)


def _node_at(root: etree._Element, path: str) -> etree._Element:
    """The element that libxml2 means.

    Its paths name an element by the document's prefix, or by `*` where the document has none, so they cannot be evaluated
    without knowing every declaration on the way. Walking them step by step needs none.
    """
    node = root
    for step in path.split("/")[2:]:
        found = _STEP.fullmatch(step)
        children = (child for child in node.iterchildren("*") if found and _is_named(child, found["name"]))
        position = int(found["position"] or 1) if found else 1
        child = next(islice(children, position - 1, None), None)
        if child is None:  # an attribute, or text: the element is what we want
            return node
        node = child
    return node


def _is_named(element: etree._Element, name: str) -> bool:
    if name == "*":
        return True
    local = etree.QName(element).localname
    return name == (f"{element.prefix}:{local}" if element.prefix else local)
