"""From the bytes of a YAML file to a tree of maps, lists and scalars that know where they stand.

The tree is built from the parser's events, one by one, instead of by PyYAML's composer: that one recurses in C (50 000
`[` end the process), takes the last of two equal keys, and forgets where keys stood. Untrusted input is expected: size,
depth and what aliases expand to are limited, tags and merge keys refused, and each refusal is a UsageError with a caret.

Beyond YAML, `${name}` may stand unquoted inside `{…}` and `[…]`, where its braces would otherwise be YAML's own.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import AnyStr

import yaml

from rivta.model.errors import UsageError, did_you_mean
from rivta.model.frozen import frozen
from rivta.model.words import Source
from rivta.text.catalogue import LOADER
from rivta.text.yaml.tree import Node, YamlFile, YamlList, YamlMap, YamlScalar

LIMIT_BYTES = 2_000_000
LIMIT_DEPTH = 64
LIMIT_ALIASED = 10_000
"""How many nodes all aliases of a file may stand for together: a page of reuse, no bomb."""
_DEEPER, _FLATTER = f"this lies deeper than {LIMIT_DEPTH} levels", "write it flatter"

_NO_YAML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# The braces of a placeholder while YAML is parsed: noncharacters that no text may hold, so that none is ever mistaken.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_PLACEHOLDER = re.compile(r"\$\{([^\s{}\[\],\"']+)\}")
_SHIELDED = rf"${_OPEN}\1{_CLOSE}"
_UNSHIELD = str.maketrans({_OPEN: "{", _CLOSE: "}"})


def shown_as(path: Path) -> str:
    """A file's name for people: relative to where they stand, if it lies below."""
    absolute, here = path.absolute(), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


def contents(path: Path, shown: str) -> bytes:
    """The bytes of a file that a person wrote. UsageError when they cannot be had or are too many."""
    try:
        with path.open("rb") as file:
            return _bounded(file.read(LIMIT_BYTES + 1), shown)
    except FileNotFoundError:
        raise UsageError(f"{shown}: there is no such file", todo="check the path") from None
    except OSError as problem:
        what = f"{shown}: cannot be read: {(problem.strerror or str(problem)).lower()}"
        raise UsageError(what, todo="check that it is a file, and its rights") from problem


def _bounded(written: AnyStr, shown: str) -> AnyStr:
    if len(written) > LIMIT_BYTES:
        raise UsageError(f"{shown}: larger than {LIMIT_BYTES} bytes", todo="split it; bulk goes in as {file: …} data")
    return written


def read(path: Path, shown: str = "") -> Node:
    """The tree of one file, shown to people under the name given. UsageError when it cannot be had."""
    shown = shown or shown_as(path)
    return compose(contents(path, shown), shown)


@lru_cache(maxsize=32)  # a run reads its domain and its forms several times, and a tree is never changed
def compose(written: bytes | str, shown: str) -> Node:
    """The tree of one YAML text. UsageError, with line, column and caret, for whatever stands in the way."""
    text = _bounded(decoded(written, shown) if isinstance(written, bytes) else written, shown)
    file = YamlFile(shown, tuple(text.splitlines()))
    if unfit := _NO_YAML.search(text):
        what = f"the character U+{ord(unfit.group()):04X} must not stand in YAML"
        todo = r'remove it, or write it as an escape in double quotes, such as "\x07"'
        raise UsageError(what, source=_source_at(file, text, unfit.start()), todo=todo)
    return _Builder(file, _events(_PLACEHOLDER.sub(_SHIELDED, text), file)).document()


def decoded(written: bytes, shown: str) -> str:
    """The text of a file in UTF-8, a byte order mark left out. UsageError at the first byte that is something else."""
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = written[: problem.start].decode("utf-8-sig")
        text = before + "\ufffd"
        source = _source_at(YamlFile(shown, tuple(text.splitlines())), text, len(before))
        what = f"the byte 0x{written[problem.start]:02X} is not UTF-8"
        raise UsageError(what, source=source, todo="save the file as UTF-8") from None


def _source_at(file: YamlFile, text: str, offset: int) -> Source:
    before = (text[:offset] + "^").splitlines()
    return file.source(len(before), len(before[-1]))


def _events(text: str, file: YamlFile) -> Iterator[yaml.Event]:
    depth, read = 0, 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            read = event.end_mark.index if event.end_mark else read
            yield event
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        if mark and (deepest := _too_deep(text, depth, read, mark.index)):
            raise UsageError(_DEEPER, source=_source_at(file, text, deepest), todo=_FLATTER) from None
        if problem.context_mark and mark and file.ends_before(mark.line + 1, mark.column + 1):
            mark = problem.context_mark  # what was never closed says more than the end of the file
        source = file.source(mark.line + 1, mark.column + 1) if mark else None
        words, todo = _explained((problem.problem or "").translate(_UNSHIELD), source)
        raise UsageError(f"this is not YAML: {words}", source=source, todo=todo) from None
    except yaml.YAMLError as problem:  # what the reader below the parser refuses has no mark
        raise UsageError(f"{file.shown}: this is not YAML: {problem}") from None


def _too_deep(text: str, depth: int, start: int, end: int) -> int | None:
    """Where brackets go deeper than we allow, in what a parser read ahead of its events before it gave up.

    Some versions of libyaml have a limit of their own, and meet it before they tell us of a single bracket.
    """
    for place in range(start, end):
        depth += (text[place] in "[{") - (text[place] in "]}")
        if depth > LIMIT_DEPTH:
            return place
    return None


def _explained(words: str, source: Source | None) -> tuple[str, str]:
    """What is wrong, and what usually helps: YAML's own words say what the parser met, seldom what the author did."""
    if source and "\t" in source.text[: source.column]:
        return "a tab indents here", "indent with spaces"
    if "mapping values are not allowed" in words:
        return "a second colon stands here", "put text that holds “: ” in quotes, and check the indentation"
    if "cannot start any token" in words:
        return "no text starts with this character", "put text that starts with one of @ ` % in quotes"
    if "alias" in words or "anchor" in words:
        return words, "put text that starts with * or & in quotes"
    if "',' or" in words or "end of stream" in words:
        return words, "close the bracket or the quote, or put text that holds brackets or commas in quotes"
    return words, "check the indentation, quotes and brackets here and on the line before"


def _spot(event: yaml.Event) -> tuple[int, int]:
    """Line and column from 1. The parser marks every event; only the types leave it open."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


@frozen
class _Anchored:
    """A node that an alias may repeat: how many nodes it stands for, and how deep it is."""

    node: Node
    size: int
    height: int


class _Builder:
    """Puts events together into a tree. `_made` counts nodes, aliases by what they stand for."""

    def __init__(self, file: YamlFile, events: Iterator[yaml.Event]) -> None:
        self._file = file
        self._events = events
        self._anchors: dict[str, _Anchored | None] = {}
        self._made = 0
        self._aliased = 0

    def document(self) -> Node:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    todo = "keep one document a file: split the file"
                    raise self._mistake(event, "a second document starts here", todo)
                root, _ = self._node(next(self._events), 0)
        if root is None or (isinstance(root, YamlScalar) and root.nothing):
            raise UsageError("the file is empty", source=self._file.source(1, 1), todo="write something in it")
        return root

    def _mistake(self, event: yaml.Event, what: str, todo: str) -> UsageError:
        return UsageError(what, source=self._file.source(*_spot(event)), todo=todo)

    def _node(self, event: yaml.Event, depth: int) -> tuple[Node, int]:
        """What begins with an event, within so many maps and lists; and how deep it is itself."""
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event, depth)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)  # noqa: S101 - a parser gives no others
        if event.tag is not None:
            what = f"the tag {event.tag} has no meaning here"
            raise self._mistake(event, what, "remove it: everything is text, map or list")
        before = self._made
        self._made += 1
        node, height = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else self._collection(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(node, self._made - before, height)
        return node, height

    def _scalar(self, event: yaml.ScalarEvent) -> tuple[Node, int]:
        text = event.value.translate(_UNSHIELD) if _OPEN in event.value else event.value
        return YamlScalar(self._file, *_spot(event), text, plain=not event.style), 0

    def _collection(self, event: yaml.CollectionStartEvent, depth: int) -> tuple[Node, int]:
        """A map or a list. Until it ends, what it is anchored as holds itself."""
        if depth >= LIMIT_DEPTH:
            raise self._mistake(event, _DEEPER, _FLATTER)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        is_map = isinstance(event, yaml.MappingStartEvent)
        keys, values, height = dict[str, YamlScalar](), list[Node](), 0
        while not isinstance(inner := next(self._events), yaml.CollectionEndEvent):
            if is_map:
                self._key(inner, depth + 1, keys)
                inner = next(self._events)
            value, below = self._node(inner, depth + 1)
            values.append(value)
            height = max(height, below)
        if is_map:
            return YamlMap(self._file, *_spot(event), tuple(zip(keys.values(), values, strict=True))), height + 1
        return YamlList(self._file, *_spot(event), tuple(values)), height + 1

    def _repeated(self, event: yaml.AliasEvent, depth: int) -> tuple[Node, int]:
        name = event.anchor or ""
        if name not in self._anchors:
            todo = did_you_mean(name, self._anchors) or f"write &{name} before what it should repeat"
            raise self._mistake(event, f"nothing before this is anchored as “{name}”", todo)
        anchored = self._anchors[name]
        if anchored is None:
            raise self._mistake(event, f"“{name}” holds itself", "write out what is meant")
        self._made += anchored.size
        self._aliased += anchored.size
        if self._aliased > LIMIT_ALIASED or depth + anchored.height > LIMIT_DEPTH:
            raise self._mistake(event, "the aliases of this file stand for too much", "write out what is meant")
        return anchored.node, anchored.height

    def _key(self, event: yaml.Event, depth: int, keys: dict[str, YamlScalar]) -> None:
        if isinstance(event, yaml.CollectionStartEvent) and event.tag is None:
            raise self._mistake(event, "a key is a map or a list here; text is wanted", "put the key in quotes")
        key, _ = self._node(event, depth)
        if not isinstance(key, YamlScalar) or key.nothing:
            raise UsageError("text is wanted as a key", source=key.source, todo="write the key’s name")
        if key.plain and key.text == "<<":
            todo = "write the keys out, or use an alias for a whole value"
            raise UsageError("merge keys (<<) are not read", source=key.source, todo=todo)
        if key.text in keys:
            what = f"“{key.text}” stands twice in this map; the first is on line {keys[key.text].line}"
            raise UsageError(what, source=key.source, todo="keep one of them")
        keys[key.text] = key
