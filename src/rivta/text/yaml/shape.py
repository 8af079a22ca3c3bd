"""What every shape can do, and the shapes of single values: text, numbers, yes or no, durations, sizes, words of a list.

A shape both reads a value and describes it as JSON Schema. The schema sees what an editor's YAML reader makes of a file
(`2.2` a number, `true` a boolean) where we see text, so it lets those through wherever text is wanted.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Generic, Protocol, TypeVar

from rivta.model import words
from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar

Json = dict[str, Any]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

BARE: tuple[Json, ...] = ({"type": "number"}, {"type": "boolean"})
"""Numbers and booleans, where any word will do."""
LIMIT_CITED = 60
"""Characters of what was written that a sentence repeats."""
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0}
_DURATION = r"(?=[^1-9]*[1-9])(?![0-9]{5,}.*min)([0-9]{1,6}(?:\.[0-9]{1,6})?) ?(ms|s|min)"
"""At most eleven days: an operating system waits no longer than 24."""
_BYTES = {"kB": 1024, "MB": 1024 * 1024}
_SIZE = r"([1-9][0-9]{0,8}) ?(kB|MB)"
_YES = ("yes", "true", "True", "TRUE")
_NO = ("no", "false", "False", "FALSE")


class Found(list[UsageError]):
    """Where mistakes are collected while a file is loaded, so that an author sees all of them at once."""

    def say(self, what: str, source: Source | None, todo: str = "") -> None:
        self.append(UsageError(what, source=source, todo=todo))

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Takes the mistake that is raised within."""
        try:
            yield
        except UsageError as mistake:
            self.append(mistake)


class Shape(Protocol[T_co]):
    """What may stand at one place of a file."""

    def load(self, node: Node, found: Found) -> T_co | None:
        """The value that a node stands for; None, and a mistake added to `found`, when it is not of this shape."""
        ...

    def schema(self, defs: Json) -> Json: ...


def standing(node: Node) -> str:
    """What a node is, for a sentence."""
    match node:
        case YamlMap():
            return "a map"
        case YamlList():
            return "a list"
        case YamlScalar() if node.nothing:
            return "nothing"
        case _:
            return "text"


def mistake(node: Node, wanted: str, todo: str = "") -> UsageError:
    return UsageError(f"{standing(node)} stands here; {wanted} is wanted", source=node.source, todo=todo)


def cited(text: str) -> str:
    """What was written, for a sentence: in quotes, on one line, and not all of it if it is long."""
    line = re.sub(r"\s+", " ", text)
    return f"“{line}”" if len(line) <= LIMIT_CITED else f"“{line[:LIMIT_CITED]}…”"


def scalar(node: Node, wanted: str, found: Found, todo: str = "write it, or leave the key out") -> str | None:
    """The text of a scalar; a mistake for maps, lists and places where nothing is written, which `todo` is the remedy for."""
    if isinstance(node, YamlScalar) and not node.nothing:
        return node.text
    found.append(mistake(node, wanted, todo if isinstance(node, YamlScalar) else ""))
    return None


def _refuse(text: str, wanted: str, node: Node, found: Found, todo: str) -> None:
    found.say(f"{cited(text)} stands here; {wanted} is wanted", node.source, todo)


@frozen
class String:
    """Text that matches `pattern` as a whole; without one any text, blank only when `blank` says so.

    `wanted` names it in a mistake, `example` is the remedy. Where a number or a boolean may match the pattern, `also` lets
    the JSON Schema take what an editor reads as one.
    """

    pattern: str = ""
    wanted: str = "text"
    example: str = ""
    blank: bool = False
    also: tuple[Json, ...] = ()

    def load(self, node: Node, found: Found) -> str | None:
        todo = 'write it, or "" where empty text is meant' if self.blank else "write it, or leave the key out"
        text = scalar(node, self.wanted, found, todo)
        if text is None:
            return None
        if self.pattern and not re.fullmatch(self.pattern, text):
            todo = f"write it like {self.example}" if self.example else ""
            if re.fullmatch(self.pattern, text.strip()):
                todo = "take away the blanks around it"
            _refuse(text, self.wanted, node, found, todo)
        elif not self.blank and not text.strip():
            found.say(f"empty text stands here; {self.wanted} is wanted", node.source, todo)
        return text

    def schema(self, defs: Json) -> Json:  # noqa: ARG002 - nothing in it has a name
        """A string; without a pattern also what an editor reads as a number or a boolean."""
        if not self.pattern:
            return {"type": ["string", "number", "boolean"], **({} if self.blank else {"pattern": r"\S"})}
        string = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        return {"anyOf": [string, *self.also]} if self.also else string


@frozen
class Single(Generic[T]):
    """A value that is written in a form of its own: `wanted` and `todo` tell of it, `value` is what text that matches `pattern` stands for.

    `json` is its JSON Schema, where an editor may read it as more than text.
    """

    wanted: str
    pattern: str
    todo: str
    value: Callable[[re.Match[str]], T]
    json: Json = field(default_factory=dict)

    def load(self, node: Node, found: Found) -> T | None:
        text = scalar(node, self.wanted, found)
        match = None if text is None else re.fullmatch(self.pattern, text)
        if text is not None and match is None:
            _refuse(text, self.wanted, node, found, self.todo)
        return self.value(match) if match else None

    def schema(self, defs: Json) -> Json:  # noqa: ARG002 - nothing in it has a name
        return self.json or {"type": "string", "pattern": f"^{self.pattern}$"}


def _whole(wanted: str, pattern: str, least: int) -> Single[int]:
    json = {"type": ["integer", "string"], "minimum": least, "maximum": 10**15 - 1, "pattern": f"^{pattern}$"}
    return Single(wanted, pattern, "write digits", lambda match: int(match[0]), json)


WHOLE = _whole("a whole number", "[0-9]{1,15}", 0)
ABOVE_ZERO = _whole("a whole number above zero", "(?=.*[1-9])[0-9]{1,15}", 1)
YES_OR_NO = Single(
    "yes or no",
    "|".join((*_YES, *_NO)),
    "write one of them",
    lambda match: match[0] in _YES,
    {"enum": [True, False, *_YES, *_NO]},
)
DURATION = Single(
    "a time with its unit",
    _DURATION,
    "write it like 5 s, 500 ms or 2 min",
    lambda match: float(match[1]) * _SECONDS[match[2]],
)
"""`500 ms`, `5 s`, `2 min`, in seconds. Never zero, and at most 999999 ms or s, or 9999 min."""
SIZE = Single(
    "a size with its unit", _SIZE, "write it like 15 MB or 500 kB", lambda match: int(match[1]) * _BYTES[match[2]]
)
"""`500 kB`, `15 MB`, of 1024 bytes and 1024 kB, in bytes. Never zero."""


@frozen
class OneOf:
    """One of a few words, each with what it means."""

    words: Mapping[str, str]

    def load(self, node: Node, found: Found) -> str | None:
        wanted = f"one of {', '.join(self.words)}" if len(self.words) > 1 else "".join(self.words)
        text = scalar(node, wanted, found)
        if text is None or text in self.words:
            return text
        _refuse(text, wanted, node, found, did_you_mean(text, self.words))
        return None

    def schema(self, defs: Json) -> Json:  # noqa: ARG002 - nothing in it has a name
        """A choice of constants, each with its meaning for an editor to show."""
        told = ({"const": word, "description": meaning} for word, meaning in self.words.items())
        return {"oneOf": [{key: each for key, each in one.items() if each} for one in told]}


@frozen
class Bilingual:
    """What people read, in Swedish and English: `{sv: …, en: …}`, or one text that serves for both."""

    def load(self, node: Node, found: Found) -> words.Text | None:
        if isinstance(node, YamlScalar):
            text = String().load(node, found)
            return None if text is None else words.Text.same(text)
        if not isinstance(node, YamlMap):
            found.append(mistake(node, "text, or {sv: …, en: …},"))
            return None
        both = {key.text: String().load(value, found) for key, value in node.entries if key.text in {"sv", "en"}}
        for key, _ in node.entries:
            if key.text not in both:
                found.say(f"unknown language “{key.text}”", key.source, "write sv and en")
        for lang in ("sv", "en"):
            if lang not in both:
                found.say(f"this text lacks “{lang}”", node.source, "write both sv and en")
        return words.Text(both.get("sv") or "", both.get("en") or "")

    def schema(self, defs: Json) -> Json:
        text = String().schema(defs)
        both = {"type": "object", "properties": {"sv": text, "en": text}, "required": ["sv", "en"]}
        defs["text"] = {
            "description": "What people read: one text for both languages, or Swedish and English",
            "anyOf": [text, both | {"additionalProperties": False}],
        }
        return {"$ref": "#/$defs/text"}


@frozen
class AnyData:
    """Test data: text, lists and maps in any depth. Scalars stay text, numbers too."""

    key: str = r"[^\s.${}|]+"
    """Names that a placeholder can reach: a dot separates them."""

    def load(self, node: Node, found: Found) -> words.Value:
        match node:
            case YamlScalar():
                return scalar(node, "text, a list or a map", found)
            case YamlList():
                return [self.load(item, found) for item in node.items]
        for key, _ in node.entries:
            if not re.fullmatch(self.key, key.text):
                todo = "use letters, digits, - and _; nest maps instead of writing dots"
                found.say(f"“{key.text}” cannot name test data", key.source, todo)
        return {key.text: self.load(value, found) for key, value in node.entries}

    def schema(self, defs: Json) -> Json:
        defs["data"] = {
            "description": "Test data: text, lists and maps",
            "type": ["string", "number", "boolean", "array", "object"],
            "items": {"$ref": "#/$defs/data"},
            "propertyNames": {"pattern": f"^{self.key}$"},
            "additionalProperties": {"$ref": "#/$defs/data"},
        }
        return {"$ref": "#/$defs/data"}
