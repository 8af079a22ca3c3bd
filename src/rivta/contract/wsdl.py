"""What a WSDL 1.1 file of RIV-TA Basic Profile 2.1 says: one operation, its SOAPAction, messages and header.

Read with lxml: zeep takes 0.3 s to import, and loads without a word WSDL files whose schemas do not compile. A test holds
the two against each other on every published file.
"""

from pathlib import Path

from lxml import etree

from rivta.contract.repairs import IMPORT, Repair
from rivta.contract.schemaset import WSDL, SchemaSet, collect, read, root_of
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source

_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_NS = {"wsdl": WSDL, "soap": _SOAP}


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

    @property
    def schema_files(self) -> tuple[Path, ...]:
        """The files on disk that the schema is made of, the WSDL first."""
        return self.schemas.files

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What had to be mended for the schema to compile: findings on the contract, not on any system."""
        return self.schemas.repairs

    @property
    def digest(self) -> str:
        """SHA-256 over the schema set, as it is on disk."""
        return self.schemas.digest


_MOST_REMEMBERED = 256
_remembered: dict[tuple[Path, str], Wsdl] = {}


def read_wsdl(path: Path) -> Wsdl:
    """All facts of a WSDL file and the schema set it reaches. UsageError where a part is missing or in the plural."""
    wsdl = _WsdlReader(path, root_of(path, read(path))).facts()
    _remembered[wsdl.schemas.wsdl, wsdl.digest] = wsdl
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
        port_type = self._only(self._root, "wsdl:portType")
        binding = self._only(self._root, "wsdl:binding")
        operation = self._only(binding, "wsdl:operation")
        called = self._only(operation, "soap:operation")
        outgoing = self._only(operation, "wsdl:input")
        body = self._only(outgoing, "soap:body")
        abstract = self._called(port_type, "operation", self._attribute(operation, "name"), " that its binding names")
        request = self._qname(self._only(abstract, "wsdl:input"), "message")
        response = self._qname(self._only(abstract, "wsdl:output"), "message")
        header = self._header(outgoing)
        request_element = self._element(request, self._body_part(request, body, header))
        answered = self._only(operation, "wsdl:output/soap:body")
        response_element = self._element(response, self._body_part(response, answered, None))
        header_element = self._element(*header) if header else None
        self._only(self._only(self._only(self._root, "wsdl:service"), "wsdl:port"), "soap:address")
        schemas = collect(self._path, self._demanded)
        self._demand_declared(schemas)
        return Wsdl(
            path=self._path,
            target_namespace=self._attribute(self._root, "targetNamespace"),
            operation=self._attribute(operation, "name"),
            soap_action=self._attribute(called, "soapAction"),
            style=called.get("style") or self._only(binding, "soap:binding").get("style") or "document",
            use=self._attribute(body, "use"),
            namespace=etree.QName(request_element).namespace or "",
            request_root=request_element,
            response_root=response_element,
            header_element=header_element,
            schemas=schemas,
        )

    def _header(self, outgoing: etree._Element) -> tuple[str, str] | None:
        header = outgoing.find("soap:header", _NS)
        return None if header is None else (self._qname(header, "message"), self._attribute(header, "part"))

    def _body_part(self, message: str, body: etree._Element, header: tuple[str, str] | None) -> str:
        named = body.get("parts", "").split()
        if named:
            return named[0]
        in_header = header[1] if header and header[0] == message else None
        parts = (self._attribute(part, "name") for part in self._message(message).iterfind("wsdl:part", _NS))
        return next(name for name in parts if name != in_header)

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

    def _demand_declared(self, schemas: SchemaSet) -> None:
        """Without a declaration of its root, a validator lets anything pass as a message of the contract."""
        for name, part in self._demanded.items():
            element = etree.QName(name)
            if name not in schemas.elements and element.localname not in schemas.elements:
                what = f"no schema of the contract declares {name}, which the message part {part.get('name')} is"
                source = Source(str(self._path), part.sourceline or 1)
                raise UsageError(what, source=source, todo=self._how_to_declare(element, schemas))

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
        prefix, _, local = self._attribute(element, attribute).strip().rpartition(":")
        namespace = element.nsmap.get(prefix or None)
        return f"{{{namespace}}}{local}" if namespace else local

    def _lack(self, element: etree._Element, what: str) -> UsageError:
        name = etree.QName(element).localname
        return UsageError(f"{name} does not have {what}", source=Source(str(self._path), element.sourceline or 1))
