"""The view as data for the template: plain lists and texts by the names that the view has, links only to what is printed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from html import unescape
from typing import Any

from markupsafe import Markup

from rivta.model.run import Run
from rivta.report.cases import CaseView
from rivta.report.drawing import SYMBOLS
from rivta.report.exchanges import ExchangeView, MessageView
from rivta.report.links import Link
from rivta.report.pdf.shown import visible
from rivta.report.requirements import RowView
from rivta.report.view import View
from rivta.report.voice import ANSWER_KEYS, STATE_KEYS
from rivta.text.catalogue import words

INK, SOFT = "#1a1d21", "#4f585f"
COLOURS = {
    "passed": "#1d6b3c",
    "failed": "#a8231b",
    "error": "#7a2a83",
    "blocked": "#8c4400",
    "not-proven": "#6b5900",
    "manual": "#1f5f8b",
    "not-tested": "#5a5478",
    "not-applicable": "#59636b",
    "blank": "#4f585f",
    "missing": "#a8231b",
    "contradictory": "#7a2a83",
    "changed": "#8c4400",
    "proposed": "#6b5900",
    "answered": "#1f5f8b",
    "confirmed": "#1d6b3c",
}
"""The states' colours on paper, as `declaration.css` has them in the light."""

_SHAPES = re.sub(r"</?svg[^>]*>", "", str(SYMBOLS))
_STYLE = "".join(f".s-{key}{{color:{colour}}}" for key, colour in COLOURS.items()) + (
    f".within{{fill:#0a4f8f}}.over{{fill:{COLOURS['failed']}}}"
    f".lifeline{{stroke:#9aa4ab}}.call{{stroke:#0a4f8f;fill:#0a4f8f}}path.over{{stroke:{COLOURS['failed']}}}"
    f".quiet{{fill:{SOFT}}}"
    f"text{{fill:{INK};font-family:'Libertinus Serif'}}.tick{{fill:{SOFT}}}"
)
_FIRST = re.compile(r'<ol[^>]* start="(\d+)"')
_ROW = re.compile(r"<li(?P<attributes>[^>]*)>(?:<mark>)?(?P<text>[^<]*)")
"""A line as `listing` makes them, where a text's own `<` is always `&lt;`."""
_PLAIN = re.compile(r"<pre[^>]*>\n?([^<]*)</pre>")
"""Lines without numbers, as `listing` makes them."""
_OPENING = 12
"""So many lines of a reply that cannot be read are shown."""
_UNFOLDED = frozenset({"sequence", "checks", "exchanges"})
"""What is printed only of cases that somebody will want to look into."""

Data = dict[str, Any]


def content_of(view: View, run: Run, head: str) -> Data:
    """Everything that the template prints. `head` as for `render`."""
    return {
        "words": dict(words("report", view.lang)),
        "author": f"rivta {run.header.rivta}",
        "run": run.header.run,
        "seal": head,
        "symbols": symbols(),
        "colours": COLOURS,
        **_Printed(view).fields(view),
    }


class _Printed:
    """Turns values of the view into data. A link to what is not printed keeps its words only."""

    def __init__(self, view: View) -> None:
        self._places = frozenset(_places(view))
        self._words = words("report", view.lang)

    def of(self, value: object) -> Any:
        if isinstance(value, Link):
            anchor = value.href.removeprefix("#")
            return {"to": anchor if anchor in self._places else "", "words": value.words}
        if isinstance(value, Markup):
            return with_style(value) if value.startswith("<svg") else _lines(value)
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        return self.fields(value) if is_dataclass(value) else value

    def fields(self, value: Any) -> Data:
        if isinstance(value, ExchangeView):
            return {
                "heading": value.heading,
                "opens": value.opens,
                "facts": self._facts(value),
                "lines": _opening(value),
            }
        without = _UNFOLDED if isinstance(value, CaseView) and not value.is_red else ()
        told = {each.name: self.of(getattr(value, each.name)) for each in fields(value) if each.name not in without}
        return told | {"cases": self.of([*_shortened(value.cases)])} if isinstance(value, RowView) else told

    def _facts(self, exchange: ExchangeView) -> list[tuple[str, str]]:
        """What is told of a call; of its messages, which are not printed, where they are."""
        messages = (_message(message) for message in (exchange.request, exchange.response) if message)
        others = (
            (self._words["tls"], exchange.tls),
            *messages,
            (exchange.problem_heading, exchange.problem),
            (self._words["response"], exchange.no_response),
        )
        return [*exchange.facts, *((name, told) for name, told in others if told)]


def _places(view: View) -> Iterator[str]:
    """What is printed with a place of its own."""
    yield from (row.anchor for domain in view.requirements for row in domain.rows)
    found = view.deviations
    yield from (each.anchor for each in (*found.approved, *found.known))
    yield from (each.anchor for each in found.new)
    if view.form:
        yield from (question.anchor for section in view.form.sections for question in section.questions)
    for case in (*(case for suite in view.cases for case in suite.cases), *(view.strays or ())):
        yield case.anchor
        if case.is_red:
            yield from (check.anchor for check in case.checks)
            yield from (finding.anchor for finding in case.findings)


def _shortened(cases: Iterable[Link]) -> Iterator[Link]:
    """Cases with their contract named once: `RegisterLoan/1.1, 1.2`."""
    before = ""
    for link in cases:
        contract, _, rest = link.words.partition("/")
        yield Link(link.href, rest) if rest and contract == before else link
        before = contract


def _message(message: MessageView) -> tuple[str, str]:
    body = message.body
    return message.heading, body.here.facts if body.here else body.elsewhere.words if body.elsewhere else ""


def _opening(exchange: ExchangeView) -> list[Data]:
    """The beginning of a message that could not be read: no check has looked into it."""
    own = exchange.request if exchange.is_inbound else exchange.response
    raw = own.body.here.raw if exchange.problem and own and own.body.here else None
    return _lines(raw)[:_OPENING] if raw else []


def _lines(listing: Markup) -> list[Data]:
    """The lines of a listing, with their numbers and which of them is meant."""
    first = _FIRST.search(listing)
    start = int(first[1]) if first else 1
    plain = _PLAIN.fullmatch(listing)
    if plain:
        rows = [(row, False) for row in plain[1].split("\n")]
    else:
        rows = [(row["text"], "hit" in row["attributes"]) for row in _ROW.finditer(listing)]
    return [{"number": n, "text": unescape(row), "hit": is_hit} for n, (row, is_hit) in enumerate(rows, start)]


def with_style(drawing: str) -> Markup:
    """A drawing of `drawing.py` that needs nothing around it."""
    opening, separator, rest = str(drawing).partition(">")
    opening = opening.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    whole = f"{opening}{separator}<style>{_STYLE}</style><defs>{_SHAPES}</defs>{rest}"
    return Markup(visible(whole))  # noqa: S704  # what `drawing` escaped, and our own


def symbols() -> dict[str, Markup]:
    """A drawing a state."""
    return {
        key: with_style(f'<svg viewBox="0 0 16 16" width="16" height="16"><use href="#s-{key}" class="s-{key}"/></svg>')
        for key in (*STATE_KEYS, *ANSWER_KEYS)
    }
