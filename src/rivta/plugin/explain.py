"""The cause of a red case in one look, for the terminal: what was expected, what came, where, and who demands it."""

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from rivta.declaration import causes
from rivta.model.case import Case, Suite
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, CheckResult, Finding
from rivta.model.steps import Send
from rivta.model.words import Source, Value
from rivta.plugin import steps
from rivta.plugin.steps import Clean, StepTelling
from rivta.text.yaml.compose import shown_as

_MOST_FINDINGS = 8
_WIDTH = 320


@frozen
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


def case(result: CaseResult, played: Case, suite: Suite, test_data: Mapping[str, Value], clean: Clean) -> Explanation:
    """The whole explanation. `clean` hides secrets, and identities that are not test identities."""
    telling = _Telling(result, played, suite, test_data, clean)
    lines = [clean(line).translate(steps.CONTROLS) for line in telling.lines()]
    return Explanation(lines[0], "\n".join(lines))


@frozen
class _Telling(StepTelling):
    """One result, told line by line."""

    def lines(self) -> Iterator[str]:
        yield self._cause()
        red = [check for check in self.result.checks if check.verdict in causes.RED]
        if self.result.reason:
            # Without a red check the reason is the cause, and its first line has been said.
            yield from self.result.reason.en.splitlines()[0 if red else 1 :]
        if not red:
            yield ""
            yield from self._source(self.result.source)
        told: set[Finding] = set()
        says = attrgetter("exchange", "step", "verdict", "expected", "actual", "findings", "note")
        for _, alike in groupby(red, key=says):
            yield from self._checks(list(alike), told)
        yield from self._steps(red)
        yield from self._requirements([id_ for check in red for id_ in check.verifies] or list(self.result.verifies))

    def _steps(self, red: list[CheckResult]) -> Iterator[str]:
        """The exchanges that red checks are about, then the steps of those that are about none."""
        exchanges = self.result.exchanges
        shown = {check.exchange for check in red if _is_about(check, exchanges)}
        answers: set[bytes] = set()
        for index in sorted(shown):
            findings = [finding for check in red if check.exchange == index for finding in check.findings]
            response = exchanges[index].response
            body = response.body if response else b""
            yield from self.of_exchange(exchanges[index], findings, is_again=bool(body) and body in answers)
            answers.add(body)
        for step in sorted({check.step for check in red} - {exchanges[index].step for index in shown}):
            yield from self.of_step(step)

    def _cause(self) -> str:
        kind, said = causes.headline(self.result, self.result.verdict)
        return self._cut(f"{kind}: {said.en}" if kind else said.en)

    def _cut(self, text: str) -> str:
        """A line of bearable length, cleaned before it is cut: half an identity is one too."""
        line = " ".join(self.clean(text).split())
        return line if len(line) <= _WIDTH else line[:_WIDTH] + " …"

    def _checks(self, alike: list[CheckResult], told: set[Finding]) -> Iterator[str]:
        """What checks that say the same say, once."""
        first = alike[0]
        yield ""
        kinds = ", ".join(dict.fromkeys(check.kind for check in alike))
        every = "case" if isinstance(self.played.steps[first.step], Send) else "call"
        where = f", as checked in every {every}" if all(map(self._is_unwritten, alike)) else ""
        yield f"  {kinds}: {first.verdict.name.lower()}{where}"
        yield from self._sources(dict.fromkeys(check.source for check in alike if check.source))
        if first.by:
            yield f"    said by   {first.by}"
        if first.note and not any(first.note.en in finding.message.en for finding in first.findings):
            yield from (f"    {line}" for line in first.note.en.splitlines())
        if first.expected:
            yield f"    expected  {self._cut(first.expected)}"
            yield f"    actual    {self._cut(first.actual)}"
        new = [each for each in dict.fromkeys(first.findings) if each not in told and not self._is_headline(each)]
        told.update(first.findings)
        for finding in new[:_MOST_FINDINGS]:
            yield from self._finding(finding, first)
        if len(new) > _MOST_FINDINGS:
            yield f"    … and {len(new) - _MOST_FINDINGS} more in the report"

    def _sources(self, written: Collection[Source]) -> Iterator[str]:
        """Where checks are written; those that the case has in common with others after the case itself."""
        shared = [source for source in written if self.result.shares(source)]
        if shared and len(shared) == len(written):
            yield from self._source(self.result.source)
        for source in written:
            yield from ("    by what it has in common with others",) if source in shared else ()
            yield from self._source(source)

    def _is_headline(self, finding: Finding) -> bool:
        """Whether all that a finding says stands in the first line already."""
        has_more = finding.location or finding.rule or finding.expected
        return not has_more and self._cut(finding.message.en) in self._cause()

    def _is_unwritten(self, check: CheckResult) -> bool:
        step = self.played.steps[check.step]
        return check.kind in self.suite.unwritten(step) and check.source == step.source

    def _source(self, source: Source) -> Iterator[str]:
        yield f"    {shown_as(Path(source.path))}:{source.line}"
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

    def _requirements(self, ids: list[str]) -> Iterator[str]:
        yield ""
        for id_ in dict.fromkeys(ids):
            requirement = self.suite.requirements.get(id_)
            if requirement:
                yield f"  requirement {id_} ({requirement.level}): {requirement.text.en}"
                yield f"    source: {requirement.reference}"
                yield from (f"    derived: {requirement.derived.en}",) if requirement.derived else ()


def _is_about(check: CheckResult, exchanges: tuple[Exchange, ...]) -> bool:
    """Whether the exchange that it names is of its own step: what a person says is about none."""
    return check.exchange < len(exchanges) and exchanges[check.exchange].step == check.step
