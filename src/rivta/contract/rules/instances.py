"""Abstract patterns and abstract rules, written out where they are used."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy

from lxml import etree

from rivta.contract.rules.document import Document, children
from rivta.model.errors import did_you_mean


def concrete_patterns(document: Document) -> Iterator[etree._Element]:
    """The patterns that are to be run, each `is-a` replaced by what it is."""
    abstract = {
        name: pattern
        for pattern in children(document.root, "pattern")
        if pattern.get("abstract") == "true" and (name := pattern.get("id"))
    }
    for pattern in children(document.root, "pattern"):
        if pattern.get("abstract") != "true":
            yield _instance(pattern, abstract, document)


def _instance(pattern: etree._Element, abstract: Mapping[str, etree._Element], document: Document) -> etree._Element:
    wanted = pattern.get("is-a")
    if wanted is None:
        return pattern
    if wanted not in abstract:
        raise document.mistake(pattern, f"no abstract pattern is called “{wanted}”", did_you_mean(wanted, abstract))
    return _substituted(abstract[wanted], pattern, _parameters(pattern, document))


def _parameters(pattern: etree._Element, document: Document) -> dict[str, str]:
    """Name → value. The first of two equals wins, as in the ISO implementation; a published file has such a pair."""
    found: dict[str, str] = {}
    for parameter in children(pattern, "param"):
        found.setdefault(document.attribute(parameter, "name"), document.attribute(parameter, "value"))
    return found


def _substituted(abstract: etree._Element, pattern: etree._Element, values: Mapping[str, str]) -> etree._Element:
    """A copy of the abstract pattern with each `$name` replaced, in expressions and in text, under the instance's own id."""
    copy = deepcopy(abstract)
    for element in copy.iter():
        for name, value in element.attrib.items():
            element.attrib[name] = _replaced(str(value), values)
        element.text = _replaced(element.text or "", values)
        element.tail = _replaced(element.tail or "", values)
    for name in ("id", "name"):
        copy.attrib.pop(name, None)
        if name in pattern.attrib:
            copy.set(name, pattern.attrib[name])
    del copy.attrib["abstract"]
    return copy


def _replaced(text: str, values: Mapping[str, str]) -> str:
    if "$" not in text or not values:
        return text
    names = "|".join(re.escape(name) for name in values)
    return re.sub(rf"\$({names})(?![\w\-])", lambda found: values[found[1]], text)


def abstract_rules(document: Document) -> dict[str, etree._Element]:
    """The rules that others may extend, by id, wherever in the file they stand."""
    return {
        name: rule
        for pattern in children(document.root, "pattern")
        for rule in children(pattern, "rule")
        if rule.get("abstract") == "true" and (name := rule.get("id"))
    }
