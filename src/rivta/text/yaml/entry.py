"""A map that was loaded by a shape, and still knows where everything stood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rivta.model.words import Source
from rivta.text.yaml.tree import Node, YamlList


@dataclass(frozen=True, slots=True)
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

    def items_of(self, key: str) -> list[tuple[Any, Source]]:
        """The items of the list under a key, each with its place; of an absent key none."""
        node = self.nodes[key][1] if key in self else None
        return (
            [(value, item.source) for value, item in zip(self[key], node.items, strict=True)]
            if isinstance(node, YamlList)
            else []
        )
