"""The cause of a red case in one look, for the terminal: what was expected, what came, where, and who demands it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rivta.model import (
    Case,
    CaseResult,
    CheckResult,
    Direction,
    Finding,
    Send,
    Source,
    Suite,
    Verdict,
)
from rivta.plugin import excerpt
from rivta.plugin.excerpt import Clean, Line

_MOST_FINDINGS = 8
_WIDTH = 240
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
    lines = [clean(line).translate(excerpt.CONTROLS) for line in _Telling(result, played, suite, clean).lines()]
    return Explanation(lines[0], "\n".join(lines))


def shown(path: Path) -> str:
    """A path as people know it: from the working directory where it lies below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


@dataclass(frozen=True, slots=True)
class _Telling:
    """One result, told line by line."""

    result: CaseResult
    played: Case
    suite: Suite
    clean: Clean

    def lines(self) -> Iterator[str]:
        yield self._cause()
        red = [check for check in self.result.checks if check.verdict in _RED]
        if self.result.reason:
            # Without a red check the reason is the cause, and its first line has been said.
            yield from self.result.reason.en.splitlines()[0 if red else 1 :]
        if not red:
            yield ""
            yield from self._source(self.result.source)
        told: set[Finding] = set()
        for _, alike in groupby(red, key=_what_it_says):
            yield from self._checks(list(alike), told)
        for index in sorted({check.exchange for check in red}):
            findings = [finding for check in red if check.exchange == index for finding in check.findings]
            yield from self._exchange(index, findings)
        yield from self._requirements([id_ for check in red for id_ in check.verifies] or list(self.result.verifies))

    def _cause(self) -> str:
        """The worst in a line."""
        result = self.result
        worst = next((check for check in result.checks if check.verdict is result.verdict), None)
        if worst is None:
            return result.reason.en.partition("\n")[0] if result.reason else result.verdict.name.lower()
        if not worst.findings:
            return self._cut(f"{worst.kind}: {worst.note.en if worst.note else worst.verdict.name.lower()}")
        first = worst.findings[0]
        values = f" (expected {first.expected}, got {first.actual})" if first.expected and first.actual else ""
        return self._cut(f"{worst.kind}: {first.message.en}{values}")

    def _cut(self, text: str) -> str:
        """A line of bearable length, cleaned before it is cut: half an identity is one too."""
        line = " ".join(self.clean(text).split())
        return line if len(line) <= _WIDTH else line[:_WIDTH] + " …"

    def _checks(self, alike: list[CheckResult], told: set[Finding]) -> Iterator[str]:
        """What checks that say the same say, once."""
        first = alike[0]
        yield ""
        kinds = ", ".join(dict.fromkeys(check.kind for check in alike))
        where = ", as checked in every case" if all(self._is_unwritten(check) for check in alike) else ""
        yield f"  {kinds}: {first.verdict.name.lower()}{where}"
        for source in dict.fromkeys(check.source for check in alike if check.source):
            yield from self._source(source)
        if first.note:
            yield f"    {first.note.en}"
        if first.expected:
            yield f"    expected  {self._cut(first.expected)}"
            yield f"    actual    {self._cut(first.actual)}"
        new = [finding for finding in dict.fromkeys(first.findings) if finding not in told]
        told.update(new)
        for finding in new[:_MOST_FINDINGS]:
            yield from self._finding(finding, first)
        if len(new) > _MOST_FINDINGS:
            yield f"    … and {len(new) - _MOST_FINDINGS} more findings in the report"

    def _is_unwritten(self, check: CheckResult) -> bool:
        step = self.played.steps[check.exchange]
        return check.kind in self.suite.domain.every_case and check.source == step.source

    def _source(self, source: Source) -> Iterator[str]:
        yield f"    {shown(Path(source.path))}:{source.line}"
        yield f"      {source.text.strip()}"

    def _finding(self, finding: Finding, check: CheckResult) -> Iterator[str]:
        rule = f"[{finding.rule}] " if finding.rule else ""
        yield f"    - {rule}{finding.message.en}"
        if finding.location:
            line = f", {finding.direction} line {finding.line}" if finding.line else ""
            yield f"      at        {finding.location}{line}"
        if (finding.expected, finding.actual) != (check.expected, check.actual):
            yield from (f"      expected  {self._cut(finding.expected)}",) if finding.expected else ()
            yield from (f"      actual    {self._cut(finding.actual)}",) if finding.actual else ()

    def _exchange(self, index: int, findings: list[Finding]) -> Iterator[str]:
        exchange, step = self.result.exchanges[index], self.played.steps[index]
        yield ""
        if len(self.played.steps) > 1:
            yield f"  step {index + 1} of {len(self.played.steps)}"
        template = f"  ({step.template.name})" if isinstance(step, Send) else ""
        yield f"  request   POST {exchange.url}{template}"
        of_request = [finding for finding in findings if finding.direction is Direction.REQUEST]
        yield from _message(
            excerpt.of_findings(exchange.request.body, of_request, self.clean)
            if of_request or not isinstance(step, Send)
            else excerpt.of_step(exchange.request.body, step, self.suite.data, self.clean)
        )
        if exchange.response is None:
            yield f"  response  none: {exchange.problem.text.en if exchange.problem else 'nobody knows why'}"
            return
        declared = exchange.response.header("Content-Type") or "no Content-Type"
        empty = "" if exchange.response.body else ", no body"
        yield f"  response  HTTP {exchange.status}, {declared}, {exchange.elapsed_ms:.0f} ms{empty}"
        of_response = [finding for finding in findings if finding.direction is Direction.RESPONSE]
        if exchange.response.body:
            yield from _message(excerpt.of_findings(exchange.response.body, of_response, self.clean))

    def _requirements(self, ids: list[str]) -> Iterator[str]:
        yield ""
        for id_ in dict.fromkeys(ids):
            requirement = self.suite.domain.requirements.get(id_)
            if requirement:
                yield f"  requirement {id_} ({requirement.level}): {requirement.text.en}"
                yield f"    source: {requirement.reference}"


def _what_it_says(check: CheckResult) -> tuple[object, ...]:
    return check.exchange, check.verdict, check.expected, check.actual, check.findings, check.note


def _message(lines: list[Line]) -> Iterator[str]:
    for number, text, meant in lines:
        yield f"  {'>' if meant else ' '} {number:>4} │ {text}".rstrip()
