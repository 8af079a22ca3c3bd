"""A step of a red case as the terminal shows it: what was said to the system, what it said, and what it was told to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from rivta.model.case import Ask, Doing, Receive, Send, Step, Suite, Watch
from rivta.model.errors import UsageError
from rivta.model.exchange import Exchange
from rivta.model.run import CaseResult, Finding
from rivta.model.words import Direction, Value
from rivta.plugin import excerpt
from rivta.plugin.excerpt import Clean, Line
from rivta.run import lacks_the_message, spoken
from rivta.text import placeholder
from rivta.text.placeholder import Scope


@dataclass(frozen=True, slots=True)
class StepTelling:
    result: CaseResult
    steps: tuple[Step, ...]
    suite: Suite
    test_data: Mapping[str, Value]
    clean: Clean

    def of_exchange(self, exchange: Exchange, findings: list[Finding]) -> Iterator[str]:
        """The step that an exchange belongs to, with both messages; `findings` say which lines of them are meant."""
        step = self.steps[exchange.step]
        yield from self.of_step(exchange.step)
        if exchange.inbound:
            yield from self._call(exchange, findings)
        else:
            yield from self._request(exchange, step, findings)
            yield from self._reply(exchange, findings)

    def of_step(self, number: int) -> Iterator[str]:
        """Which step it is, and what it asks of the system or of who sits at it."""
        yield ""
        if len(self.steps) > 1:
            yield f"  step {number + 1} of {len(self.steps)}"
        match self.steps[number]:
            case Receive() as step:
                yield from self._told(step.do)
                yield f"  waited    for {self._waited(step, number)}"
            case Watch() as step:
                yield from self._told(step.do)
                yield f"  watched   for {self._filled(self._wanted(step))}, for {spoken(step.seconds).en} of the system's time"
            case Ask() as step:
                yield f"  asked     {self._filled(step.text.en)} ({step.action})"

    def _told(self, do: Doing | None) -> Iterator[str]:
        if do is not None:
            yield f"  told      {self._filled(do.text.en)} ({do.action})"

    def _filled(self, text: str) -> str:
        """The text with what the case's placeholders stand for; what was captured under way is left as it is written."""
        scope = Scope((cast("Mapping[str, Value]", self.result.fixed), self.test_data, self.suite.data))
        for one in reversed(placeholder.find(text)):
            try:
                text = text[: one.offset] + scope.lookup(one.name) + text[one.end :]
            except UsageError:
                continue
        return text

    def _waited(self, step: Receive, number: int) -> str:
        """The call, with its placeholders filled in where the evidence says so."""
        checks = (check for check in self.result.checks if (check.kind, check.step) == ("call", number))
        return next((check.expected for check in checks), self._filled(self._wanted(step)))

    def _wanted(self, step: Receive | Watch) -> str:
        contract = self.suite.called(step.contract)
        return " ".join((contract, *(f"{name}={value}" for name, value in step.when.items())))

    def _call(self, exchange: Exchange, findings: list[Finding]) -> Iterator[str]:
        if lacks_the_message(exchange):
            yield f"  call      none: {exchange.problem.text.en if exchange.problem else ''}"
            return
        yield f"  call      POST {exchange.url}"
        yield from _message(excerpt.of_findings(exchange.request.body, _of(findings, Direction.REQUEST), self.clean))
        if exchange.response is None:
            yield "  answered  nothing"
        else:
            yield f"  answered  HTTP {exchange.status}, {exchange.elapsed_ms:.0f} ms"

    def _request(self, exchange: Exchange, step: Step, findings: list[Finding]) -> Iterator[str]:
        of_request = _of(findings, Direction.REQUEST)
        template = f"  ({step.template.name})" if isinstance(step, Send) else ""
        yield f"  request   POST {exchange.url}{template}"
        yield from _message(
            excerpt.of_step(exchange.request.body, step, self.suite.data, self.clean)
            if isinstance(step, Send) and not of_request
            else excerpt.of_findings(exchange.request.body, of_request, self.clean)
        )

    def _reply(self, exchange: Exchange, findings: list[Finding]) -> Iterator[str]:
        if exchange.response is None:
            yield f"  response  none: {exchange.problem.text.en if exchange.problem else 'nobody knows why'}"
            return
        declared = exchange.response.header("Content-Type") or "no Content-Type"
        empty = "" if exchange.response.body else ", no body"
        yield f"  response  HTTP {exchange.status}, {declared}, {exchange.elapsed_ms:.0f} ms{empty}"
        if exchange.response.body:
            of_response = _of(findings, Direction.RESPONSE)
            yield from _message(excerpt.of_findings(exchange.response.body, of_response, self.clean))


def _of(findings: list[Finding], direction: Direction) -> list[Finding]:
    return [finding for finding in findings if finding.direction is direction]


def _message(lines: list[Line]) -> Iterator[str]:
    for number, text, meant in lines:
        yield f"  {'>' if meant else ' '} {number:>4} │ {text}".rstrip()
