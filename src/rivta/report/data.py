"""`declaration.json`: the declaration for programs, in the form that `docs/schemas/declaration.schema.json` publishes.

Texts stand in both languages, times are UTC, durations milliseconds, and a message is named by the SHA-256 of what was on
the wire. The TypedDicts in `document` are the form; the schema is generated from them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from statistics import median, quantiles

from rivta.contract import Exercised
from rivta.declaration import proven
from rivta.evidence import masked
from rivta.model.declaration import Declaration, KnownDeviation, RequirementRow, SortedDeviations
from rivta.model.domain import DomainFacts
from rivta.model.exchange import Exchange, Message
from rivta.model.run import CaseResult, CheckResult, Finding, Run, Stray
from rivta.model.words import Lang, Source, Text, Verdict
from rivta.report import document as doc
from rivta.report.coverage import exercised
from rivta.report.document import FORMAT, VERSION, verdict_word
from rivta.report.sequence import is_missing
from rivta.report.times import replies


def render(declaration: Declaration, lang: Lang = "sv", deviations: SortedDeviations | None = None) -> bytes:  # noqa: ARG001 - every format is called alike; this one speaks both languages
    """The declaration as JSON in UTF-8. Give it the run as it was read: it masks, and names messages by their files."""
    written = build(declaration, deviations)
    return (json.dumps(written, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8", "replace")


def build(declaration: Declaration, deviations: SortedDeviations | None = None) -> doc.Document:
    """The document before it is bytes."""
    original, run = declaration.run, masked(declaration.run)
    shown = proven.of(run)
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
        "deviations": _deviations(deviations) if deviations else None,
        "figures": _figures(shown),
    }


def _header(run: Run) -> doc.Header:
    header, system = run.header, run.header.system
    return {
        "run": header.run,
        "started": header.started,
        "ended": run.footer.ended if run.footer else None,
        "rivta": header.rivta,
        "python": header.python,
        "system": {
            "organisation": system.organisation,
            "organisation_number": system.organisation_number,
            "product": system.product,
            "version": system.version,
        },
        "roles": list(header.roles),
        "domains": [_domain(each) for each in header.domains],
        "environment": dict(header.environment),
        "suites": dict(header.suites),
        "test_identities": list(header.test_identities),
        "masked": list(run.masked),
        "damage": list(run.damage),
    }


def _domain(facts: DomainFacts) -> doc.Domain:
    return {
        "name": facts.name,
        "version": facts.version,
        "title": _text(facts.title),
        "contracts": [
            {
                "name": each.name,
                "version": each.version,
                "title": _text(each.title),
                "origin": each.origin,
                "digest": each.digest,
                "soap_action": each.soap_action,
                "max_ms": each.max_ms,
            }
            for each in facts.contracts
        ],
    }


def _text(text: Text) -> doc.Words:
    return {"sv": text.sv, "en": text.en}


def _row(domain: str, row: RequirementRow, places: Mapping[int, int]) -> doc.Requirement:
    requirement = row.requirement
    return {
        "domain": domain,
        "id": requirement.id,
        "text": _text(requirement.text),
        "level": requirement.level.value,
        "reference": requirement.reference,
        "verdict": verdict_word(row.verdict),
        "not_tested": _text(requirement.not_tested) if requirement.not_tested else None,
        "cases": list(row.cases),
        "evidence": [
            {"case": result.key, "check": places[id(check)], "verdict": verdict_word(check.verdict)}
            for result, check in row.checks
        ],
    }


def _case(result: CaseResult, original: CaseResult) -> doc.Case:
    return {
        "key": result.key,
        "id": result.case,
        "title": _text(result.title),
        "domain": result.domain,
        "contract": result.contract,
        "role": result.role,
        "suite": result.suite,
        "verdict": verdict_word(result.verdict),
        "reason": _text(result.reason) if result.reason else None,
        "verifies": list(result.verifies),
        "started": result.started,
        "elapsed_ms": result.elapsed_ms,
        "source": _source(result.source),
        "checks": [_check(each) for each in result.checks],
        "exchanges": [
            _exchange(each, before) for each, before in zip(result.exchanges, original.exchanges, strict=True)
        ],
    }


def _source(source: Source) -> doc.Place:
    return {"path": source.path, "line": source.line, "column": source.column}


def _check(check: CheckResult) -> doc.Check:
    return {
        "kind": check.kind,
        "verdict": verdict_word(check.verdict),
        "verifies": list(check.verifies),
        "expected": check.expected,
        "actual": check.actual,
        "note": _text(check.note) if check.note else None,
        "source": _source(check.source) if check.source else None,
        "exchange": check.exchange,
        "step": check.step,
        "by": check.by,
        "asked": _text(check.asked) if check.asked else None,
        "findings": [_finding(each) for each in check.findings],
    }


def _finding(finding: Finding) -> doc.Finding:
    return {
        "message": _text(finding.message),
        "direction": finding.direction.value,
        "location": finding.location,
        "line": finding.line,
        "expected": finding.expected,
        "actual": finding.actual,
        "rule": finding.rule,
    }


def _exchange(exchange: Exchange, original: Exchange) -> doc.Exchange:
    problem = exchange.problem
    return {
        "inbound": exchange.inbound,
        "step": exchange.step,
        "contract": exchange.contract,
        "url": exchange.url,
        "started": exchange.started,
        "elapsed_ms": exchange.elapsed_ms,
        "status": exchange.status,
        "request": None if is_missing(exchange) else _digest(original.request),
        "response": _digest(original.response) if original.response else None,
        "problem": {"kind": problem.kind, "text": _text(problem.text), "blame": problem.blame.value}
        if problem
        else None,
    }


def _stray(stray: Stray, original: Stray) -> doc.Stray:
    return {
        "contract": stray.contract,
        "address": stray.address,
        "verdict": verdict_word(Verdict.of(check.verdict for check in stray.checks)),
        "reason": _text(stray.reason),
        "checks": [_check(each) for each in stray.checks],
        "exchange": _exchange(stray.exchange, original.exchange),
    }


def _coverage(seen: Exercised) -> doc.Coverage:
    return {
        "contract": seen.contract,
        "inbound": seen.inbound,
        "direction": seen.direction.value,
        "by_system": seen.is_by_system,
        "messages": seen.messages,
        "identities": {str(kind): count for kind, count in seen.identities},
        "elements": [
            {
                "path": each.path,
                "least": each.element.least if each.element else None,
                "most": each.element.most if each.element else None,
                "messages": each.messages,
                "codes": dict(each.values),
            }
            for each in seen.elements
        ],
    }


def _digest(message: Message) -> str:
    return sha256(message.body).hexdigest()


def _deviations(found: SortedDeviations) -> doc.Deviations:
    return {
        "known": [{"deviation": _deviation(each), "cases": list(keys)} for each, keys in found.known],
        "new": list(found.new),
        "gone": [_deviation(each) for each in found.gone],
        "overdue": [_deviation(each) for each in found.overdue],
        "unmatched": [_deviation(each) for each in found.unmatched],
    }


def _deviation(deviation: KnownDeviation) -> doc.Deviation:
    return {
        "id": deviation.id,
        "kind": deviation.kind,
        "requirement": deviation.requirement,
        "case": deviation.case,
        "reference": deviation.reference,
        "rationale": deviation.rationale,
        "products": list(deviation.products),
        "versions": list(deviation.versions),
        "fix_by": deviation.fix_by,
        "decided_by": deviation.decided_by,
    }


def _figures(shown: Declaration) -> doc.Figures:
    run = shown.run
    contracts = [contract for domain in run.header.domains for contract in domain.contracts]
    took = {each.name: replies(run, each.name) for each in contracts}
    return {
        "requirements": _counted(row.verdict for rows in shown.rows.values() for row in rows),
        "cases": _counted(result.verdict for result in run.results),
        "response_times": [_times(each.name, took[each.name], each.max_ms) for each in contracts if took[each.name]],
    }


def _counted(verdicts: Iterable[Verdict]) -> dict[doc.VerdictWord, int]:
    found = Counter(verdicts)
    return {verdict_word(each): found[each] for each in Verdict}


def _times(contract: str, took: Sequence[float], limit: int) -> doc.Times:
    return {
        "contract": contract,
        "replies": len(took),
        "median_ms": median(took),
        "p95_ms": quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0],
        "longest_ms": max(took),
        "limit_ms": limit,
        "over_limit": sum(each > limit for each in took),
    }
