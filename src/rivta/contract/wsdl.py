"""What a WSDL 1.1 file of RIV-TA Basic Profile 2.1 says: one operation, its SOAPAction and header; and the files that its schema is made of.

Read with lxml: zeep takes 0.3 s to import, and loads without a word WSDL files whose schemas do not compile. A test holds
the two against each other on every published file.

A schema is what the WSDL reaches, on this machine only, with its SHA-256 over the bytes as they are on disk. What is compiled is all of
them, in memory, below a schema of our own: a SOAP envelope of no strictness, since

- a prefix that an `xsi:type` uses may be declared on the envelope, and is lost when the payload is cut out of it,
- the header's address is then judged in the same pass,
- it refers to the elements that the contract's messages are made of, so that no validator compiles without them. Both let
  anything pass below an element that they have never heard of (`processContents="lax"`).

What is amiss in the envelope itself is said by `envelope`.
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
        raise no_file(target, source)
    return target


def no_file(path: Path, source: Source) -> UsageError:
    """That a file of a contract, which is named at that place, is not there."""
    beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    return UsageError(f"there is no file {path}", source=source, todo=did_you_mean(path.name, beside))


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


# The facts of a WSDL

_NS = {"wsdl": WSDL, "soap": "http://schemas.xmlsoap.org/wsdl/soap/"}


@frozen
class Wsdl:
    """The facts of one interaction. Elements are named `{namespace}local`.

    `namespace` is that of the two body elements; `target_namespace` is the WSDL's own. `header_element` is None where the
    binding declares no header. `style` and `use` are `document` and `literal` in a file that follows the profile (rule 7).
    """

    path: Path
    target_namespace: str
    operation: str
    soap_action: str
    style: str
    use: str
    namespace: str
    request_root: str
    response_root: str
    header_element: str | None
    schemas: SchemaSet


_MOST_REMEMBERED = 256
_remembered: dict[tuple[Path, str], Wsdl] = {}


def read_wsdl(path: Path) -> Wsdl:
    """All facts of a WSDL file and the schema set it reaches. UsageError where a part is missing or in the plural."""
    wsdl = _WsdlReader(path, root_of(path, read(path))).facts()
    _remembered[wsdl.schemas.wsdl, wsdl.schemas.digest] = wsdl
    for oldest in list(_remembered)[:-_MOST_REMEMBERED]:
        _remembered.pop(oldest, None)
    return wsdl


def wsdl_of(path: Path, digest: str) -> Wsdl:
    """The facts of a WSDL file in the state that its digest tells: as it was read then, or read now."""
    return _remembered.get((path, digest)) or read_wsdl(path)


class _WsdlReader:
    """Looks things up in one WSDL, and says in which file a thing is missing."""

    def __init__(self, path: Path, root: etree._Element) -> None:
        self._path = path
        self._root = root
        self._demanded: dict[str, etree._Element] = {}
        if root.tag != f"{{{WSDL}}}definitions":
            raise UsageError(
                f"{path.name} is no WSDL 1.1 file: its root is {etree.QName(root).text}", source=Source(str(path))
            )

    def facts(self) -> Wsdl:
        port_type, binding = (self._only(self._root, f"wsdl:{kind}") for kind in ("portType", "binding"))
        operation = self._only(binding, "wsdl:operation")
        called, outgoing = self._only(operation, "soap:operation"), self._only(operation, "wsdl:input")
        body, header = self._only(outgoing, "soap:body"), self._header(outgoing)
        name = self._attribute(operation, "name")
        abstract = self._called(port_type, "operation", name, " that its binding names")
        request = self._carried(self._only(abstract, "wsdl:input"), body, header)
        response = self._carried(self._only(abstract, "wsdl:output"), self._only(operation, "wsdl:output/soap:body"))
        header_element = self._element(*header) if header else None
        self._only(self._only(self._only(self._root, "wsdl:service"), "wsdl:port"), "soap:address")
        return Wsdl(
            path=self._path,
            target_namespace=self._attribute(self._root, "targetNamespace"),
            operation=name,
            soap_action=self._attribute(called, "soapAction"),
            style=called.get("style") or self._only(binding, "soap:binding").get("style") or "document",
            use=self._attribute(body, "use"),
            namespace=etree.QName(request).namespace or "",
            request_root=request,
            response_root=response,
            header_element=header_element,
            schemas=self._schemas(),
        )

    def _header(self, outgoing: etree._Element) -> tuple[str, str] | None:
        header = outgoing.find("soap:header", _NS)
        return None if header is None else (self._qname(header, "message"), self._attribute(header, "part"))

    def _carried(self, abstract: etree._Element, body: etree._Element, header: tuple[str, str] | None = None) -> str:
        """The element that a message carries: of the part that its binding names, else of the first that is not in the header."""
        message = self._qname(abstract, "message")
        parts = (self._attribute(part, "name") for part in self._message(message).iterfind("wsdl:part", _NS))
        named = body.get("parts", "").split() or [part for part in parts if (message, part) != header]
        if not named:
            raise self._lack(self._message(message), "a part for the body")
        return self._element(message, named[0])

    def _element(self, message: str, part: str) -> str:
        found = self._called(self._message(message), "part", part)
        name = self._qname(found, "element")
        self._demanded[name] = found
        return name

    def _message(self, message: str) -> etree._Element:
        return self._called(self._root, "message", etree.QName(message).localname)

    def _called(self, parent: etree._Element, kind: str, name: str, why: str = "") -> etree._Element:
        """The element of a kind and a name."""
        for each in parent.iterfind(f"wsdl:{kind}", _NS):
            if each.get("name") == name:
                return each
        raise self._lack(parent, f"the {kind} {name}{why}")

    def _only(self, parent: etree._Element, path: str) -> etree._Element:
        found = parent.findall(path, _NS)
        if len(found) == 1:
            return found[0]
        raise self._lack(parent, path if not found else f"{path} just once, but {len(found)} times")

    def _attribute(self, element: etree._Element, name: str) -> str:
        value = element.get(name)
        if value is None:
            raise self._lack(element, f"the attribute {name}")
        return value

    def _schemas(self) -> SchemaSet:
        """What the WSDL reaches. Without a declaration of its root, a validator lets anything pass as a message of the contract."""
        schemas = collect(self._path, self._demanded)
        for name, part in self._demanded.items():
            element = etree.QName(name)
            if name not in schemas.elements and element.localname not in schemas.elements:
                what = f"no schema of the contract declares {name}, which the message part {part.get('name')} is"
                source = Source(str(self._path), part.sourceline or 1)
                raise UsageError(what, source=source, todo=self._how_to_declare(element, schemas))
        return schemas

    def _how_to_declare(self, element: etree.QName, schemas: SchemaSet) -> str:
        # By hand: a schema may declare what is no name, and etree.QName refuses that.
        names = (each.rpartition("}") for each in schemas.elements)
        declared = [local for namespace, _, local in names if namespace[1:] == (element.namespace or "")]
        if declared:
            return did_you_mean(element.localname, declared)
        if any(link.get("namespace") == element.namespace for link in self._root.iter(IMPORT)):
            return f"say in the import of {element.namespace} in which file it lies (schemaLocation)"
        return f"import the schema of {element.namespace}"

    def _qname(self, element: etree._Element, attribute: str) -> str:
        return xml.expanded(element, self._attribute(element, attribute))

    def _lack(self, element: etree._Element, what: str) -> UsageError:
        name = etree.QName(element).localname
        return UsageError(f"{name} does not have {what}", source=Source(str(self._path), element.sourceline or 1))
