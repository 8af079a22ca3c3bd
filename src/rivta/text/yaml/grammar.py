"""What may stand where in a YAML file, said once: `load` reads by it, `json_schema` publishes it for editors.

A file is a `Record` of `Field`s whose shapes nest. Loading finds every mistake, not just the first, and what comes out
keeps its places, so that whoever looks closer (does this requirement exist?) can point a caret as well.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from rivta.model.errors import Mistakes, UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.text.yaml.shape import (  # noqa: F401 - whoever writes a shape finds all of them here
    ABOVE_ZERO,
    AnyData,
    Bilingual,
    Found,
    Json,
    OneOf,
    Shape,
    String,
    cited,
    mistake,
)
from rivta.text.yaml.tree import Entry, Node, YamlList, YamlMap, YamlScalar

T = TypeVar("T")
LIMIT_TOLD = 100
"""How many mistakes an author is shown at once."""
_FILL = "write one, or leave the key out"


def load(node: Node, shape: Shape[T]) -> T:
    """The value that a tree stands for. One mistake is raised as a UsageError, several as Mistakes."""
    found = Found()
    value = shape.load(node, found)
    settle(found)
    return cast("T", value)  # None comes only with a mistake, and those were just raised


def settle(found: Sequence[UsageError]) -> None:
    """Raises what was found: nothing, the one mistake itself, or all of them as Mistakes in the order of the file.

    After the first hundred only their number is told.
    """
    if len(found) == 1:
        raise found[0]
    if found:
        told = sorted(found, key=_place)
        rest = [UsageError(f"and {len(told) - LIMIT_TOLD} more mistakes")] if len(told) > LIMIT_TOLD else []
        raise Mistakes([*told[:LIMIT_TOLD], *rest])


def _place(mistake: UsageError) -> tuple[str, int, int]:
    source = mistake.source
    return (source.path, source.line, source.column) if source else ("", 0, 0)


def json_schema(shape: Shape[Any], title: str) -> Json:
    """The shape as a JSON Schema document, draft 2020-12."""
    defs: Json = {}
    body = shape.schema(defs)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | body | ({"$defs": dict(sorted(defs.items()))} if defs else {})


@frozen
class Field:
    """One key of a record: the shape of its value, what it means, and whether it must be written."""

    shape: Shape[Any]
    doc: str
    required: bool = False


@frozen
class Record:
    """A map with known keys, or just the value of its `short` one. `what` names it in a sentence: “this case lacks …”."""

    what: str
    fields: Mapping[str, Field]
    doc: str = ""
    short: str = ""

    def load(self, node: Node, found: Found) -> Entry | None:
        if self.short and not isinstance(node, YamlMap):
            value = self.fields[self.short].shape.load(node, found)
            return Entry(node.source, {self.short: value}, {self.short: (node, node)})
        if not isinstance(node, YamlMap):
            todo = f"keys known here: {', '.join(self.fields)}" if self.fields else "write {}"
            found.append(mistake(node, f"a map ({self.what})", todo))
            return None
        for key, _ in node.entries:
            if key.text not in self.fields:
                found.append(unknown_key(key, self.fields))
        for name, wanted in self.fields.items():
            if wanted.required and node.get(name) is None:
                found.say(f"this {self.what} lacks “{name}”", node.source, f"add {name}: {wanted.doc}")
        nodes = {key.text: (key, value) for key, value in node.entries if key.text in self.fields}
        values = {name: self.fields[name].shape.load(value, found) for name, (_, value) in nodes.items()}
        return Entry(node.source, values, nodes)

    def schema(self, defs: Json) -> Json:
        properties = {name: {"description": one.doc, **one.shape.schema(defs)} for name, one in self.fields.items()}
        required = [name for name, one in self.fields.items() if one.required]
        whole = {
            **({"description": self.doc} if self.doc else {}),
            "type": "object",
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }
        return {"anyOf": [self.fields[self.short].shape.schema(defs), whole]} if self.short else whole


def unknown_key(key: YamlScalar, known: Mapping[str, object]) -> UsageError:
    return UsageError(f"unknown key “{key.text}”", source=key.source, todo=did_you_mean(key.text, known))


@frozen
class Variant:
    """One of several records, told apart by which key is there: a case has `send` or `steps`, an expectation its kind."""

    what: str
    records: Mapping[str, Record]

    def load(self, node: Node, found: Found) -> Entry | None:
        if not isinstance(node, YamlMap):
            found.append(mistake(node, f"a map ({self.what})", f"write one of: {', '.join(self.records)}"))
            return None
        telling = [key for key, _ in node.entries if key.text in self.records]
        if not telling:
            found.append(self._untold(node))
            return None
        for key in telling[1:]:
            what = f"“{key.text}” must not stand beside “{telling[0].text}” in one {self.what}"
            found.say(what, key.source, "keep one of them, or write two")
        return None if telling[1:] else self.records[telling[0].text].load(node, found)

    def _untold(self, node: YamlMap) -> UsageError:
        known = {name for record in self.records.values() for name in record.fields}
        for key, _ in node.entries:
            if key.text not in known:
                return unknown_key(key, self.records)
        some = " or ".join(self.records)
        return UsageError(f"this {self.what} lacks {some}", source=node.source, todo=f"add {some}")

    def schema(self, defs: Json) -> Json:
        """Exactly one of the records: each requires its key and refuses the others'."""
        schemas = ((key, record.schema(defs)) for key, record in self.records.items())
        return {"oneOf": [each | {"required": sorted({key, *each.get("required", [])})} for key, each in schemas]}


@frozen
class ListOf:
    """A list of values of one shape; `some` when it must not be empty."""

    shape: Shape[Any]
    some: bool = False

    def load(self, node: Node, found: Found) -> list[Any] | None:
        if not isinstance(node, YamlList):
            todo = "put it in [ ]" if isinstance(node, YamlScalar) else "start each item with “- ”"
            found.append(mistake(node, "a list", todo))
            return None
        if self.some and not node.items:
            found.say("an empty list stands here; at least one item is wanted", node.source, _FILL)
        return [self.shape.load(item, found) for item in node.items]

    def schema(self, defs: Json) -> Json:
        return {"type": "array", "items": self.shape.schema(defs), **({"minItems": 1} if self.some else {})}


@frozen
class MapOf:
    """A map whose keys the author chooses, within `key`; `wanted` names a key in a mistake."""

    shape: Shape[Any]
    key: str = r"\S(.*\S)?"
    wanted: str = "a name"
    some: bool = False

    def load(self, node: Node, found: Found) -> Entry | None:
        if not isinstance(node, YamlMap):
            found.append(mistake(node, "a map"))
            return None
        if self.some and not node.entries:
            found.say("an empty map stands here; at least one entry is wanted", node.source, _FILL)
        for key, _ in node.entries:
            if not re.fullmatch(self.key, key.text):
                found.say(f"{cited(key.text)} stands here; {self.wanted} is wanted", key.source)
        nodes = {key.text: (key, value) for key, value in node.entries}
        values = {name: self.shape.load(value, found) for name, (_, value) in nodes.items()}
        return Entry(node.source, values, nodes)

    def schema(self, defs: Json) -> Json:
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self.key})$"},
            "additionalProperties": self.shape.schema(defs),
            **({"minProperties": 1} if self.some else {}),
        }


@frozen
class Forms:
    """Different shapes for a list and for anything else."""

    as_list: Shape[Any]
    otherwise: Shape[Any]

    def load(self, node: Node, found: Found) -> Any:
        return (self.as_list if isinstance(node, YamlList) else self.otherwise).load(node, found)

    def schema(self, defs: Json) -> Json:
        return {"anyOf": [self.otherwise.schema(defs), self.as_list.schema(defs)]}


@frozen
class Named:
    """A shape with a name of its own in the JSON Schema, looked up late so that shapes may hold themselves."""

    name: str
    shape: Callable[[], Shape[Any]]

    def load(self, node: Node, found: Found) -> Any:
        return self.shape().load(node, found)

    def schema(self, defs: Json) -> Json:
        if self.name not in defs:
            defs[self.name] = {}  # stands while the shape, which may hold itself, is described
            defs[self.name] = self.shape().schema(defs)
        return {"$ref": f"#/$defs/{self.name}"}
