"""SARIF 2.1.0 (OASIS): what code hosts show as alerts at a line. Rules are requirements, results are deviations.

Each result points at the YAML line that was not met and names the requirement, the rule file's rule and the place in the
message. What hindered the run is no result but a notification: it says nothing of the system.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from rivta.model.declaration import Declaration, KnownDeviation
from rivta.model.domain import Requirement
from rivta.model.run import CaseResult, Finding, Run, Stray
from rivta.model.words import Lang, Level, Source, Verdict
from rivta.report import failures
from rivta.report.failures import Failure
from rivta.report.material import shown
from rivta.report.voice import Voice

Json = dict[str, Any]
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}
_OTHER = "rivta.check"
"""The rule of a check that verifies no requirement."""
_LOCATIONS = 20
"""How many places of one check are listed; an answer may have thousands of empty elements."""


def render(declaration: Declaration, lang: Lang = "sv") -> bytes:
    """One SARIF run as JSON in UTF-8. Known deviations are suppressed results. Give it the run as it was read: it masks."""
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(shown(declaration), lang)]}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _run(declaration: Declaration, lang: Lang) -> Json:
    found = list(failures.of(declaration))
    rules = {_rule_id(each): _rule(each.requirement, lang) for each in found}
    places = {id_: place for place, id_ in enumerate(rules)}
    header = declaration.run.header
    return {
        "tool": {
            "driver": {
                "name": "rivta",
                "version": header.rivta,
                "semanticVersion": header.rivta,
                "language": lang,
                "rules": [*rules.values()],
            }
        },
        "automationDetails": {"id": f"rivta/{header.run}"},
        "invocations": [_invocation(declaration.run, lang)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, places, lang) for each in found],
    }


def _rule_id(failure: Failure) -> str:
    return failure.requirement.id if failure.requirement else _OTHER


def _rule(requirement: Requirement | None, lang: Lang) -> Json:
    said = Voice(lang).words
    if requirement is None:
        text = said["failure_no_requirement"]
        return {"id": _OTHER, "shortDescription": {"text": text}, "defaultConfiguration": {"level": "error"}}
    source = said["csv_source"]
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.text.in_(lang)},
        "fullDescription": {"text": f"{requirement.text.in_(lang)} {source}: {requirement.reference}"},
        "help": {"text": f"{source}: {requirement.reference}"},
        "defaultConfiguration": {"level": _LEVELS[requirement.level]},
    }


def _result(failure: Failure, places: dict[str, int], lang: Lang) -> Json:
    id_ = _rule_id(failure)
    level = _LEVELS[failure.requirement.level] if failure.requirement else "error"
    result: Json = {
        "ruleId": id_,
        "ruleIndex": places[id_],
        "level": level,
        "message": {"text": failures.sentence(failure, lang)},
        "locations": [_location(failure)],
        "partialFingerprints": {"rivtaDeviation/v1": _fingerprint(failure, id_)},
        "properties": _properties(failure),
    }
    demanded = failure.requirement.source if failure.requirement else None
    related = [each for each in (demanded and failure.placed(demanded), failure.shared) if each]
    if related:
        result["relatedLocations"] = [{"id": number, **_physical(each)} for number, each in enumerate(related, 1)]
    if failure.known:
        result["suppressions"] = [_suppression(failure, failure.known, lang)]
    return result


def _location(failure: Failure) -> Json:
    """The YAML line, and in the message the places that were found."""
    named = dict.fromkeys(finding.location for finding in failure.findings if finding.location)
    logical = [{"fullyQualifiedName": name, "kind": "element"} for name in list(named)[:_LOCATIONS]]
    return {**_physical(failure.source), **({"logicalLocations": logical} if logical else {})}


def _physical(source: Source) -> Json:
    region: Json = {"startLine": max(source.line, 1), "startColumn": max(source.column, 1)}
    if source.text:
        region["snippet"] = {"text": source.text}
    return {"physicalLocation": {"artifactLocation": _artifact(source.path), "region": region}}


def _artifact(path: str) -> Json:
    """A file: relative to the root of the sources, or by its whole path where it lies elsewhere."""
    plain = path.replace("\\", "/")
    if plain.startswith("/"):
        return {"uri": f"file://{quote(plain)}"}
    if plain[1:3] == ":/":
        return {"uri": f"file:///{quote(plain, safe='/:')}"}
    return {"uri": quote(plain), "uriBaseId": "%SRCROOT%"}


def _properties(failure: Failure) -> Json:
    check = failure.check
    rules = list(dict.fromkeys(finding.rule for finding in failure.findings if finding.rule))
    return {
        "case": failure.result.key,
        "contract": failure.result.contract,
        "check": check.kind if check else "",
        **({"expected": check.expected, "actual": check.actual} if check else {}),
        **({"rules": rules[:_LOCATIONS]} if rules else {}),
        **({"findings": [_finding(each) for each in failure.findings[:_LOCATIONS]]} if failure.findings else {}),
    }


def _finding(finding: Finding) -> Json:
    line = {"line": finding.line} if finding.line else {}
    return {"direction": str(finding.direction), "location": finding.location, **line, "rule": finding.rule}


def _fingerprint(failure: Failure, rule: str) -> str:
    """The same for the same deviation in the next run, whatever line it is written on by then."""
    kind = failure.check.kind if failure.check else ""
    exchange = str(failure.check.exchange) if failure.check else ""
    return sha256(json.dumps((failure.result.domain, failure.result.key, rule, kind, exchange)).encode()).hexdigest()


def _suppression(failure: Failure, known: KnownDeviation, lang: Lang) -> Json:
    """The decision. A deviation that stops, or is overdue, is known but not accepted, so that it stays an alert."""
    status = "accepted" if failure.is_excused else "rejected" if known.kind == "stopping" else "underReview"
    return {"kind": "external", "status": status, "justification": failures.decision(known, lang)}


def _invocation(run: Run, lang: Lang) -> Json:
    hindered = [result for result in run.counted if result.verdict in (Verdict.ERROR, Verdict.BLOCKED)]
    return {
        "executionSuccessful": not hindered and run.footer is not None and not run.damage,
        "startTimeUtc": run.header.started,
        **({"endTimeUtc": run.footer.ended} if run.footer else {}),
        "toolExecutionNotifications": [
            *_notifications(hindered, lang),
            *({"level": "error", "message": {"text": text}} for text in run.damage),
            *_strays(run.strays, lang),
        ],
    }


def _notifications(hindered: Iterable[CaseResult], lang: Lang) -> Iterator[Json]:
    for result in hindered:
        reason = result.reason or next((check.note for check in result.checks if check.note), None)
        told = f": {reason.in_(lang)}" if reason else ""
        level = "error" if result.verdict is Verdict.ERROR else "warning"
        text = f"{result.key} {result.title.in_(lang)}{told}"
        yield {"level": level, "message": {"text": text}, "locations": [_physical(result.source)]}


def _strays(strays: Iterable[Stray], lang: Lang) -> Iterator[Json]:
    """Calls that no case asked for: they are nobody's result, and lie in no file, but are worth knowing of."""
    for stray in strays:
        failed = [check for check in stray.checks if check.verdict is Verdict.FAILED]
        kinds = ", ".join(dict.fromkeys(Voice(lang).check(check.kind) for check in failed))
        name = " → ".join(filter(None, (stray.contract, stray.address))) or stray.exchange.url
        text = f"{name}: {stray.reason.in_(lang)}" + (f" ({kinds})" if kinds else "")
        yield {"level": "warning" if failed else "note", "message": {"text": text}}
