"""From each requirement to the cases that test it, their checks, and the messages that those looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

from rivta.declaration.proven import weighed
from rivta.model.declaration import Declaration, RequirementRow
from rivta.model.run import CaseResult, CheckResult
from rivta.report.bodies import Link
from rivta.report.cases import Cases
from rivta.report.requirements import Requirements, RowView
from rivta.report.voice import State, Voice


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of a case that speaks of the requirement."""

    link: Link
    state: State


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One case: its checks of the requirement, and the messages that they looked at."""

    case: Link
    checks: tuple[Checked, ...]
    messages: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TraceView:
    """One requirement and everything that proves it."""

    anchor: str
    requirement: RowView
    counts: str
    lines: tuple[TraceLine, ...]


class Tracing:
    """Builds the traceability part of the view."""

    def __init__(self, declaration: Declaration, cases: Cases, requirements: Requirements, voice: Voice) -> None:
        self._declaration = declaration
        self._cases = cases
        self._requirements = requirements
        self._voice = voice
        self._by_key = {result.key: result for result in reversed(declaration.run.results)}

    def views(self) -> tuple[TraceView, ...]:
        """Every requirement that some case of the run tests."""
        return tuple(
            self._trace(domain, row)
            for domain, rows in self._declaration.rows.items()
            for row in rows
            if any(key in self._by_key for key in row.cases)
        )

    def _trace(self, domain: str, row: RequirementRow) -> TraceView:
        lines = tuple(self._lines(row))
        view = self._requirements.row(domain, row)
        messages = {link.href for line in lines for link in line.messages}
        counts = self._voice.say("trace_counts", cases=len(lines), checks=len(row.checks), messages=len(messages))
        return TraceView(f"trace-{view.anchor}", view, counts, lines)

    def _lines(self, row: RequirementRow) -> Iterator[TraceLine]:
        by_case: dict[int, tuple[CaseResult, list[CheckResult]]] = {}
        for result in filter(None, map(self._by_key.get, row.cases)):
            by_case[id(result)] = (result, [])
        for result, check in row.checks:
            by_case.setdefault(id(result), (result, []))[1].append(check)
        for result, checks in by_case.values():
            looked_at = dict.fromkeys(check.exchange for check in checks)
            yield TraceLine(
                case=self._requirements.link(result),
                checks=tuple(self._checked(result, check) for check in checks),
                messages=tuple(link for place in looked_at for link in self._cases.messages(result, place)),
            )

    def _checked(self, result: CaseResult, check: CheckResult) -> Checked:
        link = Link(f"#{self._cases.check_anchor(result, check)}", self._voice.check(check.kind))
        return Checked(link, self._voice.state(weighed(check)))
