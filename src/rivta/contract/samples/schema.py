"""The places of a message, each element with what the schema says of it, and the samples that the schema gives: for each place one thing
changed, on either side of what is allowed.

A sample only says what it aims at. Whether it is valid, two validators and the rules say: see `draw`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any, Final, Literal

from lxml import etree

from rivta.contract.samples.facets import alternatives, boundaries
from rivta.contract.schema import carried_by
from rivta.model.frozen import frozen
from rivta.model.steps import Edit
from rivta.text import xml

KINDS: Final = (
    "left-out", "more", "too-many", "swapped", "namespace", "nil", "unknown", "text", "more-attributes", "longer", "shorter",
    "greater", "less", "digits", "fraction", "beside", "form", "spelling", "type", "empty", "value", "other",
)  # fmt: skip
"""By what a message is changed."""
_OTHER: Final = "urn:other"
_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
Aim = Literal["refused", "accepted", "either"]


@frozen
class Spot:
    """Where something is changed: an element of a message, or one of its attributes, and what people call it (`address/postalCity`).

    `at` is the element's path as an `Edit` has it, `names` are those below what the message carries. `declared` is its declaration as
    xmlschema has it, and `declared_type` its type, an xsi:type's where it has one.
    """

    element: etree._Element
    at: str
    names: tuple[str, ...]
    declared: Any
    declared_type: Any
    called: str = ""
    attribute: str = ""

    @property
    def value(self) -> str:
        """The text that stands there in the message."""
        return (self.element.get(self.attribute) if self.attribute else self.element.text) or ""

    @property
    def type(self) -> Any:
        """The simple type of what stands there; None where that is elements, or an attribute that the schema does not declare."""
        type_ = self.declared_type
        if self.attribute:
            return getattr(getattr(type_, "attributes", {}).get(self.attribute), "type", None)
        return type_ if type_.is_simple() else type_.simple_type

    def attributes(self) -> Iterator[Spot]:
        """The attributes that the element has in the message."""
        for name in map(str, self.element.attrib):
            yield replace(self, called=f"{self.called}/@{etree.QName(name).localname}", attribute=name)

    def id(self, *more: str) -> str:
        """A name for what is done there, of letters that an id may have: the whole way to it, so that it stays."""
        local = etree.QName(self.attribute).localname if self.attribute else ""
        parts = (re.sub(r"\[(\d+)\]", r"-\1", name) for name in (*self.names, local, *map(slug, more)) if name)
        return ".".join(parts)


def slug(text: str) -> str:
    """A text as part of an id."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-")[:40] or "none"


def spots(message: etree._Element, declarations: Any) -> tuple[Spot, ...]:
    """Every element that the schema knows, what the message carries first, each called by as little of the way to it as no other has.

    Below a wildcard only what is declared globally.
    """
    carried = carried_by(message)
    declared = None if carried is None else declarations.elements.get(carried.tag)
    if carried is None or declared is None:
        return ()
    every = list(_below(carried, declared, (), message.getroottree()))
    ends = Counter(spot.names[start:] for spot in every for start in range(len(spot.names)))
    return tuple(replace(spot, called="/".join(_short(spot, ends))) for spot in every)


def _below(
    element: etree._Element, declared: Any, names: tuple[str, ...], tree: etree._ElementTree[Any]
) -> Iterator[Spot]:
    type_ = declared.maps.types.get(xml.expanded(element, element.get(_XSI_TYPE, "")), declared.type)
    yield Spot(element, tree.getelementpath(element), names, declared, type_)
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


def _short(spot: Spot, ends: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    parts = (spot.names[start:] for start in reversed(range(len(spot.names))))
    return next((part for part in parts if ends[part] == 1), spot.names) or (etree.QName(spot.element).localname,)


@frozen
class Sample:
    """A message that is another than a valid one by one thing.

    `kind` says by what, `place` where, in the words that people use. `edits` make it; it aims at being refused, at being
    accepted, or may be either. `right` makes the message on the other side of the boundary, nothing the valid message itself.
    `said` is what a title has to say besides. `rule` is the id of the Schematron assert that it is about, empty where it is
    the schema. `parts` are those that it was put together from.
    """

    kind: str
    place: str
    id: str
    edits: tuple[Edit, ...]
    aim: Aim = "either"
    right: tuple[Edit, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    parts: tuple[Sample, ...] = ()

    @property
    def is_refused(self) -> bool:
        """The side that it is on, once it has been tried out: see `draw`."""
        return self.aim == "refused"


# What the schema gives


def of_schema(every: Iterable[Spot]) -> Iterator[Sample]:
    """Every sample of the places of one message."""
    for spot in every:
        yield from _of_element(spot)


def _of_element(spot: Spot) -> Iterator[Sample]:
    if spot.names:
        yield from _occurrences(spot)
        yield from _names(spot)
    for attribute in spot.attributes():
        if attribute.type is not None:
            edit = Edit("remove", spot.at, attribute=attribute.attribute)
            yield sample("left-out", attribute, edit)
            yield from _values(attribute)
    yield sample("more-attributes", spot, Edit("text", spot.at, "1", "unknown"), "refused")
    if spot.type is not None:
        yield from _values(spot)
    elif spot.declared_type.has_complex_content():
        yield from _content(spot)


def _occurrences(spot: Spot) -> Iterator[Sample]:
    """One less, and as many more as there may be, and one beyond that."""
    element, most = spot.element, spot.declared.max_occurs
    there = 1 + sum(1 for each in element.itersiblings("*", preceding=True) if each.tag == element.tag)
    there += sum(1 for each in element.itersiblings("*") if each.tag == element.tag)
    yield sample("left-out", spot, Edit("remove", spot.at))
    if most is None or most > there:
        more = Edit("repeat", spot.at, "1" if most is None else str(most - there))
        yield sample("more", spot, more, "accepted", times=more.value)
    if most is not None:
        more = Edit("repeat", spot.at, str(most - there + 1))
        yield sample("too-many", spot, more, "refused", times=more.value)


def _names(spot: Spot) -> Iterator[Sample]:
    """Another order, another namespace, nil."""
    element = spot.element
    after = next(element.itersiblings("*"), None)
    if after is not None and after.tag != element.tag:
        yield sample("swapped", spot, Edit("swap", spot.at), "refused", other=etree.QName(after).localname)
    elsewhere = f"{{{_OTHER}}}{etree.QName(element).localname}"
    yield sample("namespace", spot, Edit("rename", spot.at, elsewhere), "refused")
    yield sample("nil", spot, Edit("nil", spot.at), "refused")


def _content(spot: Spot) -> Iterator[Sample]:
    """One more element of the contract's own namespace, and text where only elements stand."""
    element = spot.element
    namespace = etree.QName(next(element.iterchildren("*"), element)).namespace
    unknown = f'<unknown xmlns="{namespace}">1</unknown>' if namespace else "<unknown>1</unknown>"
    yield sample("unknown", spot, Edit("put", spot.at, unknown, before=len(element)), "refused")
    if not spot.declared_type.mixed:
        yield sample("text", spot, Edit("text", spot.at, "text"), "refused")


def _values(spot: Spot) -> Iterator[Sample]:
    """Both sides of each boundary of a simple type, and what else it takes."""
    numbers: Counter[str] = Counter()
    for each in boundaries(spot.type, spot.value):
        numbers[each.kind] += 1
        more = "" if numbers[each.kind] == 1 else str(numbers[each.kind])
        edit = Edit(each.do, spot.at, each.outside, spot.attribute)
        right = () if each.inside is None else (replace(edit, value=each.inside),)
        made = sample(each.kind, spot, edit, "either" if each.kind == "empty" else "refused", more=more)
        yield replace(made, right=right, said={"value": each.outside})
    for kind, text in alternatives(spot.type, spot.value):
        yield sample(kind, spot, Edit("text", spot.at, text, spot.attribute), "accepted", more=text, value=text)


def sample(kind: str, spot: Spot, edit: Edit, aim: Aim = "either", *, more: str = "", **said: str) -> Sample:
    """A sample of one change. `more` tells those of one kind and spot apart, `said` is for the title."""
    return Sample(kind, spot.called, spot.id(f"{kind}-{more}" if more else kind), (edit,), aim, said=said)
