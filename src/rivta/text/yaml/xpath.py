"""Whether an XPath expression that stands in a file can be evaluated, with the prefixes declared there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from lxml import etree

from rivta.model.errors import UsageError, did_you_mean
from rivta.text.yaml.shape import Found
from rivta.text.yaml.tree import YamlScalar

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
