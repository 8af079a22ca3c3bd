"""What a value must be beyond its form: an XPath expression that can be evaluated, a file that is there.

Test data are more than text in two ways: `{file: letter.pdf, as: base64}` and `{repeat: QUJD, times: 3}`.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from lxml import etree

from rivta.model.errors import UsageError, did_you_mean
from rivta.model.words import Source, Value
from rivta.text.yaml.shape import Found
from rivta.text.yaml.tree import Node, YamlList, YamlMap, YamlScalar

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


# Whether an XPath expression can be evaluated, with the prefixes that are declared


# Quoted text comes first, so that nothing in it is taken for a prefix; an axis (child::) is none.
_PREFIXED = re.compile(r"\"[^\"]*\"|'[^']*'|([A-Za-z_][\w.-]*):(?=[\w*])")


def check_xpath(expression: str, node: YamlScalar, namespaces: Mapping[str, str], found: Found) -> None:
    """An XPath 1.0 expression that does not compile, or uses a prefix or a function that nobody declared, is a mistake.

    `node` is where it stands. Whoever has placeholders in it has put something harmless in their places.
    """
    for prefixed in _PREFIXED.finditer(expression):
        prefix = prefixed[1]
        if prefix and prefix not in namespaces:
            todo = did_you_mean(prefix, namespaces) if namespaces else "declare it under namespaces:"
            what = f"the prefix “{prefix}” is not declared under namespaces"
            found.append(UsageError(what, source=node.place_of(f"{prefix}:"), todo=todo))
            return
    problem = _problem(expression, tuple(sorted(namespaces.items())))
    if problem:
        what = f"this is no XPath expression: {problem[0].lower()}{problem[1:]}"
        found.append(UsageError(what, source=node.source, todo="check brackets, quotes and names; it is XPath 1.0"))


@lru_cache(maxsize=4096)
def _problem(expression: str, namespaces: tuple[tuple[str, str], ...]) -> str:
    """Why an expression cannot be evaluated; empty when it can. Files repeat few expressions many times."""
    try:
        etree.XPath(expression, namespaces=dict(namespaces))(etree.Element("anything"))
    except etree.XPathError as problem:
        return str(problem)
    return ""
