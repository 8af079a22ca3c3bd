"""Each boundary of the schemas of our own contracts, tried from both sides: the two validators say the same, and what the schema says."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from lxml import etree

from rivta.contract import read_domain, read_wsdl
from rivta.contract.instance import fullest
from rivta.contract.validators import Libxml, compiled, complaints_of_xmlschema
from rivta.text import places
from thorough import THOROUGH

DOMAIN = read_domain(places.suites() / "clinicalprocess.activity.request")
Sample = tuple[str, bool, etree._Element]
"""What is tried, whether it is valid, and the message."""


def samples(message: etree._Element, declared: Any) -> Iterator[Sample]:
    """Every sample of a message: one for each side of each boundary, all else as it was."""
    for element, declaration, is_let_in in _declared(message, declared):
        at = message.getroottree().getpath(element)
        if element is not message:
            yield from _occurrences(message, at, declaration, is_let_in)
        if not len(element) and declaration.type.simple_type is not None:
            for value, is_valid in _values(declaration.type.simple_type):
                changed, node = _copied(message, at)
                node.text = value
                yield f"{at} = {value[:20]!r} ({len(value)})", is_valid, changed


def _declared(
    element: etree._Element, declared: Any, is_let_in: bool = False
) -> Iterator[tuple[etree._Element, Any, bool]]:
    """Each element with its declaration, and whether a wildcard beside it lets in one more of the same name."""
    yield element, declared, is_let_in
    if declared.type.has_complex_content():
        particles = list(declared.type.content.iter_elements())
        wildcards = [each for each in particles if hasattr(each, "process_contents")]
        children = {each.name: each for each in particles if each not in wildcards}
        for child in element:
            if child.tag in children:
                lets_in = any(each.is_namespace_allowed(etree.QName(child).namespace or "") for each in wildcards)
                yield from _declared(child, children[child.tag], lets_in)


def _occurrences(message: etree._Element, at: str, declared: Any, is_let_in: bool) -> Iterator[Sample]:
    """Left out; and twice, where it may be there once."""
    without, node = _copied(message, at)
    node.getparent().remove(node)
    yield f"{at} left out", declared.min_occurs == 0, without
    if declared.max_occurs == 1 and not is_let_in:
        twice, node = _copied(message, at)
        node.addnext(deepcopy(node))
        yield f"{at} twice", False, twice


def _values(type_: Any) -> Iterator[tuple[str, bool]]:
    if type_.enumeration:
        yield from ((str(each), True) for each in type_.enumeration)
        yield "beside-the-list", False
    elif type_.max_length is not None and not type_.patterns:
        yield "n" * type_.max_length, True
        yield "n" * (type_.max_length + 1), False


def _copied(message: etree._Element, at: str) -> tuple[etree._Element, Any]:
    changed = deepcopy(message)
    return changed, changed.getroottree().xpath(at, namespaces={k: v for k, v in message.nsmap.items() if k})[0]


@pytest.mark.parametrize("contract", DOMAIN.contracts)
def test_both_validators_know_each_side_of_each_boundary(contract: str) -> None:
    wsdl = read_wsdl(DOMAIN.contracts[contract].wsdl)
    message = fullest(wsdl, wsdl.request_root)
    libxml, wrong, seen = Libxml(wsdl.schemas), [], set()
    declared = compiled(wsdl.schemas).maps.elements[wsdl.request_root]
    for number, (name, is_valid, changed) in enumerate(samples(message, declared)):
        seen.add(is_valid)
        said = {"libxml2": not libxml.complaints(changed)}
        if THOROUGH or number % 4 == 0:  # it takes ten times as long
            said["xmlschema"] = not complaints_of_xmlschema(wsdl.schemas, etree.tostring(changed))
        if set(said.values()) != {is_valid}:
            wrong.append((name, is_valid, said))
    assert wrong == []
    assert seen == {True, False}
