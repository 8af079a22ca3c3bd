"""The names that a contract's messages may hold, and those in an XPath that none of them can have: it would find nothing, ever."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from lxml import etree

from rivta.contract.envelope import SOAP
from rivta.contract.repairs import XS
from rivta.contract.wsdl import wsdl_of
from rivta.model.domain import Contract

_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r"(?<![\w$.@-])(?<!(?<!:):)(@?)([A-Za-z_][\w.-]*):([A-Za-z_][\w.-]*)(?![\w.-]*\s*[(:])")
"""A prefixed name in XPath that is neither a function nor an axis."""
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
