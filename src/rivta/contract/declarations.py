"""The declarations of a schema set, found by name: what may be in an element, and how often. For lists, not for validation.

Read from the schema's own documents with lxml: xmlschema takes 0.3 s to import, and compiles what a list of names does not
need. What stands behind an `xs:any`, and elements that may stand in for others, are not of the contract's own making and not
in the list. A type within itself is followed once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

from lxml import etree

from rivta.contract.envelope import SOAP
from rivta.contract.repairs import XS
from rivta.contract.wsdl import Wsdl, wsdl_of
from rivta.model.domain import Contract, ElementFacts
from rivta.model.frozen import frozen
from rivta.text import cache, xml

_ELEMENT, _ATTRIBUTE, _ATTRIBUTES, _GROUP, _COMPLEX, _SIMPLE = (
    f"{{{XS}}}{name}" for name in ("element", "attribute", "attributeGroup", "group", "complexType", "simpleType")
)
_GLOBAL = frozenset((_ELEMENT, _ATTRIBUTE, _ATTRIBUTES, _GROUP, _COMPLEX, _SIMPLE))
_MODELS = tuple(f"{{{XS}}}{name}" for name in ("sequence", "choice", "all", "group"))
_CHOICE = f"{{{XS}}}choice"
_CONTENT = tuple(f"{{{XS}}}{name}" for name in ("complexContent", "simpleContent"))
_EXTENSION, _RESTRICTION = f"{{{XS}}}extension", f"{{{XS}}}restriction"
_ENUMERATION = f"{{{XS}}}enumeration"
CODES = ("code", "subCode")
"""What elements and attributes that hold codes are called, in the national contracts, where the schema does not list the codes."""
MOST_ELEMENTS = 2000
"""Where the list of one message ends: types that hold a whole standard would fill the evidence of every run."""


@frozen
class Occurs:
    """How often something may stand in its place; `most` None is any number."""

    least: int = 1
    most: int | None = 1

    def within(self, outer: Occurs) -> Occurs:
        """The same, inside something that occurs so itself."""
        most = None if self.most is None or outer.most is None else self.most * outer.most
        return Occurs(self.least * outer.least, most)


@frozen
class DeclaredPlace:
    """An element or attribute in its place: its declaration, which a `ref` may have led to, and how often it may stand there."""

    declared: etree._Element
    occurs: Occurs = Occurs()

    @property
    def name(self) -> str:
        return self.declared.get("name", "")


class Declarations:
    """Every declaration at the top of a contract's schemas, by kind and name."""

    def __init__(self, wsdl: Wsdl) -> None:
        self._named: dict[tuple[str, str], etree._Element] = {}
        for schema in map(etree.fromstring, wsdl.schemas.documents.values()):
            namespace = schema.get("targetNamespace")
            for child in schema.iterchildren(*_GLOBAL):
                name = child.get("name", "")
                self._named.setdefault((str(child.tag), f"{{{namespace}}}{name}" if namespace else name), child)

    def element(self, name: str) -> DeclaredPlace | None:
        """The element that is declared under a name (`{namespace}local`)."""
        declared = self._named.get((_ELEMENT, name))
        return None if declared is None else DeclaredPlace(declared)

    def complex_type(self, place: DeclaredPlace) -> etree._Element | None:
        """The type that says what is in an element; None where there is only text."""
        own = place.declared.find(_COMPLEX)
        return own if own is not None else self._referred(place.declared, "type", _COMPLEX)

    def children(self, type_: etree._Element) -> Iterator[DeclaredPlace]:
        """The elements that may stand in a type, those of the type that it extends first."""
        derivation = _derivation(type_)
        if derivation is None:
            yield from self._models(type_, Occurs())
            return
        base = self._referred(derivation, "base", _COMPLEX) if derivation.tag == _EXTENSION else None
        if base is not None and base is not type_:
            yield from self.children(base)
        yield from self._models(derivation, Occurs())

    def holds_text(self, place: DeclaredPlace) -> bool:
        """Whether text may stand in an element itself, or in an attribute."""
        type_ = self.complex_type(place)
        return type_ is None or type_.find(_CONTENT[1]) is not None or type_.get("mixed") == "true"

    def inside(self, place: DeclaredPlace) -> dict[str, DeclaredPlace]:
        """What may stand in an element, by name: its elements, and its attributes behind an `@`."""
        type_ = self.complex_type(place)
        if type_ is None:
            return {}
        attributes = {f"@{each.name}": each for each in self.attributes(type_)}
        return {each.name: each for each in self.children(type_)} | attributes

    def way(self, place: DeclaredPlace | None, steps: Iterable[str]) -> tuple[DeclaredPlace, ...]:
        """The place, and all that these steps pass from there; empty where they lead nowhere."""
        way = () if place is None else (place,)
        for step in steps:
            found = self.inside(way[-1]).get(step) if way else None
            way = () if found is None else (*way, found)
        return way

    def attributes(self, type_: etree._Element) -> Iterator[DeclaredPlace]:
        """The attributes of a type; those that it restricts away are not among them."""
        derivation = _derivation(type_)
        own = list(self._own_attributes(type_ if derivation is None else derivation))
        base = None if derivation is None else self._referred(derivation, "base", _COMPLEX)
        names = {place.name for place, _ in own}
        if base is not None and base is not type_:
            yield from (place for place in self.attributes(base) if place.name not in names)
        yield from (place for place, is_allowed in own if is_allowed)

    def is_coded(self, place: DeclaredPlace) -> bool:
        """Whether the value is a code: the schema lists what it may be, or it is called so."""
        return bool(self.words(place)) or (place.name in CODES and self.complex_type(place) is None)

    def words(self, place: DeclaredPlace) -> tuple[str, ...]:
        """What the schema lets a value be, where it lists that; empty where it does not."""
        _, restrictions = self._simple(place.declared, "type")
        listed = (tuple(each.get("value", "") for each in one.iterfind(_ENUMERATION)) for one in restrictions)
        return next(filter(None, listed), ())

    def facets(self, place: DeclaredPlace) -> Iterator[str]:
        """What a value may be: XML Schema's own type, each restriction of it, and what is fixed; nothing of what holds elements."""
        type_ = self.complex_type(place)
        holder = place.declared if type_ is None else _derivation(type_)
        if holder is not None and (type_ is None or type_.find(_CONTENT[1]) is not None):
            own, restrictions = self._simple(holder, "type" if type_ is None else "base")
            yield from filter(None, (own,))
            for facet in chain.from_iterable(each.iterchildren("*") for each in reversed(restrictions)):
                if value := facet.get("value"):
                    yield f"{etree.QName(facet).localname} {value}"
        if fixed := place.declared.get("fixed"):
            yield f"fixed {fixed}"

    def _simple(self, holder: etree._Element, attribute: str) -> tuple[str, list[etree._Element]]:
        """Of a value's type XML Schema's own that it begins with, and each restriction of that, the last one first."""
        restrictions: list[etree._Element] = []
        while True:
            type_ = holder.find(_SIMPLE)
            type_ = self._referred(holder, attribute, _SIMPLE) if type_ is None else type_
            restriction = None if type_ is None else type_.find(_RESTRICTION)
            if restriction is None:
                return "" if type_ is not None else holder.get(attribute, "").rpartition(":")[2], restrictions
            restrictions.append(restriction)
            holder, attribute = restriction, "base"

    def _models(self, holder: etree._Element, occurs: Occurs) -> Iterator[DeclaredPlace]:
        for model in holder.iterchildren(*_MODELS):
            yield from self._model(model, occurs)

    def _model(self, model: etree._Element, outer: Occurs) -> Iterator[DeclaredPlace]:
        occurs = _occurs(model).within(outer)
        if model.tag == _GROUP:
            named = self._referred(model, "ref", _GROUP)
            if named is not None:
                yield from self._models(named, occurs)
            return
        if model.tag == _CHOICE and sum(1 for _ in model.iterchildren(etree.Element)) > 1:
            occurs = Occurs(0, occurs.most)
        for particle in model.iterchildren(_ELEMENT, *_MODELS):
            if particle.tag == _ELEMENT:
                yield self._place(particle, _occurs(particle).within(occurs))
            else:
                yield from self._model(particle, occurs)

    def _place(self, written: etree._Element, occurs: Occurs) -> DeclaredPlace:
        referred = self._referred(written, "ref", str(written.tag))
        return DeclaredPlace(written if referred is None else referred, occurs)

    def _own_attributes(self, holder: etree._Element) -> Iterator[tuple[DeclaredPlace, bool]]:
        """Each attribute that is written here, and whether it is allowed: a restriction may prohibit one."""
        for written in holder.iterchildren(_ATTRIBUTE, _ATTRIBUTES):
            if written.tag == _ATTRIBUTES:
                group = self._referred(written, "ref", _ATTRIBUTES)
                if group is not None:
                    yield from self._own_attributes(group)
                continue
            use = written.get("use", "optional")
            yield self._place(written, Occurs(1 if use == "required" else 0)), use != "prohibited"

    def _referred(self, holder: etree._Element, attribute: str, kind: str) -> etree._Element | None:
        """The declaration of a kind that an attribute names; None for none, or for one of XML Schema's own."""
        return self._named.get((kind, xml.expanded(holder, holder.get(attribute, ""))))


def _derivation(type_: etree._Element) -> etree._Element | None:
    content = next(type_.iterchildren(*_CONTENT), None)
    return None if content is None else next(content.iterchildren(_EXTENSION, _RESTRICTION), None)


def _occurs(particle: etree._Element) -> Occurs:
    most = particle.get("maxOccurs", "1")
    return Occurs(int(particle.get("minOccurs", "1")), None if most == "unbounded" else int(most))


def outline(contract: Contract) -> tuple[ElementFacts, ...]:
    """Every element and attribute of the contract's request, then of its response, each parent before what is in it.

    Read once for each state of the contract's files. UsageError when those cannot be read.
    """
    return outline_of(contract.wsdl, contract.digest)


@lru_cache(maxsize=64)
def outline_of(wsdl: Path, digest: str) -> tuple[ElementFacts, ...]:
    """The same of a WSDL; `digest` is of it and its schemas. What an earlier run found is as good."""
    inputs = cache.Inputs.of((), digest)
    found = inputs and cache.read_before("outlines", inputs)
    if isinstance(found, tuple):
        return found
    facts = wsdl_of(wsdl, digest)
    made = _outline(facts)
    if inputs and facts.schemas.digest == digest:
        cache.keep_read("outlines", inputs, made)
    return made


def _outline(facts: Wsdl) -> tuple[ElementFacts, ...]:
    declarations = Declarations(facts)
    roots = (declarations.element(name) for name in (facts.request_root, facts.response_root))
    found = (islice(_walk(declarations, root, "", ()), MOST_ELEMENTS) for root in roots if root is not None)
    return tuple(
        ElementFacts(path, place.occurs.least, place.occurs.most, declarations.is_coded(place))
        for message in found
        for path, place in message
    )


def details(declarations: Declarations, root: str) -> Iterator[tuple[str, str]]:
    """Every element and attribute below a root, and what the schema says of it: how often, of which type, with which facets."""
    top = declarations.element(root)
    for path, place in islice(_walk(declarations, top, "", ()), MOST_ELEMENTS) if top is not None else ():
        most = "*" if place.occurs.most is None else place.occurs.most
        yield path, " ".join((f"{place.occurs.least}..{most}", *declarations.facets(place)))


def _walk(
    declarations: Declarations, place: DeclaredPlace, above: str, types: tuple[etree._Element, ...]
) -> Iterator[tuple[str, DeclaredPlace]]:
    """An element and all that may be in it. `types` are those that it is within already."""
    path = f"{above}/{place.name}" if above else place.name
    yield path, place
    type_ = declarations.complex_type(place)
    if type_ is None or any(type_ is each for each in types):
        return
    for attribute in declarations.attributes(type_):
        yield f"{path}/@{attribute.name}", attribute
    for child in declarations.children(type_):
        yield from _walk(declarations, child, path, (*types, type_))


# The names that a contract's messages may hold, and those in an XPath that none of them can have: it would find nothing, ever

_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r"(?<![\w$.@-])(?<!(?<!:):)(@?)([A-Za-z_][\w.-]*):([A-Za-z_][\w.-]*)(?![\w.-]*\s*[(:])")
"""A prefixed name in XPath that is neither a function nor an axis."""
_LOCAL = re.compile(r"(?<!@\*\[)local-name\(\s*\)\s*=\s*(?:'([^'$]*)'|\"([^\"$]*)\")")
"""An element's name alone, in whichever namespace; where it is filled in, nobody knows it yet."""
_SOAP_PARTS = frozenset("Envelope Header Body Fault faultcode faultstring faultactor detail Include".split())  # noqa: SIM905 - names, as one reads them
"""What SOAP 1.1 has, and its attachments (XOP)."""
_ANYWHERE = {SOAP, "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/2001/XMLSchema"}
Declared = frozenset[tuple[str, str]]
"""Namespace and local name of every element and attribute that some schemas declare."""


def declared(contract: Contract) -> Declared:
    """The names that the contract's own schemas have. UsageError when those cannot be read."""
    return _declared(contract.wsdl, contract.digest)


@lru_cache(maxsize=64)
def _declared(wsdl: Path, digest: str) -> Declared:
    return names_in(wsdl_of(wsdl, digest).schemas.documents.values())


def names_in(documents: Iterable[bytes]) -> Declared:
    """The names that these schemas declare."""
    return frozenset(name for content in documents for name in _names(etree.fromstring(content)))


def _names(schema: etree._Element) -> Iterator[tuple[str, str]]:
    namespace = schema.get("targetNamespace", "")
    for kind, form in (("element", "elementFormDefault"), ("attribute", "attributeFormDefault")):
        for each in schema.iter(f"{{{XS}}}{kind}"):
            is_top = each.getparent() is schema
            is_qualified = is_top or each.get("form", schema.get(form)) == "qualified"
            if name := each.get("name"):
                yield namespace if is_qualified else "", name


def undeclared(xpath: str, prefixes: Mapping[str, str], known: Declared) -> Iterator[tuple[str, str, str]]:
    """The prefixed names in an expression that are not among those known: as written, then namespace and local name."""
    for _, prefix, local in _NAME.findall(_LITERAL.sub("''", xpath)):
        namespace = prefixes.get(prefix, "")
        if namespace and namespace not in _ANYWHERE and (namespace, local) not in known:
            yield f"{prefix}:{local}", namespace, local


def undeclared_alone(xpath: str, known: Declared) -> list[str]:
    """The local names that an expression asks for in whichever namespace, and that are not among those known; none where nothing is known."""
    named = [one or other for one, other in _LOCAL.findall(xpath)]
    if (
        not named or not known or "namespace-uri(" in xpath
    ):  # it says of which namespace, which need not be the contract's
        return []
    there = _SOAP_PARTS | {local for _, local in known}
    lacking = [local for local in named if local not in there]
    return lacking if " or " not in xpath or lacking == named else []  # of several names for one thing, one is enough
