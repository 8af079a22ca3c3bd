"""Samples that a contract's schema gives: for each place of a message one thing changed, on either side of what is allowed.

A sample only says what it aims at. Whether it is valid, two validators and the rules say: see `draw`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Final, Literal

from lxml import etree

from rivta.contract.samples.facets import Value, alternatives, boundaries
from rivta.contract.samples.places import SamplePlace, Spot, spots
from rivta.model.frozen import frozen
from rivta.model.steps import Edit

KINDS: Final = (
    "left-out", "more", "too-many", "swapped", "namespace", "nil", "unknown", "text", "more-attributes", "longer", "shorter",
    "greater", "less", "digits", "fraction", "beside", "form", "spelling", "type", "empty", "value", "other",
)  # fmt: skip
"""By what a message is changed."""
_OTHER: Final = "urn:other"
Aim = Literal["refused", "accepted", "either"]


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


def of_schema(every: list[SamplePlace]) -> Iterator[Sample]:
    """Every sample of the places of one message."""
    for spot in spots(every):
        yield from _of_element(spot)


def _of_element(spot: Spot) -> Iterator[Sample]:
    if spot.place.names:
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
    elif spot.place.type.has_complex_content():
        yield from _content(spot)


def _occurrences(spot: Spot) -> Iterator[Sample]:
    """One less, and as many more as there may be, and one beyond that."""
    element, most = spot.place.element, spot.place.declared.max_occurs
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
    element = spot.place.element
    after = next(element.itersiblings("*"), None)
    if after is not None and after.tag != element.tag:
        yield sample("swapped", spot, Edit("swap", spot.at), "refused", other=etree.QName(after).localname)
    elsewhere = f"{{{_OTHER}}}{etree.QName(element).localname}"
    yield sample("namespace", spot, Edit("rename", spot.at, elsewhere), "refused")
    yield sample("nil", spot, Edit("nil", spot.at), "refused")


def _content(spot: Spot) -> Iterator[Sample]:
    """One more element of the contract's own namespace, and text where only elements stand."""
    element = spot.place.element
    namespace = etree.QName(next(element.iterchildren("*"), element)).namespace
    unknown = f'<unknown xmlns="{namespace}">1</unknown>' if namespace else "<unknown>1</unknown>"
    yield sample("unknown", spot, Edit("put", spot.at, unknown, before=len(element)), "refused")
    if not spot.place.type.mixed:
        yield sample("text", spot, Edit("text", spot.at, "text"), "refused")


def _values(spot: Spot) -> Iterator[Sample]:
    """Both sides of each boundary of a simple type, and what else it takes."""
    numbers: Counter[str] = Counter()
    for each in boundaries(spot.type, spot.value):
        numbers[each.kind] += 1
        more = "" if numbers[each.kind] == 1 else str(numbers[each.kind])
        made = sample(
            each.kind, spot, _edit(each.outside, spot), "either" if each.kind == "empty" else "refused", more=more
        )
        right = () if each.inside is None else (_edit(each.inside, spot),)
        yield replace(made, right=right, said={"value": each.outside.text})
    for kind, text in alternatives(spot.type, spot.value):
        yield sample(kind, spot, Edit("text", spot.at, text, spot.attribute), "accepted", more=text, value=text)


def _edit(value: Value, spot: Spot) -> Edit:
    return Edit(value.do, spot.at, value.text, spot.attribute)


def sample(kind: str, spot: Spot, edit: Edit, aim: Aim = "either", *, more: str = "", **said: str) -> Sample:
    """A sample of one change. `more` tells those of one kind and spot apart, `said` is for the title."""
    return Sample(kind, spot.called, spot.id(f"{kind}-{more}" if more else kind), (edit,), aim, said=said)
