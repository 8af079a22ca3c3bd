"""Where a contract's response says how it went, read from its schema: `result/resultCode` and what stands beside it.

In some domains the result is an element of its own with children in the domain's common namespace; in older ones the code
stands right below the root. Only what the schema demands is written besides: nothing here makes up data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from rivta.contract import read_wsdl
from rivta.model.domain import Contract
from rivta.model.errors import UsageError
from rivta.model.words import Source

_XS = "{http://www.w3.org/2001/XMLSchema}"
_CODE = "resultcode"
_TEXTS = ("message", "resulttext", "comment")
"""What domains call the words that go with a result code."""
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Part:
    """An element that a response may hold: its name as `{namespace}local`, and whether it must be there."""

    name: str
    required: bool

    @property
    def key(self) -> str:
        """Its local name, whatever the case."""
        return self.name.rpartition("}")[2].lower()


@dataclass(frozen=True, slots=True)
class Shape:
    """A response as far as we write it: the elements from the root to the one that holds the result, and the result's parts."""

    path: tuple[str, ...]
    parts: tuple[Part, ...]

    def written(self, said: Mapping[str, str]) -> str:
        """The response element. `said` is by `resultcode`, `errorcode`, `logid`, `subcode`, `message`; empty is not said."""
        prefixes = {namespace: f"n{number}" for number, namespace in enumerate(self._namespaces()) if namespace}
        inside = "".join(_element(part.name, escape(self._value(part, said)), prefixes) for part in self._told(said))
        for name in reversed(self.path[1:]):
            inside = _element(name, inside, prefixes)
        declared = "".join(f' xmlns:{prefix}="{namespace}"' for namespace, prefix in prefixes.items())
        return _element(self.path[0], inside, prefixes, declared)

    def _told(self, said: Mapping[str, str]) -> Iterator[Part]:
        return (part for part in self.parts if self._value(part, said) or part.required)

    def _value(self, part: Part, said: Mapping[str, str]) -> str:
        return said.get("message" if part.key in _TEXTS else part.key, "")

    def _namespaces(self) -> dict[str, None]:
        return dict.fromkeys(_namespace(name) for name in (*self.path, *(part.name for part in self.parts)))


def _element(name: str, inside: str, prefixes: Mapping[str, str], declared: str = "") -> str:
    prefix, local = prefixes.get(_namespace(name)), name.rpartition("}")[2]
    tag = f"{prefix}:{local}" if prefix else local
    return f"<{tag}{declared}>{inside}</{tag}>"


def _namespace(name: str) -> str:
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def shape_of(contract: Contract) -> Shape:
    """The shape of a contract's responses. UsageError if its schema has no result code near the root."""
    wsdl = read_wsdl(contract.wsdl)
    types = _Types(wsdl.schemas.documents)
    found = types.result_below((wsdl.response_root,), types.element(wsdl.response_root))
    if found is None:
        raise UsageError(
            f"{contract.name}: the schema of its response has no resultCode, so that the counterpart cannot answer it",
            source=Source(str(contract.wsdl)),
        )
    return found


class _Types:
    """Looks up elements and types in a contract's schemas."""

    def __init__(self, documents: Mapping[Path, bytes]) -> None:
        self._named: dict[tuple[str, str], etree._Element] = {}
        for content in documents.values():
            schema = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
            for each in schema.iterchildren(f"{_XS}element", f"{_XS}complexType"):
                self._named[str(each.tag), _qualified(each, each.get("name", ""), schema)] = each

    def element(self, name: str) -> etree._Element | None:
        return self._named.get((f"{_XS}element", name))

    def result_below(self, path: tuple[str, ...], element: etree._Element | None) -> Shape | None:
        """The element that holds a result code, breadth before depth, so that the nearest one is found."""
        children = list(self._children(element))
        parts = tuple(part for part, _ in children)
        if any(part.key == _CODE for part in parts):
            return Shape(path, parts)
        if len(path) == _DEPTH:
            return None
        below = (self.result_below((*path, part.name), child) for part, child in children)
        return next((shape for shape in below if shape is not None), None)

    def _children(self, element: etree._Element | None) -> Iterator[tuple[Part, etree._Element]]:
        holder = None if element is None else self._type_of(element)
        for child in () if holder is None else self._particles(holder):
            declared = self._referred(child)
            if declared is not None:
                yield Part(_name_of(declared), child.get("minOccurs", "1") != "0"), declared

    def _referred(self, child: etree._Element) -> etree._Element | None:
        reference = child.get("ref")
        return self.element(_resolved(child, reference)) if reference else child

    def _type_of(self, element: etree._Element) -> etree._Element | None:
        name = element.get("type")
        if name is None:
            return element.find(f"{_XS}complexType")
        return self._named.get((f"{_XS}complexType", _resolved(element, name)))

    def _particles(self, holder: etree._Element) -> Iterator[etree._Element]:
        for extension in holder.iterfind(f"{_XS}complexContent/{_XS}extension"):
            base = self._named.get((f"{_XS}complexType", _resolved(extension, extension.get("base", ""))))
            yield from () if base is None else self._particles(base)
            yield from extension.iterfind(f"{_XS}sequence/{_XS}element")
        yield from holder.iterfind(f"{_XS}sequence/{_XS}element")


def _name_of(declared: etree._Element) -> str:
    schema = next(iter(declared.iterancestors(f"{_XS}schema")))
    is_global = declared.getparent() is schema
    form = declared.get("form", "qualified" if is_global else schema.get("elementFormDefault", "unqualified"))
    return _qualified(declared, declared.get("name", ""), schema) if form == "qualified" else declared.get("name", "")


def _qualified(_: etree._Element, name: str, schema: etree._Element) -> str:
    return f"{{{schema.get('targetNamespace', '')}}}{name}"


def _resolved(element: etree._Element, qname: str) -> str:
    prefix, _, local = qname.rpartition(":")
    return f"{{{element.nsmap.get(prefix or None, '')}}}{local}"
