"""The view as data for the template: plain lists and texts by the names that the view has, links only to what is printed."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from markupsafe import Markup

from rivta.model.run import Run
from rivta.report import layout
from rivta.report.layout import SYMBOLS, ReportLink, View
from rivta.report.listing import Listing
from rivta.report.voice import ANSWER_KEYS, STATE_KEYS
from rivta.text.catalogue import Words, words

INK, SOFT = "#1a1d21", "#4f585f"
_CSS = layout.packaged("declaration.css")
_NAMED = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", _CSS.partition("prefers-color-scheme: dark")[0]))
COLOURS = {
    key: _NAMED[name] for key, name in re.findall(r"^\.s-([a-z-]+) { color: var\(--([a-z-]+)\)", _CSS, re.MULTILINE)
}
"""The states' colours on paper, as `declaration.css` has them in the light."""

_SHAPES = re.sub(r"</?svg[^>]*>", "", str(SYMBOLS))
_STYLE = "".join(f".s-{key}{{color:{colour}}}" for key, colour in COLOURS.items()) + (
    f".within{{fill:#0a4f8f}}.over{{fill:{COLOURS['failed']}}}"
    f".lifeline{{stroke:#9aa4ab}}.call{{stroke:#0a4f8f;fill:#0a4f8f}}path.over{{stroke:{COLOURS['failed']}}}"
    f".p50,.p99{{stroke:{INK}}}.hindered{{fill:{COLOURS['blocked']}}}"
    f".quiet{{fill:{SOFT}}}"
    f"text{{fill:{INK};font-family:'Libertinus Serif'}}.tick{{fill:{SOFT}}}"
)
_OPENING = 12
"""So many lines of a reply that cannot be read are shown."""
_RED_ONLY = frozenset({"sequence", "checks", "exchanges"})
"""What is printed only of cases that somebody will want to look into."""
_TWICE = frozenset({"findings", "met", "unmet"})
"""What a case tells of its checks once more."""


def content_of(view: View, run: Run, head: str) -> View:
    """Everything that the template prints. `head` as for `render`."""
    said = words("report", view["lang"])
    printed = {name: part for name, part in view.items() if name not in {"parts", "trace"}}
    printed |= {
        "requirements": [
            {**domain, "rows": [{**row, "cases": [*_shortened(row["cases"])]} for row in domain["rows"]]}
            for domain in view["requirements"]
        ],
        "cases": [{**suite, "cases": [_case(each, said) for each in suite["cases"]]} for suite in view["cases"]],
        "strays": view["strays"] and [_case(each, said) for each in view["strays"]],
    }
    return {
        "words": dict(said),
        "author": f"rivta {run.header.rivta}",
        "run": run.header.run,
        "seal": head,
        "symbols": symbols(),
        "colours": COLOURS,
        **_plain(printed, frozenset(_anchors(printed))),
    }


def _case(case: View, said: Words) -> View:
    without = _TWICE if case["is_red"] else _TWICE | _RED_ONLY
    told = {name: value for name, value in case.items() if name not in without}
    # What a file of a note shows stands in the HTML report.
    files = [[{name: file[name] for name in ("name", "facts")} for file in note["files"]] for note in case["notes"]]
    told["notes"] = [note | {"files": own} for note, own in zip(case["notes"], files, strict=True)]
    if not case["is_red"]:
        return told
    checks = [{name: value for name, value in check.items() if name != "like"} for check in case["checks"]]
    return told | {"checks": checks, "exchanges": [_exchange(each, said) for each in case["exchanges"]]}


def _exchange(exchange: View, said: Words) -> View:
    """What is told of a call; of its messages, which are not printed, where they are."""
    messages = [message for message in (exchange["request"], exchange["response"]) if message]
    bodies = [(message["heading"], message["body"]) for message in messages]
    others = (
        (said["tls"], exchange["tls"]),
        *((name, body["here"]["facts"] if body["here"] else body["elsewhere"].words) for name, body in bodies),
        (exchange["problem_heading"], exchange["problem"]),
        (said["response"], exchange["no_response"]),
    )
    facts = [*exchange["facts"], *((name, told) for name, told in others if told)]
    return {"heading": exchange["heading"], "opens": exchange["opens"], "facts": facts, "lines": _opening(exchange)}


def _anchors(value: Any) -> Iterator[str]:
    """What is printed with a place of its own."""
    if isinstance(value, dict):
        yield from (value["anchor"],) if "anchor" in value else ()
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for each in value:
        yield from _anchors(each)


def _plain(value: Any, places: frozenset[str]) -> Any:
    """Values as JSON knows them. A link to what is not printed keeps its words only."""
    if isinstance(value, ReportLink):
        anchor = value.href.removeprefix("#")
        return {"to": anchor if anchor in places else "", "words": value.words}
    if isinstance(value, Markup):
        return with_style(value)
    if isinstance(value, Listing):
        value = _lines(value)
    if isinstance(value, dict):
        return {name: _plain(each, places) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, places) for each in value]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name), places) for each in fields(value)}
    return value


def _shortened(cases: Iterable[ReportLink]) -> Iterator[ReportLink]:
    """Cases with their contract named once: `RegisterLoan/1.1, 1.2`."""
    before = ""
    for link in cases:
        contract, _, rest = link.words.partition("/")
        yield ReportLink(link.href, rest) if rest and contract == before else link
        before = contract


def _opening(exchange: View) -> list[View]:
    """The beginning of a message that could not be read: no check has looked into it."""
    own = exchange["request" if exchange["is_inbound"] else "response"]
    here = own["body"]["here"] if own and exchange["problem"] else None
    return _lines(here["raw"], _OPENING) if here and here["raw"] else []


def _lines(listing: Listing, most: int | None = None) -> list[View]:
    """The lines of a listing, with their numbers and which of them is meant."""
    rows = enumerate(listing.rows[:most], listing.first)
    return [{"number": number, "text": row, "hit": number in listing.marks} for number, row in rows]


def with_style(drawing: str) -> Markup:
    """A drawing of the report that needs nothing around it."""
    opening, separator, rest = str(drawing).partition(">")
    opening = opening.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    whole = f"{opening}{separator}<style>{_STYLE}</style><defs>{_SHAPES}</defs>{rest}"
    return Markup(visible(whole))  # noqa: S704  # what its template escaped, and our own


def symbols() -> dict[str, Markup]:
    """A drawing a state."""
    return {
        key: with_style(f'<svg viewBox="0 0 16 16" width="16" height="16"><use href="#s-{key}" class="s-{key}"/></svg>')
        for key in (*STATE_KEYS, *ANSWER_KEYS)
    }


# What in a text cannot go onto paper as it is: what nobody would see, what no font has, what is wider than its column


BREAK = "\N{ZERO WIDTH SPACE}"
"""Where the template may end a line within a long word. It never comes from the evidence: there it is made visible."""

_UNUSUAL = re.compile(r"[^\n -~\xa0-\xac\xae-\u024f–—…‘’“”]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode's categories of what has no shape: controls, text direction, private use, halves of characters, separators."""
_UNCOMMON = re.compile(r"[^\n\u200b -~\xa0-\xac\xae-\u017f–—‘’‚“”„†‡•…‰‹›€™−→←↑↓≤≥≠Α-ΡΣ-Ωα-ωА-я]")
_LONG_WORD = re.compile(r"[^\s/-]{13,}")
_CHECKSUM = re.compile(r"[0-9a-f]{64}(?![0-9a-f])")
_SEAM = re.compile(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])|(?<=[._:#=&;,@?>])(?=\w)")
_PIECE = re.compile(r"\S{12}(?=\S)")


def shown(value: Any, *, only_common: bool = False) -> Any:
    """The data with every text made printable; `only_common` leaves only letters that every font has."""
    if isinstance(value, Markup):  # a drawing
        return value
    if isinstance(value, str):
        plain = visible(value.replace("\r\n", "\n").replace("\t", "    "))
        common = _UNCOMMON.sub(_named, plain) if only_common else plain
        return _LONG_WORD.sub(_breakable, common)
    if isinstance(value, dict):
        return {key: shown(each, only_common=only_common) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown(each, only_common=only_common) for each in value]
    return value


def visible(text: str) -> str:
    """The text with everything named that has no shape: `‹U+202E›`. What is read must be what was sent."""
    return _UNUSUAL.sub(lambda found: _named(found) if unicodedata.category(found[0]) in _INVISIBLE else found[0], text)


def _named(found: re.Match[str]) -> str:
    return f"‹U+{ord(found.group()):04X}›"


def _breakable(found: re.Match[str]) -> str:
    """At the seams of a name where it has any, else anywhere. A checksum stays whole: it is set where it has room."""
    if _CHECKSUM.match(found.group()):
        return found.group()
    pieces = _SEAM.sub(BREAK, found.group()).split(BREAK)
    return BREAK.join(map(_in_reach, pieces))


def _in_reach(piece: str) -> str:
    longest = 19 if piece.isalpha() and piece.islower() else 14
    return _PIECE.sub(rf"\g<0>{BREAK}", piece) if len(piece) > longest else piece
