"""The text of a message as people read it: numbered by line, shortened where it is large."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from lxml import etree
from markupsafe import Markup

from rivta.model.errors import Unreadable
from rivta.text import xml

SHOWN_CHARACTERS = 64 * 1024
"""A longer text is shown shortened. Long values (attachments) go first, then the end."""

_LONG_VALUE = re.compile(
    r"(?<![^<>\n])[^<>\n]{2000,}"
)  # from where a value begins: to try each letter of it takes seconds
_KEPT_OF_VALUE = 120
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_STEP = re.compile(r"(?:(?P<prefix>[\w.-]+):)?(?P<name>[\w.-]+|\*)(?:\[(?P<position>\d+)\])?")
_Fits = Callable[[etree._Element, re.Match[str]], bool]
_LEAF = ("@", "text()")
_LONG = 100
"""Lists of more lines are laid out by the browser when they come into sight: all at once would take it seconds."""
_BEFORE, _AFTER, _WIDTH, _OPENING = 2, 3, 240, 12


def shorten(text: str, left_out: str) -> str:
    """A long text made short, no line moved: long values lose their end, then the text its own. `left_out` says `{n}`."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    shorter = _LONG_VALUE.sub(lambda found: _cut(found.group(), _KEPT_OF_VALUE, left_out), text)
    if len(shorter) <= SHOWN_CHARACTERS:
        return shorter
    end_of_line = shorter.rfind("\n", 0, SHOWN_CHARACTERS)
    return _cut(shorter, end_of_line + 1 or SHOWN_CHARACTERS, left_out)


def _cut(text: str, kept: int, left_out: str) -> str:
    return text[:kept] + left_out.format(n=len(text) - kept)


def line_of(text: str, location: str) -> int | None:
    """The line of the element that a location names (`/soapenv:Envelope/…/c:patient[2]`, `//result/resultCode`), or None."""
    names = [step for step in location.lstrip("/").split("/") if not step.startswith(_LEAF)]
    steps = [step for name in names if (step := _STEP.fullmatch(name))]
    if not location.startswith("/") or len(steps) != len(names) or not steps:
        return None
    try:
        root = xml.parse(_DECLARATION.sub("", text).encode())
    except (Unreadable, UnicodeEncodeError):
        return None
    is_anywhere = location.startswith("//")
    for fits in (_fits_exactly, _fits_by_name):
        starts = root.iter(etree.Element) if is_anywhere else iter([root])
        found = (_walk(start, steps[1:], fits) for start in starts if fits(start, steps[0]))
        if (element := next(filter(lambda each: each is not None, found), None)) is not None:
            return element.sourceline
    return None


def _walk(element: etree._Element, steps: Sequence[re.Match[str]], fits: _Fits) -> etree._Element | None:
    for step in steps:
        same = (child for child in element.iterchildren(etree.Element) if fits(child, step))
        found = next(islice(same, int(step["position"] or 1) - 1, None), None)
        if found is None:
            return None
        element = found
    return element


def _fits_exactly(element: etree._Element, step: re.Match[str]) -> bool:
    """As `xml.path_of` names elements: without a prefix there is none in the document either."""
    name, prefix = etree.QName(element), step["prefix"]
    if step["name"] != name.localname:
        return False
    return element.prefix is None if prefix is None else element.nsmap.get(prefix) == name.namespace


def _fits_by_name(element: etree._Element, step: re.Match[str]) -> bool:
    """As people and rules write paths: a prefix that the document does not know may stand for anything."""
    name = etree.QName(element)
    known = element.nsmap.get(step["prefix"]) if step["prefix"] else None
    return step["name"] in (name.localname, "*") and known in (None, name.namespace)


def in_text(text: str) -> str:
    """Escaped for an element's content, where quotes and `>` are harmless; a third smaller than the general escape."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def lines(text: str) -> list[str]:
    """The text's lines as XML counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def numbered(rows: Sequence[str], marks: Mapping[int, Markup], anchor: str) -> Markup:
    """Lines as a numbered list. A marked one gets an `id` (`anchor` and its number) and whatever its mark holds."""
    items = [f"<li>{row}</li>" for row in in_text("\n".join(rows)).split("\n")]
    for number, mark in marks.items():
        row = in_text(rows[number - 1])
        items[number - 1] = f'<li id="{anchor}{number}" class="hit"><mark>{row}</mark> {mark}</li>'
    # Rows are escaped above, marks are Markup already, anchors come from Anchors.
    kind = "code long" if len(items) > _LONG else "code"
    return Markup(f'<ol class="{kind}">' + "\n".join(items) + "</ol>")  # noqa: S704


def plain(rows: Sequence[str]) -> Markup:
    # HTML drops a line break right after the tag, so that one must stand there for one that is the text's own.
    return Markup('<pre class="code">\n{}</pre>').format(Markup(in_text("\n".join(rows))))  # noqa: S704  # escaped


def opening(rows: Sequence[str]) -> Markup:
    """The first lines of a text, numbered as in the whole."""
    shown = [in_text(row if len(row) < _WIDTH else row[:_WIDTH] + "…") for row in rows[:_OPENING]]
    return Markup('<ol class="code">' + "\n".join(f"<li>{row}</li>" for row in shown) + "</ol>")  # noqa: S704  # escaped


def excerpt(rows: Sequence[str], number: int) -> Markup:
    """The few lines around one line, numbered as in the whole, without the indentation that they share."""
    first = max(number - _BEFORE, 1)
    around = rows[first - 1 : number + _AFTER]
    margin = min((len(row) - len(row.lstrip()) for row in around if row.strip()), default=0)
    shown = [in_text(row[margin:] if len(row) < _WIDTH else row[margin:_WIDTH] + "…") for row in around]
    items = [
        f'<li class="hit"><mark>{row}</mark></li>' if place == number else f"<li>{row}</li>"
        for place, row in enumerate(shown, first)
    ]
    return Markup(f'<ol class="code" start="{first}">' + "\n".join(items) + "</ol>")  # noqa: S704  # rows are escaped
