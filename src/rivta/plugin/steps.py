"""A step of a red case as the terminal shows it: what was said to the system, what it said, and what it was told to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import cast

from rivta.model.case import Case, Suite
from rivta.model.errors import UsageError
from rivta.model.exchange import Exchange
from rivta.model.frozen import frozen
from rivta.model.run import CaseResult, Finding
from rivta.model.steps import Ask, Doing, Explore, Receive, Send, Watch
from rivta.model.words import Direction, Value
from rivta.run import lacks_the_message, spoken
from rivta.text import placeholder
from rivta.text.placeholder import Scope
from rivta.text.xml import CONTROLS, decoded, pretty


@frozen
class StepTelling:
    result: CaseResult
    played: Case
    suite: Suite
    test_data: Mapping[str, Value]
    clean: Clean

    def of_exchange(self, exchange: Exchange, findings: list[Finding], *, is_again: bool) -> Iterator[str]:
        """The step that an exchange belongs to, with both messages; `findings` say which lines of them are meant.

        `is_again`: the same answer was shown already.
        """
        step = self.played.steps[exchange.step]
        yield from self.of_step(exchange.step)
        if exchange.inbound:
            yield from self._call(exchange, findings)
        else:
            of_request = _of(findings, Direction.REQUEST)
            template = f"  ({step.template.name})" if isinstance(step, Send) else ""
            yield f"  request   {exchange.method} {exchange.url}{template}"
            if isinstance(step, Send) and not of_request:
                asks = any(each.record for each in findings)
                lines = of_step(exchange.request.body, step, self.suite.data, self.clean, asks=asks)
            else:
                lines = of_findings(exchange.request.body, of_request, self.clean)
            yield from _message(lines)
            yield from self._reply(exchange, findings, is_again=is_again)

    def of_step(self, number: int) -> Iterator[str]:
        """Which step it is, and what it asks of the system or of who sits at it."""
        yield ""
        if len(self.played.steps) > 1:
            yield f"  step {number + 1} of {len(self.played.steps)}"
        match self.played.steps[number]:
            case Receive() as step:
                yield from self._told(step.do)
                yield f"  waited    for {self._waited(step, number)}"
            case Watch() as step:
                yield from self._told(step.do)
                yield f"  watched   for {self._filled(self._wanted(step))}, for {spoken(step.seconds).en} of the system's time"
            case Explore() as step:
                yield f"  explored  {step.operation} with {step.inputs} requests"
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
        yield f"  call      {exchange.method} {exchange.url}"
        yield from _message(of_findings(exchange.request.body, _of(findings, Direction.REQUEST), self.clean))
        if exchange.response is None:
            yield "  answered  nothing"
        else:
            yield f"  answered  HTTP {exchange.status}, {exchange.elapsed_ms:.0f} ms"

    def _reply(self, exchange: Exchange, findings: list[Finding], *, is_again: bool) -> Iterator[str]:
        if exchange.response is None:
            yield f"  response  none: {exchange.problem.text.en if exchange.problem else 'nobody knows why'}"
            return
        declared = exchange.response.header("Content-Type") or "no Content-Type"
        empty = ", with the same body as before" if is_again else "" if exchange.response.body else ", no body"
        yield f"  response  HTTP {exchange.status}, {declared}, {exchange.elapsed_ms:.0f} ms{empty}"
        if exchange.response.body and not is_again:
            of_response = _of(findings, Direction.RESPONSE)
            yield from _message(of_findings(exchange.response.body, of_response, self.clean))


def _of(findings: list[Finding], direction: Direction) -> list[Finding]:
    return [finding for finding in findings if finding.direction is direction]


def _message(lines: list[Line]) -> Iterator[str]:
    for number, text, meant in lines:
        yield f"  {'>' if meant else ' '} {number:>4} │ {text}".rstrip()


# Which lines of a message are shown: those that a finding points at, or those that the step itself changed


Clean = Callable[[str], str]
Line = tuple[int, str, bool]
"""A line's number, counted from 1, its text, and whether a finding means it."""

_AROUND = 3
_MOST = 12
_WIDTH = 160
_LARGE_BYTES = 1_000_000
_HEAD_BYTES = 4000


def of_findings(body: bytes, findings: Collection[Finding], clean: Clean) -> list[Line]:
    """The lines around what the findings point at; how the message begins where they point at nothing.

    `clean` takes out what must not be shown, and does so before a long line is cut: half an identity is one too.
    """
    named = {finding.line for finding in findings if finding.line}
    if len(body) <= _LARGE_BYTES and (of_record := _of_record(body, findings, clean)):
        return of_record
    if len(body) > _LARGE_BYTES and not named:
        return _cut(_numbered(clean(decoded(body[:_HEAD_BYTES])), frozenset()), ())
    if named and body.count(b"\n") >= 2:
        lines = _numbered(clean(decoded(body)), named)
    else:
        # Of a message that was laid out anew the line numbers say nothing; the names of elements and attributes do.
        text = clean(pretty(body))
        names = {finding.location.rpartition("/")[2].partition("[")[0].rpartition(":")[2] for finding in findings}
        words = "|".join(re.escape(name.removeprefix("@")) for name in names if name and " " not in name)
        pattern = re.compile(rf"<(?:[\w.-]+:)?(?:{words})[\s/>]|\s(?:{words})=") if words else None
        lines = [
            (number, line, bool(pattern and pattern.search(line + "\n")))
            for number, line, _ in _numbered(text, frozenset())
        ]
    return _cut(lines, [number for number, _, meant in lines if meant])


def _of_record(body: bytes, findings: Collection[Finding], clean: Clean) -> list[Line]:
    """The lines around the first record that is meant and is there: its id, and what it says that is not right."""
    about = [finding for finding in findings if finding.record]
    laid_out = "" if not about else decoded(body) if body.count(b"\n") >= 2 else pretty(body)
    lines = _numbered(clean(laid_out), frozenset())
    for finding in about:
        held = re.compile(rf"""[">']{re.escape(clean(finding.record))}[<"']""")
        at = next((number for number, line, _ in lines if held.search(line)), 0)
        if at:
            values = {clean(value) for value in re.findall(r"[\w.-]+", finding.actual)} - {clean(finding.record)}
            wrong = (next((n for n, line, _ in lines[at:] if value in line), at) for value in sorted(values))
            meant = [at, *wrong]
            return _cut([(n, line, n in meant) for n, line, _ in lines], meant)
    return []


def of_step(body: bytes, step: Send, data: Mapping[str, Value], clean: Clean, *, asks: bool = False) -> list[Line]:
    """The lines that hold what this step puts in place of the suite's `data`; how the payload begins if none does, more of it
    if it `asks` for what a finding is about.
    """
    lines = _numbered(clean(decoded(body)), frozenset())
    own = _changed_lines(step, data, len(lines))
    if own:
        return [_short(line) for line in lines if line[0] in own][:_MOST]
    payload = next((number for number, text, _ in lines if "Body>" in text), 0)
    return [_short(line) for line in lines[payload : payload + (_MOST if asks else _AROUND)]]


def _numbered(text: str, meant: Collection[int | None]) -> list[Line]:
    lines = text.replace("\r\n", "\n").split("\n")
    return [(number, line, number in meant) for number, line in enumerate(lines, start=1)]


def _cut(lines: list[Line], meant: Collection[int]) -> list[Line]:
    """The surroundings of the first lines that are meant, else the beginning."""
    if not meant:
        return [_short(line) for line in lines[:_MOST]]
    near = {number for one in list(meant)[:3] for number in range(one - _AROUND, one + _AROUND + 1)}
    return [_short(line) for line in islice((line for line in lines if line[0] in near), 2 * _MOST)]


def _short(line: Line) -> Line:
    number, text, meant = line
    shown = text.translate(CONTROLS)
    return number, shown if len(shown) <= _WIDTH else shown[:_WIDTH] + " …", meant


def _changed_lines(step: Send, data: Mapping[str, Value], sent: int) -> set[int]:
    """The numbers of the template's lines with a placeholder that the step gives a value of its own.

    None where a value of several lines has moved the ones after it.
    """
    template = Path(step.template).read_text(encoding="utf-8").replace("\r\n", "\n").split("\n")
    if len(template) - sent not in (0, 1):  # a last line break goes when a bare body is wrapped
        return set()
    changed = _changed_names(step, data)
    return {number for number, line in enumerate(template, start=1) if _uses(line, changed)}


def _changed_names(step: Send, data: Mapping[str, Value]) -> set[str]:
    """What the step's own data name, its address, and all of the suite's data that refer to them."""
    changed = {name for name, _ in placeholder.leaves(step.data)} | ({"logical-address"} if step.to else set())
    texts = {name: str(value) for name, value in placeholder.leaves(data)}
    while more := {name for name, text in texts.items() if name not in changed and _uses(text, changed)}:
        changed |= more
    return changed


def _uses(text: str, names: Collection[str]) -> bool:
    if "${" not in text:
        return False
    pairs = ((f"{one.name}.", f"{name}.") for one in placeholder.find(text) for name in names)
    return any(one.startswith(other) or other.startswith(one) for one, other in pairs)
