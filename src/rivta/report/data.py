"""`declaration.json`: the declaration for programs, in the form that `docs/schemas/declaration.schema.json` publishes.

Texts stand in both languages, times are UTC, durations milliseconds, and a message is named by the SHA-256 of what was on
the wire. The form is said once, in `declaration.schema.yaml`: values are written by it, and the JSON Schema is made of it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from rivta.contract import Exercised, SeenElement
from rivta.declaration import proven
from rivta.model.contracts import ContractId
from rivta.model.declaration import Declaration, RequirementRow, SortedDeviations
from rivta.model.exchange import Exchange
from rivta.model.load import Slice, percentile, upper
from rivta.model.run import CaseResult, Note, Run, Stray, numbered, superseded
from rivta.model.words import Lang, Verdict
from rivta.report import material
from rivta.report.coverage import exercised
from rivta.report.sequence import is_missing
from rivta.text.catalogue import own

Json = dict[str, Any]


@cache
def schema() -> Json:
    """What every `declaration.json` follows, as JSON Schema (draft 2020-12). Other properties are let through."""
    form = own(Path(__file__).with_name("declaration.schema.yaml"))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": form["title"]}
    return head | _whole(form) | {"$defs": {name: _whole(each) for name, each in form["$defs"].items()}}


def _whole(form: Json) -> Json:
    """An object that has all of its properties."""
    properties = form["properties"]
    told = {"description": form["description"], "type": "object", "properties": properties}
    return told | {"required": list(properties)}


def render(declaration: Declaration, lang: Lang = "sv") -> bytes:  # noqa: ARG001 - every format is called alike; this one speaks both languages
    """The declaration as JSON in UTF-8. Give it the run as it was read: it masks, and names messages by their files."""
    made = build(declaration)
    return (json.dumps(made, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8", "replace")


def build(declaration: Declaration) -> Json:
    """The document before it is bytes."""
    shown = material.shown(declaration)
    run = shown.run
    ended = run.footer.ended if run.footer else None
    whole = {"masked": run.masked, "doubtful": run.doubtful, "damage": run.damage}
    return {
        "format": schema()["properties"]["format"]["const"],
        "version": schema()["properties"]["version"]["const"],
        "outcome": proven.outcome(run.counted),
        "header": written("Header", run.header, ended=ended, **whole),
        "requirements": _requirements(shown),
        "cases": _cases(run),
        "strays": [*map(_stray, run.strays)],
        "notes": [_note(each, run) for each in run.notes],
        "coverage": [_coverage(each) for each in exercised(run)],
        "not_run": [case.key for case in proven.not_run(run)],
        "deviations": _deviations(shown.deviations) if shown.deviations else None,
        "figures": _figures(shown),
    }


def written(form: str, value: object, **given: object) -> Json:
    """A value in one of the forms: what is given, and for everything else what the value calls by the property's name."""
    return {
        name: _written(hint, given[name] if name in given else getattr(value, name))
        for name, hint in schema()["$defs"][form]["properties"].items()
    }


def _written(hint: Json, value: Any) -> Any:
    if "anyOf" in hint:  # or null
        return None if value is None else _written(hint["anyOf"][0], value)
    if isinstance(value, Enum):
        return verdict_word(value) if isinstance(value, Verdict) else value.value
    if isinstance(value, ContractId):
        return str(value)
    if isinstance(value, list | tuple):
        return [_written(hint["items"], each) for each in value]
    if isinstance(value, Mapping):
        return dict(value)
    return written(hint["$ref"].rpartition("/")[2], value) if is_dataclass(value) else value


def verdict_word(verdict: Verdict) -> str:
    """A verdict as JSON spells it: `not-proven`."""
    return verdict.name.lower().replace("_", "-")


def _requirements(shown: Declaration) -> list[Json]:
    results = shown.run.results
    # A check is found again by being the very same one: two equal checks of a case are two pieces of evidence.
    places = {
        id(check): (attempt, place)
        for result, attempt in zip(results, numbered(results), strict=True)
        for place, check in enumerate(result.checks)
    }
    return [_row(name, row, places) for name, rows in shown.rows.items() for row in rows]


def _row(domain: str, row: RequirementRow, places: Mapping[int, tuple[int, int]]) -> Json:
    evidence = []
    for result, check in row.checks:
        attempt, place = places[id(check)]
        word = verdict_word(check.verdict)
        evidence.append({"case": result.key, "attempt": attempt, "check": place, "verdict": word})
    shown = {"verdict": row.verdict, "why": row.why, "cases": row.cases, "evidence": evidence}
    return written("Requirement", row.requirement, domain=domain, **shown)


def _cases(run: Run) -> list[Json]:
    attempts, gone = numbered(run.results), superseded(run.results)
    pairs = zip(run.results, attempts, strict=True)
    return [_case(result, attempt, counts=id(result) not in gone) for result, attempt in pairs]


def _case(result: CaseResult, attempt: int, *, counts: bool) -> Json:
    exchanges = [*map(_exchange, result.exchanges)]
    load = result.load and written("Load", result.load, slices=[_stretch(each) for each in result.load.slices])
    return written("Case", result, id=result.case, attempt=attempt, counts=counts, exchanges=exchanges, load=load)


def _stretch(one: Slice) -> Json:
    percentiles = {f"p{share}_ms": percentile([one], share) for share in (50, 95, 99)}
    histogram = [{"up_to_ms": upper(bucket), "answers": count} for bucket, count in one.times]
    return written("Stretch", one, **percentiles, histogram=histogram)


def _exchange(exchange: Exchange) -> Json:
    request = None if is_missing(exchange) else exchange.request.digest
    return written("Exchange", exchange, request=request, response=exchange.response and exchange.response.digest)


def _stray(stray: Stray) -> Json:
    verdict = Verdict.of(check.verdict for check in stray.checks)
    return written("Stray", stray, verdict=verdict, exchange=_exchange(stray.exchange))


def _note(note: Note, run: Run) -> Json:
    key = next((each.key for each in run.results if (each.suite, each.case) == (note.suite, note.case)), note.case)
    digests = ((each, sha256(each.body).hexdigest()) for each in note.files)
    files = [written("Attachment", each, size=len(each.body), sha256=digest) for each, digest in digests]
    return written("Note", note, case=key, files=files)


def _coverage(seen: Exercised) -> Json:
    identities = {str(kind): count for kind, count in seen.identities}
    elements = [*map(_element, seen.elements)]
    return written("Coverage", seen, by_system=seen.is_by_system, identities=identities, elements=elements)


def _element(seen: SeenElement) -> Json:
    least, most = (seen.element.least, seen.element.most) if seen.element else (None, None)
    return written("Element", seen, least=least, most=most, codes=dict(seen.values))


def _deviations(found: SortedDeviations) -> Json:
    known = [{"deviation": written("Deviation", each), "cases": list(keys)} for each, keys in found.known]
    return written("Deviations", found, known=known)


def _figures(shown: Declaration) -> Json:
    run = shown.run
    contracts = run.header.contracts.values()
    took = {each.word: proven.replies(run, each.word) for each in contracts}
    return {
        "requirements": _counted(row.verdict for rows in shown.rows.values() for row in rows),
        "cases": _counted(result.verdict for result in run.cases),
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
