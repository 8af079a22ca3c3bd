"""The cases as data: a line each, and red ones whole but for their messages, of which only the lines that matter are shown."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from markupsafe import Markup

from rivta.report.caseviews import CaseView, CheckView, ExchangeView, FindingView, MessageView
from rivta.report.pdf.drawn import with_style
from rivta.report.pdf.links import Links
from rivta.report.view import View

_FIRST = re.compile(r'<ol[^>]* start="(\d+)"')
_ROW = re.compile(r"<li(?P<attributes>[^>]*)>(?:<mark>)?(?P<text>[^<]*)")
"""A line as `listing` makes them, where a text's own `<` is always `&lt;`."""
_PLAIN = re.compile(r"<pre[^>]*>\n?([^<]*)</pre>")
"""Lines without numbers, as `listing` makes them."""
_OPENING = 12
"""So many lines of a reply that cannot be read are shown."""

Data = dict[str, Any]


def suites(view: View, links: Links, words: Mapping[str, str]) -> list[Data]:
    """The cases by suite, in the order in which they were run."""
    return [
        {
            "heading": suite.heading,
            "path": suite.path,
            "cases": [_line(case, links) for case in suite.cases],
            "red": [_whole(case, links, words) for case in suite.cases if case.is_red],
        }
        for suite in view.suites
    ]


def strays(view: View, links: Links, words: Mapping[str, str]) -> Data | None:
    """The calls that no case asked for, in the shape of a suite; None where there was none."""
    if not view.strays:
        return None
    return {
        "cases": [_line(case, links) for case in view.strays],
        "red": [_whole(case, links, words) for case in view.strays if case.is_red],
    }


def _line(case: CaseView, links: Links) -> Data:
    return {
        "anchor": case.anchor,
        "id": case.id,
        "title": case.title,
        "state": Links.state(case.state),
        "is_red": case.is_red,
        "reason": case.reason,
        "requirements": links.all(case.requirements),
    }


def _whole(case: CaseView, links: Links, words: Mapping[str, str]) -> Data:
    return {
        **_line(case, links),
        "course": with_style(case.sequence.drawing) if case.sequence else None,
        "checks": [_check(check, links) for check in case.checks],
        "findings": [_finding(finding) for finding in case.findings],
        "exchanges": [_exchange(exchange, words) for exchange in case.exchanges],
    }


def _check(check: CheckView, links: Links) -> Data:
    return {
        "anchor": check.anchor,
        "name": check.name,
        "step": check.step,
        "state": Links.state(check.state),
        "expected": check.expected,
        "actual": check.actual,
        "note": " ".join(filter(None, (f"{check.by}." if check.by else "", check.note))),
        "requirements": links.all(check.requirements),
        "findings": [{"to": finding.anchor, "words": finding.heading} for finding in check.findings],
    }


def _finding(finding: FindingView) -> Data:
    return {
        "anchor": finding.anchor,
        "heading": finding.heading,
        "message": finding.message,
        "rule": finding.rule,
        "place": finding.place,
        "expected": finding.expected,
        "actual": finding.actual,
        "lines": rows_of(finding.excerpt) if finding.excerpt else [],
    }


def _exchange(exchange: ExchangeView, words: Mapping[str, str]) -> Data:
    facts = [*exchange.facts]
    if exchange.tls:
        facts.append((words["tls"], exchange.tls))
    facts += [_message(message) for message in (exchange.request, exchange.response) if message]
    if exchange.problem:
        facts.append((exchange.problem_heading, exchange.problem))
    if exchange.no_response:
        facts.append((words["response"], exchange.no_response))
    return {"heading": exchange.heading, "facts": facts, "opens": exchange.opens, "lines": [*_opening(exchange)]}


def _message(message: MessageView) -> tuple[str, str]:
    body = message.body
    return message.heading, body.here.facts if body.here else body.elsewhere.words if body.elsewhere else ""


def _opening(exchange: ExchangeView) -> Iterator[Data]:
    """The beginning of a message that could not be read: no check has looked into it."""
    own = exchange.request if exchange.is_inbound else exchange.response
    if exchange.problem and own and own.body.here:
        raw = own.body.here.raw
        yield from rows_of(raw)[:_OPENING] if raw else []


def rows_of(listing: Markup) -> list[Data]:
    """The lines of a listing, with their numbers and which of them is meant."""
    first = _FIRST.search(listing)
    start = int(first[1]) if first else 1
    plain = _PLAIN.fullmatch(listing)
    if plain:
        rows = [(row, False) for row in plain[1].split("\n")]
    else:
        rows = [(row["text"], "hit" in row["attributes"]) for row in _ROW.finditer(listing)]
    return [{"number": n, "text": unescape(row), "hit": is_hit} for n, (row, is_hit) in enumerate(rows, start)]
