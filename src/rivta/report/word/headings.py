"""Headings of a Word document, numbered as Word shows them."""

from __future__ import annotations

import re

from lxml import etree

from rivta.model.errors import Unreadable
from rivta.report.word.paragraphs import WORD, Paragraph
from rivta.text import xml

_OWN_NAME = re.compile(r"(?:heading|rubrik)\s*([1-9])", re.IGNORECASE)


def heading_levels(styles: bytes | None) -> dict[str, int]:
    """The styles that are headings, each with its level from 1. Word calls them “heading 1” in every language."""
    try:
        root = xml.parse(styles or b"")
    except Unreadable:  # the document is readable without its styles
        return {}
    levels = {}
    for style in root.iter(*(f"{{{namespace}}}style" for namespace in WORD)):
        name = _OWN_NAME.fullmatch(_value(style, "name"))
        if name:
            levels[_attribute(style, "styleId")] = int(name[1])
    return levels


def _value(style: etree._Element, child: str) -> str:
    found = next(style.iterchildren(*(f"{{{namespace}}}{child}" for namespace in WORD)), None)
    return "" if found is None else _attribute(found, "val")


def _attribute(element: etree._Element, name: str) -> str:
    return next((value for key, value in element.items() if key.endswith("}" + name)), "")


class Numbering:
    """Counts headings: `2.2.1` for the first of the third level under the second of the second, under the second.

    A heading that stands before any of the level above opens that level silently, as Word does: the published forms have
    an introduction without a number, and its parts are 1.1, 1.2 and so on.
    """

    def __init__(self, levels: dict[str, int]) -> None:
        self._levels = levels
        self._counts: list[int] = []

    def level(self, paragraph: Paragraph) -> int | None:
        """The paragraph's level as a heading, from 1; None if it is none, or says nothing."""
        own = _OWN_NAME.fullmatch(paragraph.style)
        level = self._levels.get(paragraph.style) or (int(own[1]) if own else None)
        return level if paragraph.text.strip() else None

    def number(self, paragraph: Paragraph, level: int) -> str:
        """The heading's number, counted on; empty for one that is in no numbered list."""
        if paragraph.level is None:
            return ""
        counts = self._counts[:level] + [1] * (level - 1 - len(self._counts))
        self._counts = [*counts[: level - 1], (counts[level - 1] if len(counts) >= level else 0) + 1]
        return ".".join(map(str, self._counts))
