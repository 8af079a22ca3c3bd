"""What a YAML file says: maps, lists and scalars that know their place in it, and a map that was loaded by a shape and still does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from rivta.model.frozen import frozen
from rivta.model.words import Source

LIMIT_SHOWN = 400
"""Characters of a line that are still shown under an error."""
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@frozen
class YamlFile:
    """The text that a tree was read from, under the name that people see."""

    shown: str
    lines: tuple[str, ...]

    def source(self, line: int, column: int) -> Source:
        """The place at a line and column counted from 1; the line's text unless too long to be shown with a caret."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return Source(self.shown, line, column, text if len(text) <= LIMIT_SHOWN else "")

    def ends_before(self, line: int, column: int) -> bool:
        """Whether nothing stands at that place or after it."""
        return (line, column) > (len(self.lines), len(self.lines[-1]) if self.lines else 0)


@frozen
class _Placed:
    """Something that stands at a line and column of a file."""

    file: YamlFile = field(repr=False, compare=False)
    line: int = field(compare=False)
    column: int = field(compare=False)

    @property
    def source(self) -> Source:
        """Where it starts. Made when asked for: most places are never shown."""
        return self.file.source(self.line, self.column)

    def get(self, key: str) -> Node | None:  # noqa: ARG002 - only a map has any
        """What stands under a key; None where nothing does, or where this is no map."""
        return None


@frozen
class YamlScalar(_Placed):
    """Text, exactly as written; `plain` when it stood without quotes, so that an empty value is told from empty text."""

    text: str
    plain: bool = field(compare=False)

    @property
    def nothing(self) -> bool:
        """Whether no value was written: an empty place, `~` or `null` without quotes."""
        return self.plain and self.text in _NOTHING

    def place_of(self, part: str) -> Source:
        """Where a part of the text stands, if it can be found in the file as it is; else where the text starts."""
        start = self.column - 1
        for line, text in enumerate(self.file.lines[self.line - 1 :], start=self.line):
            if (column := text.find(part, start)) >= 0:
                return self.file.source(line, column + 1)
            start = 0
        return self.source


@frozen
class YamlList(_Placed):
    items: tuple[Node, ...]


@frozen
class YamlMap(_Placed):
    """A mapping in the order of the file, its keys with their places. No key stands twice."""

    entries: tuple[tuple[YamlScalar, Node], ...]

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name.text == key), None)

    def source_of(self, key: str) -> Source:
        """Where the value under a key starts; of an absent key where the map does."""
        return (self.get(key) or self).source


Node = YamlMap | YamlList | YamlScalar


def said(node: Node | None) -> str:
    """What a scalar says; empty for anything else."""
    return node.text if isinstance(node, YamlScalar) else ""


def entries_of(node: Node | None) -> dict[str, Node]:
    """What a map holds, by key; nothing for anything else."""
    return {key.text: value for key, value in node.entries} if isinstance(node, YamlMap) else {}


def scalars(node: Node | None) -> Iterator[YamlScalar]:
    """Every text in a node, in the order of the file; the keys of maps are none."""
    match node:
        case YamlScalar():
            yield node
        case YamlList():
            yield from (each for item in node.items for each in scalars(item))
        case YamlMap():
            yield from (each for _, value in node.entries for each in scalars(value))


_PLACE = re.compile(r"(?<!\$)\{([\w-]+)\}")


def place(node: Node) -> str:
    """The name in a text that is nothing but a place, `{name}`; empty for any other."""
    found = _PLACE.fullmatch(node.text) if isinstance(node, YamlScalar) else None
    return found[1] if found else ""


def filled(node: Node, given: Mapping[str, Node]) -> Node:
    """The same with what is given in its places. A list in a list becomes part of it; within a text only a text can stand."""
    match node:
        case YamlScalar():
            return given[place(node)] if place(node) in given else replace(node, text=_texted(node.text, given))
        case YamlList():
            items = [(each, filled(each, given)) for each in node.items]
            spliced = (made.items if place(each) and isinstance(made, YamlList) else (made,) for each, made in items)
            return replace(node, items=tuple(one for some in spliced for one in some))
        case YamlMap():
            keys = (replace(key, text=_texted(key.text, given)) for key, _ in node.entries)
            return replace(
                node, entries=tuple(zip(keys, (filled(each, given) for _, each in node.entries), strict=True))
            )


def _texted(text: str, given: Mapping[str, Node]) -> str:
    def said(found: re.Match[str]) -> str:
        value = given.get(found[1])
        return value.text if isinstance(value, YamlScalar) else found[0]

    return _PLACE.sub(said, text)


@frozen
class Entry(Mapping[str, Any]):
    """A loaded map: its values by key, and where each key and value stands. Keys that were not written are not in it."""

    source: Source
    values_by_key: Mapping[str, Any]
    nodes: Mapping[str, tuple[Node, Node]] = field(repr=False)

    def __getitem__(self, key: str) -> Any:
        return self.values_by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_key)

    def __len__(self) -> int:
        return len(self.values_by_key)

    def key_source(self, key: str) -> Source:
        """Where the key stands; of a value in short form, where the value does."""
        return self.nodes[key][0].source

    def source_of(self, key: str) -> Source:
        return self.nodes[key][1].source

    def node_of(self, key: str) -> Node:
        return self.nodes[key][1]

    def keywords(self, *keys: str) -> dict[str, Any]:
        """What stands under these keys, or under all, as the keywords of what is made of it: lists as tuples, maps as plain ones."""
        return {key.replace("-", "_"): _plain(self[key]) for key in keys or self if key in self}

    def items_of(self, key: str) -> list[tuple[Any, Source]]:
        """The items of the list under a key, each with its place; of an absent key none."""
        node = self.nodes[key][1] if key in self else None
        items = node.items if isinstance(node, YamlList) else ()
        return [(value, item.source) for value, item in zip(self[key], items, strict=True)] if items else []


def _plain(value: Any) -> Any:
    if isinstance(value, Entry):
        return {key: _plain(each) for key, each in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, list) else value
