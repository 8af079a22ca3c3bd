"""The two validators: neither alone is a verdict.

libxml2, through lxml, is fast, and exact about the place. A first compile that runs in two threads at once fails now and then
inside it (7 of 60 fresh processes), so compiling is guarded by a lock. A compiled schema belongs to one thread: its error log
mixes otherwise.

xmlschema, in pure Python, is slow (1.2 ms for a small message), thorough, and good at explaining. It sees what libxml2 lets through:
children out of order where an unbounded element stands right before an unbounded `xs:any`, and stray characters in base64. It
has errors of its own: any anyURI passes, an undeclared `xsi:nil` in a lax wildcard does not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from hashlib import sha256
from itertools import islice
from os.path import commonpath, relpath
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, cast

from lxml import etree

from rivta.contract.envelope import SOAP, for_schema
from rivta.contract.repairs import path_of_url
from rivta.contract.wording import (
    LONGEST_VALUE,
    MOST_COMPLAINTS,
    Complaint,
    attribute_of,
    in_another_namespace,
    is_only_in_another_namespace,
    shortened,
    worded,
)
from rivta.contract.wsdl import SchemaSet
from rivta.model.errors import RivtaError, UsageError
from rivta.model.words import Source, Text
from rivta.text import places, xml

if TYPE_CHECKING:
    from elementpath.protocols import ElementProtocol
    from lxml.etree._docloader import _InputDocument
    from xmlschema import XMLSchema10, XsdElement
    from xmlschema.validators import XMLSchemaValidationError


_COMPILING = Lock()
_NAMED = re.compile(r"^[^*\[]+")


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
        return [_of_libxml(root, error) for error in islice(self._schema.error_log, MOST_COMPLAINTS)]


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


def _of_libxml(root: etree._Element, error: etree._LogEntry) -> Complaint:
    node = _node_at(root, error.path or "")
    attribute = attribute_of(error.message)
    own = next((str(name) for name in node.attrib if etree.QName(name).localname == attribute), attribute)
    value = shortened(node.get(own, "") if attribute else xml.text_of(node), LONGEST_VALUE)
    path = xml.path_of(node) + (f"/@{attribute}" if attribute else "")
    if namespace := is_only_in_another_namespace(error.type_name, error.message, node):
        words, line = in_another_namespace(node, namespace)
    else:
        words = worded(error.type_name, error.message, etree.QName(node).localname, value)
        line = error.line or node.sourceline
    return Complaint(words, path, line, "lxml", value)


def _node_at(root: etree._Element, path: str) -> etree._Element:
    """The element that libxml2 means.

    Its paths name an element by the document's prefix, or by `*` where the document has none, so they cannot be evaluated
    without knowing every declaration on the way. By the names as they are written they can.
    """
    steps = [_NAMED.sub(r"*[name()='\g<0>']", step) for step in path.split("/")[2:]]
    while steps:
        if isinstance(found := root.xpath("/".join(steps)), list) and found:
            return cast("etree._Element", found[0])
        steps.pop()  # an attribute, or text: the element is what we want
    return root


# The second verdict: xmlschema


_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LOCK = RLock()
_compiled: dict[tuple[str, str], XMLSchema10] = {}
"""By the WSDL's name and the set's digest: the same files in another folder are the same schema."""
LARGE = 64 * 1024
"""Characters from which on a base64 value is judged by ourselves, in milliseconds: xmlschema puts each through regular expressions
several times, seconds for a 10 MB attachment. Also the body size in bytes below which nothing is looked at."""

_TYPE = "{http://www.w3.org/2001/XMLSchema}base64Binary"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# XML Schema Part 2, 3.2.16: the bits that padding leaves over are zero.
_LAST_FOUR = re.compile(rb"[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==")


class Breakdown(RivtaError):
    """xmlschema itself failed on a message: our error, and no word on the message."""


def complaints_of_xmlschema(schemas: SchemaSet, root: etree._Element, size: int = 0) -> list[Complaint]:
    """What xmlschema has against a document of so many bytes; at most MOST_COMPLAINTS, none if valid.

    Breakdown when xmlschema fails: that is a failure of ours, and says nothing of the message. One compiled schema
    serves all threads, one at a time: it is pure Python, so that nothing is lost by waiting.
    """
    part = judged_part(_without_comments(for_schema(root)))
    around = {prefix or "": namespace for prefix, namespace in part.nsmap.items()}
    hook = is_settled if size > LARGE else None
    with _LOCK:
        schema = compiled(schemas)
        try:
            # lxml's elements are what xmlschema wants, but are not typed as such.
            errors = schema.iter_errors(cast("ElementProtocol", part), namespaces=around, validation_hook=hook)
            return [_of_xmlschema(error) for error in islice(errors, MOST_COMPLAINTS)]
        except Exception as error:  # noqa: BLE001 (a library may raise anything; the next line tells whose fault it was)
            return [_unresolved_type(part, error)]


_ALONE = etree.XPath(
    "self::s:Envelope[not(@*) and count(*) = 1]/s:Body[not(@*) and count(*) = 1]/*", namespaces={"s": SOAP}
)


def judged_part(root: etree._Element) -> etree._Element:
    """The payload, where the schema has a say of nothing beside it: what is around it costs as much as a small payload does."""
    return next(iter(_ALONE(root)), root)


def _without_comments(root: etree._Element) -> etree._Element:
    """The document for xmlschema, which reads a comment within a value as its end."""
    if next(root.iter(etree.Comment, etree.ProcessingInstruction), None) is None:
        return root
    copy = deepcopy(root.getroottree()).getroot()
    etree.strip_tags(copy, etree.Comment, etree.ProcessingInstruction)
    return copy


def compiled(schemas: SchemaSet) -> XMLSchema10:
    """The set as xmlschema has it, compiled once. UsageError when it does not compile."""
    key = (schemas.wsdl.name, schemas.digest)
    with _LOCK:
        if key not in _compiled:
            _compiled[key] = _compile(schemas)
        return _compiled[key]


def _compile(schemas: SchemaSet) -> XMLSchema10:
    import xmlschema  # noqa: PLC0415 (0.3 s at import, which a run that never asks for a second verdict does not pay)

    note = _note(schemas, xmlschema.__version__)
    # xmlschema takes no documents from memory, and the repaired and the embedded ones are nowhere on disk.
    with TemporaryDirectory(prefix="rivta-schema-") as folder:
        start = _lay_out(schemas, Path(folder))
        is_sound = note is not None and note.is_file()
        try:
            made = xmlschema.XMLSchema10(
                str(start), allow="local", use_fallback=False, validation="skip" if is_sound else "strict"
            )
        except xmlschema.XMLSchemaException as error:
            reason = shortened(str(error).strip().splitlines()[0])
            raise UsageError(f"the schema of {schemas.wsdl} does not compile in xmlschema: {reason}") from error
    if note is not None and not is_sound:
        with suppress(OSError):  # a note that cannot be left costs the next run some time
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
    return made


def _note(schemas: SchemaSet, version: str) -> Path | None:
    """The empty file that says that these very documents have been held against the schema of schemas, and nothing was found.

    That takes half of compiling them, and finds the same each time. It says nothing of messages: what is compiled without is the same,
    and whoever leaves a note that is not true only has a schema taken that this version of xmlschema would have refused. None: there is no place for it.
    """
    known = sha256(f"{version} {sys.version}".encode())
    for path, content in sorted(schemas.documents.items()):
        known.update(f"\n{path.name} {len(content)}\n".encode() + content)
    with suppress(RuntimeError):  # nobody's home
        return places.cache() / "schemas" / known.hexdigest()
    return None


def _lay_out(schemas: SchemaSet, folder: Path) -> Path:
    """Write the set into a folder with its own relative paths; the document where compiling starts."""
    top = commonpath([path.parent for path in schemas.documents])
    for path, content in schemas.documents.items():
        copy = folder / relpath(path, top)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
    return folder / relpath(schemas.start, top)


def _of_xmlschema(error: XMLSchemaValidationError) -> Complaint:
    # The offending element: for a wrong child that child, where xmlschema itself points at the parent.
    child = getattr(error, "invalid_child", None)
    node: Any = error.elem if child is None else child
    reason = shortened((error.reason or error.message).rstrip("."))
    value = shortened(xml.text_of(node), LONGEST_VALUE) if node is not None and not len(node) else ""
    path = error.path or "" if node is None else xml.path_of(node)
    return Complaint(Text.same(f"{reason}."), path, node.sourceline if node is not None else None, "xmlschema", value)


def _unresolved_type(root: etree._Element, error: Exception) -> Complaint:
    """An `xsi:type` that names no type is raised by xmlschema instead of reported. Everything else is a breakdown."""
    if isinstance(error, KeyError):
        for element in root.iter("*"):
            written = element.get(_XSI_TYPE, "")
            if any(f"'{name}'" in str(error) for name in (written.strip(), xml.expanded(element, written)) if name):
                value = shortened(written, LONGEST_VALUE)
                words = f"xsi:type “{value}” names no type of the contract."
                return Complaint(Text.same(words), xml.path_of(element), element.sourceline, "xmlschema", value)
    raise Breakdown(
        f"xmlschema broke down, so there is no verdict on the message: {shortened(str(error)) or type(error).__name__}",
        todo="report it with the message; libxml2 alone is no verdict of record",
    ) from error


def is_settled(element: Any, declaration: XsdElement) -> bool:
    """Whether an element needs no more judging: a large, sound base64 value and nothing besides.

    Shaped as xmlschema's validation hook, which passes over the elements for which it is true.
    """
    text = element.text
    if text is None or len(text) < LARGE or len(element) or element.attrib:
        return False
    return declaration.type.name == _TYPE and declaration.fixed is None and is_base64(text)


def is_base64(text: str) -> bool:
    """Whether text is in the lexical space of xs:base64Binary, white space collapsed."""
    if not text.isascii():
        return False
    data = text.encode("ascii").translate(None, b" \t\r\n")
    head, tail = data[:-4], data[-4:]
    return not data or (len(data) % 4 == 0 and not head.translate(None, _ALPHABET) and bool(_LAST_FOUR.fullmatch(tail)))
