"""The cause of a red case in one look, for the terminal: what was expected, what came, where, and who demands it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rivta.model import (
    Case,
    CaseResult,
    CheckResult,
    Direction,
    Domain,
    Exchange,
    Finding,
    Source,
    Step,
    Suite,
    Value,
    Verdict,
)
from rivta.plugin import excerpt
from rivta.plugin.excerpt import Clean, Line

_MOST_FINDINGS = 8
_CAUSE_WIDTH = 240
_RED = (Verdict.FAILED, Verdict.ERROR, Verdict.BLOCKED)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a case is red: `message` in a line, for pytest's summary and JUnit's attribute, `text` in full.

    Made so that pytest can show it where it shows its own failures: it asks a failure for `reprcrash.message`.
    """

    message: str
    text: str

    @property
    def reprcrash(self) -> "Explanation":
        """Where pytest looks for the line."""
        return self

    def __str__(self) -> str:
        return self.text


def case(result: CaseResult, played: Case, suite: Suite, clean: Clean) -> Explanation:
    """The whole explanation. `clean` hides secrets, and identities that are not test identities."""
    text = clean("\n".join(_case_lines(result, played, suite, clean)))
    return Explanation(_cut(clean(_cause(result)), _CAUSE_WIDTH), text)


def shown(path: Path) -> str:
    """A path as people know it: from the working directory where it lies below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[:width] + " …"


def _cause(result: CaseResult) -> str:
    worst = next((check for check in result.checks if check.verdict is result.verdict), None)
    if worst is None:
        return result.reason.en if result.reason else result.verdict.name.lower()
    if not worst.findings:
        return f"{worst.kind}: {worst.note.en if worst.note else worst.verdict.name.lower()}"
    first = worst.findings[0]
    values = f" (expected {first.expected}, got {first.actual})" if first.expected and first.actual else ""
    return f"{worst.kind}: {first.message.en}{values}"


def _case_lines(result: CaseResult, played: Case, suite: Suite, clean: Clean) -> Iterator[str]:
    yield _cause(result)
    red = [check for check in result.checks if check.verdict in _RED]
    if result.reason:
        yield from ("", *(f"  {line}" for line in result.reason.en.splitlines()))
    if not red:
        yield from _source_lines(result.source)
    told: set[Finding] = set()
    for _, alike in groupby(red, key=_what_it_says):
        yield from _check_lines(list(alike), told)
    for index in sorted({check.exchange for check in red}):
        findings = [finding for check in red if check.exchange == index for finding in check.findings]
        yield from _exchange_lines(result.exchanges[index], _place(index, played), findings, suite.data, clean)
    yield from _requirement_lines(
        [id_ for check in red for id_ in check.verifies] or list(result.verifies), suite.domain
    )


def _what_it_says(check: CheckResult) -> tuple[object, ...]:
    return check.exchange, check.verdict, check.expected, check.actual, check.findings, check.note


def _check_lines(alike: list[CheckResult], told: set[Finding]) -> Iterator[str]:
    """What checks that say the same say, once."""
    first = alike[0]
    yield ""
    kinds = ", ".join(dict.fromkeys(check.kind for check in alike))
    yield f"  {kinds}: {first.verdict.name.lower().replace('_', ' ')}"
    for source in dict.fromkeys(check.source for check in alike if check.source):
        yield from _source_lines(source)
    if first.note:
        yield f"    {first.note.en}"
    if first.expected:
        yield f"    expected  {first.expected}"
        yield f"    actual    {first.actual}"
    new = [finding for finding in dict.fromkeys(first.findings) if finding not in told]
    told.update(new)
    for finding in new[:_MOST_FINDINGS]:
        yield from _finding_lines(finding, first)
    if len(new) > _MOST_FINDINGS:
        yield f"    … and {len(new) - _MOST_FINDINGS} more findings in the report"


def _source_lines(source: Source) -> Iterator[str]:
    yield f"    {shown(Path(source.path))}:{source.line}"
    yield f"      {source.text.strip()}"


def _finding_lines(finding: Finding, check: CheckResult) -> Iterator[str]:
    rule = f"[{finding.rule}] " if finding.rule else ""
    yield f"    - {rule}{finding.message.en}"
    if finding.location:
        line = f", {finding.direction} line {finding.line}" if finding.line else ""
        yield f"      at        {finding.location}{line}"
    if (finding.expected, finding.actual) != (check.expected, check.actual):
        yield from (f"      expected  {finding.expected}",) if finding.expected else ()
        yield from (f"      actual    {finding.actual}",) if finding.actual else ()


def _place(index: int, played: Case) -> tuple[Step, str]:
    """The step of an exchange, and which of how many it is."""
    several = len(played.steps) > 1
    return played.steps[index], f"  step {index + 1} of {len(played.steps)}" if several else ""


def _exchange_lines(
    exchange: Exchange,
    place: tuple[Step, str],
    findings: list[Finding],
    data: Mapping[str, Value],
    clean: Clean,
) -> Iterator[str]:
    step, which = place
    yield from ("", which) if which else ("",)
    yield f"  request   POST {exchange.url}  ({step.template.name})"
    of_request = [finding for finding in findings if finding.direction is Direction.REQUEST]
    yield from _message_lines(
        excerpt.of_findings(exchange.request.body, of_request, clean)
        if of_request
        else excerpt.of_step(exchange.request.body, step, data, clean)
    )
    if exchange.response is None:
        yield f"  response  none: {exchange.problem.text.en if exchange.problem else 'for a reason that is not known'}"
        return
    declared = exchange.response.header("Content-Type") or "no Content-Type"
    yield f"  response  HTTP {exchange.status}, {declared}, {exchange.elapsed_ms:.0f} ms"
    of_response = [finding for finding in findings if finding.direction is Direction.RESPONSE]
    yield from _message_lines(excerpt.of_findings(exchange.response.body, of_response, clean))


def _message_lines(lines: list[Line]) -> Iterator[str]:
    for number, text, meant in lines:
        yield f"  {'>' if meant else ' '} {number:>4} │ {text}".rstrip()


def _requirement_lines(ids: list[str], domain: Domain) -> Iterator[str]:
    yield ""
    for id_ in dict.fromkeys(ids):
        requirement = domain.requirements.get(id_)
        if requirement:
            yield f"  requirement {id_} ({requirement.level}): {requirement.text.en}"
            yield f"    source: {requirement.reference}"
