"""Why cases are red, each cause once: a wrong path that turns 86 cases red is one thing to mend."""

import re
from collections.abc import Iterable, Mapping

from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, CheckResult
from rivta.model.words import Text, Verdict
from rivta.text.catalogue import text

RED = (Verdict.FAILED, Verdict.ERROR, Verdict.BLOCKED)
_OWN = re.compile(r"\b(?:line|rad) \d+|\d[\d.,]* ?(?:ms|s|bytes?|byte)\b|[\w#.-]*\d{6,}[\w#.-]*|\b[0-9a-f]{12,}\b")
"""What a sentence says of one message and not of the next: a line, a time, a size, an identity."""


@frozen
class Cause:
    """What some cases have in common: the check that saw it, empty where none did, and what it says in a line."""

    verdict: Verdict
    kind: str
    headline: Text
    results: tuple[CaseResult, ...]

    @property
    def names(self) -> str:
        """The cases by key, those of a contract together: `RegisterLoan: 1.1, 1.2; GetLoans: 3`."""
        return named(result.key for result in self.results)


def of(results: Iterable[CaseResult]) -> tuple[Cause, ...]:
    """The causes of what is red, the most frequent first. What was hindered in a case that deviates too is a cause of its own."""
    found: dict[str, tuple[Verdict, list[CaseResult]]] = {}
    for result in results:
        seen = {result.verdict, *(check.verdict for check in result.checks)}
        for verdict in RED:
            if verdict in seen:
                found.setdefault(alike(result, verdict), (verdict, []))[1].append(result)
    causes = (Cause(verdict, *headline(each[0], verdict), tuple(each)) for verdict, each in found.values())
    return tuple(sorted(causes, key=lambda cause: -len(cause.results)))


def headline(result: CaseResult, verdict: Verdict) -> tuple[str, Text]:
    """The kind of the check that a case came to this by, and what it says in a line; where no check is, the reason."""
    check = _check(result, verdict)
    if check is None:
        return "", _first_line(result.reason or Text.same(verdict.name.lower()))
    if not check.findings:
        return check.kind, _first_line(check.note or Text.same(verdict.name.lower()))
    first = check.findings[0]
    message = _first_line(first.message)
    if not (first.expected and first.actual) or (first.expected in message.en and first.actual in message.en):
        return check.kind, message
    values = {"message": message, "expected": first.expected, "actual": first.actual}
    return check.kind, text("declaration", "cause_values", **values)


def alike(result: CaseResult, verdict: Verdict) -> str:
    """What is the same for all cases that have this cause: what was said and expected, not what was seen."""
    kind, said = headline(result, verdict)
    check, expected = _check(result, verdict), ""
    if check is not None and check.findings:
        first = check.findings[0]
        said, expected = first.message, first.expected
        if first.record:  # which one it is, and its values among what was expected of it, are each case's own
            said = Text.same(said.en.replace(first.record, "#"))
            expected = _OWN.sub("#", expected.partition(first.record)[0])
    return f"{verdict.name} {kind}: {_OWN.sub('#', said.en)} ({expected})"


def named(keys: Iterable[str]) -> str:
    """Keys of cases in a line, those of a contract together."""
    by_contract: dict[str, list[str]] = {}
    for key in keys:
        contract, _, case = key.partition("/")
        by_contract.setdefault(contract, []).append(case)
    return "; ".join(f"{contract}: {', '.join(cases)}" for contract, cases in by_contract.items())


def _check(result: CaseResult, verdict: Verdict) -> CheckResult | None:
    return next((check for check in result.checks if check.verdict is verdict), None)


def _first_line(said: Text) -> Text:
    return Text(said.sv.partition("\n")[0], said.en.partition("\n")[0])


def reasons(skipped: Mapping[str, str]) -> dict[str, list[str]]:
    """Cases that were not tried, by the reason, the most frequent reason first. `skipped` is key → reason."""
    found: dict[str, list[str]] = {}
    for key, reason in skipped.items():
        found.setdefault(reason, []).append(key)
    return dict(sorted(found.items(), key=lambda each: -len(each[1])))
