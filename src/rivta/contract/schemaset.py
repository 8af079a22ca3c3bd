"""The files that make up a contract's schema: what the WSDL reaches, on this machine only, with its SHA-256.

What is compiled is all of them, in memory, below a schema of our own: a SOAP envelope of no strictness, since

- a prefix that an `xsi:type` uses may be declared on the envelope, and is lost when the payload is cut out of it,
- the header's address is then judged in the same pass,
- it refers to the elements that the contract's messages are made of, so that no validator compiles without them. Both let
  anything pass below an element that they have never heard of (`processContents="lax"`).

What is amiss in the envelope itself is said by `envelope`. The digest is always over the bytes as they are on disk.
"""

import os.path
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from lxml import etree

from rivta.contract import repairs
from rivta.contract.envelope import SOAP
from rivta.contract.repairs import ELEMENT, IMPORT, INCLUDE, REDEFINE, XS, Documents, Repair
from rivta.model.errors import Unreadable, UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.text import xml

WSDL = "http://schemas.xmlsoap.org/wsdl/"
_LAX = 'namespace="##any" processContents="lax"'


@frozen
class SchemaSet:
    """Everything that a contract's schema is compiled from.

    `files` are those on disk, the WSDL first. `documents` are the schemas to compile by absolute path, repaired; `start` is the
    one that leads to all others. Those that the WSDL embeds and those that we made have a path of their own beside it.
    `elements` are declared at the top of one of them. `digest` is the SHA-256 over the sorted names, relative to the WSDL's
    folder, and bytes of `files`.
    """

    files: tuple[Path, ...]
    documents: Mapping[Path, bytes]
    start: Path
    elements: frozenset[str]
    repairs: tuple[Repair, ...]
    digest: str

    @property
    def wsdl(self) -> Path:
        """The file that all others were reached from."""
        return self.files[0]


def collect(wsdl: Path, demanded: Iterable[str] = ()) -> SchemaSet:
    """Follow every import and include of the WSDL's embedded schemas.

    `demanded` are the elements, `{namespace}local`, without which the schema must not compile. UsageError, with the place, for a
    file that is missing or no XML, for one that is imported as another namespace than its own, and for a location that is not a
    file here: nothing is ever fetched.
    """
    wsdl = wsdl.resolve()
    on_disk = {wsdl: read(wsdl)}
    documents = _reached(wsdl, on_disk)
    as_read = {path: etree.tostring(root) for path, root in documents.items()}
    elements = frozenset(_declared(documents.values()))
    mended = repairs.mend(documents)
    homes, united = repairs.unite(documents, wsdl)
    start = wsdl.with_name("rivta-envelope.xsd")
    written = {path: etree.tostring(root) for path, root in documents.items()}
    unaltered = {
        path: content for path, content in on_disk.items() if path in as_read and written[path] == as_read[path]
    }
    envelope = {start: _envelope_schema(start, homes, documents, demanded)}
    files = (wsdl, *sorted(path for path in on_disk if path != wsdl))
    digest = _digest(wsdl.parent, on_disk)
    return SchemaSet(files, written | unaltered | envelope, start, elements, (*mended, *united), digest)


def read(path: Path) -> bytes:
    """The bytes of a file of a contract; UsageError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def root_of(path: Path, content: bytes) -> etree._Element:
    """The root element of a contract's file; UsageError, with line and column, when it is no XML."""
    try:
        return xml.parse(content, path=str(path), is_message=False)
    except Unreadable as error:
        raise UsageError(f"not readable as XML: {error.what}", source=error.source) from error


def _reached(wsdl: Path, on_disk: dict[Path, bytes]) -> Documents:
    """Every schema that the WSDL leads to, parsed; the bytes of each file are put in `on_disk`."""
    documents = _embedded(wsdl, root_of(wsdl, on_disk[wsdl]))
    waiting = list(documents)
    while waiting:
        here = waiting.pop()
        for link in documents[here].iterchildren(IMPORT, INCLUDE, REDEFINE):
            if link.get("schemaLocation") is None:
                continue
            source = _place(here, wsdl, link)
            target = _target(here, link, source)
            if target not in documents:
                on_disk[target] = read(target)
                documents[target] = root_of(target, on_disk[target])
                waiting.append(target)
            if link.tag == IMPORT:
                _demand_namespace(link, target, documents[target], source)
    return documents


def _embedded(wsdl: Path, root: etree._Element) -> Documents:
    schemas = root.findall(f"{{{WSDL}}}types/{{{XS}}}schema")
    if not schemas:
        raise UsageError("the WSDL embeds no schema (wsdl:types/xs:schema)", source=Source(str(wsdl)))
    # Serialised and parsed again, so that each carries the prefixes that the WSDL declares around it.
    return {
        repairs.embedded(wsdl, number): etree.fromstring(etree.tostring(schema, with_tail=False))
        for number, schema in enumerate(schemas, start=1)
    }


def _target(here: Path, link: etree._Element, source: Source) -> Path:
    target = repairs.target_of(here, link)
    if target is None:
        raise UsageError(
            f"the schema location {link.get('schemaLocation')} is not a file of the package",
            source=source,
            todo="put the document in the package and refer to it by a relative path: nothing is fetched",
        )
    if not target.is_file():
        beside = [each.name for each in target.parent.iterdir()] if target.parent.is_dir() else []
        raise UsageError(f"there is no file {target}", source=source, todo=did_you_mean(target.name, beside))
    return target


def _demand_namespace(link: etree._Element, target: Path, root: etree._Element, source: Source) -> None:
    wanted, declared = (each.get(name, "") for each, name in ((link, "namespace"), (root, "targetNamespace")))
    if wanted != declared:
        what = f"{target.name} is imported as “{wanted}”, and declares “{declared}”"
        raise UsageError(
            what, source=source, todo="a validator would skip it: write the namespace that the file declares"
        )


def _place(here: Path, wsdl: Path, link: etree._Element) -> Source:
    """Where a location is written. An embedded schema's place is sought in its WSDL."""
    path = wsdl if repairs.is_embedded(here) else here
    location = link.get("schemaLocation", "")
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if location in line:
            return Source(str(path), number, line.index(location) + 1, line)
    return Source(str(path))


def _declared(documents: Iterable[etree._Element]) -> Iterator[str]:
    """The elements at the top of the documents. One without a namespace may take that of whoever includes it: its are bare."""
    for root in documents:
        namespace = root.get("targetNamespace")
        for element in root.iterchildren(ELEMENT):
            name = element.get("name", "").strip()
            yield f"{{{namespace}}}{name}" if namespace else name


def _envelope_schema(start: Path, homes: Mapping[str, Path], documents: Documents, demanded: Iterable[str]) -> bytes:
    """The schema of the envelope, which imports what the WSDL embeds and what declares the elements that are demanded."""
    names = [etree.QName(name) for name in demanded]
    embedded = (root.get("targetNamespace", "") for path, root in documents.items() if repairs.is_embedded(path))
    namespaces = dict.fromkeys((*embedded, *(name.namespace or "" for name in names)))
    imports = (_import(namespace, homes[namespace], start) for namespace in namespaces if namespace in homes)
    # Each with a prefix of its own at the top: xmlschema does not look for prefixes further in.
    prefixes = "".join(f' xmlns:n{number}="{name.namespace or ""}"' for number, name in enumerate(names))
    known = "".join(f'<xs:element ref="n{number}:{name.localname}"/>' for number, name in enumerate(names))
    return f"""<xs:schema xmlns:xs="{XS}" xmlns:s="{SOAP}"{prefixes} targetNamespace="{SOAP}">
{"".join(imports)}
<xs:element name="Envelope" type="s:Anything"/>
<xs:element name="Header" type="s:Anything"/>
<xs:element name="Body" type="s:Anything"/>
<xs:complexType name="Anything" mixed="true">
  <xs:sequence><xs:any {_LAX} minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
  <xs:anyAttribute {_LAX}/>
</xs:complexType>
<xs:group name="Carried"><xs:sequence>{known}</xs:sequence></xs:group>
</xs:schema>""".encode()


def _import(namespace: str, home: Path, start: Path) -> str:
    link = etree.Element(IMPORT, schemaLocation=repairs.location_of(home, start))
    if namespace:
        link.set("namespace", namespace)
    return etree.tostring(link, encoding="unicode")


def _digest(folder: Path, on_disk: Mapping[Path, bytes]) -> str:
    names = {Path(os.path.relpath(path, folder)).as_posix(): content for path, content in on_disk.items()}
    digest = sha256()
    for name in sorted(names):
        digest.update(f"{name}\n{len(names[name])}\n".encode())
        digest.update(names[name])
    return digest.hexdigest()
