"""`declaration.json`: the declaration for programs, in the form that `docs/schemas/declaration.schema.json` publishes.

Texts stand in both languages, times are UTC, durations milliseconds, and a message is named by the SHA-256 of what was on
the wire. The types in `document` are the form; the schema is generated from them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from statistics import median

from rivta.contract import Exercised
from rivta.declaration import proven
from rivta.model.declaration import Declaration, RequirementRow, SortedDeviations
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, Run, Stray
from rivta.model.words import Lang, Verdict
from rivta.report import document as doc
from rivta.report import masking
from rivta.report.coverage import exercised
from rivta.report.document import FORMAT, VERSION
from rivta.report.jsonform import Json, json_schema, verdict_word, written
from rivta.report.sequence import is_missing


def schema() -> Json:
    """What every `declaration.json` follows, as JSON Schema."""
    return json_schema(doc.DocumentJson, "declaration.json of pytest-rivta")


def render(declaration: Declaration, lang: Lang = "sv") -> bytes:  # noqa: ARG001 - every format is called alike; this one speaks both languages
    """The declaration as JSON in UTF-8. Give it the run as it was read: it masks, and names messages by their files."""
    made = build(declaration)
    return (json.dumps(made, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8", "replace")


def build(declaration: Declaration) -> Json:
    """The document before it is bytes."""
    shown = masking.shown(declaration)
    original, run = declaration.run, shown.run
    # A check is found again by being the very same one: two equal checks of a case are two pieces of evidence.
    places = {id(check): place for result in run.results for place, check in enumerate(result.checks)}
    return {
        "format": FORMAT,
        "version": VERSION,
        "outcome": proven.outcome(run.results),
        "header": _header(run),
        "requirements": [_row(name, row, places) for name, rows in shown.rows.items() for row in rows],
        "cases": [_case(each, before) for each, before in zip(run.results, original.results, strict=True)],
        "strays": [_stray(each, before) for each, before in zip(run.strays, original.strays, strict=True)],
        "coverage": [_coverage(each) for each in exercised(run)],
        "not_run": [case.key for case in proven.not_run(run)],
        "deviations": _deviations(shown.deviations) if shown.deviations else None,
        "figures": _figures(shown),
    }


def _header(run: Run) -> Json:
    ended = run.footer.ended if run.footer else None
    return written(doc.HeaderJson, run.header, ended=ended, masked=run.masked, damage=run.damage)


def _row(domain: str, row: RequirementRow, places: Mapping[int, int]) -> Json:
    evidence = [
        {"case": result.key, "check": places[id(check)], "verdict": verdict_word(check.verdict)}
        for result, check in row.checks
    ]
    return written(
        doc.RequirementJson, row.requirement, domain=domain, verdict=row.verdict, cases=row.cases, evidence=evidence
    )


def _case(result: CaseResult, original: CaseResult) -> Json:
    pairs = zip(result.exchanges, original.exchanges, strict=True)
    return written(doc.CaseJson, result, id=result.case, exchanges=[_exchange(*pair) for pair in pairs])


def _exchange(exchange: Exchange, original: Exchange) -> Json:
    return written(
        doc.ExchangeJson,
        exchange,
        request=None if is_missing(exchange) else _digest(original.request),
        response=_digest(original.response) if original.response else None,
    )


def _stray(stray: Stray, original: Stray) -> Json:
    verdict = Verdict.of(check.verdict for check in stray.checks)
    return written(doc.StrayJson, stray, verdict=verdict, exchange=_exchange(stray.exchange, original.exchange))


def _coverage(seen: Exercised) -> Json:
    elements = [
        written(
            doc.ElementJson,
            each,
            least=each.element.least if each.element else None,
            most=each.element.most if each.element else None,
            codes=dict(each.values),
        )
        for each in seen.elements
    ]
    identities = {str(kind): count for kind, count in seen.identities}
    return written(doc.CoverageJson, seen, by_system=seen.is_by_system, identities=identities, elements=elements)


def _digest(message: Message) -> str:
    return sha256(message.body).hexdigest()


def _deviations(found: SortedDeviations) -> Json:
    known = [{"deviation": written(doc.DeviationJson, each), "cases": list(keys)} for each, keys in found.known]
    return written(doc.DeviationsJson, found, known=known)


def _figures(shown: Declaration) -> Json:
    run = shown.run
    contracts = [contract for domain in run.header.domains for contract in domain.contracts]
    took = {each.word: proven.replies(run, each.word) for each in contracts}
    return {
        "requirements": _counted(row.verdict for rows in shown.rows.values() for row in rows),
        "cases": _counted(result.verdict for result in run.results),
        "response_times": [_times(each.word, took[each.word], each.max_ms) for each in contracts if took[each.word]],
    }


def _counted(verdicts: Iterable[Verdict]) -> dict[str, int]:
    found = Counter(verdicts)
    return {verdict_word(each): found[each] for each in Verdict}


def _times(contract: str, took: Sequence[float], limit: int) -> Json:
    return {
        "contract": contract,
        "replies": len(took),
        "median_ms": median(took),
        "p95_ms": proven.p95(took),
        "longest_ms": max(took),
        "limit_ms": limit,
        "over_limit": sum(each > limit for each in took),
    }
