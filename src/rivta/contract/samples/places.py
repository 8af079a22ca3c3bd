"""The places of a message: each of its elements with what the schema says of it, and what people call it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from rivta.contract.schema import carried_by
from rivta.model.frozen import frozen

_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"


@frozen
class SamplePlace:
    """An element of a message. `at` is its path as an `Edit` has it, `names` are those below what the message carries.

    `declared` is its declaration as xmlschema has it, and `type` its type, an xsi:type's where it has one.
    """

    element: etree._Element
    at: str
    names: tuple[str, ...]
    declared: Any
    type: Any


@frozen
class Spot:
    """Where something is changed: a place, or one of its attributes, and what people call it (`address/postalCity`)."""

    place: SamplePlace
    called: str
    attribute: str = ""

    @property
    def at(self) -> str:
        """The element's path, as an `Edit` has it."""
        return self.place.at

    @property
    def value(self) -> str:
        """The text that stands there in the message."""
        return (self.place.element.get(self.attribute) if self.attribute else self.place.element.text) or ""

    @property
    def type(self) -> Any:
        """The simple type of what stands there; None where that is elements, or an attribute that the schema does not declare."""
        type_ = self.place.type
        if self.attribute:
            return getattr(getattr(type_, "attributes", {}).get(self.attribute), "type", None)
        return type_ if type_.is_simple() else type_.simple_type

    def attributes(self) -> Iterator[Spot]:
        """The attributes that the element has in the message."""
        for name in map(str, self.place.element.attrib):
            yield Spot(self.place, f"{self.called}/@{etree.QName(name).localname}", name)

    def id(self, *more: str) -> str:
        """A name for what is done there, of letters that an id may have: the whole way to it, so that it stays."""
        local = etree.QName(self.attribute).localname if self.attribute else ""
        parts = (re.sub(r"\[(\d+)\]", r"-\1", name) for name in (*self.place.names, local, *map(slug, more)) if name)
        return ".".join(parts)


def slug(text: str) -> str:
    """A text as part of an id."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-")[:40] or "none"


def places(message: etree._Element, declarations: Any) -> list[SamplePlace]:
    """Every element that the schema knows, what the message carries first. Below a wildcard only what is declared globally."""
    carried = carried_by(message)
    declared = None if carried is None else declarations.elements.get(carried.tag)
    return [] if carried is None or declared is None else list(_below(carried, declared, (), message.getroottree()))


def _below(
    element: etree._Element, declared: Any, names: tuple[str, ...], tree: etree._ElementTree[Any]
) -> Iterator[SamplePlace]:
    type_ = _type(element, declared)
    yield SamplePlace(element, tree.getelementpath(element), names, declared, type_)
    if not type_.has_complex_content():
        return
    children = {each.name: each for each in type_.content.iter_elements() if not hasattr(each, "process_contents")}
    counted = Counter(child.tag for child in element.iterchildren("*"))
    seen: Counter[object] = Counter()
    for child in element.iterchildren("*"):
        seen[child.tag] += 1
        known = children.get(child.tag, declared.maps.elements.get(child.tag))
        if known is not None:
            number = f"[{seen[child.tag]}]" if counted[child.tag] > 1 else ""
            yield from _below(child, known, (*names, etree.QName(child).localname + number), tree)


def _type(element: etree._Element, declared: Any) -> Any:
    prefix, _, local = element.get(_XSI_TYPE, "").strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    return declared.maps.types.get(f"{{{namespace}}}{local}" if namespace else local, declared.type)


def spots(every: list[SamplePlace]) -> list[Spot]:
    """The places, each called by as little of the way to it as no other has."""
    ends = Counter(place.names[start:] for place in every for start in range(len(place.names)))
    return [Spot(place, "/".join(_short(place, ends))) for place in every]


def _short(place: SamplePlace, ends: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    parts = (place.names[start:] for start in reversed(range(len(place.names))))
    return next((part for part in parts if ends[part] == 1), place.names) or (etree.QName(place.element).localname,)
