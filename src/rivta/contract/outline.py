"""What a contract's messages may hold: each element and attribute of request and response, as the schema has them.

Read from the schema's own documents with lxml: xmlschema takes 0.3 s to import, and compiles what a list of names does not
need. What stands behind an `xs:any`, and elements that may stand in for others, are not of the contract's own making and not
in the list. A type within itself is followed once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

from lxml import etree

from rivta.contract.declarations import Declarations, Occurs, Place
from rivta.contract.wsdl import read_wsdl
from rivta.model.domain import Contract, ElementFacts

MOST_ELEMENTS = 2000
"""Where the list of one message ends: types that hold a whole standard would fill the evidence of every run."""


def outline(contract: Contract) -> tuple[ElementFacts, ...]:
    """Every element and attribute of the contract's request, then of its response, each parent before what is in it.

    Read once for each state of the contract's files. UsageError when those cannot be read.
    """
    return _outline(contract.wsdl, contract.digest)


@lru_cache(maxsize=64)
def _outline(wsdl: Path, _digest: str) -> tuple[ElementFacts, ...]:
    facts = read_wsdl(wsdl)
    declarations = Declarations(etree.fromstring(document) for document in facts.schemas.documents.values())
    roots = (declarations.element(name) for name in (facts.request_root, facts.response_root))
    found = (islice(_walk(declarations, root, "", ()), MOST_ELEMENTS) for root in roots if root is not None)
    return tuple(each for message in found for each in message)


def _walk(
    declarations: Declarations, place: Place, above: str, types: tuple[etree._Element, ...]
) -> Iterator[ElementFacts]:
    """An element and all that may be in it. `types` are those that it is within already."""
    path = f"{above}/{place.name}" if above else place.name
    yield _facts(path, place.occurs, is_coded=declarations.is_coded(place))
    type_ = declarations.complex_type(place)
    if type_ is None or any(type_ is each for each in types):
        return
    for attribute in declarations.attributes(type_):
        yield _facts(f"{path}/@{attribute.name}", attribute.occurs, is_coded=declarations.is_coded(attribute))
    for child in declarations.children(type_):
        yield from _walk(declarations, child, path, (*types, type_))


def _facts(path: str, occurs: Occurs, *, is_coded: bool) -> ElementFacts:
    return ElementFacts(path, occurs.least, occurs.most, is_coded)
