"""The two kinds of test data that are more than text: `{file: letter.pdf, as: base64}` and `{repeat: QUJD, times: 3}`."""

from __future__ import annotations

import re
from pathlib import Path

from rivta.model.errors import UsageError
from rivta.model.words import Source, Value
from rivta.text.yaml.shape import Found
from rivta.text.yaml.tree import Node, YamlList, YamlMap

_FORMS = ("text", "base64")


def settled(value: Value, node: Node, folder: Path, found: Found) -> Value:
    """The same test data, its files looked up from the folder it was written in and made absolute.

    A file that is not there, a form other than text and base64, and a count that is no number are mistakes.
    """
    match value, node:
        case dict(), YamlMap():
            if value.keys() in ({"file"}, {"file", "as"}):
                return _file(value, node, folder, found)
            if value.keys() == {"repeat", "times"}:
                _check_times(value["times"], node, found)
                return value
            return {key.text: settled(value[key.text], inner, folder, found) for key, inner in node.entries}
        case list(), YamlList():
            return [settled(item, inner, folder, found) for item, inner in zip(value, node.items, strict=True)]
    return value


def without_bulk(value: Value) -> Value:
    """The same test data with nothing in place of files and repetitions: enough to see which names lead where."""
    match value:
        case dict():
            is_bulk = value.keys() in ({"file"}, {"file", "as"}, {"repeat", "times"})
            return "" if is_bulk else {key: without_bulk(inner) for key, inner in value.items()}
        case list():
            return [without_bulk(item) for item in value]
    return value


def _file(value: dict[str, Value], node: YamlMap, folder: Path, found: Found) -> Value:
    path = folder.absolute() / str(value["file"])
    if not path.is_file():
        found.append(no_file(str(value["file"]), node.source_of("file")))
    if value.get("as", "text") not in _FORMS:
        found.append(
            UsageError("a file is taken as text or base64", source=node.source_of("as"), todo="write one of them")
        )
    return value | {"file": str(path)}


def no_file(name: str, source: Source) -> UsageError:
    return UsageError(
        f"there is no file {name}", source=source, todo="file names are relative to the folder of this file"
    )


def _check_times(times: Value, node: YamlMap, found: Found) -> None:
    if not re.fullmatch(r"[0-9]{1,9}|.*\$\{.*", str(times)):
        found.append(UsageError("“times” is a whole number", source=node.source_of("times"), todo="write digits"))
