"""Messages made from a schema alone: the smallest that is valid, or the fullest.

A walk over xmlschema's component model, deterministic: the same schema always gives the same message. A value is the first of
a few plain ones that its type takes, else one made from the type's patterns; what a caller says of a place goes before both.
The fullest message holds everything optional once, but nothing within itself and nothing that a wildcard lets in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from rivta.contract import pattern, validators
from rivta.contract.declarations import Declarations, DeclaredPlace
from rivta.contract.wording import Complaint
from rivta.contract.wsdl import Wsdl
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Source
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import Found, settle
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar

if TYPE_CHECKING:
    from xmlschema.validators import XsdElement

Place = tuple[str, ...]
"""Local names below the root, from the outside in; an attribute's own behind an `@`, a repeated element's with its number: `loan[2]`."""
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_DEEPEST = 60
"""Elements within each other: no message needs more, and a type that demands itself has no end."""
_PLAIN = (
    "a", "1", "0", "true", "2026-01-01", "2026-01-01T12:00:00", "2026-01-01T12:00:00.000", "12:00:00", "20260101",
    "20260101120000", "191212121212", "SE2321000016-1", "1.2.752.1", "urn:a", "2026", "2026-01", "P1D", "YQ==", "00", "--01",
    "--01-01", "---01", "1.5", "en",
)  # fmt: skip
"""Values that one type or another takes."""
_MORE = (0, 1, 2, 3, 5, 8, 13, 21, 36)
"""How many times oftener than a pattern demands its repeated parts are tried."""


def smallest(wsdl: Wsdl, root: str, said: Mapping[Place, str] | None = None) -> etree._Element:
    """The smallest valid element of a name (`{namespace}local`) that the contract's schema declares, with what is `said`.

    What leads to a place of which something is said is there though it is optional. UsageError where the schema has no
    such element, or one for which nothing valid was found.
    """
    return _made(wsdl, root, _Walk(said or {}, is_full=False))


def fullest(wsdl: Wsdl, root: str, said: Mapping[Place, str] | None = None) -> etree._Element:
    """The same with everything optional in it, once."""
    return _made(wsdl, root, _Walk(said or {}, is_full=True))


def smallest_of(declared: XsdElement) -> etree._Element | None:
    """The smallest valid element of a declaration; None where nothing valid is known."""
    try:
        return _Walk({}, is_full=False).element(declared, (), ())
    except _NoWay:
        return None


def _made(wsdl: Wsdl, root: str, walk: _Walk) -> etree._Element:
    declared = validators.compiled(wsdl.schemas).maps.elements.get(root)
    if declared is None:
        raise UsageError(f"the schema of {wsdl.operation} has no element {root}")
    try:
        made = walk.element(declared, (), ())
    except _NoWay as error:
        raise UsageError(f"no {etree.QName(root).localname} can be made from the schema: {error}") from error
    return _readable(made)


def _readable(made: etree._Element) -> etree._Element:
    """The same with all prefixes at the top: `r` for the responder's namespace, `core` for what contracts share."""
    spaces = list(dict.fromkeys(str(etree.QName(each).namespace or "") for each in made.iter("*")))
    shared = [space for space in spaces[1:] if space]
    names: dict[str | None, str] = {"r": spaces[0]} if spaces[0] else {}
    names.update({f"core{number or ''}": space for number, space in enumerate(shared)})
    names.update({prefix: str(space) for prefix, space in made.nsmap.items() if prefix == "t"})
    top = etree.Element(made.tag, made.attrib, nsmap=names)
    top.text = made.text
    top.extend(list(made))
    etree.cleanup_namespaces(top, keep_ns_prefixes=["t"])
    return top


def numbered(name: str, number: int) -> str:
    """An element's part of a place: its name, and from the second on its number."""
    return name if number == 1 else f"{name}[{number}]"


class _NoWay(Exception):
    """Nothing valid is known that could stand here."""


@dataclass(slots=True)
class _Walk:
    """One message in the making. `ids` counts its values of xs:ID, each of which must be its own."""

    said: Mapping[Place, str]
    is_full: bool
    ids: int = 0
    ways: frozenset[Place] = field(init=False)
    """What leads to what is said, and that itself."""

    def __post_init__(self) -> None:
        self.ways = frozenset(place[: depth + 1] for place in self.said for depth in range(len(place)))

    def element(self, declared: XsdElement, place: Place, within: tuple[Any, ...]) -> etree._Element:
        """An element with all that it must hold. `within` are the types that it stands in already."""
        if len(within) > _DEEPEST:
            raise _NoWay(f"{declared.local_name} demands itself without end")
        declared = _concrete(declared)
        made, type_ = _begun(declared)
        within = (*within, type_)
        if type_.is_complex():
            for name, attribute in type_.attributes.items():
                at = (*place, f"@{getattr(attribute, 'local_name', '')}")
                if (
                    name
                    and attribute.use != "prohibited"
                    and (attribute.use == "required" or self.is_full or at in self.ways)
                ):
                    made.set(name, self._value(attribute, attribute.type, at))
        if type_.has_complex_content():
            passed: Counter[str] = Counter()
            for child in self._particles(type_.content, place, within):
                name = getattr(child, "local_name", None) or ""
                passed[name] += 1
                made.append(self._child(child, place, numbered(name, passed[name]), within))
        elif not type_.is_empty():
            made.text = self._value(declared, type_.simple_type, place)
        return made

    def _particles(self, group: Any, place: Place, within: tuple[Any, ...]) -> Iterator[Any]:
        """The elements and wildcards of a group's content, in order and each as often as it is there."""
        inner = [self._chosen(group, place, within)] if group.model == "choice" and len(group) else group
        for _ in range(self._times(group, place, within)):
            for particle in inner:
                if hasattr(particle, "model"):
                    yield from self._particles(particle, place, within)
                else:
                    yield from [particle] * self._times(particle, place, within)

    def _times(self, particle: Any, place: Place, within: tuple[Any, ...]) -> int:
        return max(self._least(particle, place, within), self._said_times(particle, place))

    def _said_times(self, particle: Any, place: Place) -> int:
        """How many of an element are said; of a group nobody says it."""
        name = getattr(particle, "local_name", None)
        return sum(way[:-1] == place and way[-1].partition("[")[0] == name for way in self.ways)

    def _least(self, particle: Any, place: Place, within: tuple[Any, ...]) -> int:
        if particle.min_occurs or particle.max_occurs == 0:
            return int(particle.min_occurs)
        return int(any(self._is_wanted(each, place, within) for each in _elements(particle)))

    def _is_wanted(self, element: XsdElement, place: Place, within: tuple[Any, ...]) -> bool:
        is_said = (*place, element.local_name) in self.ways
        return is_said or (self.is_full and not any(element.type is each for each in within))

    def _chosen(self, choice: Any, place: Place, within: tuple[Any, ...]) -> Any:
        """The branch that leads to what is said, else the one that costs fewest elements; in the fullest the first that ends."""
        for branch in choice:
            if any((*place, each.local_name) in self.ways for each in _elements(branch)):
                return branch
        costs = [_cost(branch, within) for branch in choice]
        if self.is_full:
            return next((branch for branch, cost in zip(choice, costs, strict=True) if 0 < cost < inf), choice[0])
        return choice[costs.index(min(costs))]

    def _child(self, particle: Any, place: Place, name: str, within: tuple[Any, ...]) -> etree._Element:
        if not hasattr(particle, "process_contents"):
            return self.element(particle, (*place, name), within)
        declared = [each for each in particle.maps.elements.values() if _admits(particle, each.target_namespace)]
        if particle.process_contents == "strict" and declared:
            found = min(declared, key=lambda each: (_cost(each, within), each.name))
            return self.element(found, (*place, found.local_name), within)
        namespaces = ("urn:any", "", particle.target_namespace, *particle.namespace)
        namespace = next((each for each in namespaces if _admits(particle, each)), "urn:any")
        return etree.Element(f"{{{namespace}}}any" if namespace else "any")

    def _value(self, declared: Any, type_: Any, place: Place) -> str:
        if place in self.said:
            return self.said[place]
        if declared.fixed is not None:
            return str(declared.fixed)
        if any(each.name == f"{_XS}ID" for each in pattern.bases(type_)):
            self.ids += 1
            return f"id{self.ids}"
        found = next((text for text in _candidates(type_) if type_.text_is_valid(text)), None)
        if found is None:
            raise _NoWay(f"no value is known for {'/'.join(place)}")
        return found


def _candidates(type_: Any) -> Iterator[str]:
    """Texts that a simple type may take, the likeliest first."""
    yield from (str(each) for each in type_.enumeration or ())
    for member in getattr(type_, "member_types", ()):
        yield from (text for text in _candidates(member) if member.text_is_valid(text))
    yield from _PLAIN
    yield from pattern.examples(type_, _MORE)
    yield "a" * (type_.min_length or 0)
    yield "0" * (type_.min_length or 0)
    yield from (str(bound) for bound in (type_.min_value, type_.max_value) if bound is not None)
    yield ""


def _elements(particle: Any) -> Iterator[Any]:
    """The elements right in a particle: itself, or those of a group; no wildcards."""
    if hasattr(particle, "model"):
        for each in particle:
            yield from _elements(each)
    elif not hasattr(particle, "process_contents"):
        yield particle


def _admits(wildcard: Any, namespace: str) -> bool:
    return bool(wildcard.is_namespace_allowed(namespace))


def _concrete(declared: XsdElement) -> XsdElement:
    """The element itself, or the first that may stand in for it where it is abstract."""
    if not declared.abstract:
        return declared
    found = next((each for each in declared.iter_substitutes() if not each.abstract), None)
    if found is None:
        raise _NoWay(f"{declared.local_name} is abstract, and nothing stands in for it")
    return found


def _begun(declared: XsdElement) -> tuple[etree._Element, Any]:
    """The empty element, and its type: of an abstract one the first that is derived from it, told by xsi:type."""
    type_ = declared.type
    if not (type_.is_complex() and type_.abstract):
        return etree.Element(declared.name.strip()), type_
    complete = (each for each in declared.maps.types.values() if each.is_complex() and not each.abstract)
    derived = sorted((each for each in complete if each.is_derived(type_)), key=lambda each: str(each.name))
    if not derived:
        raise _NoWay(f"the type of {declared.local_name} is abstract, and no type is derived from it")
    found = derived[0]
    made = etree.Element(declared.name.strip(), nsmap={"t": found.target_namespace} if found.target_namespace else None)
    made.set(_XSI_TYPE, f"t:{found.local_name}" if found.target_namespace else str(found.local_name))
    return made, found


def _cost(particle: Any, within: tuple[Any, ...]) -> float:
    """How many elements a particle demands at least; without end where it demands what it stands in."""
    if particle.min_occurs == 0:
        return 0
    if hasattr(particle, "process_contents"):
        return 1
    if hasattr(particle, "model"):
        costs = [_cost(each, within) for each in particle]
        cost = min(costs, default=0) if particle.model == "choice" else sum(costs)
        return cost * int(particle.min_occurs)
    type_ = particle.type
    if any(type_ is each for each in within) or len(within) > _DEEPEST:
        return inf
    return 1 + (_cost(type_.content, (*within, type_)) if type_.has_complex_content() else 0)


# Plain data as what is said in a message


def read_plain(path: Path, wsdl: Wsdl, root: str) -> dict[Place, YamlScalar]:
    """What a file says of a message whose payload is `root`, `{namespace}local`: YAML with the names of elements.

        patientId: {id: "191212121212"}
        loan: [{title: Kallocain}, {title: Aniara, note: Slitet.}]

    An attribute is called by its name, with an `@` before it where an element is called so too. Mistakes for what the schema does not have.
    """
    schema = Declarations(wsdl)
    found = Found()
    declared = schema.element(root)
    said = dict(_said(compose.read(path), schema, declared, (), found)) if declared else {}
    settle(found)
    return said


def mistakes(complaints: Iterable[Complaint], said: Mapping[Place, YamlScalar], path: Path) -> Iterator[UsageError]:
    """What validators have against a message with these things in it, each where it was said as far as that can be told."""
    for each in complaints:
        way = re.sub(r"[\w.-]+:", "", each.path)
        node = next((node for place, node in said.items() if way.endswith("/" + "/".join(place))), None)
        yield UsageError(each.message.rstrip("."), source=node.source if node else Source(str(path)))


def _said(
    node: Node, schema: Declarations, at: DeclaredPlace, place: Place, found: Found
) -> Iterator[tuple[Place, YamlScalar]]:
    inside = schema.inside(at)
    if isinstance(node, YamlScalar):
        if not schema.holds_text(at):
            known = did_you_mean("", [name.removeprefix("@") for name in inside])
            found.say(f"text stands here; {at.name} holds none itself", node.source, known)
        yield place, node
    elif isinstance(node, YamlList):
        what = "a list within a list stands here"
        found.say(what, node.source, "an element that is repeated is one list of what it holds")
    else:
        yield from _entries(node, schema, inside, place, found)


def _entries(
    node: YamlMap, schema: Declarations, inside: Mapping[str, DeclaredPlace], place: Place, found: Found
) -> Iterator[tuple[Place, YamlScalar]]:
    for key, value in node.entries:
        name = key.text if key.text in inside else f"@{key.text}"
        if name not in inside:
            known = [each.removeprefix("@") for each in inside]
            above = place[-1] if place else "the message"
            found.say(
                f"there is no {key.text} in {above}",
                key.source,
                did_you_mean(key.text, known) or f"{above} holds text alone",
            )
            continue
        for number, item in enumerate(value.items if isinstance(value, YamlList) else (value,), 1):
            yield from _said(item, schema, inside[name], (*place, numbered(name, number)), found)
