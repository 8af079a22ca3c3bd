"""`records:` of a contract in `domain.yaml`, every path of it held against the contract's schema."""

from collections.abc import Iterator, Mapping
from typing import get_args

from rivta.contract.declarations import Declarations, DeclaredPlace
from rivta.contract.wsdl import Wsdl
from rivta.model.errors import did_you_mean
from rivta.model.records import PERIOD, UP, Chosen, More, Records
from rivta.text.yaml.grammar import Found
from rivta.text.yaml.tree import Entry, Node, YamlScalar, scalars

Way = tuple[DeclaredPlace, ...]
"""An element, or an attribute, behind all that it stands in."""
_OF_RECORD = (
    "id", "patient", "patient-type", "original", "unit", "source", "contact", "approved", "times", "ends", "also",
)  # fmt: skip


def read_records(wsdl: Wsdl, entry: Entry, found: Found) -> Records | None:
    """What an entry of that shape says. A path that the schema does not have, or that leads to no text, is a mistake, and so is a
    filter on what no record says.
    """
    schema = Declarations(wsdl)
    request, response = schema.element(wsdl.request_root), schema.element(wsdl.response_root)
    if request is None or response is None:
        return None
    way = _led(schema, (response,), entry.node_of("path"), found)
    for node in _nodes(entry, "filters"):
        check_text(schema, (request,), node, found)
    if "more" in entry:
        for key, root in (("reference", response), ("address", response), ("asked", request)):
            for node in _nodes(entry["more"], key):
                check_text(schema, (root,), node, found)
    if way and way[-1].occurs.most == 1:
        todo = "name the element that is there once for each record"
        found.say(f"{way[-1].name} stands there only once", entry.source_of("path"), todo)
    elif way:
        for node in (node for key in _OF_RECORD for node in _nodes(entry, key)):
            check_text(schema, way, node, found)
    records = _records(entry)
    _check_sense(entry, records, found)
    return records


def _records(entry: Entry) -> Records:
    lists = {key: tuple(entry.get(key, ())) for key in ("times", "ends")}
    maps = {key: dict(entry.get(key, {})) for key in ("also", "filters")}
    more = More(**entry["more"]) if "more" in entry else None
    own = {key.replace("-", "_"): entry[key] for key in entry}
    return Records(**own | lists | maps | {"more": more})


def _nodes(entry: Entry, key: str) -> Iterator[YamlScalar]:
    """Every path under a key, whether one stands there, a list of them, or a map to them."""
    yield from scalars(entry.node_of(key)) if key in entry else ()


def _led(schema: Declarations, way: Way, node: Node, found: Found) -> Way:
    """The way to the element or attribute that a path leads to; empty, and a mistake under the step that leads nowhere."""
    for step in node.text.split("/") if isinstance(node, YamlScalar) else ():
        place, around = way[-1], way[:-1]
        inside = schema.inside(place)
        if step not in inside and not (step == UP and around):
            todo = did_you_mean(step, inside) or f"{place.name} holds text alone"
            source = node.place_of(step) if isinstance(node, YamlScalar) else node.source
            found.say(f"there is no {step} in {place.name}", source, todo)
            return ()
        way = around if step == UP else (*way, inside[step])
    return way


def check_text(schema: Declarations, way: Way, node: Node, found: Found) -> None:
    """A mistake where a path, from the end of a way, leads to nothing that the schema has, or to what holds no text."""
    for place in _led(schema, way, node, found)[-1:]:
        if inside := [name for name in schema.inside(place) if not name.startswith("@")]:
            todo = f"go on to one of them; {did_you_mean('', inside)}"
            found.say(f"{place.name} holds elements, no text", node.source, todo)


def _check_sense(entry: Entry, records: Records, found: Found) -> None:
    """A filter is on something that the records say, and what is said of times belongs together."""
    filters: Mapping[str, str] = entry.get("filters", {})
    known = {*records.chosen_by, *(PERIOD if records.times else ())}
    for name in (each for each in filters if each not in known):
        what = f"nothing says where a record has what the filter “{name}” chooses by"
        todo = "say times:" if name in PERIOD else f"say {name}: beside path:"
        if name not in (*PERIOD, *get_args(Chosen)):
            todo = f"{did_you_mean(name, known)}; names of your own stand under also:"
        found.say(what, entry["filters"].key_source(name), todo)
    if records.ends and records.rule != "fallback":
        what = "only rule: fallback knows of ends"
        found.say(what, entry.source_of("ends"), "say rule: fallback, or leave ends out")
