"""The view as data for the template: plain lists and texts, links only to what is printed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rivta.model.run import Run
from rivta.report.bodies import Link
from rivta.report.changes import ChangeRow, ChangesView
from rivta.report.drawing import Tally
from rivta.report.elements import ElementView
from rivta.report.pdf.cases import strays, suites
from rivta.report.pdf.declared import Declared
from rivta.report.pdf.drawn import COLOURS, symbols, with_style
from rivta.report.pdf.links import Links
from rivta.report.requirements import RowView
from rivta.report.view import Notice, Overview, View
from rivta.text.catalogue import words as words_of

Data = dict[str, Any]


def content_of(view: View, run: Run, head: str) -> Data:
    """Everything that the template prints. `head` as for `render`."""
    words, links = words_of("report", view.lang), Links(view)
    declared = Declared(words, links)
    return {
        "words": dict(words),
        "lang": view.lang,
        "seal": head,
        "symbols": symbols(),
        "colours": COLOURS,
        **_document(view, run, words),
        **_summary(view, words),
        "changes": _changes(view.changes, links) if view.changes else None,
        "form": declared.form(view.form) if view.form else None,
        "deviations": declared.deviations(view.sorted),
        **_requirements(view, links),
        **declared.judged(view),
        "suites": suites(view, links, words),
        "strays": strays(view, links, words),
        **_basis(view, words),
        "bodies": [{"sha256": each.sha256, "size": each.size, "used": links.all(each.used)} for each in view.bodies],
    }


def _document(view: View, run: Run, words: Mapping[str, str]) -> Data:
    return {
        "document_title": f"{words['document']}: {view.title}, {view.organisation}",
        "author": f"rivta {run.header.rivta}",
        "description": words["document_kind"],
        "title": view.title,
        "lead": f"{words['document_kind']}. {view.scope}.",
        "verified": view.verified,
        "cover": view.cover,
        "warnings": [_notice(each) for each in view.warnings],
        "footer": words["footer"].format(title=view.title, organisation=view.organisation, run=run.header.run),
    }


def _summary(view: View, words: Mapping[str, str]) -> Data:
    proves = ["does", "not", "decision", *(["restatement"] if view.has_restatement else [])]
    return {
        "headline": view.headline,
        "counted": f"{view.counted} {view.strayed}".strip(),
        "compressed": _notice(view.compressed) if view.compressed else None,
        "tallies": _tallies(view.tallies),
        "by_level": [_overview(each, words) for each in view.by_level],
        "by_contract": [_overview(each, words) for each in view.by_contract],
        "times": [
            {"heading": each.heading, "drawing": with_style(each.drawing), "text": each.text} for each in view.times
        ],
        "masked": _notice(view.masked) if view.masked else None,
        "proves": [(words[f"proves_{each}"], words[f"proves_{each}_text"]) for each in proves],
    }


def _overview(group: Overview, words: Mapping[str, str]) -> Data:
    counts = ", ".join(f"{tally.count} {tally.state.word.lower()}" for tally in group.tallies)
    return {
        "heading": group.heading,
        "count": group.count,
        "drawing": with_style(group.drawing),
        "words": f"{group.heading}: {words['overview_desc'].format(counts=counts)}",
        "tallies": _tallies(group.tallies),
    }


def _changes(changes: ChangesView, links: Links) -> Data:
    return {
        "lead": changes.lead,
        "counts": changes.counts,
        "warning": changes.warning,
        "again": [{"contract": each.contract, "step": each.step, "reasons": each.reasons} for each in changes.again],
        "requirements": [_change(each, links) for each in changes.requirements],
        "cases": [_change(each, links) for each in changes.cases],
        "parts": [
            {"kind": each.kind, "name": each.name, "before": each.before, "now": each.now} for each in changes.parts
        ],
        "times": [
            {"contract": each.contract, "pairs": (each.median, each.p95, each.replies)} for each in changes.times
        ],
    }


def _change(row: ChangeRow, links: Links) -> Data:
    return {
        "link": links.of(row.link),
        "text": row.text,
        "direction": row.direction,
        "note": row.note,
        "before": Links.state(row.before) if row.before else None,
        "now": Links.state(row.now) if row.now else None,
    }


def _requirements(view: View, links: Links) -> Data:
    return {
        "domains": [
            {"heading": domain.heading, "rows": [_row(row, links) for row in domain.rows]} for domain in view.domains
        ],
        "unproven": [_row(row, links) for row in view.unproven],
        "obstacles": [
            {"state": Links.state(each.state), "text": each.text, "cases": links.all(each.cases)}
            for each in view.obstacles
        ],
    }


def _row(row: RowView, links: Links) -> Data:
    return {
        "anchor": row.anchor,
        "id": row.id,
        "text": row.text,
        "level": row.level,
        "source": row.source,
        "state": Links.state(row.state),
        "cases": links.all(_shortened(row.cases)),
        "reason": row.reason,
        "deviation": links.place(row.deviation),
        "remark": row.remark,
    }


def _shortened(cases: Iterable[Link]) -> Iterator[Link]:
    """Cases with their contract named once: `ProcessRequest/1.1, 1.2`."""
    before = ""
    for link in cases:
        contract, _, rest = link.words.partition("/")
        yield Link(link.href, rest) if rest and contract == before else link
        before = contract


def _basis(view: View, words: Mapping[str, str]) -> Data:
    identities = f"{words['test_identities_lead']} {', '.join(view.test_identities)}."
    return {
        "contracts": [
            {
                "name": each.name,
                "title": each.title,
                "version": each.version,
                "limit": each.limit,
                "origin": each.origin,
                "digest": each.digest,
            }
            for each in view.contracts
        ],
        "suite_digests": view.suite_digests,
        "environment": view.environment,
        "test_identities": identities if view.test_identities else words["test_identities_none"],
        "coverage": [
            {
                "heading": f"{contract.name}: {side.heading.lower()}",
                "summary": side.summary,
                "identities": ", ".join(f"{kind} {count}" for kind, count in side.identities),
                "lines": [*_elements(side.elements)],
            }
            for contract in view.coverage
            for side in contract.sides
        ],
    }


def _elements(elements: Iterable[ElementView], depth: int = 0) -> Iterator[Data]:
    """The tree of elements, a line each."""
    for element in elements:
        yield {
            "depth": depth,
            "name": element.name,
            "more": " ".join(filter(None, (element.remark, element.codes))),
            "occurs": element.occurs,
            "count": element.count or "–",
            "seen": bool(element.count),
        }
        yield from _elements(element.inside, depth + 1)


def _notice(notice: Notice) -> Data:
    return {"heading": notice.heading, "text": notice.text, "items": notice.items}


def _tallies(tallies: Iterable[Tally]) -> list[Data]:
    return [{"state": Links.state(tally.state), "count": tally.count} for tally in tallies]
