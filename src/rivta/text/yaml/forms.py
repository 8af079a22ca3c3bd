"""The form of a YAML file, written down as data: a `form.yaml` beside the code that reads by it.

    name: {text: PATTERN, wanted: …, example: …, blank: yes, bare: yes}   text; `bare` where an editor may take it for a number
    name: {words: {word: what it means}}                                  one of them; a list where they need no meaning
    name: {list: SHAPE, some: yes}    {map: SHAPE, key: PATTERN, wanted: …, some: yes}    {one or several: SHAPE}
    name: {record: what it is, doc: …, short: KEY, keys: {…}}             a map with known keys, or just what stands under KEY
    name: {variant: what it is, of: {KEY: SHAPE}}                         one of several records, told apart by a key
    name: {like: NAME, …}                                                 another shape, with something else about it
    name: {keys: {…}}                                                     keys that several records have

SHAPE is such a map, a name, `list of SHAPE`, `map of SHAPE`, or `some list of SHAPE` where it must not be empty. Of a record
`key: SHAPE | what it means` is a key, `key!:` one that must be written, `key: {…, means: …}` one with a shape of its own, and
`+name:` stands for the keys of that name. A key that is written again takes the place of the one before.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from rivta.text.catalogue import own
from rivta.text.yaml.grammar import Field, Forms, ListOf, MapOf, Record, Variant
from rivta.text.yaml.shape import (
    ABOVE_ZERO,
    BARE,
    DURATION,
    SIZE,
    WHOLE,
    YES_OR_NO,
    AnyData,
    Bilingual,
    Json,
    OneOf,
    Shape,
    String,
)

_SINGLE: Mapping[str, Shape[Any]] = {
    "text": String(),
    "whole number": WHOLE,
    "number above zero": ABOVE_ZERO,
    "yes or no": YES_OR_NO,
    "duration": DURATION,
    "size": SIZE,
    "both languages": Bilingual(),
    "anything": AnyData(),
}
_OF = re.compile(r"(?P<some>some )?(?P<what>list|map) of (?P<shape>.+)")


class FormFile:
    """The shapes that a file describes, by name, each made when it is first asked for.

    `around` are shapes of the reader's own that take another one, by the word that stands before it; `given` those that it names.
    """

    def __init__(
        self, path: Path, around: Mapping[str, Callable[[Shape[Any]], Shape[Any]]] | None = None, **given: Shape[Any]
    ) -> None:
        self._path = path
        self._around = around or {}
        self._made: dict[str, Shape[Any]] = {**_SINGLE, **given}
        self._kinds: dict[str, Callable[..., Shape[Any]]] = {
            "text": self._text,
            "words": lambda words: OneOf(words if isinstance(words, Mapping) else dict.fromkeys(words, "")),
            "list": lambda of, **more: ListOf(self._shape(of), **more),
            "map": lambda of, **more: MapOf(self._shape(of), **more),
            "one or several": lambda of: Forms(ListOf(self._shape(of), some=True), self._shape(of)),
            "record": lambda what, keys, **more: Record(what, dict(self._fields(keys)), **more),
            "variant": lambda what, of: Variant(what, {key: self._shape(each) for key, each in of.items()}),
            "like": lambda other, **more: replace(cast("Any", self[other]), **more),
        }
        for word, make in self._around.items():
            self._kinds[word] = lambda of, make=make: make(self._shape(of))

    @cached_property
    def _written(self) -> Any:
        return own(self._path)

    def __getitem__(self, name: str) -> Shape[Any]:
        if name not in self._made:
            self._made[name] = self._shape(self._written[name])
        return self._made[name]

    def _shape(self, said: str | Mapping[str, Any]) -> Any:
        """What a name means, or a map whose first key tells what it describes."""
        if not isinstance(said, str):
            (kind, told), *more = said.items()
            return self._kinds[kind](told, **dict(more))
        if found := _OF.fullmatch(said):
            return self._kinds[found["what"]](found["shape"], some=bool(found["some"]))
        word, _, rest = said.partition(" ")
        return self._kinds[word](rest) if word in self._around else self[said]

    def _text(self, pattern: str, *, bare: bool = False, also: Iterable[Json] = (), **more: Any) -> String:
        return String(pattern, **more, also=BARE if bare else tuple(also))

    def _fields(self, keys: Mapping[str, Any]) -> Iterator[tuple[str, Field]]:
        for key, said in keys.items():
            if key[0] == "+":
                yield from self._fields(self._written[key[1:]]["keys"])
                continue
            if isinstance(said, str):
                shape, _, doc = said.partition(" | ")
                made = self._shape(shape)
            else:
                doc = said["means"]
                made = self._shape({name: told for name, told in said.items() if name != "means"})
            yield key.rstrip("!"), Field(made, doc, key[-1] == "!")
