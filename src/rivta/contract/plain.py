"""Plain data as what is said in a message: YAML with the names of elements, each name held against the contract's schema.

    patientId: {id: "191212121212"}
    loan: [{title: Kallocain}, {title: Aniara, note: Slitet.}]

An attribute is called by its name, with an `@` before it where an element is called so too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rivta.contract.declarations import Declarations
from rivta.contract.declarations import DeclaredPlace as Declared
from rivta.contract.instance import Place, numbered
from rivta.contract.wording import Complaint
from rivta.contract.wsdl import Wsdl
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Source
from rivta.text.yaml import compose
from rivta.text.yaml.grammar import Found, settle
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar


def read_plain(path: Path, wsdl: Wsdl, root: str) -> dict[Place, YamlScalar]:
    """What a file says of a message whose payload is `root`, `{namespace}local`. Mistakes for what the schema does not have."""
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
    node: Node, schema: Declarations, at: Declared, place: Place, found: Found
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
    node: YamlMap, schema: Declarations, inside: Mapping[str, Declared], place: Place, found: Found
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
