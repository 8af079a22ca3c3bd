"""Frozen values to plain JSON and back, driven by their type hints.

A dataclass becomes an object, a tuple a list, a mapping an object, an enum of words its word and any other enum
its name, a path its text. Bytes leave the line: `store` keeps them and returns a name, `load` finds them again by that
name. Unknown fields are ignored, so that an older reader survives a newer writer; a missing field takes its default, and
one that has none is a `Misfit`.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from rivta.model.exchange import Message, Tls
from rivta.model.words import Headers, Source, Text

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Store = Callable[[bytes], str]
"""Keeps a body and returns the name it is found by."""
Load = Callable[[str], bytes]
"""Finds a body by the name that `BodyStore` gave it."""
T = TypeVar("T")


def left_out(_: str) -> bytes:
    """What stands for a body that nobody asked for."""
    return b""


class Decoding:
    """What is at hand where lines are read: who finds bodies, and what was read before, so that what comes again is kept once."""

    def __init__(self, load: Load, message: Callable[[Headers, str], Message] | None = None) -> None:
        self.load = load
        self.message = message or (lambda headers, body: Message(headers, load(body)))
        """Makes a message of its headers and the name of its body."""
        self._known: dict[Any, Any] = {}

    def once(self, value: T) -> T:
        """The same value as it was read before, if it was; what is remembered stays small."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        return cast("T", self._known.setdefault(value, value))


class Misfit(ValueError):
    """JSON that is not what its type wants. The text says where, and what was wanted; never what was found there.

    What was found may be personal data, or anything at all: the file was damaged.
    """

    def __init__(self, what: str, place: str = "") -> None:
        super().__init__(f"{place}: {what}" if place else what)
        self.what = what
        self.place = place

    def within(self, outer: str) -> Misfit:
        """The same trouble, told from one level further out."""
        return Misfit(self.what, f"{outer}{'.' if self.place and self.place[0] != '[' else ''}{self.place}")


Write = Callable[[Any, Store], Any]
Read = Callable[[Any, Decoding], Any]


class Codec(NamedTuple):
    """How one type is written and read. `write` is None where a value is its own JSON, which saves a call a value."""

    write: Write | None
    read: Read


_REMEMBERED = 8_192
_SHORT = 200
"""Characters of a text that is likely to come again."""
_AGAIN = frozenset({Source, Text, Tls})
"""What comes again and again in the lines of a run."""
_LARGEST = 1e15
"""No number of ours is larger: milliseconds for 30,000 years."""
_FIRST_YEAR, _LAST_YEAR = 1970, 3000
_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)\Z")


def encode(value: object, store: Store) -> dict[str, Json]:
    """A dataclass as a JSON object, its bytes handed to `store`."""
    kind: Any = type(value)
    write = cast("Callable[[object, Store], dict[str, Json]]", _codec(kind).write)
    return write(value, store)


def decode(kind: type[T], data: object, load: Load | Decoding) -> T:
    """The value that `encode` wrote. Raises `Misfit`, and whatever `load` raises."""
    of: Any = kind
    return cast("T", _codec(of).read(data, load if isinstance(load, Decoding) else Decoding(load)))


@cache
def _codec(kind: Any) -> Codec:
    """The codec of a type, built once. An unknown type is our own mistake and a TypeError."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is not None:
        return _compound(origin, args)
    if kind in _PLAIN:
        return Codec(None, _read_text if kind is str else _plain_reader(*_PLAIN[kind]))
    if dataclasses.is_dataclass(kind):
        return _of_dataclass(cast("type[Any]", kind))
    if issubclass(kind, Enum):
        return _of_enum(kind)
    if kind is bytes:
        return Codec(
            lambda body, store: store(body), lambda data, reading: reading.load(_codec(str).read(data, reading))
        )
    if issubclass(kind, Path):
        return Codec(lambda path, _: str(path), lambda data, reading: Path(_codec(str).read(data, reading)))
    raise TypeError(f"the evidence knows no way to write {kind}")


_PLAIN: Mapping[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text"),
    int: ((int,), "a whole number"),
    float: ((float, int), "a number"),
    bool: ((bool,), "true or false"),
}


def _read_text(data: Any, reading: Decoding) -> str:
    text: str = _demanded(data, str, "a text")
    return reading.once(text) if len(text) < _SHORT else text


def _plain_reader(wanted: tuple[type, ...], name: str) -> Read:
    to_float = float in wanted

    def read(data: Any, _: Decoding) -> Any:
        # `type` and not isinstance: true is no whole number here.
        if type(data) not in wanted:
            raise Misfit(f"should be {name}")
        if to_float and not abs(data) <= _LARGEST:
            raise Misfit(f"should be between {-_LARGEST:.0e} and {_LARGEST:.0e}")
        return float(data) if to_float else data

    return read


def _read_moment(data: Any, reading: Decoding) -> str:
    text: str = _codec(str).read(data, reading)
    try:
        is_one = not text or _FIRST_YEAR <= datetime.fromisoformat(text).astimezone(UTC).year < _LAST_YEAR
    except (ValueError, OverflowError):
        is_one = False
    if not is_one or (text and not _ZONE.search(text)):
        raise Misfit("should be a time with its zone, as 2026-11-29T10:15:00+00:00")
    return text


def _compound(origin: Any, args: tuple[Any, ...]) -> Codec:
    if origin is Annotated:
        return Codec(None, _read_moment)
    if origin is Literal:
        return Codec(None, _word_reader({word: word for word in args}))
    if origin in (Union, types.UnionType):
        return _of_optional(args)
    if origin is tuple and args[-1] is not Ellipsis:
        return _of_fixed_tuple(args)
    if origin is tuple:
        return _of_tuple(args[0])
    if origin is Mapping:
        return _of_mapping(*args)
    raise TypeError(f"the evidence knows no way to write {origin}{args}")


def _word_reader(by_word: Mapping[str, Any]) -> Read:
    def read(data: Any, _: Decoding) -> Any:
        if type(data) is not str or data not in by_word:
            raise Misfit(f"should be one of {', '.join(by_word)}")
        return by_word[data]

    return read


def _of_optional(args: tuple[Any, ...]) -> Codec:
    kinds = [arg for arg in args if arg is not types.NoneType]
    if len(kinds) != 1 or len(args) != len(kinds) + 1:
        raise TypeError(f"of unions, the evidence writes only X | None: {args}")
    inner = _codec(kinds[0])
    write = inner.write
    return Codec(
        write and (lambda value, store: None if value is None else write(value, store)),
        lambda data, reading: None if data is None else inner.read(data, reading),
    )


def _of_enum(kind: type[Enum]) -> Codec:
    by_word = {str(each.value) if issubclass(kind, StrEnum) else each.name: each for each in kind}
    words = {each: word for word, each in by_word.items()}
    return Codec(lambda value, _: words[value], _word_reader(by_word))


def _of_tuple(kind: Any) -> Codec:
    item = _codec(kind)
    inner = item.write

    def write(values: Any, store: Store) -> list[Any]:
        return list(values) if inner is None else [inner(value, store) for value in values]

    def read(data: Any, reading: Decoding) -> tuple[Any, ...]:
        values: list[Any] = []
        items = _demanded(data, list, "a list")
        try:
            for each in items:
                values.append(item.read(each, reading))  # noqa: PERF401 - how many there are tells where one did not fit
        except Misfit as misfit:
            raise misfit.within(f"[{len(values)}]") from None
        return tuple(values)

    return Codec(write, read)


def _of_fixed_tuple(args: tuple[Any, ...]) -> Codec:
    items = tuple(_codec(arg) for arg in args)
    is_plain = all(arg is str for arg in args)

    def write(values: Any, store: Store) -> list[Any]:
        return [item.write(value, store) if item.write else value for item, value in zip(items, values, strict=True)]

    def read(data: Any, reading: Decoding) -> tuple[Any, ...]:
        if len(_demanded(data, list, "a list")) != len(items):
            raise Misfit(f"should be a list of {len(items)}")
        value = tuple([_at(f"[{n}]", item, data[n], reading) for n, item in enumerate(items)])
        return reading.once(value) if is_plain else value

    return Codec(write, read)


def _of_mapping(key_kind: Any, value_kind: Any) -> Codec:
    key, value = _codec(key_kind), _codec(value_kind)

    def write(mapping: Any, store: Store) -> dict[str, Any]:
        return {
            (key.write(name, store) if key.write else name): (value.write(each, store) if value.write else each)
            for name, each in mapping.items()
        }

    def read(data: Any, reading: Decoding) -> dict[Any, Any]:
        return {
            _at("[a key]", key, name, reading): _at("[a value]", value, each, reading)
            for name, each in _demanded(data, dict, "an object").items()
        }

    return Codec(write, read)


def _demanded(data: Any, kind: type, name: str) -> Any:
    if type(data) is not kind:
        raise Misfit(f"should be {name}")
    return data


def _of_dataclass(kind: type[Any]) -> Codec:
    hints = get_type_hints(kind, include_extras=True)
    fields = [each for each in dataclasses.fields(kind) if each.init]
    write = _object_writer([(each.name, _codec(hints[each.name]).write) for each in fields])
    if kind is Message:
        hints["body"] = str  # its name: the reader may leave the body where it is
    missing = dataclasses.MISSING
    required = [each.name for each in fields if each.default is missing and each.default_factory is missing]
    read = _object_reader(kind, [(each.name, _codec(hints[each.name]).read) for each in fields], required)
    if kind not in _AGAIN:
        return Codec(write, read)
    return Codec(_last_again(write), lambda data, reading: reading.once(read(data, reading)))


def _object_writer(fields: list[tuple[str, Write | None]]) -> Write:
    def write(value: Any, store: Store) -> dict[str, Any]:
        return {name: inner(getattr(value, name), store) if inner else getattr(value, name) for name, inner in fields}

    return write


def _last_again(write: Write) -> Write:
    """Gives the very object that was made last, where check after check has the same value."""
    last: tuple[Any, Any] = (None, None)

    def write_again(value: Any, store: Store) -> Any:
        nonlocal last
        if value is not last[0]:
            last = value, write(value, store)
        return last[1]

    return write_again


def _object_reader(kind: type[Any], fields: list[tuple[str, Read]], required: list[str]) -> Read:
    def read(data: Any, reading: Decoding) -> Any:
        found, values, name = _demanded(data, dict, "an object"), {}, ""
        try:
            for name, reader in fields:
                if name in found:
                    values[name] = reader(found[name], reading)
        except Misfit as misfit:
            raise misfit.within(name) from None
        if len(values) < len(fields) and (lacking := [each for each in required if each not in values]):
            raise Misfit("is missing", lacking[0])
        return reading.message(values["headers"], values["body"]) if kind is Message else kind(**values)

    return read


def _at(place: str, codec: Codec, data: Any, reading: Decoding) -> Any:
    try:
        return codec.read(data, reading)
    except Misfit as misfit:
        raise misfit.within(place) from None
