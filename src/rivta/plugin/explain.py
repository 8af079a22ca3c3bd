"""The cause of a red case in one look, for the terminal: what was expected, what came, where, and who demands it."""

from collections.abc import Callable, Iterator

from rivta.model import (
    Case,
    CaseResult,
    CheckResult,
    Direction,
    Domain,
    Exchange,
    Finding,
    Message,
    Step,
    Value,
    Verdict,
)
from rivta.xmltext import decoded, lines_around, pretty

_SHOWN_LINES = 8
_SHOWN_WIDTH = 160
_RED = (Verdict.FAILED, Verdict.ERROR, Verdict.BLOCKED)


def case(result: CaseResult, played: Case, domain: Domain, mask: Callable[[str], str]) -> str:
    """The whole explanation. `mask` hides identities that are not test identities."""
    return mask("\n".join(_case_lines(result, played, domain)))


def _case_lines(result: CaseResult, played: Case, domain: Domain) -> Iterator[str]:
    yield f"{result.case} {result.title.en}"
    if result.reason:
        yield f"  {result.reason.en}"
    red = [check for check in result.checks if check.verdict in _RED]
    for check in red:
        yield ""
        yield from _check_lines(check)
    for index in sorted({check.exchange for check in red}):
        yield from _exchange_lines(
            result.exchanges[index], played.steps[index], [check for check in red if check.exchange == index]
        )
    yield from _requirement_lines([id_ for check in red for id_ in check.verifies] or list(result.verifies), domain)


def _check_lines(check: CheckResult) -> Iterator[str]:
    yield f"  {check.kind}: {check.verdict.name.lower().replace('_', ' ')}"
    if check.source:
        yield f"    {check.source}"
        yield f"      {check.source.text.strip()}"
    if check.note:
        yield f"    {check.note.en}"
    if check.expected:
        yield f"    expected  {check.expected}"
        yield f"    actual    {check.actual}"
    for finding in check.findings[:_SHOWN_LINES]:
        yield from _finding_lines(finding, check)
    if len(check.findings) > _SHOWN_LINES:
        yield f"    … and {len(check.findings) - _SHOWN_LINES} more findings in the report"


def _finding_lines(finding: Finding, check: CheckResult) -> Iterator[str]:
    rule = f"[{finding.rule}] " if finding.rule else ""
    yield f"    - {rule}{finding.message.en}"
    if finding.location:
        line = f", {finding.direction} line {finding.line}" if finding.line else ""
        yield f"      at {finding.location}{line}"
    if finding.expected and finding.expected != check.expected:
        yield f"      expected  {finding.expected}"
    if finding.actual and finding.actual != check.actual:
        yield f"      actual    {finding.actual}"


def _exchange_lines(exchange: Exchange, step: Step, red: list[CheckResult]) -> Iterator[str]:
    findings = [finding for check in red for finding in check.findings]
    yield ""
    yield f"  request   POST {exchange.url}  ({step.template.name})"
    yield from _numbered(_request_lines(exchange.request, step, findings))
    if exchange.response is None:
        yield f"  response  none ({exchange.problem.kind if exchange.problem else 'unknown'})"
        return
    yield f"  response  HTTP {exchange.status}, {exchange.elapsed_ms:.0f} ms"
    yield from _numbered(_lines_of(exchange.response, findings, Direction.RESPONSE))


def _request_lines(request: Message, step: Step, findings: list[Finding]) -> list[tuple[int, str]]:
    """The lines that a finding names, else those that hold what this step put into the message."""
    pointed = [finding for finding in findings if finding.direction is Direction.REQUEST]
    if pointed:
        return _lines_of(request, pointed, Direction.REQUEST)
    own = [value for value in _texts(dict(step.data)) if value and "${" not in value]
    lines = list(enumerate(decoded(request.body).splitlines(), start=1))
    return [(number, line) for number, line in lines if any(value in line for value in own)][:_SHOWN_LINES]


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield from (line.strip() for line in value.splitlines())


def _lines_of(message: Message, findings: list[Finding], direction: Direction) -> list[tuple[int, str]]:
    named = sorted({finding.line for finding in findings if finding.line and finding.direction is direction})
    few = message.body.count(b"\n") < 2
    if not named or few:
        return list(enumerate(pretty(message.body).splitlines()[: 2 * _SHOWN_LINES], start=1))
    around = {pair for line in named[:3] for pair in lines_around(message.body, line)}
    return sorted(around)


def _numbered(lines: list[tuple[int, str]]) -> Iterator[str]:
    for number, line in lines:
        shown = line if len(line) <= _SHOWN_WIDTH else line[:_SHOWN_WIDTH] + " …"
        yield f"    {number:>4} │ {shown}"


def _requirement_lines(ids: list[str], domain: Domain) -> Iterator[str]:
    yield ""
    for id_ in dict.fromkeys(ids):
        requirement = domain.requirements.get(id_)
        if requirement:
            yield f"  proves    {id_} ({requirement.level}): {requirement.text.en}"
            yield f"            source: {requirement.reference}"
