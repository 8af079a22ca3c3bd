"""The text of a message as people read it: numbered by line, shortened where it is large."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from rivta.model.errors import Unreadable
from rivta.model.frozen import frozen
from rivta.text import xml

SHOWN_CHARACTERS = 64 * 1024
"""A longer text is shown shortened. Long values (attachments) go first, then the end."""

_LONG_VALUE = re.compile(
    r"(?<![^<>\n])[^<>\n]{2000,}"
)  # from where a value begins: to try each letter of it takes seconds
_KEPT_OF_VALUE = 120
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_STEP = re.compile(r"(?:(?P<prefix>[\w.-]+):)?(?P<name>[\w.-]+|\*)(?P<position>\[\d+\])?")
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
    start = "//" if location.startswith("//") else "/"
    for test in (_exactly, _by_name):
        found = root.xpath(start + "/".join(f"*[{test(step)}]{step['position'] or ''}" for step in steps))
        if found:
            line: int = found[0].sourceline
            return line
    return None


def _exactly(step: re.Match[str]) -> str:
    """As `xml.path_of` names elements: without a prefix there is none in the document either."""
    prefix, name = step["prefix"], step["name"]
    return (
        f"local-name()='{name}' and namespace::*[name()='{prefix}']=namespace-uri()" if prefix else f"name()='{name}'"
    )


def _by_name(step: re.Match[str]) -> str:
    """As people and rules write paths: a prefix that the document does not know may stand for anything."""
    named = "true()" if step["name"] == "*" else f"local-name()='{step['name']}'"
    return f"{named} and not(namespace::*[name()='{step['prefix']}']!=namespace-uri())" if step["prefix"] else named


def in_text(text: str) -> str:
    """Escaped for an element's content, where quotes and `>` are harmless; a third smaller than the general escape."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def lines(text: str) -> list[str]:
    """The text's lines as XML counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@frozen
class Listing:
    """Lines of a text as they are shown, numbered from `first` on. `marks` are what is put to some of them, by number; each of these has
    an `id` then, `anchor` and its number, where there is an anchor.
    """

    rows: Sequence[str]
    first: int = 1
    marks: Mapping[int, str] = field(default_factory=dict)
    anchor: str = ""
    is_numbered: bool = True

    def __html__(self) -> str:
        rows = in_text("\n".join(self.rows)).split("\n")
        if not self.is_numbered:
            # HTML drops a line break right after the tag, so that one must stand there for one that is the text's own.
            return '<pre class="code">\n' + "\n".join(rows) + "</pre>"
        items = [f"<li>{row}</li>" for row in rows]
        for number, mark in self.marks.items():
            place, anchor = number - self.first, f' id="{self.anchor}{number}"' if self.anchor else ""
            items[place] = f'<li{anchor} class="hit"><mark>{rows[place]}</mark>{f" {mark}" if mark else ""}</li>'
        kind = "code long" if len(items) > _LONG else "code"
        start = f' start="{self.first}"' if self.first > 1 else ""
        return f'<ol class="{kind}"{start}>' + "\n".join(items) + "</ol>"


def opening(rows: Sequence[str]) -> Listing:
    """The first lines of a text, numbered as in the whole."""
    return Listing([row if len(row) < _WIDTH else row[:_WIDTH] + "…" for row in rows[:_OPENING]])


def excerpt(rows: Sequence[str], number: int) -> Listing:
    """The few lines around one line, numbered as in the whole, without the indentation that they share."""
    first = max(number - _BEFORE, 1)
    around = rows[first - 1 : number + _AFTER]
    margin = min((len(row) - len(row.lstrip()) for row in around if row.strip()), default=0)
    shown = [row[margin:] if len(row) < _WIDTH else row[margin:_WIDTH] + "…" for row in around]
    return Listing(shown, first, {number: ""})
