"""`${name}` in messages and in test data: found, looked up, filled in.

`${name}` is filled in XML-escaped, `${name|raw}` as it is (that is how a message is made invalid on purpose), and `$${`
is a literal `${`. A name is letters, digits, `-`, `_` and dots; the dots step into nested data. Two mappings in the data
are values in themselves: `{repeat: QUJD, times: 3500000}` is repeated text, {number} in it 1, 2, 3 …, `{file: PATH, as: base64}` a file's content.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source, Value

LIMIT_CHARACTERS = 64 * 1024 * 1024
"""The most that one value may grow to: over any message that a contract allows, under what a slip would cost."""

_LIMIT_STEPS = 50
"""How many names one value may lead through."""

_OPENING = re.compile(r"\$\$\{|\$\{(?P<inside>[^${}<>\"\n]*)(?P<end>\}?)")
_INSIDE = re.compile(r"(?P<name>[\w-]+(?:\.[\w-]+)*)(?P<raw>\|raw)?", re.ASCII)
_FORM = "it is ${name} or ${name|raw}, a name being letters, digits, -, _ and dots; write $${ for a literal ${"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A parser turns bare tabs and newlines in an attribute into blanks, and a bare carriage return into a newline anywhere.
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_NOT_AS_IT_IS = re.compile("[\x00-\x1f\"&'<>\ud800-\udfff\ufffe\uffff]")
"""What is escaped or cannot be written: most values have neither."""


@frozen
class Placeholder:
    """A `${name}` in a text: `offset` is where its `$` stands, counted from 0, and `end` is past its `}`."""

    name: str
    raw: bool
    offset: int
    end: int


def find(text: str, *, path: str = "text") -> list[Placeholder]:
    """Every placeholder in order; literal `$${` is passed over. A misspelt one is a UsageError with its place in `path`."""
    return [_placeholder(text, opening, path) for opening in _OPENING.finditer(text) if opening["inside"] is not None]


def _placeholder(text: str, opening: re.Match[str], path: str) -> Placeholder:
    inside = _INSIDE.fullmatch(opening["inside"])
    if not opening["end"] or inside is None:
        what = f"“{opening['inside']}” is no placeholder name" if opening["end"] else "a placeholder is not closed"
        raise UsageError(what, source=_source(text, opening.start(), path), todo=_FORM)
    return Placeholder(inside["name"], inside["raw"] is not None, opening.start(), opening.end())


def _source(text: str, offset: int, path: str) -> Source:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start:] if end < 0 else text[start:end]
    return Source(path, text.count("\n", 0, offset) + 1, offset - start + 1, line)


def _replace(text: str, path: str, value_of: Callable[[Placeholder], str]) -> str:
    if "${" not in text:
        return text

    def one(opening: re.Match[str]) -> str:
        return "${" if opening["inside"] is None else value_of(_placeholder(text, opening, path))

    return _OPENING.sub(one, text)


@frozen
class Scope:
    """Test data in layers. The first layer that has a dotted name wins, name by name, so layers complete each other."""

    layers: Sequence[Mapping[str, Value]]

    def lookup(self, name: str) -> str:
        """The text behind a dotted name, with the placeholders in it looked up too.

        UsageError if nothing has that name, if it is not a single value, or if it leads back to itself.
        """
        return _Lookup(self.layers).text(name, ())

    def resolve(self, text: str) -> str:
        """A text that is not XML, such as a header or an expected value, with its placeholders looked up."""
        lookup = _Lookup(self.layers)
        return _replace(text, "value", lambda inner: lookup.text(inner.name, ()))

    def known(self) -> set[str]:
        return {name for layer in self.layers for name in _names(layer)}


def fill(template: str, scope: Scope, *, path: str) -> str:
    """The template with every placeholder replaced. What stands in the template itself is not touched.

    A filled-in value is escaped such that a parser gives back exactly that value, in text and in a quoted attribute.
    UsageError, placed in `path`, for a name that nothing has or a value that no XML can hold.
    """
    lookup = _Lookup(scope.layers)

    def value_of(placeholder: Placeholder) -> str:
        try:
            value = lookup.text(placeholder.name, ())
            return value if placeholder.raw else _escaped(placeholder.name, value)
        except UsageError as error:
            source = _source(template, placeholder.offset, path)
            raise UsageError(error.what, source=source, todo=error.todo) from error

    return _replace(template, path, value_of)


def _escaped(name: str, value: str) -> str:
    if not _NOT_AS_IT_IS.search(value):
        return value
    if stray := _NOT_XML.search(value):
        todo = f"write ${{{name}|raw}} to send it all the same"
        raise UsageError(f"“{name}” holds U+{ord(stray[0]):04X}, which XML cannot", todo=todo)
    return value.translate(_ESCAPES)


def _step_into(layer: Mapping[str, Value], name: str) -> Value:
    """KeyError where a layer has no such name: None is a value of its own."""
    if name in layer:
        return layer[name]
    head, _, rest = name.partition(".")
    inner = layer[head]
    if not rest or not isinstance(inner, dict) or is_special(inner):
        raise KeyError(name)
    return _step_into(inner, rest)


def leaves(data: Mapping[str, Value], prefix: str = "") -> Iterator[tuple[str, Value]]:
    """Every value that is no map of others, by its dotted name; what reads a file or repeats itself is one."""
    for name, value in data.items():
        if isinstance(value, dict) and not is_special(value):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _names(data: Mapping[str, Value], prefix: str = "") -> list[str]:
    return [name for name, value in leaves(data, prefix) if not isinstance(value, list)]


def is_special(value: Mapping[str, Value]) -> bool:
    """Whether a map of the data is a value in itself: a file's content, or repeated text."""
    return value.keys() in ({"repeat", "times"}, {"file"}, {"file", "as"})


class _Lookup:
    """One lookup: remembers what it has resolved, so that data which fans out is walked once."""

    def __init__(self, layers: Sequence[Mapping[str, Value]]) -> None:
        self._layers = layers
        self._done: dict[str, str] = {}

    def text(self, name: str, trail: tuple[str, ...]) -> str:
        if name in trail:
            raise UsageError(f"“{name}” leads back to itself: {' → '.join((*trail, name))}")
        if len(trail) > _LIMIT_STEPS:
            raise UsageError(f"“{trail[0]}” leads through more than {_LIMIT_STEPS} other names")
        if name not in self._done:
            text = self._single(name, self._value(name), (*trail, name))
            if len(text) > LIMIT_CHARACTERS:
                raise UsageError(f"“{name}” is longer than {LIMIT_CHARACTERS} characters")
            self._done[name] = text
        return self._done[name]

    def _value(self, name: str) -> Value:
        for layer in self._layers:
            with suppress(KeyError):
                return _step_into(layer, name)
        raise UsageError(f"nothing is called “{name}”", todo=did_you_mean(name, Scope(self._layers).known()))

    def _single(self, name: str, value: Value, trail: tuple[str, ...]) -> str:
        match value:
            case str():
                return _replace(value, f"the value of {name}", lambda inner: self.text(inner.name, trail))
            case bool():
                return "true" if value else "false"
            case {"repeat": unit, "times": times, **rest} if not rest:
                return _repeated(name, self._single(name, unit, trail), self._single(name, times, trail))
            case {"file": str(file), **rest} if rest.keys() <= {"as"}:
                return _content(name, Path(file), str(rest.get("as", "text")))
            case dict() | list():
                inside = sorted(_names(value, f"{name}.")) if isinstance(value, dict) else []
                todo = f"name one of {', '.join(inside)}" if inside else ""
                raise UsageError(f"“{name}” is not a single value", todo=todo)
        return "" if value is None else str(value)


def _repeated(name: str, unit: str, times: str) -> str:
    if not re.fullmatch(r"\d{1,9}", times, re.ASCII):
        raise UsageError(f"“{name}” is to be repeated “{times}” times, which is no whole number")
    if len(unit) * int(times) > LIMIT_CHARACTERS:
        raise UsageError(f"“{name}” is longer than {LIMIT_CHARACTERS} characters")
    parts = unit.split("{number}")
    if len(parts) == 1:
        return unit * int(times)
    return "".join(str(number).join(parts) for number in range(1, int(times) + 1))


def _content(name: str, file: Path, form: str) -> str:
    try:
        if form == "base64":
            return b64encode(file.read_bytes()).decode("ascii")
        if form == "text":
            return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"“{name}” cannot be read from {file}: {error}") from error
    raise UsageError(f"“{name}” asks for a file as “{form}”", todo="it is base64 or text")
