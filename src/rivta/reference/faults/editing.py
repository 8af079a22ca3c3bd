"""Ways to change a draft: small edits of its payload that faults of content are made of.

Paths are XPath from the SOAP body's element, with the prefix `c` for the domain's own namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lxml import etree

from rivta.reference.compose import NAMESPACES
from rivta.reference.letter import CONTRACT_OF, Draft

Edit = Callable[[Draft], Draft]
REFERRALS: Final = frozenset({"NR", "AR", "AB", "VR"})
CONFIRMATIONS: Final = frozenset({"BEK", "KOM", "VID", "AVB", "AVV"})
OUTCOMES: Final = frozenset({"DSV", "PSV", "SSV"})


def elements(root: etree._Element, path: str) -> Iterator[etree._Element]:
    """The elements at a path."""
    found = root.xpath(path, namespaces=NAMESPACES)
    yield from (node for node in (found if isinstance(found, list) else []) if isinstance(node, etree._Element))


def only(kinds: Iterable[str], edit: Edit) -> Edit:
    """The edit, of messages of these kinds only."""
    wanted = frozenset(kinds)
    return lambda draft: edit(draft) if draft.kind in wanted else draft


def attribute(path: str, name: str, new: Callable[[str, Draft], str]) -> Edit:
    """An attribute's value made into another."""

    def edit(draft: Draft) -> Draft:
        for element in elements(draft.payload, path):
            element.set(name, new(element.get(name, ""), draft))
        return draft

    return edit


def text(path: str, new: Callable[[str, Draft], str]) -> Edit:
    """An element's text made into another."""

    def edit(draft: Draft) -> Draft:
        for element in elements(draft.payload, path):
            element.text = new(element.text or "", draft)
        return draft

    return edit


def without(path: str) -> Edit:
    """Elements left out."""

    def edit(draft: Draft) -> Draft:
        for element in elements(draft.payload, path):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
        return draft

    return edit


def sends(kinds: Iterable[str]) -> Callable[[Draft], bool]:
    """Whether a draft is of one of these kinds."""
    wanted = frozenset(kinds)
    return lambda draft: draft.kind in wanted


def kinds_of(contract: str) -> frozenset[str]:
    """The kinds of messages that go by a contract."""
    return frozenset(kind for kind, by in CONTRACT_OF.items() if by == contract)
