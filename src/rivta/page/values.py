"""A step's own values as fields of a form, and a form's fields as values again.

Only what is a text can be changed, and only into another text: what reads a file or repeats itself stays as the suite has it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rivta.model.words import Value

LONGEST = 20_000
"""Characters that a value may have. Browsers send a line break as two; it is one."""
_SPECIAL = ({"repeat", "times"}, {"file"}, {"file", "as"})
_WIDE = 60


@dataclass(frozen=True, slots=True)
class FormField:
    """One value: its place in the form, its dotted name and its text. `is_long` asks for more than a line."""

    place: int
    name: str
    text: str
    is_long: bool


def fields(data: Mapping[str, Value]) -> tuple[FormField, ...]:
    """Every value that may be changed, in the order of the data."""
    return as_fields(texts(data))


def as_fields(named: Iterable[tuple[str, str]]) -> tuple[FormField, ...]:
    return tuple(
        FormField(place, name, text, len(text) > _WIDE or "\n" in text) for place, (name, text) in enumerate(named)
    )


def overlaid(data: Mapping[str, Value], chosen: Mapping[str, str]) -> Mapping[str, Value]:
    """The data with other texts under some dotted names."""
    laid: dict[str, Value] = dict(data)
    for name, text in chosen.items():
        head, _, rest = name.partition(".")
        inner = laid.get(head)
        # A text of somebody's own is never a placeholder.
        literal = text.replace("${", "$${")
        laid[head] = dict(overlaid(inner if isinstance(inner, dict) else {}, {rest: text})) if rest else literal
    return laid


def changed(data: Mapping[str, Value], texts: Sequence[str | None]) -> Mapping[str, Value]:
    """The data with the texts of a form in their places. A field that is missing stays as it was."""
    return _rebuilt(data, iter(texts))


def texts(data: Mapping[str, Value], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, dict) and value.keys() not in _SPECIAL:
            yield from texts(value, f"{prefix}{name}.")


def _rebuilt(data: Mapping[str, Value], texts: Iterator[str | None]) -> dict[str, Value]:
    rebuilt: dict[str, Value] = {}
    for name, value in data.items():
        if isinstance(value, str):
            given = next(texts, None)
            rebuilt[name] = value if given is None else given.replace("\r\n", "\n")[:LONGEST]
        elif isinstance(value, dict) and value.keys() not in _SPECIAL:
            rebuilt[name] = _rebuilt(value, texts)
        else:
            rebuilt[name] = value
    return rebuilt
